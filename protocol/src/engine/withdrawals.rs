//! Withdrawals for a property (购房提取): what was paid out is recorded, published and answered.
//!
//! **Promises.** A serial names one withdrawal: the same again changes nothing, another under it is
//! refused; a command that is refused records nothing. A payout has a leaf with the pseudonyms of the
//! person and of the property, its reversal names that leaf.
//! **Left to others.** Paying: the core system. One property paid twice: `authority::rules`.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::certificates;
use super::leaf_proofs;
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::publishing::{Published, current_epoch, open_log};
use super::records;
use super::round::{Round, Stop};
use super::tag_index;
use super::tags::{self, TagReason};
use super::transfer_case::today;
use crate::account::SerialNumber;
use crate::answer::Payout;
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::id::{ContentHash, SubjectTag};
use crate::limits::{IMPORT_PORTION_MAX, PAYOUTS_MAX};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::person_match::PersonMatch;
use crate::property::Property;
use crate::record::Hindrance;
use crate::record_seal::{RecordSeed, record_commitment};
use crate::refusal::Refusal;
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::subject::TagSubject;
use crate::time::{Date, Timestamp};
use crate::withdrawal::PropertyWithdrawal;

/// A withdrawal as its center keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredWithdrawal {
    /// The withdrawal.
    #[n(1)]
    pub record: PropertyWithdrawal,
    /// Who recorded it.
    #[n(2)]
    pub operator: OperatorId,
    /// When it was recorded.
    #[n(3)]
    pub at: Timestamp,
    /// How it was undone.
    #[n(4)]
    pub reversed: Option<Reversed>,
    /// Its digest.
    #[n(5)]
    pub published: Published,
}

/// How a withdrawal was undone (冲账).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reversed {
    /// 记账日期 of the reversal.
    #[n(1)]
    pub on: Date,
    /// Who recorded it.
    #[n(2)]
    pub operator: OperatorId,
    /// Why, in words.
    #[n(3)]
    pub remark: Option<Remark>,
}

/// Where a withdrawal that is recorded comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A clerk: it is held against the records first.
    Desk,
    /// The core system has booked it: a fact, whatever the records say.
    Core,
}

