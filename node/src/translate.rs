//! Between the network's frames and the engine's inputs and outputs.
//!
//! **Promises.** Nothing is decided here: bytes are decoded, signatures are checked on workers, and
//! peers are named by the roster in force. What the engine asks for and cannot be sent is told to it
//! as a failure, so that it never waits for nothing.
//! **Left to others.** Carrying: `network`. Trying again: the engine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::input::{Failure, Input, RequestId};
use fundlink_protocol::id::QueryId;
use fundlink_protocol::refusal::Refusal;

use tokio::sync::{Semaphore, oneshot, watch};

use crate::engine_loop::EngineHandle;
use crate::network::{
    Address, GossipId, InboundId, NetworkHandle, OutboundId, Protocol, SendFailure,
};
use crate::verification::Verification;

mod directory;
pub mod inbound;
pub mod outbound;
pub mod probing;

pub use directory::Directory;

/// What both directions share.
#[derive(Debug)]
pub struct Switchboard {
    network: NetworkHandle,
    engine: EngineHandle,
    verification: Verification,
    directory: RwLock<Arc<Directory>>,
    /// What each request of ours was for, until its response.
    asked: Mutex<BTreeMap<OutboundId, Asked>>,
    /// Gossip messages that the engine has yet to judge.
    gossip: Mutex<BTreeMap<u64, GossipId>>,
    next_gossip: AtomicU64,
    /// Who waits for the answer to a request that the engine knows nothing of.
    probes: Mutex<BTreeMap<OutboundId, oneshot::Sender<Option<Vec<u8>>>>>,
    dial_backs: Semaphore,
    listening: watch::Sender<Vec<Address>>,
}

/// What a request of ours was for.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Query { to: CenterCode, query: QueryId },
    Row { to: CenterCode, row: u64 },
    Sync { to: CenterCode, token: u64 },
    Roster { to: CenterCode },
}

/// Gossip messages that may wait for their verdict; the network forgets them after seconds anyway.
const GOSSIP_WAITING_MAX: usize = 4_096;

impl Switchboard {
    /// A switchboard for the members of one roster.
    #[must_use]
    pub fn new(
        network: NetworkHandle,
        engine: EngineHandle,
        verification: Verification,
        directory: Directory,
    ) -> Self {
        Self {
            network,
            engine,
            verification,
            directory: RwLock::new(Arc::new(directory)),
            asked: Mutex::default(),
            gossip: Mutex::default(),
            next_gossip: AtomicU64::new(0),
            probes: Mutex::default(),
            dial_backs: Semaphore::new(probing::DIAL_BACKS_MAX),
            listening: watch::Sender::default(),
        }
    }

    /// Where the network listens, once it does at so many addresses.
    pub async fn listening(&self, count: usize) -> Vec<Address> {
        let mut listening = self.listening.subscribe();
        let enough = listening.wait_for(|addresses| addresses.len() >= count).await;
        // The sender is this switchboard's own.
        enough.map(|addresses| addresses.clone()).unwrap_or_default()
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace_directory(&self, directory: Directory) {
        self.network.set_members(directory.member_table());
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }

    fn asked(&self) -> MutexGuard<'_, BTreeMap<OutboundId, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn probes(&self) -> MutexGuard<'_, BTreeMap<OutboundId, oneshot::Sender<Option<Vec<u8>>>>> {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember_gossip(&self, id: GossipId) -> u64 {
        let message = self.next_gossip.fetch_add(1, Ordering::Relaxed);
        let mut waiting = self.gossip.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(message, id);
        if waiting.len() > GOSSIP_WAITING_MAX {
            waiting.pop_first();
        }
        message
    }

    fn take_gossip(&self, message: u64) -> Option<GossipId> {
        self.gossip.lock().unwrap_or_else(PoisonError::into_inner).remove(&message)
    }
}

impl Asked {
    /// The member that was asked.
    const fn to(self) -> CenterCode {
        let (Self::Query { to, .. }
        | Self::Row { to, .. }
        | Self::Sync { to, .. }
        | Self::Roster { to }) = self;
        to
    }

    /// The protocol on which it is asked.
    const fn protocol(self) -> Protocol {
        match self {
            Self::Query { .. } => Protocol::Query,
            Self::Row { .. } => Protocol::Transfer,
            Self::Sync { .. } => Protocol::Sync,
            Self::Roster { .. } => Protocol::Roster,
        }
    }

    /// The input that tells the engine that nothing came of it, where it waits for something.
    const fn failed(self, failure: Failure) -> Option<Input> {
        Some(match self {
            Self::Query { to, query } => Input::Answered { from: to, query, outcome: Err(failure) },
            Self::Row { to, row } => Input::Delivered { to, row, outcome: Err(failure) },
            Self::Sync { to, token } => {
                Input::SyncReplied { from: to, token, outcome: Err(failure) }
            }
            Self::Roster { .. } => return None,
        })
    }
}

/// The engine's name for a peer's request: it holds the protocol, so that nothing else must.
const fn request_id(id: InboundId) -> RequestId {
    let (protocol, number) = id.parts();
    let protocol = match protocol {
        Protocol::Query => 0,
        Protocol::Transfer => 1,
        Protocol::Sync => 2,
        Protocol::Roster => 3,
    };
    RequestId(number << 3 | protocol)
}

/// The peer's request behind the engine's name for it; none when a local caller is behind it.
const fn inbound_id(request: RequestId) -> Option<(Protocol, InboundId)> {
    let protocol = match request.0 & 7 {
        0 => Protocol::Query,
        1 => Protocol::Transfer,
        2 => Protocol::Sync,
        3 => Protocol::Roster,
        _ => return None,
    };
    Some((protocol, InboundId::of(protocol, request.0 >> 3)))
}

fn failure(failure: SendFailure) -> Failure {
    match failure {
        SendFailure::Unreachable
        | SendFailure::NotAMember
        | SendFailure::Busy
        | SendFailure::Throttled
        | SendFailure::Unsupported
        | SendFailure::Stopped => Failure::Unreachable,
        SendFailure::TimedOut | SendFailure::Broken => Failure::TimedOut,
        SendFailure::Malformed | SendFailure::BadAnswer(_) => Failure::Invalid(Refusal::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_request_holds_its_protocol() {
        for protocol in Protocol::ALL {
            for id in [0, 1, u64::MAX >> 3] {
                let id = InboundId::of(protocol, id);
                let request = request_id(id);
                assert_eq!(inbound_id(request), Some((protocol, id)));
                assert_ne!(request.0 & 7, crate::engine_loop::LOCAL);
            }
        }
        assert_eq!(inbound_id(RequestId(crate::engine_loop::LOCAL)), None);
    }
}
