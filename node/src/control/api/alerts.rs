//! What is shown and wanted of alerts: rule, members, pseudonym, what shows it; never a person.
//!
//! **Promises.** Words of a dialogue are hidden from `Debug`.
//! **Left to others.** Finding, asking and deciding: the engine.

use std::fmt;

use fundlink_protocol::authority::alert;
use fundlink_protocol::authority::alert::AlertSubject;
use fundlink_protocol::authority::dialogue;
use fundlink_protocol::authority::dialogue::Act;
use fundlink_protocol::engine::alerts;
use fundlink_protocol::engine::inquiries::Inquired;
use fundlink_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::transfers::PrivateText;

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
    /// How much it presses: `notice`, `warning`, `alarm`.
    pub level: String,
    /// What kind of thing it is about: `person`, `property`, `transfer`, `account`, `record`,
    /// `log`, `leaves`, `member`, `roster`.
    pub about: String,
    /// Which: a pseudonym, a log, a member; empty for the roster.
    pub subject: String,
    /// The members concerned.
    pub centers: Vec<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// When it was raised first.
    pub first_seen: String,
    /// When it was raised, or had gone, last.
    pub last_seen: String,
    /// `open`, `inquired`, `explained`, `confirmed`, `closed`, or `resolved` by itself.
    pub state: String,
    /// Whether the cause is there, whatever was decided.
    pub present: bool,
    /// How often the cause came.
    pub times: u32,
    /// Cases that it stands for, where a center has told five or more.
    pub count: Option<u32>,
    /// Who at the authority has it in hand.
    pub handler: Option<String>,
    /// The earliest day by which an answer is awaited.
    pub due: Option<String>,
    /// Whether an answer is late.
    pub overdue: bool,
    /// Who was asked.
    pub asked: Vec<Asked>,
    /// What was said and done, in order.
    pub dialogue: Vec<Entry>,
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

/// One question to one center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who was asked.
    pub center: String,
    /// The last day for the answer.
    pub due: String,
    /// Whether nothing is awaited any more.
    pub settled: bool,
    /// Whether the day passed without an answer.
    pub overdue: bool,
}

/// Something that was said or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: String,
    /// What: `raised`, `healed`, `inquired`, `explained`, `overdue`, `confirmed`, `closed`.
    pub act: String,
    /// The center that was asked, or that answered.
    pub center: Option<String>,
    /// For `inquired`: the last day for the answer.
    pub due: Option<String>,
    /// For `explained`: `in-order`, `corrected`, `being-corrected`, `elsewhere`.
    pub finding: Option<String>,
    /// In which words.
    pub remark: Option<PrivateText>,
    /// The signed statement.
    pub statement: Option<String>,
    /// Which operator of this member did it.
    pub operator: Option<String>,
}

/// An alert about which the authority has asked or told this center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// Names the alert.
    pub id: String,
    /// Its rule.
    pub rule: String,
    /// The rule's place in the supervisors' catalogue.
    pub code: String,
    /// What kind of thing it is about.
    pub about: String,
    /// Which.
    pub subject: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// `waiting`, `explained`, `confirmed`, `closed`.
    pub state: String,
    /// The last day for the answer, where the authority has asked.
    pub due: Option<String>,
    /// Whether the answer is owed and late.
    pub overdue: bool,
    /// What was said, in order.
    pub dialogue: Vec<Entry>,
}

/// The wish to ask centers about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquire {
    /// Who asks.
    pub operator: String,
    /// Whom; every center that the alert names when empty.
    #[serde(default)]
    pub centers: Vec<String>,
    /// Working days for the answer; five when absent.
    #[serde(default)]
    pub days: Option<u32>,
    /// What is asked.
    #[serde(default)]
    pub remark: Option<PrivateText>,
}

/// The wish to decide about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Who decides.
    pub operator: String,
    /// `confirmed` or `closed`.
    pub verdict: String,
    /// Why.
    pub remark: PrivateText,
}

/// The wish to answer an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// Who answers.
    pub operator: String,
    /// `in-order`, `corrected`, `being-corrected`, `elsewhere`.
    pub finding: String,
    /// How it came about.
    pub remark: PrivateText,
}

/// How many alerts of a rule there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCount {
    /// The rule.
    pub rule: String,
    /// Those in which somebody has to do something yet.
    pub open: u32,
    /// How often it was raised.
    pub raised: u32,
    /// Those about which an answer is awaited.
    pub inquired: u32,
    /// Of these, those whose answer is late.
    pub overdue: u32,
}

