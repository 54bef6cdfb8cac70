//! Publishing records as digests: bounded portions a round, until everything is published.
//!
//! An import is walked in five phases: its accounts, its loans, its withdrawals for a property, the persons
//! in quarantine, and what was published before but is not in it. Records that a transfer or a clerk
//! changed go before the walk.
//!
//! **Promises.** A record whose bytes did not change is not published again; a crash loses nothing,
//! because the place of the walk is part of the batch that it moves; no round does more than
//! `limits::PUBLISH_PORTION`.
//! **Left to others.** What a digest says: `digest`. Appending leaves: `publication`.

use minicbor::{Decode, Encode};

use super::quarantine;
use super::records::{self, Generation, RecordKind, StoredAccount, account_key, damaged, loan_key};
use super::round::Round;
use super::timer::{self, Timer};
use super::withdrawals::{self, BookedWithdrawal, StoredWithdrawal};
use super::{publication, recovery, single};
use crate::account::{AccountNumber, SerialNumber};
use crate::cbor;
use crate::digest::Digest;
use crate::document::DocumentNumber;
use crate::id::{Bytes, ContentHash};
use crate::limits::PUBLISH_PORTION;
use crate::record::LoanRecord;
use crate::record_seal::RecordSeed;
use crate::roster::{Member, Roster};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

mod drafts;
mod gone;
mod past_end;
mod revising;

use drafts::{
    Draft, Portion, PortionError, draft_account, draft_loan, draft_quarantined, draft_withdrawal,
    publish_portion,
};

pub(super) use drafts::{current_epoch, earlier, open_log};
pub use gone::Vanished;
use gone::walk_gone;
pub(super) use gone::{is_in, vanished};
pub use past_end::PastEnd;

/// What was last published of a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Published {
    /// The record at that time.
    #[n(1)]
    pub content: ContentHash,
    /// Opens the commitment.
    #[n(2)]
    pub seed: RecordSeed,
    /// The number of the log.
    #[n(3)]
    pub log: u32,
    /// The leaf.
    #[n(4)]
    pub leaf: u64,
    /// The entry: an encoded digest.
    #[n(5)]
    pub entry: Bytes,
}

impl Published {
    /// The digest.
    ///
    /// # Errors
    /// When the stored bytes are damaged.
    pub fn digest(&self) -> Result<Digest, StoreError> {
        cbor::decode_stored("published records", &self.entry)
    }
}

/// How far the publication of the current import is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Progress {
    /// The walk over the current import.
    #[n(1)]
    pub walk: Option<Walk>,
    /// Generations that nothing needs any more.
    #[n(2)]
    pub clearing: Vec<Generation>,
    /// What is no record of an import and lay past the end of a closed log, as far as it was looked for.
    #[n(3)]
    pub past_end: Option<PastEnd>,
}

/// A walk over an import.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Walk {
    /// The import.
    #[n(1)]
    pub generation: Generation,
    /// What is walked over.
    #[n(2)]
    pub phase: Phase,
    /// The last key that was looked at in this phase.
    #[n(3)]
    pub after: Bytes,
    /// What came of it so far.
    #[n(4)]
    pub counts: WalkCounts,
}

/// What a walk goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Phase {
    /// The accounts of the import.
    #[n(1)]
    Accounts,
    /// Its loans.
    #[n(2)]
    Loans,
    /// What was published before and is gone.
    #[n(3)]
    Gone,
    /// Nothing: all is published.
    #[n(4)]
    Done,
    /// The persons in quarantine.
    #[n(5)]
    Quarantine,
    /// The withdrawals for a property of the import.
    #[n(6)]
    Withdrawals,
}

/// What came of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WalkCounts {
    /// Records published, for the first time or as a new revision.
    #[n(1)]
    pub published: u64,
    /// Records that had not changed.
    #[n(2)]
    pub unchanged: u64,
    /// Records left alone, because a transfer holds or changed the account, or the desk knows more.
    #[n(3)]
    pub kept: u64,
    /// Records that are not in the import any more.
    #[n(4)]
    pub gone: u64,
}

