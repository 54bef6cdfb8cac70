//! Checks a store as a whole (`fundlink fsck`): whether its rows can be read, and fit each other.
//!
//! **Promises.** A check writes nothing. Whatever follows from the rest of the store is staged as a
//! mend beside its finding; a finding without one says what else helps. Findings hold no personal
//! data: a row is named by its area and its place among the rows of that area.
//! **Left to others.** Opening the store, and rows whose own check fails: the shell. Entries that
//! other members have: [`refill`].

use std::collections::BTreeMap;

use super::timer::{self, Timer};
use crate::center::CenterCode;
use crate::engine::CoreDriver;
use crate::log::origin::{LogId, LogKind, NetworkName};
use crate::store::keys::{Area, key};
use crate::store::{Batch, Entry, StoreError, View, prefix_end};
use crate::time::Timestamp;

mod digest_index;
pub mod fault;
mod ledger;
mod logs;
mod membership;
mod records;
pub mod refill;
mod rows;
mod singles;
mod statements;
mod supervision;
mod timers;
mod transfers;
mod waiting;

use fault::{Cure, Fault};
#[cfg(test)]
pub(crate) use rows::is_well_formed;

/// Whom the store is to belong to.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The network.
    pub network: NetworkName,
    /// The member.
    pub center: CenterCode,
    /// Who keeps the ledger.
    pub core_driver: CoreDriver,
}

/// Something that is wrong with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// Where; never personal data.
    pub place: String,
    /// What mends it.
    pub cure: Cure,
}

/// What came of a check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was found, at most [`FINDINGS_MAX`] of each fault.
    pub findings: Vec<Finding>,
    /// How often each fault was found.
    pub counts: BTreeMap<Fault, u64>,
    /// Rows that were looked at.
    pub rows: u64,
    /// Logs whose entries other members may have.
    pub incomplete: Vec<LogId>,
    /// Writes that mend what follows from the rest of the store.
    pub mends: Batch,
}

/// Findings of one fault that are listed one by one.
pub const FINDINGS_MAX: usize = 100;

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.counts.is_empty()
    }

    /// Adds the findings of another check.
    pub fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        for (fault, count) in other.counts {
            let sum = self.counts.entry(fault).or_default();
            *sum = sum.saturating_add(count);
        }
        self.rows = self.rows.max(other.rows);
        self.incomplete.extend(other.incomplete);
        self.mends.writes.extend(other.mends.writes);
    }

    /// The findings that no look at the readable rows would show again and that only a backup mends.
    #[must_use]
    pub fn lasting(&self) -> Self {
        let mut lasting = Self::default();
        for finding in &self.findings {
            let is_hidden = matches!(finding.fault, Fault::RowDamaged | Fault::CommitsLost);
            if is_hidden && finding.cure == Cure::Restore {
                lasting.tell(finding.fault, finding.cure, finding.place.clone());
            }
        }
        lasting
    }

    /// Notes a finding.
    pub fn tell(&mut self, fault: Fault, cure: Cure, place: String) {
        let count = self.counts.entry(fault).or_default();
        *count = count.saturating_add(1);
        if *count <= u64::try_from(FINDINGS_MAX).unwrap_or(u64::MAX) {
            self.findings.push(Finding { fault, place, cure });
        }
    }
}

/// What the checks work with.
struct Bench<'a> {
    view: &'a dyn View,
    expected: &'a Expected,
    report: Report,
}

/// Rows that are read at once.
const PORTION: usize = 128;

impl Bench<'_> {
    /// Notes what only a backup mends.
    fn lost(&mut self, fault: Fault, place: impl Into<String>) {
        self.report.tell(fault, Cure::Restore, place.into());
    }

    /// Notes what follows from the rest of the store, and how.
    fn mended(
        &mut self,
        fault: Fault,
        place: impl Into<String>,
        writes: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) {
        self.report.tell(fault, Cure::Rebuild, place.into());
        self.report.mends.writes.extend(writes);
    }

    /// Notes that entries of a log are missing or wrong.
    fn incomplete(&mut self, fault: Fault, log: LogId, what: &str) {
        let cure = match log.kind {
            LogKind::Public => Cure::Fetch,
            LogKind::Audit => Cure::Restore,
        };
        self.report.tell(fault, cure, format!("{}: {what}", self.origin(log)));
        if cure == Cure::Fetch && !self.report.incomplete.contains(&log) {
            self.report.incomplete.push(log);
        }
    }

    /// Whether what follows from a log is judged only once its entries and size are right.
    fn is_incomplete(&self, log: LogId) -> bool {
        let row = key(Area::Log, &[&log.to_key()]);
        self.report.incomplete.contains(&log) || self.report.mends.writes.contains_key(&row)
    }

    /// Stages a timer that must be set and is not.
    fn set_timer(&mut self, (fault, place): (Fault, String), at: Timestamp, timer: Timer) {
        let rows = timer::rows(at, timer);
        let set = timer::set_key(timer);
        if !self.report.mends.writes.contains_key(&set) {
            self.mended(fault, place, rows);
        }
    }

    fn origin(&self, log: LogId) -> String {
        log.origin(&self.expected.network).to_string()
    }
}

