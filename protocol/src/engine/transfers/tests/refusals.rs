//! Letters that are refused, held, withdrawn or doubled.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::{AccountNumber, AccountStatus};
use crate::center::CenterCode;
use crate::document::{DocumentNumber, DocumentType};
use crate::engine::command::Command;
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorRole;
use crate::engine::quarantine::Held;
use crate::engine::records::StoredAccount;
use crate::engine::rosters::command::NetCommand;
use crate::engine::transfer_command::{Decision, TransferFilter, TransferState};
use crate::engine::transfers::Side;
use crate::id::{FileHash, TransferId};
use crate::mode::Mode;
use crate::person_name::PersonName;
use crate::record::Freeze;
use crate::refusal::Refusal;
use crate::testing::people::{LI, WANG, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";

fn old(whose: (&str, &str)) -> StoredAccount {
    saver(DATONG, OLD, whose, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world(old: StoredAccount, whose: (&str, &str)) -> World {
    World::new("2026-05-06", vec![old, newcomer(TAIYUAN, "0126050100001", whose)])
}

fn started(world: &mut World, whose: (&str, &str)) -> TransferId {
    world.start(TAIYUAN, application(DATONG, OLD, whose)).unwrap()
}

fn reason(world: &mut World, at: CenterCode, transfer: TransferId) -> RefusalReason {
    match world.show(at, transfer).line.state {
        TransferState::In(IncomingState::Rejected(Rejection::Reason(reason), true)) => reason,
        TransferState::In(other) => panic!("not refused: {}", other.name()),
        TransferState::Out(_) | TransferState::Registered(..) => panic!("another side"),
    }
}

/// A refused letter ends as 40 on both sides, and the account is as before.
fn check_refused(change: impl FnOnce(&mut StoredAccount), expected: RefusalReason) {
    let mut account = old(LI);
    change(&mut account);
    let mut world = world(account.clone(), LI);
    let transfer = started(&mut world, LI);
    let confirmed = ("rejection_confirmed", "40");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [confirmed, confirmed]);
    assert_eq!(reason(&mut world, TAIYUAN, transfer), expected);
    assert_eq!(world.stored(DATONG, OLD), account);
    assert_eq!(world.bank.executed(DATONG), 0);
}

#[test]
fn a_letter_that_fails_a_rule_is_refused_with_its_reason() {
    check_refused(|a| a.record.account.status = AccountStatus::Normal, RefusalReason::NotSealed);
    check_refused(|a| a.record.account.status = AccountStatus::Frozen, RefusalReason::Frozen);
    check_refused(|a| a.record.person = person(ZHANG), RefusalReason::NotFound);
    let other = PersonName::parse("李小禾").unwrap();
    check_refused(|a| a.record.person.name = other, RefusalReason::Name);
}

#[test]
fn an_unknown_account_is_refused() {
    let mut world = world(old(LI), LI);
    let transfer = world.start(TAIYUAN, application(DATONG, "404", LI)).unwrap();
    assert_eq!(reason(&mut world, TAIYUAN, transfer), RefusalReason::NotFound);
}

#[test]
fn a_letter_about_an_account_in_quarantine_waits_whoever_its_person_is() {
    // The row's document cannot be read: nobody but the account is in quarantine.
    let mut world = world(old(LI), LI);
    let number = AccountNumber::parse(OLD).unwrap();
    let account = ImportItem::Held(Held::Account(number, old(LI).record.account.balance));
    world.province.import(DATONG, vec![account]).unwrap();
    let transfer = started(&mut world, LI);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::RowInQuarantine);
}

#[test]
fn a_letter_about_a_row_in_quarantine_waits_until_the_row_is_healed() {
    let person_of = |whose| ImportItem::Held(Held::Person(person(whose).document));
    let mut world = world(old(LI), LI);
    let number = AccountNumber::parse(OLD).unwrap();
    let account = ImportItem::Held(Held::Account(number, old(LI).record.account.balance));
    world.province.import(DATONG, vec![person_of(LI), account]).unwrap();
    let transfer = started(&mut world, LI);
    let task = |world: &mut World| world.show(DATONG, transfer).line.task.map(|task| task.reason);
    assert_eq!(task(&mut world), Some(TaskReason::RowInQuarantine));
    // Whoever accepts too early waits on.
    let accept = || (clerk(), Decision::Accept(None));
    world.decide(DATONG, transfer, accept()).unwrap();
    assert_eq!(task(&mut world), Some(TaskReason::RowInQuarantine));
    world.province.import(DATONG, vec![ImportItem::Account(Box::new(old(LI)))]).unwrap();
    world.decide(DATONG, transfer, accept()).unwrap();
    world.run();
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
}

#[test]
fn story_3_a_court_freeze_after_the_letter() {
    // Before acceptance, while a person looks: R06.
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    let mut frozen = old(LI);
    frozen.record.notes.freeze = Some(Freeze { paper: None, until: None });
    let items = vec![ImportItem::Account(Box::new(frozen.clone()))];
    world.province.import(DATONG, items).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(reason(&mut world, TAIYUAN, transfer), RefusalReason::Frozen);

    // After acceptance: still R06, and the account is let go.
    let mut world = World::new("2026-05-06", vec![old(LI), newcomer(TAIYUAN, "1", LI)]);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("accepted", "02"); 2]);
    let refuse = Decision::Refuse(RefusalReason::Frozen, None);
    world.decide(DATONG, transfer, (clerk(), refuse)).unwrap();
    assert_eq!(reason(&mut world, TAIYUAN, transfer), RefusalReason::Frozen);
    assert_eq!(world.stored(DATONG, OLD), old(LI));
}

