//! The center's side of the dialogue on alerts: inquiries come in, a person explains.
//!
//! **Promises.** Only the authority asks; what it has decided later than it asked is not open again.
//! An explanation is said once an inquiry. Nothing here closes or hides an alert.
//! **Left to others.** The authority's side: `alerts::dialogue`.

use minicbor::{Decode, Encode};

use super::alerts::{self, AlertName, LISTED_MAX};
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::output::{Event, NetworkEvent};
use super::round::{Round, Route, Stop};
use crate::authority::alert::{AlertSubject, EVIDENCE_MAX, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::authority::dialogue::{Act, CaseRemark, Entry, Finding, Verdict, note};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::cose::Verified;
use crate::id::{AlertId, PayloadHash};
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::statement::Statement;
use crate::statement::dialogue::{Explanation, Inquiry, Ruling};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::{Date, Timestamp};
use crate::transfer::deadline::end_of;
use crate::wire::DeliveryReply;

/// An alert about which the authority has asked or told this center.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inquired {
    /// The alert.
    #[n(1)]
    pub alert: AlertId,
    /// Its rule.
    #[n(2)]
    pub rule: AlertRule,
    /// What it is about.
    #[n(3)]
    pub subject: AlertSubject,
    /// What shows it.
    #[n(4)]
    pub evidence: Vec<Evidence>,
    /// Where it stands here.
    #[n(5)]
    pub state: InquiryState,
    /// The latest inquiry, its time and the last day for its answer.
    #[n(6)]
    pub inquiry: Option<LatestInquiry>,
    /// When the authority decided last.
    #[n(7)]
    pub ruled_at: Option<Timestamp>,
    /// All that was said, in order.
    #[n(8)]
    pub entries: Vec<Entry>,
}

/// An inquiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LatestInquiry {
    /// The statement.
    #[n(1)]
    pub statement: PayloadHash,
    /// When it was said.
    #[n(2)]
    pub issued_at: Timestamp,
    /// The last day for the answer.
    #[n(3)]
    pub due: Date,
}

/// Where an alert stands at the center that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum InquiryState {
    /// An answer is owed.
    #[n(1)]
    Waiting,
    /// It was answered.
    #[n(2)]
    Explained,
    /// The authority found that it is so.
    #[n(3)]
    Confirmed,
    /// The authority found nothing more to do.
    #[n(4)]
    Closed,
}

impl InquiryState {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
        }
    }
}

impl Inquired {
    /// Whether the answer is owed and its day is over.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == InquiryState::Waiting
            && self.inquiry.is_some_and(|inquiry| end_of(inquiry.due) <= now)
    }
}

/// How many inquiries wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InquiryCount {
    /// Those that wait for an answer.
    pub waiting: usize,
    /// Of these, those whose day is over.
    pub overdue: usize,
}

/// The wish to answer an inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainOrder {
    /// Who answers.
    pub operator: OperatorId,
    /// The alert.
    pub alert: AlertName,
    /// What was found.
    pub finding: Finding,
    /// How it came about.
    pub remark: CaseRemark,
}

/// Takes in a statement of the dialogue; `None` for any other.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    verified: &Verified,
) -> Result<Option<DeliveryReply>, StoreError> {
    let statement = verified.statement();
    let by_authority = if let Statement::Inquiry(inquiry) = statement {
        if inquiry.evidence.len() > EVIDENCE_MAX {
            return Ok(Some(DeliveryReply::Refused(Refusal::Malformed)));
        }
        true
    } else if matches!(statement, Statement::Ruling(_)) {
        true
    } else if matches!(statement, Statement::Explanation(_)) {
        false
    } else {
        return Ok(None);
    };
    let hash = verified.hash();
    let done = if let Err(refusal) = admit(round, from, statement, by_authority) {
        Err(refusal)
    } else if round.statement(hash)?.is_some() {
        Ok(())
    } else {
        take_in(round, statement, hash)?
    };
    Ok(Some(match done {
        Ok(()) => {
            round.keep_received(hash, statement.kind(), verified.bytes())?;
            DeliveryReply::Committed(hash)
        }
        Err(refusal) => {
            round.event(Event::Refused { from, refusal });
            DeliveryReply::Refused(refusal)
        }
    }))
}

