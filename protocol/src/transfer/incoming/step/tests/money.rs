//! What arrives, what is credited, what goes back: each fact alone.
//!
//! **Promises.** A person is credited once, with exactly the sheet; money goes back only by a person.
//! **Left to others.** Statements: `statements`.

use super::statements::{REFUSED, all, ways};
use super::*;
use crate::core_system::CoreStep;
use crate::settlement::{BankFailure, BankOutcome};
use crate::time::Date;

fn came(amount: i64) -> Event {
    Event::Moved(Direction::Credit, fen(amount))
}

fn left(amount: i64) -> Event {
    Event::Moved(Direction::Debit, fen(amount))
}

/// A sheet over 200 is here.
fn announced() -> Course {
    let mut course = accepted();
    after(&mut course, &[sheet(200)]);
    assert_eq!(course.state, IncomingState::Announced);
    course
}

/// Sum and sheet differ: 100 of 200 have come.
fn negotiating() -> Course {
    let mut course = announced();
    after(&mut course, &[came(100), Event::DayOver]);
    assert_eq!(course.state, IncomingState::Negotiating);
    course
}

fn credited() -> Course {
    let mut course = announced();
    after(&mut course, &[came(200), Event::Credited]);
    assert_eq!(course.state, IncomingState::Credited(false));
    course
}

#[test]
fn exactly_the_sheet_is_credited_less_is_waited_for_and_more_is_negotiated() {
    for (amount, act) in [
        (199, Act::WaitForRest),
        (200, Act::OrderCredit),
        (201, Act::Say(Saying::Difference(fen(201)))),
    ] {
        let acts = after(&mut announced(), &[came(amount)]);
        assert!(acts.contains(&act), "{amount}: {acts:?}");
        assert_eq!(acts.contains(&Act::OrderCredit), amount == 200);
    }
    let mut course = announced();
    after(&mut course, &[came(201)]);
    assert_eq!(course.state, IncomingState::Negotiating);
    assert_eq!(course.case.task, Some(TaskReason::AmountDiffers));
    assert!(course.is_negotiated);
    // Two lines of one day.
    let acts = after(&mut announced(), &[came(150), came(50)]);
    assert!(acts.contains(&Act::OrderCredit));
    // What came went away again: nothing is waited for.
    let acts = after(&mut announced(), &[came(50), left(50)]);
    assert_eq!(acts, [Act::WaitForRest, Act::ForgetRest]);
    // A person waits for the rest already.
    assert_eq!(after(&mut negotiating(), &[came(50)]), []);
    assert!(after(&mut negotiating(), &[came(100)]).contains(&Act::OrderCredit));
}

#[test]
fn money_counts_only_against_a_sheet_that_is_in_force() {
    for mut course in all() {
        let state = course.state;
        let acts = after(&mut course, &[came(200)]);
        let credits = matches!(state, IncomingState::Announced | IncomingState::Negotiating);
        assert_eq!(acts.contains(&Act::OrderCredit), credits, "{state:?}");
    }
    let mut course = announced();
    after(&mut course, &[Event::Reversal(1, ReversalCause::NewTerms)]);
    assert_eq!(after(&mut course, &[came(200)]), [], "its sheet is undone");
}

#[test]
fn a_sum_that_stays_short_is_said_at_the_end_of_its_day() {
    let over = |change: fn(&mut Course)| {
        let mut course = announced();
        after(&mut course, &[came(100)]);
        change(&mut course);
        after(&mut course, &[Event::DayOver])
    };
    let acts = over(|_| {});
    assert!(acts.contains(&Act::Say(Saying::Difference(fen(100)))));
    assert!(acts.contains(&Act::TellReceivedDiffers));
    assert_eq!(over(|course| course.case.ordered = Some(CoreStep::Credit)), []);
    assert_eq!(over(|course| course.state = IncomingState::Negotiating), [], "it was said");
    assert_eq!(over(|course| course.case.money.moved(Direction::Debit, fen(100))), []);
    assert_eq!(over(|course| course.sheet = None), []);
}

