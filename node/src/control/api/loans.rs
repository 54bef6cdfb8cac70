//! Loan intents and the leases on them: what is shown, and what people do with them.

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::digest::DigestStatus;
use fundlink_protocol::engine::lending::desk::IntentView;
use fundlink_protocol::engine::lending::seen::SeenIntent;
use fundlink_protocol::engine::lending::watch::{WatchTask, Watcher};
use fundlink_protocol::engine::lending::witness::LeaseView;
use fundlink_protocol::engine::lending::{AskedWitness, IntentState, WitnessReply};
use fundlink_protocol::statement::lending::LeaseAnswer;
use fundlink_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::facts::Person;
use super::logs::status_name;

/// Takes an application in: opens an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Who takes it in.
    pub operator: String,
    /// The loan business at this center (业务流水号).
    pub serial: String,
    /// The applicant first, then the other members of the household.
    pub household: Vec<Person>,
}

/// Asks for the payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    /// Who asks.
    pub operator: String,
}

/// Commits the payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// Who pays.
    pub operator: String,
    /// The loan contract (借款合同编号).
    pub contract: String,
}

/// Withdraws the application, or undoes a payout that did not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Who withdraws it.
    pub operator: String,
    /// Why, in words; always where a payout is undone.
    #[serde(default)]
    pub remark: Option<String>,
}

/// The authority ends leases of a silent center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Who rules.
    pub operator: String,
    /// Whose leases.
    pub center: String,
    /// On which intent, by its id; all of the center where none is named.
    #[serde(default)]
    pub intent: Option<String>,
    /// Whether the loan was paid out.
    #[serde(default)]
    pub paid: bool,
    /// Why, in words.
    pub remark: String,
}

/// A clerk has looked at what a watch found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDone {
    /// Who has looked.
    pub operator: String,
    /// `intent` or `certificate`.
    pub kind: String,
    /// The id of the intent, or the number of the certificate.
    pub of: String,
    /// Whose log it was.
    pub center: String,
}

/// To how many members a ruling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// How many.
    pub members: usize,
}

/// An intent of this center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its id.
    pub intent: String,
    /// The loan business at this center.
    pub serial: String,
    /// `open`, `asking`, `leased`, `held`, `paid`, `withdrawn` or `expired`.
    pub state: String,
    /// Why a person must look: `earlier-intent`, `loan-runs`, `leased-elsewhere`, `no-majority`,
    /// `lease-ran-out`, `witnesses-changed`, `ruled` or `restored`.
    pub reason: Option<String>,
    /// The center that stands in the way.
    pub reason_center: Option<String>,
    /// Since when it stands so.
    pub since: String,
    /// When the application was taken in.
    pub taken_in: String,
    /// Members of the household.
    pub household: usize,
    /// Who took it in.
    pub operator: String,
    /// When a lease was asked for last.
    pub asked_at: Option<String>,
    /// Until when it may be paid out.
    pub payable_until: Option<String>,
    /// How many witnesses must name it first.
    pub majority: usize,
    /// How many do.
    pub named_first: usize,
    /// What each witness said.
    pub witnesses: Vec<WitnessShown>,
    /// Applications of the household at other centers.
    pub seen: Vec<Seen>,
    /// Centers at which a loan of the household runs.
    pub loans: Vec<String>,
    /// What its watch has found.
    pub tasks: Vec<Task>,
    /// The loan contract that was paid out.
    pub contract: Option<String>,
    /// Why it was withdrawn, in words.
    pub remark: Option<String>,
}

/// What a witness said to the last request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessShown {
    /// The witness.
    pub witness: String,
    /// `awaited`, `refused`, `withheld`, `first` or `other`.
    pub reply: String,
    /// The code of the refusal.
    pub code: Option<String>,
    /// Whose application it names first instead.
    pub first: Vec<String>,
    /// Centers at which it knows a running loan.
    pub loans: Vec<String>,
    /// The signed answer.
    pub statement: Option<String>,
}

/// An application at another center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where.
    pub center: String,
    /// When it was taken in there.
    pub taken_in: String,
    /// Where it stands, as a digest's status.
    pub status: String,
}

/// What a watch has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `intent` or `certificate`.
    pub kind: String,
    /// The id of the intent, or the number of the certificate.
    pub of: String,
    /// Whose log it was.
    pub center: String,
    /// The last revision, as a digest's status.
    pub status: String,
    /// How many came in since a clerk looked.
    pub count: u32,
    /// When the first of them came in.
    pub since: String,
    /// When the last of them came in.
    pub at: String,
}

/// The leases that this node keeps as a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leases {
    /// Since when it grants none, because it may have forgotten some.
    pub withheld_since: Option<String>,
    /// The leases.
    pub leases: Vec<Lease>,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The intent.
    pub intent: String,
    /// Whose.
    pub center: String,
    /// When its center asked last, by its clock.
    pub asked_at: String,
    /// When it runs out, by that clock.
    pub ends_at: String,
    /// Whether its center has shown since that it is over.
    pub is_over: bool,
}

