//! The lease (放款占用) on an intent: how long it runs, and when it is over.
//!
//! **Promises.** A lease is measured by one clock alone, that of the center that asked for it: when it
//! may pay, and from when on its silence can be told from its not having paid.
//! **Left to others.** What witnesses store: `engine::lending::witness`.

use minicbor::{Decode, Encode};

use super::intent::Intent;
use crate::limits::{LEASE_MARGIN_MS, LEASE_MS};
use crate::time::Timestamp;

/// A lease as a witness keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lease {
    /// The intent that was first.
    #[n(1)]
    pub intent: Intent,
    /// When its center asked last, by its own clock.
    #[n(2)]
    pub asked_at: Timestamp,
    /// The number of that center's open log at the time: a payout would stand there.
    #[n(3)]
    pub log: u32,
}

/// What a center has shown of itself: a heartbeat, and that its log is held as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When it said so, by its own clock.
    pub at: Timestamp,
    /// The number of the log that it names.
    pub log: u32,
}

impl Lease {
    /// Whether what its center has shown since proves that the lease is over: the center lives past
    /// the expiry by its own clock, and whatever it did before is in the log that is held.
    #[must_use]
    pub fn is_over(&self, shown: Option<Shown>) -> bool {
        shown.is_some_and(|shown| shown.at > ends_at(self.asked_at) && shown.log == self.log)
    }
}

/// The last moment at which the center that asked then may pay, by its own clock.
#[must_use]
pub const fn payable_until(asked_at: Timestamp) -> Timestamp {
    asked_at.plus_ms(LEASE_MS - LEASE_MARGIN_MS)
}

/// The end of the lease, by the clock of its center.
#[must_use]
pub const fn ends_at(asked_at: Timestamp) -> Timestamp {
    asked_at.plus_ms(LEASE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SubjectTag;
    use crate::subject::TagEpoch;
    use crate::testing::TAIYUAN;

    #[test]
    fn a_silent_lease_ends_only_by_a_later_word_over_the_same_log() {
        let asked_at = Timestamp::from_ms(1_000);
        let household = (TagEpoch(1), vec![SubjectTag::new([1; 32])]);
        let lease = Lease { intent: Intent::new(TAIYUAN, asked_at, household), asked_at, log: 1 };
        let shown = |at: Timestamp, log| Some(Shown { at, log });
        assert!(!lease.is_over(None));
        assert!(!lease.is_over(shown(ends_at(asked_at), 1)));
        assert!(lease.is_over(shown(ends_at(asked_at).plus_ms(1), 1)));
        assert!(!lease.is_over(shown(ends_at(asked_at).plus_ms(1), 2)));
        assert_eq!(ends_at(asked_at).ms_since(payable_until(asked_at)), 600_000);
    }
}
