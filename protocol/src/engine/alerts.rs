//! The watch at work: digests and heartbeats go by, alerts are raised, resolved, kept and shown.
//!
//! **Promises.** The same cause raises one alert, whatever happens twice; an alert is committed with
//! what raised it. Looking at a digest costs one lookup a pseudonym.
//! **Left to others.** The rules: `authority::rules`. Following logs: `following`.

use minicbor::{Decode, Encode};

use super::output::{Event, NetworkEvent};
use super::round::{Round, Stop};
use super::timer::{self, Timer};
use super::{rosters, single, tag_index};
use crate::authority::alert::{
    Alert, AlertRule, AlertState, AlertSubject, EVIDENCE_MAX, Evidence, alert_id,
};
use crate::authority::rules::{
    TRANSFER_PAIR_DAYS, TransferStanding, double_loan, transfer_standing,
};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::digest::{Digest, DigestStatus};
use crate::id::{AlertId, ReferenceTag};
use crate::limits::CURRENT_MS;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::{Date, Timestamp};

/// Digests looked at for one pseudonym: more running loans or transfer steps no person has.
const LIVE_MAX: usize = 64;
/// Milliseconds that one log may be followed later than another: no transfer is called one-sided,
/// no sheet different, before the other side had the time to come in.
const GRACE_MS: i64 = 600_000;
/// Milliseconds after which a member must work by a roster that is in force.
const ROSTER_SPREAD_MS: i64 = 600_000;
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

/// What an alert is raised for.
struct Cause {
    rule: AlertRule,
    subject: AlertSubject,
    centers: Vec<CenterCode>,
    evidence: Vec<Evidence>,
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

/// The node has started, or the roster has changed: silence is counted from here on.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    for member in std::sync::Arc::clone(&round.roster).active() {
        let waits = Timer::Silence(member.code);
        if member.code != round.center() && !timer::is_set(round.view, waits)? {
            timer::set(round.view, round.now.plus_ms(CURRENT_MS), waits)?;
        }
    }
    let subject = AlertSubject::Roster;
    if !round.roster.is_stale(round.now) {
        resolve(round, AlertRule::StaleRoster, subject)?;
    }
    Ok(())
}

/// The node has started: nobody was heard while it was away.
pub(super) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    for member in std::sync::Arc::clone(&round.roster).active() {
        if member.code != round.center() {
            let at = round.now.plus_ms(CURRENT_MS);
            timer::set(round.view, at, Timer::Silence(member.code))?;
        }
    }
    Ok(())
}

/// The roster in force is past its time.
pub(super) fn on_stale_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let centers = vec![round.roster.authority];
    let (rule, subject) = (AlertRule::StaleRoster, AlertSubject::Roster);
    raise(round, Cause { rule, subject, centers, evidence: Vec::new() })
}

/// The authority has signed two rosters of one version.
pub(super) fn on_forked_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let centers = vec![round.roster.authority];
    let (rule, subject) = (AlertRule::Equivocation, AlertSubject::Roster);
    raise(round, Cause { rule, subject, centers, evidence: Vec::new() })
}

/// A member was heard.
pub(super) fn on_heartbeat(
    round: &mut Round<'_>,
    center: CenterCode,
    roster_version: u64,
) -> Result<(), StoreError> {
    timer::set(round.view, round.now.plus_ms(CURRENT_MS), Timer::Silence(center))?;
    let subject = AlertSubject::Member(center);
    resolve(round, AlertRule::Silence, subject)?;
    if roster_version >= round.roster.version {
        return resolve(round, AlertRule::StaleRoster, subject);
    }
    if round.now.ms_since(round.roster.issued) <= ROSTER_SPREAD_MS {
        return Ok(());
    }
    let rule = AlertRule::StaleRoster;
    raise(round, Cause { rule, subject, centers: vec![center], evidence: Vec::new() })
}

/// A member was not heard for as long as a center stays current.
pub(super) fn on_silence(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    let active =
        round.roster.member(center).is_some_and(|member| member.status == MemberStatus::Active);
    let (rule, subject) = (AlertRule::Silence, AlertSubject::Member(center));
    if !active {
        return resolve(round, rule, subject);
    }
    raise(round, Cause { rule, subject, centers: vec![center], evidence: Vec::new() })
}

/// A log was proven to have two faces.
pub(super) fn on_equivocation(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::Equivocation, AlertSubject::Log(log));
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence: Vec::new() })
}

