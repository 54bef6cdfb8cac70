//! The JSON of the modes of services.

use fundlink_protocol::engine::modes;
use serde::{Deserialize, Serialize};

/// The mode of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceMode {
    /// The service: `query`, `certificate` or `transfer`.
    pub service: String,
    /// What it does: `observe`, `answer`, `confirm` or `auto`.
    pub mode: String,
}

/// Sets the mode of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMode {
    /// Who sets it.
    pub operator: String,
    /// The service.
    pub service: String,
    /// Its new mode.
    pub mode: String,
}

impl From<modes::ServiceMode> for ServiceMode {
    fn from(known: modes::ServiceMode) -> Self {
        Self { service: known.service.name().to_owned(), mode: known.mode.name().to_owned() }
    }
}
