//! Writing a backup: a line, the manifest, blocks of entries, and a last line with their BLAKE3.
//!
//! ```text
//! "fundlink backup 1\n"
//! length (4) ‖ manifest
//! length (4) ‖ block, again and again: length (4) ‖ key ‖ length (4) ‖ value, again and again
//! 0 (4) ‖ number of entries (8) ‖ BLAKE3 of all bytes before this line (32)
//! ```
//!
//! **Promises.** Blocks come as they are read, so memory does not grow with the store.
//! **Left to others.** Carrying them: the control interface. Reading: `read`.

use fundlink_protocol::cbor;
use fundlink_protocol::store::{Entry, StoreError};
use fundlink_protocol::time::Timestamp;

use super::{BackupError, FILE_FORMAT, MAGIC, Manifest, Origin};
use crate::store::sled::snapshot::{Snapshot, Snapshots};

/// A backup that is being written.
#[derive(Debug)]
pub struct BackupWriter {
    snapshot: Snapshot,
    hasher: blake3::Hasher,
    entries: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Head(Vec<u8>),
    Blocks,
    Done,
}

impl BackupWriter {
    /// Begins a backup of a store as it is after its last commit.
    ///
    /// # Errors
    /// When another one is being taken, or the store cannot be read.
    pub fn begin(
        source: &Snapshots,
        origin: &Origin,
        taken: Timestamp,
    ) -> Result<Self, BackupError> {
        let bytes = source.bytes_on_disk();
        let (manifest, snapshot) =
            source.begin(|store| Manifest::of(store, origin, (taken, bytes)))?;
        let mut head = format!("{MAGIC}{FILE_FORMAT}\n").into_bytes();
        push(&mut head, &cbor::encode(&manifest))?;
        Ok(Self { snapshot, hasher: blake3::Hasher::new(), entries: 0, state: State::Head(head) })
    }

    /// The next bytes of the file; `None` when it is whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_block(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let bytes = match core::mem::replace(&mut self.state, State::Blocks) {
            State::Head(head) => head,
            State::Blocks => {
                let portion = self.snapshot.portion()?;
                if portion.is_empty() {
                    self.state = State::Done;
                    return Ok(Some(self.last_line()));
                }
                self.block(&portion)?
            }
            State::Done => {
                self.state = State::Done;
                return Ok(None);
            }
        };
        self.hasher.update(&bytes);
        Ok(Some(bytes))
    }

    fn block(&mut self, portion: &[Entry]) -> Result<Vec<u8>, BackupError> {
        let mut entries = Vec::new();
        for (key, value) in portion {
            push(&mut entries, key)?;
            push(&mut entries, value)?;
            self.entries = self.entries.saturating_add(1);
        }
        let mut block = Vec::with_capacity(entries.len().saturating_add(4));
        push(&mut block, &entries)?;
        Ok(block)
    }

    fn last_line(&self) -> Vec<u8> {
        let sum = self.hasher.finalize();
        [&[0; 4][..], &self.entries.to_be_bytes(), sum.as_bytes()].concat()
    }
}

fn push(to: &mut Vec<u8>, part: &[u8]) -> Result<(), BackupError> {
    let length = u32::try_from(part.len())
        .map_err(|_| StoreError::Io("a value is longer than 4 GiB".into()))?;
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(part);
    Ok(())
}
