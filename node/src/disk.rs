//! The disk under a folder.
//!
//! **Promises.** Nothing is written.

use std::io;
use std::path::Path;

/// Bytes that an ordinary user can still write to the file system of a folder.
///
/// # Errors
/// When the operating system does not say.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
