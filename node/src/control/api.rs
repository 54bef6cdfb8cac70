//! The JSON of the control interface: what a program sends and gets.
//!
//! Amounts are yuan as text with two decimals, times RFC 3339 at +08:00, dates YYYY-MM-DD, ids
//! lower-case hex, centers six digits.
//!
//! **Promises.** These types are apart from those of the engine, so that a change there is no change
//! here by accident.
//! **Left to others.** Which command each belongs to: [`super::routes`].

use core::fmt;

use fundlink_protocol::engine::output::{CommandRefusal, Event};
use fundlink_protocol::engine::status;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::heartbeat;
use serde::{Deserialize, Serialize};

pub mod accesses;
pub mod alerts;
pub mod certificates;
pub mod dossiers;
pub mod evidence;
pub mod facts;
pub mod ledger;
pub mod loans;
pub mod logs;
pub mod modes;
pub mod net;
pub mod probes;
pub mod records;
pub mod recovery;
pub mod registrations;
pub mod takeovers;
pub mod transfers;
pub mod withdrawals;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// The stable code.
    pub code: String,
    /// One English sentence.
    pub message: String,
    /// One Chinese sentence.
    pub message_zh: String,
    /// What to do next.
    pub next: String,
    /// More, when there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<&CommandRefusal> for ApiError {
    fn from(refused: &CommandRefusal) -> Self {
        let refusal = refused.refusal;
        Self {
            code: refusal.code().to_owned(),
            message: refusal.english().to_owned(),
            message_zh: refusal.chinese().to_owned(),
            next: refusal.next_step().to_owned(),
            detail: refused.detail.clone(),
        }
    }
}

impl ApiError {
    /// The refusal behind the code, unless the node is of a newer release.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        Refusal::from_code(&self.code)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        write!(f, "; {}", self.next)
    }
}

/// Something was done and there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// How the node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// This member.
    pub center: String,
    /// The network.
    pub network: String,
    /// The roster in force.
    pub roster_version: u64,
    /// Past it the roster raises an alarm.
    pub roster_renew_by: String,
    /// Whether it waits for its witnesses after a start.
    pub recovering: bool,
    /// Each other member.
    pub members: Vec<MemberStanding>,
}

/// What the node knows of another member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberStanding {
    /// The member.
    pub center: String,
    /// `active`, `suspended` or `revoked`.
    pub status: String,
    /// When its last heartbeat came in.
    pub heard: Option<String>,
    /// Whether it was heard from within 5 minutes and its log is held up to what it said.
    pub current: bool,
    /// Statements that it has not acknowledged.
    pub waiting: u32,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<String>,
    /// How good its records are, as it said last; absent for who holds none.
    pub data: Option<DataQuality>,
}

/// How good a member's records are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataQuality {
    /// As of when they were exported.
    pub as_of: String,
    /// Accounts and loans, those in quarantine included.
    pub records: u64,
    /// Those of them in quarantine.
    pub quarantined: u64,
    /// The same in a million.
    pub quarantined_per_million: u64,
}

impl From<heartbeat::DataQuality> for DataQuality {
    fn from(data: heartbeat::DataQuality) -> Self {
        Self {
            as_of: data.as_of.to_string(),
            records: data.records,
            quarantined: data.quarantined,
            quarantined_per_million: data.quarantined_per_million(),
        }
    }
}

impl From<status::Status> for Status {
    fn from(status: status::Status) -> Self {
        let members = status.members.into_iter().map(|member| MemberStanding {
            center: member.center.to_string(),
            status: member.status.name().to_owned(),
            heard: member.heard.map(|heard| heard.to_string()),
            current: member.current,
            waiting: member.waiting,
            waiting_since: member.waiting_since.map(|since| since.to_string()),
            data: member.data.map(DataQuality::from),
        });
        Self {
            center: status.center.to_string(),
            network: status.network,
            roster_version: status.roster_version,
            roster_renew_by: status.roster_renew_by.to_string(),
            recovering: status.recovering,
            members: members.collect(),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WatchedEvent {
    /// A transfer has a new state.
    Transfer {
        /// Which.
        transfer: String,
        /// The state's name.
        state: String,
    },
    /// Most of the time for what a transfer waits for is over.
    Reminder {
        /// Which.
        transfer: String,
    },
    /// Something about the network as a whole.
    Network {
        /// Its name.
        name: String,
        /// One sentence.
        text: String,
    },
    /// Something about a log: a checkpoint, a copy, a lie.
    Log {
        /// What, as a name that does not change.
        name: String,
        /// The same in English.
        text: String,
    },
    /// A question was answered with facts.
    Answered {
        /// Who asked.
        to: String,
        /// What, as the question's kind.
        kind: String,
        /// Why, as the purpose's code.
        purpose: String,
    },
    /// A dossier has all its answers, or does not wait for more.
    Dossier {
        /// Which.
        dossier: String,
    },
    /// Something about a certificate that is held here.
    Certificate {
        /// Which.
        number: String,
        /// What: `receipt-due`, `receipt-taken`, `receipt-refused`, `release-taken`,
        /// `release-refused`, `revoked`.
        what: String,
    },
    /// A loan intent has a new state.
    Intent {
        /// Which.
        intent: String,
        /// `open`, `asking`, `leased`, `held`, `paid`, `withdrawn` or `expired`.
        state: String,
    },
    /// What a watch has found at another center waits for a clerk.
    Watch {
        /// Whose log it was.
        center: String,
    },
    /// Money moved under a letter number that no sheet here explains.
    UnexplainedMoney {
        /// The number that the bank's summary quotes.
        letter: String,
    },
    /// Something from outside was refused.
    Refused {
        /// By whom it came.
        from: String,
        /// The code.
        code: String,
    },
    /// Events came faster than they were read; ask for the present state.
    Missed {
        /// How many are gone.
        count: u64,
    },
}

impl From<&Event> for WatchedEvent {
    fn from(event: &Event) -> Self {
        match event {
            Event::Transfer { transfer, state } => {
                Self::Transfer { transfer: transfer.to_string(), state: (*state).to_owned() }
            }
            Event::Reminder { transfer } => Self::Reminder { transfer: transfer.to_string() },
            Event::Network(event) => {
                Self::Network { name: event.name().to_owned(), text: event.to_string() }
            }
            Event::Log(event) => {
                Self::Log { name: event.name().to_owned(), text: event.to_string() }
            }
            Event::Answered { to, kind, purpose } => Self::Answered {
                to: to.to_string(),
                kind: kind.name().to_owned(),
                purpose: purpose.code().to_owned(),
            },
            Event::Dossier { dossier } => Self::Dossier { dossier: dossier.to_string() },
            Event::Certificate { number, what } => {
                Self::Certificate { number: number.to_string(), what: (*what).to_owned() }
            }
            Event::Intent { intent, state } => {
                Self::Intent { intent: intent.to_string(), state: (*state).to_owned() }
            }
            Event::Watch { center } => Self::Watch { center: center.to_string() },
            Event::UnexplainedMoney { letter } => {
                Self::UnexplainedMoney { letter: letter.to_string() }
            }
            Event::Refused { from, refusal } => {
                Self::Refused { from: from.to_string(), code: refusal.code().to_owned() }
            }
        }
    }
}
