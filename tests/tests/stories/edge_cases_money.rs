//! Edge cases about money and the status of accounts.

use fundlink_node::settlement::bank_api::FailureReason;
use fundlink_protocol::account::AccountStatus;
use fundlink_testnet::bank::Behaviour;
use fundlink_testnet::member::{BANK_NAME, CLERK, DATONG, REVIEWER, TAIYUAN};
use fundlink_tests::case::{Case, fen};
use fundlink_tests::dump::{Dump, DumpFile, Saver, yuan};
use fundlink_tests::people::{
    CHEN_IN_TAIYUAN, LI_IN_DATONG, LI_NEW_IN_TAIYUAN, SUN_IN_TAIYUAN, ZHOU_IN_LINFEN, newcomer,
    saving_like,
};
use fundlink_tests::province::Province;

const PRINCIPAL: &str = "43758.38";
/// On 20 May 2026.
const INTEREST: &str = "527.46";
const AMOUNT: &str = "44285.84";
const MINUTE_MS: i64 = 60_000;
const COMPLETED: (&str, &str) = ("completed", "00");

/// Others with the deposits of 李晓禾, and where they go.
const CHEN: Saver = saving_like(LI_IN_DATONG, CHEN_IN_TAIYUAN, "9923041500024");
const SUN: Saver = saving_like(LI_IN_DATONG, SUN_IN_TAIYUAN, "9923041500025");
const ZHOU: Saver = saving_like(LI_IN_DATONG, ZHOU_IN_LINFEN, "9923041500026");
const CHEN_NEW: Saver = newcomer(CHEN, "9926050600024", (2026, 5));
const SUN_NEW: Saver = newcomer(SUN, "9926050600025", (2026, 5));
const ZHOU_NEW: Saver = newcomer(ZHOU, "9926050600026", (2026, 5));

/// Datong and Taiyuan on a morning, with these accounts in Datong and the newcomers in Taiyuan.
fn begun(day: &str, datong: &Dump) -> Province {
    let province = Province::on(day, &[TAIYUAN, DATONG]);
    province.import(DATONG, datong);
    let newcomers = [LI_NEW_IN_TAIYUAN, CHEN_NEW, SUN_NEW, ZHOU_NEW];
    province.import(TAIYUAN, &Dump::of(&newcomers));
    province
}

/// Letters that a clerk of Datong has accepted and that wait for their settlement.
fn accepted<const N: usize>(province: &mut Province, savers: [Saver; N]) -> [Case; N] {
    province.confirm_by_hand(DATONG);
    let cases = savers.map(|saver| province.start(TAIYUAN, DATONG, &saver));
    for case in &cases {
        province.accept(case);
    }
    cases
}

fn failing(reason: FailureReason) -> Behaviour {
    Behaviour { fail: Some(reason), ..Behaviour::default() }
}

/// The money of so many accounts has moved, once each, and none is on the way.
fn assert_moved(province: &Province, count: i64) {
    let (taiyuan, datong) = (province.sums(TAIYUAN), province.sums(DATONG));
    assert_eq!((taiyuan.persons, taiyuan.suspense_in), (count * fen(AMOUNT), 0));
    assert_eq!((datong.interest, datong.suspense_out), (-count * fen(INTEREST), 0));
    let totals = province.bank.with(|bank, now| bank.totals_at(now));
    assert_eq!((totals.on_the_way_fen, totals.suspense_fen), (0, 0));
}

