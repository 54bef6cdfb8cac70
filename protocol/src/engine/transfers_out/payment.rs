//! Outgoing transfers: paying, and what the bank and the other center say of the money.
//!
//! **Promises.** Nothing new is ordered while the end of an order, or the debit of an executed one, is
//! not known; what is ordered and what has left never exceed the latest sheet.
//! **Left to others.** The bank itself: `bank`. Closing the account: the core.

use super::super::bank;
use super::super::core_orders;
use super::super::recovery;
use super::super::round::Round;
use super::super::transfer_case::{Alarm, calendar, today};
use super::settlement::{renew, restore, reverse};
use super::{Intent, Outgoing, with};
use crate::authority::incident::IncidentRule;
use crate::core_system::CoreAction;
use crate::digest::DigestStatus;
use crate::id::TransferId;
use crate::limits::PAY_ATTEMPTS_AUTO_MAX;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{
    BankFailure, BankOrder, BankOrderId, BankOutcome, BankReply, Direction, SpecialAccount,
};
use crate::statement::transfer::notice::{
    Correction, Credit, Difference, DifferenceKind, Remittance,
};
use crate::statement::transfer::sheet::ReversalCause;
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::time::{Date, Timestamp};
use crate::transfer::deadline::{Wait, banking_day, may_pay_on};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::reconciliation::{Comparison, MoneyLine, compare, sum};
use crate::transfer::task::TaskReason;

/// Orders what has not left of the sheet, as the next attempt, and enters `Paying`.
///
/// It is executed on the value date, or on the next day on which banks work; past 30 June the sheet
/// no longer holds, and a new revision is settled.
pub(in super::super) fn order_missing(
    round: &mut Round<'_>,
    out: &mut Outgoing,
) -> Result<(), StoreError> {
    if out.case.taken_over_by.is_some() {
        // Nothing is paid to a center that was cut off.
        return out.case.ask_person(round, TaskReason::CounterpartRevoked);
    }
    let Some(settled) = out.settled.clone() else { return Ok(()) };
    let earliest = today(round)?.max(settled.value_date);
    let execute_on = banking_day(earliest, &calendar(round)?);
    if !may_pay_on(settled.value_date, execute_on) {
        return settle_anew(round, out, execute_on);
    }
    if settled.amount().is_zero() {
        return close_without_payment(round, out, settled.value_date);
    }
    // It is decided: what a person was asked before does not stop it any more.
    out.case.task = None;
    if settled.amount() == out.case.net(Direction::Debit) && out.case.payment.is_none() {
        // All of it has left under an order that this store has forgotten.
        if out.state != OutgoingState::Paying {
            out.enter(round, OutgoingState::Paying);
        }
        return reconsider(round, out);
    }
    // A node that may have forgotten what it promised orders no payment.
    if recovery::is_recovering(round.view)? {
        out.case.alarms.insert(Alarm::PayLater, round.now.plus_ms(PAY_LATER_MS));
        return Ok(());
    }
    let own = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    let missing = settled.amount().checked_sub(out.case.net(Direction::Debit));
    let (Some(payer), Some(amount)) = (own, missing.filter(|missing| *missing > Fen::ZERO)) else {
        return out.case.ask_person(round, TaskReason::PaymentFailed);
    };
    if out.state != OutgoingState::Paying {
        out.enter(round, OutgoingState::Paying);
    }
    out.case.attempts = out.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: out.case.letter.number, attempt: out.case.attempts };
    let payee = out.receiving.clone();
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut out.case, order)
}

/// Nothing is to be paid: months alone move, and the account is closed on the value date.
fn close_without_payment(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    on: Date,
) -> Result<(), StoreError> {
    out.case.task = None;
    if on > today(round)? {
        out.case.alarms.insert(Alarm::PayLater, Timestamp::start_of(on));
        return Ok(());
    }
    if out.state != OutgoingState::Paying {
        out.enter(round, OutgoingState::Paying);
    }
    let close = CoreAction::Close(out.case.letter.account.clone(), on);
    core_orders::stage(round, &mut out.case, close)
}

