//! Commitments: blinded hashes of records, which say nothing until the record is shown.
//!
//! **Promises.** Without the 32 random bytes of the blinding, a record cannot be guessed from its
//! commitment, however few values it may have.

use crate::id::{Blinding, Commitment};

/// What a commitment is about; part of the hash, so that one kind never passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitmentDomain {
    /// A record of a center: an account, a loan, a certificate, an intent.
    Record,
    /// The complete bytes of a statement, for the audit log.
    Statement,
}

impl CommitmentDomain {
    const fn text(self) -> &'static [u8] {
        match self {
            Self::Record => b"fundlink/1 record\0",
            Self::Statement => b"fundlink/1 statement\0",
        }
    }
}

/// The commitment: BLAKE3 keyed with the blinding, over the domain's text and the bytes.
#[must_use]
pub fn commit(domain: CommitmentDomain, blinding: &Blinding, bytes: &[u8]) -> Commitment {
    let mut hasher = blake3::Hasher::new_keyed(blinding.as_bytes());
    hasher.update(domain.text()).update(bytes);
    Commitment::new(*hasher.finalize().as_bytes())
}
