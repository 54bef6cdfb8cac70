//! The incident (异常事件报告): what only a center can see, told to the authority.
//!
//! **Promises.** Rule, pseudonym and day; no person, no number, no amount.
//! **Left to others.** When it is told: `engine::incidents`.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::authority::incident::{IncidentRule, IncidentSubject};
use crate::center::CenterCode;
use crate::time::{Date, Timestamp};

/// What a center tells the authority of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Incident {
    /// The center that has seen it.
    #[n(1)]
    pub from: CenterCode,
    /// The authority.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// What was seen.
    #[n(4)]
    pub rule: IncidentRule,
    /// What it is about.
    #[n(5)]
    pub subject: IncidentSubject,
    /// The business day on which it was seen.
    #[n(6)]
    pub date: Date,
    /// The other center concerned.
    #[n(7)]
    pub other: Option<CenterCode>,
    /// How many cases, where it stands for several; fewer than five are not told.
    #[n(8)]
    pub count: Option<u32>,
}
addressed_payload!(Incident);
