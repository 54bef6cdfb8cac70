//! Faults that other networks have had, each with a test that keeps it out of this one.
//!
//! **Promises.** Each test names the fault, in our words, and where it was seen: the Eclipse Dataspace
//! Connector (EDC), Mojaloop, Corda, X-Road.
//! **Left to others.** A timeout that crosses a fulfilment (Mojaloop #4274): `deadlines`. The same over whole
//! nodes: `tests/tests`. Every order of events: the model.

use std::collections::BTreeMap;

use super::delivery::{deliver, letter, signed};
use super::world::{World, application, newcomer, saver};
use crate::account::SerialNumber;
use crate::answer::Outcome;
use crate::center::CenterCode;
use crate::cose::Received;
use crate::dossier::Wish;
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::operator::OperatorId;
use crate::engine::transfer_command::{TransferCommand, TransferFilter};
use crate::id::{FileHash, PayloadHash, TransferId};
use crate::log::origin::LogId;
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::query::Consent;
use crate::statement::transfer::letter::Letter;
use crate::statement::transfer::reply::RefusalConfirmation;
use crate::statement::transfer::{StepHead, step};
use crate::store::keys::{Area, key};
use crate::store::{Staged, Store as _, prefix_end};
use crate::testing::bank::Behaviour;
use crate::testing::logs::{held, witnessed};
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::wire::DeliveryReply;

pub(super) const OLD: &str = "9923041500021";
pub(super) const NEW: &str = "0126050100001";
pub(super) const SIDES: (CenterCode, CenterCode) = (TAIYUAN, DATONG);
pub(super) const SIDES_BOTH: [CenterCode; 2] = [TAIYUAN, DATONG];

