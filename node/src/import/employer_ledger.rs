//! The file of the employers' ledger rows: table 5.0.3 (单位业务明细), which a dump may have.
//!
//! A deposit of an employer is one row here and one for each person in `ledger.csv`; the serial joins
//! them. The row here says the month that the deposit is for (HBJNY), where the persons' rows do not.
//!
//! **Promises.** Amount and number of persons of a row are those of the persons' rows with its serial.
//! **Left to others.** The persons' rows: `ledger`.

use std::collections::HashMap;
use std::io::BufRead;

use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Month;

use super::branches::Key;
use super::context::Context;
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    Employer = "DWZH", true;
    Serial = "YWLSH", true;
    PostedOn = "JZRQ", false;
    Amount = "FSE", true;
    Persons = "FSRS", false;
    PayMonth = "HBJNY", false;
}

/// One row, and what its persons' rows come to.
#[derive(Debug)]
struct Joined {
    line: u64,
    amount: Fen,
    persons: Option<u64>,
    pay_month: Option<Month>,
    persons_fen: i128,
    persons_rows: u64,
    /// Whether a person's row with the serial has no readable amount.
    incomparable: bool,
}

/// The employers' rows by serial; empty when the dump has none.
#[derive(Debug, Default)]
pub(super) struct EmployerLedger {
    rows: HashMap<SerialNumber, Joined>,
}

impl EmployerLedger {
    /// Reads the rows of a dump that has them.
    pub(super) fn read(
        input: Option<impl BufRead>,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut ledger = Self::default();
        let Some(input) = input else { return Ok(ledger) };
        let as_of = context.options.as_of;
        context.has_employer_ledger = true;
        context.read_rows(ImportFile::EmployerLedger, input, |row, totals| {
            row.belongs_to(Key::Employer, Place::Employer);
            let employer = row.needed(Place::Employer, value::employer_number);
            let serial = row.needed(Place::Serial, value::serial);
            let posted_on = row.optional(Place::PostedOn, value::past_date(as_of));
            let amount = row.needed(Place::Amount, value::amount);
            totals.add(amount);
            let persons = row.optional(Place::Persons, value::whole);
            let pay_month = row.optional(Place::PayMonth, value::month);
            let (Some(_), Some(_), Some(serial), Some(amount)) =
                (employer, posted_on, serial, amount)
            else {
                return;
            };
            let (Some(persons), Some(pay_month)) = (persons, pay_month) else { return };
            if ledger.rows.contains_key(&serial) {
                return row.fault(Place::Serial, ImportRule::KeyDoubled);
            }
            let joined = Joined {
                line: row.line,
                amount,
                persons,
                pay_month,
                persons_fen: 0,
                persons_rows: 0,
                incomparable: false,
            };
            ledger.rows.insert(serial, joined);
        })?;
        Ok(ledger)
    }

    /// Adds a person's row, and gives the month that its employer's row is for.
    pub(super) fn add(&mut self, serial: &SerialNumber, amount: Option<Fen>) -> Option<Month> {
        let joined = self.rows.get_mut(serial)?;
        joined.persons_rows = joined.persons_rows.saturating_add(1);
        match amount {
            Some(amount) => {
                let fen = i128::from(amount.get());
                joined.persons_fen = joined.persons_fen.saturating_add(fen);
            }
            None => joined.incomparable = true,
        }
        joined.pay_month
    }

    /// Reports the rows that are not the sum of their persons' rows; where persons' rows could not be
    /// read, as many are forgiven.
    pub(super) fn finish(self, unreadable: u64, context: &mut Context<'_>) {
        let mut wrong: Vec<(u64, &str)> = Vec::new();
        for joined in self.rows.values().filter(|joined| !joined.incomparable) {
            if i128::from(joined.amount.get()) != joined.persons_fen {
                wrong.push((joined.line, "FSE"));
            } else if joined.persons.is_some_and(|persons| persons != joined.persons_rows) {
                wrong.push((joined.line, "FSRS"));
            }
        }
        if wrong.len() as u64 <= unreadable {
            return;
        }
        for (line, column) in wrong {
            let rule = ImportRule::EmployerRow;
            context.faults.at(ImportFile::EmployerLedger, line, column, rule);
        }
    }
}
