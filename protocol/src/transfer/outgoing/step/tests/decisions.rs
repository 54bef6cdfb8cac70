//! What follows where the transfer stands: for each event, the states in which it has a place, and what
//! it leads to there.
//!
//! **Promises.** Every row differs from its neighbour in one thing, and in what follows from it.
//! **Left to others.** Whole ways of a transfer: the tests beside, the engine's stories.

use super::*;

const REFUSED: RefusalReason = RefusalReason::Frozen;

/// Every state, with the settlement in force that goes with it.
fn all() -> Vec<Course> {
    use OutgoingState::{
        Accepted, Completed, Held, Paid, PayFailed, PayUnknown, Paying, Received, Rejected,
        Released, Restored, Reversed, Settled as InSuspense,
    };
    let states = [
        Received,
        Held,
        Accepted,
        InSuspense,
        Paying,
        PayFailed(BankFailure::Limit),
        PayUnknown,
        Paid,
        Reversed,
        Completed(false),
        Rejected(REFUSED, false),
        Rejected(REFUSED, true),
        Released,
        Restored,
    ];
    let with_sheet = Some(Settled { amount: fen(200), has_sheet: true });
    let in_force = |state| {
        matches!(state, InSuspense | Paying | PayFailed(_) | PayUnknown | Paid | Completed(_))
    };
    states
        .map(|state| Course {
            state,
            settled: with_sheet.filter(|_| in_force(state)),
            revision: 1,
            ..Course::received()
        })
        .into()
}

/// What an event leads to in each state; states in which it has no place are left out.
fn led_to(event: &Event, change: impl Fn(&mut Course)) -> Vec<(OutgoingState, Vec<Act>)> {
    let mut led = Vec::new();
    for mut course in all() {
        change(&mut course);
        let (state, before) = (course.state, course.clone());
        match course.step(event, RULES) {
            Ok(acts) => led.push((state, acts)),
            Err(refusal) => {
                assert_eq!((refusal, &course), (Refusal::WrongState, &before), "{state:?}");
            }
        }
    }
    led
}

/// The states in which a decision has a place, and the first thing that is ordered or considered.
fn decided(choice: Choice, change: impl Fn(&mut Course)) -> Vec<(OutgoingState, Option<Act>)> {
    let leads = |act: &Act| act.is_question() || matches!(act, Act::Order(_) | Act::Say(_));
    let led = led_to(&Event::Decided(choice), change);
    led.into_iter().map(|(state, acts)| (state, acts.into_iter().find(leads))).collect()
}

const NOTHING_ELSE: fn(&mut Course) = |_| {};
const FAILED: OutgoingState = OutgoingState::PayFailed(BankFailure::Limit);
const SAY_REFUSED: Act = Act::Say(Saying::Refusal(REFUSED));

#[test]
fn each_decision_has_its_states_and_leads_to_one_thing_there() {
    use OutgoingState::{Accepted, Held, Paid, Received, Reversed, Settled as InSuspense};
    let unlock = Some(Act::Order(Ordered::Unlock));
    let reverse = Some(Act::Order(Ordered::Reverse));
    let pay = Some(Act::ConsiderPayment);
    for (choice, places) in [
        (
            Choice::Refuse(REFUSED),
            vec![(Received, Some(SAY_REFUSED)), (Held, Some(SAY_REFUSED)), (Accepted, unlock)],
        ),
        (
            Choice::Settle(day()),
            [Accepted, Reversed].map(|it| (it, Some(Act::ConsiderSettlement(Some(day()))))).into(),
        ),
        (Choice::SendSheet, vec![(InSuspense, Some(Act::ConsiderSheet(true)))]),
        (Choice::PayAgain, vec![(FAILED, pay), (Paid, pay)]),
        (Choice::Renew(day()), vec![(InSuspense, reverse), (FAILED, reverse)]),
        (Choice::Restore, vec![(InSuspense, reverse), (FAILED, reverse), (Reversed, unlock)]),
        (Choice::Close, Vec::new()),
    ] {
        assert_eq!(decided(choice, NOTHING_ELSE), places, "{choice:?}");
        let ordered = |course: &mut Course| course.case.ordered = Some(CoreStep::Lock);
        assert_eq!(decided(choice, ordered), [], "{choice:?}: the outcome of an order is awaited");
    }
}

