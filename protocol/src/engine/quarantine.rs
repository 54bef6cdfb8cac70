//! The quarantine (隔离): rows of an import that break a rule, and whom they may be about.
//!
//! A person in quarantine is answered `Unresolved`, because what the center has cannot be believed and
//! "no record" would be wrong. The person is tagged like one with records, so that other cities ask.
//!
//! **Promises.** The quarantine is part of its generation: it becomes current with the import and goes
//! with it, so a later dump that heals a row takes it out. It holds places and rules, never values; of
//! a person the document alone, of an account the balance that is owed.
//! **Left to others.** Which rows break a rule: the shell. Persons without a usable number: `records`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::records::{self, Generation, RecordKind};
use crate::account::{AccountNumber, SerialNumber};
use crate::cbor;
use crate::document::DocumentNumber;
use crate::limits::IMPORT_PORTION_MAX;
use crate::loan::LoanContract;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// A name of a file, a column or a rule.
pub type PlaceText = PlainText<64>;

/// Where a rule was broken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct QuarantinedRow {
    /// The name of the file.
    #[n(1)]
    pub file: PlaceText,
    /// The line on which the row begins.
    #[n(2)]
    pub line: u64,
    /// The column.
    #[n(3)]
    pub column: Option<PlaceText>,
    /// The stable id of the rule.
    #[n(4)]
    pub rule: PlaceText,
}

/// What an import holds back.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Held {
    /// A row, by its place.
    #[n(1)]
    Row(#[n(0)] QuarantinedRow),
    /// A person with a usable number.
    #[n(2)]
    Person(#[n(0)] DocumentNumber),
    /// An account, with the balance as far as it can be read.
    #[n(3)]
    Account(#[n(0)] AccountNumber, #[n(1)] Fen),
    /// A loan.
    #[n(4)]
    Loan(#[n(0)] LoanContract),
    /// A withdrawal for a property.
    #[n(5)]
    Withdrawal(#[n(0)] SerialNumber),
}

impl fmt::Debug for Held {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => f.debug_tuple("Row").field(row).finish(),
            Self::Person(_) => f.write_str("Person(private)"),
            Self::Account(..) => f.write_str("Account(private)"),
            Self::Loan(_) => f.write_str("Loan(private)"),
            Self::Withdrawal(_) => f.write_str("Withdrawal(private)"),
        }
    }
}

/// What of an import is in quarantine, in numbers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeldTotals {
    /// Broken rules, each with its place.
    #[n(1)]
    pub rows: u64,
    /// Persons with a usable number.
    #[n(2)]
    pub persons: u64,
    /// Accounts.
    #[n(3)]
    pub accounts: u64,
    /// Loans.
    #[n(4)]
    pub loans: u64,
    /// The sum of the balances of those accounts.
    #[n(5)]
    pub balances: Fen,
    /// Withdrawals for a property.
    #[n(6)]
    pub withdrawals: u64,
}

impl fmt::Debug for HeldTotals {
    /// Without the sum, which may be one person's balance.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldTotals")
            .field("rows", &self.rows)
            .field("persons", &self.persons)
            .field("accounts", &self.accounts)
            .field("loans", &self.loans)
            .field("withdrawals", &self.withdrawals)
            .finish_non_exhaustive()
    }
}

impl HeldTotals {
    /// Counts one more; `None` when the balances sum to more than an amount can hold.
    #[must_use]
    pub fn with(mut self, held: &Held) -> Option<Self> {
        let counter = match held {
            Held::Row(_) => &mut self.rows,
            Held::Person(_) => &mut self.persons,
            Held::Account(..) => &mut self.accounts,
            Held::Loan(_) => &mut self.loans,
            Held::Withdrawal(_) => &mut self.withdrawals,
        };
        *counter = counter.saturating_add(1);
        if let Held::Account(_, balance) = held {
            self.balances = self.balances.checked_add(*balance)?;
        }
        Some(self)
    }
}

