//! How the rest of the node speaks to the host.
//!
//! **Promises.** No call waits for a peer. A call that cannot be taken says so and has no effect. The
//! member table is never lost: the newest one counts, and every later call sees it.
//!
//! **Left to others.** Trying again: the engine's outbox.

use core::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::{
    Address, Frame, GOSSIP_BYTES_MAX, GossipId, InboundId, MemberTable, OutboundId, PeerKey,
    Protocol, ROSTER_REQUEST_BYTES_MAX, SendFailure, Verdict,
};

/// The host's ear. Clones speak to the same host, which stops when the last one is dropped.
#[derive(Clone)]
pub struct NetworkHandle {
    own: PeerKey,
    commands: mpsc::Sender<Command>,
    members: watch::Sender<MemberTable>,
    next_outbound: Arc<AtomicU64>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl fmt::Debug for NetworkHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkHandle({})", self.own)
    }
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// More calls wait for the host than it takes: try again in a moment.
    #[error("the network has too much to do: try again in a moment")]
    Full,
    /// The host was shut down.
    #[error("the network was shut down")]
    Stopped,
    /// The bytes are above the limit of the protocol.
    #[error("{size} bytes are more than the {limit} that the protocol allows")]
    TooLarge {
        /// Bytes that were given.
        size: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
}

/// What the host is told to do.
pub(super) enum Command {
    Request { id: OutboundId, to: PeerKey, frame: Vec<u8> },
    Respond { id: InboundId, frame: Vec<u8> },
    Publish { bytes: Vec<u8> },
    Judge { id: GossipId, verdict: Verdict },
    Penalise { peer: PeerKey },
    FetchRoster { address: Address, frame: Vec<u8>, reply: RosterReply },
    Shutdown,
}

/// Where the roster that was asked for by address goes.
pub(super) type RosterReply = oneshot::Sender<Result<(PeerKey, Frame), SendFailure>>;

/// The ends of a handle that the host keeps.
pub(super) struct Orders {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) members: watch::Receiver<MemberTable>,
}

impl NetworkHandle {
    pub(super) fn new(own: PeerKey, members: MemberTable, commands_max: usize) -> (Self, Orders) {
        let (commands, commands_end) = mpsc::channel(commands_max);
        let (members, members_end) = watch::channel(members);
        let handle = Self {
            own,
            commands,
            members,
            next_outbound: Arc::new(AtomicU64::new(1)),
            task: Arc::default(),
        };
        (handle, Orders { commands: commands_end, members: members_end })
    }

    pub(super) fn keep(&self, task: JoinHandle<()>) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// The key by which peers know this node.
    #[must_use]
    pub const fn own_key(&self) -> PeerKey {
        self.own
    }

    /// Sends a request to a member. Exactly one [`Response`](super::NetworkEvent::Response) with the
    /// id follows: `Unreachable` within [`connect_time`](super::NetworkLimits::connect_time), any
    /// other within [`request_time`](super::NetworkLimits::request_time) after that.
    ///
    /// # Errors
    /// When the frame is too large, or the host takes no more calls.
    pub fn request(
        &self,
        protocol: Protocol,
        to: PeerKey,
        frame: Vec<u8>,
    ) -> Result<OutboundId, SendError> {
        check_size(&frame, protocol.request_bytes_max())?;
        let number = self.next_outbound.fetch_add(1, Ordering::Relaxed);
        let id = OutboundId { number, protocol };
        self.send(Command::Request { id, to, frame })?;
        Ok(id)
    }

    /// Answers a request of a peer. Nothing happens when the request has ended before.
    ///
    /// # Errors
    /// When the frame is too large, or the host takes no more calls.
    pub fn respond(&self, id: InboundId, frame: Vec<u8>) -> Result<(), SendError> {
        check_size(&frame, id.protocol.response_bytes_max())?;
        self.send(Command::Respond { id, frame })
    }

    /// Gossips a message of ours; what nobody could hear yet is kept for the first who listens.
    ///
    /// # Errors
    /// When the message is too large, or the host takes no more calls.
    pub fn publish(&self, bytes: Vec<u8>) -> Result<(), SendError> {
        check_size(&bytes, GOSSIP_BYTES_MAX)?;
        self.send(Command::Publish { bytes })
    }

    /// Says what becomes of a gossip message. A verdict later than some seconds has no effect.
    ///
    /// # Errors
    /// When the host takes no more calls.
    pub fn judge_gossip(&self, id: GossipId, verdict: Verdict) -> Result<(), SendError> {
        self.send(Command::Judge { id, verdict })
    }

    /// Lets a peer pay for what was found in its frames: malformed CBOR, a signature that does not
    /// verify. A peer that goes on is throttled.
    ///
    /// # Errors
    /// When the host takes no more calls.
    pub fn penalise(&self, peer: PeerKey) -> Result<(), SendError> {
        self.send(Command::Penalise { peer })
    }

    /// Takes a new member table into force. Connections with peers that are no longer in it are
    /// closed at once, in the middle of a request too.
    pub fn set_members(&self, members: MemberTable) {
        self.members.send_replace(members);
    }

    /// Asks whoever listens at the address for the roster, without knowing its key, and hangs up
    /// unless it is a member. The roster's signature decides whether it is worth anything.
    ///
    /// # Errors
    /// When nobody answers there within [`stranger_time`](super::NetworkLimits::stranger_time).
    pub async fn fetch_roster(
        &self,
        address: Address,
        frame: Vec<u8>,
    ) -> Result<(PeerKey, Frame), SendFailure> {
        if frame.len() > ROSTER_REQUEST_BYTES_MAX {
            return Err(SendFailure::Malformed);
        }
        let (reply, answer) = oneshot::channel();
        let command = Command::FetchRoster { address, frame, reply };
        self.commands.send(command).await.map_err(|_| SendFailure::Stopped)?;
        answer.await.unwrap_or(Err(SendFailure::Stopped))
    }

    /// Closes every connection and waits until no task of the host is left. Further calls are
    /// [`SendError::Stopped`].
    pub async fn shutdown(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A host that has stopped by itself takes no command, and is joined all the same.
        let _ = self.commands.send(Command::Shutdown).await;
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the network task did not end as it should");
        }
    }

    fn send(&self, command: Command) -> Result<(), SendError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SendError::Full,
            mpsc::error::TrySendError::Closed(_) => SendError::Stopped,
        })
    }
}

fn check_size(bytes: &[u8], limit: usize) -> Result<(), SendError> {
    if bytes.len() > limit {
        return Err(SendError::TooLarge { size: bytes.len(), limit });
    }
    Ok(())
}
