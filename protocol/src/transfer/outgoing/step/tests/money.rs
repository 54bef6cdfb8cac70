//! Sheets, payments and what moves under a letter, each fact alone.
//!
//! **Promises.** Nothing is ordered that could pay twice; what nobody can explain calls a person.
//! **Left to others.** Decisions: `decisions`.

use super::*;
use crate::limits::PAY_ATTEMPTS_AUTO_MAX;
use crate::transfer::outgoing::act::Limit;

/// A transfer that is settled, and whose sheet is signed.
fn settled_course() -> Course {
    let mut course = accepted();
    after(&mut course, &settled());
    after(&mut course, &[sheet(true)]);
    course
}

fn facts() -> PaymentFacts {
    let Event::Payment(facts) = payment() else { panic!("another event") };
    facts
}

fn is_paid(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Pay(_)))
}

/// A transfer whose money has left and arrived nowhere yet.
fn paid() -> Course {
    let mut course = paying();
    after(&mut course, &[Event::Moved(Direction::Debit, fen(200)), Event::Done(Done::Closed)]);
    assert_eq!(course.state, OutgoingState::Paid);
    course
}

fn debit(amount: i64) -> Event {
    Event::Moved(Direction::Debit, fen(amount))
}

fn credit(amount: i64) -> Event {
    Event::Moved(Direction::Credit, fen(amount))
}

#[test]
fn a_settlement_is_ordered_up_to_what_needs_no_person_unless_one_was_asked() {
    let settlement = |has_record, obstacle| {
        Event::Settlement(SettlementFacts { value_date: day(), has_record, obstacle })
    };
    for (task, limit) in [(None, Limit::Auto), (Some(TaskReason::ConfirmSettlement), Limit::None)] {
        let mut course = accepted();
        course.case.task = task;
        let acts = after(&mut course, &[settlement(true, None)]);
        assert_eq!(acts, [Act::ForgetTask, Act::Order(Ordered::Settle(day(), limit))]);
    }
    let frozen = RefusalReason::Frozen;
    let mut course = accepted();
    let acts = after(&mut course, &[settlement(true, Some(frozen))]);
    assert_eq!(course.intent, Some(Intent::Refuse(frozen)));
    assert!(acts.contains(&Act::Order(Ordered::Unlock)));
    // What was promised by a sheet before is not refused any more.
    let mut course = Course { state: OutgoingState::Reversed, ..accepted() };
    let acts = after(&mut course, &[settlement(true, Some(frozen))]);
    assert_eq!(acts.last(), Some(&Act::Order(Ordered::Settle(day(), Limit::Auto))));
    let acts = after(&mut accepted(), &[settlement(false, None)]);
    assert_eq!(acts, [Act::Ask(TaskReason::CoreRefused)], "the record is gone");
}

#[test]
fn a_sheet_is_signed_only_over_figures_that_agree_or_that_a_person_took() {
    let said = |agrees, is_decided, has_record, is_taken_over| {
        let mut course = accepted();
        after(&mut course, &settled());
        course.case.is_taken_over = is_taken_over;
        let acts =
            after(&mut course, &[Event::Sheet(SheetFacts { has_record, agrees, is_decided })]);
        (acts.contains(&Act::Say(Saying::Sheet)), course.case.task)
    };
    assert_eq!(said(true, false, true, false), (true, None));
    assert_eq!(said(false, false, true, false), (false, Some(TaskReason::InterestDiffers)));
    assert_eq!(said(false, true, true, false), (true, None));
    assert_eq!(said(true, false, false, false), (false, Some(TaskReason::CoreRefused)));
    assert_eq!(said(true, false, true, true), (false, Some(TaskReason::CounterpartRevoked)));
    assert_eq!(said(true, true, true, true), (true, None));
    let acts = after(&mut accepted(), &[sheet(true)]);
    assert_eq!(acts, [], "there is no settlement to say");
}

