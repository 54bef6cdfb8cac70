//! The watch at work: digests, heartbeats and incidents go by, alerts are raised, resolved, kept and
//! shown.
//!
//! | file | what it holds |
//! |---|---|
//! | `members` | what members do or leave undone: silence, two faces, rosters |
//! | `digests` | what digests show, by lookups in the indexes and timers |
//! | `incident` | what only a center can see, and has told |
//! | `raising` | one alert a cause: raised, resolved, counted |
//!
//! **Promises.** The same cause raises one alert, whatever happens twice; an alert is committed with
//! what raised it. Looking at a digest costs one lookup a pseudonym.
//! **Left to others.** The rules: `authority::rules`. Following logs: `following`.

use minicbor::{Decode, Encode};

use super::round::Stop;
use super::single;
use crate::authority::alert::{Alert, AlertState};
use crate::authority::alert_rule::AlertRule;
use crate::cbor;
use crate::id::AlertId;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

mod digests;
mod incident;
mod members;
mod raising;

pub(super) use digests::{on_digest, on_pair};
pub(super) use incident::on_incident;
pub(super) use members::{
    on_equivocation, on_fit, on_forked_roster, on_heartbeat, on_invalid_leaf, on_misfit, on_roster,
    on_silence, on_stale_roster, on_started,
};

/// Alerts that one listing shows at most.
pub const LISTED_MAX: usize = 1_000;

/// A wish about alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertCommand {
    /// The latest alerts, the newest first.
    List {
        /// Only those whose cause is there.
        open_only: bool,
        /// How many; at most [`LISTED_MAX`].
        limit: usize,
    },
    /// One alert.
    Show(AlertId),
    /// How many of each rule.
    Count,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertReply {
    /// Alerts, the newest first.
    Alerts(Vec<Alert>),
    /// How many of each rule.
    Counts(Vec<AlertCount>),
}

/// How many alerts of a rule there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AlertCount {
    /// The rule.
    #[n(1)]
    pub rule: AlertRule,
    /// Those whose cause is there.
    #[n(2)]
    pub open: u32,
    /// All that were ever raised.
    #[n(3)]
    pub raised: u32,
}

/// Does what is wished.
pub(super) fn run(view: &dyn View, command: AlertCommand) -> Result<AlertReply, Stop> {
    match command {
        AlertCommand::List { open_only, limit } => {
            Ok(AlertReply::Alerts(list(view, open_only, limit.min(LISTED_MAX))?))
        }
        AlertCommand::Show(id) => {
            let alert = alert(view, id)?.ok_or(Refusal::NotFound)?;
            Ok(AlertReply::Alerts(vec![alert]))
        }
        AlertCommand::Count => Ok(AlertReply::Counts(counts(view)?)),
    }
}

/// How many alerts of each rule there are; rules without any are left out.
///
/// # Errors
/// When the store cannot be read.
pub fn counts(view: &dyn View) -> Result<Vec<AlertCount>, StoreError> {
    Ok(single::read(view, COUNTS)?.unwrap_or_default())
}

/// The single value with the counts.
const COUNTS: &[u8] = b"alert-counts";

/// One alert.
///
/// # Errors
/// When the store cannot be read.
pub fn alert(view: &dyn View, id: AlertId) -> Result<Option<Alert>, StoreError> {
    let bytes = view.get(&key(Area::Alert, &[id.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("alerts", &bytes)).transpose()
}

fn list(view: &dyn View, open_only: bool, limit: usize) -> Result<Vec<Alert>, StoreError> {
    let mut found = latest(view, AlertState::Open, limit)?;
    if !open_only {
        found.extend(latest(view, AlertState::Resolved, limit)?);
        found.sort_by_key(|alert| core::cmp::Reverse(alert.last_seen));
        found.truncate(limit);
    }
    Ok(found)
}

fn latest(view: &dyn View, state: AlertState, limit: usize) -> Result<Vec<Alert>, StoreError> {
    let prefix = key(Area::AlertTime, &[&[state as u8]]);
    let mut end = prefix_end(&prefix);
    let mut found = Vec::new();
    while found.len() < limit {
        let Some((place, _)) = view.last(&prefix, &end)? else {
            break;
        };
        let id = place.get(10..).and_then(|id| id.try_into().ok()).map(AlertId::new);
        let alert = id.map(|id| alert(view, id)).transpose()?.flatten();
        found.push(alert.ok_or_else(|| StoreError::Corrupt {
            place: "alerts",
            detail: "a row of the index without its alert".into(),
        })?);
        end = place;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