/// Milliseconds until a payment that waited for the node's recovery is tried again.
const PAY_LATER_MS: i64 = 10_000;

/// Orders what waited for the node's recovery, if it is still to be paid.
pub(super) fn pay_later(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let has_order = out.case.payment.is_some() || out.case.core.is_some();
    match out.state {
        OutgoingState::Settled | OutgoingState::PayFailed(_) | OutgoingState::Paid
            if !has_order && !out.case.is_stopped() =>
        {
            order_missing(round, out)
        }
        OutgoingState::Received
        | OutgoingState::Held
        | OutgoingState::Accepted
        | OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayFailed(_)
        | OutgoingState::PayUnknown
        | OutgoingState::Paid
        | OutgoingState::Reversed
        | OutgoingState::Completed(_)
        | OutgoingState::Rejected(..)
        | OutgoingState::Released
        | OutgoingState::Restored => Ok(()),
    }
}

/// The sheet cannot be paid any more: it is undone, and settled again for a later day. Money that
/// has left of it in part must be back first.
fn settle_anew(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    value_date: Date,
) -> Result<(), StoreError> {
    if out.case.net(Direction::Debit).is_zero() {
        reverse(round, out, Intent::Renew(ReversalCause::YearEnd, value_date))
    } else {
        out.case.ask_person(round, TaskReason::PaymentFailed)
    }
}

/// Takes in what the bank says of the order on its way.
pub(super) fn on_outcome(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    reply: &BankReply,
) -> Result<(), StoreError> {
    let is_current = out.case.payment.as_ref();
    if is_current.is_none_or(|payment| payment.attempt != reply.order.attempt) {
        return Ok(());
    }
    match &reply.outcome {
        // The debit is believed from the notice.
        BankOutcome::Executed(_) => {
            bank::stop_asking(&mut out.case);
            if out.state.is_final() {
                return Ok(());
            }
            if out.state == OutgoingState::PayUnknown {
                out.enter(round, OutgoingState::Paying);
            }
            out.case.wait(round, Wait::Settlement)
        }
        BankOutcome::Failed(failure) => on_failed(round, out, *failure),
        BankOutcome::Unknown => {
            if out.state == OutgoingState::Paying {
                out.enter(round, OutgoingState::PayUnknown);
                out.case.wait(round, Wait::Settlement)?;
            }
            Ok(())
        }
        BankOutcome::Waiting | BankOutcome::NoSuchOrder => Ok(()),
    }
}

fn on_failed(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    failure: BankFailure,
) -> Result<(), StoreError> {
    bank::forget(&mut out.case);
    match out.state {
        OutgoingState::Paying | OutgoingState::PayUnknown => {}
        OutgoingState::Received
        | OutgoingState::Held
        | OutgoingState::Accepted
        | OutgoingState::Settled
        | OutgoingState::PayFailed(_)
        | OutgoingState::Paid
        | OutgoingState::Reversed => return Ok(()),
        OutgoingState::Completed(_)
        | OutgoingState::Rejected(..)
        | OutgoingState::Released
        | OutgoingState::Restored => {
            return out.case.ask_person(round, TaskReason::UnexplainedMoney);
        }
    }
    out.enter(round, OutgoingState::PayFailed(failure));
    out.case.wait(round, Wait::Case)?;
    if failure.needs_correction() {
        let (revision, attempt) = (out.revision, out.case.attempts);
        let kind = DifferenceKind::NotPaid(attempt, failure);
        out.case.say(round, |head| step!(head, Difference { revision, kind }));
        return Ok(());
    }
    if failure == BankFailure::Recalled && out.case.attempts < PAY_ATTEMPTS_AUTO_MAX {
        return order_missing(round, out);
    }
    out.case.ask_person(round, TaskReason::PaymentFailed)
}

/// An order failed before this store forgot it, and the other center was told.
pub(super) fn fail_again(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    (attempt, failure): (u32, BankFailure),
) -> Result<(), StoreError> {
    out.case.task = None;
    out.case.alarms.remove(&Alarm::PayLater);
    out.case.attempts = out.case.attempts.max(attempt);
    out.enter(round, OutgoingState::Paying);
    on_failed(round, out, failure)
}

