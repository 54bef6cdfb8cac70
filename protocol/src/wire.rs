//! Frames on the network's streams that are not statements.
//!
//! A frame of the query and the transfer protocol is one statement; what comes back is one of these.
//! **Left to others.** Frames of the sync and the roster protocol stand with their handlers.

use minicbor::{Decode, Encode};

use crate::id::{Bytes, PayloadHash};
use crate::refusal::Refusal;

/// What comes back on the query protocol.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum QueryReply {
    /// The signed answer, which may be a refusal.
    #[n(1)]
    Answer(#[n(0)] Bytes),
    /// Refused before the question could be tied to its sender; unsigned.
    #[n(2)]
    Refused(#[n(0)] Refusal),
}

/// What comes back on the transfer protocol; unsigned, a proof is always the next statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum DeliveryReply {
    /// On disk, under this hash.
    #[n(1)]
    Committed(#[n(0)] PayloadHash),
    /// What it follows from has not arrived: send it again later.
    #[n(2)]
    Pending(#[n(0)] PayloadHash),
    /// Refused for good: delivery ends.
    #[n(3)]
    Refused(#[n(0)] Refusal),
    /// Refused for now: send it again later.
    #[n(4)]
    Later(#[n(0)] Refusal),
}

/// What a message of the heads topic is; its first byte tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A statement, that is a heartbeat: the bytes of a COSE_Sign1, tag 18.
    Statement(Vec<u8>),
    /// A checkpoint: the bytes of a signed note, which is text.
    Checkpoint(Vec<u8>),
}

impl Head {
    /// Tells the two apart; nothing in them is checked.
    #[must_use]
    pub fn parse(bytes: Vec<u8>) -> Self {
        // Tag 18 is the byte 0xd2, with which no UTF-8 text of a note begins: origins are ASCII.
        if bytes.first() == Some(&0xd2) { Self::Statement(bytes) } else { Self::Checkpoint(bytes) }
    }
}
