//! Tests of what follows at the transfer-out center.

use super::super::event::{PaymentFacts, SettlementFacts, SheetFacts};
use super::*;
use crate::money::Fen;
use crate::settlement::{BankFailure, BankOutcome, Direction};
use crate::time::Date;

const RULES: Rules = Rules { cancellable_until_settled: false };

fn day() -> Date {
    Date::parse("2026-05-06").unwrap()
}

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

/// Takes events in, one after the other.
fn after(course: &mut Course, events: &[Event]) -> Vec<Act> {
    events.iter().flat_map(|event| course.step(event, RULES).unwrap()).collect()
}

fn settled() -> Vec<Event> {
    let settlement = SettlementFacts { value_date: day(), has_record: true, obstacle: None };
    vec![Event::Settlement(settlement), Event::Done(Done::Settled(fen(200)))]
}

fn sheet(agrees: bool) -> Event {
    Event::Sheet(SheetFacts { has_record: true, agrees, is_decided: false })
}

fn payment() -> Event {
    Event::Payment(PaymentFacts {
        execute_on: day(),
        may_pay: true,
        is_due: true,
        is_recovering: false,
        has_account: true,
    })
}

/// An account that is accepted.
fn accepted() -> Course {
    let mut course = Course::received();
    after(&mut course, &[Event::Judged(Judgement::Lock), Event::Done(Done::Locked)]);
    assert_eq!(course.state, OutgoingState::Accepted);
    course
}

/// An account whose money is ordered to be paid.
fn paying() -> Course {
    let mut course = accepted();
    after(&mut course, &settled());
    after(&mut course, &[sheet(true), payment()]);
    assert_eq!(course.state, OutgoingState::Paying);
    course
}

#[test]
fn a_sheet_that_nobody_saw_leaves_no_gap() {
    let mut course = accepted();
    after(&mut course, &settled());
    after(&mut course, &[sheet(false)]);
    assert_eq!((course.revision, course.case.task), (1, Some(TaskReason::InterestDiffers)));
    let acts =
        after(&mut course, &[Event::Decided(Choice::Renew(day())), Event::Done(Done::Reversed)]);
    assert!(!acts.iter().any(|act| matches!(act, Act::Say(_))), "there is no sheet to undo");
    after(&mut course, &settled());
    after(&mut course, &[sheet(true)]);
    assert_eq!(course.revision, 1, "the first sheet that is said is the first revision");
}

#[test]
fn a_credit_counts_for_exactly_what_left() {
    for (revision, amount, counts) in
        [(1, 200, true), (2, 200, true), (2, 199, false), (0, 200, false), (3, 200, false)]
    {
        let mut course = Course { revision: 2, ..paying() };
        let outcome = course.step(&Event::Credit(revision, fen(amount), false), RULES);
        assert_eq!(outcome.is_ok(), counts, "{revision}, {amount}");
    }
}

#[test]
fn nothing_is_ordered_while_the_bank_does_not_know() {
    let mut course = paying();
    let acts = after(&mut course, &[Event::Bank(1, BankOutcome::Unknown), Event::PayDue]);
    assert_eq!(course.state, OutgoingState::PayUnknown);
    assert!(!acts.iter().any(|act| matches!(act, Act::Pay(_) | Act::ConsiderPayment)));
    assert_eq!(
        course.step(&Event::Decided(Choice::PayAgain), RULES),
        Err(Refusal::WrongState),
        "nor by a person"
    );
    let acts = after(&mut course, &[Event::Bank(1, BankOutcome::Failed(BankFailure::Recalled))]);
    assert!(acts.contains(&Act::ConsiderPayment), "it has said that it did not pay");
}

#[test]
fn all_of_it_back_is_the_end_of_an_order_that_the_bank_knows_nothing_of() {
    let mut course = paying();
    after(&mut course, &[Event::Bank(1, BankOutcome::Unknown)]);
    after(&mut course, &[Event::Moved(Direction::Credit, fen(200))]);
    assert_eq!(course.state, OutgoingState::PayUnknown, "its debit is not advised");
    let acts = after(&mut course, &[Event::Moved(Direction::Debit, fen(200))]);
    assert!(acts.contains(&Act::Order(Ordered::Reverse)));
}

#[test]
fn a_withdrawal_waits_for_the_outcome_that_decides_it() {
    let mut course = Course::received();
    let acts = after(&mut course, &[Event::Judged(Judgement::Lock), Event::Cancellation]);
    assert!(course.is_cancelled && !acts.iter().any(|act| matches!(act, Act::Say(_))));
    let acts = after(&mut course, &[Event::Done(Done::Locked)]);
    let answer = Saying::CancellationAnswer(CancellationOutcome::TooLate);
    assert!(acts.contains(&Act::Say(answer)) && !course.is_cancelled);
    after(&mut course, &settled());
    let acts = after(&mut course, &[Event::Cancellation]);
    assert!(acts.contains(&Act::Say(answer)), "nothing is withdrawn after the settlement");
}

#[test]
fn an_event_without_a_place_changes_nothing() {
    let mut course = paying();
    let before = course.clone();
    assert_eq!(course.step(&Event::RefusalConfirmation, RULES), Err(Refusal::WrongState));
    assert_eq!(course, before);
}

#[test]
fn money_that_comes_back_alone_is_ordered_again_when_both_sides_say_so() {
    let mut course = paying();
    after(&mut course, &[Event::Moved(Direction::Debit, fen(200)), Event::Done(Done::Closed)]);
    let acts = after(&mut course, &[Event::Moved(Direction::Credit, fen(50))]);
    assert!(!acts.contains(&Act::ConsiderPayment), "it may be they who are sending all of it back");
    let acts = after(&mut course, &[Event::Difference(1, fen(150))]);
    assert!(acts.contains(&Act::ConsiderPayment));
    assert!(after(&mut course, &[payment()]).contains(&Act::Pay(fen(50))));
}
