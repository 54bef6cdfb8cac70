//! What a witness must not grant, what an end or a ruling must not end, and which answers count: each
//! statement alone, as a member that errs or lies could say it.
//!
//! **Promises.** Every statement is one change away from one that counts.
//! **Left to others.** Who counts at all, and signatures: `admission`, `cose`.

use super::witnesses::pass;
use crate::authority::dialogue::CaseRemark;
use crate::center::CenterCode;
use crate::engine::lending::witness::{self, first_lease, loans::loans};
use crate::engine::lending::{HoldReason, IntentState, asking, put, ruling};
use crate::engine::rosters::command::NetCommand;
use crate::engine::{command::Command, lending::WitnessReply};
use crate::id::{IntentId, PayloadHash, SubjectTag};
use crate::lending::intent::Intent;
use crate::lending::lease::payable_until;
use crate::limits::{LEASE_MS, LEASE_TRIES_MAX};
use crate::refusal::Refusal;
use crate::statement::lending::{
    FirstIntent, LeaseAnswer, LeaseEnd, LeaseOutcome, LeaseRequest, LeaseRuling, RunningLoan,
    TagAnswer,
};
use crate::subject::TagEpoch;
use crate::testing::lending::{HOUR, held};
use crate::testing::people::LI;
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::time::Timestamp;

const REQUEST: PayloadHash = PayloadHash::new([7; 32]);

/// An application in Taiyuan, and the request for a lease on it that Datong would get now.
pub(super) fn request(province: &mut Province) -> LeaseRequest {
    let intent = province.apply(TAIYUAN, "DK-1", &[LI]).unwrap().stored.intent;
    province.advance(1_000);
    let witnesses_of = province.nodes[&TAIYUAN].engine.roster().lending.unwrap().changed_in;
    let issued_at = province.now;
    LeaseRequest { from: TAIYUAN, to: DATONG, issued_at, intent, witnesses_of }
}

/// What Datong answers as a witness.
pub(super) fn answered(
    province: &mut Province,
    request: &LeaseRequest,
) -> Result<LeaseAnswer, Refusal> {
    province.act(DATONG, |round| witness::answer(round, request, REQUEST).unwrap())
}

/// Whose lease stands first at Datong for a person.
pub(super) fn first(province: &mut Province, tag: SubjectTag) -> Option<CenterCode> {
    let known = province.act(DATONG, |round| first_lease(round.view, tag).unwrap());
    known.map(|lease| lease.intent.center)
}

fn end_of(request: &LeaseRequest, outcome: LeaseOutcome, issued_at: Timestamp) -> LeaseEnd {
    LeaseEnd {
        from: request.from,
        to: DATONG,
        issued_at,
        intent: request.intent.clone(),
        asked_at: request.issued_at,
        outcome,
        loan: None,
    }
}

fn ended(province: &mut Province, end: &LeaseEnd) -> Result<(), Refusal> {
    province.act(DATONG, |round| witness::on_end(round, end).unwrap())
}

#[test]
fn a_witness_grants_only_what_its_center_may_ask_for_now() {
    let mut province = Province::that_lends();
    let good = request(&mut province);
    let (now, epoch) = (good.issued_at, good.intent.epoch);
    let household = good.intent.household.clone();
    let intent = |center, at, epoch| Intent::new(center, at, (epoch, household.clone()));
    let with = |intent| LeaseRequest { intent, ..good.clone() };
    let later = TagEpoch(epoch.0 + 1);
    let old = now.plus_ms(-LEASE_MS);
    for (what, asked, refusal) in [
        ("another's", with(intent(LINFEN, good.intent.issued_at, epoch)), Refusal::Malformed),
        (
            "another tag key",
            with(intent(TAIYUAN, good.intent.issued_at, later)),
            Refusal::Malformed,
        ),
        ("of the future", with(intent(TAIYUAN, now.plus_ms(1), epoch)), Refusal::Malformed),
        (
            "asked for a lease ago",
            LeaseRequest { issued_at: old, ..with(intent(TAIYUAN, old, epoch)) },
            Refusal::Expired,
        ),
        (
            "of other witnesses",
            LeaseRequest { witnesses_of: good.witnesses_of - 1, ..good.clone() },
            Refusal::WitnessesChanged,
        ),
    ] {
        assert_eq!(answered(&mut province, &asked).unwrap_err(), refusal, "{what}");
        assert_eq!(first(&mut province, household[0]), None, "{what}");
    }
    let answer = answered(&mut province, &good).unwrap();
    assert_eq!(answer.tags[0].first.unwrap().intent, good.intent.id());
    assert_eq!(first(&mut province, household[0]), Some(TAIYUAN), "it is stored with the answer");
}

