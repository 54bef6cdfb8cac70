//! Story 7: a letter that comes twice, a number with other content, a second letter.

use fundlink_protocol::cbor;
use fundlink_protocol::cose::Received;
use fundlink_protocol::statement::transfer::letter::Letter;
use fundlink_testnet::member::{DATONG, TAIYUAN};
use fundlink_tests::case::{Case, JINZHONG, fen};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, ZHANG_SEALED_IN_DATONG, newcomer};
use fundlink_tests::province::Province;
use fundlink_tests::rogue::{Heard, Rogue, deliver};
use serde_json::Value;

const LI_IN_JINZHONG: Saver = newcomer(LI_IN_DATONG, "9926050700011", (2026, 5));
const COMPLETED: (&str, &str) = ("completed", "00");

/// The letters that a member knows, those that ended included.
fn letters(province: &Province, at: fundlink_testnet::member::Identity) -> Vec<(String, String)> {
    let listed = province.member(at).ask(&["transfer", "list", "--ended"]);
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = listed.as_array().unwrap();
    lines.iter().map(|line| (text(line, "number"), text(line, "state"))).collect()
}

#[test]
fn the_same_bytes_get_the_stored_answer_and_other_content_under_the_number_gets_r14() {
    let mut province = Province::on("2026-05-06", &[TAIYUAN, DATONG]);
    province.confirm_by_hand(DATONG);
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, ZHANG_SEALED_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    assert_eq!(case.number, "1401002605060001");
    province.accept(&case);
    let statements =
        |province: &Province| province.show(DATONG, &case)["statements"].as_array().unwrap().len();
    let before = (statements(&province), province.sums(DATONG));

    // Taiyuan's gateway has heard nothing, and sends the letter again, bit by bit.
    let bytes = province.books(TAIYUAN).statement(&case.hash());
    let mut rogue = Rogue::of(province.member(TAIYUAN));
    let say = |province: &Province, rogue: &Rogue, statement: &[u8]| {
        let runtime = province.runtime();
        let connection = runtime.block_on(rogue.connect(province.member(DATONG)));
        runtime.block_on(deliver(&connection, statement))
    };
    for _ in 0..2 {
        assert_eq!(say(&province, &rogue, &bytes), Heard::Taken);
    }
    assert_eq!((statements(&province), province.sums(DATONG)), before);
    assert_eq!(letters(&province, DATONG), [(case.number.clone(), "accepted".to_owned())]);

    // The number once more, over somebody else's account.
    let first = Received::parse(bytes).unwrap();
    let first: Letter = cbor::decode(first.payload()).unwrap();
    let today = province.now().date().unwrap();
    let other = rogue.question(first.to, 1, province.now(), &ZHANG_SEALED_IN_DATONG);
    let [person] = other.subjects.as_slice() else { panic!("one person") };
    let second = Letter {
        name: person.name.clone(),
        document: person.document.clone(),
        account: fundlink_protocol::account::AccountNumber::parse(ZHANG_SEALED_IN_DATONG.account)
            .unwrap(),
        ..first
    };
    assert_eq!(Some(today), second.issued_at.date());
    let second = rogue.sign(&second);
    assert_eq!(say(&province, &rogue, &second), Heard::Taken, "and refused by a statement");
    let id = fundlink_protocol::cose::payload_hash(Received::parse(second).unwrap().payload());
    let second = Case { id: id.to_string(), ..case.clone() };
    let refused = province.await_state(DATONG, &second, ("rejected", "13"));
    assert_eq!(refused["refused"]["code"], "R14");
    assert_eq!(province.state(DATONG, &case), Some(("accepted".into(), "02".into())));

    // The authority hears of it, once: A10.
    let alerts = province.await_alerts("letter_number_reused");
    assert_eq!(alerts.len(), 1);
    assert_eq!((&alerts[0]["code"], &alerts[0]["times"]), (&"A10".into(), &1.into()));

    // The first goes on untouched.
    province.member_mut(TAIYUAN).start();
    province.settle(&case);
    province.await_states(&case, COMPLETED, COMPLETED);
    let (principal, interest, amount) = province.sheet(TAIYUAN, &case);
    assert_eq!((principal, amount), (fen("43758.38"), principal + interest));
    let datong = province.books(DATONG);
    assert_eq!(datong.balance(ZHANG_SEALED_IN_DATONG.account), ZHANG_SEALED_IN_DATONG.balance());
}

#[test]
fn a_second_number_is_refused_locally_and_one_from_a_third_city_with_r14() {
    let mut province = Province::on("2026-05-06", &[TAIYUAN, DATONG, JINZHONG]);
    province.confirm_by_hand(DATONG);
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province.import(JINZHONG, &Dump::of(&[LI_IN_JINZHONG]));
    let first = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.accept(&first);

    province.go_to("2026-05-07", 9);
    let again = province.apply(TAIYUAN, DATONG, &LI_IN_DATONG).ended_with(1);
    assert_eq!(again.code().as_deref(), Some("IN_FLIGHT"));
    assert_eq!(letters(&province, TAIYUAN).len(), 1, "no number was given");
    let third = province.start(JINZHONG, DATONG, &LI_IN_DATONG);
    assert_eq!(third.number, "1407002605070001");
    province.await_refusal(&third, "R14");

    province.settle(&first);
    province.await_states(&first, COMPLETED, COMPLETED);
    assert_eq!(province.sums(JINZHONG).persons, 0);
    // Now the account is closed, for whoever asks.
    let late = province.start(JINZHONG, DATONG, &LI_IN_DATONG);
    province.await_refusal(&late, "R05");
}
