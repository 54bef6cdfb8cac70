//! The logs, as each node has them: own and followed.
//!
//! **Promises.** A log only grows, and what it was stands at the beginning of what it is; nobody keeps
//! two roots for one size; an index names leaves that are there and say what it says.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::audit::AuditRow;
use fundlink_protocol::engine::log_store::{self, LogRow};
use fundlink_protocol::engine::witnessing::CosignedRow;
use fundlink_protocol::id::TreeHash;
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::{LogId, LogKind};
use fundlink_protocol::log::tree::{LeafIndex, TreeSize};
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::keys::Area;

use super::super::disk::Change;
use super::super::members;
use super::super::world::Node;
use super::{Broken, read, require};

/// What was seen of logs.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// Roots that honest logs were signed with.
    roots: BTreeMap<(LogId, TreeSize), TreeHash>,
    /// The largest size that a log was signed at.
    latest: BTreeMap<LogId, TreeSize>,
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
            let after = size(after)?;
            require(before.is_none_or(|before| before <= after), || {
                format!("{center} holds less of a log than before")
            })
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
