//! From a value as typed to a value that can be used; each check names its key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::ReceivingAccount;
use fundlink_protocol::engine::operator::{Operator, OperatorId};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::money::Fen;
use fundlink_protocol::policy::Policy;
use tracing_subscriber::EnvFilter;

use super::file::{
    BankDriverName, BankTable, LogTable, NamedSource, OperatorTable, PassphraseName, PlainSource,
    PolicyTable, ReceivingAccountTable,
};
use super::{BankDriver, ConfigError, LogConfig};
use crate::keyfile::passphrase::PassphraseSource;
use crate::network::Address;

/// Bytes of a socket's path: `sun_path` of Linux, less its closing zero.
const SOCKET_BYTES_MAX: usize = 107;
/// The last serial that is written in digits alone; after it come A000 to ZZZZ in base 36.
const LETTER_SERIAL_MAX: u32 = 9_999;

fn problem(key: &'static str, problem: impl ToString) -> ConfigError {
    ConfigError::Value { key, problem: problem.to_string() }
}

pub(super) fn network(name: &str) -> Result<NetworkName, ConfigError> {
    NetworkName::parse(name).map_err(|error| problem("node.network", error))
}

pub(super) fn center(code: &str) -> Result<CenterCode, ConfigError> {
    CenterCode::parse(code).map_err(|error| problem("node.center", error))
}

pub(super) fn passphrase(
    name: PassphraseName,
    folder: &Path,
) -> Result<PassphraseSource, ConfigError> {
    let named = |name: String| {
        if name.is_empty() {
            return Err(problem("keys.passphrase", "the name is empty"));
        }
        Ok(name)
    };
    Ok(match name {
        PassphraseName::Plain(PlainSource::Prompt) => PassphraseSource::Prompt,
        PassphraseName::Plain(PlainSource::None) => PassphraseSource::Nowhere,
        PassphraseName::Named(NamedSource::File(path)) => {
            PassphraseSource::File(folder.join(named(path)?))
        }
        PassphraseName::Named(NamedSource::Environment(name)) => {
            PassphraseSource::Environment(named(name)?)
        }
        PassphraseName::Named(NamedSource::Credential(name)) => {
            PassphraseSource::Credential(named(name)?)
        }
    })
}

pub(super) fn addresses(texts: &[String]) -> Result<Vec<Address>, ConfigError> {
    if texts.is_empty() {
        return Err(problem("listen.peers", "at least one address is needed"));
    }
    let parse = |text: &String| {
        Address::parse(text).map_err(|error| problem("listen.peers", format!("{text:?}: {error}")))
    };
    texts.iter().map(parse).collect()
}

pub(super) fn socket(path: PathBuf) -> Result<PathBuf, ConfigError> {
    let length = path.as_os_str().len();
    if length > SOCKET_BYTES_MAX {
        let limit = format!("the path has {length} bytes, a socket's may have {SOCKET_BYTES_MAX}");
        return Err(problem("listen.control", limit));
    }
    Ok(path)
}

pub(super) fn health(text: &str) -> Result<Option<SocketAddr>, ConfigError> {
    if text == "off" {
        return Ok(None);
    }
    let like = "is not an address such as 127.0.0.1:7480";
    let address: SocketAddr =
        text.parse().map_err(|_| problem("listen.health", format!("{text:?} {like}")))?;
    if !address.ip().is_loopback() {
        let instead = "put a proxy that knows who asks before it";
        return Err(problem("listen.health", format!("{address} is not loopback; {instead}")));
    }
    Ok(Some(address))
}

pub(super) fn bank(table: BankTable) -> Result<BankDriver, ConfigError> {
    match table.driver {
        BankDriverName::Off => Ok(BankDriver::Off),
        BankDriverName::Http => {
            let url = table.url.ok_or_else(|| problem("bank.url", "the driver http needs it"))?;
            let uri: hyper::Uri = url.parse().map_err(|error| problem("bank.url", error))?;
            if uri.scheme_str() != Some("http") || uri.host().is_none() {
                return Err(problem("bank.url", "it must be like http://127.0.0.1:7700"));
            }
            if table.poll_ms == 0 {
                return Err(problem("bank.poll_ms", "it must be at least 1"));
            }
            let url = url.trim_end_matches('/').to_owned();
            Ok(BankDriver::Http { url, poll_ms: table.poll_ms })
        }
    }
}

