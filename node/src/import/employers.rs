//! The file of employers: tables 4.0.2 (缴存单位信息) and 5.0.2 (单位账户) in one.
//!
//! **Promises.** An employer's number stands once; a stated balance is that of its persons.
//! **Left to others.** Address, phone and persons of contact: they are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use fundlink_protocol::employer::{Employer, EmployerNumber, EmployerStatus};
use fundlink_protocol::money::Fen;
use fundlink_protocol::rate::Rate;
use fundlink_protocol::time::Date;

use super::context::{Absent, Context, FileState};
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Number = "DWZH", true;
    Name = "DWMC", true;
    Code = "ZZJGDM", false;
    Status = "DWZHZT", true;
    UnitRate = "DWJCBL", true;
    PersonRate = "GRJCBL", true;
    Balance = "DWZHYE", false;
    PaidTo = "JZNY", false;
    OpenedOn = "DWKHRQ", false;
}

/// An employer, its line, and what its persons have together.
#[derive(Debug)]
pub(super) struct EmployerDraft {
    pub(super) employer: Employer,
    line: u64,
    /// The balance that the file says, when it does.
    stated: Option<Fen>,
    persons_fen: i128,
}

/// The employers of a dump.
#[derive(Debug, Default)]
pub(super) struct Employers {
    drafts: BTreeMap<EmployerNumber, EmployerDraft>,
    /// Numbers whose row has a fault: what refers to them has no further one.
    faulty: BTreeSet<EmployerNumber>,
    state: FileState,
}

impl Employers {
    pub(super) fn read(
        input: impl BufRead,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut employers = Self::default();
        let as_of = context.options.as_of;
        let state = context.read_rows(ImportFile::Employers, input, COLUMNS, |row, totals| {
            let number = row.needed(Place::Number, value::employer_number);
            let draft = number.clone().and_then(|number| read_employer(row, number, as_of));
            totals.add(draft.as_ref().and_then(|draft| draft.stated));
            let Some(number) = number else { return };
            if employers.drafts.contains_key(&number) || employers.faulty.contains(&number) {
                row.fault(Place::Number, ImportRule::KeyDoubled);
                return;
            }
            match draft {
                Some(draft) => drop(employers.drafts.insert(number, draft)),
                None => drop(employers.faulty.insert(number)),
            }
        })?;
        employers.state = state;
        Ok(employers)
    }

    /// The employer with a number.
    pub(super) fn find(&self, number: &EmployerNumber) -> Result<&Employer, Absent> {
        let reported = self.state == FileState::Unread || self.faulty.contains(number);
        let found = self.drafts.get(number).map(|draft| &draft.employer);
        found.ok_or_else(|| Absent::reported_if(reported))
    }

    /// Adds a person's balance to the employer's.
    pub(super) fn add_balance(&mut self, number: &EmployerNumber, balance: Fen) {
        if let Some(draft) = self.drafts.get_mut(number) {
            draft.persons_fen = draft.persons_fen.saturating_add(i128::from(balance.get()));
        }
    }

    /// The employers; where nothing else is wrong, their balances must be those of their persons.
    pub(super) fn finish(self, context: &mut Context<'_>) -> Vec<Employer> {
        let sums_known = context.faults.total() == 0;
        for draft in self.drafts.values() {
            let differs = |stated: Fen| i128::from(stated.get()) != draft.persons_fen;
            if sums_known && draft.stated.is_some_and(differs) {
                let rule = ImportRule::EmployerSum;
                context.faults.at(ImportFile::Employers, draft.line, "DWZHYE", rule);
            }
        }
        self.drafts.into_values().map(|draft| draft.employer).collect()
    }
}

/// The employer of a row; `None` after a fault.
fn read_employer(row: &mut Row<'_>, number: EmployerNumber, as_of: Date) -> Option<EmployerDraft> {
    let name = row.needed(Place::Name, value::employer_name);
    let code = row.optional(Place::Code, value::employer_code);
    let status = row.needed(Place::Status, value::code(EmployerStatus::parse));
    let rates = read_rates(row);
    let stated = row.optional(Place::Balance, value::amount_from_zero);
    let paid_to = row.optional(Place::PaidTo, value::month);
    let opened_on = row.optional(Place::OpenedOn, value::past_date(as_of));
    let (unit_rate, person_rate) = rates?;
    let stated = stated?;
    let employer = Employer {
        number,
        name: name?,
        code: code?,
        status: status?,
        unit_rate,
        person_rate,
        balance: stated.unwrap_or(Fen::ZERO),
        paid_to: paid_to?,
        opened_on: opened_on?,
    };
    Some(EmployerDraft { employer, line: row.line, stated, persons_fen: 0 })
}

/// Both rates; `None` after a fault.
fn read_rates(row: &mut Row<'_>) -> Option<(Rate, Rate)> {
    let unit = row.needed(Place::UnitRate, value::rate);
    let person = row.needed(Place::PersonRate, value::rate);
    unit.zip(person)
}
