//! Digests of a portion of records: drafted one by one, tagged in one batch, staged as leaves.
//!
//! **Promises.** A record that did not change gets no draft; nothing is staged when no tag can be had.
//! **Left to others.** Which records: [`super`].

use zeroize::Zeroizing;

use super::super::publication::{self, Earlier};
use super::super::records::{RecordKind, StoredAccount, damaged, document_key, state};
use super::super::round::Round;
use super::gone::QUARANTINE;
use super::{Published, content_of, place_of, published_at};
use crate::cbor;
use crate::digest::{Digest, DigestStatus};
use crate::document::DocumentNumber;
use crate::id::{Commitment, ContentHash};
use crate::limits::PUBLISH_PORTION;
use crate::loan::LoanContract;
use crate::log::origin::LogKind;
use crate::property::Property;
use crate::record::LoanRecord;
use crate::record_seal::{RecordSeed, SealedLoan, record_commitment};
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::subject::{Reference, TagEpoch, TagError, TagSubject};
use crate::time::Date;
use crate::withdrawal::BookedWithdrawal;

/// Digests to be published together, so that their tags are computed in one batch.
#[derive(Default)]
pub(super) struct Portion {
    pub(super) looked_at: usize,
    pub(super) drafts: Vec<Draft>,
    /// Queue rows that the portion settles.
    pub(super) settled: Vec<Vec<u8>>,
}

impl Portion {
    pub(super) fn room(&self) -> usize {
        PUBLISH_PORTION.saturating_sub(self.looked_at)
    }
}

/// A digest without its tags.
pub(super) struct Draft {
    /// Kind and number.
    pub(super) place: Vec<u8>,
    pub(super) status: DigestStatus,
    pub(super) content: ContentHash,
    pub(super) seed: RecordSeed,
    pub(super) commitment: Commitment,
    pub(super) about: About,
    /// The day of what is published; that of the export, unless the record has its own.
    pub(super) date: Option<Date>,
    pub(super) before: Option<Published>,
}

/// Whom a digest is about.
pub(super) enum About {
    /// Persons by document, and the contract when it is a loan.
    Documents(Vec<DocumentNumber>, Option<LoanContract>),
    /// A person by document, then a property.
    Payout(DocumentNumber, Property),
    /// The same as the revision before.
    AsBefore,
}

impl About {
    /// What is tagged, in the order of the digest's tags.
    fn texts(&self) -> Vec<TaggedText> {
        let person = |document: &DocumentNumber| TaggedText::Person(document.tag_text());
        match self {
            Self::Documents(documents, _) => documents.iter().map(person).collect(),
            Self::Payout(document, property) => {
                let property = property.tag_texts().into_iter().map(TaggedText::Property);
                core::iter::once(person(document)).chain(property).collect()
            }
            Self::AsBefore => Vec::new(),
        }
    }
}

/// A text that becomes a tag.
enum TaggedText {
    Person(Zeroizing<String>),
    Property(Zeroizing<String>),
}

