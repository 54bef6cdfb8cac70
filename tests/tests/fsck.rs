//! `fundlink fsck` over the store of a node that was stopped: what it finds, what it repairs with what
//! the other members hold, and that it changes nothing unless it is asked to.
//!
//! **Promises.** Every damage is made on the stopped store itself, or on one in its place.
//! **Left to others.** Each single check: the tests of `fundlink-protocol`. Single bytes: `flips`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Batch, Store as _, prefix_end};
use fundlink_testnet::member::{DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHANG_IN_DATONG};
use fundlink_tests::province::{Plan, Province};
use serde_json::Value;

const CITIES: &[Identity] = &[TAIYUAN, DATONG, LINFEN];
/// A rule, or a node that runs, is in the way.
const REFUSED: i32 = 1;
/// Wrong use, or something missing.
const USAGE: i32 = 2;
/// The store is damaged.
const DAMAGED: i32 = 5;

/// What a data folder holds, but for the number of the process that used it last.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else if path.file_name() != Some("lock".as_ref()) {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Changes the first row of each of these prefixes with `change`, past every check of the store.
fn tamper(data: &Path, prefixes: &[Vec<u8>], change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    let mut store = SledStore::open(data).unwrap();
    let mut batch = Batch::default();
    for prefix in prefixes {
        let rows = store.range(prefix, &prefix_end(prefix), 1).unwrap();
        let (row, value) = rows.into_iter().next().unwrap();
        batch.writes.insert(row, change(value));
    }
    store.commit(batch).unwrap();
}

/// What the doctor says of one thing.
fn check_of<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == name).unwrap()
}

fn code(of: Identity) -> CenterCode {
    CenterCode::parse(of.center).unwrap()
}

