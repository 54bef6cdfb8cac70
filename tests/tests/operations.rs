//! What an operator meets: taken ports, keys that cannot be read, clocks that go back, full disks,
//! damaged stores. Each says what to do next, ends with its exit code, and leaves nothing half done.
//!
//! **Promises.** Every fault is made on the machine, not inside the program.
//! **Left to others.** What a store does with each single byte: the tests of `fundlink-node`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fundlink_node::config::file::{NamedSource, PassphraseName};
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG};
use fundlink_testnet::province::City;
use fundlink_tests::member::Member;
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::synthetic;
use serde_json::{Value, json};

/// Wrong use, or something missing.
const USAGE: i32 = 2;
/// Only a part was done, or somebody could not be reached.
const PARTIAL: i32 = 3;
/// The store is damaged.
const DAMAGED: i32 = 5;

/// An authority alone, which is a network already; its node is stopped.
fn stopped_authority() -> Province {
    let mut province = Province::form(&Plan::of(&[]));
    province.member_mut(AUTHORITY).stop();
    province
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else if path.is_file() {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The node does not start, says so in these words, and starts again once the cause is gone.
fn assert_refuses_to_start(member: &Member, exit: i32, words: &[&str]) {
    let said = member.fail_to_start().ended_with(exit);
    for word in words {
        assert!(said.err.contains(word), "{word} is not said in {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(!member.home.join("control.sock").exists(), "the control socket is left behind");
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_of_the_node_runs() {
    let mut province = stopped_authority();
    let authority = province.member_mut(AUTHORITY);
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, authority.peer_port())).unwrap();
    let address = authority.address();
    let words = [address.as_str(), "choose another address, or stop what uses it"];
    assert_refuses_to_start(authority, USAGE, &words);
    drop(taken);

    let health = authority.health();
    let taken = TcpListener::bind(&health).unwrap();
    assert_refuses_to_start(authority, USAGE, &[&health, "set listen.health to another"]);
    drop(taken);

    let socket = authority.home.join("control.sock");
    fs::write(&socket, "a thesis").unwrap();
    let said = authority.fail_to_start().ended_with(USAGE);
    assert!(said.err.contains("set listen.control to another path"), "{}", said.err);
    assert_eq!(fs::read_to_string(&socket).unwrap(), "a thesis");
    fs::remove_file(&socket).unwrap();

    authority.start();
    let second = authority.fail_to_start().ended_with(USAGE);
    assert!(second.err.contains("in use by another process; stop that node"), "{}", second.err);
    assert_eq!(authority.ask(&["status"])["center"], json!("140000"));
}

#[test]
fn a_key_file_that_cannot_be_used_says_how_it_can() {
    let mut province = stopped_authority();
    let authority = province.member_mut(AUTHORITY);
    let keys = authority.home.join("keys");
    let whole = fs::read(&keys).unwrap();
    let before = files(&authority.home.join("data"));
    let set_mode = |mode| fs::set_permissions(&keys, fs::Permissions::from_mode(mode)).unwrap();

    set_mode(0o644);
    assert_refuses_to_start(authority, USAGE, &["mode 0644", "chmod 600", "rotate its keys"]);
    set_mode(0o600);
    for (bytes, words) in [
        (&whole[..whole.len() / 2], "restore it from a backup"),
        (&b"fundlink key file\n"[..], "restore it from a backup"),
        (&b"something else"[..], "is not a key file"),
    ] {
        fs::write(&keys, bytes).unwrap();
        assert_refuses_to_start(authority, USAGE, &[words]);
    }
    fs::remove_file(&keys).unwrap();
    assert_refuses_to_start(authority, USAGE, &["there is no key file", "fundlink init"]);
    // Root may read everything, but nobody reads a folder as a file.
    fs::create_dir(&keys).unwrap();
    set_mode(0o700);
    assert_refuses_to_start(authority, USAGE, &["keys cannot be read"]);
    fs::remove_dir(&keys).unwrap();

    assert_eq!(files(&authority.home.join("data")), before);
    fs::write(&keys, whole).unwrap();
    set_mode(0o600);
    authority.start();
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_a_right_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut member = Member::new(AUTHORITY, folder.path());
    let passphrase = folder.path().join("passphrase");
    let write = |text: &str| {
        fs::write(&passphrase, text).unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("correct horse battery staple\n");
    let (address, health) = (member.address(), member.health());
    let (home, file) = (member.home.to_str().unwrap(), passphrase.to_str().unwrap());
    let words = ["init", "--network", "test", "--center", "140000", "--role", "authority"];
    let more = ["--dir", home, "--listen", &address, "--health", &health];
    let none = member.run(&[&words[..], &more].concat()).ended_with(USAGE);
    assert!(none.err.contains("there is no terminal to ask at"), "{}", none.err);
    assert!(!member.home.exists(), "nothing is made without a passphrase");
    member.run(&[&words[..], &more, &["--passphrase-file", file]].concat()).done();
    let create = ["net", "create", "--passphrase-file", file, "--name", AUTHORITY.name];
    member.run(&create).done();
    let again = member.run(&create).ended_with(USAGE);
    assert!(again.err.contains("is there already; nothing was written"), "{}", again.err);
    member.start();
    member.stop();

    write("correct horse battery stable\n");
    assert_refuses_to_start(&member, USAGE, &["does not open", "try again"]);
    write("\n");
    assert_refuses_to_start(&member, USAGE, &["the passphrase is empty"]);
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o640)).unwrap();
    assert_refuses_to_start(&member, USAGE, &["mode 0640", "chmod 600"]);
    member.configure(|file| {
        file.keys.passphrase =
            PassphraseName::Named(NamedSource::Environment("FUNDLINK_NO_SUCH".to_owned()));
    });
    assert_refuses_to_start(&member, USAGE, &["FUNDLINK_NO_SUCH", "is not set"]);
}

#[test]
fn a_clock_that_went_back_is_told_and_one_that_is_a_little_late_waits() {
    let begin = at("2026-05-20", 9);
    let plan = Plan { begin: Some(begin), ..Plan::of(&[]) };
    let mut province = Province::form(&plan);
    let authority = province.member_mut(AUTHORITY);
    authority.stop();
    let before = files(&authority.home.join("data"));
    let mut offset_s = 0;
    authority.configure(|file| {
        offset_s = file.clock.offset_s;
        file.clock.offset_s = offset_s - 3_600;
    });
    let words = ["behind the time at which this node last acted", "set the clock"];
    assert_refuses_to_start(authority, USAGE, &words);
    assert_eq!(
        files(&authority.home.join("data")).get(&authority.home.join("data/commits")),
        before.get(&authority.home.join("data/commits")),
        "nothing was committed at a time that cannot be"
    );
    authority.configure(|file| file.clock.offset_s = offset_s - 60);
    authority.start();
    assert_eq!(authority.ask(&["net", "show"])["version"], json!(1));
}

#[test]
fn a_store_of_a_newer_release_is_left_as_it_is() {
    let mut province = stopped_authority();
    let authority = province.member_mut(AUTHORITY);
    let path = authority.home.join("data/store");
    // Key and value as `fundlink_node::store::sled` lays them out.
    let key = [&[2_u8][..], b"format"].concat();
    let set_format = |format: u32| {
        let store = sled::open(&path).unwrap();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&u64::try_from(key.len()).unwrap().to_be_bytes()).update(&key);
        hasher.update(&format.to_be_bytes());
        let mut check = [0; 8];
        hasher.finalize_xof().fill(&mut check);
        let before = store.insert(&key, [&format.to_be_bytes()[..], &check].concat()).unwrap();
        store.flush().unwrap();
        before.unwrap()
    };
    let written = set_format(99);
    assert_eq!(written[..4], 1_u32.to_be_bytes());
    let words = ["format 99", "install the newer release", "run the same command again"];
    assert_refuses_to_start(authority, USAGE, &words);
    let bytes = fs::read(path.join("db")).unwrap();
    for command in [&["fsck"][..], &["fsck", "--repair"]] {
        let said = authority.run(command).ended_with(USAGE);
        for word in words {
            assert!(said.err.contains(word), "{word} is not said in {}", said.err);
        }
        assert_eq!(fs::read(path.join("db")).unwrap(), bytes, "it is left as it is");
    }
    set_format(1);
    authority.start();
}

#[test]
fn a_damaged_store_stops_the_node_and_is_never_served() {
    let mut province = stopped_authority();
    let authority = province.member_mut(AUTHORITY);
    let path = authority.home.join("data/store/db");
    let whole = fs::read(&path).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let data = files(&authority.home.join("data"));
    let mut noticed = 0;
    for step in 0..12 {
        for (file, bytes) in &data {
            fs::write(file, bytes).unwrap();
        }
        let place = used * (2 * step + 1) / 24;
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[whole[place] ^ 0x10], u64::try_from(place).unwrap()).unwrap();
        // A byte that nothing stands on any more may be anything; all others must be noticed.
        let said = authority.fail_to_start();
        assert!(!said.err.contains("panicked"), "byte {place}: {}", said.err);
        match said.exit {
            Some(0) => {}
            exit => {
                assert_eq!(exit, Some(DAMAGED), "byte {place}: {}", said.err);
                assert!(said.err.contains("fundlink restore"), "{}", said.err);
                noticed += 1;
            }
        }
    }
    assert!(noticed > 3, "{noticed} of 12 damaged stores were noticed");
    for (file, bytes) in &data {
        fs::write(file, bytes).unwrap();
    }
    authority.start();
}

