//! Incoming transfers: what this center does when it takes an account in (转入).
//!
//! **Promises.** A state is entered only over an edge of the machine, when the outcome of its core
//! order is in; the person is credited once, with exactly the amount of the latest sheet.
//! **Left to others.** Deciding: `transfer::incoming`. Which case an input belongs to: `transfers`.
//! Writing letters: `letters`.

use minicbor::{Decode, Encode};

use super::bank;
use super::operator::OperatorId;
use super::records;
use super::round::Round;
use super::takeovers;
use super::transfer_case::{Alarm, Case, RefusalWords, SuccessorWords};
use super::transfers_out::{remind, say_again};
use crate::account::AccountNumber;
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::center::CenterCode;
use crate::core_system::{CoreOrder, CoreOutcome, CoreStep};
use crate::id::{Commitment, PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankReply, SpecialAccount};
use crate::statement::transfer::TransferStep;
use crate::statement::transfer::notice::DifferenceKind;
use crate::statement::transfer::reply::{CancellationOutcome, IdentityMatch, TransferRefusal};
use crate::statement::transfer::sheet::Sheet;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::transfer::incoming::IncomingState;
use crate::transfer::incoming::course::{Course, SheetHere};
use crate::transfer::incoming::step::{Delivered, Event};
use crate::transfer::reason::RefusalReason;
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::task::TaskReason;

mod carrying;
pub(super) mod letters;
mod money;
pub(super) mod recalled;
pub(super) mod reissue;

pub(super) use carrying::{happens, send_back_to};
use carrying::{happens_noting, take};

/// An incoming transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Incoming {
    /// What both sides keep.
    #[n(1)]
    pub case: Case,
    /// Where it stands.
    #[n(2)]
    pub state: IncomingState,
    /// The account here that is credited.
    #[n(3)]
    pub account: AccountNumber,
    /// Who entered the letter.
    #[n(4)]
    pub operator: OperatorId,
    /// The latest sheet.
    #[n(5)]
    pub sheet: Option<ReceivedSheet>,
    /// Where the money is to go.
    #[n(6)]
    pub receiving: SpecialAccount,
    /// Whether sum and sheet differed at some time, and that was said.
    #[n(7)]
    pub is_negotiated: bool,
    /// The statement of the credit: once it is delivered, both sides are done.
    #[n(8)]
    pub credit: Option<PayloadHash>,
    /// How the transfer-out center found the person.
    #[n(9)]
    pub identity: Option<IdentityMatch>,
    /// The transfer that goes on instead, because the number of this letter was taken.
    #[n(10)]
    pub replaced_by: Option<LetterLink>,
    /// How often the letter was written anew before this one.
    #[n(11)]
    pub reissues: u32,
    /// Its number was given twice: it is being withdrawn, and then written anew.
    #[n(12)]
    pub is_reissued_once_cancelled: bool,
}

/// A letter in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LetterLink {
    /// The transfer.
    #[n(1)]
    pub transfer: TransferId,
    /// The number of its letter.
    #[n(2)]
    pub number: LetterNumber,
}

/// A sheet that came in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceivedSheet {
    /// The statement.
    #[n(1)]
    pub hash: PayloadHash,
    /// What it says.
    #[n(2)]
    pub sheet: Sheet,
    /// Whether it was undone: nothing is credited by it.
    #[n(3)]
    pub is_reversed: bool,
    /// The transfer-out center has paid it: where it says 0.00, nothing else tells so.
    #[n(4)]
    pub is_remitted: bool,
}

impl ReceivedSheet {
    /// What both sides' digests commit to.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let domain = crate::commitment::CommitmentDomain::Record;
        crate::commitment::commit(domain, &self.sheet.blinding, &cbor::encode(&self.sheet))
    }
}

impl Incoming {
    /// Enters a state, over an edge of the machine.
    pub(super) fn enter(&mut self, round: &mut Round<'_>, state: IncomingState) {
        assert!(
            self.state.may_become(state),
            "{} does not become {}",
            self.state.name(),
            state.name()
        );
        self.state = state;
        self.case.note_state(round, state.name());
        if self.case.task.as_ref().is_some_and(|task| !task.reason.stops()) {
            self.case.task = None;
        }
        self.case.stop_waiting();
        if state.is_final() {
            self.case.task = None;
            self.case.alarms.retain(|alarm, _| *alarm == Alarm::Publish);
            letters::end_in_flight(round.view, &self.case);
        }
    }

    /// Where it stands, as far as anything is decided by it.
    #[must_use]
    pub fn course(&self) -> Course {
        Course {
            state: self.state,
            case: self.case.standing(),
            sheet: self.sheet.as_ref().map(|received| SheetHere {
                revision: received.sheet.revision,
                amount: received.sheet.amount().unwrap_or(Fen::ZERO),
                is_reversed: received.is_reversed,
                is_remitted: received.is_remitted,
            }),
            is_negotiated: self.is_negotiated,
            has_said_credit: self.credit.is_some(),
        }
    }
}

