//! [`Store`] on sled 0.34, made durable and made to notice damage.
//!
//! **Promises.** A commit returns after `fdatasync`: sled's own flush is `sync_file_range` on Linux,
//! which neither waits for the disk's cache nor writes metadata. Each value carries a check over its
//! key and its bytes, so a flipped byte is [`StoreError::Corrupt`] and never served. Commits that
//! were acknowledged and are gone at the next start are noticed by their count. After a failed
//! commit the store refuses everything: what is in sled's memory is then not what is on disk.
//! **Left to others.** Meaning and format of values, and the chain of hashes over them: the engine.
//!
//! Layout inside sled's default tree:
//!
//! | first byte | rest of the key | value |
//! |---|---|---|
//! | 0 | the key | 0 ‖ value ‖ check, or 1 ‖ number of chunks ‖ check |
//! | 1 | BLAKE3 of the key ‖ chunk number | a part of a large value |
//! | 2 | a name | `format` and `commits`, with a check |
//!
//! Large values are cut into chunks, because sled puts a page that is too large for its segment into a file
//! of its own, and never syncs that file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use fundlink_protocol::store::{Batch, Entry, Store, StoreError};
use sled::IVec;

use super::{FolderLock, OpenError};

mod as_found;
pub mod snapshot;
mod trial;

pub use as_found::Found;
pub use trial::forget_trial;

/// The embedded store of a node.
#[derive(Debug)]
pub struct SledStore {
    db: sled::Db,
    /// The file that sled writes to; a second descriptor syncs it as well as sled's own.
    data: File,
    /// The number of the last acknowledged commit, outside of sled.
    acknowledged: File,
    commits: u64,
    failed: Option<StoreError>,
    snapshot: snapshot::Running,
    /// The folder in which is noted how it was left.
    leaves: Option<PathBuf>,
    _lock: FolderLock,
}

/// The newest format that this release reads, and the one it writes.
pub const FORMAT: u32 = 1;
/// Bytes of a value that stay in one entry. Sled puts a page of more than a quarter of its 512 KiB
/// segment aside; a leaf has up to 16 entries, and 4 more between a merge and the next split.
const CHUNK_BYTES: usize = 5 * 1024;
/// Bytes of a key: an index page has up to 256 of them.
const KEY_BYTES_MAX: usize = 256;
const _: () = assert!(20 * (CHUNK_BYTES + KEY_BYTES_MAX + 64) < 128 * 1024);
/// Bytes of the check at the end of a value.
const CHECK_BYTES: usize = 8;
/// Bytes that sled may keep in memory.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;

/// How often it is looked whether an earlier user in this process has let go of the store.
const LOCK_LOOKS: u32 = 200;
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

const VALUE: u8 = 0;
const CHUNK: u8 = 1;
const OWN: u8 = 2;
const INLINE: u8 = 0;
const CHUNKED: u8 = 1;