#[test]
fn story_5_an_old_number_waits_for_a_clerk_who_corrects_the_record() {
    let mut account = old(ZHANG);
    account.record.person.document =
        DocumentNumber::parse(DocumentType::ResidentId, "140299850615013", date("2026-05-06"))
            .unwrap();
    let mut world = world(account, ZHANG);
    let transfer = started(&mut world, ZHANG);
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("requested", "01"), ("held", "01")]);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!((task.reason, task.role), (TaskReason::OldDocument, OperatorRole::Clerk));
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    let corrected = world.stored(DATONG, OLD).record.person.document;
    assert_eq!(corrected, person(ZHANG).document);
}

#[test]
fn story_6_a_name_with_a_lost_character_needs_two_persons_and_one_scan() {
    let mut account = old(WANG);
    account.record.person.name = PersonName::parse("王?").unwrap();
    let mut world = world(account, WANG);
    let transfer = started(&mut world, WANG);
    let scan = |byte| Decision::Accept(Some(FileHash::new([byte; 32])));
    let refused =
        |result: Result<(), crate::engine::output::CommandRefusal>| result.unwrap_err().refusal;
    let nothing = world.decide(DATONG, transfer, (clerk(), Decision::Accept(None)));
    assert_eq!(refused(nothing), Refusal::Argument);
    world.decide(DATONG, transfer, (clerk(), scan(1))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG))[1], ("held", "01"));
    let alone = world.decide(DATONG, transfer, (clerk(), scan(1)));
    assert_eq!(refused(alone), Refusal::Operator);
    let another = world.decide(DATONG, transfer, (reviewer(), scan(2)));
    assert_eq!(refused(another), Refusal::Argument);
    world.decide(DATONG, transfer, (reviewer(), scan(1))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_name_folded_by_its_dot_passes() {
    let mut account = old(("阿依古丽•吐尔逊", LI.1));
    account.record.account.status = AccountStatus::Sealed;
    let mut world = world(account, ("阿依古丽·吐尔逊", LI.1));
    let transfer = started(&mut world, ("阿依古丽·吐尔逊", LI.1));
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn story_7_a_second_letter_for_the_same_person_is_refused() {
    let accounts = vec![
        old(LI),
        newcomer(TAIYUAN, "0126050100001", LI),
        newcomer(LINFEN, "1026050100001", LI),
    ];
    let mut world = World::new("2026-05-06", accounts);
    world.province.set_modes(DATONG, Mode::Confirm);
    let first = started(&mut world, LI);
    world.decide(DATONG, first, (clerk(), Decision::Accept(None))).unwrap();
    // At the same center: refused locally.
    let second = world.start(TAIYUAN, application(DATONG, OLD, LI));
    assert_eq!(second.unwrap_err().refusal, Refusal::InFlight);
    // From another city: the first letter goes on, the second is refused with R14.
    let third = world.start(LINFEN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(reason(&mut world, LINFEN, third), RefusalReason::Duplicate);
    world.decide(DATONG, first, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(first, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    assert_eq!(world.stored(TAIYUAN, "0126050100001").record.account.balance, yuan("44260.32"));
}

#[test]
fn story_9_a_withdrawal_before_acceptance_is_granted() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("requested", "01"), ("held", "01")]);
    world.cancel(TAIYUAN, transfer).unwrap();
    assert_eq!(
        world.states(transfer, (TAIYUAN, DATONG)),
        [("cancelled", "05"), ("released", "05")]
    );
    assert_eq!(world.stored(DATONG, OLD), old(LI));
    // The person may try again.
    let again = started(&mut world, LI);
    assert_ne!(again, transfer);
    assert_eq!(world.show(TAIYUAN, again).line.number.to_string(), "1401002605060002");
}

#[test]
fn story_9_a_withdrawal_after_acceptance_is_too_late() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.cancel(TAIYUAN, transfer).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("accepted", "02"); 2]);
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    assert_eq!(world.cancel(TAIYUAN, transfer).unwrap_err().refusal, Refusal::WrongState);
}

