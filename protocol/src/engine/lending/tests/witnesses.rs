//! Witnesses that forgot, that are new, that change; and the authority's ruling.

use crate::authority::dialogue::CaseRemark;
use crate::center::CenterCode;
use crate::engine::command::{Command, Reply};
use crate::engine::lending::desk::{LendingCommand, LendingReply};
use crate::engine::lending::ruling::RulingOrder;
use crate::engine::lending::witness::LeaseView;
use crate::engine::lending::{self, HoldReason, IntentState};
use crate::engine::operator::OperatorId;
use crate::engine::rosters::command::NetCommand;
use crate::limits::LEASE_MS;
use crate::refusal::Refusal;
use crate::testing::lending::{HOUR, held};
use crate::testing::people::LI;
use crate::testing::{AUTHORITY, DATONG, LINFEN, MEMBERS, Province, TAIYUAN};

pub(super) fn leases_at(province: &mut Province, at: CenterCode) -> Vec<LeaseView> {
    listed(province, at).0
}

pub(super) fn listed(
    province: &mut Province,
    at: CenterCode,
) -> (Vec<LeaseView>, Option<crate::time::Timestamp>) {
    let command = Command::Lending(Box::new(LendingCommand::Leases));
    let reply = province.command(at, command).unwrap();
    let Reply::Lending(LendingReply::Leases(leases, withheld)) = *reply else {
        panic!("another reply")
    };
    (leases, withheld)
}

/// Waits, with every node heard once an hour.
pub(super) fn pass(province: &mut Province, ms: i64) {
    let mut left = ms;
    while left > 0 {
        province.advance(HOUR.min(left));
        left -= HOUR;
    }
}

#[test]
fn a_witness_keeps_its_first_intent_through_a_crash() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    let before = leases_at(&mut province, DATONG);
    assert_eq!(before.len(), 1);
    province.restart(DATONG);
    assert_eq!(leases_at(&mut province, DATONG), before);
}

#[test]
fn a_restored_witness_grants_nothing_until_every_center_was_heard_past_a_lease() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.act(DATONG, |round| lending::restarted_from_backup(round).unwrap());
    province.act(AUTHORITY, |round| lending::restarted_from_backup(round).unwrap());
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.advance(60_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::NoMajority), "two of four");
    pass(&mut province, LEASE_MS - HOUR);
    assert!(listed(&mut province, DATONG).1.is_some(), "not a lease yet");
    province.cut_off(LINFEN);
    pass(&mut province, 3 * HOUR);
    assert!(listed(&mut province, DATONG).1.is_some(), "Linfen was not heard past a lease");
    province.cut.clear();
    province.connect_all();
    pass(&mut province, HOUR);
    assert_eq!(listed(&mut province, DATONG).1, None);
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
}

#[test]
fn a_restored_witness_counts_the_lease_from_the_first_word_of_each_center() {
    let mut province = Province::that_lends();
    province.cut_off(LINFEN);
    province.act(DATONG, |round| lending::restarted_from_backup(round).unwrap());
    pass(&mut province, LEASE_MS + 2 * HOUR);
    assert!(listed(&mut province, DATONG).1.is_some(), "Linfen was never heard");
    province.cut.clear();
    province.connect_all();
    pass(&mut province, 2 * HOUR);
    assert!(listed(&mut province, DATONG).1.is_some(), "not a lease since its first word");
    pass(&mut province, LEASE_MS);
    assert_eq!(listed(&mut province, DATONG).1, None);
}

#[test]
fn a_member_that_becomes_a_witness_again_grants_nothing_yet() {
    let mut province = Province::that_lends();
    assert_eq!(listed(&mut province, LINFEN).1, None, "a founder grants");
    province.act(LINFEN, |round| {
        let mut before = (*round.roster).clone();
        before.witnesses.retain(|witness| *witness != LINFEN);
        lending::on_roster(round, &before).unwrap();
    });
    assert!(listed(&mut province, LINFEN).1.is_some());
}

#[test]
fn a_center_that_was_restored_pays_on_no_lease_of_before() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.act(TAIYUAN, |round| lending::restarted_from_backup(round).unwrap());
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::Restored));
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::LeaseEnded);
}

