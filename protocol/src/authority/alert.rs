//! An alert (预警): which rule it comes from, whom it is about, what shows it.
//!
//! **Promises.** One alert for one cause: its id follows from the rule and what it is about, so that
//! the same cause seen twice is the same alert.

use minicbor::{Decode, Encode};

use super::alert_rule::{AlertLevel, AlertRule};
use super::dialogue::Dialogue;
use crate::center::CenterCode;
use crate::engine::operator::OperatorId;
use crate::id::{AlertId, CauseId, PayloadHash, ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::time::{Date, Timestamp};

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
    /// What a leaf commits to, such as a certificate.
    #[n(9)]
    Record(#[n(0)] LogId, #[n(1)] LeafIndex),
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

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AlertState {
    /// The cause is there, and nobody was asked.
    #[n(1)]
    Open,
    /// The cause has gone by itself before anybody was asked.
    #[n(2)]
    Resolved,
    /// A center was asked and has not answered (已质询).
    #[n(3)]
    Inquired,
    /// Everybody who was asked has answered (已说明).
    #[n(4)]
    Explained,
    /// The authority finds that it is so (已确认).
    #[n(5)]
    Confirmed,
    /// The authority finds nothing more to do (已关闭).
    #[n(6)]
    Closed,
}

impl AlertState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Inquired,
        Self::Explained,
        Self::Confirmed,
        Self::Closed,
        Self::Resolved,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Inquired => "inquired",
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether somebody has to do something yet.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        match self {
            Self::Open | Self::Inquired | Self::Explained => true,
            Self::Confirmed | Self::Closed | Self::Resolved => false,
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
    /// Where it stands.
    #[n(9)]
    pub state: AlertState,
    /// How often the cause came, after it had gone.
    #[n(10)]
    pub times: u32,
    /// Whether the cause is there, whatever was decided.
    #[n(11)]
    pub is_present: bool,
    /// How much it presses.
    #[n(12)]
    pub level: AlertLevel,
    /// Its causes, ascending: one that was not known opens an alert again that was closed.
    #[n(13)]
    pub causes: Vec<CauseId>,
    /// Cases that it stands for, where a center has told a number.
    #[n(14)]
    pub count: Option<u32>,
    /// What was asked, answered and decided.
    #[n(15)]
    pub dialogue: Dialogue,
    /// Who at the authority has it in hand.
    #[n(16)]
    pub handler: Option<OperatorId>,
    /// When anything of it changed last.
    #[n(17)]
    pub changed: Timestamp,
}

impl Alert {
    /// The earliest day by which an answer is awaited.
    #[must_use]
    pub fn due(&self) -> Option<Date> {
        self.dialogue.waiting().map(|asked| asked.due).min()
    }

    /// Whether an answer that is awaited is late.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.dialogue.waiting().any(|asked| asked.is_overdue)
    }
}

/// The id of an alert.
#[must_use]
pub fn alert_id(rule: AlertRule, subject: AlertSubject) -> AlertId {
    let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 id of an alert");
    hasher.update(&crate::cbor::encode(&rule));
    hasher.update(&crate::cbor::encode(&subject));
    AlertId::new(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in AlertState::ALL {
            assert_eq!(AlertState::from_name(state.name()), Some(state));
        }
        assert_eq!(AlertState::Inquired.name(), "inquired");
        assert_eq!(AlertState::from_name("done"), None);
    }
}
