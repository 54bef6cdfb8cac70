//! What is sent and shown about the center's records.
//!
//! Records themselves go in as CBOR: their encoding is that of the store, and no second one exists.

use fundlink_protocol::engine::imports::{self, ImportItem, UnnumberedRecord};
use fundlink_protocol::engine::publishing::{self, Phase};
use fundlink_protocol::engine::quarantine::{self, Held};
use fundlink_protocol::engine::records::{self, RecordKind, StoredAccount};
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::record::LoanRecord;
use fundlink_protocol::time::Month;
use fundlink_protocol::withdrawal::BookedWithdrawal;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Begins to load the records of a core system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportBegin {
    /// Who imports.
    pub operator: String,
    /// The day of the dump.
    pub as_of: String,
    /// BLAKE3 over the files.
    pub files: String,
    /// What the files hold.
    pub expected: Totals,
}

/// Control totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Accounts with a usable document number.
    pub accounts: u64,
    /// Loans.
    pub loans: u64,
    /// Records without a usable document number.
    pub unnumbered: u64,
    /// The sum of the balances, in yuan.
    pub balances: String,
    /// What is in quarantine.
    pub held: HeldTotals,
    /// Withdrawals for a property; absent when the dump says nothing about them.
    #[serde(default)]
    pub withdrawals: Option<u64>,
}

/// What of an import is in quarantine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldTotals {
    /// Broken rules, each with its place.
    pub rows: u64,
    /// Persons with a usable number.
    pub persons: u64,
    /// Accounts.
    pub accounts: u64,
    /// Loans.
    pub loans: u64,
    /// Withdrawals for a property.
    pub withdrawals: u64,
    /// The sum of the balances of those accounts, in yuan.
    pub balances: String,
}

impl From<quarantine::HeldTotals> for HeldTotals {
    fn from(held: quarantine::HeldTotals) -> Self {
        let quarantine::HeldTotals { rows, persons, accounts, loans, balances, withdrawals } = held;
        let balances = balances.to_string();
        Self { rows, persons, accounts, loans, withdrawals, balances }
    }
}

impl From<records::Totals> for Totals {
    fn from(totals: records::Totals) -> Self {
        Self {
            accounts: totals.accounts,
            loans: totals.loans,
            unnumbered: totals.unnumbered,
            balances: totals.balances.to_string(),
            held: totals.held.into(),
            withdrawals: totals.withdrawals,
        }
    }
}

/// A portion of an import, as CBOR: at most `limits::IMPORT_PORTION_MAX` records.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Portion {
    /// The records.
    #[n(1)]
    pub records: Vec<Record>,
}

/// One record of an import.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Record {
    /// An account with its ledger.
    #[n(1)]
    Account(#[n(0)] Box<StoredAccount>),
    /// A loan.
    #[n(2)]
    Loan(#[n(0)] Box<LoanRecord>),
    /// A record without a usable document number.
    #[n(3)]
    Unnumbered(#[n(0)] RecordKind, #[n(1)] Option<PersonName>, #[n(2)] Option<Month>),
    /// Something that is held back.
    #[n(4)]
    Held(#[n(0)] Held),
    /// A withdrawal for a property.
    #[n(5)]
    Withdrawal(#[n(0)] Box<BookedWithdrawal>),
}

impl From<Record> for ImportItem {
    fn from(record: Record) -> Self {
        match record {
            Record::Account(account) => Self::Account(account),
            Record::Loan(loan) => Self::Loan(loan),
            Record::Unnumbered(kind, name, birth) => {
                Self::Unnumbered(UnnumberedRecord { kind, name, birth })
            }
            Record::Held(held) => Self::Held(held),
            Record::Withdrawal(withdrawal) => Self::Withdrawal(withdrawal),
        }
    }
}

/// Asks which published records a staged import lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VanishedWish {
    /// Where to go on, as the answer before said it; empty at first.
    pub from: String,
}

/// Some of the published records that a staged import lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vanished {
    /// The records.
    pub records: Vec<VanishedRecord>,
    /// Where to go on; absent when these were the last.
    pub next: Option<String>,
}

/// A published record that an import lacks, by its leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VanishedRecord {
    /// The number of the log.
    pub log: u32,
    /// The leaf of its latest revision.
    pub leaf: u64,
    /// Where it stood, such as `account-open`.
    pub status: String,
}

/// A row in quarantine, by its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedRow {
    /// The name of the file.
    pub file: String,
    /// The line on which the row begins.
    pub line: u64,
    /// The column.
    pub column: Option<String>,
    /// The stable id of the rule.
    pub rule: String,
}

impl From<quarantine::QuarantinedRow> for QuarantinedRow {
    fn from(row: quarantine::QuarantinedRow) -> Self {
        Self {
            file: row.file.as_str().to_owned(),
            line: row.line,
            column: row.column.map(|column| column.as_str().to_owned()),
            rule: row.rule.as_str().to_owned(),
        }
    }
}

/// An import that has begun and is not committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staging {
    /// As of when the core system exported.
    pub as_of: String,
    /// BLAKE3 over the files.
    pub files: String,
    /// What the files hold.
    pub expected: Totals,
    /// What is staged so far.
    pub staged: Totals,
}

impl From<imports::Staging> for Staging {
    fn from(staging: imports::Staging) -> Self {
        Self {
            as_of: staging.as_of.to_string(),
            files: staging.files.to_string(),
            expected: staging.expected.into(),
            staged: staging.staged.into(),
        }
    }
}

/// How an import differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Records that were not there.
    pub added: u64,
    /// Records with another content.
    pub changed: u64,
    /// Records that are the same.
    pub same: u64,
    /// Accounts that stay as they are, because a transfer holds or changed them.
    pub kept: u64,
}

impl From<imports::Changes> for Changes {
    fn from(changes: imports::Changes) -> Self {
        let imports::Changes { added, changed, same, kept } = changes;
        Self { added, changed, same, kept }
    }
}

/// How the records stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// The import that answers.
    pub current: Option<ImportedSet>,
    /// The import that is being staged.
    pub staging: Option<Staging>,
    /// How far the digests of the current import are published.
    pub publishing: Option<Publishing>,
}

/// What one import brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedSet {
    /// As of when the core system exported it.
    pub as_of: String,
    /// BLAKE3 over the files.
    pub files: String,
    /// What is in it.
    pub totals: Totals,
}

/// How far publication is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publishing {
    /// Whether all is published.
    pub done: bool,
    /// Records published, for the first time or as a new revision.
    pub published: u64,
    /// Records that had not changed.
    pub unchanged: u64,
    /// Accounts left alone, because a transfer holds or changed them.
    pub kept: u64,
    /// Records that are not in the import any more.
    pub gone: u64,
}

impl From<publishing::Walk> for Publishing {
    fn from(walk: publishing::Walk) -> Self {
        let publishing::WalkCounts { published, unchanged, kept, gone } = walk.counts;
        Self { done: walk.phase == Phase::Done, published, unchanged, kept, gone }
    }
}

impl From<imports::RecordsReport> for Records {
    fn from(report: imports::RecordsReport) -> Self {
        let current = report.records.current.map(|set| ImportedSet {
            as_of: set.as_of.to_string(),
            files: set.files.to_string(),
            totals: set.totals.into(),
        });
        Self {
            current,
            staging: report.staging.map(Into::into),
            publishing: report.publishing.walk.map(Into::into),
        }
    }
}
