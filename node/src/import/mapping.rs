//! The mapping file: what a center's own system calls files, columns and codes.
//!
//! ```toml
//! center = "140200"
//! passport_as_other = true
//!
//! [files]
//! persons = "GR_INFO.csv"
//!
//! [columns.persons]
//! "客户姓名" = "XingMing"
//!
//! [codes.GJHTQYWLX]
//! "98" = "09"
//! ```
//!
//! **Promises.** A mapping is checked by itself before any file is opened: it names our files, our
//! columns and our codes, and gives no column to two of the center's own. What it names of the dump
//! must be there. It never drops a row: a code that is mapped nowhere stays a fault, and is counted.
//! **Left to others.** Proposing one: [`super::suggest`]. Using it: `table`.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::account::{AccountStatus, BusinessType, CloseReason, ReversalFlag};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::document::DocumentType;
use fundlink_protocol::employer::EmployerStatus;
use fundlink_protocol::loan::{Guarantee, RepaymentMethod, RiskClass};
use serde::Deserialize;

use super::ImportFile;
use super::loans::LOAN_STATUSES;
use super::withdrawals::STAGES;

/// A mapping; the empty one maps nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Whose dump it is for.
    pub center: Option<CenterCode>,
    files: BTreeMap<ImportFile, String>,
    columns: BTreeMap<ImportFile, BTreeMap<String, &'static str>>,
    codes: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Whether passports come as type 99, and are told apart by the form of their number.
    pub passport_as_other: bool,
}

/// Why a mapping cannot be used. What it holds is a center's own words, and may be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is no TOML of this form.
    #[error("the mapping is not of its form: {0}")]
    Form(String),
    /// The center is no code.
    #[error("the center of the mapping is a code of six digits such as 140200")]
    Center,
    /// It is for another center.
    #[error("the mapping is for center {stated}, and this is {own}")]
    OtherCenter {
        /// The center that it is for.
        stated: CenterCode,
        /// This center.
        own: CenterCode,
    },
    /// It names a file that a dump does not have.
    #[error("the mapping names a file `{0}`; known are {known}", known = file_names())]
    File(String),
    /// Two files have one name.
    #[error("the mapping gives one name to two files: {0}")]
    FileDoubled(String),
    /// It names a column that the file does not have.
    #[error(
        "the mapping names a column `{column}` that {file}.csv does not have; see `fundlink data map columns`"
    )]
    Column {
        /// The file.
        file: &'static str,
        /// The column.
        column: String,
    },
    /// Two columns are mapped to one.
    #[error("the mapping gives two columns of {file}.csv to {column}; which of them is it?")]
    ColumnDoubled {
        /// The file.
        file: &'static str,
        /// The column that both go to.
        column: &'static str,
    },
    /// It maps codes of a column that has none.
    #[error("the mapping maps codes of `{0}`, which is no column with codes")]
    CodeColumn(String),
    /// It maps to a code that the table does not have.
    #[error("the mapping maps a code of {column} to `{code}`, which its table does not have")]
    Code {
        /// The column.
        column: &'static str,
        /// The code.
        code: String,
    },
}

