//! After a start: ask the witnesses what they cosigned of the own logs, before signing more; and get
//! back what this store has lost.
//!
//! **Promises.** Until more than half of the other witnesses have answered, and as long as one of
//! them has a checkpoint of ours that this store lacks, the node signs no checkpoint, letter or
//! payment: a store that fell behind cannot make its log show two faces. What it said before it fell
//! behind is taken in as it was said, never said anew.
//! **Left to others.** The next log: the roster. What a statement means: the handlers of its kind.

use minicbor::{Decode, Encode};

use super::log_event::LogEvent;
use super::output::Event;
use super::round::Round;
use super::synchronization::{self, About, SyncReply, SyncRequest};
use super::timer::{self, Timer};
use super::{CoreDriver, bank, equivocation, lending, log_store, publication, single};
use crate::center::CenterCode;
use crate::limits::COSIGN_RETRY_MS;
use crate::log::note::SignedNote;
use crate::log::origin::{LogId, LogKind};
use crate::log_trust::VerifiedCheckpoint;
use crate::roster::MemberStatus;
use crate::store::{StoreError, View};
use crate::time::Timestamp;

pub mod lapse;
pub mod standing;

mod decision;
mod leaves;
mod lost;
pub(super) mod pulled;
pub(super) mod recalled;
mod replay;
mod statements;

pub use decision::{Overridden, OverrideOrder};
pub(super) use decision::{overridden, run};
pub use lapse::{Lapse, mark_restored};
pub(super) use lapse::{closing, may_have_forgotten, may_have_forgotten_letter};
pub(super) use leaves::on_entries;
pub(super) use statements::Pages;
pub(super) use statements::asks_again;
pub(super) use statements::on_reply as on_statements;

/// Where the node stands after a start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct RecoveryRow {
    /// Witnesses that have answered.
    #[n(1)]
    answered: Vec<CenterCode>,
    /// This store lacks something that it had.
    #[n(2)]
    behind: bool,
    /// The largest checkpoint of the own public log that was shown and is not held.
    #[n(3)]
    target: Option<SignedNote>,
    /// Members that were asked for its entries in vain.
    #[n(4)]
    attempts: u32,
    /// What is being done about it.
    #[n(5)]
    phase: Phase,
    /// A person has decided to go on without the rest.
    #[n(6)]
    is_let_go: bool,
}

/// What is being done about what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Phase {
    /// It is asked for.
    #[default]
    #[n(1)]
    Pulling,
    /// It is here, and is taken in.
    #[n(2)]
    Replaying,
    /// It is taken in, as far as nothing else is waited for.
    #[n(3)]
    Replayed,
}

impl RecoveryRow {
    /// The witnesses have not said yet whether anything was lost.
    const fn is_unsure(&self) -> bool {
        !self.behind && !self.is_let_go
    }

    /// What was lost is not taken in yet.
    fn lacks_something(&self) -> bool {
        self.behind && self.phase != Phase::Replayed
    }
}

const ROW: &[u8] = b"recovery";

fn row(view: &dyn View) -> Result<Option<RecoveryRow>, StoreError> {
    single::read::<Option<RecoveryRow>>(view, ROW).map(Option::flatten)
}

fn put(view: &mut dyn View, row: &RecoveryRow) {
    single::write(view, ROW, &Some(row));
}

/// Whether the node must not sign checkpoints, letters or payments.
///
/// # Errors
/// When the store cannot be read.
pub fn is_recovering(view: &dyn View) -> Result<bool, StoreError> {
    row(view).map(|row| row.is_some())
}

/// Whether it is not known yet what was lost, or that is still being asked for: nothing of before goes on
/// meanwhile.
pub(super) fn is_pulling(view: &dyn View) -> Result<bool, StoreError> {
    Ok(row(view)?.is_some_and(|row| row.is_unsure() || row.phase == Phase::Pulling && row.behind))
}

/// Whether what comes in must wait until what was lost is taken in.
pub(super) fn holds_inputs(view: &dyn View) -> Result<bool, StoreError> {
    Ok(row(view)?.is_some_and(|row| row.is_unsure() || row.lacks_something()))
}

/// Whether a person must wait with a decision: what it is about is not taken in yet.
pub(super) fn holds_decisions(view: &dyn View) -> Result<bool, StoreError> {
    Ok(row(view)?.is_some_and(|row| row.lacks_something()))
}

/// Whether digests wait, because it is not known yet which leaves stand.
pub(super) fn holds_digests(view: &dyn View) -> Result<bool, StoreError> {
    Ok(closing(view)?.is_some() || holds_inputs(view)?)
}

/// Whether something that was given back, or a movement of the bank, is still to be taken in though the
/// recovery itself is over.
pub(super) fn is_left(view: &dyn View) -> Result<bool, StoreError> {
    let is_over = row(view)?.is_none();
    Ok(is_over && (recalled::any(view)? || bank::held::any(view)?))
}

