//! Leaves that came back and whose record is gone: a revision `lost` takes their place (登记丢失).
//!
//! **Promises.** Nothing is superseded before the next log is open and everything that can account for
//! a leaf was taken in and published; what belongs to an open transfer waits for it.
//! **Left to others.** Publishing what is here: `publishing`.

use std::collections::BTreeSet;

use super::super::publication;
use super::super::round::Round;
use super::super::transfers_in;
use super::super::transfers_out;
use super::super::{publishing, single};
use super::{holds_digests, is_recovering, pulled};
use crate::digest::{Digest, DigestStatus};
use crate::id::{ReferenceTag, TransferId};
use crate::limits::PUBLISH_PORTION;
use crate::log::origin::LogKind;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};
use crate::subject::Reference;

/// Supersedes a portion; whether any are left.
pub(super) fn turn(round: &mut Round<'_>) -> Result<bool, StoreError> {
    if pulled::left(round.view, &[], 1)?.is_empty() {
        return Ok(false);
    }
    let waits = is_recovering(round.view)? || holds_digests(round.view)?;
    if waits || publishing::is_busy(round.view)? {
        return Ok(true);
    }
    let Some(open) = references_of_open(round)? else { return Ok(true) };
    let after: Vec<u8> = single::read::<crate::id::Bytes>(round.view, AFTER)?
        .map_or_else(Vec::new, |at| at.to_vec());
    let portion = pulled::left(round.view, &after, PUBLISH_PORTION)?;
    let is_last = portion.len() < PUBLISH_PORTION;
    let last = portion.last().map(|left| left.place.clone());
    for left in portion {
        if left.digest.reference.is_none_or(|reference| !open.contains(&reference)) {
            supersede(round, (left.log, left.leaf), left.digest)?;
        }
    }
    let next = last.filter(|_| !is_last).unwrap_or_default();
    single::write(round.view, AFTER, &crate::id::Bytes::from(next));
    Ok(!pulled::left(round.view, &[], 1)?.is_empty())
}

/// The place after which the next portion begins.
const AFTER: &[u8] = b"lost-leaves-after";

fn supersede(
    round: &mut Round<'_>,
    (log, leaf): (u32, u64),
    before: Digest,
) -> Result<(), StoreError> {
    pulled::settle(round.view, log, leaf)?;
    let status = match before.status {
        // A payout stays one, whoever has forgotten it; what is over needs no end.
        DigestStatus::Lost
        | DigestStatus::RowHealed
        | DigestStatus::IntentPaid
        | DigestStatus::IntentWithdrawn
        | DigestStatus::IntentExpired => return Ok(()),
        DigestStatus::RowQuarantined => DigestStatus::RowHealed,
        DigestStatus::AccountOpen
        | DigestStatus::AccountClosed
        | DigestStatus::LoanGranted
        | DigestStatus::LoanSettled
        | DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned
        | DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired
        | DigestStatus::WithdrawalPaid
        | DigestStatus::WithdrawalReversed
        | DigestStatus::IntentOpen => DigestStatus::Lost,
    };
    // Past the end of its log nobody counts it.
    let Some(earlier) = publication::earlier(round, (log, leaf), None)? else { return Ok(()) };
    let current = publication::own_log(round, LogKind::Public)?.number;
    let counts = (earlier.log.unwrap_or(current), earlier.leaf);
    if counts != (log, leaf) && !publication::is_live(round, counts)? {
        // The record is here, and what it says now has the place of the leaf before.
        return Ok(());
    }
    let digest = Digest {
        status,
        revision: earlier.revision.saturating_add(1),
        previous: Some(earlier.leaf),
        previous_log: earlier.log,
        date: round.now.date().unwrap_or(before.date),
        ..before
    };
    round.publish(&digest).map(drop)
}

/// The reference tags of the transfers that have not ended; `None` while there is no tag key.
fn references_of_open(round: &mut Round<'_>) -> Result<Option<BTreeSet<ReferenceTag>>, StoreError> {
    let prefix = key(Area::TransferOpen, &[]);
    let rows = round.view.range(&prefix, &prefix_end(&prefix), usize::MAX)?;
    let epoch = round.roster.tag_epoch;
    let mut open = BTreeSet::new();
    for (place, _) in rows {
        let Some(Ok(id)) = place.get(1..).map(<[u8; 32]>::try_from) else { continue };
        let transfer = TransferId::new(id);
        let is_here = transfers_out::load(round.view, transfer)?.is_some()
            || transfers_in::load(round.view, transfer)?.is_some();
        if is_here {
            match round.tagger.reference(epoch, Reference::Transfer(transfer)) {
                Ok(reference) => open.insert(reference),
                Err(_) => return Ok(None),
            };
        }
    }
    Ok(Some(open))
}
