//! What a transfer does to the ledger, one function an event.
//!
//! **Promises.** Each is one posting or none; a refused one changes nothing.
//! **Left to others.** Doing each once: the embedded core by order id, the bank's notices by
//! reference.

use super::posting::{Cause, Line, Posting, Side, post};
use super::{LedgerError, Personal, Undo, personal, put_personal, undo_key};
use crate::account::AccountNumber;
use crate::cbor;
use crate::id::{OrderId, TransferId};
use crate::interest::{Accrual, Capitalised, InterestRules, Settlement};
use crate::money::Fen;
use crate::settlement::{BankReference, Direction};
use crate::store::{StoreError, View};
use crate::time::Date;

/// Lets no other business touch the account.
///
/// # Errors
/// When there is no such account, or another transfer holds it.
pub fn hold(
    view: &mut dyn View,
    number: &AccountNumber,
    transfer: TransferId,
) -> Result<(), LedgerError> {
    let mut account = personal(view, number)?.ok_or(LedgerError::NoAccount)?;
    if account.held_by.is_some_and(|holder| holder != transfer) {
        return Err(LedgerError::Held);
    }
    account.held_by = Some(transfer);
    put_personal(view, number, &account);
    Ok(())
}

/// Lets the account go.
///
/// # Errors
/// When the transfer does not hold it.
pub fn release(
    view: &mut dyn View,
    number: &AccountNumber,
    transfer: TransferId,
) -> Result<(), LedgerError> {
    let mut account = held(view, number, transfer)?;
    account.held_by = None;
    put_personal(view, number, &account);
    Ok(())
}

/// What a settlement is ordered with.
#[derive(Clone, Copy, Debug)]
pub struct SettleOrder<'a> {
    /// The transfer.
    pub transfer: TransferId,
    /// The order.
    pub order: OrderId,
    /// The account.
    pub account: &'a AccountNumber,
    /// The day to which interest is settled.
    pub value_date: Date,
    /// At most so much moves.
    pub cap: Fen,
}

/// What a settlement did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Principal, with interest of past years, and interest of this one.
    pub settlement: Settlement,
    /// Interest of past years that was added to the principal on the way (年终结息).
    pub capitalised: Vec<Capitalised>,
}

/// Settles interest to the value date and moves the account to suspense, in one posting.
///
/// # Errors
/// When the transfer does not hold the account, interest cannot be computed, or more than the cap
/// would move.
pub fn settle(
    view: &mut dyn View,
    rules: &InterestRules,
    what: SettleOrder<'_>,
) -> Result<Settled, LedgerError> {
    let before = held(view, what.account, what.transfer)?;
    let mut accrual = before.accrual.clone();
    let capitalised = accrual.advance(what.value_date, rules)?;
    let settlement = accrual.settlement(rules)?;
    let total = settlement.total().ok_or(LedgerError::Overflow)?;
    if total > what.cap {
        return Err(LedgerError::Cap);
    }
    let mut restored = before.accrual.clone();
    for cut in &capitalised {
        restored.advance(cut.on, rules)?;
    }
    let undo = Undo {
        account: what.account.clone(),
        restored,
        principal: settlement.principal,
        interest: settlement.interest,
        undone_on: None,
    };
    let balance = before.accrual.balance();
    let interest = total.checked_sub(balance).ok_or(LedgerError::Overflow)?;
    let lines = vec![
        Line { side: Side::Persons, amount: balance.negated() },
        Line { side: Side::Interest, amount: interest.negated() },
        Line { side: Side::SuspenseOut, amount: total },
    ];
    let cause = Cause::Order(what.transfer, what.order);
    post(view, Posting { on: what.value_date, cause, lines })?;
    view.put(undo_key(what.order), cbor::encode(&undo));
    let empty = Accrual::open(what.value_date);
    put_personal(view, what.account, &Personal { accrual: empty, is_changed: true, ..before });
    Ok(Settled { settlement, capitalised })
}