/// An incoming transfer, if it is here.
///
/// # Errors
/// When the store cannot be read.
pub fn load(view: &dyn View, transfer: TransferId) -> Result<Option<Incoming>, StoreError> {
    let bytes = view.get(&key(Area::TransferIn, &[transfer.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("incoming transfers", &bytes)).transpose()
}

/// Stages an incoming transfer and the time to look at it again.
pub(super) fn save(round: &mut Round<'_>, incoming: &Incoming) -> Result<(), StoreError> {
    incoming.case.stage_timer(round, incoming.state.is_final())?;
    if incoming.case.taken_over_by.is_some() {
        let before = load(round.view, incoming.case.id)?.map(|before| before.state.name());
        if before != Some(incoming.state.name()) {
            takeovers::tell(round, &incoming.case, incoming.state.name())?;
        }
    }
    let place = key(Area::TransferIn, &[incoming.case.id.as_bytes()]);
    round.view.put(place, cbor::encode(incoming));
    Ok(())
}

/// Takes an incoming transfer that is here, changes it, and stages it.
fn with<T>(
    round: &mut Round<'_>,
    transfer: TransferId,
    change: impl FnOnce(&mut Round<'_>, &mut Incoming) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let Some(mut incoming) = load(round.view, transfer)? else { return Ok(None) };
    let done = change(round, &mut incoming)?;
    save(round, &incoming)?;
    Ok(Some(done))
}

/// Handles a statement of the transfer-out center whose turn it is.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    transfer: TransferId,
    statement: TransferStep<'_>,
    (step, hash): (u32, PayloadHash),
) -> Result<Result<(), Refusal>, StoreError> {
    let done = with(round, transfer, |round, incoming| {
        incoming.case.hear(step, hash);
        match statement {
            TransferStep::Acceptance(acceptance) => {
                let identity = acceptance.identity;
                let note = |incoming: &mut Incoming| incoming.identity = Some(identity);
                happens_noting(round, incoming, &Event::Acceptance, note)
            }
            TransferStep::TransferRefusal(refusal) => on_refusal(round, incoming, refusal),
            TransferStep::CancellationAnswer(answer) => {
                on_cancellation_answer(round, incoming, answer.outcome)
            }
            TransferStep::Sheet(sheet) => money::on_sheet(round, incoming, (hash, sheet)),
            TransferStep::Remittance(_) => happens(round, incoming, &Event::Remittance),
            TransferStep::Difference(difference) => match difference.kind {
                DifferenceKind::NotPaid(..) => happens(round, incoming, &Event::NotPaid),
                DifferenceKind::Arrived(_) => Ok(Err(Refusal::WrongState)),
            },
            TransferStep::Reversal(reversal) => {
                let event = Event::Reversal(reversal.revision, reversal.cause);
                happens(round, incoming, &event)
            }
            TransferStep::Restoration(_) => happens(round, incoming, &Event::Restoration),
            TransferStep::Cancellation(_)
            | TransferStep::RefusalConfirmation(_)
            | TransferStep::Correction(_)
            | TransferStep::Credit(_)
            | TransferStep::Return(_) => Ok(Err(Refusal::WrongState)),
        }
    })?;
    Ok(done.unwrap_or(Err(Refusal::NotFound)))
}

/// Takes in what became of a statement of ours.
pub(super) fn on_delivered(
    round: &mut Round<'_>,
    transfer: TransferId,
    statement: PayloadHash,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    with(round, transfer, |round, incoming| {
        let what = if statement.as_bytes() == incoming.case.id.as_bytes() {
            Delivered::Letter
        } else if incoming.credit == Some(statement) {
            Delivered::Credit
        } else {
            Delivered::Other
        };
        take(round, incoming, &Event::Delivered(what, outcome))
    })?;
    Ok(())
}

/// The withdrawal is granted, or too late. A letter whose number was given twice is then written anew.
fn on_cancellation_answer(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    outcome: CancellationOutcome,
) -> Result<Result<(), Refusal>, StoreError> {
    let was_cancelling = matches!(incoming.state, IncomingState::Cancelling(_));
    let done = happens(round, incoming, &Event::CancellationAnswer(outcome))?;
    let is_over = was_cancelling && incoming.state == IncomingState::Cancelled;
    if is_over && incoming.is_reissued_once_cancelled {
        reissue::by_itself(round, incoming)?;
    }
    Ok(done)
}

/// The letter is refused, with words that a person reads.
fn on_refusal(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    refusal: &TransferRefusal,
) -> Result<Result<(), Refusal>, StoreError> {
    let number_is_taken = refusal.reason == RefusalReason::Duplicate && refusal.older.is_some();
    let event = Event::Refused(refusal.reason, number_is_taken);
    happens_noting(round, incoming, &event, |incoming| {
        incoming.case.refusal = Some(RefusalWords {
            remark: refusal.remark.clone(),
            older: refusal.older,
            right_center: refusal.right_center,
        });
    })
}

/// Takes in what the core made of an order.
pub(super) fn on_core_outcome(
    round: &mut Round<'_>,
    order: &CoreOrder,
    outcome: CoreOutcome,
) -> Result<(), StoreError> {
    with(round, order.transfer, |round, incoming| {
        if incoming.case.core.is_none_or(|mark| mark.order != order.id) {
            return Ok(());
        }
        match (order.action.step(), outcome) {
            (CoreStep::Credit, CoreOutcome::Done(receipt)) => {
                money::on_credited(round, incoming, &receipt)
            }
            (_, CoreOutcome::Refused(_)) => {
                let note = |incoming: &mut Incoming| incoming.case.core = None;
                happens_noting(round, incoming, &Event::CoreRefused, note).map(drop)
            }
            (_, CoreOutcome::Done(_) | CoreOutcome::Unknown) => Ok(()),
        }
    })?;
    Ok(())
}

/// Keeps how the center that took the other side over has finished it.
pub(super) fn on_successor(
    round: &mut Round<'_>,
    transfer: TransferId,
    words: SuccessorWords,
) -> Result<(), StoreError> {
    with(round, transfer, |_, incoming| {
        incoming.case.successor_said = Some(words);
        Ok(())
    })?;
    Ok(())
}

/// The other center is revoked: but for money that comes as its sheet said, nothing goes on before a
/// person has decided.
pub(super) fn on_counterpart_revoked(
    round: &mut Round<'_>,
    case: &Case,
    successor: CenterCode,
) -> Result<(), StoreError> {
    with(round, case.id, |round, incoming| {
        if incoming.state.is_final() {
            return Ok(());
        }
        incoming.case.hand_to(round, successor, incoming.state.name())
    })?;
    Ok(())
}

/// Takes in what the bank says of an order to send money back.
pub(super) fn on_bank_outcome(
    round: &mut Round<'_>,
    transfer: TransferId,
    reply: &BankReply,
) -> Result<(), StoreError> {
    let event = Event::Bank(reply.order.attempt, reply.outcome.clone());
    with(round, transfer, |round, incoming| take(round, incoming, &event))?;
    Ok(())
}

/// Takes in a movement of money under the letter.
pub(super) fn on_money(
    round: &mut Round<'_>,
    transfer: TransferId,
    line: MoneyLine,
) -> Result<(), StoreError> {
    with(round, transfer, |round, incoming| {
        let event = Event::Moved(line.direction, line.amount);
        let note = |incoming: &mut Incoming| incoming.case.lines.push(line);
        happens_noting(round, incoming, &event, note).map(drop)
    })?;
    Ok(())
}

/// Calls a person, because money left under the letter that had not arrived.
pub(super) fn on_unexplained_money(
    round: &mut Round<'_>,
    transfer: TransferId,
) -> Result<(), StoreError> {
    with(round, transfer, |round, incoming| {
        incoming.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        if incoming.case.task.is_none() {
            incoming.case.ask_person(round, TaskReason::UnexplainedMoney)?;
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
    let Some(mut incoming) = load(round.view, transfer)? else { return Ok(()) };
    if incoming.case.publish_past_end(round)? {
        save(round, &incoming)?;
    }
    Ok(())
}

/// Looks at a transfer whose time has come.
pub(super) fn on_timer(round: &mut Round<'_>, transfer: TransferId) -> Result<(), StoreError> {
    with(round, transfer, |round, incoming| {
        for alarm in incoming.case.take_due(round.now) {
            match alarm {
                Alarm::Deadline => on_overdue(round, incoming)?,
                Alarm::AskBank => bank::ask(round, &mut incoming.case),
                Alarm::Recall => bank::recall(round, &mut incoming.case)?,
                Alarm::Publish => incoming.case.publish_waiting(round)?,
                Alarm::ShortSum => take(round, incoming, &Event::DayOver)?,
                Alarm::Reminder => remind(round, &mut incoming.case)?,
                Alarm::PayLater => {}
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Something did not come in time: a person is called, and the last statement is said again.
fn on_overdue(round: &mut Round<'_>, incoming: &mut Incoming) -> Result<(), StoreError> {
    take(round, incoming, &Event::Overdue)?;
    incoming.case.tell(round, IncidentRule::DeadlineMissed, incoming.case.states_entered())?;
    say_again(round, &incoming.case)
}

/// The account here that is credited, as it stands.
fn local_account(
    round: &Round<'_>,
    incoming: &Incoming,
) -> Result<Option<records::StoredAccount>, StoreError> {
    Ok(records::account(round.view, &incoming.account)?.map(|(account, _)| account))
}
