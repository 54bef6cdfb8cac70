//! A firewall lets a center's connections through in one direction alone.
//!
//! What does not pass is taken and never gets a word back, as by a firewall that swallows what it does
//! not like.

use std::net::{Ipv4Addr, TcpListener};

use fundlink_testnet::member::{AUTHORITY, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::firewall::Firewall;
use fundlink_tests::people::{
    LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHOU_IN_LINFEN, newcomer,
};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::standing::row;

/// A province with accounts to move and to ask about.
fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.set_mode("transfer", "auto");
    let zhou = newcomer(ZHOU_IN_LINFEN, "9926050600099", (2026, 5));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG, zhou]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province.import(LINFEN, &Dump::of(&[ZHOU_IN_LINFEN]));
    province
}

const OTHERS: [Identity; 3] = [AUTHORITY, TAIYUAN, LINFEN];

fn stop_all(province: &mut Province) {
    for identity in [AUTHORITY, TAIYUAN, LINFEN, DATONG] {
        province.member_mut(identity).stop();
    }
}

/// Datong asks and is asked, gives an account away and takes one in, publishes and is witnessed.
fn assert_takes_part(province: &mut Province) {
    for (at, other, person) in [
        (TAIYUAN, DATONG, (WANG_IN_DATONG.name, WANG_IN_DATONG.document)),
        (DATONG, LINFEN, (ZHOU_IN_LINFEN.name, ZHOU_IN_LINFEN.document)),
    ] {
        let dossier = province.await_check(at, other, person);
        assert_eq!(row(&dossier, other)["state"], "answered");
    }
    let size = province.size(DATONG, 1);
    let done = ("completed", "00");
    let out = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&out, done, done);
    let into = province.start(DATONG, LINFEN, &ZHOU_IN_LINFEN);
    province.await_states(&into, done, done);
    for at in [AUTHORITY, TAIYUAN, LINFEN] {
        province.await_witnessed(at, "140200/1", size + 2);
    }
}

#[test]
fn a_center_that_nobody_can_dial_asks_answers_and_transfers() {
    let mut province = province();
    // What takes connections and never says a word.
    let wall = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", wall.local_addr().unwrap().port());
    province.change_roster(&["addresses", DATONG.center, &address]);
    // No connection of before is left.
    stop_all(&mut province);
    for identity in OTHERS {
        province.member_mut(identity).start();
    }
    province.member_mut(DATONG).start();
    assert_takes_part(&mut province);
}

#[test]
fn a_center_that_can_dial_nobody_asks_answers_and_transfers() {
    let mut province = province();
    let mut walls = Vec::new();
    for identity in OTHERS {
        let port = province.member(identity).peer_port();
        let wall = Firewall::before(port, province.runtime()).unwrap();
        province.change_roster(&["addresses", identity.center, &wall.address()]);
        walls.push(wall);
    }
    stop_all(&mut province);
    for identity in OTHERS {
        province.member_mut(identity).start();
        for wall in &walls {
            wall.allow(province.member(identity).process());
        }
    }
    province.member_mut(DATONG).start();
    assert_takes_part(&mut province);
}
