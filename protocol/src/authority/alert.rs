//! An alert (预警): which rule it comes from, whom it is about, which leaves show it.
//!
//! **Promises.** One alert for one cause: its id follows from the rule and what it is about, so that
//! the same cause seen twice is the same alert.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::center::{CenterCode, Role};
use crate::id::{AlertId, ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::time::Timestamp;

/// Leaves that one alert names at most; more of the same add nothing.
pub const EVIDENCE_MAX: usize = 16;

/// What raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AlertRule {
    /// Two running loans of one person at two centers (一人两地同时贷款).
    #[n(1)]
    DoubleLoan,
    /// A transfer that one side has published and the other has not, past its deadline
    /// (转移单边).
    #[n(2)]
    OneSidedTransfer,
    /// Both sides of a transfer have published, but over different sheets (信息表不一致).
    #[n(3)]
    SheetsDiffer,
    /// A log, or the roster, that has two faces (两套账).
    #[n(4)]
    Equivocation,
    /// A leaf or a checkpoint that does not fit what came before it.
    #[n(5)]
    InvalidUpdate,
    /// No sign of life for five minutes (失联).
    #[n(6)]
    Silence,
    /// A roster past its time, or a member that works by an old one.
    #[n(7)]
    StaleRoster,
}

impl AlertRule {
    /// All rules.
    pub const ALL: [Self; 7] = [
        Self::DoubleLoan,
        Self::OneSidedTransfer,
        Self::SheetsDiffer,
        Self::Equivocation,
        Self::InvalidUpdate,
        Self::Silence,
        Self::StaleRoster,
    ];

    /// The stable name, for programs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DoubleLoan => "double_loan",
            Self::OneSidedTransfer => "one_sided_transfer",
            Self::SheetsDiffer => "sheets_differ",
            Self::Equivocation => "equivocation",
            Self::InvalidUpdate => "invalid_update",
            Self::Silence => "silence",
            Self::StaleRoster => "stale_roster",
        }
    }

    /// The version of the rule: one more whenever it would judge the same digests otherwise.
    #[must_use]
    pub const fn version(self) -> u32 {
        1
    }

    /// Whether a member of this role keeps alerts of the rule. What takes the view of the whole
    /// province is the authority's; what a center needs to know of its peers it keeps too.
    #[must_use]
    pub const fn is_kept_by(self, role: Role) -> bool {
        match self {
            Self::DoubleLoan | Self::OneSidedTransfer | Self::SheetsDiffer => {
                matches!(role, Role::Authority)
            }
            Self::Equivocation | Self::InvalidUpdate | Self::Silence | Self::StaleRoster => true,
        }
    }
}

impl fmt::Display for AlertRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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
}

/// A leaf that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Evidence {
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The leaf.
    #[n(2)]
    pub leaf: LeafIndex,
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
    /// The leaves that show it, ascending; at most [`EVIDENCE_MAX`].
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
