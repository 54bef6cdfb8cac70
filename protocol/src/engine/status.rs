//! How the node stands, for its operators: whether it recovers, what it knows of each other member,
//! and what waits to be delivered.
//!
//! **Promises.** It reads one row a member and changes nothing.
//! **Left to others.** The logs in detail: `log_commands`. Alerts: `alerts`.

use super::round::{Round, Stop};
use super::{heartbeats, outbox, recovery};
use crate::center::CenterCode;
use crate::roster::MemberStatus;
use crate::statement::heartbeat::DataQuality;
use crate::time::Timestamp;

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
    /// Whether it waits for its witnesses after a start: it signs no checkpoint, letter or payment.
    pub recovering: bool,
    /// Each other member of the roster.
    pub members: Vec<MemberStanding>,
}

/// What is known of another member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberStanding {
    /// The member.
    pub center: CenterCode,
    /// What the roster says of it.
    pub status: MemberStatus,
    /// When its last heartbeat came in; `None` before the first.
    pub heard: Option<Timestamp>,
    /// Whether it is current: heard from within 5 minutes, and its log is held up to what it said.
    pub current: bool,
    /// Statements that it has not acknowledged.
    pub waiting: u32,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<Timestamp>,
    /// How good its records are, as it said last.
    pub data: Option<DataQuality>,
}

/// Looks everything up.
pub(super) fn status(round: &Round<'_>) -> Result<Status, Stop> {
    let mut members = Vec::new();
    for member in round.roster.members.iter().filter(|member| member.code != round.center()) {
        let heard = heartbeats::latest(round.view, member.code)?;
        let oldest = outbox::rows(round.view, member.code, 1)?;
        members.push(MemberStanding {
            center: member.code,
            status: member.status,
            heard: heard.as_ref().map(|row| row.received_at),
            current: heartbeats::is_current(round, member.code)?,
            waiting: outbox::open_rows(round.view, member.code)?,
            waiting_since: oldest.first().map(|(_, row)| row.since),
            data: heard.and_then(|row| row.heartbeat.data),
        });
    }
    Ok(Status {
        center: round.center(),
        network: round.settings.network.to_string(),
        roster_version: round.roster.version,
        roster_renew_by: round.roster.renew_by,
        recovering: recovery::is_recovering(round.view)?,
        members,
    })
}
