//! Certificates (缴存使用证明): used late, used twice, or never heard of again.
//!
//! **Promises.** Judged from a digest and the revision that it replaces; the wait for a receipt is a
//! timer that the next revision takes away.
//! **Left to others.** Publishing: the issuing center. The receipt (回执) itself is not public.

use super::digests::{LIVE_MAX, judge};
use super::raising::heal;
use crate::authority::alert::AlertSubject;
use crate::authority::alert_rule::AlertRule;
use crate::certificate::VALID_MONTHS;
use crate::digest::{Digest, DigestStatus};
use crate::engine::log_store;
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::engine::timer::{self, Timer};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::deadline::end_of;

/// Days within which the receipt of a certificate must be back.
const RECEIPT_DAYS: i64 = 60;

/// A certificate has a new revision.
pub(super) fn on_certificate(
    round: &mut Round<'_>,
    found: &IndexedDigest,
    replaced: Option<&Digest>,
) -> Result<(), StoreError> {
    if let Some(previous) = found.digest.previous.map(LeafIndex::new) {
        timer::clear(round.view, Timer::Receipt(found.log, previous))?;
    }
    let before = found.digest.previous.map_or(found.leaf, LeafIndex::new);
    let missing = (AlertRule::CertificateWithoutReceipt, AlertSubject::Record(found.log, before));
    match found.digest.status {
        DigestStatus::CertificateIssued => {
            let end = found.digest.date.plus_days(RECEIPT_DAYS);
            let at = end.map_or(round.now, end_of);
            timer::set(round.view, at, Timer::Receipt(found.log, found.leaf))
        }
        DigestStatus::CertificateUsed => {
            heal(round, missing)?;
            on_used(round, found, replaced)
        }
        // It ran out, and nobody has said what became of it.
        DigestStatus::CertificateExpired => judge(round, missing, vec![found]),
        DigestStatus::CertificateRevoked => heal(round, missing),
        DigestStatus::AccountOpen
        | DigestStatus::AccountClosed
        | DigestStatus::LoanGranted
        | DigestStatus::LoanSettled
        | DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned
        | DigestStatus::WithdrawalPaid
        | DigestStatus::WithdrawalReversed
        | DigestStatus::IntentOpen
        | DigestStatus::IntentPaid
        | DigestStatus::IntentWithdrawn
        | DigestStatus::IntentExpired
        | DigestStatus::RowQuarantined
        | DigestStatus::RowHealed
        | DigestStatus::Lost => Ok(()),
    }
}

fn on_used(
    round: &mut Round<'_>,
    found: &IndexedDigest,
    replaced: Option<&Digest>,
) -> Result<(), StoreError> {
    let before = found.digest.previous.map_or(found.leaf, LeafIndex::new);
    let subject = AlertSubject::Record(found.log, before);
    if replaced.is_some_and(|replaced| is_late(replaced, found.digest.date)) {
        judge(round, (AlertRule::CertificateUsedLate, subject), vec![found])?;
    }
    if replaced.is_some_and(|replaced| replaced.status == DigestStatus::CertificateUsed) {
        judge(round, (AlertRule::CertificateUsedTwice, subject), vec![found])?;
    }
    // Two centers, or two leaves that no revision ties, say that one certificate was used.
    let Some(reference) = found.digest.reference else { return Ok(()) };
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let used: Vec<&IndexedDigest> =
        live.iter().filter(|live| live.digest.status == DigestStatus::CertificateUsed).collect();
    if used.len() > 1 {
        let (log, leaf) = used.first().map_or((found.log, found.leaf), |one| (one.log, one.leaf));
        let subject = AlertSubject::Record(log, leaf);
        judge(round, (AlertRule::CertificateUsedTwice, subject), used)?;
    }
    Ok(())
}

/// Whether a certificate that stood like this could be used no more on a day.
fn is_late(before: &Digest, used_on: Date) -> bool {
    match before.status {
        DigestStatus::CertificateIssued => {
            let valid_until = before.date.plus_months(VALID_MONTHS);
            valid_until.is_some_and(|valid_until| used_on > valid_until)
        }
        DigestStatus::CertificateRevoked | DigestStatus::CertificateExpired => true,
        DigestStatus::CertificateUsed
        | DigestStatus::AccountOpen
        | DigestStatus::AccountClosed
        | DigestStatus::LoanGranted
        | DigestStatus::LoanSettled
        | DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned
        | DigestStatus::WithdrawalPaid
        | DigestStatus::WithdrawalReversed
        | DigestStatus::IntentOpen
        | DigestStatus::IntentPaid
        | DigestStatus::IntentWithdrawn
        | DigestStatus::IntentExpired
        | DigestStatus::RowQuarantined
        | DigestStatus::RowHealed
        | DigestStatus::Lost => false,
    }
}

/// The time for a receipt is over.
pub(in crate::engine) fn on_receipt(
    round: &mut Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<(), StoreError> {
    let entry = log_store::entry(round.view, log, leaf)?;
    let digest = entry.and_then(|entry| crate::cbor::decode::<Digest>(&entry).ok());
    let Some(digest) = digest else { return Ok(()) };
    let subject = AlertSubject::Record(log, leaf);
    let found = IndexedDigest { log, leaf, digest };
    judge(round, (AlertRule::CertificateWithoutReceipt, subject), vec![&found])
}
