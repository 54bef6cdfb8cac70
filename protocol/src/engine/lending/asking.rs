//! A lease from the side of the center that pays: asked for, had, lost, ended.
//!
//! **Promises.** Only answers to the last request count, only while its witnesses are those of the
//! roster, and only within the lease by the own clock. Whenever there is no lease any more, the
//! witnesses are told in the same batch.
//! **Left to others.** Counting: `crate::lending::poll`. What a person decides: `desk`.

use super::witness::{self, loans::loans};
use super::{
    AskedWitness, Attempt, HoldReason, IntentState, StoredIntent, WitnessReply, enter, intent, put,
    revise,
};
use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::engine::operator::OperatorId;
use crate::engine::round::{Round, Route, Stop};
use crate::engine::tag_index;
use crate::engine::timer::{self, Timer};
use crate::id::{IntentId, PayloadHash, ReferenceTag};
use crate::lending::lease::payable_until;
use crate::lending::poll::{Standing, Vote, standing};
use crate::limits::{LEASE_RETRY_MS, LEASE_TRIES_MAX, LEASE_WAIT_MS};
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::statement::Payload;
use crate::statement::lending::{LeaseAnswer, LeaseEnd, LeaseOutcome, LeaseRequest};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// What in the own index stands in the way of a payout: a loan that runs, or an application that
/// another center took in earlier.
pub(super) fn obstacle(
    round: &Round<'_>,
    stored: &StoredIntent,
) -> Result<Option<HoldReason>, StoreError> {
    for tag in &stored.intent.household {
        if let Some(loan) = loans(round, *tag)?.first() {
            return Ok(Some(HoldReason::LoanRuns(loan.center)));
        }
    }
    Ok(earlier_elsewhere(round, stored)?.map(HoldReason::EarlierIntent))
}

/// The center of the earliest open intent of another center about the household, when it comes before
/// this one.
fn earlier_elsewhere(
    round: &Round<'_>,
    stored: &StoredIntent,
) -> Result<Option<CenterCode>, StoreError> {
    let mut first = stored.intent.order();
    for tag in &stored.intent.household {
        for live in tag_index::by_tag(round.view, *tag, DIGESTS_MAX)? {
            let Digest { status: DigestStatus::IntentOpen, taken_in: Some(at), .. } = live.digest
            else {
                continue;
            };
            // The reference of an intent's digest is its id.
            let id = live.digest.reference.map(|tag| IntentId::new(*tag.as_bytes()));
            let is_ruled = match id {
                Some(id) => witness::is_ruled(round.view, id)?,
                None => false,
            };
            if live.log.center != round.center() && !is_ruled {
                first = first.min((at, live.log.center));
            }
        }
    }
    let (_, center) = first;
    Ok(Some(center).filter(|center| *center != round.center()))
}

/// Digests of one person that are looked at: more than anybody has.
const DIGESTS_MAX: usize = 1_024;

/// Asks all witnesses for a lease.
pub(super) fn ask(
    round: &mut Round<'_>,
    stored: &mut StoredIntent,
    (operator, tries): (OperatorId, u32),
) -> Result<(), Stop> {
    let lending = round.roster.lending.ok_or(Refusal::LendingClosed)?;
    let last = stored.attempt.as_ref().map(|attempt| attempt.asked_at.plus_ms(1));
    // A later request has a later time, whatever the clock says.
    let asked_at = last.map_or(round.now, |last| last.max(round.now));
    let witnesses = round.roster.witnesses.clone();
    let mut asked = Vec::new();
    for witness in witnesses {
        let request = LeaseRequest {
            from: round.center(),
            to: witness,
            issued_at: asked_at,
            intent: stored.intent.clone(),
            witnesses_of: lending.changed_in,
        };
        asked.push(ask_one(round, stored.intent.id(), &request)?);
    }
    let witnesses_of = lending.changed_in;
    stored.attempt = Some(Attempt { asked_at, witnesses_of, operator, tries, asked });
    enter(round, stored, IntentState::Asking);
    timer::set(round.view, round.now.plus_ms(LEASE_WAIT_MS), Timer::Lease(stored.intent.id()))?;
    Ok(judge(round, stored)?)
}

fn ask_one(
    round: &mut Round<'_>,
    id: IntentId,
    request: &LeaseRequest,
) -> Result<AskedWitness, StoreError> {
    let witness = request.to;
    if witness == round.center() {
        // The own node answers at once; what it said is kept like any other answer.
        let hash = round.say(request, Route::Keep);
        let reply = match witness::answer(round, request, hash)? {
            Ok(answer) => {
                let said = round.say(&answer, Route::Keep);
                WitnessReply::Answered(Box::new(answer), Some(said))
            }
            Err(refusal) => WitnessReply::Refused(refusal),
        };
        return Ok(AskedWitness { witness, request: Some(hash), reply });
    }
    if !round.has_room_for(witness)? {
        let reply = WitnessReply::Refused(Refusal::Overloaded);
        return Ok(AskedWitness { witness, request: None, reply });
    }
    let hash = round.say(request, Route::Outbox(witness));
    round.view.put(statement_key(hash), id.as_bytes().to_vec());
    Ok(AskedWitness { witness, request: Some(hash), reply: WitnessReply::Awaited })
}

