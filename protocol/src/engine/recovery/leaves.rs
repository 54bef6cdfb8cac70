//! The own public leaves that this store has lost, back from whoever follows the log.
//!
//! **Promises.** Leaves are taken in only with a proof that the log over them is the beginning of one
//! that our own key signed.
//! **Left to others.** What they are about: `pulled`, and the publishing of records.

use super::super::following::{self, checkpoint_of};
use super::super::output::Event;
use super::super::roster_leaves::{self, RosterLeaf};
use super::super::round::Round;
use super::super::synchronization::{self, About, EntriesWanted, SyncReply, SyncRequest};
use super::super::{equivocation, log_store, publication, tag_index};
use super::{RecoveryRow, lapse, others, pulled, pulled_all, put, row};
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::Digest;
use crate::id::{Bytes, TreeHash};
use crate::log::append::Appended;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::proof::verify_consistency;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::keys::Area;

/// Asks for the leaves up to a checkpoint of ours that somebody has shown.
pub(super) fn aim_at(round: &mut Round<'_>, shown: &VerifiedCheckpoint) -> Result<(), StoreError> {
    let Some(mut row) = row(round.view)? else { return Ok(()) };
    let known = row.target.as_ref().map(checkpoint_of).transpose()?;
    if known.is_some_and(|known| known.size >= shown.checkpoint().size) {
        return Ok(());
    }
    if row.target.is_none() {
        cut(round, shown.log())?;
    }
    row.target = Some(shown.note().clone());
    put(round.view, &row);
    pull(round)
}

/// Forgets leaves that no checkpoint of ours covers: the log that others hold may have others there.
fn cut(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let signed = publication::signing(round.view, log)?.map_or(TreeSize::ZERO, |row| row.latest);
    let Some(root) = log_store::root_at(round.view, log, signed)? else { return Ok(()) };
    equivocation::forget_digests(round, log, signed)?;
    log_store::put_row(round.view, log, log_store::LogRow { size: signed, root });
    Ok(())
}

/// Asks the next member for the leaves that are missing.
pub(super) fn pull(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(row) = row(round.view)? else { return Ok(()) };
    let Some((log, target)) = target(round, row.target.as_ref())? else { return Ok(()) };
    let held = log_store::row(round.view, log)?.size;
    let members = others(round);
    let place = usize::try_from(row.attempts).unwrap_or(0).checked_rem(members.len());
    let Some(member) = place.and_then(|place| members.get(place)) else { return Ok(()) };
    let wanted = EntriesWanted { log, from: held, to: target.size };
    let request = SyncRequest::Entries(wanted);
    synchronization::ask(round, *member, About::OwnEntries(wanted), &request).map(drop)
}

/// The checkpoint up to which leaves are asked for: the one that was shown, or the end of its log, past
/// which nobody gives any.
pub(super) fn target(
    round: &Round<'_>,
    note: Option<&SignedNote>,
) -> Result<Option<(LogId, Checkpoint)>, StoreError> {
    let Some(shown) = note.map(checkpoint_of).transpose()? else { return Ok(None) };
    let Some(log) = LogId::parse(&round.settings.network, &shown.origin) else { return Ok(None) };
    let listed = round.roster.member(log.center).and_then(|member| member.log(log.number));
    let end = listed.and_then(|listed| listed.closed);
    let end = end.and_then(|end| Some((TreeSize::new(end.size).ok()?, end.root)));
    Ok(Some(match end {
        Some((size, root)) if size < shown.size => (log, Checkpoint { size, root, ..shown }),
        Some(_) | None => (log, shown),
    }))
}

/// A roster may have closed the log before what was asked for.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(row) = row(round.view)? else { return Ok(()) };
    let Some((log, goal)) = target(round, row.target.as_ref())? else { return Ok(()) };
    if log_store::row(round.view, log)?.size < goal.size {
        return pull(round);
    }
    arrived(round, row, (log, &goal))
}

/// All is here that anybody gives.
fn arrived(
    round: &mut Round<'_>,
    mut row: RecoveryRow,
    (log, goal): (LogId, &Checkpoint),
) -> Result<(), StoreError> {
    if let Some(note) = row.target.take()
        && checkpoint_of(&note)?.size == goal.size
    {
        keep(round, log, &note)?;
    }
    put(round.view, &row);
    pulled_all(round)
}

