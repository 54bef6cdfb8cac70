//! The store of tests and of the simulator: a map in memory.
//!
//! **Promises.** The same contract as a durable store, but for the power loss.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Batch, Entry, Store, StoreError};

/// A map in memory.
///
/// Keys are found by their first bytes as one number, which is compared where it lies; those that
/// begin alike stand together, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    entries: BTreeMap<Head, Vec<Entry>>,
}

/// The first bytes of a key; a shorter key counts as followed by zeros.
type Head = u128;

fn head(key: &[u8]) -> Head {
    let mut head = [0; size_of::<Head>()];
    for (place, byte) in head.iter_mut().zip(key) {
        *place = *byte;
    }
    Head::from_be_bytes(head)
}

/// Where a key stands among those that begin alike, or would.
fn place(alike: &[Entry], key: &[u8]) -> Result<usize, usize> {
    alike.binary_search_by(|(other, _)| other.as_slice().cmp(key))
}

impl MemoryStore {
    /// Writes or deletes a key, and gives what stood there.
    pub fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let head = head(&key);
        let Some(value) = value else {
            let alike = self.entries.get_mut(&head)?;
            let (_, before) = alike.remove(place(alike, &key).ok()?);
            if alike.is_empty() {
                self.entries.remove(&head);
            }
            return Some(before);
        };
        let alike = self.entries.entry(head).or_default();
        match place(alike, &key) {
            Ok(found) => {
                let (_, stored) = alike.get_mut(found)?;
                Some(core::mem::replace(stored, value))
            }
            Err(free) => {
                alike.insert(free, (key, value));
                None
            }
        }
    }

    /// The entries with `from <= key < to`, in key order.
    fn between(&self, from: &[u8], to: &[u8]) -> impl DoubleEndedIterator<Item = &Entry> {
        // The heads of both ends may have keys on either side of them.
        let heads = if from < to {
            (Bound::Included(head(from)), Bound::Included(head(to)))
        } else {
            (Bound::Included(0), Bound::Excluded(0))
        };
        self.entries.range(heads).flat_map(move |(_, alike)| {
            let place = |key| place(alike, key).unwrap_or_else(|free| free);
            alike.get(place(from)..place(to)).unwrap_or_default()
        })
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let alike = self.entries.get(&head(key));
        let found = alike.and_then(|alike| alike.get(place(alike, key).ok()?));
        Ok(found.map(|(_, value)| value.clone()))
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(self.between(from, to).take(limit).cloned().collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        Ok(self.between(from, to).next_back().cloned())
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        for (key, value) in batch.writes {
            drop(self.set(key, value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;
    use proptest::prelude::*;

    #[test]
    fn the_memory_store_keeps_the_contract() {
        contract::check(&mut MemoryStore::default()).unwrap();
    }

    /// A key that begins like many others, and may be shorter or longer than what is compared first.
    fn alike() -> impl Strategy<Value = Vec<u8>> {
        (0_usize..20, prop::collection::vec(0_u8..3, 0..3)).prop_map(|(zeros, rest)| {
            let mut key = vec![0; zeros];
            key.extend(rest);
            key
        })
    }

    proptest! {
        #[test]
        fn keys_that_begin_alike_keep_the_order_of_their_bytes(
            writes in prop::collection::vec((alike(), prop::option::of(0_u8..4)), 0..60),
            (from, to) in (alike(), alike()),
            limit in 0_usize..9,
        ) {
            let mut store = MemoryStore::default();
            let mut model = BTreeMap::new();
            for (key, value) in writes {
                let value = value.map(|value| vec![value]);
                let before = match value.clone() {
                    Some(value) => model.insert(key.clone(), value),
                    None => model.remove(&key),
                };
                prop_assert_eq!(store.set(key.clone(), value), before);
                prop_assert_eq!(store.get(&key).unwrap(), model.get(&key).cloned());
            }
            let wanted: Vec<Entry> = model
                .into_iter()
                .filter(|(key, _)| from <= *key && *key < to)
                .collect();
            let first: Vec<Entry> = wanted.iter().take(limit).cloned().collect();
            prop_assert_eq!(store.range(&from, &to, limit).unwrap(), first);
            prop_assert_eq!(store.last(&from, &to).unwrap(), wanted.last().cloned());
        }
    }
}