#[test]
fn a_withdrawal_that_overtakes_its_letter_is_granted_and_the_letter_refused() {
    let mut world = world(old(LI), LI);
    // The letter is lost on the way once; the withdrawal is not.
    world.province.cut.insert((TAIYUAN, DATONG));
    let transfer = started(&mut world, LI);
    world.province.cut.clear();
    world.cancel(TAIYUAN, transfer).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "cancelled");
    world.wait_minutes(6);
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "cancelled");
    assert!(world.list(DATONG, TransferFilter { ended: true, ..Default::default() }).is_empty());
    assert_eq!(world.stored(DATONG, OLD), old(LI));
    let again = started(&mut world, LI);
    assert_eq!(world.states(again, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_center_that_only_answers_takes_no_letter_in() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Answer);
    let transfer = started(&mut world, LI);
    let state = world.show(TAIYUAN, transfer).line.state;
    let refused = IncomingState::Rejected(Rejection::Delivery(Refusal::Mode), true);
    assert_eq!(state, TransferState::In(refused));
    world.province.set_modes(TAIYUAN, Mode::Observe);
    let refused = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Mode);
}

#[test]
fn in_mode_confirm_a_clerk_accepts_and_names_the_value_date() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    let waiting = TransferFilter { side: Some(Side::Out), waiting: true, ..Default::default() };
    assert_eq!(world.list(DATONG, waiting.clone()).len(), 1);
    let sunday = Decision::Settle(Some(date("2026-05-10")));
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let refused = world.decide(DATONG, transfer, (clerk(), sunday)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Argument);
    let ahead = Decision::Settle(Some(date("2026-05-20")));
    world.decide(DATONG, transfer, (clerk(), ahead)).unwrap();
    assert!(world.list(DATONG, waiting).is_empty());
    let sheet = world.show(TAIYUAN, transfer).sheet.unwrap();
    assert_eq!((sheet.interest, sheet.value_date), (yuan("527.46"), date("2026-05-20")));
    let stranger = crate::engine::operator::OperatorId::parse("nobody").unwrap();
    let refused = world.decide(DATONG, transfer, (stranger, Decision::Wait)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Operator);
}

#[test]
fn what_is_late_becomes_a_task_and_is_asked_for_again() {
    let mut world = world(old(LI), LI);
    world.province.cut.insert((TAIYUAN, DATONG));
    let transfer = started(&mut world, LI);
    world.go_to("2026-05-13");
    assert_eq!(world.show(TAIYUAN, transfer).line.task, None, "five working days are not over");
    world.go_to("2026-05-14");
    let task = world.show(TAIYUAN, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::Overdue);
    world.province.cut.clear();
    world.wait_minutes(6);
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    assert_eq!(world.show(TAIYUAN, transfer).line.task, None);
}

#[test]
fn a_clerk_looks_at_amounts_above_what_the_center_lets_pass_and_at_no_others() {
    let balance = old(LI).record.account.balance;
    let one = crate::money::Fen::new(1).unwrap();
    for (most, task) in
        [(balance, None), (balance.checked_sub(one).unwrap(), Some(TaskReason::LargeAmount))]
    {
        let mut world = world(old(LI), LI);
        world.change_settings(DATONG, |settings| settings.policy.auto_amount_max = most);
        let transfer = started(&mut world, LI);
        let shown = world.show(DATONG, transfer);
        let waits = shown.history.iter().any(|change| change.state == "held");
        assert_eq!(waits, task.is_some(), "{most}");
        assert!(!waits || shown.line.task.map(|task| task.reason) == task);
    }
}

#[test]
fn a_letter_that_could_be_accepted_waits_while_another_row_of_its_person_is_held_back() {
    let mut world = world(old(LI), LI);
    let account = ImportItem::Account(Box::new(old(LI)));
    let held = ImportItem::Held(Held::Person(person(LI).document));
    world.province.import(DATONG, vec![account.clone(), held]).unwrap();
    let transfer = started(&mut world, LI);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::RowInQuarantine);
    world.province.import(DATONG, vec![account]).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.run();
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
}

#[test]
fn a_center_starts_letters_from_mode_confirm_on_and_before_that_none() {
    for (mode, expected) in
        [(Mode::Auto, Ok(())), (Mode::Confirm, Ok(())), (Mode::Answer, Err(Refusal::Mode))]
    {
        let mut world = world(old(LI), LI);
        world.province.set_modes(TAIYUAN, mode);
        let started = world.start(TAIYUAN, application(DATONG, OLD, LI));
        assert_eq!(started.map(drop).map_err(|refused| refused.refusal), expected, "{mode:?}");
    }
}

#[test]
fn no_letter_goes_to_the_authority_to_a_suspended_center_or_to_oneself() {
    let mut world = world(old(LI), LI);
    world.province.command(AUTHORITY, Command::Net(NetCommand::Suspend(LINFEN))).unwrap();
    world.province.advance(6_000);
    for to in [AUTHORITY, LINFEN, TAIYUAN] {
        let refused = world.start(TAIYUAN, application(to, OLD, LI)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Argument, "{to}");
    }
    let all = TransferFilter { ended: true, ..Default::default() };
    assert!(world.list(TAIYUAN, all).is_empty(), "none of them has begun");
}
