//! `/v1/takeovers`: cases that were taken over from a revoked center.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::takeovers::{TakenOver, TakeoverCommand};
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::transfer::letter::Remark;

use super::transfers::transfer;
use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::takeovers::{Close, Line, Takeover};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/takeovers", get(list))
        .route("/v1/takeovers/{name}", get(show))
        .route("/v1/takeovers/{name}/close", post(close))
}

async fn list(State(control): State<Control>) -> Result<Json<Vec<Line>>, Refused> {
    let cases = run(&control, TakeoverCommand::List).await?;
    Ok(Json(cases.iter().map(Line::from).collect()))
}

async fn show(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<Takeover>, Refused> {
    one(&control, TakeoverCommand::Show(transfer(&name)?)).await
}

async fn close(
    State(control): State<Control>,
    Path(name): Path<String>,
    JsonBody(wanted): JsonBody<Close>,
) -> Result<Json<Takeover>, Refused> {
    let remark = PlainText::parse(&wanted.remark).map_err(|error| argument(&error.to_string()))?;
    let command = TakeoverCommand::Close {
        operator: operator(&wanted.operator)?,
        transfer: transfer(&name)?,
        remark: Remark(remark),
    };
    one(&control, command).await
}

async fn one(control: &Control, command: TakeoverCommand) -> Result<Json<Takeover>, Refused> {
    let cases = run(control, command).await?;
    let case = cases.first().ok_or(Refusal::NotFound)?;
    Ok(Json(case.into()))
}

async fn run(control: &Control, command: TakeoverCommand) -> Result<Vec<TakenOver>, Refused> {
    let reply = control.engine.command(Command::Takeovers(command)).await?;
    let Reply::Takeovers(cases) = reply else { unexpected(&reply) };
    Ok(cases)
}
