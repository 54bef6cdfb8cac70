//! What the authority may rule, and what a ruling ends.
//!
//! **Promises.** Every order is one change away from one that is carried out.
//! **Left to others.** What a restored witness makes of a ruling: `other_rosters`.

use super::duties::{answered, first, request};
use super::witnesses::leases_at;
use crate::authority::dialogue::CaseRemark;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::command::{Command, Reply};
use crate::engine::lending::desk::{LendingCommand, LendingReply};
use crate::engine::lending::ruling::{self, RulingOrder};
use crate::engine::lending::witness::loans::loans;
use crate::engine::lending::{HoldReason, IntentState};
use crate::engine::operator::OperatorId;
use crate::engine::output::CommandRefusal;
use crate::engine::rosters::command::NetCommand;
use crate::id::IntentId;
use crate::refusal::Refusal;
use crate::statement::lending::LeaseRuling;
use crate::testing::lending::held;
use crate::testing::people::{LI, WANG, ZHOU};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

fn order() -> RulingOrder {
    RulingOrder {
        operator: OperatorId::parse("reviewer").unwrap(),
        center: TAIYUAN,
        intent: None,
        asked_until: None,
        paid: false,
        remark: CaseRemark::parse("该中心失联").unwrap(),
    }
}

/// Gives an order, and says how many members are told.
fn rule(
    province: &mut Province,
    at: CenterCode,
    order: RulingOrder,
) -> Result<usize, CommandRefusal> {
    let command = Command::Lending(Box::new(LendingCommand::Rule(Box::new(order))));
    let reply = province.command(at, command)?;
    let Reply::Lending(LendingReply::Ruled(told)) = *reply else { panic!("another reply") };
    province.advance(5_000);
    Ok(told)
}

fn id_of(province: &mut Province, serial: &str) -> IntentId {
    province.intent_at(TAIYUAN, serial).stored.intent.id()
}

#[test]
fn the_authority_rules_on_centers_of_its_network_and_on_requests_of_the_past() {
    let mut province = Province::that_lends();
    let now = province.now;
    let id = Some(IntentId::new([3; 32]));
    let stranger = OperatorId::parse("stranger").unwrap();
    let nobody = CenterCode::parse("149900").unwrap();
    for (what, order, refusal) in [
        ("nobody of its own", RulingOrder { operator: stranger, ..order() }, Refusal::Operator),
        ("on a stranger", RulingOrder { center: nobody, ..order() }, Refusal::NotFound),
        ("on itself", RulingOrder { center: AUTHORITY, ..order() }, Refusal::NotFound),
        ("paid, by no intent", RulingOrder { paid: true, ..order() }, Refusal::Argument),
        (
            "on the future",
            RulingOrder { asked_until: Some(now.plus_ms(1)), ..order() },
            Refusal::Argument,
        ),
    ] {
        let refused = rule(&mut province, AUTHORITY, order).unwrap_err();
        assert_eq!(refused.refusal, refusal, "{what}");
    }
    let refused = rule(&mut province, TAIYUAN, order()).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotGranted);
    let asked_until = Some(province.now);
    let right = RulingOrder { asked_until, intent: id, paid: true, ..order() };
    assert_eq!(rule(&mut province, AUTHORITY, right).unwrap(), 4);
    let mut closed = Province::new();
    let refused = rule(&mut closed, AUTHORITY, order()).unwrap_err();
    assert_eq!(refused.refusal, Refusal::LendingClosed);
}

#[test]
fn a_ruling_is_told_to_every_member_that_is_not_cut_off() {
    let mut province = Province::that_lends();
    province.command(AUTHORITY, Command::Net(NetCommand::Suspend(DATONG))).unwrap();
    assert_eq!(rule(&mut province, AUTHORITY, order()).unwrap(), 4, "a suspended one is told");
    let revoke = NetCommand::Revoke { center: LINFEN, takeover: TAIYUAN, compromised: false };
    province.command(AUTHORITY, Command::Net(revoke)).unwrap();
    assert_eq!(rule(&mut province, AUTHORITY, order()).unwrap(), 3);
}

