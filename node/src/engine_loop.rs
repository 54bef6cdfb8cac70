//! The one thread that owns the engine.
//!
//! It takes whatever waits, up to `ROUND_INPUTS_MAX`, runs one round, and hands the outputs on. When
//! nothing waits it sleeps until the engine's next timer.
//!
//! **Promises.** Outputs are handed on only after their round is committed. A round that fails ends
//! the thread, and with it the node: what comes after a store that cannot be written is not known.
//! Inputs wait in a bounded queue; a caller that finds it full waits, and is
//! turned away in the end.
//! **Left to others.** What outputs mean: [`Outlet`].

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::input::{Input, RequestId};
use fundlink_protocol::engine::output::{CommandRefusal, Output};
use fundlink_protocol::engine::{Engine, EngineError, Ports};
use fundlink_protocol::key::Keyring;
use fundlink_protocol::limits::ROUND_INPUTS_MAX;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::store::Store;
use fundlink_protocol::subject::Tagger;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::clock::{Clock, ClockError};
use crate::entropy::{self, EntropyError};
use crate::metrics::EngineMetrics;

/// Why the loop ended although nobody stopped it.
#[derive(Debug, thiserror::Error)]
pub enum LoopError {
    /// A round failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The clock went back too far.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// No random bytes for the next round.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Takes the outputs of committed rounds that are not replies to local callers.
pub trait Outlet: Send {
    /// Hands outputs on without waiting; gives back what is known at once to have come of them.
    fn release(&mut self, outputs: Vec<Output>) -> Vec<Input>;
}

/// What the loop works with, besides the engine.
pub struct Parts {
    /// Reads the time.
    pub clock: Clock,
    /// Signs.
    pub keyring: Box<dyn Keyring + Send>,
    /// Computes tags.
    pub tagger: Box<dyn Tagger + Send>,
    /// Takes the outputs.
    pub outlet: Box<dyn Outlet>,
    /// Counts.
    pub metrics: EngineMetrics,
}

impl core::fmt::Debug for Parts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Parts").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// The way to the engine. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    inputs: mpsc::Sender<Input>,
    waiting: Arc<WaitingCallers>,
    metrics: EngineMetrics,
}

/// The engine has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node is stopping")]
pub struct Stopped;

#[derive(Debug, Default)]
struct WaitingCallers {
    next: AtomicU64,
    replies: Mutex<BTreeMap<RequestId, oneshot::Sender<CommandReply>>>,
}

type CommandReply = Result<Box<Reply>, CommandRefusal>;

/// Inputs that may wait: four rounds' worth, so that a burst is taken while a commit is on its way.
pub const INPUTS_WAITING_MAX: usize = 4 * ROUND_INPUTS_MAX;
/// A command waits its turn among what peers send for so long: queueing is fair, so that peers cannot
/// keep an operator out.
const COMMAND_WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest sleep without a timer, so that the clock is looked at now and then.
const SLEEP_MAX: Duration = Duration::from_secs(10);

impl EngineHandle {
    /// Hands in an input, and waits for room if there is none.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn input(&self, input: Input) -> Result<(), Stopped> {
        self.inputs.send(input).await.map_err(|_| Stopped)
    }

    /// Hands in an input from a thread of its own, and waits for room if there is none.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub fn input_from_thread(&self, input: Input) -> Result<(), Stopped> {
        self.inputs.blocking_send(input).map_err(|_| Stopped)
    }

    /// Has a command done, and waits for what comes of it.
    ///
    /// # Errors
    /// With the refusal; `OVERLOADED` when too many inputs wait for long, or the node is stopping.
    pub async fn command(&self, command: Command) -> Result<Reply, CommandRefusal> {
        let (reply, replied) = oneshot::channel();
        let request = RequestId(self.waiting.next.fetch_add(1, Ordering::Relaxed) << 3 | LOCAL);
        self.waiting.lock().insert(request, reply);
        // A caller that goes away before the reply leaves no entry behind.
        let entry = WaitingEntry { callers: &self.waiting, request };
        let input = Input::Command { request, command: Box::new(command) };
        match self.inputs.send_timeout(input, COMMAND_WAIT_MAX).await {
            Ok(()) => {}
            Err(SendTimeoutError::Timeout(_)) => {
                self.metrics.inputs_turned_away.inc();
                return Err(Refusal::Overloaded.into());
            }
            Err(SendTimeoutError::Closed(_)) => return Err(stopping()),
        }
        let outcome = replied.await;
        drop(entry);
        outcome.map_or_else(|_| Err(stopping()), |reply| reply.map(|reply| *reply))
    }
}

/// The engine went away under a command; whether it was done is not known.
fn stopping() -> CommandRefusal {
    CommandRefusal { refusal: Refusal::Overloaded, detail: Some(Stopped.to_string()) }
}

/// The low bits of the request ids of local callers; those of peers have others.
pub const LOCAL: u64 = 7;

struct WaitingEntry<'a> {
    callers: &'a WaitingCallers,
    request: RequestId,
}

impl Drop for WaitingEntry<'_> {
    fn drop(&mut self) {
        self.callers.lock().remove(&self.request);
    }
}

impl WaitingCallers {
    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, BTreeMap<RequestId, oneshot::Sender<CommandReply>>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle and its queue's other end, before the loop runs: whoever feeds the engine can be set up
/// first.
#[derive(Debug)]
pub struct Queue {
    /// The way in.
    pub handle: EngineHandle,
    inputs: mpsc::Receiver<Input>,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub fn new(metrics: EngineMetrics) -> Self {
        let (sender, inputs) = mpsc::channel(INPUTS_WAITING_MAX);
        let handle = EngineHandle { inputs: sender, waiting: Arc::default(), metrics };
        Self { handle, inputs }
    }

