//! Pulling the entries of a followed log up to its target, and doubting what does not fit.
//!
//! **Promises.** Entries are staged only with a proof that the tree over them is the beginning of
//! the target's; a source that sends others costs a wait, and the next try asks another.
//! **Left to others.** Which checkpoint is the target: the parent module.

use super::{
    FollowRow, checkpoint_of, follow_row, is_followed, keep_if_witnessed, on_checkpoint,
    put_follow_row, replaced_by, settle_misfit,
};
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::Digest;
use crate::engine::lending::watch;
use crate::engine::log_event::LogEvent;
use crate::engine::log_store;
use crate::engine::output::Event;
use crate::engine::roster_leaves::{self, RosterLeaf};
use crate::engine::round::Round;
use crate::engine::synchronization::{self, About, EntriesWanted, SyncReply, SyncRequest};
use crate::engine::tag_index::IndexedDigest;
use crate::engine::timer::{self, Timer};
use crate::engine::{alerts, equivocation, tag_index};
use crate::id::{Bytes, TreeHash};
use crate::limits::{ENTRY_BYTES_MAX, SYNC_WAIT_MS};
use crate::log::append::Appended;
use crate::log::checkpoint::Checkpoint;
use crate::log::entry_bundle;
use crate::log::equivocation::{Equivocation, contradicts};
use crate::log::origin::LogId;
use crate::log::proof::verify_consistency;
use crate::log::tile::TileId;
use crate::log::tree::{LeafIndex, TreeSize, cover, root_over};
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::StoreError;

/// Milliseconds until the next try after one in vain; each later one waits twice as long.
const RETRY_MS_FIRST: i64 = 500;
/// Doublings of the wait, at most: 32 s.
const DOUBLINGS_MAX: u32 = 6;

/// Asks for what is missing up to the target, unless a request is on its way.
pub(super) fn pull(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let mut row = follow_row(round.view, log)?;
    let Some(target) = row.target.as_ref().map(checkpoint_of).transpose()? else {
        return Ok(());
    };
    if !is_followed(round, log, target.size)? {
        (row.target, row.next) = (None, None);
        put_follow_row(round.view, log, &row);
        return Ok(());
    }
    if let Some(token) = row.token {
        if synchronization::is_open(round, token)? {
            return Ok(());
        }
        synchronization::forget(round.view, token);
    }
    let source = source(round, log, row.attempts);
    let held = log_store::row(round.view, log)?.size;
    let (about, request) = match row.reached.as_ref().filter(|_| row.doubted) {
        Some(reached) => {
            let size = checkpoint_of(reached)?.size;
            (About::Nodes(log), SyncRequest::Nodes(log, size, target.size))
        }
        None => {
            let wanted = EntriesWanted { log, from: held, to: target.size };
            (About::Entries(wanted), SyncRequest::Entries(wanted))
        }
    };
    row.token = Some(synchronization::ask(round, source, about, &request)?);
    put_follow_row(round.view, log, &row);
    timer::set(round.view, round.now.plus_ms(SYNC_WAIT_MS), Timer::Follow(log))
}

/// Whom to ask: the log's center first, then the others in turn.
pub(super) fn source(round: &Round<'_>, log: LogId, attempts: u32) -> CenterCode {
    let others = round.roster.members.iter().filter(|member| {
        member.status == MemberStatus::Active
            && member.code != round.center()
            && member.code != log.center
    });
    let sources: Vec<CenterCode> =
        core::iter::once(log.center).chain(others.map(|member| member.code)).collect();
    let place = usize::try_from(attempts).unwrap_or(0).checked_rem(sources.len()).unwrap_or(0);
    sources.get(place).copied().unwrap_or(log.center)
}

/// The timer's turn: the request was lost, or the wait after one in vain is over.
pub(in crate::engine) fn retry(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let mut row = follow_row(round.view, log)?;
    if let Some(token) = row.token.take() {
        synchronization::forget(round.view, token);
        row.attempts = row.attempts.saturating_add(1);
    }
    put_follow_row(round.view, log, &row);
    pull(round, log)
}

