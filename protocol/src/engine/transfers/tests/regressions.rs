//! Faults that other networks have had, each with a test that keeps it out of this one.
//!
//! **Promises.** Each test names the fault, in our words, and where it was seen: the Eclipse Dataspace
//! Connector (EDC), Mojaloop, Corda, X-Road.
//! **Left to others.** The same over whole nodes: `tests/tests`. Every order of events: the model.

use super::delivery::{deliver, letter, signed};
use super::world::{World, application, newcomer, saver};
use crate::account::SerialNumber;
use crate::answer::Outcome;
use crate::center::CenterCode;
use crate::dossier::Wish;
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::operator::OperatorId;
use crate::engine::transfer_command::{TransferCommand, TransferFilter};
use crate::id::{FileHash, TransferId};
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::statement::query::Consent;
use crate::statement::transfer::letter::Letter;
use crate::testing::bank::Behaviour;
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::wire::DeliveryReply;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";
const SIDES: (CenterCode, CenterCode) = (TAIYUAN, DATONG);

fn world() -> World {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)])
}

/// Kills a node and starts it again; what it was about to say, to hear or to order is lost.
fn kill(world: &mut World, center: CenterCode) {
    world.province.outside.retain(|(at, _)| *at != center);
    world.province.restart(center);
    world.bank.report_again(&mut world.province, center);
}

/// The one transfer of the world.
fn only(world: &mut World) -> TransferId {
    let all = TransferFilter { ended: true, ..TransferFilter::default() };
    let lines = world.list(TAIYUAN, all);
    assert_eq!(lines.len(), 1, "one application, one letter");
    lines[0].transfer
}

/// Both sides are done, and the money was paid once.
fn check_completed_once(world: &mut World, transfer: TransferId) {
    assert_eq!(world.states(transfer, SIDES), [("completed", "00"); 2]);
    assert_eq!(world.bank.executed(DATONG), 1, "paid once");
    world.check();
}

/// EDC #336: processes that were under way when their connector stopped were found by nobody after the
/// restart, and stood in their state for ever. Here what is under way is rows of the store, outbox,
/// timers and orders among them, and whoever starts goes on with them.
#[test]
fn a_transfer_goes_on_from_wherever_both_its_nodes_were_killed() {
    for moment in [1, 4, 8, 12, 16, 20, 26, 32] {
        let mut world = world();
        let start = TransferCommand::Start(Box::new(application(DATONG, OLD, LI)));
        world.province.give(TAIYUAN, Command::Transfer(Box::new(start)));
        for _ in 0..moment {
            world.province.step();
            world.bank.serve(&mut world.province);
        }
        kill(&mut world, DATONG);
        kill(&mut world, TAIYUAN);
        world.wait_minutes(15);
        let transfer = only(&mut world);
        check_completed_once(&mut world, transfer);
    }
}

/// EDC #3335: the word that a transfer was complete was said once, to whoever listened just then; where
/// nobody did, the other side waited for ever. Here it stands in the outbox until the other side has it.
#[test]
fn the_word_that_the_money_is_there_is_said_until_it_is_heard() {
    let mut world = world();
    world.bank.is_silent = true;
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.province.cut.insert((TAIYUAN, DATONG));
    world.bank.is_silent = false;
    world.run();
    assert_eq!(world.states(transfer, SIDES), [("credited", "00"), ("paid", "08")]);
    kill(&mut world, TAIYUAN);
    world.wait_minutes(30);
    assert_eq!(world.states(transfer, SIDES), [("credited", "00"), ("paid", "08")]);
    world.province.cut.clear();
    world.wait_minutes(10);
    check_completed_once(&mut world, transfer);
}

/// EDC #5294: a process that was picked up twice did its step twice. Here a step is taken by the one
/// engine in the commit that ends it, and whatever comes again finds that it was taken.
#[test]
fn whatever_comes_twice_is_done_once() {
    let mut world = world();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    check_completed_once(&mut world, transfer);
    let before = [TAIYUAN, DATONG].map(|center| world.totals(center));
    let letter = letter(&mut world, transfer);
    let again = signed(&mut world.province, &letter);
    for _ in 0..3 {
        let reply = deliver(&mut world.province, TAIYUAN, &again);
        assert_eq!(reply, DeliveryReply::Committed(again.hash()));
        for (center, other) in [(TAIYUAN, DATONG), (DATONG, TAIYUAN)] {
            world.province.input(center, Input::Connected { center: other });
            kill(&mut world, center);
        }
        world.wait_minutes(2);
    }
    assert_eq!([TAIYUAN, DATONG].map(|center| world.totals(center)), before);
    check_completed_once(&mut world, transfer);
}

