//! A whole node: the order in which its parts start and stop, and nothing else.
//!
//! Start: the store, for its lock says whether another process runs; the engine, for its clock says
//! whether this one may; then whatever can be in use, the health port, the control socket and the
//! peers' addresses, so that a taken one is told before anything is sent; the workers; the engine's
//! thread; and last whoever brings inputs. Stop: the other way round, so that nothing is lost that
//! was told to anyone.
//!
//! **Promises.** [`Node::start`] either gives a node that serves, or an error, with nothing left
//! running. [`RunningNode::stop`] returns when the store is closed and no task or thread is left.
//! **Left to others.** Reading files and asking for passphrases: the caller.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::{Engine, EngineError, bank, single};
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::settlement::NoticeCursor;
use fundlink_protocol::store::{Staged, StoreError};
use fundlink_protocol::time::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::backup::Origin;
use crate::clock::{self, Clock};
use crate::config::{BankDriver, Config};
use crate::control::routes::{self, Backups, Control};
use crate::control::{ControlError, ControlSocket};
use crate::engine_loop::{EngineHandle, EngineLoop, LoopError, Parts, Queue};
use crate::health::{self, HealthError, Readiness};
use crate::keyfile::HeldKeys;
use crate::keyfile::keys::{KeySet, Seed};
use crate::metrics::Metrics;
use crate::network::{self, Address, NetworkConfig, NetworkError, NetworkHandle, NetworkLimits};
use crate::settlement::BankLine;
use crate::settlement::http::{HttpBank, Poll};
use crate::signing::{KeyChoice, Signing};
use crate::store::sled::SledStore;
use crate::store::sled::snapshot::Snapshots;
use crate::store::{OpenError, has_store, is_there};
use crate::tagging::Tagging;
use crate::translate::outbound::Release;
use crate::translate::{Directory, Switchboard};
use crate::verification::{RosterInForce, Rules, Verification, Workers};

