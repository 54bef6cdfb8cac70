//! The files of loans (tables 6.0.2 借款合同 and 6.0.5 贷款账户 in one) and of co-borrowers (6.0.4).
//!
//! The standard has no table of what is overdue now in either: DQYQQS (当前逾期期数) may say it;
//! without it, a loan is overdue when YQBJZE is above zero.
//!
//! **Promises.** A contract and a loan account stand once; nobody is in one loan twice.
//! **Left to others.** The status, which follows from the fields: `fundlink_protocol::loan`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::document::DocumentType;
use fundlink_protocol::limits::LOAN_PARTIES_MAX;
use fundlink_protocol::loan::{
    Guarantee, Loan, LoanContract, LoanParty, LoanRole, Overdue, RepaymentMethod, RiskClass,
};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::LoanRecord;
use fundlink_protocol::time::Date;

use super::context::{Absent, Context, FileState};
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Contract = "JKHTBH", true;
    Account = "DKZH", true;
    Name = "JKRXM", true;
    Kind = "JKRZJLX", true;
    Document = "JKRZJH", true;
    BorrowerAccount = "JKRGJJZH", false;
    ContractAmount = "HTDKJE", true;
    Disbursed = "DKFFE", true;
    DisbursedOn = "DKFFRQ", true;
    Balance = "DKYE", true;
    Rate = "DKLL", true;
    Periods = "DKQS", true;
    SettledOn = "DKJQRQ", true;
    OverdueTotal = "LJYQQS", true;
    OverdueCurrent = "DQYQQS", false;
    OverduePrincipal = "YQBJZE", false;
    SignedOn = "JKHTQDRQ", false;
    Guarantee = "DKDBLX", false;
    Repayment = "DKHKFS", false;
    Risk = "DKFXDJ", false;
}

/// The loans of a dump while their co-borrowers are read.
#[derive(Debug, Default)]
pub(super) struct Loans {
    records: Vec<LoanRecord>,
    places: HashMap<LoanContract, usize>,
    faulty: HashSet<LoanContract>,
    state: FileState,
}

impl Loans {
    pub(super) fn read(
        input: impl BufRead,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut loans = Self::default();
        let mut accounts = HashSet::new();
        let (center, as_of) = (context.options.center, context.options.as_of);
        let state = context.read_rows(ImportFile::Loans, input, COLUMNS, |row, totals| {
            let contract = row.needed(Place::Contract, value::loan_contract);
            let borrower = read_borrower(row, as_of);
            let loan = contract.clone().and_then(|contract| read_loan(row, contract, as_of));
            totals.add(loan.as_ref().map(|loan| loan.balance));
            let Some(contract) = contract else { return };
            if loans.places.contains_key(&contract) || loans.faulty.contains(&contract) {
                row.fault(Place::Contract, ImportRule::KeyDoubled);
                return;
            }
            let (Some(loan), Some(borrower)) = (loan, borrower) else {
                loans.faulty.insert(contract);
                return;
            };
            if !accounts.insert(loan.account.clone()) {
                row.fault(Place::Account, ImportRule::KeyDoubled);
                return;
            }
            loans.places.insert(contract, loans.records.len());
            loans.records.push(LoanRecord { center, loan, parties: vec![borrower] });
        })?;
        loans.state = state;
        Ok(loans)
    }

    /// The loan with a contract.
    pub(super) fn find(&mut self, contract: &LoanContract) -> Result<&mut LoanRecord, Absent> {
        match self.places.get(contract) {
            Some(place) => self.records.get_mut(*place).ok_or(Absent::Unknown),
            None => Err(Absent::reported_if(
                self.state == FileState::Unread || self.faulty.contains(contract),
            )),
        }
    }

    /// The loans in the order of their contracts, their co-borrowers in that of their documents.
    pub(super) fn finish(mut self) -> Vec<LoanRecord> {
        self.records.sort_by(|a, b| a.loan.contract.cmp(&b.loan.contract));
        for record in &mut self.records {
            record.parties.sort_by(|a, b| (a.role, &a.document).cmp(&(b.role, &b.document)));
        }
        self.records
    }
}

fn read_borrower(row: &mut Row<'_>, as_of: Date) -> Option<LoanParty> {
    let name = row.needed(Place::Name, value::person_name);
    let kind = row.needed(Place::Kind, value::code(DocumentType::parse));
    let document = kind.and_then(|kind| row.needed(Place::Document, value::document(kind, as_of)));
    let account = row.optional(Place::BorrowerAccount, value::account_number);
    let party =
        LoanParty { role: LoanRole::Borrower, name: name?, document: document?, account: account? };
    Some(party)
}