/// What kind of thing a key of the quarantine is about.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Part {
    Row = 1,
    Person = 2,
    Account = 3,
    Loan = 4,
    Withdrawal = 5,
}

fn held_key(generation: Generation, part: Part, rest: &[u8]) -> Vec<u8> {
    key(Area::Quarantine, &[&generation.to_key(), &[part as u8], rest])
}

/// The persons of a generation, by the hash of their document.
pub(super) fn persons_key(generation: Generation, document: &[u8]) -> Vec<u8> {
    held_key(generation, Part::Person, document)
}

/// Stages one more; `place` numbers the rows.
pub(super) fn stage(view: &mut dyn View, generation: Generation, held: &Held, place: u64) {
    match held {
        Held::Row(row) => {
            view.put(held_key(generation, Part::Row, &place.to_be_bytes()), cbor::encode(row));
        }
        Held::Person(document) => {
            let place = persons_key(generation, &records::document_key(document));
            view.put(place, cbor::encode(document));
        }
        Held::Account(number, balance) => {
            let place = held_key(generation, Part::Account, number.as_str().as_bytes());
            view.put(place, cbor::encode(balance));
        }
        Held::Loan(contract) => {
            let place = held_key(generation, Part::Loan, contract.as_str().as_bytes());
            view.put(place, Vec::new());
        }
        Held::Withdrawal(serial) => {
            let place = held_key(generation, Part::Withdrawal, serial.as_str().as_bytes());
            view.put(place, Vec::new());
        }
    }
}

/// Whether a person is in quarantine.
///
/// # Errors
/// When the store cannot be read.
pub fn has_person(view: &dyn View, document: &DocumentNumber) -> Result<bool, StoreError> {
    let Some(set) = records::state(view)?.current else { return Ok(false) };
    let place = persons_key(set.generation, &records::document_key(document));
    Ok(view.get(&place)?.is_some())
}

/// Whether an account or a loan of the current import is in quarantine.
///
/// # Errors
/// When the store cannot be read.
pub fn has_account(view: &dyn View, number: &AccountNumber) -> Result<bool, StoreError> {
    let Some(set) = records::state(view)?.current else { return Ok(false) };
    has_record(view, set.generation, (RecordKind::Account, number.as_str().as_bytes()))
}

/// Whether a record of a generation is in quarantine.
pub(super) fn has_record(
    view: &dyn View,
    generation: Generation,
    (kind, number): (RecordKind, &[u8]),
) -> Result<bool, StoreError> {
    let part = match kind {
        RecordKind::Account => Part::Account,
        RecordKind::Loan => Part::Loan,
        RecordKind::Withdrawal => Part::Withdrawal,
    };
    Ok(view.get(&held_key(generation, part, number))?.is_some())
}

/// What is owed on an account in quarantine, as far as it can be read.
pub(super) fn balance_of(
    view: &dyn View,
    generation: Generation,
    number: &AccountNumber,
) -> Result<Option<Fen>, StoreError> {
    let place = held_key(generation, Part::Account, number.as_str().as_bytes());
    let bytes = view.get(&place)?;
    bytes.map(|bytes| cbor::decode_stored("quarantine", &bytes)).transpose()
}

/// The rows in quarantine of the current import, from a place on; at most a portion at once.
///
/// # Errors
/// When the store cannot be read.
pub fn rows(view: &dyn View, from: u64) -> Result<Vec<QuarantinedRow>, StoreError> {
    let Some(set) = records::state(view)?.current else { return Ok(Vec::new()) };
    let begin = held_key(set.generation, Part::Row, &from.to_be_bytes());
    let end = prefix_end(&held_key(set.generation, Part::Row, &[]));
    let entries = view.range(&begin, &end, IMPORT_PORTION_MAX)?;
    entries.iter().map(|(_, row)| cbor::decode_stored("quarantine", row)).collect()
}

#[cfg(test)]
mod tests;
