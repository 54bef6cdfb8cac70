//! Control totals: what the system that wrote a dump says of each of its files.
//!
//! The file may be missing. Its columns: FILE (such as `accounts.csv`), ROWS, and SUM in yuan: of
//! DWZHYE, GRZHYE, FSE, DKYE and YQBJ; empty for the files without one of these. It may also have AS_OF
//! (a day, with or without a time), SM3 of the file in hexadecimal, and ZXDM, whose dump it is.
//!
//! **Promises.** Every data file must be named, and all totals are compared exactly, rows with faults
//! included; what differs is said with by how much. A sum of which an amount cannot be read is not
//! compared, because the difference would be that amount.
//! **Left to others.** Writing one: `totals` gives what it holds, the command line the file.

use std::io::BufRead;

use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Timestamp};

use super::context::{Context, FileState};
use super::fault::{Difference, FaultColumn, ImportFault};
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    File = "FILE", true;
    Rows = "ROWS", true;
    Sum = "SUM", true;
    AsOf = "AS_OF", false;
    Sm3 = "SM3", false;
}

/// What a file's rows have come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileTotals {
    pub(super) file: ImportFile,
    pub(super) rows: u64,
    /// Rows whose amount cannot be read.
    pub(super) unreadable: u64,
    fen: i128,
    has_amounts: bool,
}

impl FileTotals {
    pub(super) const fn new(file: ImportFile) -> Self {
        Self { file, rows: 0, unreadable: 0, fen: 0, has_amounts: false }
    }

    /// Adds the amount of a row; `None` when it cannot be read.
    pub(super) fn add(&mut self, amount: Option<Fen>) {
        self.has_amounts = true;
        match amount {
            Some(amount) => self.fen = self.fen.saturating_add(i128::from(amount.get())),
            None => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    /// Adds the amount of a row that may have none.
    pub(super) fn add_optional(&mut self, amount: Option<Fen>) {
        if amount.is_some() {
            self.add(amount);
        }
    }

    /// The sum, where the file has amounts.
    pub(super) fn sum(&self) -> Option<String> {
        self.has_amounts.then(|| yuan(self.fen))
    }
}

/// A sum of many amounts, which may be more than one amount can hold.
fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// A row of the control file.
#[derive(Debug)]
struct Expected {
    line: u64,
    file: ImportFile,
    rows: u64,
    sum: Option<Fen>,
    sm3: Option<String>,
}

/// What the control file says.
#[derive(Debug, Default)]
pub(super) struct Control {
    expected: Vec<Expected>,
    /// As of when the dump is.
    pub(super) as_of: Option<Timestamp>,
    /// Whether there is one whose header is in order.
    is_there: bool,
}

impl Control {
    /// Reads the control file of a dump that has one, before the data.
    pub(super) fn read(
        input: Option<impl BufRead>,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut control = Self::default();
        let Some(input) = input else { return Ok(control) };
        let options = context.options.clone();
        let state = context.read_rows(ImportFile::Control, input, |row, _| {
            let file = row.needed(Place::File, |name| {
                let known = options.mapping.file_named(name).or_else(|| ImportFile::named(name));
                known.filter(|file| *file != ImportFile::Control).ok_or(ImportRule::ControlFile)
            });
            let rows = row.needed(Place::Rows, value::whole);
            let sum = row.optional(Place::Sum, value::amount);
            let as_of = row.optional(Place::AsOf, value::moment).flatten();
            let sm3 = row.optional(Place::Sm3, value::sm3);
            if let Some(as_of) = as_of {
                let other = control.as_of.is_some_and(|other| other != as_of);
                if other || !fits(as_of, options.as_of, options.as_of_is_given) {
                    row.fault(Place::AsOf, ImportRule::ControlAsOf);
                }
                control.as_of = Some(as_of);
            }
            let (Some(file), Some(rows), Some(sum), Some(sm3)) = (file, rows, sum, sm3) else {
                return;
            };
            if control.expected.iter().any(|other| other.file == file) {
                return row.fault(Place::File, ImportRule::KeyDoubled);
            }
            control.expected.push(Expected { line: row.line, file, rows, sum, sm3 });
        })?;
        control.is_there = state != FileState::Unread;
        Ok(control)
    }

    /// Whether the file says the SM3 of some file.
    pub(super) fn has_sm3(&self) -> bool {
        self.expected.iter().any(|row| row.sm3.is_some())
    }

    /// Compares the files that were read with what is said of them.
    pub(super) fn compare(&self, sm3: &[(ImportFile, String)], context: &mut Context<'_>) {
        if !self.is_there {
            return;
        }
        let totals = context.totals.clone();
        for total in totals.iter().filter(|total| total.file != ImportFile::Control) {
            let Some(row) = self.expected.iter().find(|row| row.file == total.file) else {
                let rule = ImportRule::ControlFile;
                context.faults.add(
                    ImportFile::Control,
                    None,
                    Some(FaultColumn::Named("FILE")),
                    rule,
                );
                continue;
            };
            let found = sm3.iter().find(|(file, _)| *file == total.file);
            for (column, rule, difference) in row.differences(total, found) {
                context.faults.push(ImportFault {
                    file: ImportFile::Control,
                    line: Some(row.line),
                    column: Some(FaultColumn::Named(column)),
                    rule,
                    branch: None,
                    difference,
                });
            }
        }
        for row in &self.expected {
            if !totals.iter().any(|total| total.file == row.file) {
                context.faults.at(ImportFile::Control, row.line, "FILE", ImportRule::ControlFile);
            }
        }
    }
}

impl Expected {
    fn differences(
        &self,
        total: &FileTotals,
        sm3: Option<&(ImportFile, String)>,
    ) -> Vec<(&'static str, ImportRule, Option<Difference>)> {
        let mut differences = Vec::new();
        if self.rows != total.rows {
            let by = i128::from(total.rows).saturating_sub(i128::from(self.rows));
            let difference = Difference {
                stated: self.rows.to_string(),
                found: total.rows.to_string(),
                by: Some(format!("{by:+}")),
            };
            differences.push(("ROWS", ImportRule::ControlRows, Some(difference)));
        }
        if let Some(sum) = self.sum.filter(|_| total.unreadable == 0) {
            let stated = i128::from(sum.get());
            if stated != total.fen {
                let by = yuan(total.fen.saturating_sub(stated));
                let sign = if by.starts_with('-') { "" } else { "+" };
                let difference = Difference {
                    stated: yuan(stated),
                    found: yuan(total.fen),
                    by: Some(format!("{sign}{by}")),
                };
                differences.push(("SUM", ImportRule::ControlSum, Some(difference)));
            }
        }
        if let (Some(stated), Some((_, found))) = (&self.sm3, sm3)
            && stated != found
        {
            let (stated, found) = (stated.clone(), found.clone());
            let difference = Difference { stated, found, by: None };
            differences.push(("SM3", ImportRule::ControlSm3, Some(difference)));
        }
        differences
    }
}

/// Whether the time of a dump fits the day that was given, or else is not later than today.
fn fits(as_of: Timestamp, day: Date, is_given: bool) -> bool {
    let date = as_of.date();
    if is_given { date == Some(day) } else { date.is_some_and(|date| date <= day) }
}
