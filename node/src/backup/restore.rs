//! Restoring a backup into an empty data folder, with the mark that makes the node catch up.
//!
//! **Promises.** Nothing is written before the whole backup was found good and of this member; the data
//! folder gets its name when the store in it is complete, so a restore that is interrupted leaves none.
//! **Left to others.** Catching up, and the next log: the engine, and the authority.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use fundlink_protocol::engine::recovery;
use fundlink_protocol::store::{Batch, Entry, Staged, Store as _, StoreError};
use fundlink_protocol::time::Timestamp;

use super::read::{BackupReader, Checked, check};
use super::{BackupError, Manifest};
use crate::config::Config;
use crate::store::sled::SledStore;
use crate::store::{FolderLock, OpenError};

/// Bytes of the entries that one commit writes.
const COMMIT_BYTES: usize = 4 * 1024 * 1024;

/// How far a restore is: bytes checked, then bytes written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The backup is being checked.
    Checking(u64),
    /// The store is being written.
    Writing(u64),
}

/// Restores a backup for a member.
///
/// # Errors
/// When the backup is not good, of somebody else, or the data folder is in use.
pub fn restore(
    backup: &Path,
    config: &Config,
    now: Timestamp,
    mut progress: impl FnMut(Step),
) -> Result<Checked, BackupError> {
    check_folder(config)?;
    let (_, manifest) = BackupReader::open(backup)?;
    check_member(&manifest, config)?;
    let checked = check(backup, |bytes| progress(Step::Checking(bytes)))?;
    let beside = beside(&config.data);
    clear(&beside)?;
    let written = write(backup, &beside, |bytes| progress(Step::Writing(bytes)))
        .and_then(|mut store| mark(&mut store, (config, &checked.manifest), now));
    if let Err(error) = written {
        // What is left of it is not a store, and nobody takes it for one.
        clear(&beside).ok();
        return Err(if is_full(&error) { BackupError::Full(config.data.clone()) } else { error });
    }
    put_in_place(&beside, &config.data)?;
    Ok(checked)
}

/// Whether the disk has no room left.
fn is_full(error: &BackupError) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    match error {
        BackupError::Store(error) | BackupError::Open(OpenError::Store(error)) => {
            *error == StoreError::Full
        }
        BackupError::File { error, .. } | BackupError::Open(OpenError::Folder { error, .. }) => {
            full.contains(&error.kind())
        }
        BackupError::Open(OpenError::InUse { .. })
        | BackupError::NotABackup(_)
        | BackupError::Truncated(..)
        | BackupError::Changed(_)
        | BackupError::NewerFormat { .. }
        | BackupError::OtherMember { .. }
        | BackupError::NotEmpty(_)
        | BackupError::Running(_)
        | BackupError::Full(_)
        | BackupError::Snapshot(_) => false,
    }
}

fn check_folder(config: &Config) -> Result<(), BackupError> {
    let data = &config.data;
    if UnixStream::connect(&config.control).is_ok() {
        return Err(BackupError::Running(data.clone()));
    }
    match fs::read_dir(data).map(|mut entries| entries.next().is_none()) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::File { path: data.clone(), error }),
        Ok(true) => Ok(()),
        // Whoever holds the lock is a node that does not answer yet.
        Ok(false) if !data.join("lock").exists() => Err(BackupError::NotEmpty(data.clone())),
        Ok(false) => match FolderLock::take(data) {
            Err(OpenError::InUse { .. }) => Err(BackupError::Running(data.clone())),
            Ok(_) | Err(_) => Err(BackupError::NotEmpty(data.clone())),
        },
    }
}

fn check_member(manifest: &Manifest, config: &Config) -> Result<(), BackupError> {
    let ours = (config.network.to_string(), config.center);
    if (manifest.network.clone(), manifest.center) == ours {
        return Ok(());
    }
    Err(BackupError::OtherMember {
        theirs: format!("{} of {}", manifest.center, manifest.network),
        ours: format!("{} of {}", config.center, config.network),
    })
}

/// The folder in which the store is made.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.as_os_str().to_owned();
    name.push(".restoring");
    PathBuf::from(name)
}

/// Takes away what an interrupted restore has left.
fn clear(folder: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(BackupError::File { path: folder.to_owned(), error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write(
    backup: &Path,
    folder: &Path,
    mut progress: impl FnMut(u64),
) -> Result<SledStore, BackupError> {
    let (mut reader, _) = BackupReader::open(backup)?;
    let mut store = SledStore::open(folder)?;
    let mut batch = Batch::default();
    let mut bytes: usize = 0;
    while let Some(entries) = reader.block()? {
        bytes = bytes.saturating_add(entries.iter().map(size_of_entry).sum());
        batch.writes.extend(entries.into_iter().map(|(key, value)| (key, Some(value))));
        if bytes > COMMIT_BYTES {
            store.commit(core::mem::take(&mut batch))?;
            bytes = 0;
        }
        progress(reader.position());
    }
    store.commit(batch)?;
    Ok(store)
}

fn size_of_entry((key, value): &Entry) -> usize {
    key.len().saturating_add(value.len())
}

fn mark(
    store: &mut SledStore,
    (config, manifest): (&Config, &Manifest),
    now: Timestamp,
) -> Result<(), BackupError> {
    let mut view = Staged::new(store);
    recovery::mark_restored(&mut view, config.center, (now, manifest.taken))?;
    let batch = view.into_batch();
    Ok(store.commit(batch)?)
}

fn put_in_place(beside: &Path, data: &Path) -> Result<(), BackupError> {
    let failed = |error| BackupError::File { path: data.to_owned(), error };
    match fs::remove_dir(data) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    fs::rename(beside, data).and_then(|()| sync_parent(data)).map_err(failed)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
