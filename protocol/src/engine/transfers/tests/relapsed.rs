//! A store that was put back amid the work, while others go on.
//!
//! **Promises.** What was done since its backup is found again, though a person had yet to decide it
//! there, though the bank moved more than was ordered, and though it was still on its way.

use std::collections::BTreeSet;

use super::delivery::{deliver, signed};
use super::world::{World, application, clerk, newcomer, reviewer, saver};
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::round::Round;
use crate::engine::transfer_command::Decision;
use crate::engine::transfers_out;
use crate::id::{PayloadHash, TransferId};
use crate::limits::CLOCK_SKEW_MS;
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::settlement::{BankFailure, BankOrderId, BankOutcome, BankReply};
use crate::statement::StatementKind;
use crate::statement::transfer::reply::{Acceptance, IdentityMatch};
use crate::statement::transfer::{StepHead, step};
use crate::store::Store as _;
use crate::store::keys::{Area, key};
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

const OLD: &str = "9923041500021";
const BOTH: (CenterCode, CenterCode) = (TAIYUAN, DATONG);

fn world() -> World {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    World::new("2026-05-20", vec![old, newcomer(TAIYUAN, "0126050100001", LI)])
}

fn begin(world: &mut World) -> TransferId {
    world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap()
}

#[test]
fn a_letter_that_waits_for_its_second_person_in_the_backup_was_sent_and_is_not_asked_about_again() {
    let mut world = world();
    world.change_settings(TAIYUAN, |settings| settings.policy.letter_needs_reviewer = true);
    let transfer = begin(&mut world);
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.decide(TAIYUAN, transfer, (reviewer(), Decision::Approve)).unwrap();
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2]);
    let said = |world: &mut World| {
        let statements = world.show(TAIYUAN, transfer).statements;
        statements.into_iter().collect::<BTreeSet<_>>()
    };
    let before = said(&mut world);
    world.restore(TAIYUAN, backup);
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2]);
    assert_eq!(said(&mut world), before, "nothing is said anew");
    assert_eq!(world.show(TAIYUAN, transfer).line.task, None);
}

#[test]
fn what_the_bank_moved_beyond_the_sheet_keeps_no_transfer_from_coming_back() {
    for (fails_first, is_late) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut world = world();
        let mut backup = (world.backup(DATONG), world.province.now);
        let more = Behaviour::PayMore(500);
        let script = [Behaviour::Fail(BankFailure::Limit), more];
        world.bank.script.extend(script.into_iter().skip(usize::from(!fails_first)));
        let transfer = begin(&mut world);
        if fails_first {
            backup = (world.backup(DATONG), world.province.now);
            world.decide(DATONG, transfer, (reviewer(), Decision::PayAgain)).unwrap();
        }
        let before = world.states(transfer, BOTH);
        assert_eq!(before.map(|(state, _)| state), ["negotiating", "paid"]);
        let paid = world.bank.executed(DATONG);
        world.restart_from(DATONG, backup);
        if is_late {
            world.open_next_log(DATONG);
            world.province.advance(30_000);
            while world.bank.report_next(&mut world.province, DATONG) {
                world.province.advance(25_000);
            }
            world.run();
        } else {
            world.come_back(DATONG);
        }
        assert_eq!(world.states(transfer, BOTH), before, "{fails_first} {is_late}");
        let line = world.show(DATONG, transfer).line;
        assert!(line.task.is_some(), "a person looks at what is beyond");
        assert_eq!(world.bank.executed(DATONG), paid);
    }
}

/// The last statement of a transfer that a center has, in the bytes that were signed.
fn last_said(world: &mut World, (at, transfer): (CenterCode, TransferId)) -> Vec<u8> {
    let last = world.show(at, transfer).statements.pop().unwrap();
    let store = world.province.node(at).engine.store().clone();
    store.get(&key(Area::Statement, &[last.as_bytes()])).unwrap().unwrap()
}

