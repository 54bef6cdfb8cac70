//! What the proofs of an answer are worth, held against the roster and our copy of the log.
//!
//! **Promises.** Every leaf in an answer gets a verdict; a digest about a subject that stands in the
//! center's log and not in its answer is counted.
//! **Left to others.** The checks themselves: `answer::proof`.

use std::collections::BTreeSet;

use super::super::queries::given;
use super::super::round::Round;
use super::super::{log_store, tag_index, tags, withdrawals};
use super::candidates::DIGESTS_MAX;
use crate::account::AccountStatus;
use crate::answer::proof::{
    Policies, ProofFault, Proven, check_certificate, check_hidden, check_loan, digest_of,
};
use crate::answer::{Found, LeafReference, Outcome};
use crate::digest::DigestStatus;
use crate::document::DocumentNumber;
use crate::dossier::{LeafCheck, LeafOf, Wish};
use crate::id::SubjectTag;
use crate::log::origin::LogId;
use crate::log::policy::Policy;
use crate::log::tree::LeafIndex;
use crate::log_trust::LogTrust;
use crate::purpose::{Field, QueryKind};
use crate::record::Person;
use crate::statement::query::Answer;
use crate::store::StoreError;

/// Checks every leaf of an answer; and counts what the center's log holds besides.
pub(super) fn check(
    round: &mut Round<'_>,
    wish: &Wish,
    answer: &Answer,
) -> Result<(Vec<LeafCheck>, u32), StoreError> {
    let Some(facts) = given(&answer.body) else { return Ok((Vec::new(), 0)) };
    let documents: Vec<DocumentNumber> =
        wish.subjects.iter().map(|person| person.document.clone()).collect();
    // Without the tag key, what tags would show is not looked at.
    let tags = tags::compute(round, &documents).ok();
    let trust = round.log_trust();
    let mut checks = Vec::new();
    let mut omitted = 0_u32;
    for (place, outcome) in facts.outcomes.iter().enumerate() {
        let Some(person) = wish.subjects.get(place) else { continue };
        let tag = tags.as_ref().and_then(|tags| tags.get(place));
        let found = match outcome {
            Outcome::Found(found) => Some(&**found),
            Outcome::NoRecord { .. } => None,
            Outcome::Unresolved(_) | Outcome::Refused(_) => continue,
        };
        if let Some(found) = found {
            check_found(answer, &trust, Subject { place, person, tag }, (found, &mut checks));
        }
        if let Some(tag) = tag {
            omitted = omitted.saturating_add(omitted_leaves(round, wish, answer, (*tag, found))?);
        }
    }
    let payouts = check_payouts(round, wish, answer)?;
    omitted = omitted.saturating_add(payouts.omitted);
    checks.extend(payouts.checks);
    Ok((checks, omitted))
}

/// What the leaves of the payouts are worth, and how many the answer left out.
#[derive(Default)]
struct PayoutChecks {
    checks: Vec<LeafCheck>,
    omitted: u32,
}

/// Checks what the answer says was paid out for the property, and counts what the center's log holds
/// besides.
fn check_payouts(
    round: &mut Round<'_>,
    wish: &Wish,
    answer: &Answer,
) -> Result<PayoutChecks, StoreError> {
    let (Some(property), Some(facts)) = (&wish.property, given(&answer.body)) else {
        return Ok(PayoutChecks::default());
    };
    let Ok(tags) = withdrawals::tags_of(round, property) else {
        return Ok(PayoutChecks::default());
    };
    let trust = round.log_trust();
    let mut checks = Vec::new();
    let mut shown = BTreeSet::new();
    let mut awaited = 0_usize;
    for payout in facts.payouts.iter().flatten() {
        let Some(leaf) = &payout.leaf else {
            awaited = awaited.saturating_add(1);
            continue;
        };
        shown.insert((leaf.log, leaf.index.get()));
        let log = LogId::public(answer.from, leaf.log);
        let (witnessed, logged) = (trust.policy(log), Policy::logged(trust.log_keys(log)));
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        // One of the property's keys is enough: the other center may know it by one alone.
        let digest = digest_of(leaf).ok();
        let is_named =
            |tag: &&SubjectTag| digest.as_ref().is_some_and(|digest| digest.subjects.contains(tag));
        let tag = tags.iter().find(is_named).or_else(|| tags.first());
        let result = check_hidden(leaf, DigestStatus::WithdrawalPaid, tag, policies);
        let (proven, fault) = (result.ok(), result.err());
        checks.push(LeafCheck { subject: 0, of: LeafOf::Payout, proven, fault });
    }
    let live = withdrawals::paid_by_tag(round.view, &tags)?;
    let missing = live.iter().filter(|(log, leaf)| {
        log.center == answer.from && !shown.contains(&(log.number, leaf.get()))
    });
    // What was changed and not published yet stands in our copy of the log as it was.
    let missing = missing.count().saturating_sub(awaited);
    let omitted = u32::try_from(missing).unwrap_or(u32::MAX);
    Ok(PayoutChecks { checks, omitted })
}

