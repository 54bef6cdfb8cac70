//! The barrier (重启保护期) of a witness that may have forgotten what it granted: restored or new.
//!
//! **Promises.** It grants nothing until every center has shown its log past a whole lease since the
//! first word that was heard of it: whatever was forgotten is over by then, and its payouts are known.
//! Times are those of the centers' own clocks; the witness's clock can only make it wait longer.
//! **Left to others.** Noticing that a store was restored: `recovery`. Listing witnesses: `roster`.

use minicbor::{Decode, Encode};

use super::shown;
use crate::center::{CenterCode, Role};
use crate::engine::round::Round;
use crate::engine::single;
use crate::lending::lease::ends_at;
use crate::limits::{CLOCK_SKEW_MS, CURRENT_MS, LEASE_MS};
use crate::roster::{Member, Roster};
use crate::statement::heartbeat::Heartbeat;
use crate::store::StoreError;
use crate::time::Timestamp;

/// Whether this node's table of first intents is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::engine) struct WitnessRow {
    /// Why nothing is granted yet; absent where the table is whole.
    #[n(1)]
    barrier: Option<Barrier>,
}

/// What must pass before a witness that may have forgotten something grants again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Barrier {
    /// Since when, by the own clock.
    #[n(1)]
    since: Timestamp,
    /// The first that was heard of each center since, by its clock: what was forgotten is older.
    #[n(2)]
    heard: Vec<(CenterCode, Timestamp)>,
    /// Centers whose leases the authority has ruled to be over.
    #[n(3)]
    ruled: Vec<CenterCode>,
}

const ROW: &[u8] = b"lease-witness";

/// This node's store is older than what it has said, or somebody else's: what it granted may be
/// forgotten. From now on it grants nothing until every center has shown its log past a lease.
pub fn restarted_from_backup(round: &mut Round<'_>) {
    start_barrier(round);
}

fn start_barrier(round: &mut Round<'_>) {
    let barrier = Barrier { since: round.now, heard: Vec::new(), ruled: Vec::new() };
    single::write(round.view, ROW, &WitnessRow { barrier: Some(barrier) });
}

/// A store without a table has forgotten it, or never had one: only a roster that opens lending finds
/// witnesses that are not new.
pub(in crate::engine::lending) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.roster.lending.is_some() && single::read::<WitnessRow>(round.view, ROW)?.is_none() {
        start_barrier(round);
    }
    Ok(())
}

/// A roster came into force.
pub(in crate::engine::lending) fn on_roster(
    round: &mut Round<'_>,
    before: &Roster,
) -> Result<(), StoreError> {
    let own = round.center();
    if round.roster.lending.is_none() {
        return Ok(());
    }
    let was_listed = before.witnesses.contains(&own);
    let is_listed = round.roster.witnesses.contains(&own);
    if before.lending.is_none() && was_listed {
        if single::read::<WitnessRow>(round.view, ROW)?.is_none() {
            single::write(round.view, ROW, &WitnessRow::default());
        }
    } else if is_listed && !was_listed {
        start_barrier(round);
    }
    Ok(())
}

/// A member has shown itself: while the barrier stands, its first word is remembered.
pub(in crate::engine) fn on_heartbeat(
    round: &mut Round<'_>,
    heartbeat: &Heartbeat,
) -> Result<(), StoreError> {
    let Some(mut row) = single::read::<WitnessRow>(round.view, ROW)? else { return Ok(()) };
    let Some(barrier) = &mut row.barrier else { return Ok(()) };
    if barrier.heard.iter().any(|(center, _)| *center == heartbeat.from) {
        return Ok(());
    }
    barrier.heard.push((heartbeat.from, heartbeat.issued_at));
    single::write(round.view, ROW, &row);
    Ok(())
}

/// Since when nothing is granted; `None` where the table is whole.
pub(super) fn withheld_since(round: &mut Round<'_>) -> Result<Option<Timestamp>, StoreError> {
    let Some(row) = single::read::<WitnessRow>(round.view, ROW)? else {
        start_barrier(round);
        return Ok(Some(round.now));
    };
    let Some(barrier) = row.barrier else { return Ok(None) };
    if !is_passed(round, &barrier)? {
        return Ok(Some(barrier.since));
    }
    single::write(round.view, ROW, &WitnessRow::default());
    Ok(None)
}

fn is_passed(round: &Round<'_>, barrier: &Barrier) -> Result<bool, StoreError> {
    if round.now.ms_since(barrier.since) < LEASE_MS.saturating_add(CLOCK_SKEW_MS) {
        return Ok(false);
    }
    let ruled = |center: &Member| barrier.ruled.contains(&center.code);
    // A center that was cut off longer than a lease ago can hold none any more.
    let is_gone = |center: &Member| {
        let revoked = center.revocation.as_ref();
        revoked.is_some_and(|revoked| barrier.since.ms_since(revoked.at) >= LEASE_MS)
    };
    for center in round.roster.members.iter().filter(|member| member.role == Role::Center) {
        if center.code == round.center() || ruled(center) || is_gone(center) {
            continue;
        }
        let heard = barrier.heard.iter().find(|(code, _)| *code == center.code);
        let Some((_, first)) = heard else { return Ok(false) };
        // A heartbeat may be a little older than its coming in.
        let over = ends_at(*first).plus_ms(CURRENT_MS.saturating_add(CLOCK_SKEW_MS));
        if shown(round, center.code)?.is_none_or(|shown| shown.at <= over) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Since when nothing is granted, as it stands.
pub(in crate::engine::lending) fn stands_since(
    round: &Round<'_>,
) -> Result<Option<Timestamp>, StoreError> {
    let row = single::read::<WitnessRow>(round.view, ROW)?;
    let Some(barrier) = row.and_then(|row| row.barrier) else { return Ok(None) };
    Ok(if is_passed(round, &barrier)? { None } else { Some(barrier.since) })
}

/// The authority has ruled that the leases of a center up to a time are over.
pub(super) fn on_ruling(
    round: &mut Round<'_>,
    center: CenterCode,
    asked_until: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut row) = single::read::<WitnessRow>(round.view, ROW)? else { return Ok(()) };
    let Some(barrier) = &mut row.barrier else { return Ok(()) };
    if asked_until >= barrier.since && !barrier.ruled.contains(&center) {
        barrier.ruled.push(center);
        single::write(round.view, ROW, &row);
    }
    Ok(())
}
