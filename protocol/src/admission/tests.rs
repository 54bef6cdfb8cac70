//! Each check refuses by its own name, and the first that fails decides.

use super::*;
use crate::account::{AccountStatus, SerialNumber};
use crate::document::{DocumentNumber, DocumentType};
use crate::engine::operator::OperatorId;
use crate::id::{FileHash, OperatorMark, QueryId};
use crate::person_name::PersonName;
use crate::purpose::Purpose;
use crate::record::Person;
use crate::statement::query::Consent;

const NOW: Timestamp = Timestamp::from_ms(1_778_029_200_000);

fn center(code: u32) -> CenterCode {
    CenterCode::new(code).unwrap()
}

fn person(number: &str) -> Person {
    let far = Date::new(2999, 1, 1).unwrap();
    Person {
        name: PersonName::parse("李晓禾").unwrap(),
        document: DocumentNumber::parse(DocumentType::ResidentId, number, far).unwrap(),
    }
}

fn query() -> Query {
    Query {
        from: center(140_100),
        to: center(140_200),
        issued_at: NOW,
        id: QueryId::new([1; 32]),
        expires: NOW.plus_ms(60_000),
        kind: QueryKind::LoanHistory,
        purpose: Purpose::LoanApplication,
        subjects: vec![person("140199199003070223")],
        transfer: None,
        operator: OperatorMark::new([2; 16]),
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
    }
}

fn circumstances() -> Circumstances {
    Circumstances {
        now: NOW,
        center: center(140_200),
        peer: center(140_100),
        standing: Some(MemberStatus::Active),
        peer_rate: Budget::Left,
        hash: PayloadHash::new([9; 32]),
        known: None,
        own_standing: MemberStatus::Active,
        mode: Mode::Answer,
        granted: Grant::Given,
        purpose_rate: Budget::Left,
    }
}

fn check(query: &Query, facts: &Circumstances, stage: Stage, refusal: Refusal) {
    let Admission::Refused(at, why) = admit(query, facts) else {
        panic!("not refused with {refusal:?}");
    };
    assert_eq!((at, why), (stage, refusal));
}

/// Spoils one thing, in the order of the checks.
type Fault = (fn(&mut Query, &mut Circumstances), Stage, Refusal);

const FAULTS: &[Fault] = &[
    (|_, f| f.standing = None, Stage::Membership, Refusal::NotMember),
    (|_, f| f.peer_rate = Budget::Spent, Stage::PeerRate, Refusal::RateLimited),
    (|q, _| q.to = center(141_000), Stage::Addressee, Refusal::Addressee),
    (
        |q, _| {
            q.issued_at = NOW.plus_ms(CLOCK_SKEW_MS + 1);
            q.expires = q.issued_at.plus_ms(1);
        },
        Stage::Freshness,
        Refusal::Future,
    ),
    (|_, f| f.known = Some(PayloadHash::new([8; 32])), Stage::Id, Refusal::IdReused),
    (|_, f| f.mode = Mode::Observe, Stage::Grant, Refusal::Mode),
    (|_, f| f.purpose_rate = Budget::Spent, Stage::PurposeRate, Refusal::RateLimited),
    (|q, _| q.consent = None, Stage::Consent, Refusal::Consent),
    (|q, _| q.subjects.clear(), Stage::Subject, Refusal::Subject),
];

#[test]
fn a_question_in_order_is_admitted() {
    let query = query();
    let Admission::Admitted(admitted) = admit(&query, &circumstances()) else {
        panic!("a good question is refused");
    };
    assert_eq!(*admitted.get(), &query);
}

#[test]
fn of_several_faults_the_first_check_names_the_refusal() {
    for from in 0..FAULTS.len() {
        let (mut query, mut facts) = (query(), circumstances());
        for (spoil, _, _) in &FAULTS[from..] {
            spoil(&mut query, &mut facts);
        }
        let (_, stage, refusal) = FAULTS[from];
        check(&query, &facts, stage, refusal);
    }
}

#[test]
fn each_fault_alone_has_its_own_refusal() {
    let more: &[Fault] = &[
        (|_, f| f.standing = Some(MemberStatus::Revoked), Stage::Membership, Refusal::NotMember),
        (|_, f| f.standing = Some(MemberStatus::Suspended), Stage::Membership, Refusal::Suspended),
        (|_, f| f.peer = center(141_000), Stage::Membership, Refusal::Peer),
        (|_, f| f.own_standing = MemberStatus::Suspended, Stage::Grant, Refusal::Suspended),
        (|_, f| f.granted = Grant::Missing, Stage::Grant, Refusal::NotGranted),
        (|q, _| q.purpose = Purpose::DuplicateAccount, Stage::Grant, Refusal::Purpose),
        (|q, _| q.purpose = Purpose::Judicial, Stage::Grant, Refusal::Purpose),
        (|q, _| q.purpose = Purpose::Supervision, Stage::Grant, Refusal::Purpose),
        (|q, f| f.now = q.expires.plus_ms(CLOCK_SKEW_MS + 1), Stage::Freshness, Refusal::Expired),
        (|q, _| q.expires = q.issued_at, Stage::Freshness, Refusal::Expired),
        (
            |q, _| q.expires = q.issued_at.plus_ms(QUERY_LIFE_MS + 1),
            Stage::Freshness,
            Refusal::Expired,
        ),
        (
            |q, _| q.subjects = vec![person("140199199003070223"); 2],
            Stage::Subject,
            Refusal::Subject,
        ),
        (
            |q, _| q.subjects = vec![person("140299850615013"), person("140299198506150138")],
            Stage::Subject,
            Refusal::Subject,
        ),
        (|q, _| q.transfer = Some(TransferId::new([4; 32])), Stage::Subject, Refusal::Subject),
    ];
    for (spoil, stage, refusal) in FAULTS.iter().chain(more) {
        let (mut query, mut facts) = (query(), circumstances());
        spoil(&mut query, &mut facts);
        check(&query, &facts, *stage, *refusal);
    }
}

