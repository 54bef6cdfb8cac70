//! Heartbeats: what each center says of itself once a minute, and whether it is current.
//!
//! **Promises.** A center is current when its heartbeat is younger than 5 minutes and its log is
//! held up to the checkpoint in it; nobody is taken for current on older news.
//! **Left to others.** What a center that is not current means for a query: `queries`.

use minicbor::{Decode, Encode};

use super::output::{Event, GossipVerdict, Output};
use super::round::{Round, Route};
use super::timer::{self, Timer};
use super::{
    alerts, following, lending, log_store, modes, publication, records, recovery, rosters, single,
};
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::key::KeyPurpose;
use crate::limits::{CLOCK_SKEW_MS, CURRENT_MS, HEARTBEAT_MS};
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::TreeSize;
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::statement::Statement;
use crate::statement::heartbeat::Heartbeat;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// The latest heartbeat of a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeartbeatRow {
    /// What it said.
    #[n(1)]
    pub heartbeat: Heartbeat,
    /// When it came in.
    #[n(2)]
    pub received_at: Timestamp,
    /// The log of the checkpoint in it, and its size; absent before the first.
    #[n(3)]
    pub head: Option<(LogId, TreeSize)>,
}

/// Says what is to be said, and sets the next time.
pub(super) fn beat(round: &mut Round<'_>) -> Result<(), StoreError> {
    timer::set(round.view, round.now.plus_ms(HEARTBEAT_MS), Timer::Heartbeat)?;
    if round.own_key(KeyPurpose::Statement).is_none() {
        // A node that only serves what it holds has nothing to sign with.
        return Ok(());
    }
    let open = round.roster.member(round.center()).and_then(crate::roster::Member::open_log);
    let note = match open {
        Some(number) => following::latest_note(round, LogId::public(round.center(), number))?,
        None => None,
    };
    let covered = match &note {
        Some(note) => following::checkpoint_of(note)?.size,
        None => TreeSize::ZERO,
    };
    // Where the last log is convicted, leaves go into the one that the roster will open.
    let written = publication::own_log(round, LogKind::Public)?;
    // A store that may be behind must not pass for all that the center did.
    let ahead = if Some(written.number) == open && !recovery::is_recovering(round.view)? {
        let held = log_store::row(round.view, written)?.size;
        held.get().saturating_sub(covered.get())
    } else {
        u64::MAX
    };
    let modes = modes::all(round.view)?;
    let heartbeat = Heartbeat {
        from: round.center(),
        issued_at: round.now,
        checkpoint: note.map(|note| note.encode().into()),
        roster_version: round.roster.version,
        software: round.settings.software.clone(),
        unusable_records: single::read(round.view, UNUSABLE_RECORDS)?.unwrap_or(0),
        modes: modes.iter().map(|held| (held.service, held.mode)).collect(),
        data: records::state(round.view)?.current.map(|set| set.quality()),
        leaves_ahead: ahead,
    };
    round.say(&heartbeat, Route::Publish);
    Ok(())
}

/// The single value with the number of own records that have no usable document number.
pub const UNUSABLE_RECORDS: &[u8] = b"unusable-records";

/// Takes a heartbeat that came by gossip, and says whether it may be passed on.
pub(super) fn on_gossip(
    round: &mut Round<'_>,
    from: CenterCode,
    message: u64,
    statement: &Verified,
) -> Result<(), StoreError> {
    let verdict = if let Statement::Heartbeat(heartbeat) = statement.statement() {
        on_heartbeat(round, from, heartbeat)?
    } else {
        // Only heartbeats are gossiped; every other statement has its own way.
        round.event(Event::Refused { from, refusal: Refusal::UnknownStatement });
        GossipVerdict::Reject
    };
    round.output(Output::JudgeGossip { message, verdict });
    Ok(())
}

fn on_heartbeat(
    round: &mut Round<'_>,
    from: CenterCode,
    heartbeat: &Heartbeat,
) -> Result<GossipVerdict, StoreError> {
    let age = round.now.ms_since(heartbeat.issued_at);
    let known = latest(round.view, heartbeat.from)?;
    let newer = known.is_none_or(|row| row.heartbeat.issued_at < heartbeat.issued_at);
    if heartbeat.from == round.center() || !newer || !(-CLOCK_SKEW_MS..=CURRENT_MS).contains(&age) {
        return Ok(GossipVerdict::Ignore);
    }
    let shown = match &heartbeat.checkpoint {
        Some(note) => match VerifiedCheckpoint::verify(note, &round.log_trust()) {
            Ok(shown) if shown.log().center == heartbeat.from => Some(shown),
            Ok(_) => return Ok(GossipVerdict::Reject),
            // A log that our roster does not list yet: the newer roster is on its way.
            Err(Refusal::NotFound | Refusal::KeyUnknown) => None,
            Err(refusal) => {
                round.event(Event::Refused { from, refusal });
                alerts::on_invalid_root(round, heartbeat.from)?;
                return Ok(GossipVerdict::Reject);
            }
        },
        None => None,
    };
    let head = shown.as_ref().map(|shown| (shown.log(), shown.checkpoint().size));
    let row = HeartbeatRow { heartbeat: heartbeat.clone(), received_at: round.now, head };
    round.view.put(key(Area::Heartbeat, &[&heartbeat.from.to_key()]), cbor::encode(&row));
    rosters::on_version_seen(round, heartbeat.from, heartbeat.roster_version)?;
    alerts::on_heartbeat(round, heartbeat.from, heartbeat.roster_version)?;
    lending::witness::on_heartbeat(round, heartbeat)?;
    lending::seats::on_heartbeat(round)?;
    if let Some(shown) = shown {
        following::on_checkpoint(round, from, &shown)?;
    }
    alerts::on_head(round, heartbeat.from, head)?;
    Ok(GossipVerdict::Accept)
}

/// The latest heartbeat of a member; `None` before the first.
///
/// # Errors
/// When the store cannot be read.
pub fn latest(view: &dyn View, center: CenterCode) -> Result<Option<HeartbeatRow>, StoreError> {
    let bytes = view.get(&key(Area::Heartbeat, &[&center.to_key()]))?;
    bytes.map(|bytes| cbor::decode_stored("heartbeats", &bytes)).transpose()
}

/// Whether a center is current: what is held of its log says what it says now.
///
/// # Errors
/// When the store cannot be read.
pub fn is_current(round: &Round<'_>, center: CenterCode) -> Result<bool, StoreError> {
    if center == round.center() {
        return Ok(true);
    }
    let Some(row) = latest(round.view, center)? else { return Ok(false) };
    if round.now.ms_since(row.heartbeat.issued_at) >= CURRENT_MS {
        return Ok(false);
    }
    match row.head {
        Some((log, size)) => Ok(log_store::row(round.view, log)?.size >= size),
        // It has a log that we do not know, or none: only the latter is held whole.
        None => Ok(row.heartbeat.checkpoint.is_none()),
    }
}
