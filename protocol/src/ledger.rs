//! The double-entry ledger (复式账) of the embedded core: where money stands, to the fen.
//!
//! Five classes of account: personal accounts, suspense out (转出在途), suspense in (转入在途),
//! interest (利息支出), and the cash of the special account (专户存款). Amounts are signed: what the
//! center owes is positive, what it has or has spent is negative, so that everything sums to zero.
//!
//! **Promises.** Every posting is balanced, and the sum over all classes is zero after each: both are
//! asserted, in release builds too. Nothing is edited: a correction is a posting of its own (冲账).
//! **Left to others.** When to post: the embedded core and the bank's notices. Statuses of accounts:
//! the records.

use minicbor::{Decode, Encode};

use crate::account::AccountNumber;
use crate::cbor;
use crate::id::{OrderId, TransferId};
use crate::interest::{Accrual, Settlement};
use crate::money::Fen;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Date;

pub mod posting;
pub mod settling;

use posting::{Cause, Line, Posting, Side};

/// What the ledger keeps of a personal account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Personal {
    /// Balance, and the interest that it has earned since the last settlement.
    #[n(1)]
    pub accrual: Accrual,
    /// The transfer that holds the account: no other business touches it.
    #[n(2)]
    pub held_by: Option<TransferId>,
    /// Whether this node has changed the account: then the imports no longer speak for it.
    #[n(3)]
    pub is_changed: bool,
}

/// The sums of all classes (试算平衡): what `fundlink` shows as the ledger's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrialBalance {
    /// Owed to persons, in fen.
    #[n(1)]
    pub persons: i64,
    /// Has left an account, and not yet the bank.
    #[n(2)]
    pub suspense_out: i64,
    /// Has arrived at the bank, and not yet on an account.
    #[n(3)]
    pub suspense_in: i64,
    /// Interest that was spent: negative.
    #[n(4)]
    pub interest: i64,
    /// Cash at the bank: negative.
    #[n(5)]
    pub cash: i64,
}

impl TrialBalance {
    /// The sum over all classes: zero.
    #[must_use]
    pub fn sum(&self) -> i128 {
        let classes = [self.persons, self.suspense_out, self.suspense_in, self.interest, self.cash];
        classes.into_iter().map(i128::from).fold(0, i128::saturating_add)
    }
}

/// Why a posting is refused. Never holds an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such account in the ledger.
    #[error("the ledger has no such account; import it first")]
    NoAccount,
    /// Another transfer holds the account.
    #[error("another transfer holds the account; wait until it is over")]
    Held,
    /// The transfer does not hold the account.
    #[error("the transfer does not hold the account; lock it first")]
    NotHeld,
    /// Suspense does not hold so much for the transfer.
    #[error("suspense does not hold so much for this transfer")]
    Suspense,
    /// More than the cap would move.
    #[error("more would move than the order allows; settle with a higher cap")]
    Cap,
    /// Interest cannot be computed.
    #[error(transparent)]
    Interest(#[from] crate::interest::InterestError),
    /// More was added this year than the account holds, and nothing was taken out.
    #[error("the rows of the account do not fit its balance; import its ledger again")]
    Rows,
    /// A sum that N(18,2) cannot hold.
    #[error("a sum does not fit the standard's amount")]
    Overflow,
    /// No such settlement, or it was undone before.
    #[error("there is no such settlement to undo")]
    NoSettlement,
}

/// A personal account.
///
/// # Errors
/// When the store cannot be read.
pub fn personal(view: &dyn View, number: &AccountNumber) -> Result<Option<Personal>, StoreError> {
    let bytes = view.get(&personal_key(number))?;
    bytes.map(|bytes| cbor::decode_stored("ledger accounts", &bytes)).transpose()
}

/// The balance of a personal account as it stands now, interest of this year not included.
///
/// # Errors
/// When the store cannot be read.
pub fn balance(view: &dyn View, number: &AccountNumber) -> Result<Option<Fen>, StoreError> {
    Ok(personal(view, number)?.map(|account| account.accrual.balance()))
}

/// The transfer that holds an account.
///
/// # Errors
/// When the store cannot be read.
pub fn held_by(view: &dyn View, number: &AccountNumber) -> Result<Option<TransferId>, StoreError> {
    Ok(personal(view, number)?.and_then(|account| account.held_by))
}

/// The sums of all classes.
///
/// # Errors
/// When the store cannot be read.
pub fn trial_balance(view: &dyn View) -> Result<TrialBalance, StoreError> {
    let bytes = view.get(&key(Area::LedgerTotals, &[]))?;
    bytes.map_or_else(
        || Ok(TrialBalance::default()),
        |bytes| cbor::decode_stored("ledger totals", &bytes),
    )
}

/// What suspense holds for a transfer on one side.
///
/// # Errors
/// When the store cannot be read.
pub fn suspense(view: &dyn View, side: Side, transfer: TransferId) -> Result<Fen, StoreError> {
    let bytes = view.get(&suspense_key(side, transfer))?;
    bytes.map_or_else(|| Ok(Fen::ZERO), |bytes| cbor::decode_stored("suspense", &bytes))
}

