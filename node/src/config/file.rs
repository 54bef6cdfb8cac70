//! The configuration file as typed: names, units and defaults, nothing checked but its shape.
//!
//! **Promises.** An unknown key or table is an error, so that a slip of the pen is not a default.
//! **Left to others.** What the values mean: [`super::Config`].

use fundlink_protocol::center::Role;
use fundlink_protocol::engine::operator::OperatorRole;
use fundlink_protocol::policy::Policy;
use serde::{Deserialize, Serialize};

use super::LogFormat;

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `[node]`
    pub node: NodeTable,
    /// `[keys]`
    #[serde(default)]
    pub keys: KeysTable,
    /// `[listen]`
    #[serde(default)]
    pub listen: ListenTable,
    /// `[core]`
    #[serde(default)]
    pub core: CoreTable,
    /// `[bank]`
    #[serde(default)]
    pub bank: BankTable,
    /// `[receiving_account]`
    pub receiving_account: Option<ReceivingAccountTable>,
    /// `[[operator]]`
    #[serde(default)]
    pub operator: Vec<OperatorTable>,
    /// `[policy]`
    #[serde(default)]
    pub policy: PolicyTable,
    /// `[log]`
    #[serde(default)]
    pub log: LogTable,
    /// `[clock]`
    #[serde(default)]
    pub clock: ClockTable,
}

impl ConfigFile {
    /// Reads the shape of a file.
    ///
    /// # Errors
    /// Says where the text is not TOML, or has an unknown or missing key.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

/// Who this node is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeTable {
    /// The network's name.
    pub network: String,
    /// The division code of the member.
    pub center: String,
    /// What the member is.
    #[serde(default)]
    pub role: RoleName,
    /// The folder of the store.
    #[serde(default = "default_data")]
    pub data: String,
}

/// A role as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// A city fund center.
    #[default]
    Center,
    /// The provincial authority.
    Authority,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Center => Self::Center,
            RoleName::Authority => Self::Authority,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Center => Self::Center,
            Role::Authority => Self::Authority,
        }
    }
}

/// The key file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysTable {
    /// The file.
    pub file: String,
    /// Where its passphrase comes from.
    pub passphrase: PassphraseName,
}

impl Default for KeysTable {
    fn default() -> Self {
        Self { file: "keys".into(), passphrase: PassphraseName::Plain(PlainSource::Prompt) }
    }
}

/// A source of a passphrase as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PassphraseName {
    /// A word.
    Plain(PlainSource),
    /// A table with one key.
    Named(NamedSource),
}

/// A source that needs no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlainSource {
    /// Ask at the terminal.
    Prompt,
    /// The key file has none.
    None,
}

/// A source that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedSource {
    /// The first line of a file.
    File(String),
    /// An environment variable.
    Environment(String),
    /// A systemd credential.
    Credential(String),
}

/// Where the node can be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenTable {
    /// Multiaddresses for other members.
    pub peers: Vec<String>,
    /// The Unix socket of the control interface.
    pub control: String,
    /// Loopback address and port for health and metrics, or `off`.
    pub health: String,
}

impl Default for ListenTable {
    fn default() -> Self {
        Self {
            peers: vec!["/ip4/0.0.0.0/tcp/7400".into()],
            control: "control.sock".into(),
            health: "127.0.0.1:7480".into(),
        }
    }
}

/// The core business system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CoreTable {
    /// Who carries orders to it.
    pub driver: CoreDriverName,
}

/// A core driver as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoreDriverName {
    /// The ledger in the node's own store.
    #[default]
    Embedded,
}

/// The bank.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankTable {
    /// Who carries orders to it.
    pub driver: BankDriverName,
    /// The address of an HTTP bank.
    pub url: Option<String>,
    /// Milliseconds between two looks for notices.
    pub poll_ms: u64,
}

impl Default for BankTable {
    fn default() -> Self {
        Self { driver: BankDriverName::Off, url: None, poll_ms: 1_000 }
    }
}

/// A bank driver as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BankDriverName {
    /// Nobody.
    Off,
    /// A bank with an HTTP interface.
    Http,
}

/// The special account (专户) to which other centers pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivingAccountTable {
    /// Digits and dashes.
    pub number: String,
    /// The account's name.
    pub name: String,
    /// The bank.
    pub bank: String,
}

