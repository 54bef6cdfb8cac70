//! The port to durable storage, and the view in which a round reads its own writes.
//!
//! **Promises.** [`Staged`] shows a round what it has written, and nothing reaches the store but
//! through one [`Store::commit`].
//! **Left to others.** Durability: the implementation. Key layout: [`keys`].

use std::collections::BTreeMap;

pub mod contract;
pub mod keys;
pub mod memory;

/// Ordered byte keys; one writer; a commit is atomic and durable.
///
/// Nothing wider, so that another engine fits behind it: reads see every commit before them;
/// [`commit`](Store::commit) returns only when all of the batch would survive a power loss, and a
/// crash during it leaves all of the batch or nothing. Keys are ordered as bytes.
pub trait Store {
    /// The value of a key.
    ///
    /// # Errors
    /// When the storage cannot be read, or its check fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first `limit` entries with `from <= key < to`, in key order.
    ///
    /// # Errors
    /// When the storage cannot be read, or its check fails.
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The last entry with `from <= key < to`.
    ///
    /// # Errors
    /// When the storage cannot be read, or its check fails.
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError>;

    /// Applies a batch, atomically and durably.
    ///
    /// # Errors
    /// When the storage cannot be written: then nothing of the batch is there.
    fn commit(&mut self, batch: Batch) -> Result<(), StoreError>;
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Writes that belong together; `None` deletes the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The writes, one a key.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// Why the storage could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Stored bytes fail their check. The engine stops.
    #[error(
        "the store is damaged at {place}: {detail}; look at it with `fundlink fsck`, and restore a backup with \
         `fundlink restore` where that cannot mend it"
    )]
    Corrupt {
        /// Which part of the key layout.
        place: &'static str,
        /// What was found; never a stored value.
        detail: String,
    },
    /// The disk has no room.
    #[error("the disk of the data folder is full; free some room and start the node again")]
    Full,
    /// The operating system refused.
    #[error("the data folder cannot be read or written: {0}; look at its disk, and who owns it")]
    Io(String),
    /// The store was written by a newer release.
    #[error(
        "the store has format {found}, this release reads up to {known}; install the newer release and run \
         the same command again"
    )]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format that this release reads.
        known: u32,
    },
}

/// What one round sees: the store, with the round's own writes on top.
#[derive(Debug)]
pub struct Staged<'a, S> {
    store: &'a S,
    batch: Batch,
}

impl<'a, S: Store> Staged<'a, S> {
    /// A view without writes.
    pub fn new(store: &'a S) -> Self {
        Self { store, batch: Batch::default() }
    }

    /// The writes so far.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        self.batch
    }
}

/// The read and write side of a round, without the type of the store.
pub trait View {
    /// The value of a key, as of this round.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first `limit` entries with `from <= key < to`, as of this round.
    ///
    /// # Errors
    /// As [`Store::range`].
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The last entry with `from <= key < to`, as of this round.
    ///
    /// # Errors
    /// As [`Store::last`].
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError>;

    /// Stages a value.
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>);

    /// Stages a deletion.
    fn delete(&mut self, key: Vec<u8>);
}

impl<S: Store> View for Staged<'_, S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.batch.writes.get(key) {
            Some(staged) => Ok(staged.clone()),
            None => self.store.get(key),
        }
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let staged: Vec<_> = self
            .batch
            .writes
            .range::<[u8], _>((core::ops::Bound::Included(from), core::ops::Bound::Excluded(to)))
            .collect();
        // Each staged deletion can hide one stored entry, so ask for as many more.
        let hidden = staged.iter().filter(|(_, value)| value.is_none()).count();
        let stored = self.store.range(from, to, limit.saturating_add(hidden))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = stored.into_iter().collect();
        for (key, value) in staged {
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        let mut end = to.to_vec();
        loop {
            if from >= end.as_slice() {
                return Ok(None);
            }
            let bounds =
                (core::ops::Bound::Included(from), core::ops::Bound::Excluded(end.as_slice()));
            let staged = self.batch.writes.range::<[u8], _>(bounds).next_back();
            let stored = self.store.last(from, &end)?;
            let staged_is_last = match (&staged, &stored) {
                (Some((key, _)), Some((other, _))) => *key >= other,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if !staged_is_last {
                return Ok(stored);
            }
            match staged {
                Some((key, Some(value))) => return Ok(Some((key.clone(), value.clone()))),
                Some((key, None)) => end = key.clone(),
                None => return Ok(stored),
            }
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.batch.writes.insert(key, Some(value));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.batch.writes.insert(key, None);
    }
}

/// The first key after every key that begins with `prefix`.
///
/// A prefix of only 0xFF bytes has no such key; the layout in [`keys`] has none.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}