#[test]
fn a_credit_is_said_once_the_core_has_made_it_and_the_case_ends_where_nobody_is_there() {
    for is_taken_over in [false, true] {
        let mut course = announced();
        course.case.is_taken_over = is_taken_over;
        let acts = after(&mut course, &[came(200), Event::Credited]);
        assert!(acts.contains(&Act::Say(Saying::Credit)) && acts.contains(&Act::PublishCredited));
        let expected = if is_taken_over {
            IncomingState::Completed(false)
        } else {
            IncomingState::Credited(false)
        };
        assert_eq!(course.state, expected);
        assert!(course.has_said_credit);
    }
    let mut course = negotiating();
    after(&mut course, &[came(100), Event::Credited]);
    assert_eq!(course.state, IncomingState::Credited(true), "after a negotiation");
    assert_eq!(after(&mut accepted(), &[Event::Credited]), [], "by no sheet");
    let mut course = announced();
    let acts = after(&mut course, &[came(200), Event::CoreRefused]);
    assert_eq!(course.case.task, Some(TaskReason::CoreRefused));
    assert_eq!(course.case.ordered, None);
    assert!(!acts.contains(&Act::Say(Saying::Credit)));
}

#[test]
fn a_person_sends_back_what_has_arrived_where_nothing_is_credited() {
    let back = Event::Decided(Choice::SendBack(true));
    let mut course = negotiating();
    let acts = after(&mut course, core::slice::from_ref(&back));
    assert_eq!(
        acts,
        [
            Act::ForgetTask,
            Act::Enter(IncomingState::Returning),
            Act::Wait(Wait::Case),
            Act::SendBack(fen(100)),
        ]
    );
    assert_eq!(course.step(&back), Err(Refusal::WrongState), "it is ordered");
    let mut course = announced();
    after(&mut course, &[came(100)]);
    assert!(after(&mut course, core::slice::from_ref(&back)).contains(&Act::SendBack(fen(100))));
    let nowhere = Event::Decided(Choice::SendBack(false));
    let mut course = negotiating();
    assert_eq!(after(&mut course, &[nowhere]), [Act::Ask(TaskReason::AmountDiffers)]);
    assert_eq!(course.state, IncomingState::Negotiating, "there is no account to send it from");
    assert_eq!(announced().step(&back), Err(Refusal::WrongState), "nothing is here");
    assert_eq!(ways(&back, |course| course.case.ordered = Some(CoreStep::Credit)), []);
    // In no other state does money lie here that belongs to the sheet.
    let with_money = |course: &mut Course| course.case.money.moved(Direction::Credit, fen(100));
    let places: Vec<IncomingState> =
        ways(&back, with_money).into_iter().map(|(state, _)| state).collect();
    let over = [
        IncomingState::Rejected(REFUSED, true),
        IncomingState::Cancelled,
        IncomingState::Returning,
        IncomingState::Returned,
        IncomingState::Restored,
    ];
    let open = [IncomingState::Announced, IncomingState::Negotiating];
    assert_eq!(places, [&open[..], &over].concat());
}

#[test]
fn what_is_too_much_goes_back_alone_and_the_sheet_is_credited() {
    let back = Event::Decided(Choice::SendBack(true));
    let mut course = announced();
    after(&mut course, &[Event::Remittance, came(250)]);
    let acts = after(&mut course, core::slice::from_ref(&back));
    assert_eq!(acts, [Act::ForgetTask, Act::SendBack(fen(50))]);
    assert_eq!(after(&mut course, &[Event::Reconsidered]), [], "it is on its way back");
    let acts = after(&mut course, &[left(50)]);
    assert!(acts.contains(&Act::OrderCredit) && acts.contains(&Act::ForgetPayment));
    let mut course = credited();
    after(&mut course, &[came(30)]);
    assert!(after(&mut course, &[back]).contains(&Act::SendBack(fen(30))));
    assert_eq!(course.state, IncomingState::Credited(false));
}

