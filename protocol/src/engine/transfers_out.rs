//! Outgoing transfers: what this center does when another asks for an account (转出).
//!
//! **Promises.** A state is entered only over an edge of the machine, when the outcome of its core
//! order is in; an account leaves once, and is restored only when its money never left the bank or
//! is back there.
//! **Left to others.** The rules and states: `transfer`. Which case an input belongs to: `transfers`.

use minicbor::{Decode, Encode};

use super::bank;
use super::embedded_core;
use super::outbox;
use super::output;
use super::round::Round;
use super::takeovers;
use super::transfer_case::{Alarm, Case, SuccessorWords};
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::center::CenterCode;
use crate::core_system::{CoreAction, CoreOrder, CoreOutcome, CoreReceipt};
use crate::id::{Commitment, OrderId, PayloadHash, TransferId};
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankReply, SpecialAccount};
use crate::statement::transfer::TransferStep;
use crate::statement::transfer::reply::IdentityMatch;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Date;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::course::{Course, Intent, Settled};
use crate::transfer::outgoing::event::{Done, Event};
use crate::transfer::task::TaskReason;

mod carrying;
pub(super) mod letter;
pub(super) mod payment;
pub(super) mod recalled;
mod settlement;

pub(super) use carrying::happens;
use carrying::{take, take_noting};
pub(super) use letter::{on_early_cancellation, on_letter};
pub(super) use payment::on_money;

/// An outgoing transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Outgoing {
    /// What both sides keep.
    #[n(1)]
    pub case: Case,
    /// Where it stands.
    #[n(2)]
    pub state: OutgoingState,
    /// How the person was found, once that is decided.
    #[n(3)]
    pub identity: Option<IdentityMatch>,
    /// The settlement in force.
    #[n(4)]
    pub settled: Option<SettledSheet>,
    /// The last revision of the sheet.
    #[n(5)]
    pub revision: u32,
    /// Where the money goes.
    #[n(6)]
    pub receiving: SpecialAccount,
    /// A withdrawal that waits for the outcome of an order.
    #[n(7)]
    pub cancellation: Option<PayloadHash>,
    /// The other center has credited, before our bank has told us of the debit; and whether it had
    /// negotiated.
    #[n(8)]
    pub credited: Option<bool>,
    /// What is to follow the outcome of the order on its way.
    #[n(9)]
    pub intent: Option<Intent>,
    /// The other center has sent the money back for good: the account is restored.
    #[n(10)]
    pub is_returned: bool,
    /// The last sheet that was signed.
    #[n(11)]
    pub last_sheet: Option<PayloadHash>,
    /// What has arrived of that, as the other center said last, when it was not the whole.
    #[n(12)]
    pub arrived: Option<Fen>,
}

/// A settlement and its sheet.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SettledSheet {
    /// The order that settled it, by which it can be undone.
    #[n(1)]
    pub order: OrderId,
    /// 本金.
    #[n(2)]
    pub principal: Fen,
    /// 利息.
    #[n(3)]
    pub interest: Fen,
    /// The day to which interest was settled.
    #[n(4)]
    pub value_date: Date,
    /// The sheet, once it is signed, and its commitment.
    #[n(5)]
    pub sheet: Option<PayloadHash>,
    /// What both sides' digests commit to.
    #[n(6)]
    pub commitment: Option<Commitment>,
}

impl core::fmt::Debug for SettledSheet {
    /// Without amounts.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SettledSheet").field("value_date", &self.value_date).finish_non_exhaustive()
    }
}

impl SettledSheet {
    /// Principal and interest together.
    #[must_use]
    pub fn amount(&self) -> Fen {
        // Both came out of one checked sum.
        self.principal.checked_add(self.interest).unwrap_or(Fen::MAX)
    }
}

impl Outgoing {
    /// Where it stands, as far as anything is decided by it.
    #[must_use]
    pub fn course(&self) -> Course {
        Course {
            state: self.state,
            case: self.case.standing(),
            intent: self.intent,
            is_cancelled: self.cancellation.is_some(),
            credited: self.credited,
            is_returned: self.is_returned,
            settled: self.settled.as_ref().map(|settled| Settled {
                amount: settled.amount(),
                has_sheet: settled.sheet.is_some(),
            }),
            revision: self.revision,
            arrived: self.arrived,
        }
    }

    /// The amount of the settlement in force; nothing without one.
    #[must_use]
    pub fn settled_amount(&self) -> Fen {
        self.settled.as_ref().map_or(Fen::ZERO, SettledSheet::amount)
    }