/// How many digests about a person stand in the center's log that the answer neither shows nor
/// replaces; records that were changed and not published yet may be among them.
fn omitted_leaves(
    round: &Round<'_>,
    wish: &Wish,
    answer: &Answer,
    (tag, found): (SubjectTag, Option<&Found>),
) -> Result<u32, StoreError> {
    let mut shown = BTreeSet::new();
    let mut awaited = 0_usize;
    for leaf in found.into_iter().flat_map(leaves_of) {
        let Some(leaf) = leaf else {
            awaited = awaited.saturating_add(1);
            continue;
        };
        shown.insert((leaf.log, leaf.index.get()));
        let Ok(digest) = digest_of(leaf) else { continue };
        let Some(old) = digest.previous else { continue };
        let log = tag_index::log_before(LogId::public(answer.from, leaf.log), &digest);
        shown.insert((log.number, old));
        if log_store::entry(round.view, log, LeafIndex::new(old))?.is_none() {
            // It was revised more often than our copy of the log knows yet: the revision that
            // stands here as its latest is one of those that it replaced.
            awaited = awaited.saturating_add(1);
        }
    }
    let digests = tag_index::by_tag(round.view, tag, DIGESTS_MAX)?;
    let missing = digests.iter().filter(|indexed| {
        indexed.log.center == answer.from
            && is_asked(wish, indexed.digest.status)
            && !shown.contains(&(indexed.log.number, indexed.leaf.get()))
    });
    Ok(u32::try_from(missing.count().saturating_sub(awaited)).unwrap_or(u32::MAX))
}

/// Whether an answer must show the record behind a digest of this status.
const fn is_asked(wish: &Wish, status: DigestStatus) -> bool {
    match status {
        DigestStatus::AccountOpen | DigestStatus::AccountClosed => {
            matches!(wish.kind, QueryKind::Account | QueryKind::Dossier)
        }
        DigestStatus::LoanGranted | DigestStatus::LoanSettled => {
            matches!(wish.kind, QueryKind::LoanHistory | QueryKind::Dossier)
                && wish.purpose.opens(Field::Loans)
        }
        DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned
        | DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired
        | DigestStatus::WithdrawalPaid
        | DigestStatus::WithdrawalReversed
        | DigestStatus::IntentOpen
        | DigestStatus::IntentPaid
        | DigestStatus::IntentWithdrawn
        | DigestStatus::IntentExpired
        | DigestStatus::RowQuarantined
        | DigestStatus::RowHealed
        | DigestStatus::Lost => false,
    }
}

/// One subject with its tag, when there is one.
#[derive(Clone, Copy)]
struct Subject<'a> {
    place: usize,
    person: &'a Person,
    tag: Option<&'a SubjectTag>,
}

fn check_found(
    answer: &Answer,
    trust: &LogTrust,
    subject: Subject<'_>,
    (found, checks): (&Found, &mut Vec<LeafCheck>),
) {
    let mut note = |of, result: Result<Proven, ProofFault>| {
        checks.push(LeafCheck {
            subject: u32::try_from(subject.place).unwrap_or(u32::MAX),
            of,
            proven: result.ok(),
            fault: result.err(),
        });
    };
    let keys = |leaf: Option<&LeafReference>| {
        let log = LogId::public(answer.from, leaf.map_or(0, |leaf| leaf.log));
        (trust.policy(log), Policy::logged(trust.log_keys(log)))
    };
    for account in found.accounts.iter().flatten() {
        let Some(leaf) = &account.leaf else {
            note(LeafOf::Account, Ok(Proven::Awaited));
            continue;
        };
        let (witnessed, logged) = keys(Some(leaf));
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        let status = status_of(account.status);
        note(LeafOf::Account, check_hidden(leaf, status, subject.tag, policies));
    }
    for loan in found.loans.iter().flat_map(|loans| loans.loans.iter().flatten()) {
        let (witnessed, logged) = keys(loan.leaf.as_ref());
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        note(LeafOf::Loan, check_loan(loan, subject.person, subject.tag, policies));
    }
    for entry in found.accesses.iter().flat_map(|list| &list.entries) {
        let log = LogId::audit(answer.from, entry.log);
        let (witnessed, logged) = (trust.policy(log), Policy::logged(trust.log_keys(log)));
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        note(LeafOf::Access, entry.check(subject.person, policies));
    }
    if let Some(issued) = &found.certificate {
        let (witnessed, logged) = keys(Some(&issued.leaf));
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        note(LeafOf::Certificate, check_certificate(issued, subject.tag, policies));
    }
}

const fn status_of(status: AccountStatus) -> DigestStatus {
    if status.is_closed() { DigestStatus::AccountClosed } else { DigestStatus::AccountOpen }
}

/// The leaf of each record that an answer shows, where it has one.
fn leaves_of(found: &Found) -> impl Iterator<Item = Option<&LeafReference>> {
    let accounts = found.accounts.iter().flatten().map(|account| account.leaf.as_ref());
    let loans = found.loans.iter().flat_map(|loans| loans.loans.iter().flatten());
    accounts.chain(loans.map(|loan| loan.leaf.as_ref()))
}
