//! What the engine loop promises.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::{CoreDriver, Settings, single};
use fundlink_protocol::key::MemoryKeyring;
use fundlink_protocol::policy::Policy;
use fundlink_protocol::roster::{Member, MemberKey, MemberStatus, Roster, Suite};
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::store::{Batch, Entry, Staged, StoreError};
use fundlink_protocol::subject::{MemoryTagger, TagEpoch};
use fundlink_protocol::time::Timestamp;

use super::*;
use crate::metrics::Metrics;

/// A store in memory that refuses commits once it is told to.
#[derive(Clone, Default)]
struct Faulty {
    store: MemoryStore,
    full: Arc<AtomicBool>,
    steps: Steps,
}

/// What was made durable and what was released, in order.
type Steps = Arc<Mutex<Vec<Step>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Durable,
    Released,
}

impl Store for Faulty {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key)
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.range(from, to, limit)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.store.last(from, to)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError::Full);
        }
        self.store.commit(batch)?;
        self.steps.lock().unwrap().push(Step::Durable);
        Ok(())
    }
}

/// Peers, bank and timers: notes that something was released for them.
#[derive(Debug)]
struct Noting(Steps);

impl Outlet for Noting {
    fn release(&mut self, outputs: Vec<Output>) -> Vec<Input> {
        if !outputs.is_empty() {
            self.0.lock().unwrap().push(Step::Released);
        }
        Vec::new()
    }
}

fn center() -> CenterCode {
    CenterCode::parse("140100").unwrap()
}

/// A first roster, version 7, with 140100 alone and these keys.
pub(crate) fn roster(keys: Vec<MemberKey>) -> Roster {
    let member = Member {
        code: center(),
        name: "太原市住房公积金管理中心".into(),
        role: Role::Center,
        status: MemberStatus::Active,
        admitted_in: 1,
        keys,
        addresses: Vec::new(),
        logs: Vec::new(),
        grants: None,
        revocation: None,
    };
    Roster {
        authority: CenterCode::parse("140000").unwrap(),
        issued: Timestamp::from_ms(0),
        network: settings().network,
        version: 7,
        previous: None,
        renew_by: Timestamp::from_ms(0),
        members: vec![member],
        witnesses: Vec::new(),
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: TagEpoch(1),
        annexes: Vec::new(),
        lending: None,
    }
}

fn joined() -> Faulty {
    let mut store = Faulty::default();
    let mut staged = Staged::new(&store);
    single::put_roster(&mut staged, &roster(Vec::new()));
    let batch = staged.into_batch();
    store.commit(batch).unwrap();
    store
}

fn settings() -> Settings {
    Settings {
        network: fundlink_protocol::log::origin::NetworkName::parse("test").unwrap(),
        center: center(),
        role: Role::Center,
        software: "test".into(),
        policy: Policy::default(),
        operators: BTreeMap::new(),
        receiving_account: None,
        core_driver: CoreDriver::Embedded,
    }
}

pub(crate) type Ended = oneshot::Receiver<Result<(), LoopError>>;

fn start(store: Faulty, clock: Clock) -> (EngineHandle, EngineLoop, Ended) {
    let metrics = Metrics::new().engine;
    let outlet = Box::new(Noting(Arc::clone(&store.steps)));
    let engine = Engine::open(store, settings(), Timestamp::from_ms(0)).unwrap();
    let queue = Queue::new(metrics.clone());
    let handle = queue.handle.clone();
    let parts = Parts {
        clock,
        keyring: Box::new(MemoryKeyring::new([])),
        tagger: Box::new(MemoryTagger::default()),
        outlet,
        metrics,
    };
    let (ended, told) = oneshot::channel();
    (handle, EngineLoop::start(engine, queue, parts, ended).unwrap(), told)
}

/// A loop over a store in memory that has joined a network, roster version 7.
pub(crate) fn start_joined(clock: Clock) -> (EngineHandle, EngineLoop, Ended) {
    start(joined(), clock)
}

