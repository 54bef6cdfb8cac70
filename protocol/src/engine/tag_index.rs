//! The index from subject tags and reference tags to live digests of all logs held.
//!
//! **Promises.** A lookup by tag is one range of the index, whatever the number and length of the
//! logs; it holds the newest revision of each digest, and no leaf past the end of a closed log.
//! **Left to others.** Computing tags: `subject`. Which centers a lookup makes one ask: `queries`.

use crate::cbor;
use crate::digest::Digest;
use crate::id::{ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::store::keys::{Area, key};
use crate::store::{Entry, StoreError, View, prefix_end};

/// A live digest and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedDigest {
    /// The log that it is a leaf of.
    pub log: LogId,
    /// Which leaf.
    pub leaf: LeafIndex,
    /// The digest.
    pub digest: Digest,
}

/// Live digests about a person or a property, by log and leaf; at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub fn by_tag(
    view: &dyn View,
    tag: SubjectTag,
    limit: usize,
) -> Result<Vec<IndexedDigest>, StoreError> {
    lookup(view, Area::TagIndex, tag.as_bytes(), limit)
}

/// Live digests with a reference tag: both sides of a transfer, or the revisions of a loan.
///
/// # Errors
/// When the store cannot be read.
pub fn by_reference(
    view: &dyn View,
    reference: ReferenceTag,
    limit: usize,
) -> Result<Vec<IndexedDigest>, StoreError> {
    lookup(view, Area::ReferenceIndex, reference.as_bytes(), limit)
}

/// Stages a leaf: in come the rows of the digest, out go those of the revision that it replaces.
pub(super) fn insert(
    view: &mut dyn View,
    log: LogId,
    leaf: LeafIndex,
    digest: &Digest,
    replaced: Option<&Digest>,
) {
    if let (Some(old), Some(old_leaf)) = (replaced, digest.previous) {
        remove(view, log_before(log, digest), LeafIndex::new(old_leaf), old);
    }
    let value = cbor::encode(digest);
    for row in rows_of(log, leaf, digest) {
        view.put(row, value.clone());
    }
}

/// The log that holds the revision before a digest of `log`.
pub(super) fn log_before(log: LogId, digest: &Digest) -> LogId {
    LogId { number: digest.previous_log.unwrap_or(log.number), ..log }
}

/// Stages the removal of a leaf's rows.
pub(super) fn remove(view: &mut dyn View, log: LogId, leaf: LeafIndex, digest: &Digest) {
    for row in rows_of(log, leaf, digest) {
        view.delete(row);
    }
}

pub(super) fn rows_of(log: LogId, leaf: LeafIndex, digest: &Digest) -> Vec<Vec<u8>> {
    let place = [log.to_key().as_slice(), &leaf.get().to_be_bytes()].concat();
    let by_tag = digest.subjects.iter().map(|tag| key(Area::TagIndex, &[tag.as_bytes(), &place]));
    let by_reference =
        digest.reference.iter().map(|tag| key(Area::ReferenceIndex, &[tag.as_bytes(), &place]));
    by_tag.chain(by_reference).collect()
}

fn lookup(
    view: &dyn View,
    area: Area,
    tag: &[u8; 32],
    limit: usize,
) -> Result<Vec<IndexedDigest>, StoreError> {
    let prefix = key(area, &[tag]);
    let rows = view.range(&prefix, &prefix_end(&prefix), limit)?;
    rows.iter().map(read_row).collect()
}

fn read_row((key, value): &Entry) -> Result<IndexedDigest, StoreError> {
    let (log, leaf) = place_of(key).ok_or_else(|| StoreError::Corrupt {
        place: "tag index",
        detail: "a key of another form".into(),
    })?;
    Ok(IndexedDigest { log, leaf, digest: cbor::decode_stored("tag index", value)? })
}

/// Area (1), tag (32), center (4), log number (4), log kind (1), leaf (8).
pub(super) fn place_of(key: &[u8]) -> Option<(LogId, LeafIndex)> {
    let (log, leaf) = key.get(33..)?.split_first_chunk::<9>()?;
    let leaf = LeafIndex::new(u64::from_be_bytes(leaf.try_into().ok()?));
    Some((LogId::from_key(log)?, leaf))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::DigestStatus;
    use crate::id::Commitment;
    use crate::store::Staged;
    use crate::store::memory::MemoryStore;
    use crate::testing::{DATONG, TAIYUAN};
    use crate::time::Date;

    fn digest(status: DigestStatus, subjects: &[u8], previous: Option<u64>) -> Digest {
        Digest {
            status,
            revision: if previous.is_some() { 2 } else { 1 },
            previous,
            previous_log: None,
            taken_in: None,
            epoch: 1,
            subjects: subjects.iter().map(|byte| SubjectTag::new([*byte; 32])).collect(),
            reference: Some(ReferenceTag::new([9; 32])),
            commitment: Commitment::new([0; 32]),
            date: Date::new(2026, 5, 6).unwrap(),
            channel: None,
        }
    }

    #[test]
    fn a_lookup_finds_the_newest_revision_in_every_log() {
        let store = MemoryStore::default();
        let mut view = Staged::new(&store);
        let (first, second) = (LogId::public(TAIYUAN, 1), LogId::public(DATONG, 1));
        let granted = digest(DigestStatus::LoanGranted, &[1, 2], None);
        let settled = digest(DigestStatus::LoanSettled, &[1], Some(300));
        insert(&mut view, first, LeafIndex::new(300), &granted, None);
        insert(&mut view, second, LeafIndex::new(0), &granted, None);
        insert(&mut view, first, LeafIndex::new(301), &settled, Some(&granted));

        let found = by_tag(&view, SubjectTag::new([1; 32]), 9).unwrap();
        let places: Vec<_> =
            found.iter().map(|hit| (hit.log, hit.leaf.get(), hit.digest.status)).collect();
        let expected =
            [(first, 301, DigestStatus::LoanSettled), (second, 0, DigestStatus::LoanGranted)];
        assert_eq!(places, expected);
        // Who stands no longer in the new revision is not found by the old one.
        assert_eq!(by_tag(&view, SubjectTag::new([2; 32]), 9).unwrap().len(), 1);
        assert_eq!(by_reference(&view, ReferenceTag::new([9; 32]), 9).unwrap().len(), 2);
        assert_eq!(by_tag(&view, SubjectTag::new([3; 32]), 9).unwrap(), []);
    }
}
