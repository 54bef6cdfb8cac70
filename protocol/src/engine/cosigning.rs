//! Collecting cosignatures for the own logs: all witnesses are asked for one candidate at a time.
//!
//! **Promises.** A checkpoint is `witnessed` when more than half of the roster's witnesses other
//! than this center cosigned it, by lines that were verified here. Witnesses that are down hold
//! nothing up but the proof.
//! **Left to others.** Signing checkpoints: `publication`. Being a witness: `witnessing`.

use minicbor::{Decode, Encode};

use super::log_event::LogEvent;
use super::log_store::{self, StoredTiles};
use super::output::{Event, Output};
use super::publication::{self, SigningRow};
use super::recovery;
use super::round::Round;
use super::synchronization::{self, About, SyncReply, SyncRequest};
use super::timer::{self, Timer};
use crate::cbor;
use crate::center::CenterCode;
use crate::limits::{CANDIDATE_MS, COSIGN_RETRY_MS};
use crate::log::add_checkpoint::AddCheckpoint;
use crate::log::cosignature;
use crate::log::note::{NoteSignature, SignedNote};
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::TreeSize;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// What a witness is known to have of an own log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct WitnessRow {
    /// The size that it cosigned last.
    #[n(1)]
    known: TreeSize,
    /// The request on its way.
    #[n(2)]
    token: Option<u64>,
    /// Answers in a row that named another size; past a few, the next try waits for the timer.
    #[n(3)]
    conflicts: u32,
}

const CONFLICTS_MAX: u32 = 3;

/// Chooses the checkpoint that witnesses are asked for, and asks those that have not cosigned it.
pub(super) fn advance(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let Some(mut row) = publication::signing(round.view, log)? else { return Ok(()) };
    if round.log_trust().quorum(log).is_none() {
        return Ok(());
    }
    let stale = row.candidate.is_some_and(|candidate| {
        candidate < row.latest && round.now.ms_since(row.candidate_at) >= CANDIDATE_MS
    });
    if row.candidate.is_none() || stale {
        if let Some(old) = row.candidate {
            log_store::delete_checkpoint(round.view, log, old);
        }
        row.candidate = Some(row.latest).filter(|_| is_unwitnessed(round, log, &row));
        row.candidate_at = round.now;
        publication::put_signing(round.view, log, &row);
    }
    let Some(candidate) = row.candidate else { return Ok(()) };
    let Some(note) = log_store::note_at(round.view, log, candidate)? else { return Ok(()) };
    for witness in round.log_trust().witnesses_of(log).collect::<Vec<_>>() {
        ask(round, log, witness, (candidate, &note))?;
    }
    timer::set(round.view, round.now.plus_ms(COSIGN_RETRY_MS), Timer::Cosign(log))
}

fn is_unwitnessed(round: &Round<'_>, log: LogId, row: &SigningRow) -> bool {
    let place = key(Area::Checkpoint, &[&log.to_key(), &row.latest.get().to_be_bytes()]);
    matches!(round.view.get(&place), Ok(Some(_)))
}

/// The timer's turn: nothing once the candidate is witnessed.
pub(super) fn retry(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let open = publication::signing(round.view, log)?.is_some_and(|row| row.candidate.is_some());
    if !open {
        return Ok(());
    }
    for witness in round.log_trust().witnesses_of(log).collect::<Vec<_>>() {
        let mut row = witness_row(round.view, log, witness)?;
        row.conflicts = 0;
        put_witness_row(round.view, log, witness, &row);
    }
    advance(round, log)
}

fn ask(
    round: &mut Round<'_>,
    log: LogId,
    witness: CenterCode,
    (size, note): (TreeSize, &SignedNote),
) -> Result<(), StoreError> {
    let Some(key) = round.log_trust().witness_key(witness) else { return Ok(()) };
    let mut row = witness_row(round.view, log, witness)?;
    let waits =
        row.token.is_some_and(|token| synchronization::is_open(round, token).unwrap_or(false));
    if waits || row.conflicts >= CONFLICTS_MAX || note.signatures_by(&key).next().is_some() {
        return Ok(());
    }
    if row.known > size {
        // It cosigned more than this candidate: the next one will do, or this store is behind.
        return Ok(());
    }
    if let Some(token) = row.token {
        synchronization::forget(round.view, token);
    }
    let reader = StoredTiles::new(round.view, log);
    let proof = reader.tree(size).consistency_proof(row.known).map_err(log_store::read_failed)?;
    let body = AddCheckpoint { old: row.known, proof, note: note.clone() }.encode();
    let request = SyncRequest::AddCheckpoint(body.into());
    let about = About::Cosignature(log, size);
    row.token = Some(synchronization::ask(round, witness, about, &request)?);
    put_witness_row(round.view, log, witness, &row);
    Ok(())
}

