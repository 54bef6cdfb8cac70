//! The core system: an external one that is slow, repeats itself or computes otherwise; the embedded
//! one that is asked twice; imports while a transfer holds an account.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::{AccountNumber, AccountStatus, SerialNumber};
use crate::core_system::{
    CoreAction, CoreCause, CoreOrder, CoreOutcome, CoreReceipt, CoreRefusal, CoreStep,
};
use crate::engine::CoreDriver;
use crate::engine::embedded_core;
use crate::engine::imports::ImportItem;
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::records::StoredAccount;
use crate::engine::timer::Timer;
use crate::engine::transfer_command::Decision;
use crate::id::TransferId;
use crate::mode::Mode;
use crate::money::Fen;
use crate::settlement::BankFailure;
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

fn old() -> StoredAccount {
    saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world() -> World {
    World::new("2026-05-20", vec![old(), newcomer(TAIYUAN, NEW, LI)])
}

/// A world whose Datong has a core of its own.
fn with_external_core() -> (World, TransferId) {
    let mut world = world();
    world.without_ledgers();
    world.change_settings(DATONG, |settings| settings.core_driver = CoreDriver::External);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.province.assert_missed(DATONG, Timer::CoreOrders);
    (world, transfer)
}

/// The order that Datong's core has been given, once or more often.
fn order(world: &mut World) -> CoreOrder {
    let mut orders: Vec<CoreOrder> = Vec::new();
    for (center, output) in world.province.outside.drain(..) {
        assert_eq!(center, DATONG);
        if let Output::CoreOrder(order) = output {
            orders.push(order);
        } else {
            panic!("something else than an order");
        }
    }
    let first = orders.first().expect("an order").clone();
    assert!(orders.iter().all(|order| *order == first), "the same order");
    first
}

fn done(world: &mut World, order: &CoreOrder, (principal, interest): (&str, &str)) {
    let receipt = CoreReceipt {
        serial: SerialNumber::parse("CORE-1").unwrap(),
        posted_on: date("2026-05-20"),
        principal: yuan(principal),
        interest: yuan(interest),
    };
    // An outcome that comes twice counts once.
    for _ in 0..2 {
        let outcome = CoreOutcome::Done(receipt.clone());
        world.province.input(DATONG, Input::CoreOutcome { order: order.id, outcome });
    }
    world.province.advance(20);
}

#[test]
fn an_external_core_gets_the_same_order_until_it_has_answered() {
    let (mut world, transfer) = with_external_core();
    let lock = order(&mut world);
    assert_eq!(lock.action.step(), CoreStep::Lock);
    world.province.advance(61_000);
    assert_eq!(order(&mut world), lock);
    let unknown = CoreOutcome::Unknown;
    world.province.input(DATONG, Input::CoreOutcome { order: lock.id, outcome: unknown });
    world.province.restart(DATONG);
    assert_eq!(order(&mut world), lock);
    done(&mut world, &lock, ("0.00", "0.00"));
    let settle = order(&mut world);
    assert_eq!(settle.action.step(), CoreStep::Settle);
    done(&mut world, &settle, ("43758.38", "527.46"));
    world.run_until_order();
    let close = order(&mut world);
    assert_eq!(close.action.step(), CoreStep::Close);
    done(&mut world, &close, ("0.00", "0.00"));
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_core_that_computes_otherwise_is_looked_at_before_the_sheet_is_sent() {
    // 527.51 is what a truncated daily rate gives; four settled years allow for four fen.
    let (mut world, transfer) = with_external_core();
    let lock = order(&mut world);
    done(&mut world, &lock, ("0.00", "0.00"));
    let settle = order(&mut world);
    done(&mut world, &settle, ("43758.38", "527.51"));
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("accepted", "02"), ("settled", "08")]);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::InterestDiffers);
    assert!(world.province.outside.is_empty(), "nothing is paid");
    // Nobody looks in time: nothing is undone for it, and nothing paid.
    world.go_to("2026-06-05");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("accepted", "02"), ("settled", "08")]);
    assert_eq!(world.show(DATONG, transfer).line.task.unwrap().reason, TaskReason::InterestDiffers);
    assert!(world.province.outside.is_empty(), "no order follows from a deadline");
    world.decide(DATONG, transfer, (reviewer(), Decision::SendSheet)).unwrap();
    assert_eq!(world.show(TAIYUAN, transfer).sheet.unwrap().interest, yuan("527.51"));
}

