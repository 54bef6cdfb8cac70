//! Keys: what each is for, how a signature is checked, and the port that signs.
//!
//! **Promises.** A signature counts only by `verify_strict`, the one rule on which all members
//! agree; secret keys stay behind [`Keyring`].
//! **Left to others.** Which key counts when: `roster`. Key files: the node.

use core::fmt;

use ed25519_dalek::{Signature as DalekSignature, Signer as _, SigningKey, VerifyingKey};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::id::KeyId;

#[cfg(feature = "simulated-keys")]
pub mod simulated;

/// What a key may sign or open. A member has one current key a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyPurpose {
    /// Identity of the peer in the network's transport.
    #[n(1)]
    Peer,
    /// Statements: queries, answers, letters, sheets and the others.
    #[n(2)]
    Statement,
    /// Checkpoints of the member's own logs.
    #[n(3)]
    Log,
    /// Cosignatures over the logs of others.
    #[n(4)]
    Witness,
    /// X25519 key to which the tag key is sealed; signs nothing.
    #[n(5)]
    Sealing,
    /// Rosters; the authority alone.
    #[n(6)]
    Roster,
    /// The authority's current roster key and its successor; nothing else.
    #[n(7)]
    Root,
}

/// A public key of 32 bytes: Ed25519, or X25519 for [`KeyPurpose::Sealing`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Wraps the bytes; a key that is no curve point verifies nothing.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 bytes of SHA-256 of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let hash: [u8; 32] = Sha256::digest(self.0).into();
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(hash) {
            *to = from;
        }
        KeyId::new(id)
    }

    /// Whether the signature over the message is this key's, by the strict rule: no small-order
    /// key, no malleable signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        CheckingKey::of(self).is_some_and(|key| key.verifies(message, signature))
    }
}

/// A public key that can check signatures.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum CheckingKey {
    /// A point of the curve that is not of small order.
    Ed25519(VerifyingKey),
    /// A key of the simulation that runs on this thread.
    #[cfg(feature = "simulated-keys")]
    Simulated(PublicKey),
}

impl CheckingKey {
    /// The key in the form that checks; `None` for one that can verify nothing.
    pub(crate) fn of(key: &PublicKey) -> Option<Self> {
        #[cfg(feature = "simulated-keys")]
        if simulated::Simulation::has_made(key) {
            return Some(Self::Simulated(*key));
        }
        let point = VerifyingKey::from_bytes(&key.0).ok()?;
        (!point.is_weak()).then_some(Self::Ed25519(point))
    }

    /// The bytes of the public key.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        match self {
            Self::Ed25519(key) => key.as_bytes(),
            #[cfg(feature = "simulated-keys")]
            Self::Simulated(key) => key.as_bytes(),
        }
    }

    /// Whether the signature over the message is this key's.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        match self {
            Self::Ed25519(key) => {
                key.verify_strict(message, &DalekSignature::from_bytes(&signature.0)).is_ok()
            }
            #[cfg(feature = "simulated-keys")]
            Self::Simulated(key) => simulated::signature(key, message) == *signature,
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl<C> Encode<C> for PublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PublicKey {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let bytes: ByteArray<32> = Decode::decode(decoder, context)?;
        Ok(Self(bytes.into()))
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl<C> Encode<C> for Signature {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Signature {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let bytes: ByteArray<64> = Decode::decode(decoder, context)?;
        Ok(Self(bytes.into()))
    }
}

/// One message to be signed.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    /// With which of the member's keys.
    pub purpose: KeyPurpose,
    /// The exact bytes.
    pub message: Vec<u8>,
}

/// Why a key could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// This node holds no such key.
    #[error("this node holds no key for {0:?}; check the key file")]
    Missing(KeyPurpose),
    /// The device or service that holds the key did not answer.
    #[error("the key holder did not answer: {0}")]
    Unavailable(String),
}

/// The port to the member's secret signing keys; may be a device or a service, hence batches.
pub trait Keyring {
    /// The public key of a purpose, if this node holds the secret one.
    fn public(&self, purpose: KeyPurpose) -> Option<PublicKey>;

    /// Signs all messages, in order.
    ///
    /// # Errors
    /// When a key is missing or its holder does not answer: then nothing counts as signed.
    fn sign(&mut self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError>;
}

/// Secret Ed25519 keys held in memory.
#[derive(Clone)]
pub struct MemoryKeyring {
    keys: Vec<(KeyPurpose, SigningKey, PublicKey)>,
}

impl MemoryKeyring {
    /// A keyring from the 32-byte seeds of its keys. Of a sealing key it knows only the public
    /// half: what is sealed to it is opened by [`Tagger`](crate::subject::Tagger).
    pub fn new(seeds: impl IntoIterator<Item = (KeyPurpose, [u8; 32])>) -> Self {
        let keys = seeds.into_iter().map(|(purpose, seed)| {
            let secret = SigningKey::from_bytes(&seed);
            let public = match purpose {
                KeyPurpose::Sealing => crate::sealing::public_key(&Zeroizing::new(seed)),
                KeyPurpose::Peer
                | KeyPurpose::Statement
                | KeyPurpose::Log
                | KeyPurpose::Witness
                | KeyPurpose::Roster
                | KeyPurpose::Root => PublicKey(secret.verifying_key().to_bytes()),
            };
            (purpose, secret, public)
        });
        Self { keys: keys.collect() }
    }

    /// Signs one message.
    ///
    /// # Errors
    /// When the key is missing.
    pub fn sign_one(&self, request: &SigningRequest) -> Result<Signature, KeyError> {
        let mut held = self.keys.iter().filter(|(held, ..)| *held != KeyPurpose::Sealing);
        let key = held.find(|(held, ..)| *held == request.purpose);
        let (_, secret, _) = key.ok_or(KeyError::Missing(request.purpose))?;
        Ok(Signature(secret.sign(&request.message).to_bytes()))
    }
}

impl Keyring for MemoryKeyring {
    fn public(&self, purpose: KeyPurpose) -> Option<PublicKey> {
        self.keys.iter().find(|(held, ..)| *held == purpose).map(|(_, _, public)| *public)
    }

    fn sign(&mut self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError> {
        requests.iter().map(|request| self.sign_one(request)).collect()
    }
}

impl fmt::Debug for MemoryKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(purpose, ..)| purpose)).finish()
    }
}