/// Takes entries in, if they lead to the checkpoint.
pub(in crate::engine) fn on_entries(
    round: &mut Round<'_>,
    from: CenterCode,
    wanted: EntriesWanted,
    reply: &SyncReply,
) -> Result<(), StoreError> {
    let Some(row) = row(round.view)? else { return Ok(()) };
    let Some((log, goal)) = target(round, row.target.as_ref())? else { return Ok(()) };
    let held = log_store::row(round.view, log)?.size;
    if log != wanted.log || held != wanted.from || goal.size != wanted.to {
        return Ok(());
    }
    let taken = match reply {
        SyncReply::Entries(bundles, proof) => leading(round, (wanted, &goal), (bundles, proof))?,
        SyncReply::Cosigned(_)
        | SyncReply::Conflict(_)
        | SyncReply::Latest(_)
        | SyncReply::Tiles(_)
        | SyncReply::Nodes(_)
        | SyncReply::Statements(..)
        | SyncReply::Taken
        | SyncReply::Refused(_)
        | SyncReply::DialedBack(_) => None,
    };
    let Some((appended, entries)) = taken else {
        let is_false = matches!(reply, SyncReply::Entries(..));
        return in_vain(round, (from, log), row, is_false);
    };
    take(round, log, held, (appended, &entries))?;
    if log_store::row(round.view, log)?.size < goal.size {
        return pull(round);
    }
    arrived(round, row, (log, &goal))
}

/// What appending entries gives, and the entries.
type Leading = (Appended, Vec<Vec<u8>>);

/// The entries, and what appending them gives, if that is the beginning of the log that was signed.
fn leading(
    round: &Round<'_>,
    (wanted, goal): (EntriesWanted, &Checkpoint),
    (bundles, proof): (&[Bytes], &[TreeHash]),
) -> Result<Option<Leading>, StoreError> {
    let Some(entries) = following::entries_of(bundles, wanted) else { return Ok(None) };
    let appended = log_store::appended(round.view, wanted.log, &entries)?;
    let whole = (goal.size, &goal.root);
    let leads = verify_consistency((appended.size, &appended.root), whole, proof);
    Ok(leads.then_some((appended, entries)))
}

/// A try in vain: the next one asks somebody else. When nobody has what was signed, the log ends.
fn in_vain(
    round: &mut Round<'_>,
    (from, log): (CenterCode, LogId),
    mut row: RecoveryRow,
    is_false: bool,
) -> Result<(), StoreError> {
    row.attempts = row.attempts.saturating_add(1);
    if is_false {
        round.event(Event::Refused { from, refusal: Refusal::Proof });
    }
    let tries = u32::try_from(others(round).len()).unwrap_or(u32::MAX).saturating_mul(2);
    if is_false && row.attempts >= tries {
        row.target = None;
        put(round.view, &row);
        lapse::close(round, log.number)?;
        return pulled_all(round);
    }
    put(round.view, &row);
    Ok(())
}

fn take(
    round: &mut Round<'_>,
    log: LogId,
    first: TreeSize,
    (appended, entries): (Appended, &[Vec<u8>]),
) -> Result<(), StoreError> {
    log_store::put_appended(round.view, log, appended);
    for (index, entry) in (first.get()..).zip(entries) {
        if round.roster.authority == log.center {
            let place = RosterLeaf { log, leaf: LeafIndex::new(index) };
            roster_leaves::index(round.view, place, entry);
            continue;
        }
        let Ok(digest) = cbor::decode::<Digest>(entry) else { continue };
        let replaced = following::replaced_by(round, log, &digest)?;
        tag_index::insert(round.view, log, LeafIndex::new(index), &digest, replaced.as_ref());
        pulled::take(round.view, log.number, (index, &digest))?;
    }
    Ok(())
}

/// Keeps the checkpoint that was reached as the latest of our own.
fn keep(round: &mut Round<'_>, log: LogId, note: &SignedNote) -> Result<(), StoreError> {
    let size = checkpoint_of(note)?.size;
    let is_witnessed =
        round.log_trust().policy(log).is_some_and(|policy| policy.check(note).is_ok());
    let area = if is_witnessed { Area::Witnessed } else { Area::Checkpoint };
    log_store::put_note(round.view, area, log, size, note);
    if let Some(before) = publication::signing(round.view, log)? {
        let row = publication::SigningRow { latest: size, candidate: None, ..before };
        publication::put_signing(round.view, log, &row);
    }
    Ok(())
}
