//! What a witness makes of a request by another roster and of a ruling while it grants nothing, and
//! what lists show.

use super::witnesses::leases_at;
use crate::center::CenterCode;
use crate::engine::command::{Command, Reply};
use crate::engine::lending::desk::{LendingCommand, LendingReply};
use crate::engine::lending::ruling::RulingOrder;
use crate::engine::lending::witness;
use crate::engine::lending::{self, HoldReason, IntentState};
use crate::engine::operator::OperatorId;
use crate::id::{PayloadHash, SubjectTag};
use crate::lending::intent::Intent;
use crate::limits::LEASE_MS;
use crate::loan::LoanContract;
use crate::refusal::Refusal;
use crate::statement::lending::LeaseRequest;
use crate::subject::TagEpoch;
use crate::testing::lending::{HOUR, clerk, named};
use crate::testing::people::{LI, ZHANG, ZHOU};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::time::Timestamp;
use crate::wire::DeliveryReply;

fn intent_of(byte: u8) -> Intent {
    let household = (TagEpoch(1), vec![SubjectTag::new([byte; 32])]);
    Intent::new(TAIYUAN, Timestamp::from_ms(1), household)
}

#[test]
fn a_request_by_a_newer_roster_is_asked_for_again_and_one_by_an_older_is_refused() {
    let mut province = Province::that_lends();
    let ask = |province: &mut Province, witnesses_of: u64| {
        let request = LeaseRequest {
            from: TAIYUAN,
            to: DATONG,
            issued_at: province.now,
            intent: intent_of(1),
            witnesses_of,
        };
        province.act(DATONG, |round| {
            witness::on_request(round, &request, PayloadHash::new([1; 32])).unwrap()
        })
    };
    let lending = province.node(DATONG).engine.roster().lending.unwrap();
    let changed = Refusal::WitnessesChanged;
    let newer = ask(&mut province, lending.changed_in + 1);
    assert_eq!(newer, DeliveryReply::Later(changed));
    let older = ask(&mut province, lending.changed_in - 1);
    assert_eq!(older, DeliveryReply::Refused(changed));
    // A witness that has not heard yet that lending was opened waits for the roster that says so.
    let mut closed = Province::new();
    let version = closed.node(DATONG).engine.roster().version;
    assert_eq!(ask(&mut closed, version + 1), DeliveryReply::Later(changed));
    for told in [version, version - 1] {
        let refused = DeliveryReply::Refused(Refusal::LendingClosed);
        assert_eq!(ask(&mut closed, told), refused);
    }
}

#[test]
fn a_ruling_on_a_silent_center_frees_a_restored_witness_when_it_is_about_what_it_forgot() {
    let mut province = Province::that_lends();
    province.advance(HOUR);
    let long_ago = province.now.plus_ms(-HOUR / 2);
    province.act(DATONG, |round| lending::restarted_from_backup(round).unwrap());
    province.cut_off(LINFEN);
    for _ in 0..LEASE_MS / HOUR + 3 {
        province.advance(HOUR);
    }
    assert!(withheld(&mut province, DATONG).is_some(), "Linfen is silent");
    for (asked_until, frees) in [(Some(long_ago), false), (None, true)] {
        let order = RulingOrder {
            operator: OperatorId::parse("reviewer").unwrap(),
            center: LINFEN,
            intent: None,
            asked_until,
            paid: false,
            remark: crate::authority::dialogue::CaseRemark::parse("该中心失联").unwrap(),
        };
        let command = Command::Lending(Box::new(LendingCommand::Rule(Box::new(order))));
        province.command(AUTHORITY, command).unwrap();
        province.advance(HOUR);
        assert_eq!(withheld(&mut province, DATONG).is_none(), frees, "{asked_until:?}");
    }
}

fn withheld(province: &mut Province, at: CenterCode) -> Option<Timestamp> {
    let command = Command::Lending(Box::new(LendingCommand::Leases));
    let reply = province.command(at, command).unwrap();
    let Reply::Lending(LendingReply::Leases(_, withheld)) = *reply else { panic!("another reply") };
    withheld
}

fn listed(province: &mut Province, all: bool) -> Vec<IntentState> {
    let command = Command::Lending(Box::new(LendingCommand::List { all }));
    let reply = province.command(TAIYUAN, command).unwrap();
    let Reply::Lending(LendingReply::Intents(views)) = *reply else { panic!("another reply") };
    assert!(views.is_sorted_by_key(|view| core::cmp::Reverse(view.stored.intent.issued_at)));
    views.into_iter().map(|view| view.stored.state).collect()
}

#[test]
fn a_list_shows_what_is_open_and_what_is_over_when_asked() {
    let mut province = Province::that_lends();
    for (serial, whose) in [("DK-1", LI), ("DK-2", ZHOU)] {
        province.apply(TAIYUAN, serial, &[whose]).unwrap();
        province.advance(1_000);
    }
    province.withdraw_intent(TAIYUAN, "DK-1").unwrap();
    assert_eq!(listed(&mut province, false), [IntentState::Open]);
    assert_eq!(listed(&mut province, true), [IntentState::Open, IntentState::Withdrawn]);
}

#[test]
fn a_lease_on_a_household_of_two_is_listed_once() {
    let mut province = Province::that_lends();
    for (serial, household) in [("DK-1", &[LI, ZHANG][..]), ("DK-2", &[ZHOU])] {
        province.apply(TAIYUAN, serial, household).unwrap();
        province.payout(TAIYUAN, serial).unwrap();
    }
    province.advance(5_000);
    assert_eq!(leases_at(&mut province, DATONG).len(), 2);
}

#[test]
fn a_loan_that_was_paid_out_is_not_paid_out_under_another_contract() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.pay(TAIYUAN, "DK-1").unwrap();
    let again = LendingCommand::Pay {
        operator: clerk(),
        intent: named("DK-1"),
        contract: LoanContract::parse("JK-OTHER").unwrap(),
    };
    assert_eq!(province.lend(TAIYUAN, again).unwrap_err().refusal, Refusal::WrongState);
}

#[test]
fn each_reason_to_hold_a_payout_has_a_word_of_its_own_and_names_the_center_in_the_way() {
    let elsewhere = [HoldReason::EarlierIntent, HoldReason::LoanRuns, HoldReason::LeasedElsewhere];
    let elsewhere = elsewhere.map(|reason| reason(LINFEN));
    let alone = [
        HoldReason::NoMajority,
        HoldReason::LeaseRanOut,
        HoldReason::WitnessesChanged,
        HoldReason::Ruled,
        HoldReason::Restored,
    ];
    assert!(elsewhere.iter().all(|reason| reason.center() == Some(LINFEN)));
    assert!(alone.iter().all(|reason| reason.center().is_none()));
    let words: std::collections::BTreeSet<&str> =
        elsewhere.iter().chain(&alone).map(|reason| reason.word()).collect();
    assert_eq!(words.len(), 8);
    assert_eq!(HoldReason::NoMajority.word(), "no-majority");
}
