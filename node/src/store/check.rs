//! Checking a data folder that no node holds (`fundlink fsck`), without changing a byte of it.
//!
//! **Promises.** Sled writes when it opens, so what is opened is a copy, in a folder of its own that goes
//! with the check. What sled cannot read is a finding like any other.
//! **Left to others.** What is right and wrong in a store: `fundlink_protocol::engine::store_check`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use fundlink_protocol::engine::store_check::fault::{Cure, Fault};
use fundlink_protocol::engine::store_check::{self, Expected, Report};
use fundlink_protocol::store::keys::Area;
use fundlink_protocol::store::{Staged, StoreError};

use super::sled::{Found, SledStore};
use super::{FolderLock, OpenError, ReadLock, has_store};

/// Why a folder cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no store.
    #[error(
        "there is no store in {folder}; name the data folder of a member, or restore a backup with `fundlink restore`"
    )]
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
    let copy = copy_below(folder, scratch)?;
    let lock = FolderLock::take(copy.path())?;
    match open_as_found(copy.path(), lock)? {
        Ok(opened) => Ok(opened.check(expected)),
        Err(report) => Ok(report),
    }
}

/// Reads something of the store in a data folder, over a copy below `scratch`.
///
/// # Errors
/// When a node holds the folder, it has no store, the store is damaged or of a newer release, or it
/// cannot be copied.
pub fn on_a_copy<T>(
    folder: &Path,
    scratch: &Path,
    look: impl FnOnce(&SledStore) -> T,
) -> Result<T, CheckError> {
    let copy = copy_below(folder, scratch)?;
    Ok(look(&SledStore::open_copy(copy.path())?))
}

fn copy_below(folder: &Path, scratch: &Path) -> Result<tempfile::TempDir, CheckError> {
    if !has_store(folder)? {
        return Err(CheckError::NoStore { folder: folder.to_owned() });
    }
    let _lock = ReadLock::take(folder)?;
    assert_readable(&folder.join("store"))?;
    let failed = |error| CheckError::Copy { folder: scratch.to_owned(), error };
    let copy = private_folder(scratch).map_err(failed)?;
    copy_store(folder, copy.path()).map_err(failed)?;
    Ok(copy)
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
        let rows = check_rows(&store, expected);
        on_the_way.add(unexplained(&on_the_way, rows));
        on_the_way
    }
}

/// What lost commits do not explain: whoever has lost all of them has joined, and joins no second time.
pub(super) fn unexplained(on_the_way: &Report, rows: Report) -> Report {
    let is_lost = on_the_way.counts.contains_key(&Fault::CommitsLost);
    if is_lost && rows.counts.contains_key(&Fault::NotJoined) { Report::default() } else { rows }
}

/// What a check of the readable rows finds.
pub(super) fn check_rows(store: &SledStore, expected: &Expected) -> Report {
    store_check::check(&Staged::new(store), expected).unwrap_or_else(|error| unreadable(&error))
}

fn unreadable(error: &StoreError) -> Report {
    let mut report = Report::default();
    report.tell(Fault::Unreadable, Cure::Restore, words_of(error));
    report
}

/// What was found, without what to do: each finding says that itself.
fn words_of(error: &StoreError) -> String {
    match error {
        StoreError::Corrupt { place, detail } => format!("{place}: {detail}"),
        StoreError::Full | StoreError::Io(_) | StoreError::NewerFormat { .. } => error.to_string(),
    }
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
        report.tell(Fault::CommitsLost, Cure::Restore, words_of(lost));
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

/// What cannot be read is told from a copy that cannot be written.
fn assert_readable(folder: &Path) -> Result<(), OpenError> {
    let refused = |error| OpenError::Folder { folder: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.is_dir() {
            assert_readable(&path)?;
        } else {
            File::open(&path).map_err(refused)?;
        }
    }
    Ok(())
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
