//! Control totals: how many rows each file has and what its amounts add up to.
//!
//! The file is optional. Its columns: FILE (such as `accounts.csv`), ROWS, and SUM in yuan: of
//! DWZHYE, GRZHYE, FSE and DKYE; empty for the files without one of these.
//!
//! **Promises.** Every data file must be named, and all totals are compared exactly.
//! **Left to others.** Where the totals come from: the system that wrote the dump.

use std::io::BufRead;

use fundlink_protocol::money::Fen;

use super::context::{Context, FileState};
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    File = "FILE", true;
    Rows = "ROWS", true;
    Sum = "SUM", true;
}

/// What a file's rows have come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileTotals {
    pub(super) file: ImportFile,
    pub(super) rows: u64,
    fen: i128,
}

impl FileTotals {
    pub(super) const fn new(file: ImportFile) -> Self {
        Self { file, rows: 0, fen: 0 }
    }

    /// Adds the amount of a row.
    pub(super) fn add(&mut self, amount: Option<Fen>) {
        let fen = amount.map_or(0, |amount| i128::from(amount.get()));
        self.fen = self.fen.saturating_add(fen);
    }
}

/// A row of the control file.
struct Expected {
    line: u64,
    file: ImportFile,
    rows: u64,
    sum: Option<Fen>,
}

/// Compares the files that were read with the control file.
pub(super) fn check(input: impl BufRead, context: &mut Context<'_>) -> Result<(), ImportError> {
    let mut expected: Vec<Expected> = Vec::new();
    let state = context.read_rows(ImportFile::Control, input, COLUMNS, |row, _| {
        let file = row.needed(Place::File, |name| {
            ImportFile::DATA
                .into_iter()
                .find(|file| file.file_name() == name)
                .ok_or(ImportRule::ControlFile)
        });
        let rows = row.needed(Place::Rows, |text| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| digits).ok_or(ImportRule::Count)
        });
        let sum = row.optional(Place::Sum, value::amount);
        let (Some(file), Some(rows), Some(sum)) = (file, rows, sum) else { return };
        if expected.iter().any(|other| other.file == file) {
            return row.fault(Place::File, ImportRule::KeyDoubled);
        }
        expected.push(Expected { line: row.line, file, rows, sum });
    })?;
    if state == FileState::Read {
        compare(&expected, context);
    }
    Ok(())
}

fn compare(expected: &[Expected], context: &mut Context<'_>) {
    let totals = context.totals.clone();
    for total in totals.iter().filter(|total| total.file != ImportFile::Control) {
        let Some(row) = expected.iter().find(|row| row.file == total.file) else {
            context.faults.add(ImportFile::Control, None, None, ImportRule::ControlFile);
            continue;
        };
        if row.rows != total.rows {
            context.faults.at(ImportFile::Control, row.line, "ROWS", ImportRule::ControlRows);
        }
        if row.sum.is_some_and(|sum| i128::from(sum.get()) != total.fen) {
            context.faults.at(ImportFile::Control, row.line, "SUM", ImportRule::ControlSum);
        }
    }
}
