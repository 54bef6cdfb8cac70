//! What digests show, when they come in and when a time is over.
//!
//! **Promises.** A digest costs a lookup a pseudonym; nothing reads a log. What the other side may
//! still publish is waited for, and what comes late heals.
//! **Left to others.** The rules as such: `authority::rules`. Keeping alerts: `raising`.

use super::incident::heal_transfer;
use super::raising::{Shown, heal, raise};
use super::receipts;
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::authority::rules::{
    OVERLAP_MONTHS, TRANSFER_PAIR_DAYS, TransferStanding, cause_of, double_intent, double_loan,
    frequent_transfers, overlapping_accounts, paid_twice, property_paid_twice, rapid_in_out,
    third_loan, transfer_standing, withdrawn_after_transfer,
};
use crate::center::Role;
use crate::digest::{Digest, DigestStatus};
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::engine::timer::{self, Timer};
use crate::engine::{alerts, rosters, transfer_case};
use crate::id::{ReferenceTag, SubjectTag};
use crate::store::StoreError;
use crate::time::{Date, Timestamp};

/// Digests looked at for one pseudonym: more running loans or transfer steps no person has.
pub(super) const LIVE_MAX: usize = 64;
/// Milliseconds that one log may be followed later than another: no transfer is called one-sided,
/// no sheet different, before the other side had the time to come in.
pub(super) const GRACE_MS: i64 = 600_000;

/// A digest of another member came in and stands in the index; `replaced` is the revision before.
pub(in crate::engine) fn on_digest(
    round: &mut Round<'_>,
    found: &IndexedDigest,
    replaced: Option<&Digest>,
) -> Result<(), StoreError> {
    if round.settings.role != Role::Authority {
        return Ok(());
    }
    let digest = &found.digest;
    match digest.status {
        DigestStatus::LoanGranted | DigestStatus::LoanSettled => each_person(round, digest, LOANS),
        DigestStatus::AccountOpen | DigestStatus::AccountClosed => {
            for tag in &digest.subjects {
                watch_overlap(round, *tag)?;
            }
            each_person(round, digest, &[(AlertRule::RapidInOut, rapid_in_out)])
        }
        DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned => {
            if let Some(reference) = digest.reference {
                watch_transfer(round, reference)?;
            }
            each_person(round, digest, MOVES)
        }
        DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired => receipts::on_certificate(round, found, replaced),
        DigestStatus::WithdrawalPaid | DigestStatus::WithdrawalReversed => {
            for tag in digest.subjects.iter().skip(1) {
                let live = tag_index::by_tag(round.view, *tag, LIVE_MAX)?;
                let about = (AlertRule::PropertyPaidTwice, AlertSubject::Property(*tag));
                judge(round, about, property_paid_twice(&live, *tag))?;
            }
            let person = Digest {
                subjects: digest.subjects.iter().take(1).copied().collect(),
                ..digest.clone()
            };
            each_person(round, &person, &[WITHDRAWN])
        }
        DigestStatus::IntentOpen | DigestStatus::IntentWithdrawn | DigestStatus::IntentExpired => {
            each_person(round, digest, INTENTS)
        }
        DigestStatus::IntentPaid => {
            each_person(round, digest, INTENTS)?;
            each_person(round, digest, &[(AlertRule::ThirdLoan, third_loan)])
        }
        DigestStatus::RowQuarantined | DigestStatus::RowHealed => Ok(()),
        // Whatever it was, it shows nothing any more.
        DigestStatus::Lost => {
            for tag in &digest.subjects {
                watch_overlap(round, *tag)?;
            }
            each_person(round, digest, LOANS)?;
            each_person(round, digest, INTENTS)?;
            each_person(round, digest, MOVES)?;
            match digest.reference {
                Some(reference) => watch_transfer(round, reference),
                None => Ok(()),
            }
        }
    }
}

/// A rule about one pseudonym, and what of its live digests breaks it.
type Judged = (AlertRule, fn(&[IndexedDigest]) -> Vec<&IndexedDigest>);

/// What loans of a person are held against.
const LOANS: &[Judged] =
    &[(AlertRule::DoubleLoan, double_loan), (AlertRule::ThirdLoan, third_loan)];
