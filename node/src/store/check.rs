//! Checking a data folder that no node holds (`fundlink fsck`), without changing a byte of it.
//!
//! **Promises.** Sled writes when it opens, so what is opened is a copy, in a folder of its own that goes
//! with the check. What sled cannot read is a finding like any other.
//! **Left to others.** What is right and wrong in a store: `fundlink_protocol::engine::store_check`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use fundlink_protocol::engine::store_check::fault::{Cure, Fault};
use fundlink_protocol::engine::store_check::{self, Expected, Report};
use fundlink_protocol::store::keys::Area;
use fundlink_protocol::store::{Staged, StoreError};

use super::sled::{Found, SledStore};
use super::{FolderLock, OpenError, ReadLock};

/// Why a folder cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no store.
    #[error("there is no store in {folder}; name the data folder of a member, or restore a backup")]
    NoStore {
        /// The folder.
        folder: PathBuf,
    },
    /// A node holds it, or it is of a newer release.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No room or right to copy it.
    #[error(
        "the store cannot be copied to {folder}: {error}; a check needs as much room there as the store has, and --scratch names another folder"
    )]
    Copy {
        /// Where to.
        folder: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

/// Checks the store in a data folder, over a copy below `scratch`.
///
/// # Errors
/// When a node holds the folder, it has no store, the store is of a newer release, or it cannot be
/// copied.
pub fn check(folder: &Path, expected: &Expected, scratch: &Path) -> Result<Report, CheckError> {
    if !folder.join("store").is_dir() {
        return Err(CheckError::NoStore { folder: folder.to_owned() });
    }
    let lock = ReadLock::take(folder)?;
    let failed = |error| CheckError::Copy { folder: scratch.to_owned(), error };
    let copy = private_folder(scratch).map_err(failed)?;
    copy_store(folder, copy.path()).map_err(failed)?;
    drop(lock);
    let lock = FolderLock::take(copy.path())?;
    match open_as_found(copy.path(), lock)? {
        Ok(opened) => Ok(opened.check(expected)),
        Err(report) => Ok(report),
    }
}

/// A store that could be opened, with what was found on the way.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: SledStore,
    pub(super) on_the_way: Report,
}

impl Opened {
    /// Checks it as a whole, and adds what was found before.
    fn check(self, expected: &Expected) -> Report {
        let Self { store, mut on_the_way } = self;
        on_the_way.add(check_rows(&store, expected));
        on_the_way
    }
}

/// What a check of the readable rows finds.
pub(super) fn check_rows(store: &SledStore, expected: &Expected) -> Report {
    store_check::check(&Staged::new(store), expected).unwrap_or_else(|error| unreadable(&error))
}

fn unreadable(error: &StoreError) -> Report {
    let mut report = Report::default();
    report.tell(Fault::Unreadable, Cure::Restore, error.to_string());
    report
}

/// Opens a store as it is found. What sled keeps beside its log to start faster is left out when the
/// store cannot be opened with it: it follows from the log.
///
/// # Errors
/// When the store is of a newer release, or the folder cannot be used.
pub(super) fn open_as_found(
    folder: &Path,
    lock: FolderLock,
) -> Result<Result<Opened, Report>, OpenError> {
    let first = match SledStore::as_found(folder, lock) {
        Ok(found) => return Ok(Ok(opened(found, Report::default()))),
        Err(OpenError::Store(error @ StoreError::Corrupt { .. })) => error,
        Err(error) => return Err(error),
    };
    if !remove_summaries(folder).unwrap_or(false) {
        return Ok(Err(unreadable(&first)));
    }
    match SledStore::as_found(folder, FolderLock::take(folder)?) {
        Ok(found) => {
            let mut report = Report::default();
            let place = "the summary beside the log".to_owned();
            report.tell(Fault::Unreadable, Cure::Rebuild, place);
            Ok(Ok(opened(found, report)))
        }
        Err(OpenError::Store(error @ StoreError::Corrupt { .. })) => Ok(Err(unreadable(&error))),
        Err(error) => Err(error),
    }
}

fn opened(found: Found, mut report: Report) -> Opened {
    if let Some(lost) = &found.lost {
        report.tell(Fault::CommitsLost, Cure::Restore, lost.to_string());
    }
    let mut places: BTreeMap<Option<Area>, u64> = BTreeMap::new();
    for key in &found.damaged {
        let area = Area::of(key);
        let place = places.entry(area).or_default();
        let name = area.map_or_else(|| "no area".to_owned(), |area| format!("{area:?}"));
        report.tell(Fault::RowDamaged, Cure::of_row(area), format!("{name}, damaged row {place}"));
        *place = place.saturating_add(1);
    }
    for _ in 0..found.strange {
        report.tell(Fault::RowDamaged, Cure::Rebuild, "a row of no known kind".to_owned());
    }
    Opened { store: found.store, on_the_way: report }
}

/// Removes sled's summaries; false when there is none.
fn remove_summaries(folder: &Path) -> io::Result<bool> {
    let mut any = false;
    for entry in fs::read_dir(folder.join("store"))? {
        let path = entry?.path();
        let name = path.file_name().map(std::ffi::OsStr::to_string_lossy).unwrap_or_default();
        if name.starts_with("snap.") {
            fs::remove_file(&path)?;
            any = true;
        }
    }
    Ok(any)
}

/// A folder for this user alone, which goes when it is dropped.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut builder = tempfile::Builder::new();
    builder.prefix("fundlink-fsck-").permissions(fs::Permissions::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Copies what the store is made of: sled's folder and the count of commits.
pub(super) fn copy_store(from: &Path, to: &Path) -> io::Result<()> {
    copy_folder(&from.join("store"), &to.join("store"))?;
    match fs::copy(from.join("commits"), to.join("commits")) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
