//! Deposit certificates (缴存使用证明): issuing them, and where each stands.
//!
//! **Promises.** A number is used once. A new certificate for the same account and the same lender
//! takes the place of the one before, which is revoked in the same batch. None is issued for an
//! account that secures a loan already.
//! **Left to others.** The form: `certificate`. Use and expiry: `receipts`. The lender: [`lending`].

use minicbor::{Decode, Encode};

use super::answers::{PersonRecords, Question};
use super::equivocation;
use super::input::RequestId;
use super::leaf_proofs;
use super::operator::OperatorId;
use super::output::{Event, PeerReply};
use super::publishing::{Published, current_epoch, open_log};
use super::records::StoredAccount;
use super::recovery;
use super::round::Round;
use super::single;
use super::timer::{self, Timer};
use crate::account::AccountNumber;
use crate::answer::IssuedCertificate;
use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::{Certificate, CertificateLoan, CertificateNumber, VALID_MONTHS};
use crate::cose::Verified;
use crate::digest::{Digest, DigestStatus};
use crate::document::DocumentNumber;
use crate::id::{ContentHash, PayloadHash, SubjectTag};
use crate::record::{AccountRecord, Hindrance, LoanRecord, Person};
use crate::record_seal::{RecordSeed, record_commitment};
use crate::refusal::Refusal;
use crate::statement::certificate::{Applicant, LoanResult, ReleaseCause, RevocationReason};
use crate::statement::transfer::letter::Remark;
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::subject::TagSubject;
use crate::time::{Date, Timestamp};
use crate::wire::DeliveryReply;

pub mod desk;
pub mod lending;
pub(super) mod lost;
mod receipts;

pub(super) use lending::{on_delivered, on_reminder, present, take_in};
pub(super) use receipts::on_expiry;

/// A certificate as its issuer keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredCertificate {
    /// The certificate.
    #[n(1)]
    pub certificate: Certificate,
    /// Its digest.
    #[n(2)]
    pub published: Published,
    /// Where it stands.
    #[n(3)]
    pub state: CertificateState,
    /// A revocation that waits for a second person.
    #[n(4)]
    pub waiting: Option<Revoked>,
}

/// Where a certificate stands at its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum CertificateState {
    /// It waits for its receipt.
    #[n(1)]
    Issued,
    /// Its receipt is here.
    #[n(2)]
    Used(#[n(0)] Use),
    /// It was taken back.
    #[n(3)]
    Revoked(#[n(0)] Revoked),
    /// It ran out, then.
    #[n(4)]
    Expired(#[n(0)] Timestamp),
}

/// What a receipt said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Use {
    /// The receipt.
    #[n(1)]
    pub receipt: PayloadHash,
    /// What the person is in the loan.
    #[n(2)]
    pub applicant: Applicant,
    /// What the lender decided.
    #[n(3)]
    pub result: LoanResult,
    /// When it came.
    #[n(4)]
    pub at: Timestamp,
    /// That the loan is over, and since when.
    #[n(5)]
    pub released: Option<(ReleaseCause, Timestamp)>,
}

/// How a certificate was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Revoked {
    /// Why.
    #[n(1)]
    pub reason: RevocationReason,
    /// More, in words.
    #[n(2)]
    pub remark: Option<Remark>,
    /// Who wanted it; nobody where a rule did.
    #[n(3)]
    pub operator: Option<OperatorId>,
    /// When.
    #[n(4)]
    pub at: Timestamp,
    /// The certificate that took its place.
    #[n(5)]
    pub superseded_by: Option<CertificateNumber>,
}

impl Revoked {
    const fn by_rule(reason: RevocationReason, at: Timestamp) -> Self {
        Self { reason, remark: None, operator: None, at, superseded_by: None }
    }
}

/// The mark of an account that secures a loan of another city (异地贷款).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OffSiteMark {
    /// The certificate behind it.
    #[n(1)]
    pub certificate: CertificateNumber,
    /// Who lent.
    #[n(2)]
    pub lender: CenterCode,
    /// Since when.
    #[n(3)]
    pub since: Timestamp,
}

/// The mark of an account, while it secures a loan of another city.
///
/// # Errors
/// When the store cannot be read.
pub fn off_site(
    view: &dyn View,
    account: &AccountNumber,
) -> Result<Option<OffSiteMark>, StoreError> {
    let bytes = view.get(&receipts::mark_key(account))?;
    bytes.map(|bytes| cbor::decode_stored("off-site loans", &bytes)).transpose()
}

/// A record as the rules must see it: with the mark beside what the core system noted.
///
/// # Errors
/// When the store cannot be read.
pub fn with_mark(view: &dyn View, mut record: AccountRecord) -> Result<AccountRecord, StoreError> {
    let hindrances = &mut record.notes.hindrances;
    if off_site(view, &record.account.number)?.is_some()
        && let Err(place) = hindrances.binary_search(&Hindrance::OffSiteLoan)
    {
        hindrances.insert(place, Hindrance::OffSiteLoan);
    }
    Ok(record)
}

