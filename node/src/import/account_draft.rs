//! An account while its ledger is read, row by row, in any order.
//!
//! **Promises.** What is kept of a row is its amount in a sum, the month that it pays for, and, within
//! the running interest year, its value date; a reversal takes back the last of its kind before it,
//! whether it is read before or after that one.
//! **Left to others.** Parsing: `accounts` and `ledger`.

use fundlink_protocol::account::{Account, BusinessType, LedgerEntry, ReversalFlag};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use fundlink_protocol::interest::{Accrual, InterestError, InterestRules};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::{AccountNotes, AccountRecord, Employment, Person, Withdrawal};
use fundlink_protocol::time::{Date, Month};

/// An account and what its rows have come to.
#[derive(Debug)]
pub(super) struct AccountDraft {
    /// The line of the account in its file.
    pub(super) line: u64,
    person: Person,
    account: Account,
    employment: Option<Employment>,
    notes: AccountNotes,
    ledger_fen: i128,
    /// The sum of what earns since the running interest year began, or before.
    carried_fen: i128,
    /// What came later in the year, with its value dates.
    postings: Vec<(Date, Fen)>,
    /// Whether interest was booked on the day on which the year began.
    pub(super) interest_booked: bool,
    payments: Booked<MonthPayment>,
    withdrawals: Booked<Withdrawal>,
}

/// Rows of one kind, and the rows that take some of them back.
#[derive(Debug)]
struct Booked<T> {
    originals: Vec<T>,
    reversals: Vec<T>,
}

/// A row that can be taken back.
trait Reversible {
    /// The day of the booking.
    fn posted_on(&self) -> Date;
    /// Whether one may be the reversal of the other.
    fn is_like(&self, other: &Self) -> bool;
}

impl<T: Reversible> Booked<T> {
    const fn new() -> Self {
        Self { originals: Vec::new(), reversals: Vec::new() }
    }

    fn add(&mut self, reversal: ReversalFlag, row: T) {
        match reversal {
            ReversalFlag::Original => self.originals.push(row),
            ReversalFlag::Reversal => self.reversals.push(row),
        }
    }

    /// What stands, in the order of booking.
    fn standing(mut self) -> Vec<T> {
        self.originals.sort_by_key(Reversible::posted_on);
        self.reversals.sort_by_key(Reversible::posted_on);
        for reversal in self.reversals {
            let earlier = |row: &T| row.posted_on() <= reversal.posted_on();
            let place =
                self.originals.iter().rposition(|row| earlier(row) && row.is_like(&reversal));
            if let Some(place) = place {
                self.originals.remove(place);
            }
        }
        self.originals
    }
}

/// A payment for a month.
#[derive(Clone, Copy, Debug)]
struct MonthPayment {
    month: Month,
    posted_on: Date,
    kind: PaymentKind,
}

impl Reversible for MonthPayment {
    fn posted_on(&self) -> Date {
        self.posted_on
    }

    fn is_like(&self, other: &Self) -> bool {
        self.month == other.month && self.kind == other.kind
    }
}

impl Reversible for Withdrawal {
    fn posted_on(&self) -> Date {
        self.on
    }

    fn is_like(&self, other: &Self) -> bool {
        self.amount == other.amount && self.reason == other.reason
    }
}

/// What is needed to count a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// The 1 July on or before the day of the dump.
    pub(super) year_start: Date,
    /// The first day whose withdrawals are kept.
    pub(super) withdrawals_from: Date,
    /// How months are counted.
    pub(super) rules: ContinuityRules,
}

impl AccountDraft {
    pub(super) const fn new(
        line: u64,
        person: Person,
        account: Account,
        employment: Option<Employment>,
        notes: AccountNotes,
    ) -> Self {
        Self {
            line,
            person,
            account,
            employment,
            notes,
            ledger_fen: 0,
            carried_fen: 0,
            postings: Vec::new(),
            interest_booked: false,
            payments: Booked::new(),
            withdrawals: Booked::new(),
        }
    }

    /// Whether the rows add up to the balance.
    pub(super) fn adds_up(&self) -> bool {
        self.ledger_fen == i128::from(self.account.balance.get())
    }

    /// Whether there was money when the running interest year began.
    pub(super) const fn carried_money(&self) -> bool {
        self.carried_fen != 0
    }

