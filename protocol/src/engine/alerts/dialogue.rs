//! The authority's side of the dialogue: it asks, waits by working days, and decides.
//!
//! **Promises.** Only the authority asks and decides, by operators with the role; a center that does
//! not answer in time raises the level and never ends the alert. A repeat changes nothing.
//! **Left to others.** The center's side: `inquiries`. Delivery: `outbox`.

use super::raising::keep;
use super::{AlertName, alert, find};
use crate::authority::alert::{Alert, AlertState};
use crate::authority::dialogue::{Act, Asked, CaseRemark, Entry, Finding, INQUIRIES_MAX, Verdict};
use crate::center::{CenterCode, Role};
use crate::engine::modes::require_role;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::round::{Round, Route, Stop};
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_case;
use crate::id::{AlertId, PayloadHash};
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::statement::dialogue::{Explanation, Inquiry, Ruling};
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::deadline::end_of;

/// Working days for an answer when none are named.
pub const INQUIRY_DAYS: u32 = 5;
/// Working days for an answer, at most: a quarter of a year.
pub const INQUIRY_DAYS_MAX: u32 = 60;

/// The wish to ask about an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquireOrder {
    /// Who asks.
    pub operator: OperatorId,
    /// The alert.
    pub alert: AlertName,
    /// Whom; every center that the alert names when empty.
    pub centers: Vec<CenterCode>,
    /// Working days for the answer.
    pub days: u32,
    /// What is asked, in words.
    pub remark: Option<CaseRemark>,
}

/// The wish to decide about an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulingOrder {
    /// Who decides.
    pub operator: OperatorId,
    /// The alert.
    pub alert: AlertName,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub remark: CaseRemark,
}

/// Asks centers about an alert.
pub(super) fn inquire(round: &mut Round<'_>, order: &InquireOrder) -> Result<Alert, Stop> {
    check_authority(round)?;
    require_role(round, &order.operator, OperatorRole::Clerk)?;
    if !(1..=INQUIRY_DAYS_MAX).contains(&order.days) {
        return Err(Stop::explained(Refusal::Argument, "an answer gets 1 to 60 working days"));
    }
    let before = find(round.view, &order.alert)?;
    let mut alert = before.clone();
    match alert.state {
        AlertState::Open | AlertState::Inquired | AlertState::Explained | AlertState::Resolved => {}
        AlertState::Confirmed | AlertState::Closed => {
            return Err(Stop::explained(Refusal::WrongState, "the alert is decided"));
        }
    }
    let centers = addressees(round, &alert, &order.centers)?;
    let calendar = transfer_case::calendar(round)?;
    let due = calendar.plus_working_days(transfer_case::today(round)?, order.days);
    let Some(due) = due else {
        return Err(Stop::explained(Refusal::Argument, "the calendar ends before that day"));
    };
    for center in centers {
        ask(round, &mut alert, (center, due, order))?;
    }
    alert.state = AlertState::Inquired;
    alert.handler = Some(order.operator.clone());
    set_timer(round, &alert)?;
    keep(round, Some(&before), alert.clone())?;
    Ok(alert)
}

