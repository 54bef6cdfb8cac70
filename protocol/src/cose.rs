//! Signed statements as COSE_Sign1 (RFC 9052): bytes on the wire, and the way to trust.
//!
//! **Promises.** The bytes are verified as received, never re-encoded. A [`Verified`] can only be
//! made by [`Received::verify`]: signature by `verify_strict`, key in force, payload in its one
//! encoding, sender the holder of the key.
//! **Left to others.** Addressee, freshness, repeats and rights: `admission` and the handlers.

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};

use crate::cbor;
use crate::center::CenterCode;
use crate::id::{KeyId, PayloadHash};
use crate::key::{KeyError, KeyPurpose, Keyring, Signature, SigningRequest};
use crate::limits::{ROSTER_BYTES_MAX, STATEMENT_BYTES_MAX};
use crate::refusal::Refusal;
use crate::roster::KeyTable;
use crate::statement::{Payload, Statement, StatementKind};
use crate::time::Timestamp;

/// COSE algorithm −8: EdDSA, with Ed25519 keys.
const ALGORITHM: i8 = -8;
/// CBOR tag 18: COSE_Sign1.
const TAG: Tag = Tag::new(18);

/// The name of a network, as it stands in the external data of each signature.
#[must_use]
pub fn external_data(network: &str) -> Vec<u8> {
    ["fundlink/1/", network].concat().into_bytes()
}

/// The hash that names a statement: BLAKE3 of its payload.
#[must_use]
pub fn payload_hash(payload: &[u8]) -> PayloadHash {
    PayloadHash::new(*blake3::hash(payload).as_bytes())
}

/// A payload before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    protected: Vec<u8>,
    payload: Vec<u8>,
}

impl Unsigned {
    /// A payload of a kind, to be signed by the key of this id.
    #[must_use]
    pub fn new(kind: StatementKind, key: KeyId, payload: Vec<u8>) -> Self {
        Self { protected: protected_header(kind, key), payload }
    }

    /// The hash that names the statement.
    #[must_use]
    pub fn hash(&self) -> PayloadHash {
        payload_hash(&self.payload)
    }

    /// The exact bytes to sign: the Sig_structure of RFC 9052 §4.4.
    #[must_use]
    pub fn signing_bytes(&self, network: &str) -> Vec<u8> {
        signing_bytes(&self.protected, network, &self.payload)
    }

    /// The statement's bytes.
    #[must_use]
    pub fn assemble(&self, signature: &Signature) -> Vec<u8> {
        written(|encoder| {
            encoder.tag(TAG)?.array(4)?;
            encoder.bytes(&self.protected)?.map(0)?;
            encoder.bytes(&self.payload)?.bytes(&signature.0)?.ok()
        })
    }
}

/// Bytes from outside that have the form of a statement; nothing in them is trusted yet.
#[derive(Clone, Debug)]
pub struct Received {
    bytes: Vec<u8>,
    kind: StatementKind,
    key: KeyId,
    protected: Vec<u8>,
    payload: Vec<u8>,
    signature: Signature,
}

impl Received {
    /// Reads the frame of a statement.
    ///
    /// # Errors
    /// `TOO_LARGE`, `MALFORMED` for anything that is not this COSE_Sign1 in its one encoding,
    /// `UNKNOWN_STATEMENT` for another content type, `ALGORITHM` for another algorithm.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Refusal> {
        if bytes.len() > ROSTER_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let (protected, payload, signature) = split(&bytes).ok_or(Refusal::Malformed)?;
        let (kind, key) = read_protected(&protected)?;
        if bytes.len() > STATEMENT_BYTES_MAX && kind != StatementKind::Roster {
            return Err(Refusal::TooLarge);
        }
        let received = Self { kind, key, protected, payload, signature, bytes };
        let unsigned =
            Unsigned { protected: received.protected.clone(), payload: received.payload.clone() };
        // One encoding: what we would write is what we read.
        if unsigned.assemble(&received.signature) != received.bytes
            || protected_header(kind, key) != received.protected
        {
            return Err(Refusal::Malformed);
        }
        Ok(received)
    }

    /// The kind that the header claims.
    #[must_use]
    pub const fn kind(&self) -> StatementKind {
        self.kind
    }

    /// The hash that names the statement.
    #[must_use]
    pub fn hash(&self) -> PayloadHash {
        payload_hash(&self.payload)
    }

    /// The key that the header claims.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The payload, still unverified.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Who says it, and to whom, as it claims; `None` when the payload is not in its one encoding.
    #[must_use]
    pub fn parties(&self) -> Option<(CenterCode, Option<CenterCode>)> {
        let statement = Statement::decode(self.kind, &self.payload).ok()?;
        Some((statement.from(), statement.to()))
    }

    /// What a statement says that was verified before it was stored here.
    ///
    /// # Errors
    /// `MALFORMED` when the stored bytes are damaged.
    pub fn read_again(self) -> Result<Statement, Refusal> {
        Statement::decode(self.kind, &self.payload)
    }

    /// Checks signature, key and payload.
    ///
    /// # Errors
    /// `KEY_UNKNOWN`, `KEY_ENDED`, `KEY_NOT_YET` by the roster's keys at `now`, and `KEY_UNKNOWN`
    /// for what no member's statement key may say (rosters, authority keys); `SIGNATURE`;
    /// `MALFORMED` when the payload is not in its one encoding; `SENDER` when the key is not the
    /// sender's.
    pub fn verify(
        self,
        keys: &KeyTable,
        network: &str,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        if !matches!(purpose_of(self.kind), KeyPurpose::Statement) {
            return Err(Refusal::KeyUnknown);
        }
        let entry = keys.statement_key(self.key, now)?;
        self.verify_by(entry.center, &entry.public, network)
    }

    /// Checks the signature by a key that the caller has established, as evidence does offline.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), but for the key's validity.
    pub fn verify_by(
        self,
        center: CenterCode,
        key: &crate::key::PublicKey,
        network: &str,
    ) -> Result<Verified, Refusal> {
        let message = signing_bytes(&self.protected, network, &self.payload);
        if key.id() != self.key || !key.verifies(&message, &self.signature) {
            return Err(Refusal::Signature);
        }
        let statement = Statement::decode(self.kind, &self.payload)?;
        if statement.from() != center {
            return Err(Refusal::Sender);
        }
        Ok(Verified { hash: self.hash(), statement, key: self.key, bytes: self.bytes })
    }
}

