//! The next revision of a digest whose record stays as it was.
//!
//! **Promises.** It names the last revision that somebody counts.
//! **Left to others.** Records that change: [`super`].

use super::super::publication;
use super::super::round::Round;
use super::{Published, earlier, open_log};
use crate::cbor;
use crate::digest::{Digest, DigestStatus};
use crate::id::ReferenceTag;
use crate::store::StoreError;
use crate::time::Date;

impl Published {
    /// Publishes the digest again where its leaf lies past the end of its log; `false` where it does not.
    pub(in crate::engine) fn publish_past_end(
        &mut self,
        round: &mut Round<'_>,
    ) -> Result<bool, StoreError> {
        if publication::stands(round, self.log, self.leaf)? {
            return Ok(false);
        }
        let digest = self.digest()?;
        self.revise(round, digest.status, digest.date)?;
        Ok(true)
    }

    /// Publishes the next revision of the digest: the same record, with another public status.
    pub(in crate::engine) fn revise(
        &mut self,
        round: &mut Round<'_>,
        status: DigestStatus,
        date: Date,
    ) -> Result<(), StoreError> {
        let reference = self.digest()?.reference;
        self.revise_as(round, (status, reference), date)
    }

    /// The same, matched by another reference from now on.
    pub(in crate::engine) fn revise_as(
        &mut self,
        round: &mut Round<'_>,
        (status, reference): (DigestStatus, Option<ReferenceTag>),
        date: Date,
    ) -> Result<(), StoreError> {
        let before = self.digest()?;
        let log = open_log(round)?;
        let earlier = earlier(round, self)?;
        let digest = Digest {
            status,
            reference,
            revision: earlier.map_or(1, |earlier| earlier.revision.saturating_add(1)),
            previous: earlier.map(|earlier| earlier.leaf),
            previous_log: earlier.and_then(|earlier| earlier.log),
            date,
            ..before
        };
        self.leaf = round.publish(&digest)?;
        self.log = log;
        self.entry = cbor::encode(&digest).into();
        Ok(())
    }
}
