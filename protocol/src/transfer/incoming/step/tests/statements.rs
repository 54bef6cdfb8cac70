//! What a statement of the other center, or the fate of one of ours, leads to in each state.
//!
//! **Promises.** An event without a place is refused and changes nothing.
//! **Left to others.** Money: `money`.

use super::*;
use crate::core_system::CoreStep;
use crate::transfer::incoming::course::SheetHere;

pub(super) const REFUSED: Rejection = Rejection::Reason(RefusalReason::Closed);

/// Every state, with a sheet over 200 where one goes with it.
pub(super) fn all() -> Vec<Course> {
    use IncomingState::{
        Accepted, Announced, Cancelled, Cancelling, Completed, Credited, Draft, Negotiating,
        Rejected, Requested, Restored, Returned, Returning,
    };
    let states = [
        Draft,
        Requested,
        Accepted,
        Announced,
        Negotiating,
        Credited(false),
        Completed(false),
        Rejected(REFUSED, false),
        Rejected(REFUSED, true),
        Cancelling(CancelledFrom::Requested),
        Cancelling(CancelledFrom::Accepted),
        Cancelled,
        Returning,
        Returned,
        Restored,
    ];
    let here = SheetHere { revision: 1, amount: fen(200), is_reversed: false, is_remitted: false };
    let has_sheet = |state| {
        matches!(state, Announced | Negotiating | Credited(_) | Completed(_) | Returning | Returned)
    };
    states
        .map(|state| Course {
            state,
            sheet: Some(here).filter(|_| has_sheet(state)),
            ..Course::draft()
        })
        .into()
}

/// The states in which an event has a place, and where each leads; what is refused changes nothing.
pub(super) fn ways(
    event: &Event,
    change: impl Fn(&mut Course),
) -> Vec<(IncomingState, IncomingState)> {
    let mut ways = Vec::new();
    for mut course in all() {
        change(&mut course);
        let before = course.clone();
        match course.step(event) {
            Ok(_) => ways.push((before.state, course.state)),
            Err(_) => assert_eq!(course, before),
        }
    }
    ways
}

/// The same, without the states in which it changes nothing.
fn changes(event: &Event) -> Vec<(IncomingState, IncomingState)> {
    let mut ways = ways(event, |_| {});
    ways.retain(|(before, after)| before != after);
    ways
}

#[test]
fn a_letter_is_withdrawn_until_its_sheet_is_here() {
    use IncomingState::{Accepted, Cancelled, Cancelling, Draft, Requested};
    let ways = ways(&Event::Withdrawn, |_| {});
    assert_eq!(
        ways,
        [
            (Draft, Cancelled),
            (Requested, Cancelling(CancelledFrom::Requested)),
            (Accepted, Cancelling(CancelledFrom::Accepted)),
        ]
    );
    for mut course in all() {
        let state = course.state;
        let late = matches!(
            state,
            IncomingState::Announced
                | IncomingState::Negotiating
                | IncomingState::Credited(_)
                | IncomingState::Returning
        );
        match course.step(&Event::Withdrawn) {
            Ok(acts) => {
                let said = acts.contains(&Act::Say(Saying::Cancellation));
                assert_eq!(said, state != Draft, "a draft was never sent");
            }
            Err(refusal) => assert_eq!(refusal == Refusal::TooLate, late, "{state:?}"),
        }
    }
}

#[test]
fn an_acceptance_counts_for_a_letter_that_waits_for_it_or_is_being_withdrawn() {
    use IncomingState::{Accepted, Cancelling, Requested};
    let from_accepted = Cancelling(CancelledFrom::Accepted);
    assert_eq!(
        ways(&Event::Acceptance, |_| {}),
        [
            (Requested, Accepted),
            (Cancelling(CancelledFrom::Requested), from_accepted),
            (from_accepted, from_accepted),
        ]
    );
}

