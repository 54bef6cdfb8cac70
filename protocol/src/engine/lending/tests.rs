//! Loan intents and leases over several engines: one household, one payout.

mod closed_logs;
mod duties;
mod ends;
mod other_rosters;
mod rulings;
mod schedules;
mod seats;
mod story;
mod witnesses;

use crate::engine::lending::desk::LendingCommand;
use crate::engine::lending::{HoldReason, IntentState};
use crate::engine::operator::OperatorId;
use crate::engine::timer::Timer;
use crate::limits::{LEASE_MARGIN_MS, LEASE_MS};
use crate::loan::LoanContract;
use crate::refusal::Refusal;
use crate::testing::lending::{HOUR, held, named, words};
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, loan, settled};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

use crate::engine::command::Command;
use crate::engine::imports::ImportItem;
use crate::engine::rosters::command::NetCommand;

#[test]
fn a_household_is_paid_out_once_a_majority_names_its_intent_first() {
    let mut province = Province::that_lends();
    let opened = province.apply(TAIYUAN, "DK-1", &[LI, ZHANG]).unwrap();
    assert_eq!((opened.stored.state, opened.majority), (IntentState::Open, 3));
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(IntentState::Paid));
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(IntentState::Paid), "the same again");
    province.advance(5_000);
    // Either member of the household stops every other city.
    province.apply(LINFEN, "DK-2", &[ZHANG]).unwrap();
    let refused = held(HoldReason::LoanRuns(TAIYUAN));
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(refused));
    assert_eq!(province.pay(LINFEN, "DK-2").unwrap_err().refusal, Refusal::LeaseEnded);
}

#[test]
fn nobody_pays_without_a_lease_nor_after_it_ran_out() {
    let mut province = Province::that_lends();
    let id = province.apply(TAIYUAN, "DK-1", &[LI]).unwrap().stored.intent.id();
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::LeaseEnded);
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.assert_missed(TAIYUAN, Timer::Lease(id));
    province.assert_missed(TAIYUAN, Timer::IntentLapse(id));
    province.advance(LEASE_MS - LEASE_MARGIN_MS - 60_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), IntentState::Leased);
    province.advance(120_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::LeaseRanOut));
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::LeaseEnded);
    // Whoever wants to pay asks again.
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(IntentState::Paid));
}

#[test]
fn the_clock_of_the_payer_alone_decides_when_its_lease_is_over() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    // Its own clock has run on past the lease, whatever the others say.
    province.skew.insert(TAIYUAN, LEASE_MS);
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::LeaseEnded);
}

#[test]
fn a_lease_that_was_ended_is_free_for_the_other_city() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.advance(5_000);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    let earlier = held(HoldReason::EarlierIntent(TAIYUAN));
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(earlier), "Taiyuan was first");
    assert_eq!(province.withdraw_intent(TAIYUAN, "DK-1"), Ok(IntentState::Withdrawn));
    province.advance(5_000);
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
    assert_eq!(province.pay(LINFEN, "DK-2"), Ok(IntentState::Paid));
    assert_eq!(province.payout(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::WrongState);
}

#[test]
fn no_majority_within_reach_holds_the_payout_for_a_person() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.cut_off(DATONG);
    province.cut_off(LINFEN);
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Asking), "two of four");
    province.advance(40_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::NoMajority));
    province.cut.clear();
    province.connect_all();
    province.advance(5_000);
    let late = province.standing_of(TAIYUAN, "DK-1");
    assert_eq!(late, held(HoldReason::NoMajority), "an answer that comes late grants nothing");
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased), "the person asks again");
}

#[test]
fn a_running_loan_that_the_logs_show_stops_every_payout_until_it_is_settled() {
    let mut province = Province::that_lends();
    let running = loan(DATONG, "JK-1", &[ZHANG]);
    province.import(DATONG, vec![ImportItem::Loan(Box::new(running.clone()))]).unwrap();
    province.apply(TAIYUAN, "DK-1", &[LI, ZHANG]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(held(HoldReason::LoanRuns(DATONG))));
    let asked = province.intent_at(TAIYUAN, "DK-1").stored.attempt;
    assert_eq!(asked, None, "its own index is enough: no lease is asked for");
    province.advance(HOUR);
    province.import(DATONG, vec![ImportItem::Loan(Box::new(settled(running)))]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
}

#[test]
fn a_loan_that_was_paid_back_frees_the_household() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.pay(TAIYUAN, "DK-1").unwrap();
    let running = loan(TAIYUAN, "JK-DK-1", &[LI]);
    province.import(TAIYUAN, vec![ImportItem::Loan(Box::new(running.clone()))]).unwrap();
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(held(HoldReason::LoanRuns(TAIYUAN))));
    province.advance(HOUR);
    province.import(TAIYUAN, vec![ImportItem::Loan(Box::new(settled(running)))]).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
}

