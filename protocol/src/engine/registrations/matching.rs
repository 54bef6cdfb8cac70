//! What the other city has published of a registered transfer.
//!
//! **Promises.** The two sides are matched by the reference tag alone: neither learns what the other
//! has registered, and their commitments are of records of their own.
//! **Left to others.** Telling the authority of one side without the other: `alerts`.

use super::Registered;
use crate::digest::DigestStatus;
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::engine::transfers::Side;
use crate::store::StoreError;
use crate::subject::Reference;
use crate::time::Date;
use crate::transfer::registered::RegisteredState;

/// What the other side has published of a registered transfer, by the reference tag alone.
///
/// # Errors
/// When the store cannot be read.
pub(in super::super) fn counterpart(
    round: &mut Round<'_>,
    registered: &Registered,
) -> Result<Option<Counterpart>, StoreError> {
    let epoch = round.roster.tag_epoch;
    let reference = round.tagger.reference(epoch, Reference::Transfer(registered.id));
    // Without the tag key nothing can be matched yet.
    let Ok(reference) = reference else { return Ok(None) };
    let live = tag_index::by_reference(round.view, reference, DIGESTS_MAX)?;
    let theirs = match registered.side {
        Side::Out => Side::In,
        Side::In => Side::Out,
    };
    let said = |found: &IndexedDigest| {
        let status = Some(found.digest.status);
        let mut states = RegisteredState::ALL.iter().copied();
        states.find(|state| state.digest_status(theirs) == status)
    };
    let of_other = live.iter().filter(|found| found.log.center == registered.other);
    let said = of_other.filter_map(|found| Some((found, said(found)?)));
    let latest = said.max_by_key(|(found, _)| (found.log.number, found.leaf));
    Ok(latest.map(|(found, state)| Counterpart {
        state,
        on: found.digest.date,
        is_matched: is_matched(registered, found.digest.status),
    }))
}

/// Digests of one transfer that are read: both sides have one that counts.
const DIGESTS_MAX: usize = 64;

/// What the other side has published of a registered transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// What it says: where the transfer stands there.
    pub state: RegisteredState,
    /// The business date there.
    pub on: Date,
    /// Whether both sides say the same.
    pub is_matched: bool,
}

/// Whether the digest of the other side says what this side says: paid and credited, reversed and
/// returned.
fn is_matched(registered: &Registered, theirs: DigestStatus) -> bool {
    let ours = registered.published.map(|published| published.status);
    let (out, into) = match registered.side {
        Side::Out => (ours, Some(theirs)),
        Side::In => (Some(theirs), ours),
    };
    matches!(
        (out, into),
        (Some(DigestStatus::TransferRemitted), Some(DigestStatus::TransferCredited))
            | (Some(DigestStatus::TransferReversed), Some(DigestStatus::TransferReturned))
    )
}