#[test]
fn a_failed_payment_is_corrected_paid_again_or_restored() {
    let savers = [LI_IN_DATONG, CHEN, SUN];
    let mut province = begun("2026-05-20", &Dump::of(&savers));
    let [wrong_payee, limit, given_up] = &accepted(&mut province, savers);
    province.next_payment(wrong_payee, failing(FailureReason::NameDiffers));
    province.next_payment(limit, failing(FailureReason::Limit));
    province.next_payment(given_up, failing(FailureReason::Limit));
    for case in [wrong_payee, limit, given_up] {
        province.settle(case);
        province.await_state(DATONG, case, ("pay_failed", "06"));
    }
    assert_eq!(province.sums(DATONG).suspense_out, 3 * fen(AMOUNT), "it waits in suspense");

    // 收款账户更正: asked of Taiyuan's clerk, and the next attempt of the same sheet.
    province.await_state(TAIYUAN, wrong_payee, ("negotiating", "06"));
    let number = TAIYUAN.special_account.unwrap();
    let corrected = ["correct", "--special-account", number, "--account-name", TAIYUAN.name];
    let words = [&corrected[..], &["--account-bank", BANK_NAME]].concat();
    province.decide(TAIYUAN, wrong_payee, CLERK, &words).done();
    province.await_states(wrong_payee, COMPLETED, COMPLETED);
    // What no correction helps, a reviewer orders again.
    province.await_task(DATONG, limit, "payment_failed");
    let by_clerk = province.decide(DATONG, limit, CLERK, &["pay-again"]).ended_with(1);
    assert_eq!(by_clerk.code().as_deref(), Some("OPERATOR"));
    province.decide(DATONG, limit, REVIEWER, &["pay-again"]).done();
    province.await_states(limit, COMPLETED, COMPLETED);
    for case in [wrong_payee, limit] {
        let shown = province.show(DATONG, case);
        assert_eq!((&shown["attempts"], &shown["sheet"]["revision"]), (&2.into(), &1.into()));
    }

    // Or the account is restored: as before, and a new letter may come.
    province.decide(DATONG, given_up, REVIEWER, &["restore"]).done();
    province.await_states(given_up, ("restored", "20"), ("restored", "20"));
    assert_moved(&province, 2);
    let again = province.start(TAIYUAN, DATONG, &SUN);
    province.accept(&again);
    province.settle(&again);
    province.await_states(&again, COMPLETED, COMPLETED);
    assert_eq!(province.sheet(TAIYUAN, &again), (fen(PRINCIPAL), fen(INTEREST), fen(AMOUNT)));
    assert_moved(&province, 3);
    let datong = province.books(DATONG);
    let (left, back) =
        ((7, -fen(PRINCIPAL), fen(INTEREST), 1), (7, fen(PRINCIPAL), -fen(INTEREST), 2));
    assert_eq!(datong.rows(SUN.account, &[7]), [left, back, left]);
}

#[test]
fn an_unknown_payment_is_asked_after_and_never_ordered_twice() {
    let savers = [LI_IN_DATONG, CHEN];
    let mut province = begun("2026-05-20", &Dump::of(&savers));
    let [unknown, lost] = &accepted(&mut province, savers);
    let minutes = Behaviour { unknown_for_ms: Some(30 * MINUTE_MS), ..Behaviour::default() };
    province.next_payment(unknown, Behaviour { execute_after_ms: 20 * MINUTE_MS, ..minutes });
    // The bank has paid, and its answer is lost on the way.
    province.next_payment(lost, Behaviour { lose_answers: 1, ..Behaviour::default() });
    province.settle(unknown);
    province.settle(lost);
    province.await_states(unknown, ("announced", "08"), ("pay_unknown", "08"));
    province.await_states(lost, COMPLETED, COMPLETED);
    let too_early = province.decide(DATONG, unknown, REVIEWER, &["pay-again"]).ended_with(1);
    assert_eq!(too_early.code().as_deref(), Some("WRONG_STATE"));
    let too_early = province.decide(DATONG, unknown, REVIEWER, &["renew"]).ended_with(1);
    assert_eq!(too_early.code().as_deref(), Some("WRONG_STATE"));
    province.go_to("2026-05-20", 11);
    province.await_states(unknown, COMPLETED, COMPLETED);
    for case in [unknown, lost] {
        assert_eq!(province.show(DATONG, case)["attempts"], 1);
        assert_eq!(province.lines(DATONG, case), [("out".to_owned(), fen(AMOUNT))]);
    }
    assert_moved(&province, 2);
}

#[test]
fn an_order_not_executed_by_the_end_of_its_day_is_recalled_and_ordered_for_the_next() {
    let mut province = begun("2026-05-20", &Dump::of(&[LI_IN_DATONG]));
    let [case] = &accepted(&mut province, [LI_IN_DATONG]);
    let late = Behaviour { execute_after_ms: 40 * 60 * MINUTE_MS, ..Behaviour::default() };
    province.next_payment(case, late);
    province.settle(case);
    province.await_states(case, ("announced", "08"), ("paying", "08"));
    province.go_to("2026-05-21", 9);
    province.await_states(case, COMPLETED, COMPLETED);
    let shown = province.show(DATONG, case);
    assert_eq!((&shown["attempts"], &shown["sheet"]["revision"]), (&2.into(), &1.into()));
    assert_eq!(shown["lines"][0]["booked_on"], "2026-05-21");
    // The recalled order stays dead when its hour comes.
    province.go_to("2026-05-22", 9);
    assert_moved(&province, 1);
}

