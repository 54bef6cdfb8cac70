//! Requests and responses over all connections of a host.
//!
//! A request takes a stream of its own. libp2p's request-response behaviour is not used because it
//! drops what it cannot read without telling who sent it, and cannot bound what one peer costs.
//!
//! **Promises.** Each request of ours gives one [`ExchangeEvent::Response`], also when its connection
//! closes. Answers to requests that have ended go nowhere and say so.
//!
//! **Left to others.** Who gets a connection at all: `gate`. Making one: `dialing`.

mod handler;
mod offer;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};
use std::time::Instant;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::behaviour::ConnectionClosed;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use self::handler::{Ask, Handler, Report, Shared};
use super::budget::Budget;
use super::frame::{Frame, FrameFault, Status};
use super::{InboundId, NetworkLimits, OutboundId, Protocol, SendFailure};

pub(super) use self::handler::Guest;

/// Requests and responses; one instance serves members, another one strangers.
pub(super) struct Exchange {
    shared: Shared,
    budgets: HashMap<PeerId, Arc<Budget>>,
    /// All strangers together have one budget: a key costs nothing to make.
    strangers_budget: Arc<Budget>,
    connections: HashMap<PeerId, Vec<ConnectionId>>,
    asked: HashMap<OutboundId, Asked>,
    open: HashMap<PeerId, usize>,
    answers: HashMap<InboundId, Answering>,
    events: VecDeque<ToSwarm<ExchangeEvent, Ask>>,
}

/// A request of ours that has not ended.
struct Asked {
    peer: PeerId,
    connection: ConnectionId,
}

/// A request of a peer that has not ended.
struct Answering {
    connection: ConnectionId,
    answer: oneshot::Sender<Vec<u8>>,
}

/// What happened on a stream.
#[derive(Debug)]
pub(super) enum ExchangeEvent {
    /// A peer asks.
    Request { peer: PeerId, id: InboundId, frame: Frame },
    /// A request of a peer has ended, answered or not.
    Ended { connection: ConnectionId },
    /// A request of ours has ended.
    Response { peer: PeerId, id: OutboundId, result: Result<Frame, SendFailure> },
    /// A peer sent something else than a frame.
    Fault { peer: PeerId, protocol: Protocol, fault: FrameFault },
    /// A request was refused unread.
    Refused { peer: PeerId, protocol: Protocol, status: Status },
}

impl Exchange {
    /// `next_inbound` is shared, so that an [`InboundId`] names one request of the whole host.
    pub(super) fn new(guest: Guest, limits: NetworkLimits, next_inbound: Arc<AtomicU64>) -> Self {
        Self {
            shared: Shared { guest, limits, next_inbound },
            budgets: HashMap::new(),
            strangers_budget: Arc::new(Budget::new(&limits, Instant::now())),
            connections: HashMap::new(),
            asked: HashMap::new(),
            open: HashMap::new(),
            answers: HashMap::new(),
            events: VecDeque::new(),
        }
    }

    /// Whether a request to the peer would find a connection.
    pub(super) fn is_connected(&self, peer: &PeerId) -> bool {
        self.connections.contains_key(peer)
    }

    /// Sends a request over a connection that is open.
    pub(super) fn ask(
        &mut self,
        peer: PeerId,
        id: OutboundId,
        frame: Vec<u8>,
    ) -> Result<(), SendFailure> {
        // The newest connection is the one that most surely still carries.
        let Some(&connection) = self.connections.get(&peer).and_then(|open| open.last()) else {
            return Err(SendFailure::Unreachable);
        };
        let open = self.open.entry(peer).or_default();
        if *open >= self.shared.limits.requests_in_flight {
            return Err(SendFailure::Busy);
        }
        *open += 1;
        self.asked.insert(id, Asked { peer, connection });
        self.events.push_back(ToSwarm::NotifyHandler {
            peer_id: peer,
            handler: NotifyHandler::One(connection),
            event: Ask { id, frame },
        });
        Ok(())
    }