#[test]
fn nothing_is_settled_anew_or_restored_while_money_is_out_or_ordered() {
    let is_out = |course: &mut Course| course.case.money.moved(Direction::Debit, fen(1));
    let is_ordered = |course: &mut Course| course.case.pay(fen(200));
    let restored = [(OutgoingState::Reversed, Some(Act::Order(Ordered::Unlock)))];
    assert_eq!(decided(Choice::Renew(day()), is_out), []);
    assert_eq!(decided(Choice::Renew(day()), is_ordered), []);
    assert_eq!(decided(Choice::Restore, is_out), restored);
    assert_eq!(decided(Choice::Restore, is_ordered), restored);
    let is_back = |course: &mut Course| {
        for direction in [Direction::Debit, Direction::Credit] {
            course.case.money.moved(direction, fen(200));
        }
    };
    assert_eq!(decided(Choice::Restore, is_back).len(), 3, "all of it is back");
}

#[test]
fn a_sheet_is_paid_again_only_as_far_as_it_has_not_left() {
    let gone =
        |amount| move |course: &mut Course| course.case.money.moved(Direction::Debit, fen(amount));
    let paid_again = |amount| {
        let places = decided(Choice::PayAgain, gone(amount));
        places.iter().any(|(state, _)| *state == OutgoingState::Paid)
    };
    assert!(paid_again(199));
    assert!(!paid_again(200) && !paid_again(201));
}

#[test]
fn a_case_is_closed_as_it_stands_only_when_its_other_side_is_cut_off() {
    use OutgoingState::{Accepted, Completed, Held, Paid, Received, Rejected, Released};
    let mut closed = Vec::new();
    for mut course in all() {
        course.case.is_taken_over = true;
        let before = course.state;
        if course.step(&Event::Decided(Choice::Close), RULES).is_ok() {
            closed.push((before, course.state, course.case.ordered));
        }
    }
    let rejected = Rejected(REFUSED, true);
    assert_eq!(
        closed,
        [
            (Received, Released, None),
            (Held, Released, None),
            (Accepted, Accepted, Some(CoreStep::Unlock)),
            (Paid, Completed(true), None),
            (Rejected(REFUSED, false), rejected, None),
            (rejected, rejected, None),
        ]
    );
}

#[test]
fn a_withdrawal_is_granted_before_acceptance_and_answered_wherever_it_comes_late() {
    use OutgoingState::{Accepted, Held, Received, Released};
    let granted = Act::Say(Saying::CancellationAnswer(CancellationOutcome::Granted));
    let too_late = Act::Say(Saying::CancellationAnswer(CancellationOutcome::TooLate));
    for (state, acts) in led_to(&Event::Cancellation, NOTHING_ELSE) {
        let said: Vec<Act> = acts.into_iter().filter(|act| matches!(act, Act::Say(_))).collect();
        let expected = if matches!(state, Received | Held | Released) {
            vec![granted]
        } else if matches!(state, OutgoingState::Rejected(..)) {
            Vec::new()
        } else {
            vec![too_late]
        };
        assert_eq!(said, expected, "{state:?}");
    }
    let rules = Rules { cancellable_until_settled: true, ..RULES };
    let mut locked = accepted();
    let acts = locked.step(&Event::Cancellation, rules).unwrap();
    assert!(acts.contains(&Act::Order(Ordered::Unlock)) && !acts.contains(&too_late));
    assert_eq!((locked.state, locked.intent), (Accepted, Some(Intent::Withdraw)));
    // Over an order on its way it waits, but not where the case is over.
    let ordered = |course: &mut Course| course.case.ordered = Some(CoreStep::Lock);
    for (state, acts) in led_to(&Event::Cancellation, ordered) {
        assert_eq!(acts.contains(&Act::KeepCancellation(true)), !state.is_final(), "{state:?}");
    }
}

#[test]
fn a_withdrawal_that_waited_is_answered_once_the_outcome_of_the_order_is_in() {
    for (is_cancelled, ordered, is_answered) in
        [(true, None, true), (false, None, false), (true, Some(CoreStep::Settle), false)]
    {
        let mut course = Course { is_cancelled, ..paying() };
        course.case.ordered = ordered;
        let acts = after(&mut course, &[Event::OutcomeTaken]);
        assert_eq!(!acts.is_empty(), is_answered, "{is_cancelled} {ordered:?}");
        assert_eq!(course.is_cancelled, is_cancelled && !is_answered);
    }
}

