//! The rules over digests, as pure functions of what is live in the logs.
//!
//! **Promises.** The same digests give the same judgement, in whatever order they came in.
//! **Left to others.** Waiting for the other side: a log is followed a little later than another.

use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::tag_index::IndexedDigest;
use crate::id::SubjectTag;
use crate::time::Date;

/// Working days after which both sides of a transfer must have published (domain.md 8.3, A7:
/// remitted here and credited there within 5 days).
pub const TRANSFER_PAIR_DAYS: u32 = 5;

/// The running loans of one person, when they are at more than one center (A2).
#[must_use]
pub fn double_loan(live: &[IndexedDigest]) -> Vec<&IndexedDigest> {
    let granted = |found: &&IndexedDigest| found.digest.status == DigestStatus::LoanGranted;
    let loans: Vec<_> = live.iter().filter(granted).collect();
    let first = loans.first().map(|loan| loan.log.center);
    if loans.iter().any(|loan| Some(loan.log.center) != first) { loans } else { Vec::new() }
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
                (true, false) if out.digest.commitment == into.digest.commitment => {
                    TransferStanding::Settled
                }
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
