//! What is watched of others: members and their entries by all; both sides of a transfer, and accounts at two
//! centers, by the authority.
//!
//! **Promises.** Each wait has a timer, or an alert that stands; the timer that is set judges at once what stands then.
//! **Left to others.** Judging: `alerts`. Answers to the authority's questions: `waiting`.

use super::super::alerts::alert;
use super::super::log_store;
use super::super::single;
use super::super::tag_index::{IndexedDigest, place_of};
use super::super::timer::{self, Timer};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::authority::alert::{AlertSubject, alert_id};
use crate::authority::alert_rule::AlertRule;
use crate::authority::rules::{TransferStanding, overlapping_accounts, transfer_standing};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::id::{ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::TreeSize;
use crate::roster::Roster;
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// Checks what is watched; nothing before the first start.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let Some(roster) = single::roster(bench.view).ok().flatten() else { return Ok(()) };
    if !timer::is_set(bench.view, Timer::Heartbeat)? {
        return Ok(());
    }
    let is_authority = roster.authority == bench.expected.center;
    members(bench, &roster, if is_authority { Role::Authority } else { Role::Center })?;
    if !is_authority {
        return Ok(());
    }
    transfers(bench)?;
    overlaps(bench)
}

/// A member is heard, or called silent; what it announces is held, or missed.
fn members(bench: &mut Bench<'_>, roster: &Roster, role: Role) -> Result<(), StoreError> {
    let others = roster.active().filter(|member| member.code != bench.expected.center);
    for center in others.map(|member| member.code) {
        let subject = AlertSubject::Member(center);
        require(bench, Timer::Silence(center), &[(AlertRule::Silence, subject)])?;
        if AlertRule::LogGap.is_kept_by(role) && misses_entries(bench, center)? {
            require(bench, Timer::Gap(center), &[(AlertRule::LogGap, subject)])?;
        }
    }
    Ok(())
}

fn misses_entries(bench: &Bench<'_>, center: CenterCode) -> Result<bool, StoreError> {
    let row = bench.view.get(&key(Area::LogGap, &[&center.to_key()]))?;
    let announced = row.and_then(|bytes| cbor::decode::<(LogId, TreeSize)>(&bytes).ok());
    let Some((log, size)) = announced else { return Ok(false) };
    Ok(log_store::row(bench.view, log).is_ok_and(|held| held.size < size))
}

/// Both sides of a transfer have published, and the same.
fn transfers(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    each_tag(bench, Area::ReferenceIndex, |bench, tag, live| {
        if transfer_standing(live) == TransferStanding::Settled {
            return Ok(());
        }
        let reference = ReferenceTag::new(tag);
        let subject = AlertSubject::Transfer(reference);
        let rules = [AlertRule::OneSidedTransfer, AlertRule::SheetsDiffer];
        require(bench, Timer::Pair(reference), &rules.map(|rule| (rule, subject)))
    })
}

/// A person has open accounts at one center.
fn overlaps(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    each_tag(bench, Area::TagIndex, |bench, tag, live| {
        if overlapping_accounts(live).is_empty() {
            return Ok(());
        }
        let tag = SubjectTag::new(tag);
        let about = (AlertRule::OverlappingAccounts, AlertSubject::Person(tag));
        require(bench, Timer::Overlap(tag), &[about])
    })
}

/// A timer that must be set, unless one of these alerts stands.
fn require(
    bench: &mut Bench<'_>,
    timer: Timer,
    alerts: &[(AlertRule, AlertSubject)],
) -> Result<(), StoreError> {
    let view = bench.view;
    if timer::is_set(view, timer)? {
        return Ok(());
    }
    for (rule, subject) in alerts {
        // An alert that cannot be read is a finding of its own.
        let raised = alert(view, alert_id(*rule, *subject)).ok().flatten();
        if raised.is_some_and(|alert| alert.is_present) {
            return Ok(());
        }
    }
    let rule = alerts.first().map_or("", |(rule, _)| rule.name());
    let what = format!("a wait before the alert {rule}");
    let now = single::clock(view).unwrap_or_default();
    bench.set_timer((Fault::Timer, what), now, timer);
    Ok(())
}

/// Goes through the live digests of each tag of an index.
fn each_tag(
    bench: &mut Bench<'_>,
    area: Area,
    mut visit: impl FnMut(&mut Bench<'_>, [u8; 32], &[IndexedDigest]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let view = bench.view;
    let mut live: Vec<IndexedDigest> = Vec::new();
    let mut before: Option<[u8; 32]> = None;
    each_of(view, area, |_, (row, value)| {
        let tag = row.get(1..33).and_then(|tag| tag.try_into().ok());
        let (Some(tag), Some((log, leaf))) = (tag, place_of(row)) else { return Ok(()) };
        let Ok(digest) = cbor::decode(value) else { return Ok(()) };
        if let Some(before) = before.replace(tag).filter(|before| *before != tag) {
            visit(bench, before, &live)?;
            live.clear();
        }
        live.push(IndexedDigest { log, leaf, digest });
        Ok(())
    })?;
    before.map_or(Ok(()), |tag| visit(bench, tag, &live))
}