#[test]
fn months_move_with_0_00_and_nothing_is_paid() {
    let mut emptied = Dump::of(&[LI_IN_DATONG]);
    let balance = yuan(LI_IN_DATONG.balance());
    // All was taken out for a home on the day after the interest of 30 June.
    let accounts = emptied.text(DumpFile::Accounts);
    let carried = yuan(LI_IN_DATONG.balance() - 9 * LI_IN_DATONG.deposit);
    let this_year = yuan(9 * LI_IN_DATONG.deposit);
    let before = format!(",{balance},{carried},{this_year},");
    assert!(accounts.contains(&before), "{accounts}");
    *accounts = accounts.replace(&before, ",0.00,0.00,0.00,");
    let account = LI_IN_DATONG.account;
    emptied.row(DumpFile::Ledger, format_args!("{account},T1,20260410,11,,-{balance},0.00,01,01"));
    let mut province = begun("2026-05-20", &emptied);
    province.confirm_by_hand(DATONG);
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.accept(&case);
    province.settle(&case);
    province.await_states(&case, COMPLETED, COMPLETED);
    // Interest until the withdrawal is the person's, though the balance is 0.00.
    let (principal, interest, amount) = province.sheet(TAIYUAN, &case);
    assert_eq!((principal, amount), (0, interest));
    assert_eq!(province.sums(TAIYUAN).persons, interest);
    let came = province.books(TAIYUAN).account(LI_NEW_IN_TAIYUAN.account).record.imported;
    assert_eq!(came.first().map(|came| came.history.total()), Some(36));
    let old = province.books(DATONG).account(account).record.account;
    assert_eq!((old.status, old.balance.get()), (AccountStatus::TransferredOut, 0));
}

/// The account of a saver in an export that knows of its transfer, with more rows after it: what
/// they add, and the status that follows.
fn after_transfer(rows: &[(&str, &str, i64)], (status, closed): (&'static str, &str)) -> Dump {
    let mut dump = Dump::of(&[LI_IN_DATONG.with_status(status)]);
    let account = LI_IN_DATONG.account;
    let left = LI_IN_DATONG.balance();
    dump.row(
        DumpFile::Ledger,
        format_args!("{account},ZC1,20260520,07,,-{},{INTEREST},01,", yuan(left)),
    );
    for (day, business, fen) in rows {
        let row = format!("{account},N{day},{day},{business},202604,{},0.00,01,", yuan(*fen));
        dump.row(DumpFile::Ledger, format_args!("{row}"));
    }
    let balance: i64 = rows.iter().map(|(_, _, fen)| fen).sum();
    let this_year = 9 * LI_IN_DATONG.deposit;
    let before = format!(",{},{},{},", yuan(left), yuan(left - this_year), yuan(this_year));
    let accounts = dump.text(DumpFile::Accounts);
    assert!(accounts.contains(&before), "{accounts}");
    let balance = yuan(balance);
    *accounts = accounts.replace(&before, &format!(",{balance},0.00,{balance},"));
    *accounts = accounts.replace(",,,,2\n", &format!(",{closed},,,2\n"));
    dump
}

#[test]
fn a_late_employer_payment_after_closing_moves_with_a_new_letter_for_the_remainder() {
    let mut province = begun("2026-05-20", &Dump::of(&[LI_IN_DATONG]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, COMPLETED, COMPLETED);
    let closed = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_refusal(&closed, "R05");

    // 28 May: April comes late. The core system has booked the transfer, and opens the account again.
    province.go_to("2026-05-28", 9);
    province.import(DATONG, &after_transfer(&[("20260528", "02", 120_000)], ("02", "")));
    assert_eq!(province.sums(DATONG).persons, 120_000);
    province.go_to("2026-06-04", 9);
    let tail = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&tail, COMPLETED, COMPLETED);
    // Seven days of 1 200.00; what was settled on 20 May is not settled a second time.
    assert_eq!(province.sheet(TAIYUAN, &tail), (120_000, 35, 120_035));
    assert_eq!(province.sums(TAIYUAN).persons, fen(AMOUNT) + 120_035);
    assert_eq!(province.state(TAIYUAN, &case), Some(("completed".into(), "00".into())));
    let taiyuan = province.books(TAIYUAN);
    let rows = [(8, fen(AMOUNT), 0, 1), (8, 120_035, 0, 1)];
    assert_eq!(taiyuan.rows(LI_NEW_IN_TAIYUAN.account, &[8]), rows);
}

#[test]
fn a_negative_correction_after_closing_claws_nothing_back() {
    let mut province = begun("2026-05-20", &Dump::of(&[LI_IN_DATONG]));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, COMPLETED, COMPLETED);
    province.go_to("2026-05-28", 9);
    let before = [TAIYUAN, DATONG].map(|city| province.sums(city));
    // March had been paid twice: an account that is closed cannot owe it.
    let correction = after_transfer(&[("20260528", "02", -120_000)], ("04", "20260520"));
    let folder = province.folder().join("correction");
    correction.write(&folder);
    let import = ["--json", "data", "import", folder.to_str().unwrap(), "--operator", CLERK];
    let refused = province.member(DATONG).run(&import);
    assert_ne!(refused.exit, Some(0), "a closed account holds nothing: {}", refused.all());
    // Sealed and below zero it can be imported; it moves nowhere, and nothing comes back.
    province.import(DATONG, &after_transfer(&[("20260528", "02", -120_000)], ("02", "")));
    let again = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_refusal(&again, "R11");
    assert_eq!(province.sums(TAIYUAN), before[0]);
    assert_eq!(province.sums(DATONG).persons, before[1].persons - 120_000);
    assert_eq!(province.state(DATONG, &case), Some(("completed".into(), "00".into())));
}