#[test]
fn a_letter_that_is_refused_while_its_center_recovers_was_withdrawn_before() {
    let mut world = world();
    world.province.cut.extend([(TAIYUAN, DATONG), (DATONG, TAIYUAN)]);
    let transfer = begin(&mut world);
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.cancel(TAIYUAN, transfer).unwrap();
    // The withdrawal arrives before the letter.
    let withdrawal = last_said(&mut world, (TAIYUAN, transfer));
    let withdrawal = world.province.verify(DATONG, withdrawal).unwrap();
    deliver(&mut world.province, TAIYUAN, &withdrawal);
    world.province.cut.clear();
    world.wait_minutes(10);
    let shown = |world: &mut World| {
        let view = world.show(TAIYUAN, transfer);
        (view.line.state.name(), view.statements.into_iter().collect::<BTreeSet<_>>())
    };
    let before = shown(&mut world);
    assert_eq!((before.0, before.1.len()), ("cancelled", 3));
    world.restore(TAIYUAN, backup);
    world.wait_minutes(10);
    assert_eq!(shown(&mut world), before);
}

#[test]
fn a_letter_that_was_on_its_way_when_its_center_forgot_it_comes_back_with_the_answer_to_it() {
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    let link = [(TAIYUAN, DATONG), (DATONG, TAIYUAN)];
    world.province.cut.extend(link);
    let transfer = begin(&mut world);
    let letter = last_said(&mut world, (TAIYUAN, transfer));
    world.province.cut.clear();
    world.restore(TAIYUAN, backup);
    let letter = world.province.verify(DATONG, letter).unwrap();
    deliver(&mut world.province, TAIYUAN, &letter);
    for _ in 0..30 {
        world.wait_minutes(1);
    }
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2]);
    let statements = [TAIYUAN, DATONG].map(|center| world.show(center, transfer).statements);
    assert_eq!(statements[0].len(), statements[1].len(), "each has what both have said");
}

#[test]
fn what_was_on_its_way_when_it_was_forgotten_is_said_again_and_nothing_else_in_its_place() {
    let mut world = world();
    let backup = (world.backup(DATONG), world.province.now);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = begin(&mut world);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.province.cut.extend([(TAIYUAN, DATONG), (DATONG, TAIYUAN)]);
    world.bank.is_silent = true;
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    let sheet = last_said(&mut world, (DATONG, transfer));
    let sheet = world.province.verify(TAIYUAN, sheet).unwrap();
    assert_eq!(sheet.statement().kind(), StatementKind::Sheet);
    world.province.cut.clear();
    world.bank.is_silent = false;
    // By the rules of the backup it would settle by itself; the sheet arrives meanwhile.
    world.restart_from(DATONG, backup);
    world.province.connect_all();
    world.province.advance(5_000);
    deliver(&mut world.province, DATONG, &sheet);
    world.province.advance(15_000);
    world.come_back(DATONG);
    world.wait_minutes(10);
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2]);
    assert!(world.show(DATONG, transfer).statements.contains(&sheet.hash()));
    assert_eq!(world.bank.executed(DATONG), 1);
}

#[test]
fn what_came_before_a_statement_that_got_lost_belongs_to_the_case_when_another_is_said_in_its_place()
 {
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.province.cut.extend([(TAIYUAN, DATONG), (DATONG, TAIYUAN)]);
    let nobodys = application(DATONG, "9923041500099", LI);
    let transfer = world.start(TAIYUAN, nobodys).unwrap();
    let letter = last_said(&mut world, (TAIYUAN, transfer));
    // The withdrawal gets lost; the confirmation of the refusal comes before its turn.
    world.cancel(TAIYUAN, transfer).unwrap();
    let letter = world.province.verify(DATONG, letter).unwrap();
    deliver(&mut world.province, TAIYUAN, &letter);
    let refusal = last_said(&mut world, (DATONG, transfer));
    let refusal = world.province.verify(TAIYUAN, refusal).unwrap();
    deliver(&mut world.province, DATONG, &refusal);
    let confirmation = last_said(&mut world, (TAIYUAN, transfer));
    let confirmation = world.province.verify(DATONG, confirmation).unwrap();
    let early = deliver(&mut world.province, TAIYUAN, &confirmation);
    assert_eq!(early, DeliveryReply::Pending(confirmation.hash()));
    world.province.cut.clear();
    world.restore(TAIYUAN, backup);
    world.wait_minutes(10);
    let all = [TAIYUAN, DATONG].map(|at| -> BTreeSet<PayloadHash> {
        world.show(at, transfer).statements.into_iter().collect()
    });
    assert_eq!(all[0], all[1]);
    assert!(all[0].contains(&confirmation.hash()));
    assert_eq!(world.states(transfer, BOTH).map(|(state, _)| state), ["rejection_confirmed"; 2]);
}

