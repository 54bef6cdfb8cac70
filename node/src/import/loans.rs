//! The files of loans (tables 6.0.2 借款合同 and 6.0.5 贷款账户 in one) and of co-borrowers (6.0.4).
//!
//! The standard has no column of what is overdue now in either: the file of overdue instalments says
//! it, or DQYQQS (当前逾期期数); without both, a loan is overdue when YQBJZE is above zero. Nor has it a
//! status: DKZT may say in the words of [`LOAN_STATUSES`] that a loan is written off or void.
//!
//! **Promises.** A contract and a loan account stand once; nobody is in one loan twice.
//! **Left to others.** The status, which follows from the fields: `fundlink_protocol::loan`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::engine::records::RecordKind;
use fundlink_protocol::limits::LOAN_PARTIES_MAX;
use fundlink_protocol::loan::{
    Guarantee, Loan, LoanAccount, LoanContract, LoanMark, LoanParty, LoanRole, LoanStatus, Overdue,
    RepaymentMethod, RiskClass,
};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::{LoanRecord, Person};
use fundlink_protocol::time::Date;

use super::branches::Key;
use super::context::{Absent, Context, FileState};
use super::held::{HeldBack, HeldPerson, Named, PersonPlaces};
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
    Status = "DKZT", false;
}

/// Where a loan stands, as the words of a mapping name it. The standard has no column for it; local
/// numbers mean one thing here and another there, so they are mapped to these before they count.
pub(super) const LOAN_STATUSES: [(&str, LoanStatus); 6] = [
    ("pending", LoanStatus::Pending),
    ("active", LoanStatus::Active),
    ("overdue", LoanStatus::Overdue),
    ("written_off", LoanStatus::WrittenOff),
    ("settled", LoanStatus::Settled),
    ("void", LoanStatus::Void),
];

/// A loan, and what its other rows have brought.
#[derive(Debug)]
struct Draft {
    record: LoanRecord,
    /// Whether some row about the loan has a fault, so that it cannot be believed.
    tainted: bool,
    /// What is overdue now by the file of overdue instalments: how many, and how much.
    overdue: (u32, Fen),
}

/// The loans of a dump while their co-borrowers are read.
#[derive(Debug, Default)]
pub(super) struct Loans {
    drafts: Vec<Draft>,
    places: HashMap<LoanContract, usize>,
    accounts: HashMap<LoanAccount, usize>,
    faulty: HashSet<LoanContract>,
    faulty_accounts: HashSet<LoanAccount>,
    /// Rows whose contract cannot be read, and co-borrowers whose contract is not there.
    nameless: u64,
    loanless: Vec<(u64, ImportRule)>,
    has_overdue: bool,
    state: FileState,
    held: HeldBack,
}

impl Loans {
    pub(super) fn read(
        input: impl BufRead,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut loans = Self::default();
        let (center, as_of) = (context.options.center, context.options.as_of);
        let places = PersonPlaces {
            name: Place::Name.into(),
            kind: Place::Kind.into(),
            document: Place::Document.into(),
            birth: None,
        };
        let state = context.read_rows(ImportFile::Loans, input, |row, totals| {
            row.belongs_to(Key::LoanAccount, Place::Account);
            row.belongs_to(Key::Contract, Place::Contract);
            let contract = row.needed(Place::Contract, value::loan_contract);
            let named = Named::read(row, places, as_of);
            let borrower_account = row.optional(Place::BorrowerAccount, value::account_number);
            let balance = row.needed(Place::Balance, value::amount_from_zero);
            totals.add(balance);
            let account = row.needed(Place::Account, value::loan_account);
            let loan = read_loan(row, (contract.clone(), account.clone(), balance), as_of);
            let Some(contract) = contract else {
                loans.nameless += 1;
                return loans.held.person(named.held(RecordKind::Loan));
            };
            let doubled = loans.taint_doubled(row, &contract, account.as_ref());
            let borrower = named.person().zip(borrower_account);
            let (Some(loan), Some((person, account)), false) = (loan, borrower, doubled) else {
                loans.faulty_accounts.extend(account);
                loans.held.person(named.held(RecordKind::Loan));
                loans.held.loan(contract.clone());
                loans.faulty.insert(contract);
                return;
            };
            let Person { name, document } = person;
            let borrower = LoanParty { role: LoanRole::Borrower, name, document, account };
            loans.accounts.insert(loan.account.clone(), loans.drafts.len());
            loans.places.insert(contract, loans.drafts.len());
            let record = LoanRecord { center, loan, parties: vec![borrower] };
            loans.drafts.push(Draft { record, tainted: false, overdue: (0, Fen::ZERO) });
        })?;
        loans.state = state;
        loans.nameless = loans.nameless.saturating_add(state.malformed());
        loans.held.nobodies(RecordKind::Loan, state.malformed());
        Ok(loans)
    }

