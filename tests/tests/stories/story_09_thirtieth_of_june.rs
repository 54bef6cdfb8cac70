//! Story 9: 30 June comes between approval and payment, and a change of mind at each moment.

use fundlink_testnet::bank::{Behaviour, Rule};
use fundlink_testnet::member::{CLERK, DATONG, TAIYUAN};
use fundlink_tests::case::{Case, fen};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{
    CHEN_IN_DATONG, CHEN_IN_TAIYUAN, LI_IN_DATONG, ZHANG_SEALED_IN_DATONG, newcomer,
};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::Value;

/// Two more persons with sealed accounts in Taiyuan.
const LI: Saver = Saver { account: "9923041500934", ..LI_IN_DATONG };
const ZHANG: Saver = Saver { account: "9922011500934", ..ZHANG_SEALED_IN_DATONG };

/// Taiyuan decides by hand, Datong takes in by the rules.
fn formed(day: &str, savers: &[Saver]) -> Province {
    let plan = Plan { begin: Some(at(day, 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    let by_hand = ["mode", "set", "transfer", "confirm", "--operator", "admin"];
    province.member(TAIYUAN).run(&by_hand).done();
    province.import(TAIYUAN, &Dump::of(savers));
    let accounts = ["9926062200001", "9926062200002", "9926062200003"];
    let here = savers.iter().zip(accounts);
    let here: Vec<Saver> =
        here.map(|(saver, account)| newcomer(*saver, account, (2026, 6))).collect();
    province.import(DATONG, &Dump::of(&here));
    province
}

fn sheet(province: &Province, case: &Case) -> [Value; 5] {
    let shown = province.show(DATONG, case);
    ["principal", "interest", "amount", "value_date", "revision"]
        .map(|key| shown["sheet"][key].clone())
}

fn refused(province: &Province, case: &Case) -> Value {
    province.show(DATONG, case)["refused"]["code"].clone()
}

#[test]
fn what_june_approved_and_july_pays_is_settled_anew_to_the_fen() {
    assert_eq!(CHEN_IN_DATONG.name, CHEN_IN_TAIYUAN.name);
    let mut province = formed("2026-06-22", &[CHEN_IN_TAIYUAN]);
    let before = [TAIYUAN, DATONG].map(|city| province.sums(city));
    let case = province.start(DATONG, TAIYUAN, &CHEN_IN_TAIYUAN);
    assert_eq!(case.number, "1402002606220001");
    province.await_states(&case, ("requested", "01"), ("held", "01"));
    province.decide(TAIYUAN, &case, CLERK, &["accept"]).done();
    province.await_states(&case, ("accepted", "02"), ("accepted", "02"));

    // Friday the 26th: approved for Monday the 29th. The bank misses that day, and the 30th.
    province.advance_to(at("2026-06-26", 10));
    let days = |days: i64| days * 86_400_000;
    let late = Behaviour { execute_after_ms: days(20), ..Behaviour::default() };
    province.bank.with(|bank, _| bank.add_rule(Rule::for_next(2, late)));
    province.decide(TAIYUAN, &case, CLERK, &["settle", "--value-date", "2026-06-29"]).done();
    province.await_states(&case, ("announced", "08"), ("paying", "08"));
    let approved = ["154069.27", "2203.25", "156272.52", "2026-06-29"].map(Value::from);
    assert_eq!(sheet(&province, &case)[..4], approved);
    assert_eq!(sheet(&province, &case)[4], 1);

    // The 30th: recalled, and ordered again under the same sheet for the last day that it holds.
    province.advance_to(at("2026-06-30", 10));
    province.until("the second attempt", |province| {
        let shown = province.show(TAIYUAN, &case);
        (shown["attempts"] == 2 && shown["state"] == "paying").then_some(())
    });
    assert_eq!(sheet(&province, &case)[4], 1);

    // The 2nd of July: undone, and settled anew as if the account had never left.
    province.advance_to(at("2026-07-02", 10));
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let paid = ["156285.36", "6.51", "156291.87", "2026-07-02"].map(Value::from);
    assert_eq!(sheet(&province, &case)[..4], paid);
    assert_eq!(sheet(&province, &case)[4], 2);
    let shown = province.show(TAIYUAN, &case);
    let entered: Vec<&str> = shown["history"]
        .as_array()
        .expect("a history")
        .iter()
        .filter_map(|change| change["state"].as_str())
        .collect();
    let expected = [
        "received",
        "held",
        "accepted",
        "settled",
        "paying",
        "pay_failed",
        "paying",
        "pay_failed",
        "reversed",
        "settled",
        "paying",
        "paid",
        "completed",
    ];
    assert_eq!(entered, expected);

    let after = [TAIYUAN, DATONG].map(|city| province.sums(city));
    assert_eq!(after[1].persons - before[1].persons, fen("156291.87"));
    assert_eq!(before[0].persons - after[0].persons, fen("154069.27"));
    let interest = before[0].interest - after[0].interest;
    assert_eq!(interest, fen("2216.09") + fen("6.51"), "nothing of the first settlement is left");
    assert_eq!([after[0].suspense_out, after[1].suspense_in], [0, 0]);
    let books = province.books(TAIYUAN);
    let rows = books.rows(CHEN_IN_TAIYUAN.account, &[7]);
    let amounts: Vec<(i64, i64)> = rows.iter().map(|row| (row.1, row.2)).collect();
    let june = (fen("154069.27"), fen("2203.25"));
    let expected = [(-june.0, june.1), (june.0, -june.1), (-fen("156285.36"), fen("6.51"))];
    assert_eq!(amounts, expected, "row 07, its reversal, row 07");
}

#[test]
fn a_change_of_mind_before_acceptance_is_granted_and_after_it_only_the_other_side_refuses() {
    let mut province = formed("2026-06-22", &[LI, ZHANG]);
    let changes_her_mind = province.start(DATONG, TAIYUAN, &LI);
    let too_late = province.start(DATONG, TAIYUAN, &ZHANG);
    province.await_states(&too_late, ("requested", "01"), ("held", "01"));
    province.await_states(&changes_her_mind, ("requested", "01"), ("held", "01"));

    // 06-23, status 01: withdrawn, nothing was locked, and a new letter may follow.
    province.advance_to(at("2026-06-23", 10));
    province.cancel(&changes_her_mind).done();
    province.await_states(&changes_her_mind, ("cancelled", "05"), ("released", "05"));
    let again = province.start(DATONG, TAIYUAN, &LI);
    assert_eq!(again.number, "1402002606230001");
    province.await_states(&again, ("requested", "01"), ("held", "01"));

    // 06-25, status 02: too late, the case stands where it stood.
    province.decide(TAIYUAN, &too_late, CLERK, &["accept"]).done();
    province.await_states(&too_late, ("accepted", "02"), ("accepted", "02"));
    province.advance_to(at("2026-06-25", 10));
    province.cancel(&too_late).done();
    let entered = |province: &Province| {
        let shown = province.show(DATONG, &too_late);
        let history = shown["history"].as_array().cloned().unwrap_or_default();
        history.iter().filter_map(|change| change["state"].as_str().map(str::to_owned)).collect()
    };
    let expected = ["draft", "requested", "accepted", "cancelling", "accepted"];
    province.until("the answer TOO_LATE", |province| {
        let entered: Vec<String> = entered(province);
        (entered == expected).then_some(())
    });
    province.await_states(&too_late, ("accepted", "02"), ("accepted", "02"));
    // Only the transfer-out side can refuse; R99 says why.
    let silent = province.decide(TAIYUAN, &too_late, CLERK, &["refuse", "--reason", "R99"]);
    assert_eq!(silent.ended_with(2).code().as_deref(), Some("ARGUMENT"));
    let words = ["refuse", "--reason", "R99", "--remark", "职工本人撤回申请"];
    province.decide(TAIYUAN, &too_late, CLERK, &words).done();
    let closed = ("rejection_confirmed", "40");
    province.await_states(&too_late, closed, closed);
    assert_eq!(refused(&province, &too_late), "R99");
    assert_eq!(province.show(DATONG, &too_late)["remark"], "职工本人撤回申请");

    // Where the center's rule allows it until settlement, a withdrawal is a refusal R99.
    let taiyuan = province.member_mut(TAIYUAN);
    taiyuan.stop();
    taiyuan.configure(|file| file.policy.cancellable_until_settled = true);
    taiyuan.start();
    province.decide(TAIYUAN, &again, CLERK, &["accept"]).done();
    province.await_states(&again, ("accepted", "02"), ("accepted", "02"));
    province.cancel(&again).done();
    province.await_states(&again, closed, closed);
    assert_eq!(refused(&province, &again), "R99");
    assert!(
        province.show(DATONG, &again)["remark"].as_str().is_some_and(|words| !words.is_empty())
    );
    let third = province.start(DATONG, TAIYUAN, &LI);
    province.await_state(TAIYUAN, &third, ("held", "01"));
    province.decide(TAIYUAN, &third, CLERK, &["accept"]).done();
    province.await_state(TAIYUAN, &third, ("accepted", "02"));
    let late = Behaviour { execute_after_ms: 86_400_000, ..Behaviour::default() };
    province.next_payment(&third, late);
    province.decide(TAIYUAN, &third, CLERK, &["settle"]).done();
    province.await_state(DATONG, &third, ("announced", "08"));
    let said = province.cancel(&third).ended_with(1);
    assert_eq!(said.code().as_deref(), Some("TOO_LATE"), "money is on its way");
}

#[test]
fn a_withdrawal_and_an_acceptance_that_cross_end_alike_on_both_sides() {
    let mut province = formed("2026-06-22", &[LI, ZHANG]);
    // Written and withdrawn while the other node is away: whichever comes first, it is withdrawn.
    province.member_mut(TAIYUAN).stop();
    let withdrawn = province.start(DATONG, TAIYUAN, &LI);
    province.cancel(&withdrawn).done();
    province.await_state(DATONG, &withdrawn, ("cancelling", "01"));
    province.member_mut(TAIYUAN).start();
    province.await_state(DATONG, &withdrawn, ("cancelled", "05"));
    let listed = province.member(TAIYUAN).ask(&["transfer", "list"]);
    assert_eq!(listed, Value::Array(Vec::new()), "nothing is open");

    // Accepted while the one who withdraws is away, and has not heard of it: the acceptance stands.
    let accepted = province.start(DATONG, TAIYUAN, &ZHANG);
    province.await_state(TAIYUAN, &accepted, ("held", "01"));
    province.member_mut(DATONG).stop();
    province.decide(TAIYUAN, &accepted, CLERK, &["accept"]).done();
    province.await_state(TAIYUAN, &accepted, ("accepted", "02"));
    province.member_mut(DATONG).start();
    province.cancel(&accepted).done();
    province.await_states(&accepted, ("accepted", "02"), ("accepted", "02"));
    province.decide(TAIYUAN, &accepted, CLERK, &["settle"]).done();
    province.await_states(&accepted, ("completed", "00"), ("completed", "00"));
    assert_eq!(province.sums(TAIYUAN).suspense_out, 0);
    assert_eq!(province.sums(DATONG).suspense_in, 0);
}