#[test]
fn an_account_that_was_locked_for_a_withdrawn_letter_goes_on_only_where_that_is_too_late() {
    let locked = |rules, is_taken_over| {
        let mut course = Course::received();
        after(&mut course, &[Event::Judged(Judgement::Lock)]);
        course.is_cancelled = true;
        course.case.is_taken_over = is_taken_over;
        course.step(&Event::Done(Done::Locked), rules).unwrap()
    };
    let granted = locked(Rules { cancellable_until_settled: true, ..RULES }, false);
    assert!(granted.contains(&Act::Order(Ordered::Unlock)));
    assert!(!granted.contains(&Act::ConsiderAccepted(false)), "it is not settled as well");
    let too_late = locked(RULES, false);
    assert!(too_late.contains(&Act::ConsiderAccepted(false)));
    let cut_off = locked(RULES, true);
    assert!(cut_off.contains(&Act::Ask(TaskReason::CounterpartRevoked)));
    assert!(!cut_off.contains(&Act::ConsiderAccepted(false)), "nothing goes to a center cut off");
    let mut held = Course { state: OutgoingState::Held, ..Course::received() };
    let acts = after(&mut held, &[Event::Judged(Judgement::Lock), Event::Done(Done::Locked)]);
    assert!(acts.contains(&Act::ConsiderAccepted(true)), "a person has looked");
}

#[test]
fn a_letter_that_is_held_again_asks_for_the_new_thing_and_waits_as_before() {
    let hold = |reason| Event::Judged(Judgement::Hold(reason));
    let mut course = Course::received();
    let acts = after(&mut course, &[hold(TaskReason::ConfirmAcceptance)]);
    assert!(acts.contains(&Act::Wait(Wait::Acceptance)));
    assert_eq!(course.state, OutgoingState::Held);
    let acts = after(&mut course, &[hold(TaskReason::OldDocument)]);
    assert_eq!(acts, [Act::Ask(TaskReason::OldDocument)]);
}

#[test]
fn what_follows_an_account_that_is_free_again_is_what_it_was_freed_for() {
    let cause = ReversalCause::NewTerms;
    let other = RefusalReason::Other;
    for (intent, state, said) in [
        (
            Some(Intent::Refuse(REFUSED)),
            OutgoingState::Rejected(REFUSED, false),
            Saying::Refusal(REFUSED),
        ),
        (
            Some(Intent::Withdraw),
            OutgoingState::Rejected(other, false),
            Saying::RefusalAfterWithdrawal,
        ),
        (
            Some(Intent::Release),
            OutgoingState::Released,
            Saying::CancellationAnswer(CancellationOutcome::Granted),
        ),
        (Some(Intent::Restore(cause)), OutgoingState::Restored, Saying::Restoration),
        (Some(Intent::Wait(cause)), OutgoingState::Restored, Saying::Restoration),
        (None, OutgoingState::Restored, Saying::Restoration),
    ] {
        let mut course = Course { intent, ..accepted() };
        let acts = after(&mut course, &[Event::Done(Done::Unlocked)]);
        assert_eq!((course.state, course.intent), (state, None), "{intent:?}");
        assert!(acts.contains(&Act::Say(said)), "{intent:?}: {acts:?}");
    }
}

#[test]
fn what_follows_a_settlement_that_was_undone_is_what_it_was_undone_for() {
    let cause = ReversalCause::YearEnd;
    let restore = Some(Act::Order(Ordered::Unlock));
    let renew = Some(Act::ConsiderSettlement(Some(day())));
    let asked = Some(Act::Ask(TaskReason::CounterpartRevoked));
    let renewed = Intent::Renew(cause, day());
    for (intent, is_returned, is_taken_over, follows) in [
        (Intent::Restore(cause), false, false, restore),
        (Intent::Restore(cause), false, true, restore),
        (renewed, false, false, renew),
        (renewed, true, false, restore),
        (renewed, false, true, asked),
        (Intent::Wait(cause), false, false, None),
        (Intent::Wait(cause), true, false, restore),
    ] {
        let settled = Some(Settled { amount: fen(200), has_sheet: true });
        let intent = Some(intent);
        let mut course = Course { intent, is_returned, settled, ..accepted() };
        course.case.is_taken_over = is_taken_over;
        let acts = after(&mut course, &[Event::Done(Done::Reversed)]);
        assert!(acts.contains(&Act::Say(Saying::Reversal(cause))), "the sheet was said");
        let leads =
            |act: &&Act| matches!(act, Act::Order(_) | Act::ConsiderSettlement(_) | Act::Ask(_));
        assert_eq!(acts.iter().find(leads).copied(), follows, "{intent:?}");
        assert_eq!(course.settled, None);
    }
}

