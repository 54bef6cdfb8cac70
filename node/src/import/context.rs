//! What every file is read with: the options, the faults so far, the totals.
//!
//! **Promises.** Every file is read by the same loop, so progress, totals and reports are complete.
//! **Left to others.** The columns: one module for each file.

use std::io::BufRead;

use super::control::FileTotals;
use super::fault::FaultList;
use super::table::{Column, FileReport, Row, Table};
use super::{ImportError, ImportFile, ImportOptions, Progress};

pub(super) struct Context<'c> {
    pub(super) options: &'c ImportOptions,
    pub(super) faults: FaultList,
    pub(super) progress: &'c mut dyn FnMut(Progress),
    pub(super) reports: Vec<FileReport>,
    pub(super) totals: Vec<FileTotals>,
}

/// Whether a file's header was in order, so that its rows were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum FileState {
    /// The header has faults: nothing may be concluded from what is not there.
    #[default]
    Unread,
    /// The rows were read.
    Read,
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
    pub(super) const fn new(
        options: &'c ImportOptions,
        progress: &'c mut dyn FnMut(Progress),
    ) -> Self {
        let faults = FaultList::new(options.faults_max);
        Self { options, faults, progress, reports: Vec::new(), totals: Vec::new() }
    }

    /// Calls a function for each well-formed row of a file.
    pub(super) fn read_rows(
        &mut self,
        file: ImportFile,
        input: impl BufRead,
        columns: &'static [Column],
        mut each: impl FnMut(&mut Row<'_>, &mut FileTotals),
    ) -> Result<FileState, ImportError> {
        let failed = |error| ImportError::Io { file, error };
        let encoding = self.options.encoding;
        let opened = Table::open(file, input, encoding, columns, &mut self.faults);
        let Some(mut table) = opened.map_err(failed)? else { return Ok(FileState::Unread) };
        let mut totals = FileTotals::new(file);
        while let Some(mut row) = table.next(&mut self.faults, self.progress).map_err(failed)? {
            totals.rows = totals.rows.saturating_add(1);
            each(&mut row, &mut totals);
        }
        self.totals.push(totals);
        self.reports.push(table.into_report());
        Ok(FileState::Read)
    }
}