#[test]
fn a_refusal_is_confirmed_and_written_anew_only_where_the_letter_is_still_wanted() {
    use IncomingState::{Accepted, Cancelling, Rejected, Requested};
    let refused = |number_is_taken| Event::Refused(RefusalReason::Closed, number_is_taken);
    let over = Rejected(REFUSED, true);
    let from = [
        Requested,
        Accepted,
        Cancelling(CancelledFrom::Requested),
        Cancelling(CancelledFrom::Accepted),
    ];
    assert_eq!(ways(&refused(false), |_| {}), from.map(|state| (state, over)));
    for state in from {
        for number_is_taken in [false, true] {
            let mut course = Course { state, ..Course::draft() };
            let acts = after(&mut course, &[refused(number_is_taken)]);
            assert!(acts.contains(&Act::Say(Saying::RefusalConfirmation)));
            let anew = number_is_taken && state == Requested;
            assert_eq!(acts.contains(&Act::WriteAnew), anew, "{state:?}");
        }
    }
    let mut course = Course { state: over, ..Course::draft() };
    after(&mut course, &[Event::NoNewLetter]);
    assert_eq!(course.case.task, Some(TaskReason::LetterNumberTaken));
}

#[test]
fn an_answer_to_a_withdrawal_ends_it_or_leads_back_to_where_it_came_from() {
    use IncomingState::{Accepted, Cancelled, Cancelling, Requested};
    let cancelling = [CancelledFrom::Requested, CancelledFrom::Accepted].map(Cancelling);
    let granted = Event::CancellationAnswer(CancellationOutcome::Granted);
    assert_eq!(changes(&granted), cancelling.map(|state| (state, Cancelled)));
    let too_late = Event::CancellationAnswer(CancellationOutcome::TooLate);
    let back = [(cancelling[0], Requested), (cancelling[1], Accepted)];
    assert_eq!(changes(&too_late), back);
}

#[test]
fn a_sheet_counts_where_an_account_is_accepted_and_only_as_the_next_that_fits() {
    use IncomingState::{Accepted, Announced, Cancelling, Negotiating};
    let no_sheet = |course: &mut Course| course.sheet = None;
    assert_eq!(
        ways(&sheet(300), no_sheet),
        [
            (Accepted, Announced),
            (Announced, Announced),
            (Negotiating, Announced),
            (Cancelling(CancelledFrom::Requested), Announced),
            (Cancelling(CancelledFrom::Accepted), Announced),
        ]
    );
    let said = |course: Course, facts| course.clone().step(&Event::Sheet(facts)).err();
    let right = SheetFacts { revision: 1, amount: Some(fen(200)), fits: true };
    for (what, facts) in [
        ("another revision", SheetFacts { revision: 2, ..right }),
        ("no amount", SheetFacts { amount: None, ..right }),
        ("less than nothing", SheetFacts { amount: Some(fen(-1)), ..right }),
        ("another letter's", SheetFacts { fits: false, ..right }),
    ] {
        assert_eq!(said(accepted(), facts), Some(Refusal::Malformed), "{what}");
    }
    assert_eq!(said(accepted(), right), None);
    let mut announced = accepted();
    after(&mut announced, &[sheet(200)]);
    let next = SheetFacts { revision: 2, ..right };
    assert_eq!(said(announced.clone(), next), Some(Refusal::Malformed), "the first is in force");
    after(&mut announced, &[Event::Reversal(1, ReversalCause::NewTerms)]);
    assert_eq!(said(announced, next), None);
}

#[test]
fn a_remittance_is_noted_where_money_is_awaited_and_nowhere_else() {
    for mut course in all() {
        let state = course.state;
        let acts = after(&mut course, &[Event::Remittance]);
        let awaited = matches!(state, IncomingState::Announced | IncomingState::Negotiating);
        let noted = [Act::Wait(Wait::Credit), Act::NoteRemitted];
        assert_eq!(acts, if awaited { &noted[..] } else { &[] }, "{state:?}");
        assert_eq!(course.sheet.is_some_and(|sheet| sheet.is_remitted), awaited);
    }
}

#[test]
fn a_payment_that_failed_over_there_asks_for_the_account_where_money_is_awaited() {
    use IncomingState::{Announced, Negotiating};
    let places = [(Announced, Negotiating), (Negotiating, Negotiating)];
    assert_eq!(ways(&Event::NotPaid, |_| {}), places);
    let mut course = accepted();
    after(&mut course, &[sheet(200), Event::NotPaid]);
    assert_eq!(course.case.task, Some(TaskReason::CorrectReceivingAccount));
}

