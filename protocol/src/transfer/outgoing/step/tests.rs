//! Tests of what follows at the transfer-out center.

mod decisions;
mod money;

use super::super::event::{PaymentFacts, SettlementFacts, SheetFacts};
use super::*;
use crate::money::Fen;
use crate::settlement::{BankFailure, BankOutcome, Direction};
use crate::time::Date;

const RULES: Rules = Rules { cancellable_until_settled: false, may_be_locked: false };

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

#[test]
fn months_alone_are_closed_on_the_value_date_without_a_payment() {
    let mut course = accepted();
    let settlement = SettlementFacts { value_date: day(), has_record: true, obstacle: None };
    let nothing = Event::Done(Done::Settled(Fen::ZERO));
    after(&mut course, &[Event::Settlement(settlement), nothing, sheet(true)]);
    let payment = |is_due| {
        let Event::Payment(facts) = payment() else { panic!("another event") };
        Event::Payment(PaymentFacts { is_due, ..facts })
    };
    let early = after(&mut course, &[payment(false)]);
    assert!(early.contains(&Act::PayOnValueDate) && course.case.ordered.is_none());
    let acts = after(&mut course, &[payment(true)]);
    assert!(acts.contains(&Act::Order(Ordered::Close)));
    assert!(!acts.iter().any(|act| matches!(act, Act::Pay(_))));
    assert_eq!(course.state, OutgoingState::Paying);
}

#[test]
fn a_freeze_that_the_core_finds_refuses_a_letter_before_its_first_settlement_alone() {
    let frozen = Event::CoreRefused(CoreStep::Settle, CoreCause::Frozen);
    let mut course = accepted();
    let acts = after(&mut course, core::slice::from_ref(&frozen));
    assert!(acts.contains(&Act::Intend(Some(Intent::Refuse(RefusalReason::Frozen)))));
    assert!(acts.contains(&Act::Order(Ordered::Unlock)));
    let mut course = Course { state: OutgoingState::Reversed, ..accepted() };
    let acts = after(&mut course, &[frozen]);
    assert_eq!(
        course.case.task,
        Some(TaskReason::CoreRefused),
        "there was a sheet: a person looks"
    );
    assert!(!acts.contains(&Act::Order(Ordered::Unlock)));
}

/// A transfer that is over with 200 gone.
fn completed() -> Course {
    let mut course = paying();
    let debit = Event::Moved(Direction::Debit, fen(200));
    after(&mut course, &[debit, Event::Done(Done::Closed), Event::Credit(1, fen(200), false)]);
    assert_eq!(course.state, OutgoingState::Completed(false));
    course
}

#[test]
fn money_that_moves_after_the_end_is_told_and_calls_a_person() {
    let mut course = completed();
    let acts = after(&mut course, &[Event::Moved(Direction::Credit, fen(50))]);
    assert_eq!(course.surplus(), fen(50));
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney));
    assert!(!acts.contains(&Act::TellPaidBeyondSheet), "it came in");
    let acts = after(&mut course, &[Event::Moved(Direction::Debit, fen(50))]);
    assert_eq!(course.case.task, None, "it was sent back");
    assert!(acts.contains(&Act::TellPaidBeyondSheet), "by no order of ours");
    let mut course = completed();
    after(&mut course, &[Event::Moved(Direction::Credit, fen(50))]);
    course.make(Act::Pay(fen(50)));
    let acts = after(&mut course, &[Event::Moved(Direction::Debit, fen(50))]);
    assert!(!acts.contains(&Act::TellPaidBeyondSheet), "a person has sent it back");
    assert_eq!((course.case.task, course.case.payment), (None, None));
}

#[test]
fn what_came_in_beyond_the_end_of_a_case_is_surplus_and_nothing_is_before_it() {
    let refused = RefusalReason::Other;
    for (state, surplus) in [
        (OutgoingState::Received, 0),
        (OutgoingState::Paid, 0),
        (OutgoingState::Rejected(refused, false), 0),
        (OutgoingState::Rejected(refused, true), 30),
        (OutgoingState::Released, 30),
        (OutgoingState::Restored, 30),
    ] {
        let mut course = Course { state, ..Course::received() };
        course.case.money.moved(Direction::Credit, fen(30));
        assert_eq!(course.surplus(), fen(surplus), "{state:?}");
    }
}
