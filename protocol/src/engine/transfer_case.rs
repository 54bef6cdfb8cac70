//! What both sides of a transfer keep: its thread of statements, its task, its alarms, its money.
//!
//! **Promises.** Statements of one center count in the order of their steps; one deadline a wait;
//! a movement of money stands here once.
//! **Left to others.** What follows from any of it: `transfers_out`, `transfers_in`.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::audit;
use super::incidents::{self, About, Seen};
use super::operator::{OperatorId, OperatorRole};
use super::output::Event;
use super::rosters;
use super::round::Round;
use super::timer::{self, Timer};
use super::transfer_command::Decision;
use super::transfer_steps::{PublishedStep, WaitingDigest};
use crate::authority::incident::IncidentRule;
use crate::calendar::WorkingCalendar;
use crate::cbor;
use crate::center::CenterCode;
use crate::core_system::CoreStep;
use crate::document::DocumentNumber;
use crate::id::{OrderId, PayloadHash, TransferId};
use crate::money::Fen;
use crate::settlement::Direction;
use crate::statement::transfer::letter::{Letter, Remark};
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::time::{Date, Timestamp};
use crate::transfer::deadline::{Wait, end_of, last_day, reminder_day};
use crate::transfer::reconciliation::{MoneyLine, net, sum};
use crate::transfer::standing::{Money, PaymentOnItsWay, Standing};
use crate::transfer::task::{Task, TaskReason};

mod thread;

pub use thread::Thread;

/// What both sides of a transfer keep.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Case {
    /// The transfer.
    #[n(1)]
    pub id: TransferId,
    /// The contact letter.
    #[n(2)]
    pub letter: Letter,
    /// The statements.
    #[n(3)]
    pub thread: Thread,
    /// What a person must do.
    #[n(4)]
    pub task: Option<Task>,
    /// When to look again, and for what.
    #[n(5)]
    pub alarms: BTreeMap<Alarm, Timestamp>,
    /// The movements of money under the letter, as the bank reported them.
    #[n(6)]
    pub lines: Vec<MoneyLine>,
    /// The order to the core that is on its way: a mark on the state.
    #[n(7)]
    pub core: Option<CoreMark>,
    /// How often each step was ordered from the core.
    #[n(8)]
    pub core_attempts: BTreeMap<CoreStep, u32>,
    /// How often the bank was given an order.
    #[n(9)]
    pub attempts: u32,
    /// The order to the bank whose end is not known.
    #[n(10)]
    pub payment: Option<Payment>,
    /// The last digest of this transfer in the own log.
    #[n(11)]
    pub published: Option<PublishedStep>,
    /// Digests that wait for the tag key.
    #[n(12)]
    pub unpublished: Vec<WaitingDigest>,
    /// States, in the order in which they were entered.
    #[n(13)]
    pub history: Vec<StateChange>,
    /// What was said with the refusal.
    #[n(14)]
    pub refusal: Option<RefusalWords>,
    /// What persons here have decided, in order.
    #[n(15)]
    pub decisions: Vec<TakenDecision>,
    /// When the last wait had used four fifths of its time (催办).
    #[n(16)]
    pub reminded: Option<Timestamp>,
    /// The other center is revoked, and this one looks after its side.
    #[n(17)]
    pub taken_over_by: Option<CenterCode>,
    /// How a person there has finished the revoked side.
    #[n(18)]
    pub successor_said: Option<SuccessorWords>,
}

/// How the center that took a case over has finished the revoked side.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SuccessorWords {
    /// When it was said.
    #[n(1)]
    pub at: Timestamp,
    /// How, in words.
    #[n(2)]
    pub remark: Remark,
    /// The statement that says it.
    #[n(3)]
    pub statement: PayloadHash,
}

/// What is said with a refusal, beside its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RefusalWords {
    /// More in words.
    #[n(1)]
    pub remark: Option<Remark>,
    /// With R14 for a number that was used: the letter that used it.
    #[n(2)]
    pub older: Option<TransferId>,
    /// With R15: the center that holds the account.
    #[n(3)]
    pub right_center: Option<CenterCode>,
}

/// What a person decided, and when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TakenDecision {
    /// The transfer.
    #[n(1)]
    pub transfer: TransferId,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// Who.
    #[n(3)]
    pub operator: OperatorId,
    /// What; with the hash of the scan that was looked at.
    #[n(4)]
    pub decision: Decision,
    /// The number that stood in the record before the decision corrected it.
    #[n(5)]
    pub corrected: Option<DocumentNumber>,
}

