//! Synthetic persons with accounts and loans, and how a test loads them into a center.

use super::Province;
use crate::account::{
    Account, AccountNumber, AccountStatus, BusinessType, CloseReason, LedgerEntry, ReversalFlag,
    SerialNumber,
};
use crate::center::CenterCode;
use crate::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use crate::document::{DocumentNumber, DocumentType};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::{Changes, ImportItem, ImportOrder};
use crate::engine::modes::ServiceMode;
use crate::engine::operator::OperatorId;
use crate::engine::output::CommandRefusal;
use crate::engine::records::{StoredAccount, Totals};
use crate::id::FileHash;
use crate::loan::{Loan, LoanAccount, LoanContract, LoanParty, LoanRole, Overdue};
use crate::mode::{Mode, Service};
use crate::money::Fen;
use crate::person_name::PersonName;
use crate::property::Property;
use crate::rate::Rate;
use crate::record::{AccountNotes, AccountRecord, LoanRecord, Person};
use crate::time::{Date, Month};
use crate::withdrawal::PropertyWithdrawal;

/// 李晓禾, born 1990-03-07.
pub(crate) const LI: (&str, &str) = ("李晓禾", "140199199003070223");
/// 张大同, born 1985-06-15.
pub(crate) const ZHANG: (&str, &str) = ("张大同", "140299198506150138");
/// 周临, born 1978-12-31.
pub(crate) const ZHOU: (&str, &str) = ("周临", "141099197812310529");
/// 王㛃, born 1996-08-21.
pub(crate) const WANG: (&str, &str) = ("王㛃", "141099199608210319");

/// A person by name and resident number.
pub(crate) fn person((name, number): (&str, &str)) -> Person {
    let today = Date::new(2026, 5, 6).unwrap();
    Person {
        name: PersonName::parse(name).unwrap(),
        document: DocumentNumber::parse(DocumentType::ResidentId, number, today).unwrap(),
    }
}

/// An account of 1,200.00 a month from 2023-04 on, for so many months, without interest.
pub(crate) fn account(
    center: CenterCode,
    number: &str,
    whose: (&str, &str),
    months: i32,
) -> StoredAccount {
    let yuan = |text| Fen::parse(text).unwrap();
    let number = AccountNumber::parse(number).unwrap();
    let first = Month::from_number(202_304).unwrap();
    let mut history = DepositHistory::new();
    let mut rows = Vec::new();
    for month in (0..months).map(|n| first.plus(n).unwrap()) {
        let posted_on = month.first_day().unwrap().plus_days(14).unwrap();
        history.record(month, posted_on, PaymentKind::Regular, ContinuityRules::default());
        rows.push(LedgerEntry {
            account: number.clone(),
            serial: SerialNumber::parse(&format!("HJ{}", month.number())).unwrap(),
            posted_on,
            business: BusinessType::Deposit,
            pay_month: Some(month),
            amount: yuan("1200.00"),
            interest: Fen::ZERO,
            reversal: ReversalFlag::Original,
            reason: None,
        });
    }
    let balance = Fen::new(120_000 * i64::from(months)).unwrap();
    let record = AccountRecord {
        center,
        person: person(whose),
        account: Account {
            number,
            status: AccountStatus::Sealed,
            opened_on: Date::new(2023, 4, 15).unwrap(),
            balance,
            carried_over: Fen::ZERO,
            current_year: balance,
            contribution_base: yuan("5000.00"),
            person_monthly: yuan("600.00"),
            unit_monthly: yuan("600.00"),
            closed_on: None,
            close_reason: None,
            card: None,
        },
        employment: None,
        history,
        imported: Vec::new(),
        withdrawals: Vec::new(),
        notes: AccountNotes::default(),
    };
    StoredAccount { record, rows }
}

