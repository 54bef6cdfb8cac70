//! A check changes nothing, and says what sled cannot read.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::CoreDriver;
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::store::{Batch, Store as _};

use super::*;

fn expected() -> Expected {
    Expected {
        network: NetworkName::parse("test").unwrap(),
        center: CenterCode::parse("140100").unwrap(),
        core_driver: CoreDriver::Embedded,
    }
}

fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(bytes_of(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}

fn store_with(folder: &Path, rows: u8) {
    let mut store = SledStore::open(folder).unwrap();
    for row in 0..rows {
        store.commit(Batch { writes: [(vec![b'!', row], Some(vec![row; 99]))].into() }).unwrap();
    }
}

#[test]
fn a_check_changes_no_byte_and_leaves_nothing_behind() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store_with(folder.path(), 20);
    let before = bytes_of(folder.path());
    let report = check(folder.path(), &expected(), scratch.path()).unwrap();
    assert_eq!(report.counts.keys().copied().collect::<Vec<_>>(), [Fault::NotJoined]);
    assert_eq!(bytes_of(folder.path()), before);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "the copy is gone");
}

#[test]
fn a_folder_in_use_or_without_a_store_is_told_so() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let look = || check(folder.path(), &expected(), scratch.path()).unwrap_err();
    assert!(matches!(look(), CheckError::NoStore { .. }));
    let held = SledStore::open(folder.path()).unwrap();
    assert!(matches!(look(), CheckError::Open(OpenError::InUse { .. })));
    drop(held);
    check(folder.path(), &expected(), scratch.path()).unwrap();
}

#[test]
fn rows_that_fail_their_check_are_counted_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    store_with(folder.path(), 20);
    let store = SledStore::open(folder.path()).unwrap();
    store.spoil(&[b'!', 7]);
    store.spoil(&[b'!', 9]);
    drop(store);
    let opened = open_as_found(folder.path(), FolderLock::take(folder.path()).unwrap());
    let opened = opened.unwrap().unwrap();
    assert_eq!(opened.on_the_way.counts[&Fault::RowDamaged], 2);
    assert_eq!(opened.store.get(&[b'!', 7]), Ok(None));
    assert_eq!(opened.store.get(&[b'!', 8]), Ok(Some(vec![8; 99])));
}

#[test]
fn a_store_that_sled_cannot_open_is_a_finding() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store_with(folder.path(), 20);
    fs::write(folder.path().join("store/conf"), "not sled's").unwrap();
    let report = check(folder.path(), &expected(), scratch.path()).unwrap();
    assert!(report.counts.contains_key(&Fault::Unreadable), "{:?}", report.findings);
}

#[test]
fn commits_that_are_gone_are_a_finding_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    store_with(folder.path(), 3);
    let store = SledStore::open(folder.path()).unwrap();
    store.forget_commit();
    drop(store);
    let opened = open_as_found(folder.path(), FolderLock::take(folder.path()).unwrap());
    let opened = opened.unwrap().unwrap();
    assert_eq!(opened.on_the_way.counts[&Fault::CommitsLost], 1);
    assert!(opened.store.get(&[b'!', 1]).unwrap().is_some());
}

#[test]
fn a_store_that_lost_everything_is_restored_and_not_joined_again() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store_with(folder.path(), 20);
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    fs::create_dir(folder.path().join("store")).unwrap();
    let report = check(folder.path(), &expected(), scratch.path()).unwrap();
    let found: Vec<_> = report.findings.iter().map(|it| (it.fault, it.cure)).collect();
    assert_eq!(found, [(Fault::CommitsLost, Cure::Restore)]);
    assert_eq!(report.findings[0].place, "commits: the last 20 commits are gone");
}

#[test]
fn a_store_that_cannot_be_read_for_want_of_a_right_is_told_from_a_copy_that_finds_no_room() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store_with(folder.path(), 1);
    // A file that nobody can read, whoever asks.
    std::os::unix::fs::symlink("nowhere", folder.path().join("store/left")).unwrap();
    let error = check(folder.path(), &expected(), scratch.path()).unwrap_err();
    assert!(matches!(error, CheckError::Open(OpenError::Folder { .. })), "{error}");
    let error = check(folder.path(), &expected(), &scratch.path().join("gone")).unwrap_err();
    assert!(matches!(error, CheckError::Open(OpenError::Folder { .. })), "{error}");
    fs::remove_file(folder.path().join("store/left")).unwrap();
    let error = check(folder.path(), &expected(), &scratch.path().join("gone")).unwrap_err();
    assert!(matches!(error, CheckError::Copy { .. }), "{error}");
}
