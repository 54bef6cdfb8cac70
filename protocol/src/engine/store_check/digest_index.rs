//! The indexes of digests and rosters against the logs, in both directions.
//!
//! **Promises.** An index row without its leaf, and a leaf that counts without its rows, are found,
//! and the rows that follow from the logs are staged.
//! **Left to others.** Whether entries are what was signed: `logs`.

use std::collections::BTreeMap;

use super::super::log_store::{LogRow, StoredTiles};
use super::super::roster_leaves::RosterLeaf;
use super::super::{equivocation, log_store, single, tag_index};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::cbor;
use crate::digest::Digest;
use crate::log::entry_bundle;
use crate::log::origin::{LogId, LogKind};
use crate::log::tile::{TileId, TileReader as _};
use crate::log::tree::{LeafIndex, TreeSize};
use crate::roster::Roster;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// Leaves of a log, a bit each.
#[derive(Default)]
struct Leaves(Vec<u64>);

impl Leaves {
    fn add(&mut self, leaf: u64) {
        let Ok(word) = usize::try_from(leaf >> 6) else { return };
        if self.0.len() <= word {
            self.0.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (leaf & 63);
        }
    }

    fn has(&self, leaf: u64) -> bool {
        let word = usize::try_from(leaf >> 6).ok().and_then(|word| self.0.get(word));
        word.is_some_and(|word| word & (1 << (leaf & 63)) != 0)
    }
}

/// What supersedes what.
#[derive(Default)]
struct Superseded {
    /// By a leaf that counts: such a leaf has no row.
    surely: BTreeMap<LogId, Leaves>,
    /// By any leaf: such a leaf may have lost its row.
    perhaps: BTreeMap<LogId, Leaves>,
}

/// The public logs whose entries are whole, with their sizes and the ends up to which they count.
type Logs = BTreeMap<LogId, (LogRow, TreeSize)>;

/// Checks the tag, reference and roster indexes.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let Ok(Some(roster)) = single::roster(bench.view) else { return Ok(()) };
    let mut logs = Logs::new();
    let view = bench.view;
    each_of(view, Area::Log, |_, (key, value)| {
        let log = LogId::from_key(key.get(1..).unwrap_or_default());
        let row = cbor::decode::<LogRow>(value).ok();
        if let (Some(log), Some(row)) = (log, row)
            && log.kind == LogKind::Public
            && !bench.is_incomplete(log)
        {
            logs.insert(log, (row, end_of(view, &roster, (log, row))?));
        }
        Ok(())
    })?;
    let mut superseded = Superseded::default();
    for (log, (row, end)) in &logs {
        for_each_digest(view, (*log, *row), |leaf, _, digest| {
            let Some(previous) = digest.previous else { return Ok(()) };
            let before = tag_index::log_before(*log, &digest);
            superseded.perhaps.entry(before).or_default().add(previous);
            if end.contains(leaf) {
                superseded.surely.entry(before).or_default().add(previous);
            }
            Ok(())
        })?;
    }
    leaves_have_rows(bench, (&logs, &roster), &superseded)?;
    for area in [Area::TagIndex, Area::ReferenceIndex] {
        rows_have_leaves(bench, area, &logs, &superseded)?;
    }
    check_roster_leaves(bench, (&logs, &roster))
}

/// Up to where a log counts: closed by a roster, or convicted, not to its end.
fn end_of(
    view: &dyn View,
    roster: &Roster,
    (log, row): (LogId, LogRow),
) -> Result<TreeSize, StoreError> {
    let listed = roster.member(log.center).and_then(|member| member.log(log.number));
    if let Some(end) = listed.and_then(|listed| listed.closed) {
        return Ok(TreeSize::new(end.size).map_or(row.size, |end| end.min(row.size)));
    }
    if equivocation::is_closed(view, log)? {
        let witnessed = log_store::latest_witnessed(view, log)?;
        return Ok(witnessed.map_or(TreeSize::ZERO, |(size, _)| size.min(row.size)));
    }
    Ok(row.size)
}

/// Goes through the digests of a log; entries that are none are passed over.
fn for_each_digest(
    view: &dyn View,
    (log, row): (LogId, LogRow),
    mut visit: impl FnMut(LeafIndex, &[u8], Digest) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for_each_entry(view, (log, row), |leaf, entry| match cbor::decode::<Digest>(entry) {
        Ok(digest) => visit(leaf, entry, digest),
        Err(_) => Ok(()),
    })
}

