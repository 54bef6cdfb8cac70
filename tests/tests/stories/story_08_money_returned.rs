//! Story 8: the bank gives the money back (退汇), and it is settled anew.

use fundlink_node::config::file::ConfigFile;
use fundlink_protocol::account::AccountStatus;
use fundlink_testnet::bank::Behaviour;
use fundlink_testnet::member::{BANK_NAME, CLERK, Identity, TAIYUAN};
use fundlink_tests::case::{YANGQUAN, fen};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{WU_IN_TAIYUAN, WU_IN_YANGQUAN};
use fundlink_tests::province::{Plan, Province, at};

const PRINCIPAL: &str = "18726.98";
const FIRST_INTEREST: &str = "1.56";
const SECOND_INTEREST: &str = "5.46";
const SECOND_AMOUNT: &str = "18732.44";
const HOUR_MS: i64 = 3_600_000;

/// The special account of Taiyuan with two digits swapped.
const SWAPPED: &str = "9990-0140010-0001";

fn swap_digits(member: Identity, file: &mut ConfigFile) {
    if let Some(account) = file.receiving_account.as_mut().filter(|_| member == TAIYUAN) {
        SWAPPED.clone_into(&mut account.number);
    }
}

#[test]
fn a_return_is_reversed_the_account_corrected_and_paid_again_with_the_interest_until_then() {
    let mut province = Province::form(&Plan {
        begin: Some(at("2026-07-01", 9)),
        configure: swap_digits,
        ..Plan::of(&[TAIYUAN, YANGQUAN])
    });
    province.set_mode("transfer", "auto");
    province.confirm_by_hand(YANGQUAN);
    province.import(YANGQUAN, &Dump::of(&[WU_IN_YANGQUAN]));
    province.import(TAIYUAN, &Dump::of(&[WU_IN_TAIYUAN]));
    let case = province.start(TAIYUAN, YANGQUAN, &WU_IN_YANGQUAN);
    province.accept(&case);
    let before = province.sums(YANGQUAN);

    // 3 July, a Friday: paid to a number that another bank finds wrong only on Monday.
    province.go_to("2026-07-03", 9);
    let returned = Behaviour { return_after_ms: Some(70 * HOUR_MS), ..Behaviour::default() };
    province.next_payment(&case, returned);
    province.settle(&case);
    province.await_states(&case, ("announced", "08"), ("paid", "08"));
    let first = (fen(PRINCIPAL), fen(FIRST_INTEREST), fen("18728.54"));
    assert_eq!(province.sheet(TAIYUAN, &case), first);

    // 6 July: the reversal, and the account stands as if it had never left.
    province.go_to("2026-07-06", 9);
    province.await_states(&case, ("negotiating", "06"), ("reversed", "06"));
    province.await_task(TAIYUAN, &case, "correct_receiving_account");
    assert_eq!(province.sums(YANGQUAN), before, "sealed again, with its principal");

    // 8 July: the right number, a new sheet of the same letter, the second payment.
    province.go_to("2026-07-08", 9);
    province.member_mut(TAIYUAN).stop();
    let number = TAIYUAN.special_account.unwrap();
    province.member(TAIYUAN).configure(|file| {
        let account = file.receiving_account.as_mut().unwrap();
        number.clone_into(&mut account.number);
    });
    province.member_mut(TAIYUAN).start();
    let corrected = ["correct", "--special-account", number, "--account-name", TAIYUAN.name];
    let words = [&corrected[..], &["--account-bank", BANK_NAME]].concat();
    province.decide(TAIYUAN, &case, CLERK, &words).done();
    province.await_task(YANGQUAN, &case, "confirm_settlement");
    province.settle(&case);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let second = (fen(PRINCIPAL), fen(SECOND_INTEREST), fen(SECOND_AMOUNT));
    assert_eq!(province.sheet(TAIYUAN, &case), second);
    let shown = province.show(YANGQUAN, &case);
    assert_eq!((&shown["sheet"]["revision"], &shown["attempts"]), (&2.into(), &2.into()));
    let after = province.sums(YANGQUAN);
    assert_eq!(after.interest - before.interest, -fen(SECOND_INTEREST), "spent once");
    assert_eq!(after.suspense_out, 0);
    let listed = province.member(TAIYUAN).ask(&["transfer", "list", "--ended"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "no second letter");

    let yangquan = province.books(YANGQUAN);
    let expected = [
        (7, -fen(PRINCIPAL), fen(FIRST_INTEREST), 1),
        (7, fen(PRINCIPAL), -fen(FIRST_INTEREST), 2),
        (7, -fen(PRINCIPAL), fen(SECOND_INTEREST), 1),
    ];
    assert_eq!(yangquan.rows(WU_IN_YANGQUAN.account, &[7]), expected, "07, its reversal, 07");
    let old = yangquan.account(WU_IN_YANGQUAN.account).record.account;
    assert_eq!((old.status, old.balance.get()), (AccountStatus::TransferredOut, 0));
    assert_eq!(province.books(TAIYUAN).balance(WU_IN_TAIYUAN.account), fen(SECOND_AMOUNT));
}
