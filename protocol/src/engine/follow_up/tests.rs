//! What the count of questions promises: much asking without business is told, other asking is not.

use super::*;
use crate::authority::alert::Alert;
use crate::authority::alert_rule::AlertRule;
use crate::digest::Digest;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::testing::logs::digest;
use crate::testing::{AUTHORITY, DATONG, Province};
use crate::time::DAY_MS;

fn tag(number: u32) -> SubjectTag {
    let mut tag = [0x77; 32];
    tag[..4].copy_from_slice(&number.to_be_bytes());
    SubjectTag::new(tag)
}

/// Has an operator ask about so many persons today.
fn ask(province: &mut Province, name: &str, persons: core::ops::Range<u32>) {
    let operator = pseudonym(&OperatorId::parse(name).unwrap());
    province.act(DATONG, |round| {
        let day = transfer_case::today(round).unwrap();
        for person in persons {
            let tag = tag(person);
            let place = [&day.number().to_be_bytes(), operator.as_slice(), tag.as_bytes()].concat();
            round.view.put(key(Area::AskedAbout, &[&place]), Vec::new());
        }
        set_timer(round, day).unwrap();
    });
}

fn publish(province: &mut Province, at: crate::center::CenterCode, persons: core::ops::Range<u32>) {
    let date = province.now.date().unwrap();
    province.act(at, |round| {
        for person in persons {
            let granted = Digest {
                status: DigestStatus::LoanGranted,
                subjects: vec![tag(person)],
                date,
                ..digest(0)
            };
            round.publish(&granted).unwrap();
        }
    });
    province.advance(3_000);
}

/// A month later: what the authority has been told.
fn told(province: &mut Province) -> Vec<Alert> {
    province.now = province.now.plus_ms((FOLLOW_UP_DAYS + 2) * DAY_MS);
    for _ in 0..4 {
        province.round(DATONG, vec![Input::Tick]);
    }
    province.drive();
    let filter =
        AlertFilter { rule: Some(AlertRule::QueriesWithoutBusiness), ..AlertFilter::all(9) };
    let command = Command::Alerts(AlertCommand::List(filter));
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *province.command(AUTHORITY, command).unwrap()
    else {
        panic!("another reply")
    };
    alerts
}

#[test]
fn many_questions_without_business_are_told_with_their_number() {
    let mut province = Province::new();
    ask(&mut province, "clerk", 0..300);
    publish(&mut province, DATONG, 0..59);
    let alerts = told(&mut province);
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].centers.as_slice(), alerts[0].count), ([DATONG].as_slice(), Some(300)));
    assert_eq!(told(&mut province).len(), 1, "a day is counted once");
}

#[test]
fn few_questions_or_enough_business_are_nobody_elses_affair() {
    let mut few = Province::new();
    ask(&mut few, "clerk", 0..ASKED_A_DAY);
    ask(&mut few, "reviewer", 100..100 + ASKED_A_DAY);
    assert_eq!(told(&mut few), []);
    let mut followed = Province::new();
    ask(&mut followed, "clerk", 0..300);
    publish(&mut followed, DATONG, 0..60);
    assert_eq!(told(&mut followed), []);
}

#[test]
fn business_of_another_center_is_no_business_of_ours() {
    let mut province = Province::new();
    ask(&mut province, "clerk", 0..51);
    publish(&mut province, crate::testing::TAIYUAN, 0..51);
    assert_eq!(told(&mut province).len(), 1);
}

#[test]
fn a_question_of_an_operator_is_noted_and_one_of_the_person_is_not() {
    use crate::account::SerialNumber;
    use crate::id::FileHash;
    use crate::purpose::QueryKind;
    use crate::statement::query::Consent;
    use crate::testing::people::{LI, person};
    let mut province = Province::new();
    let rows = |province: &mut Province| {
        let from = key(Area::AskedAbout, &[]);
        let end = crate::store::prefix_end(&from);
        province.act(DATONG, |round| round.view.range(&from, &end, 9).unwrap().len())
    };
    for (purpose, noted) in [(Purpose::DataSubject, 0), (Purpose::LoanApplication, 1)] {
        let wish = Wish {
            to: None,
            kind: QueryKind::Dossier,
            purpose,
            subjects: vec![person(LI)],
            transfer: None,
            operator: OperatorId::parse("clerk").unwrap(),
            consent: Some(Consent {
                reference: SerialNumber::parse("C-1").unwrap(),
                digest: FileHash::new([1; 32]),
            }),
            serial: SerialNumber::parse("S-1").unwrap(),
            before: None,
            property: None,
            certificates: Vec::new(),
        };
        province.act(DATONG, |round| note(round, &wish)).unwrap();
        assert_eq!(rows(&mut province), noted, "{purpose:?}");
    }
    province.assert_missed(DATONG, Timer::FollowUp);
}

#[test]
fn what_is_business_with_a_person_is_every_step_that_begins_or_moves_something() {
    assert!(is_business(DigestStatus::AccountOpen, 1), "a new account");
    assert!(!is_business(DigestStatus::AccountOpen, 2), "revised by an export");
    for (status, expected) in [
        (DigestStatus::LoanGranted, true),
        (DigestStatus::TransferCredited, true),
        (DigestStatus::CertificateIssued, true),
        (DigestStatus::WithdrawalPaid, true),
        (DigestStatus::IntentOpen, true),
        (DigestStatus::AccountClosed, false),
        (DigestStatus::LoanSettled, false),
        (DigestStatus::CertificateExpired, false),
        (DigestStatus::Lost, false),
    ] {
        assert_eq!([1, 2].map(|of| is_business(status, of)), [expected; 2], "{status:?}");
    }
}
