//! The audit log (审计日志): a private log with a leaf for every statement sent or received.
//!
//! **Promises.** A leaf is a blinded commitment to the complete bytes, so the log tells the network
//! a size and a root and nothing more; with the blinding, the holder proves what was said and when.
//! **Left to others.** Growing and signing the log: `publication`.

use minicbor::{Decode, Encode};

use super::publication;
use super::round::Round;
use crate::cbor;
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::id::{Blinding, PayloadHash};
use crate::log::origin::LogKind;
use crate::log::tree::LeafIndex;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// Where a statement stands in the own audit log, and what opens its leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuditRow {
    /// The number of the audit log.
    #[n(1)]
    pub number: u32,
    /// Which leaf.
    #[n(2)]
    pub leaf: LeafIndex,
    /// With which the leaf is the commitment to the statement's bytes.
    #[n(3)]
    pub blinding: Blinding,
}

/// Stages a leaf over the complete bytes of a statement, or of a record of something done here.
pub(super) fn audit(
    round: &mut Round<'_>,
    hash: PayloadHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let blinding = Blinding::new(round.entropy.draw());
    let entry = commit(CommitmentDomain::Statement, &blinding, bytes).as_bytes().to_vec();
    let (log, leaf) = publication::stage_leaf(round, LogKind::Audit, entry)?;
    let row = AuditRow { number: log.number, leaf, blinding };
    round.view.put(key(Area::AuditLeaf, &[hash.as_bytes()]), cbor::encode(&row));
    if let Some(other) = other_side(round.center(), bytes) {
        let place = correspondence_key(other, (log.number, leaf));
        round.view.put(place, hash.as_bytes().to_vec());
    }
    Ok(())
}

/// The key of a leaf in the list of statements by the other side.
pub(super) fn correspondence_key(other: CenterCode, (number, leaf): (u32, LeafIndex)) -> Vec<u8> {
    let parts: [&[u8]; 3] = [&other.to_key(), &number.to_be_bytes(), &leaf.get().to_be_bytes()];
    key(Area::Correspondence, &parts)
}

/// Where a statement stands in the audit log.
///
/// # Errors
/// When the store cannot be read.
pub fn place(view: &dyn View, hash: PayloadHash) -> Result<Option<AuditRow>, StoreError> {
    let bytes = view.get(&key(Area::AuditLeaf, &[hash.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("audit leaves", &bytes)).transpose()
}

/// A place in the correspondence with one center; the next page begins after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CorrespondencePlace {
    /// The number of the audit log.
    #[n(1)]
    pub number: u32,
    /// The leaf.
    #[n(2)]
    pub leaf: u64,
}

/// Statements from or to a center, in the order in which they were kept, `limit` at most.
///
/// # Errors
/// When the store cannot be read.
pub fn correspondence(
    view: &dyn View,
    with: CenterCode,
    after: Option<CorrespondencePlace>,
    limit: usize,
) -> Result<Vec<(CorrespondencePlace, PayloadHash)>, StoreError> {
    let prefix = key(Area::Correspondence, &[&with.to_key()]);
    let from = after.map_or_else(
        || prefix.clone(),
        |place| {
            let next = place.leaf.saturating_add(1).to_be_bytes();
            key(Area::Correspondence, &[&with.to_key(), &place.number.to_be_bytes(), &next])
        },
    );
    let rows = view.range(&from, &prefix_end(&prefix), limit)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let (number, leaf) = key.get(5..)?.split_first_chunk::<4>()?;
        let place = CorrespondencePlace {
            number: u32::from_be_bytes(*number),
            leaf: u64::from_be_bytes(leaf.try_into().ok()?),
        };
        Some((place, PayloadHash::new(value.as_slice().try_into().ok()?)))
    };
    rows.iter()
        .map(|row| {
            read(row).ok_or_else(|| StoreError::Corrupt {
                place: "correspondence",
                detail: "a row of another form".into(),
            })
        })
        .collect()
}

/// The other member of a statement; `None` when the bytes are no statement to one member.
pub(super) fn other_side(own: CenterCode, bytes: &[u8]) -> Option<CenterCode> {
    let (from, to) = Received::parse(bytes.to_vec()).ok()?.parties()?;
    [Some(from), to].into_iter().flatten().find(|center| *center != own)
}
