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
}

impl fmt::Debug for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transfer(_) => "Transfer(..)",
            Self::Loan(..) => "Loan(..)",
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
}

/// The port that computes tags; takes batches, may be remote.
pub trait Tagger {
    /// Whether tags of the epoch can be computed.
    fn holds(&self, epoch: TagEpoch) -> bool;

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

/// Tag keys held in memory.
#[derive(Default)]
pub struct MemoryTagger {
    keys: BTreeMap<TagEpoch, Zeroizing<[u8; 32]>>,
}

impl MemoryTagger {
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
        };
        Ok(ReferenceTag::new(bytes))
    }
}

impl fmt::Debug for MemoryTagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}