pub(super) fn receiving_account(
    table: ReceivingAccountTable,
) -> Result<ReceivingAccount, ConfigError> {
    // Special accounts (专户) do not follow Luhn; only their length and characters are fixed.
    let number = &table.number;
    let known = |byte: u8| byte.is_ascii_digit() || byte == b'-';
    if number.is_empty() || number.len() > 32 || !number.bytes().all(known) {
        return Err(problem("receiving_account.number", "it has 1 to 32 digits and dashes"));
    }
    for (key, text) in
        [("receiving_account.name", &table.name), ("receiving_account.bank", &table.bank)]
    {
        if text.trim().is_empty() || text.chars().count() > 120 {
            return Err(problem(key, "it has 1 to 120 characters"));
        }
    }
    Ok(ReceivingAccount { number: table.number, name: table.name, bank: table.bank })
}

pub(super) fn operators(
    tables: Vec<OperatorTable>,
) -> Result<BTreeMap<OperatorId, (String, Operator)>, ConfigError> {
    let mut operators = BTreeMap::new();
    for table in tables {
        let id = OperatorId::parse(&table.id).map_err(|error| problem("operator.id", error))?;
        if table.roles.is_empty() {
            return Err(problem("operator.roles", format!("{id} has none")));
        }
        let roles = table.roles.into_iter().map(Into::into).collect();
        let person = (table.name, Operator { roles });
        if operators.insert(id.clone(), person).is_some() {
            return Err(problem("operator.id", format!("{id} stands there twice")));
        }
    }
    Ok(operators)
}

pub(super) fn policy(table: &PolicyTable) -> Result<Policy, ConfigError> {
    let within = |key, value: u32, least: u32, most: u32| {
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(problem(key, format!("{value} is not between {least} and {most}")))
        }
    };
    if !matches!(table.day_basis, 360 | 365) {
        return Err(problem("policy.day_basis", "it is 360 or 365"));
    }
    let auto_amount_max = match &table.auto_amount_max {
        Some(text) => Fen::parse(text).map_err(|error| problem("policy.auto_amount_max", error))?,
        None => Fen::MAX,
    };
    let months = table.min_months_in_new_city;
    let serial = table.letter_serial_first;
    let queries = table.queries_per_minute;
    let reminder = table.receipt_reminder_days;
    let overdue = table.loan_overdue_periods_max;
    Ok(Policy {
        min_months_in_new_city: within("policy.min_months_in_new_city", months, 0, 12)?,
        acceptance_days: within("policy.acceptance_days", table.acceptance_days, 1, 60)?,
        settlement_days: within("policy.settlement_days", table.settlement_days, 1, 60)?,
        credit_days: within("policy.credit_days", table.credit_days, 1, 60)?,
        case_days: within("policy.case_days", table.case_days, 1, 120)?,
        day_basis: table.day_basis,
        late_grace_months: within("policy.late_grace_months", table.late_grace_months, 0, 12)?,
        gap_tolerance: within("policy.gap_tolerance", table.gap_tolerance, 0, 12)?,
        loan_months_min: within("policy.loan_months_min", table.loan_months_min, 0, 60)?,
        loans_max: within("policy.loans_max", table.loans_max, 1, 10)?,
        loan_overdue_periods_max: within("policy.loan_overdue_periods_max", overdue, 0, 1_000)?,
        auto_amount_max,
        letter_serial_first: within("policy.letter_serial_first", serial, 1, LETTER_SERIAL_MAX)?,
        letter_needs_reviewer: table.letter_needs_reviewer,
        decisions_need_reviewer: table.decisions_need_reviewer,
        certificate_needs_reviewer: table.certificate_needs_reviewer,
        loan_needs_reviewer: table.loan_needs_reviewer,
        intent_days: within("policy.intent_days", table.intent_days, 1, 730)?,
        receipt_reminder_days: within("policy.receipt_reminder_days", reminder, 1, 60)?,
        cancellable_until_settled: table.cancellable_until_settled,
        queries_per_minute: within("policy.queries_per_minute", queries, 1, 1_000_000)?,
    })
}

pub(super) fn log(table: LogTable) -> Result<LogConfig, ConfigError> {
    EnvFilter::try_new(&table.filter).map_err(|error| problem("log.filter", error))?;
    Ok(LogConfig { filter: table.filter, format: table.format })
}
