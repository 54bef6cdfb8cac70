//! Where a rule was broken: file, line, column, never the value.
//!
//! **Promises.** A fault holds no text of a file: columns are named by our own list, or counted.
//! However many faults there are, a bounded number is kept, and all are counted.
//! **Left to others.** Showing them: the command line.

use core::fmt;
use std::collections::BTreeSet;

use super::ImportFile;
use super::branches::{Branch, Branches};
use super::codes::CodeCounts;
use super::rule::ImportRule;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// The file.
    pub file: ImportFile,
    /// The line, from 1, on which the row begins; none when the file as a whole is meant.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<FaultColumn>,
    /// The rule.
    pub rule: ImportRule,
    /// The branch that keeps the row, where the dump says so.
    pub branch: Option<Branch>,
    /// By how much a file differs from its control totals.
    pub difference: Option<Difference>,
}

/// By how much a whole file differs from what is said of it: counts and sums, no single value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is said.
    pub stated: String,
    /// What was found.
    pub found: String,
    /// What was found less what is said; none where that is no number.
    pub by: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stated, found, by } = self;
        write!(f, "stated {stated}, found {found}")?;
        by.as_ref().map_or(Ok(()), |by| write!(f, ", {by}"))
    }
}

impl Difference {
    /// The difference in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        let Self { stated, found, by } = self;
        let by = by.as_ref().map(|by| format!("，相差 {by}")).unwrap_or_default();
        format!("应为 {stated}，实为 {found}{by}")
    }
}

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultColumn {
    /// By its code.
    Named(&'static str),
    /// By its place, from 1, when the name is not one of ours.
    Place(usize),
}

impl ImportFault {
    /// The fault in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        let mut text = self.file.file_name().to_owned();
        if let Some(line) = self.line {
            text.push_str(&format!(" 第 {line} 行"));
        }
        match self.column {
            Some(FaultColumn::Named(name)) => text.push_str(&format!(" {name} 列")),
            Some(FaultColumn::Place(place)) => text.push_str(&format!(" 第 {place} 列")),
            None => {}
        }
        let difference = self.difference.as_ref();
        let difference = difference.map(|by| format!("；{}", by.chinese())).unwrap_or_default();
        format!("{text}：{}（{}）{difference}", self.rule.chinese(), self.rule.id())
    }
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.file_name())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        match self.column {
            Some(FaultColumn::Named(name)) => write!(f, ", column {name}")?,
            Some(FaultColumn::Place(place)) => write!(f, ", column {place}")?,
            None => {}
        }
        write!(f, ": {} ({})", self.rule.english(), self.rule.id())?;
        self.difference.as_ref().map_or(Ok(()), |by| write!(f, "; {by}"))
    }
}

/// Everything that is wrong with a set of files; then nothing of it is imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{total} faults; nothing was imported")]
pub struct ImportFaults {
    /// The first faults, up to the number asked for, by file and line.
    pub faults: Vec<ImportFault>,
    /// How many there are.
    pub total: u64,
    /// Codes that are in no table, and how often each stands.
    pub codes: CodeCounts,
    /// The branches that keep rows, by their place.
    pub branches: Vec<String>,
    /// How far the dump is beyond the quarantine that was allowed.
    pub beyond: Option<Beyond>,
}

/// Why rows with faults were not held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// Rows with a fault of their own.
    pub bad_rows: u64,
    /// Rows of all files.
    pub rows: u64,
    /// How many rows the share allows.
    pub allowed: u64,
    /// Accounts and loans that would be held back.
    pub records: u64,
    /// Whether a fault is about a file as a whole, which no share allows.
    pub of_files: bool,
}

/// Rows with faults that are told apart; a dump with more is beyond any quarantine.
pub(super) const BAD_ROWS_MAX: usize = 200_000;