fn for_each_entry(
    view: &dyn View,
    (log, row): (LogId, LogRow),
    mut visit: impl FnMut(LeafIndex, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let tiles = StoredTiles::new(view, log);
    for index in 0..row.size.get().div_ceil(256) {
        let tile = TileId::entries(index);
        let bytes = tiles.tile(tile)?.unwrap_or_default();
        let whole = entry_bundle::prefix(&bytes, tile.width_in(row.size)).unwrap_or_default();
        let entries = entry_bundle::parse(whole).unwrap_or_default();
        for (leaf, entry) in (index << 8..).zip(entries) {
            visit(LeafIndex::new(leaf), entry)?;
        }
    }
    Ok(())
}

fn leaves_have_rows(
    bench: &mut Bench<'_>,
    (logs, roster): (&Logs, &Roster),
    superseded: &Superseded,
) -> Result<(), StoreError> {
    let view = bench.view;
    for (log, (row, end)) in logs {
        if log.center == roster.authority {
            continue;
        }
        for_each_digest(view, (*log, *row), |leaf, entry, digest| {
            let was = superseded.perhaps.get(log).is_some_and(|leaves| leaves.has(leaf.get()));
            if was || !end.contains(leaf) {
                return Ok(());
            }
            let mut missing = Vec::new();
            for place in tag_index::rows_of(*log, leaf, &digest) {
                if view.get(&place)?.is_none() {
                    missing.push((place, Some(entry.to_vec())));
                }
            }
            if !missing.is_empty() {
                let place = format!("{} leaf {}", bench.origin(*log), leaf.get());
                bench.mended(Fault::LeafWithoutIndex, place, missing);
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn rows_have_leaves(
    bench: &mut Bench<'_>,
    area: Area,
    logs: &Logs,
    superseded: &Superseded,
) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, area, |_, (key, value)| {
        let named = tag_index::place_of(key);
        // The form of a key is judged with all rows.
        let Some((log, leaf)) = named else { return Ok(()) };
        let Some((_, end)) = logs.get(&log) else {
            if !bench.is_incomplete(log) {
                let place = format!("{} leaf {}", bench.origin(log), leaf.get());
                bench.mended(Fault::IndexWithoutLeaf, place, [(key.clone(), None)]);
            }
            return Ok(());
        };
        let gone = superseded.surely.get(&log).is_some_and(|leaves| leaves.has(leaf.get()));
        let counts = end.contains(leaf) && !gone;
        let entry = if counts { log_store::entry(view, log, leaf).ok().flatten() } else { None };
        let belongs = entry.as_ref() == Some(value)
            && cbor::decode::<Digest>(value)
                .is_ok_and(|digest| tag_index::rows_of(log, leaf, &digest).contains(key));
        if !belongs {
            let place = format!("{} leaf {}", bench.origin(log), leaf.get());
            bench.mended(Fault::IndexWithoutLeaf, place, [(key.clone(), None)]);
        }
        Ok(())
    })?;
    Ok(())
}

/// The hashes of rosters in the authority's log, both ways.
fn check_roster_leaves(
    bench: &mut Bench<'_>,
    (logs, roster): (&Logs, &Roster),
) -> Result<(), StoreError> {
    let view = bench.view;
    for (log, (row, _)) in logs.iter().filter(|(log, _)| log.center == roster.authority) {
        for_each_entry(view, (*log, *row), |leaf, entry| {
            let place = key(Area::RosterLeaf, &[entry]);
            if entry.len() == 32 && view.get(&place)?.is_none() {
                let row = RosterLeaf { log: *log, leaf };
                let what = format!("{} leaf {}", bench.origin(*log), leaf.get());
                let writes = [(place, Some(cbor::encode(&row)))];
                bench.mended(Fault::LeafWithoutIndex, what, writes);
            }
            Ok(())
        })?;
    }
    each_of(view, Area::RosterLeaf, |_, (key, value)| {
        let Ok(row) = cbor::decode::<RosterLeaf>(value) else { return Ok(()) };
        if bench.is_incomplete(row.log) {
            return Ok(());
        }
        let entry = log_store::entry(view, row.log, row.leaf).ok().flatten();
        if entry.as_deref() != key.get(1..) {
            let place = format!("{} leaf {}", bench.origin(row.log), row.leaf.get());
            bench.mended(Fault::IndexWithoutLeaf, place, [(key.clone(), None)]);
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
