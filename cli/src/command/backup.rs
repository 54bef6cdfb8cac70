//! `fundlink backup` and `fundlink restore`: a copy of a running node's store, and the way back.
//!
//! **Promises.** A backup gets its name when it is whole and was read back; neither command changes a
//! file that exists.
//! **Left to others.** The copy: the node. Catching up after a restore: its engine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use fundlink_node::backup::read::{Checked, check};
use fundlink_node::backup::restore::{Step, restore as restore_backup};
use fundlink_node::backup::{BackupError, Manifest};
use fundlink_node::clock;
use fundlink_node::config::Config;
use fundlink_node::store::OpenError;
use serde_json::{Value, json};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::progress;

/// Arguments of `fundlink backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArguments {
    /// Where to write the backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Arguments of `fundlink restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArguments {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Takes a backup of the running node.
///
/// # Errors
/// When the node does not run, or the file cannot be written.
pub(crate) fn backup(
    arguments: &BackupArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let target = &arguments.file;
    if target.exists() {
        return Err(Failure::usage(language.out_exists(target.display())));
    }
    let part = part_of(target);
    let done = write(&node, &part, output).and_then(|()| {
        let bar = progress::bar(output, size_of(&part));
        bar.set_message(language.backup_checking());
        let checked = check(&part, |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        let checked = checked.map_err(|error| failure(error, language))?;
        put_in_place(&part, target).map_err(|error| cannot_write(target, &error, language))?;
        Ok(checked)
    });
    let checked = match done {
        Ok(checked) => checked,
        Err(failure) => {
            // It is no backup, and must not be taken for one.
            fs::remove_file(&part).ok();
            return Err(failure);
        }
    };
    let path = target.display();
    output.line(language.backup_written(path, checked.entries, checked.bytes));
    show(&checked.manifest, output);
    output.line(language.backup_private());
    output.value(&value_of(&checked, target));
    Ok(Exit::Done)
}

/// Restores a backup into an empty data folder.
///
/// # Errors
/// When the backup is not good or of another member, or the data folder is in use.
pub(crate) fn restore(
    arguments: &RestoreArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let config = Config::read(config)?;
    let now = clock::wall_time().plus_ms(config.clock_offset_s.saturating_mul(1_000));
    let bar = progress::bar(output, size_of(&arguments.file).saturating_mul(2));
    let whole = size_of(&arguments.file);
    let restored = restore_backup(&arguments.file, &config, now, |step| match step {
        Step::Checking(bytes) => {
            bar.set_message(language.backup_checking());
            bar.set_position(bytes);
        }
        Step::Writing(bytes) => {
            bar.set_message(language.backup_writing());
            bar.set_position(whole.saturating_add(bytes));
        }
    });
    bar.finish_and_clear();
    let checked = restored.map_err(|error| failure(error, language))?;
    show(&checked.manifest, output);
    output.line(language.restored(config.data.display(), checked.manifest.taken));
    output.line(language.restored_next_log(config.center));
    output.value(&value_of(&checked, &config.data));
    Ok(Exit::Done)
}

fn write(node: &Node, part: &Path, output: &Output) -> Result<(), Failure> {
    let language = output.language;
    let failed = |error: io::Error| cannot_write(part, &error, language);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(part).map_err(failed)?;
    let bar = progress::bytes(output);
    bar.set_message(language.backup_writing());
    let written = node.stream("/v1/backup", |bytes| {
        bar.inc(u64::try_from(bytes.len()).unwrap_or(0));
        file.write_all(bytes).map_err(failed)
    });
    bar.finish_and_clear();
    written?;
    file.sync_all().map_err(failed)
}

/// The name under which a backup is written until it is whole.
fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Gives the file its name, unless something has it by now.
fn put_in_place(part: &Path, target: &Path) -> io::Result<()> {
    fs::hard_link(part, target)?;
    fs::remove_file(part)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn cannot_write(path: &Path, error: &io::Error, language: Language) -> Failure {
    Failure::usage(if error.kind() == ErrorKind::AlreadyExists {
        language.out_exists(path.display())
    } else {
        language.cannot_write(path.display(), error)
    })
}

fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn show(manifest: &Manifest, output: &Output) {
    let language = output.language;
    output.line(language.backup_of(manifest.center, &manifest.network, manifest.taken));
    for log in &manifest.logs {
        output.line(language.backup_log(&log.origin, log.size));
    }
}

fn value_of(checked: &Checked, path: &Path) -> Value {
    let manifest = &checked.manifest;
    let logs = manifest
        .logs
        .iter()
        .map(|log| json!({ "origin": log.origin, "size": log.size, "root": log.root.to_string() }));
    json!({
        "path": path,
        "center": manifest.center.to_string(),
        "network": manifest.network,
        "store_format": manifest.store_format,
        "taken": manifest.taken.to_string(),
        "acted": manifest.acted.to_string(),
        "roster_version": manifest.roster,
        "logs": logs.collect::<Vec<_>>(),
        "software": manifest.software,
        "entries": checked.entries,
        "bytes": checked.bytes,
    })
}

/// What a backup that is not good is called: it does not verify, a rule refuses it, or it is missing.
fn failure(error: BackupError, language: Language) -> Failure {
    match error {
        BackupError::File { path, error } => {
            Failure::usage(language.backup_file(path.display(), error))
        }
        BackupError::NotABackup(path) => Failure::usage(language.backup_not_one(path.display())),
        BackupError::Truncated(path, bytes) => {
            Failure::new(Exit::Unverified, language.backup_truncated(path.display(), bytes))
        }
        BackupError::Changed(path) => {
            Failure::new(Exit::Unverified, language.backup_changed(path.display()))
        }
        BackupError::NewerFormat { path, found, known } => {
            Failure::usage(language.backup_newer(path.display(), found, known))
        }
        BackupError::OtherMember { theirs, ours } => {
            Failure::new(Exit::Refused, language.backup_other(theirs, ours))
        }
        BackupError::NotEmpty(data) => {
            Failure::new(Exit::Refused, language.restore_not_empty(data.display()))
        }
        BackupError::Running(data) => {
            Failure::new(Exit::Refused, language.restore_running(data.display()))
        }
        BackupError::Full(data) => Failure::usage(language.restore_full(data.display())),
        BackupError::Snapshot(error) => Failure::new(Exit::Refused, error),
        BackupError::Open(error) => error.into(),
        BackupError::Store(error) => OpenError::Store(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_of_a_newer_release_ends_as_a_store_of_one_does() {
        let path = PathBuf::from("backup");
        let newer = BackupError::NewerFormat { path, found: 2, known: 1 };
        let failure = failure(newer, Language::English);
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("install the newer release"), "{}", failure.message);
    }
}
