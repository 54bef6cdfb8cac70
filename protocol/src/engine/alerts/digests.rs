//! What digests show, when they come in and when a time is over.
//!
//! **Promises.** A digest costs one lookup a pseudonym; nothing reads a log. What the other side may
//! still publish is waited for, and what comes late resolves.
//! **Left to others.** The rules as such: `authority::rules`. Keeping alerts: `raising`.

use super::incident::heal;
use super::raising::{Cause, raise, resolve};
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::authority::rules::{
    TRANSFER_PAIR_DAYS, TransferStanding, double_loan, property_paid_twice, transfer_standing,
};
use crate::center::Role;
use crate::digest::{Digest, DigestStatus};
use crate::engine::rosters;
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::engine::timer::{self, Timer};
use crate::id::ReferenceTag;
use crate::store::StoreError;
use crate::time::{Date, Timestamp};

/// Digests looked at for one pseudonym: more running loans or transfer steps no person has.
pub(super) const LIVE_MAX: usize = 64;
/// Milliseconds that one log may be followed later than another: no transfer is called one-sided,
/// no sheet different, before the other side had the time to come in.
pub(super) const GRACE_MS: i64 = 600_000;

/// A digest of another member came in and stands in the index.
pub(in crate::engine) fn on_digest(
    round: &mut Round<'_>,
    digest: &Digest,
) -> Result<(), StoreError> {
    if round.settings.role != Role::Authority {
        return Ok(());
    }
    match digest.status {
        DigestStatus::LoanGranted | DigestStatus::LoanSettled | DigestStatus::Lost => {
            for tag in &digest.subjects {
                let live = tag_index::by_tag(round.view, *tag, LIVE_MAX)?;
                let (rule, subject) = (AlertRule::DoubleLoan, AlertSubject::Person(*tag));
                judge(round, (rule, subject), double_loan(&live))?;
            }
            // A lost record may have been one side of a transfer.
            match digest.reference.filter(|_| digest.status == DigestStatus::Lost) {
                Some(reference) => watch_transfer(round, reference),
                None => Ok(()),
            }
        }
        DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned => match digest.reference {
            Some(reference) => watch_transfer(round, reference),
            None => Ok(()),
        },
        DigestStatus::AccountOpen
        | DigestStatus::AccountClosed
        | DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired
        | DigestStatus::RowQuarantined
        | DigestStatus::RowHealed => Ok(()),
        DigestStatus::WithdrawalPaid | DigestStatus::WithdrawalReversed => {
            for tag in digest.subjects.iter().skip(1) {
                let live = tag_index::by_tag(round.view, *tag, LIVE_MAX)?;
                let cause = (AlertRule::PropertyPaidTwice, AlertSubject::Property(*tag));
                judge(round, cause, property_paid_twice(&live, *tag))?;
            }
            Ok(())
        }
    }
}

/// Sets the time at which a transfer is judged, or resolves what was raised about it.
fn watch_transfer(round: &mut Round<'_>, reference: ReferenceTag) -> Result<(), StoreError> {
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let soonest = round.now.plus_ms(GRACE_MS);
    let pair = Timer::Pair(reference);
    let standing = transfer_standing(&live);
    let subject = AlertSubject::Transfer(reference);
    heal(round, reference, &live)?;
    match standing {
        TransferStanding::Settled => {
            timer::clear(round.view, pair)?;
            resolve(round, AlertRule::OneSidedTransfer, subject)?;
            resolve(round, AlertRule::SheetsDiffer, subject)
        }
        TransferStanding::OneSided { since, .. } => {
            resolve(round, AlertRule::SheetsDiffer, subject)?;
            let at = deadline(round, since)?.max(soonest);
            timer::set(round.view, at, pair)
        }
        TransferStanding::SheetsDiffer => {
            resolve(round, AlertRule::OneSidedTransfer, subject)?;
            timer::set(round.view, soonest, pair)
        }
    }
}

/// The end of the working day by which both sides must have published.
fn deadline(round: &Round<'_>, since: Date) -> Result<Timestamp, StoreError> {
    let calendar = rosters::calendar(round.view, &round.roster)?;
    let last = calendar.plus_working_days(since, TRANSFER_PAIR_DAYS);
    let after = last.and_then(|last| last.plus_days(1));
    // A date at the end of the calendar has no deadline to wait for.
    Ok(after.map_or(round.now, Timestamp::start_of))
}

/// The time for the other side is over: what stands now is judged.
pub(in crate::engine) fn on_pair(
    round: &mut Round<'_>,
    reference: ReferenceTag,
) -> Result<(), StoreError> {
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let rule = match transfer_standing(&live) {
        TransferStanding::Settled => return Ok(()),
        TransferStanding::OneSided { .. } => AlertRule::OneSidedTransfer,
        TransferStanding::SheetsDiffer => AlertRule::SheetsDiffer,
    };
    judge(round, (rule, AlertSubject::Transfer(reference)), live.iter().collect())
}

/// Raises an alert over these digests, or resolves it when there are none.
fn judge(
    round: &mut Round<'_>,
    (rule, subject): (AlertRule, AlertSubject),
    found: Vec<&IndexedDigest>,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return resolve(round, rule, subject);
    }
    let centers = found.iter().map(|found| found.log.center).collect();
    let evidence = found.iter().map(|found| Evidence::Leaf(found.log, found.leaf)).collect();
    raise(round, Cause { rule, subject, centers, evidence })
}
