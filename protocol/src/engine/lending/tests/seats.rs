//! Who may grant and ask at all, and what members that were seated later are told.
//!
//! **Promises.** A witness that may not act grants nothing, and no center gets what it may not ask for.
//! **Left to others.** Which seats a roster may change: `roster::check`.

use super::duties::{answered, first, request};
use super::witnesses::pass;
use crate::account::SerialNumber;
use crate::center::{CenterCode, Role};
use crate::dossier::Wish;
use crate::engine::command::{Command, Reply};
use crate::engine::heartbeats;
use crate::engine::lending::desk::LendingCommand;
use crate::engine::lending::{HoldReason, IntentState, seen, witness};
use crate::engine::operator::OperatorId;
use crate::engine::rosters::command::{NetCommand, NetReply};
use crate::id::PayloadHash;
use crate::limits::LEASE_MS;
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::lending::{LeaseAnswer, LeaseRequest};
use crate::testing::lending::{HOUR, held, named, words};
use crate::testing::people::{LI, WANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, MEMBERS, Province, TAIYUAN, admit};

fn net(province: &mut Province, command: NetCommand) {
    province.command(AUTHORITY, Command::Net(command)).unwrap();
    province.connect_all();
    province.advance(5_000);
}

#[test]
fn a_witness_that_is_suspended_grants_nothing_until_it_is_reinstated() {
    let mut province = Province::that_lends();
    let asked = request(&mut province);
    net(&mut province, NetCommand::Suspend(DATONG));
    assert_eq!(answered(&mut province, &asked).unwrap_err(), Refusal::NotGranted);
    assert_eq!(first(&mut province, asked.intent.household[0]), None);
    net(&mut province, NetCommand::Reinstate(DATONG));
    answered(&mut province, &asked).unwrap();
}

#[test]
fn a_center_that_is_suspended_is_granted_nothing_until_it_is_reinstated() {
    let mut province = Province::that_lends();
    let asked = request(&mut province);
    net(&mut province, NetCommand::Suspend(TAIYUAN));
    assert_eq!(answered(&mut province, &asked).unwrap_err(), Refusal::Suspended);
    assert_eq!(first(&mut province, asked.intent.household[0]), None);
    net(&mut province, NetCommand::Reinstate(TAIYUAN));
    answered(&mut province, &asked).unwrap();
}

/// Three witnesses of a province, and Linfen, which is seated once an application has its lease.
fn seated_later(witness_after: impl FnOnce(&mut Province)) -> Province {
    let mut province = Province::of(&MEMBERS[..3]);
    province.open_lending();
    pass(&mut province, LEASE_MS + 2 * HOUR);
    witness_after(&mut province);
    admit(&mut province, LINFEN);
    let file = province.command(AUTHORITY, Command::Net(NetCommand::JoinFile)).unwrap();
    let Reply::Net(NetReply::JoinFile(file)) = *file else { panic!("another reply") };
    province.join(LINFEN, Role::Center, &file);
    province.connect_all();
    province.advance(30_000);
    province
}

/// What a witness answers now to the last request of Taiyuan, as if it came only now.
fn late(province: &mut Province, to: CenterCode, serial: &str) -> Result<LeaseAnswer, Refusal> {
    let stored = province.intent_at(TAIYUAN, serial).stored;
    let roster = province.nodes[&to].engine.roster();
    let request = LeaseRequest {
        from: TAIYUAN,
        to,
        issued_at: stored.attempt.unwrap().asked_at,
        intent: stored.intent,
        witnesses_of: roster.lending.unwrap().changed_in,
    };
    province.act(to, |round| witness::answer(round, &request, PayloadHash::new([7; 32])).unwrap())
}

