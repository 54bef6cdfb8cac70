//! Money that no sheet explains, and transfers of months without any money.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::bank_account::CorporateAccount;
use crate::center::CenterCode;
use crate::engine::bank;
use crate::engine::imports::ImportItem;
use crate::engine::input::Input;
use crate::engine::output::Event;
use crate::engine::records::StoredAccount;
use crate::engine::recovery;
use crate::engine::transfer_command::Decision;
use crate::id::TransferId;
use crate::ledger::TrialBalance;
use crate::mode::Mode;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::settlement::{
    BankFailure, BankNotice, BankReference, Direction, NoticeCursor, SpecialAccount,
};
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";
const COMPLETED: (&str, &str) = ("completed", "00");

fn started(first: Behaviour) -> (World, TransferId) {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
    world.bank.script.push_back(first);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    (world, transfer)
}

/// An account outside of the network, from which money came by mistake.
fn stranger() -> SpecialAccount {
    SpecialAccount {
        number: CorporateAccount::parse("9990-0001").unwrap(),
        name: PlainText::parse("某单位").unwrap(),
        bank: PlainText::parse("某银行").unwrap(),
    }
}

fn send_back(world: &mut World, at: CenterCode, transfer: TransferId) -> Result<(), Refusal> {
    let decided = world.decide(at, transfer, (reviewer(), Decision::SendBack(stranger())));
    decided.map_err(|refused| refused.refusal)
}

#[test]
fn what_is_too_much_is_sent_back_alone_and_the_rest_is_credited() {
    let (mut world, transfer) = started(Behaviour::Hold);
    world.bring_from_outside(5_000);
    world.bank.bring(&mut world.province, DATONG, 5_000);
    world.bank.execute_held(&mut world.province, DATONG);
    world.run();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("negotiating", "06"), ("paid", "08")]);
    let statements = world.show(TAIYUAN, transfer).statements.len();
    let said = |world: &mut World| world.show(DATONG, transfer).statements.len();
    assert_eq!(said(&mut world), 5, "letter, acceptance, sheet, difference, remittance");
    // Whoever waits for the sender is left in peace, and nothing is said twice.
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::Wait)).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).line.task, None);
    world.bank.script.push_back(Behaviour::Hold);
    send_back(&mut world, TAIYUAN, transfer).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "negotiating", "not before");
    assert_eq!(send_back(&mut world, TAIYUAN, transfer), Err(Refusal::WrongState), "only once");
    assert_eq!(world.show(TAIYUAN, transfer).statements.len(), statements, "said once");
    world.bank.execute_held(&mut world.province, TAIYUAN);
    world.run();
    let negotiated = ("completed", "20");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [negotiated, negotiated]);
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("44285.84"));
    assert_eq!(world.totals(TAIYUAN).suspense_in, 0);
}

#[test]
fn what_is_beyond_a_sheet_waits_for_the_word_that_the_sheet_was_paid() {
    let (mut world, transfer) = started(Behaviour::Hold);
    world.province.cut.insert((DATONG, TAIYUAN));
    world.bring_from_outside(5_000);
    world.bank.bring(&mut world.province, DATONG, 5_000);
    world.bank.execute_held(&mut world.province, DATONG);
    world.run();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("negotiating", "06"), ("paid", "08")]);
    let back = (reviewer(), Decision::SendBack(stranger()));
    let refused = world.decide(TAIYUAN, transfer, back).unwrap_err();
    assert_eq!(refused.refusal, Refusal::WrongState);
    assert!(refused.detail.is_some_and(|why| why.contains("has not said that it paid")));
    world.province.cut.clear();
    world.province.connect_all();
    world.province.advance(60_000);
    world.run();
    send_back(&mut world, TAIYUAN, transfer).unwrap();
    world.run();
    let negotiated = ("completed", "20");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [negotiated, negotiated]);
}

#[test]
fn what_a_bank_moves_beyond_an_order_is_booked_told_and_comes_back() {
    let (mut world, transfer) = started(Behaviour::PayMore(5_000));
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("negotiating", "06"), ("paid", "08")]);
    assert_eq!(world.totals(DATONG).suspense_out, -5_000, "the bank says that it has left");
    assert!(world.show(DATONG, transfer).line.task.is_some());
    let back = SpecialAccount {
        number: CorporateAccount::parse(&format!("{DATONG}0001")).unwrap(),
        ..stranger()
    };
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::SendBack(back))).unwrap();
    world.run();
    let negotiated = ("completed", "20");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [negotiated, negotiated]);
    assert_eq!(world.bank.executed(DATONG), 1, "nothing is ordered again");
    for center in [TAIYUAN, DATONG] {
        assert_eq!(world.show(center, transfer).line.task, None);
        let totals = world.totals(center);
        assert_eq!((totals.suspense_in, totals.suspense_out), (0, 0));
    }
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("44285.84"));
}

