//! The lender's side: the certificates that other centers issued to this one.
//!
//! **Promises.** Only a certificate whose proof holds is kept. What it is worth follows from its last
//! day, from the issuer's own words and from its digest in the issuer's log. One receipt is said for
//! it, and what the issuer replied is kept.
//! **Left to others.** Asking for one: `dossiers`. The issuer's side: `receipts`.

use minicbor::{Decode, Encode};

use crate::account::SerialNumber;
use crate::answer::{IssuedCertificate, Outcome};
use crate::cbor;
use crate::certificate::{CertificateNumber, CertificateStanding};
use crate::cose::Verified;
use crate::digest::{Digest, DigestStatus};
use crate::dossier::{AnsweredRow, Dossier, LeafCheck, LeafOf, PresentedCertificate, Wish};
use crate::engine::lending::watch::{self, Watcher};
use crate::engine::operator::{self, OperatorId};
use crate::engine::output::Event;
use crate::engine::queries::given;
use crate::engine::round::{Round, Route};
use crate::engine::tag_index;
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_case::today;
use crate::id::{ContentHash, DossierId, PayloadHash};
use crate::person_match::PersonMatch;
use crate::refusal::Refusal;
use crate::statement::certificate::{
    Applicant, CertificateRelease, CertificateRevocation, LoanResult, Receipt, ReleaseCause,
};
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::{DAY_MS, Date, Timestamp};
use crate::wire::DeliveryReply;

/// A certificate of another center, as the lender keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeldCertificate {
    /// The certificate, with what opens its commitment.
    #[n(1)]
    pub issued: IssuedCertificate,
    /// The signed answer that brought it.
    #[n(2)]
    pub answer: PayloadHash,
    /// The dossier that it was asked in.
    #[n(3)]
    pub dossier: DossierId,
    /// When it came.
    #[n(4)]
    pub at: Timestamp,
    /// What was decided about the loan.
    #[n(5)]
    pub receipt: Option<SaidReceipt>,
    /// That the loan is over.
    #[n(6)]
    pub release: Option<SaidRelease>,
    /// That the issuer took it back, by its statement.
    #[n(7)]
    pub revoked: Option<HeardRevocation>,
    /// When the missing receipt was called to mind.
    #[n(8)]
    pub reminded: Option<Timestamp>,
    /// What a second person must approve first.
    #[n(9)]
    pub waiting: Option<Draft>,
}

/// A receipt on its way, or taken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SaidReceipt {
    /// The statement.
    #[n(1)]
    pub statement: PayloadHash,
    /// What it says.
    #[n(2)]
    pub wish: ReceiptWish,
    /// When it was said.
    #[n(3)]
    pub at: Timestamp,
    /// What became of it.
    #[n(4)]
    pub delivery: Delivery,
}

/// What the lender wants a receipt to say.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceiptWish {
    /// What the person is in the loan.
    #[n(1)]
    pub applicant: Applicant,
    /// What was decided.
    #[n(2)]
    pub result: LoanResult,
    /// The loan business at this center (业务流水号): the one use of the certificate.
    #[n(3)]
    pub serial: SerialNumber,
    /// Words to the clerk there.
    #[n(4)]
    pub remark: Option<Remark>,
}

/// A release on its way, or taken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SaidRelease {
    /// The statement.
    #[n(1)]
    pub statement: PayloadHash,
    /// Why.
    #[n(2)]
    pub cause: ReleaseCause,
    /// When it was said.
    #[n(3)]
    pub at: Timestamp,
    /// What became of it.
    #[n(4)]
    pub delivery: Delivery,
}

/// What the issuer's revocation says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeardRevocation {
    /// The statement.
    #[n(1)]
    pub statement: PayloadHash,
    /// What it says.
    #[n(2)]
    pub said: CertificateRevocation,
    /// When it came.
    #[n(3)]
    pub at: Timestamp,
}