/// Adds an account that was closed on 20 May: all of its money left by a row of this business.
fn add_closed(
    dump: &mut Dump,
    saver: Saver,
    (status, business, reason): (&'static str, &str, &str),
) {
    let Saver { account, .. } = saver;
    let mut one = Dump::of(&[saver.with_status(status)]);
    let (left, year) = (saver.balance(), 9 * saver.deposit);
    let held = format!(",{},{},{},", yuan(left), yuan(left - year), yuan(year));
    for file in [DumpFile::Persons, DumpFile::Accounts, DumpFile::Ledger] {
        let text = one.text(file).replace(&held, ",0.00,0.00,0.00,");
        let text = text.replace(",,,,2\n", &format!(",20260520,{reason},,2\n"));
        let rows = text.split_once('\n').map_or("", |(_, rows)| rows).to_owned();
        dump.text(file).push_str(&rows);
    }
    let out = yuan(left);
    dump.row(
        DumpFile::Ledger,
        format_args!("{account},X1,20260520,{business},,-{out},0.00,01,{reason}"),
    );
}

/// Letters that wait for a clerk of Datong.
fn held<const N: usize>(province: &mut Province, savers: [Saver; N]) -> [Case; N] {
    province.confirm_by_hand(DATONG);
    let cases = savers.map(|saver| province.start(TAIYUAN, DATONG, &saver));
    for case in &cases {
        province.await_state(DATONG, case, ("held", "01"));
    }
    cases
}

/// The account moves, by the hands of a clerk.
fn assert_moves(province: &mut Province, saver: &Saver) {
    let case = province.start(TAIYUAN, DATONG, saver);
    province.accept(&case);
    province.settle(&case);
    province.await_states(&case, COMPLETED, COMPLETED);
    assert_eq!(province.sheet(TAIYUAN, &case).0, fen(PRINCIPAL));
}

#[test]
fn a_death_withdrawal_by_heirs_during_a_transfer_is_refused_with_r08_and_once_paid_with_r05() {
    let mut province = begun("2026-05-20", &Dump::of(&[CHEN, SUN]));
    let [paid, applied] = held(&mut province, [CHEN, SUN]);
    // 死亡提取: the heirs have applied, and the clerk knows before any export does.
    let reason = ["refuse", "--reason", "R08", "--remark", "继承人已申请提取"];
    province.decide(DATONG, &applied, REVIEWER, &reason).ended_with(1);
    province.decide(DATONG, &applied, CLERK, &reason).done();
    province.await_refusal(&applied, "R08");
    province.go_to("2026-05-21", 9);
    let mut dump = Dump::of(&[SUN]);
    add_closed(&mut dump, CHEN, ("05", "12", "08"));
    dump.set_withdrawals(&[format!("{},TQ1,,,08,", SUN.account)]);
    province.import(DATONG, &dump);
    province.decide(DATONG, &paid, CLERK, &["accept"]).done();
    province.await_refusal(&paid, "R05");
    // From now on the export says so by itself.
    let again = province.start(TAIYUAN, DATONG, &SUN);
    province.await_refusal(&again, "R08");
}

#[test]
fn of_a_bankrupt_employer_nobody_seals_the_account_until_the_center_does_ex_officio() {
    let mut province = begun("2026-05-20", &Dump::of(&[ZHOU.with_status("01")]));
    province.confirm_by_hand(DATONG);
    let unsealed = province.start(TAIYUAN, DATONG, &ZHOU);
    province.await_refusal(&unsealed, "R04");
    // 集中封存户.
    province.go_to("2026-05-21", 9);
    province.import(DATONG, &Dump::of(&[ZHOU]));
    assert_moves(&mut province, &ZHOU);
}

#[test]
fn two_accounts_merged_between_01_and_02_close_the_letter_and_the_one_that_is_left_moves() {
    let mut province = begun("2026-05-20", &Dump::of(&[LI_IN_DATONG]));
    let [merged] = held(&mut province, [LI_IN_DATONG]);
    province.go_to("2026-05-21", 9);
    let whole = Saver { account: "9923041500029", ..LI_IN_DATONG };
    let mut dump = Dump::of(&[whole]);
    add_closed(&mut dump, LI_IN_DATONG, ("03", "06", ""));
    province.import(DATONG, &dump);
    province.decide(DATONG, &merged, CLERK, &["accept"]).done();
    province.await_refusal(&merged, "R05");
    assert_moves(&mut province, &whole);
}