/// The other center has named where the money is to go.
pub(super) fn on_correction(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    correction: &Correction,
) -> Result<(), StoreError> {
    out.receiving = correction.receiving.clone();
    if out.case.core.is_some() {
        return Ok(());
    }
    match out.state {
        OutgoingState::PayFailed(_) => order_missing(round, out),
        OutgoingState::Reversed => renew(round, out),
        OutgoingState::Received
        | OutgoingState::Held
        | OutgoingState::Accepted
        | OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayUnknown
        | OutgoingState::Paid
        | OutgoingState::Completed(_)
        | OutgoingState::Rejected(..)
        | OutgoingState::Released
        | OutgoingState::Restored => Ok(()),
    }
}

/// The other center says that sum and sheet differ. A person looks when our bank reports that
/// everything has left; what came back is ordered again once both say the same.
pub(super) fn on_difference(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    difference: &Difference,
) -> Result<(), StoreError> {
    let DifferenceKind::Arrived(arrived) = difference.kind else { return Ok(()) };
    if difference.revision != out.revision {
        return Ok(());
    }
    out.arrived = Some(arrived);
    if out.state == OutgoingState::Paid && !out.case.is_stopped() {
        out.case.ask_person(round, TaskReason::AmountDiffers)?;
    }
    reconsider(round, out)
}

/// Takes in a movement of money under the letter.
pub(in super::super) fn on_money(
    round: &mut Round<'_>,
    transfer: TransferId,
    line: MoneyLine,
) -> Result<(), StoreError> {
    with(round, transfer, |round, out| {
        let has_left = line.direction == Direction::Debit;
        out.case.lines.push(line);
        if !out.state.is_final() {
            return reconsider(round, out);
        }
        // What a person has sent back is no second payment.
        if has_left && out.case.payment.is_none() {
            out.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        }
        bank::match_debits(&mut out.case);
        if surplus(out) > Fen::ZERO {
            return out.case.ask_person(round, TaskReason::UnexplainedMoney);
        }
        out.case.task = None;
        Ok(())
    })?;
    Ok(())
}

/// What has come in under the letter of a case that is over, beyond what its end explains.
pub(in super::super) fn surplus(out: &Outgoing) -> Fen {
    let gone = match out.state {
        OutgoingState::Completed(_) => out.settled_amount(),
        OutgoingState::Rejected(_, true) | OutgoingState::Released | OutgoingState::Restored => {
            Fen::ZERO
        }
        OutgoingState::Received
        | OutgoingState::Held
        | OutgoingState::Accepted
        | OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayFailed(_)
        | OutgoingState::PayUnknown
        | OutgoingState::Paid
        | OutgoingState::Reversed
        | OutgoingState::Rejected(_, false) => return Fen::ZERO,
    };
    let surplus = gone.checked_sub(out.case.net(Direction::Debit));
    surplus.unwrap_or(Fen::ZERO).max(Fen::ZERO)
}

/// Orders money that came in after the end of the case to be sent back to whom a person names.
pub(in super::super) fn send_back(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    payee: SpecialAccount,
) -> Result<(), StoreError> {
    let amount = surplus(out);
    let own = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    let Some(payer) = own else {
        return out.case.ask_person(round, TaskReason::UnexplainedMoney);
    };
    out.case.task = None;
    let execute_on = banking_day(today(round)?, &calendar(round)?);
    out.case.attempts = out.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: out.case.letter.number, attempt: out.case.attempts };
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut out.case, order)
}