/// A wish about withdrawals.
#[derive(Debug)]
pub enum WithdrawalCommand {
    /// Records withdrawals, all of them or none; at most `limits::IMPORT_PORTION_MAX`.
    Record {
        /// Who records.
        operator: OperatorId,
        /// Where they come from.
        source: Source,
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
    Listed(Vec<StoredWithdrawal>),
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

/// A withdrawal by its serial.
///
/// # Errors
/// When the store cannot be read.
pub fn withdrawal(
    view: &dyn View,
    serial: &SerialNumber,
) -> Result<Option<StoredWithdrawal>, StoreError> {
    let bytes = view.get(&place(serial))?;
    bytes.map(|bytes| cbor::decode_stored("withdrawals", &bytes)).transpose()
}

/// Does what is wished.
pub(super) fn run(
    round: &mut Round<'_>,
    command: &WithdrawalCommand,
) -> Result<WithdrawalReply, Stop> {
    match command {
        WithdrawalCommand::Record { operator, source, withdrawals } => {
            require_role(round, operator, OperatorRole::Clerk)?;
            record(round, operator, (*source, withdrawals)).map(WithdrawalReply::Recorded)
        }
        WithdrawalCommand::Reverse { operator, serial, on, remark } => {
            require_role(round, operator, OperatorRole::Clerk)?;
            let reversed = Reversed { on: *on, operator: operator.clone(), remark: remark.clone() };
            Ok(WithdrawalReply::Listed(vec![reverse(round, serial, reversed)?]))
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
    (source, withdrawals): (Source, &[PropertyWithdrawal]),
) -> Result<Vec<Recorded>, Stop> {
    if withdrawals.len() > IMPORT_PORTION_MAX {
        let why = "at most 1024 withdrawals are recorded at once";
        return Err(Stop::explained(Refusal::TooLarge, why));
    }
    let mut wanted: BTreeMap<&SerialNumber, &PropertyWithdrawal> = BTreeMap::new();
    for record in withdrawals {
        check(round, source, record)?;
        if wanted.insert(&record.serial, record).is_some_and(|other| other != record) {
            return Err(reused());
        }
    }
    let tagged = withdrawals.iter().map(|record| subjects_of(round, record));
    let tagged = tagged.collect::<Result<Vec<_>, Stop>>()?;
    let mut recorded = Vec::new();
    for (record, subjects) in withdrawals.iter().zip(tagged) {
        let is_new = withdrawal(round.view, &record.serial)?.is_none();
        let paid = paid_by_tag(round.view, subjects.get(1..).unwrap_or_default())?;
        let paid_before =
            if is_new { paid.iter().map(|(log, _)| log.center).collect() } else { BTreeSet::new() };
        if is_new {
            let published = publish(round, record, subjects)?;
            let stored = StoredWithdrawal {
                record: record.clone(),
                operator: operator.clone(),
                at: round.now,
                reversed: None,
                published,
            };
            put(round.view, &stored);
        }
        recorded.push(Recorded {
            serial: record.serial.clone(),
            is_new,
            paid_before: paid_before.into_iter().collect(),
        });
    }
    Ok(recorded)
}

fn check(round: &Round<'_>, source: Source, record: &PropertyWithdrawal) -> Result<(), Stop> {
    record
        .check(round.center(), today(round)?)
        .map_err(|fault| Stop::explained(Refusal::Argument, &fault.to_string()))?;
    match withdrawal(round.view, &record.serial)? {
        Some(known) if known.record == *record => return Ok(()),
        Some(_) => return Err(reused()),
        None => {}
    }
    if source == Source::Core {
        return Ok(());
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

/// The tags of a withdrawal's digest: the person's, then those of the property.
fn subjects_of(
    round: &mut Round<'_>,
    record: &PropertyWithdrawal,
) -> Result<Vec<SubjectTag>, Stop> {
    let mut subjects = tags::compute(round, core::slice::from_ref(&record.person.document))?;
    subjects.extend(tags_of(round, &record.property)?);
    Ok(subjects)
}

fn publish(
    round: &mut Round<'_>,
    record: &PropertyWithdrawal,
    subjects: Vec<SubjectTag>,
) -> Result<Published, StoreError> {
    let seed = RecordSeed::new(round.entropy.draw());
    let digest = Digest {
        status: DigestStatus::WithdrawalPaid,
        revision: 1,
        previous: None,
        previous_log: None,
        epoch: current_epoch(round).0,
        subjects,
        reference: None,
        commitment: record_commitment(&seed.record_blinding(), record),
        date: record.paid_on,
        channel: None,
    };
    let log = open_log(round)?;
    let leaf = round.publish(&digest)?;
    let content = ContentHash::new(*blake3::hash(&cbor::encode(record)).as_bytes());
    Ok(Published { content, seed, log, leaf, entry: cbor::encode(&digest).into() })
}

fn reverse(
    round: &mut Round<'_>,
    serial: &SerialNumber,
    reversed: Reversed,
) -> Result<StoredWithdrawal, Stop> {
    let mut stored = withdrawal(round.view, serial)?.ok_or(Refusal::NotFound)?;
    if let Some(known) = &stored.reversed {
        if known.on == reversed.on {
            return Ok(stored);
        }
        let why = "the withdrawal was undone already, on another day";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    if reversed.on < stored.record.paid_on || reversed.on > today(round)? {
        let why =
            "a withdrawal is undone on the day of its payment or later, and not on a day to come";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let status = DigestStatus::WithdrawalReversed;
    stored.published.revise(round, status, reversed.on)?;
    stored.reversed = Some(reversed);
    put(round.view, &stored);
    Ok(stored)
}

fn list(
    view: &dyn View,
    after: Option<&SerialNumber>,
    limit: usize,
) -> Result<Vec<StoredWithdrawal>, StoreError> {
    let all = key(Area::Withdrawal, &[]);
    let from = after.map_or_else(|| all.clone(), |after| [place(after).as_slice(), &[0]].concat());
    let rows = view.range(&from, &prefix_end(&all), limit.min(IMPORT_PORTION_MAX))?;
    rows.iter().map(|(_, bytes)| cbor::decode_stored("withdrawals", bytes)).collect()
}

/// What was paid out here for a property and not undone, by serial; at most `limits::PAYOUTS_MAX`.
pub(super) fn payouts(round: &Round<'_>, property: &Property) -> Result<Vec<Payout>, StoreError> {
    let mut serials = BTreeSet::new();
    for hash in property_hashes(property) {
        let prefix = key(Area::WithdrawalOf, &[&hash]);
        for (row, _) in round.view.range(&prefix, &prefix_end(&prefix), PAYOUTS_MAX)? {
            let serial = row.get(prefix.len()..).unwrap_or_default().to_vec();
            let serial = String::from_utf8(serial).ok();
            let serial = serial.and_then(|serial| SerialNumber::parse(&serial).ok());
            serials.insert(serial.ok_or_else(|| records::damaged("withdrawals"))?);
        }
    }
    let mut payouts = Vec::new();
    for serial in serials.iter().take(PAYOUTS_MAX) {
        let stored = withdrawal(round.view, serial)?;
        let stored = stored.ok_or_else(|| records::damaged("withdrawals"))?;
        if stored.reversed.is_none() {
            payouts.push(Payout {
                on: stored.record.paid_on,
                reason: stored.record.reason,
                amount: stored.record.amount,
                leaf: leaf_proofs::reference(round, &stored.published)?,
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

fn put(view: &mut dyn View, stored: &StoredWithdrawal) {
    view.put(place(&stored.record.serial), cbor::encode(stored));
    for hash in property_hashes(&stored.record.property) {
        let serial = stored.record.serial.as_str().as_bytes();
        view.put(key(Area::WithdrawalOf, &[&hash, serial]), Vec::new());
    }
}

fn place(serial: &SerialNumber) -> Vec<u8> {
    key(Area::Withdrawal, &[serial.as_str().as_bytes()])
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