fn file_names() -> String {
    ImportFile::ALL.map(ImportFile::short_name).join(", ")
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    center: Option<String>,
    #[serde(default)]
    passport_as_other: bool,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    columns: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Parses a mapping file.
    ///
    /// # Errors
    /// When it is no mapping, or maps what there is not, or two to one.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: MappingFile =
            toml::from_str(text).map_err(|error| MappingError::Form(error.message().to_owned()))?;
        let center = file.center.as_deref().map(CenterCode::parse).transpose();
        let mut mapping = Self {
            center: center.map_err(|_| MappingError::Center)?,
            passport_as_other: file.passport_as_other,
            ..Self::default()
        };
        for (short, name) in file.files {
            let file = known_file(&short)?;
            if mapping.files.values().any(|other| *other == name) {
                return Err(MappingError::FileDoubled(name));
            }
            mapping.files.insert(file, name);
        }
        for (short, columns) in &file.columns {
            let file = known_file(short)?;
            mapping.columns.insert(file, columns_of(file, columns)?);
        }
        for (column, codes) in file.codes {
            let (column, targets) = code_table(&column)?;
            if let Some(code) = codes.values().find(|code| !targets.contains(*code)) {
                return Err(MappingError::Code { column, code: code.clone() });
            }
            mapping.codes.insert(column, codes);
        }
        Ok(mapping)
    }

    /// The mapping, when it is not for another center.
    ///
    /// # Errors
    /// When it is.
    pub fn for_center(self, own: CenterCode) -> Result<Self, MappingError> {
        match self.center.filter(|stated| *stated != own) {
            Some(stated) => Err(MappingError::OtherCenter { stated, own }),
            None => Ok(self),
        }
    }

    /// The name of a file in the folder.
    #[must_use]
    pub fn name_of(&self, file: ImportFile) -> String {
        self.files.get(&file).cloned().unwrap_or_else(|| file.file_name().to_owned())
    }

    /// Whether the mapping gives a name to a file.
    #[must_use]
    pub fn names(&self, file: ImportFile) -> bool {
        self.files.contains_key(&file)
    }

    /// The file that bears a name in the folder.
    #[must_use]
    pub fn file_named(&self, name: &str) -> Option<ImportFile> {
        ImportFile::ALL.into_iter().find(|file| self.name_of(*file) == name)
    }

    /// The code that a header of a file is mapped to.
    pub(super) fn column(&self, file: ImportFile, header: &str) -> Option<&'static str> {
        self.columns.get(&file)?.get(&header.to_lowercase()).copied()
    }

    /// The codes that some header of a file is mapped to.
    pub(super) fn columns_of(&self, file: ImportFile) -> impl Iterator<Item = &'static str> {
        self.columns.get(&file).into_iter().flat_map(|columns| columns.values().copied())
    }

    /// What a code of a column is mapped to.
    pub(super) fn code(&self, column: &'static str, text: &str) -> Option<&str> {
        self.codes.get(column)?.get(text).map(String::as_str)
    }
}

fn known_file(short: &str) -> Result<ImportFile, MappingError> {
    let mut files = ImportFile::ALL.into_iter();
    files
        .find(|file| file.short_name() == short)
        .ok_or_else(|| MappingError::File(short.to_owned()))
}

fn columns_of(
    file: ImportFile,
    columns: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, &'static str>, MappingError> {
    let mut mapped = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (own, code) in columns {
        let of_file = file.columns().iter().map(|column| column.name);
        let known = of_file.chain(EVERYWHERE).find(|known| known.eq_ignore_ascii_case(code));
        let known = known.ok_or_else(|| MappingError::Column {
            file: file.short_name(),
            column: code.clone(),
        })?;
        let fresh =
            taken.insert(known) && mapped.insert(own.trim().to_lowercase(), known).is_none();
        if !fresh {
            return Err(MappingError::ColumnDoubled { file: file.short_name(), column: known });
        }
    }
    Ok(mapped)
}

/// Columns that every file may have: whose dump it is, and which branch keeps the row.
pub(super) const EVERYWHERE: [&str; 2] = ["ZXDM", "WDDM"];

macro_rules! codes_of {
    ($table:ty) => {
        <$table>::ALL.iter().map(|code| code.code()).collect()
    };
}

/// The columns with codes.
pub(super) const CODE_COLUMNS: [&str; 15] = [
    "DWZHZT",
    "ZJLX",
    "GRZHZT",
    "XHYY",
    "GJHTQYWLX",
    "CZBZ",
    "TQYY",
    "SFCZPTPD",
    "JKRZJLX",
    "DKDBLX",
    "DKHKFS",
    "DKFXDJ",
    "DKZT",
    "GTJKRZJLX",
    "TQZT",
];

/// A column with codes, and those that its table has.
pub(super) fn code_table(column: &str) -> Result<(&'static str, BTreeSet<String>), MappingError> {
    let unknown = || MappingError::CodeColumn(column.to_owned());
    let known = CODE_COLUMNS.into_iter().find(|known| known.eq_ignore_ascii_case(column));
    let known = known.ok_or_else(unknown)?;
    let codes = match known {
        "DWZHZT" => codes_of!(EmployerStatus),
        "ZJLX" | "JKRZJLX" | "GTJKRZJLX" => codes_of!(DocumentType),
        "GRZHZT" => codes_of!(AccountStatus),
        "XHYY" | "TQYY" => codes_of!(CloseReason),
        "GJHTQYWLX" => codes_of!(BusinessType),
        "CZBZ" => codes_of!(ReversalFlag),
        "DKDBLX" => codes_of!(Guarantee),
        "DKHKFS" => codes_of!(RepaymentMethod),
        "DKFXDJ" => codes_of!(RiskClass),
        "SFCZPTPD" => ["1", "2"].map(str::to_owned).into(),
        "DKZT" => LOAN_STATUSES.map(|(word, _)| word.to_owned()).into(),
        "TQZT" => STAGES.map(|(word, _)| word.to_owned()).into(),
        _ => return Err(unknown()),
    };
    Ok((known, codes))
}
