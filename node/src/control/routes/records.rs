//! `/v1/records`: the center's records, and `/v1/import`: how they come in.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fundlink_protocol::cbor;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::imports::ImportOrder;
use fundlink_protocol::engine::{publishing, quarantine, records};
use fundlink_protocol::id::FileHash;
use fundlink_protocol::money::Fen;
use serde::Deserialize;

use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::Done;
use crate::control::api::logs::status_name;
use crate::control::api::records::{
    Changes, HeldTotals, ImportBegin, Portion, QuarantinedRow, Records, Staging, Totals, Vanished,
    VanishedRecord, VanishedWish,
};
use crate::import;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/records", get(show))
        .route("/v1/quarantine", get(quarantine))
        .route("/v1/import", post(begin))
        .route("/v1/import/records", post(stage))
        .route("/v1/import/vanished", post(vanished))
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
    let wrong = || argument("as of when the dump is: a day, with or without a time in China");
    let as_of = import::moment(&order.as_of).ok_or_else(wrong)?;
    let files = FileHash::parse(&order.files).map_err(|error| argument(&error.to_string()))?;
    let order = ImportOrder {
        operator: operator(&order.operator)?,
        as_of,
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

async fn vanished(
    State(control): State<Control>,
    JsonBody(wish): JsonBody<VanishedWish>,
) -> Result<Json<Vanished>, Refused> {
    let wrong = || argument("where to go on is what the answer before said");
    let from = BASE64.decode(&wish.from).map_err(|_| wrong())?;
    let reply = control.engine.command(Command::ImportVanished(from)).await?;
    let Reply::ImportVanished(found) = reply else { unexpected(&reply) };
    let named = |found: publishing::Vanished| VanishedRecord {
        log: found.log,
        leaf: found.leaf,
        status: status_name(found.status).to_owned(),
    };
    Ok(Json(Vanished {
        records: found.records.into_iter().map(named).collect(),
        next: found.next.map(|next| BASE64.encode(next.as_slice())),
    }))
}

async fn quarantine(
    State(control): State<Control>,
    Query(from): Query<RowsFrom>,
) -> Result<Json<Vec<QuarantinedRow>>, Refused> {
    let reply = control.engine.command(Command::Quarantine(from.from)).await?;
    let Reply::Quarantine(rows) = reply else { unexpected(&reply) };
    Ok(Json(rows.into_iter().map(Into::into).collect()))
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowsFrom {
    #[serde(default)]
    from: u64,
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
        balances: yuan(&totals.balances)?,
        held: held(&totals.held)?,
        withdrawals: totals.withdrawals,
    })
}

fn held(held: &HeldTotals) -> Result<quarantine::HeldTotals, Refused> {
    let HeldTotals { rows, persons, accounts, loans, withdrawals, balances } = held;
    Ok(quarantine::HeldTotals {
        rows: *rows,
        persons: *persons,
        accounts: *accounts,
        loans: *loans,
        balances: yuan(balances)?,
        withdrawals: *withdrawals,
    })
}

fn yuan(text: &str) -> Result<Fen, Refused> {
    Fen::parse(text).map_err(|error| argument(&error.to_string()))
}
