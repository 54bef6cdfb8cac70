//! Requests to the control interface, as a program on the same machine sends them.
//!
//! The first line is method and path; the rest is the body.
//!
//! **Promises.** No request ends in an error of the server; a refusal has a known code, in both
//! languages, and repeats nothing personal of the body; the ledger sums to zero afterwards.

#![expect(clippy::expect_used, reason = "without a runtime nothing can be asked")]

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::body::Body;
use axum::http::Request;
use fundlink_node::clock::Clock;
use fundlink_node::control::api::ApiError;
use fundlink_node::control::routes::{Control, router};
use fundlink_node::engine_loop::{EngineLoop, Outlet, Parts, Queue};
use fundlink_node::metrics::Metrics;
use fundlink_protocol::engine::Engine;
use fundlink_protocol::engine::input::Input;
use fundlink_protocol::engine::output::Output;
use fundlink_protocol::ledger;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::store::{Batch, Entry, Staged, Store, StoreError};
use fundlink_protocol::time::Timestamp;
use http_body_util::BodyExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{broadcast, oneshot, watch};
use tower::ServiceExt as _;

use crate::members::{self, MARKS, TAIYUAN};
use crate::stage::on_stage;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

/// A request.
pub(crate) fn request(bytes: &[u8]) {
    status(bytes);
}

/// The status of the answer to a request; none for what is no request, or a stream without an end.
pub(crate) fn status(bytes: &[u8]) -> Option<u16> {
    let request = read(bytes).filter(|request| request.uri().path() != "/v1/events")?;
    let (store, now) = on_stage(|stage| {
        let moment = stage.moments.last().expect("the stage was played");
        (Shared::new(moment.stores[&TAIYUAN].clone()), moment.now)
    });
    let status = RUNTIME.block_on(answer(request, store.clone(), now));
    let sums = ledger::trial_balance(&Staged::new(&store));
    assert_eq!(sums.map(|sums| sums.sum()), Ok(0), "the ledger sums to zero");
    Some(status)
}

/// The request that these bytes are, if HTTP has such a one.
fn read(bytes: &[u8]) -> Option<Request<Body>> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, body) = bytes.split_at(end);
    let (method, path) = core::str::from_utf8(line).ok()?.split_once(' ')?;
    if !path.starts_with('/') {
        return None;
    }
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.get(1..)?.to_vec()))
        .ok()
}

async fn answer(request: Request<Body>, store: Shared, now: Timestamp) -> u16 {
    let metrics = Metrics::new();
    let engine =
        Engine::open(store, members::settings(TAIYUAN), now).expect("a store of the stage");
    let queue = Queue::new(metrics.engine.clone());
    let handle = queue.handle.clone();
    let parts = Parts {
        clock: Clock::new(move || now, Timestamp::from_ms(0)),
        keyring: Box::new(members::keyring(TAIYUAN)),
        tagger: Box::new(members::tagger(TAIYUAN)),
        outlet: Box::new(Nowhere),
        metrics: metrics.engine.clone(),
    };
    let (ended, told) = oneshot::channel();
    let running = EngineLoop::start(engine, queue, parts, ended).expect("a thread");
    let (events, _) = broadcast::channel(16);
    let (_stopping, stopping) = watch::channel(false);
    let metrics = metrics.control;
    let control = Control {
        center: TAIYUAN,
        engine: handle,
        switchboard: None,
        events,
        stopping,
        metrics,
        backups: None,
    };
    let Ok(response) = router(control).oneshot(request).await;
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body in memory").to_bytes();
    running.stop().await;
    let end = told.await.expect("the loop says how it ended");
    assert!(end.is_ok(), "a request ends the engine: {end:?}");
    check(status.as_u16(), &body);
    status.as_u16()
}

fn check(status: u16, body: &[u8]) {
    if (200..300).contains(&status) {
        return;
    }
    // What axum itself refuses has no body of ours: a method that a path does not have, a query that
    // is none.
    let Ok(error) = serde_json::from_slice::<ApiError>(body) else {
        return assert!((400..500).contains(&status), "{status} without a code");
    };
    let refusal = error.refusal().expect("a known code");
    assert_eq!(status, refusal.http_status(), "{}", error.code);
    assert!(!error.message.is_empty() && !error.message_zh.is_empty() && !error.next.is_empty());
    let shown = error.to_string();
    assert!(!MARKS.iter().any(|mark| shown.contains(mark)), "a refusal names somebody");
    assert!(refusal != Refusal::Overloaded, "the engine was gone: {shown}");
}

/// What the engine wants done goes nowhere.
struct Nowhere;

impl Outlet for Nowhere {
    fn release(&mut self, _: Vec<Output>) -> Vec<Input> {
        Vec::new()
    }
}

/// A store in memory that can be looked at when the engine has stopped.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<MemoryStore>>);

impl Shared {
    fn new(store: MemoryStore) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut MemoryStore) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for Shared {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|store| store.get(key))
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.with(|store| store.range(from, to, limit))
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.with(|store| store.last(from, to))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.with(|store| store.commit(batch))
    }
}
