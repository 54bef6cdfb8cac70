//! An account while its ledger is read, row by row, in any order.
//!
//! **Promises.** Of a row its packed form is kept, some 40 bytes. Months, withdrawals and interest are
//! worked out from all rows in the order of their booking, so the order of the file does not matter;
//! a reversal takes back the last of its kind before it.
//! **Left to others.** Parsing: `accounts` and `ledger`.

use fundlink_protocol::account::{
    Account, AccountNumber, BusinessType, CloseReason, LedgerEntry, ReversalFlag, SerialNumber,
};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use fundlink_protocol::engine::records::StoredAccount;
use fundlink_protocol::interest::{Accrual, InterestRules};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::{
    AccountNotes, AccountRecord, Employment, Hindrance, Person, Withdrawal,
};
use fundlink_protocol::time::{Date, Month};
use minicbor::{Decode, Encode};

use super::ImportedAccount;
use super::rule::ImportRule;

/// An account and its rows.
#[derive(Debug)]
pub(super) struct AccountDraft {
    /// The line of the account in its file.
    pub(super) line: u64,
    person: Person,
    account: Account,
    employment: Option<Employment>,
    notes: AccountNotes,
    ledger_fen: i128,
    rows: PackedRows,
    /// Whether some row about the account has a fault, so that it cannot be believed.
    tainted: bool,
}

/// Rows of one account, one after the other in bytes.
#[derive(Debug, Default)]
struct PackedRows {
    bytes: Vec<u8>,
    count: usize,
}

/// A row without the account that it belongs to.
#[derive(Encode, Decode)]
struct PackedRow {
    #[n(0)]
    serial: SerialNumber,
    #[n(1)]
    posted_on: Date,
    #[n(2)]
    business: BusinessType,
    #[n(3)]
    pay_month: Option<Month>,
    #[n(4)]
    amount: Fen,
    #[n(5)]
    interest: Fen,
    #[n(6)]
    reversal: ReversalFlag,
    #[n(7)]
    reason: Option<CloseReason>,
}

impl PackedRows {
    fn push(&mut self, entry: &LedgerEntry) {
        let row = PackedRow {
            serial: entry.serial.clone(),
            posted_on: entry.posted_on,
            business: entry.business,
            pay_month: entry.pay_month,
            amount: entry.amount,
            interest: entry.interest,
            reversal: entry.reversal,
            reason: entry.reason,
        };
        match minicbor::encode(&row, &mut self.bytes) {
            Ok(()) => self.count += 1,
            Err(error) => unreachable!("writing to memory failed: {error}"),
        }
    }

    /// The rows in the order of their booking.
    fn unpack(&self, account: &AccountNumber) -> Vec<LedgerEntry> {
        let mut decoder = minicbor::Decoder::new(&self.bytes);
        let mut rows = Vec::with_capacity(self.count);
        while decoder.position() < self.bytes.len() {
            let row: PackedRow = match decoder.decode() {
                Ok(row) => row,
                Err(error) => unreachable!("a row that was packed cannot be unpacked: {error}"),
            };
            rows.push(LedgerEntry {
                account: account.clone(),
                serial: row.serial,
                posted_on: row.posted_on,
                business: row.business,
                pay_month: row.pay_month,
                amount: row.amount,
                interest: row.interest,
                reversal: row.reversal,
                reason: row.reason,
            });
        }
        rows.sort_by(|a, b| order_of(a).cmp(&order_of(b)));
        rows
    }
}

fn order_of(row: &LedgerEntry) -> (Date, &SerialNumber, BusinessType, ReversalFlag, Option<Month>) {
    (row.posted_on, &row.serial, row.business, row.reversal, row.pay_month)
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

impl MonthPayment {
    /// The payment that a row books, or takes back.
    fn of(entry: &LedgerEntry) -> Option<Self> {
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
        let posted_on = entry.posted_on;
        entry.pay_month.map(|month| Self { month, posted_on, kind })
    }
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

/// How interest of the year before was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum YearEndInterest {
    /// It was, or there was no money to earn any.
    InOrder,
    /// There was money on the last 1 July, and nothing was booked on it.
    Missing,
}

/// What is needed to work an account out.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    /// The center.
    pub(super) center: CenterCode,
    /// The 1 July on or before the day of the dump.
    pub(super) year_start: Date,
    /// The first day whose withdrawals are kept.
    pub(super) withdrawals_from: Date,
    /// How months are counted.
    pub(super) rules: ContinuityRules,
    /// How interest is computed.
    pub(super) interest: InterestRules,
}

impl AccountDraft {
    pub(super) fn new(
        line: u64,
        person: Person,
        account: Account,
        employment: Option<Employment>,
        notes: AccountNotes,
    ) -> Self {
        let rows = PackedRows::default();
        Self { line, person, account, employment, notes, ledger_fen: 0, rows, tainted: false }
    }

    pub(super) const fn number(&self) -> &AccountNumber {
        &self.account.number
    }

    pub(super) const fn balance(&self) -> Fen {
        self.account.balance
    }

    pub(super) const fn person(&self) -> &Person {
        &self.person
    }

    /// Notes why the account cannot move for now.
    pub(super) fn hinder(&mut self, hindrance: Hindrance) {
        let hindrances = &mut self.notes.hindrances;
        if let Err(place) = hindrances.binary_search(&hindrance) {
            hindrances.insert(place, hindrance);
        }
    }

