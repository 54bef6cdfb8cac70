//! `/v1/alerts`: what the watch has found, and the authority's part in it; `/v1/inquiries`: a
//! center's.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::authority::alert::AlertState;
use fundlink_protocol::authority::alert_rule::{AlertLevel, AlertRule};
use fundlink_protocol::authority::dialogue::{CaseRemark, CaseRemarkError, Finding, Verdict};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::alerts::dialogue::{INQUIRY_DAYS, InquireOrder, RulingOrder};
use fundlink_protocol::engine::alerts::{
    AlertCommand, AlertFilter, AlertName, AlertReply, LISTED_MAX,
};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::inquiries::ExplainOrder;
use fundlink_protocol::engine::output::CommandRefusal;
use fundlink_protocol::refusal::Refusal;
use serde::Deserialize;

use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::alerts::{Alert, AlertCount, Explain, Inquire, Inquiry, Rule};
use crate::control::api::transfers::PrivateText;

/// Alerts that are shown when no number is given.
const LISTED_DEFAULT: usize = 100;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/alerts", get(list))
        .route("/v1/alerts/counts", get(counts))
        .route("/v1/alerts/{id}", get(show))
        .route("/v1/alerts/{id}/inquire", post(inquire))
        .route("/v1/alerts/{id}/rule", post(rule))
        .route("/v1/inquiries", get(inquiries))
        .route("/v1/inquiries/{id}", get(inquiry))
        .route("/v1/inquiries/{id}/explain", post(explain))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Finished ones too.
    #[serde(default)]
    all: bool,
    state: Option<String>,
    rule: Option<String>,
    center: Option<String>,
    level: Option<String>,
    #[serde(default)]
    overdue: bool,
    limit: Option<usize>,
}