fn take_in(
    round: &mut Round<'_>,
    statement: &Statement,
    hash: PayloadHash,
) -> Result<Result<(), Refusal>, StoreError> {
    if let Statement::Inquiry(inquiry) = statement {
        on_inquiry(round, inquiry, hash).map(Ok)
    } else if let Statement::Ruling(ruling) = statement {
        on_ruling(round, ruling, hash).map(Ok)
    } else if let Statement::Explanation(explanation) = statement {
        alerts::on_explanation(round, explanation, hash)
    } else {
        Ok(Err(Refusal::UnknownStatement))
    }
}

/// The authority asks and decides; a center explains, to the authority.
fn admit(
    round: &Round<'_>,
    from: CenterCode,
    statement: &Statement,
    by_authority: bool,
) -> Result<(), Refusal> {
    if statement.from() != from {
        return Err(Refusal::Peer);
    }
    let is_authority = round.settings.role == Role::Authority;
    if statement.to() != Some(round.center()) || is_authority == by_authority {
        return Err(Refusal::Addressee);
    }
    if by_authority && from != round.roster.authority {
        return Err(Refusal::NotGranted);
    }
    round.roster.rights(from, Action::Sync).map(drop)
}

fn on_inquiry(
    round: &mut Round<'_>,
    inquiry: &Inquiry,
    hash: PayloadHash,
) -> Result<(), StoreError> {
    let known = inquired(round.view, inquiry.alert)?;
    let before = known.clone();
    let mut row = known.unwrap_or_else(|| new(inquiry.alert, inquiry.rule, inquiry.subject));
    note(
        &mut row.entries,
        Entry {
            at: round.now,
            act: Act::Inquired(inquiry.due),
            center: None,
            remark: inquiry.remark.clone(),
            statement: Some(hash),
            operator: None,
        },
    );
    let is_newest = row.inquiry.is_none_or(|known| known.issued_at < inquiry.issued_at);
    if is_newest {
        row.evidence.clone_from(&inquiry.evidence);
        let (issued_at, due) = (inquiry.issued_at, inquiry.due);
        row.inquiry = Some(LatestInquiry { statement: hash, issued_at, due });
        // Messages overtake each other: what was decided after the question stays decided.
        if row.ruled_at.is_none_or(|ruled_at| ruled_at < inquiry.issued_at) {
            row.state = InquiryState::Waiting;
            let (alert, due) = (row.alert, inquiry.due);
            round.event(Event::Network(NetworkEvent::Inquiry { alert, due }));
        }
    }
    put(round.view, before.as_ref(), &row);
    Ok(())
}

fn on_ruling(round: &mut Round<'_>, ruling: &Ruling, hash: PayloadHash) -> Result<(), StoreError> {
    let known = inquired(round.view, ruling.alert)?;
    let before = known.clone();
    let mut row = known.unwrap_or_else(|| new(ruling.alert, ruling.rule, ruling.subject));
    note(
        &mut row.entries,
        Entry {
            at: round.now,
            act: Act::Ruled(ruling.verdict),
            center: None,
            remark: Some(ruling.remark.clone()),
            statement: Some(hash),
            operator: None,
        },
    );
    let is_newest = row.ruled_at.is_none_or(|ruled_at| ruled_at < ruling.issued_at);
    let asked_since = row.inquiry.is_some_and(|asked| ruling.issued_at < asked.issued_at);
    if is_newest {
        row.ruled_at = Some(ruling.issued_at);
        if !asked_since {
            row.state = match ruling.verdict {
                Verdict::Confirmed => InquiryState::Confirmed,
                Verdict::Closed => InquiryState::Closed,
            };
        }
    }
    put(round.view, before.as_ref(), &row);
    Ok(())
}

const fn new(alert: AlertId, rule: AlertRule, subject: AlertSubject) -> Inquired {
    Inquired {
        alert,
        rule,
        subject,
        evidence: Vec::new(),
        state: InquiryState::Closed,
        inquiry: None,
        ruled_at: None,
        entries: Vec::new(),
    }
}

