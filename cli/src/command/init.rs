//! `fundlink init`: keys and a commented configuration for a new member.
//!
//! **Promises.** Nothing that is there is overwritten; a key file without a passphrase is only made
//! when that is asked for in so many words.
//! **Left to others.** Becoming a member: `fundlink net`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use fundlink_node::clock;
use fundlink_node::config::Config;
use fundlink_node::config::file::{
    BankDriverName, BankTable, ConfigFile, CoreTable, KeysTable, ListenTable, NamedSource,
    NodeTable, PassphraseName, PlainSource, RoleName,
};
use fundlink_node::config::template;
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::keyfile::passphrase::{Passphrase, PassphraseSource};
use fundlink_node::keyfile::{self, Protection};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;

/// Arguments of `fundlink init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder for the configuration, the keys and the data
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    dir: PathBuf,
    /// The network's name: a-z, 0-9 and dash
    #[arg(long, value_name = "NAME")]
    network: String,
    /// The member's division code (GB/T 2260), such as 140100 for Taiyuan
    #[arg(long, value_name = "CODE")]
    center: String,
    /// What the member is
    #[arg(long, value_enum, default_value_t = Role::Center)]
    role: Role,
    /// The address at which other members reach this node
    #[arg(long, value_name = "MULTIADDRESS", default_value = "/ip4/0.0.0.0/tcp/7400")]
    listen: String,
    /// The loopback address for health and metrics, or `off`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7480")]
    health: String,
    /// The address of a bank with an HTTP interface
    #[arg(long, value_name = "URL")]
    bank_url: Option<String>,
    /// Take the passphrase from the first line of this file, which only its owner may read
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase")]
    passphrase_file: Option<PathBuf>,
    /// Make a key file without a passphrase: for test networks and encrypted disks
    #[arg(long)]
    no_passphrase: bool,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// A city fund center
    Center,
    /// The provincial authority
    Authority,
}

/// Sets up a member.
///
/// # Errors
/// When a value cannot be used, something is there already, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let path = arguments.dir.join("fundlink.toml");
    let file = configuration(arguments)?;
    let config = Config::from_file(file.clone(), &arguments.dir)?;
    for taken in [&path, &config.keys] {
        if taken.exists() {
            return Err(Failure::usage(language.file_exists(taken.display())));
        }
    }
    let protection = protection(arguments, language)?;
    let keys =
        KeySet::generate(config.network.as_str(), config.center, config.role, clock::wall_time())?;
    fs::create_dir_all(&arguments.dir)
        .map_err(|error| Failure::usage(language.cannot_write(arguments.dir.display(), error)))?;
    keyfile::create(&config.keys, &keys, &protection)?;
    write_new(&path, &template::render(&file))
        .map_err(|error| Failure::usage(language.cannot_write(path.display(), error)))?;

    output.line(language.init_done(config.center, &config.network, path.display()));
    output.line(language.init_keys(config.keys.display()));
    if matches!(protection, Protection::Unprotected) {
        output.note(language.init_unprotected());
    }
    output.value(&json!({
        "network": config.network.as_str(),
        "center": config.center.to_string(),
        "config": path,
        "keys": config.keys,
    }));
    Ok(Exit::Done)
}

/// The configuration as it will stand in the file.
fn configuration(arguments: &Arguments) -> Result<ConfigFile, Failure> {
    let passphrase = match &arguments.passphrase_file {
        Some(file) => {
            // In the configuration a relative path is relative to the configuration.
            let file = std::path::absolute(file).map_err(Failure::usage)?;
            PassphraseName::Named(NamedSource::File(file.display().to_string()))
        }
        None if arguments.no_passphrase => PassphraseName::Plain(PlainSource::None),
        None => PassphraseName::Plain(PlainSource::Prompt),
    };
    let bank = match &arguments.bank_url {
        Some(url) => BankTable {
            driver: BankDriverName::Http,
            url: Some(url.clone()),
            ..BankTable::default()
        },
        None => BankTable::default(),
    };
    let listen = ListenTable {
        peers: vec![arguments.listen.clone()],
        health: arguments.health.clone(),
        ..ListenTable::default()
    };
    let role = match arguments.role {
        Role::Center => RoleName::Center,
        Role::Authority => RoleName::Authority,
    };
    Ok(ConfigFile {
        node: NodeTable {
            network: arguments.network.clone(),
            center: arguments.center.clone(),
            role,
            data: "data".to_owned(),
        },
        keys: KeysTable { passphrase, ..KeysTable::default() },
        listen,
        core: CoreTable::default(),
        bank,
        receiving_account: None,
        operator: Vec::new(),
        policy: Default::default(),
        log: Default::default(),
        clock: Default::default(),
    })
}

fn protection(arguments: &Arguments, language: Language) -> Result<Protection, Failure> {
    if arguments.no_passphrase {
        return Ok(Protection::Unprotected);
    }
    let passphrase = match &arguments.passphrase_file {
        Some(file) => PassphraseSource::File(file.clone()).passphrase()?,
        None => {
            Passphrase::prompt_new(&language.new_passphrase(), &language.new_passphrase_again())?
        }
    };
    Ok(Protection::Passphrase(passphrase))
}

/// Writes a file that only its owner may read, and that is not there yet.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
