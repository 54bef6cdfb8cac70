//! Everything that can wake the engine, on one page.

use super::command::Command;
use crate::center::CenterCode;
use crate::core_system::CoreOutcome;
use crate::cose::Verified;
use crate::id::{Bytes, OrderId, QueryId};
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::settlement::{BankNotice, BankReply, NoticeCursor};
use crate::wire::DeliveryReply;

/// Names a request that waits for a reply: a peer's stream or a caller of the control interface.
/// Chosen by the node; it means nothing after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// One thing that has happened.
#[derive(Debug)]
pub enum Input {
    /// The node has started; outboxes, timers and followers are picked up.
    Started,
    /// Time has passed.
    Tick,
    /// A member's connection is up: what waits for it can be sent.
    Connected {
        /// The member.
        center: CenterCode,
    },
    /// A statement came in on the query or the transfer protocol, verified.
    Statement {
        /// The member whose connection it came on.
        from: CenterCode,
        /// Where the reply goes.
        request: RequestId,
        /// The statement.
        statement: Box<Verified>,
    },
    /// What came of a query of ours.
    Answered {
        /// The member that was asked.
        from: CenterCode,
        /// The question.
        query: QueryId,
        /// The answer, or why there is none.
        outcome: Result<Box<Verified>, Failure>,
    },
    /// What came of sending an outbox row.
    Delivered {
        /// The receiver.
        to: CenterCode,
        /// The row.
        row: u64,
        /// The receiver's reply, or why there is none.
        outcome: Result<DeliveryReply, Failure>,
    },
    /// A heartbeat came in by gossip, verified.
    Gossip {
        /// The member that passed it on.
        from: CenterCode,
        /// Names the message for [`super::output::Output::JudgeGossip`].
        message: u64,
        /// The statement.
        statement: Box<Verified>,
    },
    /// A checkpoint came in by gossip, verified.
    GossipCheckpoint {
        /// The member that passed it on.
        from: CenterCode,
        /// Names the message for [`super::output::Output::JudgeGossip`].
        message: u64,
        /// The checkpoint.
        checkpoint: Box<VerifiedCheckpoint>,
    },
    /// A frame of the sync protocol came in.
    SyncRequested {
        /// The member that asks.
        from: CenterCode,
        /// Where the reply goes.
        request: RequestId,
        /// The frame, at most `limits::FRAME_BYTES_MAX`.
        frame: Vec<u8>,
    },
    /// What came of a sync request of ours.
    SyncReplied {
        /// The member that was asked.
        from: CenterCode,
        /// The token given with the request.
        token: u64,
        /// The frame, or why there is none.
        outcome: Result<Vec<u8>, Failure>,
    },
    /// A frame of the roster protocol came in, perhaps from a stranger.
    RosterRequested {
        /// Where the reply goes.
        request: RequestId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Rosters came in, from anybody: their signatures decide.
    RosterReplied {
        /// The frame.
        frame: Bytes,
    },
    /// What the core system made of an order of ours.
    CoreOutcome {
        /// The order.
        order: OrderId,
        /// What came of it.
        outcome: CoreOutcome,
    },
    /// What the bank says of an order of ours.
    BankReply(BankReply),
    /// Movements of the own special account, in the bank's order.
    BankNotices {
        /// Where the next notices begin.
        cursor: NoticeCursor,
        /// The movements; one that was counted before is not counted again.
        notices: Vec<BankNotice>,
    },
    /// A local caller wants something.
    Command {
        /// Where the reply goes.
        request: RequestId,
        /// What.
        command: Box<Command>,
    },
}

/// Why a request to a peer brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Unreachable,
    /// No reply in time.
    TimedOut,
    /// A reply that is not well formed or does not verify.
    Invalid(Refusal),
    /// The peer refused, unsigned.
    Refused(Refusal),
}
