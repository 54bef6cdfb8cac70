//! Outgoing transfers of a store that had forgotten: what this center said before is followed.
//!
//! **Promises.** Only what was said is done again; where the figures of today are not those of the
//! sheet that was signed, a person looks.
//! **Left to others.** Whose turn it is: `recovery::replay`.

use super::super::core_orders;
use super::super::modes;
use super::super::recovery::recalled;
use super::super::round::Round;
use super::super::transfer_case::RefusalWords;
use super::carrying::take;
use super::letter::records_of;
use super::{Outgoing, load, payment, with};
use crate::core_system::CoreAction;
use crate::engine::CoreDriver;
use crate::id::TransferId;
use crate::mode::{Mode, Service};
use crate::money::Fen;
use crate::settlement::Direction;
use crate::statement::Statement;
use crate::statement::transfer::TransferStep;
use crate::statement::transfer::notice::DifferenceKind;
use crate::statement::transfer::reply::TransferRefusal;
use crate::statement::transfer::sheet::{Reversal, Sheet};
use crate::store::StoreError;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::course::Intent;
use crate::transfer::outgoing::event::{Choice, Event, Judgement, SheetFacts};

/// Does what led to the statement that this center said next; `false` when the case comes to it by
/// itself, or not yet.
pub(in super::super) fn follow(
    round: &mut Round<'_>,
    transfer: TransferId,
    said: TransferStep<'_>,
) -> Result<bool, StoreError> {
    let Some(before) = load(round.view, transfer)? else { return Ok(false) };
    let done = with(round, transfer, |round, out| match (out.state, said) {
        (OutgoingState::Received | OutgoingState::Held, TransferStep::Acceptance(acceptance)) => {
            out.identity = Some(acceptance.identity);
            take(round, out, &Event::Judged(Judgement::Lock)).map(|()| true)
        }
        (OutgoingState::Received | OutgoingState::Held, TransferStep::TransferRefusal(refusal)) => {
            out.case.refusal = Some(words(refusal));
            let refused = Judgement::Refuse(refusal.reason);
            take(round, out, &Event::Judged(refused)).map(|()| true)
        }
        (OutgoingState::Accepted, TransferStep::TransferRefusal(refusal)) => {
            out.case.refusal = Some(words(refusal));
            let refused = Choice::Refuse(refusal.reason);
            take(round, out, &Event::Decided(refused)).map(|()| true)
        }
        (OutgoingState::Accepted | OutgoingState::Reversed, TransferStep::Sheet(sheet)) => {
            settle(round, out, sheet).map(|()| true)
        }
        (OutgoingState::Settled, TransferStep::Sheet(sheet)) if agrees(out, sheet) => {
            say_sheet(round, out).map(|()| true)
        }
        (OutgoingState::Settled, TransferStep::Remittance(_)) if out.settled_amount().is_zero() => {
            payment::remit_months_again(round, out).map(|()| true)
        }
        (OutgoingState::Settled | OutgoingState::PayFailed(_), TransferStep::Remittance(_))
            // The bank may have moved more than was ordered: a person looks at what is beyond it.
            if out.case.net(Direction::Debit) >= out.settled_amount() =>
        {
            payment::consider(round, out).map(|()| true)
        }
        (OutgoingState::Settled | OutgoingState::PayFailed(_), TransferStep::Difference(said)) => {
            match said.kind {
                DifferenceKind::NotPaid(attempt, failure) => {
                    payment::fail_again(round, out, (attempt, failure)).map(|()| true)
                }
                DifferenceKind::Arrived(_) => Ok(false),
            }
        }
        (OutgoingState::Reversed, TransferStep::Restoration(_)) => {
            take(round, out, &Event::Decided(Choice::Restore)).map(|()| true)
        }
        (
            OutgoingState::Settled | OutgoingState::PayFailed(_) | OutgoingState::Paid,
            TransferStep::Reversal(reversal),
        ) if out.case.net(Direction::Debit).is_zero() && out.case.payment.is_none() => {
            let intent = intent_of(round, out, reversal)?;
            take(round, out, &Event::Undo(intent)).map(|()| true)
        }
        _ => Ok(false),
    })?;
    let after = load(round.view, transfer)?;
    Ok(done.unwrap_or(false) && after.is_some_and(|after| after != before))
}

fn words(refusal: &TransferRefusal) -> RefusalWords {
    RefusalWords {
        remark: refusal.remark.clone(),
        older: refusal.older,
        right_center: refusal.right_center,
    }
}

/// Orders the settlement that the sheet tells of: it was promised, so the rules are not asked again.
fn settle(round: &mut Round<'_>, out: &mut Outgoing, sheet: &Sheet) -> Result<(), StoreError> {
    out.case.task = None;
    let policy_max = round.settings.policy.auto_amount_max;
    let by_itself = modes::mode(round.view, Service::Transfer)? == Mode::Auto
        && sheet.amount().is_some_and(|amount| amount <= policy_max);
    // An external core knows the order by its content, so the cap must be the one of that time.
    let is_external = round.settings.core_driver == CoreDriver::External;
    let cap = if is_external && by_itself { policy_max } else { Fen::MAX };
    let account = out.case.letter.account.clone();
    core_orders::stage(round, &mut out.case, CoreAction::Settle(account, sheet.value_date, cap))
}

/// Whether the settlement in force is the one that the sheet tells of.
fn agrees(out: &Outgoing, sheet: &Sheet) -> bool {
    out.revision == sheet.revision
        && out.settled.as_ref().is_some_and(|settled| {
            settled.principal == sheet.principal
                && settled.interest == sheet.interest
                && settled.value_date == sheet.value_date
        })
}

/// What is to follow a reversal, as the statement after it tells.
fn intent_of(round: &Round<'_>, out: &Outgoing, reversal: &Reversal) -> Result<Intent, StoreError> {
    let after = out.case.thread.ours.saturating_add(1);
    Ok(match recalled::next_of_ours(round, (out.case.id, after))? {
        Some(Statement::Restoration(_)) => Intent::Restore(reversal.cause),
        Some(Statement::Sheet(sheet)) => Intent::Renew(reversal.cause, sheet.value_date),
        _ => Intent::Wait(reversal.cause),
    })
}

/// Whether this center said something next, before its store forgot it.
pub(super) fn is_said(round: &Round<'_>, out: &Outgoing) -> Result<bool, StoreError> {
    let next = recalled::next_of_ours(round, (out.case.id, out.case.thread.ours))?;
    Ok(next.is_some())
}

/// What was said before about the settlement in force.
pub(super) enum Said {
    /// Nothing.
    Nothing,
    /// Its sheet, over the same figures.
    Same,
    /// A sheet over other figures.
    Differs,
    /// Something else.
    Other,
}

/// What this center said of a settlement before its store forgot it.
pub(super) fn said_of_sheet(round: &mut Round<'_>, out: &Outgoing) -> Result<Said, StoreError> {
    Ok(match recalled::next_of_ours(round, (out.case.id, out.case.thread.ours))? {
        None => Said::Nothing,
        Some(Statement::Sheet(sheet)) if agrees(out, &sheet) => Said::Same,
        Some(Statement::Sheet(_)) => Said::Differs,
        Some(_) => Said::Other,
    })
}

/// Says the sheet again that was signed before.
pub(super) fn say_sheet(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let has_record = records_of(round, out)?.is_some();
    take(round, out, &Event::Sheet(SheetFacts { has_record, agrees: true, is_decided: true }))
}
