//! A CSV file as a table whose columns are the codes of JGJ/T 320.
//!
//! **Promises.** A column is found by any of its names; one that is missing or stands twice is a
//! fault before any row is read; each value is parsed once, by its type.
//! **Left to others.** What the columns mean: one module for each file.

use std::io::{self, BufRead};

use super::branches::{Branch, Key};
use super::column_names;
use super::encoding::{Sampled, TextEncoding, TextRow, decode, sample};
use super::fault::{FaultColumn, FaultList, ImportFault};
use super::mapping::EVERYWHERE;
use super::rows::{RawRow, RawRows};
use super::rule::ImportRule;
use super::{ImportFile, ImportOptions, Progress, value};

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
pub(super) struct Table<'o, R: BufRead> {
    file: ImportFile,
    options: &'o ImportOptions,
    rows: RawRows<Sampled<R>>,
    encoding: TextEncoding,
    columns: &'static [Column],
    /// Where the code of the center stands, and the branch.
    center: Option<usize>,
    branch: Option<usize>,
    /// Where in a row each column stands.
    places: Vec<Option<usize>>,
    /// Columns that the header has and nobody looks for, by place from 1.
    ignored: Vec<usize>,
    width: usize,
    raw: RawRow,
    text: TextRow,
    rows_read: u64,
    /// Rows that could not be taken apart.
    malformed: u64,
    /// Whether a row of another center was found.
    foreign: bool,
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
    /// How many of them could not be taken apart.
    pub malformed: u64,
    /// Columns that were not looked at, by place from 1.
    pub ignored_columns: Vec<usize>,
}

impl<'o, R: BufRead> Table<'o, R> {
    /// Opens a file and reads its header; `None` when that has faults.
    pub(super) fn open(
        file: ImportFile,
        input: R,
        (options, also_needed): (&'o ImportOptions, Option<&'static str>),
        faults: &mut FaultList,
    ) -> io::Result<Option<Self>> {
        let (encoding, input) = sample(input, options.encoding)?;
        let columns = file.columns();
        let mut table = Self {
            file,
            options,
            center: None,
            branch: None,
            malformed: 0,
            foreign: false,
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
            Some(Ok(())) => table.read_header(also_needed, faults),
        }
        if faults.total() == before {
            return Ok(Some(table));
        }
        // However the header fails, every row of the file is missing with it: that is no bad row.
        faults.refuse_quarantine();
        Ok(None)
    }

    /// The code that a header means: by the mapping first, then by the names that everybody knows.
    fn meant_by(&self, header: &str) -> Option<&'static str> {
        let mapped = self.options.mapping.column(self.file, header);
        let of_file = self.columns.iter().map(|column| column.name);
        let mut known = of_file.chain(EVERYWHERE);
        mapped.or_else(|| known.find(|code| column_names::means(header, code)))
    }

    fn read_header(&mut self, also_needed: Option<&'static str>, faults: &mut FaultList) {
        let line = Some(self.raw.line);
        self.width = self.text.len();
        let mut strangers: Vec<String> = Vec::new();
        for place in 0..self.width {
            let header = self.text.value(place).to_owned();
            let meant = self.meant_by(&header);
            let doubled = match meant.and_then(|code| self.slot(code)) {
                Some(found) => found.replace(place).is_some(),
                None => {
                    let named = |code: &&str| code.eq_ignore_ascii_case(&header);
                    if !self.file.passed_over().iter().any(named) {
                        self.ignored.push(place + 1);
                    }
                    let name = header.to_lowercase();
                    let doubled = !name.is_empty() && strangers.contains(&name);
                    strangers.push(name);
                    doubled
                }
            };
            if doubled {
                let column = meant.map_or(FaultColumn::Place(place + 1), FaultColumn::Named);
                faults.add(self.file, line, Some(column), ImportRule::ColumnDoubled);
            }
        }
        if self.ignored.len() == self.width {
            // Not one known name: a file without a header, whose first row is data.
            faults.add(self.file, line, None, ImportRule::HeaderMissing);
            return;
        }
        let by_mapping: Vec<&'static str> = self.options.mapping.columns_of(self.file).collect();
        for (column, place) in self.columns.iter().zip(&self.places) {
            let mapped = by_mapping.contains(&column.name);
            let needed = column.needed || also_needed == Some(column.name);
            if place.is_none() && (needed || mapped) {
                let rule =
                    if mapped { ImportRule::MappingColumn } else { ImportRule::ColumnMissing };
                faults.add(self.file, line, Some(FaultColumn::Named(column.name)), rule);
            }
        }
    }

    /// Where the place of a column is kept.
    fn slot(&mut self, code: &str) -> Option<&mut Option<usize>> {
        let [center, branch] = EVERYWHERE;
        if code == center {
            return Some(&mut self.center);
        }
        if code == branch {
            return Some(&mut self.branch);
        }
        let place = self.columns.iter().position(|column| column.name == code)?;
        self.places.get_mut(place)
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
            let fault = match result {
                Err(rule) => rule,
                Ok(()) if !decode(&self.raw, &mut self.encoding, &mut self.text) => {
                    ImportRule::Encoding
                }
                Ok(()) if self.text.len() != self.width => ImportRule::RowWidth,
                Ok(()) => break,
            };
            self.malformed = self.malformed.saturating_add(1);
            faults.add(self.file, line, None, fault);
        }
        self.check_center(faults);
        let branch = self.branch.map(|place| self.text.value(place)).unwrap_or_default();
        Ok(Some(Row {
            file: self.file,
            line: self.raw.line,
            branch: faults.branches.named(branch),
            text: &self.text,
            places: &self.places,
            columns: self.columns,
            options: self.options,
            faults,
        }))
    }

    /// A dump of another center is refused; that is said once a file.
    fn check_center(&mut self, faults: &mut FaultList) {
        let Some(place) = self.center.filter(|_| !self.foreign) else { return };
        let own = self.options.center.to_string();
        if self.text.value(place) != own {
            self.foreign = true;
            let [column, _] = EVERYWHERE;
            faults.at(self.file, self.raw.line, column, ImportRule::OtherCenter);
        }
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
            malformed: self.malformed,
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
    options: &'t ImportOptions,
    /// The branch that keeps the row.
    branch: Option<Branch>,
    faults: &'t mut FaultList,
}

