//! `/v1/transfers/register` and `…/advance`: transfers that another channel carries.

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::registrations::{self, Registration};
use fundlink_protocol::engine::transfer_command::TransferCommand;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;
use fundlink_protocol::transfer::channel::Channel;
use fundlink_protocol::transfer::registered::{RegisteredAmounts, RegisteredState};

use super::dossiers::person;
use super::transfers::{full, invalid, side, transfer};
use super::{Control, JsonBody, Refused, argument, operator};
use crate::control::api::registrations::{Advance, Amounts, Register, Step};
use crate::control::api::transfers::Transfer;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/transfers/register", post(register))
        .route("/v1/transfers/{name}/advance", post(advance))
}

async fn register(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Register>,
) -> Result<Json<Transfer>, Refused> {
    let channel = Channel::from_name(&wanted.channel);
    let registration = Registration {
        operator: operator(&wanted.operator)?,
        side: side(&wanted.side)?,
        channel: channel.ok_or_else(|| argument("a channel is `national` or `paper`"))?,
        number: LetterNumber::parse(&wanted.number).map_err(invalid)?,
        other: CenterCode::parse(&wanted.other).map_err(invalid)?,
        person: person(&wanted.person)?,
        account: AccountNumber::parse(&wanted.account.0).map_err(invalid)?,
        step: step(&wanted.step)?,
    };
    full(&control, TransferCommand::Register(Box::new(registration))).await
}

async fn advance(
    State(control): State<Control>,
    Path(name): Path<String>,
    JsonBody(wanted): JsonBody<Advance>,
) -> Result<Json<Transfer>, Refused> {
    let command = TransferCommand::Advance {
        operator: operator(&wanted.operator)?,
        transfer: transfer(&name)?,
        step: step(&wanted.step)?,
    };
    full(&control, command).await
}

fn step(wanted: &Step) -> Result<registrations::Step, Refused> {
    let state = RegisteredState::from_name(&wanted.state);
    Ok(registrations::Step {
        state: state.ok_or_else(|| argument("there is no such state of a registered transfer"))?,
        on: wanted.on.as_deref().map(Date::parse).transpose().map_err(invalid)?,
        amounts: wanted.amounts.as_ref().map(amounts).transpose()?,
    })
}

fn amounts(wanted: &Amounts) -> Result<RegisteredAmounts, Refused> {
    Ok(RegisteredAmounts {
        principal: Fen::parse(&wanted.principal).map_err(invalid)?,
        interest: Fen::parse(&wanted.interest).map_err(invalid)?,
    })
}
