//! Tags with the tag keys in memory, opened by whatever sealing keys the key file holds.
//!
//! **Promises.** A box that is sealed to a sealing key of after the start opens, once the roster lists
//! that key.
//! **Left to others.** Tags and boxes themselves: `fundlink_protocol::subject`. When the key file is
//! read again: `signing`.

use fundlink_protocol::id::{ReferenceTag, SubjectTag};
use fundlink_protocol::key::{KeyPurpose, PublicKey};
use fundlink_protocol::sealing;
use fundlink_protocol::subject::{
    BoxContext, MemoryTagger, Opened, Reference, TagEpoch, TagError, TagSubject, Tagger,
};
use zeroize::Zeroizing;

use crate::signing::KeyChoice;

/// A tagger whose sealing keys are those of a choice of keys.
#[derive(Debug)]
pub struct Tagging {
    choice: KeyChoice,
    inner: MemoryTagger,
    known: usize,
}

impl Tagging {
    /// Opens boxes with the sealing keys of a choice.
    #[must_use]
    pub fn new(choice: KeyChoice) -> Self {
        Self { choice, inner: MemoryTagger::default(), known: 0 }
    }

    fn take_new_keys(&mut self) {
        let keys = self.choice.keys();
        for seed in keys.of(KeyPurpose::Sealing).skip(self.known) {
            self.inner.add_sealing(Zeroizing::new(*seed.expose()));
            self.known = self.known.saturating_add(1);
        }
    }
}

impl Tagger for Tagging {
    fn holds(&self, epoch: TagEpoch) -> bool {
        self.inner.holds(epoch)
    }

    fn sealing_key(&self) -> Option<PublicKey> {
        let keys = self.choice.keys();
        let newest = keys.newest(KeyPurpose::Sealing)?;
        Some(sealing::public_key(&Zeroizing::new(*newest.expose())))
    }

    fn make(&mut self, epoch: TagEpoch, seed: &[u8; 32]) -> Result<(), TagError> {
        self.inner.make(epoch, seed)
    }

    fn seal(
        &mut self,
        context: BoxContext<'_>,
        to: &PublicKey,
        seed: &[u8; 32],
    ) -> Result<Vec<u8>, TagError> {
        self.inner.seal(context, to, seed)
    }

    fn open(&mut self, context: BoxContext<'_>, sealed: &[u8]) -> Result<Opened, TagError> {
        self.take_new_keys();
        self.inner.open(context, sealed)
    }

    fn drop_key(&mut self, epoch: TagEpoch) -> Result<(), TagError> {
        self.inner.drop_key(epoch)
    }

    fn tags(
        &mut self,
        epoch: TagEpoch,
        subjects: &[TagSubject<'_>],
    ) -> Result<Vec<SubjectTag>, TagError> {
        self.inner.tags(epoch, subjects)
    }

    fn reference(&mut self, epoch: TagEpoch, of: Reference<'_>) -> Result<ReferenceTag, TagError> {
        self.inner.reference(epoch, of)
    }
}
