//! The disk of a simulated node: a store whose next commit can fail.
//!
//! **Promises.** A commit that fails leaves nothing of its batch, as the contract of every store has
//! it; what was committed is there after any crash.
//! **Left to others.** Power loss on a real disk: the store of the node.

use std::cell::Cell;
use std::rc::Rc;

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
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    store: MemoryStore,
    /// What becomes of the next commit: set from outside of the engine that holds the disk.
    pub(super) fate: Rc<Cell<Fate>>,
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
        match self.fate.take() {
            Fate::Written => self.store.commit(batch),
            Fate::Refused => Err(StoreError::Io("the simulation refuses a commit".to_owned())),
            Fate::Full => Err(StoreError::Full),
            Fate::Lied => Ok(()),
        }
    }
}
