//! How a new member asks to be admitted, and how a member shows that it holds a key.
//!
//! **Promises.** A verified enrolment is signed by the statement key that it offers, and each other
//! signing key in it has signed for this network, member and purpose.
//! **Left to others.** Who stands behind the keys: two persons compare [`Fingerprint`]s out of band.

use core::fmt;

use super::check::purposes_of;
use crate::center::{CenterCode, Role};
use crate::cose::{self, Received};
use crate::id::PayloadHash;
use crate::key::{KeyError, KeyPurpose, Keyring, PublicKey, SigningRequest};
use crate::log::origin::NetworkName;
use crate::refusal::Refusal;
use crate::statement::membership::{Enrolment, OfferedKey};
use crate::statement::{Statement, StatementKind};
use crate::time::Timestamp;

/// What a new member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// The network's name.
    pub network: NetworkName,
    /// The code that it asks for.
    pub code: CenterCode,
    /// What it will be.
    pub role: Role,
    /// The organisation's name.
    pub name: String,
    /// Where it can be dialled, as multiaddresses.
    pub addresses: Vec<String>,
}

/// Writes an enrolment, signed by the keys that it offers.
///
/// # Errors
/// When the keyring lacks a key that the role needs, or its holder does not answer.
pub fn enrol(
    applicant: &Applicant,
    authority: CenterCode,
    now: Timestamp,
    keyring: &mut dyn Keyring,
) -> Result<Vec<u8>, KeyError> {
    let enrolment = Enrolment {
        from: applicant.code,
        to: authority,
        issued_at: now,
        name: applicant.name.clone(),
        role: applicant.role,
        keys: offered_keys(applicant, keyring)?,
        addresses: applicant.addresses.clone(),
    };
    cose::sign(applicant.network.as_str(), &enrolment, keyring)
}

/// The keys of a keyring that a member of this role offers, each with its proof.
pub(super) fn offered_keys(
    applicant: &Applicant,
    keyring: &mut dyn Keyring,
) -> Result<Vec<OfferedKey>, KeyError> {
    let offer = |purpose: &KeyPurpose| {
        offer_key(&applicant.network, applicant.code, *purpose, &mut *keyring)
    };
    purposes_of(applicant.role).iter().map(offer).collect()
}

/// A key of a keyring with the proof that the keyring holds it.
///
/// # Errors
/// When the keyring lacks the key, or its holder does not answer.
pub fn offer_key(
    network: &NetworkName,
    member: CenterCode,
    purpose: KeyPurpose,
    keyring: &mut dyn Keyring,
) -> Result<OfferedKey, KeyError> {
    let public = keyring.public(purpose).ok_or(KeyError::Missing(purpose))?;
    if purpose == KeyPurpose::Sealing {
        return Ok(OfferedKey { purpose, public, proof: None });
    }
    let message = proof_bytes(network, member, purpose, &public);
    let signatures = keyring.sign(&[SigningRequest { purpose, message }])?;
    let proof = signatures.first().copied().ok_or(KeyError::Missing(purpose))?;
    Ok(OfferedKey { purpose, public, proof: Some(proof) })
}

/// The bytes that a key signs to show that its member holds it.
#[must_use]
pub fn proof_bytes(
    network: &NetworkName,
    member: CenterCode,
    purpose: KeyPurpose,
    public: &PublicKey,
) -> Vec<u8> {
    let mut bytes = b"fundlink/1/key-proof\0".to_vec();
    bytes.extend(network.as_str().as_bytes());
    bytes.push(0);
    bytes.extend(member.to_key());
    bytes.extend(crate::cbor::encode(&purpose));
    bytes.extend(public.as_bytes());
    bytes
}

impl OfferedKey {
    /// Whether the key has shown that this member of this network holds it.
    #[must_use]
    pub fn is_proved(&self, network: &NetworkName, member: CenterCode) -> bool {
        match (self.purpose, &self.proof) {
            (KeyPurpose::Sealing, proof) => proof.is_none(),
            (_, None) => false,
            (purpose, Some(proof)) => {
                let message = proof_bytes(network, member, purpose, &self.public);
                self.public.verifies(&message, proof)
            }
        }
    }
}

/// An enrolment whose signatures were checked; who stands behind it is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEnrolment {
    enrolment: Enrolment,
    hash: PayloadHash,
}

impl VerifiedEnrolment {
    /// Reads and checks an enrolment.
    ///
    /// # Errors
    /// `MALFORMED` for other bytes, `SIGNATURE` when it is not signed by the keys that it offers,
    /// `ARGUMENT` when it does not offer exactly one key of each purpose.
    pub fn parse(network: &NetworkName, bytes: Vec<u8>) -> Result<Self, Refusal> {
        let received = Received::parse(bytes)?;
        let hash = received.hash();
        let Statement::Enrolment(claimed) =
            Statement::decode(StatementKind::Enrolment, received.payload())?
        else {
            return Err(Refusal::Malformed);
        };
        let offered = |key: &OfferedKey| key.purpose;
        if !claimed.keys.iter().map(offered).eq(purposes_of(claimed.role).iter().copied()) {
            return Err(Refusal::Argument);
        }
        let statement = |key: &&OfferedKey| key.purpose == KeyPurpose::Statement;
        let statement = claimed.keys.iter().find(statement).ok_or(Refusal::Argument)?;
        if !claimed.keys.iter().all(|key| key.is_proved(network, claimed.from)) {
            return Err(Refusal::Signature);
        }
        if received.kind() != StatementKind::Enrolment {
            return Err(Refusal::UnknownStatement);
        }
        received.verify_by(claimed.from, &statement.public, network.as_str())?;
        Ok(Self { enrolment: *claimed, hash })
    }

    /// What it says.
    #[must_use]
    pub const fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// What two persons compare before the authority admits.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.hash.as_bytes())
    }
}

/// The first 16 bytes of a hash, in the form in which persons read them to each other: eight
/// groups of four hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

/// A text that is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has eight groups of four hex digits")]
pub struct FingerprintError;

impl Fingerprint {
    /// The fingerprint of something that has this hash.
    #[must_use]
    pub const fn of(hash: &[u8; 32]) -> Self {
        let (first, _) = hash.split_at(16);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(first);
        Self(bytes)
    }

    /// Parses a fingerprint as a person types it: dashes and blanks are skipped, case is not told
    /// apart.
    ///
    /// # Errors
    /// When the text has other than 32 hex digits.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let digits = text.chars().filter(|c| *c != '-' && !c.is_ascii_whitespace());
        let digits: String = digits.map(|c| c.to_ascii_lowercase()).collect();
        let id = crate::id::KeyId::parse(&digits).map_err(|_| FingerprintError)?;
        Ok(Self(*id.as_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let dash = if index > 0 && index.is_multiple_of(2) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}