/// What applications of a person are held against; a payout may have been undone.
const INTENTS: &[Judged] =
    &[(AlertRule::DoubleIntent, double_intent), (AlertRule::DoubleLoan, double_loan)];
/// What transfers of a person are held against.
const MOVES: &[Judged] = &[
    (AlertRule::FrequentTransfers, frequent_transfers),
    (AlertRule::RapidInOut, rapid_in_out),
    WITHDRAWN,
];
const WITHDRAWN: Judged = (AlertRule::WithdrawnAfterTransfer, withdrawn_after_transfer);

/// Holds what is live about each person of a digest against rules.
fn each_person(round: &mut Round<'_>, digest: &Digest, rules: &[Judged]) -> Result<(), StoreError> {
    for tag in &digest.subjects {
        let live = tag_index::by_tag(round.view, *tag, LIVE_MAX)?;
        for (rule, breaks) in rules {
            judge(round, (*rule, AlertSubject::Person(*tag)), breaks(&live))?;
        }
    }
    Ok(())
}

/// Sets the time until which a person may have open accounts at two centers, or heals.
fn watch_overlap(round: &mut Round<'_>, tag: SubjectTag) -> Result<(), StoreError> {
    let live = tag_index::by_tag(round.view, tag, LIVE_MAX)?;
    let found = overlapping_accounts(&live);
    let about = (AlertRule::OverlappingAccounts, AlertSubject::Person(tag));
    let id = crate::authority::alert::alert_id(about.0, about.1);
    let is_raised = alerts::alert(round.view, id)?.is_some_and(|alert| alert.is_present);
    if found.is_empty() || is_raised {
        timer::clear(round.view, Timer::Overlap(tag))?;
        return judge(round, about, found);
    }
    if timer::is_set(round.view, Timer::Overlap(tag))? {
        return Ok(());
    }
    let end = transfer_case::today(round)?.plus_months(OVERLAP_MONTHS);
    match end.and_then(|end| end.plus_days(1)) {
        Some(end) => timer::set(round.view, Timestamp::start_of(end), Timer::Overlap(tag)),
        None => Ok(()),
    }
}

/// The month is over: what stands now is judged.
pub(in crate::engine) fn on_overlap(
    round: &mut Round<'_>,
    tag: SubjectTag,
) -> Result<(), StoreError> {
    let live = tag_index::by_tag(round.view, tag, LIVE_MAX)?;
    let about = (AlertRule::OverlappingAccounts, AlertSubject::Person(tag));
    judge(round, about, overlapping_accounts(&live))
}

/// Sets the time at which a transfer is judged, or heals what was raised about it.
fn watch_transfer(round: &mut Round<'_>, reference: ReferenceTag) -> Result<(), StoreError> {
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let soonest = round.now.plus_ms(GRACE_MS);
    let pair = Timer::Pair(reference);
    let subject = AlertSubject::Transfer(reference);
    judge(round, (AlertRule::PaidTwice, subject), paid_twice(&live))?;
    heal_transfer(round, reference, &live)?;
    match transfer_standing(&live) {
        TransferStanding::Settled => {
            timer::clear(round.view, pair)?;
            heal(round, (AlertRule::OneSidedTransfer, subject))?;
            heal(round, (AlertRule::SheetsDiffer, subject))
        }
        TransferStanding::OneSided { since, .. } => {
            heal(round, (AlertRule::SheetsDiffer, subject))?;
            let at = deadline(round, since)?.max(soonest);
            timer::set(round.view, at, pair)
        }
        TransferStanding::SheetsDiffer => {
            heal(round, (AlertRule::OneSidedTransfer, subject))?;
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

/// Raises an alert over these digests, or heals it when there are none.
pub(super) fn judge(
    round: &mut Round<'_>,
    about: (AlertRule, AlertSubject),
    found: Vec<&IndexedDigest>,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return heal(round, about);
    }
    let shown = Shown {
        centers: found.iter().map(|found| found.log.center).collect(),
        evidence: found.iter().map(|found| Evidence::Leaf(found.log, found.leaf)).collect(),
        causes: found.iter().map(|found| cause_of(found)).collect(),
        count: None,
    };
    raise(round, about, shown)
}