#[test]
fn an_order_that_the_bank_does_not_have_is_given_again_only_after_the_recovery() {
    let mut world = world();
    world.bank.script.push_back(Behaviour::Lose);
    let transfer = begin(&mut world);
    let letter = world.show(DATONG, transfer).line.number;
    let backup = (world.backup(DATONG), world.province.now);
    world.restart_from(DATONG, backup);
    // All is here again; the next log is not open.
    world.province.connect_all();
    world.province.advance(20_000);
    world.province.outside.clear();
    let order = BankOrderId { letter, attempt: 1 };
    let reply = BankReply { order, outcome: BankOutcome::NoSuchOrder };
    world.province.input(DATONG, Input::BankReply(reply));
    world.province.advance(1_000);
    let is_order = |output: &Output| matches!(output, Output::BankOrder(_));
    assert!(!world.province.outside.drain(..).any(|(_, output)| is_order(&output)));
    world.come_back(DATONG);
    world.wait_minutes(20);
    assert_eq!(world.states(transfer, BOTH), [("completed", "00"); 2]);
    assert_eq!(world.bank.executed(DATONG), 1);
}

#[test]
fn nobody_decides_otherwise_what_became_of_a_payment_that_failed() {
    let mut world = world();
    world.bank.script.push_back(Behaviour::Fail(BankFailure::Limit));
    let transfer = begin(&mut world);
    let said = last_said(&mut world, (DATONG, transfer));
    world.province.tamper();
    let load = |round: &mut Round<'_>| transfers_out::load(round.view, transfer).unwrap().unwrap();
    let mut case = world.province.act(DATONG, load);
    let next = case.case.thread.ours + 1;
    world.province.act(DATONG, |round| {
        let parts: [&[u8]; 3] = [transfer.as_bytes(), &[1], &next.to_be_bytes()];
        round.view.put(key(Area::Recalled, &parts), said);
    });
    let decide = |world: &mut World| {
        let decided = world.decide(DATONG, transfer, (reviewer(), Decision::PayAgain));
        decided.map_err(|refused| refused.refusal)
    };
    assert_eq!(decide(&mut world), Err(Refusal::Recovering));
    // What the core refuses nobody but a person can decide.
    if let Some(task) = &mut case.case.task {
        task.reason = TaskReason::CoreRefused;
    }
    world.province.act(DATONG, |round| transfers_out::save(round, &case).unwrap());
    assert_ne!(decide(&mut world), Err(Refusal::Recovering));
}

/// An acceptance, signed for Taiyuan, of a letter that nobody has written.
fn answer_to_nothing(world: &mut World, from: CenterCode) -> Verified {
    let head = StepHead {
        from,
        to: TAIYUAN,
        issued_at: world.province.now,
        transfer: TransferId::new([9; 32]),
        step: 1,
        answers: PayloadHash::new([9; 32]),
    };
    let identity = IdentityMatch::Exact;
    signed(&mut world.province, &step!(head, Acceptance { identity }))
}

#[test]
fn what_answers_a_letter_that_never_was_is_refused_once_its_member_has_been_asked_again() {
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.restore(TAIYUAN, backup);
    let unknown = DeliveryReply::Refused(Refusal::NotFound);
    for from in [DATONG, LINFEN] {
        let said = answer_to_nothing(&mut world, from);
        let waits = DeliveryReply::Pending(said.hash());
        assert_eq!(deliver(&mut world.province, from, &said), waits, "it is asked");
        world.province.advance(CLOCK_SKEW_MS);
        assert_eq!(deliver(&mut world.province, from, &said), waits, "by another clock it is now");
        world.province.advance(2 * CLOCK_SKEW_MS);
        assert_eq!(deliver(&mut world.province, from, &said), waits, "it is asked once more");
        assert_eq!(deliver(&mut world.province, from, &said), unknown, "it has given all it has");
    }
    // Nobody is asked anything where nothing was ever lost.
    let mut world = self::world();
    let said = answer_to_nothing(&mut world, DATONG);
    assert_eq!(deliver(&mut world.province, DATONG, &said), unknown);
}

#[test]
fn what_comes_while_a_center_recovers_waits_until_what_came_before_it_is_back() {
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    begin(&mut world);
    world.restart_from(TAIYUAN, backup);
    let said = answer_to_nothing(&mut world, DATONG);
    let waits = DeliveryReply::Later(Refusal::Recovering);
    assert_eq!(deliver(&mut world.province, DATONG, &said), waits);
}
