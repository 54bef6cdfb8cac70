//! Story 2: the bank delivers another amount than the sheet says (金额不符).

use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::{Behaviour, Yuan};
use fundlink_testnet::member::{LINFEN, REVIEWER};
use fundlink_tests::case::{CHANGZHI, Case, fen};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{
    CHEN_IN_TAIYUAN, LI_IN_DATONG, SUN_IN_TAIYUAN, ZHAO_IN_CHANGZHI, ZHAO_IN_LINFEN,
    ZHOU_IN_LINFEN, newcomer, saving_like,
};
use fundlink_tests::province::Province;
use serde_json::Value;

const PRINCIPAL: &str = "61452.36";
const INTEREST: &str = "632.05";
const AMOUNT: &str = "62084.41";
const HOUR_MS: i64 = 3_600_000;

/// Others with the deposits of 赵长治, and where they go.
const LI: Saver = saving_like(ZHAO_IN_CHANGZHI, LI_IN_DATONG, "9921071500042");
const CHEN: Saver = saving_like(ZHAO_IN_CHANGZHI, CHEN_IN_TAIYUAN, "9921071500043");
const SUN: Saver = saving_like(ZHAO_IN_CHANGZHI, SUN_IN_TAIYUAN, "9921071500044");
const ZHOU: Saver = saving_like(ZHAO_IN_CHANGZHI, ZHOU_IN_LINFEN, "9921071500045");
const LI_NEW: Saver = newcomer(LI, "9926030600042", (2026, 3));
const CHEN_NEW: Saver = newcomer(CHEN, "9926030600043", (2026, 3));
const SUN_NEW: Saver = newcomer(SUN, "9926030600044", (2026, 3));
const ZHOU_NEW: Saver = newcomer(ZHOU, "9926030600045", (2026, 3));

fn yuan(text: &str) -> Yuan {
    Yuan(Fen::new(fen(text)).unwrap_or_default())
}

fn incoming(amounts: &[&str]) -> Vec<(String, i64)> {
    amounts.iter().map(|amount| ("in".to_owned(), fen(amount))).collect()
}

/// The day of the letters, 10 March; Changzhi's clerks decide by hand.
fn begun(savers: &[Saver], newcomers: &[Saver]) -> Province {
    let province = Province::on("2026-03-10", &[LINFEN, CHANGZHI]);
    province.confirm_by_hand(CHANGZHI);
    province.import(CHANGZHI, &Dump::of(savers));
    province.import(LINFEN, &Dump::of(newcomers));
    province
}

/// Letters of 10 March, accepted; then it is the morning of the 18th, the value date.
fn accepted(province: &mut Province, savers: &[Saver]) -> Vec<Case> {
    let cases: Vec<Case> =
        savers.iter().map(|saver| province.start(LINFEN, CHANGZHI, saver)).collect();
    for case in &cases {
        province.accept(case);
    }
    province.go_to("2026-03-18", 10);
    cases
}

/// A8 has fired, once a transfer whose money differed.
fn assert_warned_once_a_transfer(province: &mut Province, transfers: usize) {
    let alerts = province.await_alerts("received_differs");
    assert_eq!(alerts.len(), transfers, "{alerts:?}");
    for alert in alerts {
        assert_eq!((&alert["code"], &alert["times"]), (&"A8".into(), &1.into()));
    }
}

