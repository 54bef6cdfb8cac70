//! What the control interface promises.

use std::sync::Arc;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::output::Event;
use fundlink_protocol::id::TransferId;
use tokio::sync::{broadcast, oneshot, watch};

use super::api::{ApiError, Status, WatchedEvent};
use super::client::{ClientError, ControlClient};
use super::routes::{Control, router};
use super::*;
use crate::engine_loop::tests::{start_joined, wall};
use crate::metrics::Metrics;

struct Serving {
    client: ControlClient,
    events: broadcast::Sender<Arc<Event>>,
    stopping: watch::Sender<bool>,
    served: tokio::task::JoinHandle<io::Result<()>>,
    running: crate::engine_loop::EngineLoop,
}

fn serve(path: &Path) -> Serving {
    let (handle, running, _ended) = start_joined(wall());
    let (events, _) = broadcast::channel(4);
    let (stopping, stopped) = watch::channel(false);
    let control = Control {
        center: CenterCode::parse("140100").unwrap(),
        engine: handle,
        switchboard: None,
        events: events.clone(),
        stopping: stopped.clone(),
        metrics: Metrics::new().control,
        backups: None,
    };
    let (stop, told) = oneshot::channel::<()>();
    let mut stopped = stopped;
    tokio::spawn(async move {
        stopped.wait_for(|stopping| *stopping).await.ok();
        stop.send(()).ok();
    });
    let socket = ControlSocket::bind(path).unwrap();
    let served = tokio::spawn(socket.serve(router(control), async {
        told.await.ok();
    }));
    Serving { client: ControlClient::new(path), events, stopping, served, running }
}

impl Serving {
    async fn stop(self) {
        self.stopping.send_replace(true);
        self.running.stop().await;
        self.served.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn status_is_asked_over_a_socket_that_only_its_owner_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let serving = serve(&path);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let status: Status = serving.client.get("/v1/status").await.unwrap();
    assert_eq!((status.center.as_str(), status.roster_version), ("140100", 7));
    assert_eq!(status.roster_renew_by, "1970-01-01T08:00:00.000+08:00");
    serving.stop().await;
    assert!(!path.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_a_stopped_node_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let serving = serve(&path);
    let client = serving.client.clone();
    let refused = client.get::<Status>("/v1/nothing").await.unwrap_err();
    let ClientError::Refused(error) = refused else { panic!("{refused}") };
    assert_eq!(error.code, "NOT_FOUND");
    assert!(!error.message_zh.is_empty() && error.detail.is_none());
    serving.stop().await;
    let error = client.get::<Status>("/v1/status").await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error}");
}

#[tokio::test]
async fn watchers_see_the_transfer_they_asked_for_until_the_node_stops() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(&folder.path().join("control.sock"));
    let wanted = TransferId::new([1; 32]);
    let path = format!("/v1/events?transfer={wanted}");
    let mut watched = serving.client.events(&path).await.unwrap();
    for (id, state) in [([2; 32], "Accepted"), ([1; 32], "Requested"), ([1; 32], "Completed")] {
        let transfer = TransferId::new(id);
        serving.events.send(Arc::new(Event::Transfer { transfer, state })).unwrap();
    }
    for state in ["Requested", "Completed"] {
        let event: WatchedEvent = watched.next().await.unwrap().unwrap();
        let transfer = wanted.to_string();
        assert_eq!(event, WatchedEvent::Transfer { transfer, state: state.into() });
    }
    let refused = serving.client.events("/v1/events?transfer=1").await.unwrap_err();
    assert!(matches!(refused, ClientError::Refused(error) if error.code == "ARGUMENT"));
    serving.stop().await;
    assert_eq!(watched.next::<WatchedEvent>().await.unwrap(), None);
}

#[tokio::test]
async fn a_socket_left_by_a_dead_node_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "what a dead node leaves");
    let socket = ControlSocket::bind(&path).unwrap();
    assert!(matches!(ControlSocket::bind(&path), Err(ControlError::InUse(_))));
    drop(socket);
    fs::write(&path, "x").unwrap();
    assert!(matches!(ControlSocket::bind(&path), Err(ControlError::NotASocket(_))));
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[test]
fn a_refusal_reads_as_one_line() {
    let error = ApiError::from(&fundlink_protocol::refusal::Refusal::Mode.into());
    assert!(error.to_string().starts_with("MODE: "));
    assert_eq!(error.refusal(), Some(fundlink_protocol::refusal::Refusal::Mode));
}
