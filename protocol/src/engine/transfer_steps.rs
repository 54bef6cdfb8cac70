//! The steps of a transfer as digests: each the next revision of the one before.
//!
//! **Promises.** What cannot be tagged yet waits, in its order.
//! **Left to others.** Which steps there are: the transfer, whichever channel carries it.

use minicbor::{Decode, Encode};

use super::publication;
use super::recovery;
use super::round::Round;
use super::tag_index;
use super::transfer_case::{Alarm, Case, today};
use crate::digest::{Digest, DigestStatus};
use crate::document::DocumentNumber;
use crate::id::{Commitment, ReferenceTag, TransferId};
use crate::log::origin::LogKind;
use crate::store::StoreError;
use crate::subject::{Reference, TagSubject};
use crate::time::{Date, Timestamp};
use crate::transfer::channel::Channel;

/// Milliseconds until a digest that found no tag key is tried again.
const PUBLISH_AGAIN_MS: i64 = 60_000;
/// Milliseconds until a digest is tried again that waits for the next log.
const PUBLISH_SOON_MS: i64 = 2_000;

/// When a digest that could not be published is tried again.
pub(super) fn publish_again_at(round: &Round<'_>) -> Result<Timestamp, StoreError> {
    let is_held = recovery::holds_digests(round.view)?;
    Ok(round.now.plus_ms(if is_held { PUBLISH_SOON_MS } else { PUBLISH_AGAIN_MS }))
}

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
    /// What it commits to.
    #[n(5)]
    pub commitment: Commitment,
    /// Its business date.
    #[n(6)]
    pub date: Date,
}

impl PublishedStep {
    const fn of(digest: &Digest, (log, leaf): (u32, u64)) -> Self {
        Self {
            revision: digest.revision,
            leaf,
            status: digest.status,
            log,
            commitment: digest.commitment,
            date: digest.date,
        }
    }

    /// The same step, to be published again because nobody counts its leaf.
    const fn again(&self) -> WaitingDigest {
        WaitingDigest { status: self.status, commitment: self.commitment, date: self.date }
    }
}

/// Has the last step of a transfer published again, where its leaf lies past the end of its log;
/// `false` where nothing is to be done.
pub(super) fn wait_again(
    round: &Round<'_>,
    (published, waiting): (Option<PublishedStep>, &mut Vec<WaitingDigest>),
) -> Result<bool, StoreError> {
    let Some(last) = published else { return Ok(false) };
    if publication::stands(round, last.log, last.leaf)? {
        return Ok(false);
    }
    waiting.insert(0, last.again());
    Ok(true)
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

impl Case {
    /// Publishes a step of the transfer, now or once the tag key is here.
    pub(super) fn publish(
        &mut self,
        round: &mut Round<'_>,
        status: DigestStatus,
        commitment: Commitment,
    ) -> Result<(), StoreError> {
        self.unpublished.push(WaitingDigest { status, commitment, date: today(round)? });
        self.publish_waiting(round)
    }

    /// Publishes the last step again where its leaf lies past the end of its log; `false` where it does
    /// not.
    pub(super) fn publish_past_end(&mut self, round: &mut Round<'_>) -> Result<bool, StoreError> {
        let is_past = wait_again(round, (self.published, &mut self.unpublished))?;
        if is_past {
            self.publish_waiting(round)?;
        }
        Ok(is_past)
    }

    /// Publishes what waits, in its order.
    pub(super) fn publish_waiting(&mut self, round: &mut Round<'_>) -> Result<(), StoreError> {
        let of = Steps { document: &self.letter.document, reference: Some(self.id), channel: None };
        if !publish_steps(round, of, (&mut self.published, &mut self.unpublished))? {
            self.alarms.insert(Alarm::Publish, publish_again_at(round)?);
            return Ok(());
        }
        self.alarms.remove(&Alarm::Publish);
        Ok(())
    }
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
    if recovery::holds_digests(round.view)? {
        return Ok(false);
    }
    for step in core::mem::take(waiting) {
        let log = publication::own_log(round, LogKind::Public)?.number;
        if let Some(back) = given_back(round, reference)? {
            *published = Some(back);
            if (back.status, back.commitment) == (step.status, step.commitment) {
                recovery::pulled::settle(round.view, back.log, back.leaf)?;
                continue;
            }
        }
        let earlier = match *published {
            Some(before) => publication::earlier(round, (before.log, before.leaf), None)?,
            None => None,
        };
        let digest = Digest {
            status: step.status,
            revision: earlier.map_or(1, |earlier| earlier.revision.saturating_add(1)),
            previous: earlier.map(|earlier| earlier.leaf),
            previous_log: earlier.and_then(|earlier| earlier.log),
            taken_in: None,
            epoch: epoch.0,
            subjects: subjects.clone(),
            reference,
            commitment: step.commitment,
            date: step.date,
            channel: of.channel,
        };
        let leaf = round.publish(&digest)?;
        *published = Some(PublishedStep::of(&digest, (log, leaf)));
    }
    Ok(true)
}

/// The latest digest of a transfer in an own log, where it was forgotten and has come back.
fn given_back(
    round: &Round<'_>,
    reference: Option<ReferenceTag>,
) -> Result<Option<PublishedStep>, StoreError> {
    let Some(reference) = reference else { return Ok(None) };
    for found in tag_index::by_reference(round.view, reference, DIGESTS_MAX)? {
        let (log, leaf) = (found.log.number, found.leaf.get());
        if found.log.center == round.center() && recovery::pulled::is_left(round.view, log, leaf)? {
            return Ok(Some(PublishedStep::of(&found.digest, (log, leaf))));
        }
    }
    Ok(None)
}

/// Live digests under one reference: one of each side, and what a liar adds.
const DIGESTS_MAX: usize = 64;