#[test]
fn money_after_the_end_calls_a_person_who_sends_it_back() {
    for (at, suspense) in [(TAIYUAN, "in"), (DATONG, "out")] {
        let (mut world, transfer) = started(Behaviour::Pay);
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
        assert_eq!(send_back(&mut world, at, transfer), Err(Refusal::WrongState), "nothing came");
        world.bring_from_outside(700);
        match at {
            TAIYUAN => world.bank.bring(&mut world.province, DATONG, 700),
            _ => world.bank.give_back(&mut world.province, DATONG, 700),
        }
        world.run();
        let task = world.show(at, transfer).line.task.unwrap();
        assert_eq!(task.reason, TaskReason::UnexplainedMoney);
        send_back(&mut world, at, transfer).unwrap();
        assert_eq!(world.show(at, transfer).line.task, None, "suspense {suspense}");
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2], "ends are ends");
        let totals = world.totals(at);
        assert_eq!((totals.suspense_in, totals.suspense_out), (0, 0));
        assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("44285.84"));
        assert_eq!(send_back(&mut world, at, transfer), Err(Refusal::WrongState), "it is gone");
    }
}

/// 36 months, and nothing else.
fn emptied() -> StoredAccount {
    let mut old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    old.rows.clear();
    old.record.account.balance = yuan("0.00");
    old.record.account.current_year = yuan("0.00");
    old
}

#[test]
fn months_alone_leave_on_their_value_date_and_wait_for_a_receiving_account_that_is_frozen() {
    let mut world = World::new("2026-05-20", vec![emptied(), newcomer(TAIYUAN, NEW, LI)]);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let mut frozen = newcomer(TAIYUAN, NEW, LI);
    frozen.record.account.status = AccountStatus::Frozen;
    world.province.import(TAIYUAN, vec![ImportItem::Account(Box::new(frozen))]).unwrap();
    let ahead = Decision::Settle(Some(date("2026-05-22")));
    world.decide(DATONG, transfer, (clerk(), ahead)).unwrap();
    let states = world.states(transfer, (TAIYUAN, DATONG));
    assert_eq!(states, [("announced", "08"), ("settled", "08")]);
    world.go_to("2026-05-22");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("announced", "08"), ("paid", "08")]);
    let task = world.show(TAIYUAN, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::CoreRefused);
    let thawed = newcomer(TAIYUAN, NEW, LI);
    world.province.import(TAIYUAN, vec![ImportItem::Account(Box::new(thawed))]).unwrap();
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::Wait)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
    assert_eq!(world.stored(TAIYUAN, NEW).record.imported[0].history.total(), 36);
}

#[test]
fn months_move_without_any_money_and_nothing_is_paid() {
    let mut world = World::new("2026-05-20", vec![emptied(), newcomer(TAIYUAN, NEW, LI)]);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
    let sheet = world.show(TAIYUAN, transfer).sheet.unwrap();
    assert_eq!((sheet.principal, sheet.interest), (yuan("0.00"), yuan("0.00")));
    assert_eq!(world.bank.executed(DATONG), 0);
    let old = world.stored(DATONG, OLD).record.account;
    assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")));
    let new = world.stored(TAIYUAN, NEW).record;
    assert_eq!((new.account.balance, new.imported[0].history.total()), (yuan("0.00"), 36));
}

#[test]
fn months_that_were_remitted_before_their_center_forgot_it_are_remitted_again_without_a_bank() {
    // The sheet is found again on its day, on the next, and past 30 June.
    for later in [None, Some("2026-05-21"), Some("2026-07-03")] {
        let mut world = World::new("2026-05-20", vec![emptied(), newcomer(TAIYUAN, NEW, LI)]);
        let backup = (world.backup(DATONG), world.province.now);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
        if let Some(day) = later {
            world.go_to(day);
        }
        world.restore(DATONG, backup);
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2], "{later:?}");
        let old = world.stored(DATONG, OLD).record.account;
        assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")));
        assert_eq!(world.show(DATONG, transfer).line.task, None);
    }
}

