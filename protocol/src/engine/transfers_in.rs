//! Incoming transfers: what this center does when it takes an account in (转入).
//!
//! **Promises.** A state is entered only over an edge of the machine, when the outcome of its core
//! order is in; the person is credited once, with exactly the amount of the latest sheet.
//! **Left to others.** The states: `transfer`. Which case an input belongs to: `transfers`. Writing
//! letters: `letters`.

use minicbor::{Decode, Encode};

use super::bank;
use super::operator::OperatorId;
use super::records;
use super::round::Round;
use super::takeovers;
use super::transfer_case::{Alarm, Case, SuccessorWords};
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
use crate::settlement::{BankOutcome, BankReply, Direction, SpecialAccount};
use crate::statement::transfer::TransferStep;
use crate::statement::transfer::reply::IdentityMatch;
use crate::statement::transfer::sheet::Sheet;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::task::TaskReason;

pub(super) mod letters;
pub(super) mod money;
pub(super) mod recalled;
pub(super) mod reissue;
mod replies;

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

    /// The sheet that money is held against.
    #[must_use]
    pub fn valid_sheet(&self) -> Option<&ReceivedSheet> {
        self.sheet.as_ref().filter(|sheet| !sheet.is_reversed)
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
                replies::on_acceptance(round, incoming, acceptance)
            }
            TransferStep::TransferRefusal(refusal) => replies::on_refusal(round, incoming, refusal),
            TransferStep::CancellationAnswer(answer) => {
                replies::on_cancellation_answer(round, incoming, answer)
            }
            TransferStep::Sheet(sheet) => money::on_sheet(round, incoming, (hash, sheet)),
            TransferStep::Remittance(_) => money::on_remittance(round, incoming),
            TransferStep::Difference(difference) => {
                money::on_difference(round, incoming, difference)
            }
            TransferStep::Reversal(reversal) => money::on_reversal(round, incoming, reversal),
            TransferStep::Restoration(_) => money::on_restoration(round, incoming),
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
    with(round, transfer, |round, incoming| match outcome {
        Ok(()) => {
            if let IncomingState::Credited(negotiated) = incoming.state
                && incoming.credit == Some(statement)
            {
                incoming.enter(round, IncomingState::Completed(negotiated));
            }
            Ok(())
        }
        Err(refusal) => on_refused(round, incoming, statement, refusal),
    })?;
    Ok(())
}

fn on_refused(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    statement: PayloadHash,
    refusal: Refusal,
) -> Result<(), StoreError> {
    let is_letter = statement.as_bytes() == incoming.case.id.as_bytes();
    match incoming.state {
        IncomingState::Requested if is_letter => {
            let rejection = Rejection::Delivery(refusal);
            incoming.enter(round, IncomingState::Rejected(rejection, false));
            incoming.enter(round, IncomingState::Rejected(rejection, true));
            Ok(())
        }
        // The withdrawal came first, or the letter was never taken in: either way it is over.
        IncomingState::Cancelling(_) if is_letter => {
            incoming.enter(round, IncomingState::Cancelled);
            Ok(())
        }
        state if state.is_final() || incoming.case.task.is_some() => Ok(()),
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_)
        | IncomingState::Cancelled
        | IncomingState::Returning
        | IncomingState::Returned
        | IncomingState::Restored => incoming.case.ask_person(round, TaskReason::StatementRefused),
    }
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
        incoming.case.core = None;
        match (order.action.step(), outcome) {
            (CoreStep::Credit, CoreOutcome::Done(receipt)) => {
                money::on_credited(round, incoming, &receipt)
            }
            (_, CoreOutcome::Refused(_)) => {
                incoming.case.ask_person(round, TaskReason::CoreRefused)
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
    with(round, transfer, |round, incoming| {
        let current = incoming.case.payment.as_ref();
        if current.is_none_or(|payment| payment.attempt != reply.order.attempt) {
            return Ok(());
        }
        match reply.outcome {
            BankOutcome::Executed(_) => {
                bank::stop_asking(&mut incoming.case);
                Ok(())
            }
            BankOutcome::Failed(_) => {
                bank::forget(&mut incoming.case);
                if incoming.state == IncomingState::Returning {
                    incoming.enter(round, IncomingState::Negotiating);
                }
                let ended = incoming.state.is_final();
                let unexplained = TaskReason::UnexplainedMoney;
                let reason = if ended { unexplained } else { TaskReason::AmountDiffers };
                incoming.case.ask_person(round, reason)
            }
            BankOutcome::Waiting | BankOutcome::Unknown | BankOutcome::NoSuchOrder => Ok(()),
        }
    })?;
    Ok(())
}

/// Takes in a movement of money under the letter.
pub(super) fn on_money(
    round: &mut Round<'_>,
    transfer: TransferId,
    line: MoneyLine,
) -> Result<(), StoreError> {
    with(round, transfer, |round, incoming| {
        let has_come = line.direction == Direction::Credit;
        incoming.case.lines.push(line);
        bank::match_debits(&mut incoming.case);
        if !incoming.state.is_final() {
            return money::reconsider(round, incoming);
        }
        if has_come {
            incoming.case.tell(round, IncidentRule::PaidBeyondSheet, 0)?;
        }
        if money::surplus(incoming) > Fen::ZERO {
            return incoming.case.ask_person(round, TaskReason::UnexplainedMoney);
        }
        incoming.case.task = None;
        Ok(())
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
                Alarm::ShortSum => money::on_short_sum(round, incoming)?,
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
    if incoming.case.task.is_none() && !incoming.state.is_final() {
        incoming.case.ask_person(round, TaskReason::Overdue)?;
    }
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
