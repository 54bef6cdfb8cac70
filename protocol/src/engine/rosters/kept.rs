//! What a node keeps of rosters: the pinned anchor, authority keys, signed rosters, annexes.
//!
//! **Promises.** What is read back was verified before it was written.

use super::super::single;
use crate::cbor;
use crate::id::AnnexHash;
use crate::roster::Annex;
use crate::roster::chain::{AuthorityKeys, TrustAnchor};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// What the join file pinned, if the node has joined with one.
pub(super) fn anchor(view: &dyn View) -> Result<Option<TrustAnchor>, StoreError> {
    single::read(view, b"anchor")
}

pub(super) fn put_anchor(view: &mut dyn View, anchor: &TrustAnchor) {
    single::write(view, b"anchor", anchor);
}

/// The authority's keys, verified again: they are few, and rosters are rare.
pub(super) fn authority_keys(view: &dyn View) -> Result<Option<AuthorityKeys>, StoreError> {
    let Some(anchor) = anchor(view)? else {
        return Ok(None);
    };
    let mut keys = AuthorityKeys::new(anchor);
    let prefix = key(Area::AuthorityKey, &[]);
    let limit = crate::limits::AUTHORITY_KEYS_MAX;
    for (_, bytes) in view.range(&prefix, &prefix_end(&prefix), limit)? {
        keys.add(&bytes).map_err(|error| StoreError::Corrupt {
            place: "authority keys",
            detail: error.to_string(),
        })?;
    }
    Ok(Some(keys))
}

pub(super) fn put_authority_keys(view: &mut dyn View, keys: &AuthorityKeys) {
    for (number, bytes) in keys.statements_from(0) {
        view.put(key(Area::AuthorityKey, &[&number.to_be_bytes()]), bytes.to_vec());
    }
}

/// The signed roster of a version.
pub(super) fn roster(view: &dyn View, version: u64) -> Result<Option<Vec<u8>>, StoreError> {
    view.get(&key(Area::Roster, &[&version.to_be_bytes()]))
}

pub(super) fn put_roster(view: &mut dyn View, version: u64, bytes: &[u8]) {
    view.put(key(Area::Roster, &[&version.to_be_bytes()]), bytes.to_vec());
}

pub(super) fn annex(view: &dyn View, hash: AnnexHash) -> Result<Option<Annex>, StoreError> {
    let bytes = view.get(&key(Area::Annex, &[hash.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("annexes", &bytes)).transpose()
}

pub(super) fn put_annex(view: &mut dyn View, annex: &Annex) {
    view.put(key(Area::Annex, &[annex.hash().as_bytes()]), cbor::encode(annex));
}