impl TakenDecision {
    /// What names it in the audit log.
    #[must_use]
    pub fn hash(&self) -> PayloadHash {
        PayloadHash::new(*blake3::hash(&cbor::encode(self)).as_bytes())
    }
}

/// What a transfer waits for by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Alarm {
    /// The other center, or a person, had until then.
    #[n(1)]
    Deadline,
    /// The bank is asked what became of an order.
    #[n(2)]
    AskBank,
    /// An order that was not executed is recalled.
    #[n(3)]
    Recall,
    /// A short sum is no longer waited for.
    #[n(4)]
    ShortSum,
    /// Digests that waited for the tag key are tried again.
    #[n(5)]
    Publish,
    /// A payment that waited for the node's recovery is ordered.
    #[n(6)]
    PayLater,
    /// Four fifths of the time for what is awaited are over (催办).
    #[n(7)]
    Reminder,
}

/// An order to the core that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CoreMark {
    /// The order.
    #[n(1)]
    pub order: OrderId,
    /// What it does.
    #[n(2)]
    pub step: CoreStep,
}

/// An order to the bank whose end is not known.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Payment {
    /// Which attempt.
    #[n(1)]
    pub attempt: u32,
    /// How much.
    #[n(2)]
    pub amount: Fen,
    /// The day on which it is executed, or not at all.
    #[n(3)]
    pub execute_on: Date,
    /// How often the bank was asked.
    #[n(4)]
    pub asked: u32,
    /// What the debits under the letter had come to when it was given.
    #[n(5)]
    pub debited_before: Fen,
}

impl core::fmt::Debug for Payment {
    /// Without the amount.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Payment({}, {})", self.attempt, self.execute_on)
    }
}

/// A state that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StateChange {
    /// When.
    #[n(1)]
    pub at: Timestamp,
    /// Its name.
    #[n(2)]
    pub state: String,
}

/// States that are kept a transfer; the oldest go first, the first one stays.
const HISTORY_MAX: usize = 64;
/// Decisions that are kept a transfer; the oldest go first. Each has its leaf in the audit log.
pub(super) const DECISIONS_MAX: usize = 64;

impl Case {
    /// A case that begins with its letter.
    #[must_use]
    pub fn new(id: TransferId, letter: Letter, ours: u32, theirs: u32) -> Self {
        let heard = PayloadHash::new(*id.as_bytes());
        Self {
            id,
            letter,
            thread: Thread { ours, theirs, heard, statements: vec![heard] },
            task: None,
            alarms: BTreeMap::new(),
            lines: Vec::new(),
            core: None,
            core_attempts: BTreeMap::new(),
            attempts: 0,
            payment: None,
            published: None,
            unpublished: Vec::new(),
            history: Vec::new(),
            refusal: None,
            decisions: Vec::new(),
            reminded: None,
            taken_over_by: None,
            successor_said: None,
        }
    }

    /// The other center.
    #[must_use]
    pub fn other(&self, own: CenterCode) -> CenterCode {
        if self.letter.from == own { self.letter.to } else { self.letter.from }
    }

    /// Notes a state and tells the watchers.
    pub(super) fn note_state(&mut self, round: &mut Round<'_>, state: &'static str) {
        if self.history.len() >= HISTORY_MAX {
            self.history.remove(1);
        }
        self.history.push(StateChange { at: round.now, state: state.to_owned() });
        round.event(Event::Transfer { transfer: self.id, state });
    }

    /// Has a person decide before the transfer goes on.
    pub(super) fn ask_person(
        &mut self,
        round: &Round<'_>,
        reason: TaskReason,
    ) -> Result<(), StoreError> {
        let due = deadline(round, Wait::Case)?;
        let enters = round.settings.policy.decisions_need_reviewer
            && reason.stops()
            && reason != TaskReason::ApproveLetter;
        let role = if enters { OperatorRole::Clerk } else { reason.role() };
        self.task = Some(Task { reason, role, due, first: None });
        Ok(())
    }

