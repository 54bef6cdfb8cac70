//! What people do with loan intents: open, ask for the payout, pay, withdraw, look.
//!
//! **Promises.** A wish that is refused changes nothing. Only a reply that says `paid` allows the money
//! to leave: it comes after the payout and its digest are committed. Where the center's rule asks for
//! two persons, another than the one who asked for the payout pays.
//! **Left to others.** Leases: `asking`. What is watched: `watch`.

use super::asking::{self, end, hold, obstacle};
use super::seen::{SeenIntent, seen_elsewhere};
use super::watch::{self, WatchTask, Watcher};
use super::witness::{self, LeaseView, loans::loans};
use super::{
    HoldReason, IntentRecord, IntentState, StoredIntent, enter, intent, intents, put, revise,
    ruling,
};
use crate::account::SerialNumber;
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::digest::{Digest, DigestStatus};
use crate::engine::alerts::{self, AlertName};
use crate::engine::modes::require_role;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::publishing::{Published, current_epoch, open_log};
use crate::engine::records::damaged;
use crate::engine::round::{Round, Stop};
use crate::engine::tags::{self, TagReason};
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_case::today;
use crate::engine::{equivocation, recovery};
use crate::id::{ContentHash, IntentId};
use crate::lending::intent::Intent;
use crate::lending::lease::payable_until;
use crate::limits::{INTENTS_LISTED_MAX, SUBJECTS_MAX};
use crate::loan::LoanContract;
use crate::purpose::Purpose;
use crate::record::Person;
use crate::record_seal::{RecordSeed, record_commitment};
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::statement::lending::LeaseOutcome;
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::subject::Reference;
use crate::time::{DAY_MS, Timestamp};

/// A wish about loan intents and leases.
#[derive(Debug)]
pub enum LendingCommand {
    /// Takes an application in: opens an intent.
    Open {
        /// Who takes it in.
        operator: OperatorId,
        /// The loan business at this center.
        serial: SerialNumber,
        /// The applicant first, then the other members of the household.
        household: Vec<Person>,
    },
    /// Asks for a lease, so that the loan can be paid out.
    Payout {
        /// Who asks.
        operator: OperatorId,
        /// Which.
        intent: IntentName,
    },
    /// Commits the payout, within the lease.
    Pay {
        /// Who pays.
        operator: OperatorId,
        /// Which.
        intent: IntentName,
        /// The loan contract.
        contract: LoanContract,
    },
    /// Withdraws the application, or undoes a payout that did not happen.
    Withdraw {
        /// Who withdraws it.
        operator: OperatorId,
        /// Which.
        intent: IntentName,
        /// Why, in words; always where a payout is undone.
        remark: Option<Remark>,
    },
    /// Shows one.
    Show(IntentName),
    /// Lists intents, the newest first; at most `limits::INTENTS_LISTED_MAX`.
    List {
        /// Those that are over, too.
        all: bool,
    },
    /// Lists the leases that this node keeps as a witness.
    Leases,
    /// The authority ends the leases of a silent center.
    Rule(Box<ruling::RulingOrder>),
    /// Lists what watches have found, the newest first.
    Tasks,
    /// What a watch has found was looked at.
    TaskDone {
        /// Who has looked.
        operator: OperatorId,
        /// What watched.
        watcher: Watcher,
        /// Whose log it was.
        center: CenterCode,
    },
}

/// How a caller names an intent: by the serial of the business, or by the beginning of its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentName(String);

impl IntentName {
    /// Parses a name.
    ///
    /// # Errors
    /// `ARGUMENT` when it is neither a serial nor hexadecimal digits of an id.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_serial = SerialNumber::parse(text).is_ok();
        let is_id = AlertName::parse(text).is_ok();
        if is_serial || is_id { Ok(Self(text.trim().to_owned())) } else { Err(Refusal::Argument) }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum LendingReply {
    /// Intents of this center.
    Intents(Vec<IntentView>),
    /// The leases that this node keeps as a witness, and since when it grants none.
    Leases(Vec<LeaseView>, Option<Timestamp>),
    /// What watches have found.
    Tasks(Vec<WatchTask>),
    /// The ruling goes to so many members.
    Ruled(usize),
}

/// An intent as it is shown to an operator of the center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentView {
    /// It.
    pub stored: StoredIntent,
    /// How many witnesses must name it first.
    pub majority: usize,
    /// Until when it may be paid out, while there is a lease.
    pub payable_until: Option<Timestamp>,
    /// What the logs show of other applications of the household.
    pub seen: Vec<SeenIntent>,
    /// Centers at which a loan of the household runs.
    pub loans: Vec<CenterCode>,
    /// What its watch has found.
    pub tasks: Vec<WatchTask>,
}

