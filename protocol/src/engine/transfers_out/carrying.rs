//! Outgoing transfers: carrying out what `transfer::outgoing::step` decides.
//!
//! **Promises.** Each act is carried out in its order; once all are, the case stands exactly where the
//! decision said that it would.
//! **Left to others.** Deciding: `transfer::outgoing`. The facts that an event brings: `letter`,
//! `settlement`, `payment`.

use super::super::CoreDriver;
use super::super::bank;
use super::super::core_orders;
use super::super::crowds;
use super::super::incidents::{self, About, Seen};
use super::super::output::Event as Notable;
use super::super::recovery;
use super::super::round::Round;
use super::super::transfer_case::{RefusalWords, today};
use super::{Outgoing, letter, payment, settlement};
use crate::authority::incident::IncidentRule;
use crate::core_system::{CoreAction, CoreStep};
use crate::digest::DigestStatus;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::settlement::Direction;
use crate::statement::transfer::letter::Remark;
use crate::statement::transfer::notice::{Difference, DifferenceKind, Remittance};
use crate::statement::transfer::reply::{
    Acceptance, CancellationAnswer, IdentityMatch, TransferRefusal,
};
use crate::statement::transfer::sheet::{Restoration, Reversal};
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::transfer::outgoing::act::{Act, Limit, Ordered, Saying};
use crate::transfer::outgoing::event::{Event, Rules};
use crate::transfer::reason::RefusalReason;

/// The words of a refusal that follows a withdrawal after acceptance.
const WITHDRAWN: &str = "转入地中心撤销申请 (withdrawn by the transfer-in center)";

/// Takes an event in, unless it has no place where the transfer stands.
pub(in super::super) fn happens(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    event: &Event,
) -> Result<Result<(), Refusal>, StoreError> {
    happens_noting(round, out, event, |_| {})
}

/// Takes in an event that has a place wherever the transfer stands.
pub(super) fn take(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    event: &Event,
) -> Result<(), StoreError> {
    happens(round, out, event).map(drop)
}

/// The same for an event of which the case keeps more than is decided by.
pub(super) fn take_noting(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    event: &Event,
    note: impl FnOnce(&mut Outgoing),
) -> Result<(), StoreError> {
    happens_noting(round, out, event, note).map(drop)
}

fn happens_noting(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    event: &Event,
    note: impl FnOnce(&mut Outgoing),
) -> Result<Result<(), Refusal>, StoreError> {
    let mut course = out.course();
    let cancellable_until_settled = round.settings.policy.cancellable_until_settled;
    let may_be_locked = round.settings.core_driver == CoreDriver::External
        && recovery::may_have_forgotten_letter(round.view, out.case.letter.issued_at)?;
    let rules = Rules { cancellable_until_settled, may_be_locked };
    let acts = match course.step(event, rules) {
        Ok(acts) => acts,
        Err(refusal) => return Ok(Err(refusal)),
    };
    note(out);
    let is_all = !acts.iter().any(|act| act.is_question());
    for act in acts {
        carry_out(round, out, act)?;
    }
    // After a question the next step has gone on, and has been held against its own decision.
    assert!(!is_all || out.course() == course, "an outgoing transfer stands where it was decided");
    Ok(Ok(()))
}

fn carry_out(round: &mut Round<'_>, out: &mut Outgoing, act: Act) -> Result<(), StoreError> {
    match act {
        Act::Enter(state) => out.enter(round, state),
        Act::Wait(wait) => out.case.wait(round, wait)?,
        Act::Ask(reason) => out.case.ask_person(round, reason)?,
        Act::ForgetTask => out.case.task = None,
        Act::Say(saying) => say(round, out, saying)?,
        Act::Order(ordered) => order(round, out, ordered)?,
        Act::Intend(intent) => out.intent = intent,
        Act::KeepCancellation(waits) => {
            // The withdrawal is the statement that was heard last.
            out.cancellation = waits.then_some(out.case.thread.heard);
        }
        Act::NoteArrived(arrived) => out.arrived = Some(arrived),
        Act::NoteCredit(negotiated) => out.credited = Some(negotiated),
        Act::NoteReturn => out.is_returned = true,
        Act::Undo => settlement::undo(round, out)?,
        Act::PublishRemitted => {
            let commitment = out.settled.as_ref().and_then(|settled| settled.commitment);
            if let Some(commitment) = commitment {
                out.case.publish(round, DigestStatus::TransferRemitted, commitment)?;
            }
        }
        Act::TellInterestDiffers => {
            // Each settlement is a cause of its own, also where no sheet came of the one before.
            let settlements = out.case.core_attempts.get(&CoreStep::Settle).copied();
            let (about, number) = (About::Transfer(out.case.id), settlements.unwrap_or(0));
            let seen = Seen::new(IncidentRule::InterestDiffers, about, u64::from(number));
            incidents::tell(round, seen)?;
        }
        Act::TellPaidBeyondSheet => {
            round.event(Notable::UnexplainedMoney { letter: out.case.letter.number });
            out.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        }
        Act::ForgetPayment => bank::forget(&mut out.case),
        Act::StopAsking => bank::stop_asking(&mut out.case),
        Act::Pay(amount) => payment::order(round, out, amount)?,
        Act::PayOnValueDate => payment::put_off_to_value_date(out),
        Act::PayOnceRecovered => payment::put_off_until_recovered(round, out),
        Act::ConsiderAccepted(was_held) => {
            let onward = letter::onward(round, out, was_held)?;
            take(round, out, &Event::Accepted(onward))?;
        }
        Act::ConsiderSettlement(day) => settlement::consider(round, out, day)?,
        Act::ConsiderSheet(is_decided) => settlement::consider_sheet(round, out, is_decided)?,
        Act::ConsiderPayment => payment::consider(round, out)?,
        Act::ConsiderCancellation => take(round, out, &Event::OutcomeTaken)?,
    }
    Ok(())
}

