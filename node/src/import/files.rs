//! The files of a dump: what each is called, which columns are looked for, and how they are opened.
//!
//! **Promises.** A file that is missing is named; those that a center may leave out are opened where
//! they are.
//! **Left to others.** Reading them: the module of each file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::mapping::Mapping;
use super::table::Column;
use super::{
    ImportError, accounts, control, employer_ledger, employers, ledger, loans, overdue, persons,
    withdrawals,
};

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
    /// 单位业务明细.
    EmployerLedger,
    /// 逾期登记.
    Overdue,
    /// 提取业务.
    Withdrawals,
    /// Control totals.
    Control,
}

impl ImportFile {
    /// The files that a dump must have, in the order in which they are read.
    pub const DATA: [Self; 6] = [
        Self::Employers,
        Self::Persons,
        Self::Accounts,
        Self::Ledger,
        Self::Loans,
        Self::CoBorrowers,
    ];

    /// The files with data that a dump may have.
    pub const OPTIONAL: [Self; 3] = [Self::EmployerLedger, Self::Overdue, Self::Withdrawals];

    /// All files.
    pub const ALL: [Self; 10] = [
        Self::Employers,
        Self::Persons,
        Self::Accounts,
        Self::Ledger,
        Self::Loans,
        Self::CoBorrowers,
        Self::EmployerLedger,
        Self::Overdue,
        Self::Withdrawals,
        Self::Control,
    ];

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
            Self::EmployerLedger => "employer_ledger.csv",
            Self::Overdue => "overdue.csv",
            Self::Withdrawals => "withdrawals.csv",
            Self::Control => "control.csv",
        }
    }

    /// The file with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.file_name() == name)
    }

    /// The name without its ending, as a mapping file has it.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        self.file_name().trim_end_matches(".csv")
    }

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
            Self::EmployerLedger => employer_ledger::COLUMNS,
            Self::Overdue => overdue::COLUMNS,
            Self::Withdrawals => withdrawals::COLUMNS,
            Self::Control => control::COLUMNS,
        }
    }

    /// Columns of the standard's table that are not needed here: they are passed over in silence.
    #[must_use]
    pub const fn passed_over(self) -> &'static [&'static str] {
        match self {
            Self::Employers => EMPLOYER_COLUMNS,
            Self::Persons => &[
                "XMQP", "XingBie", "GDDHHM", "SJHM", "HYZK", "ZhiYe", "ZhiChen", "ZhiWu", "XueLi",
                "YZBM", "JTZZ", "JTYSR",
            ],
            Self::Accounts => &["GRCKZHKHYHMC", "GRCKZHKHYHDM", "GRJZNY"],
            Self::Ledger => &["TQFS"],
            Self::Loans => LOAN_COLUMNS,
            Self::CoBorrowers => &["YSR", "CDGX", "GDDHHM", "SJHM"],
            Self::EmployerLedger => &["FSLXE", "YWMXLX", "CZBZ"],
            Self::Overdue => &["YQLX", "YQFX", "HKQC", "SSYQLXJE", "SSYQFXJE", "SSRQ"],
            Self::Withdrawals => {
                &["GJHTQYWLX", "TQFS", "DNGJFSE", "SNJZFSE", "XingMing", "ZJLX", "ZJHM", "SJHM"]
            }
            Self::Control => &[],
        }
    }
}

/// The files of an import, each to be read once.
#[derive(Debug)]
pub struct ImportFiles<R> {
    /// The data, in the order of [`ImportFile::DATA`].
    pub data: [R; 6],
    /// More data, in the order of [`ImportFile::OPTIONAL`].
    pub optional: [Option<R>; 3],
    /// The control file.
    pub control: Option<R>,
    /// Bytes of all of them, for a progress bar; 0 when unknown.
    pub bytes: u64,
}

impl ImportFiles<BufReader<File>> {
    /// Opens the files of a folder, by their own names where a mapping gives them.
    ///
    /// # Errors
    /// When one of them is missing or cannot be read.
    pub fn open(folder: &Path, mapping: &Mapping) -> Result<Self, ImportError> {
        let mut bytes = 0_u64;
        let mut open = |file: ImportFile| {
            let name = mapping.name_of(file);
            let opened = File::open(folder.join(&name));
            let opened = opened.and_then(|opened| {
                bytes = bytes.saturating_add(opened.metadata()?.len());
                Ok(BufReader::with_capacity(READ_BYTES, opened))
            });
            opened.map_err(|error| {
                if error.kind() == io::ErrorKind::NotFound {
                    ImportError::Missing(name)
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
        let mut maybe = |file: ImportFile| match open(file) {
            Ok(opened) => Ok(Some(opened)),
            // A file that the mapping names is expected.
            Err(ImportError::Missing(_)) if !mapping.names(file) => Ok(None),
            Err(error) => Err(error),
        };
        let [employer_ledger, overdue, withdrawals] = ImportFile::OPTIONAL;
        let optional = [maybe(employer_ledger)?, maybe(overdue)?, maybe(withdrawals)?];
        let control = maybe(ImportFile::Control)?;
        Ok(Self { data, optional, control, bytes })
    }
}

/// Bytes that are read from a file at once.
const READ_BYTES: usize = 128 * 1024;

/// Columns of 4.0.2 and 5.0.2 that are not needed.
const EMPLOYER_COLUMNS: &[&str] = &[
    "DWDZ",
    "DWFRDBXM",
    "DWFRDBZJLX",
    "DWFRDBZJHM",
    "DWLSGX",
    "DWJJLX",
    "DWSSHY",
    "DWYB",
    "DWDZXX",
    "DWFXR",
    "JBRXM",
    "JBRGDDHHM",
    "JBRSJHM",
    "JBRZJLX",
    "JBRZJHM",
    "DWSLRQ",
    "STYHMC",
    "STYHDM",
    "DWJCRS",
    "DWFCRS",
    "DWXHRQ",
    "DWXHYY",
];

/// Columns of 6.0.2 and 6.0.5 that are not needed.
const LOAN_COLUMNS: &[&str] = &[
    "GFHTBH",
    "SWTYHMC",
    "SWTYHDM",
    "YDFKRQ",
    "YDDQRQ",
    "HKZH",
    "ZHKHYHMC",
    "ZHKHYHDM",
    "DKLX",
    "FWZL",
    "FWJZMJ",
    "FWTNMJ",
    "FWXZ",
    "FWZJ",
    "JKHTLL",
    "LLFDBL",
    "GFSFK",
    "SFRMC",
    "SFRZHHM",
    "SFRKHYHDM",
    "SFRKHYHMC",
    "YDHKR",
    "DQJHHKJE",
    "DQJHGHBJ",
    "DQJHGHLX",
    "DQYHJE",
    "DQYHBJ",
    "DQYHLX",
    "DQYHFX",
    "HSBJZE",
    "HSLXZE",
    "FXZE",
    "TQGHBJZE",
    "YQLXZE",
];