#[test]
fn a_reversal_undoes_the_latest_sheet_unless_its_credit_is_made() {
    use IncomingState::{Announced, Negotiating, Returned, Returning};
    let reversal = |revision| Event::Reversal(revision, ReversalCause::NewTerms);
    assert_eq!(
        ways(&reversal(1), |_| {}),
        [
            (Announced, Negotiating),
            (Negotiating, Negotiating),
            (Returning, Returning),
            (Returned, Returned),
        ]
    );
    assert_eq!(ways(&reversal(2), |_| {}), [], "of another revision");
    let ordered = |course: &mut Course| course.case.ordered = Some(CoreStep::Credit);
    assert_eq!(ways(&reversal(1), ordered), [], "the person is being credited");
    for (cause, task) in [
        (ReversalCause::MoneyCameBack, Some(TaskReason::CorrectReceivingAccount)),
        (ReversalCause::YearEnd, None),
        (ReversalCause::NewTerms, None),
    ] {
        let mut course = accepted();
        after(&mut course, &[sheet(200)]);
        course.case.task = Some(TaskReason::AmountDiffers);
        let acts = after(&mut course, &[Event::Reversal(1, cause)]);
        assert_eq!((course.case.task, course.valid_sheet()), (task, None), "{cause:?}");
        assert!(acts.contains(&Act::Wait(Wait::Case)) && acts.contains(&Act::ForgetRest));
    }
    let mut course = Course { state: Returning, ..accepted() };
    course.sheet = all()[3].sheet;
    let acts = after(&mut course, &[reversal(1)]);
    assert_eq!(acts, [Act::NoteReversed, Act::ForgetRest], "nothing else is waited for");
}

#[test]
fn an_account_that_stands_as_before_ends_the_case_unless_money_is_credited() {
    use IncomingState::{
        Accepted, Announced, Cancelling, Negotiating, Restored, Returned, Returning,
    };
    assert_eq!(
        ways(&Event::Restoration, |_| {}),
        [
            (Accepted, Restored),
            (Announced, Restored),
            (Negotiating, Restored),
            (Cancelling(CancelledFrom::Requested), Restored),
            (Cancelling(CancelledFrom::Accepted), Restored),
            (Returning, Returning),
            (Returned, Returned),
        ]
    );
}

#[test]
fn a_statement_of_ours_that_is_not_taken_calls_a_person_and_a_letter_ends() {
    use IncomingState::{Cancelled, Cancelling, Completed, Credited, Rejected, Requested};
    let done = |what| Event::Delivered(what, Ok(()));
    assert_eq!(changes(&done(Delivered::Credit)), [(Credited(false), Completed(false))]);
    assert_eq!(changes(&done(Delivered::Letter)), []);
    assert_eq!(changes(&done(Delivered::Other)), []);
    let refused = |what| Event::Delivered(what, Err(Refusal::Suspended));
    assert_eq!(
        changes(&refused(Delivered::Letter)),
        [
            (Requested, Rejected(Rejection::Delivery(Refusal::Suspended), true)),
            (Cancelling(CancelledFrom::Requested), Cancelled),
            (Cancelling(CancelledFrom::Accepted), Cancelled),
        ]
    );
    for what in [Delivered::Credit, Delivered::Other] {
        for mut course in all() {
            let state = course.state;
            let acts = after(&mut course, &[refused(what)]);
            let called = acts == [Act::Ask(TaskReason::StatementRefused)];
            assert_eq!(called, !state.is_final(), "{what:?} in {state:?}");
            course.case.task = Some(TaskReason::Overdue);
            assert_eq!(after(&mut course, &[refused(what)]), [], "somebody looks already");
        }
    }
}

#[test]
fn what_is_late_calls_a_person_unless_one_is_called_or_all_is_over() {
    for mut course in all() {
        let state = course.state;
        let acts = after(&mut course, &[Event::Overdue]);
        assert_eq!(acts == [Act::Ask(TaskReason::Overdue)], !state.is_final(), "{state:?}");
        course.case.task = Some(TaskReason::CoreRefused);
        assert_eq!(after(&mut course, &[Event::Overdue]), [], "{state:?}");
    }
}