#[test]
fn what_the_core_refuses_becomes_a_refusal_or_a_task() {
    let (mut world, transfer) = with_external_core();
    let lock = order(&mut world);
    let outcome = CoreOutcome::Refused(CoreRefusal::of(CoreCause::Frozen));
    world.province.input(DATONG, Input::CoreOutcome { order: lock.id, outcome });
    world.province.advance(20);
    let confirmed = ("rejection_confirmed", "40");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [confirmed, confirmed]);

    let (mut world, transfer) = with_external_core();
    let lock = order(&mut world);
    done(&mut world, &lock, ("0.00", "0.00"));
    let settle = order(&mut world);
    let outcome = CoreOutcome::Refused(CoreRefusal::of(CoreCause::Other));
    world.province.input(DATONG, Input::CoreOutcome { order: settle.id, outcome });
    world.province.advance(20);
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::CoreRefused);
    // A person orders it again: another attempt has another id.
    world.decide(DATONG, transfer, (reviewer(), Decision::Settle(None))).unwrap();
    let again = order(&mut world);
    assert_eq!((again.action.step(), again.attempt), (CoreStep::Settle, 2));
    assert_ne!(again.id, settle.id);
}

#[test]
fn the_embedded_core_executes_an_id_once_and_refuses_it_with_other_content() {
    let mut world = world();
    let number = AccountNumber::parse(OLD).unwrap();
    let transfer = TransferId::new([1; 32]);
    let lock = CoreOrder::new(transfer, 1, CoreAction::Lock(number.clone()));
    let settle = |cap| {
        let action = CoreAction::Settle(number.clone(), date("2026-05-20"), cap);
        CoreOrder::new(transfer, 1, action)
    };
    let execute = |world: &mut World, order: &CoreOrder| {
        world.province.act(DATONG, |round| embedded_core::execute(round, order).unwrap())
    };
    assert!(matches!(execute(&mut world, &lock), CoreOutcome::Done(_)));
    let first = execute(&mut world, &settle(Fen::MAX));
    let CoreOutcome::Done(receipt) = &first else { panic!("{first:?}") };
    assert_eq!((receipt.principal, receipt.interest), (yuan("43758.38"), yuan("527.46")));
    let totals = world.totals(DATONG);
    assert_eq!(execute(&mut world, &settle(Fen::MAX)), first, "the stored outcome");
    assert_eq!(world.totals(DATONG), totals);
    let other = execute(&mut world, &settle(yuan("1.00")));
    assert_eq!(other, CoreOutcome::Refused(CoreRefusal::of(CoreCause::OtherContent)));
    let second = CoreAction::Lock(number);
    let stranger = execute(&mut world, &CoreOrder::new(TransferId::new([2; 32]), 1, second));
    let CoreOutcome::Refused(refusal) = stranger else { panic!("{stranger:?}") };
    assert_eq!(refusal.cause, CoreCause::Busy);
}

#[test]
fn more_than_auto_may_decide_waits_for_a_reviewer_twice() {
    let mut world = world();
    world.change_settings(DATONG, |settings| {
        settings.policy.auto_amount_max = yuan("44000.00");
    });
    // The balance alone is below, with interest it is above.
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "accepted");
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::CoreRefused);
    world.decide(DATONG, transfer, (reviewer(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);

    let mut world = self::world();
    world.change_settings(DATONG, |settings| {
        settings.policy.auto_amount_max = yuan("43000.00");
    });
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::LargeAmount);
    world.decide(DATONG, transfer, (reviewer(), Decision::Accept(None))).unwrap();
    let task = world.show(DATONG, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::ConfirmSettlement);
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_freeze_that_an_import_brings_stops_an_accepted_transfer_and_stays() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let mut frozen = old();
    frozen.record.account.status = AccountStatus::Frozen;
    let items = vec![ImportItem::Account(Box::new(frozen.clone()))];
    world.province.import(DATONG, items).unwrap();
    assert_eq!(world.stored(DATONG, OLD), old(), "a locked account takes no other business");
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    let confirmed = ("rejection_confirmed", "40");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [confirmed, confirmed]);
    let crate::engine::transfer_command::TransferState::Out(state) =
        world.show(DATONG, transfer).line.state
    else {
        panic!("the other side")
    };
    let expected = crate::transfer::outgoing::OutgoingState::Rejected(RefusalReason::Frozen, true);
    assert_eq!(state, expected);
    assert_eq!(world.stored(DATONG, OLD), frozen, "the import speaks for the account again");
}