pub(crate) fn wall() -> Clock {
    Clock::wall(0, Timestamp::from_ms(0))
}

#[tokio::test]
async fn a_command_is_answered_and_a_stopped_loop_ends_without_an_error() {
    let (handle, running, ended) = start(joined(), wall());
    let Ok(Reply::Status(status)) = handle.command(Command::Status).await else {
        panic!("no status");
    };
    assert_eq!((status.center, status.roster_version), (center(), 7));
    running.stop().await;
    assert!(handle.metrics.rounds.get() >= 1);
    assert!(ended.await.unwrap().is_ok());
    let refused = handle.command(Command::Status).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Overloaded);
    assert_eq!(handle.input(Input::Tick).await, Err(Stopped));
    assert!(handle.waiting.lock().is_empty());
}

#[tokio::test]
async fn waiting_commands_share_a_round() {
    let (handle, running, _ended) = start(joined(), wall());
    let commands: Vec<_> = (0..500)
        .map(|_| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.command(Command::Status).await })
        })
        .collect();
    for command in commands {
        assert!(command.await.unwrap().is_ok());
    }
    assert!(handle.metrics.inputs.get() >= 501);
    running.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_be_written_ends_the_loop_and_answers_nobody() {
    let store = joined();
    let full = Arc::clone(&store.full);
    let (handle, running, ended) = start(store, wall());
    assert!(handle.command(Command::Status).await.is_ok());
    full.store(true, Ordering::Relaxed);
    let refused = handle.command(Command::Status).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Overloaded);
    let error = ended.await.unwrap().unwrap_err();
    assert!(matches!(error, LoopError::Engine(EngineError::Store(StoreError::Full))));
    running.stop().await;
}

#[tokio::test]
async fn what_goes_to_peers_leaves_after_a_commit_and_not_at_all_without_one() {
    let store = joined();
    let (full, steps) = (Arc::clone(&store.full), Arc::clone(&store.steps));
    let (handle, running, ended) = start(store, wall());
    let peer = || Input::Connected { center: CenterCode::parse("140000").unwrap() };
    for _ in 0..5 {
        handle.input(peer()).await.unwrap();
        assert!(handle.command(Command::Status).await.is_ok());
    }
    let seen = steps.lock().unwrap().clone();
    let released = seen.iter().filter(|step| **step == Step::Released).count();
    assert!(released > 0, "whoever has just connected is asked for what it has");
    for pair in seen.windows(2) {
        assert_ne!(pair, [Step::Released, Step::Released], "one of the two follows from no commit");
    }
    assert_eq!(seen[0], Step::Durable);
    full.store(true, Ordering::Relaxed);
    steps.lock().unwrap().clear();
    handle.input(peer()).await.unwrap();
    assert!(ended.await.unwrap().is_err());
    assert_eq!(steps.lock().unwrap().len(), 0, "its commit was refused");
    running.stop().await;
}

#[tokio::test]
async fn a_clock_that_goes_far_back_ends_the_loop() {
    let back = Arc::new(AtomicBool::new(false));
    let read = Arc::clone(&back);
    let clock = Clock::new(
        move || Timestamp::from_ms(if read.load(Ordering::Relaxed) { 0 } else { 10_000_000 }),
        Timestamp::from_ms(0),
    );
    let (handle, running, ended) = start(joined(), clock);
    assert!(handle.command(Command::Status).await.is_ok());
    back.store(true, Ordering::Relaxed);
    handle.input(Input::Tick).await.unwrap();
    assert!(matches!(ended.await.unwrap(), Err(LoopError::Clock(_))));
    running.stop().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind() {
    let (handle, running, _ended) = start(joined(), wall());
    for _ in 0..100 {
        let gone = handle.command(Command::Status);
        drop(timeout(Duration::ZERO, gone).await);
    }
    assert!(handle.command(Command::Status).await.is_ok());
    assert!(handle.waiting.lock().is_empty());
    running.stop().await;
}