async fn list(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Alert>>, Refused> {
    let limit = wanted.limit.unwrap_or(LISTED_DEFAULT).min(LISTED_MAX);
    let mut filter =
        if wanted.all { AlertFilter::all(limit) } else { AlertFilter::unfinished(limit) };
    if let Some(state) = &wanted.state {
        let state = AlertState::from_name(state);
        filter.states = vec![state.ok_or_else(|| argument("there is no such state of an alert"))?];
    }
    if let Some(rule) = &wanted.rule {
        let rule = AlertRule::from_name(rule);
        filter.rule = Some(rule.ok_or_else(|| argument("there is no such rule of alerts"))?);
    }
    if let Some(center) = &wanted.center {
        filter.center = Some(self::center(center)?);
    }
    if let Some(level) = &wanted.level {
        let level = AlertLevel::from_name(level);
        let why = "a level is `notice`, `warning` or `alarm`";
        filter.level = Some(level.ok_or_else(|| argument(why))?);
    }
    filter.overdue = wanted.overdue;
    alerts(&control, AlertCommand::List(filter)).await.map(Json)
}

async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<Alert>, Refused> {
    one(alerts(&control, AlertCommand::Show(name(&id)?)).await?)
}

async fn inquire(
    State(control): State<Control>,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Inquire>,
) -> Result<Json<Alert>, Refused> {
    let centers = wanted.centers.iter().map(|code| center(code));
    let order = InquireOrder {
        operator: operator(&wanted.operator)?,
        alert: name(&id)?,
        centers: centers.collect::<Result<_, _>>()?,
        days: wanted.days.unwrap_or(INQUIRY_DAYS),
        remark: wanted.remark.as_ref().map(remark).transpose()?,
    };
    one(alerts(&control, AlertCommand::Inquire(Box::new(order))).await?)
}

async fn rule(
    State(control): State<Control>,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Rule>,
) -> Result<Json<Alert>, Refused> {
    let verdict = match wanted.verdict.as_str() {
        "confirmed" => Verdict::Confirmed,
        "closed" => Verdict::Closed,
        _ => return Err(argument("a verdict is `confirmed` or `closed`")),
    };
    let order = RulingOrder {
        operator: operator(&wanted.operator)?,
        alert: name(&id)?,
        verdict,
        remark: remark(&wanted.remark)?,
    };
    one(alerts(&control, AlertCommand::Rule(Box::new(order))).await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedInquiries {
    /// Those that wait for no answer, too.
    #[serde(default)]
    all: bool,
    limit: Option<usize>,
}

async fn inquiries(
    State(control): State<Control>,
    Query(wanted): Query<WantedInquiries>,
) -> Result<Json<Vec<Inquiry>>, Refused> {
    let limit = wanted.limit.unwrap_or(LISTED_DEFAULT).min(LISTED_MAX);
    asked(&control, AlertCommand::Inquiries { all: wanted.all, limit }).await.map(Json)
}

async fn inquiry(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<Inquiry>, Refused> {
    one(asked(&control, AlertCommand::ShowInquiry(name(&id)?)).await?)
}

async fn explain(
    State(control): State<Control>,
    Path(id): Path<String>,
    JsonBody(wanted): JsonBody<Explain>,
) -> Result<Json<Inquiry>, Refused> {
    let finding = Finding::from_name(&wanted.finding);
    let why = "a finding is `in-order`, `corrected`, `being-corrected` or `elsewhere`";
    let order = ExplainOrder {
        operator: operator(&wanted.operator)?,
        alert: name(&id)?,
        finding: finding.ok_or_else(|| argument(why))?,
        remark: remark(&wanted.remark)?,
    };
    one(asked(&control, AlertCommand::Explain(Box::new(order))).await?)
}

async fn counts(State(control): State<Control>) -> Result<Json<Vec<AlertCount>>, Refused> {
    match run(&control, AlertCommand::Count).await? {
        AlertReply::Counts(counts, _) => Ok(Json(counts.iter().map(Into::into).collect())),
        reply @ (AlertReply::Alerts(_) | AlertReply::Inquiries { .. }) => {
            unexpected(&Reply::Alerts(reply))
        }
    }
}

async fn alerts(control: &Control, command: AlertCommand) -> Result<Vec<Alert>, Refused> {
    match run(control, command).await? {
        AlertReply::Alerts(alerts) => Ok(alerts.iter().map(Into::into).collect()),
        reply @ (AlertReply::Counts(..) | AlertReply::Inquiries { .. }) => {
            unexpected(&Reply::Alerts(reply))
        }
    }
}

async fn asked(control: &Control, command: AlertCommand) -> Result<Vec<Inquiry>, Refused> {
    match run(control, command).await? {
        AlertReply::Inquiries { rows, now } => {
            Ok(rows.iter().map(|row| Inquiry::of(row, now)).collect())
        }
        reply @ (AlertReply::Counts(..) | AlertReply::Alerts(_)) => {
            unexpected(&Reply::Alerts(reply))
        }
    }
}

async fn run(control: &Control, command: AlertCommand) -> Result<AlertReply, Refused> {
    let reply = control.engine.command(Command::Alerts(command)).await?;
    let Reply::Alerts(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}

fn one<T>(mut found: Vec<T>) -> Result<Json<T>, Refused> {
    found.pop().map(Json).ok_or_else(|| Refused::from(Refusal::NotFound))
}

fn name(id: &str) -> Result<AlertName, Refused> {
    let why = "an alert is named by at least the first 8 hex digits of its id";
    AlertName::parse(id).map_err(|_| argument(why))
}

fn center(code: &str) -> Result<CenterCode, Refused> {
    CenterCode::parse(code).map_err(|error| argument(&error.to_string()))
}

/// Words for another member: nothing that looks like a number of a person goes out.
fn remark(words: &PrivateText) -> Result<CaseRemark, Refused> {
    CaseRemark::parse(&words.0).map_err(|error| {
        let refusal = match error {
            CaseRemarkError::PersonalData => Refusal::PersonalData,
            CaseRemarkError::Text => Refusal::Argument,
        };
        Refused(CommandRefusal { refusal, detail: Some(error.to_string()) })
    })
}
