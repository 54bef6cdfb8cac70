//! Issued, used once, taken back, expired: each end of a certificate, on a link that fails.

use super::*;
use DigestStatus::{CertificateExpired, CertificateIssued, CertificateRevoked, CertificateUsed};

#[test]
fn a_granted_receipt_uses_the_certificate_and_marks_the_account() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(show(&mut province, TAIYUAN, number).standing, CertificateStanding::Valid);
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    let known = stored(&mut province, number);
    let CertificateState::Used(used) = &known.state else { panic!("{:?}", known.state) };
    assert_eq!((used.applicant, used.result), (Applicant::Borrower, LoanResult::Granted));
    assert_eq!(mark(&mut province).map(|mark| mark.lender), Some(TAIYUAN));
    let receipt = held(&mut province, TAIYUAN, number).receipt.unwrap();
    assert_eq!(receipt.delivery, Delivery::Taken(province.now));
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateUsed]);
    assert_eq!(show(&mut province, TAIYUAN, number).standing, CertificateStanding::Used);
    // The loan is paid back.
    assert_eq!(release(&mut province, TAIYUAN, number), None);
    assert_eq!(mark(&mut province), None);
    assert_eq!(release(&mut province, TAIYUAN, number), Some(Refusal::WrongState));
}

#[test]
fn a_declined_receipt_leaves_the_account_free() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.assert_missed(DATONG, Timer::Certificate(number));
    province.assert_missed(TAIYUAN, Timer::ReceiptDue(number));
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Declined), None);
    assert_eq!(mark(&mut province), None);
    assert_eq!(release(&mut province, TAIYUAN, number), Some(Refusal::WrongState));
    let next = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(stored(&mut province, next).certificate.supersedes, None, "it was used, not open");
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateUsed]);
}

#[test]
fn the_first_receipt_stands_and_the_same_again_gets_the_same_reply() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    say(&mut province, TAIYUAN, number, LoanResult::Granted);
    let first = stored(&mut province, number);
    let statement = held(&mut province, TAIYUAN, number).receipt.unwrap().statement;
    let other = forged(&mut province, TAIYUAN, number);
    assert_eq!(deliver(&mut province, &other), refused(Refusal::CertificateUsed));
    assert_eq!(deliver(&mut province, &other), refused(Refusal::CertificateUsed));
    let bytes = province.act(TAIYUAN, |round| round.statement(statement).unwrap().unwrap());
    for _ in 0..2 {
        let again = Box::new(province.verify(DATONG, bytes.clone()).unwrap());
        let request = RequestId(9_999_998);
        province.input(DATONG, Input::Statement { from: TAIYUAN, request, statement: again });
        province.drive();
    }
    assert_eq!(stored(&mut province, number), first);
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateUsed]);
    assert!(mark(&mut province).is_some());
}

#[test]
fn a_receipt_of_another_center_or_for_an_unknown_certificate_is_refused() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let of_linfen = forged(&mut province, LINFEN, number);
    assert_eq!(deliver(&mut province, &of_linfen), refused(Refusal::CertificateLender));
    let mut unknown = forged(&mut province, TAIYUAN, number);
    unknown.number.serial += 1;
    assert_eq!(deliver(&mut province, &unknown), refused(Refusal::CertificateUnknown));
    let mut of_another_text = forged(&mut province, TAIYUAN, number);
    of_another_text.content = ContentHash::new([7; 32]);
    assert_eq!(deliver(&mut province, &of_another_text), refused(Refusal::CertificateUnknown));
    assert_eq!(stored(&mut province, number).state, CertificateState::Issued);
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None, "it goes on");
}

#[test]
fn a_receipt_counts_only_for_whom_it_is_from_whom_it_is_and_once_it_is_said() {
    use crate::limits::CLOCK_SKEW_MS;
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let refusals = |province: &Province, at, refusal| {
        let refused = |(center, event): &&(CenterCode, Event)| {
            *center == at
                && matches!(event, Event::Refused { refusal: said, .. } if *said == refusal)
        };
        province.events.iter().filter(refused).count()
    };
    // Said to Datong, delivered to Linfen; said by Linfen, delivered over Taiyuan's connection.
    for (from, by, at, refusal) in
        [(TAIYUAN, TAIYUAN, LINFEN, Refusal::Addressee), (LINFEN, TAIYUAN, DATONG, Refusal::Peer)]
    {
        let receipt = forged(&mut province, from, number);
        let bytes = cose::sign("test", &receipt, &mut keyring(from)).unwrap();
        let statement = Box::new(province.verify(at, bytes).unwrap());
        let request = RequestId(9_999_997);
        province.input(at, Input::Statement { from: by, request, statement });
        province.drive();
        assert_eq!(refusals(&province, at, refusal), 1, "{refusal:?}");
    }
    let mut early = forged(&mut province, TAIYUAN, number);
    early.issued_at = province.now.plus_ms(CLOCK_SKEW_MS + 1);
    assert_eq!(deliver(&mut province, &early), None);
    assert_eq!(refusals(&province, DATONG, Refusal::Future), 1);
    assert_eq!(stored(&mut province, number).state, CertificateState::Issued);
    early.issued_at = province.now.plus_ms(CLOCK_SKEW_MS);
    assert!(matches!(deliver(&mut province, &early), Some(DeliveryReply::Committed(_))));
}

