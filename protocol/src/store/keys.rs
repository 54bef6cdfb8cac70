//! The layout of the store: every prefix stands here, and nowhere else.
//!
//! Keys are a one-byte area, then fixed-size big-endian parts, so that ranges follow from the parts.
//! Values are deterministic CBOR, or raw tiles.
//!
//! **Promises.** No two areas share a first byte; no area begins with 0xFF.

/// An area of the store: the first byte of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Area {
    /// Single values: format, last time acted at, modes. Key: name.
    Single = b'!',
    /// Timers by their time. Key: due (8), timer. Value: none.
    TimerDue = b'T',
    /// Times by their timer. Key: timer. Value: due (8).
    TimerSet = b't',
    /// Statements to be delivered. Key: receiver (4), row (8). Value: `outbox::Row`.
    Outbox = b'O',
    /// Rows of a receiver's outbox. Key: receiver (4). Value: `outbox::Count`.
    OutboxCount = b'o',
    /// Complete bytes of statements, sent and received. Key: payload hash (32).
    Statement = b'S',
    /// What a received statement was answered with. Key: payload hash (32). Value: reply.
    Reply = b'R',
}

/// Builds a key from an area and its parts.
#[must_use]
pub fn key(area: Area, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![area as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