#[test]
fn a_ruling_on_one_application_leaves_the_others_of_its_center_alone() {
    let mut province = Province::that_lends();
    for (serial, whose) in [("DK-1", LI), ("DK-2", WANG), ("DK-3", ZHOU)] {
        province.apply(TAIYUAN, serial, &[whose]).unwrap();
    }
    for serial in ["DK-1", "DK-2"] {
        assert_eq!(province.payout(TAIYUAN, serial), Ok(IntentState::Leased));
    }
    province.advance(1_000);
    let one = Some(id_of(&mut province, "DK-1"));
    rule(&mut province, AUTHORITY, RulingOrder { intent: one, ..order() }).unwrap();
    let states = |province: &mut Province| {
        ["DK-1", "DK-2", "DK-3"].map(|serial| province.standing_of(TAIYUAN, serial))
    };
    let ruled = held(HoldReason::Ruled);
    assert_eq!(states(&mut province), [ruled, IntentState::Leased, IntentState::Open]);
    assert_eq!(leases_at(&mut province, DATONG).len(), 1);
    let before = Some(province.now.plus_ms(-60_000));
    rule(&mut province, AUTHORITY, RulingOrder { asked_until: before, ..order() }).unwrap();
    assert_eq!(states(&mut province)[1], IntentState::Leased, "it was asked for later");
    rule(&mut province, AUTHORITY, order()).unwrap();
    assert_eq!(states(&mut province), [ruled, ruled, IntentState::Open], "nobody had asked");
    assert_eq!(leases_at(&mut province, DATONG), []);
}

#[test]
fn a_ruling_on_every_application_of_a_center_says_nothing_of_a_payout() {
    let mut province = Province::that_lends();
    let asked = request(&mut province);
    answered(&mut province, &asked).unwrap();
    let tag = asked.intent.household[0];
    let said = LeaseRuling {
        from: AUTHORITY,
        to: DATONG,
        issued_at: province.now,
        center: TAIYUAN,
        intent: None,
        asked_until: asked.issued_at,
        paid: true,
        remark: CaseRemark::parse("该中心失联").unwrap(),
    };
    let taken = province.act(DATONG, |round| ruling::on_ruling(round, &said).unwrap());
    assert_eq!(taken, Err(Refusal::Malformed));
    assert_eq!(first(&mut province, tag), Some(TAIYUAN), "it ended nothing");
    let right = LeaseRuling { paid: false, ..said };
    province.act(DATONG, |round| ruling::on_ruling(round, &right).unwrap()).unwrap();
    assert_eq!(first(&mut province, tag), None);
    assert_eq!(province.act(DATONG, |round| loans(round, tag).unwrap()), []);
    // The application that was ruled on is over for good: it may not be asked for as of before.
    assert_eq!(answered(&mut province, &asked).unwrap_err(), Refusal::LeaseEnded);
}

#[test]
fn a_witness_without_the_lease_knows_by_the_log_whom_a_ruling_calls_paid() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(5_000);
    let stored = province.intent_at(TAIYUAN, "DK-1").stored;
    assert_eq!(stored.published.digest().unwrap().status, DigestStatus::IntentOpen);
    let tag = stored.intent.household[0];
    let lenders = |province: &mut Province| {
        let known = province.act(LINFEN, |round| loans(round, tag).unwrap());
        known.into_iter().map(|loan| loan.center).collect::<Vec<_>>()
    };
    let intent = Some(stored.intent.id());
    // About another center's application of that name the log says nothing.
    let of_another = RulingOrder { center: DATONG, intent, paid: true, ..order() };
    rule(&mut province, AUTHORITY, of_another).unwrap();
    assert_eq!(lenders(&mut province), []);
    rule(&mut province, AUTHORITY, RulingOrder { intent, ..order() }).unwrap();
    assert_eq!(lenders(&mut province), [], "it was not paid out");
    rule(&mut province, AUTHORITY, RulingOrder { intent, paid: true, ..order() }).unwrap();
    assert_eq!(lenders(&mut province), [TAIYUAN]);
}

#[test]
fn an_earlier_application_that_was_ruled_on_stands_in_nobodys_way() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(5_000);
    province.apply(LINFEN, "DK-2", &[LI]).unwrap();
    let earlier = held(HoldReason::EarlierIntent(TAIYUAN));
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(earlier));
    // All leases of the center are over; which applications it still means to pay is not said.
    rule(&mut province, AUTHORITY, order()).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(earlier));
    let intent = Some(id_of(&mut province, "DK-1"));
    rule(&mut province, AUTHORITY, RulingOrder { intent, ..order() }).unwrap();
    assert_eq!(province.payout(LINFEN, "DK-2"), Ok(IntentState::Leased));
}