    /// Whether a contract or a loan account stands already; then neither loan can be believed.
    fn taint_doubled(
        &mut self,
        row: &mut Row<'_>,
        contract: &LoanContract,
        account: Option<&LoanAccount>,
    ) -> bool {
        let by_contract = self.places.get(contract).copied();
        if by_contract.is_some() || self.faulty.contains(contract) {
            row.fault(Place::Contract, ImportRule::KeyDoubled);
            self.taint_at(by_contract);
            return true;
        }
        let by_account = account.and_then(|account| self.accounts.get(account).copied());
        if by_account.is_some() {
            row.fault(Place::Account, ImportRule::KeyDoubled);
            self.taint_at(by_account);
        }
        by_account.is_some()
    }

    fn taint_at(&mut self, place: Option<usize>) {
        if let Some(draft) = place.and_then(|place| self.drafts.get_mut(place)) {
            draft.tainted = true;
        }
    }

    /// From now on the loan with this account is not believed.
    pub(super) fn taint(&mut self, account: &LoanAccount) {
        self.taint_at(self.accounts.get(account).copied());
    }

    /// The file of overdue instalments decides what is overdue.
    pub(super) const fn begin_overdue(&mut self) {
        self.has_overdue = true;
    }

    /// Takes an instalment in, of which so much has not come in.
    pub(super) fn add_overdue(&mut self, account: &LoanAccount, open: Fen) -> Result<(), Absent> {
        let place = self.accounts.get(account).copied();
        let Some(draft) = place.and_then(|place| self.drafts.get_mut(place)) else {
            let reported = self.state.is_unread() || self.faulty_accounts.contains(account);
            return Err(Absent::reported_if(reported));
        };
        if !open.is_zero() {
            let (periods, principal) = draft.overdue;
            let principal = principal.checked_add(open).unwrap_or(principal);
            draft.overdue = (periods.saturating_add(1), principal);
        }
        Ok(())
    }

    /// Where the loan with a contract is.
    fn place_of(&self, contract: &LoanContract) -> Result<usize, Absent> {
        let reported = self.state.is_unread() || self.faulty.contains(contract);
        self.places.get(contract).copied().ok_or_else(|| Absent::reported_if(reported))
    }

    /// The loans in the order of their contracts, their co-borrowers in that of their documents; and
    /// what is held back.
    pub(super) fn finish(mut self, context: &mut Context<'_>) -> (Vec<LoanRecord>, HeldBack) {
        if self.loanless.len() as u64 > self.nameless {
            for (line, rule) in &self.loanless {
                context.faults.at(ImportFile::CoBorrowers, *line, "JKHTBH", *rule);
            }
        }
        let mut records = Vec::new();
        for draft in self.drafts {
            let mut record = draft.record;
            if draft.tainted {
                for party in record.parties {
                    let LoanParty { name, document, .. } = party;
                    let person = Person { name, document };
                    self.held.person(HeldPerson::of(RecordKind::Loan, &person));
                }
                self.held.loan(record.loan.contract);
                continue;
            }
            if self.has_overdue {
                let (periods_current, principal) = draft.overdue;
                let periods_total = record.loan.overdue.periods_total.max(periods_current);
                record.loan.overdue = Overdue { periods_current, periods_total, principal };
            }
            record.parties.sort_by(|a, b| (a.role, &a.document).cmp(&(b.role, &b.document)));
            records.push(record);
        }
        records.sort_by(|a, b| a.loan.contract.cmp(&b.loan.contract));
        (records, self.held)
    }
}