/// Takes a witness's answer.
pub(super) fn on_reply(
    round: &mut Round<'_>,
    witness: CenterCode,
    (log, size): (LogId, TreeSize),
    reply: SyncReply,
) -> Result<(), StoreError> {
    let mut row = witness_row(round.view, log, witness)?;
    row.token = None;
    match reply {
        SyncReply::Cosigned(line) => {
            if take_cosignature(round, witness, (log, size), &line)? {
                row.known = row.known.max(size);
                row.conflicts = 0;
            } else {
                round.event(Event::Refused { from: witness, refusal: Refusal::Signature });
            }
        }
        SyncReply::Conflict(known) => {
            row.known = known;
            row.conflicts = row.conflicts.saturating_add(1);
            let signed = publication::signing(round.view, log)?.map(|signed| signed.latest);
            if signed.is_some_and(|latest| known > latest) {
                recovery::fell_behind(round, witness, log)?;
            }
        }
        SyncReply::Refused(refusal) => {
            // An unreachable witness is asked again by the timer; a refusal is worth a line.
            if refusal != Refusal::Unreachable {
                round.event(Event::Refused { from: witness, refusal });
            }
            put_witness_row(round.view, log, witness, &row);
            return Ok(());
        }
        SyncReply::Latest(_)
        | SyncReply::Entries(..)
        | SyncReply::Tiles(_)
        | SyncReply::Nodes(_)
        | SyncReply::Statements(..)
        | SyncReply::Taken
        | SyncReply::DialedBack(_) => {
            round.event(Event::Refused { from: witness, refusal: Refusal::Malformed });
        }
    }
    put_witness_row(round.view, log, witness, &row);
    advance(round, log)
}

/// Adds a cosignature to the note of its size; false when it does not verify.
fn take_cosignature(
    round: &mut Round<'_>,
    witness: CenterCode,
    (log, size): (LogId, TreeSize),
    line: &str,
) -> Result<bool, StoreError> {
    let trust = round.log_trust();
    let Some(mut note) = log_store::note_at(round.view, log, size)? else { return Ok(true) };
    let line = line.strip_suffix('\n').and_then(NoteSignature::parse);
    let (Some(line), Some(key)) = (line, trust.witness_key(witness)) else { return Ok(false) };
    if cosignature::verify(note.text(), &line, &key).is_err() || note.add(line).is_err() {
        return Ok(false);
    }
    let quorum = trust.quorum(log).unwrap_or(usize::MAX);
    let cosigned = cosigners(round, log, &note);
    if cosigned < quorum {
        log_store::put_note(round.view, Area::Checkpoint, log, size, &note);
        return Ok(true);
    }
    log_store::put_note(round.view, Area::Witnessed, log, size, &note);
    if cosigned == quorum {
        witnessed(round, log, size, &note)?;
    }
    Ok(true)
}

/// Lines by witnesses in a note whose lines were each verified when they were added.
fn cosigners(round: &Round<'_>, log: LogId, note: &SignedNote) -> usize {
    let trust = round.log_trust();
    let keys = trust.witnesses_of(log).filter_map(|center| trust.witness_key(center));
    keys.filter(|key| note.signatures_by(key).next().is_some()).count()
}

fn witnessed(
    round: &mut Round<'_>,
    log: LogId,
    size: TreeSize,
    note: &SignedNote,
) -> Result<(), StoreError> {
    round.event(Event::Log(LogEvent::Witnessed { log, size }));
    if log.kind == LogKind::Public {
        round.output(Output::PublishCheckpoint { note: note.encode() });
    }
    if let Some(mut row) = publication::signing(round.view, log)?
        && row.candidate == Some(size)
    {
        row.candidate = None;
        publication::put_signing(round.view, log, &row);
        timer::clear(round.view, Timer::Cosign(log))?;
    }
    Ok(())
}

fn witness_row(view: &dyn View, log: LogId, witness: CenterCode) -> Result<WitnessRow, StoreError> {
    let bytes = view.get(&key(Area::WitnessOf, &[&log.to_key(), &witness.to_key()]))?;
    bytes
        .map_or_else(|| Ok(WitnessRow::default()), |bytes| cbor::decode_stored("witnesses", &bytes))
}

fn put_witness_row(view: &mut dyn View, log: LogId, witness: CenterCode, row: &WitnessRow) {
    view.put(key(Area::WitnessOf, &[&log.to_key(), &witness.to_key()]), cbor::encode(row));
}
