//! Watches (关联监测): what this center lends on, or may lend on, is told of what changes elsewhere.
//!
//! **Promises.** A live intent, certificate or off-site loan watches the tags of its household: a new
//! revision in the log of another center becomes one task here, which says what came last and how often,
//! until a clerk has looked. A digest costs one lookup a tag.
//! **Left to others.** What to do about it: people.

use minicbor::{Decode, Encode};

use super::intent;
use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::digest::{Digest, DigestStatus};
use crate::engine::certificates::lending as certificates;
use crate::engine::output::Event;
use crate::engine::round::{Round, Stop};
use crate::engine::tag_index::IndexedDigest;
use crate::engine::transfer_case::today;
use crate::id::{IntentId, SubjectTag};
use crate::limits::INTENTS_LISTED_MAX;
use crate::refusal::Refusal;
use crate::statement::certificate::LoanResult;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// What watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Watcher {
    /// A loan intent of this center.
    #[n(1)]
    Intent(#[n(0)] IntentId),
    /// A certificate that this center holds as a lender, or the off-site loan that it secures.
    #[n(2)]
    Certificate(#[n(0)] CertificateNumber),
}

/// What a watch has found in the log of one center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WatchTask {
    /// What watches.
    #[n(1)]
    pub watcher: Watcher,
    /// Whose log it is.
    #[n(2)]
    pub center: CenterCode,
    /// The last revision that came in.
    #[n(3)]
    pub status: DigestStatus,
    /// How many came in since somebody looked.
    #[n(4)]
    pub count: u32,
    /// When the first of them came in.
    #[n(5)]
    pub since: Timestamp,
    /// When the last of them came in.
    #[n(6)]
    pub at: Timestamp,
}

/// Stages that something watches a household.
pub(in crate::engine) fn begin(view: &mut dyn View, watcher: &Watcher, tags: &[SubjectTag]) {
    for tag in tags {
        view.put(key(Area::TagWatch, &[tag.as_bytes(), &cbor::encode(watcher)]), Vec::new());
    }
}

/// A digest of another center came in and stands in the index.
pub(in crate::engine) fn on_digest(
    round: &mut Round<'_>,
    found: &IndexedDigest,
    replaced: Option<&Digest>,
) -> Result<(), StoreError> {
    let before = replaced.map_or(&[][..], |before| &before.subjects);
    let mut tags: Vec<SubjectTag> = [&found.digest.subjects[..], before].concat();
    tags.sort_unstable();
    tags.dedup();
    let mut told: Vec<Watcher> = Vec::new();
    for tag in tags {
        let prefix = key(Area::TagWatch, &[tag.as_bytes()]);
        for (place, _) in round.view.range(&prefix, &prefix_end(&prefix), WATCHERS_MAX)? {
            let name = place.get(prefix.len()..).unwrap_or_default();
            let watcher: Watcher = cbor::decode_stored("watches", name)?;
            if !is_live(round, &watcher)? {
                round.view.delete(place);
            } else if !told.contains(&watcher) && !is_its_own(round, &watcher, &found.digest)? {
                told.push(watcher);
            }
        }
    }
    for watcher in told {
        add(round, watcher, found)?;
    }
    Ok(())
}

/// Watches of one person that are looked at.
const WATCHERS_MAX: usize = 256;

/// Whether what watches still has a stake in the household.
fn is_live(round: &Round<'_>, watcher: &Watcher) -> Result<bool, StoreError> {
    Ok(match watcher {
        Watcher::Intent(id) => intent(round.view, *id)?.is_some_and(|known| known.state.is_live()),
        Watcher::Certificate(number) => match certificates::held(round.view, *number)? {
            None => false,
            Some(held) if held.revoked.is_some() || held.release.is_some() => false,
            Some(held) => match &held.receipt {
                Some(said) => said.wish.result == LoanResult::Granted,
                None => today(round)? <= held.issued.certificate.valid_until,
            },
        },
    })
}

/// Whether a digest is the certificate's own: what the issuer says of it is shown with it.
fn is_its_own(round: &Round<'_>, watcher: &Watcher, digest: &Digest) -> Result<bool, StoreError> {
    let Watcher::Certificate(number) = watcher else { return Ok(false) };
    let Some(held) = certificates::held(round.view, *number)? else { return Ok(false) };
    let own = cbor::decode::<Digest>(&held.issued.leaf.entry).ok();
    Ok(own.is_some_and(|own| own.commitment == digest.commitment))
}

fn add(round: &mut Round<'_>, watcher: Watcher, found: &IndexedDigest) -> Result<(), StoreError> {
    let center = found.log.center;
    let place = place_of(&watcher, center);
    let known = round.view.get(&place)?;
    let known: Option<WatchTask> =
        known.map(|bytes| cbor::decode_stored("watch tasks", &bytes)).transpose()?;
    let task = WatchTask {
        watcher,
        center,
        status: found.digest.status,
        count: known.map_or(0, |known| known.count).saturating_add(1),
        since: known.map_or(round.now, |known| known.since),
        at: round.now,
    };
    round.view.put(place, cbor::encode(&task));
    if known.is_none() {
        round.event(Event::Watch { center });
    }
    Ok(())
}

fn place_of(watcher: &Watcher, center: CenterCode) -> Vec<u8> {
    key(Area::WatchTask, &[&cbor::encode(watcher), &center.to_key()])
}

/// What the watch of one thing has found.
pub(super) fn tasks_of(view: &dyn View, watcher: &Watcher) -> Result<Vec<WatchTask>, StoreError> {
    read(view, &key(Area::WatchTask, &[&cbor::encode(watcher)]))
}

/// What all watches have found, the newest first.
///
/// # Errors
/// When the store cannot be read.
pub fn tasks(view: &dyn View) -> Result<Vec<WatchTask>, StoreError> {
    let mut tasks = read(view, &key(Area::WatchTask, &[]))?;
    tasks.sort_by_key(|task| core::cmp::Reverse(task.at));
    Ok(tasks)
}

fn read(view: &dyn View, prefix: &[u8]) -> Result<Vec<WatchTask>, StoreError> {
    let rows = view.range(prefix, &prefix_end(prefix), INTENTS_LISTED_MAX)?;
    rows.iter().map(|(_, bytes)| cbor::decode_stored("watch tasks", bytes)).collect()
}

/// A clerk has looked.
pub(super) fn done(
    round: &mut Round<'_>,
    (watcher, center): (&Watcher, CenterCode),
) -> Result<(), Stop> {
    let place = place_of(watcher, center);
    if round.view.get(&place)?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    round.view.delete(place);
    Ok(())
}
