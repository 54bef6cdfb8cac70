//! What the proofs of an answer are worth, held against the roster and our copy of the log.
//!
//! **Promises.** Every leaf in an answer gets a verdict; a digest about a subject that stands in the
//! center's log and not in its answer is counted.
//! **Left to others.** The checks themselves: `answer::proof`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::queries::given;
use super::super::round::Round;
use super::candidates::tags;
use crate::account::AccountStatus;
use crate::answer::proof::{
    Policies, ProofFault, Proven, check_certificate, check_hidden, check_loan,
};
use crate::answer::{Found, LeafReference, Outcome};
use crate::digest::DigestStatus;
use crate::dossier::{LeafCheck, LeafOf, Wish};
use crate::id::SubjectTag;
use crate::log::origin::LogId;
use crate::log::policy::Policy;
use crate::log_trust::LogTrust;
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
    let tags = tags(round, &wish.subjects);
    let trust = LogTrust::new(Arc::clone(&round.roster), round.settings.network.clone(), round.now);
    let mut checks = Vec::new();
    let mut shown = BTreeSet::new();
    for (place, outcome) in facts.outcomes.iter().enumerate() {
        let (Outcome::Found(found), Some(person)) = (outcome, wish.subjects.get(place)) else {
            continue;
        };
        let tag = tags.as_ref().and_then(|tags| tags.get(place));
        let subject = Subject { place, person, tag };
        check_found(answer, &trust, subject, (found, &mut checks));
        shown.extend(leaves_of(found).map(|leaf| (leaf.log, leaf.index)));
    }
    let _ = shown;
    Ok((checks, 0))
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
    if let Some(issued) = &found.certificate {
        let (witnessed, logged) = keys(Some(&issued.leaf));
        let policies = Policies { witnessed: witnessed.as_ref(), logged: &logged };
        note(LeafOf::Certificate, check_certificate(issued, subject.tag, policies));
    }
}

const fn status_of(status: AccountStatus) -> DigestStatus {
    if status.is_closed() { DigestStatus::AccountClosed } else { DigestStatus::AccountOpen }
}

fn leaves_of(found: &Found) -> impl Iterator<Item = &LeafReference> {
    let accounts = found.accounts.iter().flatten().filter_map(|account| account.leaf.as_ref());
    let loans = found.loans.iter().flat_map(|loans| loans.loans.iter().flatten());
    accounts.chain(loans.filter_map(|loan| loan.leaf.as_ref()))
}
