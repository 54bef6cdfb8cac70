//! Logs: entries against hashes, hashes against roots, roots against signed checkpoints.
//!
//! **Promises.** Each entry of each log is hashed again; what is signed decides between an entry and
//! a root that contradict each other.
//! **Left to others.** What entries mean: `digest_index`, `statements`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::following::FollowRow;
use super::super::log_store::{LogRow, StoredTiles};
use super::super::publication::SigningRow;
use super::super::{equivocation, log_store, recovery, single, witnessing};
use super::fault::Fault;
use super::{Bench, Expected, each, each_of};
use crate::cbor;
use crate::id::{KeyId, TreeHash};
use crate::key::KeyPurpose;
use crate::log::append::append;
use crate::log::checkpoint::Checkpoint;
use crate::log::entry_bundle;
use crate::log::note::{KeyKind, SignedNote, VerifierKey};
use crate::log::origin::{LogId, LogKind, witness_name};
use crate::log::tile::{TILE_WIDTH, TileId, TileKind, TileReader};
use crate::log::tree::{TreeSize, empty_root};
use crate::log_trust::LogTrust;
use crate::roster::Roster;
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::time::Timestamp;

/// Checks every log that is held, own and followed.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let Ok(Some(roster)) = single::roster(bench.view) else { return Ok(()) };
    let trust = Trust::of(bench, roster);
    for log in logs(bench)? {
        let notes = Notes::of(bench, &trust, log)?;
        let held = check_entries(bench, log, &notes)?;
        if !bench.is_incomplete(log) {
            check_notes(bench, log, held, &notes)?;
        }
    }
    Ok(())
}

/// Keys by which notes are judged: those that have ended judge what they signed.
struct Trust {
    logs: LogTrust,
    /// This node's own keys as a witness.
    witnesses: Vec<VerifierKey>,
}

impl Trust {
    fn of(bench: &Bench<'_>, roster: Roster) -> Self {
        let Expected { network, center, .. } = bench.expected;
        let name = witness_name(network, *center);
        let own = roster.member(*center).map_or(&[][..], |member| &member.keys);
        let own = own.iter().filter(|key| key.purpose == KeyPurpose::Witness);
        let witnesses = own.filter_map(|key| {
            VerifierKey::new(name.clone(), KeyKind::Cosigner, key.public.as_bytes()).ok()
        });
        let witnesses = witnesses.collect();
        let logs = LogTrust::new(Arc::new(roster), network.clone(), Timestamp::default());
        Self { logs, witnesses }
    }
}

/// Every log of which anything is held.
fn logs(bench: &Bench<'_>) -> Result<BTreeSet<LogId>, StoreError> {
    let mut logs = BTreeSet::new();
    for area in [Area::Log, Area::LogSigning, Area::Follow] {
        each_of(bench.view, area, |_, (key, _)| {
            logs.extend(LogId::from_key(key.get(1..).unwrap_or_default()));
            Ok(())
        })?;
    }
    Ok(logs)
}

/// Where a signed checkpoint is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Checkpoint,
    Witnessed,
    Reached,
}

/// The signed checkpoints of a log, by size and where they are kept.
struct Notes {
    verified: BTreeMap<(TreeSize, Kept), TreeHash>,
    /// Keys of rows whose note does not verify, with their place.
    bad: Vec<(String, Option<Vec<u8>>)>,
    /// Nobody's key judges the log: its member is revoked, or its notes contradict each other.
    unjudged: bool,
    /// The largest size that this node has cosigned, by the notes.
    cosigned_here: TreeSize,
}

