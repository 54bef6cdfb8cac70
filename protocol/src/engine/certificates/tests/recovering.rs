//! What waits while an issuer takes in what it had lost, and what a lender is reminded of.

use super::*;
use crate::engine::output::Event;
use crate::engine::{outbox, single};
use crate::limits::OUTBOX_ROWS_MAX;
use crate::record::Person;
use crate::testing::people::ZHANG;

/// A receipt as its lender would sign it.
fn receipt(province: &mut Province, number: CertificateNumber) -> Receipt {
    Receipt {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now,
        number,
        content: stored(province, number).published.content,
        applicant: Applicant::Borrower,
        result: LoanResult::Granted,
        operator: OperatorMark::new([2; 16]),
        remark: None,
    }
}

#[test]
fn an_issuer_that_takes_in_what_it_had_lost_hears_no_receipt_before() {
    for is_behind in [true, false] {
        let mut province = province();
        let number = asked(&mut province, TAIYUAN).unwrap();
        province.tamper();
        let said = receipt(&mut province, number);
        if is_behind {
            province.cut_off(DATONG);
            let now = province.now;
            province.act(DATONG, |round| {
                recovery::mark_restored(round.view, DATONG, (now, now)).unwrap();
            });
        }
        assert_eq!(deliver(&mut province, &said).is_some(), !is_behind);
        assert_eq!(mark(&mut province).is_some(), !is_behind);
    }
}

#[test]
fn a_certificate_is_given_only_while_everything_that_it_rests_on_holds() {
    for missing in ["nothing", "the end of a log is awaited", "the outbox to the lender is full"] {
        let mut province = province();
        province.tamper();
        let now = province.now;
        province.act(DATONG, |round| match missing {
            "the end of a log is awaited" => {
                let closing = Some(1);
                let lapse = recovery::Lapse { at: now, backup_of: None, closing, is_audited: true };
                single::write(round.view, b"lapse", &lapse);
            }
            "the outbox to the lender is full" => {
                let count = outbox::Count { open: OUTBOX_ROWS_MAX, next: 1 };
                let place = key(Area::OutboxCount, &[&TAIYUAN.to_key()]);
                round.view.put(place, cbor::encode(&count));
            }
            _ => {}
        });
        let given = asked(&mut province, TAIYUAN);
        assert_eq!(given.is_ok(), missing == "nothing", "{missing}");
    }
}

/// A province with a certificate for Taiyuan that is open, was used or was taken back.
fn with_certificate(what: &str) -> (Province, CertificateNumber) {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    match what {
        "used" => assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None),
        "revoked" => assert_eq!(revoke(&mut province, number), None),
        _ => {}
    }
    (province, number)
}

#[test]
fn a_lender_is_reminded_of_a_certificate_that_is_open_and_of_no_other() {
    for (what, is_told) in [("open", true), ("used", false), ("revoked", false)] {
        let (mut province, number) = with_certificate(what);
        province.advance(5_000);
        assert_eq!(waiting(&mut province), 0, "{what}");
        province.act(TAIYUAN, |round| on_reminder(round, number).unwrap());
        let due = Event::Certificate { number, what: "receipt-due" };
        assert_eq!(province.events.contains(&(TAIYUAN, due)), is_told, "{what}");
        let is_reminded = held(&mut province, TAIYUAN, number).reminded.is_some();
        assert_eq!(is_reminded, is_told, "{what}");
        // A reminder is among what waits.
        assert_eq!(waiting(&mut province), usize::from(is_told), "{what}");
    }
}

/// How many certificates wait for somebody at the lender.
fn waiting(province: &mut Province) -> usize {
    run(province, TAIYUAN, CertificateCommand::List { waiting: true }).unwrap().len()
}

#[test]
fn a_certificate_that_is_presented_is_shown_with_what_it_is_worth_for_whom() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let never = CertificateNumber { serial: 77, ..number };
    let shown_for = |province: &mut Province, subjects: Vec<Person>| {
        let kind = QueryKind::Dossier;
        let wish = Wish {
            subjects,
            certificates: vec![number, never],
            ..wish(kind, Purpose::LoanApplication, None)
        };
        province.act(TAIYUAN, |round| present(round, &wish).unwrap())
    };
    let zhang = person(ZHANG);
    let shown = shown_for(&mut province, vec![zhang.clone(), person(LI)]);
    assert_eq!((shown[0].number, shown[0].subject), (number, Some(1)));
    assert_eq!(shown[0].standing, Some(CertificateStanding::Valid));
    let content = held(&mut province, TAIYUAN, number).issued.certificate;
    assert_eq!(shown[0].certificate.as_deref(), Some(&content));
    let of_nobody = shown_for(&mut province, vec![zhang]);
    for unknown in [&shown[1], &of_nobody[0], &of_nobody[1]] {
        assert_eq!((unknown.standing, unknown.subject), (None, None));
        assert_eq!(unknown.certificate, None);
    }
}

#[test]
fn a_certificate_that_was_used_or_taken_back_does_not_expire() {
    for what in ["used", "revoked", "open"] {
        let (mut province, number) = with_certificate(what);
        let before = stored(&mut province, number).state;
        province.act(DATONG, |round| on_expiry(round, number).unwrap());
        let after = stored(&mut province, number).state;
        assert_eq!(after == before, what != "open", "{what}");
    }
}
