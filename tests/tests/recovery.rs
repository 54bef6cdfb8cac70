//! A center loses its store and comes back from a backup (备份与恢复).
//!
//! **Promises.** Every node is a process of its own, killed and restored with the commands of its people.
//! **Left to others.** A backup of every moment of a transfer, clones, lost witnesses: the tests of
//! `fundlink-protocol`. Every byte of a backup: those of `fundlink-node`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use fundlink_testnet::member::{ADMINISTRATOR, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{
    LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHOU_IN_LINFEN, newcomer,
};
use fundlink_tests::program::{self, Said};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::json;

/// A rule refuses it.
const REFUSED: i32 = 1;
/// Wrong use, or something missing.
const USAGE: i32 = 2;
/// Something does not verify.
const UNVERIFIED: i32 = 4;

fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.set_mode("transfer", "auto");
    let zhou = newcomer(ZHOU_IN_LINFEN, "9926050600099", (2026, 5));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN, zhou]));
    province.import(LINFEN, &Dump::of(&[ZHOU_IN_LINFEN]));
    province
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn restore(province: &Province, at: Identity, backup: &Path) -> Said {
    province.member(at).run(&["restore", text(backup)])
}

/// The data folder of a node that was killed is moved away, as its operator does it.
fn lose_store(province: &mut Province, at: Identity) -> PathBuf {
    province.member_mut(at).kill();
    let data = province.member(at).home.join("data");
    let aside = province.member(at).home.join("data.before-restore");
    fs::rename(&data, &aside).unwrap();
    aside
}

#[test]
fn a_center_comes_back_from_a_backup_taken_before_a_transfer_to_the_fen() {
    let mut province = province();
    let backup = province.folder().join("datong.backup");
    let made = province.member(DATONG).ask(&["backup", text(&backup)]);
    assert_eq!((&made["center"], &made["store_format"]), (&json!("140200"), &json!(1)));
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    let again = province.member(DATONG).run(&["backup", text(&backup)]).ended_with(USAGE);
    assert!(again.err.contains("datong.backup"), "{}", again.err);

    // A transfer, and an account that only the records of later have.
    let done = ("completed", "00");
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, done, done);
    let later = newcomer(ZHOU_IN_LINFEN, "9923041500777", (2026, 5));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG, later]));
    let size = province.size(DATONG, 1);
    for member in [TAIYUAN, LINFEN, DATONG] {
        province.await_witnessed(member, "140200/1", size);
    }
    let before = [TAIYUAN, DATONG].map(|city| province.sums(city));

    let said = restore(&province, DATONG, &backup).ended_with(REFUSED);
    assert!(said.err.contains("a node runs on"), "{}", said.err);
    let aside = lose_store(&mut province, DATONG);
    restore(&province, DATONG, &backup).done();
    province.member_mut(DATONG).start();
    let waits = province.member(DATONG).ask(&["recovery", "show"]);
    assert_eq!((&waits["recovering"], &waits["log_to_close"]), (&json!(true), &json!(1)));
    let said = restore(&province, DATONG, &backup).ended_with(REFUSED);
    assert!(said.err.contains("a node runs on"), "{}", said.err);

    province.until("what the members have kept", |province| {
        let waits = province.member(DATONG).ask(&["recovery", "show"]);
        (waits["phase"] == "replayed" && waits["members"] == json!([])).then_some(())
    });
    let letters = province.member(DATONG).ask(&["status"]);
    assert_eq!(letters["recovering"], true, "nothing is signed before the next log is open");
    let roster = province.change_roster(&["next-log", DATONG.center]);
    assert!(roster.to_string().contains("\"number\":2"), "{roster}");
    province.until("the end of the recovery", |province| {
        let waits = province.member(DATONG).ask(&["recovery", "show"]);
        (waits["recovering"] == false).then_some(())
    });
    province.await_states(&case, done, done);
    let after = province.until("the same sums as before", |province| {
        let sums = [TAIYUAN, DATONG].map(|city| province.sums(city));
        (sums == before).then_some(sums)
    });
    assert_eq!([after[0].suspense_in, after[1].suspense_out], [0, 0]);

    // The account whose record is gone is superseded for all.
    province.until("the revision that says lost", |province| {
        let tail = province.member(LINFEN).ask(&["log", "tail", "140200/2"]);
        tail.to_string().contains("lost").then_some(())
    });
    // The records of the day come from the core system, and another transfer goes through.
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG, later]));
    let next = province.start(DATONG, LINFEN, &ZHOU_IN_LINFEN);
    province.await_states(&next, done, done);
    assert!(aside.exists(), "what was moved away is left alone");
}

#[test]
fn what_cannot_be_restored_is_named_and_nothing_is_made_of_it() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN]));
    let backup = province.folder().join("taiyuan.backup");
    province.member(TAIYUAN).run(&["backup", text(&backup)]).done();
    let whole = fs::read(&backup).unwrap();
    let aside = lose_store(&mut province, TAIYUAN);
    let data = province.member(TAIYUAN).home.join("data");
    let given = province.folder().join("given.backup");
    let newer = [b"fundlink backup 9\n", &whole[18..]].concat();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for (bytes, exit, words) in [
        (&whole[..whole.len() / 2], UNVERIFIED, ["is cut short", "fundlink restore"]),
        (&changed, UNVERIFIED, ["was changed", "fundlink restore"]),
        (&newer, USAGE, ["format 9", "install the newer release"]),
        (&b"something else"[..], USAGE, ["is not a backup", "fundlink backup"]),
    ] {
        fs::write(&given, bytes).unwrap();
        let said = restore(&province, TAIYUAN, &given).ended_with(exit);
        for word in words {
            assert!(said.err.contains(word), "{word} is not said in {}", said.err);
        }
        assert_eq!(fs::read(&given).unwrap(), bytes, "the backup is never changed");
        assert!(!data.exists(), "nothing is made of it");
    }
    let authority = fundlink_testnet::member::AUTHORITY;
    province.member_mut(authority).kill();
    fs::rename(province.member(authority).home.join("data"), province.folder().join("aside"))
        .unwrap();
    let said = restore(&province, authority, &backup).ended_with(REFUSED);
    assert!(said.err.contains("140100") && said.err.contains("140000"), "{}", said.err);
    fs::create_dir(&data).unwrap();
    fs::write(data.join("notes"), "mine").unwrap();
    let said = restore(&province, TAIYUAN, &backup).ended_with(REFUSED);
    assert!(said.err.contains("is not empty"), "{}", said.err);
    assert_eq!(fs::read_to_string(data.join("notes")).unwrap(), "mine");
    assert!(aside.exists());
}

