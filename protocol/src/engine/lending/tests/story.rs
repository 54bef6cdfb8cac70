//! Story 10 with leases: two cities, one household, at one moment.

use crate::authority::alert_rule::AlertRule;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::lending::desk::{LendingCommand, LendingReply};
use crate::engine::lending::{HoldReason, IntentState};
use crate::limits::LEASE_MS;
use crate::testing::lending::held;
use crate::testing::people::{LI, WANG};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

#[test]
fn the_later_application_is_held_and_the_authority_is_told() {
    let mut province = Province::that_lends();
    // Linfen at 10:02:11, Taiyuan three seconds later; each sees the other's.
    province.apply(LINFEN, "DK-1", &[LI]).unwrap();
    province.advance(3_000);
    let second = province.apply(TAIYUAN, "DK-2", &[LI, WANG]).unwrap();
    assert_eq!(second.seen.len(), 1, "it is shown and blocks nothing");
    assert_eq!(second.seen[0].center, LINFEN);
    province.advance(3_000);
    assert_eq!(alerts(&mut province, AlertRule::DoubleIntent), 1);
    assert_eq!(province.payout(TAIYUAN, "DK-2"), Ok(held(HoldReason::EarlierIntent(LINFEN))));
    let asked = province.intent_at(TAIYUAN, "DK-2").stored.attempt;
    assert_eq!(asked, None, "who comes later asks for no lease");
    assert_eq!(province.payout(LINFEN, "DK-1"), Ok(IntentState::Leased));
    assert_eq!(province.pay(LINFEN, "DK-1"), Ok(IntentState::Paid));
    province.advance(3_000);
    assert_eq!(province.payout(TAIYUAN, "DK-2"), Ok(held(HoldReason::LoanRuns(LINFEN))));
    province.withdraw_intent(TAIYUAN, "DK-2").unwrap();
    province.advance(3_000);
    assert_eq!(alerts(&mut province, AlertRule::DoubleIntent), 0);
}

fn alerts(province: &mut Province, rule: AlertRule) -> usize {
    let filter = AlertFilter { rule: Some(rule), ..AlertFilter::unfinished(9) };
    let command = Command::Alerts(AlertCommand::List(filter));
    let Reply::Alerts(AlertReply::Alerts(found)) = *province.command(AUTHORITY, command).unwrap()
    else {
        panic!("another reply");
    };
    found.iter().filter(|alert| alert.is_present).count()
}

#[test]
fn of_two_requests_that_split_the_witnesses_the_earlier_application_goes_first() {
    let mut province = Province::that_lends();
    // Neither sees the other: each has half of the witnesses.
    for (from, to) in [(TAIYUAN, LINFEN), (TAIYUAN, DATONG), (LINFEN, AUTHORITY)] {
        province.cut.extend([(from, to), (to, from)]);
    }
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.now = province.now.plus_ms(1);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Asking), "its own, the authority");
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Asking), "its own, Datong");
    province.cut.clear();
    province.connect_all();
    province.advance(30_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), IntentState::Leased);
    assert_eq!(province.standing_of(LINFEN, "DK-2"), held(HoldReason::EarlierIntent(TAIYUAN)));
}

#[test]
fn a_city_that_falls_silent_with_a_lease_is_waited_for_until_its_log_is_seen() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.cut_off(TAIYUAN);
    // Nobody hears of the payout.
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(IntentState::Paid));
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    for _ in 0..3 {
        assert_ne!(province.payout(LINFEN, "DK-2").unwrap(), IntentState::Leased);
        province.advance(LEASE_MS);
    }
    assert!(matches!(province.standing_of(LINFEN, "DK-2"), IntentState::Held(_)));
    province.cut.clear();
    province.connect_all();
    province.advance(120_000);
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(held(HoldReason::LoanRuns(TAIYUAN))));
}

#[test]
fn a_lease_whose_end_was_lost_is_over_once_its_city_has_shown_its_log_past_it() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    // Taiyuan loses its outbox with the lease: it lives on, and never says the end.
    province.act(TAIYUAN, |round| {
        let mut stored = super::super::intents(round.view).unwrap().remove(0);
        stored.state = IntentState::Expired;
        super::super::put(round.view, &stored);
    });
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    province.advance(LEASE_MS - 60_000);
    province.act(LINFEN, |round| {
        // As if the application of Taiyuan had not come in: the witnesses alone stand in the way.
        let stored = super::super::intents(round.view).unwrap().remove(0);
        assert_eq!(stored.intent.center, LINFEN);
    });
    assert_ne!(province.payout(LINFEN, "DK-2").unwrap(), IntentState::Leased);
    province.advance(180_000);
    let log = super::witnesses::leases_at(&mut province, DATONG);
    assert!(log.iter().all(|lease| lease.center != TAIYUAN || lease.is_over));
}

#[test]
fn what_changes_elsewhere_becomes_a_task_at_the_lender_until_a_clerk_has_looked() {
    let mut province = Province::that_lends();
    let opened = province.apply(LINFEN, "DK-1", &[LI]).unwrap();
    province.advance(2_000);
    province.apply(TAIYUAN, "DK-2", &[LI]).unwrap();
    province.advance(2_000);
    province.withdraw_intent(TAIYUAN, "DK-2").unwrap();
    province.advance(2_000);
    let tasks = province.intent_at(LINFEN, "DK-1").tasks;
    let [task] = tasks[..] else { panic!("one task a center: {tasks:?}") };
    assert_eq!((task.center, task.count), (TAIYUAN, 2));
    assert_eq!(task.status, crate::digest::DigestStatus::IntentWithdrawn);
    let done = LendingCommand::TaskDone {
        operator: crate::testing::lending::clerk(),
        watcher: super::super::watch::Watcher::Intent(opened.stored.intent.id()),
        center: TAIYUAN,
    };
    let reply = province.command(LINFEN, Command::Lending(Box::new(done))).unwrap();
    let Reply::Lending(LendingReply::Tasks(left)) = *reply else { panic!("another reply") };
    assert_eq!(left, []);
    // An application that is over watches no more.
    province.withdraw_intent(LINFEN, "DK-1").unwrap();
    province.apply(DATONG, "DK-3", &[LI]).unwrap();
    province.advance(2_000);
    assert_eq!(province.intent_at(LINFEN, "DK-1").tasks, []);
}