fn codes(report: &Value) -> BTreeSet<String> {
    let counts = report["counts"].as_array().unwrap();
    counts.iter().map(|count| count["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_stopped_store_is_checked_repaired_with_the_help_of_members_and_runs_again() {
    let mut province = Province::on("2026-05-20", CITIES);
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, ZHANG_IN_DATONG, WANG_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let own = LogId::public(code(DATONG), 1);
    let size = province.size(DATONG, 1);
    for at in [DATONG, TAIYUAN] {
        province.await_witnessed(at, &format!("{}/1", DATONG.center), size);
    }
    let datong = province.member_mut(DATONG);
    let in_use = datong.run(&["fsck"]).ended_with(REFUSED);
    assert!(in_use.err.contains("in use by another process"), "{}", in_use.err);
    datong.stop();
    let (home, data) = (datong.home.clone(), datong.home.join("data"));

    // A sound store is said to be so, and no byte of it changes.
    let before = files(&data);
    let sound = datong.run(&["--json", "fsck"]).done().json();
    assert_eq!((&sound["sound"], &sound["repair"]), (&Value::Bool(true), &Value::Null));
    assert!(sound["rows"].as_u64().unwrap() > 50);
    assert_eq!(files(&data), before);
    let looked = datong.run(&["--json", "doctor"]).json();
    assert_eq!(check_of(&looked, "store")["state"], "fine", "{looked:#}");
    assert_eq!(files(&data), before, "nor does the doctor");
    let mine = province.member(DATONG);
    mine.configure(|file| file.node.center = TAIYUAN.center.to_string());
    let theirs = mine.run(&["--json", "fsck"]).ended_with(USAGE).json();
    assert_eq!(codes(&theirs), BTreeSet::from(["OTHER_MEMBER".to_owned()]));
    mine.configure(|file| file.node.center = DATONG.center.to_string());

    // An entry of its own log, an index row, a timer, a hash and the copy of another center's log.
    let changed = |mut value: Vec<u8>| {
        *value.last_mut().unwrap() ^= 1;
        Some(value)
    };
    let entries = |log: LogId| key(Area::Tile, &[&log.to_key(), &[0xff]]);
    let of_taiyuan = LogId::public(code(TAIYUAN), 1);
    tamper(&data, &[entries(own), entries(of_taiyuan)], changed);
    tamper(&data, &[vec![Area::TagIndex as u8], vec![Area::TimerSet as u8]], |_| None);
    tamper(&data, &[key(Area::Tile, &[&LogId::audit(code(DATONG), 1).to_key(), &[0]])], |_| None);
    let before = files(&data);
    let damaged = mine.run(&["--json", "fsck"]).ended_with(DAMAGED).json();
    let found = codes(&damaged);
    for code in ["LOG_ENTRIES", "LOG_TILES", "TIMER"] {
        assert!(found.contains(code), "{code} in {found:?}");
    }
    assert_eq!(files(&data), before, "nothing is changed without --repair");
    let said = mine.run(&["fsck"]).ended_with(DAMAGED);
    assert!(said.out.contains("takes it back from other members"), "{}", said.out);
    for private in [LI_IN_DATONG.name, LI_IN_DATONG.document, LI_IN_DATONG.account] {
        assert!(!said.all().contains(private));
    }

    let repaired = mine.run(&["--json", "fsck", "--repair"]).done().json();
    assert_eq!(repaired["sound"], true, "{repaired:#}");
    assert_eq!(repaired["repair"]["refilled"].as_array().unwrap().len(), 2, "{repaired:#}");
    let aside = PathBuf::from(repaired["repair"]["aside"].as_str().unwrap());
    assert_eq!(aside.parent(), Some(home.as_path()));
    let kept = fs::read(aside.join("store/db")).unwrap();
    assert_eq!(Some(&kept), before.get(&data.join("store/db")), "as it was");
    mine.run(&["fsck"]).done();
    province.member_mut(DATONG).start();
    assert_eq!(province.size(DATONG, 1), size);

    // What nobody else has is named with what to do.
    let datong = province.member_mut(DATONG);
    datong.stop();
    tamper(&data, &[vec![Area::Posting as u8]], |_| None);
    let left = datong.run(&["--json", "fsck", "--repair"]).ended_with(DAMAGED).json();
    let lost = left["findings"].as_array().unwrap();
    assert!(lost.iter().any(|finding| finding["cure"] == "restore"), "{left:#}");
}

/// A store in whose file one part stands twice: sled takes that for a bug of its own, and ends.
fn write_a_store_that_contradicts_itself(data: &Path) {
    const SEGMENT: usize = 512 * 1024;
    let mut store = SledStore::open(data).unwrap();
    for number in 0..500_u32 {
        let value = number.to_be_bytes().repeat(1_000);
        let writes = [(number.to_be_bytes().to_vec(), Some(value))].into();
        store.commit(Batch { writes }).unwrap();
    }
    drop(store);
    let file = data.join("store/db");
    let mut bytes = fs::read(&file).unwrap();
    assert!(bytes.len() >= 3 * SEGMENT, "{} bytes", bytes.len());
    bytes.copy_within(SEGMENT..2 * SEGMENT, 2 * SEGMENT);
    fs::write(&file, bytes).unwrap();
    for entry in fs::read_dir(data.join("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("snap.") {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_store_that_ends_whoever_reads_it_is_found_damaged_and_left_as_it_is() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN]));
    let taiyuan = province.member_mut(TAIYUAN);
    taiyuan.stop();
    let data = taiyuan.home.join("data");
    fs::rename(&data, taiyuan.home.join("aside")).unwrap();
    write_a_store_that_contradicts_itself(&data);
    let before = files(&data);
    let scratch = taiyuan.home.join("scratch");
    fs::create_dir(&scratch).unwrap();
    let scratch_text = scratch.to_str().unwrap();
    for repair in [&[][..], &["--repair"]] {
        let look = [&["--json", "fsck", "--scratch", scratch_text], repair].concat();
        let said = taiyuan.run(&look).ended_with(DAMAGED);
        assert!(!said.all().contains("panicked"), "{}", said.all());
        let report = said.json();
        assert_eq!(codes(&report), BTreeSet::from(["UNREADABLE".to_owned()]));
        assert_eq!(report["findings"][0]["cure"], "restore", "{report:#}");
        let said = taiyuan.run(&[&["fsck"], repair].concat()).ended_with(DAMAGED);
        assert!(said.out.contains("fundlink restore"), "{}", said.out);
        let looked = taiyuan.run(&["--json", "doctor", "--scratch", scratch_text]);
        let looked = looked.ended_with(REFUSED).json();
        let found = check_of(&looked, "store")["found"].as_str().unwrap();
        assert!(found.contains("fundlink restore"), "{looked:#}");
        assert_eq!(files(&data), before, "nothing is changed");
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0, "no copy is left");
    }
    let said = taiyuan.fail_to_start().ended_with(DAMAGED);
    assert!(said.err.contains("fundlink fsck") && said.err.contains("fundlink restore"));
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

/// A way to spoil what sled keeps in a folder.
type Damage = fn(&Path);

#[test]
fn whoever_opens_a_damaged_store_leaves_it_as_it_is() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN]));
    let taiyuan = province.member_mut(TAIYUAN);
    taiyuan.stop();
    let data = taiyuan.home.join("data");
    let whole = files(&data);
    let damages: [(&str, Damage); 5] = [
        ("cut short", |store| {
            let file = fs::OpenOptions::new().write(true).open(store.join("db")).unwrap();
            file.set_len(8_192).unwrap();
        }),
        ("of other bytes", |store| {
            let mut bytes = fs::read(store.join("db")).unwrap();
            bytes.fill(0xa5);
            fs::write(store.join("db"), bytes).unwrap();
        }),
        ("empty", |store| fs::write(store.join("db"), "").unwrap()),
        ("without its file", |store| fs::remove_file(store.join("db")).unwrap()),
        ("without its folder", |store| fs::remove_dir_all(store).unwrap()),
    ];
    for (name, damage) in damages {
        damage(&data.join("store"));
        let before = files(&data);
        let said = taiyuan.fail_to_start().ended_with(DAMAGED);
        assert!(said.err.contains("fundlink fsck"), "{name}: {}", said.err);
        assert!(said.err.contains("fundlink restore"), "{name}: {}", said.err);
        assert_eq!(files(&data), before, "{name}: the node has changed it");
        let looked = taiyuan.run(&["--json", "doctor"]).json();
        assert_eq!(check_of(&looked, "store")["state"], "attention", "{name}: {looked:#}");
        let checked = taiyuan.run(&["fsck"]);
        assert_ne!(checked.exit, Some(0), "{name}: {}", checked.all());
        assert_eq!(files(&data), before, "{name}");
        for (file, bytes) in &whole {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }
    taiyuan.start();
}

#[test]
fn a_node_without_a_store_makes_none_and_says_where_one_comes_from() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN]));
    let taiyuan = province.member_mut(TAIYUAN);
    taiyuan.stop();
    let data = taiyuan.home.join("data");
    fs::rename(&data, taiyuan.home.join("aside")).unwrap();
    let said = taiyuan.fail_to_start().ended_with(USAGE);
    assert!(said.err.contains("fundlink net join"), "{}", said.err);
    assert!(said.err.contains("fundlink restore"), "{}", said.err);
    assert!(!data.exists(), "a restore finds the folder free");
}