#[test]
fn a_certificate_expires_after_its_last_day_and_takes_no_receipt_then() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let last = stored(&mut province, number).certificate.valid_until;
    assert_eq!(last, Date::new(2026, 7, 6).unwrap());
    province.cut.insert((TAIYUAN, DATONG));
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    let end = Timestamp::start_of(last.plus_days(1).unwrap());
    province.advance(end.ms_since(province.now) - 1);
    assert_eq!(stored(&mut province, number).state, CertificateState::Issued);
    province.restart(DATONG);
    province.advance(1);
    let known = stored(&mut province, number);
    assert_eq!(known.state, CertificateState::Expired(end));
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateExpired]);
    // The receipt that was lost on the way comes too late.
    province.cut.clear();
    province.advance(600_000);
    let receipt = held(&mut province, TAIYUAN, number).receipt.unwrap();
    assert_eq!(receipt.delivery, Delivery::Refused(Refusal::CertificateExpired));
    assert_eq!(mark(&mut province), None);
    assert_eq!(show(&mut province, TAIYUAN, number).standing, CertificateStanding::Expired);
    let late = say(&mut province, TAIYUAN, number, LoanResult::Granted);
    assert_eq!(late, Some(Refusal::CertificateExpired));
    assert_eq!(revoke(&mut province, number), Some(Refusal::CertificateExpired));
}

#[test]
fn a_receipt_that_is_lost_comes_again_over_restarts_and_counts_once() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.cut.insert((TAIYUAN, DATONG));
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    assert_eq!(held(&mut province, TAIYUAN, number).receipt.unwrap().delivery, Delivery::Sent);
    province.restart(TAIYUAN);
    province.restart(DATONG);
    // Then the receipt comes through, and its acknowledgement is lost.
    province.cut = [(DATONG, TAIYUAN)].into();
    province.advance(600_000);
    assert!(mark(&mut province).is_some());
    assert_eq!(held(&mut province, TAIYUAN, number).receipt.unwrap().delivery, Delivery::Sent);
    province.cut.clear();
    province.advance(600_000);
    let receipt = held(&mut province, TAIYUAN, number).receipt.unwrap();
    assert!(matches!(receipt.delivery, Delivery::Taken(_)), "{:?}", receipt.delivery);
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateUsed]);
}

#[test]
fn a_release_that_overtakes_its_receipt_waits_for_it() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.cut.insert((TAIYUAN, DATONG));
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    let receipt = held(&mut province, TAIYUAN, number).receipt.unwrap().statement;
    let early = CertificateRelease {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now,
        number,
        receipt,
        cause: ReleaseCause::Withdrawn,
        operator: OperatorMark::new([1; 16]),
    };
    assert_eq!(deliver(&mut province, &early), None, "nothing is settled about it yet");
    province.cut.clear();
    province.advance(600_000);
    assert!(mark(&mut province).is_some());
    let hash = cose::payload_hash(&cbor::encode(&early));
    assert_eq!(deliver(&mut province, &early), Some(DeliveryReply::Committed(hash)));
    assert_eq!(mark(&mut province), None);
    let of_another = CertificateRelease { receipt: hash, ..early };
    assert_eq!(deliver(&mut province, &of_another), refused(Refusal::CertificateUsed));
}

