//! Where a rule was broken: file, line, column, never the value.
//!
//! **Promises.** A fault holds no text of a file: columns are named by our own list, or counted.
//! However many faults there are, a bounded number is kept, and all are counted.
//! **Left to others.** Showing them: the command line.

use core::fmt;

use super::ImportFile;
use super::rule::ImportRule;

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// The file.
    pub file: ImportFile,
    /// The line, from 1, on which the row begins; none when the file as a whole is meant.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<FaultColumn>,
    /// The rule.
    pub rule: ImportRule,
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
        format!("{text}：{}（{}）", self.rule.chinese(), self.rule.id())
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
        write!(f, ": {} ({})", self.rule.english(), self.rule.id())
    }
}

/// Everything that is wrong with a set of files; then nothing of it is imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{total} faults; nothing was imported")]
pub struct ImportFaults {
    /// The first faults, up to the number asked for.
    pub faults: Vec<ImportFault>,
    /// How many there are.
    pub total: u64,
}

/// Collects faults.
#[derive(Debug)]
pub(super) struct FaultList {
    kept: Vec<ImportFault>,
    total: u64,
    kept_max: usize,
}

impl FaultList {
    pub(super) const fn new(kept_max: usize) -> Self {
        Self { kept: Vec::new(), total: 0, kept_max }
    }

    pub(super) fn add(
        &mut self,
        file: ImportFile,
        line: Option<u64>,
        column: Option<FaultColumn>,
        rule: ImportRule,
    ) {
        self.total = self.total.saturating_add(1);
        if self.kept.len() < self.kept_max {
            self.kept.push(ImportFault { file, line, column, rule });
        }
    }

    /// How many faults there are so far.
    pub(super) const fn total(&self) -> u64 {
        self.total
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

    /// The faults, when there are any.
    pub(super) fn finish(self) -> Result<(), ImportFaults> {
        if self.total == 0 {
            Ok(())
        } else {
            Err(ImportFaults { faults: self.kept, total: self.total })
        }
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
        let faults = list.finish().unwrap_err();
        assert_eq!((faults.faults.len(), faults.total), (2, 5));
    }
}
