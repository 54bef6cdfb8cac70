//! After a start: ask the witnesses what they cosigned of the own logs, before signing more.
//!
//! **Promises.** Until more than half of the other witnesses have answered, and as long as one of
//! them has a checkpoint of ours that this store lacks, the node signs no checkpoint: a store that
//! fell behind cannot make its log show two faces.
//! **Left to others.** Getting back what is missing. Letters and payments ask
//! [`is_recovering`] too.

use minicbor::{Decode, Encode};

use super::log_event::LogEvent;
use super::output::Event;
use super::round::Round;
use super::synchronization::{self, About, SyncReply, SyncRequest};
use super::timer::{self, Timer};
use super::{log_store, publication, single};
use crate::center::CenterCode;
use crate::limits::COSIGN_RETRY_MS;
use crate::log::origin::{LogId, LogKind};
use crate::log_trust::VerifiedCheckpoint;
use crate::store::{StoreError, View};

/// Where the node stands after a start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct RecoveryRow {
    /// Witnesses that have answered.
    #[n(1)]
    answered: Vec<CenterCode>,
    /// A witness has a checkpoint of ours that this store lacks.
    #[n(2)]
    behind: bool,
}

const ROW: &[u8] = b"recovery";

/// Whether the node must not sign checkpoints, letters or payments.
///
/// # Errors
/// When the store cannot be read.
pub fn is_recovering(view: &dyn View) -> Result<bool, StoreError> {
    single::read::<Option<RecoveryRow>>(view, ROW).map(|row| row.flatten().is_some())
}

/// Begins with a start.
pub(super) fn start(round: &mut Round<'_>) -> Result<(), StoreError> {
    if needed(round).is_none() {
        single::write(round.view, ROW, &None::<RecoveryRow>);
        return Ok(());
    }
    let before: Option<RecoveryRow> = single::read(round.view, ROW)?.flatten();
    let behind = before.is_some_and(|row| row.behind);
    single::write(round.view, ROW, &Some(RecoveryRow { answered: Vec::new(), behind }));
    ask_all(round)
}

/// Answers that end it; `None` when the roster names no witness but this center.
fn needed(round: &Round<'_>) -> Option<usize> {
    round.log_trust().quorum(LogId::public(round.center(), 1))
}

fn own_logs(round: &Round<'_>) -> Result<Vec<LogId>, StoreError> {
    let kinds = [LogKind::Public, LogKind::Audit];
    kinds.into_iter().map(|kind| publication::own_log(round, kind)).collect()
}

/// Asks the witnesses that have not answered; the timer's turn, too.
pub(super) fn ask_all(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(row) = single::read::<Option<RecoveryRow>>(round.view, ROW)?.flatten() else {
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
    timer::set(round.view, round.now.plus_ms(COSIGN_RETRY_MS), Timer::Recover)
}

/// A witness that has just connected can be asked at once.
pub(super) fn on_connected(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    let row = single::read::<Option<RecoveryRow>>(round.view, ROW)?.flatten();
    let waits = row.is_some_and(|row| !row.answered.contains(&center));
    if waits && round.roster.witnesses.contains(&center) { ask(round, center) } else { Ok(()) }
}

fn ask(round: &mut Round<'_>, witness: CenterCode) -> Result<(), StoreError> {
    let request = SyncRequest::Latest(own_logs(round)?);
    synchronization::ask(round, witness, About::Recovery, &request).map(drop)
}

/// Takes a witness's answer.
pub(super) fn on_reply(
    round: &mut Round<'_>,
    from: CenterCode,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let SyncReply::Latest(notes) = reply else { return Ok(()) };
    let trust = round.log_trust();
    for note in notes {
        match VerifiedCheckpoint::verify(&note, &trust) {
            Ok(shown) => on_own_checkpoint(round, from, &shown)?,
            Err(refusal) => round.event(Event::Refused { from, refusal }),
        }
    }
    let Some(mut row) = single::read::<Option<RecoveryRow>>(round.view, ROW)?.flatten() else {
        return Ok(());
    };
    if !row.answered.contains(&from) {
        row.answered.push(from);
    }
    let enough = needed(round).is_none_or(|needed| row.answered.len() >= needed);
    if enough && !row.behind {
        single::write(round.view, ROW, &None::<RecoveryRow>);
        timer::clear(round.view, Timer::Recover)?;
        return publication::schedule(round);
    }
    single::write(round.view, ROW, &Some(row));
    Ok(())
}

/// Somebody shows a checkpoint that our key signed: it must be one of ours.
pub(super) fn on_own_checkpoint(
    round: &mut Round<'_>,
    from: CenterCode,
    shown: &VerifiedCheckpoint,
) -> Result<(), StoreError> {
    if shown.log().center != round.center() {
        return Ok(());
    }
    let root = log_store::root_at(round.view, shown.log(), shown.checkpoint().size)?;
    if root == Some(shown.checkpoint().root) { Ok(()) } else { fell_behind(round, from) }
}

/// This store lacks what a witness has of the own logs.
pub(super) fn fell_behind(round: &mut Round<'_>, from: CenterCode) -> Result<(), StoreError> {
    let row = single::read::<Option<RecoveryRow>>(round.view, ROW)?.flatten();
    let mut row = row.unwrap_or_default();
    if !row.behind {
        row.behind = true;
        round.event(Event::Log(LogEvent::Behind { witness: from }));
    }
    single::write(round.view, ROW, &Some(row));
    Ok(())
}