impl Row<'_> {
    /// Says in which column stands what the row belongs to, so that its faults go to the branch that
    /// keeps that.
    pub(super) fn belongs_to(&mut self, key: Key, column: impl Into<usize>) {
        let place = self.places.get(column.into()).copied().flatten();
        let number = place.map_or("", |place| self.text.value(place));
        self.branch = self.faults.branches.keep(key, number, self.branch);
    }

    /// Faults of all rows so far.
    pub(super) const fn faults_so_far(&self) -> u64 {
        self.faults.total()
    }

    /// How the files are read.
    pub(super) const fn options(&self) -> &ImportOptions {
        self.options
    }

    /// Counts a code that was understood otherwise than it stands.
    pub(super) fn understood(&mut self, column: impl Into<usize>) {
        let column = column.into();
        let name = self.columns.get(column).map_or("", |column| column.name);
        let place = self.places.get(column).copied().flatten();
        let text = place.map_or("", |place| self.text.value(place));
        self.faults.codes.mapped(self.file, name, text);
    }

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
        // Copies of the references, so that a fault can be added while the text is held.
        let (values, options) = (self.text, self.options);
        let place = self.places.get(column).copied().flatten();
        let text = place.map_or("", |place| values.value(place));
        if text.is_empty() {
            return Some(None);
        }
        let name = self.columns.get(column).map_or("", |column| column.name);
        let mapped = options.mapping.code(name, text);
        if mapped.is_some() {
            self.faults.codes.mapped(self.file, name, text);
        }
        let parsed = match mapped {
            None if value::is_dressed_up(text) => Err(ImportRule::Spreadsheet),
            None => parse(text),
            Some(code) => parse(code),
        };
        match parsed {
            Ok(value) => Some(Some(value)),
            Err(rule) => {
                if matches!(rule, ImportRule::Code | ImportRule::Flag) {
                    self.faults.codes.unknown(self.file, name, text);
                }
                self.fault(column, rule);
                None
            }
        }
    }

    /// The text of a column as it stands, for what a damaged value still tells.
    pub(super) fn raw(&self, column: impl Into<usize>) -> &str {
        self.text(column.into())
    }

    /// Adds a fault of a column of this row.
    pub(super) fn fault(&mut self, column: impl Into<usize>, rule: ImportRule) {
        let Some(column) = self.columns.get(column.into()) else { return };
        self.faults.push(ImportFault {
            file: self.file,
            line: Some(self.line),
            column: Some(FaultColumn::Named(column.name)),
            rule,
            branch: self.branch,
            difference: None,
        });
    }
}
