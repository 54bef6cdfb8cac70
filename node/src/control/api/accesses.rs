//! Who asked about a person, as centers list it.

use fundlink_protocol::answer::access::{self, AccessOutcome};
use fundlink_protocol::engine::operator::OperatorId;
use fundlink_protocol::id::OperatorMark;
use serde::{Deserialize, Serialize};

/// One page of a center's list, the newest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessList {
    /// The entries.
    pub entries: Vec<Access>,
    /// Where the next page begins: `before` of the next question. Absent when there is none.
    pub next: Option<String>,
}

/// One question that somebody asked about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// When the center that lists it had it.
    pub at: String,
    /// The center that asked.
    pub by: String,
    /// The center that was asked; the same when somebody looked at the center's own records.
    pub asked: String,
    /// Why: `L1`, `T1` and so on.
    pub purpose: String,
    /// What.
    pub kind: String,
    /// Who asked, as a pseudonym that only the asking center can resolve.
    pub operator: String,
    /// The business that it was for (业务流水号).
    pub serial: String,
    /// `given`, `no-record`, `unresolved`, `refused`, or `sent` where the asking center lists it.
    pub outcome: String,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The hash of the question.
    pub question: String,
    /// The number of the audit log of the center that lists it.
    pub log: u32,
    /// The leaf over the question.
    pub leaf: u64,
    /// Whether the answer shows the question, which it does only where nobody else stands in it.
    pub shown: bool,
}

/// An operator of this center, and how other centers see the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The id in the configuration.
    pub id: String,
    /// The pseudonym.
    pub mark: String,
}

impl From<&access::AccessList> for AccessList {
    fn from(list: &access::AccessList) -> Self {
        Self {
            entries: list.entries.iter().map(Into::into).collect(),
            next: list.next.map(|place| place.to_string()),
        }
    }
}

impl From<&access::ListedAccess> for Access {
    fn from(entry: &access::ListedAccess) -> Self {
        let access = &entry.access;
        let (outcome, code) = match access.outcome {
            AccessOutcome::Given => ("given", None),
            AccessOutcome::NoRecord => ("no-record", None),
            AccessOutcome::Unresolved => ("unresolved", None),
            AccessOutcome::Refused(refusal) => ("refused", Some(refusal.code())),
            AccessOutcome::Sent => ("sent", None),
        };
        Self {
            at: access.at.to_string(),
            by: access.by.to_string(),
            asked: access.asked.to_string(),
            purpose: access.purpose.code().to_owned(),
            kind: access.kind.name().to_owned(),
            operator: access.operator.to_string(),
            serial: access.serial.as_str().to_owned(),
            outcome: outcome.to_owned(),
            code: code.map(ToOwned::to_owned),
            question: access.question.to_string(),
            log: entry.log,
            leaf: entry.index.get(),
            shown: entry.opening.is_some(),
        }
    }
}

impl From<(OperatorId, OperatorMark)> for Operator {
    fn from((id, mark): (OperatorId, OperatorMark)) -> Self {
        Self { id: id.to_string(), mark: mark.to_string() }
    }
}
