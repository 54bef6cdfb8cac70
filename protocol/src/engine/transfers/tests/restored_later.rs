//! A store that was put back where time, the bank or the core have gone on: nothing is decided anew that
//! was said, and nothing is ordered otherwise than it was.

use std::collections::BTreeMap;

use super::world::{World, application, clerk, date, newcomer, reviewer, saver};
use crate::account::SerialNumber;
use crate::center::CenterCode;
use crate::core_system::{CoreAction, CoreCause, CoreOrder, CoreOutcome, CoreReceipt, CoreRefusal};
use crate::engine::CoreDriver;
use crate::engine::command::Command;
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::rosters::command::NetCommand;
use crate::engine::transfer_command::Decision;
use crate::id::{OrderId, TransferId};
use crate::mode::Mode;
use crate::money::Fen;
use crate::settlement::{BankFailure, SpecialAccount};
use crate::store::Staged;
use crate::store::memory::MemoryStore;
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{AUTHORITY, DATONG, TAIYUAN};
use crate::time::Timestamp;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";
const BOTH: (CenterCode, CenterCode) = (TAIYUAN, DATONG);

/// A core of Datong's own: it executes an order id once, answers a repeat with what it has said, and
/// refuses an id that comes with other content.
#[derive(Default)]
struct Core {
    taken: BTreeMap<OrderId, (CoreOrder, CoreOutcome)>,
    refused: usize,
    /// From now on it undoes nothing.
    is_refusing: bool,
    /// It does not settle for now.
    settles_nothing: bool,
}

impl Core {
    fn outcome(&mut self, world: &World, order: CoreOrder) -> CoreOutcome {
        let before = self.taken.get(&order.id);
        let is_reversal = matches!(order.action, CoreAction::Reverse(..));
        if (self.is_refusing && is_reversal) || before.is_some_and(|(known, _)| *known != order) {
            self.refused += 1;
            return CoreOutcome::Refused(CoreRefusal::of(CoreCause::OtherContent));
        }
        if let Some((_, outcome)) = before {
            return outcome.clone();
        }
        if self.settles_nothing && matches!(order.action, CoreAction::Settle(..)) {
            let outcome = CoreOutcome::Refused(CoreRefusal::of(CoreCause::History));
            self.taken.insert(order.id, (order, outcome.clone()));
            return outcome;
        }
        let today = world.province.now.date().unwrap();
        let (posted_on, principal, interest) = match &order.action {
            CoreAction::Settle(_, value_date, _) => (*value_date, 4_375_838, 52_746),
            CoreAction::Lock(_)
            | CoreAction::Unlock(_)
            | CoreAction::Close(..)
            | CoreAction::Reverse(..)
            | CoreAction::Credit(..) => (today, 0, 0),
        };
        let (principal, interest) = (Fen::new(principal).unwrap(), Fen::new(interest).unwrap());
        let serial = SerialNumber::parse(&format!("CORE-{}", self.taken.len())).unwrap();
        let outcome = CoreOutcome::Done(CoreReceipt { serial, posted_on, principal, interest });
        self.taken.insert(order.id, (order, outcome.clone()));
        outcome
    }

    /// Lets everything happen that core and bank have a part in.
    fn serve(&mut self, world: &mut World) {
        loop {
            world.province.advance(1_000);
            let (orders, others): (Vec<_>, Vec<_>) = world
                .province
                .outside
                .drain(..)
                .partition(|(_, output)| matches!(output, Output::CoreOrder(_)));
            world.province.outside.extend(others);
            let is_busy = !orders.is_empty();
            for (center, output) in orders {
                let Output::CoreOrder(order) = output else { continue };
                assert_eq!(center, DATONG);
                let id = order.id;
                let outcome = self.outcome(world, order);
                world.province.input(DATONG, Input::CoreOutcome { order: id, outcome });
            }
            if !world.bank.serve(&mut world.province) && !is_busy {
                break;
            }
        }
    }