/// The loan of a row; `None` after a fault.
fn read_loan(
    row: &mut Row<'_>,
    (contract, account, balance): (Option<LoanContract>, Option<LoanAccount>, Option<Fen>),
    as_of: Date,
) -> Option<Loan> {
    let contract_amount = row.needed(Place::ContractAmount, value::amount_from_zero);
    let disbursed = row.needed(Place::Disbursed, value::amount_from_zero);
    let disbursed_on = row.optional(Place::DisbursedOn, value::past_date(as_of));
    let rate = row.needed(Place::Rate, value::rate);
    let periods = row.needed(Place::Periods, value::count);
    let settled_on = row.optional(Place::SettledOn, value::past_date(as_of));
    let signed_on = row.optional(Place::SignedOn, value::past_date(as_of));
    let overdue = read_overdue(row);
    let guarantee = row.optional(Place::Guarantee, value::code(Guarantee::parse));
    let repayment = row.optional(Place::Repayment, value::code(RepaymentMethod::parse));
    let risk = row.optional(Place::Risk, value::code(RiskClass::parse));
    let stated = row.optional(Place::Status, value::loan_status);
    let loan = Loan {
        contract: contract?,
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
        mark: mark_of(stated?),
    };
    if loan.settled_on.is_some() && !loan.balance.is_zero() {
        row.fault(Place::Balance, ImportRule::SettledBalance);
        return None;
    }
    Some(loan)
}

/// What a status says that dates and balances do not.
const fn mark_of(stated: Option<LoanStatus>) -> Option<LoanMark> {
    match stated {
        Some(LoanStatus::WrittenOff) => Some(LoanMark::WrittenOff),
        Some(LoanStatus::Void) => Some(LoanMark::Void),
        Some(
            LoanStatus::Pending | LoanStatus::Active | LoanStatus::Overdue | LoanStatus::Settled,
        )
        | None => None,
    }
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
        let places = PersonPlaces {
            name: Place::Name.into(),
            kind: Place::Kind.into(),
            document: Place::Document.into(),
            birth: None,
        };
        let state = context.read_rows(ImportFile::CoBorrowers, input, |row, _| {
            row.belongs_to(Key::Contract, Place::Contract);
            let contract = row.needed(Place::Contract, value::loan_contract);
            let named = Named::read(row, places, as_of);
            let account = row.optional(Place::Account, value::account_number);
            let place = contract.as_ref().map(|contract| loans.place_of(contract));
            let (place, person, account) = match (place, named.person(), account) {
                (Some(Ok(place)), Some(person), Some(account)) => (place, person, account),
                (place, _, _) => {
                    if matches!(place, Some(Err(Absent::Unknown))) {
                        loans.loanless.push((row.line, ImportRule::Reference));
                    }
                    // The loan itself is known; who this is, or of which loan, is not.
                    return loans.held.person(named.held(RecordKind::Loan));
                }
            };
            let Some(draft) = loans.drafts.get_mut(place) else { return };
            let record = &mut draft.record;
            let fault = if record.role_of(&person.document).is_some() {
                Some((Place::Document, ImportRule::KeyDoubled))
            } else if record.parties.len() >= LOAN_PARTIES_MAX {
                Some((Place::Contract, ImportRule::LoanParties))
            } else {
                None
            };
            if let Some((place, rule)) = fault {
                draft.tainted = true;
                loans.held.person(named.held(RecordKind::Loan));
                return row.fault(place, rule);
            }
            let Person { name, document } = person;
            let role = LoanRole::CoBorrower;
            record.parties.push(LoanParty { role, name, document, account });
        })?;
        loans.held.nobodies(RecordKind::Loan, state.malformed());
        Ok(())
    }
}
