//! Story 5: the record holds a number of 15 digits, the letter one of 18.

use fundlink_protocol::document::DocumentNumber;
use fundlink_testnet::member::{ADMINISTRATOR, CLERK, DATONG, TAIYUAN};
use fundlink_tests::case::fen;
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{ZHANG_IN_TAIYUAN, ZHANG_SEALED_IN_DATONG};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::Value;

const AMOUNT: &str = "97384.34";
/// As it was written before 1999.
const OLD: Saver = Saver { document: "140299850615013", ..ZHANG_SEALED_IN_DATONG };

#[test]
fn an_old_number_is_matched_by_upgrade_and_a_clerk_corrects_the_record() {
    let plan = Plan { begin: Some(at("2026-04-08", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    province.import(DATONG, &Dump::of(&[OLD]));
    province.import(TAIYUAN, &Dump::of(&[ZHANG_IN_TAIYUAN]));

    // A number whose check digit is wrong is no number: nothing is written, nothing is sent.
    let wrong = Saver { document: "140299198506150139", ..ZHANG_SEALED_IN_DATONG };
    let said = province.apply(TAIYUAN, DATONG, &wrong).ended_with(2);
    assert!(said.err.contains("ZJHM") && said.err.contains("check character"), "{}", said.err);
    assert!(!said.all().contains(wrong.document), "the number is shown");
    for city in [TAIYUAN, DATONG] {
        let listed = province.member(city).ask(&["transfer", "list", "--ended"]);
        assert_eq!(listed, Value::Array(Vec::new()), "{}", city.english);
    }

    // The right one waits for a clerk, whatever the mode, and for nobody else.
    let case = province.start(TAIYUAN, DATONG, &ZHANG_SEALED_IN_DATONG);
    assert_eq!(case.number, "1401002604080001", "the refused one took no number");
    province.await_states(&case, ("requested", "01"), ("held", "01"));
    let held = province.await_task(DATONG, &case, "old_document");
    assert_eq!((&held["task"]["role"], &held["identity"]), (&"clerk".into(), &Value::Null));
    let other = province.decide(DATONG, &case, ADMINISTRATOR, &["accept"]).ended_with(1);
    assert_eq!(other.code().as_deref(), Some("OPERATOR"));

    province.decide(DATONG, &case, CLERK, &["accept"]).done();
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let shown = province.show(DATONG, &case);
    assert_eq!(shown["sheet"]["amount"], AMOUNT);
    assert_eq!(shown["identity"], "confirmed");
    assert_eq!(province.show(TAIYUAN, &case)["identity"], "confirmed");

    // Who corrected it is kept, and stands in the audit log; people read it in their language.
    let [taken] = shown["decisions"].as_array().expect("decisions").as_slice() else {
        panic!("one decision was taken: {shown}")
    };
    assert_eq!((&taken["operator"], &taken["decision"]), (&CLERK.into(), &"accept".into()));
    assert_eq!(taken["corrected"], true);
    assert_eq!(taken["audit"].as_str().map(str::len), Some(64));
    let read = province.member(DATONG).read_chinese(&["transfer", "show", &case.number]);
    assert!(read.contains("档案证件号码已更正为 18 位"), "{read}");

    let record = province.books(DATONG).account(OLD.account).record;
    let DocumentNumber::Resident(number) = &record.person.document else {
        panic!("the record still has its old number")
    };
    assert_eq!(number.as_str(), ZHANG_SEALED_IN_DATONG.document);
    assert_eq!(province.books(TAIYUAN).balance(ZHANG_IN_TAIYUAN.account), fen(AMOUNT));
}