/// A running loan of 300,000.00, borrower first.
pub(crate) fn loan(center: CenterCode, contract: &str, whose: &[(&str, &str)]) -> LoanRecord {
    let yuan = |text| Fen::parse(text).unwrap();
    let party = |(place, whose): (usize, &(&str, &str))| {
        let person = person(*whose);
        let role = if place == 0 { LoanRole::Borrower } else { LoanRole::CoBorrower };
        LoanParty { role, name: person.name, document: person.document, account: None }
    };
    LoanRecord {
        center,
        loan: Loan {
            contract: LoanContract::parse(contract).unwrap(),
            account: LoanAccount::parse(contract).unwrap(),
            contract_amount: yuan("300000.00"),
            disbursed: yuan("300000.00"),
            balance: yuan("250000.00"),
            rate: Rate::parse("0.0325").unwrap(),
            periods: 240,
            overdue: Overdue::default(),
            signed_on: Date::new(2021, 2, 1).ok(),
            disbursed_on: Date::new(2021, 3, 1).ok(),
            settled_on: None,
            guarantee: None,
            repayment: None,
            risk: None,
            mark: None,
        },
        parties: whose.iter().enumerate().map(party).collect(),
    }
}

/// The same loan, paid back.
pub(crate) fn settled(mut loan: LoanRecord) -> LoanRecord {
    loan.loan.balance = Fen::ZERO;
    loan.loan.settled_on = Date::new(2025, 8, 3).ok();
    loan
}

/// A withdrawal of 50,000.00 for a home, booked on 2026-05-06.
pub(crate) fn withdrawal(
    center: CenterCode,
    serial: &str,
    whose: (&str, &str),
    title: &str,
) -> PropertyWithdrawal {
    PropertyWithdrawal {
        center,
        serial: SerialNumber::parse(serial).unwrap(),
        person: person(whose),
        account: AccountNumber::parse("0100000000001").unwrap(),
        property: Property::parse(title, "").unwrap(),
        reason: CloseReason::HousePurchase,
        amount: Fen::parse("50000.00").unwrap(),
        paid_on: Date::new(2026, 5, 6).unwrap(),
    }
}

/// What the files of an import hold.
pub(crate) fn totals(items: &[ImportItem]) -> Totals {
    let mut totals = Totals::default();
    for item in items {
        match item {
            ImportItem::Account(account) => {
                totals.accounts += 1;
                let balance = account.record.account.balance;
                totals.balances = totals.balances.checked_add(balance).unwrap();
            }
            ImportItem::Loan(_) => totals.loans += 1,
            ImportItem::Unnumbered(_) => totals.unnumbered += 1,
            ImportItem::Held(held) => totals.held = totals.held.with(held).unwrap(),
            ImportItem::Withdrawal(_) => *totals.withdrawals.get_or_insert(0) += 1,
        }
    }
    totals
}

impl Province {
    /// The order for an import of these items, exported now.
    pub(crate) fn import_order(&self, items: &[ImportItem]) -> Command {
        Command::ImportBegin(Box::new(ImportOrder {
            operator: OperatorId::parse("clerk").unwrap(),
            as_of: self.now,
            files: FileHash::new([1; 32]),
            expected: totals(items),
        }))
    }

    /// Loads records into a center, and waits until they are published.
    pub(crate) fn import(
        &mut self,
        center: CenterCode,
        items: Vec<ImportItem>,
    ) -> Result<Changes, CommandRefusal> {
        let order = self.import_order(&items);
        self.command(center, order)?;
        self.command(center, Command::ImportRecords(items))?;
        let Reply::ImportCommitted(changes) = *self.command(center, Command::ImportCommit)? else {
            panic!("another reply");
        };
        self.advance(3_000);
        Ok(changes)
    }

    /// Sets every service of a center to a mode.
    pub(crate) fn set_modes(&mut self, center: CenterCode, mode: Mode) {
        for service in Service::ALL {
            let wanted = ServiceMode { service: *service, mode };
            let operator = OperatorId::parse("clerk").unwrap();
            self.command(center, Command::SetMode { operator, wanted }).unwrap();
        }
    }
}
