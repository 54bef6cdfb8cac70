//! Which decision a person may take where a transfer stands, whoever else is asked.
//!
//! **Promises.** A decision that has no place where the case stands is refused before anybody is asked
//! to confirm it, and changes nothing; one that has a place waits for its second person.
//! **Left to others.** What a decision does: the stories.

use super::world::{World, application, clerk, newcomer, reviewer, saver};
use crate::center::CenterCode;
use crate::engine::operator::{Operator, OperatorId, OperatorRole};
use crate::engine::output::CommandRefusal;
use crate::engine::transfer_case::Case;
use crate::engine::transfer_command::{Decision, TransferFilter, TransferState};
use crate::engine::transfers::Side;
use crate::engine::{Settings, outbox, transfers_in, transfers_out};
use crate::id::{FileHash, TransferId};
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::settlement::{BankFailure, SpecialAccount};
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::incoming::{CancelledFrom, IncomingState, Rejection};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::reason::RefusalReason;
use crate::transfer::registered::RegisteredState;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";

/// A letter that waits at Datong for a clerk, where every decision takes two persons.
fn world() -> (World, TransferId) {
    let accounts = vec![
        saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
        newcomer(TAIYUAN, "0126050100001", LI),
    ];
    let mut world = World::new("2026-05-20", accounts);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    for center in [TAIYUAN, DATONG] {
        world.change_settings(center, |settings| settings.policy.decisions_need_reviewer = true);
    }
    // Cases are put where no engine of this story would take them.
    world.province.tamper();
    (world, transfer)
}

fn payee(world: &mut World) -> SpecialAccount {
    let settings = world.province.node(TAIYUAN).engine.settings().clone();
    SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap()
}

fn all(payee: &SpecialAccount) -> [Decision; 12] {
    [
        Decision::Approve,
        Decision::Accept(Some(FileHash::new([1; 32]))),
        Decision::Refuse(RefusalReason::Closed, None),
        Decision::Settle(None),
        Decision::SendSheet,
        Decision::PayAgain,
        Decision::Renew(None),
        Decision::Restore,
        Decision::Correct(payee.clone()),
        Decision::SendBack(payee.clone()),
        Decision::Wait,
        Decision::Close,
    ]
}

#[test]
fn a_decision_about_an_outgoing_transfer_has_its_states_and_no_others() {
    use OutgoingState::{
        Accepted, Completed, Held, Paid, PayFailed, PayUnknown, Paying, Received, Rejected,
        Released, Restored, Reversed, Settled,
    };
    let (mut world, transfer) = world();
    let payee = payee(&mut world);
    let failed = PayFailed(BankFailure::Limit);
    let refused = |is_confirmed| Rejected(RefusalReason::Closed, is_confirmed);
    let open = [
        Received,
        Held,
        Accepted,
        Settled,
        Paying,
        failed,
        PayUnknown,
        Paid,
        Reversed,
        refused(false),
    ];
    let over = [Completed(false), refused(true), Released, Restored];
    let held = world
        .province
        .act(DATONG, |round| transfers_out::load(round.view, transfer).unwrap().unwrap());
    for state in open.iter().chain(&over) {
        for decision in all(&payee) {
            let fits = match decision {
                Decision::Accept(_) => vec![Held],
                Decision::Refuse(..) => vec![Received, Held, Accepted],
                Decision::Settle(_) => vec![Accepted, Reversed],
                Decision::SendSheet => vec![Settled],
                Decision::PayAgain => vec![failed, Paid],
                Decision::Renew(_) => vec![Settled, failed],
                Decision::Restore => vec![Settled, failed, Reversed],
                Decision::Close => open.to_vec(),
                Decision::SendBack(_) => over.to_vec(),
                // To wait takes one person, and is asked elsewhere.
                Decision::Wait => continue,
                Decision::Approve | Decision::Correct(_) => Vec::new(),
            };
            let mut case = held.clone();
            case.state = *state;
            world.province.act(DATONG, |round| transfers_out::save(round, &case).unwrap());
            let decided = world.decide(DATONG, transfer, (clerk(), decision.clone()));
            let why = format!("{decision:?} in {state:?}");
            let after = world
                .province
                .act(DATONG, |round| transfers_out::load(round.view, transfer).unwrap().unwrap());
            assert_eq!(after.state, *state, "{why}");
            let cases = (&case.case, &after.case);
            assert_asked_only_where_it_fits((fits.contains(state), decided), cases, &why);
        }
    }
}

