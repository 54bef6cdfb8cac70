//! Checking the proofs of an answer: commitment → leaf → checkpoint.
//!
//! **Promises.** Nothing of the answering center is believed but its log's signature: a record, a
//! blinding, a leaf or a checkpoint that was changed is found.
//! **Left to others.** The policies, from the roster: `log::policy`. Completeness: whether a center
//! left a loan out shows in the index of its log, not in an answer.

use crate::cbor;
use crate::digest::{Digest, DigestStatus};
use crate::id::{Commitment, SubjectTag};
use crate::log::policy::Policy;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::TreeSize;
use crate::person_match::PersonMatch;
use crate::record::Person;
use crate::record_seal::{SealedParty, record_commitment};

use super::{DisclosedLoan, IssuedCertificate, LeafReference};

/// What a proof has to be held against.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// Accepts a checkpoint that the log signed and a quorum of witnesses cosigned.
    pub witnessed: Option<&'a Policy>,
    /// Accepts a checkpoint that the log signed.
    pub logged: &'a Policy,
}

/// How far a leaf is proved.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub enum Proven {
    /// Not yet: no checkpoint covers the leaf, or the record has just changed.
    #[n(1)]
    Awaited,
    /// Under a checkpoint that the log has signed.
    #[n(2)]
    Logged,
    /// Under a checkpoint that a quorum of witnesses has cosigned, too.
    #[n(3)]
    Witnessed,
}

/// Why a proof does not hold. The statement that carried it is itself proof of the fault.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode, thiserror::Error,
)]
#[cbor(index_only)]
pub enum ProofFault {
    /// The entry is not a digest.
    #[error("the leaf is not a digest")]
    #[n(1)]
    Entry,
    /// The digest is of another kind or status than the record.
    #[error("the digest says something else than the record")]
    #[n(2)]
    Status,
    /// The digest does not carry the person's tag.
    #[error("the digest is not about this person")]
    #[n(3)]
    Tag,
    /// The commitment does not open to the record.
    #[error("the commitment does not open to the record")]
    #[n(4)]
    Commitment,
    /// The person disclosed is not the sealed party, or not the one asked for.
    #[error("the person is not the sealed party of the record")]
    #[n(5)]
    Party,
    /// The proof is no tlog-proof, names another leaf, or does not verify.
    #[error("the leaf is not in the log under the checkpoint")]
    #[n(6)]
    Inclusion,
}

impl ProofFault {
    /// Whether the answer says something else than what its center has published: the center can
    /// have written neither by mistake of the asker.
    #[must_use]
    pub const fn contradicts_the_log(self) -> bool {
        match self {
            Self::Entry | Self::Status | Self::Tag | Self::Commitment | Self::Inclusion => true,
            Self::Party => false,
        }
    }
}

/// Checks a loan for the person that was asked for.
///
/// # Errors
/// The first fault.
pub fn check_loan(
    loan: &DisclosedLoan,
    subject: &Person,
    tag: Option<&SubjectTag>,
    policies: Policies<'_>,
) -> Result<Proven, ProofFault> {
    let party = &loan.party;
    let place = usize::try_from(loan.place).map_err(|_| ProofFault::Party)?;
    let sealed = loan.record.parties.get(place).ok_or(ProofFault::Party)?;
    let is_sealed = sealed.role == party.role
        && sealed.person == SealedParty::seal(&loan.party_blinding, party);
    let on_record = Person { name: party.name.clone(), document: party.document.clone() };
    if !is_sealed || PersonMatch::of(&on_record, subject).is_none() {
        return Err(ProofFault::Party);
    }
    let commitment = record_commitment(&loan.blinding, &loan.record);
    let status = loan.record.digest_status();
    match &loan.leaf {
        Some(leaf) => check_leaf(leaf, Leaf { status, commitment, tag }, policies),
        None => Ok(Proven::Awaited),
    }
}

/// Checks a certificate.
///
/// # Errors
/// The first fault.
pub fn check_certificate(
    issued: &IssuedCertificate,
    tag: Option<&SubjectTag>,
    policies: Policies<'_>,
) -> Result<Proven, ProofFault> {
    let commitment = record_commitment(&issued.blinding, &issued.certificate);
    let status = Some(DigestStatus::CertificateIssued);
    check_leaf(&issued.leaf, Leaf { status, commitment, tag }, policies)
}

/// Checks the leaf of a record that is not shown: that it is this person's, and in the log.
///
/// # Errors
/// The first fault.
pub fn check_hidden(
    leaf: &LeafReference,
    status: DigestStatus,
    tag: Option<&SubjectTag>,
    policies: Policies<'_>,
) -> Result<Proven, ProofFault> {
    let digest = digest_of(leaf)?;
    let commitment = digest.commitment;
    check_leaf(leaf, Leaf { status: Some(status), commitment, tag }, policies)
}

/// What a leaf must say.
struct Leaf<'a> {
    status: Option<DigestStatus>,
    commitment: Commitment,
    tag: Option<&'a SubjectTag>,
}

fn check_leaf(
    leaf: &LeafReference,
    expected: Leaf<'_>,
    policies: Policies<'_>,
) -> Result<Proven, ProofFault> {
    let digest = digest_of(leaf)?;
    if Some(digest.status) != expected.status {
        return Err(ProofFault::Status);
    }
    if digest.commitment != expected.commitment {
        return Err(ProofFault::Commitment);
    }
    if expected.tag.is_some_and(|tag| !digest.subjects.contains(tag)) {
        return Err(ProofFault::Tag);
    }
    check_inclusion(leaf, policies).map(|(proven, _)| proven)
}

/// The digest that a leaf is.
///
/// # Errors
/// When the entry is not one.
pub fn digest_of(leaf: &LeafReference) -> Result<Digest, ProofFault> {
    cbor::decode(&leaf.entry).map_err(|_| ProofFault::Entry)
}

/// Checks that a leaf is in the log, and under how good a checkpoint; the size of its tree.
///
/// # Errors
/// When the proof does not hold even by the log's own signature.
pub fn check_inclusion(
    leaf: &LeafReference,
    policies: Policies<'_>,
) -> Result<(Proven, Option<TreeSize>), ProofFault> {
    let Some(bytes) = &leaf.proof else { return Ok((Proven::Awaited, None)) };
    let proof = TlogProof::parse(bytes).map_err(|_| ProofFault::Inclusion)?;
    if proof.index != leaf.index {
        return Err(ProofFault::Inclusion);
    }
    let witnessed = policies.witnessed.and_then(|policy| proof.verify(policy, &leaf.entry).ok());
    if let Some(accepted) = witnessed {
        return Ok((Proven::Witnessed, Some(accepted.checkpoint.size)));
    }
    let accepted = proof.verify(policies.logged, &leaf.entry).map_err(|_| ProofFault::Inclusion)?;
    Ok((Proven::Logged, Some(accepted.checkpoint.size)))
}

#[cfg(test)]
mod tests;
