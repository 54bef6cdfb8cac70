//! `/v1/net`: the roster, the authority's changes to it, and what a new member is handed.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::rosters::command::{NetCommand, NetReply};
use fundlink_protocol::roster::enrolment::Fingerprint;

use super::{Control, JsonBody, Refused, argument, unexpected};
use crate::control::api::net::{Change, ChangeKey, Roster, Sent};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/net", get(show))
        .route("/v1/net/join-file", get(join_file))
        .route("/v1/net/changes", post(change))
        .route("/v1/net/keys", post(change_key))
}

async fn show(State(control): State<Control>) -> Result<Json<Roster>, Refused> {
    roster(&control, NetCommand::Show).await
}

async fn change(
    State(control): State<Control>,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Roster>, Refused> {
    roster(&control, command(change)?).await
}

async fn join_file(State(control): State<Control>) -> Result<String, Refused> {
    match run(&control, NetCommand::JoinFile).await? {
        NetReply::JoinFile(file) => Ok(file.to_text()),
        reply @ (NetReply::Roster(_) | NetReply::Sent(_)) => unexpected(&Reply::Net(reply)),
    }
}

async fn change_key(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<ChangeKey>,
) -> Result<Json<Sent>, Refused> {
    let key = bytes(&wanted.key)?;
    let key = cbor::decode(&key).map_err(|_| argument("the key is not an offered key"))?;
    match run(&control, NetCommand::ChangeKey(key)).await? {
        NetReply::Sent(hash) => Ok(Json(Sent { statement: hash.to_string() })),
        reply @ (NetReply::Roster(_) | NetReply::JoinFile(_)) => unexpected(&Reply::Net(reply)),
    }
}

async fn roster(control: &Control, command: NetCommand) -> Result<Json<Roster>, Refused> {
    match run(control, command).await? {
        NetReply::Roster(roster) => Ok(Json(Roster::from(&*roster))),
        reply @ (NetReply::JoinFile(_) | NetReply::Sent(_)) => unexpected(&Reply::Net(reply)),
    }
}

async fn run(control: &Control, command: NetCommand) -> Result<NetReply, Refused> {
    let reply = control.engine.command(Command::Net(command)).await?;
    let Reply::Net(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}

fn command(change: Change) -> Result<NetCommand, Refused> {
    Ok(match change {
        Change::Admit { enrolment, fingerprint, witness } => NetCommand::Admit {
            enrolment: bytes(&enrolment)?,
            fingerprint: Fingerprint::parse(&fingerprint)
                .map_err(|error| argument(&error.to_string()))?,
            witness,
        },
        Change::Suspend { center } => NetCommand::Suspend(parse_center(&center)?),
        Change::Reinstate { center } => NetCommand::Reinstate(parse_center(&center)?),
        Change::Revoke { center, takeover, compromised } => NetCommand::Revoke {
            center: parse_center(&center)?,
            takeover: parse_center(&takeover)?,
            compromised,
        },
        Change::Rename { center, name } => {
            NetCommand::Rename { center: parse_center(&center)?, name }
        }
        Change::Addresses { center, addresses } => {
            NetCommand::Addresses { center: parse_center(&center)?, addresses }
        }
        Change::Witnesses { centers } => {
            let centers: Result<Vec<CenterCode>, Refused> =
                centers.iter().map(|center| parse_center(center)).collect();
            NetCommand::Witnesses(centers?)
        }
        Change::OpenLending => NetCommand::OpenLending,
        Change::NextLog { center } => NetCommand::NextLog(parse_center(&center)?),
        Change::Renew => NetCommand::Renew,
    })
}

fn parse_center(code: &str) -> Result<CenterCode, Refused> {
    CenterCode::parse(code).map_err(|error| argument(&error.to_string()))
}

fn bytes(text: &str) -> Result<Vec<u8>, Refused> {
    STANDARD.decode(text).map_err(|_| argument("bytes are written in base64"))
}
