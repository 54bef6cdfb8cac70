//! When the authority may change the witnesses (见证席位), beyond what a roster alone can show.
//!
//! **Promises.** Witnesses change only a lease after most of them had taken the change before, so that no
//! majority of an older list can hold a lease; one is dropped only when no center can have paid out under
//! a lease that the others might not know of.
//! **Left to others.** One at a time, a lease apart: `roster::check`.

use minicbor::{Decode, Encode};

use super::witness;
use crate::center::{CenterCode, Role};
use crate::engine::round::{Round, Stop};
use crate::engine::{heartbeats, single};
use crate::lending::lease::ends_at;
use crate::lending::poll::majority;
use crate::limits::LEASE_MS;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::StoreError;
use crate::time::Timestamp;

/// When most of the witnesses had taken the last change of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::engine) struct Settled {
    /// The roster version of the change.
    #[n(1)]
    changed_in: u64,
    /// When this node had heard so of a majority.
    #[n(2)]
    at: Timestamp,
}

const ROW: &[u8] = b"witnesses-settled";

/// A member has said which roster it works by.
pub(in crate::engine) fn on_heartbeat(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.settings.role != Role::Authority {
        return Ok(());
    }
    let Some(lending) = round.roster.lending else { return Ok(()) };
    let known: Option<Settled> = single::read(round.view, ROW)?;
    if known.is_some_and(|known| known.changed_in == lending.changed_in) {
        return Ok(());
    }
    let mut caught_up = 0_usize;
    for witness in &round.roster.witnesses {
        let known = heartbeats::latest(round.view, *witness)?;
        let works_by = known.map_or(0, |row| row.heartbeat.roster_version);
        if *witness == round.center() || works_by >= lending.changed_in {
            caught_up = caught_up.saturating_add(1);
        }
    }
    if caught_up >= majority(round.roster.witnesses.len()) {
        let settled = Settled { changed_in: lending.changed_in, at: round.now };
        single::write(round.view, ROW, &settled);
    }
    Ok(())
}

/// Whether these may be the witnesses from now on.
///
/// # Errors
/// `WRONG_STATE`, with what is waited for; or the store cannot be read.
pub(in crate::engine) fn may_change(round: &Round<'_>, wanted: &[CenterCode]) -> Result<(), Stop> {
    let Some(lending) = round.roster.lending else { return Ok(()) };
    if wanted == round.roster.witnesses {
        return Ok(());
    }
    let settled: Option<Settled> = single::read(round.view, ROW)?;
    let settled = settled.filter(|settled| settled.changed_in == lending.changed_in);
    let Some(settled) = settled.filter(|known| round.now.ms_since(known.at) >= LEASE_MS) else {
        let why = "leases may still run that were granted by the witnesses of before; change them a \
                   day after most of them had the roster that changed them last";
        return Err(Stop::explained(Refusal::WrongState, why));
    };
    if round.roster.witnesses.iter().all(|witness| wanted.contains(witness)) {
        return Ok(());
    }
    let centers = round.roster.members.iter();
    for center in centers.filter(|member| member.role == Role::Center) {
        if center.status == MemberStatus::Revoked {
            continue;
        }
        let shown = witness::shown(round, center.code)?;
        if shown.is_none_or(|shown| shown.at <= ends_at(settled.at)) {
            let why = format!(
                "{} was not heard of for a day since the witnesses changed last: it may have paid out \
                 under a lease that the dropped witness alone remembers; wait for it, or revoke it",
                center.code
            );
            return Err(Stop::explained(Refusal::WrongState, &why));
        }
    }
    Ok(())
}