/// A signed checkpoint does not fit what is held of its log.
pub(super) fn on_misfit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Log(log));
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence: Vec::new() })
}

/// It fits after all.
pub(super) fn on_fit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    resolve(round, AlertRule::InvalidUpdate, AlertSubject::Log(log))
}

/// A leaf is no digest, or a revision of something else than it says.
pub(super) fn on_invalid_leaf(
    round: &mut Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Leaves(log));
    let evidence = vec![Evidence { log, leaf }];
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence })
}

/// A digest of another member came in and stands in the index.
pub(super) fn on_digest(round: &mut Round<'_>, digest: &Digest) -> Result<(), StoreError> {
    if round.settings.role != Role::Authority {
        return Ok(());
    }
    match digest.status {
        DigestStatus::LoanGranted | DigestStatus::LoanSettled | DigestStatus::Lost => {
            for tag in &digest.subjects {
                let live = tag_index::by_tag(round.view, *tag, LIVE_MAX)?;
                let (rule, subject) = (AlertRule::DoubleLoan, AlertSubject::Person(*tag));
                judge(round, (rule, subject), double_loan(&live))?;
            }
            // A lost record may have been one side of a transfer.
            match digest.reference.filter(|_| digest.status == DigestStatus::Lost) {
                Some(reference) => watch_transfer(round, reference),
                None => Ok(()),
            }
        }
        DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned => match digest.reference {
            Some(reference) => watch_transfer(round, reference),
            None => Ok(()),
        },
        DigestStatus::AccountOpen
        | DigestStatus::AccountClosed
        | DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired => Ok(()),
    }
}

/// Sets the time at which a transfer is judged, or resolves what was raised about it.
fn watch_transfer(round: &mut Round<'_>, reference: ReferenceTag) -> Result<(), StoreError> {
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let soonest = round.now.plus_ms(GRACE_MS);
    let pair = Timer::Pair(reference);
    let standing = transfer_standing(&live);
    let subject = AlertSubject::Transfer(reference);
    match standing {
        TransferStanding::Settled => {
            timer::clear(round.view, pair)?;
            resolve(round, AlertRule::OneSidedTransfer, subject)?;
            resolve(round, AlertRule::SheetsDiffer, subject)
        }
        TransferStanding::OneSided { since, .. } => {
            resolve(round, AlertRule::SheetsDiffer, subject)?;
            let at = deadline(round, since)?.max(soonest);
            timer::set(round.view, at, pair)
        }
        TransferStanding::SheetsDiffer => {
            resolve(round, AlertRule::OneSidedTransfer, subject)?;
            timer::set(round.view, soonest, pair)
        }
    }
}

/// The end of the working day by which both sides must have published.
fn deadline(round: &Round<'_>, since: Date) -> Result<Timestamp, StoreError> {
    let calendar = rosters::calendar(round.view, &round.roster)?;
    let last = calendar.plus_working_days(since, TRANSFER_PAIR_DAYS);
    let after = last.and_then(|last| last.plus_days(1));
    // A date at the end of the calendar has no deadline to wait for.
    Ok(after.map_or(round.now, Timestamp::start_of))
}

/// The time for the other side is over: what stands now is judged.
pub(super) fn on_pair(round: &mut Round<'_>, reference: ReferenceTag) -> Result<(), StoreError> {
    let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
    let rule = match transfer_standing(&live) {
        TransferStanding::Settled => return Ok(()),
        TransferStanding::OneSided { .. } => AlertRule::OneSidedTransfer,
        TransferStanding::SheetsDiffer => AlertRule::SheetsDiffer,
    };
    judge(round, (rule, AlertSubject::Transfer(reference)), live.iter().collect())
}

/// Raises an alert over these digests, or resolves it when there are none.
fn judge(
    round: &mut Round<'_>,
    (rule, subject): (AlertRule, AlertSubject),
    found: Vec<&tag_index::IndexedDigest>,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return resolve(round, rule, subject);
    }
    let centers = found.iter().map(|found| found.log.center).collect();
    let evidence =
        found.iter().map(|found| Evidence { log: found.log, leaf: found.leaf }).collect();
    raise(round, Cause { rule, subject, centers, evidence })
}

fn raise(round: &mut Round<'_>, cause: Cause) -> Result<(), StoreError> {
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

fn resolve(
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

#[cfg(test)]
mod tests;
