//! Certificates that this center gave and whose rows its store has lost: what their lenders bring back.
//!
//! **Promises.** A number that was given is not given again. What a lender said of such a certificate before
//! the loss stands: a loan that was granted on it marks the account, until the lender says that it is over.
//! Nothing new is built on it, for the log says that it is lost.
//! **Left to others.** Getting statements back, and the log: `recovery`.

use super::receipts::{can_secure, mark_key, secure};
use super::{
    CertificateState, OffSiteMark, Revoked, certificate, last_serial, open_key, put,
    put_last_serial, receipts,
};
use crate::account::AccountNumber;
use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::{Certificate, CertificateNumber};
use crate::engine::recovery;
use crate::engine::round::Round;
use crate::id::PayloadHash;
use crate::refusal::Refusal;
use crate::statement::certificate::{
    CertificateRelease, CertificateRevocation, LoanResult, Receipt,
};
use crate::store::keys::{Area, key};
use crate::store::{Entry, StoreError, prefix_end};
use crate::wire::DeliveryReply;

/// Takes a certificate back that an own answer has brought to its lender. Where its row is gone, its account
/// is kept, for its receipt.
pub(in crate::engine) fn take_back(
    round: &mut Round<'_>,
    given: &Certificate,
) -> Result<(), StoreError> {
    let number = given.number;
    if number.issuer != round.center() {
        return Ok(());
    }
    if last_serial(round.view, number.year)? < number.serial {
        put_last_serial(round.view, number.year, number.serial);
    }
    if certificate(round.view, number)?.is_some() {
        return Ok(());
    }
    // The latest counts: it took the place of those before.
    let place = open_key(&given.account, given.requester);
    let known = round.view.get(&place)?;
    let known: Option<CertificateNumber> =
        known.map(|bytes| cbor::decode_stored("certificates", &bytes)).transpose()?;
    if known.is_none_or(|known| (known.year, known.serial) < (number.year, number.serial)) {
        round.view.put(place, cbor::encode(&number));
    }
    Ok(())
}

/// An own revocation has come back: the certificate is not given back its worth by an older store.
pub(in crate::engine) fn take_back_revocation(
    round: &mut Round<'_>,
    said: &CertificateRevocation,
) -> Result<(), StoreError> {
    let Some(mut stored) = certificate(round.view, said.number)? else {
        if let Some(account) = account_of(round, said.number, said.to)? {
            round.view.delete(open_key(&account, said.to));
        }
        return Ok(());
    };
    if stored.state != CertificateState::Issued {
        return Ok(());
    }
    stored.state = CertificateState::Revoked(Revoked {
        reason: said.reason,
        remark: said.remark.clone(),
        operator: None,
        at: said.issued_at,
        superseded_by: said.superseded_by,
    });
    stored.waiting = None;
    receipts::close(round, &stored)?;
    put(round, &stored);
    Ok(())
}

/// Whether this center has given the number, as far as it knows.
pub(super) fn was_given(round: &Round<'_>, number: CertificateNumber) -> Result<bool, StoreError> {
    let is_own = number.issuer == round.center();
    Ok(is_own && (1..=last_serial(round.view, number.year)?).contains(&number.serial))
}

/// Takes a receipt for a certificate whose row is gone.
pub(super) fn on_receipt(
    round: &mut Round<'_>,
    receipt: &Receipt,
) -> Result<Result<(), Refusal>, StoreError> {
    let account = account_of(round, receipt.number, receipt.from)?;
    let is_of_before = recovery::may_have_forgotten(round.view, receipt.issued_at)?;
    let Some(account) = account.filter(|_| is_of_before) else {
        return Ok(Err(Refusal::CertificateRevoked));
    };
    if receipt.result == LoanResult::Granted {
        if !can_secure(round, &account)? {
            return Ok(Err(Refusal::CertificateRevoked));
        }
        secure(round, &account, receipt)?;
    }
    round.view.delete(open_key(&account, receipt.from));
    Ok(Ok(()))
}

/// Takes in that the loan behind such a certificate is over.
pub(super) fn on_release(
    round: &mut Round<'_>,
    release: &CertificateRelease,
    hash: PayloadHash,
) -> Result<DeliveryReply, StoreError> {
    let is_its =
        |mark: &OffSiteMark| mark.certificate == release.number && mark.lender == release.from;
    let found = find(round, Area::OffSite, |(place, bytes)| {
        let mark = cbor::decode_stored("off-site loans", bytes)?;
        Ok(is_its(&mark).then(|| account_at(place)).flatten())
    })?;
    if let Some(account) = found {
        round.view.delete(mark_key(&account));
        return Ok(DeliveryReply::Committed(hash));
    }
    Ok(if account_of(round, release.number, release.from)?.is_some() {
        // Its receipt is on the way.
        DeliveryReply::Pending(hash)
    } else {
        DeliveryReply::Refused(Refusal::CertificateRevoked)
    })
}

/// The account of a certificate whose receipt is waited for.
fn account_of(
    round: &Round<'_>,
    number: CertificateNumber,
    lender: CenterCode,
) -> Result<Option<AccountNumber>, StoreError> {
    let lender = lender.to_key();
    find(round, Area::CertificateOf, |(place, bytes)| {
        let open: CertificateNumber = cbor::decode_stored("certificates", bytes)?;
        // A zero byte ends the number of the account.
        let account = place.strip_suffix(&lender).and_then(|place| place.strip_suffix(&[0]));
        Ok(account.filter(|_| open == number).and_then(account_at))
    })
}

fn account_at(place: &[u8]) -> Option<AccountNumber> {
    let number = place.get(1..).and_then(|number| core::str::from_utf8(number).ok())?;
    AccountNumber::parse(number).ok()
}

/// Rows that are read at once.
const PORTION: usize = 1_024;

/// The first account that a row of an area names.
fn find(
    round: &Round<'_>,
    area: Area,
    named: impl Fn(&Entry) -> Result<Option<AccountNumber>, StoreError>,
) -> Result<Option<AccountNumber>, StoreError> {
    let mut from = key(area, &[]);
    let end = prefix_end(&from);
    loop {
        let rows = round.view.range(&from, &end, PORTION)?;
        let Some((last, _)) = rows.last() else { return Ok(None) };
        from = [last.as_slice(), &[0]].concat();
        for row in &rows {
            if let Some(account) = named(row)? {
                return Ok(Some(account));
            }
        }
    }
}
