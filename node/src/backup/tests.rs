//! What backups promise.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use fundlink_protocol::engine::recovery;
use fundlink_protocol::store::{Batch, Staged, Store as _};
use fundlink_protocol::time::Timestamp;

use super::read::{BackupReader, check};
use super::restore::restore;
use super::write::BackupWriter;
use super::*;
use crate::config::Config;
use crate::store::sled::SledStore;

fn config(folder: &Path, center: &str) -> Config {
    let text = format!("[node]\nnetwork = \"shanxi\"\ncenter = \"{center}\"\n");
    fs::write(folder.join("fundlink.toml"), text).unwrap();
    Config::read(&folder.join("fundlink.toml")).unwrap()
}

fn fill(store: &mut SledStore, entries: u32) {
    for first in (0..entries).step_by(500) {
        let writes = (first..entries.min(first + 500))
            .map(|key| (key.to_be_bytes().to_vec(), Some(key.to_be_bytes().repeat(20))));
        store.commit(Batch { writes: writes.collect() }).unwrap();
    }
}

fn written(store: &SledStore, config: &Config) -> Vec<u8> {
    let of = Origin { network: config.network.clone(), center: config.center };
    let mut writer =
        BackupWriter::begin(&store.snapshots(), &of, Timestamp::from_ms(1_000)).unwrap();
    let mut bytes = Vec::new();
    while let Some(block) = writer.next_block().unwrap() {
        bytes.extend(block);
    }
    bytes
}

struct Made {
    folder: tempfile::TempDir,
    config: Config,
    bytes: Vec<u8>,
}

/// A backup of a store with some entries, and the configuration of a machine to restore it on.
fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "140200");
    let mut store = SledStore::open(&folder.path().join("running")).unwrap();
    fill(&mut store, 1_200);
    let bytes = written(&store, &config);
    fs::write(folder.path().join("backup"), &bytes).unwrap();
    Made { folder, config, bytes }
}

impl Made {
    fn restore(&self, bytes: &[u8]) -> Result<(), BackupError> {
        let file = self.folder.path().join("given");
        fs::write(&file, bytes).unwrap();
        let before = fs::metadata(&file).unwrap().mtime_nsec();
        let done = restore(&file, &self.config, Timestamp::from_ms(5_000), |_| {});
        assert_eq!(fs::read(&file).unwrap(), bytes, "the backup is never changed");
        assert_eq!(fs::metadata(&file).unwrap().mtime_nsec(), before);
        let beside = self.folder.path().join("data.restoring");
        assert!(!beside.exists(), "nothing is left beside the data folder");
        done.map(drop)
    }
}

#[test]
fn a_backup_is_restored_entry_by_entry_and_marked() {
    let made = made();
    let checked = check(&made.folder.path().join("backup"), |_| {}).unwrap();
    assert_eq!((checked.entries, checked.manifest.center), (1_200, made.config.center));
    made.restore(&made.bytes).unwrap();
    let store = SledStore::open(&made.config.data).unwrap();
    for key in 0..1_200_u32 {
        let value = store.get(&key.to_be_bytes()).unwrap();
        assert_eq!(value, Some(key.to_be_bytes().repeat(20)), "{key}");
    }
    let view = Staged::new(&store);
    assert!(recovery::is_recovering(&view).unwrap());
    assert_eq!(recovery::restored_at(&view).unwrap(), Some(Timestamp::from_ms(5_000)));
}

#[test]
fn a_truncated_backup_is_refused_wherever_it_ends() {
    let made = made();
    let whole = made.bytes.len();
    for length in (0..whole).step_by(whole / 60).chain([whole - 1, whole - 40, whole - 44]) {
        let error = made.restore(&made.bytes[..length]).unwrap_err();
        let is_named = if let BackupError::Truncated(_, at) = error {
            at == u64::try_from(length).unwrap()
        } else {
            matches!(error, BackupError::NotABackup(_)) && length < MAGIC.len()
        };
        assert!(is_named, "{length} of {whole} bytes");
        assert!(!made.config.data.exists());
    }
}

#[test]
fn a_changed_backup_is_refused_whatever_byte_was_changed() {
    let made = made();
    let whole = made.bytes.len();
    for place in (0..whole).step_by(whole / 97).chain([whole - 1, whole - 36]) {
        let mut changed = made.bytes.clone();
        changed[place] ^= 0x10;
        assert!(made.restore(&changed).is_err(), "byte {place}");
        assert!(!made.config.data.exists(), "byte {place}");
    }
    let longer = [made.bytes.as_slice(), b"x"].concat();
    assert!(matches!(made.restore(&longer), Err(BackupError::Changed(_))));
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let made = made();
    let rest = &made.bytes[MAGIC.len() + 2..];
    let newer = [MAGIC.as_bytes(), b"2\n", rest].concat();
    let error = made.restore(&newer).unwrap_err();
    assert!(matches!(error, BackupError::NewerFormat { found: 2, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("install the newer release"));
    let (_, mut manifest) = BackupReader::open(&made.folder.path().join("backup")).unwrap();
    manifest.store_format = FORMAT + 1;
    let manifest = fundlink_protocol::cbor::encode(&manifest);
    let length = u32::try_from(manifest.len()).unwrap().to_be_bytes();
    let line = format!("{MAGIC}{FILE_FORMAT}\n");
    let newer = [line.as_bytes(), &length, &manifest].concat();
    assert!(matches!(made.restore(&newer), Err(BackupError::NewerFormat { .. })));
}

#[test]
fn a_backup_of_another_center_is_refused_with_both_names() {
    let made = made();
    let other = tempfile::tempdir().unwrap();
    let config = config(other.path(), "140100");
    let backup = made.folder.path().join("backup");
    let error = restore(&backup, &config, Timestamp::from_ms(5_000), |_| {}).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("140200") && text.contains("140100"), "{text}");
    assert!(!config.data.exists());
}

#[test]
fn a_store_is_never_written_over() {
    let made = made();
    let mut store = SledStore::open(&made.config.data).unwrap();
    fill(&mut store, 3);
    let error = made.restore(&made.bytes).unwrap_err();
    assert!(matches!(error, BackupError::Running(_)), "its node holds it: {error}");
    drop(store);
    let error = made.restore(&made.bytes).unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    assert!(error.to_string().contains("fundlink restore"));
    let store = SledStore::open(&made.config.data).unwrap();
    assert_eq!(store.range(b"", &[0xff], 99).unwrap().len(), 3);
}
