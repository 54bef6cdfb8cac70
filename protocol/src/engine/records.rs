//! The center's own records: accounts and loans, found by number or by person.
//!
//! Records live in generations. Each import fills a generation of its own and becomes current in
//! one write; generation 0 holds what this node changed itself and goes before every import.
//!
//! **Promises.** A lookup by number or document is a few reads, however many records there are; an
//! import never replaces a record that a transfer of this node holds or changed.
//! **Left to others.** Filling a generation: `imports`. Digests: `publishing`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::quarantine::HeldTotals;
use super::round::Round;
use super::single;
use super::timer::{self, Timer};
use crate::account::{AccountNumber, LedgerEntry};
use crate::cbor;
use crate::document::DocumentNumber;
use crate::id::FileHash;
use crate::limits::RECORDS_PER_PERSON_MAX;
use crate::loan::LoanContract;
use crate::money::Fen;
use crate::name_match::NameMatch;
use crate::person_name::PersonName;
use crate::record::{AccountRecord, LoanRecord, Person};
use crate::record_seal::{LedgerSeal, SealedAccount};
use crate::statement::heartbeat::DataQuality;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::{Month, Timestamp};

/// An account with the rows of its ledger.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredAccount {
    /// The record.
    #[n(1)]
    pub record: AccountRecord,
    /// The rows, in the order in which they were booked.
    #[n(2)]
    pub rows: Vec<LedgerEntry>,
}

impl fmt::Debug for StoredAccount {
    /// Without numbers, names and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredAccount").field("record", &self.record).finish_non_exhaustive()
    }
}

impl StoredAccount {
    /// What the digest of the account commits to.
    #[must_use]
    pub fn sealed(&self) -> SealedAccount {
        SealedAccount { record: self.record.clone(), ledger: LedgerSeal::over(&self.rows) }
    }
}

/// Where an account's facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The current import.
    Imported,
    /// A transfer of this node holds or changed it.
    Kept,
}

/// A set of records that came together; 0 is what this node changed itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Generation(#[n(0)] u32);

impl Generation {
    /// What this node changed itself.
    pub const KEPT: Self = Self(0);

    /// The generation after this one.
    pub(super) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub(super) const fn to_key(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

/// What kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
#[repr(u8)]
pub enum RecordKind {
    /// An account.
    #[n(1)]
    Account = 1,
    /// A loan.
    #[n(2)]
    Loan = 2,
    /// A withdrawal for a property.
    #[n(4)]
    Withdrawal = 4,
}

/// What the center's records are, as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordsState {
    /// The generation that answers; absent before the first import.
    #[n(1)]
    pub current: Option<ImportedSet>,
    /// The last generation that was ever begun.
    #[n(2)]
    pub last: Generation,
}

/// What one import brought.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ImportedSet {
    /// Its generation.
    #[n(1)]
    pub generation: Generation,
    /// As of when the core system exported it.
    #[n(2)]
    pub as_of: Timestamp,
    /// BLAKE3 over the files.
    #[n(3)]
    pub files: FileHash,
    /// What is in it.
    #[n(4)]
    pub totals: Totals,
    /// Those of its records without a usable number that have no readable name either: nobody can
    /// say whom they are about.
    #[n(5)]
    pub nameless: u64,
}

impl ImportedSet {
    /// What the heartbeat says of it.
    #[must_use]
    pub fn quality(&self) -> DataQuality {
        let Totals { accounts, loans, held, .. } = self.totals;
        let quarantined = held.accounts.saturating_add(held.loans);
        let records = accounts.saturating_add(loans).saturating_add(quarantined);
        DataQuality { as_of: self.as_of, records, quarantined }
    }
}