#[test]
fn a_request_that_comes_after_a_later_one_or_after_its_end_grants_nothing() {
    let mut province = Province::that_lends();
    let before = request(&mut province);
    let later = LeaseRequest { issued_at: before.issued_at.plus_ms(1), ..before.clone() };
    answered(&mut province, &later).unwrap();
    assert_eq!(answered(&mut province, &before).unwrap_err(), Refusal::LeaseEnded);
    let over = end_of(&later, LeaseOutcome::Released, later.issued_at.plus_ms(1));
    ended(&mut province, &over).unwrap();
    let tag = before.intent.household[0];
    for late in [&before, &later] {
        assert_eq!(answered(&mut province, late).unwrap_err(), Refusal::LeaseEnded);
        assert_eq!(first(&mut province, tag), None);
    }
    // Whoever asks anew may have it again.
    let anew = LeaseRequest { issued_at: later.issued_at.plus_ms(1), ..later };
    answered(&mut province, &anew).unwrap();
    assert_eq!(first(&mut province, tag), Some(TAIYUAN));
}

#[test]
fn an_end_frees_the_lease_that_it_names_and_no_other() {
    let mut province = Province::that_lends();
    let standing = request(&mut province);
    answered(&mut province, &standing).unwrap();
    let tag = standing.intent.household[0];
    let now = standing.issued_at.plus_ms(5);
    let right = end_of(&standing, LeaseOutcome::Released, now);
    let by_another = LeaseEnd { from: LINFEN, ..right.clone() };
    assert_eq!(ended(&mut province, &by_another), Err(Refusal::Malformed));
    let household = (standing.intent.epoch, standing.intent.household.clone());
    let theirs = Intent::new(LINFEN, standing.intent.issued_at, household);
    let of_theirs = LeaseEnd { from: LINFEN, intent: theirs, ..right.clone() };
    assert_eq!(ended(&mut province, &of_theirs), Ok(()));
    let of_before = LeaseEnd { asked_at: standing.issued_at.plus_ms(-1), ..right.clone() };
    assert_eq!(ended(&mut province, &of_before), Ok(()));
    assert_eq!(first(&mut province, tag), Some(TAIYUAN), "none of them was about this lease");
    assert_eq!(ended(&mut province, &right), Ok(()));
    assert_eq!(first(&mut province, tag), None);
}

#[test]
fn a_payout_is_known_from_its_end_on_and_stays_undone_in_whatever_order_the_two_arrive() {
    let mut province = Province::that_lends();
    let request = request(&mut province);
    let tag = request.intent.household[0];
    let at = |ms| request.issued_at.plus_ms(ms);
    let paid = end_of(&request, LeaseOutcome::Paid, at(10));
    let undone = end_of(&request, LeaseOutcome::Withdrawn, at(20));
    let lenders = |province: &mut Province| {
        let known = province.act(DATONG, |round| loans(round, tag).unwrap());
        known.into_iter().map(|loan| loan.center).collect::<Vec<_>>()
    };
    ended(&mut province, &paid).unwrap();
    assert_eq!(lenders(&mut province), [TAIYUAN], "before its log says so");
    ended(&mut province, &undone).unwrap();
    assert_eq!(lenders(&mut province), []);
    ended(&mut province, &paid).unwrap();
    assert_eq!(lenders(&mut province), [], "the word of before came late");
}

#[test]
fn a_ruling_ends_the_leases_of_its_center_up_to_its_time_and_only_the_authority_rules() {
    let mut province = Province::that_lends();
    let standing = request(&mut province);
    answered(&mut province, &standing).unwrap();
    let tag = standing.intent.household[0];
    let right = LeaseRuling {
        from: AUTHORITY,
        to: DATONG,
        issued_at: province.now,
        center: TAIYUAN,
        intent: None,
        asked_until: standing.issued_at,
        paid: false,
        remark: CaseRemark::parse("已与该中心核实未放款").unwrap(),
    };
    let rule = |province: &mut Province, said: &LeaseRuling| {
        province.act(DATONG, |round| ruling::on_ruling(round, said).unwrap())
    };
    let by_a_center = LeaseRuling { from: LINFEN, ..right.clone() };
    assert_eq!(rule(&mut province, &by_a_center), Err(Refusal::NotGranted));
    let of_another = LeaseRuling { center: LINFEN, ..right.clone() };
    let of_before = LeaseRuling { asked_until: standing.issued_at.plus_ms(-1), ..right.clone() };
    for said in [of_another, of_before] {
        assert_eq!(rule(&mut province, &said), Ok(()));
        assert_eq!(first(&mut province, tag), Some(TAIYUAN), "not about this lease");
    }
    assert_eq!(rule(&mut province, &right), Ok(()));
    assert_eq!(first(&mut province, tag), None);
}