/// Does what is wished.
pub(in crate::engine) fn run(
    round: &mut Round<'_>,
    command: LendingCommand,
) -> Result<LendingReply, Stop> {
    let one = |view: IntentView| LendingReply::Intents(vec![view]);
    match command {
        LendingCommand::Open { operator, serial, household } => {
            open(round, operator, (serial, household)).map(one)
        }
        LendingCommand::Payout { operator, intent } => payout(round, operator, &intent).map(one),
        LendingCommand::Pay { operator, intent, contract } => {
            pay(round, operator, (&intent, contract)).map(one)
        }
        LendingCommand::Withdraw { operator, intent, remark } => {
            withdraw(round, operator, (&intent, remark)).map(one)
        }
        LendingCommand::Show(name) => {
            let stored = find(round.view, &name)?;
            Ok(one(view(round, stored)?))
        }
        LendingCommand::List { all } => list(round, all).map(LendingReply::Intents),
        LendingCommand::Leases => {
            let withheld = witness::barrier::stands_since(round)?;
            Ok(LendingReply::Leases(witness::views(round)?, withheld))
        }
        LendingCommand::Rule(order) => ruling::rule(round, &order).map(LendingReply::Ruled),
        LendingCommand::Tasks => Ok(LendingReply::Tasks(watch::tasks(round.view)?)),
        LendingCommand::TaskDone { operator, watcher, center } => {
            require_role(round, &operator, OperatorRole::Clerk)?;
            watch::done(round, (&watcher, center))?;
            Ok(LendingReply::Tasks(watch::tasks(round.view)?))
        }
    }
}

/// The one intent that a caller names.
fn find(view: &dyn View, name: &IntentName) -> Result<StoredIntent, Stop> {
    let by_serial = key(Area::IntentOfSerial, &[name.0.as_bytes()]);
    let id = match view.get(&by_serial)? {
        Some(bytes) => {
            IntentId::new(bytes.try_into().map_err(|_| Stop::Store(damaged("loan intents")))?)
        }
        None => {
            let name = AlertName::parse(&name.0).map_err(|_| Refusal::NotFound)?;
            IntentId::new(*alerts::resolve(view, Area::Intent, &name)?.as_bytes())
        }
    };
    intent(view, id)?.ok_or_else(|| Refusal::NotFound.into())
}

fn open(
    round: &mut Round<'_>,
    operator: OperatorId,
    (serial, household): (SerialNumber, Vec<Person>),
) -> Result<IntentView, Stop> {
    require_role(round, &operator, OperatorRole::Clerk)?;
    if round.settings.role != Role::Center {
        return Err(Stop::explained(Refusal::NotGranted, "only a center takes applications in"));
    }
    if !(1..=SUBJECTS_MAX).contains(&household.len()) {
        return Err(Stop::explained(Refusal::Argument, "a household has 1 to 8 members"));
    }
    let place = key(Area::IntentOfSerial, &[serial.as_str().as_bytes()]);
    if round.view.get(&place)?.is_some() {
        let known = find(round.view, &IntentName(serial.as_str().to_owned()))?;
        if known.record.household == household {
            return view(round, known);
        }
        let why = "the serial stands for the application of another household";
        return Err(Stop::explained(Refusal::IdReused, why));
    }
    let reason = TagReason {
        purpose: Purpose::LoanApplication,
        operator: operator.clone(),
        serial: Some(serial.as_str().to_owned()),
    };
    let documents: Vec<_> = household.iter().map(|person| person.document.clone()).collect();
    let tags = tags::of_persons(round, &documents, &reason)?;
    let intent = Intent::new(round.center(), round.now, (current_epoch(round), tags));
    for tag in &intent.household {
        let prefix = key(Area::IntentOfTag, &[tag.as_bytes()]);
        let end = crate::store::prefix_end(&prefix);
        if !round.view.range(&prefix, &end, 1)?.is_empty() {
            return Err(Refusal::IntentOpen.into());
        }
    }
    let record = IntentRecord { center: round.center(), serial, household, taken_in: round.now };
    let published = publish(round, &intent, &record)?;
    let stored = StoredIntent {
        intent,
        record,
        operator,
        published,
        state: IntentState::Open,
        since: round.now,
        attempt: None,
        contract: None,
        remark: None,
        decided_by: None,
    };
    put(round.view, &stored);
    let id = stored.intent.id();
    watch::begin(round.view, &Watcher::Intent(id), &stored.intent.household);
    let days = i64::from(round.settings.policy.intent_days);
    timer::set(round.view, round.now.plus_ms(days.saturating_mul(DAY_MS)), Timer::IntentLapse(id))?;
    view(round, stored)
}