#[test]
fn a_stray_interest_line_is_negotiated_paid_again_under_the_letter_and_closed_as_20() {
    let mut province = begun(&[ZHAO_IN_CHANGZHI], &[ZHAO_IN_LINFEN]);
    let [case] = &accepted(&mut province, &[ZHAO_IN_CHANGZHI])[..] else { panic!("one letter") };
    assert_eq!(case.number, "1410002603100001");
    let before = province.sums(LINFEN);
    // The interest goes astray; a day later it is back at Changzhi's bank.
    let stray = Behaviour {
        credit: Some(yuan(PRINCIPAL)),
        return_rest_after_ms: Some(26 * HOUR_MS),
        ..Behaviour::default()
    };
    province.next_payment(case, stray);
    province.settle(case);
    province.await_states(case, ("announced", "08"), ("paid", "08"));
    assert_eq!(province.sheet(LINFEN, case), (fen(PRINCIPAL), fen(INTEREST), fen(AMOUNT)));

    // The rest may come until the end of the day; then the difference is said, and nobody credited.
    province.go_to("2026-03-19", 9);
    let shown = province.await_state(LINFEN, case, ("negotiating", "06"));
    assert_eq!(shown["task"]["reason"], "amount_differs");
    province.await_task(CHANGZHI, case, "amount_differs");
    assert_eq!(province.state(CHANGZHI, case), Some(("paid".into(), "08".into())));
    assert_eq!(province.lines(LINFEN, case), incoming(&[PRINCIPAL]));
    let (_, _, declared) = province.sheet(LINFEN, case);
    assert_eq!(fen(PRINCIPAL) - declared, -fen(INTEREST));
    let during = province.sums(LINFEN);
    assert_eq!((during.persons, during.suspense_in), (before.persons, fen(PRINCIPAL)));

    // The line that came back is ordered again: the same sheet, the second attempt.
    province.go_to("2026-03-19", 13);
    province.await_states(case, ("completed", "20"), ("completed", "20"));
    assert_eq!(province.lines(LINFEN, case), incoming(&[PRINCIPAL, INTEREST]));
    let out = province.show(CHANGZHI, case);
    assert_eq!((&out["attempts"], &out["sheet"]["revision"]), (&2.into(), &1.into()));
    let after = province.sums(LINFEN);
    assert_eq!((after.persons - before.persons, after.suspense_in), (fen(AMOUNT), 0));
    assert_eq!(province.sums(CHANGZHI).suspense_out, 0);
    assert_warned_once_a_transfer(&mut province, 1);

    let linfen = province.books(LINFEN);
    assert_eq!(linfen.rows(ZHAO_IN_LINFEN.account, &[8]), [(8, fen(AMOUNT), 0, 1)]);
    let came = linfen.account(ZHAO_IN_LINFEN.account).record.imported;
    assert_eq!(came.first().map(|came| came.history.total()), Some(55), "months count");
    let changzhi = province.books(CHANGZHI);
    let left = (7, -fen(PRINCIPAL), fen(INTEREST), 1);
    assert_eq!(changzhi.rows(ZHAO_IN_CHANGZHI.account, &[7]), [left], "settled once");
}

#[test]
fn two_lines_and_part_payments_of_one_day_close_as_00_and_a_late_rest_as_20() {
    let mut province = begun(&[LI, CHEN, SUN], &[LI_NEW, CHEN_NEW, SUN_NEW]);
    let cases = accepted(&mut province, &[LI, CHEN, SUN]);
    let [two_lines, parts, late] = &cases[..] else { panic!("three letters") };
    let split = Behaviour { split: vec![yuan(PRINCIPAL)], ..Behaviour::default() };
    province.next_payment(two_lines, split);
    let in_parts = Behaviour {
        credit: Some(yuan("60000.00")),
        split: vec![yuan("20000.00")],
        rest_after_ms: Some(2 * HOUR_MS),
        ..Behaviour::default()
    };
    province.next_payment(parts, in_parts);
    let overnight = Behaviour {
        credit: Some(yuan("62084.40")),
        rest_after_ms: Some(40 * HOUR_MS),
        ..Behaviour::default()
    };
    province.next_payment(late, overnight);
    for case in &cases {
        province.settle(case);
    }
    let closed = ("completed", "00");
    province.await_states(two_lines, closed, closed);
    assert_eq!(province.lines(LINFEN, two_lines), incoming(&[PRINCIPAL, INTEREST]));

    province.await_states(parts, ("announced", "08"), ("paid", "08"));
    province.go_to("2026-03-18", 15);
    province.await_states(parts, closed, closed);
    assert_eq!(
        province.lines(LINFEN, parts),
        incoming(&["20000.00", "40000.00", "2084.41"]),
        "three lines, summed before they are compared"
    );

    // A fen is missing overnight: that is a difference, too, and it closes as negotiated.
    province.await_states(late, ("announced", "08"), ("paid", "08"));
    province.go_to("2026-03-19", 9);
    province.await_state(LINFEN, late, ("negotiating", "06"));
    province.go_to("2026-03-20", 9);
    province.await_states(late, ("completed", "20"), ("completed", "20"));
    assert_eq!(province.lines(LINFEN, late), incoming(&["62084.40", "0.01"]));

    let sums = province.sums(LINFEN);
    assert_eq!((sums.persons, sums.suspense_in), (3 * fen(AMOUNT), 0));
    let changzhi = province.sums(CHANGZHI);
    assert_eq!((changzhi.suspense_out, changzhi.interest), (0, -3 * fen(INTEREST)));
    assert_warned_once_a_transfer(&mut province, 1);
}