    /// Takes an input in the place of a loop.
    #[cfg(test)]
    pub(crate) async fn receive(&mut self) -> Option<Input> {
        self.inputs.recv().await
    }

    /// Whether no input waits.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }
}

/// The running loop.
#[derive(Debug)]
pub struct EngineLoop {
    thread: JoinHandle<()>,
    stop: mpsc::Sender<()>,
}

impl EngineLoop {
    /// Starts the thread. When it ends, `ended` gets the reason.
    ///
    /// # Errors
    /// When the operating system has no thread left.
    pub fn start<S: Store + Send + 'static>(
        engine: Engine<S>,
        queue: Queue,
        parts: Parts,
        ended: oneshot::Sender<Result<(), LoopError>>,
    ) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel(1);
        let runtime = Handle::current();
        let Queue { handle, inputs } = queue;
        let running = Running { engine, parts, inputs, stopped, runtime, waiting: handle.waiting };
        let thread = thread::Builder::new().name("engine".into()).spawn(move || {
            // Nobody listens any more when the node was dropped.
            ended.send(running.run()).ok();
        })?;
        Ok(Self { thread, stop })
    }

    /// Ends the loop after the round that is running; inputs that still wait are dropped, as they
    /// would be by a power loss. Returns when the store is closed.
    pub async fn stop(self) {
        // Full means that it was told already, closed that it has ended.
        self.stop.try_send(()).ok();
        let thread = self.thread;
        // A panic of the thread has aborted the process, or is reported by the test that caused it.
        tokio::task::spawn_blocking(move || thread.join().ok()).await.ok();
    }
}

struct Running<S> {
    engine: Engine<S>,
    parts: Parts,
    inputs: mpsc::Receiver<Input>,
    stopped: mpsc::Receiver<()>,
    runtime: Handle,
    waiting: Arc<WaitingCallers>,
}

impl<S: Store> Running<S> {
    fn run(mut self) -> Result<(), LoopError> {
        let mut inputs = vec![Input::Started];
        loop {
            let begun = Instant::now();
            let count = inputs.len();
            let now = self.parts.clock.now()?;
            let seed = entropy::random()?;
            let ports =
                Ports { keyring: &mut *self.parts.keyring, tagger: &mut *self.parts.tagger };
            let outputs = self.engine.round(now, &seed, inputs, ports)?;
            let outputs = self.reply(outputs);
            inputs = self.parts.outlet.release(outputs);
            self.count(begun, count);
            match self.next_inputs(inputs)? {
                Some(next) => inputs = next,
                None => return Ok(()),
            }
        }
    }

    /// The inputs of the next round; `None` when the loop is to end.
    fn next_inputs(&mut self, known: Vec<Input>) -> Result<Option<Vec<Input>>, LoopError> {
        let mut inputs = known;
        if inputs.is_empty() {
            let sleep = self.sleep()?;
            let Self { inputs: queue, stopped, runtime, .. } = self;
            let woken = runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = stopped.recv() => Woken::Stop,
                    received = timeout(sleep, queue.recv()) => match received {
                        Ok(Some(input)) => Woken::Input(input),
                        Ok(None) => Woken::Stop,
                        Err(_) => Woken::Input(Input::Tick),
                    },
                }
            });
            match woken {
                Woken::Stop => return Ok(None),
                Woken::Input(input) => inputs.push(input),
            }
        } else if self.stopped.try_recv().is_ok() {
            return Ok(None);
        }
        while inputs.len() < ROUND_INPUTS_MAX
            && let Ok(input) = self.inputs.try_recv()
        {
            inputs.push(input);
        }
        Ok(Some(inputs))
    }

    fn sleep(&mut self) -> Result<Duration, LoopError> {
        let due = self.engine.next_timeout().map_err(EngineError::from)?;
        let Some(due) = due else { return Ok(SLEEP_MAX) };
        let wait_ms = due.ms_since(self.parts.clock.now()?);
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
        Ok(wait.min(SLEEP_MAX))
    }

    /// Gives local callers their replies, and the rest back.
    fn reply(&self, outputs: Vec<Output>) -> Vec<Output> {
        let mut others = Vec::with_capacity(outputs.len());
        for output in outputs {
            if let Output::Reply { request, reply } = output {
                // A caller that went away needs no reply.
                if let Some(caller) = self.waiting.lock().remove(&request) {
                    caller.send(reply).ok();
                }
            } else {
                others.push(output);
            }
        }
        others
    }

    fn count(&self, begun: Instant, inputs: usize) {
        let metrics = &self.parts.metrics;
        metrics.rounds.inc();
        metrics.inputs.inc_by(u64::try_from(inputs).unwrap_or(u64::MAX));
        metrics.round_seconds.observe(begun.elapsed().as_secs_f64());
        metrics.inputs_waiting.set(i64::try_from(self.inputs.len()).unwrap_or(i64::MAX));
        let version = i64::try_from(self.engine.roster().version).unwrap_or(i64::MAX);
        metrics.roster_version.set(version);
    }
}

impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        // In this order no caller can slip in between and wait for ever.
        self.inputs.close();
        self.waiting.lock().clear();
    }
}

enum Woken {
    Stop,
    Input(Input),
}

#[cfg(test)]
pub(crate) mod tests;
