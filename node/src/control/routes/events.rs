//! Events as a stream, for `transfer watch` and whoever shows what happens.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Sse;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use fundlink_protocol::engine::output::Event;
use fundlink_protocol::id::TransferId;
use fundlink_protocol::refusal::Refusal;
use futures::{Stream, stream};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::{Control, Refused};
use crate::control::api::WatchedEvent;

/// What to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only this transfer.
    transfer: Option<String>,
}

struct Watching {
    events: broadcast::Receiver<Arc<Event>>,
    stopping: watch::Receiver<bool>,
    transfer: Option<TransferId>,
}

/// Streams what happens from now on.
pub(super) async fn stream(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, Refused> {
    let transfer = wanted.transfer.map(|id| TransferId::parse(&id)).transpose();
    let watching = Watching {
        events: control.events.subscribe(),
        stopping: control.stopping.clone(),
        transfer: transfer.map_err(|_| Refused::from(Refusal::Argument))?,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        // Text of our own always becomes JSON.
        let line = SseEvent::default().json_data(event).unwrap_or_default();
        Some((Ok(line), watching))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Watching {
    /// The next event that is wanted; `None` when the node stops.
    async fn next(&mut self) -> Option<WatchedEvent> {
        loop {
            let received = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                received = self.events.recv() => received,
            };
            match received {
                Ok(event) if self.wants(&event) => return Some(WatchedEvent::from(&*event)),
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => return Some(WatchedEvent::Missed { count }),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn wants(&self, event: &Event) -> bool {
        let Some(wanted) = self.transfer else { return true };
        matches!(
            event,
            Event::Transfer { transfer, .. } | Event::Reminder { transfer } if wanted == *transfer
        )
    }
}