#[test]
fn a_newly_listed_witness_grants_nothing_for_a_lease_and_the_founders_do() {
    let mut province = Province::of(&MEMBERS[..3]);
    province.open_lending();
    pass(&mut province, LEASE_MS + 2 * HOUR);
    crate::testing::admit(&mut province, LINFEN);
    let Reply::Net(crate::engine::rosters::command::NetReply::JoinFile(file)) =
        *province.command(AUTHORITY, Command::Net(NetCommand::JoinFile)).unwrap()
    else {
        panic!("another reply");
    };
    province.join(LINFEN, crate::center::Role::Center, &file);
    province.connect_all();
    province.advance(30_000);
    assert!(listed(&mut province, LINFEN).1.is_some());
    assert_eq!(listed(&mut province, TAIYUAN).1, None);
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    let Ok(IntentState::Leased) = province.payout(TAIYUAN, "DK-1") else {
        panic!("three of four grant")
    };
    let view = province.intent_at(TAIYUAN, "DK-1");
    assert_eq!(view.majority, 3);
}

#[test]
fn the_authority_drops_a_witness_only_once_every_center_was_heard_past_a_lease() {
    let mut province = Province::that_lends();
    let drop = || NetCommand::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]);
    let soon = province.command(AUTHORITY, Command::Net(drop())).unwrap_err();
    assert_eq!(soon.refusal, Refusal::WrongState);
    province.cut_off(TAIYUAN);
    pass(&mut province, LEASE_MS + 2 * HOUR);
    let silent = province.command(AUTHORITY, Command::Net(drop())).unwrap_err();
    assert!(silent.detail.is_some_and(|detail| detail.contains("140100")), "Taiyuan is silent");
    province.cut.clear();
    province.connect_all();
    pass(&mut province, HOUR);
    province.command(AUTHORITY, Command::Net(drop())).unwrap();
    assert_eq!(province.node(AUTHORITY).engine.roster().witnesses.len(), 3);
}

#[test]
fn a_witness_that_is_suspended_keeps_its_seat_and_counts_against_everybody() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    for center in [DATONG, LINFEN] {
        province.command(AUTHORITY, Command::Net(NetCommand::Suspend(center))).unwrap();
        province.advance(2_000);
    }
    province.connect_all();
    province.advance(20_000);
    assert_eq!(province.node(TAIYUAN).engine.roster().witnesses.len(), 4);
    assert_ne!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    province.advance(60_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::NoMajority));
}

#[test]
fn the_lease_of_a_silent_center_ends_by_the_authoritys_ruling() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    let intent = province.intent_at(TAIYUAN, "DK-1").stored.intent.id();
    province.cut_off(TAIYUAN);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_ne!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
    let rule = |at: &str, paid| {
        LendingCommand::Rule(Box::new(RulingOrder {
            operator: OperatorId::parse(at).unwrap(),
            center: TAIYUAN,
            intent: Some(intent),
            asked_until: None,
            paid,
            remark: CaseRemark::parse("已与该中心核实未放款").unwrap(),
        }))
    };
    let elsewhere = Command::Lending(Box::new(rule("reviewer", false)));
    let refused = province.command(DATONG, elsewhere).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotGranted);
    province.command(AUTHORITY, Command::Lending(Box::new(rule("reviewer", false)))).unwrap();
    province.advance(40_000);
    assert_eq!(leases_at(&mut province, DATONG), []);
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased), "Taiyuan is in no way");
    // The ruling reaches the silent center when it is back.
    province.cut.clear();
    province.connect_all();
    province.advance(10_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::Ruled));
}

#[test]
fn a_ruling_that_the_loan_was_paid_stops_everybody_else() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    let intent = province.intent_at(TAIYUAN, "DK-1").stored.intent.id();
    let order = RulingOrder {
        operator: OperatorId::parse("reviewer").unwrap(),
        center: TAIYUAN,
        intent: Some(intent),
        asked_until: None,
        paid: true,
        remark: CaseRemark::parse("该中心确认已放款").unwrap(),
    };
    let command = Command::Lending(Box::new(LendingCommand::Rule(Box::new(order))));
    province.command(AUTHORITY, command).unwrap();
    province.advance(5_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::Ruled));
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(held(HoldReason::LoanRuns(TAIYUAN))));
}
