//! Reading a backup, block by block.
//!
//! **Promises.** No length of the file is believed before that many bytes are there; a file is good only
//! when its last line is, and nothing follows it.
//! **Left to others.** What becomes of the entries: `restore`.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use fundlink_protocol::cbor;
use fundlink_protocol::store::Entry;

use super::{BLOCK_BYTES_MAX, BackupError, FILE_FORMAT, MAGIC, Manifest};
use crate::store::sled::FORMAT;

/// A backup that is being read.
#[derive(Debug)]
pub struct BackupReader {
    path: PathBuf,
    file: BufReader<File>,
    hasher: blake3::Hasher,
    read: u64,
    entries: u64,
}

/// Bytes of the first line, at most.
const LINE_BYTES_MAX: usize = 32;

impl BackupReader {
    /// Opens a backup and reads what it says of itself.
    ///
    /// # Errors
    /// When it is no backup, of a newer release, or ends too early.
    pub fn open(path: &Path) -> Result<(Self, Manifest), BackupError> {
        let failed = |error| BackupError::File { path: path.to_owned(), error };
        let file = BufReader::new(File::open(path).map_err(failed)?);
        let mut reader = Self {
            path: path.to_owned(),
            file,
            hasher: blake3::Hasher::new(),
            read: 0,
            entries: 0,
        };
        reader.first_line()?;
        let manifest = reader.part()?;
        let manifest: Manifest = cbor::decode(&manifest).map_err(|_| reader.changed())?;
        if manifest.store_format > FORMAT {
            return Err(reader.newer(manifest.store_format, FORMAT));
        }
        Ok((reader, manifest))
    }

    /// Bytes that were read.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.read
    }

    fn first_line(&mut self) -> Result<(), BackupError> {
        let mut line = Vec::new();
        while line.len() < LINE_BYTES_MAX && line.last() != Some(&b'\n') {
            match self.bytes(1) {
                Ok(byte) => line.extend_from_slice(&byte),
                Err(BackupError::Truncated(..)) if !line.starts_with(MAGIC.as_bytes()) => break,
                Err(error) => return Err(error),
            }
        }
        let text = core::str::from_utf8(&line).ok();
        let number = text.and_then(|text| text.strip_prefix(MAGIC)?.strip_suffix('\n'));
        let number = number.and_then(|number| number.parse::<u32>().ok());
        match number {
            Some(FILE_FORMAT) => Ok(()),
            Some(found) if found > FILE_FORMAT => Err(self.newer(found, FILE_FORMAT)),
            Some(_) | None => Err(BackupError::NotABackup(self.path.clone())),
        }
    }

    /// The entries of the next block; `None` when the file was read to its end and is good.
    ///
    /// # Errors
    /// When it ends too early or was changed.
    pub fn block(&mut self) -> Result<Option<Vec<Entry>>, BackupError> {
        let sum = self.hasher.finalize();
        let length = self.length()?;
        if length == 0 {
            self.last_line(sum)?;
            return Ok(None);
        }
        if length > BLOCK_BYTES_MAX {
            return Err(self.changed());
        }
        let block = self.bytes(length)?;
        let mut rest = block.as_slice();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let key = take(&mut rest).ok_or_else(|| self.changed())?;
            let value = take(&mut rest).ok_or_else(|| self.changed())?;
            entries.push((key, value));
        }
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        self.entries = self.entries.saturating_add(count);
        Ok(Some(entries))
    }

    fn last_line(&mut self, sum: blake3::Hash) -> Result<(), BackupError> {
        let line = self.bytes(40)?;
        let is_good = line.split_first_chunk::<8>().is_some_and(|(entries, stored)| {
            u64::from_be_bytes(*entries) == self.entries && stored == sum.as_bytes()
        });
        let mut beyond = [0];
        let ends = matches!(self.file.read(&mut beyond), Ok(0));
        if is_good && ends { Ok(()) } else { Err(self.changed()) }
    }

    fn part(&mut self) -> Result<Vec<u8>, BackupError> {
        let length = self.length()?;
        if length > BLOCK_BYTES_MAX {
            return Err(self.changed());
        }
        self.bytes(length)
    }

    fn length(&mut self) -> Result<usize, BackupError> {
        let bytes = self.bytes(4)?;
        let length = bytes.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
        length.and_then(|length| usize::try_from(length).ok()).ok_or_else(|| self.changed())
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, BackupError> {
        let mut bytes = Vec::new();
        let wanted = u64::try_from(length).unwrap_or(u64::MAX);
        let found = self.file.by_ref().take(wanted).read_to_end(&mut bytes);
        let failed = |error| BackupError::File { path: self.path.clone(), error };
        let found = match found {
            Err(error) if error.kind() == ErrorKind::IsADirectory => {
                return Err(BackupError::NotABackup(self.path.clone()));
            }
            found => found.map_err(failed)?,
        };
        self.read = self.read.saturating_add(u64::try_from(found).unwrap_or(u64::MAX));
        if found < length {
            return Err(BackupError::Truncated(self.path.clone(), self.read));
        }
        self.hasher.update(&bytes);
        Ok(bytes)
    }

    fn changed(&self) -> BackupError {
        BackupError::Changed(self.path.clone())
    }

    fn newer(&self, found: u32, known: u32) -> BackupError {
        BackupError::NewerFormat { path: self.path.clone(), found, known }
    }
}

fn take(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let part = after.get(..length)?.to_vec();
    *rest = after.get(length..)?;
    Some(part)
}

/// Reads a backup to its end and believes it only then.
///
/// # Errors
/// When it is not good.
pub fn check(path: &Path, mut progress: impl FnMut(u64)) -> Result<Checked, BackupError> {
    let (mut reader, manifest) = BackupReader::open(path)?;
    while reader.block()?.is_some() {
        progress(reader.position());
    }
    Ok(Checked { manifest, entries: reader.entries, bytes: reader.read })
}

/// A backup that is good.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its entries.
    pub entries: u64,
    /// Its bytes.
    pub bytes: u64,
}
