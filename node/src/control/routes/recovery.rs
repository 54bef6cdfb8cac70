//! `/v1/recovery`: what the node waits for since its start, and going on without it.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::recovery::OverrideOrder;
use fundlink_protocol::plain_text::PlainText;

use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::recovery::{GoOn, Recovery};

pub(super) fn routes() -> Router<Control> {
    Router::new().route("/v1/recovery", get(show)).route("/v1/recovery/override", post(go_on))
}

async fn show(State(control): State<Control>) -> Result<Json<Recovery>, Refused> {
    let reply = control.engine.command(Command::Recovery).await?;
    let Reply::Recovery(standing, overridden) = reply else { unexpected(&reply) };
    Ok(Json(Recovery::of(&standing, &overridden)))
}

async fn go_on(
    State(control): State<Control>,
    JsonBody(wish): JsonBody<GoOn>,
) -> Result<Json<Recovery>, Refused> {
    let reason = PlainText::parse(&wish.reason).map_err(|error| argument(&error.to_string()))?;
    let order = OverrideOrder { operator: operator(&wish.operator)?, reason };
    control.engine.command(Command::OverrideRecovery(order)).await?;
    show(State(control)).await
}