#[test]
fn money_is_ordered_once_when_it_may_leave_and_as_much_as_is_missing() {
    let mut course = settled_course();
    let acts = after(&mut course, &[payment()]);
    assert!(acts.contains(&Act::Pay(fen(200))));
    assert_eq!(course.case.attempts, 1);
    for (what, facts, act) in [
        ("recovering", PaymentFacts { is_recovering: true, ..facts() }, Act::PayOnceRecovered),
        (
            "no account to pay to",
            PaymentFacts { has_account: false, ..facts() },
            Act::Ask(TaskReason::PaymentFailed),
        ),
        (
            "past the 30 June of its value date",
            PaymentFacts { may_pay: false, ..facts() },
            Act::Order(Ordered::Reverse),
        ),
    ] {
        let mut course = settled_course();
        let acts = after(&mut course, &[Event::Payment(facts)]);
        assert!(!is_paid(&acts) && acts.contains(&act), "{what}: {acts:?}");
    }
    let mut course = settled_course();
    course.case.is_taken_over = true;
    let acts = after(&mut course, &[payment()]);
    assert_eq!(acts, [Act::Ask(TaskReason::CounterpartRevoked)]);
    assert_eq!(after(&mut accepted(), &[payment()]), [], "nothing is settled");
}

#[test]
fn a_sheet_that_is_too_old_to_be_paid_is_settled_anew_only_when_all_of_its_money_is_here() {
    let too_old = Event::Payment(PaymentFacts { may_pay: false, ..facts() });
    let mut course = settled_course();
    after(&mut course, core::slice::from_ref(&too_old));
    assert_eq!(course.intent, Some(Intent::Renew(ReversalCause::YearEnd, day())));
    let mut course = settled_course();
    course.case.money.moved(Direction::Debit, fen(1));
    assert_eq!(after(&mut course, &[too_old]), [Act::Ask(TaskReason::PaymentFailed)]);
}

#[test]
fn a_store_that_forgot_an_order_finds_its_money_gone_and_orders_nothing() {
    let mut course = settled_course();
    course.case.money.moved(Direction::Debit, fen(200));
    let acts = after(&mut course, &[payment()]);
    assert!(!is_paid(&acts) && acts.contains(&Act::Order(Ordered::Close)));
    assert_eq!(course.state, OutgoingState::Paying);
    // More than all of it: a person looks at what is beyond.
    let mut course = settled_course();
    course.case.money.moved(Direction::Debit, fen(201));
    let acts = after(&mut course, &[payment()]);
    assert!(!is_paid(&acts) && acts.contains(&Act::Order(Ordered::Close)));
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney));
    // A part of it: it left under another sheet, and a person looks until it is back.
    let mut course = settled_course();
    course.case.money.moved(Direction::Debit, fen(150));
    assert_eq!(after(&mut course, &[payment()]), [Act::Ask(TaskReason::PaymentFailed)]);
    let back = [Event::Moved(Direction::Credit, fen(150)), Event::Return];
    assert!(after(&mut course, &back).contains(&Act::Order(Ordered::Reverse)));
    // Of a sheet that was paid a part came back alone: it is paid again.
    let mut course = Course { state: OutgoingState::Paid, ..settled_course() };
    course.case.money.moved(Direction::Debit, fen(150));
    assert!(after(&mut course, &[payment()]).contains(&Act::Pay(fen(50))));
}

#[test]
fn a_payment_that_was_put_off_is_looked_at_unless_it_was_ordered_or_a_person_decides() {
    use OutgoingState::{Paid, PayFailed, Settled as InSuspense};
    let failed = PayFailed(BankFailure::Limit);
    for state in [
        OutgoingState::Accepted,
        InSuspense,
        OutgoingState::Paying,
        failed,
        OutgoingState::PayUnknown,
        Paid,
        OutgoingState::Reversed,
        OutgoingState::Restored,
    ] {
        let looks = |change: fn(&mut Course)| {
            let mut course = Course { state, ..settled_course() };
            change(&mut course);
            after(&mut course, &[Event::PayDue]) == [Act::ConsiderPayment]
        };
        let expected = [InSuspense, failed, Paid].contains(&state);
        assert_eq!(looks(|_| {}), expected, "{state:?}");
        assert!(!looks(|course| course.case.pay(fen(200))), "{state:?}");
        assert!(!looks(|course| course.case.ordered = Some(CoreStep::Close)), "{state:?}");
        assert!(!looks(|course| course.case.task = Some(TaskReason::PaymentFailed)), "{state:?}");
    }
}

