//! The rules over digests, as pure functions of what is live in the logs.
//!
//! **Promises.** The same digests give the same judgement, in whatever order they came in.
//! **Left to others.** Waiting for the other side: a log is followed a little later than another.

use std::collections::BTreeSet;

use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::engine::tag_index::IndexedDigest;
use crate::id::{CauseId, SubjectTag};
use crate::time::Date;

/// Working days after which both sides of a transfer must have published (domain.md 8.3, A7:
/// remitted here and credited there within 5 days).
pub const TRANSFER_PAIR_DAYS: u32 = 5;

/// The running loans of one person, when they are at more than one center (A2). A loan that was paid out
/// a moment ago runs, though no record of it was published yet.
#[must_use]
pub fn double_loan(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let granted = |found: &&IndexedDigest| {
        let status = found.digest.status;
        status == DigestStatus::LoanGranted
            || (status == DigestStatus::IntentPaid && !is_recorded(live, found))
    };
    at_two_centers(live.iter().filter(granted).collect())
}

/// Whether the center of a payout has published the loan itself, running or settled.
fn is_recorded(live: &[IndexedDigest], paid: &IndexedDigest) -> bool {
    live.iter().any(|found| {
        matches!(found.digest.status, DigestStatus::LoanGranted | DigestStatus::LoanSettled)
            && found.log.center == paid.log.center
            && found.digest.reference.is_some()
            && found.digest.reference == paid.digest.reference
    })
}

/// The applications of one person that may be lent to, when they are at more than one center (A2).
#[must_use]
pub fn double_intent(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let open = |found: &&IndexedDigest| found.digest.status == DigestStatus::IntentOpen;
    at_two_centers(live.iter().filter(open).collect())
}

/// All of them, when they are not all of one center.
fn at_two_centers(found: Vec<&IndexedDigest>) -> Vec<&IndexedDigest> {
    let first = found.first().map(|found| found.log.center);
    if found.iter().any(|other| Some(other.log.center) != first) { found } else { Vec::new() }
}

/// The withdrawals for a property with this tag that were paid and not undone, when there are two or
/// more, in one city or in several. The first tag of such a digest is the person's.
#[must_use]
pub fn property_paid_twice(live: &[IndexedDigest], property: SubjectTag) -> Vec<&IndexedDigest> {
    let paid = |found: &&IndexedDigest| {
        found.digest.status == DigestStatus::WithdrawalPaid
            && found.digest.subjects.iter().skip(1).any(|tag| *tag == property)
    };
    let paid: Vec<_> = live.iter().filter(paid).collect();
    if paid.len() > 1 { paid } else { Vec::new() }
}

/// Months after which a person may have open accounts at two centers no longer (A1).
pub const OVERLAP_MONTHS: i32 = 1;
/// Loans after which no other is given (A3: 不得向第三次使用的家庭发放).
const LOANS_MAX: usize = 2;
/// Days from a transfer in to a withdrawal of everything that are too few (A11).
const RAPID_DAYS: i64 = 30;
/// Transfers of one person that are too many (A12), within [`FREQUENT_MONTHS`].
const FREQUENT_MIN: usize = 3;
/// Months within which transfers of one person are counted.
const FREQUENT_MONTHS: i32 = 12;

/// The open accounts of one person, when they are at more than one center (A1). A digest does not
/// tell a sealed account from one that takes deposits, so that both count.
#[must_use]
pub fn overlapping_accounts(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let open = |found: &&IndexedDigest| found.digest.status == DigestStatus::AccountOpen;
    let accounts: Vec<_> = live.iter().filter(open).collect();
    let first = accounts.first().map(|account| account.log.center);
    let elsewhere = accounts.iter().any(|account| Some(account.log.center) != first);
    if elsewhere { accounts } else { Vec::new() }
}

/// The loans of one person over all centers, when one of them runs and they are more than two (A3).
#[must_use]
pub fn third_loan(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let is_loan = |found: &&IndexedDigest| {
        matches!(found.digest.status, DigestStatus::LoanGranted | DigestStatus::LoanSettled)
    };
    let loans: Vec<_> = live.iter().filter(is_loan).collect();
    let runs = loans.iter().any(|loan| loan.digest.status == DigestStatus::LoanGranted);
    // A loan that was published in two logs of its center is one.
    let matters: BTreeSet<CauseId> = loans.iter().map(|loan| cause_of(loan)).collect();
    if runs && matters.len() > LOANS_MAX { loans } else { Vec::new() }
}

/// The transfers of one person, when three of them lie within twelve months (A12).
#[must_use]
pub fn frequent_transfers(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let mut moves: Vec<&IndexedDigest> = Vec::new();
    for found in live {
        let has_moved = matches!(
            found.digest.status,
            DigestStatus::TransferRemitted | DigestStatus::TransferCredited
        );
        // Both sides of one transfer are one.
        let is_new = moves.iter().all(|known| known.digest.reference != found.digest.reference);
        if has_moved && found.digest.reference.is_some() && is_new {
            moves.push(found);
        }
    }
    moves.sort_by_key(|found| found.digest.date);
    for few in moves.windows(FREQUENT_MIN) {
        let (Some(first), Some(last)) = (few.first(), few.last()) else { continue };
        let end = first.digest.date.plus_months(FREQUENT_MONTHS);
        if end.is_none_or(|end| last.digest.date < end) {
            return moves;
        }
    }
    Vec::new()
}