/// Why a node does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The data folder cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The engine cannot start over what the store holds.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine stopped while the node ran.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The keys are another member's, or of another network.
    #[error(
        "the key file is of member {theirs}, the configuration of {ours}; name the key file that belongs to it"
    )]
    OtherKeys {
        /// What the key file says.
        theirs: String,
        /// What the configuration says.
        ours: String,
    },
    /// The key file lacks a key.
    #[error("the key file holds no key for {0:?}; restore it from a backup")]
    MissingKey(KeyPurpose),
    /// The port for health and metrics is taken.
    #[error(transparent)]
    Health(#[from] HealthError),
    /// The control socket cannot be made.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The peers' addresses cannot be listened on.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The operating system gives no thread, or the bank's address is none.
    #[error("a part of the node cannot start: {0}")]
    Part(#[from] io::Error),
}

impl NodeError {
    /// Whether stored bytes failed their check, which only a backup repairs.
    #[must_use]
    pub const fn is_damaged_store(&self) -> bool {
        matches!(
            self,
            Self::Store(OpenError::Store(StoreError::Corrupt { .. }))
                | Self::Engine(EngineError::Store(StoreError::Corrupt { .. }))
                | Self::Loop(LoopError::Engine(EngineError::Store(StoreError::Corrupt { .. })))
        )
    }
}

/// What starts nodes.
#[derive(Debug)]
pub struct Node;

/// A node that serves.
#[derive(Debug)]
pub struct RunningNode {
    engine: EngineHandle,
    control: PathBuf,
    health: Option<SocketAddr>,
    stopping: watch::Sender<bool>,
    readiness: watch::Sender<Readiness>,
    network: NetworkHandle,
    switchboard: Arc<Switchboard>,
    listen: usize,
    engine_loop: EngineLoop,
    ended: oneshot::Receiver<Result<(), LoopError>>,
    workers: Workers,
    tasks: JoinSet<()>,
}

/// Events that a slow watcher may fall behind by.
const EVENTS_WAITING_MAX: usize = 1_024;
/// How long a local caller may take to read its last answer.
const FAREWELL: Duration = Duration::from_secs(5);

impl Node {
    /// Starts a node on the current Tokio runtime.
    ///
    /// # Errors
    /// When the folder, an address or the socket is in use, the store is damaged or has not joined a
    /// network, the clock is behind, or the keys do not belong to the configuration.
    pub async fn start(
        config: Config,
        keys: impl Into<HeldKeys>,
    ) -> Result<RunningNode, NodeError> {
        Self::start_with(config, keys.into()).await
    }

    async fn start_with(config: Config, held: HeldKeys) -> Result<RunningNode, NodeError> {
        check_keys(&config, &held.keys)?;
        let metrics = Arc::new(Metrics::new());
        let (engine, clock, cursor, snapshots) = open_engine(&config)?;
        let (health, socket) = bind(&config).await?;
        let now = now_of(&config);
        let roster = Arc::clone(engine.roster());
        let directory = Directory::new(&roster, config.center, now());
        let choice = KeyChoice::new(held, &roster, now());
        let peer = choice.in_use(&roster, KeyPurpose::Peer, now());
        let (network, network_events) =
            start_network(&config, peer.as_ref(), &directory, &metrics)?;
        let roster = RosterInForce::new(roster);
        let (verification, workers) = start_workers(&config, &roster, &metrics)?;
        let queue = Queue::new(metrics.engine.clone());
        let handle = queue.handle.clone();
        let switchboard =
            Arc::new(Switchboard::new(network.clone(), handle.clone(), verification, directory));
        let (events, _) = broadcast::channel(EVENTS_WAITING_MAX);
        let (stopping, stopped) = watch::channel(false);
        let (readiness, ready) = watch::channel(Readiness::Waiting("the engine's first round"));
        let mut tasks = JoinSet::new();
        let bank = start_bank(&config, cursor, &handle, &stopped, &mut tasks)?;
        let release = Release {
            switchboard: Arc::clone(&switchboard),
            own: config.center,
            network: config.network.clone(),
            roster,
            keys: choice.clone(),
            clock: Box::new(now),
            bank,
            events: events.clone(),
            metrics: metrics.engine.clone(),
            runtime: Handle::current(),
        };
        let parts = parts(clock, choice, release);
        let (ended, told) = oneshot::channel();
        let engine_loop = EngineLoop::start(engine, queue, parts, ended)?;
        tasks.spawn(Arc::clone(&switchboard).receive(network_events));
        let control = Control {
            center: config.center,
            engine: handle.clone(),
            switchboard: Some(Arc::clone(&switchboard)),
            events,
            stopping: stopped.clone(),
            metrics: metrics.control.clone(),
            backups: Some(backups(&config, snapshots)),
        };
        let served = socket.serve(routes::router(control), until(stopped.clone()));
        tasks.spawn(log_failure("the control interface", served));
        let health = Health { metrics, readiness: ready, engine: handle.clone(), listener: health };
        let health = health.serve(stopped, &mut tasks);
        let running = RunningNode {
            engine: handle,
            control: config.control,
            health,
            stopping,
            readiness,
            network,
            switchboard,
            listen: config.listen.len(),
            engine_loop,
            ended: told,
            workers,
            tasks,
        };
        running.await_first_round().await
    }
}

impl RunningNode {
    /// Gives the node back once its engine has committed a round; stops it if it cannot.
    async fn await_first_round(mut self) -> Result<Self, NodeError> {
        if self.engine.command(Command::Status).await.is_ok() {
            self.readiness.send_replace(Readiness::Ready);
            tracing::info!(control = %self.control.display(), "the node serves");
            return Ok(self);
        }
        let failed = self.failed().await;
        self.stop().await;
        Err(failed.err().unwrap_or_else(|| io::Error::from(io::ErrorKind::Interrupted).into()))
    }

    /// The way to the engine.
    #[must_use]
    pub const fn engine(&self) -> &EngineHandle {
        &self.engine
    }

    /// The socket of the control interface.
    #[must_use]
    pub fn control(&self) -> &Path {
        &self.control
    }

    /// Where health and metrics are served, with the port that was taken.
    #[must_use]
    pub const fn health(&self) -> Option<SocketAddr> {
        self.health
    }

    /// Where other members are listened for, with the ports that were taken; waits until all are.
    pub async fn listening(&self) -> Vec<Address> {
        self.switchboard.listening(self.listen).await
    }

    /// Waits until the engine ends by itself, which is always an error.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn failed(&mut self) -> Result<(), NodeError> {
        match (&mut self.ended).await {
            Ok(ended) => ended.map_err(NodeError::from),
            // The thread died without a word: its panic has said why.
            Err(_) => Ok(()),
        }
    }

    /// Stops every part and closes the store.
    pub async fn stop(self) {
        self.readiness.send_replace(Readiness::Waiting("the node is stopping"));
        self.stopping.send_replace(true);
        self.network.shutdown().await;
        self.engine_loop.stop().await;
        let mut tasks = self.tasks;
        let farewell =
            tokio::time::timeout(FAREWELL, async { while tasks.join_next().await.is_some() {} });
        if farewell.await.is_err() {
            tracing::warn!("a caller did not read its answer in time and is cut off");
            tasks.shutdown().await;
        }
        drop((self.engine, self.switchboard));
        self.workers.join().await;
        tracing::info!("the node has stopped");
    }
}

fn check_keys(config: &Config, keys: &KeySet) -> Result<(), NodeError> {
    if keys.network != config.network.as_str() || keys.center != config.center {
        return Err(NodeError::OtherKeys {
            theirs: format!("{} of {}", keys.center, keys.network),
            ours: format!("{} of {}", config.center, config.network),
        });
    }
    let needed = [KeyPurpose::Peer, KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness];
    let missing = needed.into_iter().find(|purpose| keys.newest(*purpose).is_none());
    missing.map_or(Ok(()), |purpose| Err(NodeError::MissingKey(purpose)))
}

