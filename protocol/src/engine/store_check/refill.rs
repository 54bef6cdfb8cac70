//! Entries of a public log that other members have, taken back.
//!
//! **Promises.** Entries are taken only when they hash to a checkpoint that the log's key has signed
//! and that is no smaller than any that was kept here; own leaves past it are kept as they are.
//! **Left to others.** Asking members: the shell. Index rows of the entries: the next check.

use std::sync::Arc;

use super::super::following::FollowRow;
use super::super::following::entries_of;
use super::super::log_store::{self, LogRow, StoredTiles};
use super::super::single;
use super::super::synchronization::{EntriesWanted, SyncReply, SyncRequest};
use super::Expected;
use crate::cbor;
use crate::log::checkpoint::Checkpoint;
use crate::log::entry_bundle;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::proof::verify_consistency;
use crate::log::tile::{TileId, TileReader as _};
use crate::log::tree::TreeSize;
use crate::log_trust::LogTrust;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// A log that is taken back.
#[derive(Debug)]
pub struct Refill {
    log: LogId,
    is_own: bool,
    target: (Checkpoint, SignedNote),
    /// What the store says of the log, as far as that can be read.
    before: Option<LogRow>,
    /// Own entries past the target.
    rest: Vec<Vec<u8>>,
}

/// The request for the checkpoint that a member has of a log.
#[must_use]
pub fn ask_for_latest(log: LogId) -> Vec<u8> {
    cbor::encode(&SyncRequest::Latest(vec![log]))
}

impl Refill {
    /// Begins with the notes that members gave; `None` when none of them reaches as far as what is
    /// signed and kept here. From now on the log is empty in this view.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn begin(
        view: &mut dyn View,
        expected: &Expected,
        log: LogId,
        replies: &[Vec<u8>],
    ) -> Result<Option<Self>, StoreError> {
        let Some(roster) = single::roster(view)? else { return Ok(None) };
        let trust = LogTrust::new(Arc::new(roster), expected.network.clone(), Timestamp::default());
        let keys = trust.log_keys_ever(log);
        let verified = |bytes: &[u8]| {
            let note = SignedNote::parse(bytes).ok()?;
            let checkpoint = keys.iter().find_map(|key| Checkpoint::verified(&note, key).ok())?;
            Some((checkpoint, note))
        };
        let mut kept: Vec<(Checkpoint, SignedNote)> = Vec::new();
        for area in [Area::Checkpoint, Area::Witnessed] {
            let prefix = key(area, &[&log.to_key()]);
            let rows = view.range(&prefix, &prefix_end(&prefix), usize::MAX)?;
            kept.extend(rows.iter().filter_map(|(_, bytes)| verified(bytes)));
        }
        let shown = replies.iter().filter_map(|reply| match cbor::decode(reply) {
            Ok(SyncReply::Latest(notes)) => Some(notes),
            Ok(_) | Err(_) => None,
        });
        let shown = shown.flatten().filter_map(|note| verified(&note));
        let target = shown.max_by_key(|(checkpoint, _)| checkpoint.size);
        let needed = kept.iter().map(|(checkpoint, _)| checkpoint.size).max();
        let Some(target) = target.filter(|(shown, _)| Some(shown.size) >= needed) else {
            return Ok(None);
        };
        let row = view.get(&key(Area::Log, &[&log.to_key()]))?;
        let before = row.and_then(|row| cbor::decode::<LogRow>(&row).ok());
        let is_own = log.center == expected.center;
        let rest = match before.filter(|before| is_own && before.size > target.0.size) {
            Some(before) => match entries_past(view, log, (target.0.size, before.size))? {
                Some(rest) => rest,
                None => return Ok(None),
            },
            None => Vec::new(),
        };
        log_store::forget(view, log);
        Ok(Some(Self { log, is_own, target, before, rest }))
    }

    /// The next request; `None` when all entries are here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn request(&self, view: &dyn View) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.wanted(view)?.map(|wanted| cbor::encode(&SyncRequest::Entries(wanted))))
    }

    fn wanted(&self, view: &dyn View) -> Result<Option<EntriesWanted>, StoreError> {
        let (from, to) = (log_store::row(view, self.log)?.size, self.target.0.size);
        Ok((from < to).then_some(EntriesWanted { log: self.log, from, to }))
    }

    /// Takes a reply; false when it does not lead to the target, so that another member is asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn take(&self, view: &mut dyn View, reply: &[u8]) -> Result<bool, StoreError> {
        let Some(wanted) = self.wanted(view)? else { return Ok(true) };
        let Ok(SyncReply::Entries(bundles, proof)) = cbor::decode(reply) else { return Ok(false) };
        let Some(entries) = entries_of(&bundles, wanted) else { return Ok(false) };
        let appended = log_store::appended(view, self.log, &entries)?;
        let target = (self.target.0.size, &self.target.0.root);
        if !verify_consistency((appended.size, &appended.root), target, &proof) {
            return Ok(false);
        }
        log_store::put_appended(view, self.log, appended);
        Ok(true)
    }

    /// Ends it once all entries are here; false when own entries past the target do not give the root
    /// that was stored.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn finish(self, view: &mut dyn View) -> Result<bool, StoreError> {
        if !self.rest.is_empty() {
            let appended = log_store::appended(view, self.log, &self.rest)?;
            log_store::put_appended(view, self.log, appended);
            return Ok(Some(log_store::row(view, self.log)?) == self.before);
        }
        if !self.is_own {
            let mut row = FollowRow::default();
            row.reached = Some(self.target.1);
            view.put(key(Area::Follow, &[&self.log.to_key()]), cbor::encode(&row));
        }
        Ok(true)
    }
}

/// Entries that are held from a size on, if all of them can be read.
fn entries_past(
    view: &dyn View,
    log: LogId,
    (from, to): (TreeSize, TreeSize),
) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    let tiles = StoredTiles::new(view, log);
    let mut found = Vec::new();
    for index in (from.get() >> 8)..=(to.get().saturating_sub(1) >> 8) {
        let tile = TileId::entries(index);
        let bytes = tiles.tile(tile)?.unwrap_or_default();
        let whole = entry_bundle::prefix(&bytes, tile.width_in(to)).unwrap_or_default();
        let entries = entry_bundle::parse(whole).unwrap_or_default();
        for (leaf, entry) in (index << 8..).zip(entries) {
            if leaf >= from.get() {
                found.push(entry.to_vec());
            }
        }
    }
    let all = usize::try_from(to.leaves_since(from)).ok() == Some(found.len());
    Ok(all.then_some(found))
}

#[cfg(test)]
mod tests;
