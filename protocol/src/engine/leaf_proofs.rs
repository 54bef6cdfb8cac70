//! Leaves of the own public log, as answers show them.
//!
//! **Promises.** A proof is against the latest witnessed checkpoint that covers the leaf, or else
//! against the latest that the log has signed; while there is none, the leaf is shown without.
//! **Left to others.** Tiles and checkpoints: `log_store`.

use super::publishing::Published;
use super::round::Round;
use super::{following, log_store};
use crate::answer::LeafReference;
use crate::id::Bytes;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::store::StoreError;

/// A published record's leaf with its proof, as far as there is one.
pub(super) fn reference(
    round: &Round<'_>,
    published: &Published,
) -> Result<LeafReference, StoreError> {
    let log = LogId::public(round.center(), published.log);
    let index = LeafIndex::new(published.leaf);
    Ok(LeafReference {
        log: published.log,
        index,
        entry: published.entry.clone(),
        proof: proof(round, log, index)?,
    })
}

/// A C2SP proof of a leaf of a log that is held here.
pub(super) fn proof(
    round: &Round<'_>,
    log: LogId,
    index: LeafIndex,
) -> Result<Option<Bytes>, StoreError> {
    let Some((size, note)) = covering(round, log, index)? else { return Ok(None) };
    let tiles = log_store::StoredTiles::new(round.view, log);
    let path = tiles.tree(size).inclusion_proof(index).map_err(log_store::read_failed)?;
    Ok(Some(TlogProof { extra: None, index, path, note }.encode().into()))
}

/// The best checkpoint that covers a leaf.
fn covering(
    round: &Round<'_>,
    log: LogId,
    index: LeafIndex,
) -> Result<Option<(TreeSize, SignedNote)>, StoreError> {
    let witnessed = log_store::latest_witnessed(round.view, log)?;
    if let Some(found) = witnessed.filter(|(size, _)| size.contains(index)) {
        return Ok(Some(found));
    }
    let Some(note) = following::latest_note(round, log)? else { return Ok(None) };
    let size = following::checkpoint_of(&note)?.size;
    Ok(size.contains(index).then_some((size, note)))
}
