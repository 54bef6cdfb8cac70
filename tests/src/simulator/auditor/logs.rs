//! The logs, as each node has them: own and followed.
//!
//! **Promises.** A log only grows, and what it was stands at the beginning of what it is; nobody keeps
//! two roots for one size; an index names leaves that are there and say what it says; a witness vouches
//! for nothing but what the log's own center has, and for no less than before.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::digest::Digest;
use fundlink_protocol::engine::audit::AuditRow;
use fundlink_protocol::engine::log_store::{self, LogRow};
use fundlink_protocol::engine::witnessing::CosignedRow;
use fundlink_protocol::id::TreeHash;
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::{LogId, LogKind};
use fundlink_protocol::log::tree::{LeafIndex, TreeSize};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, View as _};

use super::super::disk::Change;
use super::super::members;
use super::super::world::Node;
use super::{Broken, Nodes, read, require};

/// What was seen of logs.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// Roots that honest logs were signed with.
    roots: BTreeMap<(LogId, TreeSize), TreeHash>,
    /// The largest size that a log was signed at.
    latest: BTreeMap<LogId, TreeSize>,
    /// The largest size that a witness has let out a cosignature for.
    cosigned: BTreeMap<(CenterCode, LogId), TreeSize>,
}

impl Logs {
    /// After a commit that has changed a row of a log or of an index.
    pub(super) fn check(
        &mut self,
        node: &Node,
        center: CenterCode,
        change: &Change,
    ) -> Result<(), Broken> {
        let (Some(area), Some(after)) = (change.key.first().copied(), &change.after) else {
            return Ok(());
        };
        if area == Area::Log as u8 {
            let size = |bytes: &[u8]| read::<LogRow>("a log", bytes).map(|row| row.size);
            let before = change.before.as_deref().map(size).transpose()?;
            let (before, after) = (before.unwrap_or(TreeSize::ZERO), size(after)?);
            require(before <= after, || format!("{center} holds less of a log than before"))?;
            let log = change.key.get(1..).and_then(LogId::from_key);
            log.map_or(Ok(()), |log| check_found((node, center), log, before.get()..after.get()))
        } else if area == Area::Checkpoint as u8 || area == Area::Witnessed as u8 {
            self.check_note(node, center, after)
        } else if area == Area::TagIndex as u8 || area == Area::ReferenceIndex as u8 {
            check_indexed(node, center, (change, after))
        } else if area == Area::AuditLeaf as u8 {
            let row: AuditRow = read("an audit leaf", after)?;
            let log = LogId { center, number: row.number, kind: LogKind::Audit };
            let there = log_store::row(&Staged::new(node.disk()), log)?.size.contains(row.leaf);
            require(there, || format!("{center} names a leaf of its audit log that is not there"))
        } else if area == Area::Cosigned as u8 {
            let size = |bytes: &[u8]| read::<CosignedRow>("a cosigned row", bytes);
            let before = change.before.as_deref().map(size).transpose()?.map(|row| row.size);
            let after = size(after)?.size;
            require(before.is_none_or(|before| before <= after), || {
                format!("witness {center} forgets what it has cosigned")
            })
        } else {
            Ok(())
        }
    }

    /// Before a cosignature leaves a witness: its log is what was cosigned, as the log's own center has it,
    /// and nothing larger was cosigned before. Who was set back is known to have forgotten.
    pub(super) fn check_cosigned(
        &mut self,
        (nodes, forgiven): (&Nodes, &BTreeSet<CenterCode>),
        witness: CenterCode,
        checkpoint: &Checkpoint,
    ) -> Result<(), Broken> {
        let log = LogId::parse(&members::network(), &checkpoint.origin);
        let Some((log, node)) = log.and_then(|log| Some((log, nodes.get(&log.center)?))) else {
            return Ok(());
        };
        let root = log_store::root_at(&Staged::new(node.disk()), log, checkpoint.size)?;
        require(root == Some(checkpoint.root) || forgiven.contains(&log.center), || {
            format!("witness {witness} cosigns {log} at {}, which it is not", checkpoint.size.get())
        })?;
        let before = self.cosigned.entry((witness, log)).or_insert(checkpoint.size);
        let (size, most) = (checkpoint.size, (*before).max(checkpoint.size));
        let is_smaller = size < core::mem::replace(before, most);
        require(!is_smaller || forgiven.contains(&witness), || {
            format!("witness {witness} cosigns {log} at {}, and has cosigned more", size.get())
        })
    }

