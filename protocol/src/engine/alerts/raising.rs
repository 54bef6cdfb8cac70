//! One alert a cause: raised, resolved, kept under its time, counted, told to the watchers.
//!
//! **Promises.** A cause that is there already changes at most the evidence; the counts move with the
//! alerts in one batch.
//! **Left to others.** Whether there is a cause: `members`, `digests`, `incident`.

use super::{AlertCount, COUNTS, alert, counts};
use crate::authority::alert::{Alert, AlertState, AlertSubject, EVIDENCE_MAX, Evidence, alert_id};
use crate::authority::alert_rule::AlertRule;
use crate::cbor;
use crate::center::CenterCode;
use crate::engine::output::{Event, NetworkEvent};
use crate::engine::round::Round;
use crate::engine::single;
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// What an alert is raised for.
pub(super) struct Cause {
    pub(super) rule: AlertRule,
    pub(super) subject: AlertSubject,
    pub(super) centers: Vec<CenterCode>,
    pub(super) evidence: Vec<Evidence>,
}

/// Raises an alert, or adds to one that is open.
pub(super) fn raise(round: &mut Round<'_>, cause: Cause) -> Result<(), StoreError> {
    if !cause.rule.is_kept_by(round.settings.role) {
        return Ok(());
    }
    let id = alert_id(cause.rule, cause.subject);
    let known = alert(round.view, id)?;
    let mut alert = known.clone().unwrap_or_else(|| Alert {
        id,
        rule: cause.rule,
        rule_version: cause.rule.version(),
        subject: cause.subject,
        centers: Vec::new(),
        evidence: Vec::new(),
        first_seen: round.now,
        last_seen: round.now,
        state: AlertState::Resolved,
        times: 0,
    });
    let news = alert.state == AlertState::Resolved;
    if news {
        alert.times = alert.times.saturating_add(1);
        alert.state = AlertState::Open;
        // What showed the cause the last time has gone.
        (alert.centers, alert.evidence) = (Vec::new(), Vec::new());
    }
    alert.rule_version = cause.rule.version();
    merge(&mut alert.centers, cause.centers, usize::MAX);
    merge(&mut alert.evidence, cause.evidence, EVIDENCE_MAX);
    if !news && known.as_ref() == Some(&alert) {
        return Ok(());
    }
    keep(round, known.as_ref(), alert)
}

/// The cause has gone by itself.
pub(super) fn resolve(
    round: &mut Round<'_>,
    rule: AlertRule,
    subject: AlertSubject,
) -> Result<(), StoreError> {
    let known = alert(round.view, alert_id(rule, subject))?;
    let Some(known) = known.filter(|known| known.state == AlertState::Open) else {
        return Ok(());
    };
    let resolved = Alert { state: AlertState::Resolved, ..known.clone() };
    keep(round, Some(&known), resolved)
}

/// Stages an alert, its place in the index and the counts, and tells of it when its state is new.
fn keep(round: &mut Round<'_>, before: Option<&Alert>, mut alert: Alert) -> Result<(), StoreError> {
    if let Some(before) = before {
        round.view.delete(time_key(before));
    }
    alert.last_seen = round.now;
    round.view.put(time_key(&alert), Vec::new());
    round.view.put(key(Area::Alert, &[alert.id.as_bytes()]), cbor::encode(&alert));
    let was_open = before.is_some_and(|before| before.state == AlertState::Open);
    let is_open = alert.state == AlertState::Open;
    if was_open == is_open {
        return Ok(());
    }
    let open = count(round, alert.rule, is_open)?;
    round.event(Event::Network(NetworkEvent::Alert {
        alert: alert.id,
        rule: alert.rule,
        state: alert.state,
        centers: alert.centers,
        open,
    }));
    Ok(())
}

/// Counts an alert as raised or resolved; gives how many of the rule are open.
fn count(round: &mut Round<'_>, rule: AlertRule, raised: bool) -> Result<u32, StoreError> {
    let mut all = counts(round.view)?;
    let place = all.iter().position(|count| count.rule == rule);
    let mut entry = match place {
        Some(place) => all.remove(place),
        None => AlertCount { rule, open: 0, raised: 0 },
    };
    if raised {
        entry.open = entry.open.saturating_add(1);
        entry.raised = entry.raised.saturating_add(1);
    } else {
        entry.open = entry.open.saturating_sub(1);
    }
    all.push(entry);
    all.sort_unstable_by_key(|count| count.rule);
    single::write(round.view, COUNTS, &all);
    Ok(entry.open)
}

fn time_key(alert: &Alert) -> Vec<u8> {
    let at = alert.last_seen.ms().max(0).to_be_bytes();
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
