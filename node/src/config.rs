//! The configuration of a node: a commented TOML file as typed, and what the node makes of it.
//!
//! **Promises.** Unknown keys are errors; every value has been checked once a [`Config`] exists;
//! every default has a name in [`mod@file`] or stands at `Policy`.
//! **Left to others.** Whether a port is free or a folder can be written: whoever opens it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::operator::{Operator, OperatorId};
use fundlink_protocol::engine::{CoreDriver, ReceivingAccount, Settings};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::policy::Policy;
use fundlink_protocol::time::Timestamp;

use crate::clock;
use crate::keyfile::passphrase::PassphraseSource;
use crate::network::Address;

mod check;
pub mod file;
pub mod template;

/// The configuration as the node uses it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The network's name, `[a-z0-9-]+`.
    pub network: NetworkName,
    /// This member.
    pub center: CenterCode,
    /// What it is.
    pub role: Role,
    /// The folder of the store.
    pub data: PathBuf,
    /// The key file.
    pub keys: PathBuf,
    /// Where its passphrase comes from.
    pub passphrase: PassphraseSource,
    /// Where other members are listened for.
    pub listen: Vec<Address>,
    /// The Unix socket of the control interface.
    pub control: PathBuf,
    /// Where `/livez`, `/readyz` and `/metrics` are served: a loopback address.
    pub health: Option<SocketAddr>,
    /// Who carries orders to the core system.
    pub core: CoreDriver,
    /// Who carries orders to the bank.
    pub bank: BankDriver,
    /// The special account (专户) to which other centers pay.
    pub receiving_account: Option<ReceivingAccount>,
    /// Who may act here, by id, with the name that is shown.
    pub operators: BTreeMap<OperatorId, (String, Operator)>,
    /// The center's rules.
    pub policy: Policy,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Seconds added to the clock of the machine; for test networks.
    pub clock_offset_s: i64,
}

/// Who carries orders to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankDriver {
    /// Nobody: no payment is ordered and no notice arrives.
    Off,
    /// A bank that takes orders and gives notices over HTTP.
    Http {
        /// Its address, such as `http://127.0.0.1:7700`.
        url: String,
        /// Milliseconds between two looks for notices.
        poll_ms: u64,
    },
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Which lines: the syntax of `tracing-subscriber`'s filter; `RUST_LOG` goes before it.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text.
    Human,
    /// One JSON object a line.
    Json,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {error}; make one with `fundlink init`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file is not TOML of the expected shape.
    #[error("the configuration {path} is not understood: {detail}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        detail: String,
    },
    /// A value cannot be used.
    #[error("{key} in the configuration cannot be used: {problem}")]
    Value {
        /// The key, with its table.
        key: &'static str,
        /// What is wrong with it, and what would do.
        problem: String,
    },
}

impl Config {
    /// Reads and checks a configuration file; relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown key, or a value cannot be used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
        let file = file::ConfigFile::parse(&text)
            .map_err(|detail| ConfigError::Shape { path: path.to_owned(), detail })?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::from_file(file, folder)
    }

    /// Checks a configuration as typed.
    ///
    /// # Errors
    /// When a value cannot be used.
    pub fn from_file(file: file::ConfigFile, folder: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            network: check::network(&file.node.network)?,
            center: check::center(&file.node.center)?,
            role: file.node.role.into(),
            data: folder.join(file.node.data),
            keys: folder.join(file.keys.file),
            passphrase: check::passphrase(file.keys.passphrase, folder)?,
            listen: check::addresses(&file.listen.peers)?,
            control: check::socket(folder.join(file.listen.control))?,
            health: check::health(&file.listen.health)?,
            core: match file.core.driver {
                file::CoreDriverName::Embedded => CoreDriver::Embedded,
            },
            bank: check::bank(file.bank)?,
            receiving_account: file.receiving_account.map(check::receiving_account).transpose()?,
            operators: check::operators(file.operator)?,
            policy: check::policy(&file.policy)?,
            log: check::log(file.log)?,
            clock_offset_s: file.clock.offset_s,
        })
    }

    /// The time at this member: that of the machine, moved as configured.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        clock::wall_time().plus_ms(self.clock_offset_s.saturating_mul(1_000))
    }

    /// What the engine is told when it starts.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let operators = self.operators.iter();
        Settings {
            network: self.network.clone(),
            center: self.center,
            role: self.role,
            software: concat!("fundlink ", env!("CARGO_PKG_VERSION")).to_owned(),
            policy: self.policy.clone(),
            operators: operators.map(|(id, (_, who))| (id.clone(), who.clone())).collect(),
            receiving_account: self.receiving_account.clone(),
            core_driver: self.core,
        }
    }
}

#[cfg(test)]
mod tests;
