//! Story 1: an account moves from Datong to Taiyuan, and its months with it.

use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::deposit_history::{ContinuityRules, SixMonths};
use fundlink_protocol::time::Date;
use fundlink_testnet::member::{CLERK, DATONG, TAIYUAN};
use fundlink_tests::case::fen;
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN};
use fundlink_tests::province::{Plan, Province, at};

const PRINCIPAL: &str = "43758.38";
const INTEREST: &str = "527.46";
const AMOUNT: &str = "44285.84";

#[test]
fn a_normal_move_takes_money_months_and_flags_along_to_the_fen() {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    let by_hand = ["mode", "set", "transfer", "confirm", "--operator", "admin"];
    province.member(DATONG).run(&by_hand).done();
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let before = [TAIYUAN, DATONG].map(|city| province.sums(city));

    // 05-06: the letter. 05-07: accepted by hand. Locked: no amount is named yet.
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    assert_eq!(case.number, "1401002605060001");
    province.await_states(&case, ("requested", "01"), ("held", "01"));
    province.advance_to(at("2026-05-07", 10));
    province.decide(DATONG, &case, CLERK, &["accept"]).done();
    province.await_states(&case, ("accepted", "02"), ("accepted", "02"));
    assert_eq!(province.show(TAIYUAN, &case)["sheet"], serde_json::Value::Null);

    // 05-20: settled and paid; 05-21: credited, with the first month of the new employer there.
    province.advance_to(at("2026-05-20", 10));
    let first_month = Saver { months: 1, deposit: 130_000, ..LI_NEW_IN_TAIYUAN };
    province.import(TAIYUAN, &Dump::of(&[first_month]));
    province.decide(DATONG, &case, CLERK, &["settle"]).done();
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let sheet = &province.show(TAIYUAN, &case)["sheet"];
    assert_eq!((&sheet["principal"], &sheet["interest"]), (&PRINCIPAL.into(), &INTEREST.into()));
    assert_eq!((&sheet["amount"], &sheet["value_date"]), (&AMOUNT.into(), &"2026-05-20".into()));

    let after = [TAIYUAN, DATONG].map(|city| province.sums(city));
    let gained = |index: usize| after[index].persons - before[index].persons;
    assert_eq!(gained(1), -fen(PRINCIPAL));
    assert_eq!(gained(0), fen(AMOUNT) + first_month.deposit);
    assert_eq!(after[1].interest - before[1].interest, -fen(INTEREST), "only interest was added");
    assert_eq!([after[0].suspense_in, after[1].suspense_out], [0, 0]);

    let datong = province.books(DATONG);
    let old = datong.account(LI_IN_DATONG.account).record.account;
    assert_eq!((old.status, old.balance.get()), (AccountStatus::TransferredOut, 0));
    assert_eq!(old.closed_on, Date::parse("2026-05-20").ok());
    let row = (7, -fen(PRINCIPAL), fen(INTEREST), 1);
    assert_eq!(datong.rows(LI_IN_DATONG.account, &[7]), [row]);
    let taiyuan = province.books(TAIYUAN);
    assert_eq!(taiyuan.rows(LI_NEW_IN_TAIYUAN.account, &[8]), [(8, fen(AMOUNT), 0, 1)]);
    let new = taiyuan.account(LI_NEW_IN_TAIYUAN.account).record;
    assert_eq!(new.account.balance.get(), fen(AMOUNT) + first_month.deposit);
    let [came] = new.imported.as_slice() else { panic!("one history came along") };
    assert_eq!((came.history.total(), came.history.six_months()), (36, SixMonths::Continuous));
    assert_eq!((came.loan_count, came.has_fraud), (0, false));
    // 202604 is missing: one month, which the rule of Taiyuan forgives, and 0 would not.
    let rules = ContinuityRules::default();
    assert_eq!(new.combined_history(rules).streak, 37);
    assert_eq!(new.combined_history(ContinuityRules { gap_tolerance: 0, ..rules }).streak, 1);
}