    /// Keeps what a person has decided, with a leaf in the audit log.
    pub(super) fn note_decision(
        &mut self,
        round: &mut Round<'_>,
        (operator, decision): (&OperatorId, &Decision),
        corrected: Option<DocumentNumber>,
    ) -> Result<(), StoreError> {
        let taken = TakenDecision {
            transfer: self.id,
            at: round.now,
            operator: operator.clone(),
            decision: decision.clone(),
            corrected,
        };
        audit::audit(round, taken.hash(), &cbor::encode(&taken))?;
        if self.decisions.len() >= DECISIONS_MAX {
            self.decisions.remove(0);
        }
        self.decisions.push(taken);
        Ok(())
    }

    /// Tells the authority of something in this transfer that only its two centers can see; the same
    /// rule and number once.
    pub(super) fn tell(
        &self,
        round: &mut Round<'_>,
        rule: IncidentRule,
        number: u64,
    ) -> Result<(), StoreError> {
        let seen = Seen::new(rule, About::Transfer(self.id), number);
        incidents::tell(round, seen.with(self.other(round.center())))
    }

    /// A number that is another one in every state: a deadline of each is a cause of its own.
    #[must_use]
    pub(super) fn states_entered(&self) -> u64 {
        u64::try_from(self.history.len()).unwrap_or(u64::MAX)
    }

    /// Sets the deadline of a wait, and the reminder before it.
    pub(super) fn wait(&mut self, round: &Round<'_>, wait: Wait) -> Result<(), StoreError> {
        let (policy, calendar) = (&round.settings.policy, calendar(round)?);
        let reminder = reminder_day(wait, today(round)?, policy, &calendar);
        self.reminded = None;
        self.alarms.insert(Alarm::Deadline, end_of(deadline(round, wait)?));
        self.alarms.insert(Alarm::Reminder, end_of(reminder));
        Ok(())
    }

    /// What was awaited has come.
    pub(super) fn stop_waiting(&mut self) {
        self.reminded = None;
        self.alarms.remove(&Alarm::Deadline);
        self.alarms.remove(&Alarm::Reminder);
    }

    /// What both sides decide by.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let moved = |direction| sum(&self.lines, direction).unwrap_or(Fen::ZERO);
        Standing {
            ordered: self.core.map(|mark| mark.step),
            money: Money { debited: moved(Direction::Debit), credited: moved(Direction::Credit) },
            payment: self.payment.as_ref().map(|payment| PaymentOnItsWay {
                attempt: payment.attempt,
                amount: payment.amount,
                debited_before: payment.debited_before,
            }),
            attempts: self.attempts,
            task: self.task.as_ref().map(|task| task.reason),
            is_taken_over: self.taken_over_by.is_some(),
        }
    }

    /// What has moved in a direction, less what moved the other way.
    #[must_use]
    pub fn net(&self, direction: Direction) -> Fen {
        net(&self.lines, direction).unwrap_or(Fen::ZERO)
    }

    /// Stages when the transfer is to be looked at again, and whether it is among the open ones.
    /// One that ended stays among them as long as a person must look.
    pub(super) fn stage_timer(
        &self,
        round: &mut Round<'_>,
        has_ended: bool,
    ) -> Result<(), StoreError> {
        let open = key(Area::TransferOpen, &[self.id.as_bytes()]);
        if has_ended && self.task.is_none() {
            round.view.delete(open);
        } else {
            round.view.put(open, Vec::new());
        }
        let timer = Timer::Transfer(self.id);
        match self.alarms.values().min() {
            Some(at) => timer::set(round.view, *at, timer),
            None => timer::clear(round.view, timer),
        }
    }

    /// The alarms that have gone off, taken out.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<Alarm> {
        let due: Vec<Alarm> =
            self.alarms.iter().filter(|(_, at)| **at <= now).map(|(alarm, _)| *alarm).collect();
        for alarm in &due {
            self.alarms.remove(alarm);
        }
        due
    }
}

/// The business date of the round.
pub(super) fn today(round: &Round<'_>) -> Result<Date, StoreError> {
    let damaged = || StoreError::Corrupt { place: "clock", detail: "a time without a date".into() };
    round.now.date().ok_or_else(damaged)
}

/// The working days of the network.
pub(super) fn calendar(round: &Round<'_>) -> Result<WorkingCalendar, StoreError> {
    rosters::calendar(round.view, &round.roster)
}

/// The last day for something that is awaited from now on.
pub(super) fn deadline(round: &Round<'_>, wait: Wait) -> Result<Date, StoreError> {
    Ok(last_day(wait, today(round)?, &round.settings.policy, &calendar(round)?))
}
