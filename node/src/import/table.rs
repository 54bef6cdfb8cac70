//! A CSV file as a table whose columns are the codes of JGJ/T 320.
//!
//! **Promises.** A column is found by any of its names; one that is missing or stands twice is a
//! fault before any row is read; each value is parsed once, by its type.
//! **Left to others.** What the columns mean: one module for each file.

use std::io::{self, BufRead};

use super::column_names;
use super::encoding::{Sampled, TextEncoding, TextRow, decode, sample};
use super::fault::{FaultColumn, FaultList};
use super::rows::{RawRow, RawRows};
use super::rule::ImportRule;
use super::{ImportFile, Progress, value};

/// A column that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its code.
    pub name: &'static str,
    /// Whether the file must have it.
    pub needed: bool,
}

/// Declares the columns of a file: an enum of places and the list that it points into.
macro_rules! columns {
    ($($place:ident = $name:literal, $needed:literal;)+) => {
        /// A column of the file, as its place in the list.
        #[derive(Clone, Copy)]
        enum Place {
            $($place),+
        }

        pub(in crate::import) const COLUMNS: &[crate::import::table::Column] = &[
            $(crate::import::table::Column { name: $name, needed: $needed }),+
        ];

        impl From<Place> for usize {
            fn from(place: Place) -> Self {
                place as Self
            }
        }
    };
}

pub(super) use columns;

/// An open file.
pub(super) struct Table<R: BufRead> {
    file: ImportFile,
    rows: RawRows<Sampled<R>>,
    encoding: TextEncoding,
    columns: &'static [Column],
    /// Where in a row each column stands.
    places: Vec<Option<usize>>,
    /// Columns that the header has and nobody looks for, by place from 1.
    ignored: Vec<usize>,
    width: usize,
    raw: RawRow,
    text: TextRow,
    rows_read: u64,
}

/// What a file was, once it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub file: ImportFile,
    /// How it was encoded; `Auto` when it is plain ASCII.
    pub encoding: TextEncoding,
    /// How many rows it has.
    pub rows: u64,
    /// Columns that were not looked at, by place from 1.
    pub ignored_columns: Vec<usize>,
}

impl<R: BufRead> Table<R> {
    /// Opens a file and reads its header; `None` when that has faults.
    pub(super) fn open(
        file: ImportFile,
        input: R,
        encoding: TextEncoding,
        columns: &'static [Column],
        faults: &mut FaultList,
    ) -> io::Result<Option<Self>> {
        let (encoding, input) = sample(input, encoding)?;
        let mut table = Self {
            file,
            rows: RawRows::new(input),
            encoding,
            columns,
            places: vec![None; columns.len()],
            ignored: Vec::new(),
            width: 0,
            raw: RawRow::default(),
            text: TextRow::default(),
            rows_read: 0,
        };
        let before = faults.total();
        match table.rows.read(&mut table.raw)? {
            None => faults.add(file, None, None, ImportRule::HeaderMissing),
            Some(Err(rule)) => faults.add(file, Some(table.raw.line), None, rule),
            Some(Ok(())) if !decode(&table.raw, &mut table.encoding, &mut table.text) => {
                faults.add(file, Some(table.raw.line), None, ImportRule::Encoding);
            }
            Some(Ok(())) => table.read_header(faults),
        }
        Ok((faults.total() == before).then_some(table))
    }

    fn read_header(&mut self, faults: &mut FaultList) {
        let line = Some(self.raw.line);
        self.width = self.text.len();
        let mut strangers: Vec<String> = Vec::new();
        for place in 0..self.width {
            let name = self.text.value(place);
            let known = self.columns.iter().position(|c| column_names::means(name, c.name));
            let doubled = match known.and_then(|known| self.places.get_mut(known)) {
                Some(found) => found.replace(place).is_some(),
                None => {
                    self.ignored.push(place + 1);
                    let name = name.to_lowercase();
                    let doubled = !name.is_empty() && strangers.contains(&name);
                    strangers.push(name);
                    doubled
                }
            };
            if doubled {
                let column = known.and_then(|known| self.columns.get(known));
                let column = column.map_or(FaultColumn::Place(place + 1), |column| {
                    FaultColumn::Named(column.name)
                });
                faults.add(self.file, line, Some(column), ImportRule::ColumnDoubled);
            }
        }
        if self.ignored.len() == self.width {
            // Not one known name: a file without a header, whose first row is data.
            faults.add(self.file, line, None, ImportRule::HeaderMissing);
            return;
        }
        for (column, place) in self.columns.iter().zip(&self.places) {
            if column.needed && place.is_none() {
                let named = Some(FaultColumn::Named(column.name));
                faults.add(self.file, line, named, ImportRule::ColumnMissing);
            }
        }
    }

