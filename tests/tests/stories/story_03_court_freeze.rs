//! Story 3: a court freezes the account (冻结), at each moment of a transfer.

use fundlink_protocol::account::AccountStatus;
use fundlink_testnet::bank::Behaviour;
use fundlink_testnet::member::{DATONG, REVIEWER, TAIYUAN};
use fundlink_tests::case::fen;
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{
    CHEN_IN_TAIYUAN, LI_IN_DATONG, SUN_IN_TAIYUAN, ZHANG_IN_TAIYUAN, ZHANG_SEALED_IN_DATONG,
    newcomer, saving_like,
};
use fundlink_tests::province::Province;

const PRINCIPAL: &str = "96332.75";
const INTEREST: &str = "1051.59";
const AMOUNT: &str = "97384.34";
const DAY_MS: i64 = 86_400_000;

/// Others with the deposits of 张大同, and where they go.
const LI: Saver = saving_like(ZHANG_SEALED_IN_DATONG, LI_IN_DATONG, "9922011500018");
const CHEN: Saver = saving_like(ZHANG_SEALED_IN_DATONG, CHEN_IN_TAIYUAN, "9922011500019");
const SUN: Saver = saving_like(ZHANG_SEALED_IN_DATONG, SUN_IN_TAIYUAN, "9922011500020");
const NEWCOMERS: [Saver; 4] = [
    ZHANG_IN_TAIYUAN,
    newcomer(LI, "9926040600018", (2026, 4)),
    newcomer(CHEN, "9926040600019", (2026, 4)),
    newcomer(SUN, "9926040600020", (2026, 4)),
];
const FROZEN: &str = "06";

/// 2 April; Datong's clerks decide by hand.
fn begun() -> Province {
    let province = Province::on("2026-04-02", &[TAIYUAN, DATONG]);
    province.confirm_by_hand(DATONG);
    province.import(DATONG, &Dump::of(&[ZHANG_SEALED_IN_DATONG, LI, CHEN, SUN]));
    province.import(TAIYUAN, &Dump::of(&NEWCOMERS));
    province
}

#[test]
fn a_freeze_before_acceptance_and_one_in_state_02_are_refused_with_r06_and_closed_as_40() {
    let mut province = begun();
    let accepted = province.start(TAIYUAN, DATONG, &LI);
    let other = province.start(TAIYUAN, DATONG, &CHEN);
    let waiting = province.start(TAIYUAN, DATONG, &ZHANG_SEALED_IN_DATONG);
    assert_eq!(waiting.number, "1401002604020003");
    province.await_state(DATONG, &waiting, ("held", "01"));
    province.accept(&accepted);
    let before = province.sums(DATONG);

    // 3 April: (2026)晋0299执123号 reaches the core system, and with its export the node.
    province.go_to("2026-04-03", 9);
    let frozen = [ZHANG_SEALED_IN_DATONG.with_status(FROZEN), LI.with_status(FROZEN), CHEN, SUN];
    province.import(DATONG, &Dump::of(&frozen));
    province.decide(DATONG, &waiting, "clerk", &["accept"]).done();
    province.await_refusal(&waiting, "R06");
    province.settle(&accepted);
    province.await_refusal(&accepted, "R06");
    // A letter that comes now does not even wait for a clerk.
    let sun = [frozen[0], frozen[1], CHEN, SUN.with_status(FROZEN)];
    province.import(DATONG, &Dump::of(&sun));
    let late = province.start(TAIYUAN, DATONG, &SUN);
    province.await_refusal(&late, "R06");
    // Whom no court looks for goes on.
    province.accept(&other);
    assert_eq!(province.sums(DATONG), before, "nothing has moved");
    let datong = province.books(DATONG);
    for account in [ZHANG_SEALED_IN_DATONG.account, LI.account] {
        let record = datong.account(account).record.account;
        assert_eq!((record.status, record.balance.get()), (AccountStatus::Frozen, fen(PRINCIPAL)));
        assert_eq!(datong.rows(account, &[7]), []);
    }
}

#[test]
fn a_freeze_after_08_comes_too_late_and_nothing_is_clawed_back() {
    let mut province = begun();
    let paid = province.start(TAIYUAN, DATONG, &CHEN);
    let failed = province.start(TAIYUAN, DATONG, &SUN);
    province.accept(&paid);
    province.accept(&failed);
    province.go_to("2026-04-08", 9);
    // The money is on the way until the next day; the other order the bank does not take.
    let slow = Behaviour { credit_after_ms: DAY_MS, ..Behaviour::default() };
    province.next_payment(&paid, slow);
    let limit = fundlink_node::settlement::bank_api::FailureReason::Limit;
    province.next_payment(&failed, Behaviour { fail: Some(limit), ..Behaviour::default() });
    province.settle(&paid);
    province.settle(&failed);
    province.await_states(&paid, ("announced", "08"), ("paid", "08"));
    assert_eq!(province.sheet(TAIYUAN, &paid), (fen(PRINCIPAL), fen(INTEREST), fen(AMOUNT)));
    province.await_state(DATONG, &failed, ("pay_failed", "06"));

    let before = province.sums(DATONG);
    let frozen = [ZHANG_SEALED_IN_DATONG, LI, CHEN.with_status(FROZEN), SUN.with_status(FROZEN)];
    province.import(DATONG, &Dump::of(&frozen));
    assert_eq!(province.sums(DATONG), before, "the money is not the center's to keep");
    // The authority hears of the one whose money had left: A19.
    let alerts = province.await_alerts("freeze_too_late");
    assert_eq!((alerts.len(), &alerts[0]["code"]), (1, &"A19".into()), "{alerts:?}");
    province.go_to("2026-04-09", 10);
    province.await_states(&paid, ("completed", "00"), ("completed", "00"));
    assert_eq!(province.sums(TAIYUAN).persons, fen(AMOUNT));
    // What the court is told: to whom it went, and when.
    let answer = province.show(DATONG, &paid);
    assert_eq!((&answer["other"], &answer["code"]), (&"140100".into(), &"00".into()));
    assert_eq!(answer["lines"][0]["booked_on"], "2026-04-08");

    // Money that never left is given back to the account, where the freeze holds it.
    province.decide(DATONG, &failed, REVIEWER, &["restore"]).done();
    province.await_states(&failed, ("restored", "20"), ("restored", "20"));
    let again = province.start(TAIYUAN, DATONG, &SUN);
    province.await_refusal(&again, "R06");

    let datong = province.books(DATONG);
    let gone = datong.account(CHEN.account).record.account;
    assert_eq!((gone.status, gone.balance.get()), (AccountStatus::TransferredOut, 0));
    assert_eq!(datong.rows(CHEN.account, &[7]).len(), 1, "no claw-back");
    let kept = datong.account(SUN.account).record.account;
    assert_eq!((kept.status, kept.balance.get()), (AccountStatus::Frozen, fen(PRINCIPAL)));
}