    /// Of a node that was set back: what it signs must not fork its log.
    pub(super) fn check_roots(
        &mut self,
        node: &Node,
        center: CenterCode,
        changes: &[Change],
    ) -> Result<(), Broken> {
        let signed = [Area::Checkpoint as u8, Area::Witnessed as u8];
        let signed = changes
            .iter()
            .filter(|change| signed.iter().any(|area| change.key.first() == Some(area)));
        signed
            .filter_map(|change| change.after.as_deref())
            .try_for_each(|note| self.check_note(node, center, note))
    }

    /// A log is signed with one root a size, and each extends the one before.
    fn check_note(&mut self, node: &Node, center: CenterCode, note: &[u8]) -> Result<(), Broken> {
        let note = SignedNote::parse(note).map_err(|error| Broken::new(error.to_string()))?;
        let checkpoint = Checkpoint::parse(note.text());
        let checkpoint = checkpoint.map_err(|error| Broken::new(error.to_string()))?;
        let Some(log) = LogId::parse(&members::network(), &checkpoint.origin) else {
            return Err(Broken::new(format!("{center} keeps a checkpoint of no log")));
        };
        let size = checkpoint.size;
        let root = *self.roots.entry((log, size)).or_insert(checkpoint.root);
        require(root == checkpoint.root, || {
            format!("{log} has two roots at size {}, and {center} keeps the other", size.get())
        })?;
        if log.center != center {
            return Ok(());
        }
        let latest = self.latest.entry(log).or_insert(size);
        if *latest < size
            && let Some(before) = self.roots.get(&(log, *latest))
        {
            let now = log_store::root_at(&Staged::new(node.disk()), log, *latest)?;
            require(now.as_ref() == Some(before), || {
                format!("{log} at {} does not extend what it was at {}", size.get(), latest.get())
            })?;
            *latest = size;
        }
        Ok(())
    }
}

/// Each leaf that was appended is found by every tag that it has, unless one that was appended with it
/// has taken its place.
fn check_found(
    (node, center): (&Node, CenterCode),
    log: LogId,
    leaves: Range<u64>,
) -> Result<(), Broken> {
    let view = Staged::new(node.disk());
    let mut digests = BTreeMap::new();
    for leaf in leaves {
        let entry = log_store::entry(&view, log, LeafIndex::new(leaf))?;
        // What is no digest is a roster, or the leaf of somebody who lies.
        if let Some(digest) = entry.and_then(|entry| cbor::decode::<Digest>(&entry).ok()) {
            digests.insert(leaf, digest);
        }
    }
    let replaced: BTreeSet<u64> = digests.values().filter_map(|digest| digest.previous).collect();
    for (leaf, digest) in digests.iter().filter(|(leaf, _)| !replaced.contains(leaf)) {
        let place = [&log.to_key()[..], &leaf.to_be_bytes()].concat();
        let tags = digest.subjects.iter().map(|tag| (Area::TagIndex, tag.as_bytes()));
        let references = digest.reference.iter().map(|tag| (Area::ReferenceIndex, tag.as_bytes()));
        for (area, tag) in tags.chain(references) {
            let is_found = view.get(&key(area, &[tag.as_slice(), &place]))?.is_some();
            require(is_found, || {
                format!("{center} does not find leaf {leaf} of {log} by its tags")
            })?;
        }
    }
    Ok(())
}

/// A row of an index is the digest of a leaf that is there.
fn check_indexed(
    node: &Node,
    center: CenterCode,
    (change, digest): (&Change, &[u8]),
) -> Result<(), Broken> {
    let Some((log, leaf)) = indexed(&change.key) else {
        return Err(Broken::new(format!("{center} has an index row of another form")));
    };
    let entry = log_store::entry(&Staged::new(node.disk()), log, leaf)?;
    require(entry.as_deref() == Some(digest), || {
        format!("{center} indexes leaf {} of {log}, which is not there", leaf.get())
    })
}

/// Area (1), tag (32), center (4), number of the log (4), kind (1), leaf (8).
fn indexed(key: &[u8]) -> Option<(LogId, LeafIndex)> {
    let word = |at: usize| key.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let log = LogId::public(CenterCode::new(word(33)?).ok()?, word(37)?);
    let leaf = key.get(42..50)?.try_into().ok().map(u64::from_be_bytes)?;
    Some((log, LeafIndex::new(leaf)))
}
