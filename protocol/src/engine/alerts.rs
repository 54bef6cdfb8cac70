//! The watch at work: digests, heartbeats and incidents go by, alerts are raised, healed, asked about
//! and shown.
//!
//! | file | what it holds |
//! |---|---|
//! | `members` | what members do or leave undone: silence, two faces, rosters |
//! | `digests` | what digests show, by lookups in the indexes and timers |
//! | `receipts` | certificates that are used wrongly or never heard of again |
//! | `incident` | what only a center can see, and has told |
//! | `raising` | one alert a cause: raised, healed, counted |
//! | `dialogue` | inquiry and ruling |
//!
//! **Promises.** The same cause raises one alert, whatever happens twice; an alert is committed with
//! what raised it. Looking at a digest costs one lookup a pseudonym.
//! **Left to others.** The rules: `authority::rules`. Following logs: `following`. What a center does
//! with an inquiry: `inquiries`.

use minicbor::{Decode, Encode};

use super::inquiries::{self, ExplainOrder, Inquired, InquiryCount};
use super::round::{Round, Stop};
use super::single;
use crate::authority::alert::{Alert, AlertState};
use crate::authority::alert_rule::{AlertLevel, AlertRule};
use crate::cbor;
use crate::center::CenterCode;
use crate::id::AlertId;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

pub mod dialogue;

mod digests;
mod incident;
mod members;
mod raising;
mod receipts;

use dialogue::{InquireOrder, RulingOrder};
pub(super) use dialogue::{on_explanation, on_inquiry_due};
pub(super) use digests::{on_digest, on_overlap, on_pair};
pub(super) use incident::on_incident;
pub(super) use members::{
    on_equivocation, on_fit, on_forked_roster, on_gap, on_head, on_heartbeat, on_invalid_leaf,
    on_invalid_root, on_misfit, on_roster, on_silence, on_stale_roster, on_started,
};
pub(super) use receipts::on_receipt;

/// Alerts that one listing shows at most.
pub const LISTED_MAX: usize = 1_000;
/// Alerts that one listing looks at, at most, to find those that pass its filter.
const LOOKED_AT_MAX: usize = 20_000;

/// A wish about alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertCommand {
    /// The latest alerts that pass a filter, the newest first.
    List(AlertFilter),
    /// One alert.
    Show(AlertName),
    /// How many of each rule, and how many inquiries wait.
    Count,
    /// Asks centers; the authority's.
    Inquire(Box<InquireOrder>),
    /// Decides; the authority's.
    Rule(Box<RulingOrder>),
    /// What the authority has asked or told this center.
    Inquiries {
        /// Those that wait for no answer, too.
        all: bool,
        /// How many; at most [`LISTED_MAX`].
        limit: usize,
    },
    /// One of these.
    ShowInquiry(AlertName),
    /// Answers an inquiry; a center's.
    Explain(Box<ExplainOrder>),
}

/// Which alerts are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFilter {
    /// In one of these states.
    pub states: Vec<AlertState>,
    /// Of this rule.
    pub rule: Option<AlertRule>,
    /// That concern this member.
    pub center: Option<CenterCode>,
    /// That press at least as much.
    pub level: Option<AlertLevel>,
    /// Whether only those whose answer is late.
    pub overdue: bool,
    /// How many; at most [`LISTED_MAX`].
    pub limit: usize,
}

impl AlertFilter {
    /// Those in which somebody has to do something yet.
    #[must_use]
    pub fn unfinished(limit: usize) -> Self {
        let states = AlertState::ALL.into_iter().filter(|state| state.is_unfinished()).collect();
        Self { states, ..Self::all(limit) }
    }

    /// All there ever were.
    #[must_use]
    pub fn all(limit: usize) -> Self {
        let states = AlertState::ALL.to_vec();
        Self { states, rule: None, center: None, level: None, overdue: false, limit }
    }

    fn passes(&self, alert: &Alert) -> bool {
        self.rule.is_none_or(|rule| rule == alert.rule)
            && self.center.is_none_or(|center| alert.centers.contains(&center))
            && self.level.is_none_or(|level| level <= alert.level)
            && (!self.overdue || alert.is_overdue())
    }
}

/// How a caller names an alert: the beginning of its id, at least eight hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertName(String);

impl AlertName {
    /// Parses a name.
    ///
    /// # Errors
    /// `ARGUMENT` when it is anything else than 8 to 64 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if (8..=64).contains(&text.len()) && is_hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::Argument)
        }
    }
}

