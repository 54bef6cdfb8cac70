//! Withdrawals for a property (购房提取): what was paid out is recorded, published and answered.
//!
//! They come with the exports of the core system, like accounts and loans. What is paid between two
//! exports is recorded at the desk, so that other cities know of it at once; the next export that has
//! it speaks for it from then on.
//!
//! **Promises.** A serial names one withdrawal: at the desk the same again changes nothing, another
//! under it is refused; a command that is refused records nothing. A payout has a leaf with the
//! pseudonyms of the person and of the property, its reversal names that leaf. An export that does
//! not know yet that a withdrawal was undone does not bring it back.
//! **Left to others.** Paying: the core system. Leaves: `publishing`. One property paid twice:
//! `authority::rules`.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::certificates;
use super::leaf_proofs;
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::publishing::{self, current_epoch};
use super::records::{self, Generation, RecordKind};
use super::round::{Round, Stop};
use super::tag_index;
use super::tags::{self, TagReason};
use super::transfer_case::today;
use crate::account::SerialNumber;
use crate::answer::Payout;
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::id::SubjectTag;
use crate::limits::{IMPORT_PORTION_MAX, PAYOUTS_MAX};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::person_match::PersonMatch;
use crate::property::Property;
use crate::record::Hindrance;
use crate::refusal::Refusal;
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::subject::TagSubject;
use crate::time::{Date, Timestamp};
use crate::withdrawal::PropertyWithdrawal;

pub use crate::withdrawal::BookedWithdrawal;

/// A withdrawal as its center keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredWithdrawal {
    /// The withdrawal.
    #[n(1)]
    pub booked: BookedWithdrawal,
    /// Who recorded it at the desk; absent when an export brought it.
    #[n(2)]
    pub recorded: Option<DeskNote>,
    /// Who recorded at the desk that it was undone.
    #[n(3)]
    pub undone: Option<DeskNote>,
}

/// What somebody noted at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeskNote {
    /// Who.
    #[n(1)]
    pub operator: OperatorId,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// Why, in words.
    #[n(3)]
    pub remark: Option<Remark>,
}

/// A withdrawal as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalView {
    /// What is kept.
    pub stored: StoredWithdrawal,
    /// The log and its leaf; absent until it is published.
    pub leaf: Option<(u32, u64)>,
}

