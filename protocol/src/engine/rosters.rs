//! The roster in force: how a node comes by the first one, by newer ones, and hands them on.
//!
//! **Promises.** Only a roster that verifies down to the pinned root keys and follows from the one
//! in force replaces it, whoever brought it; versions only go forward, one by one.
//! **Left to others.** The rules of a roster: `crate::roster`. Cutting connections and dialling:
//! the node, told by [`Output::RosterChanged`].

use std::sync::Arc;

use super::input::RequestId;
use super::output::{Event, NetworkEvent, Output, PeerReply};
use super::round::{Round, Route, Stop};
use super::timer::{self, Timer};
use super::{alerts, equivocation, lending, publishing, recovery, single, tags, takeovers};
use crate::calendar::WorkingCalendar;
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::cose::Received;
use crate::id::AnnexHash;
use crate::limits::{
    ANNEX_BYTES_MAX, CLOCK_SKEW_MS, ROSTER_FETCH_MS_MIN, ROSTER_LIFE_MS, ROSTER_REPLY_BYTES_MAX,
};
use crate::log::origin::NetworkName;
use crate::roster::chain::{AuthorityKeys, ChainError, VerifiedRoster};
use crate::roster::change::Change;
use crate::roster::check::RosterError;
use crate::roster::join_file::{JoinFile, JoinFileError};
use crate::roster::{Annex, AnnexKind, Roster};
use crate::store::{Staged, Store, StoreError, View};
use crate::time::Timestamp;

pub mod command;
pub mod frames;

mod kept;

#[cfg(test)]
mod tests;

use frames::{RosterReply, RosterRequest};

/// Why a node could not join.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The join file does not verify.
    #[error(transparent)]
    File(#[from] JoinFileError),
    /// The store belongs to a network with other root keys.
    #[error(
        "this data folder has joined network {0} by another join file; use a folder of its own"
    )]
    OtherNetwork(NetworkName),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts what a join file holds into a store, so that an engine can open it. A store that has joined
/// the same network keeps its roster where that is as new.
///
/// # Errors
/// When the file does not verify, the store has joined another network, or the store fails.
pub fn install(store: &mut impl Store, file: &JoinFile) -> Result<VerifiedRoster, InstallError> {
    let opened = file.open()?;
    let mut view = Staged::new(&*store);
    if let Some(anchor) = kept::anchor(&view)?
        && anchor != file.anchor
    {
        return Err(InstallError::OtherNetwork(anchor.network));
    }
    kept::put_anchor(&mut view, &file.anchor);
    kept::put_authority_keys(&mut view, &opened.keys);
    for annex in &opened.annexes {
        kept::put_annex(&mut view, annex);
    }
    let roster = opened.roster.roster();
    kept::put_roster(&mut view, roster.version, opened.roster.bytes());
    if single::roster(&view)?.is_none_or(|known| known.version < roster.version) {
        single::put_roster(&mut view, roster);
    }
    let batch = view.into_batch();
    store.commit(batch)?;
    Ok(opened.roster)
}

/// What a new member of this network would be handed now; `None` in a store without an anchor.
///
/// # Errors
/// When the store cannot be read.
pub fn join_file(view: &dyn View, roster: &Roster) -> Result<Option<JoinFile>, StoreError> {
    let (Some(keys), Some(bytes)) =
        (kept::authority_keys(view)?, kept::roster(view, roster.version)?)
    else {
        return Ok(None);
    };
    let mut annexes = Vec::new();
    for name in &roster.annexes {
        annexes.extend(kept::annex(view, name.hash)?);
    }
    let statements = keys.statements_from(0).map(|(_, bytes)| bytes.to_vec().into());
    Ok(Some(JoinFile {
        anchor: keys.anchor().clone(),
        authority_keys: statements.collect(),
        roster: bytes.into(),
        annexes,
    }))
}

/// The working days of the roster in force; weekdays only, where its calendar is not here yet.
///
/// # Errors
/// When the store cannot be read.
pub fn calendar(view: &dyn View, roster: &Roster) -> Result<WorkingCalendar, StoreError> {
    let Some(name) = roster.annex(AnnexKind::Calendar) else {
        return Ok(WorkingCalendar::default());
    };
    let annex = kept::annex(view, name.hash)?;
    let calendar = annex.and_then(|annex| cbor::decode(&annex.content).ok());
    Ok(calendar.unwrap_or_default())
}

