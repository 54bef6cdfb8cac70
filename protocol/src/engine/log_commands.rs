//! What a local caller can want to know of logs: `fundlink log`, and the figures of `/metrics`.
//!
//! **Promises.** Reads alone: nothing here changes a log.
//! **Left to others.** Verifying what is shown needs no node: `log::tlog_proof`.

use super::round::{Round, Stop};
use super::{equivocation, following, heartbeats, log_store, proving, publication, recovery};
use crate::cbor;
use crate::digest::Digest;
use crate::id::TreeHash;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::SignedNote;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::{LeafIndex, TreeSize};
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::time::Timestamp;

/// A question about logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogCommand {
    /// The newest checkpoint that is held of a log.
    Checkpoint(LogId),
    /// A leaf with its proof.
    Prove(LogId, LeafIndex),
    /// Where every log stands, own and followed.
    Follow,
    /// Entries of a log: from a leaf on, or the last ones; at most 256.
    Tail {
        /// Which log.
        log: LogId,
        /// The first leaf; absent, the last entries are shown.
        from: Option<LeafIndex>,
        /// How many.
        count: u16,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogReply {
    /// The newest checkpoint.
    Checkpoint(HeldCheckpoint),
    /// A leaf with its proof.
    Proof(Box<proving::LeafProof>),
    /// Every log, own ones first.
    Follow(Vec<LogState>),
    /// Entries, by ascending leaf.
    Tail(Vec<LogEntry>),
}

/// A checkpoint that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The note, with all cosignatures that are held.
    pub note: SignedNote,
    /// Cosignatures of the roster's witnesses that verify.
    pub cosignatures: usize,
    /// Whether they are a quorum.
    pub witnessed: bool,
}

/// Where a log stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Which log.
    pub log: LogId,
    /// Entries held.
    pub size: TreeSize,
    /// The root over them.
    pub root: TreeHash,
    /// The size of the newest checkpoint that its center signed and that is known here.
    pub signed: TreeSize,
    /// The size of the newest checkpoint with a quorum.
    pub witnessed: TreeSize,
    /// Whether what is held says what the center says now.
    pub current: bool,
    /// When its center's latest heartbeat was issued; absent for the own logs.
    pub heartbeat: Option<Timestamp>,
    /// When that came in here.
    pub heard_at: Option<Timestamp>,
    /// A signed checkpoint does not fit what is held.
    pub misfit: bool,
    /// Two faces were proven.
    pub closed: bool,
    /// For the own logs: whether signing waits for the witnesses after a start.
    pub recovering: bool,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Which leaf.
    pub leaf: LeafIndex,
    /// The bytes.
    pub entry: Vec<u8>,
    /// The digest, where it is one.
    pub digest: Option<Digest>,
}

const TAIL_MAX: u16 = 256;

/// Answers.
pub(super) fn run(round: &Round<'_>, command: &LogCommand) -> Result<LogReply, Stop> {
    match command {
        LogCommand::Checkpoint(log) => checkpoint(round, *log).map(LogReply::Checkpoint),
        LogCommand::Prove(log, leaf) => {
            if !log_store::row(round.view, *log)?.size.contains(*leaf) {
                return Err(Refusal::NotFound.into());
            }
            let proof = proving::prove(round, *log, *leaf)?.ok_or(Refusal::Pending)?;
            Ok(LogReply::Proof(Box::new(proof)))
        }
        LogCommand::Follow => states(round).map(LogReply::Follow).map_err(Stop::from),
        LogCommand::Tail { log, from, count } => {
            tail(round, *log, *from, (*count).min(TAIL_MAX)).map(LogReply::Tail)
        }
    }
}

fn checkpoint(round: &Round<'_>, log: LogId) -> Result<HeldCheckpoint, Stop> {
    let note = following::latest_note(round, log)?.ok_or(Refusal::NotFound)?;
    let checkpoint = following::checkpoint_of(&note)?;
    let trust = round.log_trust();
    let cosignatures = trust.cosignatures(log, &note);
    let witnessed = trust.quorum(log).is_some_and(|quorum| cosignatures >= quorum);
    Ok(HeldCheckpoint { checkpoint, note, cosignatures, witnessed })
}

/// Where every log stands: the own two, then earlier public ones, then those of the others.
///
/// # Errors
/// When the store cannot be read.
pub fn states(round: &Round<'_>) -> Result<Vec<LogState>, StoreError> {
    let current = publication::own_log(round, LogKind::Public)?;
    let mut logs = vec![current, publication::own_log(round, LogKind::Audit)?];
    let own = round.roster.member(round.center()).map_or(&[][..], |own| &own.logs);
    let earlier = own.iter().filter(|log| log.number != current.number);
    logs.extend(earlier.map(|log| LogId::public(round.center(), log.number)));
    logs.extend(following::followed_logs(round));
    logs.into_iter().map(|log| state(round, log)).collect()
}

fn state(round: &Round<'_>, log: LogId) -> Result<LogState, StoreError> {
    let own = log.center == round.center();
    let held = log_store::row(round.view, log)?;
    let heartbeat = heartbeats::latest(round.view, log.center)?.filter(|_| !own);
    let witnessed = log_store::latest_witnessed(round.view, log)?;
    Ok(LogState {
        log,
        size: held.size,
        root: held.root,
        signed: if own {
            publication::signing(round.view, log)?.map_or(TreeSize::ZERO, |row| row.latest)
        } else {
            following::newest_known(round.view, log)?
        },
        witnessed: witnessed.map_or(TreeSize::ZERO, |(size, _)| size),
        current: heartbeats::is_current(round, log.center)?,
        heard_at: heartbeat.as_ref().map(|row| row.received_at),
        heartbeat: heartbeat.map(|row| row.heartbeat.issued_at),
        misfit: equivocation::misfit(round.view, log)?.is_some(),
        closed: equivocation::is_closed(round.view, log)?,
        recovering: own && recovery::is_recovering(round.view)?,
    })
}

fn tail(
    round: &Round<'_>,
    log: LogId,
    from: Option<LeafIndex>,
    count: u16,
) -> Result<Vec<LogEntry>, Stop> {
    let size = log_store::row(round.view, log)?.size.get();
    let count = u64::from(count);
    let first = from.map_or_else(|| size.saturating_sub(count), LeafIndex::get);
    let mut entries = Vec::new();
    for index in first..first.saturating_add(count).min(size) {
        let leaf = LeafIndex::new(index);
        if let Some(entry) = log_store::entry(round.view, log, leaf)? {
            let digest = cbor::decode(&entry).ok();
            entries.push(LogEntry { leaf, entry, digest });
        }
    }
    Ok(entries)
}
