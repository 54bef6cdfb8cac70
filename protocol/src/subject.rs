//! Subject tags (关联标识): keyed pseudonyms, the same in every city, useless outside the network.
//!
//! **Promises.** A tag says nothing to whoever lacks the tag key; a key leaves its holder only
//! sealed to one member.
//! **Left to others.** Who may have a tag computed: `engine::tags`, with purpose and audit row.

use core::fmt;
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::center::CenterCode;
use crate::id::{ReferenceTag, SubjectTag, TransferId};
use crate::key::PublicKey;
use crate::log::origin::NetworkName;
use crate::sealing::{self, SealingError};

/// Names a generation of the tag key.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct TagEpoch(#[n(0)] pub u32);

/// What is tagged.
#[derive(Clone, Copy)]
pub enum TagSubject<'a> {
    /// A person, by the 18-digit, upper-case form of the number (or another document's number).
    Person(&'a str),
    /// A property, by the number of its title.
    Property(&'a str),
}

impl fmt::Debug for TagSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person(_) => "Person(..)",
            Self::Property(_) => "Property(..)",
        })
    }
}

/// What a reference tag matches.
#[derive(Clone, Copy)]
pub enum Reference<'a> {
    /// The digests of both sides of a transfer.
    Transfer(TransferId),
    /// The digests of one loan.
    Loan(CenterCode, &'a str),
    /// An account of a center, by its number.
    Account(CenterCode, &'a str),
}

impl fmt::Debug for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transfer(_) => "Transfer(..)",
            Self::Loan(..) => "Loan(..)",
            Self::Account(..) => "Account(..)",
        })
    }
}

/// Why no tag can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// This node does not hold the key of the epoch.
    #[error("this node holds no tag key of epoch {}; it comes from another member after admission", .0.0)]
    NoKey(TagEpoch),
    /// The service that holds the key did not answer.
    #[error("the tag service did not answer: {0}")]
    Unavailable(String),
    /// This node has no sealing key, so that nobody can hand it a tag key.
    #[error("this node holds no sealing key; check the key file")]
    NoSealingKey,
    /// The box does not open, or a sealing key is not one.
    #[error("the tag key could not be sealed or opened: {0}")]
    Sealing(#[from] SealingError),
}

/// What a box with a tag key is tied to: it opens in no other place.
#[derive(Clone, Copy, Debug)]
pub struct BoxContext<'a> {
    /// The network's name.
    pub network: &'a NetworkName,
    /// The epoch of the key.
    pub epoch: TagEpoch,
    /// Who sealed it.
    pub from: CenterCode,
    /// Who opens it.
    pub to: CenterCode,
}

impl BoxContext<'_> {
    fn info(&self) -> Vec<u8> {
        ["fundlink/1/", self.network.as_str(), "/tag-key"].concat().into_bytes()
    }

    fn bound(&self) -> Vec<u8> {
        [self.epoch.0.to_be_bytes(), self.from.to_key(), self.to.to_key()].concat()
    }
}

/// What was in a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A key of an epoch that was not held; it is held now.
    New,
    /// The key that is held.
    Same,
    /// Another key than the one that is held, which stays. Two nodes that have met each other's
    /// keys agree which of the two comes first.
    Differs {
        /// Whether the key in the box comes before the one that is held.
        first: bool,
    },
}

/// The port that computes tags; takes batches, may be remote. The tag key never leaves it but
/// sealed to one member; the secret sealing key never leaves it at all.
pub trait Tagger {
    /// Whether tags of the epoch can be computed.
    fn holds(&self, epoch: TagEpoch) -> bool;

    /// The public key to which tag keys can be sealed for this node.
    fn sealing_key(&self) -> Option<PublicKey>;

    /// Makes the key of an epoch from a seed that is unpredictable and used once; a key that is
    /// there stays.
    ///
    /// # Errors
    /// When the holder of the keys does not answer.
    fn make(&mut self, epoch: TagEpoch, seed: &[u8; 32]) -> Result<(), TagError>;

    /// Seals the key of the context's epoch to a member. The seed is used once.
    ///
    /// # Errors
    /// When the key is not here, its holder does not answer, or `to` is no sealing key.
    fn seal(
        &mut self,
        context: BoxContext<'_>,
        to: &PublicKey,
        seed: &[u8; 32],
    ) -> Result<Vec<u8>, TagError>;

