//! Outgoing transfers: the facts for a payment, the order to the bank, what is said of the money.
//!
//! **Promises.** What is ordered is what was decided, for a day on which banks work.
//! **Left to others.** Deciding: `transfer::outgoing`. The bank itself: `bank`.

use super::super::bank;
use super::super::modes;
use super::super::recovery;
use super::super::round::Round;
use super::super::transfer_case::{Alarm, calendar, today};
use super::carrying::{take, take_noting};
use super::{Outgoing, recalled, with};
use crate::id::TransferId;
use crate::mode::{Mode, Service};
use crate::money::Fen;
use crate::settlement::{BankFailure, BankOrder, BankOrderId, SpecialAccount};
use crate::statement::transfer::notice::{Correction, Difference, DifferenceKind};
use crate::store::StoreError;
use crate::time::{Date, Timestamp};
use crate::transfer::deadline::{banking_day, may_pay_on};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::event::{Event, Onward, PaymentFacts};
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::task::TaskReason;

/// Milliseconds until a payment that waited for the node's recovery is tried again.
const PAY_LATER_MS: i64 = 10_000;

/// Asks the days for a payment. It is executed on the value date, or on the next day on which banks
/// work; past 30 June the sheet no longer holds.
pub(super) fn consider(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let Some(facts) = facts(round, out)? else { return Ok(()) };
    take(round, out, &Event::Payment(facts))
}

/// Months alone had been remitted before this store forgot it: neither the days nor the recovery are
/// asked, and no bank tells of them.
pub(super) fn remit_months_again(
    round: &mut Round<'_>,
    out: &mut Outgoing,
) -> Result<(), StoreError> {
    let Some(facts) = facts(round, out)? else { return Ok(()) };
    let remitted = PaymentFacts { may_pay: true, is_due: true, is_recovering: false, ..facts };
    take(round, out, &Event::Payment(remitted))
}

fn facts(round: &Round<'_>, out: &Outgoing) -> Result<Option<PaymentFacts>, StoreError> {
    let Some(value_date) = out.settled.as_ref().map(|settled| settled.value_date) else {
        return Ok(None);
    };
    let execute_on = execute_on(round, value_date)?;
    Ok(Some(PaymentFacts {
        execute_on,
        may_pay: may_pay_on(value_date, execute_on),
        is_due: value_date <= today(round)?,
        is_recovering: recovery::is_recovering(round.view)?
            || recovery::recalled::waits(round.view, out.case.id)?,
        has_account: payer(round).is_some(),
    }))
}

fn execute_on(round: &Round<'_>, value_date: Date) -> Result<Date, StoreError> {
    Ok(banking_day(today(round)?.max(value_date), &calendar(round)?))
}

/// The own special account.
fn payer(round: &Round<'_>) -> Option<SpecialAccount> {
    round.settings.receiving_account.as_ref().and_then(SpecialAccount::of)
}

/// Orders a payment under the sheet, as the next attempt.
pub(super) fn order(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    amount: Fen,
) -> Result<(), StoreError> {
    let (Some(payer), Some(settled)) = (payer(round), &out.settled) else { return Ok(()) };
    let execute_on = execute_on(round, settled.value_date)?;
    out.case.attempts = out.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: out.case.letter.number, attempt: out.case.attempts };
    let payee = out.receiving.clone();
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut out.case, order)
}

/// Months alone move on the value date.
pub(super) fn put_off_to_value_date(out: &mut Outgoing) {
    if let Some(settled) = &out.settled {
        let at = Timestamp::start_of(settled.value_date);
        out.case.alarms.insert(Alarm::PayLater, at);
    }
}

/// A node that may have forgotten what it promised looks again soon. What is put off already stays as it
/// is: a recovery goes on for as long as anything changes.
pub(super) fn put_off_until_recovered(round: &Round<'_>, out: &mut Outgoing) {
    let is_set = out.case.alarms.get(&Alarm::PayLater).is_some_and(|at| *at > round.now);
    if !is_set {
        out.case.alarms.insert(Alarm::PayLater, round.now.plus_ms(PAY_LATER_MS));
    }
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
    take(round, out, &Event::FailedBefore(failure))
}

/// The other center has named where the money is to go.
pub(super) fn on_correction(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    correction: &Correction,
) -> Result<(), StoreError> {
    out.receiving = correction.receiving.clone();
    let onward = if recalled::is_said(round, out)? {
        // It was settled before this store forgot it, for a day that the sheet names.
        Onward::AsSaid
    } else if modes::mode(round.view, Service::Transfer)? == Mode::Auto {
        Onward::ByItself
    } else {
        Onward::ByPerson
    };
    take(round, out, &Event::Correction(onward))
}

/// The other center says what has arrived.
pub(super) fn on_difference(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    difference: &Difference,
) -> Result<(), StoreError> {
    let DifferenceKind::Arrived(arrived) = difference.kind else { return Ok(()) };
    take(round, out, &Event::Difference(difference.revision, arrived))
}

/// Takes in a movement of money under the letter.
pub(in super::super) fn on_money(
    round: &mut Round<'_>,
    transfer: TransferId,
    line: MoneyLine,
) -> Result<(), StoreError> {
    with(round, transfer, |round, out| {
        let event = Event::Moved(line.direction, line.amount);
        take_noting(round, out, &event, |out| out.case.lines.push(line))
    })?;
    Ok(())
}

/// Orders money that came in after the end of the case to be sent back to whom a person names.
pub(in super::super) fn send_back(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    payee: SpecialAccount,
) -> Result<(), StoreError> {
    let amount = out.course().surplus();
    let Some(payer) = payer(round) else {
        return out.case.ask_person(round, TaskReason::UnexplainedMoney);
    };
    out.case.task = None;
    let execute_on = banking_day(today(round)?, &calendar(round)?);
    out.case.attempts = out.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: out.case.letter.number, attempt: out.case.attempts };
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut out.case, order)
}
