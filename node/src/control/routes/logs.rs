//! `/v1/logs`: own and followed logs.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::log_commands::{LogCommand, LogReply};
use fundlink_protocol::log::origin::{LogId, NetworkName, Origin};
use fundlink_protocol::log::tree::LeafIndex;
use serde::Deserialize;

use super::{Control, Refused, argument, unexpected};
use crate::control::api::logs::{Checkpoint, Entry, LogState, Proof};

/// Entries that a tail shows when no number is given.
const TAIL_DEFAULT: u16 = 20;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/logs", get(states))
        .route("/v1/logs/checkpoint", get(checkpoint))
        .route("/v1/logs/proof", get(proof))
        .route("/v1/logs/tail", get(tail))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLog {
    log: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLeaf {
    log: String,
    leaf: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfEntries {
    log: String,
    from: Option<u64>,
    count: Option<u16>,
}

async fn states(State(control): State<Control>) -> Result<Json<Vec<LogState>>, Refused> {
    let reply = run(&control, LogCommand::Follow).await?;
    let LogReply::Follow(states) = reply else { unexpected(&Reply::Log(reply)) };
    Ok(Json(states.iter().map(Into::into).collect()))
}

async fn checkpoint(
    State(control): State<Control>,
    Query(OfLog { log }): Query<OfLog>,
) -> Result<Json<Checkpoint>, Refused> {
    let reply = run(&control, LogCommand::Checkpoint(log_id(&log)?)).await?;
    let LogReply::Checkpoint(held) = reply else { unexpected(&Reply::Log(reply)) };
    Ok(Json((&held).into()))
}

async fn proof(
    State(control): State<Control>,
    Query(OfLeaf { log, leaf }): Query<OfLeaf>,
) -> Result<Json<Proof>, Refused> {
    let reply = run(&control, LogCommand::Prove(log_id(&log)?, LeafIndex::new(leaf))).await?;
    let LogReply::Proof(proof) = reply else { unexpected(&Reply::Log(reply)) };
    Ok(Json((&*proof).into()))
}

async fn tail(
    State(control): State<Control>,
    Query(OfEntries { log, from, count }): Query<OfEntries>,
) -> Result<Json<Vec<Entry>>, Refused> {
    let log = log_id(&log)?;
    let count = count.unwrap_or(TAIL_DEFAULT);
    let reply =
        run(&control, LogCommand::Tail { log, from: from.map(LeafIndex::new), count }).await?;
    let LogReply::Tail(entries) = reply else { unexpected(&Reply::Log(reply)) };
    Ok(Json(entries.iter().map(Into::into).collect()))
}

async fn run(control: &Control, command: LogCommand) -> Result<LogReply, Refused> {
    let reply = control.engine.command(Command::Log(command)).await?;
    let Reply::Log(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}

/// Reads `140100/1` or `140100/1/audit`, which is the end of an origin.
fn log_id(text: &str) -> Result<LogId, Refused> {
    let parsed = NetworkName::parse("any").ok().and_then(|network| {
        LogId::parse(&network, &Origin::new(&format!("fundlink/{network}/{text}"))?)
    });
    parsed.ok_or_else(|| argument("a log is named like 140100/1 or 140100/1/audit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_as_it_is_shown() {
        for name in ["140100/1", "141000/12/audit"] {
            assert_eq!(log_id(name).map(|log| log.to_string()).ok().as_deref(), Some(name));
        }
        for bad in ["", "140100", "140100/0", "140100/1/other", "140100/01", "fundlink/x/140100/1"]
        {
            assert!(log_id(bad).is_err(), "{bad}");
        }
    }
}