#[test]
fn what_the_core_refuses_before_the_lock_refuses_the_letter_and_later_calls_a_person() {
    use OutgoingState::{Accepted, Rejected, Released};
    for (cause, reason) in [
        (CoreCause::NoAccount, RefusalReason::NotFound),
        (CoreCause::Status, RefusalReason::NotSealed),
        (CoreCause::Frozen, RefusalReason::Frozen),
        (CoreCause::Busy, RefusalReason::Duplicate),
        (CoreCause::Other, RefusalReason::Other),
    ] {
        for is_cancelled in [false, true] {
            let mut course = Course { is_cancelled, ..Course::received() };
            let refused = Event::CoreRefused(CoreStep::Lock, cause);
            let acts = after(&mut course, &[Event::Judged(Judgement::Lock), refused]);
            let expected = if is_cancelled { Released } else { Rejected(reason, false) };
            assert_eq!(course.state, expected, "{cause:?}");
            assert_eq!(course.case.ordered, None, "{cause:?}");
            assert!(acts.contains(&Act::ConsiderCancellation));
        }
    }
    for (step, state) in [
        (CoreStep::Settle, Accepted),
        (CoreStep::Unlock, Accepted),
        (CoreStep::Close, OutgoingState::Paying),
        (CoreStep::Reverse, OutgoingState::Settled),
    ] {
        let mut course = Course { state, ..Course::received() };
        course.case.ordered = Some(step);
        let acts = after(&mut course, &[Event::CoreRefused(step, CoreCause::Other)]);
        assert_eq!(course.case.task, Some(TaskReason::CoreRefused), "{step:?}");
        assert_eq!((course.state, course.case.ordered), (state, None), "{step:?}");
        assert!(!acts.iter().any(|act| matches!(act, Act::Order(_))), "{step:?}");
    }
}

#[test]
fn a_person_is_called_for_what_is_late_or_not_taken_unless_one_is_already_or_all_is_over() {
    for (event, reason) in
        [(Event::Overdue, TaskReason::Overdue), (Event::Undelivered, TaskReason::StatementRefused)]
    {
        for (state, acts) in led_to(&event, NOTHING_ELSE) {
            let called = acts.contains(&Act::Ask(reason));
            assert_eq!(called, !state.is_final(), "{event:?} in {state:?}");
        }
        let busy = |course: &mut Course| course.case.task = Some(TaskReason::AmountDiffers);
        for (state, acts) in led_to(&event, busy) {
            assert_eq!(acts, [], "{event:?} in {state:?}");
        }
    }
}

#[test]
fn a_refusal_is_confirmed_once_and_nothing_else_is() {
    let confirmed = led_to(&Event::RefusalConfirmation, NOTHING_ELSE);
    let rejected = |is_confirmed| OutgoingState::Rejected(REFUSED, is_confirmed);
    assert_eq!(confirmed, [(rejected(false), vec![Act::Enter(rejected(true))])]);
}

#[test]
fn a_lock_that_may_have_been_forgotten_ends_with_the_letter() {
    let rules = Rules { may_be_locked: true, ..RULES };
    let reason = RefusalReason::NotSealed;
    for state in [OutgoingState::Received, OutgoingState::Held] {
        for (event, end) in [
            (Event::Cancellation, OutgoingState::Released),
            (Event::Judged(Judgement::Refuse(reason)), OutgoingState::Rejected(reason, false)),
            (Event::Decided(Choice::Refuse(reason)), OutgoingState::Rejected(reason, false)),
        ] {
            let mut course = Course { state, ..Course::received() };
            let acts = course.step(&event, rules).unwrap();
            assert!(acts.contains(&Act::Order(Ordered::Unlock)), "{event:?}");
            assert_eq!(course.state, state, "before the core has said so");
            course.step(&Event::Done(Done::Unlocked), rules).unwrap();
            assert_eq!(course.state, end);
            let mut course = Course { state, ..Course::received() };
            course.step(&event, RULES).unwrap();
            assert_eq!(course.state, end, "nothing is locked");
        }
    }
}
