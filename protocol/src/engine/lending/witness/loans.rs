//! The running loans of a person that a witness knows: by the logs that it holds, and by what centers
//! said when their leases ended.
//!
//! **Promises.** A payout counts as a running loan from the moment that this node hears of it, until the
//! log of its center says that the loan is paid back, or its center that the payout was undone.
//! **Left to others.** What follows for a request: `lending::poll`.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::following;
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::id::{IntentId, ReferenceTag, SubjectTag};
use crate::limits::LEASE_LOANS_MAX;
use crate::statement::lending::RunningLoan;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// A loan that was paid out under a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PaidLoan {
    /// Who lent.
    #[n(1)]
    center: CenterCode,
    /// The reference tag of the loan, where it was said.
    #[n(2)]
    loan: Option<ReferenceTag>,
}

impl PaidLoan {
    /// A loan of a center.
    #[must_use]
    pub const fn new(center: CenterCode, loan: Option<ReferenceTag>) -> Self {
        Self { center, loan }
    }
}

/// Stages that a loan was paid out to a member of a household under an intent.
pub(super) fn put_paid(view: &mut dyn View, of: (SubjectTag, IntentId), paid: PaidLoan) {
    view.put(paid_key(of), cbor::encode(&paid));
}

/// Stages that it was not, after all.
pub(super) fn delete_paid(view: &mut dyn View, of: (SubjectTag, IntentId)) {
    view.delete(paid_key(of));
}

fn paid_key((tag, intent): (SubjectTag, IntentId)) -> Vec<u8> {
    key(Area::PaidLoan, &[tag.as_bytes(), intent.as_bytes()])
}

/// Loans of a person that run, as far as this node knows: by the logs that it holds, and by what
/// centers said when their leases ended.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::engine::lending) fn loans(
    round: &Round<'_>,
    tag: SubjectTag,
) -> Result<Vec<RunningLoan>, StoreError> {
    let mut running = BTreeSet::new();
    for live in tag_index::by_tag(round.view, tag, DIGESTS_MAX)? {
        let (center, reference) = (live.log.center, live.digest.reference);
        let runs = match live.digest.status {
            DigestStatus::LoanGranted => true,
            DigestStatus::IntentPaid => !is_settled(round.view, center, reference)?,
            DigestStatus::Lost => hides_a_payout(round, &live)?,
            DigestStatus::AccountOpen
            | DigestStatus::AccountClosed
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
            | DigestStatus::IntentOpen
            | DigestStatus::IntentWithdrawn
            | DigestStatus::IntentExpired
            | DigestStatus::RowQuarantined
            | DigestStatus::RowHealed => false,
        };
        if runs {
            running.insert(RunningLoan { center, reference });
        }
    }
    let prefix = key(Area::PaidLoan, &[tag.as_bytes()]);
    for (_, bytes) in round.view.range(&prefix, &prefix_end(&prefix), DIGESTS_MAX)? {
        let paid: PaidLoan = cbor::decode_stored("paid loans", &bytes)?;
        if !is_settled(round.view, paid.center, paid.loan)? {
            running.insert(RunningLoan { center: paid.center, reference: paid.loan });
        }
    }
    Ok(running.into_iter().take(LEASE_LOANS_MAX).collect())
}

/// Digests of one person that are looked at: more than anybody has.
const DIGESTS_MAX: usize = 1_024;

/// Whether the log of a center says that the loan with this reference is paid back.
fn is_settled(
    view: &dyn View,
    center: CenterCode,
    reference: Option<ReferenceTag>,
) -> Result<bool, StoreError> {
    let Some(reference) = reference else { return Ok(false) };
    let live = tag_index::by_reference(view, reference, DIGESTS_MAX)?;
    Ok(live.iter().any(|found| {
        found.log.center == center && found.digest.status == DigestStatus::LoanSettled
    }))
}

/// Whether a record that its center has lost was that of a payout: the money has left all the same.
fn hides_a_payout(round: &Round<'_>, lost: &IndexedDigest) -> Result<bool, StoreError> {
    let (mut log, mut digest) = (lost.log, lost.digest.clone());
    while digest.status == DigestStatus::Lost {
        let Some(before) = following::replaced_by(round, log, &digest)? else { return Ok(false) };
        log = tag_index::log_before(log, &digest);
        digest = before;
    }
    Ok(digest.status == DigestStatus::IntentPaid)
}