/// How far publication is.
///
/// # Errors
/// When the store cannot be read.
pub fn progress(view: &dyn View) -> Result<Progress, StoreError> {
    single::read(view, b"publishing").map(Option::unwrap_or_default)
}

fn put_progress(view: &mut dyn View, progress: &Progress) {
    single::write(view, b"publishing", progress);
}

/// What was last published of a record.
///
/// # Errors
/// When the store cannot be read.
pub fn published(
    view: &dyn View,
    kind: RecordKind,
    number: &str,
) -> Result<Option<Published>, StoreError> {
    published_at(view, &place_of(kind, number.as_bytes()))
}

/// What was published of an account, when it is the account as it stands now.
///
/// # Errors
/// When the store cannot be read.
pub fn published_account(
    view: &dyn View,
    account: &StoredAccount,
) -> Result<Option<Published>, StoreError> {
    let number = account.record.account.number.as_str();
    let known = published(view, RecordKind::Account, number)?;
    let content = content_of(&account.sealed());
    Ok(known.filter(|known| known.content == content))
}

/// What was published of a loan, when it is the loan as it stands now.
///
/// # Errors
/// When the store cannot be read.
pub fn published_loan(view: &dyn View, loan: &LoanRecord) -> Result<Option<Published>, StoreError> {
    let known = published(view, RecordKind::Loan, loan.loan.contract.as_str())?;
    let content = content_of(loan);
    Ok(known.filter(|known| known.content == content))
}

/// What was published of a withdrawal, when it is the withdrawal as it stands now.
pub(super) fn published_withdrawal(
    view: &dyn View,
    booked: &BookedWithdrawal,
) -> Result<Option<Published>, StoreError> {
    let known = published(view, RecordKind::Withdrawal, booked.record.serial.as_str())?;
    let content = content_of(booked);
    Ok(known.filter(|known| known.content == content))
}

/// A roster has opened the next log of this center: what lay past the end of the one before counts
/// for nobody and is published again.
pub(super) fn on_roster(round: &mut Round<'_>, before: &Roster) -> Result<(), StoreError> {
    let center = round.center();
    let open = |roster: &Roster| roster.member(center).and_then(Member::open_log);
    let opened = open(&round.roster).filter(|number| *number > 1);
    if opened.is_none() || opened == open(before) {
        return Ok(());
    }
    // What was logged since the last log was convicted waits for its first checkpoint.
    publication::schedule(round)?;
    past_end::begin(round)?;
    match records::state(round.view)?.current {
        Some(current) => begin(round, current.generation, None),
        None => Ok(()),
    }
}

/// Begins to publish an import, and to clear the one before.
pub(super) fn begin(
    round: &mut Round<'_>,
    generation: Generation,
    old: Option<Generation>,
) -> Result<(), StoreError> {
    let mut progress = progress(round.view)?;
    progress.walk = Some(Walk {
        generation,
        phase: Phase::Accounts,
        after: Vec::new().into(),
        counts: WalkCounts::default(),
    });
    progress.clearing.extend(old);
    put_progress(round.view, &progress);
    timer::set(round.view, round.now, Timer::Records)
}

/// Has a generation cleared that never became current.
pub(super) fn clear(round: &mut Round<'_>, generation: Generation) -> Result<(), StoreError> {
    let mut progress = progress(round.view)?;
    progress.clearing.push(generation);
    put_progress(round.view, &progress);
    timer::set(round.view, round.now, Timer::Records)
}

/// Milliseconds until publication is tried again when there is no tag key yet.
const TAG_RETRY_MS: i64 = 5_000;

