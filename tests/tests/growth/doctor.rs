//! `fundlink doctor` over whole nodes: what is fine, what somebody must do, who is not reached.
//!
//! **Promises.** Every fault is made as it comes about in earnest: a node that is down, a wrong address
//! in the roster, a key file that others may read, a clock that went back.
//! **Left to others.** That a node works behind a firewall all the same: `growth`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use fundlink_testnet::member::{AUTHORITY, DATONG, Identity, TAIYUAN};
use fundlink_tests::program;
use fundlink_tests::province::{Plan, Province};
use serde_json::Value;

/// What a member's doctor finds, for programs.
fn doctor(province: &Province, at: Identity, exit: i32) -> Value {
    province.member(at).run(&["--json", "doctor"]).ended_with(exit).json()
}

/// The result of a check; nothing where it was not made.
fn state(report: &Value, check: &str, of: &str) -> Option<String> {
    let checks = report["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .find(|made| made["check"] == check && made["of"].as_str().unwrap_or_default() == of);
    found.map(|made| made["state"].as_str().unwrap().to_owned())
}

fn assert_state(report: &Value, (check, of): (&str, &str), expected: &str) {
    assert_eq!(state(report, check, of).as_deref(), Some(expected), "{check} {of}: {report:#}");
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN, DATONG]));
    province.until("everybody current in Datong", |province| {
        let others = [AUTHORITY, TAIYUAN].map(|other| format!("{}/1", other.center));
        let current =
            |log: &String| province.log(DATONG, log).is_some_and(|log| log["current"] == true);
        others.iter().all(current).then_some(())
    });
    let report = doctor(&province, DATONG, 0);
    for check in ["configuration", "keys", "disk", "fsync", "store", "node", "roster", "standing"] {
        assert_state(&report, (check, ""), "fine");
    }
    for (check, of) in [("clock", ""), ("bank", ""), ("core", ""), ("key", "statement")] {
        assert_state(&report, (check, of), "fine");
    }
    for other in [AUTHORITY, TAIYUAN] {
        assert_state(&report, ("reaches", other.center), "fine");
        assert_state(&report, ("reached-by", other.center), "fine");
    }
    // It can be asked as often as one likes: what it tries leaves nothing behind.
    for _ in 0..5 {
        doctor(&province, DATONG, 0);
    }
    let port = province.member(TAIYUAN).peer_port().to_string();
    let rules = report["firewall"].as_array().unwrap();
    let out = rules.iter().find(|rule| rule["direction"] == "out" && rule["center"] == "140100");
    assert!(out.unwrap()["to"].as_str().unwrap().ends_with(&port), "{rules:?}");
    assert!(rules.iter().any(|rule| rule["direction"] == "in"), "{rules:?}");
    let mut chinese = Command::new(program::fundlink());
    chinese.args(["--lang", "zh", "--config"]).arg(&province.member(DATONG).home).arg("doctor");
    let chinese = program::hear(chinese, "").done();
    assert!(chinese.out.contains("无需处理"), "{}", chinese.out);

    // The roster gives Datong an address where nobody is: the others cannot dial it any more.
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", nobody.port());
    province.change_roster(&["addresses", DATONG.center, &address]);
    let report = doctor(&province, DATONG, 3);
    assert_state(&report, ("reached-by", TAIYUAN.center), "unreachable");
    assert_state(&report, ("reaches", TAIYUAN.center), "fine");
    let own = province.member(DATONG).address();
    province.change_roster(&["addresses", DATONG.center, &own]);

    // Suspended: somebody must do something, whoever is reached.
    province.change_roster(&["suspend", DATONG.center]);
    let report = doctor(&province, DATONG, 1);
    assert_state(&report, ("standing", ""), "attention");
    province.change_roster(&["reinstate", DATONG.center]);

    // Taiyuan goes away: nobody answers there, and nobody is there to dial back.
    province.member_mut(TAIYUAN).stop();
    let report = doctor(&province, DATONG, 3);
    assert_state(&report, ("reaches", TAIYUAN.center), "unreachable");
    assert_state(&report, ("reached-by", TAIYUAN.center), "unknown");
    assert_state(&report, ("reaches", AUTHORITY.center), "fine");
}

#[test]
fn the_doctor_of_a_stopped_node_says_what_it_can() {
    let mut province = Province::form(&Plan::of(&[TAIYUAN, DATONG]));
    province.member_mut(DATONG).stop();
    let report = doctor(&province, DATONG, 3);
    assert_state(&report, ("node", ""), "unreachable");
    for check in ["configuration", "keys", "disk", "fsync", "store", "clock", "roster"] {
        assert_state(&report, (check, ""), "fine");
    }
    assert_state(&report, ("reaches", TAIYUAN.center), "fine");
    assert_state(&report, ("reached-by", TAIYUAN.center), "unknown");
    let said = province.member(DATONG).run(&["doctor"]).ended_with(3);
    assert!(said.out.contains("start it with `fundlink run`"), "{}", said.out);

    // The port that the node will listen on is taken.
    let port = province.member(DATONG).peer_port();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let report = doctor(&province, DATONG, 1);
    assert_state(&report, ("listen", &format!("127.0.0.1:{port}")), "attention");
    drop(taken);

    // Others may read the key file.
    let keys = province.member(DATONG).home.join("keys");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    let report = doctor(&province, DATONG, 1);
    assert_state(&report, ("keys", ""), "attention");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();

    // The clock went back by an hour.
    province.member(DATONG).configure(|file| file.clock.offset_s -= 3_600);
    let report = doctor(&province, DATONG, 1);
    assert_state(&report, ("clock", ""), "attention");
    province.member(DATONG).configure(|file| file.clock.offset_s += 3_600);

    // A configuration that cannot be used is all that can be said.
    let path = province.member(DATONG).home.join("fundlink.toml");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, "[node]\nnetwork = 1\n").unwrap();
    let report = doctor(&province, DATONG, 1);
    assert_eq!(report["checks"].as_array().unwrap().len(), 1, "{report:#}");
    fs::write(&path, whole).unwrap();
    province.member_mut(DATONG).start();
}
