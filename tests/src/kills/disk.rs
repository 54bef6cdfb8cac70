//! Disks that get full: each a file system of its own, of a size that can be changed while a node works.
//!
//! **Promises.** What a program is told by a full disk is told by the kernel. The disks are seen by this process
//! and its children alone, and are gone with it.
//! **Left to others.** When they get full: `moments`.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fundlink_node::disk::free_bytes;

/// A small disk under a folder.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

/// Bytes of a disk that has room: more than any store here needs.
const ROOM: u64 = 512 * 1024 * 1024;
/// Says to the program that it is in a namespace of its own.
const OWN_MOUNTS: &str = "FUNDLINK_TESTS_OWN_MOUNTS";

/// Lets this program start again where it may mount file systems that nobody else sees; returns only there.
///
/// # Panics
/// When the machine does not allow it, with what to do.
pub fn require_own_mounts() {
    if std::env::var_os(OWN_MOUNTS).is_some() {
        return;
    }
    let program = std::env::current_exe().expect("a running program has a path");
    let mut unshare = Command::new("unshare");
    // Whoever is not root becomes it in a namespace of users.
    let is_root = fs::metadata("/proc/self").is_ok_and(|found| owner(&found) == 0);
    unshare.args(if is_root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
    unshare.arg("--").arg(program).args(std::env::args_os().skip(1)).env(OWN_MOUNTS, "1");
    let error = unshare.exec();
    panic!(
        "no file systems can be mounted here ({error}), so no disk can get full: run this as root, or allow \
         namespaces of users (sysctl user.max_user_namespaces)"
    );
}

fn owner(found: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(found)
}

impl SmallDisk {
    /// Puts a disk under an existing folder, with what is in it.
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn under(folder: &Path) -> Self {
        let aside = folder.with_extension("before");
        fs::rename(folder, &aside).expect("the folder can be renamed");
        fs::create_dir(folder).expect("a folder can be made");
        let size = format!("size={ROOM},mode=700");
        mount(&["-t", "tmpfs", "-o", &size, "disk"], folder).expect("a disk can be mounted");
        let disk = Self { folder: folder.to_owned() };
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(aside.join(".")).arg(folder);
        assert!(copy.status().is_ok_and(|done| done.success()), "the folder can be copied");
        fs::remove_dir_all(&aside).expect("a folder can be removed");
        disk
    }

    /// Lets it get full but for so many KiB.
    ///
    /// # Panics
    /// When its size cannot be changed.
    pub fn fill(&self, left_kib: u64) {
        // A node that writes meanwhile may need more than was just measured; then once more.
        let filled = (0..20).any(|_| {
            let free = free_bytes(&self.folder).expect("the system says what is free");
            self.resize(ROOM.saturating_sub(free) + left_kib * 1024).is_ok()
        });
        assert!(filled, "the disk under {} cannot be made smaller", self.folder.display());
    }

    /// Gives it room again.
    ///
    /// # Panics
    /// When its size cannot be changed.
    pub fn give_room(&self) {
        self.resize(ROOM).expect("a disk can be made larger");
    }

    fn resize(&self, bytes: u64) -> Result<(), String> {
        mount(&["-o", &format!("remount,size={bytes}")], &self.folder)
    }
}

fn mount(words: &[&str], folder: &Path) -> Result<(), String> {
    let done = Command::new("mount").args(words).arg(folder).output();
    let done = done.expect("mount is installed");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(said) }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It goes with this process in any case.
        Command::new("umount").arg("--lazy").arg(&self.folder).status().ok();
    }
}
