//! Incoming transfers: carrying out what `transfer::incoming::step` decides.
//!
//! **Promises.** Each act is carried out in its order; once all are, the case stands exactly where the
//! decision said that it would.
//! **Left to others.** Deciding: `transfer::incoming`. What is kept of sheet and money: `money`.

use super::super::bank;
use super::super::core_orders;
use super::super::output::Event as Notable;
use super::super::recovery::recalled;
use super::super::round::Round;
use super::super::transfer_case::{Alarm, calendar, today};
use super::{Incoming, ReceivedSheet, money, reissue};
use crate::authority::incident::IncidentRule;
use crate::core_system::CoreAction;
use crate::digest::DigestStatus;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankOrder, BankOrderId, Direction, SpecialAccount};
use crate::statement::Statement;
use crate::statement::transfer::letter::{Cancellation, Remark};
use crate::statement::transfer::notice::{Correction, Difference, DifferenceKind, Return};
use crate::statement::transfer::reply::RefusalConfirmation;
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::deadline::{banking_day, end_of};
use crate::transfer::incoming::course::{Act, Saying};
use crate::transfer::incoming::step::{Choice, Event};
use crate::transfer::reconciliation::sum;

/// What came along with an event, for the acts that need it.
#[derive(Default)]
pub(super) struct Given {
    /// Why the letter is withdrawn.
    pub(super) remark: Option<Remark>,
    /// To whom money is sent back.
    pub(super) payee: Option<SpecialAccount>,
    /// The day on which the core has booked the credit.
    pub(super) posted_on: Option<Date>,
}

/// Takes an event in, unless it has no place where the transfer stands.
pub(in super::super) fn happens(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    event: &Event,
) -> Result<Result<(), Refusal>, StoreError> {
    happens_noting(round, incoming, event, |_| {})
}

/// Takes in an event that has a place wherever the transfer stands.
pub(super) fn take(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    event: &Event,
) -> Result<(), StoreError> {
    happens(round, incoming, event).map(drop)
}

/// Takes in an event of which the case keeps more than is decided by.
pub(super) fn happens_noting(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    event: &Event,
    note: impl FnOnce(&mut Incoming),
) -> Result<Result<(), Refusal>, StoreError> {
    let given = Given::default();
    follow(round, incoming, (event, &given), note)
}

/// A person withdraws the letter, for a reason.
pub(super) fn withdraw(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    remark: Option<Remark>,
) -> Result<Result<(), Refusal>, StoreError> {
    let given = Given { remark, ..Given::default() };
    follow(round, incoming, (&Event::Withdrawn, &given), |_| {})
}

/// A person has money sent back, to this account.
pub(in super::super) fn send_back_to(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    payee: SpecialAccount,
) -> Result<Result<(), Refusal>, StoreError> {
    let event = Event::Decided(Choice::SendBack(payer(round).is_some()));
    let given = Given { payee: Some(payee), ..Given::default() };
    follow(round, incoming, (&event, &given), |_| {})
}

/// Has follow what is decided.
pub(super) fn follow(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    (event, given): (&Event, &Given),
    note: impl FnOnce(&mut Incoming),
) -> Result<Result<(), Refusal>, StoreError> {
    let mut course = incoming.course();
    let acts = match course.step(event) {
        Ok(acts) => acts,
        Err(refusal) => return Ok(Err(refusal)),
    };
    note(incoming);
    let is_all = !acts.contains(&Act::WriteAnew);
    for act in acts {
        carry_out(round, incoming, (act, given))?;
    }
    // Whether a letter can be written anew is another step.
    assert!(!is_all || incoming.course() == course, "a transfer stands where it was decided");
    Ok(Ok(()))
}

