//! Proofs from what is held: that an entry is a leaf of a log, and that witnesses vouch for it.
//!
//! **Promises.** A proof is under the earliest checkpoint that a quorum cosigned over the leaf, so
//! it says as early as possible that the entry was there; `logged` only where none is.
//! **Left to others.** Verifying: `log::tlog_proof`, with the policy that comes along.

use super::round::Round;
use super::{audit, following, log_store};
use crate::id::{Blinding, PayloadHash};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::policy::Policy;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::store::StoreError;

/// A leaf with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafProof {
    /// Which log.
    pub log: LogId,
    /// The entry.
    pub entry: Vec<u8>,
    /// The proof.
    pub proof: TlogProof,
    /// Whether the policy asks for a quorum of witnesses, or for the log's signature alone.
    pub witnessed: bool,
    /// What to verify it by, by the roster in force.
    pub policy: Policy,
}

/// Proves a leaf of a log that is held; `None` when no checkpoint covers it yet.
///
/// # Errors
/// When the store cannot be read.
pub fn prove(
    round: &Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<Option<LeafProof>, StoreError> {
    let trust = round.log_trust();
    let held = log_store::row(round.view, log)?.size;
    let witnessed = log_store::earliest_witnessed(round.view, log, leaf)?
        .filter(|(size, _)| *size <= held)
        .zip(trust.policy(log));
    let (size, note, policy, witnessed) = match witnessed {
        Some(((size, note), policy)) => (size, note, policy, true),
        None => match logged(round, log, leaf)? {
            Some((size, note)) => (size, note, Policy::logged(trust.log_keys(log)), false),
            None => return Ok(None),
        },
    };
    let Some(entry) = log_store::entry(round.view, log, leaf)? else { return Ok(None) };
    let tiles = log_store::StoredTiles::new(round.view, log);
    let path = tiles.tree(size).inclusion_proof(leaf).map_err(log_store::read_failed)?;
    let proof = TlogProof { extra: None, index: leaf, path, note };
    Ok(Some(LeafProof { log, entry, proof, witnessed, policy }))
}

/// Proves that a statement is a leaf of the own audit log; the blinding opens the leaf.
///
/// # Errors
/// When the store cannot be read.
pub fn prove_statement(
    round: &Round<'_>,
    statement: PayloadHash,
) -> Result<Option<(LeafProof, Blinding)>, StoreError> {
    let Some(row) = audit::place(round.view, statement)? else { return Ok(None) };
    let log = LogId::audit(round.center(), row.number);
    Ok(prove(round, log, row.leaf)?.map(|proof| (proof, row.blinding)))
}

fn logged(
    round: &Round<'_>,
    log: LogId,
    leaf: LeafIndex,
) -> Result<Option<(TreeSize, SignedNote)>, StoreError> {
    let Some(note) = following::latest_note(round, log)? else { return Ok(None) };
    let size = Checkpoint::parse(note.text()).map_or(TreeSize::ZERO, |checkpoint| checkpoint.size);
    Ok(size.contains(leaf).then_some((size, note)))
}
