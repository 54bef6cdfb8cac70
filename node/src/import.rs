//! Import of a center's records from CSV: checked whole, then taken or refused as one.
//!
//! Seven files lie in a folder: `employers.csv`, `persons.csv`, `accounts.csv`, `ledger.csv`,
//! `loans.csv`, `co_borrowers.csv`, and `control.csv`, which may be missing. The columns bear the
//! codes of JGJ/T 320, or the English or Chinese names of [`column_names`], in any order and in upper
//! or lower case; each module of this folder lists those of its file. Three are not the standard's: DWZH in
//! `accounts.csv`, HBJNY in `ledger.csv` and, optionally, DQYQQS in `loans.csv`. A byte order mark
//! and CRLF are accepted, UTF-8 and GB 18030 are told apart by the content. Other columns are not
//! looked at, and reported.
//!
//! **Promises.** All or nothing: one fault, and nothing is imported. A fault says file, line, column
//! and rule, never a value. Rows are read one at a time; what is kept grows with the number of
//! persons, accounts and loans, and by some 60 bytes a ledger row. The same records give the same result in
//! any order of rows.
//! **Left to others.** What becomes of the records: the engine. Showing progress and faults: the
//! command line.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::deposit_history::ContinuityRules;
use fundlink_protocol::employer::Employer;
use fundlink_protocol::engine::quarantine::HeldTotals;
use fundlink_protocol::engine::records::{StoredAccount, Totals};
use fundlink_protocol::id::FileHash;
use fundlink_protocol::interest::{Accrual, InterestRules, interest_year_start};
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::LoanRecord;
use fundlink_protocol::time::Date;

mod account_draft;
mod accounts;
pub mod column_names;
mod context;
mod control;
mod employers;
mod encoding;
mod fault;
mod hashed;
mod ledger;
mod loans;
mod persons;
mod rows;
mod rule;
mod table;
pub mod upload;
mod value;

pub use encoding::TextEncoding;
pub use fault::{FaultColumn, ImportFault, ImportFaults};
pub use rule::ImportRule;
pub use table::{Column, FileReport};

use account_draft::{AccountDraft, Counting};
use accounts::Accounts;
use context::Context;
use employers::Employers;
use hashed::Hashed;
use loans::Loans;
use persons::Persons;

/// A file of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportFile {
    /// 缴存单位信息 and 单位账户.
    Employers,
    /// 个人信息.
    Persons,
    /// 个人账户.
    Accounts,
    /// 个人业务明细.
    Ledger,
    /// 借款合同 and 贷款账户.
    Loans,
    /// 共同借款人.
    CoBorrowers,
    /// Control totals.
    Control,
}

impl ImportFile {
    /// The files with data, in the order in which they are read.
    pub const DATA: [Self; 6] = [
        Self::Employers,
        Self::Persons,
        Self::Accounts,
        Self::Ledger,
        Self::Loans,
        Self::CoBorrowers,
    ];

    /// All files.
    pub const ALL: [Self; 7] = [
        Self::Employers,
        Self::Persons,
        Self::Accounts,
        Self::Ledger,
        Self::Loans,
        Self::CoBorrowers,
        Self::Control,
    ];

    /// The columns that are looked for in the file.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Employers => employers::COLUMNS,
            Self::Persons => persons::COLUMNS,
            Self::Accounts => accounts::COLUMNS,
            Self::Ledger => ledger::COLUMNS,
            Self::Loans => loans::COLUMNS,
            Self::CoBorrowers => loans::co_borrowers::COLUMNS,
            Self::Control => control::COLUMNS,
        }
    }

    /// The name of the file in its folder.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Employers => "employers.csv",
            Self::Persons => "persons.csv",
            Self::Accounts => "accounts.csv",
            Self::Ledger => "ledger.csv",
            Self::Loans => "loans.csv",
            Self::CoBorrowers => "co_borrowers.csv",
            Self::Control => "control.csv",
        }
    }
}

/// The files of an import, each to be read once.
#[derive(Debug)]
pub struct ImportFiles<R> {
    /// The data, in the order of [`ImportFile::DATA`].
    pub data: [R; 6],
    /// The control file.
    pub control: Option<R>,
    /// Bytes of all of them, for a progress bar; 0 when unknown.
    pub bytes: u64,
}