#[test]
fn what_the_bank_says_counts_for_the_order_on_its_way_and_for_no_other() {
    let said = |attempt, outcome: BankOutcome| {
        let mut course = paying();
        let acts = after(&mut course, &[Event::Bank(attempt, outcome)]);
        (course.state, acts)
    };
    let failed = || BankOutcome::Failed(BankFailure::Limit);
    for attempt in [0, 2] {
        assert_eq!(said(attempt, failed()), (OutgoingState::Paying, Vec::new()));
    }
    let (state, acts) = said(1, BankOutcome::Executed(day()));
    assert_eq!(state, OutgoingState::Paying, "the debit is believed from the notice");
    assert_eq!(acts, [Act::StopAsking, Act::Wait(Wait::Settlement)]);
    for waits in [BankOutcome::Waiting, BankOutcome::NoSuchOrder] {
        assert_eq!(said(1, waits), (OutgoingState::Paying, Vec::new()));
    }
    let (state, _) = said(1, failed());
    assert_eq!(state, OutgoingState::PayFailed(BankFailure::Limit));
    // It could not say before, and now it can.
    let mut course = paying();
    after(&mut course, &[Event::Bank(1, BankOutcome::Unknown)]);
    after(&mut course, &[Event::Bank(1, BankOutcome::Executed(day()))]);
    assert_eq!(course.state, OutgoingState::Paying);
    let mut course = completed();
    course.case.pay(fen(50));
    let acts = after(&mut course, &[Event::Bank(2, BankOutcome::Executed(day()))]);
    assert_eq!(acts, [Act::StopAsking], "a case that is over sets no deadline");
}

#[test]
fn a_payment_that_failed_is_corrected_tried_again_or_shown_to_a_person() {
    for (failure, attempts, act) in [
        (BankFailure::WrongPayee, 1, Act::Say(Saying::NotPaid(BankFailure::WrongPayee))),
        (BankFailure::ClosedPayee, 1, Act::Say(Saying::NotPaid(BankFailure::ClosedPayee))),
        (BankFailure::Limit, 1, Act::Ask(TaskReason::PaymentFailed)),
        (BankFailure::Recalled, 1, Act::ConsiderPayment),
        (BankFailure::Recalled, PAY_ATTEMPTS_AUTO_MAX - 1, Act::ConsiderPayment),
        (BankFailure::Recalled, PAY_ATTEMPTS_AUTO_MAX, Act::Ask(TaskReason::PaymentFailed)),
    ] {
        let mut course = paying();
        course.case.attempts = attempts;
        let acts = after(&mut course, &[Event::FailedBefore(failure)]);
        let wait = Act::Wait(Wait::Case);
        let entered = Act::Enter(OutgoingState::PayFailed(failure));
        assert_eq!(acts, [Act::ForgetPayment, entered, wait, act], "{failure:?} {attempts}");
    }
    let mut course = paid();
    let acts = after(&mut course, &[Event::FailedBefore(BankFailure::Limit)]);
    assert_eq!((acts, course.state), (vec![Act::ForgetPayment], OutgoingState::Paid));
    let acts = after(&mut completed(), &[Event::FailedBefore(BankFailure::Limit)]);
    assert_eq!(acts, [Act::ForgetPayment, Act::Ask(TaskReason::UnexplainedMoney)]);
}