impl From<AlertId> for AlertName {
    fn from(id: AlertId) -> Self {
        Self(id.to_string())
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertReply {
    /// Alerts, the newest first.
    Alerts(Vec<Alert>),
    /// How many of each rule, and how many inquiries wait.
    Counts(Vec<AlertCount>, InquiryCount),
    /// What the authority has asked or told.
    Inquiries {
        /// The inquiries.
        rows: Vec<Inquired>,
        /// As of when.
        now: Timestamp,
    },
}

/// How many alerts of a rule there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AlertCount {
    /// The rule.
    #[n(1)]
    pub rule: AlertRule,
    /// Those in which somebody has to do something yet.
    #[n(2)]
    pub open: u32,
    /// How often it was raised.
    #[n(3)]
    pub raised: u32,
    /// Those about which an answer is awaited.
    #[n(4)]
    pub inquired: u32,
    /// Of these, those whose answer is late.
    #[n(5)]
    pub overdue: u32,
}

/// Does what is wished.
pub(super) fn run(round: &mut Round<'_>, command: AlertCommand) -> Result<AlertReply, Stop> {
    let now = round.now;
    Ok(match command {
        AlertCommand::List(filter) => AlertReply::Alerts(list(round.view, &filter)?),
        AlertCommand::Show(name) => AlertReply::Alerts(vec![find(round.view, &name)?]),
        AlertCommand::Count => {
            AlertReply::Counts(counts(round.view)?, inquiries::count(round.view, round.now)?)
        }
        AlertCommand::Inquire(order) => AlertReply::Alerts(vec![dialogue::inquire(round, &order)?]),
        AlertCommand::Rule(order) => AlertReply::Alerts(vec![dialogue::rule(round, &order)?]),
        AlertCommand::Inquiries { all, limit } => {
            AlertReply::Inquiries { rows: inquiries::list(round.view, all, limit)?, now }
        }
        AlertCommand::ShowInquiry(name) => {
            AlertReply::Inquiries { rows: vec![inquiries::find(round.view, &name)?], now }
        }
        AlertCommand::Explain(order) => {
            AlertReply::Inquiries { rows: vec![inquiries::explain(round, &order)?], now }
        }
    })
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

/// The one alert that a caller names.
fn find(view: &dyn View, name: &AlertName) -> Result<Alert, Stop> {
    let id = resolve(view, Area::Alert, name)?;
    alert(view, id)?.ok_or_else(|| Refusal::NotFound.into())
}

/// The id that begins as a caller has named it, among the keys of an area.
pub(super) fn resolve(view: &dyn View, area: Area, name: &AlertName) -> Result<AlertId, Stop> {
    // A digit more than whole bytes is held against the ids that are found.
    let half = name.0.len().checked_div(2).unwrap_or(0);
    let bytes: Vec<u8> = (0..half)
        .filter_map(|place| {
            let start = place.checked_mul(2)?;
            u8::from_str_radix(name.0.get(start..start.checked_add(2)?)?, 16).ok()
        })
        .collect();
    let prefix = key(area, &[&bytes]);
    let rows = view.range(&prefix, &prefix_end(&prefix), BEGINNINGS_MAX)?;
    let ids = rows.iter().filter_map(|(place, _)| place.get(1..)?.try_into().ok());
    let mut ids = ids.map(AlertId::new).filter(|id| id.to_string().starts_with(&name.0));
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Refusal::NotFound.into()),
        (Some(_), Some(_)) => {
            Err(Stop::explained(Refusal::Argument, "several ids begin like this; give more digits"))
        }
    }
}

/// Ids that are looked at for a name that is a beginning: sixteen halves, and one more.
const BEGINNINGS_MAX: usize = 17;

fn list(view: &dyn View, filter: &AlertFilter) -> Result<Vec<Alert>, StoreError> {
    let limit = filter.limit.min(LISTED_MAX);
    let mut found = Vec::new();
    for state in AlertState::ALL {
        if filter.states.contains(&state) {
            latest(view, (state, filter, limit), &mut found)?;
        }
    }
    found.sort_by_key(|alert| core::cmp::Reverse(alert.changed));
    found.truncate(limit);
    Ok(found)
}

fn latest(
    view: &dyn View,
    (state, filter, limit): (AlertState, &AlertFilter, usize),
    into: &mut Vec<Alert>,
) -> Result<(), StoreError> {
    let prefix = key(Area::AlertTime, &[&[state as u8]]);
    let mut end = prefix_end(&prefix);
    let (mut found, mut looked_at) = (0_usize, 0_usize);
    while found < limit && looked_at < LOOKED_AT_MAX {
        let Some((place, _)) = view.last(&prefix, &end)? else {
            break;
        };
        looked_at = looked_at.saturating_add(1);
        let id = place.get(10..).and_then(|id| id.try_into().ok()).map(AlertId::new);
        let alert = id.map(|id| alert(view, id)).transpose()?.flatten();
        let alert = alert.ok_or_else(|| StoreError::Corrupt {
            place: "alerts",
            detail: "a row of the index without its alert".into(),
        })?;
        if filter.passes(&alert) {
            found = found.saturating_add(1);
            into.push(alert);
        }
        end = place;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
