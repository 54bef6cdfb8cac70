//! Backups: a file as it comes, and blocks that are given the last line that fits them.
//!
//! **Promises.** A file that is taken has a last line that fits every byte before it, cut short or with
//! more behind it it is none; whatever is refused is refused as a bad backup, with a sentence.

#![expect(clippy::expect_used, clippy::panic, reason = "a target fails by panic")]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use fundlink_node::backup::read::{BackupReader, Checked, check};
use fundlink_node::backup::{BackupError, Manifest};
use fundlink_protocol::cbor;
use fundlink_protocol::time::Timestamp;
use tempfile::TempDir;

use crate::members::DATONG;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// The bytes of the last line: a length of 0, the number of entries, a hash.
const LAST_LINE: usize = 44;

/// A backup; or, after a first byte of 0 and a number of entries, the blocks of one whose other lines
/// are made to fit.
pub(crate) fn backup(bytes: &[u8]) {
    match bytes {
        [0, entries, blocks @ ..] => file(&around((*entries).into(), blocks)),
        _ => file(bytes),
    }
}

fn file(bytes: &[u8]) {
    let Some(checked) = read(bytes) else { return };
    assert_eq!(usize::try_from(checked.bytes), Ok(bytes.len()), "every byte was looked at");
    let (before, last) = bytes.split_at(bytes.len() - LAST_LINE);
    assert_eq!(last, last_line(before, checked.entries), "the last line fits");
    assert!(read(&[bytes, &[0]].concat()).is_none(), "nothing follows a backup");
    assert!(read(before).is_none(), "a backup without its last line is cut short");
    assert_eq!(entries(bytes), checked.entries, "it is read like it is checked");
}

fn read(bytes: &[u8]) -> Option<Checked> {
    match check(&write(bytes), |_| {}) {
        Ok(checked) => Some(checked),
        Err(
            error @ (BackupError::NotABackup(_)
            | BackupError::Truncated(..)
            | BackupError::Changed(_)
            | BackupError::NewerFormat { .. }),
        ) => {
            assert!(!error.to_string().is_empty());
            None
        }
        Err(other) => panic!("a file is refused otherwise than as a bad backup: {other}"),
    }
}

/// The entries that whoever restores it gets.
fn entries(bytes: &[u8]) -> u64 {
    let (mut reader, _) = BackupReader::open(&write(bytes)).expect("it was read before");
    let mut entries = 0;
    while let Some(block) = reader.block().expect("it was read before") {
        entries += block.len() as u64;
    }
    entries
}

/// A backup of these blocks, that says so many entries of itself.
pub(crate) fn around(entries: u64, blocks: &[u8]) -> Vec<u8> {
    let manifest = Manifest {
        network: "shanxi".to_owned(),
        center: DATONG,
        store_format: 1,
        taken: Timestamp::from_ms(1_000),
        acted: Timestamp::from_ms(900),
        roster: 1,
        logs: Vec::new(),
        software: "0.1.0".to_owned(),
        bytes: 0,
    };
    let manifest = cbor::encode(&manifest);
    let length = u32::try_from(manifest.len()).expect("a short manifest");
    let mut bytes = b"fundlink backup 1\n".to_vec();
    bytes.extend(length.to_be_bytes());
    bytes.extend(manifest);
    bytes.extend(blocks);
    let last = last_line(&bytes, entries);
    bytes.extend(last);
    bytes
}

fn last_line(before: &[u8], entries: u64) -> Vec<u8> {
    [&[0; 4][..], &entries.to_be_bytes(), blake3::hash(before).as_bytes()].concat()
}

fn write(bytes: &[u8]) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let path = FOLDER.path().join(thread);
    fs::write(&path, bytes).expect("a file in a temporary folder");
    path
}
