//! `/v1/alerts`: what the watch has found.

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use fundlink_protocol::engine::alerts::{AlertCommand, AlertReply, LISTED_MAX};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::id::AlertId;
use fundlink_protocol::refusal::Refusal;
use serde::Deserialize;

use super::{Control, Refused, argument, unexpected};
use crate::control::api::alerts::{Alert, AlertCount};

/// Alerts that are shown when no number is given.
const LISTED_DEFAULT: usize = 100;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/alerts", get(list))
        .route("/v1/alerts/counts", get(counts))
        .route("/v1/alerts/{id}", get(show))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Resolved ones too.
    #[serde(default)]
    all: bool,
    limit: Option<usize>,
}

async fn list(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Alert>>, Refused> {
    let limit = wanted.limit.unwrap_or(LISTED_DEFAULT).min(LISTED_MAX);
    alerts(&control, AlertCommand::List { open_only: !wanted.all, limit }).await.map(Json)
}

async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<Alert>, Refused> {
    let id = AlertId::parse(&id).map_err(|error| argument(&error.to_string()))?;
    let mut alerts = alerts(&control, AlertCommand::Show(id)).await?;
    alerts.pop().map(Json).ok_or_else(|| Refused::from(Refusal::NotFound))
}

async fn counts(State(control): State<Control>) -> Result<Json<Vec<AlertCount>>, Refused> {
    match run(&control, AlertCommand::Count).await? {
        AlertReply::Counts(counts) => Ok(Json(counts.iter().map(Into::into).collect())),
        reply @ AlertReply::Alerts(_) => unexpected(&Reply::Alerts(reply)),
    }
}

async fn alerts(control: &Control, command: AlertCommand) -> Result<Vec<Alert>, Refused> {
    match run(control, command).await? {
        AlertReply::Alerts(alerts) => Ok(alerts.iter().map(Into::into).collect()),
        reply @ AlertReply::Counts(_) => unexpected(&Reply::Alerts(reply)),
    }
}

async fn run(control: &Control, command: AlertCommand) -> Result<AlertReply, Refused> {
    let reply = control.engine.command(Command::Alerts(command)).await?;
    let Reply::Alerts(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}
