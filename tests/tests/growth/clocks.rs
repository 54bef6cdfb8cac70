//! Clocks that differ: a question counts within two minutes either way, and no longer.

use fundlink_testnet::member::{AUTHORITY, DATONG, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{LI_IN_DATONG, ZHOU_IN_TAIYUAN};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::standing::row;
use serde_json::Value;

/// Sets Taiyuan's clock forward against the others, who stay where they are.
fn set_ahead(province: &mut Province, seconds: i64) {
    let taiyuan = province.member_mut(TAIYUAN);
    taiyuan.stop();
    taiyuan.configure(|file| file.clock.offset_s += seconds);
    taiyuan.start();
    province.until("Taiyuan's witnesses", |province| {
        (!province.member(TAIYUAN).is_recovering()).then_some(())
    });
}

/// What came of a question each way: from Taiyuan to Datong, and from Datong to Taiyuan.
fn both_ways(province: &mut Province) -> [Value; 2] {
    let li = (LI_IN_DATONG.name, LI_IN_DATONG.document);
    let zhou = (ZHOU_IN_TAIYUAN.name, ZHOU_IN_TAIYUAN.document);
    [(TAIYUAN, DATONG, li), (DATONG, TAIYUAN, zhou)].map(|(at, other, person)| {
        province.until("a reply, once the two are connected again", |province| {
            let asked = province.check_loan(at, person);
            let dossier: Value = serde_json::from_str(&asked.out).ok()?;
            let row = row(&dossier, other);
            (row["state"] != "unreachable" && row["state"] != "timed-out").then_some(row)
        })
    })
}

#[test]
fn a_question_by_a_clock_that_is_wrong_is_refused_by_name_and_counts_when_it_is_right() {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let mut province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[ZHOU_IN_TAIYUAN]));
    for (at, log) in [(TAIYUAN, "140200/1"), (DATONG, "140100/1")] {
        province.await_witnessed(at, log, 1);
    }

    // A hundred seconds are what clocks may differ.
    set_ahead(&mut province, 100);
    let rows = both_ways(&mut province);
    assert!(rows.iter().all(|row| row["state"] == "answered"), "{rows:?}");

    // Ten minutes are not: Datong finds the question early, Taiyuan the other one late.
    set_ahead(&mut province, 500);
    let [early, late] = both_ways(&mut province);
    assert_eq!((&early["state"], &early["code"]), (&"refused".into(), &"FROM_THE_FUTURE".into()));
    assert_eq!((&late["state"], &late["code"]), (&"refused".into(), &"EXPIRED".into()));

    // All have the time of the one that was right about it.
    let later = province.now().plus_ms(15 * 60_000);
    province.advance_to(later);
    for at in [AUTHORITY, TAIYUAN, DATONG] {
        province
            .until("witnesses", |province| (!province.member(at).is_recovering()).then_some(()));
    }
    let rows = both_ways(&mut province);
    assert!(rows.iter().all(|row| row["state"] == "answered"), "{rows:?}");
}