/// Goes through the rows under a prefix, in order, with the place of each among them.
fn each(
    view: &dyn View,
    prefix: &[u8],
    mut visit: impl FnMut(u64, &Entry) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    // No area begins with 0xFF.
    let end = if prefix.is_empty() { vec![0xff] } else { prefix_end(prefix) };
    let mut from = prefix.to_vec();
    let mut place = 0_u64;
    loop {
        let entries = view.range(&from, &end, PORTION)?;
        let Some((last, _)) = entries.last() else { return Ok(place) };
        from = [last.as_slice(), &[0]].concat();
        for entry in &entries {
            visit(place, entry)?;
            place = place.saturating_add(1);
        }
    }
}

/// The same over an area.
fn each_of(
    view: &dyn View,
    area: Area,
    visit: impl FnMut(u64, &Entry) -> Result<(), StoreError>,
) -> Result<u64, StoreError> {
    each(view, &key(area, &[]), visit)
}

/// Checks everything.
///
/// # Errors
/// When the store cannot be read: the shell takes rows out first that cannot.
pub fn check(view: &dyn View, expected: &Expected) -> Result<Report, StoreError> {
    let mut bench = Bench { view, expected, report: Report::default() };
    if !membership::check(&mut bench)? {
        // What the rest should be held against is another member's, or not there.
        return Ok(bench.report);
    }
    rows::check(&mut bench)?;
    logs::check(&mut bench)?;
    digest_index::check(&mut bench)?;
    records::check(&mut bench)?;
    timers::check(&mut bench)?;
    statements::check(&mut bench)?;
    ledger::check(&mut bench)?;
    transfers::check(&mut bench)?;
    waiting::check(&mut bench)?;
    supervision::check(&mut bench)?;
    Ok(bench.report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(faults: &[(Fault, Cure)]) -> Report {
        let mut report = Report::default();
        for (place, (fault, cure)) in faults.iter().enumerate() {
            report.tell(*fault, *cure, place.to_string());
        }
        report
    }

    #[test]
    fn two_checks_are_one_report_of_all_that_they_found() {
        let mut all = report(&[(Fault::RowForm, Cure::Restore), (Fault::RowForm, Cure::Fetch)]);
        all.rows = 7;
        let mut other = report(&[(Fault::RowForm, Cure::Fetch), (Fault::RowDamaged, Cure::Fetch)]);
        other.rows = 5;
        other.incomplete.push(LogId::public(crate::testing::TAIYUAN, 1));
        other.mends.writes.insert(vec![1], None);
        all.add(other.clone());
        assert_eq!(all.findings.len(), 4);
        assert_eq!(all.counts, [(Fault::RowForm, 3), (Fault::RowDamaged, 1)].into());
        assert_eq!((all.rows, all.incomplete.len(), all.mends.writes.len()), (7, 1, 1));
    }

    #[test]
    fn what_lasts_is_what_only_a_backup_mends_and_no_readable_row_shows() {
        let all = report(&[
            (Fault::RowDamaged, Cure::Restore),
            (Fault::RowDamaged, Cure::Fetch),
            (Fault::CommitsLost, Cure::Restore),
            (Fault::RowForm, Cure::Restore),
        ]);
        let lasting = all.lasting();
        let kept: Vec<_> = lasting.findings.iter().map(|found| found.place.as_str()).collect();
        assert_eq!(kept, ["0", "2"]);
        assert_eq!(lasting.counts, [(Fault::RowDamaged, 1), (Fault::CommitsLost, 1)].into());
    }

    #[test]
    fn so_many_findings_of_one_fault_are_listed_and_all_are_counted() {
        let many = report(&vec![(Fault::RowForm, Cure::Fetch); FINDINGS_MAX + 1]);
        assert_eq!((many.findings.len(), many.counts[&Fault::RowForm]), (FINDINGS_MAX, 101));
    }
}
