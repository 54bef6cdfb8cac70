//! Trying on a copy whether sled can open a store, before it opens the store itself.
//!
//! What sled cannot read behind its last summary it takes for a torn end, and blots it out as it opens. After
//! a crash that is right; where a byte was changed, everything after it would be gone.
//!
//! **Promises.** A store that does not open whole is as it was. Files that nobody has touched since the last
//! holder left them are not tried, so a planned restart costs nothing.
//! **Left to others.** What is wrong with a store that does not open: `fundlink fsck`.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use super::super::check::copy_store;
use super::super::is_there;
use super::{OpenError, SledStore, damaged, io_error, is_full};

/// The copy, in the data folder while it is tried.
const COPY: &str = "opening";
/// What the last holder saw of the files when it left them.
const LEFT: &str = "left";

/// Refuses a store that cannot be opened whole, and leaves it as it is.
///
/// # Errors
/// When it is damaged, of a newer release, or cannot be copied for another reason than a full disk.
pub(super) fn run(folder: &Path) -> Result<(), OpenError> {
    forget_trial(folder)?;
    if !is_there(folder, "store/db")? {
        return if is_there(folder, "commits")? {
            Err(damaged("sled", "the file of the store is gone").into())
        } else {
            Ok(())
        };
    }
    if is_as_left(folder) {
        return forget(folder);
    }
    let copy = folder.join(COPY);
    let made = fs::DirBuilder::new().mode(0o700).create(&copy);
    let tried = match made.and_then(|()| copy_store(folder, &copy)) {
        Ok(()) => SledStore::open_copy(&copy).map(drop),
        // The node must start on a full disk, or nobody could read what it holds.
        Err(error) if is_full(&error) => Ok(()),
        Err(error) => Err(io_error(&error).into()),
    };
    forget_trial(folder)?;
    tried.and_then(|()| forget(folder))
}

/// Takes the note away before the files change.
fn forget(folder: &Path) -> Result<(), OpenError> {
    unless_absent(fs::remove_file(folder.join(LEFT)))
}

fn unless_absent(removed: io::Result<()>) -> Result<(), OpenError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error(&error).into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Takes away the copy of a trial that ended its process.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn forget_trial(folder: &Path) -> Result<(), OpenError> {
    unless_absent(fs::remove_dir_all(folder.join(COPY)))
}

/// Notes how the files are left by a holder whose last commit stands.
pub(super) fn leave(folder: &Path) -> io::Result<()> {
    fs::write(folder.join(LEFT), look(folder)?.as_bytes())
}

fn is_as_left(folder: &Path) -> bool {
    let noted = fs::read(folder.join(LEFT)).ok();
    noted.is_some_and(|noted| look(folder).is_ok_and(|seen| noted == seen.as_bytes()))
}

/// What every write to a file changes: its size and the time of its last change, which no program sets.
fn look(folder: &Path) -> io::Result<blake3::Hash> {
    let mut paths = vec![folder.join("commits")];
    for entry in fs::read_dir(folder.join("store"))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let seen = fs::metadata(&path)?;
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        hasher.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes()).update(name);
        hasher.update(&seen.len().to_be_bytes()).update(&seen.ino().to_be_bytes());
        hasher.update(&seen.ctime().to_be_bytes()).update(&seen.ctime_nsec().to_be_bytes());
    }
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests;
