//! Requests that wait for a connection.
//!
//! **Promises.** No request waits longer than the time it was given, and no more of them wait for a
//! peer than may be open.
//!
//! **Left to others.** Dialling: `dialing`.

use std::collections::HashMap;
use std::time::Instant;

use crate::network::{OutboundId, PeerKey};

/// The requests that wait, by peer, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<PeerKey, Vec<WaitingRequest>>);

/// A request that waits for a connection.
#[derive(Debug)]
pub(super) struct WaitingRequest {
    pub(super) id: OutboundId,
    pub(super) frame: Vec<u8>,
    pub(super) until: Instant,
}

impl Waiting {
    /// How many requests wait for the peer.
    pub(super) fn count(&self, peer: &PeerKey) -> usize {
        self.0.get(peer).map_or(0, Vec::len)
    }

    pub(super) fn push(&mut self, peer: PeerKey, request: WaitingRequest) {
        self.0.entry(peer).or_default().push(request);
    }

    /// All that waits for the peer.
    pub(super) fn take(&mut self, peer: &PeerKey) -> Vec<WaitingRequest> {
        self.0.remove(peer).unwrap_or_default()
    }

    /// When the first of them has waited long enough.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.values().flatten().map(|request| request.until).min()
    }

    /// Those that have waited long enough.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<(PeerKey, OutboundId)> {
        let mut expired = Vec::new();
        self.0.retain(|peer, requests| {
            requests.retain(|request| {
                let late = request.until <= now;
                if late {
                    expired.push((*peer, request.id));
                }
                !late
            });
            !requests.is_empty()
        });
        expired
    }
}
