//! What members do or leave undone: silence, two faces, leaves that do not fit, old rosters.
//!
//! **Promises.** Nobody is called silent for a time in which this node was away itself.
//! **Left to others.** Proofs of two faces: `equivocation`. Keeping alerts: `raising`.

use std::sync::Arc;

use super::raising::{Cause, raise, resolve};
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::engine::round::Round;
use crate::engine::timer::{self, Timer};
use crate::limits::CURRENT_MS;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::roster::MemberStatus;
use crate::store::StoreError;

/// Milliseconds after which a member must work by a roster that is in force.
pub(super) const ROSTER_SPREAD_MS: i64 = 600_000;

/// The node has started, or the roster has changed: silence is counted from here on.
pub(in crate::engine) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    for member in Arc::clone(&round.roster).active() {
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
pub(in crate::engine) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    for member in Arc::clone(&round.roster).active() {
        if member.code != round.center() {
            let at = round.now.plus_ms(CURRENT_MS);
            timer::set(round.view, at, Timer::Silence(member.code))?;
        }
    }
    Ok(())
}

/// The roster in force is past its time.
pub(in crate::engine) fn on_stale_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let centers = vec![round.roster.authority];
    let (rule, subject) = (AlertRule::StaleRoster, AlertSubject::Roster);
    raise(round, Cause { rule, subject, centers, evidence: Vec::new() })
}

/// The authority has signed two rosters of one version.
pub(in crate::engine) fn on_forked_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let centers = vec![round.roster.authority];
    let (rule, subject) = (AlertRule::Equivocation, AlertSubject::Roster);
    raise(round, Cause { rule, subject, centers, evidence: Vec::new() })
}

/// A member was heard.
pub(in crate::engine) fn on_heartbeat(
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
pub(in crate::engine) fn on_silence(
    round: &mut Round<'_>,
    center: CenterCode,
) -> Result<(), StoreError> {
    let active =
        round.roster.member(center).is_some_and(|member| member.status == MemberStatus::Active);
    let (rule, subject) = (AlertRule::Silence, AlertSubject::Member(center));
    if !active {
        return resolve(round, rule, subject);
    }
    raise(round, Cause { rule, subject, centers: vec![center], evidence: Vec::new() })
}

/// A log was proven to have two faces.
pub(in crate::engine) fn on_equivocation(
    round: &mut Round<'_>,
    log: LogId,
) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::Equivocation, AlertSubject::Log(log));
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence: Vec::new() })
}

/// A signed checkpoint does not fit what is held of its log.
pub(in crate::engine) fn on_misfit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Log(log));
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence: Vec::new() })
}

/// It fits after all.
pub(in crate::engine) fn on_fit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    resolve(round, AlertRule::InvalidUpdate, AlertSubject::Log(log))
}

/// A leaf is no digest, or a revision of something else than it says.
pub(in crate::engine) fn on_invalid_leaf(
    round: &mut Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Leaves(log));
    let evidence = vec![Evidence::Leaf(log, leaf)];
    raise(round, Cause { rule, subject, centers: vec![log.center], evidence })
}