#[test]
fn a_difference_that_stays_is_sent_back_and_the_account_restored() {
    let mut province = begun(&[ZHAO_IN_CHANGZHI], &[ZHAO_IN_LINFEN]);
    let before = [LINFEN, CHANGZHI].map(|city| province.sums(city));
    let [case] = &accepted(&mut province, &[ZHAO_IN_CHANGZHI])[..] else { panic!("one letter") };
    let stray = Behaviour {
        credit: Some(yuan(PRINCIPAL)),
        return_rest_after_ms: Some(50 * HOUR_MS),
        ..Behaviour::default()
    };
    province.next_payment(case, stray);
    province.settle(case);
    province.await_states(case, ("announced", "08"), ("paid", "08"));
    province.go_to("2026-03-19", 9);
    province.await_state(LINFEN, case, ("negotiating", "06"));
    let number = CHANGZHI.special_account.unwrap();
    let back = ["send-back", "--special-account", number, "--account-name", CHANGZHI.name];
    let words = [&back[..], &["--account-bank", "模拟银行"]].concat();
    province.decide(LINFEN, case, REVIEWER, &words).done();
    // Our money is back there; the account is not restored before all of it is.
    province.await_states(case, ("returned", "20"), ("paid", "08"));
    province.go_to("2026-03-20", 13);
    province.await_states(case, ("returned", "20"), ("restored", "20"));
    assert_eq!([LINFEN, CHANGZHI].map(|city| province.sums(city)), before, "as if never begun");
    let old = province.books(CHANGZHI).account(ZHAO_IN_CHANGZHI.account).record.account;
    assert_eq!((old.status.number(), old.balance.get()), (2, fen(PRINCIPAL)));
}

#[test]
fn too_much_money_and_money_that_no_sheet_explains_are_returned_by_a_person_alone() {
    let mut province = begun(&[ZHOU], &[ZHOU_NEW]);
    let [case] = &accepted(&mut province, &[ZHOU])[..] else { panic!("one letter") };
    let stranger = [
        "send-back",
        "--special-account",
        "9990-0999999-0001",
        "--account-name",
        "某单位",
        "--account-bank",
        "模拟银行",
    ];
    province.bank.with(|bank, _| {
        let number = fundlink_protocol::bank_account::CorporateAccount::parse(stranger[2]);
        bank.open(number.unwrap(), stranger[4].to_owned(), Fen::ZERO);
    });
    // Fifty yuan of somebody else under the letter number, before the sheet.
    province.bring(LINFEN, 5_000, &format!("误汇 {}", case.number));
    let all = province.bank.with(|bank, now| bank.totals_at(now).sum_fen());
    province.settle(case);
    province.await_state(LINFEN, case, ("negotiating", "06"));
    let sums = province.sums(LINFEN);
    assert_eq!((sums.persons, sums.suspense_in), (0, fen(AMOUNT) + 5_000), "nobody is credited");
    let by_clerk = province.decide(LINFEN, case, "clerk", &stranger).ended_with(1);
    assert_eq!(by_clerk.code().as_deref(), Some("OPERATOR"));
    province.decide(LINFEN, case, REVIEWER, &stranger).done();
    province.await_states(case, ("completed", "20"), ("completed", "20"));
    assert_eq!(province.sums(LINFEN).persons, fen(AMOUNT), "exactly the sheet");

    assert_warned_once_a_transfer(&mut province, 1);

    // Money after the end, and money under a number that nobody has given.
    province.bring(LINFEN, 700, &format!("再汇 {}", case.number));
    province.await_task(LINFEN, case, "unexplained_money");
    province.bring(LINFEN, 300, "误汇 1410002603109999");
    province.decide(LINFEN, case, REVIEWER, &stranger).done();
    province.until("the money has left", |province| {
        (province.sums(LINFEN).suspense_in == 0).then_some(())
    });
    let shown = province.show(LINFEN, case);
    assert_eq!((&shown["state"], &shown["task"]), (&"completed".into(), &Value::Null));
    assert_eq!(province.sums(LINFEN).persons, fen(AMOUNT));
    let out = |(way, amount): (String, i64)| (way == "out").then_some(amount);
    let sent: Vec<i64> = province.lines(LINFEN, case).into_iter().filter_map(out).collect();
    assert_eq!(sent, [5_000, 700]);
    let totals = province.bank.with(|bank, now| bank.totals_at(now));
    assert_eq!((totals.sum_fen(), totals.suspense_fen), (all + 1_000, 0));
}
