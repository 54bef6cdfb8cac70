//! The CSV files of a core system, with mapping and control file.
//!
//! An input is a text of sections, each after a line such as `==> persons.csv <==`; `mapping.toml` and
//! `quarantine` may be among them. A data file that is missing has its header alone.
//!
//! **Promises.** The same files give the same result; totals are those of the records; what is taken
//! travels to the node unchanged; a fault and a refusal show no value.

use std::collections::BTreeMap;

use fundlink_node::control::api::records::{Portion, Record};
use fundlink_node::import::mapping::Mapping;
use fundlink_node::import::{
    self, ImportError, ImportFault, ImportFile, ImportFiles, ImportOptions, ImportReport,
};
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;

/// A line that begins a section: this, its name, and [`NAME_ENDS`].
pub(crate) const NAME_BEGINS: &[u8] = b"==> ";
/// Ends the line that begins a section.
pub(crate) const NAME_ENDS: &[u8] = b" <==\n";

/// The day of every dump, and whose it is.
const DAY: (i16, i8, i8) = (2026, 5, 20);
const CENTER: u32 = 140_200;

/// A dump.
pub(crate) fn import(bytes: &[u8]) {
    let sections = sections(bytes);
    let Some(options) = options(&sections) else { return };
    assert_eq!(outcome(bytes), outcome(bytes), "one dump has two results");
    let lines = import::control_lines(files(&sections), &options, &mut |_| {});
    if let Ok(lines) = lines {
        assert!(lines.len() >= ImportFile::DATA.len(), "a control file names every file");
    }
}

/// What comes of a dump; none where mapping or quarantine are no such.
pub(crate) fn outcome(bytes: &[u8]) -> Option<Outcome> {
    let sections = sections(bytes);
    let options = options(&sections)?;
    Some(check(&sections, &options))
}

/// The sections of an input, by name.
fn sections(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut sections: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut name = String::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(NAME_BEGINS).and_then(|line| line.strip_suffix(NAME_ENDS)) {
            Some(next) => name = String::from_utf8_lossy(next).into_owned(),
            None => sections.entry(name.clone()).or_default().extend(line),
        }
    }
    sections
}

fn options(sections: &BTreeMap<String, Vec<u8>>) -> Option<ImportOptions> {
    let (year, month, day) = DAY;
    let center = CenterCode::new(CENTER).ok()?;
    let text = |name: &str| sections.get(name).map(|bytes| String::from_utf8_lossy(bytes));
    let mut options = ImportOptions::new(center, Date::new(year, month, day).ok()?);
    if let Some(mapping) = text("mapping.toml") {
        options.mapping = Mapping::parse(&mapping).ok()?.for_center(center).ok()?;
    }
    if let Some(share) = text("quarantine") {
        options.quarantine = Some(share.parse().ok()?);
        options.by_branch = true;
    }
    Some(options)
}

fn files(sections: &BTreeMap<String, Vec<u8>>) -> ImportFiles<&[u8]> {
    let file = |file: ImportFile| sections.get(file.file_name()).map(Vec::as_slice);
    ImportFiles {
        data: ImportFile::DATA.map(|data| file(data).unwrap_or_else(|| header(data))),
        optional: ImportFile::OPTIONAL.map(file),
        control: file(ImportFile::Control),
        bytes: 0,
    }
}

const fn header(file: ImportFile) -> &'static [u8] {
    match file {
        ImportFile::Employers => b"DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n",
        ImportFile::Persons => b"GRZH,XingMing,ZJLX,ZJHM,SJHM\n",
        ImportFile::Accounts => {
            b"GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,XHRQ,XHYY,\
              GRCKZHHM,SFCZPTPD\n"
        }
        ImportFile::Ledger => b"GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\n",
        ImportFile::Loans => {
            b"JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,LJYQQS,\
              DQYQQS,DKDBLX\n"
        }
        ImportFile::CoBorrowers => b"JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n",
        ImportFile::EmployerLedger
        | ImportFile::Overdue
        | ImportFile::Withdrawals
        | ImportFile::Control => b"",
    }
}

/// What came of an import: its report, or its faults.
pub(crate) type Outcome = Result<ImportReport, String>;

fn check(sections: &BTreeMap<String, Vec<u8>>, options: &ImportOptions) -> Outcome {
    match import::check(files(sections), options, &mut |_| {}) {
        Err(ImportError::Faults(faults)) => {
            let kept = u64::try_from(faults.faults.len()).unwrap_or(u64::MAX);
            assert!(kept <= faults.total && faults.total > 0, "an import fails with a fault");
            faults.faults.iter().for_each(assert_shows_nobody);
            Err(format!("{faults:?}"))
        }
        Err(error @ (ImportError::Missing(_) | ImportError::Io { .. })) => Err(error.to_string()),
        Ok(set) => {
            let (totals, report) = (set.totals(), set.report.clone());
            report.quarantined.iter().for_each(assert_shows_nobody);
            let mut records: Vec<Record> = set.held;
            let accounts: Vec<_> = set.accounts.collect();
            let loans = u64::try_from(set.loans.len()).ok();
            assert_eq!(u64::try_from(accounts.len()).ok(), Some(totals.accounts));
            assert_eq!(loans, Some(totals.loans));
            let balances = accounts.iter().map(|account| account.stored.record.account.balance);
            assert_eq!(Fen::checked_sum(balances), Some(report.balance), "the total of balances");
            let account =
                |account: import::ImportedAccount| Record::Account(Box::new(account.stored));
            records.extend(accounts.into_iter().map(account));
            records.extend(set.loans.into_iter().map(|loan| Record::Loan(Box::new(loan))));
            let withdrawals = set.withdrawals.unwrap_or_default();
            records.extend(withdrawals.into_iter().map(|one| Record::Withdrawal(Box::new(one))));
            let portion = Portion { records };
            let sent = cbor::encode(&portion);
            assert_eq!(cbor::decode(&sent), Ok(portion), "the node reads what was imported");
            Ok(report)
        }
    }
}

/// In neither language a fault has as many digits as a document or an account number, but for the sums of
/// whole files, which may be as long.
fn assert_shows_nobody(fault: &ImportFault) {
    let single = ImportFault { difference: None, ..fault.clone() };
    for text in [single.to_string(), single.chinese()] {
        let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        assert!(longest < Some(12), "a fault shows a value");
    }
}

/// A mapping file.
pub(crate) fn mapping(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    match Mapping::parse(text) {
        Ok(mapping) => {
            for file in ImportFile::ALL {
                let name = mapping.name_of(file);
                assert!(mapping.file_named(&name).is_some(), "a name leads to a file");
            }
            assert_eq!(Mapping::parse(text).as_ref(), Ok(&mapping));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