/// It may be the money of the next sheet, whose words are still on their way.
#[test]
fn what_is_beyond_a_sheet_stays_until_the_other_center_has_said_that_it_paid_that_sheet() {
    let back = Event::Decided(Choice::SendBack(true));
    let mut course = announced();
    after(&mut course, &[came(238)]);
    assert_eq!(course.step(&back), Err(Refusal::WrongState));
    let facts = SheetFacts { revision: 2, amount: Some(fen(238)), fits: true };
    let next = [Event::Reversal(1, ReversalCause::NewTerms), Event::Sheet(facts)];
    assert!(after(&mut course, &next).contains(&Act::OrderCredit), "it was");
    // Nobody is there to say it.
    let mut course = announced();
    after(&mut course, &[came(238)]);
    course.case.is_taken_over = true;
    assert!(after(&mut course, &[back]).contains(&Act::SendBack(fen(38))));
}

#[test]
fn what_goes_back_under_an_earlier_sheet_is_not_credited_by_the_next() {
    let renewed = |course: &mut Course| {
        let facts = SheetFacts { revision: 2, amount: Some(fen(275)), fits: true };
        let reversal = Event::Reversal(1, ReversalCause::YearEnd);
        after(course, &[reversal, Event::Sheet(facts)])
    };
    let mut course = announced();
    let back = Event::Decided(Choice::SendBack(true));
    after(&mut course, &[Event::Remittance, came(275), back]);
    assert!(course.case.payment.is_some(), "75 go back");
    assert!(!renewed(&mut course).contains(&Act::OrderCredit), "they are part of it now");
    let mut failed = course.clone();
    let attempt = failed.case.payment.map(|payment| payment.attempt).unwrap();
    let acts = after(&mut course, &[left(75)]);
    assert!(acts.contains(&Act::WaitForRest), "{acts:?}");
    assert!(after(&mut course, &[came(75)]).contains(&Act::OrderCredit));
    // Where the order comes to nothing, a person goes on.
    let outcome = BankOutcome::Failed(BankFailure::Other);
    let events = [Event::Bank(attempt, outcome), Event::Decided(Choice::GoOn)];
    assert!(after(&mut failed, &events).contains(&Act::OrderCredit));
}

#[test]
fn a_return_is_said_once_all_of_it_is_gone() {
    let mut course = negotiating();
    after(&mut course, &[Event::Decided(Choice::SendBack(true))]);
    let acts = after(&mut course, &[left(60)]);
    assert_eq!(acts, [], "a part of the order");
    let acts = after(&mut course, &[left(40)]);
    assert!(acts.contains(&Act::Say(Saying::Return)) && acts.contains(&Act::PublishReturned));
    assert_eq!(course.state, IncomingState::Returned);
    assert_eq!(course.case.payment, None);
}

#[test]
fn what_the_bank_says_of_an_order_to_send_back_counts_for_that_order() {
    let sending = || {
        let mut course = negotiating();
        after(&mut course, &[Event::Decided(Choice::SendBack(true))]);
        course
    };
    let failed = || BankOutcome::Failed(BankFailure::ClosedPayee);
    assert_eq!(after(&mut sending(), &[Event::Bank(2, failed())]), [], "another attempt");
    let executed = BankOutcome::Executed(Date::parse("2026-05-06").unwrap());
    assert_eq!(after(&mut sending(), &[Event::Bank(1, executed)]), [Act::StopAsking]);
    for waits in [BankOutcome::Waiting, BankOutcome::Unknown, BankOutcome::NoSuchOrder] {
        assert_eq!(after(&mut sending(), &[Event::Bank(1, waits)]), []);
    }
    let mut course = sending();
    after(&mut course, &[Event::Bank(1, failed())]);
    assert_eq!(course.state, IncomingState::Negotiating);
    assert_eq!(course.case.task, Some(TaskReason::AmountDiffers));
    let mut course = Course { state: IncomingState::Cancelled, ..Course::draft() };
    course.case.pay(fen(30));
    after(&mut course, &[Event::Bank(1, failed())]);
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney));
    assert_eq!(course.state, IncomingState::Cancelled);
}