/// Takes an account out of the imported records into the ledger's hand, when a transfer first touches
/// it. Its money was counted with the import: nothing is posted.
pub fn take_over(view: &mut dyn View, number: &AccountNumber, accrual: Accrual) {
    put_personal(view, number, &Personal { accrual, held_by: None, is_changed: false });
}

/// Notes that this node has changed an account.
///
/// # Errors
/// When the store cannot be read.
pub fn mark_changed(view: &mut dyn View, number: &AccountNumber) -> Result<(), StoreError> {
    if let Some(account) = personal(view, number)? {
        put_personal(view, number, &Personal { is_changed: true, ..account });
    }
    Ok(())
}

/// Gives an account back to the imported records, which say `imported` of its balance: what it
/// gained or lost there in the meantime is posted against cash, as an import's is.
///
/// # Errors
/// When the store cannot be read or a sum overflows: then nothing is staged.
pub fn give_back(
    view: &mut dyn View,
    on: Date,
    number: &AccountNumber,
    imported: Fen,
) -> Result<(), LedgerError> {
    let Some(account) = personal(view, number)? else { return Ok(()) };
    let more = imported.checked_sub(account.accrual.balance()).ok_or(LedgerError::Overflow)?;
    let before = Fen::new(trial_balance(view)?.persons).map_err(|_| LedgerError::Overflow)?;
    follow_import(view, on, before.checked_add(more).ok_or(LedgerError::Overflow)?)?;
    view.delete(personal_key(number));
    Ok(())
}

/// Follows an import: what all persons are owed has changed by deposits, withdrawals and loans of
/// the center's other systems. One posting against cash, or none.
///
/// # Errors
/// When the store cannot be read or a sum overflows: then nothing is posted.
pub fn follow_import(view: &mut dyn View, on: Date, owed: Fen) -> Result<(), LedgerError> {
    let before = Fen::new(trial_balance(view)?.persons).map_err(|_| LedgerError::Overflow)?;
    let change = owed.checked_sub(before).ok_or(LedgerError::Overflow)?;
    if !change.is_zero() {
        let lines = vec![
            Line { side: Side::Persons, amount: change },
            Line { side: Side::Cash, amount: change.negated() },
        ];
        posting::post(view, Posting { on, cause: Cause::Import, lines })?;
    }
    Ok(())
}

/// The accrual of an account whose balance and rows of the current interest year are known.
///
/// `rows` are what was added to the balance since 1 July, by date; `as_of` is the day of the export.
///
/// # Errors
/// When the rows do not fit the balance, no rate is known or an amount overflows.
pub fn accrual_of(
    balance: Fen,
    rows: &[(Date, Fen)],
    as_of: Date,
    rules: &crate::interest::InterestRules,
) -> Result<Accrual, LedgerError> {
    let start = crate::interest::interest_year_start(as_of).unwrap_or(as_of);
    accrual_since(start, balance, (rows, as_of), rules)
}

/// [`accrual_of`], of an account that is owed no interest for the days before `start`.
///
/// # Errors
/// As [`accrual_of`].
pub fn accrual_since(
    start: Date,
    balance: Fen,
    (rows, as_of): (&[(Date, Fen)], Date),
    rules: &crate::interest::InterestRules,
) -> Result<Accrual, LedgerError> {
    let mut rows: Vec<(Date, Fen)> =
        rows.iter().copied().filter(|(on, _)| *on >= start && *on <= as_of).collect();
    rows.sort_by_key(|(on, _)| *on);
    let moved =
        Fen::checked_sum(rows.iter().map(|(_, amount)| *amount)).ok_or(LedgerError::Overflow)?;
    let opening = balance.checked_sub(moved).ok_or(LedgerError::Overflow)?;
    if opening < Fen::ZERO {
        return Err(LedgerError::Rows);
    }
    let mut accrual = Accrual::with_balance(start, opening);
    for (on, amount) in rows {
        accrual.post(on, amount, rules)?;
    }
    Ok(accrual)
}

/// How an account was moved to suspense; kept so that it can be undone as if it had never left.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Undo {
    /// The account.
    #[n(1)]
    pub account: AccountNumber,
    /// As it is once the settlement is undone: interest of past years stays with the principal.
    #[n(2)]
    pub restored: Accrual,
    /// What moved.
    #[n(3)]
    pub principal: Fen,
    /// What was settled.
    #[n(4)]
    pub interest: Fen,
    /// When it was undone, if it was.
    #[n(5)]
    pub undone_on: Option<Date>,
}

impl Undo {
    /// Principal and interest.
    #[must_use]
    pub const fn settlement(&self) -> Settlement {
        Settlement { principal: self.principal, interest: self.interest }
    }
}

pub(crate) fn put_personal(view: &mut dyn View, number: &AccountNumber, account: &Personal) {
    view.put(personal_key(number), cbor::encode(account));
}

fn personal_key(number: &AccountNumber) -> Vec<u8> {
    key(Area::LedgerAccount, &[number.as_str().as_bytes()])
}

pub(crate) fn suspense_key(side: Side, transfer: TransferId) -> Vec<u8> {
    key(Area::Suspense, &[&[side as u8], transfer.as_bytes()])
}

fn undo_key(order: OrderId) -> Vec<u8> {
    key(Area::LedgerUndo, &[order.as_bytes()])
}

#[cfg(test)]
mod tests;
