//! A store as it is found, damage and all: what a check and a repair open.
//!
//! **Promises.** Damage is told and not served: rows that cannot be read are named by their keys and taken
//! out, so that the rest can be read.
//! **Left to others.** Copying the folder first: whoever must not change it, for sled writes when it opens.

use std::path::Path;

use fundlink_protocol::store::{Store as _, StoreError};

use super::{CHUNK, FolderLock, OWN, OpenError, SledStore, VALUE, store_error};

/// A store and what was wrong with it.
#[derive(Debug)]
pub struct Found {
    /// The store, without the rows that cannot be read.
    pub store: SledStore,
    /// Commits that were acknowledged and are gone, as an error says it.
    pub lost: Option<StoreError>,
    /// The keys of rows that did not match their check, in their order.
    pub damaged: Vec<Vec<u8>>,
    /// Rows of no known kind.
    pub strange: u64,
}

impl SledStore {
    /// Opens a store as it is found, under a lock that is held already.
    ///
    /// # Errors
    /// When sled cannot read its own file, or the store is of a newer release.
    pub fn as_found(folder: &Path, lock: FolderLock) -> Result<Found, OpenError> {
        let (store, lost) = Self::open_under(folder, lock)?;
        let (mut damaged, mut strange) = (Vec::new(), Vec::new());
        for found in store.db.iter() {
            let (stored_key, _) = found.map_err(|error| store_error(&error))?;
            match stored_key.split_first() {
                Some((&VALUE, key)) => match store.get(key) {
                    Ok(_) => {}
                    Err(StoreError::Corrupt { .. }) => damaged.push(key.to_vec()),
                    Err(error) => return Err(error.into()),
                },
                Some((&(CHUNK | OWN), _)) => {}
                Some(_) | None => strange.push(stored_key),
            }
        }
        for key in &damaged {
            store.db.remove(super::value_key(key)).map_err(|error| store_error(&error))?;
        }
        for key in &strange {
            store.db.remove(key).map_err(|error| store_error(&error))?;
        }
        if !damaged.is_empty() || !strange.is_empty() {
            store.make_durable()?;
        }
        let strange = u64::try_from(strange.len()).unwrap_or(u64::MAX);
        Ok(Found { store, lost, damaged, strange })
    }
}

#[cfg(test)]
impl SledStore {
    /// Flips a bit of a stored value, past its check.
    pub(in crate::store) fn spoil(&self, key: &[u8]) {
        let place = super::value_key(key);
        let mut stored = self.db.get(&place).unwrap().unwrap().to_vec();
        stored[1] ^= 1;
        self.db.insert(place, stored).unwrap();
        self.make_durable().unwrap();
    }

    /// Lets the store forget that it made a commit.
    pub(in crate::store) fn forget_commit(&self) {
        let place = super::own_key(b"commits");
        let before = self.commits.checked_sub(1).unwrap().to_be_bytes();
        self.db.insert(&place, super::with_check(&place, &before)).unwrap();
        self.make_durable().unwrap();
    }
}
