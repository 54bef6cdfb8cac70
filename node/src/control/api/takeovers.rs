//! The JSON of cases that were taken over from a revoked center (接管).

use fundlink_protocol::engine::takeovers::TakenOver;
use fundlink_protocol::engine::transfer_case::SuccessorWords;
use serde::{Deserialize, Serialize};

use super::facts::Person;
use super::transfers::{PrivateText, Special};

/// One line of a listing; without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The transfer.
    pub transfer: String,
    /// The letter number.
    pub number: String,
    /// The other side of the case.
    pub from: String,
    /// The center whose side was taken over.
    pub revoked: String,
    /// Which side that is: `out` or `in`.
    pub side: String,
    /// Where the case stands at the other side, as that said last.
    pub state: String,
    /// When it said so.
    pub said_at: String,
    /// The last day for a person here.
    pub due: String,
    /// The statement that handed it over.
    pub handover: String,
    /// How a person has finished it.
    pub closed: Option<Closed>,
}

/// How a person has finished a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Who.
    pub operator: String,
    /// When.
    pub at: String,
    /// How, in words.
    pub remark: String,
}

/// A case in full, for an operator of the center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeover {
    /// What a listing says.
    #[serde(flatten)]
    pub line: Line,
    /// The applicant.
    pub person: Person,
    /// The account at the transfer-out center.
    pub account: PrivateText,
    /// The special account that the letter names.
    pub receiving: Special,
}

/// Finishes a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Who.
    pub operator: String,
    /// How, in words.
    pub remark: String,
}

/// How the center that took the other side of a transfer over has finished it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessorSaid {
    /// When it said so.
    pub at: String,
    /// How, in words.
    pub remark: String,
    /// The hash of the statement that says it.
    pub statement: String,
}

impl From<&SuccessorWords> for SuccessorSaid {
    fn from(words: &SuccessorWords) -> Self {
        Self {
            at: words.at.to_string(),
            remark: words.remark.0.as_str().to_owned(),
            statement: words.statement.to_string(),
        }
    }
}

impl From<&TakenOver> for Line {
    fn from(case: &TakenOver) -> Self {
        let side = if case.letter.to == case.revoked { "out" } else { "in" };
        Self {
            transfer: case.transfer.to_string(),
            number: case.letter.number.to_string(),
            from: case.from.to_string(),
            revoked: case.revoked.to_string(),
            side: side.to_owned(),
            state: case.state.as_str().to_owned(),
            said_at: case.said_at.to_string(),
            due: case.due.to_string(),
            handover: case.handover.to_string(),
            closed: case.closing.as_ref().map(|closing| Closed {
                operator: closing.operator.to_string(),
                at: closing.at.to_string(),
                remark: closing.remark.0.as_str().to_owned(),
            }),
        }
    }
}

impl From<&TakenOver> for Takeover {
    fn from(case: &TakenOver) -> Self {
        let letter = &case.letter;
        let person = fundlink_protocol::record::Person {
            name: letter.name.clone(),
            document: letter.document.clone(),
        };
        Self {
            line: case.into(),
            person: (&person).into(),
            account: PrivateText(letter.account.as_str().to_owned()),
            receiving: (&letter.receiving).into(),
        }
    }
}
