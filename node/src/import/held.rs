//! What is held back when rows go to quarantine: persons, accounts and loans that no answer may be
//! given about.
//!
//! **Promises.** Whoever a row with a fault may be about is in it: by number where that can be read, by
//! name and month of birth where only these can, and else as somebody whom nobody can name.
//! **Left to others.** How much may be held back: `import`. The answers that follow: the engine.

use std::collections::BTreeSet;

use fundlink_protocol::account::{AccountNumber, SerialNumber};
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::engine::quarantine::{Held, HeldTotals, PlaceText, QuarantinedRow};
use fundlink_protocol::engine::records::RecordKind;
use fundlink_protocol::loan::LoanContract;
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::record::Person;
use fundlink_protocol::time::{Date, Month};

use super::fault::{BAD_ROWS_MAX, FaultColumn, ImportFault};
use super::table::Row;
use super::value;
use crate::control::api::records::Record;

/// The columns of a person in a file.
#[derive(Clone, Copy)]
pub(super) struct PersonPlaces {
    pub(super) name: usize,
    pub(super) kind: usize,
    pub(super) document: usize,
    /// 出生年月, where the file has it.
    pub(super) birth: Option<usize>,
}

/// A person as far as a row tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    name: Option<PersonName>,
    document: Option<DocumentNumber>,
    birth: Option<Month>,
}

impl Named {
    /// Reads the person of a row.
    pub(super) fn read(row: &mut Row<'_>, places: PersonPlaces, as_of: Date) -> Self {
        let name = row.needed(places.name, value::person_name);
        let kind = row.needed(places.kind, value::code(DocumentType::parse));
        let passport = row.options().mapping.passport_as_other
            && kind == Some(DocumentType::Other)
            && value::is_like_a_passport(row.raw(places.document));
        if passport {
            row.understood(places.kind);
        }
        let kind = if passport { Some(DocumentType::Passport) } else { kind };
        let document =
            kind.and_then(|kind| row.needed(places.document, value::document(kind, as_of)));
        let birth = places.birth.and_then(|place| value::birth(row.raw(place)));
        let birth = birth.or_else(|| value::birth_in_rounded(row.raw(places.document)));
        Self { name, document, birth }
    }

    /// The person, when nothing is missing.
    pub(super) fn person(&self) -> Option<Person> {
        let (name, document) = (self.name.clone()?, self.document.clone()?);
        Some(Person { name, document })
    }

    /// The person as one who is held back.
    pub(super) fn held(self, kind: RecordKind) -> HeldPerson {
        let Self { name, document, birth } = self;
        HeldPerson { kind, name, document, birth }
    }
}

/// A person in a row that is held back.
#[derive(Clone, Debug)]
pub(super) struct HeldPerson {
    kind: RecordKind,
    name: Option<PersonName>,
    document: Option<DocumentNumber>,
    birth: Option<Month>,
}

impl HeldPerson {
    /// Somebody in a row that cannot be read.
    pub(super) const fn nobody(kind: RecordKind) -> Self {
        Self { kind, name: None, document: None, birth: None }
    }

    /// A person whose own row is in order.
    pub(super) fn of(kind: RecordKind, person: &Person) -> Self {
        let document = Some(person.document.clone());
        Self { kind, name: Some(person.name.clone()), document, birth: None }
    }
}

/// All that is held back.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    persons: Vec<HeldPerson>,
    accounts: Vec<(AccountNumber, Fen)>,
    loans: Vec<LoanContract>,
    withdrawals: Vec<SerialNumber>,
    /// The broken rules, in the order of files and lines.
    pub(super) faults: Vec<ImportFault>,
}

impl HeldBack {
    pub(super) fn person(&mut self, person: HeldPerson) {
        self.persons.push(person);
    }

    /// Persons in rows that cannot be read at all.
    pub(super) fn nobodies(&mut self, kind: RecordKind, rows: u64) {
        // A dump with more is beyond any quarantine.
        for _ in 0..rows.min(BAD_ROWS_MAX as u64) {
            self.persons.push(HeldPerson::nobody(kind));
        }
    }

    pub(super) fn account(&mut self, number: AccountNumber, balance: Option<Fen>) {
        self.accounts.push((number, balance.unwrap_or(Fen::ZERO)));
    }

    pub(super) fn loan(&mut self, contract: LoanContract) {
        self.loans.push(contract);
    }

    pub(super) fn withdrawals(&mut self, serials: impl IntoIterator<Item = SerialNumber>) {
        self.withdrawals.extend(serials);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.persons.extend(other.persons);
        self.accounts.extend(other.accounts);
        self.loans.extend(other.loans);
        self.withdrawals.extend(other.withdrawals);
    }

    /// Accounts and loans that are held back.
    pub(super) fn records(&self) -> u64 {
        (self.accounts.len() as u64).saturating_add(self.loans.len() as u64)
    }

    /// What the node is told, each once.
    pub(super) fn into_records(self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut documents = BTreeSet::new();
        for person in self.persons {
            match person.document {
                Some(document) => {
                    if documents.insert(document.tag_text().to_string()) {
                        records.push(Record::Held(Held::Person(document)));
                    }
                }
                None => {
                    records.push(Record::Unnumbered(person.kind, person.name, person.birth));
                }
            }
        }
        let mut numbers = BTreeSet::new();
        for (number, balance) in self.accounts {
            if numbers.insert(number.clone()) {
                records.push(Record::Held(Held::Account(number, balance)));
            }
        }
        let contracts: BTreeSet<LoanContract> = self.loans.into_iter().collect();
        records.extend(contracts.into_iter().map(|loan| Record::Held(Held::Loan(loan))));
        let serials: BTreeSet<SerialNumber> = self.withdrawals.into_iter().collect();
        let withdrawal = |serial| Record::Held(Held::Withdrawal(serial));
        records.extend(serials.into_iter().map(withdrawal));
        let rows = self.faults.iter().filter_map(row_of);
        records.extend(rows.map(|row| Record::Held(Held::Row(row))));
        records
    }
}

/// What the records of a quarantine come to.
pub(super) fn totals(records: &[Record]) -> Option<(u64, HeldTotals)> {
    let mut unnumbered = 0_u64;
    let mut totals = HeldTotals::default();
    for record in records {
        match record {
            Record::Held(held) => totals = totals.with(held)?,
            Record::Unnumbered(..) => unnumbered = unnumbered.saturating_add(1),
            Record::Account(_) | Record::Loan(_) | Record::Withdrawal(_) => {}
        }
    }
    Some((unnumbered, totals))
}

/// Our own names of files, columns and rules always are texts of a place.
fn row_of(fault: &ImportFault) -> Option<QuarantinedRow> {
    let column = match fault.column {
        Some(FaultColumn::Named(name)) => PlaceText::parse(name).ok(),
        Some(FaultColumn::Place(place)) => PlaceText::parse(&place.to_string()).ok(),
        None => None,
    };
    Some(QuarantinedRow {
        file: PlaceText::parse(fault.file.file_name()).ok()?,
        line: fault.line?,
        column,
        rule: PlaceText::parse(fault.rule.id()).ok()?,
    })
}
