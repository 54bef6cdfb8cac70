//! The own logs: digests into the public one, statements into the private one, checkpoints.
//!
//! **Promises.** Leaves of a round are appended together at its end; one signature covers whatever
//! a log grew by, at most one a second, and only when it grew. A checkpoint is over leaves that
//! were committed before it was signed.
//! **Left to others.** Cosignatures: `cosigning`. What stands in a digest: its record.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::log_event::LogEvent;
use super::output::{Event, Output};
use super::round::Round;
use super::timer::{self, Timer};
use super::{
    EngineError, cosigning, equivocation, log_store, recovery, single, tag_index, witnessing,
};
use crate::cbor;
use crate::digest::Digest;
use crate::id::KeyId;
use crate::key::{KeyError, KeyPurpose, Signature};
use crate::limits::CHECKPOINT_MS_MIN;
use crate::log::checkpoint::Checkpoint;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::{LeafIndex, TreeSize};
use crate::log_trust::log_key;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// A text that was given to the keyring.
#[derive(Clone, Debug)]
pub enum NoteToSign {
    /// A checkpoint of an own log.
    Checkpoint(LogId, Box<Checkpoint>),
    /// A cosignature that another log's center asked for.
    Cosignature(Box<witnessing::ToCosign>),
}

/// Leaves that the round has staged, by own log; they are appended at its end.
#[derive(Debug, Default)]
pub(super) struct PendingLeaves {
    by_log: BTreeMap<LogId, Vec<Vec<u8>>>,
}

/// What of an own log was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct SigningRow {
    /// The size of the latest checkpoint.
    #[n(1)]
    pub(super) latest: TreeSize,
    /// The key that signed it.
    #[n(2)]
    pub(super) key: KeyId,
    /// The size of the checkpoint that witnesses are asked for.
    #[n(3)]
    pub(super) candidate: Option<TreeSize>,
    /// When they were first asked for it.
    #[n(4)]
    pub(super) candidate_at: Timestamp,
}

/// The own log of a kind that leaves go into: the open one, or the one that the roster will open
/// because the last one is closed or convicted.
pub(super) fn own_log(round: &Round<'_>, kind: LogKind) -> Result<LogId, StoreError> {
    let center = round.center();
    let logs = round.roster.member(center).map(|member| member.logs.as_slice());
    let number = match logs.and_then(<[_]>::last) {
        None => 1,
        Some(last)
            if last.closed.is_some()
                || recovery::closing(round.view)? == Some(last.number)
                || equivocation::is_convicted(round.view, center, last.number)? =>
        {
            last.number.saturating_add(1)
        }
        Some(last) => last.number,
    };
    Ok(LogId { center, number, kind })
}

/// The revision before a new leaf of the public log, as that leaf names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    /// Its leaf.
    pub(super) leaf: u64,
    /// Its log, where that is an earlier one.
    pub(super) log: Option<u32>,
    /// Its revision.
    pub(super) revision: u32,
}

/// The revision that the next one names, after one at this leaf of the own public log of this number:
/// the last one that somebody counts. `None` when there is none, so that the record is published as if
/// for the first time. The digest at the leaf may be known to the caller.
pub(super) fn earlier(
    round: &Round<'_>,
    (mut number, mut leaf): (u32, u64),
    known: Option<Digest>,
) -> Result<Option<Earlier>, StoreError> {
    let current = own_log(round, LogKind::Public)?.number;
    let mut known = known;
    loop {
        let log = LogId::public(round.center(), number);
        let digest = match known.take() {
            Some(digest) => Some(digest),
            None => own_digest(round, log, LeafIndex::new(leaf))?,
        };
        let Some(digest) = digest else { return Ok(None) };
        if stands(round, number, leaf)? {
            let log = (number != current).then_some(number);
            return Ok(Some(Earlier { leaf, log, revision: digest.revision }));
        }
        let Some(previous) = digest.previous else { return Ok(None) };
        let before = (digest.previous_log.unwrap_or(number), previous);
        // Revisions go back, or the log was written by somebody else.
        if before >= (number, leaf) {
            return Ok(None);
        }
        (number, leaf) = before;
    }
}

