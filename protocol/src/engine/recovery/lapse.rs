//! A lapse of the store's memory: when it was found, and the log that cannot go on because of it.
//!
//! **Promises.** The mark of a restored store lies in the store before the node first runs on it. A log
//! whose leaves were lost takes no more; what was kept since its last checkpoint stands in the next.
//! **Left to others.** Opening the next log: the authority, by a roster.

use minicbor::{Decode, Encode};

use super::super::round::Round;
use super::super::{audit, publication, single};
use super::{RecoveryRow, put, statements};
use crate::center::CenterCode;
use crate::id::PayloadHash;
use crate::limits::CLOCK_SKEW_MS;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::TreeSize;
use crate::roster::Member;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// The latest lapse of the store's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lapse {
    /// When it was found.
    #[n(1)]
    pub at: Timestamp,
    /// The time at which the backup was taken, where the store came from one.
    #[n(2)]
    pub backup_of: Option<Timestamp>,
    /// The number of the log that must be closed.
    #[n(3)]
    pub closing: Option<u32>,
    /// What was kept after the last checkpoint of that log stands in the next one.
    #[n(4)]
    pub is_audited: bool,
}

const LAPSE: &[u8] = b"lapse";

/// The latest lapse; `None` for a store that never lost anything.
///
/// # Errors
/// When the store cannot be read.
pub fn read(view: &dyn View) -> Result<Option<Lapse>, StoreError> {
    single::read(view, LAPSE)
}

/// The number of the own log that must be closed before the node goes on.
pub(in crate::engine) fn closing(view: &dyn View) -> Result<Option<u32>, StoreError> {
    Ok(read(view)?.and_then(|lapse| lapse.closing))
}

/// Whether something of that time may have been done and forgotten.
pub(in crate::engine) fn may_have_forgotten(
    view: &dyn View,
    of: Timestamp,
) -> Result<bool, StoreError> {
    Ok(read(view)?.is_some_and(|lapse| of <= lapse.at))
}

/// Whether a letter of that time, by the clock of whoever has sent it, may have led to something that was
/// forgotten.
pub(in crate::engine) fn may_have_forgotten_letter(
    view: &dyn View,
    issued_at: Timestamp,
) -> Result<bool, StoreError> {
    may_have_forgotten(view, issued_at.plus_ms(-CLOCK_SKEW_MS))
}

/// Marks a store that was restored from a backup, before a node runs on it: it asks for what it has
/// lost, and its log ends.
///
/// # Errors
/// When the store cannot be read.
pub fn mark_restored(
    view: &mut dyn View,
    center: CenterCode,
    (at, taken): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let roster = single::roster(view)?;
    let closing = roster.and_then(|roster| roster.member(center).and_then(Member::open_log));
    let lapse = Lapse { at, backup_of: Some(taken), closing, is_audited: false };
    single::write(view, LAPSE, &lapse);
    put(view, &RecoveryRow { behind: true, ..RecoveryRow::default() });
    statements::begin(view);
    Ok(())
}

/// Notes that something was lost now.
pub(super) fn note(round: &mut Round<'_>) -> Result<(), StoreError> {
    let before = read(round.view)?;
    let lapse = Lapse {
        at: round.now,
        backup_of: before.and_then(|before| before.backup_of),
        closing: before.and_then(|before| before.closing),
        is_audited: before.is_some_and(|before| before.is_audited),
    };
    single::write(round.view, LAPSE, &lapse);
    Ok(())
}

/// A log of ours cannot go on.
pub(super) fn close(round: &mut Round<'_>, number: u32) -> Result<(), StoreError> {
    let Some(mut lapse) = read(round.view)? else { return Ok(()) };
    if lapse.closing.is_some_and(|closing| closing >= number) {
        return Ok(());
    }
    lapse.closing = Some(number);
    lapse.is_audited = false;
    single::write(round.view, LAPSE, &lapse);
    audit_again(round)
}

/// Statements that were kept after the last checkpoint of the ended audit log get a leaf in the next
/// one: in the ended log their places may be those of others.
pub(super) fn audit_again(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(mut lapse) = read(round.view)? else { return Ok(()) };
    let Some(number) = lapse.closing.filter(|_| !lapse.is_audited) else { return Ok(()) };
    lapse.is_audited = true;
    single::write(round.view, LAPSE, &lapse);
    let log = LogId { center: round.center(), number, kind: LogKind::Audit };
    let signed = publication::signing(round.view, log)?.map_or(TreeSize::ZERO, |row| row.latest);
    for member in super::others(round) {
        let of_log = [&member.to_key()[..], &number.to_be_bytes()].concat();
        let from = key(Area::Correspondence, &[&of_log, &signed.get().to_be_bytes()]);
        let end = prefix_end(&key(Area::Correspondence, &[&of_log]));
        for (place, hash) in round.view.range(&from, &end, usize::MAX)? {
            round.view.delete(place);
            let hash = super::super::transfers::read_hash(&hash)?;
            if let Some(bytes) = round.statement(PayloadHash::new(*hash.as_bytes()))? {
                audit::audit(round, hash, &bytes)?;
            }
        }
    }
    Ok(())
}

/// A roster that was issued after the lapse and has a later log open ends the wait; an earlier one may
/// have opened a log that this store has forgotten.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(mut lapse) = read(round.view)? else { return Ok(()) };
    let open = round.roster.member(round.center()).and_then(Member::open_log);
    let (Some(closing), Some(open)) = (lapse.closing, open) else { return Ok(()) };
    if open <= closing {
        return Ok(());
    }
    if round.roster.issued < lapse.at {
        return close(round, open);
    }
    lapse.closing = None;
    single::write(round.view, LAPSE, &lapse);
    Ok(())
}
