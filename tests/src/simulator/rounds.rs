//! How simulated nodes come to their rounds: one engine a node, busy for as long as its disk commits,
//! and what comes in meanwhile waits and goes into the next round together.
//!
//! **Promises.** What waits is lost with the node. A run has one tempo, drawn from its seed: in some
//! every input has a round of its own, in the others a disk takes milliseconds, and now and then seconds.
//! **Left to others.** What a round is checked for: the auditor.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::input::{Input, RequestId};
use fundlink_protocol::engine::output::{CommandRefusal, Output};
use fundlink_protocol::engine::transfer_command::TransferState;
use fundlink_protocol::engine::{EngineError, Ports};
use fundlink_protocol::limits::ROUND_INPUTS_MAX;
use fundlink_protocol::time::Timestamp;

use super::auditor::Broken;
use super::disk::Fate;
use super::plan::Fault;
use super::world::{Event, Node, World};

/// How long the disks of a run take for a commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tempo {
    /// The longest usual commit; 0: nothing ever waits.
    commit_ms_max: i64,
}

/// What waits at a node.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    inputs: Vec<Input>,
    /// Until when the engine is busy with a commit.
    busy_until: Timestamp,
}

/// What a node answers to a command.
pub(super) type Answer = Result<Box<Reply>, CommandRefusal>;

/// Commands whose callers wait, and what they were answered.
#[derive(Debug, Default)]
pub(super) struct Callers {
    next: u64,
    answers: BTreeMap<RequestId, Option<Answer>>,
}

impl Tempo {
    /// The tempo of a run: one in three gives every input a round of its own.
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let commit_ms_max = random.i64(1..=50);
        Self { commit_ms_max: if random.u8(0..3) == 0 { 0 } else { commit_ms_max } }
    }
}

impl Waiting {
    /// Nothing waits any more: the node is down.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Callers {
    fn begin(&mut self) -> RequestId {
        self.next += 1;
        let request = RequestId(u64::MAX / 2 + self.next);
        self.answers.insert(request, None);
        request
    }

    /// What a command was answered, once; the request again while nothing has come.
    pub(super) fn take(&mut self, request: RequestId) -> Result<Answer, RequestId> {
        match self.answers.get(&request) {
            Some(Some(_)) => self.answers.remove(&request).flatten().ok_or(request),
            Some(None) | None => Err(request),
        }
    }

    /// Nobody waits for this answer any more.
    pub(super) fn give_up(&mut self, request: RequestId) {
        self.answers.remove(&request);
    }
}

