//! The authority's public log: the hash of each roster is a leaf.
//!
//! **Promises.** Every roster that comes into force at the authority becomes a leaf once, in the
//! order of the versions; of those before its log began, the ones that it still keeps.
//! **Left to others.** Making rosters: `rosters`. What a leaf proves: evidence.

use minicbor::{Decode, Encode};

use super::round::Round;
use super::{publication, single};
use crate::cbor;
use crate::cose::Received;
use crate::id::RosterHash;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::LeafIndex;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// Where the leaf of a roster stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RosterLeaf {
    /// The authority's log.
    #[n(1)]
    pub log: LogId,
    /// Which leaf.
    #[n(2)]
    pub leaf: LeafIndex,
}

/// The single value with the version of the last roster that became a leaf.
const LAST: &[u8] = b"roster-leaf";

/// Stages the leaf of the roster in force, unless it has one.
pub(super) fn publish(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.roster.authority != round.center() {
        return Ok(());
    }
    let version = round.roster.version;
    let before = single::read::<u64>(round.view, LAST)?.unwrap_or(0);
    if before >= version {
        return Ok(());
    }
    for missing in before.saturating_add(1)..=version {
        let Some(hash) = hash_of(round, missing)? else { continue };
        let (log, leaf) =
            publication::stage_leaf(round, LogKind::Public, hash.as_bytes().to_vec())?;
        index(round.view, RosterLeaf { log, leaf }, hash.as_bytes());
    }
    single::write(round.view, LAST, &version);
    Ok(())
}

/// The hash of a version up to the one in force, whose signed bytes may still be in the making.
fn hash_of(round: &Round<'_>, version: u64) -> Result<Option<RosterHash>, StoreError> {
    if version == round.roster.version {
        return Ok(Some(round.roster.hash()));
    }
    if version.checked_add(1) == Some(round.roster.version) {
        return Ok(round.roster.previous);
    }
    let kept = round.view.get(&key(Area::Roster, &[&version.to_be_bytes()]))?;
    let received = kept.and_then(|bytes| Received::parse(bytes).ok());
    Ok(received.map(|received| RosterHash::new(*received.hash().as_bytes())))
}

/// Stages the index row of an entry of the authority's log; other entries than hashes are left out.
pub(super) fn index(view: &mut dyn View, place: RosterLeaf, entry: &[u8]) {
    if let Ok(hash) = entry.try_into() {
        view.put(row_key(RosterHash::new(hash)), cbor::encode(&place));
    }
}

/// Where the authority's log has the hash of a roster; `None` as long as it is not held here.
///
/// # Errors
/// When the store cannot be read.
pub fn leaf_of(view: &dyn View, roster: RosterHash) -> Result<Option<RosterLeaf>, StoreError> {
    let bytes = view.get(&row_key(roster))?;
    bytes.map(|bytes| cbor::decode_stored("roster leaves", &bytes)).transpose()
}

fn row_key(roster: RosterHash) -> Vec<u8> {
    key(Area::RosterLeaf, &[roster.as_bytes()])
}