/// Holds what has moved against the sheet, and does what follows. Called after everything that may
/// change either; while an order to the core is on its way, its outcome is waited for.
pub(super) fn reconsider(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    if out.case.core.is_some() {
        return Ok(());
    }
    bank::match_debits(&mut out.case);
    let Some(settled) = &out.settled else { return Ok(()) };
    let comparison = compare(out.case.net(Direction::Debit), settled.amount());
    let came_back = sum(&out.case.lines, Direction::Credit).is_some_and(|sum| sum > Fen::ZERO);
    match (out.state, comparison) {
        (
            OutgoingState::Paying | OutgoingState::PayUnknown | OutgoingState::PayFailed(_),
            Comparison::Exact,
        ) => {
            let on = out.case.lines.last().map_or(settled.value_date, |line| line.booked_on);
            let close = CoreAction::Close(out.case.letter.account.clone(), on);
            core_orders::stage(round, &mut out.case, close)
        }
        (OutgoingState::Paid, Comparison::Nothing) => on_all_back(round, out),
        // A part came back alone, and the other center has the rest: it is ordered again under the
        // same sheet. As long as they do not say so, it may be they who are sending it all back.
        (OutgoingState::Paid, Comparison::Short) => {
            if out.arrived == Some(out.case.net(Direction::Debit)) && !out.is_returned {
                order_again(round, out)
            } else {
                Ok(())
            }
        }
        (OutgoingState::Paying, Comparison::Nothing | Comparison::Short)
            if out.case.payment.is_none() && came_back =>
        {
            if comparison == Comparison::Nothing {
                out.enter(round, OutgoingState::PayFailed(BankFailure::Other));
                on_all_back(round, out)
            } else {
                order_again(round, out)
            }
        }
        (OutgoingState::Paid, Comparison::Exact) => Ok(()),
        (
            OutgoingState::Paid
            | OutgoingState::Paying
            | OutgoingState::PayUnknown
            | OutgoingState::PayFailed(_),
            _,
        )
        | (
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Reversed
            | OutgoingState::Completed(_)
            | OutgoingState::Rejected(..)
            | OutgoingState::Released
            | OutgoingState::Restored,
            _,
        ) => Ok(()),
    }
}

/// All of the money is back: the settlement is undone.
fn on_all_back(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let cause = ReversalCause::MoneyCameBack;
    let intent = if out.is_returned { Intent::Restore(cause) } else { Intent::Wait(cause) };
    reverse(round, out, intent)
}

/// Orders a missing part again, a few times by itself.
fn order_again(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    if out.case.attempts < PAY_ATTEMPTS_AUTO_MAX {
        order_missing(round, out)
    } else {
        out.case.ask_person(round, TaskReason::PaymentFailed)
    }
}

/// The account is closed: the remittance is signed.
pub(super) fn on_closed(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    bank::forget(&mut out.case);
    out.case.task = None;
    out.enter(round, OutgoingState::Paid);
    out.case.wait(round, Wait::Credit)?;
    let debits = out.case.lines.iter().filter(|line| line.direction == Direction::Debit);
    let references = debits.clone().map(|line| line.reference.clone()).collect();
    let paid_on = debits.max_by_key(|line| line.booked_on);
    let paid_on = paid_on.map(|line| line.booked_on).map_or_else(|| today(round), Ok)?;
    let (revision, amount) = (out.revision, out.settled_amount());
    out.case.say(round, |head| step!(head, Remittance { revision, amount, paid_on, references }));
    if let Some(commitment) = out.settled.as_ref().and_then(|settled| settled.commitment) {
        out.case.publish(round, DigestStatus::TransferRemitted, commitment)?;
    }
    if let Some(negotiated) = out.credited {
        out.enter(round, OutgoingState::Completed(negotiated));
        return Ok(());
    }
    reconsider(round, out)
}

/// The other center has credited the person.
pub(super) fn on_credit(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    credit: &Credit,
) -> Result<(), Refusal> {
    let is_ours = out.settled.is_some()
        && credit.revision == out.revision
        && credit.amount == out.settled_amount();
    if !is_ours || out.state.is_final() {
        return Err(Refusal::WrongState);
    }
    out.credited = Some(credit.negotiated);
    if out.state == OutgoingState::Paid && out.case.core.is_none() {
        out.case.task = None;
        out.enter(round, OutgoingState::Completed(credit.negotiated));
    }
    // Otherwise our bank has not told us of the debit yet: its notice completes the transfer.
    Ok(())
}

/// The other center has sent the money back: once all of it is here, the account is restored.
pub(super) fn on_return(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    out.is_returned = true;
    if out.state == OutgoingState::Reversed && out.case.core.is_none() {
        return restore(round, out);
    }
    reconsider(round, out)
}
