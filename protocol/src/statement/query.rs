//! A cross-city question (跨市查询) and its answer.
//!
//! **Promises.** A question says who asks, for whom, why, with whose consent and for which business;
//! an answer names the question by its hash.
//! **Left to others.** Whether it is answered: `admission`. What the facts are: `answer`.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::account::SerialNumber;
use crate::answer::access::AccessPlace;
use crate::answer::{Freshness, Outcome, Payout};
use crate::center::CenterCode;
use crate::id::{FileHash, OperatorMark, PayloadHash, QueryId, TransferId};
use crate::property::Property;
use crate::purpose::{Purpose, QueryKind};
use crate::record::Person;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A question about one person, or about the members of one household.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Query {
    /// The center that asks.
    #[n(1)]
    pub from: CenterCode,
    /// The center that is asked.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// Names the question; drawn at random.
    #[n(4)]
    pub id: QueryId,
    /// After this nobody answers it any more; at most `limits::QUERY_LIFE_MS` after `issued_at`.
    #[n(5)]
    pub expires: Timestamp,
    /// What is asked.
    #[n(6)]
    pub kind: QueryKind,
    /// Why.
    #[n(7)]
    pub purpose: Purpose,
    /// About whom: one, or the members of a household, at most `limits::SUBJECTS_MAX`.
    #[n(8)]
    pub subjects: Vec<Person>,
    /// The transfer that a [`QueryKind::TransferStatus`] is about.
    #[n(9)]
    pub transfer: Option<TransferId>,
    /// Who asks, as a pseudonym that only the asking center can resolve.
    #[n(10)]
    pub operator: OperatorMark,
    /// The consent of the person (本人授权), where the purpose needs one.
    #[n(11)]
    pub consent: Option<Consent>,
    /// The business that the question is for (业务流水号).
    #[n(12)]
    pub serial: SerialNumber,
    /// Where the page of a [`QueryKind::AccessList`] begins; absent for the first.
    #[n(13)]
    pub before: Option<AccessPlace>,
    /// The property that a withdrawal is for (购房提取核查); only with purpose `W1`.
    #[n(14)]
    pub property: Option<Property>,
}
addressed_payload!(Query);

/// A consent that the asking center keeps.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Consent {
    /// Its number at the asking center.
    #[n(1)]
    pub reference: SerialNumber,
    /// BLAKE3 of the consent text or scan.
    #[n(2)]
    pub digest: FileHash,
}

/// The signed reply to a question.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The center that was asked.
    #[n(1)]
    pub from: CenterCode,
    /// The center that asked.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The question's id.
    #[n(4)]
    pub id: QueryId,
    /// The hash of the question that it answers.
    #[n(5)]
    pub question: PayloadHash,
    /// What it says.
    #[n(6)]
    pub body: AnswerBody,
}
addressed_payload!(Answer);

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum AnswerBody {
    /// Nothing: the question as a whole is refused.
    #[n(1)]
    Refused(#[n(0)] Refusal),
    /// Facts.
    #[n(2)]
    Given(#[n(0)] Box<GivenFacts>),
}

/// What is known, person by person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GivenFacts {
    /// Where the facts come from, and as of when.
    #[n(1)]
    pub freshness: Freshness,
    /// One outcome for each subject, in the order of the question.
    #[n(2)]
    pub outcomes: Vec<Outcome>,
    /// What was paid out for the property of the question, to whomever; absent where none is named.
    #[n(3)]
    pub payouts: Option<Vec<Payout>>,
}