/// What the answers so far come to.
pub(super) fn poll(stored: &StoredIntent) -> Standing {
    let asked = stored.attempt.as_ref().map_or(&[][..], |attempt| &attempt.asked);
    let votes: Vec<Vote<'_>> = asked
        .iter()
        .map(|asked| match &asked.reply {
            WitnessReply::Awaited => Vote::Awaited,
            WitnessReply::Refused(_) => Vote::Refused,
            WitnessReply::Answered(answer, _) => Vote::Answered(answer),
        })
        .collect();
    standing(&stored.intent, &votes)
}

/// Draws what follows from the answers, and stores it.
fn judge(round: &mut Round<'_>, stored: &mut StoredIntent) -> Result<(), StoreError> {
    let id = stored.intent.id();
    let Some(attempt) = &stored.attempt else { return Ok(()) };
    let (until, tries) = (payable_until(attempt.asked_at), attempt.tries);
    match poll(stored) {
        Standing::Granted if round.now <= until => {
            enter(round, stored, IntentState::Leased);
            timer::set(round.view, until.plus_ms(1), Timer::Lease(id))?;
        }
        Standing::Granted => hold(round, stored, HoldReason::LeaseRanOut)?,
        Standing::Waiting => {}
        Standing::LoanRuns(center) => hold(round, stored, HoldReason::LoanRuns(center))?,
        Standing::Lost(center) => hold(round, stored, HoldReason::LeasedElsewhere(center))?,
        Standing::Later(center) => hold(round, stored, HoldReason::EarlierIntent(center))?,
        Standing::NoMajority => hold(round, stored, HoldReason::NoMajority)?,
        Standing::AskAgain if tries < LEASE_TRIES_MAX => {
            timer::set(round.view, round.now.plus_ms(LEASE_RETRY_MS), Timer::Lease(id))?;
        }
        Standing::AskAgain => hold(round, stored, HoldReason::NoMajority)?,
    }
    put(round.view, stored);
    Ok(())
}

/// A person must look: there is no lease any more, and the witnesses are told.
pub(super) fn hold(
    round: &mut Round<'_>,
    stored: &mut StoredIntent,
    reason: HoldReason,
) -> Result<(), StoreError> {
    timer::clear(round.view, Timer::Lease(stored.intent.id()))?;
    end(round, stored, (LeaseOutcome::Released, None))?;
    enter(round, stored, IntentState::Held(reason));
    put(round.view, stored);
    Ok(())
}

/// Tells the witnesses that were asked, and those of now, that the lease is over.
pub(super) fn end(
    round: &mut Round<'_>,
    stored: &StoredIntent,
    (outcome, loan): (LeaseOutcome, Option<ReferenceTag>),
) -> Result<(), StoreError> {
    let asked = stored.attempt.iter().flat_map(|attempt| &attempt.asked);
    let mut witnesses: Vec<CenterCode> = asked.map(|asked| asked.witness).collect();
    if outcome != LeaseOutcome::Released {
        witnesses.extend(&round.roster.witnesses);
    }
    witnesses.sort_unstable();
    witnesses.dedup();
    let asked_at = stored.attempt.as_ref().map_or(round.now, |attempt| attempt.asked_at);
    for witness in witnesses {
        let said = LeaseEnd {
            from: round.center(),
            to: witness,
            issued_at: round.now,
            intent: stored.intent.clone(),
            asked_at,
            outcome,
            loan,
        };
        if witness == round.center() {
            round.say(&said, Route::Keep);
            // An intent of this center is well formed.
            let _: Result<(), Refusal> = witness::on_end(round, &said)?;
        } else {
            round.say(&said, Route::Outbox(witness));
        }
    }
    Ok(())
}

/// Takes a witness's answer.
pub(super) fn on_answer(
    round: &mut Round<'_>,
    answer: &LeaseAnswer,
    hash: PayloadHash,
) -> Result<(), StoreError> {
    let Some(mut stored) = intent(round.view, answer.intent)? else { return Ok(()) };
    // A member that may act no more witnesses nothing, whatever it does not know yet.
    let witness = round.roster.member(answer.from);
    let reply = if witness.is_some_and(|witness| witness.status == MemberStatus::Active) {
        WitnessReply::Answered(Box::new(answer.clone()), Some(hash))
    } else {
        WitnessReply::Refused(Refusal::Suspended)
    };
    if !note(&mut stored, (answer.from(), answer.request), reply) {
        return Ok(());
    }
    put(round.view, &stored);
    match stored.state {
        IntentState::Asking => judge(round, &mut stored),
        // A loan that only the last witness knows of stops the payout all the same.
        IntentState::Leased => match poll(&stored) {
            Standing::LoanRuns(center) => hold(round, &mut stored, HoldReason::LoanRuns(center)),
            Standing::Granted
            | Standing::Waiting
            | Standing::Lost(_)
            | Standing::Later(_)
            | Standing::AskAgain
            | Standing::NoMajority => Ok(()),
        },
        IntentState::Open
        | IntentState::Held(_)
        | IntentState::Paid
        | IntentState::Withdrawn
        | IntentState::Expired => Ok(()),
    }
}