/// What Datong would answer to Taiyuan's last request, when it names that intent first.
fn word(province: &mut Province, from: CenterCode) -> LeaseAnswer {
    let stored = province.intent_at(TAIYUAN, "DK-1").stored;
    let attempt = stored.attempt.unwrap();
    let asked = attempt.asked.iter().find(|asked| asked.witness == from).unwrap();
    let Intent { center, issued_at, .. } = stored.intent;
    let intent = stored.intent.id();
    let first = Some(FirstIntent { intent, center, issued_at });
    let tag = |tag: &SubjectTag| TagAnswer { tag: *tag, first, loans: Vec::new() };
    let tags = stored.intent.household.iter().map(tag).collect();
    let request = asked.request.unwrap();
    let issued_at = province.now;
    LeaseAnswer { from, to: TAIYUAN, issued_at, request, intent, tags, withheld_since: None }
}

fn hear(province: &mut Province, answer: &LeaseAnswer) {
    let hash = PayloadHash::new([9; 32]);
    province.act(TAIYUAN, |round| asking::on_answer(round, answer, hash).unwrap());
}

/// Taiyuan has asked for a lease, and hears nobody but itself.
fn asking_alone() -> Province {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.cut_off(TAIYUAN);
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Asking));
    province
}

#[test]
fn the_first_answer_of_a_witness_to_the_last_request_counts_and_no_other() {
    let mut province = asking_alone();
    let said = word(&mut province, DATONG);
    hear(&mut province, &LeaseAnswer { request: REQUEST, ..said.clone() });
    let replies = |province: &mut Province| {
        let attempt = province.intent_at(TAIYUAN, "DK-1").stored.attempt.unwrap();
        attempt.asked.into_iter().filter(|asked| asked.reply != WitnessReply::Awaited).count()
    };
    assert_eq!(replies(&mut province), 1, "its own; an answer to another request is none");
    let nobody = said.tags.iter().map(|tag| TagAnswer { first: None, ..tag.clone() });
    hear(&mut province, &LeaseAnswer { tags: nobody.collect(), ..said.clone() });
    hear(&mut province, &said);
    let of_linfen = word(&mut province, LINFEN);
    hear(&mut province, &of_linfen);
    let state = province.standing_of(TAIYUAN, "DK-1");
    assert_eq!(state, IntentState::Asking, "itself and Linfen: Datong has spoken before");
    let of_the_authority = word(&mut province, AUTHORITY);
    hear(&mut province, &of_the_authority);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), IntentState::Leased);
}

#[test]
fn a_majority_that_comes_after_the_lease_ran_out_is_none() {
    let mut province = asking_alone();
    let words = [DATONG, LINFEN].map(|witness| word(&mut province, witness));
    province.skew.insert(TAIYUAN, LEASE_MS);
    for said in &words {
        hear(&mut province, said);
    }
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::LeaseRanOut));
}

#[test]
fn the_vote_of_a_member_that_may_act_no_more_counts_for_nobody() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.command(AUTHORITY, Command::Net(NetCommand::Suspend(DATONG))).unwrap();
    province.advance(2_000);
    province.cut_off(TAIYUAN);
    province.payout(TAIYUAN, "DK-1").unwrap();
    // Datong has not heard that it is suspended, and grants.
    for witness in [DATONG, LINFEN] {
        let said = word(&mut province, witness);
        hear(&mut province, &said);
    }
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), IntentState::Asking, "two of four");
}

#[test]
fn a_loan_that_only_the_last_witness_knows_ends_a_lease_that_was_had() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.cut.extend([(TAIYUAN, LINFEN), (LINFEN, TAIYUAN)]);
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased), "three of four");
    let mut said = word(&mut province, LINFEN);
    said.tags[0].loans.push(RunningLoan { center: LINFEN, reference: None });
    hear(&mut province, &said);
    assert_eq!(province.standing_of(TAIYUAN, "DK-1"), held(HoldReason::LoanRuns(LINFEN)));
    assert_eq!(province.pay(TAIYUAN, "DK-1").unwrap_err().refusal, Refusal::LeaseEnded);
}

