//! From outputs of the engine to the network, the bank, and those who watch.
//!
//! **Promises.** Nothing here waits; what cannot be taken is told to the engine as a failure.

use std::sync::Arc;

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::input::{Failure, Input, RequestId};
use fundlink_protocol::engine::output::{Event, GossipVerdict, NetworkEvent, Output, PeerReply};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::roster::Roster;
use fundlink_protocol::time::Timestamp;
use fundlink_protocol::wire::QueryReply;
use tokio::runtime::Handle;
use tokio::sync::broadcast;

use super::{Asked, Directory, Switchboard, inbound_id};
use crate::engine_loop::Outlet;
use crate::metrics::{CodeLabel, EngineMetrics, StateLabel};
use crate::network::{Protocol, SendError, Verdict};
use crate::settlement::BankLine;
use crate::signing::KeyChoice;
use crate::verification::RosterInForce;

/// Takes the outputs of committed rounds.
pub struct Release {
    /// The way to the network.
    pub switchboard: Arc<Switchboard>,
    /// This member, which is not its own peer.
    pub own: CenterCode,
    /// The network's name.
    pub network: NetworkName,
    /// The roster by which the workers verify.
    pub roster: RosterInForce,
    /// The own keys in use.
    pub keys: KeyChoice,
    /// Reads the time by which peer keys count.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// The way to the bank.
    pub bank: BankLine,
    /// Those who watch.
    pub events: broadcast::Sender<Arc<Event>>,
    /// Counts.
    pub metrics: EngineMetrics,
    /// Where requests that outlast a round are waited for.
    pub runtime: Handle,
}

impl core::fmt::Debug for Release {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Release").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Outlet for Release {
    fn release(&mut self, outputs: Vec<Output>) -> Vec<Input> {
        outputs.into_iter().filter_map(|output| self.release_one(output)).collect()
    }
}

impl Release {
    /// Hands one output on; gives back what is known at once to have come of it.
    fn release_one(&self, output: Output) -> Option<Input> {
        let switchboard = &self.switchboard;
        match output {
            Output::Respond { request, reply } => {
                switchboard.respond(request, reply);
                None
            }
            Output::Ask { to, query, statement } => {
                switchboard.ask(Asked::Query { to, query }, statement)
            }
            Output::Deliver { to, row, statement } => {
                switchboard.ask(Asked::Row { to, row }, statement)
            }
            Output::Sync { to, token, frame } => switchboard.ask(Asked::Sync { to, token }, frame),
            Output::Publish { statement: bytes } | Output::PublishCheckpoint { note: bytes } => {
                // Gossip is a hint: the next heartbeat, with the latest checkpoint, is a minute away.
                if let Err(error) = switchboard.network.publish(bytes) {
                    tracing::warn!(%error, "a head was not published");
                }
                None
            }
            Output::JudgeGossip { message, verdict } => {
                switchboard.judge(message, verdict);
                None
            }
            Output::FetchRoster { from, frame } => {
                let fetching = fetch_roster(Arc::clone(switchboard), from, frame);
                self.runtime.spawn(fetching);
                None
            }
            Output::RosterChanged(roster) => {
                self.on_roster(roster);
                None
            }
            Output::DialBack { request, to } => {
                let network = self.network.clone();
                let dialling = Arc::clone(switchboard).dial_back(network, (request, to));
                self.runtime.spawn(dialling);
                None
            }
            // Only an external core has orders carried to it, and this release has none.
            Output::CoreOrder(order) => {
                unreachable!("an order for an external core: {:?}", order.id)
            }
            Output::BankOrder(order) => self.bank.order(order),
            Output::BankAsk(order) => self.bank.ask(order),
            Output::BankRecall(order) => self.bank.recall(order),
            Output::Event(event) => {
                self.on_happened(event);
                None
            }
            // The loop has taken the replies to local callers out.
            Output::Reply { request, .. } => {
                unreachable!("a reply that has no caller: {request:?}")
            }
        }
    }

    fn on_roster(&self, roster: Arc<Roster>) {
        tracing::info!(version = roster.version, "roster in force");
        self.roster.replace(Arc::clone(&roster));
        let now = (self.clock)();
        self.keys.follow(&roster, now);
        let directory = Directory::new(&roster, self.own, now);
        self.switchboard.replace_directory(directory);
    }

