//! `/v1/records`: the center's records, and `/v1/import`: how they come in.

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::cbor;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::imports::ImportOrder;
use fundlink_protocol::engine::records;
use fundlink_protocol::id::FileHash;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Timestamp};

use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::Done;
use crate::control::api::records::{Changes, ImportBegin, Portion, Records, Staging, Totals};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/records", get(show))
        .route("/v1/import", post(begin))
        .route("/v1/import/records", post(stage))
        .route("/v1/import/commit", post(commit))
        .route("/v1/import/abort", post(abort))
}

async fn show(State(control): State<Control>) -> Result<Json<Records>, Refused> {
    let reply = control.engine.command(Command::Records).await?;
    let Reply::Records(report) = reply else { unexpected(&reply) };
    Ok(Json((*report).into()))
}

async fn begin(
    State(control): State<Control>,
    JsonBody(order): JsonBody<ImportBegin>,
) -> Result<Json<Staging>, Refused> {
    let as_of = Date::parse(&order.as_of).map_err(|error| argument(&error.to_string()))?;
    let files = FileHash::parse(&order.files).map_err(|error| argument(&error.to_string()))?;
    let order = ImportOrder {
        operator: operator(&order.operator)?,
        as_of: Timestamp::start_of(as_of),
        files,
        expected: totals(&order.expected)?,
    };
    staged(control.engine.command(Command::ImportBegin(Box::new(order))).await?)
}

async fn stage(State(control): State<Control>, body: Bytes) -> Result<Json<Staging>, Refused> {
    let portion: Portion = cbor::decode(&body)
        .map_err(|_| argument("the body is not the CBOR of a portion of records"))?;
    let items = portion.records.into_iter().map(Into::into).collect();
    staged(control.engine.command(Command::ImportRecords(items)).await?)
}

async fn commit(State(control): State<Control>) -> Result<Json<Changes>, Refused> {
    let reply = control.engine.command(Command::ImportCommit).await?;
    let Reply::ImportCommitted(changes) = reply else { unexpected(&reply) };
    Ok(Json(changes.into()))
}

async fn abort(State(control): State<Control>) -> Result<Json<Done>, Refused> {
    control.engine.command(Command::ImportAbort).await?;
    Ok(Json(Done {}))
}

fn staged(reply: Reply) -> Result<Json<Staging>, Refused> {
    let Reply::ImportStaging(staging) = reply else { unexpected(&reply) };
    Ok(Json(staging.into()))
}

fn totals(totals: &Totals) -> Result<records::Totals, Refused> {
    Ok(records::Totals {
        accounts: totals.accounts,
        loans: totals.loans,
        unnumbered: totals.unnumbered,
        balances: Fen::parse(&totals.balances).map_err(|error| argument(&error.to_string()))?,
    })
}