impl World {
    /// Something comes in at a node: it has its round at once, or waits for the one after the commit
    /// under way.
    pub(super) fn give(&mut self, center: CenterCode, input: Input) -> Result<(), Broken> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&center) else { return Ok(()) };
        if node.engine.is_none() {
            return Ok(());
        }
        let Waiting { inputs, busy_until } = &mut node.waiting;
        let is_first = inputs.is_empty();
        inputs.push(input);
        if *busy_until <= now {
            return self.round(center);
        }
        if is_first {
            self.schedule.add(*busy_until, Event::Round(center, node.life));
        }
        Ok(())
    }

    /// Gives a command to a node and has it done at once, with whatever waits; no answer when the node
    /// is down or dies over it.
    pub(super) fn command(
        &mut self,
        center: CenterCode,
        command: Command,
    ) -> Result<Option<Answer>, Broken> {
        let request = self.callers.begin();
        if let Some(node) = self.nodes.get_mut(&center)
            && node.engine.is_some()
        {
            let command = Box::new(command);
            node.waiting.inputs.push(Input::Command { request, command });
            while self.has_waiting(center) {
                self.round(center)?;
            }
        }
        let answer = self.callers.take(request);
        Ok(answer.map_err(|request| self.callers.give_up(request)).ok())
    }

    /// Gives a command to a node, as one of many callers; the answer is asked for later.
    pub(super) fn call(
        &mut self,
        center: CenterCode,
        command: Command,
    ) -> Result<RequestId, Broken> {
        let request = self.callers.begin();
        self.give(center, Input::Command { request, command: Box::new(command) })?;
        Ok(request)
    }

    /// Gives a command to a node, as one of many callers; nobody waits for the answer.
    pub(super) fn tell(&mut self, center: CenterCode, command: Command) -> Result<(), Broken> {
        let request = self.call(center, command)?;
        self.callers.give_up(request);
        Ok(())
    }

    /// The commit of a node is over: what has come in since has its round.
    pub(super) fn go_on(&mut self, center: CenterCode, life: u32) -> Result<(), Broken> {
        let now = self.now;
        let is_due = self.nodes.get(&center).is_some_and(|node| {
            node.life == life && node.waiting.busy_until <= now && self.has_waiting(center)
        });
        if is_due { self.round(center) } else { Ok(()) }
    }

    fn has_waiting(&self, center: CenterCode) -> bool {
        self.nodes.get(&center).is_some_and(|node| !node.waiting.inputs.is_empty())
    }

    /// Runs one round of a node that is up over what waits, and carries what comes out of it.
    pub(super) fn round(&mut self, center: CenterCode) -> Result<(), Broken> {
        let mut seed = [0; 32];
        self.random.fill(&mut seed);
        let fate = self.fate();
        let takes = self.commit_ms();
        let Some(node) = self.nodes.get_mut(&center) else { return Ok(()) };
        let now = node.clock(self.now);
        let Node { engine: Some(engine), waiting, .. } = node else { return Ok(()) };
        let more = waiting.inputs.split_off(waiting.inputs.len().min(ROUND_INPUTS_MAX));
        let inputs = core::mem::replace(&mut waiting.inputs, more);
        waiting.busy_until = self.now.plus_ms(takes);
        if !waiting.inputs.is_empty() {
            self.schedule.add(waiting.busy_until, Event::Round(center, node.life));
        }
        engine.store().fate.set(fate);
        let ports = Ports { keyring: &mut *node.keyring, tagger: &mut node.tagger };
        let outputs = match engine.round(now, &seed, inputs, ports) {
            Ok(outputs) => outputs,
            Err(EngineError::Store(_)) if fate != Fate::Written => {
                self.crash(center);
                return Ok(());
            }
            Err(error) => return Err(Broken::new(format!("a round of {center}: {error}"))),
        };
        self.trace.outputs(center, &outputs);
        if fate == Fate::Refused || fate == Fate::Full {
            return Err(Broken::new(format!("{center} goes on though its disk has refused")));
        }
        let links = &self.links;
        let cosign = |output: &Output| links.cosign_request(output);
        self.auditor.after_round((&self.nodes, &self.bank, now), center, &outputs, &cosign)?;
        if self.plan.strikes(Fault::CrashBeforeRelease, &mut self.random) {
            self.crash(center);
            return Ok(());
        }
        for output in outputs {
            self.carry(center, output);
        }
        self.wake_in_time(center)
    }

    /// What becomes of the next commit.
    fn fate(&mut self) -> Fate {
        let refuses = [
            (Fault::CrashBeforeCommit, Fate::Refused),
            (Fault::DiskError, Fate::Refused),
            (Fault::DiskFull, Fate::Full),
        ];
        let fate = refuses
            .into_iter()
            .find(|(fault, _)| self.plan.strikes(*fault, &mut self.random))
            .map_or(Fate::Written, |(_, fate)| fate);
        let lies = self.disks_lie && self.random.u8(0..50) == 0;
        if lies && fate == Fate::Written { Fate::Lied } else { fate }
    }

    /// How long the next commit takes.
    fn commit_ms(&mut self) -> i64 {
        if self.tempo.commit_ms_max == 0 {
            return 0;
        }
        if self.plan.strikes(Fault::SlowDisk, &mut self.random) {
            return self.random.i64(500..8_000);
        }
        self.random.i64(1..=self.tempo.commit_ms_max)
    }

    /// A caller gets an answer; one who has gone away does not.
    pub(super) fn answer(&mut self, center: CenterCode, (request, answer): (RequestId, Answer)) {
        if let Ok(reply) = &answer
            && let Reply::Transfer(view) = &**reply
            && matches!(view.line.state, TransferState::In(_))
        {
            self.auditor.tell(center, view.line.transfer);
        }
        if let Some(waits) = self.callers.answers.get_mut(&request) {
            *waits = Some(answer);
        }
    }
}
