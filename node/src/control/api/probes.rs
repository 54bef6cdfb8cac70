//! The JSON of dialling the members in both directions.

use serde::{Deserialize, Serialize};

use crate::translate::probing::{Probe, Reached};

/// What came of dialling one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The member.
    pub center: String,
    /// Where it was dialled.
    pub addresses: Vec<String>,
    /// Whether this node reached it: `member`, `stranger`, `nobody`, `no-address`.
    pub there: String,
    /// Whether it reached this node; absent when it could not be asked.
    pub back: Option<bool>,
}

impl Probed {
    /// What came of it, for a member at these addresses.
    #[must_use]
    pub fn new(center: String, addresses: Vec<String>, probe: Probe) -> Self {
        let there = match probe.there {
            Reached::Member => "member",
            Reached::Stranger => "stranger",
            Reached::Nobody => "nobody",
            Reached::NoAddress => "no-address",
        };
        Self { center, addresses, there: there.to_owned(), back: probe.back }
    }
}
