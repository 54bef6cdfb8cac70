//! What can be asked for on the control interface: one route a command.
//!
//! **Promises.** A refusal has its HTTP status and the JSON of [`ApiError`].
//! **Left to others.** Deciding: the engine.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::operator::OperatorId;
use fundlink_protocol::engine::output::{CommandRefusal, Event};
use fundlink_protocol::refusal::Refusal;
use serde::de::DeserializeOwned;
use tokio::sync::{broadcast, watch};

use super::api::{self, ApiError};
use crate::backup::Origin;
use crate::engine_loop::EngineHandle;
use crate::metrics::{ControlMetrics, StatusLabel};
use crate::store::sled::snapshot::Snapshots;
use crate::translate::Switchboard;

mod alerts;
mod backup;
mod certificates;
mod dossiers;
mod events;
mod evidence;
mod loans;
mod logs;
mod modes;
mod net;
mod probes;
mod records;
mod recovery;
mod registrations;
mod takeovers;
mod transfers;
mod withdrawals;

/// What the routes work with.
#[derive(Clone, Debug)]
pub struct Control {
    /// This member.
    pub center: CenterCode,
    /// The way to the engine.
    pub engine: EngineHandle,
    /// The way to the network, for trying it; none where there is only an engine.
    pub switchboard: Option<Arc<Switchboard>>,
    /// What happens, for those who watch.
    pub events: broadcast::Sender<Arc<Event>>,
    /// Turns true when the node stops: streams end.
    pub stopping: watch::Receiver<bool>,
    /// Counts.
    pub metrics: ControlMetrics,
    /// What backups are taken from; none where there is only an engine.
    pub backups: Option<Backups>,
}

/// What backups are taken from, and whose they are.
#[derive(Clone, Debug)]
pub struct Backups {
    /// The store.
    pub source: Snapshots,
    /// Whose it is.
    pub of: Origin,
}

/// Bytes of a request: one chunk of an import.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// All routes.
pub fn router(control: Control) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/events", get(events::stream))
        .merge(alerts::routes())
        .merge(backup::routes())
        .merge(certificates::routes())
        .merge(dossiers::routes())
        .merge(loans::routes())
        .merge(logs::routes())
        .merge(evidence::routes())
        .merge(modes::routes())
        .merge(records::routes())
        .merge(recovery::routes())
        .merge(registrations::routes())
        .merge(transfers::routes())
        .merge(withdrawals::routes())
        .merge(takeovers::routes())
        .merge(net::routes())
        .merge(probes::routes())
        .fallback(async || Refused::from(Refusal::NotFound))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(control.clone(), count))
        .with_state(control)
}

async fn count(State(control): State<Control>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status().as_u16();
    control.metrics.requests.get_or_create(&StatusLabel { status }).inc();
    response
}

async fn status(State(control): State<Control>) -> Result<Json<api::Status>, Refused> {
    let reply = control.engine.command(Command::Status).await?;
    let Reply::Status(status) = reply else { unexpected(&reply) };
    Ok(Json(status.into()))
}

/// A reply that does not belong to its command: an invariant of our own is broken.
fn unexpected(reply: &Reply) -> ! {
    unreachable!("the engine gave a reply of another command: {reply:?}")
}

/// The JSON of a request; what is not of the expected shape is refused like everything else.
#[derive(Debug)]
struct JsonBody<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge.into(),
            // The reason may quote the body, and with it a person.
            _ => argument("the body is not the JSON that this route takes"),
        }
    }
}

/// A part of the request is wrong.
fn argument(detail: &str) -> Refused {
    Refused(CommandRefusal { refusal: Refusal::Argument, detail: Some(detail.to_owned()) })
}

/// The operator that a request names.
fn operator(id: &str) -> Result<OperatorId, Refused> {
    OperatorId::parse(id).map_err(|error| argument(&error.to_string()))
}

/// A refusal as a response.
#[derive(Debug)]
struct Refused(CommandRefusal);

impl From<CommandRefusal> for Refused {
    fn from(refused: CommandRefusal) -> Self {
        Self(refused)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.refusal.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(ApiError::from(&self.0))).into_response()
    }
}