#[test]
fn an_import_after_a_transfer_does_not_bring_the_money_back() {
    let mut world = world();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    let before = (world.totals(DATONG), world.totals(TAIYUAN));
    // Exports that were made before the transfer, loaded again.
    world.province.import(DATONG, vec![ImportItem::Account(Box::new(old()))]).unwrap();
    let new = newcomer(TAIYUAN, NEW, LI);
    world.province.import(TAIYUAN, vec![ImportItem::Account(Box::new(new))]).unwrap();
    assert_eq!((world.totals(DATONG), world.totals(TAIYUAN)), before);
    assert_eq!(world.stored(DATONG, OLD).record.account.balance, yuan("0.00"));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("44285.84"));
}

#[test]
fn interest_is_settled_by_the_days_that_the_center_counts_a_year_as() {
    let interest = |day_basis| {
        let mut world = world();
        world.change_settings(DATONG, |settings| settings.policy.day_basis = day_basis);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        world.show(DATONG, transfer).sheet.unwrap().interest
    };
    assert!(interest(365) < interest(360));
}

#[test]
fn an_external_core_is_given_no_other_order_after_a_restore() {
    // How far the core has come when its node loses its store.
    for given in 1..=3 {
        let mut world = world();
        world.without_ledgers();
        world.change_settings(DATONG, |settings| settings.core_driver = CoreDriver::External);
        let backup = (world.backup(DATONG), world.province.now);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        let mut known = Vec::new();
        for _ in 0..given {
            if let Some(last) = known.last() {
                done(&mut world, last, figures(last));
            }
            world.run_until_order();
            known.push(order(&mut world));
        }
        world.restart_from(DATONG, backup);
        world.open_next_log(DATONG);
        world.bank.report_again(&mut world.province, DATONG);
        // The core answers what it is asked again with what it has said, and the rest as it comes.
        let mut asked = Vec::new();
        while !world.is_completed(transfer, (TAIYUAN, DATONG)) {
            world.wait_for_order();
            let next = order(&mut world);
            assert!(!asked.contains(&next), "{given}: an order that was answered");
            done(&mut world, &next, figures(&next));
            asked.push(next);
        }
        assert_eq!(asked[..given], known, "{given}: the same orders, by the same names");
        assert_eq!(asked.len(), 3, "{given}: lock, settle, close");
        assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
        assert_eq!(world.bank.executed(DATONG), 1, "{given}: paid once");
    }
}

#[test]
fn a_settlement_that_was_undone_is_undone_by_the_same_order_after_a_restore() {
    let mut world = world();
    world.without_ledgers();
    world.change_settings(DATONG, |settings| settings.core_driver = CoreDriver::External);
    world.bank.script.push_back(Behaviour::Fail(BankFailure::Limit));
    let backup = (world.backup(DATONG), world.province.now);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let next = |world: &mut World| {
        world.wait_for_order();
        let next = order(world);
        done(world, &next, figures(&next));
        next
    };
    let mut known = vec![next(&mut world), next(&mut world)];
    world.run();
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    known.extend([next(&mut world), next(&mut world)]);
    world.run();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "restored");
    world.go_to("2026-05-25");
    world.restart_from(DATONG, backup);
    world.open_next_log(DATONG);
    world.bank.report_again(&mut world.province, DATONG);
    let asked: Vec<CoreOrder> = known.iter().map(|_| next(&mut world)).collect();
    assert_eq!(asked, known, "lock, settle, undo, unlock: the same orders, by the same names");
    world.run();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "restored");
}

fn figures(order: &CoreOrder) -> (&'static str, &'static str) {
    if order.action.step() == CoreStep::Settle { ("43758.38", "527.46") } else { ("0.00", "0.00") }
}