    fn on_happened(&self, event: Event) {
        let count = |code| self.metrics.events.get_or_create(&CodeLabel { code }).inc();
        match &event {
            Event::Transfer { transfer, state } => {
                tracing::info!(%transfer, state, "transfer");
                self.metrics.transfer_states.get_or_create(&StateLabel { state }).inc();
            }
            Event::Reminder { transfer } => {
                let code = "REMINDER";
                count(code);
                tracing::info!(%transfer, code, "a transfer waits, and most of its time is over");
            }
            Event::Network(event) => {
                let code = event.name();
                count(code);
                match event {
                    NetworkEvent::TagKeyHere(_) => tracing::info!(code, "{event}"),
                    NetworkEvent::RosterRejected(_)
                    | NetworkEvent::TagKeyDiffers { .. }
                    | NetworkEvent::TagKeyTrouble(_)
                    | NetworkEvent::Alert { .. }
                    | NetworkEvent::Inquiry { .. }
                    | NetworkEvent::RosterStale { .. } => tracing::warn!(code, "{event}"),
                }
            }
            Event::Log(event) => {
                let code = event.name();
                count(code);
                if event.is_alarm() {
                    tracing::warn!(code, "{event}");
                } else {
                    tracing::debug!(code, "{event}");
                }
            }
            Event::Answered { to, kind, purpose } => {
                let (kind, code) = (kind.name(), purpose.code());
                tracing::info!(center = %to, kind, code, "answered");
                self.metrics.answers.get_or_create(&CodeLabel { code: purpose.code() }).inc();
            }
            Event::Dossier { dossier } => tracing::info!(%dossier, "a dossier is complete"),
            Event::Certificate { number, what } => {
                tracing::info!(certificate = %number, code = what, "certificate");
                count(what);
            }
            Event::Intent { intent, state } => {
                tracing::info!(%intent, code = state, "loan intent");
                count(state);
            }
            Event::Watch { center } => {
                tracing::info!(%center, "a watch has found something");
                count("watch");
            }
            Event::UnexplainedMoney { letter } => {
                tracing::error!(%letter, "money that no sheet explains");
                count("unexplained_money");
            }
            Event::Refused { from, refusal } => {
                tracing::debug!(center = %from, code = refusal.code(), "refused");
                let label = CodeLabel { code: refusal.code() };
                self.metrics.refusals.get_or_create(&label).inc();
            }
        }
        // Nobody may be watching.
        self.events.send(Arc::new(event)).ok();
    }
}

impl Switchboard {
    /// Sends a request; gives the failure back when it cannot be sent.
    fn ask(&self, asked: Asked, frame: Vec<u8>) -> Option<Input> {
        let Some(peer) = self.directory().peer(asked.to()) else {
            return asked.failed(Failure::Unreachable);
        };
        // The response may be here before this line ends: it waits for the lock.
        let mut waiting = self.asked();
        match self.network.request(asked.protocol(), peer, frame) {
            Ok(id) => {
                waiting.insert(id, asked);
                None
            }
            Err(SendError::TooLarge { .. }) => asked.failed(Failure::Invalid(Refusal::TooLarge)),
            Err(SendError::Full | SendError::Stopped) => asked.failed(Failure::Unreachable),
        }
    }

    /// Answers a peer's request. A peer that has gone asks again.
    pub(super) fn respond(&self, request: RequestId, reply: PeerReply) {
        let Some((protocol, id)) = inbound_id(request) else { return };
        let frame = match reply {
            PeerReply::Query(reply) => cbor::encode(&reply),
            PeerReply::Delivery(reply) => cbor::encode(&reply),
            PeerReply::Sync(frame) | PeerReply::Roster(frame) => frame,
        };
        match self.network.respond(id, frame) {
            Ok(()) | Err(SendError::Stopped) => {}
            Err(SendError::TooLarge { size, .. }) if protocol == Protocol::Query => {
                tracing::error!(size, "an answer is larger than the protocol allows");
                let refused = cbor::encode(&QueryReply::Refused(Refusal::TooLarge));
                self.network.respond(id, refused).ok();
            }
            Err(error) => tracing::warn!(%error, "a peer got no reply"),
        }
    }

    fn judge(&self, message: u64, verdict: GossipVerdict) {
        let verdict = match verdict {
            GossipVerdict::Accept => Verdict::Accept,
            GossipVerdict::Ignore => Verdict::Ignore,
            GossipVerdict::Reject => Verdict::Reject,
        };
        if let Some(id) = self.take_gossip(message) {
            // A verdict that comes too late has no effect either.
            self.network.judge_gossip(id, verdict).ok();
        }
    }
}

/// Asks at each address of a member for its roster: by address and not by key, because a node that
/// slept through a rotation knows no key that is still right. Only a member that answers nowhere, and
/// perhaps dials us, is asked by its key.
async fn fetch_roster(switchboard: Arc<Switchboard>, from: CenterCode, frame: Vec<u8>) {
    let directory = switchboard.directory();
    for address in directory.addresses(from) {
        match switchboard.network.fetch_roster(*address, frame.clone()).await {
            Ok((_, reply)) => {
                let frame = reply.into_bytes().into();
                switchboard.engine.input(Input::RosterReplied { frame }).await.ok();
                return;
            }
            Err(error) => tracing::debug!(center = %from, %error, "no roster from there"),
        }
    }
    switchboard.ask(Asked::Roster { to: from }, frame);
}
