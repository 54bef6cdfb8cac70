//! The store of tests and of the simulator: a map in memory.
//!
//! **Promises.** The same contract as a durable store, but for the power loss.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Batch, Entry, Store, StoreError};

/// A map in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.entries.get(key).cloned())
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let entries = self.entries.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        Ok(entries.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        if from >= to {
            return Ok(None);
        }
        let mut entries =
            self.entries.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        Ok(entries.next_back().map(|(key, value)| (key.clone(), value.clone())))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        for (key, value) in batch.writes {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    #[test]
    fn the_memory_store_keeps_the_contract() {
        contract::check(&mut MemoryStore::default()).unwrap();
    }
}