/// Undoes a settlement: principal and interest under the value date that it reverses, as if the
/// account had never left.
///
/// # Errors
/// When there is no such settlement, it was undone before, or its money is not back in suspense.
pub fn undo(
    view: &mut dyn View,
    transfer: TransferId,
    order: OrderId,
    on: Date,
) -> Result<Undo, LedgerError> {
    let mut undo = settlement_of(view, order)?.ok_or(LedgerError::NoSettlement)?;
    if undo.undone_on.is_some() {
        return Err(LedgerError::NoSettlement);
    }
    let account = held(view, &undo.account, transfer)?;
    let total = undo.settlement().total().ok_or(LedgerError::Overflow)?;
    let lines = vec![
        Line { side: Side::Persons, amount: undo.principal },
        Line { side: Side::Interest, amount: undo.interest },
        Line { side: Side::SuspenseOut, amount: total.negated() },
    ];
    post(view, Posting { on, cause: Cause::Undoing(transfer, order), lines })?;
    undo.undone_on = Some(on);
    view.put(undo_key(order), cbor::encode(&undo));
    let restored = Personal { accrual: undo.restored.clone(), is_changed: true, ..account };
    put_personal(view, &undo.account, &restored);
    Ok(undo)
}

/// What a settlement did, by its order.
///
/// # Errors
/// When the store cannot be read.
pub fn settlement_of(view: &dyn View, order: OrderId) -> Result<Option<Undo>, StoreError> {
    let bytes = view.get(&undo_key(order))?;
    bytes.map(|bytes| cbor::decode_stored("settlements", &bytes)).transpose()
}

/// Credits an account from suspense (row 08).
///
/// # Errors
/// When there is no such account, or suspense does not hold so much.
pub fn credit(
    view: &mut dyn View,
    rules: &InterestRules,
    cause: (TransferId, OrderId),
    to: (&AccountNumber, Fen, Date),
) -> Result<Vec<Capitalised>, LedgerError> {
    let (number, amount, on) = to;
    let mut account = personal(view, number)?.ok_or(LedgerError::NoAccount)?;
    let before = account.accrual.balance();
    let capitalised = account.accrual.post(on, amount, rules)?;
    let after = account.accrual.balance();
    let more = after.checked_sub(before).ok_or(LedgerError::Overflow)?;
    let interest = more.checked_sub(amount).ok_or(LedgerError::Overflow)?;
    let mut lines = vec![
        Line { side: Side::Persons, amount: more },
        Line { side: Side::SuspenseIn, amount: amount.negated() },
    ];
    if !interest.is_zero() {
        lines.push(Line { side: Side::Interest, amount: interest.negated() });
    }
    post(view, Posting { on, cause: Cause::Order(cause.0, cause.1), lines })?;
    account.is_changed = true;
    put_personal(view, number, &account);
    Ok(capitalised)
}

/// Books a movement that the bank reported under a letter: a debit clears the suspense of a side,
/// a credit raises it. What has left beyond it stands there as negative, until it is back.
///
/// # Errors
/// When a sum overflows, or the store cannot be read.
pub fn move_cash(
    view: &mut dyn View,
    side: Side,
    cause: (TransferId, BankReference),
    movement: (Direction, Fen, Date),
) -> Result<(), LedgerError> {
    let (direction, amount, on) = movement;
    let amount = match direction {
        Direction::Debit => amount.negated(),
        Direction::Credit => amount,
    };
    let lines = vec![Line { side, amount }, Line { side: Side::Cash, amount: amount.negated() }];
    post(view, Posting { on, cause: Cause::Notice(cause.0, cause.1), lines })?;
    Ok(())
}

fn held(
    view: &dyn View,
    number: &AccountNumber,
    transfer: TransferId,
) -> Result<Personal, LedgerError> {
    let account = personal(view, number)?.ok_or(LedgerError::NoAccount)?;
    if account.held_by == Some(transfer) { Ok(account) } else { Err(LedgerError::NotHeld) }
}