impl SledStore {
    /// Opens the store in a data folder, or makes an empty one.
    ///
    /// # Errors
    /// When another process holds the folder, the store is of a newer release, or it is damaged: then its
    /// files are as they were.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let lock = FolderLock::take(folder)?;
        trial::run(folder)?;
        let mut store = Self::open_whole(folder, lock)?;
        store.leaves = Some(folder.to_owned());
        Ok(store)
    }

    /// Opens a store that may be changed by it: a copy.
    ///
    /// # Errors
    /// When it is of a newer release, or it is damaged.
    pub(in crate::store) fn open_copy(folder: &Path) -> Result<Self, OpenError> {
        Self::open_whole(folder, FolderLock::take(folder)?)
    }

    fn open_whole(folder: &Path, lock: FolderLock) -> Result<Self, OpenError> {
        match Self::open_under(folder, lock)? {
            (store, None) => Ok(store),
            (_, Some(lost)) => Err(lost.into()),
        }
    }

    /// Opens the store under a lock, and says which acknowledged commits are gone.
    fn open_under(
        folder: &Path,
        lock: FolderLock,
    ) -> Result<(Self, Option<StoreError>), OpenError> {
        let path = folder.join("store");
        remove_unfinished(&path).map_err(|error| io_error(&error))?;
        let db = open_once_free(&path).map_err(|error| store_error(&error))?;
        let data = File::open(path.join("db")).map_err(|error| io_error(&error))?;
        let acknowledged = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("commits"))
            .map_err(|error| io_error(&error))?;
        let mut store = Self {
            db,
            data,
            acknowledged,
            commits: 0,
            failed: None,
            snapshot: snapshot::Running::default(),
            leaves: None,
            _lock: lock,
        };
        store.check_format()?;
        let lost = store.check_commits()?;
        // The names of new files are durable only when their folders are.
        for made in [folder, path.as_path()] {
            File::open(made).and_then(|made| made.sync_all()).map_err(|error| io_error(&error))?;
        }
        Ok((store, lost))
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let key = own_key(b"format");
        let Some(stored) = self.db.get(&key).map_err(|error| store_error(&error))? else {
            if self.db.iter().next().is_some() {
                return Err(damaged("format", "the entry is missing"));
            }
            self.db
                .insert(&key, with_check(&key, &FORMAT.to_be_bytes()))
                .map_err(|error| store_error(&error))?;
            return self.make_durable();
        };
        let found = u32::from_be_bytes(checked_number("format", &key, &stored)?);
        if found > FORMAT { Err(StoreError::NewerFormat { found, known: FORMAT }) } else { Ok(()) }
    }

    fn check_commits(&mut self) -> Result<Option<StoreError>, StoreError> {
        let key = own_key(b"commits");
        let stored = self.db.get(&key).map_err(|error| store_error(&error))?;
        self.commits = match stored {
            Some(stored) => u64::from_be_bytes(checked_number("commits", &key, &stored)?),
            None => 0,
        };
        // The file is not synced, so after a power loss it may be old or torn, never ahead.
        let mut bytes = [0; 8 + CHECK_BYTES];
        let acknowledged = match self.acknowledged.read_exact_at(&mut bytes, 0) {
            Ok(()) => checked_number("commits", &key, &bytes).map_or(0, u64::from_be_bytes),
            Err(_) => 0,
        };
        if acknowledged > self.commits {
            let lost = acknowledged - self.commits;
            return Ok(Some(damaged("commits", &format!("the last {lost} commits are gone"))));
        }
        Ok(None)
    }

    /// Waits until all that sled has written would survive a power loss.
    fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| store_error(&error))?;
        self.data.sync_data().map_err(|error| io_error(&error))
    }

    fn usable(&self) -> Result<(), StoreError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn stage(&self, batch: Batch) -> Result<sled::Batch, StoreError> {
        let mut staged = sled::Batch::default();
        for (key, value) in batch.writes {
            if key.len() > KEY_BYTES_MAX {
                return Err(StoreError::Io(format!("a key is longer than {KEY_BYTES_MAX} bytes")));
            }
            self.stage_value(&mut staged, &key, value)?;
        }
        let commits = own_key(b"commits");
        staged.insert(
            commits.as_slice(),
            with_check(&commits, &self.commits.wrapping_add(1).to_be_bytes()),
        );
        Ok(staged)
    }

    fn stage_value(
        &self,
        staged: &mut sled::Batch,
        key: &[u8],
        value: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let stored_key = value_key(key);
        let before = self.db.get(&stored_key).map_err(|error| store_error(&error))?;
        let chunks_before = before.map_or(Ok(0), |stored| chunk_count(&stored))?;
        let chunks_after = match &value {
            Some(value) if value.len() > CHUNK_BYTES => value.len().div_ceil(CHUNK_BYTES),
            Some(_) | None => 0,
        };
        let chunks_after = u32::try_from(chunks_after)
            .map_err(|_| StoreError::Io("a value is longer than 64 TiB".into()))?;
        for number in chunks_after..chunks_before {
            staged.remove(chunk_key(key, number));
        }
        let Some(value) = value else {
            staged.remove(stored_key);
            return Ok(());
        };
        if chunks_after == 0 {
            let mut stored = Vec::with_capacity(value.len() + 1 + CHECK_BYTES);
            stored.push(INLINE);
            stored.extend_from_slice(&value);
            stored.extend_from_slice(&check(key, &value));
            staged.insert(stored_key, stored);
            return Ok(());
        }
        for (number, chunk) in (0..chunks_after).zip(value.chunks(CHUNK_BYTES)) {
            staged.insert(chunk_key(key, number), chunk);
        }
        let mut stored = vec![CHUNKED];
        stored.extend_from_slice(&chunks_after.to_be_bytes());
        stored.extend_from_slice(&check(key, &value));
        staged.insert(stored_key, stored);
        Ok(())
    }

    /// What copies of this store are taken from while it is in use.
    #[must_use]
    pub fn snapshots(&self) -> snapshot::Snapshots {
        snapshot::Snapshots::new(self.db.clone(), self.snapshot.clone())
    }
}

/// Opens sled once nobody else of this process has it: its threads keep its lock for a moment after the
/// last user is gone. Other processes are kept out by the lock of the folder.
fn open_once_free(path: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES);
    let is_taken = |error: &sled::Error| error.to_string().contains("could not acquire lock");
    for _ in 0..LOCK_LOOKS {
        match config.open() {
            Err(error) if is_taken(&error) => thread::sleep(LOOK_AGAIN),
            opened => return opened,
        }
    }
    config.open()
}

