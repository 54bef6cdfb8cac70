//! What the network counts.
//!
//! **Promises.** Labels are protocols, faults and the first bytes of peer keys: never content.
//!
//! **Left to others.** libp2p's own metrics, which stand in the same registry under `libp2p_`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::frame::Status;
use super::{FrameFault, PeerKey, Protocol, SendFailure, Verdict};

/// The counters of one host.
#[derive(Debug, Default)]
pub(super) struct Meters {
    members_connected: Gauge,
    requests_received: Family<ByProtocol, Counter>,
    requests_sent: Family<ByResult, Counter>,
    frames_refused: Family<ByPeer, Counter>,
    requests_refused: Family<ByPeer, Counter>,
    gossip_judged: Family<ByVerdict, Counter>,
    strangers: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProtocol {
    protocol: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    protocol: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPeer {
    peer: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerdict {
    verdict: &'static str,
}

impl Meters {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let meters = Self::default();
        let part = registry.sub_registry_with_prefix("network");
        part.register(
            "members_connected",
            "Members with at least one open connection",
            meters.members_connected.clone(),
        );
        part.register(
            "requests_received",
            "Requests read from peers, by protocol; divide by time for the load",
            meters.requests_received.clone(),
        );
        part.register(
            "requests_sent",
            "Requests of this node that have ended, by protocol and result",
            meters.requests_sent.clone(),
        );
        part.register(
            "frames_refused",
            "Things from a peer that were not frames, by what was wrong with them",
            meters.frames_refused.clone(),
        );
        part.register(
            "requests_refused",
            "Requests of a peer that were refused unread, for their rate or their number",
            meters.requests_refused.clone(),
        );
        part.register("gossip_judged", "Gossip messages by verdict", meters.gossip_judged.clone());
        part.register(
            "strangers",
            "Connections from peers that are not in the roster",
            meters.strangers.clone(),
        );
        meters
    }

    pub(super) fn on_member_connected(&self) {
        self.members_connected.inc();
    }

    pub(super) fn on_member_disconnected(&self) {
        self.members_connected.dec();
    }

    pub(super) fn on_stranger(&self) {
        self.strangers.inc();
    }

    pub(super) fn on_request(&self, protocol: Protocol) {
        self.requests_received.get_or_create(&ByProtocol { protocol: protocol.name() }).inc();
    }

    pub(super) fn on_response(&self, protocol: Protocol, failure: Option<SendFailure>) {
        let result = failure.map_or("answered", SendFailure::name);
        self.requests_sent.get_or_create(&ByResult { protocol: protocol.name(), result }).inc();
    }

    pub(super) fn on_fault(&self, peer: PeerKey, fault: FrameFault) {
        let label = ByPeer { peer: peer.to_string(), reason: fault.name() };
        self.frames_refused.get_or_create(&label).inc();
    }

    pub(super) fn on_refused(&self, peer: PeerKey, status: Status) {
        let reason = match status {
            Status::Answer => "answered",
            Status::Throttled => "throttled",
            Status::Busy => "busy",
            Status::Malformed => "malformed",
        };
        self.requests_refused.get_or_create(&ByPeer { peer: peer.to_string(), reason }).inc();
    }

    pub(super) fn on_verdict(&self, verdict: Verdict) {
        let verdict = match verdict {
            Verdict::Accept => "accept",
            Verdict::Reject => "reject",
            Verdict::Ignore => "ignore",
        };
        self.gossip_judged.get_or_create(&ByVerdict { verdict }).inc();
    }

    /// Drops the label of a stranger or former member, so that labels do not grow with strangers.
    pub(super) fn forget(&self, peer: PeerKey) {
        for fault in FrameFault::ALL {
            let label = ByPeer { peer: peer.to_string(), reason: fault.name() };
            self.frames_refused.remove(&label);
        }
        for reason in ["throttled", "busy", "malformed"] {
            self.requests_refused.remove(&ByPeer { peer: peer.to_string(), reason });
        }
    }
}