/// Answers an inquiry.
pub(super) fn explain(round: &mut Round<'_>, order: &ExplainOrder) -> Result<Inquired, Stop> {
    require_role(round, &order.operator, OperatorRole::Reviewer)?;
    let before = find(round.view, &order.alert)?;
    let mut row = before.clone();
    let (InquiryState::Waiting, Some(inquiry)) = (row.state, row.inquiry) else {
        let why = "no answer is owed: it was given, or the authority has decided";
        return Err(Stop::explained(Refusal::WrongState, why));
    };
    let authority = round.roster.authority;
    if !round.has_room_for(authority)? {
        return Err(Refusal::Overloaded.into());
    }
    let explanation = Explanation {
        from: round.center(),
        to: authority,
        issued_at: round.now,
        alert: row.alert,
        inquiry: inquiry.statement,
        finding: order.finding,
        remark: order.remark.clone(),
    };
    let hash = round.say(&explanation, Route::Outbox(authority));
    row.state = InquiryState::Explained;
    note(
        &mut row.entries,
        Entry {
            at: round.now,
            act: Act::Explained(order.finding),
            center: None,
            remark: Some(order.remark.clone()),
            statement: Some(hash),
            operator: Some(order.operator.clone()),
        },
    );
    put(round.view, Some(&before), &row);
    Ok(row)
}

/// What the authority has asked or told about an alert.
///
/// # Errors
/// When the store cannot be read.
pub fn inquired(view: &dyn View, alert: AlertId) -> Result<Option<Inquired>, StoreError> {
    let bytes = view.get(&key(Area::Inquiry, &[alert.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("inquiries", &bytes)).transpose()
}

/// The one inquiry that a caller names.
pub(super) fn find(view: &dyn View, name: &AlertName) -> Result<Inquired, Stop> {
    let id = alerts::resolve(view, Area::Inquiry, name)?;
    inquired(view, id)?.ok_or_else(|| Refusal::NotFound.into())
}

/// Inquiries that wait, the most pressing first; or all, the latest first.
///
/// # Errors
/// When the store cannot be read.
pub fn list(view: &dyn View, all: bool, limit: usize) -> Result<Vec<Inquired>, StoreError> {
    let limit = limit.min(LISTED_MAX);
    let area = if all { Area::Inquiry } else { Area::InquiryDue };
    let prefix = key(area, &[]);
    let mut found = Vec::new();
    for (place, _) in view.range(&prefix, &prefix_end(&prefix), LISTED_MAX)? {
        let id = place.len().checked_sub(32).and_then(|start| place.get(start..));
        let id = id.and_then(|id| id.try_into().ok()).map(AlertId::new);
        let row = id.map(|id| inquired(view, id)).transpose()?.flatten();
        found.push(row.ok_or_else(|| StoreError::Corrupt {
            place: "inquiries",
            detail: "a row of the index without its inquiry".into(),
        })?);
    }
    if all {
        found.sort_by_key(|row| core::cmp::Reverse(row.entries.last().map(|entry| entry.at)));
    }
    found.truncate(limit);
    Ok(found)
}

/// How many inquiries wait, and how many of them are late.
///
/// # Errors
/// When the store cannot be read.
pub fn count(view: &dyn View, now: Timestamp) -> Result<InquiryCount, StoreError> {
    let waiting = list(view, false, LISTED_MAX)?;
    let overdue = waiting.iter().filter(|row| row.is_overdue(now)).count();
    Ok(InquiryCount { waiting: waiting.len(), overdue })
}

fn put(view: &mut dyn View, before: Option<&Inquired>, row: &Inquired) {
    if let Some(place) = before.and_then(due_key) {
        view.delete(place);
    }
    if let Some(place) = due_key(row) {
        view.put(place, Vec::new());
    }
    view.put(key(Area::Inquiry, &[row.alert.as_bytes()]), cbor::encode(row));
}

/// Where an inquiry that waits stands in the index.
fn due_key(row: &Inquired) -> Option<Vec<u8>> {
    let inquiry = row.inquiry.filter(|_| row.state == InquiryState::Waiting)?;
    let due = inquiry.due.number().to_be_bytes();
    Some(key(Area::InquiryDue, &[&due, row.alert.as_bytes()]))
}

#[cfg(test)]
mod tests;