/// Removes summaries that sled had not finished when its process ended or its disk was full: it would take
/// one for the newest, and not open. What it had summed up is still in its log.
fn remove_unfinished(store: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(store) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The value behind an entry, or why it cannot be served.
fn open_value(db: &sled::Db, key: &[u8], stored: &IVec) -> Result<Vec<u8>, StoreError> {
    let Some((body, sum)) = stored.split_last_chunk::<CHECK_BYTES>() else {
        return Err(damaged("value", "an entry is too short"));
    };
    let chunks = chunk_count(stored)?;
    let value = if chunks == 0 {
        body.get(1..).unwrap_or_default().to_vec()
    } else {
        let mut value = Vec::new();
        for number in 0..chunks {
            let chunk = db
                .get(chunk_key(key, number))
                .map_err(|error| store_error(&error))?
                .ok_or_else(|| damaged("value", "a chunk is missing"))?;
            value.extend_from_slice(&chunk);
        }
        value
    };
    if check(key, &value) == *sum {
        Ok(value)
    } else {
        Err(damaged("value", "an entry does not match its check"))
    }
}

fn open_entry(db: &sled::Db, found: sled::Result<(IVec, IVec)>) -> Result<Entry, StoreError> {
    let (stored_key, stored) = found.map_err(|error| store_error(&error))?;
    let key = stored_key.get(1..).unwrap_or_default().to_vec();
    let value = open_value(db, &key, &stored)?;
    Ok((key, value))
}

fn get(db: &sled::Db, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let stored = db.get(value_key(key)).map_err(|error| store_error(&error))?;
    stored.map(|stored| open_value(db, key, &stored)).transpose()
}

fn range(db: &sled::Db, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
    let entries = db.range(value_key(from)..value_key(to)).take(limit);
    entries.map(|found| open_entry(db, found)).collect()
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if let (Some(folder), None) = (&self.leaves, &self.failed)
            && self.make_durable().is_ok()
        {
            // Only a hint for the next start, which is slower without.
            trial::leave(folder).ok();
        }
    }
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.usable()?;
        get(&self.db, key)
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.usable()?;
        if from >= to {
            return Ok(Vec::new());
        }
        range(&self.db, from, to, limit)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, StoreError> {
        self.usable()?;
        if from >= to {
            return Ok(None);
        }
        let last = self.db.range(value_key(from)..value_key(to)).next_back();
        last.map(|found| open_entry(&self.db, found)).transpose()
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.usable()?;
        // A copy that is being taken sees all of a commit or nothing.
        let running = self.snapshot.clone();
        let _copying = running.before_commit(&self.db, &batch)?;
        let staged = self.stage(batch)?;
        let written = self
            .db
            .apply_batch(staged)
            .map_err(|error| store_error(&error))
            .and_then(|()| self.make_durable());
        if let Err(error) = written {
            self.failed = Some(error.clone());
            return Err(error);
        }
        self.commits = self.commits.wrapping_add(1);
        // Only a hint for the next start: the commit stands whether or not this can be written.
        let count = with_check(&own_key(b"commits"), &self.commits.to_be_bytes());
        self.acknowledged.write_all_at(&count, 0).ok();
        Ok(())
    }
}

fn value_key(key: &[u8]) -> Vec<u8> {
    prefixed(VALUE, key)
}

fn own_key(name: &[u8]) -> Vec<u8> {
    prefixed(OWN, name)
}

fn prefixed(first: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(rest.len() + 1);
    key.push(first);
    key.extend_from_slice(rest);
    key
}

fn chunk_key(key: &[u8], number: u32) -> Vec<u8> {
    let mut chunk = prefixed(CHUNK, blake3::hash(key).as_bytes());
    chunk.extend_from_slice(&number.to_be_bytes());
    chunk
}

/// How many chunks an entry has; 0 when the value stands in the entry itself.
fn chunk_count(stored: &[u8]) -> Result<u32, StoreError> {
    match stored.split_first() {
        Some((&INLINE, _)) => Ok(0),
        Some((&CHUNKED, rest)) => match rest.split_first_chunk::<4>() {
            Some((count, sum)) if sum.len() == CHECK_BYTES => Ok(u32::from_be_bytes(*count)),
            Some(_) | None => Err(damaged("value", "an entry has another length")),
        },
        Some(_) | None => Err(damaged("value", "an entry is of no known kind")),
    }
}

/// The first bytes of BLAKE3 over the key and the value, the key with its length before it.
fn check(key: &[u8], value: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(key);
    hasher.update(value);
    let mut sum = [0; CHECK_BYTES];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

fn with_check(key: &[u8], value: &[u8]) -> Vec<u8> {
    [value, &check(key, value)].concat()
}

fn checked_number<const N: usize>(
    place: &'static str,
    key: &[u8],
    stored: &[u8],
) -> Result<[u8; N], StoreError> {
    match stored.split_first_chunk::<N>() {
        Some((number, sum)) if *sum == check(key, number) => Ok(*number),
        Some(_) | None => Err(damaged(place, "the entry does not match its check")),
    }
}

fn damaged(place: &'static str, detail: &str) -> StoreError {
    StoreError::Corrupt { place, detail: detail.to_owned() }
}

fn store_error(error: &sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => io_error(error),
        sled::Error::Corruption { .. } => damaged("sled", "a page does not match its check"),
        sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_) => damaged("sled", &error.to_string()),
    }
}

fn io_error(error: &io::Error) -> StoreError {
    if is_full(error) { StoreError::Full } else { StoreError::Io(error.to_string()) }
}

fn is_full(error: &io::Error) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    // Sled hands on the kind of an error, and sometimes only its number in words.
    full.contains(&error.kind()) || error.to_string().contains("os error 28")
}

#[cfg(test)]
mod tests;