/// The target cannot be reached: nobody has its entries, or they do not fit. Where a larger
/// checkpoint is known it is tried first: once it is reached, what is held judges the other.
fn unfit(round: &mut Round<'_>, log: LogId, mut row: FollowRow) -> Result<(), StoreError> {
    if let (Some(target), Some(next)) = (&row.target, &row.next)
        && checkpoint_of(target)?.size < checkpoint_of(next)?.size
    {
        core::mem::swap(&mut row.target, &mut row.next);
        row.doubted = false;
    }
    in_vain(round, log, row)
}

/// A try in vain: the next one asks somebody else, later.
fn in_vain(round: &mut Round<'_>, log: LogId, mut row: FollowRow) -> Result<(), StoreError> {
    let wait =
        RETRY_MS_FIRST.checked_shl(row.attempts.min(DOUBLINGS_MAX)).unwrap_or(RETRY_MS_FIRST);
    row.attempts = row.attempts.saturating_add(1);
    put_follow_row(round.view, log, &row);
    timer::set(round.view, round.now.plus_ms(wait), Timer::Follow(log))
}

/// Takes entries, if they lead to the target.
pub(in crate::engine) fn on_entries(
    round: &mut Round<'_>,
    from: CenterCode,
    wanted: EntriesWanted,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let log = wanted.log;
    let mut row = follow_row(round.view, log)?;
    row.token = None;
    let Some(target) = row.target.as_ref().map(checkpoint_of).transpose()? else {
        put_follow_row(round.view, log, &row);
        return Ok(());
    };
    if !is_followed(round, log, target.size)? {
        // A roster has closed the log while they were on their way.
        put_follow_row(round.view, log, &row);
        return pull(round, log);
    }
    let held = log_store::row(round.view, log)?;
    let SyncReply::Entries(bundles, proof) = reply else {
        let unreachable = reply == SyncReply::Refused(Refusal::Unreachable);
        return if unreachable { in_vain(round, log, row) } else { unfit(round, log, row) };
    };
    if held.size != wanted.from || target.size != wanted.to {
        put_follow_row(round.view, log, &row);
        return pull(round, log);
    }
    let entries = entries_of(&bundles, wanted);
    let appended = match &entries {
        Some(entries) => Some(log_store::appended(round.view, log, entries)?),
        None => None,
    };
    let leads = |appended: &Appended| {
        verify_consistency((appended.size, &appended.root), (target.size, &target.root), &proof)
    };
    let (Some(entries), Some(appended)) = (entries, appended.filter(leads)) else {
        round.event(Event::Refused { from, refusal: Refusal::Proof });
        doubt(round, log, &mut row, held.size)?;
        return unfit(round, log, row);
    };
    row.attempts = 0;
    take(round, log, (row, target.size), (appended, &entries))
}

/// Entries that do not lead to the target: somebody lies, the source or the log.
fn doubt(
    round: &mut Round<'_>,
    log: LogId,
    row: &mut FollowRow,
    held: TreeSize,
) -> Result<(), StoreError> {
    let Some(reached) = row.reached.as_ref().map(checkpoint_of).transpose()? else {
        return Ok(());
    };
    // Past the reached size a proof already tied what is held to the target.
    if reached.size == held
        && let Some(target) = &row.target
    {
        equivocation::keep_misfit(round, log, target)?;
        row.doubted = true;
    }
    Ok(())
}

/// The entries after the held ones, when each bundle is as wide as it must be.
pub(in crate::engine) fn entries_of(
    bundles: &[Bytes],
    wanted: EntriesWanted,
) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    let mut skip = usize::try_from(wanted.from.get() & 0xff).ok()?;
    for (index, bundle) in (wanted.from.get() >> 8..).zip(bundles) {
        let parsed = entry_bundle::parse(bundle).ok()?;
        let width = usize::from(TileId::entries(index).width_in(wanted.to));
        if parsed.len() != width || parsed.iter().any(|entry| entry.len() > ENTRY_BYTES_MAX) {
            return None;
        }
        entries.extend(parsed.into_iter().skip(skip).map(<[u8]>::to_vec));
        skip = 0;
    }
    if entries.is_empty() { None } else { Some(entries) }
}

