//! The file of persons: table 4.0.3 (个人信息), of which only name and document are kept.
//!
//! **Promises.** A number of an account stands once; address, phone and marital state are not read.
//! **Left to others.** Whether each person has an account: `accounts`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::document::DocumentNumber;
use fundlink_protocol::engine::records::RecordKind;
use fundlink_protocol::record::Person;

use super::branches::Key;
use super::context::{Context, FileState};
use super::held::{HeldBack, HeldPerson, Named, PersonPlaces};
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    Number = "GRZH", true;
    Name = "XingMing", true;
    Kind = "ZJLX", true;
    Document = "ZJHM", true;
    Birth = "CSNY", false;
}

/// The persons of a dump, by account number, until their accounts are read.
#[derive(Debug, Default)]
pub(super) struct Persons {
    waiting: HashMap<AccountNumber, (u64, Person)>,
    /// Numbers whose row has a fault: their accounts are no further ones.
    faulty: HashSet<AccountNumber>,
    /// Rows whose number cannot be read: as many accounts have no owner, and that is no further fault.
    nameless: u64,
    /// Resident numbers whose first two digits are no province.
    pub(super) unknown_provinces: u64,
    state: FileState,
    pub(super) held: HeldBack,
}

/// What a person's row was.
#[derive(Debug)]
pub(super) enum Owner {
    /// A person.
    Known(Person),
    /// A row with a fault, which was reported.
    Faulty,
    /// No row.
    Missing,
}

impl Persons {
    pub(super) fn read(
        input: impl BufRead,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut persons = Self::default();
        let as_of = context.options.as_of;
        let places = PersonPlaces {
            name: Place::Name.into(),
            kind: Place::Kind.into(),
            document: Place::Document.into(),
            birth: Some(Place::Birth.into()),
        };
        let state = context.read_rows(ImportFile::Persons, input, |row, _| {
            row.belongs_to(Key::Account, Place::Number);
            let number = row.needed(Place::Number, value::account_number);
            let named = Named::read(row, places, as_of);
            let Some(number) = number else {
                persons.nameless += 1;
                return persons.held.person(named.held(RecordKind::Account));
            };
            let doubled = persons.waiting.contains_key(&number) || persons.faulty.contains(&number);
            if doubled {
                let rule = value::rounded_or(number.as_str(), ImportRule::KeyDoubled);
                row.fault(Place::Number, rule);
                // Which of them owns the account is not known.
                if let Some((_, first)) = persons.waiting.remove(&number) {
                    persons.held.person(HeldPerson::of(RecordKind::Account, &first));
                }
            }
            let Some(person) = named.person().filter(|_| !doubled) else {
                persons.faulty.insert(number);
                return persons.held.person(named.held(RecordKind::Account));
            };
            if let DocumentNumber::Resident(resident) = &person.document
                && !resident.has_known_province()
            {
                persons.unknown_provinces += 1;
            }
            persons.waiting.insert(number, (row.line, person));
        })?;
        persons.state = state;
        persons.nameless = persons.nameless.saturating_add(state.malformed());
        persons.held.nobodies(RecordKind::Account, state.malformed());
        Ok(persons)
    }

    /// The owner of an account; each can be taken once.
    pub(super) fn take(&mut self, number: &AccountNumber) -> Owner {
        match self.waiting.remove(number) {
            Some((_, person)) => Owner::Known(person),
            None if self.state.is_unread() || self.faulty.remove(number) => Owner::Faulty,
            None => Owner::Missing,
        }
    }

    /// Whether a person has no account yet.
    pub(super) fn is_waiting(&self, number: &AccountNumber) -> bool {
        self.waiting.contains_key(number)
    }

    /// Accounts that may be without an owner because the owner's row cannot be read.
    pub(super) const fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Reports the persons that no account was read for, unless as many accounts had no number.
    pub(super) fn finish(mut self, nameless_accounts: u64, context: &mut Context<'_>) -> HeldBack {
        let mut lines = Vec::new();
        for (line, person) in self.waiting.into_values() {
            lines.push(line);
            self.held.person(HeldPerson::of(RecordKind::Account, &person));
        }
        lines.sort_unstable();
        if lines.len() as u64 > nameless_accounts {
            for line in lines {
                let rule = ImportRule::PersonUnused;
                context.faults.at(ImportFile::Persons, line, "GRZH", rule);
            }
        }
        self.held
    }
}