    /// Enters a state, over an edge of the machine.
    pub(super) fn enter(&mut self, round: &mut Round<'_>, state: OutgoingState) {
        assert!(
            self.state.may_become(state),
            "{} does not become {}",
            self.state.name(),
            state.name()
        );
        self.state = state;
        self.case.note_state(round, state.name());
        // What only called a person because something was late is over.
        if self.case.task.as_ref().is_some_and(|task| !task.reason.stops()) {
            self.case.task = None;
        }
        self.case.stop_waiting();
        if state.is_final() {
            self.case.task = None;
            self.case.alarms.retain(|alarm, _| *alarm == Alarm::Publish);
        }
    }
}

/// An outgoing transfer, if it is here.
///
/// # Errors
/// When the store cannot be read.
pub fn load(view: &dyn View, transfer: TransferId) -> Result<Option<Outgoing>, StoreError> {
    let bytes = view.get(&key(Area::TransferOut, &[transfer.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("outgoing transfers", &bytes)).transpose()
}

/// Stages an outgoing transfer and the time to look at it again.
pub(super) fn save(round: &mut Round<'_>, outgoing: &Outgoing) -> Result<(), StoreError> {
    outgoing.case.stage_timer(round, outgoing.state.is_final())?;
    if outgoing.case.taken_over_by.is_some() {
        let before = load(round.view, outgoing.case.id)?.map(|before| before.state.name());
        if before != Some(outgoing.state.name()) {
            takeovers::tell(round, &outgoing.case, outgoing.state.name())?;
        }
    }
    let place = key(Area::TransferOut, &[outgoing.case.id.as_bytes()]);
    round.view.put(place, cbor::encode(outgoing));
    Ok(())
}

/// Takes an outgoing transfer that is here, changes it, and stages it.
fn with<T>(
    round: &mut Round<'_>,
    transfer: TransferId,
    change: impl FnOnce(&mut Round<'_>, &mut Outgoing) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let Some(mut outgoing) = load(round.view, transfer)? else { return Ok(None) };
    let done = change(round, &mut outgoing)?;
    save(round, &outgoing)?;
    Ok(Some(done))
}

/// Handles a statement of the transfer-in center whose turn it is.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    transfer: TransferId,
    statement: TransferStep<'_>,
    (step, hash): (u32, PayloadHash),
) -> Result<Result<(), Refusal>, StoreError> {
    let done = with(round, transfer, |round, out| {
        out.case.hear(step, hash);
        match statement {
            TransferStep::Cancellation(_) => happens(round, out, &Event::Cancellation),
            TransferStep::RefusalConfirmation(_) => {
                happens(round, out, &Event::RefusalConfirmation)
            }
            TransferStep::Correction(correction) => {
                payment::on_correction(round, out, correction).map(Ok)
            }
            TransferStep::Difference(difference) => {
                payment::on_difference(round, out, difference).map(Ok)
            }
            TransferStep::Credit(credit) => {
                let event = Event::Credit(credit.revision, credit.amount, credit.negotiated);
                happens(round, out, &event)
            }
            TransferStep::Return(_) => happens(round, out, &Event::Return),
            TransferStep::CancellationAnswer(_)
            | TransferStep::Acceptance(_)
            | TransferStep::TransferRefusal(_)
            | TransferStep::Sheet(_)
            | TransferStep::Remittance(_)
            | TransferStep::Reversal(_)
            | TransferStep::Restoration(_) => Ok(Err(Refusal::WrongState)),
        }
    })?;
    Ok(done.unwrap_or(Err(Refusal::NotFound)))
}

/// Takes in what became of a statement of ours.
pub(super) fn on_delivered(
    round: &mut Round<'_>,
    transfer: TransferId,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    if outcome.is_ok() {
        return Ok(());
    }
    with(round, transfer, |round, out| take(round, out, &Event::Undelivered))?;
    Ok(())
}

/// Takes in what the core made of an order.
pub(super) fn on_core_outcome(
    round: &mut Round<'_>,
    order: &CoreOrder,
    outcome: CoreOutcome,
) -> Result<(), StoreError> {
    with(round, order.transfer, |round, out| {
        if out.case.core.is_none_or(|mark| mark.order != order.id) {
            return Ok(());
        }
        let event = match outcome {
            CoreOutcome::Done(receipt) => return on_core_done(round, out, order, &receipt),
            CoreOutcome::Refused(refusal) => Event::CoreRefused(order.action.step(), refusal.cause),
            CoreOutcome::Unknown => return Ok(()),
        };
        take_noting(round, out, &event, |out| out.case.core = None)
    })?;
    Ok(())
}

fn on_core_done(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    order: &CoreOrder,
    receipt: &CoreReceipt,
) -> Result<(), StoreError> {
    let done = match &order.action {
        CoreAction::Settle(_, value_date, _) => {
            return settlement::on_settled(round, out, (order.id, *value_date), receipt);
        }
        CoreAction::Lock(_) => Done::Locked,
        CoreAction::Unlock(_) => Done::Unlocked,
        CoreAction::Close(..) => Done::Closed,
        CoreAction::Reverse(..) => Done::Reversed,
        CoreAction::Credit(..) => return Ok(()),
    };
    take_noting(round, out, &Event::Done(done), |out| out.case.core = None)
}

/// Keeps how the center that took the other side over has finished it.
pub(super) fn on_successor(
    round: &mut Round<'_>,
    transfer: TransferId,
    words: SuccessorWords,
) -> Result<(), StoreError> {
    with(round, transfer, |_, out| {
        out.case.successor_said = Some(words);
        Ok(())
    })?;
    Ok(())
}

/// The other center is revoked: nothing goes on before a person has decided.
pub(super) fn on_counterpart_revoked(
    round: &mut Round<'_>,
    case: &Case,
    successor: CenterCode,
) -> Result<(), StoreError> {
    with(round, case.id, |round, out| {
        if out.state.is_final() {
            return Ok(());
        }
        out.case.hand_to(round, successor, out.state.name())
    })?;
    Ok(())
}

/// Takes in what the bank says of an order.
pub(super) fn on_bank_outcome(
    round: &mut Round<'_>,
    transfer: TransferId,
    reply: &BankReply,
) -> Result<(), StoreError> {
    let event = Event::Bank(reply.order.attempt, reply.outcome.clone());
    with(round, transfer, |round, out| take(round, out, &event))?;
    Ok(())
}

/// Calls a person, because more has left under the letter than its sheet explains.
pub(super) fn on_unexplained_money(
    round: &mut Round<'_>,
    transfer: TransferId,
) -> Result<(), StoreError> {
    with(round, transfer, |round, out| {
        out.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        if out.case.task.is_none() {
            out.case.ask_person(round, TaskReason::UnexplainedMoney)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Publishes the last step again where its leaf lies past the end of its log.
pub(super) fn publish_past_end(
    round: &mut Round<'_>,
    transfer: TransferId,
) -> Result<(), StoreError> {
    let Some(mut out) = load(round.view, transfer)? else { return Ok(()) };
    if out.case.publish_past_end(round)? {
        save(round, &out)?;
    }
    Ok(())
}

/// Looks at a transfer whose time has come.
pub(super) fn on_timer(round: &mut Round<'_>, transfer: TransferId) -> Result<(), StoreError> {
    with(round, transfer, |round, out| {
        for alarm in out.case.take_due(round.now) {
            match alarm {
                Alarm::Deadline => on_overdue(round, out)?,
                Alarm::AskBank => bank::ask(round, &mut out.case),
                Alarm::Recall => bank::recall(round, &mut out.case)?,
                Alarm::Publish => out.case.publish_waiting(round)?,
                Alarm::PayLater => take(round, out, &Event::PayDue)?,
                Alarm::Reminder => remind(round, &mut out.case)?,
                Alarm::ShortSum => {}
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Most of the time for what is awaited is over: it is marked, and the last statement is said again.
pub(super) fn remind(round: &mut Round<'_>, case: &mut Case) -> Result<(), StoreError> {
    case.reminded = Some(round.now);
    round.event(output::Event::Reminder { transfer: case.id });
    say_again(round, case)
}

/// Something did not come in time: a person is called, and the last statement is said again.
fn on_overdue(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    take(round, out, &Event::Overdue)?;
    out.case.tell(round, IncidentRule::DeadlineMissed, out.case.states_entered())?;
    say_again(round, &out.case)
}

/// Says the last own statement again: a repeat is answered with what the other center has.
pub(super) fn say_again(round: &mut Round<'_>, case: &Case) -> Result<(), StoreError> {
    let mut said = case.thread.statements.iter().rev();
    let own = said.find(|hash| {
        let place = key(Area::TransferOf, &[hash.as_bytes()]);
        round.view.get(&place).is_ok_and(|found| found.is_some())
    });
    if let Some(hash) = own.copied()
        && let Some(bytes) = round.statement(hash)?
    {
        outbox::stage(round, case.other(round.center()), hash, &bytes)?;
    }
    Ok(())
}

/// What an account comes to on a day, by this engine's own computation.
fn recompute(
    round: &Round<'_>,
    out: &Outgoing,
    value_date: Date,
) -> Result<Option<crate::interest::Settlement>, StoreError> {
    embedded_core::settlement_by_record(round, &out.case.letter.account, value_date)
}
