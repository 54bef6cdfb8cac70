//! What follows from each event of the transport.
//!
//! **Promises.** Every fault of a peer is counted under its key and told to the engine; what comes
//! from a peer that is no longer a member goes nowhere.
//!
//! **Left to others.** Commands and deadlines: `host`.

use std::time::Instant;

use libp2p::metrics::Recorder;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{PeerId, gossipsub, ping};

use super::Host;
use crate::network::behaviour::{HostBehaviourEvent, MemberBehaviourEvent};
use crate::network::exchange::ExchangeEvent;
use crate::network::gossip;
use crate::network::{Address, Frame, NetworkEvent, OutboundId, PeerKey, SendFailure, Standing};

impl Host {
    pub(super) fn on_swarm_event(&mut self, event: SwarmEvent<HostBehaviourEvent>) {
        self.transport_metrics.record(&event);
        if let SwarmEvent::Behaviour(event) = event {
            self.on_behaviour_event(event);
        } else if let SwarmEvent::ConnectionEstablished { peer_id, connection_id, .. } = event {
            self.on_opened(&peer_id, connection_id);
        } else if let SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } = event {
            self.on_closed(&peer_id, connection_id);
        } else if let SwarmEvent::OutgoingConnectionError { peer_id, connection_id, error } = event
        {
            self.doorstep.on_dial_failure(connection_id);
            if let Some(peer) = peer_id.as_ref().and_then(PeerKey::from_peer_id) {
                self.on_dial_failure(peer, &error);
            }
        } else if let SwarmEvent::IncomingConnectionError { error, .. } = event {
            tracing::debug!(%error, "a connection did not come about");
        } else if let SwarmEvent::NewListenAddr { address, .. } = event {
            if let Some(address) = Address::from_multiaddr(&address) {
                tracing::debug!(%address, "listening");
                self.backlog.push_back(NetworkEvent::ListeningOn(address));
            }
        } else if let SwarmEvent::ListenerError { error, .. } = event {
            tracing::warn!(%error, "a listener failed to take a connection");
        } else if let SwarmEvent::ListenerClosed { reason: Err(error), .. } = event {
            tracing::error!(%error, "a listener is closed: restart the node to be reached again");
        }
    }

    fn on_opened(&mut self, peer_id: &PeerId, connection: ConnectionId) {
        let Some(peer) = PeerKey::from_peer_id(peer_id) else {
            self.parts.swarm.close_connection(connection);
            return;
        };
        let now = Instant::now();
        if self.parts.swarm.behaviour().members.holds(connection) {
            let first = !self.links.values().any(|linked| *linked == peer);
            self.links.insert(connection, peer);
            if first {
                tracing::debug!(%peer, "connected");
                self.dialer.on_connected(&peer, now);
                self.meters.on_member_connected();
                self.backlog.push_back(NetworkEvent::Connected(peer));
            }
            for request in self.waiting.take(&peer) {
                self.request(request.id, peer, request.frame);
            }
        } else {
            self.meters.on_stranger();
            self.doorstep.on_stranger(connection, now + self.parts.limits.stranger_time);
        }
        if let Some((id, frame)) = self.doorstep.begin(connection) {
            let exchange = self.parts.swarm.behaviour_mut().exchange(connection);
            let asked = exchange.map_or(Err(SendFailure::Unreachable), |exchange| {
                exchange.ask(*peer_id, id, frame)
            });
            if let Err(failure) = asked {
                self.on_response(id, peer, Err(failure));
            }
        }
    }

    fn on_closed(&mut self, peer_id: &PeerId, connection: ConnectionId) {
        let Some(peer) = PeerKey::from_peer_id(peer_id) else {
            return;
        };
        if self.links.remove(&connection).is_some() {
            if !self.links.values().any(|linked| *linked == peer) {
                tracing::debug!(%peer, "disconnected");
                self.dialer.on_disconnected(&peer, Instant::now());
                self.meters.on_member_disconnected();
                self.backlog.push_back(NetworkEvent::Disconnected(peer));
            }
        } else if self.doorstep.on_closed(connection) && !self.members.contains(&peer) {
            self.meters.forget(peer);
        }
    }

    fn on_behaviour_event(&mut self, event: HostBehaviourEvent) {
        match event {
            HostBehaviourEvent::Limits(never) | HostBehaviourEvent::Memory(never) => match never {},
            HostBehaviourEvent::Strangers(event) => self.on_exchange(event, Standing::Stranger),
            HostBehaviourEvent::Members(MemberBehaviourEvent::Exchange(event)) => {
                self.on_exchange(event, Standing::Member);
            }
            HostBehaviourEvent::Members(MemberBehaviourEvent::Gossip(event)) => {
                self.transport_metrics.record(&event);
                self.on_gossip(event);
            }
            HostBehaviourEvent::Members(MemberBehaviourEvent::Identify(event)) => {
                self.transport_metrics.record(&event);
            }
            HostBehaviourEvent::Members(MemberBehaviourEvent::Ping(event)) => {
                self.transport_metrics.record(&event);
                // A connection on which nothing comes back is dead, whatever TCP believes.
                if matches!(event.result, Err(ping::Failure::Timeout | ping::Failure::Other { .. }))
                {
                    self.parts.swarm.close_connection(event.connection);
                }
            }
        }
    }

    fn on_exchange(&mut self, event: ExchangeEvent, standing: Standing) {
        match event {
            ExchangeEvent::Request { peer, id, frame } => {
                if let Some(from) = self.known(&peer, standing) {
                    self.meters.on_request(id.protocol);
                    let protocol = id.protocol;
                    let request = NetworkEvent::Request { id, protocol, from, standing, frame };
                    self.backlog.push_back(request);
                }
            }
            ExchangeEvent::Ended { connection } => {
                self.doorstep.on_exchanged(connection, Instant::now());
            }
            ExchangeEvent::Response { peer, id, result } => {
                if let Some(peer) = PeerKey::from_peer_id(&peer) {
                    self.on_response(id, peer, result);
                }
            }
            ExchangeEvent::Fault { peer, protocol, fault } => {
                if let Some(peer) = self.known(&peer, standing) {
                    tracing::warn!(%peer, ?protocol, %fault, "misbehaviour");
                    self.meters.on_fault(peer, fault);
                    self.backlog.push_back(NetworkEvent::Misbehaved { peer, protocol, fault });
                }
            }
            ExchangeEvent::Refused { peer, protocol, status } => {
                if let Some(peer) = self.known(&peer, standing) {
                    tracing::debug!(%peer, ?protocol, ?status, "request refused");
                    self.meters.on_refused(peer, status);
                }
            }
        }
    }

    fn on_response(&mut self, id: OutboundId, peer: PeerKey, result: Result<Frame, SendFailure>) {
        match self.doorstep.end(id, peer, result) {
            Err(result) => self.finish(id, peer, result),
            Ok(connection) => {
                // One connection with a member is enough; those that only asked would add up.
                let links = self.links.values().filter(|linked| **linked == peer).count();
                if !self.links.contains_key(&connection) || links > 1 {
                    self.parts.swarm.close_connection(connection);
                }
            }
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        if let gossipsub::Event::Message { propagation_source, message_id, message } = event {
            if let Some(from) = self.known(&propagation_source, Standing::Member)
                && let Some(id) = gossip::id(&message_id, from)
            {
                self.backlog.push_back(NetworkEvent::Gossip { id, from, bytes: message.data });
            }
        } else if let gossipsub::Event::Subscribed { .. } = event {
            let behaviour = self.parts.swarm.behaviour_mut();
            self.parts.gossip.on_listener(behaviour.gossip());
        }
    }

    /// The peer's key, if it still stands where its connection was let through: what it had sent
    /// before it was taken out of the table may be on its way here.
    fn known(&self, peer: &PeerId, standing: Standing) -> Option<PeerKey> {
        let key = PeerKey::from_peer_id(peer)?;
        let member = self.members.contains(&key);
        (member == (standing == Standing::Member)).then_some(key)
    }
}