/// Whether the content of an annex can be read by those who need it.
fn is_readable(annex: &Annex) -> bool {
    match annex.kind {
        AnnexKind::Calendar => cbor::decode::<WorkingCalendar>(&annex.content).is_ok(),
        // Nothing in the protocol reads these: they are for people and programs around it.
        AnnexKind::CodeTables | AnnexKind::ConsentTexts => true,
    }
}

/// The annex that makes every weekday a working day, until the authority publishes a year's.
#[must_use]
pub fn default_calendar() -> Annex {
    let content = cbor::encode(&WorkingCalendar::default()).into();
    Annex { kind: AnnexKind::Calendar, content }
}

pub(super) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    set_timer(round)?;
    tags::on_started(round)
}

/// A member has connected: it may hold a newer roster.
pub(super) fn on_connected(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    match wait_until(round)? {
        Some(_) => Ok(()),
        None => fetch(round, center),
    }
}

/// A member says which version it works by.
///
/// # Errors
/// When the store cannot be read.
pub fn on_version_seen(
    round: &mut Round<'_>,
    center: CenterCode,
    version: u64,
) -> Result<(), StoreError> {
    if version <= round.roster.version {
        return Ok(());
    }
    match wait_until(round)? {
        Some(later) => timer::set(round.view, later, Timer::FetchRoster(center)),
        None => fetch(round, center),
    }
}

/// When newer rosters may be asked for again, if not now: hints come often.
fn wait_until(round: &Round<'_>) -> Result<Option<Timestamp>, StoreError> {
    let last: Option<Timestamp> = single::read(round.view, b"roster fetched")?;
    let again = last.map(|last| last.plus_ms(ROSTER_FETCH_MS_MIN));
    Ok(again.filter(|again| round.now < *again))
}

/// Asks for newer rosters and missing annexes.
pub(super) fn fetch(round: &mut Round<'_>, from: CenterCode) -> Result<(), StoreError> {
    single::write(round.view, b"roster fetched", &round.now);
    ask(round, from)
}

fn ask(round: &mut Round<'_>, from: CenterCode) -> Result<(), StoreError> {
    if from == round.center() {
        return Ok(());
    }
    let request = RosterRequest {
        network: round.settings.network.clone(),
        known: round.roster.version,
        annexes: missing_annexes(round)?,
    };
    round.output(Output::FetchRoster { from, frame: cbor::encode(&request) });
    Ok(())
}

fn missing_annexes(round: &Round<'_>) -> Result<Vec<AnnexHash>, StoreError> {
    let mut missing = Vec::new();
    for name in &round.roster.annexes {
        if kept::annex(round.view, name.hash)?.is_none() {
            missing.push(name.hash);
        }
    }
    Ok(missing)
}

pub(super) fn on_requested(
    round: &mut Round<'_>,
    request: RequestId,
    frame: &[u8],
) -> Result<(), StoreError> {
    // Bytes that are no request get an empty reply: a stranger learns nothing from the difference.
    let reply = frames::reply(round.view, &round.roster, frame)?;
    let reply = reply.map(|reply| cbor::encode(&reply)).unwrap_or_default();
    round.respond(request, PeerReply::Roster(reply));
    Ok(())
}

pub(super) fn on_replied(round: &mut Round<'_>, frame: &[u8]) -> Result<(), StoreError> {
    if frame.len() > ROSTER_REPLY_BYTES_MAX {
        return Ok(());
    }
    let Ok(reply) = cbor::decode::<RosterReply>(frame) else {
        return Ok(());
    };
    let Some(mut keys) = kept::authority_keys(round.view)? else {
        return Ok(());
    };
    let before = round.roster.version;
    match verify(round, &mut keys, &reply) {
        Ok(rosters) => take_in(round, &keys, rosters)?,
        Err(why) => {
            if why == ChainError::Roster(RosterError::Fork) {
                alerts::on_forked_roster(round)?;
            }
            round.event(Event::Network(NetworkEvent::RosterRejected(why)));
        }
    }
    take_annexes(round, &reply.annexes)?;
    let more = round.roster.version < reply.newest || !missing_annexes(round)?.is_empty();
    if more && round.roster.version > before {
        // The authority holds every version and every annex.
        ask(round, round.roster.authority)?;
    }
    Ok(())
}

