//! What centers, witnesses and the authority say of leases on loan intents (放款占用).
//!
//! **Promises.** A request, an answer and an end name the intent, so that each speaks of one
//! application and of no other; none names a person, a contract or an amount.
//! **Left to others.** What follows: `engine::lending`.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::authority::dialogue::CaseRemark;
use crate::center::CenterCode;
use crate::id::{IntentId, PayloadHash, ReferenceTag, SubjectTag};
use crate::lending::intent::Intent;
use crate::time::Timestamp;

/// A center asks a witness for a lease on an intent of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeaseRequest {
    /// The center that wants to pay out.
    #[n(1)]
    pub from: CenterCode,
    /// The witness.
    #[n(2)]
    pub to: CenterCode,
    /// When it asks; the lease is measured from here. A later request takes the place of an earlier.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The intent.
    #[n(4)]
    pub intent: Intent,
    /// The roster version that changed the witnesses last: a majority is counted among those.
    #[n(5)]
    pub witnesses_of: u64,
}
addressed_payload!(LeaseRequest);

/// A witness says what it knows of the household.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeaseAnswer {
    /// The witness.
    #[n(1)]
    pub from: CenterCode,
    /// The center that asked.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The request.
    #[n(4)]
    pub request: PayloadHash,
    /// The intent.
    #[n(5)]
    pub intent: IntentId,
    /// What is known of each member of the household, in the order of the intent.
    #[n(6)]
    pub tags: Vec<TagAnswer>,
    /// A witness that was restored or newly listed then grants nothing yet.
    #[n(7)]
    pub withheld_since: Option<Timestamp>,
}
addressed_payload!(LeaseAnswer);

/// What a witness knows of one member of a household.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TagAnswer {
    /// The member.
    #[n(1)]
    pub tag: SubjectTag,
    /// The intent that was leased first and whose lease is not over; none where the witness grants
    /// nothing and knows of nothing.
    #[n(2)]
    pub first: Option<FirstIntent>,
    /// Loans that run, or that were paid out a moment ago; at most `limits::LEASE_LOANS_MAX`.
    #[n(3)]
    pub loans: Vec<RunningLoan>,
}

/// An intent that was leased first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FirstIntent {
    /// Which.
    #[n(1)]
    pub intent: IntentId,
    /// Whose.
    #[n(2)]
    pub center: CenterCode,
    /// When the application was taken in.
    #[n(3)]
    pub issued_at: Timestamp,
}

/// A loan that a witness takes for running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct RunningLoan {
    /// Who lent.
    #[n(1)]
    pub center: CenterCode,
    /// The reference tag of the loan, where it has one.
    #[n(2)]
    pub reference: Option<ReferenceTag>,
}

/// A center says that its lease on an intent is over.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeaseEnd {
    /// The center.
    #[n(1)]
    pub from: CenterCode,
    /// The witness.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The intent.
    #[n(4)]
    pub intent: Intent,
    /// The last request that it ends, by its time; a later one stands.
    #[n(5)]
    pub asked_at: Timestamp,
    /// How it ended.
    #[n(6)]
    pub outcome: LeaseOutcome,
    /// The reference tag of the loan that was paid out.
    #[n(7)]
    pub loan: Option<ReferenceTag>,
}
addressed_payload!(LeaseEnd);

/// How a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LeaseOutcome {
    /// Nothing was paid, and the application stands.
    #[n(1)]
    Released,
    /// The loan was paid out.
    #[n(2)]
    Paid,
    /// The application was withdrawn, or the payout undone.
    #[n(3)]
    Withdrawn,
    /// The application has lapsed.
    #[n(4)]
    Expired,
}

impl LeaseOutcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Released, Self::Paid, Self::Withdrawn, Self::Expired];
}

/// The authority rules that the leases of a silent center are over (裁定).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeaseRuling {
    /// The authority.
    #[n(1)]
    pub from: CenterCode,
    /// The witness.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// Whose leases.
    #[n(4)]
    pub center: CenterCode,
    /// Which intent; all of the center where none is named.
    #[n(5)]
    pub intent: Option<IntentId>,
    /// Requests up to this time of the center's clock.
    #[n(6)]
    pub asked_until: Timestamp,
    /// Whether the loan was paid out; only with an intent.
    #[n(7)]
    pub paid: bool,
    /// Why, in words.
    #[n(8)]
    pub remark: CaseRemark,
}
addressed_payload!(LeaseRuling);