impl Notes {
    fn of(bench: &Bench<'_>, trust: &Trust, log: LogId) -> Result<Self, StoreError> {
        let keys = trust.logs.log_keys_ever(log);
        let is_own = log.center == bench.expected.center;
        let two_faces = !is_own && equivocation::is_closed(bench.view, log).unwrap_or(false);
        let unjudged = keys.is_empty() || two_faces;
        let mut notes = Self {
            verified: BTreeMap::new(),
            bad: Vec::new(),
            unjudged,
            cosigned_here: TreeSize::ZERO,
        };
        if unjudged {
            return Ok(notes);
        }
        for (area, kept) in
            [(Area::Checkpoint, Kept::Checkpoint), (Area::Witnessed, Kept::Witnessed)]
        {
            each(bench.view, &key(area, &[&log.to_key()]), |_, (key, value)| {
                let size = key.get(10..).and_then(|size| size.try_into().ok());
                let size = size.and_then(|size| TreeSize::new(u64::from_be_bytes(size)).ok());
                let note = SignedNote::parse(value).ok();
                let is_cosigned = note.as_ref().is_some_and(|note| {
                    trust.witnesses.iter().any(|key| note.signatures_by(key).next().is_some())
                });
                if let Some(size) = size.filter(|_| is_cosigned) {
                    notes.cosigned_here = notes.cosigned_here.max(size);
                }
                match note.and_then(|note| verified(&note, &keys)) {
                    Some(checkpoint) if Some(checkpoint.size) == size => {
                        notes.verified.insert((checkpoint.size, kept), checkpoint.root);
                    }
                    Some(_) | None => {
                        let size = size.map_or(0, TreeSize::get);
                        let unwanted = (kept == Kept::Checkpoint).then(|| key.clone());
                        notes.bad.push((format!("{kept:?} note of size {size}"), unwanted));
                    }
                }
                Ok(())
            })?;
        }
        let follow = bench.view.get(&key(Area::Follow, &[&log.to_key()]))?;
        let follow = follow.and_then(|bytes| cbor::decode::<FollowRow>(&bytes).ok());
        if let Some(reached) = follow.and_then(|follow| follow.reached) {
            match verified(&reached, &keys) {
                Some(checkpoint) => {
                    notes.verified.insert((checkpoint.size, Kept::Reached), checkpoint.root);
                }
                None => notes.bad.push(("the checkpoint that was reached".to_owned(), None)),
            }
        }
        Ok(notes)
    }

    fn root_at(&self, size: TreeSize) -> Option<TreeHash> {
        let notes = self.verified.range((size, Kept::Checkpoint)..=(size, Kept::Reached));
        notes.map(|(_, root)| *root).next()
    }

    fn largest(&self) -> TreeSize {
        self.verified.keys().next_back().map_or(TreeSize::ZERO, |(size, _)| *size)
    }
}

fn verified(note: &SignedNote, keys: &[VerifierKey]) -> Option<Checkpoint> {
    keys.iter().find_map(|key| Checkpoint::verified(note, key).ok())
}

/// The right edge of a log as its entries make it.
#[derive(Default)]
struct Edge {
    tiles: BTreeMap<TileKind, (u64, Vec<u8>)>,
}

impl TileReader for Edge {
    type Error = core::convert::Infallible;

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Self::Error> {
        let found = self.tiles.get(&tile.kind).filter(|(index, _)| *index == tile.index);
        Ok(found.map(|(_, bytes)| bytes.clone()))
    }
}

/// Hashes the entries of a log again; gives the row that follows from them.
fn check_entries(bench: &mut Bench<'_>, log: LogId, notes: &Notes) -> Result<LogRow, StoreError> {
    let place = key(Area::Log, &[&log.to_key()]);
    let row = bench.view.get(&place)?.and_then(|row| cbor::decode::<LogRow>(&row).ok());
    let empty = LogRow { size: TreeSize::ZERO, root: empty_root() };
    let said = row.unwrap_or(empty);
    let tiles = StoredTiles::new(bench.view, log);
    let mut edge = Edge::default();
    let mut held = empty;
    for index in 0_u64.. {
        let tile = TileId::entries(index);
        let width = row.map_or(TILE_WIDTH, |row| tile.width_in(row.size));
        let Some(bytes) = tiles.tile(tile)?.filter(|_| width > 0) else { break };
        let whole = if row.is_some() { entry_bundle::prefix(&bytes, width) } else { Some(&*bytes) };
        let Some(entries) = whole.and_then(|whole| entry_bundle::parse(whole).ok()) else { break };
        let Ok(appended) = append(&edge, held.size, &entries) else { break };
        for write in appended.writes {
            check_tile(bench, (log, write.tile), &write.bytes)?;
            edge.tiles.insert(write.tile.kind, (write.tile.index, write.bytes));
        }
        held = LogRow { size: appended.size, root: appended.root };
        if entries.len() < usize::from(TILE_WIDTH) {
            break;
        }
    }
    let signed = notes.root_at(held.size);
    if held.size < notes.largest() || held.size < said.size {
        bench.incomplete(Fault::LogEntries, log, "entries are missing");
    } else if signed.is_some_and(|signed| signed != held.root) {
        bench.incomplete(Fault::LogEntries, log, "the entries give another root");
    } else if row != Some(held) && (row.is_some() || !notes.verified.is_empty()) {
        let is_signed = signed == Some(held.root);
        if row.is_some() && !is_signed {
            bench.incomplete(Fault::LogEntries, log, "the entries give another root");
        } else if log.center != bench.expected.center && !is_signed {
            bench.incomplete(Fault::LogEntries, log, "its size is not known");
        } else {
            let what = format!("{}: size and root", bench.origin(log));
            bench.mended(Fault::LogTiles, what, [(place, Some(cbor::encode(&held)))]);
        }
    }
    Ok(held)
}

