//! Own leaves that members gave back: which of them some record here accounts for.
//!
//! **Promises.** A leaf is here until a later one replaces it; what is left when everything else is
//! taken in is a leaf whose record is gone.
//! **Left to others.** Superseding what is left: `lost`.

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::digest::Digest;
use crate::id::Bytes;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// The leaf that replaces another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::engine) struct Next {
    /// The number of its log.
    #[n(1)]
    pub(in crate::engine) log: u32,
    /// Which leaf.
    #[n(2)]
    pub(in crate::engine) leaf: u64,
    /// The digest.
    #[n(3)]
    pub(in crate::engine) entry: Bytes,
}

/// A leaf that came back and that nothing here accounts for.
pub(super) struct Left {
    /// Its row.
    pub(super) place: Vec<u8>,
    pub(super) log: u32,
    pub(super) leaf: u64,
    pub(super) digest: Digest,
}

/// Notes a leaf that has come back.
pub(super) fn take(
    view: &mut dyn View,
    log: u32,
    (leaf, digest): (u64, &Digest),
) -> Result<(), StoreError> {
    let entry = cbor::encode(digest);
    if let Some(previous) = digest.previous {
        let before = digest.previous_log.unwrap_or(log);
        view.delete(place(Area::PulledLeaf, before, previous));
        let next = Next { log, leaf, entry: entry.clone().into() };
        view.put(place(Area::PulledNext, before, previous), cbor::encode(&next));
    }
    view.put(place(Area::PulledLeaf, log, leaf), entry);
    Ok(())
}

/// A new leaf replaces one that may have come back.
pub(in crate::engine) fn supersede(
    view: &mut dyn View,
    log: u32,
    digest: &Digest,
) -> Result<(), StoreError> {
    if let Some(previous) = digest.previous {
        settle(view, digest.previous_log.unwrap_or(log), previous)?;
    }
    Ok(())
}

/// Something here accounts for a leaf that has come back.
pub(in crate::engine) fn settle(
    view: &mut dyn View,
    log: u32,
    leaf: u64,
) -> Result<(), StoreError> {
    let place = place(Area::PulledLeaf, log, leaf);
    if view.get(&place)?.is_some() {
        view.delete(place);
    }
    Ok(())
}

/// Whether a leaf has come back and nothing here accounts for it.
pub(in crate::engine) fn is_left(view: &dyn View, log: u32, leaf: u64) -> Result<bool, StoreError> {
    Ok(view.get(&place(Area::PulledLeaf, log, leaf))?.is_some())
}

/// The last of the leaves that came back and follow one that is known here; `None` when none does.
pub(in crate::engine) fn last_after(
    view: &dyn View,
    log: u32,
    leaf: u64,
) -> Result<Option<Next>, StoreError> {
    let (mut at, mut last) = ((log, leaf), None);
    while let Some(bytes) = view.get(&place(Area::PulledNext, at.0, at.1))? {
        let next: Next = cbor::decode_stored("leaves given back", &bytes)?;
        // A later leaf only: a chain that turned back would never end.
        if (next.log, next.leaf) <= at {
            break;
        }
        at = (next.log, next.leaf);
        last = Some(next);
    }
    Ok(last)
}

/// Leaves that came back and that nothing here accounts for, at most `limit`, from a place on.
pub(super) fn left(view: &dyn View, after: &[u8], limit: usize) -> Result<Vec<Left>, StoreError> {
    let prefix = key(Area::PulledLeaf, &[]);
    let from = if after.is_empty() { prefix.clone() } else { [after, &[0]].concat() };
    let mut found = Vec::new();
    for (place, entry) in view.range(&from, &prefix_end(&prefix), limit)? {
        let parts = place.get(1..).and_then(|rest| rest.split_first_chunk::<4>());
        let leaf = parts.and_then(|(_, leaf)| leaf.try_into().ok());
        let (Some((log, _)), Some(leaf)) = (parts, leaf) else { continue };
        let digest = cbor::decode_stored("leaves given back", &entry)?;
        let (log, leaf) = (u32::from_be_bytes(*log), u64::from_be_bytes(leaf));
        found.push(Left { place: place.clone(), log, leaf, digest });
    }
    Ok(found)
}

fn place(area: Area, log: u32, leaf: u64) -> Vec<u8> {
    key(area, &[&log.to_be_bytes(), &leaf.to_be_bytes()])
}