/// A transfer in, and the end of the person's last account there within thirty days, without a
/// transfer on (A11): everything was withdrawn.
#[must_use]
pub fn rapid_in_out(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let of = |center: CenterCode, status: DigestStatus| {
        live.iter().filter(move |found| found.log.center == center && found.digest.status == status)
    };
    for credited in live {
        if credited.digest.status != DigestStatus::TransferCredited {
            continue;
        }
        let (center, since) = (credited.log.center, credited.digest.date);
        let moved_on =
            of(center, DigestStatus::TransferRemitted).any(|sent| sent.digest.date >= since);
        let is_open = of(center, DigestStatus::AccountOpen).next().is_some();
        let soon = |closed: &&IndexedDigest| {
            (0..=RAPID_DAYS).contains(&closed.digest.date.days_since(since))
        };
        let closed = of(center, DigestStatus::AccountClosed).find(soon);
        if let Some(closed) = closed.filter(|_| !moved_on && !is_open) {
            return vec![credited, closed];
        }
    }
    Vec::new()
}

/// A withdrawal for a property that was booked at a center after the person's money had left it, while
/// no account of the person is open there (A4). The first tag of such a digest is the person's.
#[must_use]
pub fn withdrawn_after_transfer(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    for sent in live {
        if sent.digest.status != DigestStatus::TransferRemitted {
            continue;
        }
        let here = |found: &&IndexedDigest| found.log.center == sent.log.center;
        let is_open =
            live.iter().filter(here).any(|found| found.digest.status == DigestStatus::AccountOpen);
        let person = sent.digest.subjects.first();
        let paid = live.iter().filter(here).find(|found| {
            found.digest.status == DigestStatus::WithdrawalPaid
                && found.digest.subjects.first() == person
                && found.digest.date > sent.digest.date
        });
        if let Some(paid) = paid.filter(|_| !is_open) {
            return vec![sent, paid];
        }
    }
    Vec::new()
}

/// What pays one letter twice (A10): two remittances, or two credits, that no revision replaces. A
/// log that was continued in another counts from there on.
#[must_use]
pub fn paid_twice(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let newest = |center: CenterCode| {
        let own = live.iter().filter(|found| found.log.center == center);
        own.map(|found| found.log.number).max()
    };
    for status in [DigestStatus::TransferRemitted, DigestStatus::TransferCredited] {
        let counts = |found: &&IndexedDigest| {
            found.digest.status == status && newest(found.log.center) == Some(found.log.number)
        };
        let same: Vec<_> = live.iter().filter(counts).collect();
        if same.len() > 1 {
            return same;
        }
    }
    Vec::new()
}

/// What tells one cause of an alert from another: center and loan, transfer or certificate; the
/// account's center where a digest has no reference.
#[must_use]
pub fn cause_of(found: &IndexedDigest) -> CauseId {
    let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 cause of an alert");
    hasher.update(&found.log.center.to_key());
    if let Some(reference) = &found.digest.reference {
        hasher.update(reference.as_bytes());
    }
    CauseId::new(*hasher.finalize().as_bytes())
}

/// What the digests of one transfer say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferStanding {
    /// Both sides say the same, or there is nothing to say.
    Settled,
    /// Only one side has published, with this business date.
    OneSided {
        /// The side.
        center: CenterCode,
        /// When money left or arrived there.
        since: Date,
    },
    /// Both sides have published, over different sheets.
    SheetsDiffer,
}

/// What the live digests with one reference tag say (A7, A8).
#[must_use]
pub fn transfer_standing(live: &[IndexedDigest]) -> TransferStanding {
    let out = latest(live, |status| {
        matches!(status, DigestStatus::TransferRemitted | DigestStatus::TransferReversed)
    });
    let into = latest(live, |status| {
        matches!(status, DigestStatus::TransferCredited | DigestStatus::TransferReturned)
    });
    let one_sided = |side: &IndexedDigest| TransferStanding::OneSided {
        center: side.log.center,
        since: side.digest.date,
    };
    match (out, into) {
        (None, None) => TransferStanding::Settled,
        (Some(out), None) if out.digest.status == DigestStatus::TransferReversed => {
            TransferStanding::Settled
        }
        (Some(side), None) | (None, Some(side)) => one_sided(side),
        (Some(out), Some(into)) => {
            let credited = into.digest.status == DigestStatus::TransferCredited;
            let reversed = out.digest.status == DigestStatus::TransferReversed;
            match (credited, reversed) {
                // Money was sent back: what the sender does with it is its own next digest.
                (false, _) => TransferStanding::Settled,
                // Undone on one side and credited on the other.
                (true, true) => one_sided(into),
                (true, false) if same_sheet(&out.digest, &into.digest) => TransferStanding::Settled,
                (true, false) => TransferStanding::SheetsDiffer,
            }
        }
    }
}

/// Whether both sides have published an end of the transfer, and the same one.
#[must_use]
pub fn is_matched(live: &[IndexedDigest]) -> bool {
    let has =
        |wanted: [DigestStatus; 2]| live.iter().any(|found| wanted.contains(&found.digest.status));
    has([DigestStatus::TransferRemitted, DigestStatus::TransferReversed])
        && has([DigestStatus::TransferCredited, DigestStatus::TransferReturned])
        && transfer_standing(live) == TransferStanding::Settled
}

/// Whether both sides say the same of one transfer. Where another channel carried it, there is no
/// sheet of this network, and each side commits to a record of its own.
fn same_sheet(out: &Digest, into: &Digest) -> bool {
    match (out.channel, into.channel) {
        (None, None) => out.commitment == into.commitment,
        (Some(one), Some(other)) => one == other,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The newest digest of one side. A log that was continued in another has the higher number.
fn latest(
    live: &[IndexedDigest],
    is_side: impl Fn(DigestStatus) -> bool,
) -> Option<&IndexedDigest> {
    let side = live.iter().filter(|found| is_side(found.digest.status));
    side.max_by_key(|found| (found.log.number, found.leaf))
}

#[cfg(test)]
mod tests;
