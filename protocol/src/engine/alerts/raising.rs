//! One alert a cause: raised, healed, kept under its time, counted, told to the watchers.
//!
//! **Promises.** A cause that is there already changes at most the evidence; the counts move with the
//! alerts in one batch. What the authority has closed opens again only for a cause that it did not
//! know, or one that had gone and came back; and once it has asked, only it can close.
//! **Left to others.** Whether there is a cause: `members`, `digests`, `incident`.

use super::{AlertCount, COUNTS, alert, counts};
use crate::authority::alert::{Alert, AlertState, AlertSubject, EVIDENCE_MAX, Evidence, alert_id};
use crate::authority::alert_rule::AlertRule;
use crate::authority::dialogue::{Act, Dialogue, Entry};
use crate::cbor;
use crate::center::CenterCode;
use crate::engine::output::{Event, NetworkEvent};
use crate::engine::round::Round;
use crate::engine::single;
use crate::id::CauseId;
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// What an alert is raised for.
#[derive(Default)]
pub(super) struct Shown {
    /// The members concerned.
    pub(super) centers: Vec<CenterCode>,
    /// What shows it.
    pub(super) evidence: Vec<Evidence>,
    /// What tells this cause from another one of the same alert.
    pub(super) causes: Vec<CauseId>,
    /// Cases that it stands for.
    pub(super) count: Option<u32>,
}

impl Shown {
    /// A cause that concerns one member, and of which there is nothing to show.
    pub(super) fn about(center: CenterCode) -> Self {
        Self { centers: vec![center], ..Self::default() }
    }
}

/// Causes that one alert remembers.
const CAUSES_MAX: usize = 64;

/// Raises an alert, or adds to the one that is there.
pub(super) fn raise(
    round: &mut Round<'_>,
    (rule, subject): (AlertRule, AlertSubject),
    shown: Shown,
) -> Result<(), StoreError> {
    if !rule.is_kept_by(round.settings.role) {
        return Ok(());
    }
    let known = alert(round.view, alert_id(rule, subject))?;
    let mut alert = known.clone().unwrap_or_else(|| new(round, rule, subject));
    let has_returned = !alert.is_present;
    let has_news = shown.causes.iter().any(|cause| alert.causes.binary_search(cause).is_err());
    let opens = match alert.state {
        AlertState::Resolved => true,
        AlertState::Open | AlertState::Inquired | AlertState::Explained => false,
        AlertState::Confirmed | AlertState::Closed => has_returned || has_news,
    };
    if opens {
        alert.state = AlertState::Open;
        alert.level = rule.level();
        // What showed the cause the last time has gone.
        (alert.centers, alert.evidence) = (Vec::new(), Vec::new());
        alert.causes.clear();
    }
    if opens || has_returned {
        alert.is_present = true;
        alert.times = alert.times.saturating_add(1);
        alert.last_seen = round.now;
        alert.dialogue.note(Entry::by_itself(round.now, Act::Raised, None));
    }
    alert.rule_version = rule.version();
    alert.count = shown.count.or(alert.count);
    merge(&mut alert.centers, shown.centers, usize::MAX);
    merge(&mut alert.evidence, shown.evidence, EVIDENCE_MAX);
    merge(&mut alert.causes, shown.causes, CAUSES_MAX);
    if known.as_ref() == Some(&alert) {
        return Ok(());
    }
    if has_news {
        alert.last_seen = round.now;
    }
    keep(round, known.as_ref(), alert)
}

fn new(round: &Round<'_>, rule: AlertRule, subject: AlertSubject) -> Alert {
    Alert {
        id: alert_id(rule, subject),
        rule,
        rule_version: rule.version(),
        subject,
        centers: Vec::new(),
        evidence: Vec::new(),
        first_seen: round.now,
        last_seen: round.now,
        state: AlertState::Resolved,
        times: 0,
        is_present: false,
        level: rule.level(),
        causes: Vec::new(),
        count: None,
        dialogue: Dialogue::default(),
        handler: None,
        changed: round.now,
    }
}

/// The cause has gone by itself. An alert about which nobody was asked is history; otherwise the
/// authority is told, and decides.
pub(super) fn heal(
    round: &mut Round<'_>,
    (rule, subject): (AlertRule, AlertSubject),
) -> Result<(), StoreError> {
    let known = alert(round.view, alert_id(rule, subject))?;
    let Some(known) = known.filter(|known| known.is_present) else { return Ok(()) };
    let mut alert = known.clone();
    alert.is_present = false;
    alert.last_seen = round.now;
    alert.dialogue.note(Entry::by_itself(round.now, Act::Healed, None));
    if alert.state == AlertState::Open {
        alert.state = AlertState::Resolved;
    }
    keep(round, Some(&known), alert)
}

/// Stages an alert, its place in the index and the counts, and tells of it when its state is new.
pub(super) fn keep(
    round: &mut Round<'_>,
    before: Option<&Alert>,
    mut alert: Alert,
) -> Result<(), StoreError> {
    if let Some(before) = before {
        round.view.delete(time_key(before));
    }
    alert.changed = round.now;
    round.view.put(time_key(&alert), Vec::new());
    round.view.put(key(Area::Alert, &[alert.id.as_bytes()]), cbor::encode(&alert));
    let state_before = before.map_or(AlertState::Resolved, |before| before.state);
    let open = count(round, before, &alert)?;
    if state_before == alert.state {
        return Ok(());
    }
    round.event(Event::Network(NetworkEvent::Alert {
        alert: alert.id,
        rule: alert.rule,
        state: alert.state,
        centers: alert.centers,
        open,
    }));
    Ok(())
}

/// Moves the counts of a rule by what changed; gives how many of the rule are unfinished.
fn count(round: &mut Round<'_>, before: Option<&Alert>, alert: &Alert) -> Result<u32, StoreError> {
    let mut all = counts(round.view)?;
    let place = all.iter().position(|count| count.rule == alert.rule);
    let mut entry = match place {
        Some(place) => all.remove(place),
        None => AlertCount { rule: alert.rule, open: 0, raised: 0, inquired: 0, overdue: 0 },
    };
    let move_by = |counter: &mut u32, was: bool, is: bool| match (was, is) {
        (false, true) => *counter = counter.saturating_add(1),
        (true, false) => *counter = counter.saturating_sub(1),
        (true, true) | (false, false) => {}
    };
    let of = |holds: fn(&Alert) -> bool| (before.is_some_and(holds), holds(alert));
    let (was, is) = of(|alert| alert.state.is_unfinished());
    move_by(&mut entry.open, was, is);
    let (was, is) = of(|alert| alert.state == AlertState::Inquired);
    move_by(&mut entry.inquired, was, is);
    let (was, is) = of(Alert::is_overdue);
    move_by(&mut entry.overdue, was, is);
    let times = before.map_or(0, |before| before.times);
    entry.raised = entry.raised.saturating_add(alert.times.saturating_sub(times));
    all.push(entry);
    all.sort_unstable_by_key(|count| count.rule);
    single::write(round.view, COUNTS, &all);
    Ok(entry.open)
}

fn time_key(alert: &Alert) -> Vec<u8> {
    let at = alert.changed.ms().max(0).to_be_bytes();
    key(Area::AlertTime, &[&[alert.state as u8], &at, alert.id.as_bytes()])
}

fn merge<T: Ord>(into: &mut Vec<T>, more: Vec<T>, limit: usize) {
    for item in more {
        if into.len() < limit
            && let Err(place) = into.binary_search(&item)
        {
            into.insert(place, item);
        }
    }
}
