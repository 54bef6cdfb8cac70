//! What is shown of alerts: rule, members, pseudonym, what shows it; never a person.

use std::fmt;

use fundlink_protocol::authority::alert;
use fundlink_protocol::authority::alert::AlertSubject;
use fundlink_protocol::engine::alerts;
use serde::{Deserialize, Serialize};

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Names it.
    pub id: String,
    /// The rule, such as `double_loan`.
    pub rule: String,
    /// Its place in the supervisors' catalogue, such as `A2`.
    pub code: String,
    /// The version of the rule.
    pub rule_version: u32,
    /// What kind of thing it is about: `person`, `property`, `transfer`, `account`, `log`, `leaves`,
    /// `member`, `roster`.
    pub about: String,
    /// Which: a pseudonym, a log, a member; empty for the roster.
    pub subject: String,
    /// The members concerned.
    pub centers: Vec<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// When it was raised first.
    pub first_seen: String,
    /// When it was raised or resolved last.
    pub last_seen: String,
    /// `open` or `resolved`.
    pub state: String,
    /// How often the cause came.
    pub times: u32,
}

/// What shows it: a leaf of a log, or a signed statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// A leaf; `fundlink log prove` proves it.
    Leaf {
        /// Which log: `140100/1`.
        log: String,
        /// Which leaf.
        leaf: u64,
    },
    /// A statement; `fundlink evidence export --statement` proves it.
    Statement {
        /// Its hash.
        statement: String,
    },
}

/// How many alerts of a rule there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCount {
    /// The rule.
    pub rule: String,
    /// Those whose cause is there.
    pub open: u32,
    /// All that were ever raised.
    pub raised: u32,
}

impl From<&alert::Alert> for Alert {
    fn from(alert: &alert::Alert) -> Self {
        let (about, subject) = match alert.subject {
            AlertSubject::Person(tag) => ("person", tag.to_string()),
            AlertSubject::Transfer(tag) => ("transfer", tag.to_string()),
            AlertSubject::Log(log) => ("log", log.to_string()),
            AlertSubject::Leaves(log) => ("leaves", log.to_string()),
            AlertSubject::Member(center) => ("member", center.to_string()),
            AlertSubject::Roster => ("roster", String::new()),
            AlertSubject::Account(tag) => ("account", tag.to_string()),
            AlertSubject::Property(tag) => ("property", tag.to_string()),
        };
        let evidence = alert.evidence.iter();
        Self {
            id: alert.id.to_string(),
            rule: alert.rule.name().to_owned(),
            code: alert.rule.code().to_owned(),
            rule_version: alert.rule_version,
            about: about.to_owned(),
            subject,
            centers: alert.centers.iter().map(ToString::to_string).collect(),
            evidence: evidence.map(Into::into).collect(),
            first_seen: alert.first_seen.to_string(),
            last_seen: alert.last_seen.to_string(),
            state: alert.state.name().to_owned(),
            times: alert.times,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf { log, leaf } => write!(f, "{log} #{leaf}"),
            Self::Statement { statement } => f.write_str(statement),
        }
    }
}

impl From<&alert::Evidence> for Evidence {
    fn from(shown: &alert::Evidence) -> Self {
        match shown {
            alert::Evidence::Leaf(log, leaf) => {
                Self::Leaf { log: log.to_string(), leaf: leaf.get() }
            }
            alert::Evidence::Statement(hash) => Self::Statement { statement: hash.to_string() },
        }
    }
}

impl From<&alerts::AlertCount> for AlertCount {
    fn from(count: &alerts::AlertCount) -> Self {
        Self { rule: count.rule.name().to_owned(), open: count.open, raised: count.raised }
    }
}