    /// Reads on to the next row that is well formed; `None` at the end of the file.
    pub(super) fn next<'t>(
        &'t mut self,
        faults: &'t mut FaultList,
        progress: &mut dyn FnMut(Progress),
    ) -> io::Result<Option<Row<'t>>> {
        loop {
            let Some(result) = self.rows.read(&mut self.raw)? else {
                progress(self.progress());
                return Ok(None);
            };
            self.rows_read = self.rows_read.saturating_add(1);
            if self.rows_read.is_multiple_of(PROGRESS_ROWS) {
                progress(self.progress());
            }
            let line = Some(self.raw.line);
            match result {
                Err(rule) => faults.add(self.file, line, None, rule),
                Ok(()) if !decode(&self.raw, &mut self.encoding, &mut self.text) => {
                    faults.add(self.file, line, None, ImportRule::Encoding);
                }
                Ok(()) if self.text.len() != self.width => {
                    faults.add(self.file, line, None, ImportRule::RowWidth);
                }
                Ok(()) => break,
            }
        }
        Ok(Some(Row {
            file: self.file,
            line: self.raw.line,
            text: &self.text,
            places: &self.places,
            columns: self.columns,
            faults,
        }))
    }

    const fn progress(&self) -> Progress {
        Progress { file: self.file, rows: self.rows_read, bytes: self.rows.bytes_read() }
    }

    /// What the file was.
    pub(super) fn into_report(self) -> FileReport {
        FileReport {
            file: self.file,
            encoding: self.encoding,
            rows: self.rows_read,
            ignored_columns: self.ignored,
        }
    }
}

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 4_096;

/// A row, whose values are asked for by column.
pub(super) struct Row<'t> {
    file: ImportFile,
    /// The line on which the row begins.
    pub(super) line: u64,
    text: &'t TextRow,
    places: &'t [Option<usize>],
    columns: &'static [Column],
    faults: &'t mut FaultList,
}

impl Row<'_> {
    /// The text of a column; empty when the file does not have it.
    fn text(&self, column: usize) -> &str {
        let place = self.places.get(column).copied().flatten();
        place.map_or("", |place| self.text.value(place))
    }

    /// A value that the row must have; `None` after a fault.
    pub(super) fn needed<T>(
        &mut self,
        column: impl Into<usize>,
        parse: impl FnOnce(&str) -> Result<T, ImportRule>,
    ) -> Option<T> {
        let column = column.into();
        if self.text(column).is_empty() {
            self.fault(column, ImportRule::ValueMissing);
            return None;
        }
        self.optional(column, parse).flatten()
    }

    /// A value that may be empty: `Some(None)`; `None` after a fault.
    #[expect(
        clippy::option_option,
        reason = "a fault, an empty value and a value are three things"
    )]
    pub(super) fn optional<T>(
        &mut self,
        column: impl Into<usize>,
        parse: impl FnOnce(&str) -> Result<T, ImportRule>,
    ) -> Option<Option<T>> {
        let column = column.into();
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        let parsed =
            if value::is_dressed_up(text) { Err(ImportRule::Spreadsheet) } else { parse(text) };
        match parsed {
            Ok(value) => Some(Some(value)),
            Err(rule) => {
                self.fault(column, rule);
                None
            }
        }
    }

    /// Adds a fault of a column of this row.
    pub(super) fn fault(&mut self, column: impl Into<usize>, rule: ImportRule) {
        if let Some(column) = self.columns.get(column.into()) {
            self.faults.at(self.file, self.line, column.name, rule);
        }
    }
}