impl TaggedText {
    fn subject(&self) -> TagSubject<'_> {
        match self {
            Self::Person(text) => TagSubject::Person(text),
            Self::Property(text) => TagSubject::Property(text),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum PortionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tag(#[from] TagError),
}

pub(super) fn draft_account(
    round: &mut Round<'_>,
    account: &StoredAccount,
) -> Result<Option<Draft>, StoreError> {
    let sealed = account.sealed();
    let number = account.record.account.number.as_str();
    let place = place_of(RecordKind::Account, number.as_bytes());
    let content = content_of(&sealed);
    let before = published_at(round.view, &place)?;
    if is_as_published(round, before.as_ref(), content)? {
        return Ok(None);
    }
    let seed = RecordSeed::new(round.entropy.draw());
    Ok(Some(Draft {
        place,
        status: sealed.digest_status(),
        content,
        commitment: record_commitment(&seed.record_blinding(), &sealed),
        seed,
        about: About::Documents(vec![account.record.person.document.clone()], None),
        date: None,
        before,
    }))
}

pub(super) fn draft_loan(
    round: &mut Round<'_>,
    loan: &LoanRecord,
) -> Result<Option<Draft>, StoreError> {
    let contract = &loan.loan.contract;
    let place = place_of(RecordKind::Loan, contract.as_str().as_bytes());
    let content = content_of(loan);
    let before = published_at(round.view, &place)?;
    if is_as_published(round, before.as_ref(), content)? {
        return Ok(None);
    }
    let seed = RecordSeed::new(round.entropy.draw());
    let sealed = SealedLoan::of(loan, &seed);
    let status = match (sealed.digest_status(), &before) {
        (Some(status), _) => status,
        // What was published as granted turned out void.
        (None, Some(_)) => DigestStatus::Lost,
        (None, None) => return Ok(None),
    };
    let documents = loan.parties.iter().map(|party| party.document.clone()).collect();
    Ok(Some(Draft {
        place,
        status,
        content,
        commitment: record_commitment(&seed.record_blinding(), &sealed),
        seed,
        about: About::Documents(documents, Some(contract.clone())),
        date: None,
        before,
    }))
}

/// A digest of a withdrawal for a property: paid, or undone.
pub(super) fn draft_withdrawal(
    round: &mut Round<'_>,
    booked: &BookedWithdrawal,
) -> Result<Option<Draft>, StoreError> {
    let BookedWithdrawal { record, reversed_on } = booked;
    let place = place_of(RecordKind::Withdrawal, record.serial.as_str().as_bytes());
    let content = content_of(booked);
    let before = published_at(round.view, &place)?;
    if is_as_published(round, before.as_ref(), content)? {
        return Ok(None);
    }
    if before.is_none() && reversed_on.is_some() {
        return Ok(None);
    }
    // Undoing a payment leaves its record as it was, and the commitment to it.
    let known = before.as_ref().map(Published::digest).transpose()?.map(|digest| digest.commitment);
    let same = before
        .as_ref()
        .filter(|before| known == Some(record_commitment(&before.seed.record_blinding(), record)));
    let seed = match same {
        Some(before) => before.seed.clone(),
        None => RecordSeed::new(round.entropy.draw()),
    };
    let status = match reversed_on {
        Some(_) => DigestStatus::WithdrawalReversed,
        None => DigestStatus::WithdrawalPaid,
    };
    Ok(Some(Draft {
        place,
        status,
        content,
        commitment: record_commitment(&seed.record_blinding(), record),
        seed,
        about: About::Payout(record.person.document.clone(), record.property.clone()),
        date: Some(reversed_on.unwrap_or(record.paid_on)),
        before,
    }))
}

/// A digest about a person in quarantine, so that whoever looks the person up asks this center.
pub(super) fn draft_quarantined(
    round: &mut Round<'_>,
    document: &DocumentNumber,
) -> Result<Option<Draft>, StoreError> {
    let place = [&[QUARANTINE], document_key(document).as_slice()].concat();
    let content = content_of(document);
    let before = published_at(round.view, &place)?;
    if is_as_published(round, before.as_ref(), content)? {
        return Ok(None);
    }
    let seed = RecordSeed::new(round.entropy.draw());
    Ok(Some(Draft {
        place,
        status: DigestStatus::RowQuarantined,
        content,
        commitment: record_commitment(&seed.record_blinding(), document),
        seed,
        about: About::Documents(vec![document.clone()], None),
        date: None,
        before,
    }))
}

/// Whether a record was published as it is, by a leaf that counts.
fn is_as_published(
    round: &Round<'_>,
    before: Option<&Published>,
    content: ContentHash,
) -> Result<bool, StoreError> {
    match before.filter(|before| before.content == content) {
        Some(before) => publication::stands(round, before.log, before.leaf),
        None => Ok(false),
    }
}

/// Computes the tags of a portion and stages its digests.
pub(super) fn publish_portion(round: &mut Round<'_>, portion: Portion) -> Result<(), PortionError> {
    let epoch = current_epoch(round);
    let texts: Vec<TaggedText> =
        portion.drafts.iter().flat_map(|draft| draft.about.texts()).collect();
    let subjects: Vec<TagSubject<'_>> = texts.iter().map(TaggedText::subject).collect();
    let tags = round.tagger.tags(epoch, &subjects)?;
    let mut tags = tags.into_iter();
    let date = state(round.view)?.current.and_then(|set| set.as_of.date());
    let date = date.or_else(|| round.now.date()).ok_or_else(|| damaged("clock"))?;
    for draft in portion.drafts {
        let previous = draft.before.as_ref().map(Published::digest).transpose()?;
        let (subjects, reference) = match &draft.about {
            About::Documents(documents, contract) => {
                let subjects = tags.by_ref().take(documents.len()).collect();
                let center = round.settings.center;
                let reference = contract.as_ref().map(|contract| {
                    round.tagger.reference(epoch, Reference::Loan(center, contract.as_str()))
                });
                (subjects, reference.transpose()?)
            }
            About::Payout(_, property) => {
                let count = property.tag_texts().len().saturating_add(1);
                (tags.by_ref().take(count).collect(), None)
            }
            About::AsBefore => previous
                .as_ref()
                .map(|digest| (digest.subjects.clone(), digest.reference))
                .unwrap_or_default(),
        };
        let earlier = match &draft.before {
            Some(before) => earlier(round, before)?,
            None => None,
        };
        let digest = Digest {
            status: draft.status,
            revision: earlier.map_or(1, |earlier| earlier.revision.saturating_add(1)),
            previous: earlier.map(|earlier| earlier.leaf),
            previous_log: earlier.and_then(|earlier| earlier.log),
            taken_in: None,
            epoch: epoch.0,
            subjects,
            reference,
            commitment: draft.commitment,
            date: draft.date.unwrap_or(date),
            channel: None,
        };
        stage_digest(round, draft, digest)?;
    }
    for row in portion.settled {
        round.view.delete(row);
    }
    Ok(())
}

fn stage_digest(round: &mut Round<'_>, draft: Draft, digest: Digest) -> Result<(), StoreError> {
    let log = open_log(round)?;
    let leaf = round.publish(&digest)?;
    let published = Published {
        content: draft.content,
        seed: draft.seed,
        log,
        leaf,
        entry: cbor::encode(&digest).into(),
    };
    round.view.put(key(Area::Published, &[&draft.place]), cbor::encode(&published));
    Ok(())
}

/// The epoch of the tag key in force.
pub(in crate::engine) fn current_epoch(round: &Round<'_>) -> TagEpoch {
    round.roster.tag_epoch
}

/// The number of the log that leaves go into.
pub(in crate::engine) fn open_log(round: &Round<'_>) -> Result<u32, StoreError> {
    Ok(publication::own_log(round, LogKind::Public)?.number)
}

/// How the next revision names the last one of a record.
pub(in crate::engine) fn earlier(
    round: &Round<'_>,
    published: &Published,
) -> Result<Option<Earlier>, StoreError> {
    publication::earlier(round, (published.log, published.leaf), Some(published.digest()?))
}