/// EDC #545: a state was entered before the work that it stands for, so that a crash in between left a
/// process that said it was done with what nobody had begun. Here a state is entered when the outcome of
/// its order is in, and the order is given again until then.
#[test]
fn an_order_whose_outcome_was_lost_is_asked_after_and_not_taken_for_done() {
    for behaviour in [Behaviour::Lose, Behaviour::UnknownButPaid, Behaviour::Hold] {
        let mut world = world();
        world.bank.script.push_back(behaviour);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        kill(&mut world, DATONG);
        if behaviour == Behaviour::Hold {
            world.wait_minutes(20);
            let out = world.show(DATONG, transfer).line.state.name();
            assert_eq!(out, "paying", "nothing has left, and nothing says that it has");
            world.bank.execute_held(&mut world.province, DATONG);
        }
        world.wait_minutes(20);
        check_completed_once(&mut world, transfer);
    }
}

/// Mojaloop #868: a transfer was committed at the switch, and the notice of it was lost on its way to a
/// party, which took it for failed. Here a party that heard nothing takes nothing for failed, and reads
/// on at the bank where it had stopped.
#[test]
fn money_that_moved_while_a_party_was_down_is_found_by_it() {
    let mut world = world();
    // For a while Datong does not know of money that has left.
    world.without_ledgers();
    world.bank.is_silent = true;
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.bank.is_silent = false;
    world.bank.serve(&mut world.province);
    // What the bank has just said to the payer is lost with its node.
    world.province.restart(DATONG);
    world.wait_minutes(3);
    assert_eq!(world.show(TAIYUAN, transfer).line.state.name(), "completed");
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "paying", "and not failed");
    world.bank.report_again(&mut world.province, DATONG);
    world.run();
    check_completed_once(&mut world, transfer);
}

/// Mojaloop #4274: a timeout and the fulfilment of a transfer crossed, so that one party had it aborted
/// and the other committed. Here no deadline decides anything: it calls a person, and what comes late is
/// what counts.
#[test]
fn a_deadline_that_crosses_the_payment_undoes_nothing() {
    let mut world = world();
    world.bank.is_silent = true;
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.go_to("2026-06-23");
    assert!(world.show(TAIYUAN, transfer).line.task.is_some(), "a person is called");
    assert_eq!(world.states(transfer, SIDES), [("announced", "08"), ("paying", "08")]);
    world.bank.is_silent = false;
    world.wait_minutes(20);
    check_completed_once(&mut world, transfer);
}

/// Corda PR #5816: a notary that was asked again after a failure took the second asking for another one,
/// and a state was notarised twice, or refused to the one who had it. Here the name of what is asked is
/// the hash of its bytes: the same is answered as it was, another thing under its number is refused.
#[test]
fn what_is_asked_again_after_a_crash_gets_the_first_answer_and_nothing_else_does() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let letter = letter(&mut world, transfer);
    let again = signed(&mut world.province, &letter);
    let before = world.show(DATONG, transfer);
    kill(&mut world, DATONG);
    let reply = deliver(&mut world.province, TAIYUAN, &again);
    assert_eq!(reply, DeliveryReply::Committed(again.hash()));
    assert_eq!(world.show(DATONG, transfer), before, "one letter, one case");
    let other = Letter { document: person(ZHANG).document, ..letter };
    let other = signed(&mut world.province, &other);
    deliver(&mut world.province, TAIYUAN, &other);
    let second = TransferId::new(*other.hash().as_bytes());
    assert_eq!(world.show(DATONG, second).line.state.name(), "rejected");
    assert_eq!(world.show(DATONG, transfer), before, "the first goes on");
}

/// X-Road: security servers stopped all traffic once their timestamping authority had been away for
/// longer than a limit. Here no log, witness or authority stands in the way of nodes that run: questions
/// are answered and accounts move, and the proofs catch up.
#[test]
fn with_witnesses_and_authority_away_for_a_week_questions_and_transfers_go_on() {
    let mut world = world();
    world.province.cut_off(AUTHORITY);
    world.province.cut_off(LINFEN);
    world.go_to("2026-05-28");
    let consent =
        Consent { reference: SerialNumber::parse("SQ-1").unwrap(), digest: FileHash::new([3; 32]) };
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: Some(DATONG),
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(LI)],
        transfer: None,
        consent: Some(consent),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let asked = world.province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *asked else { panic!("another reply") };
    world.run();
    let shown = world.province.command(TAIYUAN, Command::Dossier(id)).unwrap();
    let Reply::Dossier(dossier) = *shown else { panic!("another reply") };
    let row = dossier.rows.iter().find(|row| row.center == DATONG).unwrap();
    assert!(matches!(row.outcome(0), Some(Outcome::Found(_))), "Datong has answered");
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    check_completed_once(&mut world, transfer);
    world.province.cut.clear();
    world.province.connect_all();
    world.wait_minutes(10);
    check_completed_once(&mut world, transfer);
}
