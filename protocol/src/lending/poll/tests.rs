//! What answers come to, case by case.

use super::*;
use crate::id::PayloadHash;
use crate::statement::lending::{RunningLoan, TagAnswer};
use crate::subject::TagEpoch;
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::time::Timestamp;

fn tag(byte: u8) -> SubjectTag {
    SubjectTag::new([byte; 32])
}

fn intent(center: CenterCode, at: i64, tags: &[u8]) -> Intent {
    let household = tags.iter().map(|byte| tag(*byte)).collect();
    Intent::new(center, Timestamp::from_ms(at), (TagEpoch(1), household))
}

/// A witness that names these intents first, a tag each.
fn names(witness: CenterCode, about: &Intent, first: &[Option<&Intent>]) -> LeaseAnswer {
    let tags = about.household.iter().zip(first).map(|(tag, first)| TagAnswer {
        tag: *tag,
        first: first.map(|first| FirstIntent {
            intent: first.id(),
            center: first.center,
            issued_at: first.issued_at,
        }),
        loans: Vec::new(),
    });
    LeaseAnswer {
        from: witness,
        to: about.center,
        issued_at: Timestamp::from_ms(9),
        request: PayloadHash::new([1; 32]),
        intent: about.id(),
        tags: tags.collect(),
        withheld_since: None,
    }
}

#[test]
fn a_majority_is_more_than_half_of_all_witnesses_those_that_are_silent_too() {
    assert_eq!([1, 2, 3, 4, 5, 15].map(majority), [1, 2, 2, 3, 3, 8]);
    let own = intent(TAIYUAN, 5, &[1]);
    let yes = names(TAIYUAN, &own, &[Some(&own)]);
    let (yes, silent, no) = (Vote::Answered(&yes), Vote::Awaited, Vote::Refused);
    assert_eq!(standing(&own, &[yes, yes, silent, silent]), Standing::Waiting);
    assert_eq!(standing(&own, &[yes, yes, no, no]), Standing::NoMajority);
    assert_eq!(standing(&own, &[yes, yes, yes, no]), Standing::Granted);
}

#[test]
fn an_intent_must_be_first_for_every_member_of_the_household() {
    let own = intent(TAIYUAN, 5, &[1, 2]);
    let other = intent(LINFEN, 4, &[2]);
    let half = names(DATONG, &own, &[Some(&own), Some(&other)]);
    let half = Vote::Answered(&half);
    assert_eq!(standing(&own, &[half, half, half]), Standing::Lost(LINFEN));
    let nobody = names(DATONG, &own, &[Some(&own), None]);
    let nobody = Vote::Answered(&nobody);
    assert_eq!(standing(&own, &[nobody, nobody, nobody]), Standing::NoMajority);
}

#[test]
fn a_witness_that_grants_nothing_counts_for_nobody() {
    let own = intent(TAIYUAN, 5, &[1]);
    let mut answer = names(DATONG, &own, &[Some(&own)]);
    answer.withheld_since = Some(Timestamp::from_ms(1));
    let vote = Vote::Answered(&answer);
    assert_eq!(standing(&own, &[vote, vote, vote]), Standing::NoMajority);
}

#[test]
fn one_witness_that_knows_a_running_loan_is_enough_to_stop() {
    let own = intent(TAIYUAN, 5, &[1]);
    let yes = names(DATONG, &own, &[Some(&own)]);
    let mut knows = yes.clone();
    knows.tags[0].loans.push(RunningLoan { center: LINFEN, reference: None });
    let votes = [Vote::Answered(&yes), Vote::Answered(&yes), Vote::Answered(&knows)];
    assert_eq!(standing(&own, &votes), Standing::LoanRuns(LINFEN));
}

#[test]
fn where_nobody_has_the_majority_the_earlier_asks_again_and_the_later_withdraws() {
    let (first, second) = (intent(TAIYUAN, 5, &[1]), intent(LINFEN, 5, &[1]));
    let split = |about: &Intent| {
        [
            names(AUTHORITY, about, &[Some(&first)]),
            names(TAIYUAN, about, &[Some(&first)]),
            names(DATONG, about, &[Some(&second)]),
            names(LINFEN, about, &[Some(&second)]),
        ]
    };
    let answers = split(&first);
    assert_eq!(standing(&first, &answers.each_ref().map(Vote::Answered)), Standing::AskAgain);
    let answers = split(&second);
    assert_eq!(
        standing(&second, &answers.each_ref().map(Vote::Answered)),
        Standing::Later(TAIYUAN)
    );
}