fn carry_out(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    (act, given): (Act, &Given),
) -> Result<(), StoreError> {
    match act {
        Act::Enter(state) => incoming.enter(round, state),
        Act::Wait(wait) => incoming.case.wait(round, wait)?,
        Act::Ask(reason) => incoming.case.ask_person(round, reason)?,
        Act::ForgetTask => incoming.case.task = None,
        Act::Say(saying) => say(round, incoming, (saying, given)),
        Act::OrderCredit => order_credit(round, incoming)?,
        Act::WaitForRest => {
            let first = incoming.case.lines.first().map(|line| line.booked_on);
            let day = first.map_or_else(|| today(round), Ok)?.max(today(round)?);
            incoming.case.alarms.entry(Alarm::ShortSum).or_insert_with(|| end_of(day));
        }
        Act::ForgetRest => {
            incoming.case.alarms.remove(&Alarm::ShortSum);
        }
        Act::NoteNegotiated => incoming.is_negotiated = true,
        Act::NoteRemitted => change_sheet(incoming, |received| received.is_remitted = true),
        Act::NoteReversed => change_sheet(incoming, |received| received.is_reversed = true),
        Act::WriteAnew => reissue::by_itself(round, incoming)?,
        Act::ForgetPayment => bank::forget(&mut incoming.case),
        Act::StopAsking => bank::stop_asking(&mut incoming.case),
        Act::SendBack(amount) => send_back(round, incoming, (amount, given))?,
        Act::PublishCredited => publish(round, incoming, DigestStatus::TransferCredited)?,
        Act::PublishReturned => publish(round, incoming, DigestStatus::TransferReturned)?,
        Act::TellReceivedDiffers => {
            let revision = money::revision(incoming);
            incoming.case.tell(round, IncidentRule::ReceivedDiffers, u64::from(revision))?;
        }
        Act::TellPaidBeyondSheet => {
            round.event(Notable::UnexplainedMoney { letter: incoming.case.letter.number });
            incoming.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        }
    }
    Ok(())
}

fn say(round: &mut Round<'_>, incoming: &mut Incoming, (saying, given): (Saying, &Given)) {
    let revision = money::revision(incoming);
    match saying {
        Saying::Cancellation => {
            let remark = given.remark.clone();
            incoming.case.say(round, |head| step!(head, Cancellation { remark }));
        }
        Saying::RefusalConfirmation => {
            incoming.case.say(round, |head| step!(head, RefusalConfirmation {}));
        }
        Saying::Correction => {
            let receiving = incoming.receiving.clone();
            incoming.case.say(round, |head| step!(head, Correction { receiving }));
        }
        Saying::Difference(arrived) => {
            let kind = DifferenceKind::Arrived(arrived);
            incoming.case.say(round, |head| step!(head, Difference { revision, kind }));
        }
        Saying::Credit => {
            if let Some(credited_on) = given.posted_on {
                money::say_credit(round, incoming, credited_on);
            }
        }
        Saying::Return => {
            let amount = sum(&incoming.case.lines, Direction::Debit).unwrap_or(Fen::ZERO);
            let remark: Option<Remark> = None;
            incoming.case.say(round, |head| step!(head, Return { revision, amount, remark }));
        }
    }
}

fn change_sheet(incoming: &mut Incoming, change: impl FnOnce(&mut ReceivedSheet)) {
    if let Some(received) = &mut incoming.sheet {
        change(received);
    }
}

/// Orders the credit; the state follows its outcome.
fn order_credit(round: &mut Round<'_>, incoming: &mut Incoming) -> Result<(), StoreError> {
    // It is not decided without a sheet.
    let Some(received) = &incoming.sheet else { return Ok(()) };
    let (principal, interest) = (received.sheet.principal, received.sheet.interest);
    // What was credited before this store forgot it is credited for the day of then.
    let before = recalled::next_of_ours(round, (incoming.case.id, incoming.case.thread.ours))?;
    let on = match before {
        Some(Statement::Credit(said)) => said.credited_on,
        _ => today(round)?,
    };
    let action = CoreAction::Credit(incoming.account.clone(), principal, interest, on);
    core_orders::stage(round, &mut incoming.case, action)
}

fn publish(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    status: DigestStatus,
) -> Result<(), StoreError> {
    let Some(commitment) = incoming.sheet.as_ref().map(ReceivedSheet::commitment) else {
        return Ok(());
    };
    incoming.case.publish(round, status, commitment)
}

/// The own special account.
fn payer(round: &Round<'_>) -> Option<SpecialAccount> {
    round.settings.receiving_account.as_ref().and_then(SpecialAccount::of)
}

/// Gives the bank an order to send money back.
fn send_back(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    (amount, given): (Fen, &Given),
) -> Result<(), StoreError> {
    let (Some(payer), Some(payee)) = (payer(round), given.payee.clone()) else { return Ok(()) };
    let execute_on = banking_day(today(round)?, &calendar(round)?);
    incoming.case.attempts = incoming.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: incoming.case.letter.number, attempt: incoming.case.attempts };
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut incoming.case, order)
}