async fn bind(config: &Config) -> Result<(Option<TcpListener>, ControlSocket), NodeError> {
    let health = match config.health {
        Some(address) => Some(health::bind(address).await?),
        None => None,
    };
    Ok((health, ControlSocket::bind(&config.control)?))
}

/// The engine over the store, the clock, where the bank's next notices begin, and what copies of the
/// store are taken from.
fn open_engine(
    config: &Config,
) -> Result<(Engine<SledStore>, Clock, NoticeCursor, Snapshots), NodeError> {
    if !has_store(&config.data)? && !is_there(&config.data, "commits")? {
        // Only whoever joins or restores makes a store.
        return Err(EngineError::NotJoined.into());
    }
    let store = SledStore::open(&config.data)?;
    let snapshots = store.snapshots();
    let view = Staged::new(&store);
    let highest = single::clock(&view).map_err(EngineError::from)?;
    let cursor = bank::cursor(&view).map_err(EngineError::from)?;
    let clock = Clock::wall(config.clock_offset_s, highest);
    let engine = Engine::open(store, config.settings(), now_of(config)())?;
    Ok((engine, clock, cursor, snapshots))
}

/// What backups are taken from, and whose they are.
fn backups(config: &Config, source: Snapshots) -> Backups {
    Backups { source, of: Origin { network: config.network.clone(), center: config.center } }
}

/// Reads the clock of the machine, moved as configured.
fn now_of(config: &Config) -> impl Fn() -> Timestamp + Send + Sync + 'static {
    let offset_ms = config.clock_offset_s.saturating_mul(1_000);
    move || clock::wall_time().plus_ms(offset_ms)
}

fn start_workers(
    config: &Config,
    roster: &RosterInForce,
    metrics: &Metrics,
) -> io::Result<(Verification, Workers)> {
    Verification::start(Rules {
        network: config.network.clone(),
        roster: roster.clone(),
        clock: Box::new(now_of(config)),
        metrics: metrics.verification.clone(),
    })
}

/// What the engine's thread works with.
fn parts(clock: Clock, choice: KeyChoice, release: Release) -> Parts {
    Parts {
        clock,
        keyring: Box::new(Signing::new(choice.clone())),
        tagger: Box::new(Tagging::new(choice)),
        metrics: release.metrics.clone(),
        outlet: Box::new(release),
    }
}

type NetworkEvents = tokio::sync::mpsc::Receiver<network::NetworkEvent>;

fn start_network(
    config: &Config,
    peer: Option<&Seed>,
    directory: &Directory,
    metrics: &Metrics,
) -> Result<(NetworkHandle, NetworkEvents), NodeError> {
    let peer = peer.ok_or(NodeError::MissingKey(KeyPurpose::Peer))?;
    let network = NetworkConfig {
        secret: Zeroizing::new(*peer.expose()),
        network: config.network.as_str().to_owned(),
        listen: config.listen.clone(),
        members: directory.member_table(),
        limits: NetworkLimits::default(),
    };
    Ok(metrics.with_registry(|registry| network::start(network, registry))?)
}

fn start_bank(
    config: &Config,
    cursor: NoticeCursor,
    engine: &EngineHandle,
    stopping: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Result<BankLine, NodeError> {
    let (url, poll_ms) = match &config.bank {
        BankDriver::Off => return Ok(BankLine::off()),
        BankDriver::Http { url, poll_ms } => (url, *poll_ms),
    };
    let bank = HttpBank::new(url, config.center)?;
    let account = config.receiving_account.as_ref();
    if let Some(account) = account.and_then(|account| CorporateAccount::parse(&account.number).ok())
    {
        let poll = Poll { every: Duration::from_millis(poll_ms), stopping: stopping.clone() };
        tasks.spawn(bank.clone().watch(account, cursor, engine.clone(), poll));
    }
    let (line, calls) = BankLine::open();
    tasks.spawn(bank.carry(calls, engine.clone()));
    Ok(line)
}

/// What health and metrics are served from.
struct Health {
    listener: Option<TcpListener>,
    metrics: Arc<Metrics>,
    readiness: watch::Receiver<Readiness>,
    engine: EngineHandle,
}

impl Health {
    fn serve(self, stopping: watch::Receiver<bool>, tasks: &mut JoinSet<()>) -> Option<SocketAddr> {
        let listener = self.listener?;
        let address = listener.local_addr().ok();
        let until = until(stopping);
        let served = health::serve(listener, self.metrics, self.readiness, self.engine, until);
        tasks.spawn(log_failure("health and metrics", served));
        address
    }
}

async fn until(mut stopping: watch::Receiver<bool>) {
    // The other end lives as long as the node.
    stopping.wait_for(|stopping| *stopping).await.ok();
}

async fn log_failure(part: &'static str, served: impl Future<Output = io::Result<()>>) {
    if let Err(error) = served.await {
        tracing::error!(part, %error, "no longer served; start the node again");
    }
}
