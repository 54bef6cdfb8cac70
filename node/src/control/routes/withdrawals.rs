//! `/v1/withdrawals`: what was paid out for a property.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::account::{AccountNumber, CloseReason, SerialNumber};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::status::Status;
use fundlink_protocol::engine::withdrawals::{WithdrawalCommand, WithdrawalReply};
use fundlink_protocol::limits::IMPORT_PORTION_MAX;
use fundlink_protocol::money::Fen;
use fundlink_protocol::property;
use fundlink_protocol::time::Date;
use fundlink_protocol::withdrawal::PropertyWithdrawal;
use serde::Deserialize;

use super::dossiers::person;
use super::transfers::{invalid, remark};
use super::{Control, JsonBody, Refused, operator, unexpected};
use crate::control::api::withdrawals::{Kept, Property, Record, Recorded, Reverse, Withdrawal};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/withdrawals", get(list).post(record))
        .route("/v1/withdrawals/{serial}/reverse", post(reverse))
}

async fn record(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Record>,
) -> Result<Json<Vec<Recorded>>, Refused> {
    let reply = control.engine.command(Command::Status).await?;
    let Reply::Status(Status { center, .. }) = reply else { unexpected(&reply) };
    let read = |withdrawal: &Withdrawal| -> Result<PropertyWithdrawal, Refused> {
        Ok(PropertyWithdrawal {
            center,
            serial: SerialNumber::parse(&withdrawal.serial).map_err(invalid)?,
            person: person(&withdrawal.person)?,
            account: AccountNumber::parse(&withdrawal.account.0).map_err(invalid)?,
            property: property(&withdrawal.property)?,
            reason: CloseReason::parse(&withdrawal.reason).map_err(invalid)?,
            amount: Fen::parse(&withdrawal.amount.0).map_err(invalid)?,
            paid_on: Date::parse(&withdrawal.paid_on).map_err(invalid)?,
        })
    };
    let command = WithdrawalCommand::Record {
        operator: operator(&wanted.operator)?,
        withdrawals: wanted.withdrawals.iter().map(read).collect::<Result<_, _>>()?,
    };
    match run(&control, command).await? {
        WithdrawalReply::Recorded(recorded) => Ok(Json(recorded.iter().map(Into::into).collect())),
        reply @ WithdrawalReply::Listed(_) => unexpected(&Reply::Withdrawals(reply)),
    }
}

async fn reverse(
    State(control): State<Control>,
    Path(serial): Path<String>,
    JsonBody(wanted): JsonBody<Reverse>,
) -> Result<Json<Vec<Kept>>, Refused> {
    let command = WithdrawalCommand::Reverse {
        operator: operator(&wanted.operator)?,
        serial: SerialNumber::parse(&serial).map_err(invalid)?,
        on: Date::parse(&wanted.on).map_err(invalid)?,
        remark: remark(wanted.remark.as_deref())?,
    };
    kept(&control, command).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Those after this serial.
    after: Option<String>,
    limit: Option<usize>,
}

async fn list(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Kept>>, Refused> {
    let after = wanted.after.as_deref().map(SerialNumber::parse).transpose().map_err(invalid)?;
    let limit = wanted.limit.unwrap_or(IMPORT_PORTION_MAX);
    kept(&control, WithdrawalCommand::List { after, limit }).await
}

async fn kept(control: &Control, command: WithdrawalCommand) -> Result<Json<Vec<Kept>>, Refused> {
    match run(control, command).await? {
        WithdrawalReply::Listed(listed) => Ok(Json(listed.iter().map(Into::into).collect())),
        reply @ WithdrawalReply::Recorded(_) => unexpected(&Reply::Withdrawals(reply)),
    }
}

async fn run(control: &Control, command: WithdrawalCommand) -> Result<WithdrawalReply, Refused> {
    let reply = control.engine.command(Command::Withdrawal(command)).await?;
    let Reply::Withdrawals(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}

/// The property that a request names; what is wrong is said without repeating it.
pub(super) fn property(wanted: &Property) -> Result<property::Property, Refused> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    property::Property::parse(&text(&wanted.title), &text(&wanted.place)).map_err(invalid)
}