/// What became of a statement to the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Delivery {
    /// It is on its way.
    #[n(1)]
    Sent,
    /// The issuer has it.
    #[n(2)]
    Taken(#[n(0)] Timestamp),
    /// The issuer refused it.
    #[n(3)]
    Refused(#[n(0)] Refusal),
}

/// What a second person must approve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Draft {
    /// Who entered it.
    #[n(1)]
    pub operator: OperatorId,
    /// What.
    #[n(2)]
    pub what: DraftOf,
}

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum DraftOf {
    /// A receipt.
    #[n(1)]
    Receipt(#[n(0)] ReceiptWish),
    /// A release.
    #[n(2)]
    Release(#[n(0)] ReleaseCause),
}

/// A certificate of another center by its number.
///
/// # Errors
/// When the store cannot be read.
pub fn held(
    view: &dyn View,
    number: CertificateNumber,
) -> Result<Option<HeldCertificate>, StoreError> {
    let bytes = view.get(&place(number))?;
    bytes.map(|bytes| cbor::decode_stored("held certificates", &bytes)).transpose()
}

/// What a held certificate is worth on a day, for a loan business: the one that used it goes on
/// using it.
///
/// # Errors
/// When the store cannot be read.
pub fn standing(
    view: &dyn View,
    held: &HeldCertificate,
    today: Date,
    business: Option<&SerialNumber>,
) -> Result<CertificateStanding, StoreError> {
    let in_log = status_in_log(view, held)?;
    if held.revoked.is_some() || in_log == Some(DigestStatus::CertificateRevoked) {
        return Ok(CertificateStanding::Revoked);
    }
    // What its issuer has lost is worth as little, but for the loan that was granted on it before.
    let receipt = held.receipt.as_ref();
    let receipt = receipt.filter(|said| !matches!(said.delivery, Delivery::Refused(_)));
    if let Some(said) = receipt {
        let is_same = business == Some(&said.wish.serial);
        let goes_on = is_same && said.wish.result == LoanResult::Granted;
        return Ok(if goes_on { CertificateStanding::Valid } else { CertificateStanding::Used });
    }
    Ok(match in_log {
        Some(DigestStatus::CertificateUsed) => CertificateStanding::Used,
        Some(DigestStatus::CertificateExpired) => CertificateStanding::Expired,
        Some(DigestStatus::Lost) => CertificateStanding::Revoked,
        _ if today > held.issued.certificate.valid_until => CertificateStanding::Expired,
        _ => CertificateStanding::Valid,
    })
}

/// What the issuer's log says of the certificate now, as far as it is held here: all revisions of a
/// digest have one commitment.
fn status_in_log(
    view: &dyn View,
    held: &HeldCertificate,
) -> Result<Option<DigestStatus>, StoreError> {
    let Ok(first) = cbor::decode::<Digest>(&held.issued.leaf.entry) else { return Ok(None) };
    let Some(tag) = first.subjects.first() else { return Ok(None) };
    let live = tag_index::by_tag(view, *tag, DIGESTS_MAX)?;
    let issuer = held.issued.certificate.issuer;
    let of_it = live
        .iter()
        .filter(|live| live.log.center == issuer && live.digest.commitment == first.commitment);
    Ok(of_it.max_by_key(|live| live.digest.revision).map(|live| live.digest.status))
}

/// Digests of one person that a lookup reads: more than anybody has.
const DIGESTS_MAX: usize = 1_024;

/// Keeps the certificates of an answer whose proofs hold.
pub(in crate::engine) fn take_in(
    round: &mut Round<'_>,
    dossier: &Dossier,
    answered: &AnsweredRow,
) -> Result<(), StoreError> {
    let outcomes = given(&answered.body).map_or(&[][..], |facts| &facts.outcomes);
    for (subject, outcome) in outcomes.iter().enumerate() {
        let Outcome::Found(found) = outcome else { continue };
        let Some(issued) = &found.certificate else { continue };
        let of_it = |check: &&LeafCheck| {
            check.of == LeafOf::Certificate && usize::try_from(check.subject) == Ok(subject)
        };
        let proven = answered.checks.iter().find(of_it).is_some_and(|check| check.fault.is_none());
        let number = issued.certificate.number;
        if !proven || issued.certificate.requester != round.center() {
            continue;
        }
        if held(round.view, number)?.is_none() {
            let kept = HeldCertificate {
                issued: (**issued).clone(),
                answer: answered.answer,
                dossier: dossier.id,
                at: round.now,
                receipt: None,
                release: None,
                revoked: None,
                reminded: None,
                waiting: None,
            };
            put(round, &kept);
            if let Ok(digest) = cbor::decode::<Digest>(&kept.issued.leaf.entry) {
                watch::begin(round.view, &Watcher::Certificate(number), &digest.subjects);
            }
            let days = i64::from(round.settings.policy.receipt_reminder_days);
            let at = round.now.plus_ms(days.saturating_mul(DAY_MS));
            timer::set(round.view, at, Timer::ReceiptDue(number))?;
        }
    }
    Ok(())
}

/// What the certificates that a wish presents are worth now, each for the subject that it is about.
pub(in crate::engine) fn present(
    round: &Round<'_>,
    wish: &Wish,
) -> Result<Vec<PresentedCertificate>, StoreError> {
    let mut presented = Vec::new();
    for number in &wish.certificates {
        let kept = held(round.view, *number)?;
        let subject = kept.as_ref().and_then(|kept| {
            let about = &kept.issued.certificate.subject;
            wish.subjects.iter().position(|subject| PersonMatch::of(about, subject).is_some())
        });
        let unknown = PresentedCertificate {
            number: *number,
            standing: None,
            subject: None,
            certificate: None,
        };
        presented.push(match (kept, subject) {
            (Some(kept), Some(place)) => PresentedCertificate {
                standing: Some(standing(round.view, &kept, today(round)?, Some(&wish.serial))?),
                subject: u32::try_from(place).ok(),
                certificate: Some(Box::new(kept.issued.certificate)),
                ..unknown
            },
            (Some(_) | None, None) | (None, Some(_)) => unknown,
        });
    }
    Ok(presented)
}

/// A certificate has waited long for its receipt.
pub(in crate::engine) fn on_reminder(
    round: &mut Round<'_>,
    number: CertificateNumber,
) -> Result<(), StoreError> {
    let Some(mut kept) = held(round.view, number)? else { return Ok(()) };
    if kept.receipt.is_none() && kept.revoked.is_none() {
        kept.reminded = Some(round.now);
        put(round, &kept);
        round.event(Event::Certificate { number, what: "receipt-due" });
    }
    Ok(())
}

/// Says a receipt.
pub(super) fn say_receipt(
    round: &mut Round<'_>,
    mut kept: HeldCertificate,
    (operator, wish): (&OperatorId, ReceiptWish),
) -> Result<HeldCertificate, StoreError> {
    let known = &kept.issued.certificate;
    let number = known.number;
    let receipt = Receipt {
        from: round.center(),
        to: known.issuer,
        issued_at: round.now,
        number,
        content: content_of(&kept),
        applicant: wish.applicant,
        result: wish.result,
        operator: operator::mark(round, operator)?,
        remark: wish.remark.clone(),
    };
    let statement = round.say(&receipt, Route::Outbox(receipt.to));
    note(round, statement, number);
    timer::clear(round.view, Timer::ReceiptDue(number))?;
    let delivery = Delivery::Sent;
    kept.receipt = Some(SaidReceipt { statement, wish, at: round.now, delivery });
    kept.waiting = None;
    put(round, &kept);
    Ok(kept)
}

/// Says that the loan is over.
pub(super) fn say_release(
    round: &mut Round<'_>,
    mut kept: HeldCertificate,
    (operator, cause): (&OperatorId, ReleaseCause),
) -> Result<HeldCertificate, StoreError> {
    let Some(receipt) = kept.receipt.as_ref().map(|said| said.statement) else { return Ok(kept) };
    let known = &kept.issued.certificate;
    let number = known.number;
    let release = CertificateRelease {
        from: round.center(),
        to: known.issuer,
        issued_at: round.now,
        number,
        receipt,
        cause,
        operator: operator::mark(round, operator)?,
    };
    let statement = round.say(&release, Route::Outbox(release.to));
    note(round, statement, number);
    let delivery = Delivery::Sent;
    kept.release = Some(SaidRelease { statement, cause, at: round.now, delivery });
    kept.waiting = None;
    put(round, &kept);
    Ok(kept)
}

/// Takes in what the issuer made of a receipt or a release.
pub(in crate::engine) fn on_delivered(
    round: &mut Round<'_>,
    statement: PayloadHash,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    let Some(bytes) = round.view.get(&statement_key(statement))? else { return Ok(()) };
    let number: CertificateNumber = cbor::decode_stored("held certificates", &bytes)?;
    let Some(mut kept) = held(round.view, number)? else { return Ok(()) };
    let delivery = match outcome {
        Ok(()) => Delivery::Taken(round.now),
        Err(refusal) => Delivery::Refused(refusal),
    };
    let what = if let Some(said) = kept.receipt.as_mut().filter(|said| said.statement == statement)
    {
        said.delivery = delivery;
        if outcome.is_ok() { "receipt-taken" } else { "receipt-refused" }
    } else if let Some(said) = kept.release.as_mut().filter(|said| said.statement == statement) {
        said.delivery = delivery;
        if outcome.is_ok() { "release-taken" } else { "release-refused" }
    } else {
        return Ok(());
    };
    put(round, &kept);
    round.event(Event::Certificate { number, what });
    Ok(())
}

/// Takes in that the issuer took a certificate back.
pub(super) fn on_revocation(
    round: &mut Round<'_>,
    verified: &Verified,
    revocation: &CertificateRevocation,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let number = revocation.number;
    let kept = held(round.view, number)?
        .filter(|kept| number.issuer == revocation.from && content_of(kept) == revocation.content);
    let Some(mut kept) = kept else {
        return Ok(DeliveryReply::Refused(Refusal::CertificateUnknown));
    };
    if kept.revoked.is_none() {
        let said = revocation.clone();
        kept.revoked = Some(HeardRevocation { statement: hash, said, at: round.now });
        kept.waiting = None;
        timer::clear(round.view, Timer::ReceiptDue(number))?;
        put(round, &kept);
        round.event(Event::Certificate { number, what: "revoked" });
    }
    Ok(DeliveryReply::Committed(hash))
}

fn content_of(kept: &HeldCertificate) -> ContentHash {
    let bytes = cbor::encode(&kept.issued.certificate);
    ContentHash::new(*blake3::hash(&bytes).as_bytes())
}

pub(super) fn put(round: &mut Round<'_>, kept: &HeldCertificate) {
    round.view.put(place(kept.issued.certificate.number), cbor::encode(kept));
}

fn note(round: &mut Round<'_>, statement: PayloadHash, number: CertificateNumber) {
    round.view.put(statement_key(statement), cbor::encode(&number));
}

fn statement_key(statement: PayloadHash) -> Vec<u8> {
    key(Area::CertificateOfStatement, &[statement.as_bytes()])
}

fn place(number: CertificateNumber) -> Vec<u8> {
    key(Area::HeldCertificate, &[&number.issuer.to_key(), &number.to_key()])
}