/// The loan of a row; `None` after a fault.
fn read_loan(row: &mut Row<'_>, contract: LoanContract, as_of: Date) -> Option<Loan> {
    let account = row.needed(Place::Account, value::loan_account);
    let contract_amount = row.needed(Place::ContractAmount, value::amount_from_zero);
    let disbursed = row.needed(Place::Disbursed, value::amount_from_zero);
    let disbursed_on = row.optional(Place::DisbursedOn, value::past_date(as_of));
    let balance = row.needed(Place::Balance, value::amount_from_zero);
    let rate = row.needed(Place::Rate, value::rate);
    let periods = row.needed(Place::Periods, value::count);
    let settled_on = row.optional(Place::SettledOn, value::past_date(as_of));
    let signed_on = row.optional(Place::SignedOn, value::past_date(as_of));
    let overdue = read_overdue(row);
    let guarantee = row.optional(Place::Guarantee, value::code(Guarantee::parse));
    let repayment = row.optional(Place::Repayment, value::code(RepaymentMethod::parse));
    let risk = row.optional(Place::Risk, value::code(RiskClass::parse));
    let loan = Loan {
        contract,
        account: account?,
        contract_amount: contract_amount?,
        disbursed: disbursed?,
        balance: balance?,
        rate: rate?,
        periods: periods?,
        overdue: overdue?,
        signed_on: signed_on?,
        disbursed_on: disbursed_on?,
        settled_on: settled_on?,
        guarantee: guarantee?,
        repayment: repayment?,
        risk: risk?,
        mark: None,
    };
    if loan.settled_on.is_some() && !loan.balance.is_zero() {
        row.fault(Place::Balance, ImportRule::SettledBalance);
        return None;
    }
    Some(loan)
}

fn read_overdue(row: &mut Row<'_>) -> Option<Overdue> {
    let total = row.needed(Place::OverdueTotal, value::count);
    let current = row.optional(Place::OverdueCurrent, value::count);
    let principal = row.optional(Place::OverduePrincipal, value::amount_from_zero);
    let (current, principal) = (current?, principal?.unwrap_or(Fen::ZERO));
    let guessed = u32::from(principal > Fen::ZERO);
    let overdue = Overdue {
        periods_current: current.unwrap_or(guessed),
        periods_total: total?,
        // Where the file counts instalments, an old total of principal is not held against them.
        principal: if current == Some(0) { Fen::ZERO } else { principal },
    };
    Some(overdue)
}

/// The file of co-borrowers.
pub(super) mod co_borrowers {
    use super::*;

    columns! {
        Contract = "JKHTBH", true;
        Name = "GTJKRXM", true;
        Kind = "GTJKRZJLX", true;
        Document = "GTJKRZJHM", true;
        Account = "GTJKRGJJZH", false;
    }

    /// Reads the co-borrowers into the loans.
    pub(in super::super) fn read(
        input: impl BufRead,
        loans: &mut Loans,
        context: &mut Context<'_>,
    ) -> Result<(), ImportError> {
        let as_of = context.options.as_of;
        context.read_rows(ImportFile::CoBorrowers, input, COLUMNS, |row, _| {
            let contract = row.needed(Place::Contract, value::loan_contract);
            let name = row.needed(Place::Name, value::person_name);
            let kind = row.needed(Place::Kind, value::code(DocumentType::parse));
            let document =
                kind.and_then(|kind| row.needed(Place::Document, value::document(kind, as_of)));
            let account = row.optional(Place::Account, value::account_number);
            let Some(contract) = contract else { return };
            let record = match loans.find(&contract) {
                Ok(record) => record,
                Err(Absent::Reported) => return,
                Err(Absent::Unknown) => return row.fault(Place::Contract, ImportRule::Reference),
            };
            let (Some(name), Some(document), Some(account)) = (name, document, account) else {
                return;
            };
            if record.role_of(&document).is_some() {
                return row.fault(Place::Document, ImportRule::KeyDoubled);
            }
            if record.parties.len() >= LOAN_PARTIES_MAX {
                return row.fault(Place::Contract, ImportRule::LoanParties);
            }
            let role = LoanRole::CoBorrower;
            record.parties.push(LoanParty { role, name, document, account });
        })?;
        Ok(())
    }
}
