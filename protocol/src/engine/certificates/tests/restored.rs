//! An issuer that lost its store comes back from a backup that knows nothing of its latest certificates.

use super::*;
use crate::engine::Engine;
use crate::engine::rosters::command::NetCommand;
use crate::store::memory::MemoryStore;
use crate::store::{Staged, Store as _};
use crate::testing::AUTHORITY;

fn backup(province: &mut Province) -> (MemoryStore, Timestamp) {
    (province.node(DATONG).engine.store().clone(), province.now)
}

/// Puts Datong's backup in the place of its store; the members give back what they have, and the authority
/// opens the next log.
fn restore(province: &mut Province, (mut store, taken): (MemoryStore, Timestamp)) {
    province.advance(60_000);
    let now = province.now;
    let mut view = Staged::new(&store);
    recovery::mark_restored(&mut view, DATONG, (now, taken)).unwrap();
    let batch = view.into_batch();
    store.commit(batch).unwrap();
    let settings = province.node(DATONG).engine.settings().clone();
    province.node(DATONG).engine = Engine::open(store, settings, now).unwrap();
    province.restart(DATONG);
    province.connect_all();
    province.advance(2_000);
    let next = Command::Net(NetCommand::NextLog(DATONG));
    province.command(AUTHORITY, next).unwrap();
    province.connect_all();
    province.advance(60_000);
}

/// What Datong's log says last of the certificate, as its lender holds it.
fn in_log(province: &mut Province, number: CertificateNumber) -> DigestStatus {
    let issued = held(province, TAIYUAN, number).issued;
    let first: Digest = cbor::decode(&issued.leaf.entry).unwrap();
    let found = province.act(TAIYUAN, |round| {
        crate::engine::tag_index::by_tag(round.view, first.subjects[0], 64).unwrap()
    });
    let of_it = found.iter().filter(|found| found.digest.commitment == first.commitment);
    of_it.max_by_key(|found| found.digest.revision).unwrap().digest.status
}

#[test]
fn a_certificate_that_its_issuer_has_lost_is_worth_nothing_and_its_number_is_not_given_again() {
    let mut province = province();
    let backup = backup(&mut province);
    let lost = asked(&mut province, TAIYUAN).unwrap();
    restore(&mut province, backup);
    assert_eq!(in_log(&mut province, lost), DigestStatus::Lost);
    assert_eq!(show(&mut province, TAIYUAN, lost).standing, CertificateStanding::Revoked);
    // A lender that does not look says a receipt all the same.
    let content = held(&mut province, TAIYUAN, lost).issued.certificate;
    let content = ContentHash::new(*blake3::hash(&cbor::encode(&content)).as_bytes());
    let receipt = Receipt {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now,
        number: lost,
        content,
        applicant: Applicant::Borrower,
        result: LoanResult::Granted,
        operator: OperatorMark::new([2; 16]),
        remark: None,
    };
    assert_eq!(deliver(&mut province, &receipt), refused(Refusal::CertificateRevoked));
    let never = CertificateNumber { serial: 77, ..lost };
    let unknown = Receipt { number: never, ..receipt };
    assert_eq!(deliver(&mut province, &unknown), refused(Refusal::CertificateUnknown));
    assert_eq!(mark(&mut province), None, "the account is free");
    // A new one takes its place.
    let next = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(next.serial, lost.serial + 1);
    assert_eq!(stored(&mut province, next).certificate.supersedes, Some(lost));
    assert_eq!(say(&mut province, TAIYUAN, next, LoanResult::Granted), None);
    assert_eq!(mark(&mut province).map(|mark| mark.certificate), Some(next));
}

#[test]
fn an_account_that_secured_a_loan_by_a_lost_certificate_still_does() {
    let mut province = province();
    let backup = backup(&mut province);
    let lost = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, lost, LoanResult::Granted), None);
    restore(&mut province, backup);
    let known = mark(&mut province).expect("the lender has granted a loan");
    assert_eq!((known.certificate, known.lender), (lost, TAIYUAN));
    assert!(asked(&mut province, LINFEN).is_err(), "nobody else lends on the account");
    let again = forge_granted(&mut province, lost);
    assert_eq!(deliver(&mut province, &again), refused(Refusal::CertificateRevoked));
    // The loan is paid back.
    assert_eq!(release(&mut province, TAIYUAN, lost), None);
    province.advance(60_000);
    assert_eq!(mark(&mut province), None);
    asked(&mut province, LINFEN).unwrap();
}