#[test]
fn a_person_who_is_not_born_yet_is_no_subject() {
    let mut query = query();
    let body = "14019920990101001";
    let number = crate::document::resident_number_of(body).unwrap();
    query.subjects = vec![person(number.as_str())];
    check(&query, &circumstances(), Stage::Subject, Refusal::Subject);
}

#[test]
fn the_skew_is_allowed_in_both_directions() {
    for offset in [-CLOCK_SKEW_MS, CLOCK_SKEW_MS] {
        let mut query = query();
        query.issued_at = NOW.plus_ms(offset);
        query.expires = query.issued_at.plus_ms(1);
        let facts = Circumstances { now: NOW.plus_ms(1), ..circumstances() };
        assert!(matches!(admit(&query, &facts), Admission::Admitted(_)), "{offset}");
    }
}

#[test]
fn the_same_question_again_is_a_repeat_until_it_expires() {
    let query = query();
    let facts = circumstances();
    let known = Circumstances { known: Some(facts.hash), ..facts };
    assert!(matches!(admit(&query, &known), Admission::Repeat));
    let later = Circumstances { now: query.expires.plus_ms(CLOCK_SKEW_MS + 1), ..known };
    check(&query, &later, Stage::Freshness, Refusal::Expired);
    let spent = Circumstances { purpose_rate: Budget::Spent, ..known };
    assert!(matches!(admit(&query, &spent), Admission::Repeat), "a repeat costs no budget");
}

#[test]
fn only_refusals_that_can_be_tied_to_an_active_member_are_signed() {
    assert!(!Stage::Membership.is_signed() && !Stage::PeerRate.is_signed());
    assert!(Stage::Addressee.is_signed() && Stage::Subject.is_signed());
}

#[test]
fn so_many_persons_and_certificates_and_no_more() {
    let today = Date::new(2026, 5, 6).ok();
    let of = |count: usize| {
        let number = |n| crate::document::resident_number_of(&format!("14019919900307{n:03}"));
        (0..count).map(|n| person(number(n).unwrap().as_str())).collect::<Vec<_>>()
    };
    assert_eq!(check_persons(&of(SUBJECTS_MAX), today), Ok(()));
    assert_eq!(check_persons(&of(SUBJECTS_MAX + 1), today), Err(Refusal::Subject));
    // Whoever is born today is somebody.
    let born = Date::new(1990, 3, 7).unwrap();
    assert_eq!(check_persons(&of(1), Some(born)), Ok(()));
    assert_eq!(check_persons(&of(1), born.plus_days(-1)), Err(Refusal::Subject));
    let certificate = crate::testing::certificates::certificate(AccountStatus::Normal, 202_603);
    let wish = |purpose, certificates| Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: None,
        kind: QueryKind::Dossier,
        purpose,
        subjects: of(1),
        transfer: None,
        consent: query().consent,
        serial: query().serial,
        before: None,
        property: None,
        certificates: vec![certificate.number; certificates],
    };
    let checked = |purpose, certificates| check_wish(&wish(purpose, certificates), today);
    for purpose in [Purpose::LoanApplication, Purpose::LoanPayout] {
        assert_eq!(checked(purpose, CERTIFICATES_MAX), Ok(()));
        assert_eq!(checked(purpose, CERTIFICATES_MAX + 1), Err(Refusal::Purpose));
    }
    let mut other = wish(Purpose::DuplicateAccount, 1);
    other.kind = QueryKind::Account;
    assert_eq!(check_wish(&other, today), Err(Refusal::Purpose));
    other.certificates.clear();
    assert_eq!(check_wish(&other, today), Ok(()));
}

#[test]
fn a_list_of_accesses_is_of_one_person_and_has_pages() {
    let one = [person("140199199003070223")];
    let two = [person("140199199003070223"), person("140299198506150138")];
    let page = Some(AccessPlace { at: NOW, question: PayloadHash::new([5; 32]) });
    assert_eq!(check_list(QueryKind::AccessList, &one, page), Ok(()));
    assert_eq!(check_list(QueryKind::AccessList, &one, None), Ok(()));
    assert_eq!(check_list(QueryKind::AccessList, &two, None), Err(Refusal::Subject));
    assert_eq!(check_list(QueryKind::Dossier, &two, None), Ok(()));
    assert_eq!(check_list(QueryKind::Dossier, &two, page), Err(Refusal::Subject));
    let mut query = query();
    query.before = page;
    check(&query, &circumstances(), Stage::Subject, Refusal::Subject);
}