/// Collects faults.
#[derive(Debug)]
pub(super) struct FaultList {
    kept: Vec<ImportFault>,
    total: u64,
    kept_max: usize,
    /// Faults of whole files, which no quarantine can hold.
    of_files: u64,
    bad_rows: BTreeSet<(ImportFile, u64)>,
    /// What was counted about codes.
    pub(super) codes: CodeCounts,
    /// Which branch keeps what.
    pub(super) branches: Branches,
}

impl FaultList {
    pub(super) fn new(kept_max: usize) -> Self {
        Self {
            kept: Vec::new(),
            total: 0,
            kept_max,
            of_files: 0,
            bad_rows: BTreeSet::new(),
            codes: CodeCounts::default(),
            branches: Branches::default(),
        }
    }

    pub(super) fn add(
        &mut self,
        file: ImportFile,
        line: Option<u64>,
        column: Option<FaultColumn>,
        rule: ImportRule,
    ) {
        self.push(ImportFault { file, line, column, rule, branch: None, difference: None });
    }

    pub(super) fn push(&mut self, fault: ImportFault) {
        self.total = self.total.saturating_add(1);
        let of_row = !fault.rule.is_of_file() && fault.file != ImportFile::Control;
        match fault.line.filter(|_| of_row) {
            None => self.of_files = self.of_files.saturating_add(1),
            Some(line) if self.bad_rows.len() < BAD_ROWS_MAX => {
                self.bad_rows.insert((fault.file, line));
            }
            Some(_) => {}
        }
        if self.kept.len() < self.kept_max {
            self.kept.push(fault);
        }
    }

    /// How many faults there are so far.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Says that what was reported cannot be held back row by row.
    pub(super) const fn refuse_quarantine(&mut self) {
        self.of_files = self.of_files.saturating_add(1);
    }

    /// Faults of whole files so far.
    pub(super) const fn of_files(&self) -> u64 {
        self.of_files
    }

    /// Rows with a fault of their own.
    pub(super) fn bad_rows(&self) -> u64 {
        self.bad_rows.len() as u64
    }

    /// Whether every fault was kept and every row told apart.
    pub(super) fn is_whole(&self) -> bool {
        self.kept.len() as u64 == self.total && self.bad_rows.len() < BAD_ROWS_MAX
    }

    /// Adds a fault of a named column.
    pub(super) fn at(
        &mut self,
        file: ImportFile,
        line: u64,
        column: &'static str,
        rule: ImportRule,
    ) {
        self.add(file, Some(line), Some(FaultColumn::Named(column)), rule);
    }

    /// Everything, as the result of an import that was refused.
    pub(super) fn into_faults(mut self) -> ImportFaults {
        self.kept.sort_by_key(|fault| (fault.file, fault.line));
        let branches = self.branches.into_names();
        let (faults, total, codes) = (self.kept, self.total, self.codes);
        ImportFaults { faults, total, codes, branches, beyond: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_file_line_column_and_rule_in_both_languages() {
        let fault = ImportFault {
            file: ImportFile::Persons,
            line: Some(12),
            column: Some(FaultColumn::Named("ZJHM")),
            rule: ImportRule::DocumentCheck,
            branch: None,
            difference: None,
        };
        assert_eq!(
            fault.to_string(),
            "persons.csv, line 12, column ZJHM: \
             the check character of a resident number is right (DOCUMENT_CHECK)"
        );
        assert_eq!(
            fault.chinese(),
            "persons.csv 第 12 行 ZJHM 列：身份证号码校验码不正确（DOCUMENT_CHECK）"
        );
    }

    #[test]
    fn kept_faults_are_bounded_and_all_are_counted() {
        let mut list = FaultList::new(2);
        for line in 1..=5 {
            list.at(ImportFile::Ledger, line, "FSE", ImportRule::Amount);
        }
        assert_eq!((list.bad_rows(), list.of_files(), list.is_whole()), (5, 0, false));
        list.add(ImportFile::Ledger, Some(1), None, ImportRule::ColumnMissing);
        assert_eq!((list.bad_rows(), list.of_files()), (5, 1));
        let faults = list.into_faults();
        assert_eq!((faults.faults.len(), faults.total), (2, 6));
    }
}