/// Another receipt for a certificate, as if it had been said before the store was lost.
fn forge_granted(province: &mut Province, number: CertificateNumber) -> Receipt {
    Receipt {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now.plus_ms(-180_000),
        number,
        content: ContentHash::new([1; 32]),
        applicant: Applicant::CoBorrower,
        result: LoanResult::Granted,
        operator: OperatorMark::new([2; 16]),
        remark: None,
    }
}

#[test]
fn a_loan_that_was_granted_and_paid_back_before_the_loss_leaves_the_account_free() {
    let mut province = province();
    let backup = backup(&mut province);
    let lost = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, lost, LoanResult::Granted), None);
    assert_eq!(release(&mut province, TAIYUAN, lost), None);
    restore(&mut province, backup);
    assert_eq!(mark(&mut province), None);
    asked(&mut province, LINFEN).unwrap();
}

#[test]
fn a_certificate_that_was_taken_back_after_the_backup_stays_so() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    let backup = backup(&mut province);
    revoke(&mut province, number);
    let command = CertificateCommand::Approve { operator: operator("reviewer"), number };
    run(&mut province, DATONG, command).ok();
    let before = stored(&mut province, number).state;
    assert!(matches!(before, CertificateState::Revoked(_)), "{before:?}");
    restore(&mut province, backup);
    let after = stored(&mut province, number).state;
    assert!(matches!(after, CertificateState::Revoked(_)), "{after:?}");
    let receipt = forge_granted(&mut province, number);
    let content = stored(&mut province, number).published.content;
    let receipt = Receipt { content, ..receipt };
    assert_eq!(deliver(&mut province, &receipt), refused(Refusal::CertificateRevoked));
    assert_eq!(mark(&mut province), None);
}

#[test]
fn of_lost_certificates_of_one_account_the_latest_is_open_in_whatever_order_they_come_back() {
    let mut province = province();
    let backup = backup(&mut province);
    let number = asked(&mut province, TAIYUAN).unwrap();
    let given = held(&mut province, TAIYUAN, number).issued.certificate;
    let (mut store, _) = backup;
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    // What the issuer knew of certificates is gone.
    let view = Staged::new(&store);
    store.commit(view.into_batch()).unwrap();
    province.tamper();
    province.node(DATONG).engine = Engine::open(store, settings, now).unwrap();
    let open = |province: &mut Province, serial: u32, year: u16| {
        let number = CertificateNumber { serial, year, ..number };
        province.act(DATONG, |round| {
            lost::take_back(round, &Certificate { number, ..given.clone() }).unwrap();
            let from = key(Area::CertificateOf, &[]);
            let end = crate::store::prefix_end(&from);
            let rows = round.view.range(&from, &end, 9).unwrap();
            let known: Vec<CertificateNumber> =
                rows.iter().map(|(_, bytes)| cbor::decode(bytes).unwrap()).collect();
            known.iter().map(|known| (known.year, known.serial)).collect::<Vec<_>>()
        })
    };
    for (serial, year, latest) in [
        (3, 2026, (2026, 3)),
        (2, 2026, (2026, 3)),
        (3, 2026, (2026, 3)),
        (4, 2026, (2026, 4)),
        (1, 2027, (2027, 1)),
        (9, 2026, (2027, 1)),
    ] {
        assert_eq!(open(&mut province, serial, year), [latest], "{serial} of {year}");
    }
}

#[test]
fn a_certificate_stands_as_its_own_leaf_says_where_its_receipt_is_forgotten() {
    let mut province = province();
    let first = asked(&mut province, TAIYUAN).unwrap();
    let second = asked(&mut province, TAIYUAN).unwrap();
    province.advance(5_000);
    let standing = |province: &mut Province, number| {
        let kept = held(province, TAIYUAN, number);
        let kept = HeldCertificate { receipt: None, revoked: None, ..kept };
        province.act(TAIYUAN, |round| {
            let today = crate::engine::transfer_case::today(round).unwrap();
            lending::standing(round.view, &kept, today, None).unwrap()
        })
    };
    assert_eq!(standing(&mut province, first), CertificateStanding::Revoked, "it was replaced");
    assert_eq!(standing(&mut province, second), CertificateStanding::Valid);
    assert_eq!(say(&mut province, TAIYUAN, second, LoanResult::Granted), None);
    province.advance(5_000);
    assert_eq!(standing(&mut province, second), CertificateStanding::Used);
}