    /// Puts a backup of Datong in its place, and serves it until all has come that comes.
    fn restore(&mut self, world: &mut World, backup: (MemoryStore, Timestamp)) {
        world.restart_from(DATONG, backup);
        world.open_next_log(DATONG);
        world.bank.report_again(&mut world.province, DATONG);
        for _ in 0..90 {
            self.serve(world);
        }
    }
}

fn world() -> World {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)])
}

fn world_with_core() -> World {
    let mut world = world();
    world.without_ledgers();
    world.change_settings(DATONG, |settings| settings.core_driver = CoreDriver::External);
    world
}

fn begin(world: &mut World) -> TransferId {
    world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap()
}

/// The payment comes back, and the other center names where it is to go.
fn come_back(world: &mut World, transfer: TransferId) {
    let sheet = world.show(DATONG, transfer).sheet.unwrap();
    let amount = sheet.principal.checked_add(sheet.interest).unwrap();
    world.bank.give_back(&mut world.province, DATONG, amount.get());
    world.run();
}

fn account_of(world: &mut World, center: CenterCode) -> SpecialAccount {
    let settings = world.province.node(center).engine.settings().clone();
    SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap()
}

fn correct(world: &mut World, transfer: TransferId) {
    let receiving = account_of(world, TAIYUAN);
    world.decide(TAIYUAN, transfer, (clerk(), Decision::Correct(receiving))).unwrap();
}

/// A payment that finds no account, comes back, and is settled anew and paid.
fn paid_again(world: &mut World, core: &mut Core) -> TransferId {
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = begin(world);
    core.serve(world);
    come_back(world, transfer);
    core.serve(world);
    correct(world, transfer);
    core.serve(world);
    transfer
}

fn assert_completed(world: &mut World, transfer: TransferId, payments: usize) {
    let shown = world.show(DATONG, transfer);
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2], "{shown:?}");
    assert_eq!(world.bank.executed(DATONG), payments);
    assert_eq!(world.bank.on_the_way, 0);
    assert_eq!(world.show(DATONG, transfer).line.task, None);
}

#[test]
fn what_a_core_has_undone_is_not_undone_otherwise_on_a_later_day() {
    let (mut world, mut core) = (world_with_core(), Core::default());
    let backup = (world.backup(DATONG), world.province.now);
    let transfer = paid_again(&mut world, &mut core);
    assert_completed(&mut world, transfer, 2);

    world.go_to("2026-06-10");
    let orders = core.taken.len();
    core.restore(&mut world, backup);
    assert_completed(&mut world, transfer, 2);
    assert_eq!(core.refused, 0, "no order comes with other content");
    assert_eq!(core.taken.len(), orders, "and none is new");
}

#[test]
fn a_withdrawal_that_came_while_the_core_settled_is_too_late_again() {
    let (mut world, mut core) = (world_with_core(), Core::default());
    world.province.set_modes(DATONG, Mode::Confirm);
    let backup = (world.backup(DATONG), world.province.now);
    let transfer = begin(&mut world);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    core.serve(&mut world);
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    // The order is with the core.
    world.cancel(TAIYUAN, transfer).unwrap();
    core.serve(&mut world);
    assert_completed(&mut world, transfer, 1);
    let said = |world: &mut World| world.show(DATONG, transfer).statements.len();
    let before = said(&mut world);

    core.restore(&mut world, backup);
    assert_completed(&mut world, transfer, 1);
    assert_eq!(said(&mut world), before, "nothing is said anew");
    assert_eq!(core.refused, 0);
}

#[test]
fn what_the_core_refuses_after_a_restore_waits_for_a_person() {
    let (mut world, mut core) = (world_with_core(), Core::default());
    let backup = (world.backup(DATONG), world.province.now);
    let transfer = paid_again(&mut world, &mut core);
    (core.is_refusing, core.refused) = (true, 0);
    core.restore(&mut world, backup);
    assert_eq!(core.refused, 1, "it is not asked again and again");
    assert!(world.show(DATONG, transfer).line.task.is_some());
}

