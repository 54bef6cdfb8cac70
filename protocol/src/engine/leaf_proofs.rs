//! Leaves of the own public log, as answers show them.
//!
//! **Promises.** A leaf that no checkpoint covers yet is shown without a proof.
//! **Left to others.** Proofs: `proving`.

use super::proving;
use super::publishing::Published;
use super::round::Round;
use crate::answer::LeafReference;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::store::StoreError;

/// A published record's leaf with its proof, as far as there is one.
pub(super) fn reference(
    round: &Round<'_>,
    published: &Published,
) -> Result<LeafReference, StoreError> {
    let log = LogId::public(round.center(), published.log);
    let index = LeafIndex::new(published.leaf);
    let proof = proving::prove(round, log, index)?;
    Ok(LeafReference {
        log: published.log,
        index,
        entry: published.entry.clone(),
        proof: proof.map(|proof| proof.proof.encode().into()),
    })
}
