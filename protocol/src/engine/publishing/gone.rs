//! Records that were published and that an import does not have any more.
//!
//! **Promises.** What a transfer keeps, and what is in quarantine, is not gone.
//! **Left to others.** When a walk comes to it: [`super`].

use super::super::publication;
use super::super::quarantine;
use super::super::records::{Generation, RecordKind, account_key, damaged, loan_key};
use super::super::round::Round;
use super::super::withdrawals;
use super::drafts::{About, Draft};
use super::{Published, Walk, read_published};
use crate::account::SerialNumber;
use crate::digest::DigestStatus;
use crate::id::{Bytes, ContentHash};
use crate::store::keys::{Area, key};
use crate::store::{Entry, StoreError, View, prefix_end};

/// A record that was published and is in no generation that counts is superseded as lost; one that is
/// in quarantine stands as it was.
pub(super) fn walk_gone(
    round: &mut Round<'_>,
    (entry_key, value): Entry,
    walk: &mut Walk,
) -> Result<Option<Draft>, StoreError> {
    let place = entry_key.get(1..).unwrap_or_default().to_vec();
    let before: Published = read_published(round.view, &value)?;
    let digest = before.digest()?;
    let ended = matches!(digest.status, DigestStatus::Lost | DigestStatus::RowHealed);
    let known = is_in(round.view, walk.generation, &place)?;
    if ended || known {
        // The walk over the import has passed over what a transfer or the desk keeps.
        let kinds = [RecordKind::Account as u8, RecordKind::Withdrawal as u8];
        let may_be_kept = place.first().is_some_and(|kind| kinds.contains(kind));
        if known && may_be_kept && !publication::stands(round, before.log, before.leaf)? {
            round.view.put(key(Area::Unpublished, &[&place]), Vec::new());
        }
        return Ok(None);
    }
    let status = if digest.status == DigestStatus::RowQuarantined {
        DigestStatus::RowHealed
    } else {
        walk.counts.gone = walk.counts.gone.saturating_add(1);
        DigestStatus::Lost
    };
    Ok(Some(Draft {
        place,
        status,
        content: ContentHash::new([0; 32]),
        seed: before.seed.clone(),
        commitment: digest.commitment,
        about: About::AsBefore,
        date: None,
        before: Some(before),
    }))
}

/// Whether what was published at a place is in a generation, in its quarantine, or kept.
pub(in crate::engine) fn is_in(
    view: &dyn View,
    generation: Generation,
    place: &[u8],
) -> Result<bool, StoreError> {
    let (kind, number) = place.split_first().ok_or_else(|| damaged("published records"))?;
    if *kind == QUARANTINE {
        let place = quarantine::persons_key(generation, number);
        return Ok(view.get(&place)?.is_some());
    }
    let is_at = |place: Vec<u8>| Ok::<bool, StoreError>(view.get(&place)?.is_some());
    let (kind, there) = if *kind == RecordKind::Account as u8 {
        let kept = is_at(account_key(Generation::KEPT, number))?;
        (RecordKind::Account, kept || is_at(account_key(generation, number))?)
    } else if *kind == RecordKind::Withdrawal as u8 {
        let serial = core::str::from_utf8(number).ok().map(SerialNumber::parse);
        let serial = serial.and_then(Result::ok).ok_or_else(|| damaged("published records"))?;
        let kept = is_at(withdrawals::place(Generation::KEPT, &serial))?;
        (RecordKind::Withdrawal, kept || is_at(withdrawals::place(generation, &serial))?)
    } else {
        (RecordKind::Loan, is_at(loan_key(generation, number))?)
    };
    Ok(there || quarantine::has_record(view, generation, (kind, number))?)
}

/// The kind in the places of digests about persons in quarantine; their number is the hash of the
/// document.
pub(super) const QUARANTINE: u8 = 3;

/// A record that was published and that an import does not have, by its leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// The number of the log.
    pub log: u32,
    /// The leaf of its latest revision, which a revision `Lost` will supersede.
    pub leaf: u64,
    /// Account, loan or withdrawal, and where it stood.
    pub status: DigestStatus,
}

/// The records that a generation lacks, from a place on: what was found in one portion, and where to
/// go on; `None` at the end.
pub(in crate::engine) fn vanished(
    view: &dyn View,
    generation: Generation,
    from: &[u8],
) -> Result<(Vec<Vanished>, Option<Bytes>), StoreError> {
    let prefix = key(Area::Published, &[]);
    let begin = [&prefix, from].concat();
    let entries = view.range(&begin, &prefix_end(&prefix), VANISHED_PORTION)?;
    let mut found = Vec::new();
    for (entry_key, value) in &entries {
        let place = entry_key.get(1..).unwrap_or_default();
        let published = read_published(view, value)?;
        let status = published.digest()?.status;
        let quarantined = place.first() == Some(&QUARANTINE);
        if quarantined || status == DigestStatus::Lost || is_in(view, generation, place)? {
            continue;
        }
        found.push(Vanished { log: published.log, leaf: published.leaf, status });
    }
    let full = entries.len() == VANISHED_PORTION;
    let last = entries.last().filter(|_| full);
    let next = last.map(|(place, _)| [place.get(1..).unwrap_or_default(), &[0]].concat().into());
    Ok((found, next))
}

/// Published records that are looked at for one answer.
const VANISHED_PORTION: usize = 4_096;