/// Whether a stored tile begins as the entries make it.
fn check_tile(
    bench: &mut Bench<'_>,
    (log, tile): (LogId, TileId),
    bytes: &[u8],
) -> Result<(), StoreError> {
    if tile.kind == TileKind::Entries {
        return Ok(());
    }
    let place = key(Area::Tile, &[&log.to_key(), &tile.to_key()]);
    let fits = bench.view.get(&place)?.is_some_and(|stored| stored.starts_with(bytes));
    if !fits {
        let what = format!("{}: {}", bench.origin(log), tile.path(0));
        let before = bench.report.mends.writes.insert(place, Some(bytes.to_vec()));
        if before.is_none() {
            bench.mended(Fault::LogTiles, what, []);
        }
    }
    Ok(())
}

fn has_mended_tiles(bench: &Bench<'_>, log: LogId) -> bool {
    let prefix = key(Area::Tile, &[&log.to_key()]);
    let mut mends = bench.report.mends.writes.range(prefix.clone()..);
    mends.next().is_some_and(|(row, _)| row.starts_with(&prefix))
}

/// Holds the signed checkpoints against the roots that the entries give.
fn check_notes(
    bench: &mut Bench<'_>,
    log: LogId,
    held: LogRow,
    notes: &Notes,
) -> Result<(), StoreError> {
    let origin = bench.origin(log);
    for (what, unwanted) in &notes.bad {
        let what = format!("{origin}: {what}");
        match unwanted {
            Some(place) => {
                bench.mended(Fault::LogCheckpoint, what, [(place.clone(), None)]);
            }
            None if log.kind == LogKind::Public && log.center != bench.expected.center => {
                bench.incomplete(Fault::LogCheckpoint, log, "a checkpoint does not verify");
            }
            None => bench.lost(Fault::LogCheckpoint, what),
        }
    }
    // Hashes that are made anew are judged by the next check.
    let judged = if has_mended_tiles(bench, log) { &BTreeMap::new() } else { &notes.verified };
    for ((size, _), root) in judged {
        let here = root_at(bench, log, (*size, held))?;
        if here.is_some_and(|here| here != *root) {
            bench.incomplete(Fault::LogEntries, log, "an earlier checkpoint has another root");
            return Ok(());
        }
    }
    if log.center == bench.expected.center {
        check_signing(bench, log, notes)
    } else {
        check_cosigned(bench, log, notes)
    }
}

/// What was signed of an own log is known, and is there.
fn check_signing(bench: &mut Bench<'_>, log: LogId, notes: &Notes) -> Result<(), StoreError> {
    let place = key(Area::LogSigning, &[&log.to_key()]);
    let signing = bench.view.get(&place)?;
    let signing = signing.and_then(|bytes| cbor::decode::<SigningRow>(&bytes).ok());
    let what = format!("{}: the latest one", bench.origin(log));
    match signing {
        Some(signing) if notes.unjudged || notes.root_at(signing.latest).is_some() => {}
        Some(_) if notes.verified.is_empty() => {
            bench.mended(Fault::LogCheckpoint, what, [(place, None)]);
        }
        None if notes.verified.is_empty() => {}
        Some(_) | None => {
            // Of no key, so that what is held is signed again.
            let row = SigningRow {
                latest: notes.largest(),
                key: KeyId::new([0; 16]),
                candidate: None,
                candidate_at: Timestamp::default(),
            };
            bench.mended(Fault::LogCheckpoint, what, [(place, Some(cbor::encode(&row)))]);
        }
    }
    Ok(())
}

/// A cosignature of this node's own, in a note that is kept, is one that it knows of.
fn check_cosigned(bench: &mut Bench<'_>, log: LogId, notes: &Notes) -> Result<(), StoreError> {
    if recovery::lapse::read(bench.view)?.is_some() {
        // What it cosigned before its store was lost comes back in the notes of others.
        return Ok(());
    }
    let known = witnessing::cosigned_row(bench.view, log).ok().flatten();
    if notes.cosigned_here > known.map_or(TreeSize::ZERO, |row| row.size) {
        bench.lost(Fault::LogCheckpoint, format!("{}: cosigned here", bench.origin(log)));
    }
    Ok(())
}

fn root_at(
    bench: &Bench<'_>,
    log: LogId,
    (size, held): (TreeSize, LogRow),
) -> Result<Option<TreeHash>, StoreError> {
    if size == held.size {
        return Ok(Some(held.root));
    }
    match StoredTiles::new(bench.view, log).tree(size).root() {
        Ok(root) => Ok(Some(root)),
        // Hash tiles that are mended are judged by the next check.
        Err(error) => match log_store::read_failed(error) {
            StoreError::Corrupt { .. } => Ok(None),
            error @ (StoreError::Full | StoreError::Io(_) | StoreError::NewerFormat { .. }) => {
                Err(error)
            }
        },
    }
}

#[cfg(test)]
mod tests;
