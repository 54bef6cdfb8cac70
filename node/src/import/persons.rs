//! The file of persons: table 4.0.3 (个人信息), of which only name and document are kept.
//!
//! **Promises.** A number of an account stands once; address, phone and marital state are not read.
//! **Left to others.** Whether each person has an account: `accounts`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::record::Person;

use super::context::{Context, FileState};
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    Number = "GRZH", true;
    Name = "XingMing", true;
    Kind = "ZJLX", true;
    Document = "ZJHM", true;
}

/// The persons of a dump, by account number, until their accounts are read.
#[derive(Debug, Default)]
pub(super) struct Persons {
    waiting: HashMap<AccountNumber, (u64, Person)>,
    /// Numbers whose row has a fault: their accounts are no further ones.
    faulty: HashSet<AccountNumber>,
    /// Resident numbers whose first two digits are no province.
    pub(super) unknown_provinces: u64,
    state: FileState,
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
        let state = context.read_rows(ImportFile::Persons, input, COLUMNS, |row, _| {
            let number = row.needed(Place::Number, value::account_number);
            let name = row.needed(Place::Name, value::person_name);
            let kind = row.needed(Place::Kind, value::code(DocumentType::parse));
            let document =
                kind.and_then(|kind| row.needed(Place::Document, value::document(kind, as_of)));
            let Some(number) = number else { return };
            if persons.waiting.contains_key(&number) || persons.faulty.contains(&number) {
                let rule = value::rounded_or(number.as_str(), ImportRule::KeyDoubled);
                row.fault(Place::Number, rule);
                return;
            }
            let (Some(name), Some(document)) = (name, document) else {
                persons.faulty.insert(number);
                return;
            };
            if let DocumentNumber::Resident(resident) = &document
                && !resident.has_known_province()
            {
                persons.unknown_provinces += 1;
            }
            persons.waiting.insert(number, (row.line, Person { name, document }));
        })?;
        persons.state = state;
        Ok(persons)
    }

    /// The owner of an account; each can be taken once.
    pub(super) fn take(&mut self, number: &AccountNumber) -> Owner {
        match self.waiting.remove(number) {
            Some((_, person)) => Owner::Known(person),
            None if self.state == FileState::Unread => Owner::Faulty,
            None if self.faulty.remove(number) => Owner::Faulty,
            None => Owner::Missing,
        }
    }

    /// Reports the persons that no account was read for.
    pub(super) fn finish(self, context: &mut Context<'_>) {
        let mut lines: Vec<u64> = self.waiting.into_values().map(|(line, _)| line).collect();
        lines.sort_unstable();
        for line in lines {
            context.faults.at(ImportFile::Persons, line, "GRZH", ImportRule::PersonUnused);
        }
    }
}
