//! Import of a center's records from CSV: checked whole, then taken or refused as one.
//!
//! Files lie in a folder: `employers.csv`, `persons.csv`, `accounts.csv`, `ledger.csv`, `loans.csv` and
//! `co_borrowers.csv`; `employer_ledger.csv`, `overdue.csv`, `withdrawals.csv` and `control.csv` may be missing. The columns bear the
//! codes of JGJ/T 320, or the English or Chinese names of [`column_names`], in any order and in upper
//! or lower case; each module of this folder lists those of its file. Three are not the standard's: DWZH in
//! `accounts.csv`, HBJNY in `ledger.csv` and, optionally, DQYQQS in `loans.csv`. A byte order mark
//! and CRLF are accepted, UTF-8 and GB 18030 are told apart by the content. Other columns are not
//! looked at, and reported. A mapping file says what else a center calls files, columns and codes.
//!
//! **Promises.** All or nothing: one fault, and nothing is imported, but for the share of rows that the
//! operator lets go to quarantine. A fault says file, line, column and rule, never a value; what
//! follows from another fault is none of its own. Rows are read one at a time; what is kept grows with the number of
//! persons, accounts and loans, and by some 60 bytes a ledger row. The same records give the same result in
//! any order of rows.
//! **Left to others.** What becomes of the records: the engine. Showing progress and faults: the
//! command line.

use std::io::{self, BufRead};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::deposit_history::ContinuityRules;
use fundlink_protocol::employer::Employer;
use fundlink_protocol::engine::records::{StoredAccount, Totals};
use fundlink_protocol::id::FileHash;
use fundlink_protocol::interest::{Accrual, InterestRules, interest_year_start};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::LoanRecord;
use fundlink_protocol::time::{Date, Timestamp};
use fundlink_protocol::withdrawal::BookedWithdrawal;

mod account_draft;
mod accounts;
pub mod branches;
pub mod codes;
pub mod column_names;
mod context;
mod control;
mod employer_ledger;
mod employers;
mod encoding;
mod fault;
mod files;
mod hashed;
mod held;
mod ledger;
mod loans;
pub mod mapping;
mod orphans;
mod overdue;
mod persons;
mod rows;
mod rule;
mod share;
pub mod suggest;
mod table;
pub mod upload;
mod value;
mod withdrawals;

pub use encoding::TextEncoding;
pub use fault::{Beyond, Difference, FaultColumn, ImportFault, ImportFaults};
pub use files::{ImportFile, ImportFiles};
pub use rule::ImportRule;
pub use share::{Share, ShareError};
pub use table::{Column, FileReport};
pub use withdrawals::WithdrawalCounts;

use account_draft::{AccountDraft, Counting};
use accounts::Accounts;
use codes::CodeCounts;
use context::Context;
use control::{Control, FileTotals};
use employer_ledger::EmployerLedger;
use employers::Employers;
use fault::FaultList;
use hashed::Hashes;
use held::HeldBack;
use loans::Loans;
use mapping::Mapping;
use persons::Persons;
use withdrawals::Withdrawals;

use crate::control::api::records::Record;

/// How an import is checked.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Whose records they are.
    pub center: CenterCode,
    /// The day of the dump: nothing in it is later. Today, unless it is given or the control file says
    /// another.
    pub as_of: Date,
    /// Whether the day was given.
    pub as_of_is_given: bool,
    /// What the center calls files, columns and codes.
    pub mapping: Mapping,
    /// How many of the rows may be held back.
    pub quarantine: Option<Share>,
    /// Whether it is wanted which branch keeps what.
    pub by_branch: bool,
    /// How months are counted.
    pub continuity: ContinuityRules,
    /// How interest of the running year is computed.
    pub interest: InterestRules,
    /// The encoding of the files.
    pub encoding: TextEncoding,
    /// How many faults are kept; all are counted.
    pub faults_max: usize,
}

