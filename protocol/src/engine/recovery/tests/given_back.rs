//! What members give back of what was said between them and a center that has forgotten it.
//!
//! **Promises.** It is taken in where it verifies and is of these two, and is asked for until it is here.
//! **Left to others.** Its turn: the other tests of recovery.

use super::super::recalled;
use super::super::{on_roster, on_statements, replay, statements};
use super::province;
use crate::account::SerialNumber;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::cose;
use crate::dossier::{RowState, Wish};
use crate::engine::command::{Command, Reply};
use crate::engine::operator::OperatorId;
use crate::engine::output::Event;
use crate::engine::synchronization::SyncReply;
use crate::id::{ContentHash, FileHash, OperatorMark, PayloadHash, TransferId};
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::certificate::{Applicant, LoanResult, Receipt};
use crate::statement::query::Consent;
use crate::statement::transfer::letter::Cancellation;
use crate::store::keys::{Area, key};
use crate::testing::people::{LI, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::Timestamp;

fn receipt(from: CenterCode, to: CenterCode) -> Receipt {
    Receipt {
        from,
        to,
        issued_at: Timestamp::from_ms(1_000),
        number: CertificateNumber { issuer: to, year: 2026, serial: 1 },
        content: ContentHash::new([1; 32]),
        applicant: Applicant::Borrower,
        result: LoanResult::Granted,
        operator: OperatorMark::new([2; 16]),
        remark: None,
    }
}

fn cancellation(from: CenterCode, to: CenterCode, transfer: TransferId) -> Cancellation {
    Cancellation {
        from,
        to,
        issued_at: Timestamp::from_ms(1_000),
        transfer,
        step: 2,
        answers: PayloadHash::new([3; 32]),
        remark: None,
    }
}

/// Datong gives Taiyuan statements back; those that wait, and why others were refused.
fn given_back(all: &[Vec<u8>]) -> (Province, Vec<TransferId>, Vec<Refusal>) {
    let mut province = province();
    let names = province.act(TAIYUAN, |round| {
        statements::begin(round.view);
        statements::ask_member(round, DATONG).unwrap();
        let all = all.iter().map(|bytes| bytes.clone().into()).collect();
        on_statements(round, DATONG, SyncReply::Statements(all, None)).unwrap();
        recalled::names(round.view, 99).unwrap()
    });
    let refused = province.events.iter().filter_map(|(at, event)| {
        let Event::Refused { from: DATONG, refusal } = event else { return None };
        (*at == TAIYUAN).then_some(*refusal)
    });
    let refused = refused.collect();
    (province, names, refused)
}

#[test]
fn a_member_gives_back_what_went_between_it_and_this_center_and_nothing_else() {
    for (from, to, is_taken) in [
        (DATONG, TAIYUAN, true),
        (TAIYUAN, DATONG, true),
        (DATONG, LINFEN, false),
        (LINFEN, DATONG, false),
        (LINFEN, TAIYUAN, false),
        (TAIYUAN, LINFEN, false),
        (TAIYUAN, TAIYUAN, false),
        (DATONG, DATONG, false),
    ] {
        let said = cancellation(from, to, TransferId::new([9; 32]));
        let bytes = cose::sign("test", &said, &mut keyring(from)).unwrap();
        let (_, names, refused) = given_back(&[bytes]);
        assert_eq!(names.len(), usize::from(is_taken), "{from} to {to}");
        assert_eq!(refused.contains(&Refusal::Addressee), !is_taken, "{from} to {to}");
    }
    let forged = cancellation(DATONG, TAIYUAN, TransferId::new([9; 32]));
    let bytes = cose::sign("test", &forged, &mut keyring(LINFEN)).unwrap();
    let (_, names, refused) = given_back(&[bytes]);
    assert_eq!((names.len(), refused.len()), (0, 1), "signed by somebody else");
}

#[test]
fn a_statement_of_no_transfer_waits_for_its_turn_where_it_was_heard_and_is_kept_where_it_was_said()
{
    for (from, to, waits) in [(DATONG, TAIYUAN, true), (TAIYUAN, DATONG, false)] {
        let said = receipt(from, to);
        let bytes = cose::sign("test", &said, &mut keyring(from)).unwrap();
        let hash = cose::payload_hash(&crate::cbor::encode(&said));
        let (mut province, names, _) = given_back(&[bytes]);
        let expected = if waits { vec![TransferId::new(*hash.as_bytes())] } else { Vec::new() };
        assert_eq!(names, expected);
        let is_kept = province.act(TAIYUAN, |round| round.statement(hash).unwrap().is_some());
        assert_eq!(is_kept, !waits);
    }
}

#[test]
fn every_member_is_asked_until_its_last_page_is_here() {
    let mut province = province();
    let missing = |province: &mut Province| {
        province.act(TAIYUAN, |round| statements::missing(round).unwrap())
    };
    assert_eq!(missing(&mut province), [], "nothing was lost");
    province.cut_off(TAIYUAN);
    province.act(TAIYUAN, |round| {
        statements::begin(round.view);
        statements::ask_all(round).unwrap();
    });
    assert_eq!(missing(&mut province), [AUTHORITY, DATONG, LINFEN]);
    let mut answer = |from, reply| {
        province.act(TAIYUAN, |round| on_statements(round, from, reply).unwrap());
        missing(&mut province)
    };
    let all = [AUTHORITY, DATONG, LINFEN];
    assert_eq!(answer(DATONG, SyncReply::Refused(Refusal::Unreachable)), all);
    let place = crate::engine::audit::CorrespondencePlace { number: 1, leaf: 2 };
    assert_eq!(answer(DATONG, SyncReply::Statements(Vec::new(), Some(place))), all, "more comes");
    let last = || SyncReply::Statements(Vec::new(), None);
    assert_eq!(answer(TAIYUAN, last()), all, "nobody asked");
    assert_eq!(answer(DATONG, last()), [AUTHORITY, LINFEN]);
    assert_eq!(answer(LINFEN, last()), [AUTHORITY]);
    assert_eq!(answer(AUTHORITY, last()), []);
}

#[test]
fn a_page_whose_key_no_roster_here_lists_is_asked_for_again() {
    let transfers = [1, 2].map(|byte| TransferId::new([byte; 32]));
    let [known, unknown] = transfers.map(|transfer| cancellation(DATONG, TAIYUAN, transfer));
    let known = cose::sign("test", &known, &mut keyring(DATONG)).unwrap();
    let stranger = CenterCode::parse("149900").unwrap();
    let unknown = cose::sign("test", &unknown, &mut keyring(stranger)).unwrap();
    let (mut province, names, refused) = given_back(&[unknown, known]);
    assert_eq!((names, refused), (vec![transfers[0]], vec![Refusal::KeyUnknown]));
    let is_missing = |province: &mut Province| {
        province.act(TAIYUAN, |round| statements::missing(round).unwrap().contains(&DATONG))
    };
    assert!(is_missing(&mut province), "it may be in a roster that this store has forgotten");
    // A newer roster has Taiyuan ask once more, and what comes now is understood.
    province.act(TAIYUAN, |round| on_roster(round).unwrap());
    province.advance(1_000);
    assert!(!is_missing(&mut province));
}

#[test]
fn words_whose_letter_nobody_has_are_kept_and_a_withdrawal_still_refuses_its_letter() {
    let transfer = TransferId::new([9; 32]);
    let said = cancellation(DATONG, TAIYUAN, transfer);
    let hash = cose::payload_hash(&crate::cbor::encode(&said));
    let bytes = cose::sign("test", &said, &mut keyring(DATONG)).unwrap();
    let (mut province, names, _) = given_back(&[bytes]);
    assert_eq!(names, [transfer]);
    province.cut_off(TAIYUAN);
    for (is_all_here, waits) in [(false, true), (true, false)] {
        province.act(TAIYUAN, |round| {
            if is_all_here {
                for member in [AUTHORITY, LINFEN] {
                    statements::ask_member(round, member).unwrap();
                    let last = SyncReply::Statements(Vec::new(), None);
                    on_statements(round, member, last).unwrap();
                }
            }
            replay::turn(round).unwrap();
            assert_eq!(recalled::any(round.view).unwrap(), waits);
            assert_eq!(round.statement(hash).unwrap().is_some(), !waits);
            let early = round.view.get(&key(Area::TransferEarly, &[transfer.as_bytes()])).unwrap();
            assert_eq!(early, (!waits).then(|| hash.as_bytes().to_vec()));
        });
    }
}

#[test]
fn what_this_center_answered_is_listed_again_and_what_it_was_answered_is_not() {
    let mut province = province();
    province.set_modes(DATONG, Mode::Answer);
    province.import(DATONG, Vec::new()).unwrap();
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: Some(DATONG),
        kind: QueryKind::Account,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(LI)],
        transfer: None,
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let asked = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *asked else { panic!("another reply") };
    let Reply::Dossier(dossier) = *province.command(TAIYUAN, Command::Dossier(id)).unwrap() else {
        panic!("another reply")
    };
    let RowState::Answered(answered) = &dossier.rows[0].state else { panic!("no answer") };
    for (at, listed) in [(DATONG, 1), (TAIYUAN, 0)] {
        let found = province.act(at, |round| {
            let (from, to) = ([Area::Access as u8], [Area::Access as u8 + 1]);
            for (row, _) in round.view.range(&from, &to, 99).unwrap() {
                round.view.delete(row);
            }
            let bytes = round.statement(answered.answer).unwrap().unwrap();
            let answer = statements::verify(round, bytes).unwrap();
            statements::keep(round, &answer).unwrap();
            round.view.range(&from, &to, 99).unwrap().len()
        });
        assert_eq!(found, listed, "{at}");
    }
}