#[test]
fn what_the_core_had_refused_when_the_backup_was_made_was_decided_since() {
    let (mut world, mut core) = (world_with_core(), Core::default());
    core.settles_nothing = true;
    let transfer = begin(&mut world);
    core.serve(&mut world);
    let backup = (world.backup(DATONG), world.province.now);
    let task = world.show(DATONG, transfer).line.task;
    assert_eq!(task.map(|task| task.reason), Some(TaskReason::CoreRefused));
    core.settles_nothing = false;
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    core.serve(&mut world);
    assert_completed(&mut world, transfer, 1);
    let said = world.show(DATONG, transfer).statements;
    core.restore(&mut world, backup);
    assert_completed(&mut world, transfer, 1);
    assert_eq!(world.show(DATONG, transfer).statements, said);
    assert_eq!(core.refused, 0);
}

#[test]
fn what_was_paid_before_30_june_is_found_again_after_it() {
    let mut world = world();
    let backup = (world.backup(DATONG), world.province.now);
    let transfer = begin(&mut world);
    assert_completed(&mut world, transfer, 1);
    world.go_to("2026-07-03");
    world.restore(DATONG, backup);
    assert_completed(&mut world, transfer, 1);
    assert_eq!(world.show(DATONG, transfer).sheet.unwrap().value_date, date("2026-05-20"));
}

#[test]
fn movements_that_a_bank_reports_one_by_one_lead_through_every_attempt() {
    let mut world = world();
    let backup = (world.backup(DATONG), world.province.now);
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = begin(&mut world);
    come_back(&mut world, transfer);
    correct(&mut world, transfer);
    assert_completed(&mut world, transfer, 2);
    let said = |world: &mut World| world.show(DATONG, transfer).statements.len();
    let before = said(&mut world);

    world.restart_from(DATONG, backup);
    world.open_next_log(DATONG);
    while world.bank.report_next(&mut world.province, DATONG) {
        for _ in 0..25 {
            world.province.advance(1_000);
        }
    }
    world.run();
    assert_completed(&mut world, transfer, 2);
    assert_eq!(said(&mut world), before, "nothing is said anew");
}

#[test]
fn a_movement_of_a_later_attempt_waits_until_the_bank_has_said_what_became_of_the_one_before() {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-06-15");
    let mut world = World::new("2026-06-30", vec![old, newcomer(TAIYUAN, NEW, LI)]);
    world.bank.script.push_back(Behaviour::Hold);
    let transfer = begin(&mut world);
    let backup = (world.backup(DATONG), world.province.now);
    // It is recalled at the end of June, settled anew and paid.
    world.go_to("2026-07-02");
    assert_completed(&mut world, transfer, 1);
    let sheet = |world: &mut World| world.show(DATONG, transfer).sheet.unwrap();
    let before = sheet(&mut world);
    assert!(before.value_date > date("2026-06-30"));
    world.restore(DATONG, backup);
    assert_completed(&mut world, transfer, 1);
    assert_eq!(sheet(&mut world), before);
}

#[test]
fn what_came_in_parts_and_was_sent_back_is_not_credited_after_a_restore() {
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.bank.script.push_back(Behaviour::PayShort(1_000_000));
    let transfer = begin(&mut world);
    // By the end of the day the rest has not come.
    world.go_to("2026-05-21");
    let sheet = world.show(TAIYUAN, transfer).sheet.unwrap();
    let amount = sheet.principal.checked_add(sheet.interest).unwrap().get();
    let back = account_of(&mut world, DATONG);
    world.bank.script.push_back(Behaviour::Hold);
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::SendBack(back.clone()))).unwrap();
    // It comes while the first part is on its way back.
    world.bank.bring(&mut world.province, DATONG, amount - 1_000_000);
    world.run();
    world.bank.execute_held(&mut world.province, TAIYUAN);
    world.run();
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::SendBack(back))).unwrap();
    world.run();
    let before = world.states(transfer, BOTH);
    assert_eq!(before, [("returned", "20"), ("restored", "20")]);
    world.restore(TAIYUAN, backup);
    assert_eq!(world.states(transfer, BOTH), before);
    assert_eq!(world.bank.on_the_way, 0);
}

