//! What members do or leave undone: silence, two faces, leaves that do not fit, old rosters.
//!
//! **Promises.** Nobody is called silent for a time in which this node was away itself.
//! **Left to others.** Proofs of two faces: `equivocation`. Keeping alerts: `raising`.

use std::sync::Arc;

use super::raising::{Shown, heal, raise};
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::cbor;
use crate::center::CenterCode;
use crate::engine::log_store;
use crate::engine::round::Round;
use crate::engine::timer::{self, Timer};
use crate::id::CauseId;
use crate::limits::CURRENT_MS;
use crate::log::origin::LogId;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::roster::MemberStatus;
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// Milliseconds in which entries that a center has announced are had from it or from anybody else.
pub(super) const GAP_MS: i64 = 600_000;
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
        heal(round, (AlertRule::StaleRoster, subject))?;
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
    let about = Shown::about(round.roster.authority);
    raise(round, (AlertRule::StaleRoster, AlertSubject::Roster), about)
}

/// The authority has signed two rosters of one version.
pub(in crate::engine) fn on_forked_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let about = Shown::about(round.roster.authority);
    raise(round, (AlertRule::Equivocation, AlertSubject::Roster), about)
}

/// A member was heard.
pub(in crate::engine) fn on_heartbeat(
    round: &mut Round<'_>,
    center: CenterCode,
    roster_version: u64,
) -> Result<(), StoreError> {
    timer::set(round.view, round.now.plus_ms(CURRENT_MS), Timer::Silence(center))?;
    let subject = AlertSubject::Member(center);
    heal(round, (AlertRule::Silence, subject))?;
    if roster_version >= round.roster.version {
        return heal(round, (AlertRule::StaleRoster, subject));
    }
    if round.now.ms_since(round.roster.issued) <= ROSTER_SPREAD_MS {
        return Ok(());
    }
    raise(round, (AlertRule::StaleRoster, subject), Shown::about(center))
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
        return heal(round, (rule, subject));
    }
    raise(round, (rule, subject), Shown::about(center))
}

/// A log was proven to have two faces.
pub(in crate::engine) fn on_equivocation(
    round: &mut Round<'_>,
    log: LogId,
) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::Equivocation, AlertSubject::Log(log));
    raise(round, (rule, subject), Shown::about(log.center))
}

/// A signed checkpoint does not fit what is held of its log.
pub(in crate::engine) fn on_misfit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Log(log));
    raise(round, (rule, subject), Shown::about(log.center))
}

/// It fits after all.
pub(in crate::engine) fn on_fit(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    heal(round, (AlertRule::InvalidUpdate, AlertSubject::Log(log)))
}

/// A leaf is no digest, or a revision of something else than it says.
pub(in crate::engine) fn on_invalid_leaf(
    round: &mut Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<(), StoreError> {
    let (rule, subject) = (AlertRule::InvalidUpdate, AlertSubject::Leaves(log));
    let evidence = vec![Evidence::Leaf(log, leaf)];
    let causes = vec![cause_of_leaf(leaf)];
    raise(round, (rule, subject), Shown { evidence, causes, ..Shown::about(log.center) })
}

/// Each leaf that does not fit is a cause of its own.
fn cause_of_leaf(leaf: LeafIndex) -> CauseId {
    let context = "fundlink/1 cause of an alert about a leaf";
    CauseId::new(blake3::derive_key(context, &leaf.get().to_be_bytes()))
}

/// A member vouches, in a signed heartbeat, for a checkpoint that is not signed as its log is.
pub(in crate::engine) fn on_invalid_root(
    round: &mut Round<'_>,
    center: CenterCode,
) -> Result<(), StoreError> {
    raise(round, (AlertRule::InvalidRoot, AlertSubject::Member(center)), Shown::about(center))
}

/// A heartbeat names the head of a log: what it announces must be had before long.
pub(in crate::engine) fn on_head(
    round: &mut Round<'_>,
    center: CenterCode,
    head: Option<(LogId, TreeSize)>,
) -> Result<(), StoreError> {
    let subject = AlertSubject::Member(center);
    if head.is_some() {
        heal(round, (AlertRule::InvalidRoot, subject))?;
    }
    let place = key(Area::LogGap, &[&center.to_key()]);
    let announced: Option<(LogId, TreeSize)> = match round.view.get(&place)? {
        Some(bytes) => Some(cbor::decode_stored("log gaps", &bytes)?),
        None => None,
    };
    if let Some((log, size)) = announced
        && log_store::row(round.view, log)?.size >= size
    {
        round.view.delete(place.clone());
        timer::clear(round.view, Timer::Gap(center))?;
        heal(round, (AlertRule::LogGap, subject))?;
    } else if announced.is_some() {
        return Ok(());
    }
    let Some((log, size)) = head else { return Ok(()) };
    if log_store::row(round.view, log)?.size < size {
        round.view.put(place, cbor::encode(&(log, size)));
        timer::set(round.view, round.now.plus_ms(GAP_MS), Timer::Gap(center))?;
    }
    Ok(())
}

/// What a center has announced should be held by now.
pub(in crate::engine) fn on_gap(
    round: &mut Round<'_>,
    center: CenterCode,
) -> Result<(), StoreError> {
    let Some(bytes) = round.view.get(&key(Area::LogGap, &[&center.to_key()]))? else {
        return Ok(());
    };
    let (log, size): (LogId, TreeSize) = cbor::decode_stored("log gaps", &bytes)?;
    if log_store::row(round.view, log)?.size >= size {
        return Ok(());
    }
    raise(round, (AlertRule::LogGap, AlertSubject::Member(center)), Shown::about(center))
}