#[test]
fn an_issuer_takes_a_certificate_back_with_its_reason_unless_it_was_used() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(revoke(&mut province, number), None);
    assert_eq!(digests(&mut province, number), [CertificateIssued, CertificateRevoked]);
    let heard = held(&mut province, TAIYUAN, number).revoked.unwrap().said;
    assert_eq!(heard.reason, RevocationReason::Mistaken);
    assert!(heard.remark.is_some());
    assert_eq!(show(&mut province, TAIYUAN, number).standing, CertificateStanding::Revoked);
    let local = say(&mut province, TAIYUAN, number, LoanResult::Granted);
    assert_eq!(local, Some(Refusal::CertificateRevoked));
    let forged = forged(&mut province, TAIYUAN, number);
    assert_eq!(deliver(&mut province, &forged), refused(Refusal::CertificateRevoked));
    assert_eq!(revoke(&mut province, number), Some(Refusal::CertificateRevoked));
    let next = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(stored(&mut province, next).certificate.supersedes, None);
    say(&mut province, TAIYUAN, next, LoanResult::Granted);
    assert_eq!(revoke(&mut province, next), Some(Refusal::CertificateUsed));
    let without_words = CertificateCommand::Revoke {
        operator: operator("clerk"),
        number,
        reason: RevocationReason::Other,
        remark: None,
    };
    let refused = run(&mut province, DATONG, without_words).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Argument);
}

#[test]
fn a_revocation_shows_in_the_log_although_its_statement_is_lost() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.advance(5_000);
    assert_eq!(revoke(&mut province, number), None);
    province.advance(5_000);
    // As if the statement had never come; the timer of the reminder is gone with it.
    province.tamper();
    let mut kept = held(&mut province, TAIYUAN, number);
    kept.revoked = None;
    let place = key(Area::HeldCertificate, &[&number.issuer.to_key(), &number.to_key()]);
    province.node(TAIYUAN).write(|view| view.put(place, cbor::encode(&kept)));
    assert_eq!(show(&mut province, TAIYUAN, number).standing, CertificateStanding::Revoked);
}

#[test]
fn a_new_certificate_for_the_same_lender_takes_the_place_of_the_open_one() {
    let mut province = province();
    let first = asked(&mut province, TAIYUAN).unwrap();
    let second = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(stored(&mut province, second).certificate.supersedes, Some(first));
    let heard = held(&mut province, TAIYUAN, first).revoked.unwrap().said;
    assert_eq!(heard.reason, RevocationReason::Superseded);
    assert_eq!(heard.superseded_by, Some(second));
    assert_eq!(digests(&mut province, first), [CertificateIssued, CertificateRevoked]);
    // The timer of the first does not touch what took its place.
    province.advance(10 * DAY_MS);
    assert_eq!(stored(&mut province, second).state, CertificateState::Issued);
}

#[test]
fn an_account_secures_one_loan_whoever_else_holds_a_certificate() {
    let mut province = province();
    let of_taiyuan = asked(&mut province, TAIYUAN).unwrap();
    let of_linfen = asked(&mut province, LINFEN).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, of_taiyuan, LoanResult::Granted), None);
    let heard = held(&mut province, LINFEN, of_linfen).revoked.unwrap().said;
    assert_eq!(heard.reason, RevocationReason::AccountUsed);
    let second = forged(&mut province, LINFEN, of_linfen);
    let second = Receipt { result: LoanResult::Granted, ..second };
    assert_eq!(deliver(&mut province, &second), refused(Refusal::CertificateRevoked));
    let none = Err(Outcome::Unresolved(UnresolvedReason::NotIssuable));
    assert_eq!(asked(&mut province, LINFEN), none);
    assert_eq!(release(&mut province, TAIYUAN, of_taiyuan), None);
    assert!(asked(&mut province, LINFEN).is_ok());
}

#[test]
fn a_closed_account_secures_nothing_any_more() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let mut closed = account(DATONG, "9923041500021", LI, 36);
    closed.record.account.status = crate::account::AccountStatus::Withdrawn;
    province.import(DATONG, vec![ImportItem::Account(Box::new(closed))]).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    let receipt = held(&mut province, TAIYUAN, number).receipt.unwrap();
    assert_eq!(receipt.delivery, Delivery::Refused(Refusal::CertificateRevoked));
    let heard = held(&mut province, TAIYUAN, number).revoked.unwrap().said;
    assert_eq!(heard.reason, RevocationReason::AccountChanged);
    assert_eq!(mark(&mut province), None);
}