fn say(round: &mut Round<'_>, out: &mut Outgoing, saying: Saying) -> Result<(), StoreError> {
    match saying {
        Saying::Acceptance => {
            let identity = out.identity.unwrap_or(IdentityMatch::Exact);
            out.case.say(round, |head| step!(head, Acceptance { identity }));
            crowds::note_letter(round, &out.case.letter.account)?;
        }
        Saying::Refusal(reason) => say_refusal(round, out, reason),
        Saying::RefusalAfterWithdrawal => {
            let remark = PlainText::parse(WITHDRAWN).ok().map(Remark);
            out.case.refusal = Some(RefusalWords { remark, ..RefusalWords::default() });
            say_refusal(round, out, RefusalReason::Other);
        }
        Saying::CancellationAnswer(outcome) => {
            out.case.say(round, |head| step!(head, CancellationAnswer { outcome }));
        }
        Saying::Sheet => settlement::say_sheet(round, out)?,
        Saying::NotPaid(failure) => {
            let (revision, attempt) = (out.revision, out.case.attempts);
            let kind = DifferenceKind::NotPaid(attempt, failure);
            out.case.say(round, |head| step!(head, Difference { revision, kind }));
        }
        Saying::Remittance => say_remittance(round, out)?,
        Saying::Reversal(cause) => {
            let revision = out.revision;
            out.case.say(round, |head| step!(head, Reversal { revision, cause }));
        }
        Saying::Restoration => {
            out.case.say(round, |head| step!(head, Restoration {}));
        }
    }
    Ok(())
}

/// Refuses the letter with the words that stand in the case.
fn say_refusal(round: &mut Round<'_>, out: &mut Outgoing, reason: RefusalReason) {
    let RefusalWords { remark, older, right_center } =
        out.case.refusal.get_or_insert_default().clone();
    out.case
        .say(round, |head| step!(head, TransferRefusal { reason, remark, older, right_center }));
}

fn say_remittance(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let debits = out.case.lines.iter().filter(|line| line.direction == Direction::Debit);
    let references = debits.clone().map(|line| line.reference.clone()).collect();
    let paid_on = debits.max_by_key(|line| line.booked_on);
    let paid_on = paid_on.map(|line| line.booked_on).map_or_else(|| today(round), Ok)?;
    let (revision, amount) = (out.revision, out.settled_amount());
    out.case.say(round, |head| step!(head, Remittance { revision, amount, paid_on, references }));
    Ok(())
}

fn order(round: &mut Round<'_>, out: &mut Outgoing, ordered: Ordered) -> Result<(), StoreError> {
    let account = out.case.letter.account.clone();
    let action = match (ordered, &out.settled) {
        (Ordered::Lock, _) => CoreAction::Lock(account),
        (Ordered::Unlock, _) => CoreAction::Unlock(account),
        (Ordered::Settle(value_date, limit), _) => {
            let cap = match limit {
                Limit::Auto => round.settings.policy.auto_amount_max,
                Limit::None => Fen::MAX,
            };
            CoreAction::Settle(account, value_date, cap)
        }
        (Ordered::Close, Some(settled)) => {
            let on = out.case.lines.last().map_or(settled.value_date, |line| line.booked_on);
            CoreAction::Close(account, on)
        }
        (Ordered::Reverse, Some(settled)) => CoreAction::Reverse(account, settled.order),
        // Neither is decided without a settlement.
        (Ordered::Close | Ordered::Reverse, None) => return Ok(()),
    };
    core_orders::stage(round, &mut out.case, action)
}
