//! What becomes of the certificates that this center issued: used, released, revoked, expired.
//!
//! **Promises.** A certificate is used once; the first receipt stands whatever comes after it, and the
//! same receipt gets the same reply. An account that secures a loan of another city carries a mark
//! until the lender reports the loan over.
//! **Left to others.** Issuing: [`super`]. The lender's side: `lending`.

use super::{
    CertificateState, OffSiteMark, Revoked, StoredCertificate, Use, certificate, lost, off_site,
    place_of_account, put,
};
use crate::account::AccountNumber;
use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::cose::Verified;
use crate::digest::DigestStatus;
use crate::engine::outbox;
use crate::engine::records;
use crate::engine::round::{Round, Route};
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_case::today;
use crate::id::PayloadHash;
use crate::ledger;
use crate::refusal::Refusal;
use crate::statement::certificate::{
    CertificateRelease, CertificateRevocation, LoanResult, Receipt, RevocationReason,
};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};
use crate::wire::DeliveryReply;

/// Takes a receipt in.
pub(super) fn on_receipt(
    round: &mut Round<'_>,
    verified: &Verified,
    receipt: &Receipt,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let done = match find(round, receipt.number, receipt.from)? {
        Ok(stored) => use_it(round, stored, (receipt, hash))?,
        Err(Refusal::CertificateUnknown) if lost::was_given(round, receipt.number)? => {
            lost::on_receipt(round, receipt)?
        }
        Err(refusal) => Err(refusal),
    };
    Ok(match done {
        Ok(()) => DeliveryReply::Committed(hash),
        Err(refusal) => DeliveryReply::Refused(refusal),
    })
}

/// A certificate of this center that was issued to this lender.
fn find(
    round: &Round<'_>,
    number: CertificateNumber,
    lender: CenterCode,
) -> Result<Result<StoredCertificate, Refusal>, StoreError> {
    if number.issuer != round.center() {
        return Ok(Err(Refusal::CertificateUnknown));
    }
    Ok(match certificate(round.view, number)? {
        None => Err(Refusal::CertificateUnknown),
        Some(stored) if stored.certificate.requester != lender => Err(Refusal::CertificateLender),
        Some(stored) => Ok(stored),
    })
}

fn use_it(
    round: &mut Round<'_>,
    mut stored: StoredCertificate,
    (receipt, hash): (&Receipt, PayloadHash),
) -> Result<Result<(), Refusal>, StoreError> {
    if receipt.content != stored.published.content {
        return Ok(Err(Refusal::CertificateUnknown));
    }
    match &stored.state {
        CertificateState::Issued => {}
        CertificateState::Used(used) if used.receipt == hash => return Ok(Ok(())),
        CertificateState::Used(_) => return Ok(Err(Refusal::CertificateUsed)),
        CertificateState::Revoked(_) => return Ok(Err(Refusal::CertificateRevoked)),
        CertificateState::Expired(_) => return Ok(Err(Refusal::CertificateExpired)),
    }
    if today(round)? > stored.certificate.valid_until {
        expire(round, stored)?;
        return Ok(Err(Refusal::CertificateExpired));
    }
    let account = stored.certificate.account.clone();
    if receipt.result == LoanResult::Granted && !can_secure(round, &account)? {
        let reason = RevocationReason::AccountChanged;
        revoke(round, stored, Revoked::by_rule(reason, round.now))?;
        return Ok(Err(Refusal::CertificateRevoked));
    }
    stored.published.revise(round, DigestStatus::CertificateUsed, today(round)?)?;
    stored.state = CertificateState::Used(Use {
        receipt: hash,
        applicant: receipt.applicant,
        result: receipt.result,
        at: round.now,
        released: None,
    });
    close(round, &stored)?;
    if receipt.result == LoanResult::Granted {
        secure(round, &account, receipt)?;
    }
    put(round, &stored);
    Ok(Ok(()))
}

/// Marks an account with the loan that it secures.
pub(super) fn secure(
    round: &mut Round<'_>,
    account: &AccountNumber,
    receipt: &Receipt,
) -> Result<(), StoreError> {
    let mark = OffSiteMark { certificate: receipt.number, lender: receipt.from, since: round.now };
    round.view.put(mark_key(account), cbor::encode(&mark));
    revoke_others(round, account)
}

/// Whether the account can still secure a loan: it is here, open, free of a court's freeze, and its
/// money has not left in a transfer.
pub(super) fn can_secure(round: &Round<'_>, number: &AccountNumber) -> Result<bool, StoreError> {
    let Some((account, _)) = records::account(round.view, number)? else { return Ok(false) };
    let record = &account.record;
    let is_free = !record.account.status.is_closed() && record.notes.freeze.is_none();
    let has_money = record.account.balance.get() > 0;
    // A transfer that was accepted and not settled is refused by the mark when it would be settled.
    let is_leaving = ledger::held_by(round.view, number)?.is_some() && !has_money;
    Ok(is_free && !is_leaving && off_site(round.view, number)?.is_none())
}