    /// Answers a request of a peer; gives the frame back when the request is unknown here.
    pub(super) fn answer(&mut self, id: InboundId, frame: Vec<u8>) -> Option<Vec<u8>> {
        match self.answers.remove(&id) {
            // A connection that closed in the meantime takes the answer with it.
            Some(answering) => answering.answer.send(frame).err(),
            None => Some(frame),
        }
    }

    /// Lets a peer pay for what the layers above found in its frames.
    ///
    /// A peer that was never connected has no budget, and does not get one for this.
    pub(super) fn penalise(&mut self, peer: PeerId) {
        if let Some(budget) = self.budgets.get(&peer) {
            budget.penalise(Instant::now());
        }
    }

    /// Drops the budgets of peers that are no longer served.
    pub(super) fn retain(&mut self, served: impl Fn(&PeerId) -> bool) {
        self.budgets.retain(|peer, _| served(peer));
    }

    fn budget(&mut self, peer: PeerId) -> Arc<Budget> {
        match self.shared.guest {
            Guest::Stranger => Arc::clone(&self.strangers_budget),
            Guest::Member => {
                let limits = &self.shared.limits;
                let budget = self.budgets.entry(peer);
                Arc::clone(budget.or_insert_with(|| Arc::new(Budget::new(limits, Instant::now()))))
            }
        }
    }

    fn handler(&mut self, peer: PeerId) -> Handler {
        Handler::new(self.shared.clone(), self.budget(peer))
    }

    /// Forgets a request of ours, which ends now; false when it has ended before.
    fn end(&mut self, id: OutboundId) -> bool {
        let Some(asked) = self.asked.remove(&id) else {
            return false;
        };
        if let Some(open) = self.open.get_mut(&asked.peer) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(&asked.peer);
            }
        }
        true
    }

    fn on_closed(&mut self, closed: &ConnectionClosed<'_>) {
        let (peer, connection) = (closed.peer_id, closed.connection_id);
        if let Some(open) = self.connections.get_mut(&peer) {
            open.retain(|known| *known != connection);
            if open.is_empty() {
                self.connections.remove(&peer);
            }
        }
        self.answers.retain(|_, answering| answering.connection != connection);
        let broken: Vec<_> = self
            .asked
            .iter()
            .filter(|(_, asked)| asked.connection == connection)
            .map(|(id, _)| *id)
            .collect();
        for id in broken {
            self.end(id);
            let result = Err(SendFailure::Broken);
            self.push(ExchangeEvent::Response { peer, id, result });
        }
    }

    fn push(&mut self, event: ExchangeEvent) {
        self.events.push_back(ToSwarm::GenerateEvent(event));
    }
}

impl NetworkBehaviour for Exchange {
    type ConnectionHandler = Handler;
    type ToSwarm = ExchangeEvent;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        Ok(self.handler(peer))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionEstablished(opened) = event {
            self.connections.entry(opened.peer_id).or_default().push(opened.connection_id);
        } else if let FromSwarm::ConnectionClosed(closed) = event {
            self.on_closed(&closed);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        report: Report,
    ) {
        match report {
            Report::Request { id, frame, answer } => {
                self.answers.insert(id, Answering { connection, answer });
                self.push(ExchangeEvent::Request { peer, id, frame });
            }
            Report::Ended { id } => {
                self.answers.remove(&id);
                self.push(ExchangeEvent::Ended { connection });
            }
            Report::Response { id, result } => {
                if self.end(id) {
                    self.push(ExchangeEvent::Response { peer, id, result });
                }
            }
            Report::Fault { protocol, fault } => {
                self.push(ExchangeEvent::Fault { peer, protocol, fault });
            }
            Report::Refused { protocol, status } => {
                self.push(ExchangeEvent::Refused { peer, protocol, status });
            }
        }
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<ExchangeEvent, Ask>> {
        self.events.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
