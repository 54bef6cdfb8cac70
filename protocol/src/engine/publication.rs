//! The own logs: digests into the public one, statements into the private one, checkpoints.

use super::round::Round;
use crate::digest::Digest;
use crate::id::PayloadHash;
use crate::key::Signature;
use crate::store::StoreError;

/// A text that was given to the keyring.
#[derive(Clone, Debug)]
pub enum NoteToSign {
    /// A checkpoint of the own public log.
    Checkpoint,
}

/// Stages a digest as a leaf; gives its index.
pub(super) fn publish(round: &mut Round<'_>, digest: &Digest) -> Result<u64, StoreError> {
    let _ = (round, digest);
    Ok(0)
}

/// Stages a leaf of the audit log over the complete bytes of a statement.
pub(super) fn audit(
    round: &mut Round<'_>,
    hash: PayloadHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let _ = (round, hash, bytes);
    Ok(())
}

/// Asks for signatures over the logs that grew.
pub(super) fn sign_checkpoints(round: &mut Round<'_>) -> Result<(), StoreError> {
    let _ = round;
    Ok(())
}

/// Stages what follows from a signature over a note.
pub(super) fn note_signed(
    round: &mut Round<'_>,
    note: NoteToSign,
    signature: &Signature,
) -> Result<(), StoreError> {
    let _ = (round, note, signature);
    Ok(())
}