    /// Counts a row.
    pub(super) fn count(&mut self, entry: &LedgerEntry, counting: &Counting) {
        let fen = i128::from(entry.amount.get());
        self.ledger_fen = self.ledger_fen.saturating_add(fen);
        let value_date = value_date(entry.business, entry.posted_on);
        if value_date <= counting.year_start {
            self.carried_fen = self.carried_fen.saturating_add(fen);
        } else if !entry.amount.is_zero() {
            self.postings.push((value_date, entry.amount));
        }
        if entry.business == BusinessType::YearEndInterest && value_date == counting.year_start {
            self.interest_booked = true;
        }
        if let Some((month, kind)) = payment_of(entry) {
            let payment = MonthPayment { month, posted_on: entry.posted_on, kind };
            self.payments.add(entry.reversal, payment);
        }
        if is_withdrawal(entry.business) && entry.posted_on >= counting.withdrawals_from {
            let (amount, interest) = (absolute(entry.amount), absolute(entry.interest));
            let amount = amount.checked_add(interest).unwrap_or(amount);
            let withdrawal = Withdrawal { on: entry.posted_on, amount, reason: entry.reason };
            self.withdrawals.add(entry.reversal, withdrawal);
        }
    }

    /// The record of the account, and what its money has earned in the running interest year.
    pub(super) fn finish(
        mut self,
        center: CenterCode,
        counting: &Counting,
        rules: &InterestRules,
    ) -> Result<(AccountRecord, Accrual), InterestError> {
        let accrual = self.accrual(counting.year_start, rules)?;
        let mut history = DepositHistory::new();
        for MonthPayment { month, posted_on, kind } in self.payments.standing() {
            history.record(month, posted_on, kind, counting.rules);
        }
        let mut withdrawals = self.withdrawals.standing();
        withdrawals.sort_by_key(|withdrawal| (withdrawal.on, withdrawal.amount));
        let record = AccountRecord {
            center,
            person: self.person,
            account: self.account,
            employment: self.employment,
            history,
            imported: Vec::new(),
            withdrawals,
            notes: self.notes,
        };
        Ok((record, accrual))
    }

    fn accrual(
        &mut self,
        year_start: Date,
        rules: &InterestRules,
    ) -> Result<Accrual, InterestError> {
        let carried = i64::try_from(self.carried_fen).ok().and_then(|fen| Fen::new(fen).ok());
        let carried = carried.ok_or(InterestError::Overflow)?;
        let mut accrual = Accrual::with_balance(year_start, carried);
        self.postings.sort_by_key(|posting| posting.0);
        for (on, amount) in std::mem::take(&mut self.postings) {
            accrual.post(on, amount, rules)?;
        }
        Ok(accrual)
    }
}

/// The day from which a row earns: interest that is booked on 30 June earns from 1 July.
fn value_date(business: BusinessType, posted_on: Date) -> Date {
    let year_end = (posted_on.month_of_year(), posted_on.day()) == (6, 30);
    if business == BusinessType::YearEndInterest && year_end {
        posted_on.plus_days(1).unwrap_or(posted_on)
    } else {
        posted_on
    }
}

const fn absolute(amount: Fen) -> Fen {
    if amount.get() < 0 { amount.negated() } else { amount }
}

fn payment_of(entry: &LedgerEntry) -> Option<(Month, PaymentKind)> {
    let kind = match entry.business {
        BusinessType::Deposit => PaymentKind::Regular,
        BusinessType::BackPayment => PaymentKind::Back,
        BusinessType::Opening
        | BusinessType::Unsealing
        | BusinessType::Sealing
        | BusinessType::InternalTransfer
        | BusinessType::TransferOut
        | BusinessType::TransferIn
        | BusinessType::YearEndInterest
        | BusinessType::BaseAdjustment
        | BusinessType::PartialWithdrawal
        | BusinessType::ClosingWithdrawal
        | BusinessType::Deferral
        | BusinessType::Freezing
        | BusinessType::Unfreezing
        | BusinessType::Other => return None,
    };
    entry.pay_month.map(|month| (month, kind))
}

fn is_withdrawal(business: BusinessType) -> bool {
    matches!(business, BusinessType::PartialWithdrawal | BusinessType::ClosingWithdrawal)
}
