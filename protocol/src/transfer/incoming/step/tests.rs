//! Tests of what follows at the transfer-in center.

mod money;
mod statements;

use super::*;
use crate::money::Fen;
use crate::settlement::Direction;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

fn after(course: &mut Course, events: &[Event]) -> Vec<Act> {
    events.iter().flat_map(|event| course.step(event).unwrap()).collect()
}

/// A letter that was accepted.
fn accepted() -> Course {
    let mut course = Course { state: IncomingState::Requested, ..Course::draft() };
    after(&mut course, &[Event::Acceptance]);
    course
}

fn sheet(amount: i64) -> Event {
    Event::Sheet(SheetFacts { revision: 1, amount: Some(fen(amount)), fits: true })
}

#[test]
fn nothing_is_credited_before_its_sheet_and_then_once() {
    let mut course = accepted();
    let moved = Event::Moved(Direction::Credit, fen(200));
    assert!(!after(&mut course, core::slice::from_ref(&moved)).contains(&Act::OrderCredit));
    assert!(after(&mut course, &[sheet(200)]).contains(&Act::OrderCredit));
    assert_eq!(course.step(&sheet(200)), Err(Refusal::Malformed), "it is no next revision");
    assert!(!after(&mut course, &[moved, Event::Credited]).contains(&Act::OrderCredit));
    assert_eq!(course.state, IncomingState::Credited(false));
}

#[test]
fn a_part_that_comes_after_the_rest_went_back_goes_back_too() {
    let mut course = accepted();
    let half = Event::Moved(Direction::Credit, fen(100));
    after(&mut course, &[sheet(200), half.clone(), Event::DayOver]);
    assert_eq!(course.state, IncomingState::Negotiating);
    let acts = after(&mut course, &[Event::Decided(Choice::SendBack(true)), half]);
    assert!(acts.contains(&Act::SendBack(fen(100))));
    after(&mut course, &[Event::Moved(Direction::Debit, fen(100))]);
    assert_eq!(course.state, IncomingState::Returning, "not all of it is back");
    assert_eq!(course.case.task, Some(TaskReason::AmountDiffers), "a person is called");
    let acts = after(&mut course, &[Event::Decided(Choice::SendBack(true))]);
    assert!(acts.contains(&Act::SendBack(fen(100))));
    let acts = after(&mut course, &[Event::Moved(Direction::Debit, fen(100))]);
    assert!(acts.contains(&Act::Say(Saying::Return)));
    assert_eq!(course.state, IncomingState::Returned);
}

#[test]
fn an_account_that_was_restored_before_its_sheet_ends_the_case_here() {
    let mut withdrawn = accepted();
    after(&mut withdrawn, &[Event::Withdrawn]);
    for mut course in [accepted(), withdrawn] {
        after(&mut course, &[Event::Restoration]);
        assert_eq!(course.state, IncomingState::Restored);
    }
}

#[test]
fn an_answer_that_comes_after_the_end_changes_nothing() {
    let mut course = accepted();
    after(&mut course, &[Event::Withdrawn]);
    after(&mut course, &[Event::CancellationAnswer(CancellationOutcome::Granted)]);
    let before = course.clone();
    after(&mut course, &[Event::CancellationAnswer(CancellationOutcome::TooLate)]);
    assert_eq!(course, before);
    assert_eq!(course.step(&Event::Acceptance), Err(Refusal::WrongState));
}

#[test]
fn months_alone_are_credited_once_the_other_center_has_closed_the_account() {
    let mut course = accepted();
    assert!(!after(&mut course, &[sheet(0)]).contains(&Act::OrderCredit));
    assert!(after(&mut course, &[Event::Remittance]).contains(&Act::OrderCredit));
}

#[test]
fn a_case_with_a_revoked_center_is_closed_unless_money_lies_here() {
    let announced = || {
        let mut course = accepted();
        after(&mut course, &[sheet(200)]);
        course.case.is_taken_over = true;
        course
    };
    let close = Event::Decided(Choice::Close);
    let mut course = announced();
    after(&mut course, core::slice::from_ref(&close));
    assert_eq!(course.state, IncomingState::Restored);
    let mut course = announced();
    after(&mut course, &[Event::Moved(Direction::Credit, fen(100))]);
    assert_eq!(course.step(&close), Err(Refusal::WrongState));
    let mut course = accepted();
    assert_eq!(course.step(&close), Err(Refusal::WrongState), "its center is not revoked");
}