/// Control totals of an import.
#[derive(Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Totals {
    /// Accounts with a usable document number.
    #[n(1)]
    pub accounts: u64,
    /// Loans.
    #[n(2)]
    pub loans: u64,
    /// Records without a usable document number.
    #[n(3)]
    pub unnumbered: u64,
    /// The sum of the balances.
    #[n(4)]
    pub balances: Fen,
    /// What is in quarantine.
    #[n(5)]
    pub held: HeldTotals,
    /// Withdrawals for a property; absent when the dump says nothing about them.
    #[n(6)]
    pub withdrawals: Option<u64>,
}

impl fmt::Debug for Totals {
    /// Without the sum.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totals")
            .field("accounts", &self.accounts)
            .field("loans", &self.loans)
            .field("unnumbered", &self.unnumbered)
            .field("held", &self.held)
            .field("withdrawals", &self.withdrawals)
            .finish_non_exhaustive()
    }
}

/// The state of the records.
///
/// # Errors
/// When the store cannot be read.
pub fn state(view: &dyn View) -> Result<RecordsState, StoreError> {
    single::read(view, b"records").map(Option::unwrap_or_default)
}

pub(super) fn put_state(view: &mut dyn View, state: &RecordsState) {
    single::write(view, b"records", state);
}

/// The number of records without a usable document number, which the heartbeat declares.
///
/// # Errors
/// When the store cannot be read.
pub fn unnumbered(view: &dyn View) -> Result<u64, StoreError> {
    Ok(state(view)?.current.map_or(0, |set| set.totals.unnumbered))
}

/// An account by its number.
///
/// # Errors
/// When the store cannot be read.
pub fn account(
    view: &dyn View,
    number: &AccountNumber,
) -> Result<Option<(StoredAccount, Origin)>, StoreError> {
    if let Some(kept) = account_in(view, Generation::KEPT, number)? {
        return Ok(Some((kept, Origin::Kept)));
    }
    let Some(set) = state(view)?.current else { return Ok(None) };
    let imported = account_in(view, set.generation, number)?;
    Ok(imported.map(|account| (account, Origin::Imported)))
}

pub(super) fn account_in(
    view: &dyn View,
    generation: Generation,
    number: &AccountNumber,
) -> Result<Option<StoredAccount>, StoreError> {
    let bytes = view.get(&account_key(generation, number.as_str().as_bytes()))?;
    bytes.map(|bytes| cbor::decode_stored("accounts", &bytes)).transpose()
}

/// A loan by its contract.
///
/// # Errors
/// When the store cannot be read.
pub fn loan(view: &dyn View, contract: &LoanContract) -> Result<Option<LoanRecord>, StoreError> {
    let Some(set) = state(view)?.current else { return Ok(None) };
    loan_in(view, set.generation, contract)
}

pub(super) fn loan_in(
    view: &dyn View,
    generation: Generation,
    contract: &LoanContract,
) -> Result<Option<LoanRecord>, StoreError> {
    let bytes = view.get(&loan_key(generation, contract.as_str().as_bytes()))?;
    bytes.map(|bytes| cbor::decode_stored("loans", &bytes)).transpose()
}

/// The accounts of a document, closed ones included, by number; at most
/// `limits::RECORDS_PER_PERSON_MAX`.
///
/// # Errors
/// When the store cannot be read.
pub fn accounts_of(
    view: &dyn View,
    document: &DocumentNumber,
) -> Result<Vec<(StoredAccount, Origin)>, StoreError> {
    let mut found = Vec::new();
    for number in numbers_of(view, document, RecordKind::Account)? {
        let number = AccountNumber::parse(&number).map_err(|_| damaged("persons"))?;
        // A record that an import dropped or gave another document is no longer this person's.
        if let Some((account, origin)) = account(view, &number)?
            && is_of(&account.record.person.document, document)
        {
            found.push((account, origin));
        }
    }
    Ok(found)
}

