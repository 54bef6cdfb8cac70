//! The node's libp2p host, behind an interface in which nothing of libp2p shows.
//!
//! TCP, Noise and Yamux carry four request-response protocols and one gossip topic between the
//! members of a network. [`start()`] gives a [`NetworkHandle`] to speak with and a receiver of
//! [`NetworkEvent`] to listen to; one task holds the host.
//!
//! **Promises.** A peer that is not in the member table reaches no protocol but one small roster
//! exchange; a peer that leaves the table is cut at once. Everything is bounded: frames, bytes held
//! for a peer, requests a second and at a time, connections, strangers, events that wait. A peer
//! that sends something else than frames is counted and throttled. Whatever is asked for comes to an
//! end: each request gives exactly one response event. After [`NetworkHandle::shutdown`] no task is left.
//!
//! **Left to others.** What the bytes mean, whom to trust and when to try again: the engine. Gossip
//! is a hint and may be lost.

mod address;
mod behaviour;
mod budget;
mod dialing;
mod exchange;
mod frame;
mod gate;
mod gossip;
mod handle;
mod host;
mod impatient;
mod meters;
mod start;

use core::fmt;
use std::io;
use std::time::Duration;

use fundlink_protocol::limits::{FRAME_BYTES_MAX, MEMBERS_MAX};
use zeroize::Zeroizing;

pub use address::{Address, AddressError, MemberTable, PeerKey};
pub use frame::{Frame, FrameFault};
pub use handle::{NetworkHandle, SendError};
pub use start::start;

/// What the host needs to know before it starts.
pub struct NetworkConfig {
    /// The seed of the Ed25519 key that names this peer.
    pub secret: Zeroizing<[u8; 32]>,
    /// The network's name, `[a-z0-9-]+`: members of different networks never share a topic.
    pub network: String,
    /// Where to listen. Port 0 takes a free one, told by [`NetworkEvent::ListeningOn`].
    pub listen: Vec<Address>,
    /// Who may connect when the host starts.
    pub members: MemberTable,
    /// What a peer may cost.
    pub limits: NetworkLimits,
}

impl fmt::Debug for NetworkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkConfig")
            .field("network", &self.network)
            .field("listen", &self.listen)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What a peer may cost us, and how long things may take. The defaults serve 4 to 600 members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimits {
    /// Requests a member may send in a second, on average.
    pub requests_per_second: u32,
    /// Requests a member may send at once after a pause.
    pub requests_burst: u32,
    /// Requests of one member that may be open at a time, each way.
    pub requests_in_flight: usize,
    /// Bytes of one member's frames that are held at a time, each way; at least one frame.
    pub peer_bytes: usize,
    /// How long a peer may take to send one frame.
    pub frame_time: Duration,
    /// How long a request may take from the first byte sent to the last byte of its answer.
    pub request_time: Duration,
    /// How long a request waits for a connection before it is [`SendFailure::Unreachable`].
    pub connect_time: Duration,
    /// How long a stranger's connection may stay open.
    pub stranger_time: Duration,
    /// Connections from strangers that are open at a time.
    pub strangers: usize,
    /// Connections that are open at a time.
    pub connections: u32,
    /// Bytes of memory of this process above which no new connection is taken.
    pub process_bytes: usize,
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            requests_per_second: 500,
            requests_burst: 1_000,
            requests_in_flight: 128,
            peer_bytes: 4 * FRAME_BYTES_MAX,
            frame_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            connect_time: Duration::from_secs(2),
            stranger_time: Duration::from_secs(10),
            strangers: 16,
            connections: CONNECTIONS_MAX,
            process_bytes: 4 * 1024 * 1024 * 1024,
        }
    }
}

/// The request-response protocols between peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Queries and their answers.
    Query,
    /// Statements of a transfer and their acknowledgements.
    Transfer,
    /// Checkpoints, cosignatures, tiles and lost statements.
    Sync,
    /// The roster: the only protocol that a stranger reaches.
    Roster,
}

impl Protocol {
    /// Every protocol, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Query, Self::Transfer, Self::Sync, Self::Roster];

    /// The name that is negotiated.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "/fundlink/query/1",
            Self::Transfer => "/fundlink/transfer/1",
            Self::Sync => "/fundlink/sync/1",
            Self::Roster => "/fundlink/roster/1",
        }
    }

    /// Bytes of a request, at most.
    #[must_use]
    pub const fn request_bytes_max(self) -> usize {
        match self {
            Self::Query | Self::Transfer | Self::Sync => FRAME_BYTES_MAX,
            Self::Roster => ROSTER_REQUEST_BYTES_MAX,
        }
    }

    /// Bytes of a response, at most.
    #[must_use]
    pub const fn response_bytes_max(self) -> usize {
        match self {
            Self::Query | Self::Transfer | Self::Sync => FRAME_BYTES_MAX,
            Self::Roster => ROSTER_RESPONSE_BYTES_MAX,
        }
    }
}

/// Names a request of ours until its response event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboundId {
    number: u64,
    protocol: Protocol,
}

/// Names a request of a peer until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboundId {
    number: u64,
    protocol: Protocol,
}

