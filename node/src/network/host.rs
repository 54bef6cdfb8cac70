//! The task that holds the host: turns events of the transport into [`NetworkEvent`]s, and commands
//! into what the transport does.
//!
//! **Promises.** The loop never waits for one peer. While events wait for the receiver it reads no
//! more from peers, but still takes commands. When it ends, every task of the host has ended.
//!
//! **Left to others.** Who may connect: `gate`. Streams: `exchange`. When to dial: `dialing`.

mod doorstep;
mod events;
mod waiting;

use core::convert::Infallible;
use core::ops::ControlFlow;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use futures::StreamExt;
use libp2p::Swarm;
use libp2p::metrics::Metrics;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use self::doorstep::{Doorstep, Fetch};
use self::waiting::{Waiting, WaitingRequest};
use super::behaviour::{HostBehaviour, HostBehaviourEvent};
use super::dialing::{Dialer, Hope};
use super::gossip::{self, Gossip};
use super::handle::{Command, Orders};
use super::meters::Meters;
use super::{
    Address, EVENTS_MAX, Frame, MemberTable, NetworkEvent, NetworkLimits, OutboundId, PeerKey,
    SendFailure, Verdict,
};

/// The host and all it knows of its peers.
pub(super) struct Host {
    parts: Parts,
    transport_metrics: Metrics,
    meters: Meters,
    members: MemberTable,
    dialer: Dialer,
    doorstep: Doorstep,
    waiting: Waiting,
    /// The connections that passed the members' gate.
    links: HashMap<ConnectionId, PeerKey>,
    backlog: VecDeque<NetworkEvent>,
}

/// What a host is made of.
pub(super) struct Parts {
    pub(super) own: PeerKey,
    pub(super) swarm: Swarm<HostBehaviour>,
    pub(super) gossip: Gossip,
    pub(super) limits: NetworkLimits,
    pub(super) orders: Orders,
    pub(super) events: mpsc::Sender<NetworkEvent>,
    /// Ends when every task of the host has ended.
    pub(super) tasks: mpsc::Receiver<Infallible>,
}

/// What wakes the loop.
enum Woken {
    /// Somebody tells the host what to do; none when nobody is left to.
    Command(Option<Command>),
    /// The transport has something to tell.
    Event(Box<SwarmEvent<HostBehaviourEvent>>),
    /// There is a new member table.
    Members,
    /// The receiver has room for an event.
    Room,
    /// A deadline has come.
    Time,
    /// Nobody listens any more.
    Alone,
}

impl Host {
    pub(super) fn new(parts: Parts, transport_metrics: Metrics, meters: Meters) -> Self {
        let dialer = Dialer::new(parts.own);
        let mut host = Self {
            parts,
            transport_metrics,
            meters,
            members: MemberTable::new(),
            dialer,
            doorstep: Doorstep::default(),
            waiting: Waiting::default(),
            links: HashMap::new(),
            backlog: VecDeque::new(),
        };
        host.apply_members();
        host
    }

    /// Runs until it is told to stop, or until nobody speaks to it or listens any more.
    pub(super) async fn run(mut self) {
        loop {
            self.deliver();
            let go_on = match self.wake().await {
                // A table that was set before a command was given is in force for it.
                Woken::Command(Some(command)) => {
                    if self.parts.orders.members.has_changed().unwrap_or(false) {
                        self.apply_members();
                    }
                    self.on_command(command)
                }
                Woken::Event(event) => {
                    self.on_swarm_event(*event);
                    ControlFlow::Continue(())
                }
                Woken::Members => {
                    self.apply_members();
                    ControlFlow::Continue(())
                }
                Woken::Time => {
                    self.on_time();
                    ControlFlow::Continue(())
                }
                Woken::Room => ControlFlow::Continue(()),
                Woken::Command(None) | Woken::Alone => ControlFlow::Break(()),
            };
            if go_on.is_break() {
                break;
            }
        }
        self.stop().await;
    }

    /// Waits for whatever comes first; nothing is lost when something else does.
    async fn wake(&mut self) -> Woken {
        let wake = self.next_deadline();
        let crowded = self.backlog.len() >= EVENTS_MAX;
        let Parts { swarm, orders, events, .. } = &mut self.parts;
        tokio::select! {
            room = events.reserve(), if !self.backlog.is_empty() => {
                if room.is_ok() { Woken::Room } else { Woken::Alone }
            }
            command = orders.commands.recv() => Woken::Command(command),
            changed = orders.members.changed() => {
                if changed.is_ok() { Woken::Members } else { Woken::Alone }
            }
            event = swarm.select_next_some(), if !crowded => Woken::Event(Box::new(event)),
            () = sleep_until(wake.into()) => Woken::Time,
        }
    }

    /// Hands events over as far as the receiver has room.
    fn deliver(&mut self) {
        while !self.backlog.is_empty()
            && let Ok(room) = self.parts.events.try_reserve()
            && let Some(event) = self.backlog.pop_front()
        {
            room.send(event);
        }
    }