/// A person who may act at this center.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorTable {
    /// The name under which the person acts and is audited.
    pub id: String,
    /// The name that is shown.
    pub name: String,
    /// What the person may do.
    pub roles: Vec<RoleOfOperator>,
}

/// A role of an operator as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleOfOperator {
    /// Enters (经办).
    Clerk,
    /// Decides what another entered (复核).
    Reviewer,
    /// Runs the node (系统管理员).
    SystemAdministrator,
    /// Names operators (安全管理员).
    SecurityAdministrator,
    /// Reads the audit log (审计管理员).
    AuditAdministrator,
}

impl From<RoleOfOperator> for OperatorRole {
    fn from(role: RoleOfOperator) -> Self {
        match role {
            RoleOfOperator::Clerk => Self::Clerk,
            RoleOfOperator::Reviewer => Self::Reviewer,
            RoleOfOperator::SystemAdministrator => Self::SystemAdministrator,
            RoleOfOperator::SecurityAdministrator => Self::SecurityAdministrator,
            RoleOfOperator::AuditAdministrator => Self::AuditAdministrator,
        }
    }
}

/// The center's rules; what each means, and its default, stands at `Policy`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyTable {
    /// Months of deposits here before a transfer in may be asked.
    pub min_months_in_new_city: u32,
    /// Working days to accept or refuse a letter.
    pub acceptance_days: u32,
    /// Working days from acceptance to payment and sheet.
    pub settlement_days: u32,
    /// Working days to credit.
    pub credit_days: u32,
    /// Working days for the whole case.
    pub case_days: u32,
    /// 360 or 365.
    pub day_basis: u32,
    /// Months.
    pub late_grace_months: u32,
    /// Months.
    pub gap_tolerance: u32,
    /// Months.
    pub loan_months_min: u32,
    /// Loans.
    pub loans_max: u32,
    /// Instalments.
    pub loan_overdue_periods_max: u32,
    /// Yuan with two decimals; absent, no limit.
    pub auto_amount_max: Option<String>,
    /// The first serial of a day.
    pub letter_serial_first: u32,
    /// Whether a second person must approve a letter before it is sent.
    pub letter_needs_reviewer: bool,
    /// Whether a second person must decide alike about a transfer.
    pub decisions_need_reviewer: bool,
    /// Whether a second person must approve what is said about a certificate.
    pub certificate_needs_reviewer: bool,
    /// Whether another person pays a loan out than the one who asked for the payout.
    pub loan_needs_reviewer: bool,
    /// Days after which an application lapses.
    pub intent_days: u32,
    /// Days.
    pub receipt_reminder_days: u32,
    /// Whether a letter can be withdrawn after its acceptance.
    pub cancellable_until_settled: bool,
    /// Queries a minute and purpose that one member may ask.
    pub queries_per_minute: u32,
}

impl Default for PolicyTable {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            min_months_in_new_city: policy.min_months_in_new_city,
            acceptance_days: policy.acceptance_days,
            settlement_days: policy.settlement_days,
            credit_days: policy.credit_days,
            case_days: policy.case_days,
            day_basis: policy.day_basis,
            late_grace_months: policy.late_grace_months,
            gap_tolerance: policy.gap_tolerance,
            loan_months_min: policy.loan_months_min,
            loans_max: policy.loans_max,
            loan_overdue_periods_max: policy.loan_overdue_periods_max,
            auto_amount_max: None,
            letter_serial_first: policy.letter_serial_first,
            letter_needs_reviewer: policy.letter_needs_reviewer,
            decisions_need_reviewer: policy.decisions_need_reviewer,
            certificate_needs_reviewer: policy.certificate_needs_reviewer,
            loan_needs_reviewer: policy.loan_needs_reviewer,
            intent_days: policy.intent_days,
            receipt_reminder_days: policy.receipt_reminder_days,
            cancellable_until_settled: policy.cancellable_until_settled,
            queries_per_minute: policy.queries_per_minute,
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogTable {
    /// Which lines.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
}

impl Default for LogTable {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Human }
    }
}

/// The clock.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockTable {
    /// Seconds added to the clock of the machine.
    pub offset_s: i64,
}

fn default_data() -> String {
    "data".into()
}