#[test]
fn a_full_disk_ends_the_node_in_words_and_what_was_begun_is_not_there() {
    let begin = at("2026-05-20", 9);
    let mut province = Province::form(&Plan { begin: Some(begin), ..Plan::of(&[DATONG]) });
    let folder = province.folder().join("dump");
    let totals = synthetic::write_city(City::Datong, 600, province.now(), &folder);
    let datong = province.member_mut(DATONG);
    datong.stop();
    datong.start_on_small_disk(1_024);
    let import = ["--json", "data", "import", folder.to_str().unwrap(), "--operator", CLERK];
    let said = datong.run(&import).ended_with(PARTIAL);
    assert!(said.err.contains("the node is stopping"), "{}", said.err);
    assert_eq!(datong.await_end(), Some(USAGE), "{}", datong.log());
    let log = datong.log();
    assert!(log.contains("the disk of the data folder is full; free some room"), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    datong.start();
    assert_eq!(datong.ask(&["data", "show"])["current"], Value::Null);
    let refused = datong.run(&import).ended_with(1);
    assert_eq!(refused.code().as_deref(), Some("WRONG_STATE"));
    assert!(refused.err.contains("fundlink data abort"), "{}", refused.err);
    datong.run(&["data", "abort"]).done();
    let loaded = datong.run(&import).done().json();
    assert_eq!(loaded["records"]["current"]["totals"]["accounts"], json!(totals.persons));
    assert_eq!(loaded["changes"]["same"], json!(0));
}