impl InboundId {
    /// The request with this number on a protocol, as [`parts`](Self::parts) gave them.
    pub(crate) const fn of(protocol: Protocol, number: u64) -> Self {
        Self { number, protocol }
    }

    /// What the id is made of, so that another id can hold it.
    pub(crate) const fn parts(self) -> (Protocol, u64) {
        (self.protocol, self.number)
    }
}

/// Names a gossip message that waits for a verdict: BLAKE3 of its bytes, and who forwarded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GossipId {
    hash: [u8; 32],
    forwarder: PeerKey,
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is passed on.
    Accept,
    /// Bad signature or form: it goes no further, and the forwarder pays.
    Reject,
    /// It goes no further, and nobody is blamed.
    Ignore,
}

/// Whether a peer stands in the member table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Member,
    /// It does not: it may ask for the roster, once.
    Stranger,
}

/// What happened on the network.
#[derive(Debug)]
pub enum NetworkEvent {
    /// The host takes connections here.
    ListeningOn(Address),
    /// The first connection with a member is open.
    Connected(PeerKey),
    /// The last connection with a member is closed.
    Disconnected(PeerKey),
    /// A peer asks; answer with [`NetworkHandle::respond`].
    Request {
        /// Names the request in the answer.
        id: InboundId,
        /// The protocol it came by.
        protocol: Protocol,
        /// Who asks, as proved in the handshake.
        from: PeerKey,
        /// A stranger asks by [`Protocol::Roster`] alone.
        standing: Standing,
        /// What was sent.
        frame: Frame,
    },
    /// A request of ours has ended.
    Response {
        /// As [`NetworkHandle::request`] gave it.
        id: OutboundId,
        /// Whom we asked.
        from: PeerKey,
        /// The answer, or why there is none.
        result: Result<Frame, SendFailure>,
    },
    /// A gossip message; judge it with [`NetworkHandle::judge_gossip`], or it is not passed on.
    Gossip {
        /// Names the message in the verdict.
        id: GossipId,
        /// The peer that forwarded it, which need not be its author.
        from: PeerKey,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A peer sent something that is not a frame; it pays with its rate.
    Misbehaved {
        /// Who sent it.
        peer: PeerKey,
        /// By which protocol.
        protocol: Protocol,
        /// What was wrong.
        fault: FrameFault,
    },
}

/// Why a request has no answer. It may have been received all the same, where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// There is no connection, and none could be made in time. Not received.
    #[error(
        "the peer cannot be reached: see that its node runs and that its address in the roster is right"
    )]
    Unreachable,
    /// The peer does not stand in our member table. Not received.
    #[error("the peer is not a member: see which roster is in force")]
    NotAMember,
    /// Too many of our requests to this peer are open, here or there. Not received.
    #[error("too many requests to the peer are open: try again when some have ended")]
    Busy,
    /// The peer finds us too fast. Not received.
    #[error("the peer refused the request for its rate: send fewer a second")]
    Throttled,
    /// The peer says that our request is not a frame; so does a peer of another version.
    #[error("the peer refused the request as malformed: see that both nodes run one version")]
    Malformed,
    /// The peer does not speak the protocol, or we do not stand in its member table. Not received.
    #[error("the peer does not offer the protocol: see that its roster lists this node")]
    Unsupported,
    /// The answer was not complete in time. It may have been received.
    #[error("the peer did not answer in time")]
    TimedOut,
    /// The connection or the stream broke. It may have been received.
    #[error("the connection broke before the answer was complete")]
    Broken,
    /// The answer was not a frame. It was received.
    #[error("the answer was not a frame: {0}")]
    BadAnswer(FrameFault),
    /// The host was shut down. It may have been received.
    #[error("the network was shut down")]
    Stopped,
}

impl SendFailure {
    /// The word for it in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NotAMember => "not_a_member",
            Self::Busy => "busy",
            Self::Throttled => "throttled",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
            Self::BadAnswer(_) => "bad_answer",
            Self::Stopped => "stopped",
        }
    }
}

/// Why the host does not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The key, the topic or the transport cannot be set up.
    #[error("the network cannot be set up: {0}")]
    Setup(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address, or stop what uses it")]
    Listen {
        /// The address in the configuration.
        address: Address,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Bytes of a request for the roster: which version is held, and of which network.
pub const ROSTER_REQUEST_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a roster: 600 members with their keys and addresses stay below.
pub const ROSTER_RESPONSE_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a gossip message: a checkpoint with 15 cosignatures, or a heartbeat.
pub const GOSSIP_BYTES_MAX: usize = 16 * 1024;
/// Connections: each member may have dialled us while we dialled it, and some are closing.
#[expect(clippy::cast_possible_truncation, reason = "600 members are far below the limit of u32")]
const CONNECTIONS_MAX: u32 = 3 * MEMBERS_MAX as u32;
/// Connections of one peer: one each way, and one each that is being replaced.
const CONNECTIONS_PER_PEER_MAX: u32 = 4;
/// Events that wait for the receiver; when they are full the host reads no more from its peers.
const EVENTS_MAX: usize = 256;
/// Commands that wait for the host, which never waits itself.
const COMMANDS_MAX: usize = 4_096;

const _: () = assert!(ROSTER_RESPONSE_BYTES_MAX <= FRAME_BYTES_MAX);
