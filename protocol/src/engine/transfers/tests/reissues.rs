//! Letter numbers over all channels: given once, taken by others, written anew.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver};
use crate::account::AccountNumber;
use crate::engine::records::StoredAccount;
use crate::engine::registrations::{Registration, Step};
use crate::engine::transfer_command::{Decision, TransferCommand, TransferFilter, TransferView};
use crate::engine::transfers::Side;
use crate::engine::transfers_in;
use crate::id::TransferId;
use crate::letter_number::{LetterNumber, LetterSerial};
use crate::limits::LETTER_REISSUES_MAX;
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::channel::Channel;
use crate::transfer::registered::RegisteredState;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const OTHER: &str = "9923041500022";

fn old(number: &str, whose: (&str, &str)) -> StoredAccount {
    saver(DATONG, number, whose, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world() -> World {
    let accounts = vec![
        old(OLD, LI),
        old(OTHER, ZHANG),
        newcomer(TAIYUAN, "0126050100001", LI),
        newcomer(TAIYUAN, "0126050100002", ZHANG),
    ];
    World::new("2026-05-06", accounts)
}

/// Datong knows a letter of Taiyuan from the national platform, for Zhang's account.
fn national(world: &mut World, number: &str) {
    let wanted = Registration {
        operator: clerk(),
        side: Side::Out,
        channel: Channel::National,
        number: LetterNumber::parse(number).unwrap(),
        other: TAIYUAN,
        person: person(ZHANG),
        account: AccountNumber::parse(OTHER).unwrap(),
        step: Step { state: RegisteredState::Registered, on: None, amounts: None },
    };
    world.transfer(DATONG, TransferCommand::Register(Box::new(wanted))).unwrap();
}

fn number(view: &TransferView) -> String {
    view.line.number.to_string()
}

/// The transfer that goes on in the place of another.
fn followed(world: &mut World, first: TransferId) -> TransferId {
    world.show(TAIYUAN, first).replaced_by.unwrap().transfer
}

#[test]
fn a_number_that_the_national_platform_has_used_is_written_anew_under_the_next() {
    let mut world = world();
    national(&mut world, "1401002605060001");
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let old = world.show(TAIYUAN, first);
    assert_eq!(
        (number(&old), old.line.state.national_code().code()),
        ("1401002605060001".into(), "40")
    );
    assert_eq!(old.line.task, None, "nobody is bothered");
    let next = followed(&mut world, first);
    assert_eq!(world.states(next, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    for center in [TAIYUAN, DATONG] {
        let view = world.show(center, next);
        assert_eq!((number(&view), view.replaces), ("1401002605060002".into(), Some(first)));
    }
    // The older letter, which another channel carries, is as it was.
    let all = TransferFilter { side: Some(Side::Out), ..Default::default() };
    let open = world.list(DATONG, all);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].channel, Some(Channel::National));
}

#[test]
fn a_number_that_a_restored_store_hands_out_again_is_written_anew() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let lost = world.start(TAIYUAN, application(DATONG, OTHER, ZHANG)).unwrap();
    // The store of before that letter: the day's serial, and the letter, are not in it.
    world.province.node(TAIYUAN).write(|view| {
        let day = date("2026-05-06").number().to_be_bytes();
        view.delete(key(Area::LetterSerial, &[&day]));
        view.delete(key(Area::TransferNumber, &[b"1401002605060001"]));
    });
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(number(&world.show(TAIYUAN, first)), "1401002605060001");
    let next = followed(&mut world, first);
    assert_eq!(world.states(next, (TAIYUAN, DATONG)), [("requested", "01"), ("held", "01")]);
    assert_eq!(number(&world.show(TAIYUAN, next)), "1401002605060002");
    // One case for the person, and the first letter goes on untouched.
    let again = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap_err();
    assert_eq!(again.refusal, Refusal::InFlight);
    assert_eq!(world.show(DATONG, lost).line.state.name(), "held");
    for transfer in [lost, next] {
        world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
        world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    }
    assert_eq!(world.states(next, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn an_account_in_transfer_is_no_matter_of_numbers_and_stays_refused() {
    let mut world = world();
    national(&mut world, "1401002605060001");
    let mut other = application(DATONG, OTHER, ZHANG);
    other.operator = clerk();
    // Its own number is free: 0001 is taken there, so the letter comes again as 0002 and is refused
    // for the account.
    let first = world.start(TAIYUAN, other).unwrap();
    let next = followed(&mut world, first);
    let view = world.show(TAIYUAN, next);
    assert_eq!((view.line.state.name(), view.replaced_by), ("rejection_confirmed", None));
    assert_eq!(view.line.task, None);
}

#[test]
fn a_person_is_told_only_when_no_number_is_left_and_may_have_it_written_later() {
    let mut world = world();
    let last = LetterSerial::MAX.place();
    world.change_settings(TAIYUAN, |settings| settings.policy.letter_serial_first = last);
    national(&mut world, "140100260506ZZZZ");
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let view = world.show(TAIYUAN, first);
    assert_eq!(view.replaced_by, None);
    assert_eq!(view.line.task.unwrap().reason, TaskReason::LetterNumberTaken);
    let waiting = TransferFilter { waiting: true, ..Default::default() };
    assert_eq!(world.list(TAIYUAN, waiting.clone()).len(), 1, "it is among what waits");
    let still = world.decide(TAIYUAN, first, (reviewer(), Decision::Approve)).unwrap_err();
    assert_eq!(still.refusal, Refusal::Overloaded);
    world.go_to("2026-05-07");
    world.decide(TAIYUAN, first, (reviewer(), Decision::Approve)).unwrap();
    assert!(world.list(TAIYUAN, waiting).is_empty());
    let next = followed(&mut world, first);
    assert_eq!(number(&world.show(TAIYUAN, next)), "140100260507ZZZZ");
    assert_eq!(world.states(next, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_person_may_let_a_letter_be_whose_number_was_taken() {
    let mut world = world();
    let last = LetterSerial::MAX.place();
    world.change_settings(TAIYUAN, |settings| settings.policy.letter_serial_first = last);
    national(&mut world, "140100260506ZZZZ");
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(TAIYUAN, first, (reviewer(), Decision::Wait)).unwrap();
    assert_eq!(world.show(TAIYUAN, first).line.task, None);
    let twice = world.decide(TAIYUAN, first, (reviewer(), Decision::Approve)).unwrap_err();
    assert_eq!(twice.refusal, Refusal::WrongState);
}

#[test]
fn a_center_keeps_a_range_for_another_channel_and_passes_over_what_it_registered() {
    let mut world = world();
    let first = LetterSerial::parse("9999").unwrap().place();
    world.change_settings(TAIYUAN, |settings| settings.policy.letter_serial_first = first);
    let wanted = Registration {
        operator: clerk(),
        side: Side::In,
        channel: Channel::National,
        number: LetterNumber::parse("140100260506A000").unwrap(),
        other: DATONG,
        person: person(ZHANG),
        account: AccountNumber::parse(OTHER).unwrap(),
        step: Step { state: RegisteredState::Withdrawn, on: None, amounts: None },
    };
    world.transfer(TAIYUAN, TransferCommand::Register(Box::new(wanted.clone()))).unwrap();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(number(&world.show(TAIYUAN, transfer)), "1401002605069999");
    let transfer = world.start(TAIYUAN, application(DATONG, OTHER, ZHANG)).unwrap();
    assert_eq!(number(&world.show(TAIYUAN, transfer)), "140100260506A001");
    // A number of a letter of this network is no other channel's.
    let mut taken = wanted;
    taken.number = LetterNumber::parse("1401002605069999").unwrap();
    let refused = world.transfer(TAIYUAN, TransferCommand::Register(Box::new(taken))).unwrap_err();
    assert_eq!(refused.refusal, Refusal::IdReused);
}

#[test]
fn a_letter_is_written_anew_once_its_withdrawal_is_granted_and_not_too_often() {
    for (is_to_be_anew, reissues, is_granted) in [
        (true, LETTER_REISSUES_MAX - 1, true),
        (true, LETTER_REISSUES_MAX, true),
        (false, 0, true),
        (true, 0, false),
    ] {
        let mut world = world();
        world.province.set_modes(DATONG, Mode::Confirm);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        world.province.act(TAIYUAN, |round| {
            let mut case = transfers_in::load(round.view, transfer).unwrap().unwrap();
            (case.is_reissued_once_cancelled, case.reissues) = (is_to_be_anew, reissues);
            transfers_in::save(round, &case).unwrap();
        });
        let first = world.show(TAIYUAN, transfer).line.since;
        world.wait_minutes(1);
        if !is_granted {
            // The withdrawal crosses the acceptance.
            world.province.cut.insert((TAIYUAN, DATONG));
        }
        world.cancel(TAIYUAN, transfer).unwrap();
        if !is_granted {
            world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
            world.province.cut.clear();
            world.province.advance(120_000);
        }
        let view = world.show(TAIYUAN, transfer);
        let why = format!("{is_to_be_anew} {reissues} {is_granted}");
        let is_anew = is_to_be_anew && is_granted && reissues < LETTER_REISSUES_MAX;
        assert_eq!(view.replaced_by.is_some(), is_anew, "{why}");
        assert_eq!(view.line.state.name() == "cancelled", is_granted, "{why}");
        let task = view.line.task.map(|task| task.reason);
        let is_told = is_to_be_anew && is_granted && !is_anew;
        assert_eq!(task == Some(TaskReason::LetterNumberTaken), is_told, "{why}");
        if let Some(next) = view.replaced_by {
            let next = world.province.act(TAIYUAN, |round| {
                transfers_in::load(round.view, next.transfer).unwrap().unwrap()
            });
            assert_eq!(next.reissues, reissues + 1);
            assert!(next.case.letter.issued_at > first, "it is a letter of today");
        }
    }
}

#[test]
fn a_letter_that_was_refused_for_another_reason_is_not_written_anew() {
    let mut world = world();
    let wrong = application(DATONG, "9923041500099", LI);
    let refused = world.start(TAIYUAN, wrong).unwrap();
    assert_eq!(world.show(TAIYUAN, refused).line.state.name(), "rejection_confirmed");
    for decision in [Decision::Approve, Decision::Wait] {
        let decided = world.decide(TAIYUAN, refused, (reviewer(), decision)).unwrap_err();
        assert_eq!(decided.refusal, Refusal::WrongState);
    }
    assert_eq!(world.show(TAIYUAN, refused).replaced_by, None);
}