/// Whether a leaf of an own public log counts: past the end of a closed log, and past what a quorum
/// cosigned of a convicted one, none does.
pub(super) fn stands(round: &Round<'_>, number: u32, leaf: u64) -> Result<bool, StoreError> {
    let center = round.center();
    let listed = round.roster.member(center).and_then(|member| member.log(number));
    let Some(listed) = listed else { return Ok(true) };
    if let Some(end) = listed.closed {
        return Ok(leaf < end.size);
    }
    if !equivocation::is_convicted(round.view, center, number)? {
        return Ok(true);
    }
    let witnessed = log_store::latest_witnessed(round.view, LogId::public(center, number))?;
    Ok(witnessed.is_some_and(|(size, _)| leaf < size.get()))
}

/// Whether nothing has taken the place of an own leaf.
pub(super) fn is_live(round: &Round<'_>, (number, leaf): (u32, u64)) -> Result<bool, StoreError> {
    let (log, leaf) = (LogId::public(round.center(), number), LeafIndex::new(leaf));
    let Some(digest) = own_digest(round, log, leaf)? else { return Ok(false) };
    for row in tag_index::rows_of(log, leaf, &digest) {
        if round.view.get(&row)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Stages a digest as a leaf; gives its index.
pub(super) fn publish(round: &mut Round<'_>, digest: &Digest) -> Result<u64, StoreError> {
    let (log, leaf) = stage_leaf(round, LogKind::Public, cbor::encode(digest))?;
    recovery::pulled::supersede(round.view, log.number, digest)?;
    let replaced = match digest.previous {
        Some(previous) => {
            let log = tag_index::log_before(log, digest);
            own_digest(round, log, LeafIndex::new(previous))?
        }
        None => None,
    };
    tag_index::insert(round.view, log, leaf, digest, replaced.as_ref());
    Ok(leaf.get())
}

/// Stages an entry of an own log; gives its place.
pub(super) fn stage_leaf(
    round: &mut Round<'_>,
    kind: LogKind,
    entry: Vec<u8>,
) -> Result<(LogId, LeafIndex), StoreError> {
    let log = own_log(round, kind)?;
    let size = log_store::row(round.view, log)?.size;
    let leaves = round.leaves.by_log.entry(log).or_default();
    let staged = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    leaves.push(entry);
    Ok((log, LeafIndex::new(size.get().saturating_add(staged))))
}

/// An own digest, of this round or before it.
fn own_digest(
    round: &Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<Option<Digest>, StoreError> {
    let size = log_store::row(round.view, log)?.size;
    let entry = match leaf.get().checked_sub(size.get()) {
        None => log_store::entry(round.view, log, leaf)?,
        Some(place) => {
            let leaves = round.leaves.by_log.get(&log);
            usize::try_from(place).ok().and_then(|place| leaves?.get(place).cloned())
        }
    };
    Ok(entry.and_then(|entry| cbor::decode(&entry).ok()))
}

/// Appends the leaves of the round and has their checkpoint signed in a later one.
pub(super) fn append_leaves(round: &mut Round<'_>) -> Result<(), StoreError> {
    let pending = core::mem::take(&mut round.leaves);
    if pending.by_log.is_empty() {
        return Ok(());
    }
    for (log, leaves) in pending.by_log {
        let appended = log_store::appended(round.view, log, &leaves)?;
        log_store::put_appended(round.view, log, appended);
    }
    schedule(round)
}

/// Sets the time of the next checkpoints.
pub(super) fn schedule(round: &mut Round<'_>) -> Result<(), StoreError> {
    let signed_at: Option<Timestamp> = single::read(round.view, SIGNED_AT)?;
    let earliest = signed_at.map_or(round.now, |at| at.plus_ms(CHECKPOINT_MS_MIN));
    timer::set(round.view, round.now.max(earliest), Timer::Checkpoint)
}

/// The single value that says when checkpoints were last signed.
const SIGNED_AT: &[u8] = b"checkpoints-signed-at";

/// Asks for signatures over the own logs that grew, or whose key has changed.
pub(super) fn sign_checkpoints(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(own_key) = round.own_key(KeyPurpose::Log) else { return Ok(()) };
    let open = round.roster.member(round.center()).and_then(crate::roster::Member::open_log);
    let Some(number) = open else { return Ok(()) };
    // What a store has lost of a log it cannot lose again: that log ends, whoever decides otherwise.
    let ends = recovery::closing(round.view)? == Some(number);
    if ends || recovery::is_recovering(round.view)? {
        return Ok(());
    }
    for kind in [LogKind::Public, LogKind::Audit] {
        let log = LogId { center: round.center(), number, kind };
        if equivocation::is_closed(round.view, log)? {
            continue;
        }
        let held = log_store::row(round.view, log)?;
        let signed = signing(round.view, log)?;
        let same = signed.is_some_and(|row| row.latest == held.size && row.key == own_key.id());
        if held.size.is_empty() || same {
            continue;
        }
        let origin = log.origin(&round.settings.network);
        let checkpoint = Checkpoint { origin, size: held.size, root: held.root };
        let text = checkpoint.text().into_bytes();
        let note = NoteToSign::Checkpoint(log, Box::new(checkpoint));
        round.sign_note(KeyPurpose::Log, text, note);
        single::write(round.view, SIGNED_AT, &round.now);
    }
    Ok(())
}

/// Stages what follows from a signature over a note.
pub(super) fn note_signed(
    round: &mut Round<'_>,
    note: NoteToSign,
    signature: &Signature,
) -> Result<(), EngineError> {
    match note {
        NoteToSign::Checkpoint(log, checkpoint) => {
            checkpoint_signed(round, log, &checkpoint, signature)
        }
        NoteToSign::Cosignature(asked) => witnessing::cosigned(round, *asked, signature),
    }
}

fn checkpoint_signed(
    round: &mut Round<'_>,
    log: LogId,
    checkpoint: &Checkpoint,
    signature: &Signature,
) -> Result<(), EngineError> {
    let own = round.own_key(KeyPurpose::Log).ok_or(KeyError::Missing(KeyPurpose::Log))?;
    let key = log_key(&round.settings.network, log, &own);
    let note = key.and_then(|key| checkpoint.signed(&key, signature.0).ok());
    let note = note.ok_or_else(|| {
        KeyError::Unavailable("the log key's signature does not verify".to_owned())
    })?;
    let before = signing(round.view, log)?;
    if let Some(before) = before
        && before.candidate != Some(before.latest)
        && before.latest != checkpoint.size
    {
        log_store::delete_checkpoint(round.view, log, before.latest);
    }
    log_store::put_note(round.view, Area::Checkpoint, log, checkpoint.size, &note);
    let row = SigningRow {
        latest: checkpoint.size,
        key: own.id(),
        candidate: before.and_then(|row| row.candidate),
        candidate_at: before.map_or(round.now, |row| row.candidate_at),
    };
    put_signing(round.view, log, &row);
    round.event(Event::Log(LogEvent::Signed { log, size: checkpoint.size }));
    if log.kind == LogKind::Public {
        round.output(Output::PublishCheckpoint { note: note.encode() });
    }
    Ok(cosigning::advance(round, log)?)
}

/// What of an own log was signed; `None` before the first checkpoint.
pub(super) fn signing(view: &dyn View, log: LogId) -> Result<Option<SigningRow>, StoreError> {
    let bytes = view.get(&key(Area::LogSigning, &[&log.to_key()]))?;
    bytes.map(|bytes| cbor::decode_stored("log signing", &bytes)).transpose()
}

/// Stages what of an own log was signed.
pub(super) fn put_signing(view: &mut dyn View, log: LogId, row: &SigningRow) {
    view.put(key(Area::LogSigning, &[&log.to_key()]), cbor::encode(row));
}

#[cfg(test)]
mod tests;