/// Takes in that the loan is over.
pub(super) fn on_release(
    round: &mut Round<'_>,
    verified: &Verified,
    release: &CertificateRelease,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let mut stored = match find(round, release.number, release.from)? {
        Ok(stored) => stored,
        Err(Refusal::CertificateUnknown) if lost::was_given(round, release.number)? => {
            return lost::on_release(round, release, hash);
        }
        Err(refusal) => return Ok(DeliveryReply::Refused(refusal)),
    };
    let refusal = match &mut stored.state {
        // Its receipt is on the way; the row's timer brings this again.
        CertificateState::Issued => return Ok(DeliveryReply::Pending(hash)),
        CertificateState::Revoked(_) => Refusal::CertificateRevoked,
        CertificateState::Expired(_) => Refusal::CertificateExpired,
        CertificateState::Used(used) if used.receipt != release.receipt => Refusal::CertificateUsed,
        CertificateState::Used(used) => match (used.result, used.released) {
            (LoanResult::Granted, None) => {
                used.released = Some((release.cause, round.now));
                round.view.delete(mark_key(&stored.certificate.account));
                put(round, &stored);
                return Ok(DeliveryReply::Committed(hash));
            }
            (LoanResult::Granted, Some(_)) | (LoanResult::Declined, _) => Refusal::WrongState,
        },
    };
    Ok(DeliveryReply::Refused(refusal))
}

/// Takes a certificate back, and tells the lender.
pub(super) fn revoke(
    round: &mut Round<'_>,
    mut stored: StoredCertificate,
    revoked: Revoked,
) -> Result<StoredCertificate, StoreError> {
    stored.published.revise(round, DigestStatus::CertificateRevoked, today(round)?)?;
    let statement = CertificateRevocation {
        from: round.center(),
        to: stored.certificate.requester,
        issued_at: round.now,
        number: stored.certificate.number,
        content: stored.published.content,
        reason: revoked.reason,
        superseded_by: revoked.superseded_by,
        remark: revoked.remark.clone(),
    };
    round.say(&statement, Route::Outbox(stored.certificate.requester));
    stored.state = CertificateState::Revoked(revoked);
    stored.waiting = None;
    close(round, &stored)?;
    put(round, &stored);
    Ok(stored)
}

/// Another lender has granted a loan: what others still hold about the account is worth nothing now.
fn revoke_others(round: &mut Round<'_>, account: &AccountNumber) -> Result<(), StoreError> {
    let prefix = place_of_account(account);
    let rows = round.view.range(&prefix, &prefix_end(&prefix), OPEN_MAX)?;
    for (_, bytes) in rows {
        let number = cbor::decode_stored("certificates", &bytes)?;
        if let Some(other) = certificate(round.view, number)?
            && other.state == CertificateState::Issued
        {
            let reason = RevocationReason::AccountUsed;
            revoke(round, other, Revoked::by_rule(reason, round.now))?;
        }
    }
    Ok(())
}

/// Open certificates of one account: one a lender.
const OPEN_MAX: usize = 64;

/// The last day of a certificate is over.
pub(in crate::engine) fn on_expiry(
    round: &mut Round<'_>,
    number: CertificateNumber,
) -> Result<(), StoreError> {
    match certificate(round.view, number)? {
        Some(stored) if stored.state == CertificateState::Issued => expire(round, stored),
        Some(_) | None => Ok(()),
    }
}

fn expire(round: &mut Round<'_>, mut stored: StoredCertificate) -> Result<(), StoreError> {
    stored.published.revise(round, DigestStatus::CertificateExpired, today(round)?)?;
    stored.state = CertificateState::Expired(round.now);
    stored.waiting = None;
    close(round, &stored)?;
    put(round, &stored);
    Ok(())
}

/// The certificate waits for nothing any more, and none that follows takes its place.
pub(super) fn close(round: &mut Round<'_>, stored: &StoredCertificate) -> Result<(), StoreError> {
    let known = &stored.certificate;
    timer::clear(round.view, Timer::Certificate(known.number))?;
    let place = super::open_key(&known.account, known.requester);
    let open = round.view.get(&place)?;
    let open: Option<CertificateNumber> =
        open.map(|bytes| cbor::decode_stored("certificates", &bytes)).transpose()?;
    if open == Some(known.number) {
        round.view.delete(place);
    }
    Ok(())
}

/// Whether a statement to the lender would find room.
pub(super) fn has_room(round: &Round<'_>, lender: CenterCode) -> Result<bool, StoreError> {
    Ok(!outbox::is_full(round.view, lender)?)
}

pub(super) fn mark_key(account: &AccountNumber) -> Vec<u8> {
    key(Area::OffSite, &[account.as_str().as_bytes()])
}
