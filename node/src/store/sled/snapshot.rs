//! A copy of the store as it was between two commits, taken while commits go on.
//!
//! **Promises.** The copy shows every commit before it began and none after it. A commit waits for no more
//! than one portion of the copy; what it overwrites and the copy has not reached yet is kept aside.
//! **Left to others.** Where the copy goes: `backup`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fundlink_protocol::store::{Batch, Entry, Store, StoreError};

use super::{get, range};

/// The copy that is being taken, if one is.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    copy: Arc<Mutex<Option<Copying>>>,
}

/// A copy on its way.
#[derive(Debug, Default)]
pub(super) struct Copying {
    /// Where the next portion begins.
    from: Vec<u8>,
    /// What commits have overwritten ahead of it, as it was; `None` where nothing was.
    aside: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    aside_bytes: usize,
    is_given_up: bool,
}

/// Bytes that are kept aside: an import that replaces everything has more, and the copy is given up.
const ASIDE_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Entries of a portion.
const PORTION: usize = 256;
/// Keys end before this: no area begins with it.
const END: &[u8] = &[0xff];

impl Running {
    fn lock(&self) -> MutexGuard<'_, Option<Copying>> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps aside what a commit is about to overwrite; no portion is read before the guard is dropped.
    pub(super) fn before_commit(
        &self,
        db: &sled::Db,
        batch: &Batch,
    ) -> Result<MutexGuard<'_, Option<Copying>>, StoreError> {
        let mut guard = self.lock();
        if let Some(copy) = guard.as_mut().filter(|copy| !copy.is_given_up) {
            for key in batch.writes.keys() {
                copy.keep(db, key)?;
            }
        }
        Ok(guard)
    }
}

impl Copying {
    fn keep(&mut self, db: &sled::Db, key: &[u8]) -> Result<(), StoreError> {
        if key < self.from.as_slice() || self.aside.contains_key(key) {
            return Ok(());
        }
        let value = get(db, key)?;
        let bytes = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        self.aside_bytes = self.aside_bytes.saturating_add(bytes);
        self.aside.insert(key.to_vec(), value);
        if self.aside_bytes > ASIDE_BYTES_MAX {
            self.aside = BTreeMap::new();
            self.is_given_up = true;
        }
        Ok(())
    }
}

/// What copies of a store are taken from.
#[derive(Clone, Debug)]
pub struct Snapshots {
    db: sled::Db,
    running: Running,
}

/// Why no copy can be taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// One is being taken.
    #[error("another backup is being taken; wait until it is done")]
    Busy,
    /// More changed than can be kept aside.
    #[error("too much changed while the backup was taken; take it again when no import is running")]
    GivenUp,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Snapshots {
    pub(super) const fn new(db: sled::Db, running: Running) -> Self {
        Self { db, running }
    }

    /// Begins a copy of the store as it is after the last commit. `read` sees it whole, and no commit
    /// comes between.
    ///
    /// # Errors
    /// When one is being taken, or the store cannot be read.
    pub fn begin<T>(
        &self,
        read: impl FnOnce(&Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<(T, Snapshot), SnapshotError> {
        let mut guard = self.running.lock();
        if guard.is_some() {
            return Err(SnapshotError::Busy);
        }
        let first = read(&Reading { db: &self.db })?;
        *guard = Some(Copying::default());
        Ok((first, Snapshot { source: self.clone() }))
    }

    /// The bytes that the store takes on disk: about as many as a copy will have.
    #[must_use]
    pub fn bytes_on_disk(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }
}

/// The store, for reading between two commits.
#[derive(Debug)]
pub struct Reading<'a> {
    db: &'a sled::Db,
}

impl Store for Reading<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(self.db, key)
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        if from >= to { Ok(Vec::new()) } else { range(self.db, from, to, limit) }
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        Ok(self.range(from, to, usize::MAX)?.pop())
    }

    fn commit(&mut self, _: Batch) -> Result<(), StoreError> {
        Err(StoreError::Io("a copy is for reading".into()))
    }
}

/// A copy that is being taken; it ends when this is dropped.
#[derive(Debug)]
pub struct Snapshot {
    source: Snapshots,
}

impl Snapshot {
    /// The next entries, in the order of their keys; empty at the end.
    ///
    /// # Errors
    /// When the store cannot be read, or more changed than can be kept aside.
    pub fn portion(&mut self) -> Result<Vec<Entry>, SnapshotError> {
        let mut guard = self.source.running.lock();
        let Some(copy) = guard.as_mut().filter(|copy| !copy.is_given_up) else {
            return Err(SnapshotError::GivenUp);
        };
        // What is new since the copy began is left out, so a portion may come to nothing: on to the next.
        while copy.from.as_slice() < END {
            let stored = range(&self.source.db, &copy.from, END, PORTION)?;
            let next = match stored.last().filter(|_| stored.len() == PORTION) {
                Some((last, _)) => [last.as_slice(), &[0]].concat(),
                None => END.to_vec(),
            };
            let mut entries: BTreeMap<Vec<u8>, Vec<u8>> = stored.into_iter().collect();
            let later = copy.aside.split_off(&next);
            for (key, value) in core::mem::replace(&mut copy.aside, later) {
                match value {
                    Some(value) => entries.insert(key, value),
                    None => entries.remove(&key),
                };
            }
            copy.from = next;
            if !entries.is_empty() {
                return Ok(entries.into_iter().collect());
            }
        }
        Ok(Vec::new())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        *self.source.running.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::SledStore;
    use super::*;

    fn commit(store: &mut SledStore, writes: &[(u32, Option<u8>)]) {
        let writes = writes
            .iter()
            .map(|(key, value)| (key.to_be_bytes().to_vec(), value.map(|value| vec![value; 40])));
        store.commit(Batch { writes: writes.collect() }).unwrap();
    }

    #[test]
    fn a_copy_shows_one_point_between_two_commits_whatever_is_committed_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SledStore::open(folder.path()).unwrap();
        let first: Vec<_> = (0..1_000).map(|key| (key * 2, Some(1))).collect();
        commit(&mut store, &first);
        let expected = store.range(b"", END, usize::MAX).unwrap();
        let source = store.snapshots();
        let ((), mut copy) = source.begin(|_| Ok(())).unwrap();
        assert!(matches!(source.begin(|_| Ok(())), Err(SnapshotError::Busy)));
        let mut found = copy.portion().unwrap();
        // Behind and ahead of the copy: written over, taken away, new.
        for round in 2..6 {
            commit(&mut store, &[(0, Some(round)), (1_998, Some(round)), (1_996, None)]);
            commit(&mut store, &[(1, Some(round)), (1_001, Some(round)), (1_000, None)]);
            found.extend(copy.portion().unwrap());
        }
        loop {
            let portion = copy.portion().unwrap();
            if portion.is_empty() {
                break;
            }
            found.extend(portion);
        }
        assert_eq!(found, expected);
        drop(copy);
        assert!(source.begin(|_| Ok(())).is_ok());
    }
}