fn publish(
    round: &mut Round<'_>,
    intent: &Intent,
    record: &IntentRecord,
) -> Result<Published, StoreError> {
    let seed = RecordSeed::new(round.entropy.draw());
    let digest = Digest {
        status: DigestStatus::IntentOpen,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: Some(intent.issued_at),
        epoch: intent.epoch.0,
        subjects: intent.household.clone(),
        reference: Some(intent.reference()),
        commitment: record_commitment(&seed.record_blinding(), record),
        date: today(round)?,
        channel: None,
    };
    let log = open_log(round)?;
    let leaf = round.publish(&digest)?;
    let content = ContentHash::new(*blake3::hash(&cbor::encode(record)).as_bytes());
    Ok(Published { content, seed, log, leaf, entry: cbor::encode(&digest).into() })
}

/// Whether this center may start and pay at all.
fn may_lend(round: &Round<'_>) -> Result<(), Stop> {
    if recovery::is_recovering(round.view)? {
        return Err(Refusal::Recovering.into());
    }
    let own = round.roster.member(round.center());
    if own.is_none_or(|own| own.status != MemberStatus::Active) {
        return Err(Refusal::Suspended.into());
    }
    if !equivocation::may_start(round, round.center())? {
        let why = "a log of this center is closed; the authority must open the next one first";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    if round.roster.lending.is_none() {
        return Err(Refusal::LendingClosed.into());
    }
    Ok(())
}

fn payout(
    round: &mut Round<'_>,
    operator: OperatorId,
    name: &IntentName,
) -> Result<IntentView, Stop> {
    require_role(round, &operator, OperatorRole::Clerk)?;
    let mut stored = find(round.view, name)?;
    match stored.state {
        // It is under way: the same again changes nothing.
        IntentState::Asking | IntentState::Leased => return view(round, stored),
        IntentState::Open | IntentState::Held(_) => {}
        IntentState::Paid | IntentState::Withdrawn | IntentState::Expired => {
            return Err(Refusal::WrongState.into());
        }
    }
    may_lend(round)?;
    match obstacle(round, &stored)? {
        // There is no lease to end: none is asked for.
        Some(reason) => {
            enter(round, &mut stored, IntentState::Held(reason));
            put(round.view, &stored);
        }
        None => asking::ask(round, &mut stored, (operator, 0))?,
    }
    view(round, stored)
}

fn pay(
    round: &mut Round<'_>,
    operator: OperatorId,
    (name, contract): (&IntentName, LoanContract),
) -> Result<IntentView, Stop> {
    let needs_two = round.settings.policy.loan_needs_reviewer;
    let role = if needs_two { OperatorRole::Reviewer } else { OperatorRole::Clerk };
    require_role(round, &operator, role)?;
    let mut stored = find(round.view, name)?;
    if stored.state == IntentState::Paid && stored.contract.as_ref() == Some(&contract) {
        return view(round, stored);
    }
    let attempt = match (stored.state, &stored.attempt) {
        (IntentState::Leased, Some(attempt)) => attempt.clone(),
        (IntentState::Paid, _) => return Err(Refusal::WrongState.into()),
        _ => return Err(Refusal::LeaseEnded.into()),
    };
    if needs_two && attempt.operator == operator {
        let why = "another person than the one who asked for the payout must pay";
        return Err(Stop::explained(Refusal::Operator, why));
    }
    may_lend(round)?;
    if round.now > payable_until(attempt.asked_at) {
        return Err(Refusal::LeaseEnded.into());
    }
    if round.roster.lending.map(|lending| lending.changed_in) != Some(attempt.witnesses_of) {
        hold(round, &mut stored, HoldReason::WitnessesChanged)?;
        return view(round, stored);
    }
    for tag in stored.intent.household.clone() {
        if let Some(loan) = loans(round, tag)?.first() {
            hold(round, &mut stored, HoldReason::LoanRuns(loan.center))?;
            return view(round, stored);
        }
    }
    let of = Reference::Loan(stored.intent.center, contract.as_str());
    let reference = tags::reference(round, of)?;
    revise(round, &mut stored, (DigestStatus::IntentPaid, reference))?;
    end(round, &stored, (LeaseOutcome::Paid, Some(reference)))?;
    stored.contract = Some(contract);
    stored.decided_by = Some(operator);
    close(round, &mut stored, IntentState::Paid)?;
    view(round, stored)
}

fn withdraw(
    round: &mut Round<'_>,
    operator: OperatorId,
    (name, remark): (&IntentName, Option<Remark>),
) -> Result<IntentView, Stop> {
    let mut stored = find(round.view, name)?;
    match stored.state {
        IntentState::Withdrawn => return view(round, stored),
        IntentState::Expired => return Err(Refusal::WrongState.into()),
        IntentState::Paid => {
            require_role(round, &operator, OperatorRole::Reviewer)?;
            if stored.decided_by.as_ref() == Some(&operator) {
                let why = "another person than the one who paid must undo the payout";
                return Err(Stop::explained(Refusal::Operator, why));
            }
            if remark.is_none() {
                let why = "say in words why no money left, or how it came back";
                return Err(Stop::explained(Refusal::Argument, why));
            }
        }
        IntentState::Open | IntentState::Asking | IntentState::Leased | IntentState::Held(_) => {
            require_role(round, &operator, OperatorRole::Clerk)?
        }
    }
    if stored.attempt.is_some() {
        end(round, &stored, (LeaseOutcome::Withdrawn, None))?;
    }
    let reference = stored.intent.reference();
    revise(round, &mut stored, (DigestStatus::IntentWithdrawn, reference))?;
    stored.remark = remark;
    stored.decided_by = Some(operator);
    close(round, &mut stored, IntentState::Withdrawn)?;
    view(round, stored)
}

/// The application is over.
fn close(
    round: &mut Round<'_>,
    stored: &mut StoredIntent,
    state: IntentState,
) -> Result<(), StoreError> {
    let id = stored.intent.id();
    timer::clear(round.view, Timer::Lease(id))?;
    timer::clear(round.view, Timer::IntentLapse(id))?;
    enter(round, stored, state);
    put(round.view, stored);
    Ok(())
}

fn list(round: &Round<'_>, all: bool) -> Result<Vec<IntentView>, Stop> {
    let mut found = intents(round.view)?;
    found.retain(|stored| all || stored.state.is_live());
    found.sort_by_key(|stored| core::cmp::Reverse(stored.intent.issued_at));
    found.truncate(INTENTS_LISTED_MAX);
    found.into_iter().map(|stored| view(round, stored)).collect()
}

/// An intent with what is known around it.
fn view(round: &Round<'_>, stored: StoredIntent) -> Result<IntentView, Stop> {
    let mut seen = Vec::new();
    let mut lenders = Vec::new();
    for tag in &stored.intent.household {
        seen.extend(seen_elsewhere(round.view, *tag, round.center())?);
        if stored.state.is_live() {
            lenders.extend(loans(round, *tag)?.into_iter().map(|loan| loan.center));
        }
    }
    seen.sort_unstable();
    seen.dedup();
    lenders.sort_unstable();
    lenders.dedup();
    let asked = stored.attempt.as_ref();
    let until = asked.map(|attempt| payable_until(attempt.asked_at));
    let witnesses = asked.map_or(round.roster.witnesses.len(), |attempt| attempt.asked.len());
    Ok(IntentView {
        majority: crate::lending::poll::majority(witnesses),
        payable_until: until.filter(|_| stored.state == IntentState::Leased),
        seen,
        loans: lenders,
        tasks: watch::tasks_of(round.view, &Watcher::Intent(stored.intent.id()))?,
        stored,
    })
}