/// A wish about withdrawals.
#[derive(Debug)]
pub enum WithdrawalCommand {
    /// Records at the desk what was paid, all of them or none; at most
    /// `limits::IMPORT_PORTION_MAX`.
    Record {
        /// Who records.
        operator: OperatorId,
        /// The withdrawals.
        withdrawals: Vec<PropertyWithdrawal>,
    },
    /// Records that one was undone.
    Reverse {
        /// Who records.
        operator: OperatorId,
        /// Which.
        serial: SerialNumber,
        /// When it was booked.
        on: Date,
        /// Why, in words.
        remark: Option<Remark>,
    },
    /// Lists withdrawals by serial.
    List {
        /// Those after this one.
        after: Option<SerialNumber>,
        /// How many; at most `limits::IMPORT_PORTION_MAX`.
        limit: usize,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum WithdrawalReply {
    /// Recorded, in the order of the command.
    Recorded(Vec<Recorded>),
    /// Withdrawals.
    Listed(Vec<WithdrawalView>),
}

/// What came of recording one withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which.
    pub serial: SerialNumber,
    /// Whether it was not known before.
    pub is_new: bool,
    /// The centers whose logs show an earlier payout for the same property.
    pub paid_before: Vec<CenterCode>,
}

/// A withdrawal by its serial: what the desk has of it before what an export brought.
///
/// # Errors
/// When the store cannot be read.
pub fn withdrawal(
    view: &dyn View,
    serial: &SerialNumber,
) -> Result<Option<StoredWithdrawal>, StoreError> {
    for generation in generations(view)? {
        if let Some(stored) = stored_in(view, generation, serial)? {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

/// The generations that count, the desk's own first.
fn generations(view: &dyn View) -> Result<Vec<Generation>, StoreError> {
    let current = records::state(view)?.current.map(|set| set.generation);
    Ok(core::iter::once(Generation::KEPT).chain(current).collect())
}

fn stored_in(
    view: &dyn View,
    generation: Generation,
    serial: &SerialNumber,
) -> Result<Option<StoredWithdrawal>, StoreError> {
    let bytes = view.get(&place(generation, serial))?;
    bytes.map(|bytes| cbor::decode_stored("withdrawals", &bytes)).transpose()
}

/// A withdrawal of a generation.
pub(super) fn booked_in(
    view: &dyn View,
    generation: Generation,
    serial: &SerialNumber,
) -> Result<Option<BookedWithdrawal>, StoreError> {
    Ok(stored_in(view, generation, serial)?.map(|stored| stored.booked))
}

/// Stages a withdrawal that an export brought.
pub(super) fn stage(view: &mut dyn View, generation: Generation, booked: &BookedWithdrawal) {
    let stored = StoredWithdrawal { booked: booked.clone(), recorded: None, undone: None };
    put(view, generation, &stored);
}

/// Lets an export speak for a withdrawal that the desk recorded, from the first on that has it; one
/// that does not know yet that it was undone does not. `false` when the desk's own goes on.
pub(super) fn follow_export(
    view: &mut dyn View,
    generation: Generation,
    exported: &StoredWithdrawal,
) -> Result<bool, StoreError> {
    let serial = &exported.booked.record.serial;
    let Some(kept) = stored_in(view, Generation::KEPT, serial)? else { return Ok(true) };
    if kept.booked.reversed_on.is_some() && exported.booked.reversed_on.is_none() {
        return Ok(false);
    }
    view.delete(place(Generation::KEPT, serial));
    for hash in property_hashes(&kept.booked.record.property) {
        view.delete(index_key(Generation::KEPT, &hash, serial.as_str().as_bytes()));
    }
    put(view, generation, &StoredWithdrawal { booked: exported.booked.clone(), ..kept });
    Ok(true)
}

/// Does what is wished.
pub(super) fn run(
    round: &mut Round<'_>,
    command: &WithdrawalCommand,
) -> Result<WithdrawalReply, Stop> {
    match command {
        WithdrawalCommand::Record { operator, withdrawals } => {
            require_role(round, operator, OperatorRole::Clerk)?;
            record(round, operator, withdrawals).map(WithdrawalReply::Recorded)
        }
        WithdrawalCommand::Reverse { operator, serial, on, remark } => {
            require_role(round, operator, OperatorRole::Clerk)?;
            let (operator, remark) = (operator.clone(), remark.clone());
            let note = DeskNote { operator, at: round.now, remark };
            let stored = reverse(round, serial, (*on, note))?;
            Ok(WithdrawalReply::Listed(vec![shown(round.view, stored)?]))
        }
        WithdrawalCommand::List { after, limit } => {
            Ok(WithdrawalReply::Listed(list(round.view, after.as_ref(), *limit)?))
        }
    }
}

/// Looks at all of them before anything of it is staged.
fn record(
    round: &mut Round<'_>,
    operator: &OperatorId,
    withdrawals: &[PropertyWithdrawal],
) -> Result<Vec<Recorded>, Stop> {
    if withdrawals.len() > IMPORT_PORTION_MAX {
        let why = "at most 1024 withdrawals are recorded at once";
        return Err(Stop::explained(Refusal::TooLarge, why));
    }
    let mut wanted: BTreeMap<&SerialNumber, &PropertyWithdrawal> = BTreeMap::new();
    for record in withdrawals {
        check(round, record)?;
        if wanted.insert(&record.serial, record).is_some_and(|other| other != record) {
            return Err(reused());
        }
    }
    let tagged = withdrawals.iter().map(|record| tags_of(round, &record.property));
    let tagged = tagged.collect::<Result<Vec<_>, Stop>>()?;
    let mut recorded: Vec<Recorded> = Vec::new();
    let mut paid_now: BTreeSet<SubjectTag> = BTreeSet::new();
    for (record, tags) in withdrawals.iter().zip(tagged) {
        let is_new = withdrawal(round.view, &record.serial)?.is_none();
        let mut paid_before = BTreeSet::new();
        if is_new {
            let paid = paid_by_tag(round.view, &tags)?;
            paid_before.extend(paid.iter().map(|(log, _)| log.center));
            // What this command records has no leaf yet.
            paid_before
                .extend(tags.iter().any(|tag| paid_now.contains(tag)).then_some(round.center()));
            paid_now.extend(tags);
            let note = DeskNote { operator: operator.clone(), at: round.now, remark: None };
            let booked = BookedWithdrawal::paid(record.clone());
            keep(round, &StoredWithdrawal { booked, recorded: Some(note), undone: None })?;
        }
        recorded.push(Recorded {
            serial: record.serial.clone(),
            is_new,
            paid_before: paid_before.into_iter().collect(),
        });
    }
    Ok(recorded)
}

fn check(round: &Round<'_>, record: &PropertyWithdrawal) -> Result<(), Stop> {
    record
        .check(round.center(), today(round)?)
        .map_err(|fault| Stop::explained(Refusal::Argument, &fault.to_string()))?;
    match withdrawal(round.view, &record.serial)? {
        Some(known) if known.booked.record == *record => return Ok(()),
        Some(_) => return Err(reused()),
        None => {}
    }
    let Some((account, _)) = records::account(round.view, &record.account)? else {
        let why = "there is no such account here; import the records first";
        return Err(Stop::explained(Refusal::NotFound, why));
    };
    if PersonMatch::of(&account.record.person, &record.person).is_none() {
        return Err(Refusal::NameMismatch.into());
    }
    let marked = certificates::with_mark(round.view, account.record)?;
    if marked.notes.hindrances.contains(&Hindrance::OffSiteLoan) {
        return Err(Refusal::OffSiteLoan.into());
    }
    Ok(())
}

fn reused() -> Stop {
    let why =
        "the serial was used for another withdrawal; undo that one, and record this under its own";
    Stop::explained(Refusal::IdReused, why)
}

/// Puts a withdrawal into the desk's own hand, and has it published.
fn keep(round: &mut Round<'_>, stored: &StoredWithdrawal) -> Result<(), StoreError> {
    put(round.view, Generation::KEPT, stored);
    let serial = stored.booked.record.serial.as_str();
    records::has_changed(round, RecordKind::Withdrawal, serial)
}

fn reverse(
    round: &mut Round<'_>,
    serial: &SerialNumber,
    (on, note): (Date, DeskNote),
) -> Result<StoredWithdrawal, Stop> {
    let mut stored = withdrawal(round.view, serial)?.ok_or(Refusal::NotFound)?;
    if let Some(known) = stored.booked.reversed_on {
        if known == on {
            return Ok(stored);
        }
        let why = "the withdrawal was undone already, on another day";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    stored.booked.reversed_on = Some(on);
    stored
        .booked
        .check(round.center(), today(round)?)
        .map_err(|fault| Stop::explained(Refusal::Argument, &fault.to_string()))?;
    stored.undone = Some(note);
    keep(round, &stored)?;
    Ok(stored)
}

fn list(
    view: &dyn View,
    after: Option<&SerialNumber>,
    limit: usize,
) -> Result<Vec<WithdrawalView>, StoreError> {
    let limit = limit.min(IMPORT_PORTION_MAX);
    let mut found = BTreeMap::new();
    for generation in generations(view)? {
        let all = key(Area::Withdrawal, &[&generation.to_key()]);
        let from = match after {
            Some(after) => [place(generation, after).as_slice(), &[0]].concat(),
            None => all.clone(),
        };
        for (row, bytes) in view.range(&from, &prefix_end(&all), limit)? {
            let serial = row.get(all.len()..).unwrap_or_default().to_vec();
            found.entry(serial).or_insert(bytes);
        }
    }
    let listed = found.values().take(limit);
    listed.map(|bytes| shown(view, cbor::decode_stored("withdrawals", bytes)?)).collect()
}

fn shown(view: &dyn View, stored: StoredWithdrawal) -> Result<WithdrawalView, StoreError> {
    let serial = stored.booked.record.serial.as_str();
    let published = publishing::published(view, RecordKind::Withdrawal, serial)?;
    Ok(WithdrawalView { stored, leaf: published.map(|known| (known.log, known.leaf)) })
}

/// What was paid out here for a property and not undone, by serial; at most `limits::PAYOUTS_MAX`.
pub(super) fn payouts(round: &Round<'_>, property: &Property) -> Result<Vec<Payout>, StoreError> {
    let mut serials = BTreeSet::new();
    let hashes = property_hashes(property);
    for generation in generations(round.view)? {
        for hash in &hashes {
            let prefix = index_key(generation, hash, &[]);
            for (row, _) in round.view.range(&prefix, &prefix_end(&prefix), PAYOUTS_MAX)? {
                let serial = row.get(prefix.len()..).unwrap_or_default().to_vec();
                let serial = String::from_utf8(serial).ok();
                let serial = serial.and_then(|serial| SerialNumber::parse(&serial).ok());
                serials.insert(serial.ok_or_else(|| records::damaged("withdrawals"))?);
            }
        }
    }
    let mut payouts = Vec::new();
    for serial in serials.iter().take(PAYOUTS_MAX) {
        let stored = withdrawal(round.view, serial)?;
        let booked = stored.ok_or_else(|| records::damaged("withdrawals"))?.booked;
        let record = &booked.record;
        // The desk may know the property by another key than the export.
        let is_meant = property_hashes(&record.property).iter().any(|hash| hashes.contains(hash));
        if booked.reversed_on.is_none() && is_meant {
            let leaf = publishing::published_withdrawal(round.view, &booked)?;
            payouts.push(Payout {
                on: record.paid_on,
                reason: record.reason,
                amount: record.amount,
                leaf: leaf.map(|leaf| leaf_proofs::reference(round, &leaf)).transpose()?,
            });
        }
    }
    Ok(payouts)
}

/// The tags of a property that an own record or a statement names; that is the trace.
///
/// # Errors
/// `TAG_KEY`; or the holder of the key does not answer.
pub(super) fn tags_of(round: &mut Round<'_>, property: &Property) -> Result<Vec<SubjectTag>, Stop> {
    let texts = property.tag_texts();
    let subjects: Vec<_> = texts.iter().map(|text| TagSubject::Property(text)).collect();
    let epoch = current_epoch(round);
    Ok(round.tagger.tags(epoch, &subjects)?)
}

/// The tags of a property that an operator asks about: counted, with a row in the audit log.
///
/// # Errors
/// `OPERATOR`, `RATE_LIMITED`, `TAG_KEY`; or the store cannot be read.
pub(super) fn asked_tags(
    round: &mut Round<'_>,
    property: &Property,
    reason: &TagReason,
) -> Result<Vec<SubjectTag>, Stop> {
    tags::check_operator(round, &reason.operator)?;
    tags::count(round, &reason.operator, 1)?;
    let computed = tags_of(round, property)?;
    for tag in &computed {
        tags::leave_row(round, *tag, reason)?;
    }
    Ok(computed)
}

/// The live payouts for a property in all logs held, each once.
pub(super) fn paid_by_tag(
    view: &dyn View,
    property: &[SubjectTag],
) -> Result<BTreeSet<(LogId, LeafIndex)>, StoreError> {
    let mut found = BTreeSet::new();
    for tag in property {
        let live = tag_index::by_tag(view, *tag, PAYOUTS_MAX)?;
        let paid = live.iter().filter(|live| live.digest.status == DigestStatus::WithdrawalPaid);
        found.extend(paid.map(|live| (live.log, live.leaf)));
    }
    Ok(found)
}

fn put(view: &mut dyn View, generation: Generation, stored: &StoredWithdrawal) {
    let record = &stored.booked.record;
    view.put(place(generation, &record.serial), cbor::encode(stored));
    for hash in property_hashes(&record.property) {
        view.put(index_key(generation, &hash, record.serial.as_str().as_bytes()), Vec::new());
    }
}

/// Where a withdrawal of a generation stands.
pub(super) fn place(generation: Generation, serial: &SerialNumber) -> Vec<u8> {
    key(Area::Withdrawal, &[&generation.to_key(), serial.as_str().as_bytes()])
}

fn index_key(generation: Generation, property: &[u8; 32], serial: &[u8]) -> Vec<u8> {
    key(Area::WithdrawalOf, &[&generation.to_key(), property, serial])
}

/// Properties are found by hash, so that no key of the store holds a title or a place.
fn property_hashes(property: &Property) -> Vec<[u8; 32]> {
    let texts = property.tag_texts();
    let hash = |text: &zeroize::Zeroizing<String>| {
        blake3::derive_key("fundlink/1 property index", text.as_bytes())
    };
    texts.iter().map(hash).collect()
}

#[cfg(test)]
mod tests;