/// Publishes and clears one portion; asks to be called again while anything is left.
pub(super) fn on_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    if recovery::holds_digests(round.view)? {
        return timer::set(round.view, round.now.plus_ms(TAG_RETRY_MS), Timer::Records);
    }
    let mut progress = progress(round.view)?;
    let before = progress.clone();
    let mut portion = Portion::default();
    take_changed(round, &mut portion)?;
    if portion.room() > 0
        && let Some(walk) = &mut progress.walk
    {
        take_walked(round, walk, &mut portion)?;
    }
    match publish_portion(round, portion) {
        Ok(()) => {}
        Err(PortionError::Store(error)) => return Err(error),
        // The walk stays where it was.
        Err(PortionError::Tag(_)) => {
            return timer::set(round.view, round.now.plus_ms(TAG_RETRY_MS), Timer::Records);
        }
    }
    past_end::walk(round, &mut progress)?;
    clear_portion(round.view, &mut progress)?;
    if progress != before {
        put_progress(round.view, &progress);
    }
    if is_idle(round.view, &progress)? {
        return Ok(());
    }
    timer::set(round.view, round.now, Timer::Records)
}

/// Whether records wait to be published.
pub(super) fn is_busy(view: &dyn View) -> Result<bool, StoreError> {
    Ok(!is_idle(view, &progress(view)?)?)
}

fn is_idle(view: &dyn View, progress: &Progress) -> Result<bool, StoreError> {
    let walked = progress.walk.as_ref().is_none_or(|walk| walk.phase == Phase::Done);
    let prefix = key(Area::Unpublished, &[]);
    let changed = view.range(&prefix, &prefix_end(&prefix), 1)?;
    let cleared = progress.clearing.is_empty() && progress.past_end.is_none();
    Ok(walked && cleared && changed.is_empty())
}

/// Takes accounts that a transfer changed, and withdrawals that the desk recorded.
fn take_changed(round: &mut Round<'_>, portion: &mut Portion) -> Result<(), StoreError> {
    let prefix = key(Area::Unpublished, &[]);
    for (row, _) in round.view.range(&prefix, &prefix_end(&prefix), PUBLISH_PORTION)? {
        let wrong = || damaged("unpublished records");
        let number = row.get(2..).map(<[u8]>::to_vec).unwrap_or_default();
        let number = String::from_utf8(number).map_err(|_| wrong())?;
        portion.looked_at = portion.looked_at.saturating_add(1);
        let draft = if row.get(1) == Some(&(RecordKind::Withdrawal as u8)) {
            let serial = SerialNumber::parse(&number).map_err(|_| wrong())?;
            match withdrawals::withdrawal(round.view, &serial)? {
                Some(stored) => draft_withdrawal(round, &stored.booked)?,
                None => None,
            }
        } else {
            let number = AccountNumber::parse(&number).map_err(|_| wrong())?;
            match records::account(round.view, &number)? {
                Some((account, _)) => draft_account(round, &account)?,
                None => None,
            }
        };
        portion.settled.push(row);
        portion.drafts.extend(draft);
    }
    Ok(())
}

/// Takes the next records of an import.
fn take_walked(
    round: &mut Round<'_>,
    walk: &mut Walk,
    portion: &mut Portion,
) -> Result<(), StoreError> {
    let prefix = match walk.phase {
        Phase::Accounts => account_key(walk.generation, b""),
        Phase::Loans => loan_key(walk.generation, b""),
        Phase::Withdrawals => key(Area::Withdrawal, &[&walk.generation.to_key()]),
        Phase::Quarantine => quarantine::persons_key(walk.generation, b""),
        Phase::Gone => key(Area::Published, &[]),
        Phase::Done => return Ok(()),
    };
    let mut from = walk.after.to_vec();
    if from.is_empty() {
        from.clone_from(&prefix);
    } else {
        from.push(0);
    }
    let room = portion.room();
    let entries = round.view.range(&from, &prefix_end(&prefix), room)?;
    let is_last = entries.len() < room;
    for (entry_key, value) in entries {
        portion.looked_at = portion.looked_at.saturating_add(1);
        let draft = match walk.phase {
            Phase::Accounts => walk_account(round, &value, &mut walk.counts)?,
            Phase::Loans => walk_loan(round, &value, &mut walk.counts)?,
            Phase::Withdrawals => walk_withdrawal(round, &value, walk)?,
            Phase::Quarantine => {
                let document: DocumentNumber = cbor::decode_stored("quarantine", &value)?;
                draft_quarantined(round, &document)?
            }
            Phase::Gone => walk_gone(round, (entry_key.clone(), value), walk)?,
            Phase::Done => None,
        };
        if draft.is_some() {
            walk.counts.published = walk.counts.published.saturating_add(1);
        }
        portion.drafts.extend(draft);
        walk.after = entry_key.into();
    }
    if is_last {
        walk.after = Vec::new().into();
        walk.phase = match walk.phase {
            Phase::Accounts => Phase::Loans,
            Phase::Loans => Phase::Withdrawals,
            Phase::Withdrawals => Phase::Quarantine,
            Phase::Quarantine => Phase::Gone,
            Phase::Gone | Phase::Done => Phase::Done,
        };
    }
    Ok(())
}