    /// Opens a box and takes its key, unless another key of the epoch is held.
    ///
    /// # Errors
    /// When the box is not for this node or not of this context, or the holder does not answer.
    fn open(&mut self, context: BoxContext<'_>, sealed: &[u8]) -> Result<Opened, TagError>;

    /// Drops the key of an epoch, so that another one can be taken.
    ///
    /// # Errors
    /// When the holder of the keys does not answer.
    fn drop_key(&mut self, epoch: TagEpoch) -> Result<(), TagError>;

    /// The tags of all subjects, in order.
    ///
    /// # Errors
    /// When the key is not here or its holder does not answer.
    fn tags(
        &mut self,
        epoch: TagEpoch,
        subjects: &[TagSubject<'_>],
    ) -> Result<Vec<SubjectTag>, TagError>;

    /// The reference tag of a transfer or a loan.
    ///
    /// # Errors
    /// As [`tags`](Self::tags).
    fn reference(&mut self, epoch: TagEpoch, of: Reference<'_>) -> Result<ReferenceTag, TagError>;
}

/// Tag keys held in memory, with the secret sealing keys that open the boxes of this node.
#[derive(Default)]
pub struct MemoryTagger {
    keys: BTreeMap<TagEpoch, Zeroizing<[u8; 32]>>,
    sealing: Vec<Zeroizing<[u8; 32]>>,
}

impl MemoryTagger {
    /// A tagger without tag keys, which opens boxes with these X25519 secrets, the current one
    /// last: a box may be older than the last rotation.
    pub fn new(sealing: impl IntoIterator<Item = Zeroizing<[u8; 32]>>) -> Self {
        Self { keys: BTreeMap::new(), sealing: sealing.into_iter().collect() }
    }

    /// Takes another secret that opens boxes, from now on the current one.
    pub fn add_sealing(&mut self, secret: Zeroizing<[u8; 32]>) {
        self.sealing.push(secret);
    }

    /// Takes the key of an epoch; a key that is there stays.
    pub fn insert(&mut self, epoch: TagEpoch, key: Zeroizing<[u8; 32]>) {
        self.keys.entry(epoch).or_insert(key);
    }

    fn keyed(&self, epoch: TagEpoch, parts: &[&[u8]]) -> Result<[u8; 32], TagError> {
        let key = self.keys.get(&epoch).ok_or(TagError::NoKey(epoch))?;
        let mut hasher = blake3::Hasher::new_keyed(key);
        for part in parts {
            hasher.update(part);
        }
        Ok(*hasher.finalize().as_bytes())
    }
}

impl Tagger for MemoryTagger {
    fn holds(&self, epoch: TagEpoch) -> bool {
        self.keys.contains_key(&epoch)
    }

    fn sealing_key(&self) -> Option<PublicKey> {
        self.sealing.last().map(sealing::public_key)
    }

    fn make(&mut self, epoch: TagEpoch, seed: &[u8; 32]) -> Result<(), TagError> {
        let key = blake3::derive_key("fundlink/1 tag key of an epoch", seed);
        self.insert(epoch, Zeroizing::new(key));
        Ok(())
    }

    fn seal(
        &mut self,
        context: BoxContext<'_>,
        to: &PublicKey,
        seed: &[u8; 32],
    ) -> Result<Vec<u8>, TagError> {
        let key = self.keys.get(&context.epoch).ok_or(TagError::NoKey(context.epoch))?;
        Ok(sealing::seal(to, (&context.info(), &context.bound()), key.as_slice(), seed)?)
    }

    fn open(&mut self, context: BoxContext<'_>, sealed: &[u8]) -> Result<Opened, TagError> {
        let (info, bound) = (context.info(), context.bound());
        let mut tried = Err(TagError::NoSealingKey);
        for secret in self.sealing.iter().rev() {
            tried = sealing::open(secret, (&info, &bound), sealed).map_err(TagError::from);
            if tried.is_ok() {
                break;
            }
        }
        let plain = tried?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| SealingError::Box)?;
        let key = Zeroizing::new(key);
        let Some(held) = self.keys.get(&context.epoch) else {
            self.insert(context.epoch, key);
            return Ok(Opened::New);
        };
        // Hashes, so that the time of the comparison says nothing of the keys.
        let (held, other) = (blake3::hash(held.as_slice()), blake3::hash(key.as_slice()));
        if held == other {
            Ok(Opened::Same)
        } else {
            Ok(Opened::Differs { first: other.as_bytes() < held.as_bytes() })
        }
    }

    fn drop_key(&mut self, epoch: TagEpoch) -> Result<(), TagError> {
        self.keys.remove(&epoch);
        Ok(())
    }

    fn tags(
        &mut self,
        epoch: TagEpoch,
        subjects: &[TagSubject<'_>],
    ) -> Result<Vec<SubjectTag>, TagError> {
        let tag = |subject: &TagSubject<'_>| match subject {
            TagSubject::Person(number) => self.keyed(epoch, &[b"person\0", number.as_bytes()]),
            TagSubject::Property(number) => self.keyed(epoch, &[b"property\0", number.as_bytes()]),
        };
        subjects.iter().map(|subject| tag(subject).map(SubjectTag::new)).collect()
    }

    fn reference(&mut self, epoch: TagEpoch, of: Reference<'_>) -> Result<ReferenceTag, TagError> {
        let bytes = match of {
            Reference::Transfer(id) => self.keyed(epoch, &[b"transfer\0", id.as_bytes()])?,
            Reference::Loan(center, contract) => {
                self.keyed(epoch, &[b"loan\0", &center.to_key(), contract.as_bytes()])?
            }
            Reference::Account(center, number) => {
                self.keyed(epoch, &[b"account\0", &center.to_key(), number.as_bytes()])?
            }
        };
        Ok(ReferenceTag::new(bytes))
    }
}

impl fmt::Debug for MemoryTagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{DATONG, LINFEN, TAIYUAN, network};

    const EPOCH: TagEpoch = TagEpoch(1);

    fn tagger(byte: u8) -> MemoryTagger {
        MemoryTagger::new([Zeroizing::new([byte; 32])])
    }

    fn sealed(from: &mut MemoryTagger, to: &MemoryTagger, context: BoxContext<'_>) -> Vec<u8> {
        from.seal(context, &to.sealing_key().unwrap(), &[9; 32]).unwrap()
    }

    #[test]
    fn a_key_travels_in_a_box_and_gives_the_same_tags() {
        let network = network();
        let context = BoxContext { network: &network, epoch: EPOCH, from: TAIYUAN, to: DATONG };
        let (mut taiyuan, mut datong) = (tagger(1), tagger(2));
        taiyuan.make(EPOCH, &[7; 32]).unwrap();
        let boxed = sealed(&mut taiyuan, &datong, context);
        let elsewhere = BoxContext { to: LINFEN, ..context };
        assert_eq!(datong.open(elsewhere, &boxed), Err(SealingError::Box.into()));
        assert_eq!(datong.open(context, &boxed), Ok(Opened::New));
        assert_eq!(datong.open(context, &boxed), Ok(Opened::Same));
        let person = [TagSubject::Person("140199199003070223")];
        assert_eq!(taiyuan.tags(EPOCH, &person), datong.tags(EPOCH, &person));
        assert_eq!(datong.tags(TagEpoch(2), &person), Err(TagError::NoKey(TagEpoch(2))));
    }

    #[test]
    fn a_box_of_before_a_rotation_of_the_sealing_key_still_opens() {
        let network = network();
        let context = BoxContext { network: &network, epoch: EPOCH, from: TAIYUAN, to: DATONG };
        let (mut taiyuan, old) = (tagger(1), tagger(2));
        taiyuan.make(EPOCH, &[7; 32]).unwrap();
        let boxed = sealed(&mut taiyuan, &old, context);
        let mut rotated = MemoryTagger::new([[2; 32], [3; 32]].map(Zeroizing::new));
        assert_eq!(rotated.sealing_key(), tagger(3).sealing_key());
        assert_eq!(rotated.open(context, &boxed), Ok(Opened::New));
    }

    #[test]
    fn two_holders_of_different_keys_agree_which_comes_first() {
        let network = network();
        let there = BoxContext { network: &network, epoch: EPOCH, from: TAIYUAN, to: DATONG };
        let back = BoxContext { from: DATONG, to: TAIYUAN, ..there };
        let (mut taiyuan, mut datong) = (tagger(1), tagger(2));
        taiyuan.make(EPOCH, &[7; 32]).unwrap();
        datong.make(EPOCH, &[8; 32]).unwrap();
        let to_datong = sealed(&mut taiyuan, &datong, there);
        let to_taiyuan = sealed(&mut datong, &taiyuan, back);
        let at_datong = datong.open(there, &to_datong).unwrap();
        let at_taiyuan = taiyuan.open(back, &to_taiyuan).unwrap();
        let (Opened::Differs { first: one }, Opened::Differs { first: other }) =
            (at_datong, at_taiyuan)
        else {
            panic!("the keys differ")
        };
        assert_ne!(one, other);
        datong.drop_key(EPOCH).unwrap();
        assert_eq!(datong.open(there, &to_datong), Ok(Opened::New));
    }

    #[test]
    fn persons_properties_transfers_and_loans_never_share_a_tag() {
        let mut tagger = tagger(1);
        tagger.make(EPOCH, &[7; 32]).unwrap();
        let subjects = [TagSubject::Person("1"), TagSubject::Property("1")];
        let tags = tagger.tags(EPOCH, &subjects).unwrap();
        assert_ne!(tags[0], tags[1]);
        let one = tagger.reference(EPOCH, Reference::Loan(TAIYUAN, "1")).unwrap();
        let other = tagger.reference(EPOCH, Reference::Loan(DATONG, "1")).unwrap();
        assert_ne!(one, other);
    }
}