/// So many fen have left the special account of a center under a letter.
fn notice(at: CenterCode, number: &str, fen: i64) -> BankNotice {
    BankNotice {
        account: CorporateAccount::parse(&format!("{at}0001")).unwrap(),
        reference: BankReference(PlainText::parse("X-1").unwrap()),
        direction: Direction::Debit,
        amount: Fen::new(fen).unwrap(),
        summary: Some(PlainText::parse(number).unwrap()),
        counterpart: None,
        counterpart_name: None,
        booked_on: date("2026-05-20"),
    }
}

/// The bank of a center tells that so many fen have left under the letter of a transfer.
fn taken_out(world: &mut World, at: CenterCode, transfer: TransferId, fen: i64) {
    let number = world.show(at, transfer).line.number;
    world.bank.on_the_way += i128::from(fen);
    let (cursor, notices) = (NoticeCursor(99), vec![notice(at, &number.to_string(), fen)]);
    world.province.input(at, Input::BankNotices { cursor, notices });
    world.run();
}

#[test]
fn more_than_any_sheet_explains_is_booked_as_the_bank_has_it_and_calls_a_person() {
    for at in [TAIYUAN, DATONG] {
        let (mut world, transfer) = started(Behaviour::Pay);
        let before = world.totals(at);
        taken_out(&mut world, at, transfer, 700);
        let after = world.totals(at);
        let suspense = |sums: &TrialBalance| sums.suspense_in + sums.suspense_out;
        assert_eq!((after.cash, suspense(&after)), (before.cash + 700, -700), "it has left");
        let task = world.show(at, transfer).line.task.unwrap();
        assert_eq!(task.reason, TaskReason::UnexplainedMoney, "{at}");
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
        let unexplained = |event: &Event| matches!(event, Event::UnexplainedMoney { .. });
        assert!(world.province.events.iter().any(|(who, event)| *who == at && unexplained(event)));
    }
    // Whoever is called already is left with what he was called for.
    let (mut world, transfer) = started(Behaviour::Fail(BankFailure::WrongPayee));
    let before = world.show(TAIYUAN, transfer).line.task.unwrap();
    assert_eq!(before.reason, TaskReason::CorrectReceivingAccount);
    taken_out(&mut world, TAIYUAN, transfer, 0);
    assert_eq!(world.show(TAIYUAN, transfer).line.task, Some(before));
    let (mut world, transfer) = started(Behaviour::Fail(BankFailure::Limit));
    let before = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(before.reason, TaskReason::PaymentFailed);
    taken_out(&mut world, DATONG, transfer, 0);
    assert_eq!(world.show(DATONG, transfer).line.task, Some(before));
}

#[test]
fn nothing_is_sent_back_while_the_node_may_have_forgotten_what_it_promised() {
    let (mut world, over) = started(Behaviour::Pay);
    world.bring_from_outside(700);
    world.bank.bring(&mut world.province, DATONG, 700);
    world.run();
    let (mut short, open) = started(Behaviour::PayShort(700));
    for (world, transfer) in [(&mut world, over), (&mut short, open)] {
        let store = world.backup(TAIYUAN);
        world.province.cut_off(TAIYUAN);
        world.replace(TAIYUAN, store);
        world.province.advance(1_000);
        assert_eq!(send_back(world, TAIYUAN, transfer), Err(Refusal::Recovering));
        world.let_go(TAIYUAN).unwrap();
        send_back(world, TAIYUAN, transfer).unwrap();
    }
}

#[test]
fn a_movement_counts_at_once_unless_the_node_takes_in_what_it_had_lost() {
    for is_behind in [false, true] {
        let (mut world, transfer) = started(Behaviour::Pay);
        world.province.tamper();
        if is_behind {
            world.province.cut_off(TAIYUAN);
            let now = world.province.now;
            world.province.act(TAIYUAN, |round| {
                recovery::mark_restored(round.view, TAIYUAN, (now, now)).unwrap();
            });
        }
        let number = world.show(TAIYUAN, transfer).line.number;
        let notice = notice(TAIYUAN, &number.to_string(), 700);
        let notices = vec![notice];
        world
            .province
            .round(TAIYUAN, vec![Input::BankNotices { cursor: NoticeCursor(99), notices }]);
        let held = world.province.act(TAIYUAN, |round| bank::held::any(round.view).unwrap());
        assert_eq!(held, is_behind);
    }
}
