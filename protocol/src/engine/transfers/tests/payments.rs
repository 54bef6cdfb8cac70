//! Payments that fail, stay unknown, come back, or arrive in parts.

use super::delivery::digest_at_authority;
use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::digest::DigestStatus;
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::records::StoredAccount;
use crate::engine::transfer_command::Decision;
use crate::engine::transfers_out;
use crate::id::TransferId;
use crate::mode::Mode;
use crate::settlement::{BankFailure, BankOrderId, BankOutcome, BankReply, SpecialAccount};
use crate::store::Staged;
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

fn old() -> StoredAccount {
    saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world(script: &[Behaviour]) -> (World, TransferId) {
    let mut world = World::new("2026-05-20", vec![old(), newcomer(TAIYUAN, NEW, LI)]);
    world.bank.script.extend(script);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    (world, transfer)
}

/// The own special account of Taiyuan, as a corrected one.
fn receiving(world: &mut World) -> SpecialAccount {
    let settings = world.province.node(TAIYUAN).engine.settings().clone();
    SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap()
}

fn check_completed(world: &mut World, transfer: TransferId, code: &'static str) {
    let done = ("completed", code);
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [done, done]);
    let old = world.stored(DATONG, OLD).record.account;
    assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")));
    let amount = world.show(TAIYUAN, transfer).sheet.unwrap();
    let amount = amount.principal.checked_add(amount.interest).unwrap();
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, amount);
    assert_eq!(world.bank.on_the_way, 0);
    for center in [TAIYUAN, DATONG] {
        let totals = world.totals(center);
        assert_eq!((totals.suspense_out, totals.suspense_in), (0, 0));
    }
}

#[test]
fn principal_and_interest_as_two_lines_complete_as_one() {
    let (mut world, transfer) = world(&[Behaviour::PayInTwo(4_375_838)]);
    check_completed(&mut world, transfer, "00");
    assert_eq!(world.show(DATONG, transfer).lines.len(), 2);
}

#[test]
fn a_wrong_payee_waits_for_the_correction_and_is_paid_as_the_next_attempt() {
    let (mut world, transfer) = world(&[Behaviour::Fail(BankFailure::WrongPayee)]);
    assert_eq!(
        world.states(transfer, (TAIYUAN, DATONG)),
        [("negotiating", "06"), ("pay_failed", "06")]
    );
    let task = world.show(TAIYUAN, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::CorrectReceivingAccount);
    let corrected = Decision::Correct(receiving(&mut world));
    world.decide(TAIYUAN, transfer, (clerk(), corrected)).unwrap();
    check_completed(&mut world, transfer, "00");
    let view = world.show(DATONG, transfer);
    assert_eq!((view.attempts, view.sheet.unwrap().revision), (2, 1), "the same sheet");
}

#[test]
fn another_failure_waits_for_a_person_who_pays_again_or_restores() {
    let (mut world, transfer) = world(&[Behaviour::Fail(BankFailure::Limit)]);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::PaymentFailed);
    world.decide(DATONG, transfer, (reviewer(), Decision::PayAgain)).unwrap();
    check_completed(&mut world, transfer, "00");

    let (mut world, transfer) = self::world(&[Behaviour::Fail(BankFailure::Limit)]);
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("restored", "20"); 2]);
    let account = world.stored(DATONG, OLD).record.account;
    assert_eq!((account.status, account.balance), (AccountStatus::Sealed, yuan("43758.38")));
    assert_eq!(world.totals(DATONG).interest, 0);
    let again = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    check_completed(&mut world, again, "00");
    assert_eq!(world.persons_gained(), 52_746);
}

#[test]
fn an_unknown_payment_is_asked_after_and_never_ordered_twice() {
    let (mut world, transfer) = world(&[Behaviour::UnknownButPaid]);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_unknown");
    world.wait_minutes(1);
    check_completed(&mut world, transfer, "00");
    assert_eq!(world.show(DATONG, transfer).attempts, 1);

    let (mut world, transfer) = self::world(&[Behaviour::UnknownAndFailed]);
    world.wait_minutes(1);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_failed");
    world.decide(DATONG, transfer, (reviewer(), Decision::PayAgain)).unwrap();
    check_completed(&mut world, transfer, "00");
    assert_eq!(world.bank.executed(DATONG), 1);
}