impl ImportOptions {
    /// The options of a center with default rules.
    #[must_use]
    pub fn new(center: CenterCode, as_of: Date) -> Self {
        Self {
            center,
            as_of,
            as_of_is_given: true,
            mapping: Mapping::default(),
            quarantine: None,
            by_branch: false,
            continuity: ContinuityRules::default(),
            interest: InterestRules::default(),
            encoding: TextEncoding::Auto,
            faults_max: 100,
        }
    }
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file that is read.
    pub file: ImportFile,
    /// Rows of it so far.
    pub rows: u64,
    /// Bytes of it so far.
    pub bytes: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is not there.
    #[error("{0} is missing in the folder; an empty one holds the header alone")]
    Missing(String),
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", file.file_name())]
    Io {
        /// The file.
        file: ImportFile,
        /// What the operating system says.
        error: io::Error,
    },
    /// The files break rules.
    #[error(transparent)]
    Faults(Box<ImportFaults>),
}

impl From<ImportFaults> for ImportError {
    fn from(faults: ImportFaults) -> Self {
        Self::Faults(Box::new(faults))
    }
}

/// A day, or a day and a time in China, as control files and the control socket have it.
#[must_use]
pub fn moment(text: &str) -> Option<Timestamp> {
    value::moment(text).ok()
}

/// An account with its rows, and what its money has earned since the last 1 July.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedAccount {
    /// The record and the rows, in the order of their booking.
    pub stored: StoredAccount,
    /// Interest of the running year, as of the account's last posting.
    pub accrual: Accrual,
}

/// The accounts of an import, in the order of their numbers; each is worked out when it is taken.
#[derive(Debug)]
pub struct ImportedAccounts {
    drafts: std::vec::IntoIter<AccountDraft>,
    counting: Counting,
}

impl Iterator for ImportedAccounts {
    type Item = ImportedAccount;

    fn next(&mut self) -> Option<ImportedAccount> {
        // Every draft was worked out once while it was checked.
        self.drafts.next().and_then(|draft| draft.work_out(&self.counting).ok())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.drafts.size_hint()
    }
}

impl ExactSizeIterator for ImportedAccounts {}

/// The records of a center, checked.
#[derive(Debug)]
pub struct ImportSet {
    /// The accounts.
    pub accounts: ImportedAccounts,
    /// The loans, in the order of their contracts.
    pub loans: Vec<LoanRecord>,
    /// The employers, in the order of their numbers.
    pub employers: Vec<Employer>,
    /// The withdrawals for a property, by their serials; absent when the dump has no such file.
    pub withdrawals: Option<Vec<BookedWithdrawal>>,
    /// What is held back, as the node is told it.
    pub held: Vec<Record>,
    /// What was read.
    pub report: ImportReport,
}

impl ImportSet {
    /// The control totals that the engine compares with what it was given.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let (unnumbered, held) = held::totals(&self.held).unwrap_or_default();
        Totals {
            accounts: self.accounts.len() as u64,
            loans: self.loans.len() as u64,
            unnumbered,
            balances: self.report.balance,
            held,
            withdrawals: self.withdrawals.as_ref().map(|withdrawals| withdrawals.len() as u64),
        }
    }
}

/// What was read, without any record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// As of when the dump is.
    pub as_of: Timestamp,
    /// BLAKE3 over names and bytes of the data files: the same for the same dump.
    pub hash: FileHash,
    /// Each file.
    pub files: Vec<FileReport>,
    /// What the balances of accounts add up to.
    pub balance: Fen,
    /// What the balances of loans add up to.
    pub loan_balance: Fen,
    /// Resident numbers whose first two digits are no province: a person should look at them.
    pub unknown_provinces: u64,
    /// Accounts with money on the last 1 July to which no year-end interest was booked on it.
    pub interest_not_booked: u64,
    /// What the file of withdrawals holds; absent when the dump has none.
    pub withdrawals: Option<WithdrawalCounts>,
    /// What was counted about codes.
    pub codes: CodeCounts,
    /// The broken rules of rows in quarantine.
    pub quarantined: Vec<ImportFault>,
    /// Rows with a fault of their own.
    pub bad_rows: u64,
    /// Accounts and loans that are held back.
    pub held_records: u64,
    /// The branches that keep rows, by their place.
    pub branches: Vec<String>,
}