fn walk_account(
    round: &mut Round<'_>,
    value: &[u8],
    counts: &mut WalkCounts,
) -> Result<Option<Draft>, StoreError> {
    let account: StoredAccount = cbor::decode_stored("accounts", value)?;
    let number = &account.record.account.number;
    if records::account_in(round.view, Generation::KEPT, number)?.is_some() {
        counts.kept = counts.kept.saturating_add(1);
        return Ok(None);
    }
    let draft = draft_account(round, &account)?;
    if draft.is_none() {
        counts.unchanged = counts.unchanged.saturating_add(1);
    }
    Ok(draft)
}

fn walk_loan(
    round: &mut Round<'_>,
    value: &[u8],
    counts: &mut WalkCounts,
) -> Result<Option<Draft>, StoreError> {
    let loan: LoanRecord = cbor::decode_stored("loans", value)?;
    let draft = draft_loan(round, &loan)?;
    if draft.is_none() {
        counts.unchanged = counts.unchanged.saturating_add(1);
    }
    Ok(draft)
}

fn walk_withdrawal(
    round: &mut Round<'_>,
    value: &[u8],
    walk: &mut Walk,
) -> Result<Option<Draft>, StoreError> {
    let stored: StoredWithdrawal = cbor::decode_stored("withdrawals", value)?;
    if !withdrawals::follow_export(round.view, walk.generation, &stored)? {
        walk.counts.kept = walk.counts.kept.saturating_add(1);
        return Ok(None);
    }
    let draft = draft_withdrawal(round, &stored.booked)?;
    if draft.is_none() {
        walk.counts.unchanged = walk.counts.unchanged.saturating_add(1);
    }
    Ok(draft)
}

/// Deletes a portion of a generation that nothing needs any more.
fn clear_portion(view: &mut dyn View, progress: &mut Progress) -> Result<(), StoreError> {
    let Some(generation) = progress.clearing.first().copied() else { return Ok(()) };
    let mut room = PUBLISH_PORTION;
    for area in Area::OF_IMPORTS {
        let prefix = key(area, &[&generation.to_key()]);
        for (entry, _) in view.range(&prefix, &prefix_end(&prefix), room)? {
            view.delete(entry);
            room = room.saturating_sub(1);
        }
    }
    if room > 0 {
        progress.clearing.remove(0);
    }
    Ok(())
}

fn published_at(view: &dyn View, place: &[u8]) -> Result<Option<Published>, StoreError> {
    let bytes = view.get(&key(Area::Published, &[place]))?;
    bytes.map(|bytes| read_published(view, &bytes)).transpose()
}

/// What stands in a row; a later revision that came back after this store had lost it takes its place.
fn read_published(view: &dyn View, bytes: &[u8]) -> Result<Published, StoreError> {
    let known: Published = cbor::decode_stored("published records", bytes)?;
    Ok(match recovery::pulled::last_after(view, known.log, known.leaf)? {
        None => known,
        // What that one commits to is lost, so that it is the record as it stands of no record here.
        Some(next) => Published {
            content: ContentHash::new([0; 32]),
            log: next.log,
            leaf: next.leaf,
            entry: next.entry,
            ..known
        },
    })
}

fn place_of(kind: RecordKind, number: &[u8]) -> Vec<u8> {
    [&[kind as u8], number].concat()
}

pub(super) fn content_of<T: Encode<()>>(record: &T) -> ContentHash {
    ContentHash::new(blake3::derive_key("fundlink/1 record content", &cbor::encode(record)))
}