#[test]
fn a_witness_that_was_seated_since_is_told_that_an_application_is_over() {
    let mut province = seated_later(|province| {
        for (serial, whose) in [("DK-1", LI), ("DK-2", WANG)] {
            province.apply(TAIYUAN, serial, &[whose]).unwrap();
            assert_eq!(province.payout(TAIYUAN, serial), Ok(IntentState::Leased));
        }
        assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(IntentState::Paid));
    });
    late(&mut province, LINFEN, "DK-1").unwrap();
    late(&mut province, LINFEN, "DK-2").unwrap();
    let undo = LendingCommand::Withdraw {
        operator: OperatorId::parse("reviewer").unwrap(),
        intent: named("DK-1"),
        remark: Some(words("银行退回放款")),
    };
    province.lend(TAIYUAN, undo).unwrap();
    province.withdraw_intent(TAIYUAN, "DK-2").unwrap();
    province.advance(5_000);
    for (witness, serial) in [(LINFEN, "DK-1"), (LINFEN, "DK-2"), (DATONG, "DK-1")] {
        let refused = late(&mut province, witness, serial).unwrap_err();
        assert_eq!(refused, Refusal::LeaseEnded, "{witness} {serial}");
    }
}

#[test]
fn a_member_without_a_seat_grants_nothing() {
    let mut province = Province::of(&MEMBERS[..3]);
    let drop = NetCommand::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]);
    let mut four = Province::new();
    net(&mut four, drop);
    four.open_lending();
    four.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    assert_eq!(four.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    assert_eq!(late(&mut four, LINFEN, "DK-1").unwrap_err(), Refusal::NotGranted);
    late(&mut four, DATONG, "DK-1").unwrap();
    // Two of three are a majority, one is none.
    province.open_lending();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.cut_off(TAIYUAN);
    province.payout(TAIYUAN, "DK-1").unwrap();
    province.advance(60_000);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::NoMajority));
}

#[test]
fn a_node_that_may_have_forgotten_leaves_says_that_its_log_is_not_all_of_them() {
    let mut province = Province::that_lends();
    province.advance(60_000);
    let ahead = |province: &mut Province| {
        province.act(AUTHORITY, |round| {
            let row = heartbeats::latest(round.view, TAIYUAN).unwrap().unwrap();
            (row.heartbeat.leaves_ahead, witness::shown(round, TAIYUAN).unwrap().is_some())
        })
    };
    assert_eq!(ahead(&mut province), (0, true));
    // It hears the authority alone, which is no majority of its witnesses.
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    province.restart(TAIYUAN);
    province.advance(60_000);
    assert_eq!(ahead(&mut province), (u64::MAX, false), "no lease ends by its silence");
}

#[test]
fn a_lookup_for_a_loan_shows_the_applications_elsewhere_and_a_question_to_one_center_none() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(5_000);
    let wish = |purpose, to| Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to,
        kind: QueryKind::Dossier,
        purpose,
        subjects: vec![person(LI)],
        transfer: None,
        consent: None,
        serial: SerialNumber::parse("DK-9").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    for (at, purpose, to, seen) in [
        (LINFEN, Purpose::LoanApplication, None, 1),
        (LINFEN, Purpose::LoanPayout, None, 1),
        (LINFEN, Purpose::LoanPayout, Some(TAIYUAN), 0),
        (LINFEN, Purpose::Transfer, None, 0),
        (TAIYUAN, Purpose::LoanApplication, None, 0),
    ] {
        let wish = wish(purpose, to);
        let found = province.act(at, |round| seen::seen_by(round, &wish).unwrap());
        assert_eq!(found.len(), seen, "{at} {purpose:?} {to:?}");
    }
}

#[test]
fn witnesses_that_are_behind_do_not_count_among_those_who_have_taken_a_change() {
    let mut province = Province::new();
    // Two of the four are heard and hear nothing.
    for away in [DATONG, LINFEN] {
        province.cut.insert((AUTHORITY, away));
    }
    province.command(AUTHORITY, Command::Net(NetCommand::OpenLending)).unwrap();
    province.advance(120_000);
    province.now = province.now.plus_ms(LEASE_MS + 2 * HOUR);
    let drop = Command::Net(NetCommand::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]));
    let refused = province.command(AUTHORITY, drop).unwrap_err();
    let why = refused.detail.unwrap();
    assert!(why.contains("the witnesses of before"), "{why}");
}