#[test]
fn an_order_that_the_bank_never_got_is_sent_again_under_its_id() {
    let (mut world, transfer) = world(&[Behaviour::Lose]);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "paying");
    world.wait_minutes(1);
    check_completed(&mut world, transfer, "00");
    assert_eq!(world.show(DATONG, transfer).attempts, 1);
}

#[test]
fn story_8_money_that_the_bank_returns_is_settled_anew() {
    const WU: (&str, &str) = ("吴朔", "140399200002290079");
    let old = saver(DATONG, OLD, WU, (202_410, 21, "880.00"), "2026-07-01");
    let mut world = World::new("2026-07-03", vec![old, newcomer(TAIYUAN, NEW, WU)]);
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, WU)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("announced", "08"), ("paid", "08")]);
    let first = world.show(DATONG, transfer).sheet.unwrap();
    assert_eq!((first.principal, first.interest), (yuan("18726.98"), yuan("1.56")));
    assert_eq!(world.stored(DATONG, OLD).record.account.status, AccountStatus::TransferredOut);

    world.go_to("2026-07-06");
    world.bank.give_back(&mut world.province, DATONG, 1_872_854);
    world.run();
    assert_eq!(
        world.states(transfer, (TAIYUAN, DATONG)),
        [("negotiating", "06"), ("reversed", "06")]
    );
    let account = world.stored(DATONG, OLD).record.account;
    assert_eq!((account.status, account.balance), (AccountStatus::Sealed, yuan("18726.98")));

    world.go_to("2026-07-08");
    let corrected = Decision::Correct(receiving(&mut world));
    world.decide(TAIYUAN, transfer, (clerk(), corrected)).unwrap();
    check_completed(&mut world, transfer, "00");
    let second = world.show(TAIYUAN, transfer).sheet.unwrap();
    assert_eq!((second.revision, second.interest), (2, yuan("5.46")));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("18732.44"));
    let moved: Vec<String> = world
        .stored(DATONG, OLD)
        .rows
        .iter()
        .filter(|row| row.business == crate::account::BusinessType::TransferOut)
        .map(|row| format!("{} {}", row.amount, row.reversal.number()))
        .collect();
    assert_eq!(moved, ["-18726.98 1", "18726.98 2", "-18726.98 1"], "07, its reversal, 07");
}

#[test]
fn story_9_an_order_that_30_june_overtakes_is_recalled_and_settled_anew() {
    const CHEN: (&str, &str) = ("陈𤧛", "140199198711040047");
    let old = saver(DATONG, OLD, CHEN, (202_003, 74, "2010.00"), "2026-06-22");
    let mut world = World::new("2026-06-26", vec![old, newcomer(TAIYUAN, NEW, CHEN)]);
    world.province.set_modes(DATONG, Mode::Confirm);
    world.bank.script.extend([Behaviour::Hold, Behaviour::Hold]);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, CHEN)).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let ahead = Decision::Settle(Some(date("2026-06-29")));
    world.decide(DATONG, transfer, (clerk(), ahead)).unwrap();
    let first = world.show(TAIYUAN, transfer).sheet.unwrap();
    assert_eq!((first.principal, first.interest), (yuan("154069.27"), yuan("2203.25")));

    // The order of the 29th is recalled at midnight, and ordered again for the 30th, still under
    // the same sheet; the bank's cut-off delays even its recall to 2 July.
    world.go_to("2026-06-30");
    let view = world.show(DATONG, transfer);
    assert_eq!((view.attempts, view.line.state.name()), (2, "paying"));
    world.bank.is_silent = true;
    world.go_to("2026-07-02");
    assert_eq!(world.show(DATONG, transfer).sheet.unwrap().revision, 1);
    world.bank.is_silent = false;
    world.run();
    check_completed(&mut world, transfer, "00");
    let second = world.show(TAIYUAN, transfer).sheet.unwrap();
    assert_eq!((second.principal, second.interest), (yuan("156285.36"), yuan("6.51")));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("156291.87"));
    assert_eq!(world.bank.executed(DATONG), 1);
}

