//! Connections with strangers, and rosters fetched from an address.
//!
//! **Promises.** A stranger's connection ends at its deadline, and soon after the one exchange. A
//! fetch ends with an answer or a reason, whatever becomes of its connection.
//!
//! **Left to others.** Which protocol is spoken: `exchange`. Whether the roster is worth anything: the
//! engine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;

use crate::network::handle::RosterReply;
use crate::network::{Frame, OutboundId, PeerKey, Protocol, SendFailure};

/// What happens outside the members' gate.
#[derive(Debug, Default)]
pub(super) struct Doorstep {
    deadlines: HashMap<ConnectionId, Instant>,
    dialling: HashMap<ConnectionId, Fetch>,
    asked: HashMap<OutboundId, Asked>,
    fetched: u64,
}

/// A roster that is wanted from an address.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) frame: Vec<u8>,
    pub(super) reply: RosterReply,
    pub(super) until: Instant,
}

/// A roster that was asked for.
#[derive(Debug)]
struct Asked {
    connection: ConnectionId,
    reply: RosterReply,
}

impl Doorstep {
    /// A stranger's connection is open.
    pub(super) fn on_stranger(&mut self, connection: ConnectionId, until: Instant) {
        self.deadlines.insert(connection, until);
    }

    /// The one exchange is over; the other side has a moment to read what was sent and hang up.
    pub(super) fn on_exchanged(&mut self, connection: ConnectionId, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&connection) {
            *deadline = (*deadline).min(now + GRACE);
        }
    }

    /// A connection is closed; true when it was a stranger's.
    pub(super) fn on_closed(&mut self, connection: ConnectionId) -> bool {
        self.deadlines.remove(&connection).is_some()
    }

    /// When the next deadline is.
    pub(super) fn next(&self) -> Option<Instant> {
        let fetches = self.dialling.values().map(|fetch| fetch.until);
        self.deadlines.values().copied().chain(fetches).min()
    }

    /// The connections to close now. Fetches that are late end here.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<ConnectionId> {
        for (_, fetch) in self.dialling.extract_if(|_, fetch| fetch.until <= now) {
            // Whoever asked may have stopped waiting.
            let _ = fetch.reply.send(Err(SendFailure::Unreachable));
        }
        let expired = self.deadlines.extract_if(|_, until| *until <= now);
        expired.map(|(connection, _)| connection).collect()
    }

    /// A fetch has begun to dial.
    pub(super) fn on_dialling(&mut self, connection: ConnectionId, fetch: Fetch) {
        self.dialling.insert(connection, fetch);
    }

    /// The fetch that a connection was dialled for, with the name of its request.
    pub(super) fn begin(&mut self, connection: ConnectionId) -> Option<(OutboundId, Vec<u8>)> {
        let Fetch { frame, reply, .. } = self.dialling.remove(&connection)?;
        // Requests of the engine are counted from the bottom, these from the top.
        let id = OutboundId { number: u64::MAX - self.fetched, protocol: Protocol::Roster };
        self.fetched += 1;
        self.asked.insert(id, Asked { connection, reply });
        Some((id, frame))
    }

    /// The dial for a fetch failed.
    pub(super) fn on_dial_failure(&mut self, connection: ConnectionId) {
        if let Some(fetch) = self.dialling.remove(&connection) {
            let _ = fetch.reply.send(Err(SendFailure::Unreachable));
        }
    }

    /// A request has ended: if it was a fetch's, hands the roster over and tells the connection.
    pub(super) fn end(
        &mut self,
        id: OutboundId,
        peer: PeerKey,
        result: Result<Frame, SendFailure>,
    ) -> Result<ConnectionId, Result<Frame, SendFailure>> {
        let Some(Asked { connection, reply }) = self.asked.remove(&id) else {
            return Err(result);
        };
        let _ = reply.send(result.map(|frame| (peer, frame)));
        Ok(connection)
    }
}

/// How long a stranger may take to read its answer.
const GRACE: Duration = Duration::from_secs(1);
