//! What follows from a log with two faces (两套账): it is closed, and everybody is shown the proof.
//!
//! **Promises.** A log is closed only on a proof that verifies by keys of the roster; it stays
//! closed. Digests past the last size that a quorum cosigned are found no more.
//! **Left to others.** The form of the proof: `log::equivocation`. Opening the next log: the
//! roster. What a center with a closed log may not do: the handlers of letters and certificates.

use super::log_event::LogEvent;
use super::output::Event;
use super::round::Round;
use super::synchronization::{self, About, SyncReply, SyncRequest};
use super::{alerts, log_store, tag_index};
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
use crate::roster::MemberStatus;
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

/// Whether a center may start letters, certificates and leases: the roster has a log of it open,
/// and nobody convicted that log or its audit log.
///
/// # Errors
/// When the store cannot be read.
pub fn may_start(round: &Round<'_>, center: CenterCode) -> Result<bool, StoreError> {
    let open = round.roster.member(center).and_then(crate::roster::Member::open_log);
    let Some(number) = open else { return Ok(false) };
    Ok(!is_closed(round.view, LogId::public(center, number))?
        && !is_closed(round.view, LogId::audit(center, number))?)
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

/// Takes the index rows of leaves out that no quorum vouched for.
fn forget_digests(round: &mut Round<'_>, log: LogId, from: TreeSize) -> Result<(), StoreError> {
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
            }
        }
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
