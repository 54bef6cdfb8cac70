//! Worker threads that turn received bytes into verified statements and checkpoints.
//!
//! A signature takes 50 µs, a round of the engine far less for one input: so signatures are checked
//! here, many at a time, and the engine sees verified statements alone.
//!
//! **Promises.** The queue is bounded: who submits waits for room. Each job's end is told exactly
//! once, on a worker, by the roster's keys that are in force when the worker takes it.
//! **Left to others.** Rights, freshness and repeats: the engine.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use fundlink_protocol::cose::{Received, Verified};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::log_trust::{LogTrust, VerifiedCheckpoint};
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::roster::{KeyTable, Roster};
use fundlink_protocol::time::Timestamp;
use tokio::sync::mpsc;

use crate::metrics::{CodeLabel, VerificationMetrics};

/// The roster in force, with its keys by their ids.
#[derive(Clone, Debug)]
pub struct RosterInForce(Arc<RwLock<Listed>>);

#[derive(Clone, Debug)]
struct Listed {
    roster: Arc<Roster>,
    keys: Arc<KeyTable>,
}

impl RosterInForce {
    /// Begins with a roster.
    #[must_use]
    pub fn new(roster: Arc<Roster>) -> Self {
        Self(Arc::new(RwLock::new(Listed::new(roster))))
    }

    /// Takes a newer roster into force.
    pub fn replace(&self, roster: Arc<Roster>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Listed::new(roster);
    }

    fn now(&self) -> Listed {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Listed {
    fn new(roster: Arc<Roster>) -> Self {
        let keys = Arc::new(roster.key_table());
        Self { roster, keys }
    }
}

/// What a worker needs besides the bytes.
pub struct Rules {
    /// The network's name, which each signature covers.
    pub network: NetworkName,
    /// The roster in force.
    pub roster: RosterInForce,
    /// Reads the time by which keys count.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Counts.
    pub metrics: VerificationMetrics,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("network", &self.network).finish_non_exhaustive()
    }
}

type Job = Box<dyn FnOnce(&Rules) + Send>;

/// The way to the workers. Clones lead to the same ones, which end with the last clone.
#[derive(Clone)]
pub struct Verification {
    jobs: mpsc::Sender<Job>,
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verification { .. }")
    }
}

/// The running workers.
#[derive(Debug)]
pub struct Workers(Vec<JoinHandle<()>>);

/// Statements that wait: 20 ms of work for each of two workers.
const JOBS_WAITING_MAX: usize = 1_024;
/// More workers than this would only take time from the engine.
const WORKERS_MAX: usize = 8;

impl Verification {
    /// Starts a worker for each processor.
    ///
    /// # Errors
    /// When the operating system has no thread left.
    pub fn start(rules: Rules) -> io::Result<(Self, Workers)> {
        let (jobs, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let rules = Arc::new(rules);
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS_MAX);
        let workers = (0..count).map(|number| {
            let (waiting, rules) = (Arc::clone(&waiting), Arc::clone(&rules));
            let worker = thread::Builder::new().name(format!("verify-{number}"));
            worker.spawn(move || work(&waiting, &rules))
        });
        Ok((Self { jobs }, Workers(workers.collect::<io::Result<_>>()?)))
    }

    /// Has bytes verified as a statement; `then` is called on a worker with what came of it. Waits
    /// for room. When the workers have ended, `then` is dropped uncalled: the node is stopping.
    pub async fn submit(
        &self,
        bytes: Vec<u8>,
        then: impl FnOnce(Result<Box<Verified>, Refusal>) + Send + 'static,
    ) {
        self.send(Box::new(move |rules| then(rules.statement(bytes)))).await;
    }

    /// Has the bytes of a signed note verified as a checkpoint of a member's log; otherwise as
    /// [`submit`](Self::submit).
    pub async fn submit_checkpoint(
        &self,
        bytes: Vec<u8>,
        then: impl FnOnce(Result<Box<VerifiedCheckpoint>, Refusal>) + Send + 'static,
    ) {
        self.send(Box::new(move |rules| then(rules.checkpoint(&bytes)))).await;
    }

    async fn send(&self, job: Job) {
        self.jobs.send(job).await.ok();
    }
}

impl Workers {
    /// Waits until the workers have ended, which they do when no [`Verification`] is left.
    pub async fn join(self) {
        let joined = tokio::task::spawn_blocking(move || {
            for worker in self.0 {
                worker.join().ok();
            }
        });
        joined.await.ok();
    }
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>, rules: &Rules) {
    loop {
        // The lock is held while waiting: one worker waits for a job, the others for their turn.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = job else { return };
        job(rules);
    }
}

impl Rules {
    fn statement(&self, bytes: Vec<u8>) -> Result<Box<Verified>, Refusal> {
        let keys = self.roster.now().keys;
        self.counted(|| {
            let received = Received::parse(bytes)?;
            received.verify(&keys, self.network.as_str(), (self.clock)())
        })
    }

    fn checkpoint(&self, bytes: &[u8]) -> Result<Box<VerifiedCheckpoint>, Refusal> {
        let roster = self.roster.now().roster;
        let trust = LogTrust::new(roster, self.network.clone(), (self.clock)());
        self.counted(|| VerifiedCheckpoint::verify(bytes, &trust))
    }

    fn counted<T>(&self, verify: impl FnOnce() -> Result<T, Refusal>) -> Result<Box<T>, Refusal> {
        let begun = Instant::now();
        let verified = verify();
        self.metrics.seconds.observe(begun.elapsed().as_secs_f64());
        match &verified {
            Ok(_) => self.metrics.verified.inc(),
            Err(refusal) => {
                let label = CodeLabel { code: refusal.code() };
                self.metrics.refused.get_or_create(&label).inc()
            }
        };
        verified.map(Box::new)
    }
}

#[cfg(test)]
mod tests;