impl ImportFiles<BufReader<File>> {
    /// Opens the files of a folder.
    ///
    /// # Errors
    /// When one of them is missing or cannot be read.
    pub fn open(folder: &Path) -> Result<Self, ImportError> {
        let mut bytes = 0_u64;
        let mut open = |file: ImportFile| {
            let opened = File::open(folder.join(file.file_name()));
            let opened = opened.and_then(|opened| {
                bytes = bytes.saturating_add(opened.metadata()?.len());
                Ok(BufReader::with_capacity(READ_BYTES, opened))
            });
            opened.map_err(|error| {
                if error.kind() == io::ErrorKind::NotFound {
                    ImportError::Missing(file)
                } else {
                    ImportError::Io { file, error }
                }
            })
        };
        let [employers, persons, accounts, ledger, loans, co_borrowers] = ImportFile::DATA;
        let data = [
            open(employers)?,
            open(persons)?,
            open(accounts)?,
            open(ledger)?,
            open(loans)?,
            open(co_borrowers)?,
        ];
        let control = match open(ImportFile::Control) {
            Ok(control) => Some(control),
            Err(ImportError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { data, control, bytes })
    }
}

/// Bytes that are read from a file at once.
const READ_BYTES: usize = 128 * 1024;

/// How an import is checked.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Whose records they are.
    pub center: CenterCode,
    /// The day of the dump: nothing in it is later.
    pub as_of: Date,
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
    #[error("{} is missing in the folder; an empty one holds the header alone", .0.file_name())]
    Missing(ImportFile),
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
    Faults(#[from] ImportFaults),
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
    /// What was read.
    pub report: ImportReport,
}

impl ImportSet {
    /// The control totals that the engine compares with what it was given.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            accounts: self.accounts.len() as u64,
            loans: self.loans.len() as u64,
            unnumbered: 0,
            balances: self.report.balance,
            held: HeldTotals::default(),
        }
    }
}

/// What was read, without any record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The day of the dump.
    pub as_of: Date,
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
}

/// Reads and checks the files of a center.
///
/// # Errors
/// When a file cannot be read, or breaks a rule: then all faults are listed, up to the number asked
/// for, those between files only once each file by itself has none.
pub fn check<R: BufRead>(
    files: ImportFiles<R>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportSet, ImportError> {
    let mut context = Context::new(options, progress);
    let counting = counting(options);
    let hasher = RefCell::new(blake3::Hasher::new_derive_key("fundlink/1 files of an import"));
    let [employers, persons, accounts, ledger, loans, co_borrowers] =
        files.data.map(|input| Hashed::new(input, &hasher));
    let mut employers = Employers::read(employers, &mut context)?;
    let mut persons = Persons::read(persons, &mut context)?;
    let mut accounts = Accounts::read(accounts, &mut persons, &mut employers, &mut context)?;
    ledger::read(ledger, &mut accounts, &mut context)?;
    let mut loans = Loans::read(loans, &mut context)?;
    loans::co_borrowers::read(co_borrowers, &mut loans, &mut context)?;
    if let Some(control) = files.control {
        control::check(control, &mut context)?;
    }
    let unknown_provinces = persons.unknown_provinces;
    if context.faults.total() == 0 {
        persons.finish(&mut context);
        accounts.check_sums(&mut context);
    }
    let employers = employers.finish(&mut context);
    let (accounts, interest_not_booked) = accounts.finish(&counting, &mut context);
    let loans = loans.finish();
    let balance = Fen::checked_sum(accounts.iter().map(AccountDraft::balance));
    let loan_balance = Fen::checked_sum(loans.iter().map(|record| record.loan.balance));
    for (file, sum) in [(ImportFile::Accounts, balance), (ImportFile::Loans, loan_balance)] {
        if sum.is_none() {
            context.faults.add(file, None, None, ImportRule::Amount);
        }
    }
    context.faults.finish()?;
    let report = ImportReport {
        as_of: options.as_of,
        hash: FileHash::new(*hasher.borrow().finalize().as_bytes()),
        files: context.reports,
        balance: balance.unwrap_or_default(),
        loan_balance: loan_balance.unwrap_or_default(),
        unknown_provinces,
        interest_not_booked,
    };
    let accounts = ImportedAccounts { drafts: accounts.into_iter(), counting };
    Ok(ImportSet { accounts, loans, employers, report })
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