/// Whether statements of a kind are about certificates.
#[must_use]
pub const fn is_certificate(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Receipt
            | StatementKind::CertificateRelease
            | StatementKind::CertificateRevocation
    )
}

/// Handles a statement about a certificate and stages the reply to its delivery; a repeat gets the
/// reply that the first one got.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    verified: &Verified,
) -> Result<(), StoreError> {
    let reply = match round.admit(from, verified.statement()) {
        Ok(()) if recovery::holds_inputs(round.view)? => DeliveryReply::Later(Refusal::Recovering),
        Ok(()) => answer(round, verified)?,
        Err(refusal) => DeliveryReply::Refused(refusal),
    };
    if let DeliveryReply::Refused(refusal) = reply {
        round.event(Event::Refused { from, refusal });
    }
    round.respond(request, PeerReply::Delivery(reply));
    Ok(())
}

/// Takes in a statement that was verified and admitted.
pub(super) fn answer(
    round: &mut Round<'_>,
    verified: &Verified,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let place = key(Area::Reply, &[hash.as_bytes()]);
    if let Some(bytes) = round.view.get(&place)? {
        return cbor::decode_stored("replies", &bytes);
    }
    round.keep_received(hash, verified.statement().kind(), verified.bytes())?;
    let reply = if let Statement::Receipt(receipt) = verified.statement() {
        receipts::on_receipt(round, verified, receipt)?
    } else if let Statement::CertificateRelease(release) = verified.statement() {
        receipts::on_release(round, verified, release)?
    } else if let Statement::CertificateRevocation(revocation) = verified.statement() {
        lending::on_revocation(round, verified, revocation)?
    } else {
        DeliveryReply::Refused(Refusal::UnknownStatement)
    };
    if let DeliveryReply::Committed(_) | DeliveryReply::Refused(_) = reply {
        round.view.put(place, cbor::encode(&reply));
    }
    Ok(reply)
}

/// A certificate by its number.
///
/// # Errors
/// When the store cannot be read.
pub fn certificate(
    view: &dyn View,
    number: CertificateNumber,
) -> Result<Option<StoredCertificate>, StoreError> {
    let bytes = view.get(&key(Area::Certificate, &[&number.to_key()]))?;
    bytes.map(|bytes| cbor::decode_stored("certificates", &bytes)).transpose()
}

/// Issues a certificate for the one account that the person has here; none when there is not exactly
/// one that is open, or no tag can be had for its digest.
pub(super) fn issue(
    round: &mut Round<'_>,
    question: &Question<'_>,
    records: &PersonRecords<'_>,
) -> Result<Option<IssuedCertificate>, StoreError> {
    let open = |account: &&StoredAccount| !account.record.account.status.is_closed();
    let mut accounts = records.accounts.iter().map(|(account, _)| account).filter(open);
    let (Some(account), None) = (accounts.next(), accounts.next()) else { return Ok(None) };
    let (Some(as_of), Some(tag)) = (round.now.date(), tag_of(round, &account.record.person)) else {
        return Ok(None);
    };
    let Some(valid_until) = as_of.plus_months(VALID_MONTHS) else { return Ok(None) };
    if !may_issue(round, question.asker, &account.record.account.number)? {
        return Ok(None);
    }
    let place = open_key(&account.record.account.number, question.asker);
    let supersedes = match round.view.get(&place)? {
        Some(bytes) => Some(cbor::decode_stored("certificates", &bytes)?),
        None => None,
    };
    let number = next_number(round, as_of)?;
    let mut certificate = describe(account, records.loans, (number, as_of, valid_until));
    certificate.requester = question.asker;
    certificate.purpose = question.purpose;
    certificate.supersedes = supersedes;
    if let Some(old) = supersedes {
        supersede(round, old, number)?;
    }
    let published = publish(round, &certificate, tag)?;
    let leaf = leaf_proofs::reference(round, &published)?;
    let blinding = published.seed.record_blinding();
    let state = CertificateState::Issued;
    let stored = StoredCertificate { certificate, published, state, waiting: None };
    round.view.put(place, cbor::encode(&number));
    put(round, &stored);
    if let Some(after) = valid_until.plus_days(1) {
        timer::set(round.view, Timestamp::start_of(after), Timer::Certificate(number))?;
    }
    Ok(Some(IssuedCertificate { certificate: stored.certificate, blinding, leaf }))
}

/// Whether a certificate may be written: our log is open and forgot nothing, the account secures no loan yet, and a
/// revocation of the one before would find its way.
fn may_issue(
    round: &Round<'_>,
    lender: CenterCode,
    account: &AccountNumber,
) -> Result<bool, StoreError> {
    Ok(equivocation::may_start(round, round.center())?
        && !recovery::holds_digests(round.view)?
        && off_site(round.view, account)?.is_none()
        && receipts::has_room(round, lender)?)
}

