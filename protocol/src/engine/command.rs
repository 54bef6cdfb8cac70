//! What a local caller can want, and what it gets back.

use super::modes::ServiceMode;
use super::operator::OperatorId;
use crate::center::CenterCode;
use crate::time::Timestamp;

/// A wish of the control interface.
#[derive(Debug)]
pub enum Command {
    /// How the node stands.
    Status,
    /// The mode of each service.
    Modes,
    /// Sets the mode of a service.
    SetMode {
        /// Who sets it.
        operator: OperatorId,
        /// The service and its new mode.
        wanted: ServiceMode,
    },
}

/// What came of a wish.
#[derive(Debug)]
pub enum Reply {
    /// How the node stands.
    Status(Status),
    /// The mode of each service.
    Modes(Vec<ServiceMode>),
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
