//! Making a network, asking to be admitted, joining: with the node stopped.
//!
//! **Promises.** The root key goes into a file of its own, to be kept apart; a store that has joined
//! one network joins no other.

use std::path::{Path, PathBuf};

use fundlink_node::config::Config;
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::keyfile::passphrase::{Passphrase, PassphraseSource};
use fundlink_node::keyfile::{self, Protection};
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::rosters;
use fundlink_protocol::key::{KeyPurpose, MemoryKeyring};
use fundlink_protocol::roster::enrolment::{self, Applicant, VerifiedEnrolment};
use fundlink_protocol::roster::join_file::{self, JoinFile};
use serde_json::json;

use super::files;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::value_parser;

/// Arguments of `fundlink net create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateArguments {
    /// The authority's name, in Chinese
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where other members dial the authority; by default where its node listens
    #[arg(long = "address", value_name = "MULTIADDRESS")]
    addresses: Vec<String>,
    /// Where to write the join file; by default NETWORK.join beside the configuration
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write the root key; by default root.keys beside the configuration
    #[arg(long, value_name = "FILE")]
    root_keys: Option<PathBuf>,
    /// Take the root key's passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase")]
    passphrase_file: Option<PathBuf>,
    /// Make a root key file without a passphrase: for test networks and encrypted disks
    #[arg(long)]
    no_passphrase: bool,
}

/// Arguments of `fundlink net enrol`.
#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArguments {
    /// The member's name, in Chinese
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The code of the authority that will admit
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    authority: CenterCode,
    /// Where other members dial this one; by default where its node listens
    #[arg(long = "address", value_name = "MULTIADDRESS")]
    addresses: Vec<String>,
    /// Where to write the enrolment; by default CODE.enrolment beside the configuration
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `fundlink net join`.
#[derive(Debug, clap::Args)]
pub(crate) struct JoinArguments {
    /// The join file; `-` is standard input
    file: PathBuf,
    /// The fingerprint of the network, as the authority has read it out
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
}

/// Makes a network.
///
/// # Errors
/// When the configuration is not an authority's, a file is there already, or a rule is broken.
pub(super) fn create(
    arguments: &CreateArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let member = Member::open(config)?;
    let network = member.config.network.as_str().to_owned();
    let root_path = arguments.root_keys.clone().unwrap_or_else(|| member.beside("root.keys"));
    let out = arguments.out.clone().unwrap_or_else(|| member.beside(&format!("{network}.join")));
    for taken in [&root_path, &out] {
        if taken.exists() {
            return Err(Failure::usage(language.out_exists(taken.display())));
        }
    }
    let root = KeySet::generate_root(&network, member.config.center, member.config.now())?;
    let applicant = member.applicant(&arguments.name, &arguments.addresses, language)?;
    let file = join_file::create_network(
        &applicant,
        vec![rosters::default_calendar()],
        member.config.now(),
        (&mut keyring(&root), &mut keyring(&member.keys)),
        None,
    )
    .map_err(Failure::usage)?;
    let protection = protection(arguments, language)?;
    let mut store = member.store()?;
    // The root key first: a network whose root key was never written down could not go on.
    keyfile::create(&root_path, &root, &protection)?;
    rosters::install(&mut store, &file).map_err(Failure::usage)?;
    drop(store);
    files::write(&out, &file.to_text(), language)?;

    output.line(language.network_made(&network, file.fingerprint()));
    output.line(language.join_file_written(out.display()));
    output.line(language.root_key_written(root_path.display()));
    output.value(&json!({
        "network": network,
        "fingerprint": file.fingerprint().to_string(),
        "join_file": out,
        "root_keys": root_path,
    }));
    Ok(Exit::Done)
}

/// Writes an enrolment.
///
/// # Errors
/// When a key is missing, the file is there already, or an address is not one.
pub(super) fn enrol(
    arguments: &EnrolArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let member = Member::open(config)?;
    let applicant = member.applicant(&arguments.name, &arguments.addresses, language)?;
    let now = member.config.now();
    let mut keyring = keyring(&member.keys);
    let enrolment = enrolment::enrol(&applicant, arguments.authority, now, &mut keyring);
    let enrolment = enrolment.map_err(Failure::usage)?;
    let verified = VerifiedEnrolment::parse(&applicant.network, enrolment.clone());
    let fingerprint = verified.map_err(Failure::usage)?.fingerprint().to_string();
    let name = format!("{}.enrolment", member.config.center);
    let out = arguments.out.clone().unwrap_or_else(|| member.beside(&name));
    files::write(&out, &files::enrolment_text(&enrolment, &fingerprint), language)?;

    output.line(language.enrolment_written(out.display()));
    output.line(language.enrolment_fingerprint(&fingerprint));
    output.value(&json!({ "enrolment": out, "fingerprint": fingerprint }));
    Ok(Exit::Done)
}