/// Whom an inquiry goes to: centers of the roster that do not owe an answer already.
fn addressees(
    round: &Round<'_>,
    alert: &Alert,
    wanted: &[CenterCode],
) -> Result<Vec<CenterCode>, Stop> {
    let is_center = |code: &CenterCode| {
        round.roster.member(*code).is_some_and(|member| {
            member.role == Role::Center && member.status != MemberStatus::Revoked
        })
    };
    let mut centers: Vec<CenterCode> = if wanted.is_empty() {
        alert.centers.iter().copied().filter(is_center).collect()
    } else if wanted.iter().all(is_center) {
        wanted.to_vec()
    } else {
        return Err(Stop::explained(Refusal::Argument, "only centers of the roster can be asked"));
    };
    centers.sort_unstable();
    centers.dedup();
    if centers.is_empty() {
        let why = "the alert names no center that could be asked; name one with --center";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    if alert.dialogue.asked.len().saturating_add(centers.len()) > INQUIRIES_MAX {
        return Err(Stop::explained(Refusal::Overloaded, "128 questions were asked about it"));
    }
    for center in &centers {
        if alert.dialogue.waiting().any(|asked| asked.center == *center) {
            let why = "an answer of the center is awaited already";
            return Err(Stop::explained(Refusal::WrongState, why));
        }
        if !round.has_room_for(*center)? {
            return Err(Refusal::Overloaded.into());
        }
    }
    Ok(centers)
}

fn ask(
    round: &mut Round<'_>,
    alert: &mut Alert,
    (center, due, order): (CenterCode, Date, &InquireOrder),
) -> Result<(), StoreError> {
    let inquiry = Inquiry {
        from: round.center(),
        to: center,
        issued_at: round.now,
        alert: alert.id,
        rule: alert.rule,
        subject: alert.subject,
        evidence: alert.evidence.clone(),
        due,
        remark: order.remark.clone(),
    };
    let hash = round.say(&inquiry, Route::Outbox(center));
    let asked = Asked { center, inquiry: hash, due, is_settled: false, is_overdue: false };
    alert.dialogue.asked.push(asked);
    alert.dialogue.note(Entry {
        at: round.now,
        act: Act::Inquired(due),
        center: Some(center),
        remark: order.remark.clone(),
        statement: Some(hash),
        operator: Some(order.operator.clone()),
    });
    Ok(())
}

/// Decides about an alert.
pub(super) fn rule(round: &mut Round<'_>, order: &RulingOrder) -> Result<Alert, Stop> {
    check_authority(round)?;
    require_role(round, &order.operator, OperatorRole::Reviewer)?;
    let before = find(round.view, &order.alert)?;
    let mut alert = before.clone();
    let state = match (alert.state, order.verdict) {
        (AlertState::Open | AlertState::Inquired | AlertState::Explained, Verdict::Confirmed) => {
            AlertState::Confirmed
        }
        (
            AlertState::Open | AlertState::Inquired | AlertState::Explained | AlertState::Confirmed,
            Verdict::Closed,
        ) => AlertState::Closed,
        (AlertState::Confirmed, Verdict::Confirmed) | (AlertState::Closed, _) => {
            return Err(Stop::explained(Refusal::WrongState, "the alert is decided"));
        }
        (AlertState::Resolved, _) => {
            let why = "the cause has gone by itself; the alert is history";
            return Err(Stop::explained(Refusal::WrongState, why));
        }
    };
    let told = told_of(round, &alert, order.verdict);
    for center in &told {
        if !round.has_room_for(*center)? {
            return Err(Refusal::Overloaded.into());
        }
    }
    for center in told {
        tell_ruling(round, &mut alert, center, order);
    }
    if !alert.dialogue.entries.last().is_some_and(|entry| entry.act == Act::Ruled(order.verdict)) {
        alert.dialogue.note(Entry {
            remark: Some(order.remark.clone()),
            operator: Some(order.operator.clone()),
            ..Entry::by_itself(round.now, Act::Ruled(order.verdict), None)
        });
    }
    for asked in &mut alert.dialogue.asked {
        asked.is_settled = true;
    }
    alert.state = state;
    alert.handler = Some(order.operator.clone());
    timer::clear(round.view, Timer::Inquiry(alert.id))?;
    keep(round, Some(&before), alert.clone())?;
    Ok(alert)
}

/// Who learns of a ruling: whoever was asked; and when something is confirmed, whoever it concerns.
fn told_of(round: &Round<'_>, alert: &Alert, verdict: Verdict) -> Vec<CenterCode> {
    let mut told: Vec<CenterCode> = alert.dialogue.asked.iter().map(|asked| asked.center).collect();
    if verdict == Verdict::Confirmed {
        told.extend(&alert.centers);
    }
    told.sort_unstable();
    told.dedup();
    told.retain(|code| {
        round.roster.member(*code).is_some_and(|member| {
            member.role == Role::Center && member.status != MemberStatus::Revoked
        })
    });
    told
}

fn tell_ruling(round: &mut Round<'_>, alert: &mut Alert, center: CenterCode, order: &RulingOrder) {
    let ruling = Ruling {
        from: round.center(),
        to: center,
        issued_at: round.now,
        alert: alert.id,
        rule: alert.rule,
        subject: alert.subject,
        verdict: order.verdict,
        remark: order.remark.clone(),
    };
    let hash = round.say(&ruling, Route::Outbox(center));
    alert.dialogue.note(Entry {
        at: round.now,
        act: Act::Ruled(order.verdict),
        center: Some(center),
        remark: Some(order.remark.clone()),
        statement: Some(hash),
        operator: Some(order.operator.clone()),
    });
}

/// A center has answered.
pub(in crate::engine) fn on_explanation(
    round: &mut Round<'_>,
    explanation: &Explanation,
    statement: PayloadHash,
) -> Result<Result<(), Refusal>, StoreError> {
    let Some(before) = alert(round.view, explanation.alert)? else {
        return Ok(Err(Refusal::NotFound));
    };
    let mut alert = before.clone();
    let asked = alert
        .dialogue
        .asked
        .iter_mut()
        .find(|asked| asked.inquiry == explanation.inquiry && asked.center == explanation.from);
    let Some(asked) = asked else { return Ok(Err(Refusal::NotFound)) };
    asked.is_settled = true;
    note_explanation(round, &mut alert, explanation, statement);
    // What comes after the decision is kept and decides nothing.
    if alert.state == AlertState::Inquired && alert.dialogue.waiting().next().is_none() {
        alert.state = AlertState::Explained;
    }
    set_timer(round, &alert)?;
    keep(round, Some(&before), alert)?;
    Ok(Ok(()))
}

fn note_explanation(
    round: &Round<'_>,
    alert: &mut Alert,
    explanation: &Explanation,
    statement: PayloadHash,
) {
    let finding: Finding = explanation.finding;
    alert.dialogue.note(Entry {
        at: round.now,
        act: Act::Explained(finding),
        center: Some(explanation.from),
        remark: Some(explanation.remark.clone()),
        statement: Some(statement),
        operator: None,
    });
}

/// The day of an answer is over: who owes it is noted, and the alert presses more.
pub(in crate::engine) fn on_inquiry_due(
    round: &mut Round<'_>,
    id: AlertId,
) -> Result<(), StoreError> {
    let Some(before) = alert(round.view, id)? else { return Ok(()) };
    let mut alert = before.clone();
    let mut late = Vec::new();
    for asked in &mut alert.dialogue.asked {
        if !asked.is_settled && !asked.is_overdue && end_of(asked.due) <= round.now {
            asked.is_overdue = true;
            late.push(asked.center);
        }
    }
    for center in late {
        alert.level = alert.level.raised();
        alert.dialogue.note(Entry::by_itself(round.now, Act::Overdue, Some(center)));
    }
    set_timer(round, &alert)?;
    if alert == before { Ok(()) } else { keep(round, Some(&before), alert) }
}

/// Sets the time at which the next answer is late.
fn set_timer(round: &mut Round<'_>, alert: &Alert) -> Result<(), StoreError> {
    let waiting = alert.dialogue.waiting().filter(|asked| !asked.is_overdue);
    match waiting.map(|asked| asked.due).min() {
        Some(due) => timer::set(round.view, end_of(due), Timer::Inquiry(alert.id)),
        None => timer::clear(round.view, Timer::Inquiry(alert.id)),
    }
}

fn check_authority(round: &Round<'_>) -> Result<(), Stop> {
    if round.settings.role == Role::Authority {
        return Ok(());
    }
    let why = "only the authority asks and decides about alerts; a center explains";
    Err(Stop::explained(Refusal::NotGranted, why))
}