pub(super) fn world() -> World {
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
pub(super) fn check_completed_once(world: &mut World, transfer: TransferId) {
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

/// EDC #5294 for statements: each that was heard is brought again after a restart, in the middle of the
/// transfer and at its end. The answer is that of the first time, and the case stays as it was.
#[test]
fn every_statement_that_is_heard_again_after_a_restart_is_answered_and_not_handled() {
    let mut world = world();
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(transfer, SIDES), [("announced", "08"), ("paid", "08")]);
    hear_all_again(&mut world, transfer, 4);
    let whole = world.totals(DATONG).cash - world.totals(TAIYUAN).cash;
    assert_ne!(whole, 0, "the money has left and not arrived");
    let on_the_way = i64::try_from(world.bank.on_the_way).unwrap();
    world.bank.bring(&mut world.province, DATONG, on_the_way);
    world.run();
    hear_all_again(&mut world, transfer, 5);
    check_completed_once(&mut world, transfer);
}

/// Brings each statement of a transfer again to whom it was said, after a restart.
fn hear_all_again(world: &mut World, transfer: TransferId, at_least: usize) {
    let before = SIDES_BOTH.map(|center| (world.show(center, transfer), world.totals(center)));
    let said = before[0].0.statements.clone();
    assert!(said.len() >= at_least, "{} statements", said.len());
    for hash in said {
        let bytes = stored(world, TAIYUAN, hash);
        let to = Received::parse(bytes.clone()).unwrap().read_again().unwrap().to().unwrap();
        let again = world.province.verify(to, bytes).unwrap();
        let from = again.statement().from();
        kill(world, to);
        let reply = deliver(&mut world.province, from, &again);
        assert_eq!(reply, DeliveryReply::Committed(hash), "{:?}", again.statement().kind());
        world.run();
    }
    let after = SIDES_BOTH.map(|center| (world.show(center, transfer), world.totals(center)));
    assert_eq!(after, before);
}

fn stored(world: &mut World, at: CenterCode, hash: PayloadHash) -> Vec<u8> {
    let place = key(Area::Statement, &[hash.as_bytes()]);
    world.province.node(at).engine.store().get(&place).unwrap().expect("it is kept")
}

/// EDC #5294 for orders: each order to the core is found again after a restart, as if nobody had noted
/// that it was executed. It books nothing, moves no case, and is not left to be found once more.
#[test]
fn every_order_that_is_found_again_after_a_restart_is_not_executed_again() {
    let mut world = world();
    let start = TransferCommand::Start(Box::new(application(DATONG, OLD, LI)));
    world.province.give(TAIYUAN, Command::Transfer(Box::new(start)));
    let mut given: BTreeMap<(CenterCode, Vec<u8>), Vec<u8>> = BTreeMap::new();
    for _ in 0..200 {
        if !world.province.step() && !world.bank.serve(&mut world.province) {
            world.province.advance(20);
        }
        for center in SIDES_BOTH {
            given.extend(
                open_orders(&mut world, center)
                    .into_iter()
                    .map(|(row, order)| ((center, row), order)),
            );
        }
    }
    world.run();
    let transfer = only(&mut world);
    check_completed_once(&mut world, transfer);
    assert_eq!(given.len(), 4, "lock, settle and close here, credit there");
    let standing = |world: &mut World| {
        [(TAIYUAN, NEW), (DATONG, OLD)].map(|(center, number)| {
            (world.show(center, transfer), world.totals(center), world.stored(center, number))
        })
    };
    let before = standing(&mut world);
    for ((center, row), order) in given {
        world.province.node(center).write(|view| view.put(row, order));
        kill(&mut world, center);
        world.wait_minutes(2);
        assert!(open_orders(&mut world, center).is_empty(), "it is taken for done");
    }
    assert_eq!(standing(&mut world), before);
}

fn open_orders(world: &mut World, center: CenterCode) -> Vec<(Vec<u8>, Vec<u8>)> {
    let prefix = key(Area::CoreOrder, &[]);
    world.province.node(center).engine.store().range(&prefix, &prefix_end(&prefix), 100).unwrap()
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
    // But for its day this one would be as good as the first: only its number is taken.
    let other = Letter { issued_at: letter.issued_at.plus_ms(1), ..letter };
    let other = signed(&mut world.province, &other);
    let second = TransferId::new(*other.hash().as_bytes());
    for _ in 0..2 {
        let reply = deliver(&mut world.province, TAIYUAN, &other);
        assert_eq!(reply, DeliveryReply::Committed(other.hash()));
        assert_eq!(world.show(DATONG, second).line.state.name(), "rejected");
        assert_eq!(world.show(DATONG, transfer), before, "the first goes on");
        kill(&mut world, DATONG);
    }
}

/// Corda PR #5816 for what was refused: whoever asks again hears the same refusal, and not that it was
/// taken in.
#[test]
fn what_was_refused_is_refused_again_after_a_crash() {
    let mut world = world();
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let store = world.province.node(DATONG).engine.store().clone();
    let case = super::super::find(&Staged::new(&store), transfer).unwrap().unwrap().1;
    // Nobody has refused anything: a confirmation of it has no place.
    let head = StepHead {
        from: TAIYUAN,
        to: DATONG,
        issued_at: world.province.now,
        transfer,
        step: case.thread.theirs + 1,
        answers: PayloadHash::new(*transfer.as_bytes()),
    };
    let misplaced = signed(&mut world.province, &step!(head, RefusalConfirmation {}));
    for _ in 0..3 {
        let reply = deliver(&mut world.province, TAIYUAN, &misplaced);
        assert_eq!(reply, DeliveryReply::Refused(Refusal::WrongState));
        kill(&mut world, DATONG);
    }
}

/// X-Road: security servers stopped all traffic once their timestamping authority had been away for
/// longer than a limit. Here no log, witness or authority stands in the way of nodes that run: questions
/// are answered and accounts move, and the proofs catch up.
#[test]
fn with_witnesses_and_authority_away_for_a_week_questions_and_transfers_go_on() {
    let wang = saver(DATONG, "9923041500022", ZHANG, (202_304, 36, "1200.00"), "2026-05-06");
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let news = [newcomer(TAIYUAN, NEW, LI), newcomer(TAIYUAN, "0126050100002", ZHANG)];
    let mut world = World::new("2026-05-20", [vec![old, wang], news.into()].concat());
    world.province.cut_off(AUTHORITY);
    world.province.cut_off(LINFEN);
    let logs = SIDES_BOTH.map(|center| LogId::public(center, 1));
    let before = logs.map(|log| witnessed(&mut world.province, log.center, log));
    for (day, account, whose) in [("2026-05-21", OLD, LI), ("2026-05-28", "9923041500022", ZHANG)] {
        world.go_to(day);
        ask(&mut world, whose);
        let transfer = world.start(TAIYUAN, application(DATONG, account, whose)).unwrap();
        assert_eq!(world.states(transfer, SIDES), [("completed", "00"); 2], "on {day}");
    }
    assert_eq!(world.bank.executed(DATONG), 2, "each paid once");
    world.check();
    let meanwhile = logs.map(|log| witnessed(&mut world.province, log.center, log));
    assert_eq!(meanwhile, before, "nobody was there to cosign");
    // Nothing is said in the days before they are back: who has to be asked was asked long ago.
    world.go_to("2026-06-03");
    world.province.cut.clear();
    world.wait_minutes(10);
    for log in logs {
        let whole = held(&mut world.province, log.center, log).size;
        let proved = witnessed(&mut world.province, log.center, log);
        assert_eq!(proved, Some(whole), "the proofs catch up");
    }
    world.check();
}

/// Taiyuan asks Datong about a person, and is answered.
fn ask(world: &mut World, whose: (&str, &str)) {
    let consent =
        Consent { reference: SerialNumber::parse("SQ-1").unwrap(), digest: FileHash::new([3; 32]) };
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: Some(DATONG),
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(whose)],
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
}
