//! Every key of Datong changes while an account is on its way from there to Taiyuan.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::cose::Received;
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Store as _, prefix_end};
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG};
use fundlink_tests::province::{Plan, Province, at};

/// The keys of Datong for a purpose, as the roster lists them, the newest last.
fn listed(province: &Province, purpose: &str) -> Vec<(String, bool)> {
    let roster = province.member(TAIYUAN).ask(&["net", "show"]);
    let members = roster["members"].as_array().unwrap();
    let datong = members.iter().find(|member| member["center"] == DATONG.center).unwrap();
    let keys = datong["keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
    keys.map(|key| (key["id"].as_str().unwrap().to_owned(), key["until"].is_null())).collect()
}

fn rotate(province: &mut Province, purpose: &str) -> String {
    let before = province.version(AUTHORITY);
    province.member(DATONG).run(&["net", "rotate", purpose]).done();
    province.await_version(before + 1);
    let keys = listed(province, purpose);
    let [(_, false), (new, true)] = keys.as_slice() else { panic!("{purpose}: {keys:?}") };
    new.clone()
}

/// The ids of the keys that signed these statements of Datong, in the stopped node's store.
fn signed_with(store: &SledStore, kind: StatementKind) -> BTreeSet<String> {
    let prefix = key(Area::Statement, &[]);
    let rows = store.range(&prefix, &prefix_end(&prefix), 10_000).unwrap();
    let statements = rows.into_iter().map(|(_, bytes)| Received::parse(bytes).unwrap());
    let of_kind = statements.filter(|statement| {
        let from = statement.parties().map(|(from, _)| from.to_string());
        statement.kind() == kind && from.as_deref() == Some(DATONG.center)
    });
    of_kind.map(|statement| statement.key().to_string()).collect()
}

#[test]
fn every_key_changes_during_a_transfer_and_only_the_peer_key_waits_for_a_restart() {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    let by_hand = ["mode", "set", "transfer", "confirm", "--operator", "admin"];
    province.member(DATONG).run(&by_hand).done();
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_state(DATONG, &case, ("held", "01"));
    let size = province.size(DATONG, 1);
    province.await_witnessed(TAIYUAN, "140200/1", size);

    let old_statement = listed(&province, "statement")[0].0.clone();
    let statement = rotate(&mut province, "statement");
    for purpose in ["log", "witness", "sealing"] {
        rotate(&mut province, purpose);
    }
    let again = province.member(DATONG).run(&["net", "rotate", "statement"]).done();
    assert!(again.out.contains("runs on for 30 days"), "{}", again.out);
    province.decide(DATONG, &case, CLERK, &["accept"]).done();
    province.await_states(&case, ("accepted", "02"), ("accepted", "02"));

    // What is logged now is signed by the new log key, and followed and witnessed everywhere.
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG]));
    for at in [TAIYUAN, LINFEN, AUTHORITY] {
        province.await_witnessed(at, "140200/1", size + 1);
    }
    // The authority's checkpoints bear Datong's cosignature by its new witness key. A checkpoint that
    // two of three have cosigned is not carried to the third again: the next one is.
    let mut renewed = Instant::now();
    let cosigned = province.until("a cosignature by the new key", |province| {
        if renewed.elapsed() > Duration::from_secs(10) {
            province.member(AUTHORITY).run(&["net", "renew"]).done();
            renewed = Instant::now();
        }
        let log = format!("{}/1", AUTHORITY.center);
        let checkpoint = province.member(AUTHORITY).ask(&["log", "checkpoint", &log]);
        (checkpoint["cosignatures"] == 3).then_some(checkpoint)
    });
    assert!(cosigned["note"].as_str().unwrap().contains("140200/witness"));

    // Connections are made with the identity that the node started with.
    rotate(&mut province, "peer");
    let datong = province.member_mut(DATONG);
    datong.stop();
    datong.start();
    province.decide(DATONG, &case, CLERK, &["settle"]).done();
    province.await_states(&case, ("completed", "00"), ("completed", "00"));

    let home = province.member(TAIYUAN).home.join("data");
    province.member_mut(TAIYUAN).stop();
    let store = SledStore::open(&home).unwrap();
    let signed = |kind| signed_with(&store, kind);
    let new: BTreeSet<String> = [statement].into();
    assert_eq!(signed(StatementKind::Acceptance), new, "said between two rotations, by no restart");
    assert_eq!(signed(StatementKind::Sheet), new);
    assert!(!new.contains(&old_statement));
}