/// A statement whose signature, key, sender and encoding were checked.
#[derive(Clone, Debug)]
pub struct Verified {
    statement: Statement,
    hash: PayloadHash,
    key: KeyId,
    bytes: Vec<u8>,
}

impl Verified {
    /// What it says.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The hash that names it.
    #[must_use]
    pub const fn hash(&self) -> PayloadHash {
        self.hash
    }

    /// The key that signed it.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// The complete bytes, as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says, without the bytes.
    #[must_use]
    pub fn into_statement(self) -> Statement {
        self.statement
    }
}

/// Signs a payload at once, outside of a round: the tools that make keys and networks do.
///
/// # Errors
/// When the keyring does not hold the key, or its holder does not answer.
pub fn sign<P: Payload>(
    network: &str,
    payload: &P,
    keyring: &mut dyn Keyring,
) -> Result<Vec<u8>, KeyError> {
    let purpose = purpose_of(P::KIND);
    let key = keyring.public(purpose).ok_or(KeyError::Missing(purpose))?;
    let unsigned = Unsigned::new(P::KIND, key.id(), cbor::encode(payload));
    let request = SigningRequest { purpose, message: unsigned.signing_bytes(network) };
    let signatures = keyring.sign(&[request])?;
    let signature = signatures.first().ok_or(KeyError::Missing(purpose))?;
    Ok(unsigned.assemble(signature))
}

/// Which purpose of key signs a kind of statement.
#[must_use]
pub const fn purpose_of(kind: StatementKind) -> KeyPurpose {
    if matches!(kind, StatementKind::Roster) {
        KeyPurpose::Roster
    } else if matches!(kind, StatementKind::AuthorityKey) {
        KeyPurpose::Root
    } else {
        KeyPurpose::Statement
    }
}

fn protected_header(kind: StatementKind, key: KeyId) -> Vec<u8> {
    // Deterministic order of the labels: 1 (alg), 3 (content type), 4 (kid).
    written(|encoder| {
        encoder.map(3)?.u8(1)?.i8(ALGORITHM)?;
        encoder.u8(3)?.str(&kind.content_type())?;
        encoder.u8(4)?.bytes(key.as_bytes())?.ok()
    })
}

fn signing_bytes(protected: &[u8], network: &str, payload: &[u8]) -> Vec<u8> {
    written(|encoder| {
        encoder.array(4)?.str("Signature1")?.bytes(protected)?;
        encoder.bytes(&external_data(network))?.bytes(payload)?.ok()
    })
}

type WriteResult = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn written(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> WriteResult) -> Vec<u8> {
    let mut bytes = Vec::new();
    match write(&mut Encoder::new(&mut bytes)) {
        Ok(()) => bytes,
        Err(error) => unreachable!("writing to memory failed: {error}"),
    }
}

fn split(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>, Signature)> {
    let mut decoder = Decoder::new(bytes);
    if decoder.tag().ok()? != TAG || decoder.array().ok()? != Some(4) {
        return None;
    }
    let protected = decoder.bytes().ok()?.to_vec();
    if decoder.map().ok()? != Some(0) {
        return None;
    }
    let payload = decoder.bytes().ok()?.to_vec();
    let signature = decoder.bytes().ok()?.try_into().ok()?;
    (decoder.position() == bytes.len()).then_some((protected, payload, Signature(signature)))
}

fn read_protected(bytes: &[u8]) -> Result<(StatementKind, KeyId), Refusal> {
    let mut decoder = Decoder::new(bytes);
    let malformed = |_| Refusal::Malformed;
    if decoder.map().map_err(malformed)? != Some(3) || decoder.u8().map_err(malformed)? != 1 {
        return Err(Refusal::Malformed);
    }
    if decoder.i64().map_err(malformed)? != i64::from(ALGORITHM) {
        return Err(Refusal::Algorithm);
    }
    if decoder.u8().map_err(malformed)? != 3 {
        return Err(Refusal::Malformed);
    }
    let content_type = decoder.str().map_err(malformed)?;
    let kind = StatementKind::from_content_type(content_type).ok_or(Refusal::UnknownStatement)?;
    if decoder.u8().map_err(malformed)? != 4 {
        return Err(Refusal::Malformed);
    }
    let key = decoder.bytes().map_err(malformed)?;
    Ok((kind, KeyId::new(key.try_into().map_err(|_| Refusal::Malformed)?)))
}

#[cfg(test)]
mod tests;
