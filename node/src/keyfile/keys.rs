//! The private keys of a member, each with what it is for.
//!
//! **Promises.** Seeds are wiped when dropped; `Debug` shows what a key is for, never the key.
//! **Left to others.** When a key begins and ends to count: the roster.

use core::fmt;

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::time::Timestamp;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use zeroize::Zeroize as _;

use crate::entropy::{self, EntropyError};

/// The secret half of a key: an Ed25519 seed or an X25519 scalar.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Wraps the bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl<C> Encode<C> for Seed {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Seed {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let mut bytes: [u8; 32] = ByteArray::<32>::decode(decoder, context)?.into();
        let seed = Self(bytes);
        bytes.zeroize();
        Ok(seed)
    }
}

/// A key and when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredKey {
    /// What the key is for.
    #[n(1)]
    pub purpose: KeyPurpose,
    /// The key.
    #[n(2)]
    pub seed: Seed,
    /// When it was made.
    #[n(3)]
    pub made: Timestamp,
}

/// All the keys of one member, or the root key alone. The tag key is not among them: the store
/// holds it sealed to the sealing key.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeySet {
    /// The network that the keys were made for.
    #[n(1)]
    pub network: String,
    /// The member that the keys were made for.
    #[n(2)]
    pub center: CenterCode,
    /// The keys, the newest of a purpose last: rotation keeps the old one until the roster ends it.
    #[n(3)]
    pub keys: Vec<StoredKey>,
}

impl KeySet {
    /// Makes the keys of a member; of the authority also the one that signs rosters.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate(
        network: &str,
        center: CenterCode,
        role: Role,
        now: Timestamp,
    ) -> Result<Self, EntropyError> {
        let mut keys = Self::empty(network, center);
        for purpose in [
            KeyPurpose::Peer,
            KeyPurpose::Statement,
            KeyPurpose::Log,
            KeyPurpose::Witness,
            KeyPurpose::Sealing,
        ] {
            keys.add(purpose, now)?;
        }
        match role {
            Role::Authority => keys.add(KeyPurpose::Roster, now)?,
            Role::Center => {}
        }
        Ok(keys)
    }

    /// Makes a root key, for a file of its own.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate_root(
        network: &str,
        authority: CenterCode,
        now: Timestamp,
    ) -> Result<Self, EntropyError> {
        let mut keys = Self::empty(network, authority);
        keys.add(KeyPurpose::Root, now)?;
        Ok(keys)
    }

    fn empty(network: &str, center: CenterCode) -> Self {
        Self { network: network.to_owned(), center, keys: Vec::new() }
    }

    /// Makes a new key for a purpose, beside those there are.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn add(&mut self, purpose: KeyPurpose, now: Timestamp) -> Result<(), EntropyError> {
        let seed = Seed(entropy::random()?);
        self.keys.push(StoredKey { purpose, seed, made: now });
        Ok(())
    }

    /// The newest key for a purpose.
    #[must_use]
    pub fn newest(&self, purpose: KeyPurpose) -> Option<&Seed> {
        self.of(purpose).last()
    }

    /// Every key for a purpose, the newest last.
    pub fn of(&self, purpose: KeyPurpose) -> impl Iterator<Item = &Seed> {
        self.keys.iter().filter(move |key| key.purpose == purpose).map(|key| &key.seed)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purposes: Vec<KeyPurpose> = self.keys.iter().map(|key| key.purpose).collect();
        f.debug_struct("KeySet")
            .field("network", &self.network)
            .field("center", &self.center)
            .field("keys", &purposes)
            .finish_non_exhaustive()
    }
}
