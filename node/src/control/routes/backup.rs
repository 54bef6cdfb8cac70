//! `/v1/backup`: a copy of the store, as it is read.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fundlink_protocol::engine::output::CommandRefusal;
use fundlink_protocol::refusal::Refusal;
use futures::stream;
use tokio::sync::mpsc;

use super::{Control, Refused};
use crate::backup::BackupError;
use crate::backup::write::BackupWriter;
use crate::clock;

pub(super) fn routes() -> Router<Control> {
    Router::new().route("/v1/backup", get(take))
}

/// Blocks that are read ahead of the caller.
const BLOCKS_AHEAD: usize = 8;

/// Begins a copy between two commits and streams it; the store is read on a thread of its own.
async fn take(State(control): State<Control>) -> Result<Response, Refused> {
    let backups = control.backups.ok_or(Refusal::NotFound)?;
    let begun = tokio::task::spawn_blocking(move || {
        BackupWriter::begin(&backups.source, &backups.of, clock::wall_time())
    });
    let writer = match begun.await {
        Ok(begun) => begun.map_err(|error| refused(&error))?,
        Err(_) => return Err(Refusal::Overloaded.into()),
    };
    let (sender, blocks) = mpsc::channel(BLOCKS_AHEAD);
    tokio::task::spawn_blocking(move || send(writer, &sender));
    let blocks = stream::unfold(blocks, |mut blocks| async move {
        let block: Result<Bytes, BackupError> = blocks.recv().await?;
        Some((block, blocks))
    });
    let kind = [(CONTENT_TYPE, "application/octet-stream")];
    Ok((kind, Body::from_stream(blocks)).into_response())
}

fn send(mut writer: BackupWriter, to: &mpsc::Sender<Result<Bytes, BackupError>>) {
    loop {
        let block = match writer.next_block() {
            Ok(Some(block)) => Ok(Bytes::from(block)),
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a backup was not finished");
                Err(error)
            }
        };
        let is_last = block.is_err();
        // A caller that went away wants no more of it.
        if to.blocking_send(block).is_err() || is_last {
            return;
        }
    }
}

fn refused(error: &BackupError) -> Refused {
    let detail = Some(error.to_string());
    Refused(CommandRefusal { refusal: Refusal::Overloaded, detail })
}
