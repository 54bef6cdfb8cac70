//! A cross-city question and its answer.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::center::CenterCode;
use crate::id::QueryId;
use crate::time::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Query {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// Names the question.
    #[n(4)]
    pub id: QueryId,
}
addressed_payload!(Query);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The question that it answers.
    #[n(4)]
    pub id: QueryId,
}
addressed_payload!(Answer);
