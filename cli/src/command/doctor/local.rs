//! What this machine shows without the node: configuration, key file, disk, store, ports, bank.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use fundlink_node::config::{BankDriver, Config};
use fundlink_node::disk;
use fundlink_node::keyfile::passphrase::PassphraseSource;
use fundlink_node::keyfile::{self, HeldKeys};
use fundlink_node::network::Address;
use fundlink_node::store::check::{self, CheckError};
use fundlink_node::store::has_store;
use fundlink_protocol::center::Role;
use fundlink_protocol::engine::single;
use fundlink_protocol::limits::CLOCK_SKEW_MS;
use fundlink_protocol::roster::{MemberStatus, Roster};
use fundlink_protocol::store::{Staged, StoreError};
use fundlink_protocol::time::Timestamp;

use super::firewall::{self, Peer};
use super::{Check, Reading, remote};
use crate::language::Language;

/// A connection that takes longer is none.
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// A disk with less room will be full before anybody looks again.
const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// A commit waits for the disk: slower than this, and people at a counter notice.
const SYNC_TIME_MAX: Duration = Duration::from_secs(1);

/// Whether the configuration says what the member needs.
pub(super) fn configuration(config: &Config, language: Language, checks: &mut Vec<Check>) {
    let check = "configuration";
    let is_center = config.role == Role::Center;
    if config.operators.is_empty() {
        let next = language.doctor_add_operators();
        checks.push(Check::attention(check, language.doctor_no_operators(), next));
    }
    if is_center && config.receiving_account.is_none() {
        let next = language.doctor_add_receiving_account();
        checks.push(Check::attention(check, language.doctor_no_receiving_account(), next));
    }
    if checks.is_empty() {
        let (center, network) = (config.center, &config.network);
        checks.push(Check::fine(check, language.doctor_configured(center, network)));
    }
    if is_center {
        checks.push(Check::fine("core", language.doctor_embedded_core()));
    }
}

/// Whether the key file is there, the owner's alone, and whole.
pub(super) fn keys(config: &Config, language: Language, checks: &mut Vec<Check>) {
    let checked = keyfile::has_passphrase(&config.keys);
    checks.push(match checked {
        Ok(true) => Check::fine("keys", language.doctor_keys_protected(config.keys.display())),
        Ok(false) => Check::fine("keys", language.doctor_keys_unprotected(config.keys.display())),
        Err(error) => Check::attention("keys", error.to_string(), language.doctor_mend_keys()),
    });
}

/// Whether the data folder has room, and how long a write takes to be safe.
pub(super) fn disk(config: &Config, language: Language, checks: &mut Vec<Check>) {
    let folder = config.data.ancestors().find(|folder| folder.is_dir());
    let Some(folder) = folder else { return };
    let mebibytes = |bytes: u64| bytes / (1024 * 1024);
    checks.push(match disk::free_bytes(folder) {
        Ok(free) if free >= FREE_BYTES_MIN => {
            Check::fine("disk", language.doctor_disk(mebibytes(free), folder.display()))
        }
        Ok(free) => Check::attention(
            "disk",
            language.doctor_disk(mebibytes(free), folder.display()),
            language.doctor_free_disk(mebibytes(FREE_BYTES_MIN)),
        ),
        Err(error) => Check::unknown("disk", error.to_string()),
    });
    checks.push(match sync_time(folder) {
        Ok(time) if time <= SYNC_TIME_MAX => {
            Check::fine("fsync", language.doctor_fsync(time.as_millis()))
        }
        Ok(time) => Check::attention(
            "fsync",
            language.doctor_fsync(time.as_millis()),
            language.doctor_mend_fsync(),
        ),
        Err(error) => Check::attention(
            "fsync",
            error.to_string(),
            language.doctor_mend_folder(folder.display()),
        ),
    });
}

/// How long a small file takes until it would survive a power cut.
fn sync_time(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!("doctor.{}", std::process::id()));
    let begun = Instant::now();
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(&[0; 4_096])?;
        file.sync_all()
    });
    let time = begun.elapsed();
    // What could not be made need not be removed.
    let removed = if written.is_ok() { fs::remove_file(&path) } else { Ok(()) };
    written.and(removed).map(|()| time)
}

/// What can be said while the node does not run; gives what the firewall must let through.
pub(super) fn stopped(
    (config, reading): (&Config, &Reading),
    language: Language,
    checks: &mut Vec<Check>,
) -> Vec<firewall::Rule> {
    listening(config, language, checks);
    if has_store(&config.data).is_ok_and(|has| !has) {
        let found = language.doctor_no_store(config.data.display());
        checks.push(Check::attention("store", found, language.doctor_join()));
        return Vec::new();
    }
    let (last, roster) = match read_store(config, reading, language) {
        Ok(read) => read,
        Err(check) => {
            checks.push(check);
            return Vec::new();
        }
    };
    checks.push(Check::fine("store", language.doctor_store(config.data.display())));
    let behind_ms = last.ms_since(config.now());
    checks.push(if behind_ms > CLOCK_SKEW_MS {
        let found = language.doctor_clock_behind(behind_ms / 1_000);
        Check::attention("clock", found, language.doctor_set_clock())
    } else {
        Check::fine("clock", language.doctor_clock_after(last))
    });
    match roster {
        Some(roster) => by_roster(config, &roster, language, checks),
        None => {
            let found = language.doctor_no_roster();
            checks.push(Check::attention("roster", found, language.doctor_join()));
            Vec::new()
        }
    }
}

