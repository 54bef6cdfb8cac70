//! `/v1/probes`: whether each member can be dialled, and can dial this node.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::rosters::command::{NetCommand, NetReply};
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::roster::MemberStatus;
use tokio::task::JoinSet;

use super::{Control, Refused, unexpected};
use crate::control::api::probes::Probed;

pub(super) fn routes() -> Router<Control> {
    Router::new().route("/v1/probes", get(probe_all))
}

async fn probe_all(State(control): State<Control>) -> Result<Json<Vec<Probed>>, Refused> {
    let reply = control.engine.command(Command::Net(NetCommand::Show)).await?;
    let Reply::Net(NetReply::Roster(roster)) = reply else { unexpected(&reply) };
    let switchboard = control.switchboard.as_ref().ok_or(Refusal::Unreachable)?;
    let mut probes = JoinSet::new();
    let others = roster
        .members
        .iter()
        .filter(|member| member.code != control.center && member.status != MemberStatus::Revoked);
    for member in others {
        let (code, addresses) = (member.code, member.addresses.clone());
        let (switchboard, network) = (Arc::clone(switchboard), roster.network.clone());
        probes.spawn(async move {
            let probe = switchboard.probe(&network, code).await;
            Probed::new(code.to_string(), addresses, probe)
        });
    }
    let mut probed = probes.join_all().await;
    probed.sort_by(|one, other| one.center.cmp(&other.center));
    Ok(Json(probed))
}