#[test]
fn money_under_a_case_that_is_over_is_told_and_calls_a_person_until_it_is_gone() {
    for state in [
        IncomingState::Rejected(REFUSED, true),
        IncomingState::Cancelled,
        IncomingState::Returned,
        IncomingState::Restored,
    ] {
        let mut course = Course { state, ..Course::draft() };
        let acts = after(&mut course, &[came(30)]);
        let told = [Act::TellPaidBeyondSheet, Act::Ask(TaskReason::UnexplainedMoney)];
        assert_eq!(acts, told, "{state:?}");
        assert_eq!(after(&mut course, &[left(30)]), [Act::ForgetTask], "{state:?}");
    }
}

#[test]
fn money_that_came_while_the_credit_was_on_its_way_calls_a_person_at_the_end() {
    let mut course = credited();
    assert_eq!(after(&mut course, &[came(30)]), [], "the case is not over");
    after(&mut course, &[Event::Delivered(Delivered::Credit, Ok(()))]);
    assert_eq!(course.state, IncomingState::Completed(false));
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney));
    after(&mut course, &[left(30)]);
    assert_eq!(course.case.task, None);
}

#[test]
fn money_that_left_by_no_order_is_told_and_calls_a_person_until_it_is_back() {
    for mut course in [announced(), credited()] {
        let state = course.state;
        let acts = after(&mut course, &[left(30)]);
        let told = [Act::TellPaidBeyondSheet, Act::Ask(TaskReason::UnexplainedMoney)];
        assert!(acts.ends_with(&told), "{state:?}: {acts:?}");
        after(&mut course, &[came(30)]);
        assert_eq!(course.case.task, None, "{state:?}");
    }
}

#[test]
fn to_go_on_waiting_holds_what_came_against_the_sheet_once_more() {
    use IncomingState::{Announced, Negotiating};
    let go_on = Event::Decided(Choice::GoOn);
    let places = ways(&go_on, |_| {});
    assert_eq!(places, [(Announced, Announced), (Negotiating, Negotiating)]);
    let mut course = negotiating();
    let acts = after(&mut course, core::slice::from_ref(&go_on));
    assert_eq!(acts, [Act::ForgetTask, Act::Wait(Wait::Credit)]);
    let mut course = negotiating();
    course.case.money.moved(Direction::Credit, fen(100));
    let acts = after(&mut course, core::slice::from_ref(&go_on));
    assert!(acts.contains(&Act::OrderCredit));
    let mut course = announced();
    after(&mut course, &[came(250)]);
    let acts = after(&mut course, &[go_on]);
    assert_eq!(acts, [Act::ForgetTask, Act::Wait(Wait::Credit)], "it was said before");
}

#[test]
fn the_receiving_account_is_corrected_while_it_is_negotiated_and_never_over_an_order() {
    use IncomingState::{Announced, Negotiating};
    let correct = Event::Decided(Choice::Correct);
    assert_eq!(ways(&correct, |_| {}), [(Negotiating, Announced)]);
    assert_eq!(ways(&correct, |course| course.case.ordered = Some(CoreStep::Credit)), []);
    let acts = after(&mut negotiating(), &[correct]);
    assert!(acts.contains(&Act::Say(Saying::Correction)));
}

#[test]
fn a_case_whose_other_side_is_cut_off_ends_as_it_stands() {
    use IncomingState::{
        Accepted, Announced, Cancelled, Cancelling, Completed, Credited, Negotiating, Rejected,
        Requested, Restored,
    };
    let close = Event::Decided(Choice::Close);
    let cut_off = |course: &mut Course| course.case.is_taken_over = true;
    let over = Rejected(REFUSED, true);
    assert_eq!(
        ways(&close, cut_off),
        [
            (Requested, Cancelled),
            (Accepted, Cancelled),
            (Announced, Restored),
            (Negotiating, Restored),
            (Credited(false), Completed(false)),
            (Rejected(REFUSED, false), over),
            (over, over),
            (Cancelling(CancelledFrom::Requested), Cancelled),
            (Cancelling(CancelledFrom::Accepted), Cancelled),
        ]
    );
    assert_eq!(ways(&close, |_| {}), [], "it is not cut off");
    let with_money = |course: &mut Course| {
        course.case.is_taken_over = true;
        course.case.money.moved(Direction::Credit, fen(1));
    };
    let ended = ways(&close, with_money);
    assert!(!ended.iter().any(|(state, _)| matches!(state, Announced | Negotiating)));
}