/// What a control file says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlLine {
    /// The name of the file in its folder.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
    /// What its amounts add up to, where it has some.
    pub sum: Option<String>,
    /// Its SM3.
    pub sm3: String,
}

/// Reads and checks the files of a center.
///
/// # Errors
/// When a file cannot be read, or breaks a rule and no quarantine may hold it back: then all faults are
/// listed, up to the number asked for.
pub fn check<R: BufRead>(
    files: ImportFiles<R>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportSet, ImportError> {
    let mut context = Context::new(options.clone(), progress);
    let control = Control::read(files.control, &mut context)?;
    if let Some(date) = control.as_of.and_then(Timestamp::date) {
        context.options.as_of = date;
    }
    let hashes = Hashes::new(control.has_sm3());
    let read = read_data(files.data, files.optional, &hashes, &mut context)?;
    let (hash, sm3) = hashes.finish();
    control.compare(&sm3, &mut context);
    let counting = counting(&context.options);
    let Drafts { unknown_provinces, accounts, loans, employers, withdrawals, mut held } = read;
    let (accounts, interest_not_booked, of_accounts) = accounts.finish(&counting, &mut context);
    held.add(of_accounts);
    let (loans, of_loans) = loans.finish(&mut context);
    held.add(of_loans);
    let employers = employers.finish(&mut context);
    let balance = Fen::checked_sum(accounts.iter().map(AccountDraft::balance));
    let loan_balance = Fen::checked_sum(loans.iter().map(|record| record.loan.balance));
    for (file, sum) in [(ImportFile::Accounts, balance), (ImportFile::Loans, loan_balance)] {
        if sum.is_none() {
            context.faults.add(file, None, None, ImportRule::Amount);
        }
    }
    let records = (accounts.len() as u64).saturating_add(loans.len() as u64);
    let (bad_rows, held_records) = (context.faults.bad_rows(), held.records());
    let found = settle(&mut context, (held_records, records))?;
    held.faults.clone_from(&found.faults);
    let as_of = control.as_of.unwrap_or_else(|| Timestamp::start_of(context.options.as_of));
    let report = ImportReport {
        as_of,
        hash,
        files: context.reports,
        balance: balance.unwrap_or_default(),
        loan_balance: loan_balance.unwrap_or_default(),
        unknown_provinces,
        interest_not_booked,
        withdrawals: withdrawals.as_ref().map(Withdrawals::counts),
        codes: found.codes,
        quarantined: found.faults,
        bad_rows,
        held_records: if bad_rows == 0 { 0 } else { held_records },
        branches: found.branches,
    };
    let held = if bad_rows == 0 { Vec::new() } else { held.into_records() };
    let accounts = ImportedAccounts { drafts: accounts.into_iter(), counting };
    let withdrawals = withdrawals.map(|withdrawals| withdrawals.booked);
    Ok(ImportSet { accounts, loans, employers, withdrawals, held, report })
}

/// The data as it was read, before sums are compared.
struct Drafts {
    unknown_provinces: u64,
    accounts: Accounts,
    loans: Loans,
    employers: Employers,
    withdrawals: Option<Withdrawals>,
    held: HeldBack,
}

/// Reads the files one after the other.
fn read_data<R: BufRead>(
    data: [R; 6],
    optional: [Option<R>; 3],
    hashes: &Hashes,
    context: &mut Context<'_>,
) -> Result<Drafts, ImportError> {
    let [employers, persons, accounts, ledger, loans, co_borrowers] = data;
    let [employer_ledger, overdue, withdrawals] = optional;
    let hashed = |file, input| hashes.over(file, input);
    let mut employers = Employers::read(hashed(ImportFile::Employers, employers), context)?;
    let mut persons = Persons::read(hashed(ImportFile::Persons, persons), context)?;
    let accounts = hashed(ImportFile::Accounts, accounts);
    let mut accounts = Accounts::read(accounts, &mut persons, &mut employers, context)?;
    let joined = employer_ledger.map(|input| hashed(ImportFile::EmployerLedger, input));
    let mut joined = EmployerLedger::read(joined, context)?;
    let ledger = hashed(ImportFile::Ledger, ledger);
    ledger::read(ledger, &mut accounts, &mut joined, context)?;
    let mut loans = Loans::read(hashed(ImportFile::Loans, loans), context)?;
    let co_borrowers = hashed(ImportFile::CoBorrowers, co_borrowers);
    loans::co_borrowers::read(co_borrowers, &mut loans, context)?;
    let overdue = overdue.map(|input| hashed(ImportFile::Overdue, input));
    overdue::read(overdue, &mut loans, context)?;
    let unknown_provinces = persons.unknown_provinces;
    accounts.check_references((persons.nameless(), employers.nameless()), context);
    joined.finish(accounts.orphans.unknown(), context);
    accounts.check_ledger(&persons, context);
    accounts.check_sums(context);
    let withdrawals = withdrawals.map(|input| hashed(ImportFile::Withdrawals, input));
    let withdrawals = withdrawals::read(withdrawals, &mut accounts, context)?;
    let held = persons.finish(accounts.nameless(), context);
    Ok(Drafts { unknown_provinces, accounts, loans, employers, withdrawals, held })
}

/// Whether the import may go on: without a fault, or with no more than the quarantine may hold.
fn settle(
    context: &mut Context<'_>,
    (held_records, records): (u64, u64),
) -> Result<ImportFaults, ImportError> {
    let faults = std::mem::replace(&mut context.faults, FaultList::new(0));
    let (bad_rows, of_files, whole) = (faults.bad_rows(), faults.of_files(), faults.is_whole());
    let found = faults.into_faults();
    if found.total == 0 {
        return Ok(found);
    }
    let Some(share) = context.options.quarantine else { return Err(found.into()) };
    let data = context.reports.iter().filter(|report| report.file != ImportFile::Control);
    let rows = data.fold(0_u64, |rows, report| rows.saturating_add(report.rows));
    let allowed = share.of(rows);
    // One row of an employer can hold back all of its persons: those count by the same share.
    let allowed_records = bad_rows.saturating_add(share.of(records.saturating_add(held_records)));
    if of_files == 0 && whole && bad_rows <= allowed && held_records <= allowed_records {
        return Ok(found);
    }
    let of_files = of_files > 0;
    let beyond = Beyond { bad_rows, rows, allowed, records: held_records, of_files };
    Err(ImportFaults { beyond: Some(beyond), ..found }.into())
}

/// What a control file for these files says.
///
/// # Errors
/// When a file cannot be read, or its header has faults.
pub fn control_lines<R: BufRead>(
    files: ImportFiles<R>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<ControlLine>, ImportError> {
    let mut context = Context::new(options.clone(), progress);
    let hashes = Hashes::new(true);
    read_data(files.data, files.optional, &hashes, &mut context)?;
    if context.faults.of_files() > 0 {
        return Err(context.faults.into_faults().into());
    }
    let (_, sm3) = hashes.finish();
    let line = |total: &FileTotals| {
        let sm3 = sm3.iter().find(|(file, _)| *file == total.file);
        ControlLine {
            file: options.mapping.name_of(total.file),
            rows: total.rows,
            sum: total.sum(),
            sm3: sm3.map(|(_, sm3)| sm3.clone()).unwrap_or_default(),
        }
    };
    Ok(context.totals.iter().map(line).collect())
}

/// How rows are counted on the day of the dump.
fn counting(options: &ImportOptions) -> Counting {
    let as_of = options.as_of;
    Counting {
        center: options.center,
        year_start: interest_year_start(as_of).unwrap_or(as_of),
        withdrawals_from: as_of.plus_months(-24).unwrap_or(as_of),
        rules: options.continuity,
        interest: options.interest.clone(),
    }
}

#[cfg(test)]
mod tests;