/// Revokes the certificate that a new one replaces.
fn supersede(
    round: &mut Round<'_>,
    old: CertificateNumber,
    new: CertificateNumber,
) -> Result<(), StoreError> {
    let Some(stored) = certificate(round.view, old)? else { return Ok(()) };
    let reason = RevocationReason::Superseded;
    let revoked = Revoked { superseded_by: Some(new), ..Revoked::by_rule(reason, round.now) };
    receipts::revoke(round, stored, revoked)?;
    Ok(())
}

fn tag_of(round: &mut Round<'_>, person: &Person) -> Option<SubjectTag> {
    let text = person.document.tag_text();
    let epoch = current_epoch(round);
    let tags = round.tagger.tags(epoch, &[TagSubject::Person(text.as_str())]).ok()?;
    tags.first().copied()
}

fn next_number(round: &mut Round<'_>, today: Date) -> Result<CertificateNumber, StoreError> {
    let year = today.year().unsigned_abs();
    let serial = last_serial(round.view, year)?.saturating_add(1);
    put_last_serial(round.view, year, serial);
    Ok(CertificateNumber { issuer: round.center(), year, serial })
}

/// The last serial of a year that was given.
fn last_serial(view: &dyn View, year: u16) -> Result<u32, StoreError> {
    let name = format!("certificates/{year:04}");
    Ok(single::read(view, name.as_bytes())?.unwrap_or_default())
}

fn put_last_serial(view: &mut dyn View, year: u16, serial: u32) {
    single::write(view, format!("certificates/{year:04}").as_bytes(), &serial);
}

/// What the center knows of the account, before it is written for anybody.
fn describe(
    account: &StoredAccount,
    loans: &[LoanRecord],
    (number, as_of, valid_until): (CertificateNumber, Date, Date),
) -> Certificate {
    let record = &account.record;
    let document = &record.person.document;
    Certificate {
        number,
        issuer: record.center,
        requester: record.center,
        subject: record.person.clone(),
        account: record.account.number.clone(),
        employment: record.employment.clone(),
        as_of,
        opened_on: record.account.opened_on,
        status: record.account.status,
        contribution_base: record.account.contribution_base,
        person_monthly: record.account.person_monthly,
        unit_monthly: record.account.unit_monthly,
        balance: record.account.balance,
        history: record.history.clone(),
        imported: record.imported.clone(),
        loans: loans.iter().filter_map(|loan| describe_loan(loan, document)).collect(),
        withdrawals: record.withdrawals.clone(),
        fraud: record.notes.fraud,
        purpose: crate::purpose::Purpose::Certificate,
        valid_until,
        supersedes: None,
    }
}

fn describe_loan(loan: &LoanRecord, document: &DocumentNumber) -> Option<CertificateLoan> {
    let status = loan.loan.status();
    let role = loan.role_of(document)?;
    status.counts().then(|| CertificateLoan {
        contract: loan.loan.contract.clone(),
        role,
        status,
        disbursed_on: loan.loan.disbursed_on,
        disbursed: loan.loan.disbursed,
        balance: loan.loan.balance,
        overdue_current: loan.loan.overdue.periods_current,
        overdue_total: loan.loan.overdue.periods_total,
        repayment: loan.loan.repayment,
    })
}

fn publish(
    round: &mut Round<'_>,
    certificate: &Certificate,
    tag: SubjectTag,
) -> Result<Published, StoreError> {
    let seed = RecordSeed::new(round.entropy.draw());
    let digest = Digest {
        status: DigestStatus::CertificateIssued,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: None,
        epoch: current_epoch(round).0,
        subjects: vec![tag],
        reference: None,
        commitment: record_commitment(&seed.record_blinding(), certificate),
        date: certificate.as_of,
        channel: None,
    };
    let log = open_log(round)?;
    let leaf = round.publish(&digest)?;
    let content = ContentHash::new(*blake3::hash(&cbor::encode(certificate)).as_bytes());
    Ok(Published { content, seed, log, leaf, entry: cbor::encode(&digest).into() })
}

/// Publishes a certificate's digest again where its leaf lies past the end of its log.
pub(super) fn publish_past_end(round: &mut Round<'_>, value: &[u8]) -> Result<(), StoreError> {
    let mut stored: StoredCertificate = cbor::decode_stored("certificates", value)?;
    if stored.published.publish_past_end(round)? {
        put(round, &stored);
    }
    Ok(())
}

/// The certificate that waits for a receipt, by account and lender.
fn open_key(account: &AccountNumber, lender: CenterCode) -> Vec<u8> {
    [place_of_account(account), lender.to_key().to_vec()].concat()
}

/// A zero byte ends the number, so that no account's certificates stand among another's.
fn place_of_account(account: &AccountNumber) -> Vec<u8> {
    key(Area::CertificateOf, &[account.as_str().as_bytes(), &[0]])
}

fn put(round: &mut Round<'_>, stored: &StoredCertificate) {
    let place = key(Area::Certificate, &[&stored.certificate.number.to_key()]);
    round.view.put(place, cbor::encode(stored));
}

#[cfg(test)]
mod tests;