/// Stages entries that were verified, and goes on.
fn take(
    round: &mut Round<'_>,
    log: LogId,
    (mut row, target): (FollowRow, TreeSize),
    (appended, entries): (Appended, &[Vec<u8>]),
) -> Result<(), StoreError> {
    let first = log_store::row(round.view, log)?.size;
    let size = appended.size;
    log_store::put_appended(round.view, log, appended);
    if round.roster.authority == log.center {
        for (index, entry) in (first.get()..).zip(entries) {
            let place = RosterLeaf { log, leaf: LeafIndex::new(index) };
            roster_leaves::index(round.view, place, entry);
        }
    } else {
        index_entries(round, log, first, entries)?;
    }
    if size < target {
        put_follow_row(round.view, log, &row);
        return pull(round, log);
    }
    let (reached, next) = (row.target.take(), row.next.take());
    row.reached.clone_from(&reached);
    row.doubted = false;
    put_follow_row(round.view, log, &row);
    timer::clear(round.view, Timer::Follow(log))?;
    round.event(Event::Log(LogEvent::Followed { log, size }));
    let trust = round.log_trust();
    if let Some(Ok(shown)) = reached.map(|note| VerifiedCheckpoint::verify_note(note, &trust)) {
        keep_if_witnessed(round, &shown)?;
    }
    settle_misfit(round, log, size)?;
    if let Some(Ok(shown)) = next.map(|note| VerifiedCheckpoint::verify_note(note, &trust)) {
        on_checkpoint(round, log.center, &shown)?;
    }
    Ok(())
}

fn index_entries(
    round: &mut Round<'_>,
    log: LogId,
    first: TreeSize,
    entries: &[Vec<u8>],
) -> Result<(), StoreError> {
    for (index, entry) in (first.get()..).zip(entries) {
        let leaf = LeafIndex::new(index);
        let Ok(digest) = cbor::decode::<Digest>(entry) else {
            round.event(Event::Log(LogEvent::InvalidLeaf { log, leaf }));
            alerts::on_invalid_leaf(round, log, leaf)?;
            continue;
        };
        let goes_back = digest.previous_log.map_or_else(
            || digest.previous.is_none_or(|previous| previous < index),
            |number| number < log.number,
        );
        let replaced = if goes_back { replaced_by(round, log, &digest)? } else { None };
        let revision = replaced.as_ref().map_or(0, |before| before.revision).checked_add(1);
        if revision != Some(digest.revision) || digest.previous.is_some() != replaced.is_some() {
            round.event(Event::Log(LogEvent::InvalidLeaf { log, leaf }));
            alerts::on_invalid_leaf(round, log, leaf)?;
        }
        tag_index::insert(round.view, log, leaf, &digest, replaced.as_ref());
        let found = IndexedDigest { log, leaf, digest };
        watch::on_digest(round, &found, replaced.as_ref())?;
        alerts::on_digest(round, &found, replaced.as_ref())?;
    }
    Ok(())
}

/// Takes the nodes that tell whether the target contradicts what was reached.
pub(in crate::engine) fn on_nodes(
    round: &mut Round<'_>,
    from: CenterCode,
    log: LogId,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let mut row = follow_row(round.view, log)?;
    row.token = None;
    let (SyncReply::Nodes(nodes), Some(reached), Some(target)) = (reply, &row.reached, &row.target)
    else {
        return in_vain(round, log, row);
    };
    let (small, large) = (checkpoint_of(reached)?, checkpoint_of(target)?);
    if contradicts(&small, &large, &nodes) {
        let proof = Equivocation { smaller: reached.clone(), larger: target.clone(), nodes };
        put_follow_row(round.view, log, &row);
        return equivocation::convict(round, log, proof);
    }
    if folds_to_both(&small, &large, &nodes) {
        // The log is honest: who sent the entries was not.
        row.doubted = false;
        equivocation::clear_misfit(round, log)?;
    } else {
        round.event(Event::Refused { from, refusal: Refusal::Proof });
    }
    unfit(round, log, row)
}

fn folds_to_both(small: &Checkpoint, large: &Checkpoint, nodes: &[TreeHash]) -> bool {
    let below = cover(TreeSize::ZERO, small.size);
    let whole: Vec<_> = below.iter().copied().chain(cover(small.size, large.size)).collect();
    whole.len() == nodes.len()
        && root_over(below.into_iter().zip(nodes.iter().copied())) == Some(small.root)
        && root_over(whole.into_iter().zip(nodes.iter().copied())) == Some(large.root)
}