impl From<&alert::Alert> for Alert {
    fn from(alert: &alert::Alert) -> Self {
        let (about, subject) = subject(alert.subject);
        Self {
            id: alert.id.to_string(),
            rule: alert.rule.name().to_owned(),
            code: alert.rule.code().to_owned(),
            rule_version: alert.rule_version,
            level: alert.level.name().to_owned(),
            about: about.to_owned(),
            subject,
            centers: alert.centers.iter().map(ToString::to_string).collect(),
            evidence: alert.evidence.iter().map(Into::into).collect(),
            first_seen: alert.first_seen.to_string(),
            last_seen: alert.last_seen.to_string(),
            state: alert.state.name().to_owned(),
            present: alert.is_present,
            times: alert.times,
            count: alert.count,
            handler: alert.handler.as_ref().map(ToString::to_string),
            due: alert.due().map(|due| due.to_string()),
            overdue: alert.is_overdue(),
            asked: alert.dialogue.asked.iter().map(Into::into).collect(),
            dialogue: alert.dialogue.entries.iter().map(Into::into).collect(),
        }
    }
}

fn subject(subject: AlertSubject) -> (&'static str, String) {
    match subject {
        AlertSubject::Person(tag) => ("person", tag.to_string()),
        AlertSubject::Transfer(tag) => ("transfer", tag.to_string()),
        AlertSubject::Account(tag) => ("account", tag.to_string()),
        AlertSubject::Property(tag) => ("property", tag.to_string()),
        AlertSubject::Record(log, leaf) => ("record", format!("{log} #{}", leaf.get())),
        AlertSubject::Log(log) => ("log", log.to_string()),
        AlertSubject::Leaves(log) => ("leaves", log.to_string()),
        AlertSubject::Member(center) => ("member", center.to_string()),
        AlertSubject::Roster => ("roster", String::new()),
    }
}

impl Inquiry {
    /// An inquiry, as it stands at a time.
    #[must_use]
    pub fn of(row: &Inquired, now: Timestamp) -> Self {
        let (about, subject) = subject(row.subject);
        Self {
            id: row.alert.to_string(),
            rule: row.rule.name().to_owned(),
            code: row.rule.code().to_owned(),
            about: about.to_owned(),
            subject,
            evidence: row.evidence.iter().map(Into::into).collect(),
            state: row.state.name().to_owned(),
            due: row.inquiry.map(|inquiry| inquiry.due.to_string()),
            overdue: row.is_overdue(now),
            dialogue: row.entries.iter().map(Into::into).collect(),
        }
    }
}

impl From<&dialogue::Asked> for Asked {
    fn from(asked: &dialogue::Asked) -> Self {
        Self {
            center: asked.center.to_string(),
            due: asked.due.to_string(),
            settled: asked.is_settled,
            overdue: asked.is_overdue,
        }
    }
}

impl From<&dialogue::Entry> for Entry {
    fn from(entry: &dialogue::Entry) -> Self {
        let (due, finding) = match entry.act {
            Act::Inquired(due) => (Some(due.to_string()), None),
            Act::Explained(finding) => (None, Some(finding.name().to_owned())),
            Act::Raised | Act::Healed | Act::Overdue | Act::Ruled(_) => (None, None),
        };
        let remark = entry.remark.as_ref();
        Self {
            at: entry.at.to_string(),
            act: entry.act.name().to_owned(),
            center: entry.center.map(|center| center.to_string()),
            due,
            finding,
            remark: remark.map(|remark| PrivateText(remark.as_str().to_owned())),
            statement: entry.statement.map(|hash| hash.to_string()),
            operator: entry.operator.as_ref().map(ToString::to_string),
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
        Self {
            rule: count.rule.name().to_owned(),
            open: count.open,
            raised: count.raised,
            inquired: count.inquired,
            overdue: count.overdue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_hidden_from_debug() {
        let words = || PrivateText("李晓禾的贷款".into());
        let explain =
            Explain { operator: "r".into(), finding: "corrected".into(), remark: words() };
        let rule = Rule { operator: "r".into(), verdict: "closed".into(), remark: words() };
        let inquire =
            Inquire { operator: "r".into(), centers: vec![], days: None, remark: Some(words()) };
        let shown = format!("{explain:?} {rule:?} {inquire:?}");
        assert!(!shown.contains("李晓禾"), "{shown}");
    }
}