#[test]
fn a_second_payment_that_failed_is_not_tried_again_before_what_followed_is_known() {
    let mut world = world();
    let fails = [BankFailure::Limit, BankFailure::ClosedPayee].map(Behaviour::Fail);
    world.bank.script.extend(fails);
    let transfer = begin(&mut world);
    let backup = (world.backup(DATONG), world.province.now);
    world.decide(DATONG, transfer, (reviewer(), Decision::PayAgain)).unwrap();
    assert_eq!(world.states(transfer, BOTH).map(|(state, _)| state), ["negotiating", "pay_failed"]);
    world.restart_from(DATONG, backup);
    // The correction comes while its question has not come back, and comes again.
    correct(&mut world, transfer);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_failed");
    world.come_back(DATONG);
    assert_completed(&mut world, transfer, 1);
    let statements = [TAIYUAN, DATONG].map(|center| world.show(center, transfer).statements);
    assert_eq!(statements[0].len(), statements[1].len(), "each has what both have said");
}

#[test]
fn what_was_begun_goes_on_at_a_center_that_may_begin_nothing_today() {
    for is_suspended in [true, false] {
        let mut world = world();
        let backup = (world.backup(DATONG), world.province.now);
        let transfer = begin(&mut world);
        assert_completed(&mut world, transfer, 1);
        if is_suspended {
            let suspend = Command::Net(NetCommand::Suspend(DATONG));
            world.province.command(AUTHORITY, suspend).unwrap();
            world.province.advance(6_000);
        }
        world.province.cut_off(DATONG);
        world.restart_from(DATONG, backup);
        if !is_suspended {
            world.province.set_modes(DATONG, Mode::Observe);
        }
        world.province.cut.clear();
        world.come_back(DATONG);
        assert_completed(&mut world, transfer, 1);
    }
}

#[test]
fn a_node_that_starts_pays_nothing_before_it_knows_what_it_has_forgotten() {
    let mut world = world();
    world.backups = Some((DATONG, Vec::new()));
    let transfer = begin(&mut world);
    let (_, backups) = world.backups.take().unwrap();
    assert_completed(&mut world, transfer, 1);
    let latest = world.backup(DATONG);
    for backup in backups {
        world.province.cut_off(DATONG);
        world.replace(DATONG, backup);
        let pays = |output: &Output| matches!(output, Output::BankOrder(_));
        assert!(!world.province.outside.drain(..).any(|(_, output)| pays(&output)));
        world.province.cut.clear();
    }
    world.replace(DATONG, latest);
    world.province.connect_all();
    world.province.advance(60_000);
}

#[test]
fn what_a_node_has_forgotten_is_not_said_anew_while_it_asks() {
    // The order to lock is staged, or the acceptance is said, and the settlement of the next day is not
    // that of the sheet.
    let mut world = world();
    world.backups = Some((DATONG, Vec::new()));
    let transfer = begin(&mut world);
    let (_, backups) = world.backups.take().unwrap();
    assert_completed(&mut world, transfer, 1);
    let said = |world: &mut World| world.show(DATONG, transfer).statements;
    let before = said(&mut world);
    world.go_to("2026-05-22");
    let latest = world.backup(DATONG);
    for backup in backups {
        world.province.cut_off(DATONG);
        world.replace(DATONG, backup);
        world.province.advance(30_000);
        let store = world.backup(DATONG);
        let case = crate::engine::transfers_out::load(&Staged::new(&store), transfer).unwrap();
        let said = case.map_or_else(Vec::new, |case| case.case.thread.statements);
        assert!(said.iter().all(|said| before.contains(said)), "said anew");
        world.province.outside.clear();
        world.province.cut.clear();
    }
    world.replace(DATONG, latest);
    world.province.connect_all();
    world.province.advance(60_000);
}