#[test]
fn a_short_sum_is_negotiated_and_the_rest_closes_it_as_20() {
    const ZHAO: (&str, &str) = ("赵长治", "140499199301020116");
    let old = saver(DATONG, OLD, ZHAO, (202_107, 55, "1088.00"), "2026-03-18");
    let mut world = World::new("2026-03-18", vec![old, newcomer(LINFEN, NEW, ZHAO)]);
    world.bank.script.push_back(Behaviour::PayShort(6_145_236));
    let transfer = world.start(LINFEN, application(DATONG, OLD, ZHAO)).unwrap();
    let sheet = world.show(LINFEN, transfer).sheet.unwrap();
    assert_eq!((sheet.principal, sheet.interest), (yuan("61452.36"), yuan("632.05")));
    // Until the end of the business day of the first line the rest is awaited.
    assert_eq!(world.show(LINFEN, transfer).line.state.name(), "announced");
    world.go_to("2026-03-19");
    assert_eq!(world.states(transfer, (LINFEN, DATONG)), [("negotiating", "06"), ("paid", "08")]);
    assert_eq!(world.stored(LINFEN, NEW).record.account.balance, yuan("0.00"));
    // The interest lay in a wrong sub-account and arrives.
    world.bank.bring(&mut world.province, DATONG, 63_205);
    world.run();
    assert_eq!(world.states(transfer, (LINFEN, DATONG)), [("completed", "20"); 2]);
    assert_eq!(world.stored(LINFEN, NEW).record.account.balance, yuan("62084.41"));
}

#[test]
fn a_part_that_came_back_is_ordered_again_under_the_same_sheet() {
    let (mut world, transfer) = world(&[Behaviour::PayShort(4_375_838)]);
    world.go_to("2026-05-21");
    assert_eq!(world.show(DATONG, transfer).line.task.unwrap().reason, TaskReason::AmountDiffers);
    world.bank.give_back(&mut world.province, DATONG, 52_746);
    world.run();
    check_completed(&mut world, transfer, "20");
    assert_eq!(world.show(DATONG, transfer).attempts, 2);
}

#[test]
fn a_part_that_came_back_while_the_node_recovers_is_ordered_once_it_has() {
    let (mut world, transfer) = world(&[Behaviour::PayShort(4_375_838)]);
    world.go_to("2026-05-21");
    for away in [TAIYUAN, LINFEN] {
        world.province.cut.extend([(DATONG, away), (away, DATONG)]);
    }
    world.province.restart(DATONG);
    world.bank.give_back(&mut world.province, DATONG, 52_746);
    world.province.advance(60_000);
    let store = world.backup(DATONG);
    let case = transfers_out::load(&Staged::new(&store), transfer).unwrap().unwrap().case;
    let (attempts, lines) = (case.attempts, case.lines.len());
    assert_eq!((attempts, lines), (1, 1), "a node that may have forgotten waits");
    world.province.cut.clear();
    world.province.connect_all();
    world.province.advance(60_000);
    world.wait_minutes(2);
    check_completed(&mut world, transfer, "20");
    assert_eq!(world.show(DATONG, transfer).attempts, 2);
}

#[test]
fn money_that_is_sent_back_restores_the_account() {
    let (mut world, transfer) = world(&[Behaviour::PayShort(4_375_838)]);
    world.go_to("2026-05-21");
    let settings = world.province.node(DATONG).engine.settings().clone();
    let payee = SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap();
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::SendBack(payee))).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "returned");
    // The rest comes back, too: all of it is here, and the account is restored.
    world.bank.give_back(&mut world.province, DATONG, 52_746);
    world.run();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("returned", "20"), ("restored", "20")]);
    let account = world.stored(DATONG, OLD).record.account;
    assert_eq!((account.status, account.balance), (AccountStatus::Sealed, yuan("43758.38")));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("0.00"));
    let again = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    check_completed(&mut world, again, "00");
}

