//! `/v1/modes`: what each service does by itself.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::modes;
use fundlink_protocol::mode::{Mode, Service};

use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::Done;
use crate::control::api::modes::{ServiceMode, SetMode};

pub(super) fn routes() -> Router<Control> {
    Router::new().route("/v1/modes", get(show).post(set))
}

async fn show(State(control): State<Control>) -> Result<Json<Vec<ServiceMode>>, Refused> {
    let reply = control.engine.command(Command::Modes).await?;
    let Reply::Modes(modes) = reply else { unexpected(&reply) };
    Ok(Json(modes.into_iter().map(Into::into).collect()))
}

async fn set(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<SetMode>,
) -> Result<Json<Done>, Refused> {
    let operator = operator(&wanted.operator)?;
    let service = Service::from_name(&wanted.service);
    let mode = Mode::from_name(&wanted.mode);
    let wanted = modes::ServiceMode {
        service: service.ok_or_else(|| argument("there is no such service"))?,
        mode: mode.ok_or_else(|| argument("there is no such mode"))?,
    };
    control.engine.command(Command::SetMode { operator, wanted }).await?;
    Ok(Json(Done {}))
}
