//! An alert (预警): which rule it comes from, whom it is about, what shows it.
//!
//! **Promises.** One alert for one cause: its id follows from the rule and what it is about, so that
//! the same cause seen twice is the same alert.

use minicbor::{Decode, Encode};

use super::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::id::{AlertId, PayloadHash, ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::time::Timestamp;

/// Leaves and statements that one alert names at most; more of the same add nothing.
pub const EVIDENCE_MAX: usize = 16;

/// What an alert is about: with the rule, it gives the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum AlertSubject {
    /// A person, by pseudonym.
    #[n(1)]
    Person(#[n(0)] SubjectTag),
    /// A transfer, by pseudonym.
    #[n(2)]
    Transfer(#[n(0)] ReferenceTag),
    /// A log.
    #[n(3)]
    Log(#[n(0)] LogId),
    /// The leaves of a log.
    #[n(4)]
    Leaves(#[n(0)] LogId),
    /// A member.
    #[n(5)]
    Member(#[n(0)] CenterCode),
    /// The roster.
    #[n(6)]
    Roster,
    /// An account, by pseudonym.
    #[n(7)]
    Account(#[n(0)] ReferenceTag),
    /// A property, by pseudonym.
    #[n(8)]
    Property(#[n(0)] SubjectTag),
}

/// What shows it, so that anybody can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(flat)]
pub enum Evidence {
    /// A leaf of a log.
    #[n(1)]
    Leaf(#[n(0)] LogId, #[n(1)] LeafIndex),
    /// A signed statement.
    #[n(2)]
    Statement(#[n(0)] PayloadHash),
}

/// Whether an alert still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AlertState {
    /// The cause is there.
    #[n(1)]
    Open,
    /// The cause has gone by itself.
    #[n(2)]
    Resolved,
}

impl AlertState {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Alert {
    /// Names it.
    #[n(1)]
    pub id: AlertId,
    /// The rule.
    #[n(2)]
    pub rule: AlertRule,
    /// The version of the rule that raised it last.
    #[n(3)]
    pub rule_version: u32,
    /// What it is about.
    #[n(4)]
    pub subject: AlertSubject,
    /// The members concerned, ascending.
    #[n(5)]
    pub centers: Vec<CenterCode>,
    /// What shows it, ascending; at most [`EVIDENCE_MAX`].
    #[n(6)]
    pub evidence: Vec<Evidence>,
    /// When it was raised first.
    #[n(7)]
    pub first_seen: Timestamp,
    /// When it was raised, or resolved, last.
    #[n(8)]
    pub last_seen: Timestamp,
    /// Whether it still holds.
    #[n(9)]
    pub state: AlertState,
    /// How often the cause came, after it had gone.
    #[n(10)]
    pub times: u32,
}

/// The id of an alert.
#[must_use]
pub fn alert_id(rule: AlertRule, subject: AlertSubject) -> AlertId {
    let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 id of an alert");
    hasher.update(&crate::cbor::encode(&rule));
    hasher.update(&crate::cbor::encode(&subject));
    AlertId::new(*hasher.finalize().as_bytes())
}
