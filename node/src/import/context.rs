//! What every file is read with: the options, the faults so far, the totals.
//!
//! **Promises.** Every file is read by the same loop, so progress, totals and reports are complete.
//! **Left to others.** The columns: one module for each file.

use std::io::BufRead;

use super::control::FileTotals;
use super::fault::{BAD_ROWS_MAX, FaultList};
use super::table::{FileReport, Row, Table};
use super::{ImportError, ImportFile, ImportOptions, Progress};

pub(super) struct Context<'c> {
    pub(super) options: ImportOptions,
    pub(super) faults: FaultList,
    pub(super) progress: &'c mut dyn FnMut(Progress),
    pub(super) reports: Vec<FileReport>,
    pub(super) totals: Vec<FileTotals>,
    /// Whether the dump has the employers' ledger rows.
    pub(super) has_employer_ledger: bool,
}

/// Whether a file's header was in order, so that its rows were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum FileState {
    /// The header has faults: nothing may be concluded from what is not there.
    #[default]
    Unread,
    /// The rows were read, but for so many that could not be taken apart.
    Read(u64),
}

impl FileState {
    /// Whether the header has faults.
    pub(super) const fn is_unread(self) -> bool {
        matches!(self, Self::Unread)
    }

    /// Rows that could not be taken apart.
    pub(super) const fn malformed(self) -> u64 {
        match self {
            Self::Unread => 0,
            Self::Read(malformed) => malformed,
        }
    }
}

/// Why a record that a row refers to cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Its own row or file has a fault, which was reported: the reference is no further one.
    Reported,
    /// There is no such record.
    Unknown,
}

impl Absent {
    pub(super) const fn reported_if(reported: bool) -> Self {
        if reported { Self::Reported } else { Self::Unknown }
    }
}

impl<'c> Context<'c> {
    pub(super) fn new(options: ImportOptions, progress: &'c mut dyn FnMut(Progress)) -> Self {
        let faults_max = match options.quarantine {
            Some(_) => options.faults_max.max(BAD_ROWS_MAX),
            None => options.faults_max,
        };
        let mut faults = FaultList::new(faults_max);
        if options.by_branch {
            faults.branches.want();
        }
        let (reports, totals) = (Vec::new(), Vec::new());
        Self { options, faults, progress, reports, totals, has_employer_ledger: false }
    }

    /// Calls a function for each well-formed row of a file.
    pub(super) fn read_rows(
        &mut self,
        file: ImportFile,
        input: impl BufRead,
        mut each: impl FnMut(&mut Row<'_>, &mut FileTotals),
    ) -> Result<FileState, ImportError> {
        let failed = |error| ImportError::Io { file, error };
        // The month that a deposit is for must come from somewhere.
        let monthless = file == ImportFile::Ledger && !self.has_employer_ledger;
        let also_needed = monthless.then_some("HBJNY");
        let source = (&self.options, also_needed);
        let opened = Table::open(file, input, source, &mut self.faults);
        let Some(mut table) = opened.map_err(failed)? else { return Ok(FileState::Unread) };
        let mut totals = FileTotals::new(file);
        while let Some(mut row) = table.next(&mut self.faults, self.progress).map_err(failed)? {
            each(&mut row, &mut totals);
        }
        let report = table.into_report();
        totals.rows = report.rows;
        totals.unreadable = totals.unreadable.saturating_add(report.malformed);
        let state = FileState::Read(report.malformed);
        self.totals.push(totals);
        self.reports.push(report);
        Ok(state)
    }
}