#[test]
fn a_corrected_account_is_paid_to_or_settled_for_where_the_transfer_waits_for_it() {
    let corrected = |course: Course, onward| {
        let mut course = course;
        after(&mut course, &[Event::Correction(onward)])
    };
    let failed =
        || Course { state: OutgoingState::PayFailed(BankFailure::WrongPayee), ..settled_course() };
    assert_eq!(corrected(failed(), Onward::ByItself), [Act::ConsiderPayment]);
    let back = || Course { state: OutgoingState::Reversed, ..accepted() };
    assert_eq!(corrected(back(), Onward::ByItself), [Act::ConsiderSettlement(None)]);
    let asked = [Act::Ask(TaskReason::ConfirmSettlement)];
    assert_eq!(corrected(back(), Onward::ByPerson), asked);
    assert_eq!(corrected(back(), Onward::AsSaid), []);
    for state in [OutgoingState::Accepted, OutgoingState::Paying, OutgoingState::Paid] {
        let course = Course { state, ..settled_course() };
        assert_eq!(corrected(course, Onward::ByItself), [], "{state:?}");
    }
    let mut ordered = failed();
    ordered.case.ordered = Some(CoreStep::Reverse);
    assert_eq!(corrected(ordered, Onward::ByItself), [], "an outcome is awaited");
}

#[test]
fn a_difference_is_looked_at_by_a_person_where_all_of_the_sheet_has_left() {
    let mut course = paid();
    assert_eq!(after(&mut course, &[Event::Difference(2, fen(1))]), [], "of another sheet");
    assert_eq!(course.arrived, None);
    after(&mut course, &[Event::Difference(1, fen(150))]);
    assert_eq!(course.arrived, Some(fen(150)));
    assert_eq!(course.case.task, Some(TaskReason::AmountDiffers));
    let mut stopped = paid();
    stopped.case.task = Some(TaskReason::PaymentFailed);
    after(&mut stopped, &[Event::Difference(1, fen(150))]);
    assert_eq!(stopped.case.task, Some(TaskReason::PaymentFailed), "somebody looks already");
    let mut course = paying();
    after(&mut course, &[Event::Difference(1, fen(0))]);
    assert_eq!((course.arrived, course.case.task), (Some(fen(0)), None), "it is on its way");
}

#[test]
fn the_account_is_closed_once_the_sheet_has_left_and_what_is_beyond_it_calls_a_person() {
    for state in [
        OutgoingState::Paying,
        OutgoingState::PayUnknown,
        OutgoingState::PayFailed(BankFailure::Limit),
        OutgoingState::Settled,
        OutgoingState::Paid,
    ] {
        for (amount, is_all) in [(199, false), (200, true), (201, true)] {
            let mut course = Course { state, ..paying() };
            let acts = after(&mut course, &[debit(amount)]);
            let closes = is_all && !matches!(state, OutgoingState::Settled | OutgoingState::Paid);
            assert_eq!(acts.contains(&Act::Order(Ordered::Close)), closes, "{state:?} {amount}");
            let unexplained = (amount > 200).then_some(TaskReason::UnexplainedMoney);
            assert_eq!(course.case.task, unexplained, "{state:?} {amount}");
            assert_eq!(acts.contains(&Act::TellPaidBeyondSheet), amount > 200);
        }
    }
    let mut course = paying();
    let more = [debit(201), Event::Done(Done::Closed)];
    after(&mut course, &more);
    assert_eq!(course.state, OutgoingState::Paid);
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney), "it has not come back");
    let acts = after(&mut course, &[credit(1)]);
    assert_eq!((course.state, course.case.task), (OutgoingState::Paid, None));
    assert_eq!(acts, [Act::ForgetTask], "no part of the sheet has come back");
    // The credit may be said before the bank has told of what came back.
    let mut course = paying();
    after(&mut course, &more);
    after(&mut course, &[Event::Credit(1, fen(200), true)]);
    assert_eq!(course.case.task, Some(TaskReason::UnexplainedMoney));
    after(&mut course, &[credit(1)]);
    assert_eq!((course.excess(), course.case.task), (Fen::ZERO, None));
    let mut course = paying();
    course.case.ordered = Some(CoreStep::Reverse);
    assert_eq!(after(&mut course, &[debit(200)]), [], "the outcome of an order is awaited");
}