#[test]
fn a_payout_that_did_not_happen_is_undone_by_another_person_who_says_why() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.pay(TAIYUAN, "DK-1").unwrap();
    let undo = |operator: &str, remark| LendingCommand::Withdraw {
        operator: OperatorId::parse(operator).unwrap(),
        intent: named("DK-1"),
        remark,
    };
    let why = || Some(words("银行退回放款"));
    let same = province.lend(TAIYUAN, undo("clerk", why())).unwrap_err();
    assert_eq!(same.refusal, Refusal::Operator);
    let silent = province.lend(TAIYUAN, undo("reviewer", None)).unwrap_err();
    assert_eq!(silent.refusal, Refusal::Argument);
    province.lend(TAIYUAN, undo("reviewer", why())).unwrap();
    province.advance(5_000);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
}

#[test]
fn where_the_center_asks_for_two_persons_another_one_pays() {
    let mut province = Province::that_lends();
    let node = province.nodes.remove(&TAIYUAN).unwrap();
    let mut settings = node.engine.settings().clone();
    settings.policy.loan_needs_reviewer = true;
    let store = node.engine.into_store();
    let engine = crate::engine::Engine::open(store, settings, province.now).unwrap();
    province.nodes.insert(TAIYUAN, crate::testing::TestNode { engine, ..node });
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::Operator);
    let pay = LendingCommand::Pay {
        operator: OperatorId::parse("reviewer").unwrap(),
        intent: named("DK-1"),
        contract: LoanContract::parse("JK-1").unwrap(),
    };
    assert_eq!(province.lend(TAIYUAN, pay).unwrap().stored.state, IntentState::Paid);
}

#[test]
fn an_application_is_taken_in_once_and_a_household_applies_once_at_a_center() {
    let mut province = Province::that_lends();
    let first = province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(1_000);
    let again = province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    assert_eq!(first.stored.intent, again.stored.intent);
    let other = province.apply(TAIYUAN, "DK-1", &[ZHOU]).unwrap_err();
    assert_eq!(other.refusal, Refusal::IdReused);
    let second = province.apply(TAIYUAN, "DK-2", &[ZHOU, LI]).unwrap_err();
    assert_eq!(second.refusal, Refusal::IntentOpen);
    province.withdraw_intent(TAIYUAN, "DK-1").unwrap();
    province.apply(TAIYUAN, "DK-2", &[ZHOU, LI]).unwrap();
}

#[test]
fn an_application_that_nobody_pays_out_lapses() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(180 * LEASE_MS + 60_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), IntentState::Expired);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
}

#[test]
fn before_the_authority_has_opened_lending_nobody_pays_out() {
    let mut province = Province::new();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    let refused = province.payout(TAIYUAN, "DK-1").unwrap_err();
    assert_eq!(refused.refusal, Refusal::LendingClosed);
    province.open_lending();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
}

#[test]
fn a_loan_that_came_in_under_a_lease_stops_its_payout() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI, ZHANG]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    let running = loan(DATONG, "JK-1", &[ZHANG]);
    province.import(DATONG, vec![ImportItem::Loan(Box::new(running))]).unwrap();
    province.advance(5_000);
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(held(HoldReason::LoanRuns(DATONG))));
}

#[test]
fn a_center_that_may_not_act_asks_for_no_lease_and_pays_on_none() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.apply(TAIYUAN, "DK-2", &[WANG]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    // A node that was started alone does not know yet whether its store is whole.
    province.cut_off(TAIYUAN);
    province.restart(TAIYUAN);
    for refused in [province.pay(TAIYUAN, "DK-1"), province.payout(TAIYUAN, "DK-2")] {
        assert_eq!(refused.unwrap_err().refusal, Refusal::Recovering);
    }
    province.cut.clear();
    province.connect_all();
    province.advance(20_000);
    province.command(AUTHORITY, Command::Net(NetCommand::Suspend(TAIYUAN))).unwrap();
    province.advance(5_000);
    for refused in [province.pay(TAIYUAN, "DK-1"), province.payout(TAIYUAN, "DK-2")] {
        assert_eq!(refused.unwrap_err().refusal, Refusal::Suspended);
    }
}
