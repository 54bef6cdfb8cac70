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

use super::branches::Key;
use super::context::{Absent, Context, FileState};
use super::orphans::Orphans;
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
    /// Whether its sum cannot be compared: a row of its persons, or its own, has a fault.
    incomparable: bool,
}

/// The employers of a dump.
#[derive(Debug, Default)]
pub(super) struct Employers {
    drafts: BTreeMap<EmployerNumber, EmployerDraft>,
    /// Balances of persons whose employer is not known.
    pub(super) orphans: Orphans,
    /// Numbers whose row has a fault: what refers to them has no further one.
    faulty: BTreeSet<EmployerNumber>,
    /// Rows whose number cannot be read: who refers to one is not told from who refers to nobody.
    nameless: u64,
    state: FileState,
}

impl Employers {
    pub(super) fn read(
        input: impl BufRead,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut employers = Self::default();
        let as_of = context.options.as_of;
        let state = context.read_rows(ImportFile::Employers, input, |row, totals| {
            row.belongs_to(Key::Employer, Place::Number);
            let before = row.faults_so_far();
            let number = row.needed(Place::Number, value::employer_number);
            let stated = row.optional(Place::Balance, value::amount_from_zero);
            match stated {
                Some(stated) => totals.add_optional(stated),
                None => totals.add(None),
            }
            let draft = read_employer(row, (number.clone(), stated.flatten()), as_of);
            let Some(number) = number else {
                employers.nameless += 1;
                return;
            };
            if employers.drafts.contains_key(&number) || employers.faulty.contains(&number) {
                let rule = value::rounded_or(number.as_str(), ImportRule::KeyDoubled);
                return row.fault(Place::Number, rule);
            }
            match draft {
                Some(mut draft) => {
                    draft.incomparable = row.faults_so_far() != before;
                    drop(employers.drafts.insert(number, draft));
                }
                None => drop(employers.faulty.insert(number)),
            }
        })?;
        employers.state = state;
        employers.nameless = employers.nameless.saturating_add(state.malformed());
        Ok(employers)
    }

    /// The employer with a number.
    pub(super) fn find(&self, number: &EmployerNumber) -> Result<&Employer, Absent> {
        let reported = self.state.is_unread() || self.faulty.contains(number);
        let found = self.drafts.get(number).map(|draft| &draft.employer);
        found.ok_or_else(|| Absent::reported_if(reported))
    }

    /// Rows whose number cannot be read.
    pub(super) const fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Adds a person's balance to the employer's, as far as both can be read.
    pub(super) fn add_balance(&mut self, number: Option<EmployerNumber>, balance: Option<Fen>) {
        let Some(number) = number else { return };
        match (self.drafts.get_mut(&number), balance) {
            (Some(draft), Some(balance)) => {
                draft.persons_fen = draft.persons_fen.saturating_add(i128::from(balance.get()));
            }
            (Some(draft), None) => draft.incomparable = true,
            (None, balance) => self.orphans.add(balance.map(Fen::get)),
        }
    }

    /// The employers; their balances must be those of their persons, unless a person's row is missing
    /// that was reported.
    pub(super) fn finish(mut self, context: &mut Context<'_>) -> Vec<Employer> {
        let lacking = |draft: &EmployerDraft| {
            let stated = draft.stated.filter(|_| !draft.incomparable)?;
            let lacking = i128::from(stated.get()).saturating_sub(draft.persons_fen);
            (lacking != 0).then_some((draft.line, lacking))
        };
        let failing: Vec<(u64, i128)> = self.drafts.values().filter_map(lacking).collect();
        let lacks: Vec<i128> = failing.iter().map(|(_, lack)| *lack).collect();
        let explained = std::mem::take(&mut self.orphans).explain(&lacks);
        for ((line, _), explained) in failing.iter().zip(explained) {
            if !explained {
                let rule = ImportRule::EmployerSum;
                context.faults.at(ImportFile::Employers, *line, "DWZHYE", rule);
            }
        }
        self.drafts.into_values().map(|draft| draft.employer).collect()
    }
}

/// The employer of a row; `None` when a fault leaves open who it is or what it pays. Of another fault
/// the accounts of its persons take no harm.
fn read_employer(
    row: &mut Row<'_>,
    (number, stated): (Option<EmployerNumber>, Option<Fen>),
    as_of: Date,
) -> Option<EmployerDraft> {
    let name = row.needed(Place::Name, value::employer_name);
    let code = row.optional(Place::Code, value::employer_code);
    let status = row.needed(Place::Status, value::code(EmployerStatus::parse));
    let rates = read_rates(row);
    let paid_to = row.optional(Place::PaidTo, value::month);
    let opened_on = row.optional(Place::OpenedOn, value::past_date(as_of));
    let (unit_rate, person_rate) = rates?;
    let employer = Employer {
        number: number?,
        name: name?,
        code: code.flatten(),
        status: status.unwrap_or(EmployerStatus::Other),
        unit_rate,
        person_rate,
        balance: stated.unwrap_or(Fen::ZERO),
        paid_to: paid_to.flatten(),
        opened_on: opened_on.flatten(),
    };
    let line = row.line;
    Some(EmployerDraft { employer, line, stated, persons_fen: 0, incomparable: false })
}

/// Both rates; `None` after a fault.
fn read_rates(row: &mut Row<'_>) -> Option<(Rate, Rate)> {
    let unit = row.needed(Place::UnitRate, value::rate);
    let person = row.needed(Place::PersonRate, value::rate);
    unit.zip(person)
}