#[test]
fn too_much_money_is_negotiated_at_once_and_only_a_person_sends_it_back() {
    let (mut world, transfer) = world(&[Behaviour::Hold]);
    world.bring_from_outside(1);
    world.bank.bring(&mut world.province, DATONG, 1);
    world.run();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "announced");
    world.bank.execute_held(&mut world.province, DATONG);
    world.run();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "negotiating");
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("0.00"));
}

#[test]
fn money_that_could_not_be_sent_back_stays_here_and_a_person_decides_again() {
    let failed = Behaviour::Fail(BankFailure::ClosedPayee);
    let (mut world, transfer) = world(&[Behaviour::PayShort(4_375_838), failed]);
    world.go_to("2026-05-21");
    let settings = world.province.node(DATONG).engine.settings().clone();
    let payee = SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap();
    let back = || Decision::SendBack(payee.clone());
    world.decide(TAIYUAN, transfer, (reviewer(), back())).unwrap();
    let line = world.show(TAIYUAN, transfer).line;
    assert_eq!(line.state.name(), "negotiating");
    assert_eq!(line.task.unwrap().reason, TaskReason::AmountDiffers);
    world.decide(TAIYUAN, transfer, (reviewer(), back())).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "returned");
}

/// How often the bank is asked within an hour, and not answered.
fn asked(world: &mut World) -> usize {
    world.province.outside.clear();
    world.province.now = world.province.now.plus_ms(3_600_000);
    world.province.input(DATONG, Input::Tick);
    world.province.drive();
    let is_question = |(_, output): &&(_, Output)| matches!(output, Output::BankAsk(_));
    world.province.outside.iter().filter(is_question).count()
}

#[test]
fn an_order_that_was_executed_is_asked_after_no_more_while_its_debit_is_awaited() {
    let (mut world, transfer) = world(&[Behaviour::Hold]);
    let letter = world.show(DATONG, transfer).line.number;
    assert!(asked(&mut world) > 0, "the bank has not paid yet");
    let order = BankOrderId { letter, attempt: 1 };
    let outcome = BankOutcome::Executed(date("2026-05-20"));
    world.province.input(DATONG, Input::BankReply(BankReply { order, outcome }));
    world.province.drive();
    assert_eq!(asked(&mut world), 0);
}

/// What the authority sees of a transfer in the log of the center that pays.
fn seen(world: &mut World, transfer: TransferId) -> Option<(DigestStatus, u32)> {
    world.wait_minutes(3);
    let digest = digest_at_authority(world, transfer, DATONG);
    digest.map(|digest| (digest.status, digest.revision))
}

#[test]
fn the_authority_sees_once_that_money_came_back_and_nothing_of_money_that_never_left() {
    let script = [Behaviour::PayToNowhere, Behaviour::Fail(BankFailure::Limit)];
    let (mut world, transfer) = world(&script);
    assert_eq!(seen(&mut world, transfer), Some((DigestStatus::TransferRemitted, 1)));
    world.bank.give_back(&mut world.province, DATONG, 4_428_584);
    world.run();
    assert_eq!(seen(&mut world, transfer), Some((DigestStatus::TransferReversed, 2)));
    // The second payment fails, and its settlement is undone: no more money has left or come back.
    let corrected = Decision::Correct(receiving(&mut world));
    world.decide(TAIYUAN, transfer, (clerk(), corrected)).unwrap();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_failed");
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("restored", "20"); 2]);
    assert_eq!(seen(&mut world, transfer), Some((DigestStatus::TransferReversed, 2)));

    let (mut world, transfer) = self::world(&[Behaviour::Fail(BankFailure::Limit)]);
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    assert_eq!(seen(&mut world, transfer), None);
}
