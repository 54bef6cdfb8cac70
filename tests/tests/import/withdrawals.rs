//! Withdrawals of the exports: a home that two cities paid for, and a transfer that waits for the end of a
//! withdrawal.

use fundlink_testnet::member::{CLERK, DATONG, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::member::Member;
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG};
use fundlink_tests::program::Said;
use fundlink_tests::province::Province;
use serde_json::json;

const HOME: &str = "晋(2024)太原市不动产权第0012345号";
/// The same, as another clerk writes it.
const SAME_HOME: &str = "晋〔2024〕太原市不动产权 第0012345号";

/// An export of a saver who put 50.00 in and took it out again for a home.
fn bought(saver: &Saver) -> Dump {
    let mut dump = Dump::of(&[*saver]);
    for (serial, business, amount, reason) in
        [("ZR1", "06", "50.00", ""), ("TQ1", "11", "-50.00", "01")]
    {
        let account = saver.account;
        let row = format!("{account},{serial},20260505,{business},,{amount},0.00,01,{reason}");
        dump.row(DumpFile::Ledger, format_args!("{row}"));
    }
    dump
}

fn paid(saver: &Saver, home: &str) -> String {
    format!("{},TQ1,2026-05-05,-50.00,01,{home}", saver.account)
}

fn in_progress(saver: &Saver) -> String {
    format!("{},TQ2,,300.00,03,", saver.account)
}

/// Imports an export, and says which published records it lacks.
fn import(province: &Province, member: &Member, dump: &Dump) -> Said {
    let folder = province.folder().join("export");
    dump.write(&folder);
    let folder = folder.to_str().unwrap();
    member.run(&["--json", "data", "import", folder, "--operator", CLERK, "--full"])
}

#[test]
fn a_home_that_two_exports_paid_for_raises_an_alert_and_vanishes_only_by_a_whole_export() {
    let mut province = Province::on("2026-05-06", &[TAIYUAN, DATONG]);
    let mut datong = bought(&LI_IN_DATONG);
    datong.set_withdrawals(&[paid(&LI_IN_DATONG, HOME)]);
    province.import(DATONG, &datong);
    let mut taiyuan = bought(&LI_NEW_IN_TAIYUAN);
    taiyuan.set_withdrawals(&[paid(&LI_NEW_IN_TAIYUAN, SAME_HOME)]);
    province.import(TAIYUAN, &taiyuan);
    let alerts = province.await_alerts("property_paid_twice");
    assert_eq!(alerts[0]["centers"], json!([TAIYUAN.center, DATONG.center]));

    let member = province.member(DATONG);
    let listed = member.ask(&["withdrawal", "list"]);
    let one = &listed[0];
    assert_eq!(one["withdrawal"]["serial"], "TQ1");
    assert_eq!((&one["recorded"], &one["leaf"]["log"]), (&json!(null), &json!(1)));
    let same = import(&province, member, &datong).done().json();
    assert_eq!(same["changes"], json!({"added": 0, "changed": 0, "same": 2, "kept": 0}));
    assert_eq!(
        same["report"]["withdrawals"],
        json!({"for_property": 1, "in_progress": 0, "unlisted": 0})
    );

    // A job that did not write the file is no word that there are none.
    let without = import(&province, member, &bought(&LI_IN_DATONG)).ended_with(1);
    assert!(without.all().contains("withdrawals.csv"), "{}", without.all());
    let mut none = bought(&LI_IN_DATONG);
    none.set_withdrawals(&[]);
    let none = import(&province, member, &none).done();
    let told = none.json();
    assert_eq!(told["vanished"][0]["status"], "withdrawal-paid");
    assert_eq!(told["report"]["withdrawals"]["unlisted"], json!(1));
    assert!(!none.all().contains("0012345") && !none.all().contains(LI_IN_DATONG.account));
    assert_eq!(member.ask(&["withdrawal", "list"]), json!([]));
}

#[test]
fn a_withdrawal_in_progress_refuses_a_letter_with_r08_until_an_export_is_without_it() {
    let mut province = Province::on("2026-05-20", &[TAIYUAN, DATONG]);
    let savers = [LI_IN_DATONG, WANG_IN_DATONG];
    let export = |rows: &[String]| {
        let mut dump = Dump::of(&savers);
        dump.set_withdrawals(rows);
        dump
    };
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province.import(DATONG, &export(&[in_progress(&LI_IN_DATONG)]));
    let hindered = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_refusal(&hindered, "R08");
    // It begins after the letter came and before a clerk looked at it.
    province.import(DATONG, &export(&[]));
    province.confirm_by_hand(DATONG);
    let waiting = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_state(DATONG, &waiting, ("held", "01"));
    province.import(DATONG, &export(&[in_progress(&LI_IN_DATONG)]));
    province.decide(DATONG, &waiting, CLERK, &["accept"]).done();
    province.await_refusal(&waiting, "R08");
    // It was given up.
    province.import(DATONG, &export(&[]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.accept(&case);
    province.settle(&case);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
}