#[test]
fn a_lease_of_other_witnesses_than_those_of_the_roster_pays_nothing() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
    let mut stored = province.intent_at(TAIYUAN, "DK-1").stored;
    // As if a roster had changed the witnesses since it was asked for.
    stored.attempt.as_mut().unwrap().witnesses_of -= 1;
    province.act(TAIYUAN, |round| put(round.view, &stored));
    let refused = held(HoldReason::WitnessesChanged);
    assert_eq!(province.pay(TAIYUAN, "DK-1"), Ok(refused));
}

#[test]
fn a_center_asks_again_so_often_and_then_waits_for_a_person() {
    for (tries, expected) in [
        (LEASE_TRIES_MAX - 1, IntentState::Asking),
        (LEASE_TRIES_MAX, held(HoldReason::NoMajority)),
    ] {
        let mut province = asking_alone();
        let mut stored = province.intent_at(TAIYUAN, "DK-1").stored;
        stored.attempt.as_mut().unwrap().tries = tries;
        province.act(TAIYUAN, |round| put(round.view, &stored));
        // The two that answer name two others first, each taken in later.
        let at = stored.intent.issued_at.plus_ms(1);
        for (byte, witness) in [(1, DATONG), (2, LINFEN)] {
            let mut said = word(&mut province, witness);
            let intent = IntentId::new([byte; 32]);
            said.tags[0].first = Some(FirstIntent { intent, center: witness, issued_at: at });
            hear(&mut province, &said);
        }
        assert_eq!(province.standing_of(TAIYUAN, "DK-1"), expected, "{tries} tries");
    }
}

#[test]
fn a_refusal_of_a_witness_counts_at_once_and_is_not_waited_for() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    for center in [DATONG, LINFEN] {
        province.command(AUTHORITY, Command::Net(NetCommand::Suspend(center))).unwrap();
        province.advance(5_000);
    }
    // Taiyuan and the authority grant, and two of four are no majority.
    let state = province.payout(TAIYUAN, "DK-1");
    assert_eq!(state, Ok(held(HoldReason::NoMajority)));
}

#[test]
fn a_lease_is_measured_from_the_last_request_for_it() {
    let mut province = Province::that_lends();
    let before = request(&mut province);
    answered(&mut province, &before).unwrap();
    province.advance(60_000);
    let later = LeaseRequest { issued_at: province.now, ..before };
    answered(&mut province, &later).unwrap();
    let tag = later.intent.household[0];
    let known = province.act(DATONG, |round| first_lease(round.view, tag).unwrap().unwrap());
    assert_eq!(known.asked_at, later.issued_at);
}

#[test]
fn a_time_to_pay_by_is_shown_only_while_there_is_a_lease() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    let until = |province: &mut Province| province.intent_at(TAIYUAN, "DK-1").payable_until;
    assert_eq!(until(&mut province), None);
    let asked_at = province.now;
    province.payout(TAIYUAN, "DK-1").unwrap();
    assert_eq!(until(&mut province), Some(payable_until(asked_at)));
    province.pay(TAIYUAN, "DK-1").unwrap();
    assert_eq!(until(&mut province), None);
}

#[test]
fn a_lease_that_is_over_makes_way_and_one_that_runs_stands_first_for_everybody_else() {
    let mut province = Province::that_lends();
    let standing = request(&mut province);
    answered(&mut province, &standing).unwrap();
    let theirs = |province: &Province| {
        let household = (standing.intent.epoch, standing.intent.household.clone());
        let intent = Intent::new(LINFEN, province.now, household);
        LeaseRequest { from: LINFEN, issued_at: province.now, intent, ..standing.clone() }
    };
    let named = |answer: LeaseAnswer| answer.tags[0].first.unwrap().intent;
    let asked = theirs(&province);
    assert_eq!(named(answered(&mut province, &asked).unwrap()), standing.intent.id());
    // Taiyuan has shown its log past the end of the lease.
    pass(&mut province, LEASE_MS + 2 * HOUR);
    let asked = theirs(&province);
    assert_eq!(named(answered(&mut province, &asked).unwrap()), asked.intent.id());
    assert_eq!(first(&mut province, asked.intent.household[0]), Some(LINFEN));
}