impl From<&IntentView> for Shown {
    fn from(view: &IntentView) -> Self {
        let stored = &view.stored;
        let reason = match stored.state {
            IntentState::Held(reason) => Some(reason),
            IntentState::Open
            | IntentState::Asking
            | IntentState::Leased
            | IntentState::Paid
            | IntentState::Withdrawn
            | IntentState::Expired => None,
        };
        let asked = stored.attempt.iter().flat_map(|attempt| &attempt.asked);
        let witnesses: Vec<WitnessShown> = asked.map(Into::into).collect();
        Self {
            intent: stored.intent.id().to_string(),
            serial: stored.record.serial.as_str().to_owned(),
            state: stored.state.word().to_owned(),
            reason: reason.map(|reason| reason.word().to_owned()),
            reason_center: reason.and_then(|reason| reason.center()).map(text),
            since: stored.since.to_string(),
            taken_in: stored.record.taken_in.to_string(),
            household: stored.record.household.len(),
            operator: stored.operator.to_string(),
            asked_at: stored.attempt.as_ref().map(|attempt| attempt.asked_at.to_string()),
            payable_until: view.payable_until.map(|until| until.to_string()),
            majority: view.majority,
            named_first: witnesses.iter().filter(|witness| witness.reply == "first").count(),
            witnesses,
            seen: view.seen.iter().map(Into::into).collect(),
            loans: view.loans.iter().copied().map(text).collect(),
            tasks: view.tasks.iter().map(Into::into).collect(),
            contract: stored.contract.as_ref().map(|contract| contract.as_str().to_owned()),
            remark: stored.remark.as_ref().map(|remark| remark.0.as_str().to_owned()),
        }
    }
}

impl From<&AskedWitness> for WitnessShown {
    fn from(asked: &AskedWitness) -> Self {
        let none = Self {
            witness: asked.witness.to_string(),
            reply: String::new(),
            code: None,
            first: Vec::new(),
            loans: Vec::new(),
            statement: None,
        };
        match &asked.reply {
            WitnessReply::Awaited => Self { reply: "awaited".to_owned(), ..none },
            WitnessReply::Refused(refusal) => {
                Self { reply: "refused".to_owned(), code: Some(refusal.code().to_owned()), ..none }
            }
            WitnessReply::Answered(answer, statement) => Self {
                reply: word(answer).to_owned(),
                first: others(answer),
                loans: centers(
                    answer.tags.iter().flat_map(|tag| &tag.loans).map(|loan| loan.center),
                ),
                statement: statement.map(|statement| statement.to_string()),
                ..none
            },
        }
    }
}

fn word(answer: &LeaseAnswer) -> &'static str {
    let is_first = |first: &Option<_>| {
        first.is_some_and(|first: fundlink_protocol::statement::lending::FirstIntent| {
            first.intent == answer.intent
        })
    };
    if answer.withheld_since.is_some() {
        "withheld"
    } else if answer.tags.iter().all(|tag| is_first(&tag.first)) {
        "first"
    } else {
        "other"
    }
}

fn others(answer: &LeaseAnswer) -> Vec<String> {
    let first = answer.tags.iter().filter_map(|tag| tag.first);
    centers(first.filter(|first| first.intent != answer.intent).map(|first| first.center))
}

fn centers(codes: impl Iterator<Item = CenterCode>) -> Vec<String> {
    let mut codes: Vec<CenterCode> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(text).collect()
}

fn text(code: CenterCode) -> String {
    code.to_string()
}

impl From<&SeenIntent> for Seen {
    fn from(seen: &SeenIntent) -> Self {
        Self {
            center: seen.center.to_string(),
            taken_in: seen.taken_in.to_string(),
            status: word_of(seen.status),
        }
    }
}

fn word_of(status: DigestStatus) -> String {
    status_name(status).to_owned()
}

impl From<&WatchTask> for Task {
    fn from(task: &WatchTask) -> Self {
        let (kind, of) = match task.watcher {
            Watcher::Intent(id) => ("intent", id.to_string()),
            Watcher::Certificate(number) => ("certificate", number.to_string()),
        };
        Self {
            kind: kind.to_owned(),
            of,
            center: task.center.to_string(),
            status: word_of(task.status),
            count: task.count,
            since: task.since.to_string(),
            at: task.at.to_string(),
        }
    }
}

impl Leases {
    /// What a witness shows.
    #[must_use]
    pub fn of(leases: &[LeaseView], withheld_since: Option<Timestamp>) -> Self {
        let lease = |lease: &LeaseView| Lease {
            intent: lease.intent.to_string(),
            center: lease.center.to_string(),
            asked_at: lease.asked_at.to_string(),
            ends_at: lease.ends_at.to_string(),
            is_over: lease.is_over,
        };
        Self {
            withheld_since: withheld_since.map(|since| since.to_string()),
            leases: leases.iter().map(lease).collect(),
        }
    }
}