/// The loans in which a document takes part; at most `limits::RECORDS_PER_PERSON_MAX`.
///
/// # Errors
/// When the store cannot be read.
pub fn loans_of(view: &dyn View, document: &DocumentNumber) -> Result<Vec<LoanRecord>, StoreError> {
    let mut found = Vec::new();
    for number in numbers_of(view, document, RecordKind::Loan)? {
        let contract = LoanContract::parse(&number).map_err(|_| damaged("persons"))?;
        if let Some(loan) = loan(view, &contract)?
            && loan.role_of(document).is_some()
        {
            found.push(loan);
        }
    }
    Ok(found)
}

/// Whether a record without a usable number may be this person's: by name and month of birth, as
/// far as both are known. With a kind, records of that kind alone count.
///
/// # Errors
/// When the store cannot be read.
pub fn may_be_unnumbered(
    view: &dyn View,
    person: &Person,
    kind: Option<RecordKind>,
) -> Result<bool, StoreError> {
    let Some(set) = state(view)?.current else { return Ok(false) };
    if set.totals.unnumbered == 0 {
        return Ok(false);
    }
    let born = person.document.birth_date().map(|date| date.month());
    let months: Vec<Vec<u8>> = match born {
        Some(month) => vec![month_key(Some(month)).to_vec(), month_key(None).to_vec()],
        None => vec![Vec::new()],
    };
    for month in months {
        let prefix = key(Area::Unnumbered, &[&set.generation.to_key(), &month]);
        let entries = view.range(&prefix, &prefix_end(&prefix), UNNUMBERED_MAX)?;
        // More than can be looked through: nobody can say without a person.
        if entries.len() == UNNUMBERED_MAX {
            return Ok(true);
        }
        for (_, row) in entries {
            let row: UnnumberedRow = cbor::decode_stored("unnumbered records", &row)?;
            let counts = kind.is_none_or(|kind| kind == row.kind);
            if counts && NameMatch::of(&row.name, &person.name) != NameMatch::Different {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A record without a usable number, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct UnnumberedRow {
    /// 姓名.
    #[n(1)]
    pub(super) name: PersonName,
    /// Of what the record is.
    #[n(2)]
    pub(super) kind: RecordKind,
}

/// Unnumbered records that one lookup goes through.
const UNNUMBERED_MAX: usize = 4_096;

/// Puts an account under the hand of a transfer: imports leave it alone from now on.
///
/// # Errors
/// When the store cannot be read.
pub fn keep_account(view: &mut dyn View, number: &AccountNumber) -> Result<(), StoreError> {
    if let Some((account, Origin::Imported)) = account(view, number)? {
        put_account(view, Generation::KEPT, &account);
    }
    Ok(())
}

/// Gives an account that a transfer held and did not change back to the imports, which may have
/// brought something newer in the meantime: that is published now. One that the current import
/// lacks stays.
///
/// # Errors
/// When the store cannot be read.
pub fn release_account(round: &mut Round<'_>, number: &AccountNumber) -> Result<(), StoreError> {
    let Some(kept) = account_in(round.view, Generation::KEPT, number)? else { return Ok(()) };
    if imported(round.view, number)?.is_some() {
        round.view.delete(account_key(Generation::KEPT, number.as_str().as_bytes()));
        let document = &kept.record.person.document;
        let person = person_key(Generation::KEPT, document, RecordKind::Account, number.as_str());
        round.view.delete(person);
        has_changed(round, RecordKind::Account, number.as_str())?;
    }
    Ok(())
}

/// An account as the current import has it, whatever a transfer has done to it since.
///
/// # Errors
/// When the store cannot be read.
pub fn imported(
    view: &dyn View,
    number: &AccountNumber,
) -> Result<Option<StoredAccount>, StoreError> {
    let Some(set) = state(view)?.current else { return Ok(None) };
    account_in(view, set.generation, number)
}

/// Changes an account for a transfer, and has the change published as its next revision.
///
/// # Errors
/// When the store cannot be read.
pub fn change_account(round: &mut Round<'_>, account: &StoredAccount) -> Result<(), StoreError> {
    put_account(round.view, Generation::KEPT, account);
    has_changed(round, RecordKind::Account, account.record.account.number.as_str())
}

/// Has a record that this node changed published as its next revision.
pub(super) fn has_changed(
    round: &mut Round<'_>,
    kind: RecordKind,
    number: &str,
) -> Result<(), StoreError> {
    let place = [&[kind as u8], number.as_bytes()].concat();
    round.view.put(key(Area::Unpublished, &[&place]), Vec::new());
    timer::set(round.view, round.now, Timer::Records)
}

pub(super) fn put_account(view: &mut dyn View, generation: Generation, account: &StoredAccount) {
    let number = account.record.account.number.as_str();
    view.put(account_key(generation, number.as_bytes()), cbor::encode(account));
    let document = &account.record.person.document;
    view.put(person_key(generation, document, RecordKind::Account, number), Vec::new());
}

pub(super) fn put_loan(view: &mut dyn View, generation: Generation, loan: &LoanRecord) {
    let contract = loan.loan.contract.as_str();
    view.put(loan_key(generation, contract.as_bytes()), cbor::encode(loan));
    for party in &loan.parties {
        let place = person_key(generation, &party.document, RecordKind::Loan, contract);
        view.put(place, Vec::new());
    }
}

pub(super) fn account_key(generation: Generation, number: &[u8]) -> Vec<u8> {
    key(Area::Account, &[&generation.to_key(), number])
}

pub(super) fn loan_key(generation: Generation, contract: &[u8]) -> Vec<u8> {
    key(Area::Loan, &[&generation.to_key(), contract])
}

pub(super) fn unnumbered_key(generation: Generation, birth: Option<Month>, place: u64) -> Vec<u8> {
    key(Area::Unnumbered, &[&generation.to_key(), &month_key(birth), &place.to_be_bytes()])
}

/// The key of a person in the store's own indexes: a hash, because one length makes plain ranges.
pub(super) fn document_key(document: &DocumentNumber) -> [u8; 32] {
    blake3::derive_key("fundlink/1 person index", document.tag_text().as_bytes())
}

pub(super) fn person_key(
    generation: Generation,
    document: &DocumentNumber,
    kind: RecordKind,
    number: &str,
) -> Vec<u8> {
    let person = document_key(document);
    key(Area::Person, &[&generation.to_key(), &person, &[kind as u8], number.as_bytes()])
}

/// Months before the era of the calendar do not exist, so that 0 is free for "unknown".
fn month_key(birth: Option<Month>) -> [u8; 4] {
    birth.map_or(0, Month::number).to_be_bytes()
}

fn is_of(on_record: &DocumentNumber, asked: &DocumentNumber) -> bool {
    document_key(on_record) == document_key(asked)
}

/// The numbers of a person's records of a kind, of both generations that count, each once.
fn numbers_of(
    view: &dyn View,
    document: &DocumentNumber,
    kind: RecordKind,
) -> Result<Vec<String>, StoreError> {
    let mut generations = vec![Generation::KEPT];
    generations.extend(state(view)?.current.map(|set| set.generation));
    let mut numbers = Vec::new();
    for generation in generations {
        let prefix = person_key(generation, document, kind, "");
        for (entry, _) in view.range(&prefix, &prefix_end(&prefix), RECORDS_PER_PERSON_MAX)? {
            let number = entry.get(prefix.len()..).map(<[u8]>::to_vec).unwrap_or_default();
            let number = String::from_utf8(number).map_err(|_| damaged("persons"))?;
            if !numbers.contains(&number) && numbers.len() < RECORDS_PER_PERSON_MAX {
                numbers.push(number);
            }
        }
    }
    Ok(numbers)
}

pub(super) fn damaged(place: &'static str) -> StoreError {
    StoreError::Corrupt { place, detail: "a key of another form".into() }
}
