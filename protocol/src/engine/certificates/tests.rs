//! A certificate over its life, between an issuer and a lender on the virtual link.

use super::desk::{CertificateCommand, CertificateSide, CertificateView};
use super::lending::{Delivery, HeldCertificate, ReceiptWish};
use super::*;
use crate::account::SerialNumber;
use crate::answer::proof::ProofFault;
use crate::answer::{Outcome, UnresolvedReason};
use crate::certificate::CertificateStanding;
use crate::cose;
use crate::dossier::{Dossier, LeafCheck, LeafOf, RowState, Wish};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::input::Input;
use crate::engine::log_store;
use crate::engine::output::CommandRefusal;
use crate::id::{FileHash, OperatorMark};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::mode::Mode;
use crate::plain_text::PlainText;
use crate::purpose::{Purpose, QueryKind};
use crate::statement::Payload;
use crate::statement::certificate::{CertificateRelease, Receipt};
use crate::statement::query::{AnswerBody, Consent};
use crate::testing::people::{LI, account, person};
use crate::testing::{DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::DAY_MS;
use crate::verdict::Rule;

mod life;
mod recovering;
mod restored;
mod transfers;
mod watches;

/// Datong keeps the account of Li; Taiyuan and Linfen may lend.
fn province() -> Province {
    let mut province = Province::new();
    for center in [TAIYUAN, DATONG, LINFEN] {
        province.set_modes(center, Mode::Auto);
        let items = if center == DATONG {
            vec![ImportItem::Account(Box::new(account(DATONG, "9923041500021", LI, 36)))]
        } else {
            Vec::new()
        };
        province.import(center, items).unwrap();
    }
    province
}

fn operator(name: &str) -> OperatorId {
    OperatorId::parse(name).unwrap()
}

fn wish(kind: QueryKind, purpose: Purpose, to: Option<CenterCode>) -> Wish {
    Wish {
        operator: operator("clerk"),
        to,
        kind,
        purpose,
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
    }
}

fn dossier(province: &mut Province, at: CenterCode, wish: Wish) -> Dossier {
    let Reply::Asked(id) = *province.command(at, Command::Ask(Box::new(wish))).unwrap() else {
        panic!("another reply");
    };
    let Reply::Dossier(dossier) = *province.command(at, Command::Dossier(id)).unwrap() else {
        panic!("another reply");
    };
    *dossier
}

fn asked(province: &mut Province, lender: CenterCode) -> Result<CertificateNumber, Outcome> {
    let wish = wish(QueryKind::DepositCertificate, Purpose::Certificate, Some(DATONG));
    let dossier = dossier(province, lender, wish);
    let outcome = dossier.rows[0].outcome(0).unwrap().clone();
    let Outcome::Found(found) = &outcome else { return Err(outcome) };
    Ok(found.certificate.as_ref().unwrap().certificate.number)
}

fn run(
    province: &mut Province,
    at: CenterCode,
    command: CertificateCommand,
) -> Result<Vec<CertificateView>, CommandRefusal> {
    let reply = province.command(at, Command::Certificate(command))?;
    let Reply::Certificates(views) = *reply else { panic!("another reply") };
    Ok(views)
}

fn receipt_wish(result: LoanResult) -> ReceiptWish {
    ReceiptWish {
        applicant: Applicant::Borrower,
        result,
        serial: SerialNumber::parse("DK-1").unwrap(),
        remark: None,
    }
}

fn say(
    province: &mut Province,
    lender: CenterCode,
    number: CertificateNumber,
    result: LoanResult,
) -> Option<Refusal> {
    let wish = receipt_wish(result);
    let command = CertificateCommand::Receipt { operator: operator("clerk"), number, wish };
    run(province, lender, command).err().map(|refused| refused.refusal)
}

fn release(
    province: &mut Province,
    lender: CenterCode,
    number: CertificateNumber,
) -> Option<Refusal> {
    let cause = ReleaseCause::Settled;
    let command = CertificateCommand::Release { operator: operator("clerk"), number, cause };
    run(province, lender, command).err().map(|refused| refused.refusal)
}

fn revoke(province: &mut Province, number: CertificateNumber) -> Option<Refusal> {
    let command = CertificateCommand::Revoke {
        operator: operator("clerk"),
        number,
        reason: RevocationReason::Mistaken,
        remark: PlainText::parse("base of last year").ok().map(Remark),
    };
    run(province, DATONG, command).err().map(|refused| refused.refusal)
}

fn show(province: &mut Province, at: CenterCode, number: CertificateNumber) -> CertificateView {
    run(province, at, CertificateCommand::Show(number)).unwrap().pop().unwrap()
}

fn stored(province: &mut Province, number: CertificateNumber) -> StoredCertificate {
    let CertificateSide::Issued(stored) = show(province, DATONG, number).side else {
        panic!("held, not issued");
    };
    *stored
}

fn held(province: &mut Province, at: CenterCode, number: CertificateNumber) -> HeldCertificate {
    let CertificateSide::Held(held) = show(province, at, number).side else {
        panic!("issued, not held");
    };
    *held
}

/// Delivers a statement in a member's name, and gives what the receiver replied.
fn deliver<P: Payload>(province: &mut Province, payload: &P) -> Option<DeliveryReply> {
    let (from, to) = (payload.from(), payload.to().unwrap());
    let bytes = cose::sign("test", payload, &mut keyring(from)).unwrap();
    let statement = Box::new(province.verify(to, bytes).unwrap());
    let hash = statement.hash();
    province.input(to, Input::Statement { from, request: RequestId(9_999_999), statement });
    province.drive();
    province.act(to, |round| {
        let bytes = round.view.get(&key(Area::Reply, &[hash.as_bytes()])).unwrap();
        bytes.map(|bytes| cbor::decode_stored("replies", &bytes).unwrap())
    })
}

fn forged(province: &mut Province, from: CenterCode, number: CertificateNumber) -> Receipt {
    let content = stored(province, number).published.content;
    Receipt {
        from,
        to: DATONG,
        issued_at: province.now,
        number,
        content,
        applicant: Applicant::CoBorrower,
        result: LoanResult::Declined,
        operator: OperatorMark::new([1; 16]),
        remark: None,
    }
}

fn refused(refusal: Refusal) -> Option<DeliveryReply> {
    Some(DeliveryReply::Refused(refusal))
}

fn mark(province: &mut Province) -> Option<OffSiteMark> {
    let number = AccountNumber::parse("9923041500021").unwrap();
    province.act(DATONG, |round| off_site(round.view, &number).unwrap())
}

/// The statuses of a certificate's digests in Datong's log, each naming the leaf before.
fn digests(province: &mut Province, number: CertificateNumber) -> Vec<DigestStatus> {
    let published = stored(province, number).published;
    let log = LogId::public(DATONG, published.log);
    province.act(DATONG, |round| {
        let mut statuses = Vec::new();
        let mut leaf = Some(published.leaf);
        while let Some(index) = leaf {
            let entry = log_store::entry(round.view, log, LeafIndex::new(index)).unwrap().unwrap();
            let digest: Digest = cbor::decode(&entry).unwrap();
            statuses.push(digest.status);
            leaf = digest.previous;
        }
        statuses.reverse();
        statuses
    })
}

#[test]
fn of_two_certificates_in_one_answer_each_is_kept_by_its_own_proof() {
    let mut province = province();
    let wish = wish(QueryKind::DepositCertificate, Purpose::Certificate, Some(DATONG));
    let dossier = dossier(&mut province, TAIYUAN, wish);
    let RowState::Answered(answered) = &dossier.rows[0].state else { panic!("no answer") };
    let AnswerBody::Given(given) = &answered.body else { panic!("refused") };
    let proof = |subject, of, fault| LeafCheck { subject, of, proven: None, fault };
    // The proof of one fails, those of the other and of its person's account hold.
    for bad in [0, 1] {
        let mut answered = answered.clone();
        let mut both = given.clone();
        let numbers = [8_001, 8_002].map(|serial| CertificateNumber {
            issuer: DATONG,
            year: 2026,
            serial: serial + 10 * bad,
        });
        both.outcomes = numbers.map(|number| named(&given.outcomes[0], number)).into();
        answered.body = AnswerBody::Given(both);
        let fault = |subject| (subject == bad).then_some(ProofFault::Tag);
        answered.checks = [0, 1]
            .into_iter()
            .flat_map(|subject| {
                [
                    proof(subject, LeafOf::Account, None),
                    proof(subject, LeafOf::Certificate, fault(subject)),
                ]
            })
            .collect();
        let kept = province.act(TAIYUAN, |round| {
            take_in(round, &dossier, &answered).unwrap();
            numbers.map(|number| lending::held(round.view, number).unwrap().is_some())
        });
        assert_eq!(kept, [bad != 0, bad != 1]);
    }
}

/// What was found, with another number on its certificate.
fn named(outcome: &Outcome, number: CertificateNumber) -> Outcome {
    let Outcome::Found(found) = outcome else { panic!("not found") };
    let mut found = found.clone();
    found.certificate.as_mut().unwrap().certificate.number = number;
    Outcome::Found(found)
}