/// A second person is asked to confirm a decision that fits; another one is refused, and changes nothing.
fn assert_asked_only_where_it_fits(
    (fits, decided): (bool, Result<(), CommandRefusal>),
    (before, after): (&Case, &Case),
    why: &str,
) {
    if fits {
        decided.unwrap();
        let first = after.task.as_ref().unwrap().first.as_ref().unwrap();
        assert_eq!(first.operator, clerk(), "{why}");
    } else {
        assert_eq!(decided.unwrap_err().refusal, Refusal::WrongState, "{why}");
        assert_eq!(after.task, before.task, "{why}: nobody is asked");
    }
}

#[test]
fn a_decision_about_an_incoming_transfer_has_its_states_and_no_others() {
    use IncomingState::{
        Accepted, Announced, Cancelled, Cancelling, Completed, Credited, Draft, Negotiating,
        Rejected, Requested, Restored, Returned, Returning,
    };
    let (mut world, transfer) = world();
    let payee = payee(&mut world);
    let refused = |is_confirmed| Rejected(Rejection::Reason(RefusalReason::Closed), is_confirmed);
    let cancelling = Cancelling(CancelledFrom::Requested);
    let open = [
        Requested,
        Accepted,
        Announced,
        Negotiating,
        Credited(false),
        cancelling,
        Returning,
        refused(false),
    ];
    let over = [Completed(false), refused(true), Cancelled, Returned, Restored];
    let with_money = [Announced, Negotiating, Credited(false), Returning];
    let asked = world
        .province
        .act(TAIYUAN, |round| transfers_in::load(round.view, transfer).unwrap().unwrap());
    for state in open.iter().chain(&over).chain(&[Draft]) {
        for decision in all(&payee) {
            let fits = match decision {
                Decision::Correct(_) => vec![Negotiating],
                Decision::SendBack(_) => [&with_money[..], &over].concat(),
                Decision::Close => open.to_vec(),
                // Each takes one person, and is asked elsewhere.
                Decision::Approve if *state == Draft => continue,
                Decision::Wait if open.contains(state) => continue,
                Decision::Approve
                | Decision::Wait
                | Decision::Accept(_)
                | Decision::Refuse(..)
                | Decision::Settle(_)
                | Decision::SendSheet
                | Decision::PayAgain
                | Decision::Renew(_)
                | Decision::Restore => Vec::new(),
            };
            let mut case = asked.clone();
            case.state = *state;
            world.province.act(TAIYUAN, |round| transfers_in::save(round, &case).unwrap());
            let decided = world.decide(TAIYUAN, transfer, (clerk(), decision.clone()));
            let why = format!("{decision:?} in {state:?}");
            let after = world
                .province
                .act(TAIYUAN, |round| transfers_in::load(round.view, transfer).unwrap().unwrap());
            assert_eq!(after.state, *state, "{why}");
            let cases = (&case.case, &after.case);
            assert_asked_only_where_it_fits((fits.contains(state), decided), cases, &why);
        }
    }
}

/// An operator who may enter, and not review.
fn junior() -> (OperatorId, Operator) {
    let roles = vec![OperatorRole::Clerk];
    (OperatorId::parse("junior").unwrap(), Operator { roles })
}

#[test]
fn where_the_rule_asks_for_two_the_first_need_not_be_a_reviewer() {
    for asks_for_two in [true, false] {
        let (mut world, transfer) = world();
        world.change_settings(DATONG, |settings| {
            settings.policy.decisions_need_reviewer = asks_for_two;
            settings.operators.extend([junior()]);
        });
        let mut case = world
            .province
            .act(DATONG, |round| transfers_out::load(round.view, transfer).unwrap().unwrap());
        case.state = OutgoingState::Accepted;
        case.case.task = None;
        world.province.act(DATONG, |round| transfers_out::save(round, &case).unwrap());
        let decided = world.decide(DATONG, transfer, (junior().0, Decision::Settle(None)));
        let refusal = decided.err().map(|refused| refused.refusal);
        assert_eq!(refusal, (!asks_for_two).then_some(Refusal::Operator));
    }
}

