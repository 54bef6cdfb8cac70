//! Health and metrics over HTTP on a loopback port.
//!
//! **Promises.** `/livez` says that the process answers, `/readyz` that the node can serve, and what
//! it waits for otherwise; `/metrics` is OpenMetrics text. Nothing here changes anything.
//! **Left to others.** Who may ask beyond this machine: a proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::engine_loop::EngineHandle;
use crate::metrics::Metrics;

/// Whether the node can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// Not yet, or no longer: what it waits for.
    Waiting(&'static str),
}

/// The port cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the address {address} for health and metrics cannot be used: {error}; free the port, or set listen.health to another"
)]
pub struct HealthError {
    /// The configured address.
    pub address: SocketAddr,
    /// What the operating system said.
    pub error: io::Error,
}

#[derive(Clone)]
struct Shown {
    metrics: Arc<Metrics>,
    readiness: watch::Receiver<Readiness>,
    engine: EngineHandle,
}

/// Takes the port, so that a port in use is known before anything starts.
///
/// # Errors
/// When it is taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HealthError> {
    TcpListener::bind(address).await.map_err(|error| HealthError { address, error })
}

/// Serves until `stop` says so.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    readiness: watch::Receiver<Readiness>,
    engine: EngineHandle,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(Shown { metrics, readiness, engine });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn readyz(State(shown): State<Shown>) -> Response {
    let readiness = shown.readiness.borrow().clone();
    match readiness {
        Readiness::Ready => (StatusCode::OK, "ok\n".to_owned()).into_response(),
        Readiness::Waiting(what) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("waiting: {what}\n")).into_response()
        }
    }
}

async fn metrics_text(State(shown): State<Shown>) -> Response {
    shown.metrics.sampled.sample(&shown.engine).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shown.metrics.text()).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::engine_loop::tests::{start_joined, wall};

    async fn fetch(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn readiness_follows_the_node_and_metrics_are_openmetrics() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ready, readiness) = watch::channel(Readiness::Waiting("the witnesses"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (engine, running, _ended) = start_joined(wall());
        let served = tokio::spawn(serve(listener, Arc::default(), readiness, engine, async {
            stopped.await.ok();
        }));
        assert!(fetch(address, "/livez").await.starts_with("HTTP/1.1 200"));
        let waiting = fetch(address, "/readyz").await;
        assert!(waiting.starts_with("HTTP/1.1 503") && waiting.contains("the witnesses"));
        ready.send_replace(Readiness::Ready);
        assert!(fetch(address, "/readyz").await.starts_with("HTTP/1.1 200"));
        let metrics = fetch(address, "/metrics").await;
        assert!(metrics.contains("application/openmetrics-text") && metrics.contains("# EOF"));
        assert!(metrics.contains("fundlink_node_log_entries{log=\"140100/1\"}"), "{metrics}");
        assert!(fetch(address, "/other").await.starts_with("HTTP/1.1 404"));
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
        running.stop().await;
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = bind(taken.local_addr().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("listen.health"));
    }
}
