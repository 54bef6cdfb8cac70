//! The disk of a simulated node: a store whose next commit can fail, and that says what it changed.
//!
//! **Promises.** A commit that fails leaves nothing of its batch, as the contract of every store has
//! it; what was committed is there after any crash.
//! **Left to others.** Power loss on a real disk: the store of the node.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use fundlink_protocol::store::keys::Area;
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::store::{Batch, Entry, Store, StoreError};

/// What becomes of the next commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is written.
    #[default]
    Written,
    /// The disk refuses it.
    Refused,
    /// The disk is full.
    Full,
    /// The disk says that it is written, and it is not: no store may do this, and a simulation
    /// that does not notice it checks nothing.
    Lied,
}

/// A store that does what the simulation wants.
#[derive(Debug, Default)]
pub(super) struct Disk {
    store: MemoryStore,
    /// What becomes of the next commit: set from outside of the engine that holds the disk.
    pub(super) fate: Rc<Cell<Fate>>,
    changes: RefCell<Changes>,
}

/// What was committed since somebody looked.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Commits that were reported as done.
    pub(super) commits: u64,
    /// Rows that were written or deleted, of the areas that the auditor reads.
    pub(super) rows: Vec<Change>,
}

/// A row that was written or deleted.
#[derive(Debug)]
pub(super) struct Change {
    /// Its key.
    pub(super) key: Vec<u8>,
    /// What stood there.
    pub(super) before: Option<Vec<u8>>,
    /// What stands there.
    pub(super) after: Option<Vec<u8>>,
}

/// The areas whose rows the auditor reads as they change.
pub(super) const AUDITED: [Area; 15] = [
    Area::Posting,
    Area::TransferOut,
    Area::TransferIn,
    Area::TransferOf,
    Area::Statement,
    Area::Outbox,
    Area::Log,
    Area::Checkpoint,
    Area::Witnessed,
    Area::TagIndex,
    Area::ReferenceIndex,
    Area::AuditLeaf,
    Area::Cosigned,
    Area::Intent,
    Area::FirstLease,
];

impl Disk {
    /// What was committed since this was asked last.
    pub(super) fn take_changes(&self) -> Changes {
        self.changes.take()
    }

    /// All that is on it, as a backup.
    pub(super) fn backup(&self) -> MemoryStore {
        self.store.clone()
    }

    /// Puts an old backup in the place of all that is on it.
    pub(super) fn roll_back(&mut self, backup: MemoryStore) {
        self.store = backup;
    }
}

impl Store for Disk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key)
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.range(from, to, limit)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.store.last(from, to)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        let fate = self.fate.take();
        match fate {
            Fate::Refused => {
                return Err(StoreError::Io("the simulation refuses a commit".to_owned()));
            }
            Fate::Full => return Err(StoreError::Full),
            Fate::Written | Fate::Lied => {}
        }
        let changes = self.changes.get_mut();
        changes.commits += 1;
        if fate == Fate::Lied {
            return Ok(());
        }
        for (key, after) in batch.writes {
            let area = key.first().copied();
            if AUDITED.iter().any(|audited| Some(*audited as u8) == area) {
                let before = self.store.set(key.clone(), after.clone());
                changes.rows.push(Change { key, before, after });
            } else {
                drop(self.store.set(key, after));
            }
        }
        Ok(())
    }
}
