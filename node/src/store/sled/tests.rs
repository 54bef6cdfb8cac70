//! What the embedded store promises beyond the contract.

use fundlink_protocol::store::contract;

use super::*;

fn commit(store: &mut SledStore, key: &[u8], value: Option<&[u8]>) {
    let writes = [(key.to_vec(), value.map(<[u8]>::to_vec))].into();
    store.commit(Batch { writes }).unwrap();
}

#[test]
fn the_sled_store_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract::check(&mut SledStore::open(folder.path()).unwrap()).unwrap();
    // The store's own entries must not show in a range over all keys.
    let store = SledStore::open(folder.path()).unwrap();
    let all = store.range(b"", &[0xff], 100).unwrap();
    assert!(all.iter().all(|(key, _)| !key.is_empty() && key != b"format"));
}

#[test]
fn values_of_every_size_are_read_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1 << 20];
    let value = |size: usize| (0..=u8::MAX).cycle().take(size).collect::<Vec<u8>>();
    let mut store = SledStore::open(folder.path()).unwrap();
    for size in sizes {
        commit(&mut store, &size.to_be_bytes(), Some(&value(size)));
    }
    drop(store);
    let store = SledStore::open(folder.path()).unwrap();
    for size in sizes {
        assert_eq!(store.get(&size.to_be_bytes()).unwrap(), Some(value(size)), "{size}");
    }
}

#[test]
fn large_values_stay_in_the_file_that_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    for number in 0_u8..64 {
        commit(&mut store, &[number], Some(&vec![number; 200_000]));
    }
    let aside = fs::read_dir(folder.path().join("store/blobs")).unwrap().count();
    assert_eq!(aside, 0, "sled does not sync the files that it puts aside");
}

#[test]
fn a_large_value_that_shrinks_or_goes_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    let entries = |store: &SledStore| store.db.iter().count();
    commit(&mut store, b"other", Some(b"1"));
    let before = entries(&store);
    commit(&mut store, b"key", Some(&[7; 5 * CHUNK_BYTES]));
    assert_eq!(entries(&store), before + 6);
    commit(&mut store, b"key", Some(&[8; 2 * CHUNK_BYTES]));
    assert_eq!(entries(&store), before + 3);
    assert_eq!(store.get(b"key").unwrap(), Some(vec![8; 2 * CHUNK_BYTES]));
    commit(&mut store, b"key", None);
    assert_eq!(entries(&store), before);
}

#[test]
fn a_flipped_byte_is_reported_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"small", Some(b"1000.00"));
    commit(&mut store, b"large", Some(&[7; 2 * CHUNK_BYTES]));
    for (key, at) in [(value_key(b"small"), 1), (chunk_key(b"large", 1), 99)] {
        let mut stored = store.db.get(&key).unwrap().unwrap().to_vec();
        stored[at] ^= 1;
        store.db.insert(&key, stored).unwrap();
    }
    for key in [b"small", b"large"] {
        assert!(matches!(store.get(key), Err(StoreError::Corrupt { place: "value", .. })));
        let ranged = store.range(key, b"z", 1);
        assert!(matches!(ranged, Err(StoreError::Corrupt { .. })));
    }
    assert!(matches!(store.last(b"a", b"z"), Err(StoreError::Corrupt { .. })));
}

#[test]
fn a_value_moved_to_another_key_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"a", Some(b"1"));
    let stored = store.db.get(value_key(b"a")).unwrap().unwrap();
    store.db.insert(value_key(b"b"), stored).unwrap();
    assert!(matches!(store.get(b"b"), Err(StoreError::Corrupt { .. })));
}

#[test]
fn commits_that_vanished_are_noticed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"a", Some(b"1"));
    let before = store.db.get(own_key(b"commits")).unwrap().unwrap();
    commit(&mut store, b"a", Some(b"2"));
    store.db.insert(own_key(b"commits"), before).unwrap();
    drop(store);
    let error = SledStore::open(folder.path()).unwrap_err();
    let OpenError::Store(StoreError::Corrupt { place: "commits", detail }) = error else {
        panic!("{error}");
    };
    assert_eq!(detail, "the last 1 commits are gone");
}

#[test]
fn a_summary_that_was_cut_off_by_a_kill_or_a_full_disk_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"a", Some(b"1"));
    drop(store);
    for cut in [&b""[..], &[7; 4_096]] {
        let unfinished = folder.path().join("store/snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&unfinished, cut).unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        assert_eq!(store.get(b"a").unwrap(), Some(b"1".to_vec()));
        assert!(!unfinished.exists());
    }
}

#[test]
fn a_store_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let key = own_key(b"format");
    store.db.insert(&key, with_check(&key, &9_u32.to_be_bytes())).unwrap();
    drop(store);
    let error = SledStore::open(folder.path()).unwrap_err();
    let newer = StoreError::NewerFormat { found: 9, known: FORMAT };
    assert!(matches!(error, OpenError::Store(found) if found == newer));
}

#[test]
fn a_store_without_its_format_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"a", Some(b"1"));
    store.db.remove(own_key(b"format")).unwrap();
    drop(store);
    let error = SledStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Store(StoreError::Corrupt { place: "format", .. })));
}

#[test]
fn a_folder_in_use_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let _held = SledStore::open(folder.path()).unwrap();
    let error = SledStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[test]
fn a_store_that_an_earlier_user_has_not_quite_let_go_of_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SledStore::open(folder.path()).unwrap();
    commit(&mut store, b"a", Some(b"1"));
    // As sled's own threads do, somebody still has it when its user is gone.
    let lingering = store.db.clone();
    drop(store);
    let opening = thread::spawn({
        let folder = folder.path().to_owned();
        move || SledStore::open(&folder)
    });
    while !folder.path().join("lock").exists() {
        thread::yield_now();
    }
    drop(lingering);
    let store = opening.join().unwrap().unwrap();
    assert_eq!(store.get(b"a").unwrap(), Some(b"1".to_vec()));
}