#[test]
fn where_two_are_asked_for_nothing_is_said_before_another_person_has_approved() {
    let mut province = province();
    for center in [TAIYUAN, DATONG] {
        let mut settings = province.node(center).engine.settings().clone();
        settings.policy.certificate_needs_reviewer = true;
        let store = province.node(center).engine.store().clone();
        let now = province.now;
        province.node(center).engine = crate::engine::Engine::open(store, settings, now).unwrap();
    }
    let number = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    assert_eq!(mark(&mut province), None);
    assert!(held(&mut province, TAIYUAN, number).waiting.is_some());
    let again = say(&mut province, TAIYUAN, number, LoanResult::Declined);
    assert_eq!(again, Some(Refusal::WrongState), "what waits is decided first");
    let approve = |province: &mut Province, at, name| {
        let command = CertificateCommand::Approve { operator: operator(name), number };
        run(province, at, command).err().map(|refused| refused.refusal)
    };
    assert_eq!(approve(&mut province, TAIYUAN, "clerk"), Some(Refusal::Operator));
    assert_eq!(revoke(&mut province, number), None);
    assert_eq!(stored(&mut province, number).state, CertificateState::Issued);
    assert_eq!(approve(&mut province, DATONG, "clerk"), Some(Refusal::Operator));
    assert_eq!(approve(&mut province, TAIYUAN, "reviewer"), None);
    assert!(mark(&mut province).is_some());
    // Used in the meantime, it cannot be taken back any more.
    assert_eq!(approve(&mut province, DATONG, "reviewer"), Some(Refusal::CertificateUsed));
    assert_eq!(approve(&mut province, TAIYUAN, "reviewer"), Some(Refusal::WrongState));
}

#[test]
fn a_lender_is_reminded_of_a_receipt_that_is_missing() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let late = |province: &mut Province| {
        run(province, TAIYUAN, CertificateCommand::List { waiting: true }).unwrap().len()
    };
    province.advance(44 * DAY_MS);
    assert_eq!(late(&mut province), 0);
    province.advance(2 * DAY_MS);
    assert_eq!(late(&mut province), 1);
    let due = Event::Certificate { number, what: "receipt-due" };
    assert!(province.events.contains(&(TAIYUAN, due)));
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Declined), None);
    assert_eq!(late(&mut province), 0);
}

#[test]
fn only_a_clerk_speaks_and_only_of_what_is_here() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let wish = receipt_wish(LoanResult::Granted);
    let command = CertificateCommand::Receipt { operator: operator("nobody"), number, wish };
    assert_eq!(run(&mut province, TAIYUAN, command).unwrap_err().refusal, Refusal::Operator);
    let elsewhere = say(&mut province, LINFEN, number, LoanResult::Granted);
    assert_eq!(elsewhere, Some(Refusal::NotFound));
    let all = run(&mut province, DATONG, CertificateCommand::List { waiting: false }).unwrap();
    assert_eq!(all.len(), 1);
}

#[test]
fn a_loan_check_refuses_a_certificate_of_another_loan_and_goes_on_with_its_own() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.advance(120_000);
    let check = |province: &mut Province, purpose, serial: &str, numbers: &[CertificateNumber]| {
        let mut wish = wish(QueryKind::Dossier, purpose, None);
        wish.serial = SerialNumber::parse(serial).unwrap();
        wish.certificates = numbers.to_vec();
        dossier(province, TAIYUAN, wish).verdict.unwrap().rule
    };
    let apply = Purpose::LoanApplication;
    let before = check(&mut province, apply, "DK-1", &[number]);
    let stranger = CertificateNumber { serial: 99, ..number };
    assert_eq!(check(&mut province, apply, "DK-1", &[stranger]), Rule::CertificateUnknown);
    say(&mut province, TAIYUAN, number, LoanResult::Granted);
    assert_eq!(check(&mut province, apply, "DK-2", &[number]), Rule::CertificateUsed);
    // The same business goes on to its payout, and the mark is its own.
    assert_eq!(check(&mut province, Purpose::LoanPayout, "DK-1", &[number]), before);
    let second = asked(&mut province, LINFEN);
    assert!(second.is_err(), "the account secures a loan");
    let check_of_linfen = wish(QueryKind::Dossier, apply, None);
    let verdict = dossier(&mut province, LINFEN, check_of_linfen).verdict.unwrap();
    assert_eq!(verdict.rule, Rule::OffSiteLoan);
    // Datong's own application.
    let own = dossier(&mut province, DATONG, wish(QueryKind::Dossier, apply, None));
    assert_eq!(own.verdict.unwrap().rule, Rule::OffSiteLoan);
}

#[test]
fn a_loan_check_refuses_an_expired_certificate() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.advance(62 * DAY_MS);
    let mut check = wish(QueryKind::Dossier, Purpose::LoanApplication, None);
    check.certificates = vec![number];
    let verdict = dossier(&mut province, TAIYUAN, check).verdict.unwrap();
    assert_eq!(verdict.rule, Rule::CertificateExpired);
}
