//! How far a service of a center acts by itself.
//!
//! **Promises.** A center that was never told anything observes.
//! **Left to others.** What each service does in a mode: its handlers.

use minicbor::{Decode, Encode};

/// A part of what a center offers to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Service {
    /// Answers to questions (查询).
    #[n(1)]
    Query,
    /// Deposit certificates (缴存使用证明).
    #[n(2)]
    Certificate,
    /// Transfers of accounts, in and out (转移接续).
    #[n(3)]
    Transfer,
}

/// What a service does; each mode includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Mode {
    /// Publishes and asks.
    #[default]
    #[n(1)]
    Observe,
    /// Answers questions, too.
    #[n(2)]
    Answer,
    /// Acts on what others want once a person has confirmed.
    #[n(3)]
    Confirm,
    /// Acts by the rules alone.
    #[n(4)]
    Auto,
}

impl Service {
    /// All services.
    pub const ALL: &'static [Self] = &[Self::Query, Self::Certificate, Self::Transfer];

    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Certificate => "certificate",
            Self::Transfer => "transfer",
        }
    }

    /// The service with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|service| service.name() == name)
    }
}

impl Mode {
    /// All modes, the least first.
    pub const ALL: &'static [Self] = &[Self::Observe, Self::Answer, Self::Confirm, Self::Auto];

    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Answer => "answer",
            Self::Confirm => "confirm",
            Self::Auto => "auto",
        }
    }

    /// The mode with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.name() == name)
    }
}
