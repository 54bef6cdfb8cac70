//! What follows from a log with two faces (两套账): it is closed, and everybody is shown the proof.
//!
//! **Promises.** A log is closed only on a proof that verifies by keys of the roster; it stays
//! closed. Digests past the last size that a quorum cosigned are found no more.
//! **Left to others.** The form of the proof: `log::equivocation`. Opening the next log: the
//! roster. What a center with a closed log may not do: the handlers of letters and certificates.

use std::sync::Arc;

use super::log_event::LogEvent;
use super::output::Event;
use super::round::Round;
use super::synchronization::{self, About, SyncReply, SyncRequest};
use super::{alerts, following, log_store, tag_index};
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::Digest;
use crate::log::checkpoint::Checkpoint;
use crate::log::entry_bundle;
use crate::log::equivocation::Equivocation;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::refusal::Refusal;
use crate::roster::{LogEnd, MemberStatus, Roster};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// The proof that closed a log; `None` for a log that nobody convicted.
///
/// # Errors
/// When the store cannot be read.
pub fn proof(view: &dyn View, log: LogId) -> Result<Option<Equivocation>, StoreError> {
    let bytes = view.get(&key(Area::Equivocation, &[&log.to_key()]))?;
    bytes.map(|bytes| cbor::decode_stored("equivocations", &bytes)).transpose()
}

/// Whether a log was convicted.
///
/// # Errors
/// When the store cannot be read.
pub fn is_closed(view: &dyn View, log: LogId) -> Result<bool, StoreError> {
    Ok(view.get(&key(Area::Equivocation, &[&log.to_key()]))?.is_some())
}

/// Whether a center was convicted by a log of this number, public or audit.
///
/// # Errors
/// When the store cannot be read.
pub fn is_convicted(view: &dyn View, center: CenterCode, number: u32) -> Result<bool, StoreError> {
    Ok(is_closed(view, LogId::public(center, number))?
        || is_closed(view, LogId::audit(center, number))?)
}

/// Whether a center may start letters, certificates and leases: the roster has a log of it open,
/// and nobody convicted that log or its audit log.
///
/// # Errors
/// When the store cannot be read.
pub fn may_start(round: &Round<'_>, center: CenterCode) -> Result<bool, StoreError> {
    let open = round.roster.member(center).and_then(crate::roster::Member::open_log);
    let Some(number) = open else { return Ok(false) };
    Ok(!is_convicted(round.view, center, number)?)
}

/// Two signed checkpoints of one size with two roots.
pub(super) fn two_roots(
    round: &mut Round<'_>,
    log: LogId,
    first: SignedNote,
    second: SignedNote,
) -> Result<(), StoreError> {
    convict(round, log, Equivocation { smaller: first, larger: second, nodes: Vec::new() })
}

/// Closes a log on a proof, if it verifies and is news.
pub(super) fn convict(
    round: &mut Round<'_>,
    log: LogId,
    proof: Equivocation,
) -> Result<(), StoreError> {
    let keys = round.log_trust().log_keys_ever(log);
    if is_closed(round.view, log)? || proof.verify(&keys).is_err() {
        return Ok(());
    }
    round.view.put(key(Area::Equivocation, &[&log.to_key()]), cbor::encode(&proof));
    round.view.delete(misfit_key(log));
    let closed_at =
        log_store::latest_witnessed(round.view, log)?.map_or(TreeSize::ZERO, |(size, _)| size);
    forget_digests(round, log, closed_at)?;
    round.event(Event::Log(LogEvent::Equivocation { log, closed_at }));
    alerts::on_equivocation(round, log)?;
    let members: Vec<CenterCode> = round
        .roster
        .members
        .iter()
        .filter(|member| member.status != MemberStatus::Revoked && member.code != round.center())
        .map(|member| member.code)
        .collect();
    for member in members {
        show(round, member, &proof)?;
    }
    Ok(())
}

/// A roster has given a log its end: every follower counts the digests before it and no others,
/// whatever it had of the log when that was convicted.
pub(super) fn on_roster(round: &mut Round<'_>, before: &Roster) -> Result<(), StoreError> {
    let roster = Arc::clone(&round.roster);
    for member in &roster.members {
        let known = before.member(member.code).map_or(&[][..], |known| &known.logs);
        for listed in &member.logs {
            let was_open =
                known.iter().any(|log| log.number == listed.number && log.closed.is_none());
            if let Some(end) = listed.closed.filter(|_| was_open) {
                put_end(round, LogId::public(member.code, listed.number), end)?;
            }
        }
    }
    Ok(())
}

fn put_end(round: &mut Round<'_>, log: LogId, end: LogEnd) -> Result<(), StoreError> {
    let Ok(size) = TreeSize::new(end.size) else { return Ok(()) };
    let held = log_store::row(round.view, log)?.size;
    if log.center != round.center()
        && log_store::root_at(round.view, log, size)?.is_some_and(|root| root != end.root)
    {
        // The copy is of the other face.
        forget_digests(round, log, TreeSize::ZERO)?;
        log_store::forget(round.view, log);
        return following::forget(round, log);
    }
    forget_digests(round, log, size)?;
    if is_closed(round.view, log)? {
        let counted = log_store::latest_witnessed(round.view, log)?;
        let from = counted.map_or(TreeSize::ZERO, |(size, _)| size);
        remember_digests(round, log, (from, size.min(held)))?;
    }
    Ok(())
}