    /// The row that a withdrawal was booked with, or taken back.
    pub(super) fn payout(
        &self,
        serial: &SerialNumber,
        reversal: ReversalFlag,
    ) -> Option<LedgerEntry> {
        let rows = self.rows.unpack(&self.account.number);
        let mut rows = rows.into_iter();
        rows.find(|row| {
            is_withdrawal(row.business) && row.serial == *serial && row.reversal == reversal
        })
    }

    /// What the rows lack to add up to the balance.
    pub(super) fn lacking(&self) -> i128 {
        i128::from(self.account.balance.get()).saturating_sub(self.ledger_fen)
    }

    /// From now on the account is not believed.
    pub(super) const fn taint(&mut self) {
        self.tainted = true;
    }

    pub(super) const fn is_tainted(&self) -> bool {
        self.tainted
    }

    /// Takes a row in; `false` when the account has as many as it may have.
    pub(super) fn add(&mut self, entry: &LedgerEntry, rows_max: usize) -> bool {
        self.ledger_fen = self.ledger_fen.saturating_add(i128::from(entry.amount.get()));
        if self.rows.count >= rows_max {
            return false;
        }
        self.rows.push(entry);
        true
    }

    /// Whether interest can be computed, and was booked when the running interest year began.
    pub(super) fn year_end_interest(
        &self,
        counting: &Counting,
    ) -> Result<YearEndInterest, ImportRule> {
        let rows = self.rows.unpack(&self.account.number);
        Self::accrual(&rows, counting).ok_or(ImportRule::Interest)?;
        let (carried, _) = Self::carried(&rows, counting);
        let booked = rows.iter().any(|row| {
            row.business == BusinessType::YearEndInterest && value_date(row) == counting.year_start
        });
        let missing = carried != 0 && !booked;
        Ok(if missing { YearEndInterest::Missing } else { YearEndInterest::InOrder })
    }

    /// What earns since the running interest year began or before, and the postings after that.
    fn carried(rows: &[LedgerEntry], counting: &Counting) -> (i128, Vec<(Date, Fen)>) {
        let mut carried = 0_i128;
        let mut postings = Vec::new();
        for row in rows {
            let value_date = value_date(row);
            if value_date <= counting.year_start {
                carried = carried.saturating_add(i128::from(row.amount.get()));
            } else if !row.amount.is_zero() {
                postings.push((value_date, row.amount));
            }
        }
        postings.sort_by_key(|posting| posting.0);
        (carried, postings)
    }

    fn accrual(rows: &[LedgerEntry], counting: &Counting) -> Option<Accrual> {
        let (carried, postings) = Self::carried(rows, counting);
        let carried = i64::try_from(carried).ok().and_then(|fen| Fen::new(fen).ok())?;
        let mut accrual = Accrual::with_balance(counting.year_start, carried);
        for (on, amount) in postings {
            accrual.post(on, amount, &counting.interest).ok()?;
        }
        Some(accrual)
    }

    /// The account with its rows, its months and its interest.
    pub(super) fn work_out(&self, counting: &Counting) -> Result<ImportedAccount, ImportRule> {
        let rows = self.rows.unpack(&self.account.number);
        let accrual = Self::accrual(&rows, counting).ok_or(ImportRule::Interest)?;
        let (mut payments, mut withdrawals) = (Booked::new(), Booked::new());
        for row in &rows {
            if let Some(payment) = MonthPayment::of(row) {
                payments.add(row.reversal, payment);
            }
            if is_withdrawal(row.business) && row.posted_on >= counting.withdrawals_from {
                withdrawals.add(row.reversal, withdrawal_of(row));
            }
        }
        let mut history = DepositHistory::new();
        for MonthPayment { month, posted_on, kind } in payments.standing() {
            history.record(month, posted_on, kind, counting.rules);
        }
        let record = AccountRecord {
            center: counting.center,
            person: self.person.clone(),
            account: self.account.clone(),
            employment: self.employment.clone(),
            history,
            imported: Vec::new(),
            withdrawals: withdrawals.standing(),
            notes: self.notes.clone(),
        };
        Ok(ImportedAccount { stored: StoredAccount { record, rows }, accrual })
    }
}

/// The day from which a row earns: interest that is booked on 30 June earns from 1 July.
fn value_date(row: &LedgerEntry) -> Date {
    let year_end = (row.posted_on.month_of_year(), row.posted_on.day()) == (6, 30);
    if row.business == BusinessType::YearEndInterest && year_end {
        row.posted_on.plus_days(1).unwrap_or(row.posted_on)
    } else {
        row.posted_on
    }
}

/// What a row paid out, interest included.
fn withdrawal_of(row: &LedgerEntry) -> Withdrawal {
    let (amount, interest) = (absolute(row.amount), absolute(row.interest));
    let amount = amount.checked_add(interest).unwrap_or(amount);
    Withdrawal { on: row.posted_on, amount, reason: row.reason }
}

const fn absolute(amount: Fen) -> Fen {
    if amount.get() < 0 { amount.negated() } else { amount }
}

/// Whether a row pays money out to the person.
pub(super) const fn is_withdrawal(business: BusinessType) -> bool {
    matches!(business, BusinessType::PartialWithdrawal | BusinessType::ClosingWithdrawal)
}