/// Begins with a start.
pub(super) fn start(round: &mut Round<'_>) -> Result<(), StoreError> {
    let before = row(round.view)?.unwrap_or_default();
    if needed(round).is_none() && !before.behind {
        single::write(round.view, ROW, &None::<RecoveryRow>);
        return Ok(());
    }
    let row = RecoveryRow { answered: Vec::new(), ..before };
    put(round.view, &row);
    if row.behind {
        lapse::audit_again(round)?;
        timer::set(round.view, round.now, Timer::Recall)?;
    }
    ask_all(round)
}

/// Answers that end it; `None` when the roster names no witness but this center.
fn needed(round: &Round<'_>) -> Option<usize> {
    round.log_trust().quorum(LogId::public(round.center(), 1))
}

/// The own logs that may be asked for: those that leaves go into, and those that are open.
fn own_logs(round: &Round<'_>) -> Result<Vec<LogId>, StoreError> {
    let center = round.center();
    let mut numbers = vec![publication::own_log(round, LogKind::Public)?.number];
    numbers.extend(round.roster.member(center).and_then(crate::roster::Member::open_log));
    numbers.sort_unstable();
    numbers.dedup();
    let listed = |number: &u32| {
        let own = round.roster.member(center);
        own.is_some_and(|own| own.log(*number).is_some())
    };
    let numbers = numbers.into_iter().filter(listed);
    Ok(numbers.flat_map(|n| [LogId::public(center, n), LogId::audit(center, n)]).collect())
}

/// Asks whoever has not answered; the timer's turn, too.
pub(super) fn ask_all(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(row) = row(round.view)? else {
        return Ok(());
    };
    let witnesses: Vec<CenterCode> = round
        .roster
        .witnesses
        .iter()
        .copied()
        .filter(|witness| *witness != round.center() && !row.answered.contains(witness))
        .collect();
    for witness in witnesses {
        ask(round, witness)?;
    }
    if row.behind {
        leaves::pull(round)?;
        statements::ask_all(round)?;
        pulled_all(round)?;
    }
    timer::set(round.view, round.now.plus_ms(COSIGN_RETRY_MS), Timer::Recover)
}

/// A witness that has just connected can be asked at once.
pub(super) fn on_connected(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    if let Some(row) = row(round.view)?
        && !row.answered.contains(&center)
        && round.roster.witnesses.contains(&center)
    {
        ask(round, center)?;
    }
    statements::ask_member(round, center)
}

fn ask(round: &mut Round<'_>, witness: CenterCode) -> Result<(), StoreError> {
    let logs = own_logs(round)?;
    if logs.is_empty() {
        return Ok(());
    }
    synchronization::ask(round, witness, About::Recovery, &SyncRequest::Latest(logs)).map(drop)
}

/// Takes a witness's answer.
pub(super) fn on_reply(
    round: &mut Round<'_>,
    from: CenterCode,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let SyncReply::Latest(notes) = reply else { return Ok(()) };
    let trust = round.log_trust();
    let mut is_understood = true;
    for note in notes {
        match VerifiedCheckpoint::verify_ever(&note, &trust) {
            Ok(shown) => on_own_checkpoint(round, from, &shown)?,
            Err(refusal) => {
                is_understood = false;
                round.event(Event::Refused { from, refusal });
            }
        }
    }
    let Some(mut row) = row(round.view)? else {
        return Ok(());
    };
    // What cannot be read may be signed by a key that this store has forgotten: the roster that
    // lists it comes by itself, and the witness is asked again until then.
    if is_understood && !row.answered.contains(&from) {
        row.answered.push(from);
    }
    put(round.view, &row);
    finish(round)
}

/// Somebody shows a checkpoint that our key signed: it must be one of ours.
pub(super) fn on_own_checkpoint(
    round: &mut Round<'_>,
    from: CenterCode,
    shown: &VerifiedCheckpoint,
) -> Result<(), StoreError> {
    let (log, size) = (shown.log(), shown.checkpoint().size);
    if log.center != round.center() || is_over(round, log)? {
        return Ok(());
    }
    if log_store::root_at(round.view, log, size)? == Some(shown.checkpoint().root) {
        return Ok(());
    }
    fell_behind(round, from, log)?;
    let signed = publication::signing(round.view, log)?;
    if log.kind == LogKind::Public && signed.is_none_or(|signed| signed.latest < size) {
        leaves::aim_at(round, shown)
    } else {
        // Two checkpoints of one size, or leaves that nobody else has: the log cannot go on.
        lapse::close(round, log.number)
    }
}

/// Whether a log of ours has ended, so that nothing of it is asked for any more.
fn is_over(round: &Round<'_>, log: LogId) -> Result<bool, StoreError> {
    let listed = round.roster.member(log.center).and_then(|own| own.log(log.number));
    Ok(listed.is_none_or(|listed| listed.closed.is_some())
        || equivocation::is_convicted(round.view, log.center, log.number)?)
}

