//! What the host is made of.
//!
//! **Promises.** Everything but the limits and the stranger's roster exchange stands behind the
//! members' gate: a stranger is not even told the node's version.
//!
//! **Left to others.** What follows from an event: `host`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::PublicKey;
use libp2p::swarm::{ConnectionId, NetworkBehaviour};
use libp2p::{PeerId, gossipsub, identify, memory_connection_limits, ping};

use super::exchange::{Exchange, Guest};
use super::gate::{Gate, Side};
use super::{CONNECTIONS_PER_PEER_MAX, InboundId, NetworkLimits};

/// Everything that happens on a connection.
#[derive(NetworkBehaviour)]
pub(super) struct HostBehaviour {
    limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    pub(super) strangers: Gate<Exchange>,
    pub(super) members: Gate<MemberBehaviour>,
}

/// What members reach.
#[derive(NetworkBehaviour)]
pub(super) struct MemberBehaviour {
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) gossip: gossipsub::Behaviour,
    pub(super) exchange: Exchange,
}

impl HostBehaviour {
    pub(super) fn new(limits: NetworkLimits, key: PublicKey, gossip: gossipsub::Behaviour) -> Self {
        let next_inbound = Arc::new(AtomicU64::new(1));
        let connections = ConnectionLimits::default()
            .with_max_pending_incoming(Some(PENDING_INCOMING_MAX))
            .with_max_established(Some(limits.connections))
            .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX));
        let identify = identify::Config::new("fundlink/1".to_owned(), key)
            .with_agent_version(concat!("fundlink/", env!("CARGO_PKG_VERSION")).to_owned())
            .with_hide_listen_addrs(true)
            .with_cache_size(0);
        let ping = ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIME);
        let stranger_limits = NetworkLimits {
            requests_per_second: STRANGER_REQUESTS_PER_SECOND,
            requests_burst: STRANGER_REQUESTS_BURST,
            frame_time: limits.frame_time.min(limits.stranger_time),
            request_time: limits.request_time.min(limits.stranger_time),
            ..limits
        };
        let strangers = Side::Strangers { inbound_max: limits.strangers };
        Self {
            limits: connection_limits::Behaviour::new(connections),
            memory: memory_connection_limits::Behaviour::with_max_bytes(limits.process_bytes),
            strangers: Gate::new(
                strangers,
                Exchange::new(Guest::Stranger, stranger_limits, Arc::clone(&next_inbound)),
            ),
            members: Gate::new(
                Side::Members,
                MemberBehaviour {
                    identify: identify::Behaviour::new(identify),
                    ping: ping::Behaviour::new(ping),
                    gossip,
                    exchange: Exchange::new(Guest::Member, limits, next_inbound),
                },
            ),
        }
    }

    /// Takes a new member table into force on both sides of the gate.
    pub(super) fn admit(&mut self, members: &BTreeSet<PeerId>) {
        self.strangers.admit(members.clone());
        self.members.admit(members.clone());
        self.members.inner().exchange.retain(|peer| members.contains(peer));
    }

    /// Answers a request of a peer; nothing happens when it has ended before.
    pub(super) fn answer(&mut self, id: InboundId, frame: Vec<u8>) {
        if let Some(frame) = self.members.inner().exchange.answer(id, frame) {
            self.strangers.inner().answer(id, frame);
        }
    }

    /// Lets a member pay for what was found in its frames.
    pub(super) fn penalise(&mut self, peer: PeerId) {
        self.members.inner().exchange.penalise(peer);
    }

    /// The members' gossip.
    pub(super) fn gossip(&mut self) -> &mut gossipsub::Behaviour {
        &mut self.members.inner().gossip
    }

    /// The exchange that a connection belongs to, if it passed a gate.
    pub(super) fn exchange(&mut self, connection: ConnectionId) -> Option<&mut Exchange> {
        if self.members.holds(connection) {
            Some(&mut self.members.inner().exchange)
        } else if self.strangers.holds(connection) {
            Some(self.strangers.inner())
        } else {
            None
        }
    }
}

/// Handshakes under way at a time: each costs a little work, and ends after some seconds.
const PENDING_INCOMING_MAX: u32 = 256;
/// A dead connection is noticed after at most the interval and the time together.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIME: Duration = Duration::from_secs(10);
/// Requests of all strangers together: a roster is asked for once by whoever slept.
const STRANGER_REQUESTS_PER_SECOND: u32 = 10;
const STRANGER_REQUESTS_BURST: u32 = 50;