/// Notes what a witness made of the last request; false where it is about another one.
fn note(
    stored: &mut StoredIntent,
    (witness, request): (CenterCode, PayloadHash),
    reply: WitnessReply,
) -> bool {
    let asked = stored.attempt.iter_mut().flat_map(|attempt| &mut attempt.asked);
    let mut of_it = asked.filter(|asked| {
        asked.witness == witness
            && asked.request == Some(request)
            && asked.reply == WitnessReply::Awaited
    });
    match of_it.next() {
        Some(asked) => {
            asked.reply = reply;
            true
        }
        None => false,
    }
}

/// Takes in that a witness refused a request.
pub(in crate::engine) fn on_delivered(
    round: &mut Round<'_>,
    statement: PayloadHash,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    let Some(id) = intent_of(round.view, statement)? else { return Ok(()) };
    let Err(refusal) = outcome else { return Ok(()) };
    let Some(mut stored) = intent(round.view, id)? else { return Ok(()) };
    let asked = stored.attempt.iter().flat_map(|attempt| &attempt.asked);
    let witness = asked.filter(|asked| asked.request == Some(statement)).map(|asked| asked.witness);
    let Some(witness) = witness.into_iter().next() else { return Ok(()) };
    note(&mut stored, (witness, statement), WitnessReply::Refused(refusal));
    put(round.view, &stored);
    if stored.state == IntentState::Asking { judge(round, &mut stored) } else { Ok(()) }
}

fn intent_of(view: &dyn View, statement: PayloadHash) -> Result<Option<IntentId>, StoreError> {
    let bytes = view.get(&statement_key(statement))?;
    let damaged = || crate::engine::records::damaged("loan intents");
    let id = bytes.map(|bytes| bytes.try_into().map(IntentId::new).map_err(|_| damaged()));
    id.transpose()
}

fn statement_key(statement: PayloadHash) -> Vec<u8> {
    key(Area::IntentOfStatement, &[statement.as_bytes()])
}

/// The time to wait for answers, to ask again, or to pay, is over.
pub(in crate::engine) fn on_timer(round: &mut Round<'_>, id: IntentId) -> Result<(), StoreError> {
    let Some(mut stored) = intent(round.view, id)? else { return Ok(()) };
    match stored.state {
        IntentState::Asking => match poll(&stored) {
            Standing::AskAgain => ask_again(round, &mut stored),
            Standing::Granted
            | Standing::Waiting
            | Standing::LoanRuns(_)
            | Standing::Lost(_)
            | Standing::Later(_)
            | Standing::NoMajority => hold(round, &mut stored, HoldReason::NoMajority),
        },
        IntentState::Leased => hold(round, &mut stored, HoldReason::LeaseRanOut),
        IntentState::Open
        | IntentState::Held(_)
        | IntentState::Paid
        | IntentState::Withdrawn
        | IntentState::Expired => Ok(()),
    }
}

fn ask_again(round: &mut Round<'_>, stored: &mut StoredIntent) -> Result<(), StoreError> {
    if let Some(reason) = obstacle(round, stored)? {
        return hold(round, stored, reason);
    }
    let Some(attempt) = stored.attempt.clone() else { return Ok(()) };
    let again = (attempt.operator, attempt.tries.saturating_add(1));
    match ask(round, stored, again) {
        Ok(()) => Ok(()),
        Err(Stop::Refused(_) | Stop::Explained(_)) => hold(round, stored, HoldReason::NoMajority),
        Err(Stop::Store(error)) => Err(error),
    }
}

/// The application was not paid out in its time.
pub(in crate::engine) fn on_lapse(round: &mut Round<'_>, id: IntentId) -> Result<(), StoreError> {
    let Some(mut stored) = intent(round.view, id)? else { return Ok(()) };
    if !stored.state.is_live() {
        return Ok(());
    }
    timer::clear(round.view, Timer::Lease(id))?;
    if stored.attempt.is_some() {
        end(round, &stored, (LeaseOutcome::Expired, None))?;
    }
    let reference = stored.intent.reference();
    revise(round, &mut stored, (DigestStatus::IntentExpired, reference))?;
    enter(round, &mut stored, IntentState::Expired);
    put(round.view, &stored);
    Ok(())
}
