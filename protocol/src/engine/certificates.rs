//! Issuing deposit certificates (缴存使用证明).
//!
//! **Promises.** A number is used once. A new certificate for the same account and the same lender
//! takes the place of the one before, which is revoked in the same batch.
//! **Left to others.** The form: `certificate`. Use and expiry: receipts (回执).

use minicbor::{Decode, Encode};

use super::answers::{PersonRecords, Question};
use super::leaf_proofs;
use super::publishing::{Published, current_epoch, open_log};
use super::records::StoredAccount;
use super::round::Round;
use super::single;
use crate::answer::IssuedCertificate;
use crate::cbor;
use crate::certificate::{Certificate, CertificateLoan, CertificateNumber, VALID_MONTHS};
use crate::digest::{Digest, DigestStatus};
use crate::document::DocumentNumber;
use crate::id::{ContentHash, SubjectTag};
use crate::record::{LoanRecord, Person};
use crate::record_seal::{RecordSeed, record_commitment};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::subject::TagSubject;
use crate::time::Date;

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
    let place = key(
        Area::CertificateOf,
        &[&question.asker.to_key(), account.record.account.number.as_str().as_bytes()],
    );
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
        revoke(round, old, as_of)?;
    }
    let published = publish(round, &certificate, tag)?;
    let leaf = leaf_proofs::reference(round, &published)?;
    let blinding = published.seed.record_blinding();
    let stored = StoredCertificate { certificate, published };
    round.view.put(place, cbor::encode(&number));
    round.view.put(key(Area::Certificate, &[&number.to_key()]), cbor::encode(&stored));
    Ok(Some(IssuedCertificate { certificate: stored.certificate, blinding, leaf }))
}

fn tag_of(round: &mut Round<'_>, person: &Person) -> Option<SubjectTag> {
    let text = person.document.tag_text();
    let epoch = current_epoch(round);
    let tags = round.tagger.tags(epoch, &[TagSubject::Person(text.as_str())]).ok()?;
    tags.first().copied()
}

fn next_number(round: &mut Round<'_>, today: Date) -> Result<CertificateNumber, StoreError> {
    let year = today.year().unsigned_abs();
    let name = format!("certificates/{year:04}");
    let last: u32 = single::read(round.view, name.as_bytes())?.unwrap_or_default();
    let serial = last.saturating_add(1);
    single::write(round.view, name.as_bytes(), &serial);
    Ok(CertificateNumber { issuer: round.center(), year, serial })
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
        epoch: current_epoch(round).0,
        subjects: vec![tag],
        reference: None,
        commitment: record_commitment(&seed.record_blinding(), certificate),
        date: certificate.as_of,
    };
    let log = open_log(round);
    let leaf = round.publish(&digest)?;
    let content = ContentHash::new(*blake3::hash(&cbor::encode(certificate)).as_bytes());
    Ok(Published { content, seed, log, leaf, entry: cbor::encode(&digest).into() })
}

/// Revokes the certificate that a new one replaces.
fn revoke(round: &mut Round<'_>, number: CertificateNumber, today: Date) -> Result<(), StoreError> {
    let Some(mut stored) = certificate(round.view, number)? else { return Ok(()) };
    stored.published.revise(round, DigestStatus::CertificateRevoked, today)?;
    round.view.put(key(Area::Certificate, &[&number.to_key()]), cbor::encode(&stored));
    Ok(())
}
