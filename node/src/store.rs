//! The durable store of a node: one folder, one process, one format.
//!
//! **Promises.** Only one process holds a data folder; a store of a newer release is refused before
//! a byte of it is read.
//! **Left to others.** What the keys mean: `fundlink_protocol::store::keys`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use fundlink_protocol::store::StoreError;

pub mod check;
pub mod repair;
pub mod sled;

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the folder.
    #[error(
        "the data folder {folder} is in use by another process; stop that node, or give this one a folder of its own"
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be made, or its lock cannot be taken.
    #[error(
        "the data folder {folder} cannot be used: {error}; check that it exists and who owns it"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The store in the folder cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The exclusive hold of a process on a data folder; given back when dropped, or when it dies.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Makes the folder, for its owner alone, where it is missing, and takes its lock.
    ///
    /// # Errors
    /// When another process has it, or the operating system refuses.
    pub fn take(folder: &Path) -> Result<Self, OpenError> {
        let refused = |error| OpenError::Folder { folder: folder.to_owned(), error };
        if !folder.is_dir() {
            create_private_folder(folder).map_err(refused)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { folder: folder.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
        // The process id is for the operator who looks into the folder; nothing reads it.
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(refused)?;
        Ok(Self { _file: file })
    }
}

/// The hold of a process that only reads: nothing in the folder is changed, and no node starts
/// meanwhile.
#[derive(Debug)]
pub struct ReadLock {
    _file: Option<File>,
}

impl ReadLock {
    /// Takes the lock of a folder that is there.
    ///
    /// # Errors
    /// When a node has it, or the operating system refuses.
    pub fn take(folder: &Path) -> Result<Self, OpenError> {
        let refused = |error| OpenError::Folder { folder: folder.to_owned(), error };
        let file = match File::open(folder.join("lock")) {
            Ok(file) => file,
            // A folder that no node ever held; a copy of one, say.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { _file: None });
            }
            Err(error) => return Err(refused(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }
}

/// Whether a panic in this source file is one of the embedded store, which takes contradictions in its file
/// for bugs of its own.
#[must_use]
pub fn is_of_the_store(file: &str) -> bool {
    file.contains("/sled-") || file.starts_with("sled-")
}

/// Whether something stands at a path in a data folder.
///
/// # Errors
/// When that cannot be seen: then nobody may take it for missing.
pub(crate) fn is_there(folder: &Path, name: &str) -> Result<bool, OpenError> {
    match fs::metadata(folder.join(name)) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(OpenError::Folder { folder: folder.to_owned(), error }),
    }
}

/// Whether a data folder has a store.
///
/// # Errors
/// When that cannot be seen.
pub fn has_store(folder: &Path) -> Result<bool, OpenError> {
    Ok(is_there(folder, "store")? && folder.join("store").is_dir())
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_has_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let held = FolderLock::take(&data).unwrap();
        assert!(matches!(FolderLock::take(&data), Err(OpenError::InUse { .. })));
        drop(held);
        FolderLock::take(&data).unwrap();
    }

    #[test]
    fn a_panic_of_the_embedded_store_is_told_from_ours() {
        assert!(is_of_the_store("cargo/registry/src/index/sled-0.34.7/src/pagecache/mod.rs"));
        assert!(!is_of_the_store("node/src/store/sled.rs"));
        assert!(!is_of_the_store("protocol/src/engine/round.rs"));
    }

    #[test]
    fn a_data_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = FolderLock::take(&file.join("data")).unwrap_err();
        assert!(error.to_string().contains("data cannot be used"), "{error}");
    }
}