#[test]
fn all_of_the_money_back_undoes_the_settlement_and_a_part_is_ordered_again() {
    for (is_returned, intent) in [
        (false, Intent::Wait(ReversalCause::MoneyCameBack)),
        (true, Intent::Restore(ReversalCause::MoneyCameBack)),
    ] {
        let mut course = Course { is_returned, ..paid() };
        let acts = after(&mut course, &[credit(200)]);
        assert!(acts.contains(&Act::Order(Ordered::Reverse)));
        assert_eq!(course.intent, Some(intent));
    }
    // Before the bank had confirmed, too, once the debit was advised.
    let mut course = paying();
    after(&mut course, &[debit(150), debit(50)]);
    course.case.ordered = None;
    let acts = after(&mut course, &[credit(200)]);
    assert!(acts.contains(&Act::Enter(OutgoingState::PayFailed(BankFailure::Other))));
    assert!(acts.contains(&Act::Order(Ordered::Reverse)));
    // Nothing has left yet, and nothing came back: it is on its way.
    let mut course = paying();
    course.case.payment = None;
    assert_eq!(after(&mut course, &[Event::Difference(1, fen(0))]), [Act::NoteArrived(fen(0))]);
    let mut course = paying();
    after(&mut course, &[debit(200)]);
    course.case.ordered = None;
    let acts = after(&mut course, &[credit(50)]);
    assert!(acts.contains(&Act::ConsiderPayment), "a part came back alone");
    for (attempts, act) in [
        (PAY_ATTEMPTS_AUTO_MAX - 1, Act::ConsiderPayment),
        (PAY_ATTEMPTS_AUTO_MAX, Act::Ask(TaskReason::PaymentFailed)),
    ] {
        let mut course = Course { arrived: Some(fen(150)), ..paid() };
        course.case.attempts = attempts;
        let acts = after(&mut course, &[credit(50)]);
        assert!(acts.contains(&act), "{attempts}");
    }
    let mut course = Course { arrived: Some(fen(150)), is_returned: true, ..paid() };
    assert_eq!(after(&mut course, &[credit(50)]), [], "they are sending all of it back");
}

#[test]
fn a_credit_completes_what_is_paid_and_is_kept_where_the_bank_is_slower() {
    let credited = Event::Credit(1, fen(200), true);
    let mut course = paid();
    course.case.task = Some(TaskReason::Overdue);
    after(&mut course, core::slice::from_ref(&credited));
    assert_eq!(course.state, OutgoingState::Completed(true));
    assert_eq!(course.case.task, None);
    assert_eq!(course.step(&credited, RULES), Err(Refusal::WrongState), "it is over");
    let mut course = paying();
    after(&mut course, core::slice::from_ref(&credited));
    assert_eq!((course.state, course.credited), (OutgoingState::Paying, Some(true)));
    after(&mut course, &[debit(200), Event::Done(Done::Closed)]);
    assert_eq!(course.state, OutgoingState::Completed(true));
    let mut course = paid();
    course.case.ordered = Some(CoreStep::Reverse);
    after(&mut course, &[credited]);
    assert_eq!(course.state, OutgoingState::Paid, "an outcome is awaited");
    let credit = Event::Credit(1, Fen::ZERO, false);
    assert_eq!(accepted().step(&credit, RULES), Err(Refusal::WrongState), "nothing was settled");
}

#[test]
fn an_account_whose_money_was_sent_back_for_good_is_restored_once_it_is_here() {
    let mut course = Course { state: OutgoingState::Reversed, ..accepted() };
    let acts = after(&mut course, &[Event::Return]);
    assert_eq!(acts.last(), Some(&Act::Order(Ordered::Unlock)));
    let mut course = Course { state: OutgoingState::Reversed, ..accepted() };
    course.case.ordered = Some(CoreStep::Settle);
    assert_eq!(after(&mut course, &[Event::Return]), [Act::NoteReturn], "an outcome is awaited");
    let mut course = paid();
    assert_eq!(after(&mut course, &[Event::Return]), [Act::NoteReturn], "the money is not here");
    let acts = after(&mut course, &[credit(200)]);
    assert!(acts.contains(&Act::Order(Ordered::Reverse)));
    assert!(matches!(course.intent, Some(Intent::Restore(_))));
}