#[test]
fn a_task_is_a_clerks_where_another_reviews_what_is_decided() {
    use OperatorRole::{Clerk, Reviewer};
    for (asks_for_two, reason, role) in [
        (false, TaskReason::PaymentFailed, Reviewer),
        (true, TaskReason::PaymentFailed, Clerk),
        // The second person has approved by approving.
        (true, TaskReason::ApproveLetter, Reviewer),
        (true, TaskReason::Overdue, TaskReason::Overdue.role()),
    ] {
        let (mut world, transfer) = world();
        let change =
            |settings: &mut Settings| settings.policy.decisions_need_reviewer = asks_for_two;
        world.change_settings(DATONG, change);
        let task = world.province.act(DATONG, |round| {
            let mut case = transfers_out::load(round.view, transfer).unwrap().unwrap().case;
            case.ask_person(round, reason).unwrap();
            case.task.unwrap()
        });
        assert_eq!((task.reason, task.role), (reason, role), "{asks_for_two} {reason:?}");
    }
}

/// What waits in Datong's or Taiyuan's outbox to the other.
fn on_its_way(world: &mut World, at: CenterCode) -> usize {
    let other = if at == TAIYUAN { DATONG } else { TAIYUAN };
    world.province.act(at, |round| outbox::rows(round.view, other, 99).unwrap().len())
}

#[test]
fn whoever_goes_on_waiting_keeps_a_task_for_a_person_alone_and_says_again_what_was_refused() {
    for at in [TAIYUAN, DATONG] {
        for (reason, stays, is_said_again) in [
            (TaskReason::ConfirmAcceptance, true, false),
            (TaskReason::StatementRefused, false, true),
            (TaskReason::Overdue, false, false),
        ] {
            let (mut world, transfer) = world();
            world.province.cut_off(at);
            world.province.act(at, |round| {
                if let Some(mut case) = transfers_out::load(round.view, transfer).unwrap() {
                    case.case.ask_person(round, reason).unwrap();
                    transfers_out::save(round, &case).unwrap();
                }
                if let Some(mut case) = transfers_in::load(round.view, transfer).unwrap() {
                    case.case.ask_person(round, reason).unwrap();
                    transfers_in::save(round, &case).unwrap();
                }
            });
            // Datong has said nothing yet that it could say again.
            let says = usize::from(is_said_again && at == TAIYUAN);
            let before = on_its_way(&mut world, at);
            let decided = world.decide(at, transfer, (clerk(), Decision::Wait));
            let decided =
                decided.or_else(|_| world.decide(at, transfer, (reviewer(), Decision::Wait)));
            decided.unwrap();
            let why = format!("{at} {reason:?}");
            assert_eq!(on_its_way(&mut world, at), before + says, "{why}");
            let task = world.show(at, transfer).line.task.map(|task| task.reason);
            assert_eq!(task, stays.then_some(reason), "{why}");
        }
    }
}

#[test]
fn every_decision_has_a_word_and_a_registered_transfer_ends_where_nothing_blocks_any_more() {
    let (mut world, _) = world();
    let words = all(&payee(&mut world)).map(|decision| decision.word());
    assert_eq!(
        words,
        [
            "approve",
            "accept",
            "refuse",
            "settle",
            "send_sheet",
            "pay_again",
            "renew",
            "restore",
            "correct",
            "send_back",
            "wait",
            "close",
        ]
    );
    for state in RegisteredState::ALL {
        let is_final = TransferState::Registered(Side::Out, *state).is_final();
        assert_eq!(is_final, !state.is_open(), "{state:?}");
    }
}

#[test]
fn a_listing_holds_what_passes_every_part_of_its_filter() {
    let (mut world, transfer) = world();
    let named = |state: &str| Some(state.to_owned());
    let any = TransferFilter::default;
    for (filter, is_listed) in [
        (any(), true),
        (TransferFilter { state: named("held"), ..any() }, true),
        (TransferFilter { state: named("received"), ..any() }, false),
        (TransferFilter { side: Some(Side::Out), ..any() }, true),
        (TransferFilter { side: Some(Side::In), ..any() }, false),
        (TransferFilter { waiting: true, ..any() }, true),
        (TransferFilter { waiting: true, state: named("paid"), ..any() }, false),
        (TransferFilter { ended: true, state: named("held"), ..any() }, true),
    ] {
        let why = format!("{filter:?}");
        let lines = world.list(DATONG, filter);
        let found: Vec<TransferId> = lines.iter().map(|line| line.transfer).collect();
        assert_eq!(found, if is_listed { vec![transfer] } else { Vec::new() }, "{why}");
    }
}