/// Puts the index rows back of leaves that count after all.
fn remember_digests(
    round: &mut Round<'_>,
    log: LogId,
    (from, to): (TreeSize, TreeSize),
) -> Result<(), StoreError> {
    for index in from.get()..to.get() {
        let leaf = LeafIndex::new(index);
        let entry = log_store::entry(round.view, log, leaf)?;
        let Some(Ok(digest)) = entry.map(|entry| cbor::decode::<Digest>(&entry)) else { continue };
        let replaced = following::replaced_by(round, log, &digest)?;
        tag_index::insert(round.view, log, leaf, &digest, replaced.as_ref());
    }
    Ok(())
}

/// Takes the index rows of leaves out that no quorum vouched for.
pub(super) fn forget_digests(
    round: &mut Round<'_>,
    log: LogId,
    from: TreeSize,
) -> Result<(), StoreError> {
    let held = log_store::row(round.view, log)?.size;
    if from >= held {
        return Ok(());
    }
    for bundle in (from.get() >> 8)..=(held.get().saturating_sub(1) >> 8) {
        let tiles = log_store::StoredTiles::new(round.view, log);
        let bytes = synchronization::tile_of(&tiles, TileId::entries(bundle), held)?;
        let entries = entry_bundle::parse(&bytes).unwrap_or_default();
        for (index, entry) in (bundle << 8..).zip(entries).skip_while(|(at, _)| *at < from.get()) {
            if let Ok(digest) = cbor::decode::<Digest>(entry) {
                tag_index::remove(round.view, log, LeafIndex::new(index), &digest);
                remember_replaced(round, (log, from), &digest)?;
            }
        }
    }
    Ok(())
}

/// Puts the index rows back of what a leaf replaced that does not count, where that does.
fn remember_replaced(
    round: &mut Round<'_>,
    (log, from): (LogId, TreeSize),
    digest: &Digest,
) -> Result<(), StoreError> {
    let Some(previous) = digest.previous.map(LeafIndex::new) else { return Ok(()) };
    let before = tag_index::log_before(log, digest);
    if before == log && !from.contains(previous) {
        return Ok(());
    }
    if let Some(replaced) = following::replaced_by(round, log, digest)? {
        tag_index::insert(round.view, before, previous, &replaced, None);
    }
    Ok(())
}

fn show(round: &mut Round<'_>, to: CenterCode, proof: &Equivocation) -> Result<(), StoreError> {
    let request = SyncRequest::Equivocation(Box::new(proof.clone()));
    synchronization::ask(round, to, About::Proof, &request).map(drop)
}

/// Shows a member that has just connected every proof: it may have been away.
pub(super) fn show_all(round: &mut Round<'_>, to: CenterCode) -> Result<(), StoreError> {
    let prefix = key(Area::Equivocation, &[]);
    for (_, value) in round.view.range(&prefix, &prefix_end(&prefix), PROOFS_MAX)? {
        show(round, to, &cbor::decode_stored("equivocations", &value)?)?;
    }
    Ok(())
}

/// Proofs shown to a member that connects.
const PROOFS_MAX: usize = 64;

/// Takes a proof that a member hands on.
pub(super) fn on_proof(
    round: &mut Round<'_>,
    from: CenterCode,
    proof: &Equivocation,
) -> Result<SyncReply, StoreError> {
    let named = Checkpoint::parse(proof.smaller.text()).ok();
    let log = named.and_then(|named| LogId::parse(&round.settings.network, &named.origin));
    let Some(log) = log else { return Ok(SyncReply::Refused(Refusal::Malformed)) };
    let keys = round.log_trust().log_keys_ever(log);
    if proof.verify(&keys).is_err() {
        round.event(Event::Refused { from, refusal: Refusal::Proof });
        return Ok(SyncReply::Refused(Refusal::Proof));
    }
    convict(round, log, proof.clone())?;
    Ok(SyncReply::Taken)
}

/// Keeps a signed checkpoint that does not fit what is held of its log.
pub(super) fn keep_misfit(
    round: &mut Round<'_>,
    log: LogId,
    note: &SignedNote,
) -> Result<(), StoreError> {
    let place = misfit_key(log);
    let bytes = note.encode();
    if round.view.get(&place)?.as_ref() != Some(&bytes) {
        round.view.put(place, bytes);
        round.event(Event::Log(LogEvent::Misfit { log }));
        alerts::on_misfit(round, log)?;
    }
    Ok(())
}

/// The signed checkpoint that does not fit what is held of a log, if there is one.
///
/// # Errors
/// When the store cannot be read.
pub fn misfit(view: &dyn View, log: LogId) -> Result<Option<SignedNote>, StoreError> {
    let bytes = view.get(&misfit_key(log))?;
    Ok(bytes.and_then(|bytes| SignedNote::parse(&bytes).ok()))
}

/// The checkpoint fits after all.
pub(super) fn clear_misfit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    round.view.delete(misfit_key(log));
    alerts::on_fit(round, log)
}

fn misfit_key(log: LogId) -> Vec<u8> {
    key(Area::Misfit, &[&log.to_key()])
}

#[cfg(test)]
mod tests;