/// The rosters of a reply that are newer than the one in force, if all of them hold.
fn verify(
    round: &Round<'_>,
    keys: &mut AuthorityKeys,
    reply: &RosterReply,
) -> Result<Vec<VerifiedRoster>, ChainError> {
    let mut newer = Vec::new();
    for bytes in &reply.rosters {
        let received = Received::parse(bytes.to_vec())?;
        let claimed: Roster = cbor::decode(received.payload())
            .map_err(|_| ChainError::Statement(crate::refusal::Refusal::Malformed))?;
        // An old version may be brought by whoever is behind; it changes nothing.
        if claimed.version > round.roster.version {
            newer.push(bytes.to_vec());
        } else if claimed.version == round.roster.version && claimed != *round.roster {
            keys.verify_roster(bytes)?;
            return Err(RosterError::Fork.into());
        }
    }
    if newer.is_empty() {
        return Ok(Vec::new());
    }
    for statement in &reply.authority_keys {
        keys.add(statement)?;
    }
    let verified = keys.verify_chain(Some(&round.roster), &newer)?;
    let latest = round.now.plus_ms(CLOCK_SKEW_MS);
    if verified.iter().any(|next| next.roster().issued > latest) {
        return Err(ChainError::Statement(crate::refusal::Refusal::Future));
    }
    Ok(verified)
}

fn take_in(
    round: &mut Round<'_>,
    keys: &AuthorityKeys,
    rosters: Vec<VerifiedRoster>,
) -> Result<(), StoreError> {
    for next in &rosters {
        kept::put_roster(round.view, next.roster().version, next.bytes());
    }
    let Some(last) = rosters.into_iter().next_back() else {
        return Ok(());
    };
    kept::put_authority_keys(round.view, keys);
    put_in_force(round, last.into_roster())
}

/// From here on the round, and every later one, works by this roster.
fn put_in_force(round: &mut Round<'_>, roster: Roster) -> Result<(), StoreError> {
    single::put_roster(round.view, &roster);
    let before = core::mem::replace(&mut round.roster, Arc::new(roster));
    round.output(Output::RosterChanged(Arc::clone(&round.roster)));
    set_timer(round)?;
    alerts::on_roster(round)?;
    equivocation::on_roster(round, &before)?;
    recovery::on_roster(round)?;
    publishing::on_roster(round, &before)?;
    lending::on_roster(round, &before)?;
    takeovers::on_roster(round)?;
    tags::on_roster(round)
}

fn take_annexes(round: &mut Round<'_>, annexes: &[Annex]) -> Result<(), StoreError> {
    let missing = missing_annexes(round)?;
    for annex in annexes {
        if annex.content.len() <= ANNEX_BYTES_MAX && missing.contains(&annex.hash()) {
            kept::put_annex(round.view, annex);
        }
    }
    Ok(())
}

/// Milliseconds before the end of a roster's life at which the authority renews it by itself.
const RENEW_AHEAD_MS: i64 = ROSTER_LIFE_MS / 3;

fn set_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    let renew_by = round.roster.renew_by;
    let at = match round.settings.role {
        Role::Authority => renew_by.plus_ms(RENEW_AHEAD_MS.saturating_neg()),
        Role::Center => renew_by.plus_ms(1),
    };
    timer::set(round.view, at, Timer::Roster)
}

/// Milliseconds until a stale roster is told of again.
const STALE_AGAIN_MS: i64 = crate::time::DAY_MS;

pub(super) fn on_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.settings.role == Role::Authority {
        match command::issue_change(round, Change::Renew) {
            Ok(()) => return Ok(()),
            Err(Stop::Store(error)) => return Err(error),
            // The alarm below says it, and an operator who tries sees why.
            Err(Stop::Refused(_) | Stop::Explained(_)) => {}
        }
    }
    if round.roster.is_stale(round.now) {
        let version = round.roster.version;
        round.event(Event::Network(NetworkEvent::RosterStale { version }));
        alerts::on_stale_roster(round)?;
    }
    timer::set(round.view, round.now.plus_ms(STALE_AGAIN_MS), Timer::Roster)
}

/// Stages the next roster of the authority's own making: in force now, signed with the round.
fn issue(round: &mut Round<'_>, roster: Roster) -> Result<(), StoreError> {
    let version = roster.version;
    round.say(&roster, Route::Roster(version));
    put_in_force(round, roster)?;
    // The members learn of it with the next heartbeat, which need not wait.
    timer::set(round.view, round.now, Timer::Heartbeat)
}

/// Keeps what the authority has just signed.
pub(super) fn stage_signed(round: &mut Round<'_>, version: u64, bytes: &[u8]) {
    kept::put_roster(round.view, version, bytes);
}