/// This store lacks what a witness has of an own log, unless that has ended.
pub(super) fn fell_behind(
    round: &mut Round<'_>,
    from: CenterCode,
    log: LogId,
) -> Result<(), StoreError> {
    if is_over(round, log)? {
        return Ok(());
    }
    let mut row = row(round.view)?.unwrap_or_default();
    if !row.behind {
        row.behind = true;
        row.phase = Phase::Pulling;
        put(round.view, &row);
        statements::begin(round.view);
        lapse::note(round)?;
        lending::on_memory_lapse(round)?;
        round.event(Event::Log(LogEvent::Behind { witness: from }));
        timer::set(round.view, round.now, Timer::Recover)?;
    }
    // Whatever comes back: leaves of the audit log do not, and what only a few witnesses have seen of
    // either log may be forgotten for good.
    lapse::close(round, log.number)
}

/// A roster may have opened the next log, or list a key of what was given back.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    statements::ask_all(round)?;
    lapse::on_roster(round)?;
    leaves::on_roster(round)?;
    finish(round)
}

/// The members whose statements are asked for.
fn others(round: &Round<'_>) -> Vec<CenterCode> {
    let members = round.roster.members.iter();
    let heard = members.filter(|member| member.status != MemberStatus::Revoked);
    heard.map(|member| member.code).filter(|code| *code != round.center()).collect()
}

/// Goes on to the next phase once everything is here.
fn pulled_all(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(mut row) = row(round.view)? else { return Ok(()) };
    let is_here = row.target.is_none() && statements::missing(round)?.is_empty();
    if row.behind && row.phase == Phase::Pulling && is_here {
        row.phase = Phase::Replaying;
        put(round.view, &row);
        replay::begin(round)?;
        timer::set(round.view, round.now, Timer::Recall)?;
    }
    Ok(())
}

/// The timer's turn: takes in what members gave back, then supersedes what nobody accounts for.
pub(super) fn recall(round: &mut Round<'_>) -> Result<(), StoreError> {
    if is_pulling(round.view)? {
        return Ok(());
    }
    let row = row(round.view)?;
    let mut moved = replay::turn(round)?;
    // The bank's movements come one by one, each after all that was said before it.
    if moved != replay::Moved::Yes && bank::held::take(round)? {
        moved = replay::Moved::Yes;
    }
    // The embedded core is waited for; another one may take its time, and what follows waits for it.
    let is_embedded = round.settings.core_driver == CoreDriver::Embedded;
    let goes_on = match moved {
        replay::Moved::Yes => true,
        replay::Moved::Waits => is_embedded,
        replay::Moved::No => false,
    };
    if let Some(mut row) = row
        && row.phase == Phase::Replaying
        && !goes_on
    {
        row.phase = Phase::Replayed;
        put(round.view, &row);
        timer::set(round.view, round.now, Timer::Recall)?;
        return finish(round);
    }
    let is_left = lost::turn(round)? | recalled::any(round.view)? | bank::held::any(round.view)?;
    let wait_ms = match moved {
        replay::Moved::Yes => 0,
        replay::Moved::Waits if is_embedded => WAITS_MS,
        replay::Moved::Waits => LEFT_MS,
        replay::Moved::No if is_left => LEFT_MS,
        replay::Moved::No => return Ok(()),
    };
    timer::set(round.view, round.now.plus_ms(wait_ms), Timer::Recall)
}

/// Milliseconds until a transfer is looked at again that waits for its core.
const WAITS_MS: i64 = 5;
/// Milliseconds until statements are looked at again that wait for something else.
const LEFT_MS: i64 = 10_000;

/// Ends the recovery when nothing is waited for any more.
fn finish(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(row) = row(round.view)? else { return Ok(()) };
    let enough = needed(round).is_none_or(|needed| row.answered.len() >= needed);
    let is_whole = row.target.is_none() && row.phase == Phase::Replayed;
    let is_whole = is_whole && closing(round.view)?.is_none();
    let is_let_go = row.is_let_go && row.phase == Phase::Replayed;
    let is_over = is_let_go || (enough && (!row.behind || is_whole));
    if is_over { end(round, row.behind) } else { Ok(()) }
}

fn end(round: &mut Round<'_>, was_behind: bool) -> Result<(), StoreError> {
    single::write(round.view, ROW, &None::<RecoveryRow>);
    timer::clear(round.view, Timer::Recover)?;
    // What waited to be published comes first: then it is known which leaves nobody accounts for. A turn
    // that came while the witnesses had not answered did nothing: what it left has one now.
    let is_left = bank::held::any(round.view)? || recalled::any(round.view)?;
    if was_behind || is_left || !pulled::left(round.view, &[], 1)?.is_empty() {
        timer::set(round.view, round.now.plus_ms(LEFT_MS), Timer::Recall)?;
        timer::set(round.view, round.now, Timer::Records)?;
    }
    publication::schedule(round)
}

/// When this store was restored from a backup, if it ever was: what it promised in between, as a
/// witness or a lender, it may have forgotten.
///
/// # Errors
/// When the store cannot be read.
pub fn restored_at(view: &dyn View) -> Result<Option<Timestamp>, StoreError> {
    Ok(lapse::read(view)?.and_then(|lapse| lapse.backup_of.map(|_| lapse.at)))
}

#[cfg(test)]
mod tests;
