//! The loan intent (贷款意向): a household has applied at a center and may be lent to.
//!
//! **Promises.** An intent is named by a hash of all that it says, so that one name never stands for
//! two households, centers or times. It holds pseudonyms alone.
//! **Left to others.** The persons and the business behind it: its center's own store.

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::center::CenterCode;
use crate::id::{IntentId, ReferenceTag, SubjectTag};
use crate::limits::SUBJECTS_MAX;
use crate::subject::TagEpoch;
use crate::time::Timestamp;

/// An application that was taken in, as witnesses and other centers see it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Intent {
    /// Where the household has applied.
    #[n(1)]
    pub center: CenterCode,
    /// When the application was taken in, by that center's clock.
    #[n(2)]
    pub issued_at: Timestamp,
    /// The epoch of the tag key.
    #[n(3)]
    pub epoch: TagEpoch,
    /// The household: the tags of its members, ascending, each once.
    #[n(4)]
    pub household: Vec<SubjectTag>,
}

impl Intent {
    /// The intent of a household, whatever the order of its members.
    #[must_use]
    pub fn new(
        center: CenterCode,
        issued_at: Timestamp,
        (epoch, mut household): (TagEpoch, Vec<SubjectTag>),
    ) -> Self {
        household.sort_unstable();
        household.dedup();
        Self { center, issued_at, epoch, household }
    }

    /// The hash that names it.
    #[must_use]
    pub fn id(&self) -> IntentId {
        IntentId::new(blake3::derive_key("fundlink/1 loan intent", &cbor::encode(self)))
    }

    /// What its digests bear as their reference: so that a lease and a leaf can be matched.
    #[must_use]
    pub fn reference(&self) -> ReferenceTag {
        ReferenceTag::new(*self.id().as_bytes())
    }

    /// Its place among intents of one household: the earlier comes first.
    #[must_use]
    pub const fn order(&self) -> (Timestamp, CenterCode) {
        (self.issued_at, self.center)
    }

    /// Whether the household has a member, not too many, and the one order.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let ascends = self.household.windows(2).all(|pair| pair.first() < pair.last());
        (1..=SUBJECTS_MAX).contains(&self.household.len()) && ascends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LINFEN, TAIYUAN};

    fn tags(bytes: &[u8]) -> (TagEpoch, Vec<SubjectTag>) {
        (TagEpoch(1), bytes.iter().map(|byte| SubjectTag::new([*byte; 32])).collect())
    }

    #[test]
    fn an_intent_is_the_same_in_whatever_order_its_household_is_named() {
        let at = Timestamp::from_ms(5);
        let intent = Intent::new(TAIYUAN, at, tags(&[2, 1, 2]));
        assert_eq!(intent, Intent::new(TAIYUAN, at, tags(&[1, 2])));
        assert!(intent.is_well_formed());
        assert_ne!(intent.id(), Intent::new(LINFEN, at, tags(&[1, 2])).id());
        assert_ne!(intent.id(), Intent::new(TAIYUAN, at, tags(&[1])).id());
    }

    #[test]
    fn a_household_without_members_out_of_order_or_with_one_twice_is_not_well_formed() {
        let at = Timestamp::from_ms(5);
        assert!(!Intent::new(TAIYUAN, at, tags(&[])).is_well_formed());
        assert!(!Intent::new(TAIYUAN, at, tags(&[1, 2, 3, 4, 5, 6, 7, 8, 9])).is_well_formed());
        assert!(Intent::new(TAIYUAN, at, tags(&[1, 2, 3, 4, 5, 6, 7, 8])).is_well_formed());
        let mut reversed = Intent::new(TAIYUAN, at, tags(&[1, 2]));
        reversed.household.reverse();
        assert!(!reversed.is_well_formed());
        let mut twice = Intent::new(TAIYUAN, at, tags(&[1]));
        twice.household.push(SubjectTag::new([1; 32]));
        assert!(!twice.is_well_formed(), "a household that names one member twice");
    }

    #[test]
    fn of_two_intents_of_one_moment_the_lower_center_comes_first() {
        let at = Timestamp::from_ms(5);
        let (first, second) =
            (Intent::new(TAIYUAN, at, tags(&[1])), Intent::new(LINFEN, at, tags(&[1])));
        assert!(first.order() < second.order());
        let earlier = Intent::new(LINFEN, Timestamp::from_ms(4), tags(&[1]));
        assert!(earlier.order() < first.order());
    }
}
