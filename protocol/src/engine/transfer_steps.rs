//! The steps of a transfer as digests: each the next revision of the one before.
//!
//! **Promises.** What cannot be tagged yet waits, in its order.
//! **Left to others.** Which steps there are: the transfer, whichever channel carries it.

use minicbor::{Decode, Encode};

use super::publication;
use super::round::Round;
use crate::digest::{Digest, DigestStatus};
use crate::document::DocumentNumber;
use crate::id::{Commitment, TransferId};
use crate::log::origin::LogKind;
use crate::store::StoreError;
use crate::subject::{Reference, TagSubject};
use crate::time::Date;
use crate::transfer::channel::Channel;

/// Milliseconds until a digest that found no tag key is tried again.
pub(super) const PUBLISH_AGAIN_MS: i64 = 60_000;

/// A digest of the transfer in the own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PublishedStep {
    /// Its revision.
    #[n(1)]
    pub revision: u32,
    /// Its leaf.
    #[n(2)]
    pub leaf: u64,
    /// What it says.
    #[n(3)]
    pub status: DigestStatus,
    /// The number of the log.
    #[n(4)]
    pub log: u32,
}

/// A digest that waits for the tag key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WaitingDigest {
    /// What it says.
    #[n(1)]
    pub status: DigestStatus,
    /// What it commits to.
    #[n(2)]
    pub commitment: Commitment,
    /// The business date.
    #[n(3)]
    pub date: Date,
}

/// What the digests of one transfer have in common.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    pub(super) document: &'a DocumentNumber,
    /// The transfer by which the other side's digests are matched; absent where nobody matches them.
    pub(super) reference: Option<TransferId>,
    pub(super) channel: Option<Channel>,
}

/// Publishes the steps of a transfer that wait, each as the next revision; `false` when there is no
/// tag key yet, and they go on waiting.
pub(super) fn publish_steps(
    round: &mut Round<'_>,
    of: Steps<'_>,
    (published, waiting): (&mut Option<PublishedStep>, &mut Vec<WaitingDigest>),
) -> Result<bool, StoreError> {
    let epoch = round.roster.tag_epoch;
    let number = of.document.tag_text();
    let subjects = round.tagger.tags(epoch, &[TagSubject::Person(number.as_str())]);
    let reference = of.reference.map(Reference::Transfer);
    let reference = reference.map(|of| round.tagger.reference(epoch, of)).transpose();
    let (Ok(subjects), Ok(reference)) = (subjects, reference) else { return Ok(false) };
    for step in core::mem::take(waiting) {
        let log = publication::own_log(round, LogKind::Public)?.number;
        let earlier = match *published {
            Some(before) => publication::earlier(round, before.log, before.leaf)?,
            None => None,
        };
        let before = published.filter(|_| earlier.is_some());
        let digest = Digest {
            status: step.status,
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            previous: earlier.map(|earlier| earlier.leaf),
            previous_log: earlier.and_then(|earlier| earlier.log),
            epoch: epoch.0,
            subjects: subjects.clone(),
            reference,
            commitment: step.commitment,
            date: step.date,
            channel: of.channel,
        };
        let leaf = round.publish(&digest)?;
        let (revision, status) = (digest.revision, digest.status);
        *published = Some(PublishedStep { revision, leaf, status, log });
    }
    Ok(true)
}
