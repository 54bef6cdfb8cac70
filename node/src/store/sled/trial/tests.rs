//! What a store that does not open looks like afterwards: as before.

use std::collections::BTreeMap;
use std::panic;
use std::path::PathBuf;

use fundlink_protocol::store::{Batch, Store as _, StoreError};

use super::*;

/// A store over some segments of sled's file, whose last summary is as old as its first start.
fn store(folder: &Path) {
    for first in [0_u32, 1] {
        let mut store = SledStore::open(folder).unwrap();
        for number in (first * 10_000..).take(1 + 400 * usize::try_from(first).unwrap()) {
            let writes =
                [(number.to_be_bytes().to_vec(), Some(number.to_be_bytes().repeat(1_000)))];
            store.commit(Batch { writes: writes.into() }).unwrap();
        }
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name() != Some("lock".as_ref()) {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// A way to spoil sled's file, and whether nobody can open what it leaves.
type Damage = (&'static str, fn(&mut Vec<u8>), bool);

#[test]
fn a_store_that_does_not_open_is_left_as_it_is() {
    // What the last summary covers is read when it is needed: there a damage may not be met yet.
    let damages: [Damage; 5] = [
        ("a changed segment", |bytes| bytes[600_000..600_064].fill(0xa5), false),
        ("a changed head", |bytes| bytes[..20].fill(0xa5), false),
        ("a missing end", |bytes| bytes.truncate(bytes.len() / 2), false),
        ("nothing in it", Vec::clear, true),
        ("something else", |bytes| bytes.fill(0xa5), true),
    ];
    let whole = tempfile::tempdir().unwrap();
    store(whole.path());
    for (name, damage, is_seen) in damages {
        let folder = tempfile::tempdir().unwrap();
        copy_store(whole.path(), folder.path()).unwrap();
        let mut bytes = fs::read(folder.path().join("store/db")).unwrap();
        assert!(bytes.len() > 1_000_000, "several segments");
        damage(&mut bytes);
        fs::write(folder.path().join("store/db"), bytes).unwrap();
        let before = files(folder.path());
        // Over some of it sled ends whoever reads it.
        let is_refused = match panic::catch_unwind(|| SledStore::open(folder.path()).map(drop)) {
            Ok(Ok(())) => false,
            Ok(Err(OpenError::Store(StoreError::Corrupt { .. }))) | Err(_) => true,
            Ok(Err(error)) => panic!("{name}: {error}"),
        };
        assert!(is_refused || !is_seen, "{name} was opened");
        forget_trial(folder.path()).unwrap();
        assert!(!is_refused || files(folder.path()) == before, "{name}: a byte was changed");
    }
}

#[test]
fn a_store_whose_file_is_gone_is_not_begun_anew() {
    for gone in ["store/db", "store"] {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path());
        let path = folder.path().join(gone);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        let before = files(folder.path());
        let error = SledStore::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("the file of the store is gone"), "{error}");
        assert!(files(folder.path()) == before, "{gone}");
    }
}

/// Whether the files stay as a holder has left them, sooner or later: sled's threads may write a summary
/// after the last handle is gone, and then the next holder tries the store once more.
fn comes_to_rest(folder: &Path) -> bool {
    (0..50).any(|_| {
        let rests = is_as_left(folder);
        if !rests {
            drop(SledStore::open(folder).unwrap());
        }
        rests
    })
}

#[test]
fn what_was_left_and_not_touched_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    assert!(comes_to_rest(folder.path()));
    // The same bytes, written again: nobody knows whether they are the same.
    let db = folder.path().join("store/db");
    let bytes = fs::read(&db).unwrap();
    fs::write(&db, &bytes).unwrap();
    assert!(!is_as_left(folder.path()));
    assert!(comes_to_rest(folder.path()));
    let held = SledStore::open(folder.path()).unwrap();
    assert!(!is_as_left(folder.path()), "whoever dies now has left nothing");
    drop(held);
    fs::remove_file(folder.path().join("commits")).unwrap();
    assert!(!is_as_left(folder.path()));
}

#[test]
fn a_store_that_its_holder_did_not_leave_opens_and_no_copy_stays() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    fs::remove_file(folder.path().join(LEFT)).unwrap();
    fs::create_dir(folder.path().join(COPY)).unwrap();
    fs::write(folder.path().join(COPY).join("begun"), "by a process that was killed").unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    assert!(store.get(&10_399_u32.to_be_bytes()).unwrap().is_some());
    assert!(!folder.path().join(COPY).exists());
}