#[test]
fn a_person_lets_a_node_go_on_whose_witnesses_are_lost() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN, DATONG]));
    for lost in [fundlink_testnet::member::AUTHORITY, DATONG] {
        province.member_mut(lost).kill();
    }
    province.member_mut(TAIYUAN).stop();
    province.member_mut(TAIYUAN).start();
    let taiyuan = province.member(TAIYUAN);
    assert_eq!(taiyuan.ask(&["recovery", "show"])["recovering"], true);
    let words = ["recovery", "override", "--operator", ADMINISTRATOR, "--reason", "both are lost"];
    let said = taiyuan.run(&words).ended_with(USAGE);
    assert!(said.err.contains("WARNING") && said.err.contains("--yes"), "{}", said.err);
    assert_eq!(taiyuan.ask(&["recovery", "show"])["recovering"], true);
    let went = taiyuan.ask(&[&words[..], &["--yes"]].concat());
    assert_eq!(went["recovering"], false);
    assert_eq!(went["overridden"][0]["reason"], "both are lost");
    taiyuan.run(&[&words[..], &["--yes"]].concat()).ended_with(REFUSED);
}

/// A member's node is gone with its store, and there is a backup.
fn lost() -> (Province, PathBuf, Vec<u8>) {
    let mut province = Province::form(&Plan::of(&[TAIYUAN, DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let backup = province.folder().join("taiyuan.backup");
    province.member(TAIYUAN).run(&["backup", text(&backup)]).done();
    lose_store(&mut province, TAIYUAN);
    let bytes = fs::read(&backup).unwrap();
    (province, backup, bytes)
}

/// `fundlink restore`, where no file can grow beyond so many KiB.
fn restore_on_small_disk(province: &Province, backup: &Path, kib: u32) -> Said {
    let mut command = Command::new("sh");
    // A full disk sends no signal, so that of the limit is ignored. Blocks have 512 bytes.
    let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", u64::from(kib) * 2);
    command.arg("-c").arg(limit).arg(program::fundlink());
    command.args(["--lang", "en", "--config"]).arg(&province.member(TAIYUAN).home);
    command.arg("restore").arg(backup);
    program::hear(command, "")
}

#[test]
fn a_restore_that_is_killed_is_done_again() {
    let (mut province, backup, bytes) = lost();
    let home = province.member(TAIYUAN).home.clone();
    let (data, beside) = (home.join("data"), home.join("data.restoring"));
    let mut cut_off = 0;
    for _ in 0..40 {
        let mut command = Command::new(program::fundlink());
        command.args(["--lang", "en", "--config"]).arg(&home).arg("restore").arg(&backup);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut restoring = command.spawn().unwrap();
        // Once it writes; a quick one may be over by then.
        while !beside.exists() && restoring.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        restoring.kill().unwrap();
        restoring.wait().unwrap();
        assert_eq!(fs::read(&backup).unwrap(), bytes, "the backup is never changed");
        if data.exists() {
            // It has its name only once it is complete.
            province.member(TAIYUAN).run(&["fsck"]).done();
            fs::remove_dir_all(&data).unwrap();
        } else if beside.exists() {
            cut_off += 1;
        }
        if cut_off >= 4 {
            break;
        }
    }
    assert!(cut_off > 0, "no kill met a restore that wrote");
    restore(&province, TAIYUAN, &backup).done();
    assert!(!beside.exists(), "what was cut off is cleared away");
    province.member(TAIYUAN).run(&["fsck"]).done();
    province.member_mut(TAIYUAN).start();
}

#[test]
fn a_restore_on_a_full_disk_says_what_to_do_and_is_done_again() {
    let (mut province, backup, bytes) = lost();
    let home = province.member(TAIYUAN).home.clone();
    restore(&province, TAIYUAN, &backup).done();
    let needed = fs::metadata(home.join("data/store/db")).unwrap().len() / 1024;
    fs::remove_dir_all(home.join("data")).unwrap();
    for kib in [0, needed / 4, needed / 2] {
        let kib = u32::try_from(kib).unwrap();
        let said = restore_on_small_disk(&province, &backup, kib).ended_with(USAGE);
        let is_said = said.err.contains("is full") && said.err.contains("fundlink restore");
        assert!(is_said, "{kib} KiB: {}", said.err);
        assert!(!home.join("data").exists(), "{kib} KiB: nothing is taken for a store");
        assert!(!home.join("data.restoring").exists(), "{kib} KiB: no room is kept");
        assert_eq!(fs::read(&backup).unwrap(), bytes, "the backup is never changed");
    }
    restore(&province, TAIYUAN, &backup).done();
    province.member_mut(TAIYUAN).start();
}