/// The time at which the node last acted, and the roster in its store; or what is in the way.
fn read_store(
    config: &Config,
    reading: &Reading,
    language: Language,
) -> Result<(Timestamp, Option<Roster>), Check> {
    let damaged = |found| Check::attention("store", found, language.doctor_mend_store());
    let scratch = match reading {
        Reading::Below(scratch) => scratch,
        Reading::Ends => return Err(damaged(language.store_unreadable())),
        Reading::Not(reason) => return Err(Check::unknown("store", reason.clone())),
    };
    let read = check::on_a_copy(&config.data, scratch, |store| {
        let view = Staged::new(store);
        Ok((single::clock(&view)?, single::roster(&view)?))
    });
    match read {
        Ok(read) => read.map_err(|error: StoreError| damaged(error.to_string())),
        Err(error @ CheckError::Copy { .. }) => Err(Check::unknown("store", error.to_string())),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// Whether the addresses are free that the node will listen on.
fn listening(config: &Config, language: Language, checks: &mut Vec<Check>) {
    let peers = config.listen.iter().map(|address| address.socket());
    for address in peers.chain(config.health) {
        checks.push(
            match TcpListener::bind(address) {
                Ok(_) => Check::fine("listen", language.doctor_address_free()),
                Err(error) => {
                    Check::attention("listen", error.to_string(), language.doctor_free_address())
                }
            }
            .of(address.to_string()),
        );
    }
}

/// What the roster in the store says, and whether its members' ports answer.
fn by_roster(
    config: &Config,
    roster: &Roster,
    language: Language,
    checks: &mut Vec<Check>,
) -> Vec<firewall::Rule> {
    let shown = fundlink_node::control::api::net::Roster::from(roster);
    remote::roster(config, &shown, language, checks);
    held_keys(config, roster, language, checks);
    let others = roster
        .members
        .iter()
        .filter(|member| member.code != config.center && member.status != MemberStatus::Revoked);
    let mut peers = Vec::new();
    for member in others {
        let addresses = member.addresses.iter().filter_map(|text| Address::parse(text).ok());
        let mut sockets = addresses.map(|address| address.socket()).peekable();
        let check = if sockets.peek().is_none() {
            Check::unknown("reaches", language.doctor_no_address())
        } else if sockets.any(|to| TcpStream::connect_timeout(&to, CONNECT_TIME).is_ok()) {
            Check::fine("reaches", language.doctor_port_answers())
        } else {
            let addresses = member.addresses.join(" ");
            let next = language.doctor_ask_firewall_out();
            Check::unreachable("reaches", language.doctor_nobody_answers(addresses), next)
        };
        checks.push(check.of(member.code.to_string()));
        let found = language.doctor_needs_node();
        checks.push(Check::unknown("reached-by", found).of(member.code.to_string()));
        let center = member.code.to_string();
        peers.push(Peer { center, addresses: member.addresses.clone() });
    }
    firewall::rules(config, &peers)
}

/// Whether the key file holds the keys that the roster lists; only a file without a passphrase is
/// opened for it.
fn held_keys(config: &Config, roster: &Roster, language: Language, checks: &mut Vec<Check>) {
    let Ok(held) = HeldKeys::open(&config.keys, &PassphraseSource::Nowhere) else { return };
    if fundlink_node::signing::lacks_listed(&held.keys, roster, config.now()) {
        let found = language.doctor_key_missing();
        checks.push(Check::attention("keys", found, language.doctor_mend_keys()));
    }
}

/// Whether the bank's interface takes connections.
pub(super) fn bank(config: &Config, language: Language, checks: &mut Vec<Check>) {
    let url = match &config.bank {
        BankDriver::Off => {
            checks.push(Check::fine("bank", language.doctor_bank_off()));
            return;
        }
        BankDriver::Http { url, .. } => url,
    };
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split('/').next().unwrap_or_default();
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let reached = host.to_socket_addrs().is_ok_and(|mut addresses| {
        addresses.any(|to| TcpStream::connect_timeout(&to, CONNECT_TIME).is_ok())
    });
    checks.push(if reached {
        Check::fine("bank", language.doctor_bank_answers(url))
    } else {
        let next = language.doctor_mend_bank();
        Check::unreachable("bank", language.doctor_bank_silent(url), next)
    });
}