/// Joins a network.
///
/// # Errors
/// When the file does not verify, is of another network or does not list this member.
pub(super) fn join(
    arguments: &JoinArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let member = Member::open(config)?;
    let text = files::read(&arguments.file, language)?;
    let file = JoinFile::from_text(&text).map_err(unverified)?;
    let fingerprint = file.fingerprint().to_string();
    if let Some(expected) = &arguments.fingerprint {
        let expected = enrolment::Fingerprint::parse(expected).map_err(Failure::usage)?;
        if expected != file.fingerprint() {
            return Err(unverified(language.other_fingerprint(&fingerprint)));
        }
    }
    let opened = file.open().map_err(unverified)?;
    let roster = opened.roster.roster();
    if roster.network != member.config.network {
        return Err(Failure::usage(language.other_network(&roster.network)));
    }
    let own = keyring_public(&member.keys);
    let listed = roster.member(member.config.center).is_some_and(|listed| {
        listed
            .keys
            .iter()
            .any(|key| key.purpose == KeyPurpose::Statement && Some(key.public) == own)
    });
    if !listed {
        return Err(Failure::new(Exit::Refused, language.not_listed(member.config.center)));
    }
    let mut store = member.store()?;
    rosters::install(&mut store, &file).map_err(Failure::usage)?;

    output.line(language.joined(&roster.network, roster.version, &fingerprint));
    output.value(&json!({
        "network": roster.network.to_string(),
        "roster_version": roster.version,
        "fingerprint": fingerprint,
    }));
    Ok(Exit::Done)
}

fn unverified(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Unverified, error)
}

/// This member: its configuration and keys, opened while the node is stopped.
pub(super) struct Member {
    pub(super) config: Config,
    pub(super) keys: KeySet,
    /// What protects the key file, for replacing it.
    pub(super) protection: Protection,
    folder: PathBuf,
}

impl Member {
    /// Reads the configuration and the key file.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(super) fn open(config: &Path) -> Result<Self, Failure> {
        let folder = config.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let config = Config::read(config)?;
        let (keys, protection) = keyfile::open(&config.keys, &config.passphrase)?;
        Ok(Self { config, keys, protection, folder })
    }

    /// A file beside the configuration.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn applicant(
        &self,
        name: &str,
        addresses: &[String],
        language: Language,
    ) -> Result<Applicant, Failure> {
        let listened = self.config.listen.iter().map(ToString::to_string);
        let addresses: Vec<String> =
            if addresses.is_empty() { listened.collect() } else { addresses.to_vec() };
        let nobody_dials = |address: &&String| {
            address.contains("/0.0.0.0/") || address.contains("/::/") || address.ends_with("/tcp/0")
        };
        if let Some(address) = addresses.iter().find(nobody_dials) {
            return Err(Failure::usage(language.not_dialable(address)));
        }
        Ok(Applicant {
            network: self.config.network.clone(),
            code: self.config.center,
            role: self.config.role,
            name: name.to_owned(),
            addresses,
        })
    }

    fn store(&self) -> Result<SledStore, Failure> {
        Ok(SledStore::open(&self.config.data)?)
    }
}

/// The newest key of each purpose, as what signs.
pub(super) fn keyring(keys: &KeySet) -> MemoryKeyring {
    let purposes = [
        KeyPurpose::Peer,
        KeyPurpose::Statement,
        KeyPurpose::Log,
        KeyPurpose::Witness,
        KeyPurpose::Sealing,
        KeyPurpose::Roster,
        KeyPurpose::Root,
    ];
    let newest = purposes.into_iter().filter_map(|purpose| {
        let seed = keys.newest(purpose)?;
        Some((purpose, *seed.expose()))
    });
    MemoryKeyring::new(newest)
}

fn keyring_public(keys: &KeySet) -> Option<fundlink_protocol::key::PublicKey> {
    use fundlink_protocol::key::Keyring as _;
    keyring(keys).public(KeyPurpose::Statement)
}

fn protection(arguments: &CreateArguments, language: Language) -> Result<Protection, Failure> {
    if arguments.no_passphrase {
        return Ok(Protection::Unprotected);
    }
    let passphrase = match &arguments.passphrase_file {
        Some(file) => PassphraseSource::File(file.clone()).passphrase()?,
        None => {
            Passphrase::prompt_new(&language.root_passphrase(), &language.new_passphrase_again())?
        }
    };
    Ok(Protection::Passphrase(passphrase))
}