    /// Says goodbye to every peer, then lets go of the transport and waits for its tasks.
    async fn stop(self) {
        let Parts { mut swarm, mut tasks, .. } = self.parts;
        let peers: Vec<_> = swarm.connected_peers().copied().collect();
        for peer in peers {
            // A peer that hung up in the meantime needs no goodbye.
            let _ = swarm.disconnect_peer_id(peer);
        }
        let goodbye = async {
            while swarm.network_info().num_peers() > 0 {
                swarm.next().await;
            }
        };
        // A peer that takes nothing any more is left without.
        let _ = timeout(GOODBYE_TIME, goodbye).await;
        drop(swarm);
        if timeout(GOODBYE_TIME, tasks.recv()).await.is_err() {
            tracing::error!("a task of the network did not end");
        }
    }

    fn next_deadline(&self) -> Instant {
        let deadlines = [self.dialer.next(), self.doorstep.next(), self.waiting.next()];
        let next = deadlines.into_iter().flatten().min();
        next.unwrap_or_else(|| Instant::now() + IDLE)
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        for (peer, addresses) in self.dialer.due(now) {
            self.dial(peer, &addresses);
        }
        for (peer, id) in self.waiting.expired(now) {
            self.finish(id, peer, Err(SendFailure::Unreachable));
        }
        for connection in self.doorstep.expired(now) {
            self.parts.swarm.close_connection(connection);
        }
    }

    fn apply_members(&mut self) {
        self.members = self.parts.orders.members.borrow_and_update().clone();
        let peers = self.members.iter().map(|(peer, _)| peer.peer_id()).collect();
        self.parts.swarm.behaviour_mut().admit(&peers);
        self.dialer.update(&self.members, Instant::now());
    }

    fn on_command(&mut self, command: Command) -> ControlFlow<()> {
        let behaviour = self.parts.swarm.behaviour_mut();
        match command {
            Command::Request { id, to, frame } => self.request(id, to, frame),
            Command::Respond { id, frame } => behaviour.answer(id, frame),
            Command::Publish { bytes } => {
                let published = self.parts.gossip.publish(behaviour.gossip(), bytes);
                tracing::debug!(?published, "gossip");
            }
            Command::Judge { id, verdict } => {
                self.meters.on_verdict(verdict);
                gossip::judge(behaviour.gossip(), id, verdict);
                if verdict == Verdict::Reject {
                    behaviour.penalise(id.forwarder.peer_id());
                }
            }
            Command::Penalise { peer } => behaviour.penalise(peer.peer_id()),
            Command::FetchRoster { address, frame, reply } => {
                let until = Instant::now() + self.parts.limits.stranger_time;
                self.fetch_roster(address, Fetch { frame, reply, until });
            }
            Command::Shutdown => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// Sends a request over the connection that there is, or over one that is made for it.
    fn request(&mut self, id: OutboundId, to: PeerKey, frame: Vec<u8>) {
        if to == self.parts.own || !self.members.contains(&to) {
            return self.finish(id, to, Err(SendFailure::NotAMember));
        }
        let exchange = &mut self.parts.swarm.behaviour_mut().members.inner().exchange;
        if exchange.is_connected(&to.peer_id()) {
            if let Err(failure) = exchange.ask(to.peer_id(), id, frame) {
                self.finish(id, to, Err(failure));
            }
            return;
        }
        if self.waiting.count(&to) >= self.parts.limits.requests_in_flight {
            return self.finish(id, to, Err(SendFailure::Busy));
        }
        let now = Instant::now();
        let until = now + self.parts.limits.connect_time;
        match self.dialer.hurry(&to, now) {
            Hope::None => self.finish(id, to, Err(SendFailure::Unreachable)),
            Hope::Dialing => self.waiting.push(to, WaitingRequest { id, frame, until }),
            Hope::Dial(addresses) => {
                self.waiting.push(to, WaitingRequest { id, frame, until });
                self.dial(to, &addresses);
            }
        }
    }

    fn dial(&mut self, peer: PeerKey, addresses: &[Address]) {
        let addresses = addresses.iter().map(Address::multiaddr).collect();
        // The dialer knows whom we are connected to; a port of its own for each connection keeps a
        // quick return from meeting the remains of the connection before.
        let options = DialOpts::peer_id(peer.peer_id())
            .condition(PeerCondition::Always)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        if let Err(error) = self.parts.swarm.dial(options) {
            self.on_dial_failure(peer, &error);
        }
    }

    fn on_dial_failure(&mut self, peer: PeerKey, error: &DialError) {
        tracing::debug!(%peer, %error, "a member was not reached");
        self.dialer.on_failure(&peer, Instant::now());
        for request in self.waiting.take(&peer) {
            self.finish(request.id, peer, Err(SendFailure::Unreachable));
        }
    }

    fn fetch_roster(&mut self, address: Address, fetch: Fetch) {
        let options =
            DialOpts::unknown_peer_id().address(address.multiaddr()).allocate_new_port().build();
        let connection = options.connection_id();
        self.doorstep.on_dialling(connection, fetch);
        if let Err(error) = self.parts.swarm.dial(options) {
            tracing::debug!(%address, %error, "an address was not reached");
            self.doorstep.on_dial_failure(connection);
        }
    }

    /// A request of ours has ended.
    fn finish(&mut self, id: OutboundId, from: PeerKey, result: Result<Frame, SendFailure>) {
        self.meters.on_response(id.protocol, result.as_ref().err().copied());
        self.backlog.push_back(NetworkEvent::Response { id, from, result });
    }
}

/// How long the loop may sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(60);
/// How long peers and tasks get to end when the host stops.
const GOODBYE_TIME: Duration = Duration::from_secs(2);
