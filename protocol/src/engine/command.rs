//! What a local caller can want, and what it gets back.

use crate::center::CenterCode;
use crate::time::Timestamp;

/// A wish of the control interface.
#[derive(Debug)]
pub enum Command {
    /// How the node stands.
    Status,
}

/// What came of a wish.
#[derive(Debug)]
pub enum Reply {
    /// How the node stands.
    Status(Status),
    /// Done; there is nothing to show.
    Done,
}

/// How the node stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// This member.
    pub center: CenterCode,
    /// The network.
    pub network: String,
    /// The roster in force.
    pub roster_version: u64,
    /// Past it the roster raises an alarm.
    pub roster_renew_by: Timestamp,
    /// Each other member with the number of its open outbox rows.
    pub outboxes: Vec<(CenterCode, u32)>,
}
