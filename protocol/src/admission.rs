//! Whether a question is answered: the ordered checks, each with its own refusal.
//!
//! | stage | refusals | where |
//! |---|---|---|
//! | frame and size | `TOO_LARGE`, `MALFORMED`, `UNKNOWN_STATEMENT`, `ALGORITHM` | `cose`, before the engine |
//! | membership | `NOT_MEMBER`, `SUSPENDED`, `PEER` | here |
//! | rate of the peer | `RATE_LIMITED`, unsigned | here |
//! | signature and key | `KEY_…`, `SIGNATURE`, `SENDER` | `cose`, before the engine |
//! | addressee | `ADDRESSEE` | here |
//! | freshness | `FROM_THE_FUTURE`, `EXPIRED` | here |
//! | id | `ID_REUSED`, or the stored answer | here |
//! | mode and grant | `MODE`, `NOT_GRANTED`, `PURPOSE` | here |
//! | rate of the purpose | `RATE_LIMITED`, signed | here |
//! | consent | `CONSENT` | here |
//! | subject | `SUBJECT` | here |
//! | name | `NAME_MISMATCH`, for each person | `engine::answers` |
//!
//! **Promises.** The first check that fails names the refusal; an [`Admitted`] cannot be made
//! anywhere else.
//! **Left to others.** Gathering the facts: `engine::queries`.

use crate::answer::access::AccessPlace;
use crate::center::CenterCode;
use crate::document::DocumentMatch;
use crate::dossier::Wish;
use crate::id::{PayloadHash, TransferId};
use crate::limits::{CLOCK_SKEW_MS, QUERY_LIFE_MS, SUBJECTS_MAX};
use crate::mode::Mode;
use crate::property::Property;
use crate::purpose::{Field, Purpose, QueryKind};
use crate::record::Person;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::statement::query::Query;
use crate::time::{Date, Timestamp};

/// A statement that passed every check; handlers take nothing less.
#[derive(Clone, Copy, Debug)]
pub struct Admitted<T>(T);

impl<T> Admitted<T> {
    /// What was admitted.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// What the checks look at, besides the question.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The time.
    pub now: Timestamp,
    /// The center that was asked.
    pub center: CenterCode,
    /// The member whose connection the question came on.
    pub peer: CenterCode,
    /// What the roster says of the peer; `None` when it lists no such member.
    pub standing: Option<MemberStatus>,
    /// Whether the peer asked too much within this minute.
    pub peer_rate: Budget,
    /// The hash of the question.
    pub hash: PayloadHash,
    /// The hash of what came before under this id from this peer.
    pub known: Option<PayloadHash>,
    /// What the roster says of the center that was asked.
    pub own_standing: MemberStatus,
    /// The mode of the service that answers.
    pub mode: Mode,
    /// Whether the roster grants the purpose to the peer.
    pub granted: Grant,
    /// Whether the peer asked too much for this purpose within this minute.
    pub purpose_rate: Budget,
}

/// Whether there is room for one more within this minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// There is.
    Left,
    /// There is none.
    Spent,
}

/// Whether the roster grants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It does.
    Given,
    /// It does not.
    Missing,
}

/// What becomes of a question.
#[derive(Clone, Debug)]
pub enum Admission<'a> {
    /// It is answered.
    Admitted(Admitted<&'a Query>),
    /// It came before: the stored answer goes out again.
    Repeat,
    /// It is refused.
    Refused(Stage, Refusal),
}

/// The checks, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Who brings it.
    Membership,
    /// How much the peer asks.
    PeerRate,
    /// To whom it is said.
    Addressee,
    /// When it was said.
    Freshness,
    /// Under which id.
    Id,
    /// Whether this is answered to this member.
    Grant,
    /// How much the peer asks for this purpose.
    PurposeRate,
    /// With whose consent.
    Consent,
    /// About whom.
    Subject,
}

impl Stage {
    /// Whether the refusal is a signed answer that both sides keep. Before the question is tied to
    /// an active member within its rate, a signature and a row are not spent on it.
    #[must_use]
    pub fn is_signed(self) -> bool {
        self > Self::PeerRate
    }
}

/// Decides about a question whose signature, key and sender were verified.
#[must_use]
pub fn admit<'a>(query: &'a Query, facts: &Circumstances) -> Admission<'a> {
    let stages: [(Stage, Check); 4] = [
        (Stage::Membership, check_membership),
        (Stage::PeerRate, |_, facts| within(facts.peer_rate)),
        (Stage::Addressee, check_addressee),
        (Stage::Freshness, check_freshness),
    ];
    for (stage, check) in stages {
        if let Err(refusal) = check(query, facts) {
            return Admission::Refused(stage, refusal);
        }
    }
    match facts.known {
        Some(known) if known == facts.hash => return Admission::Repeat,
        Some(_) => return Admission::Refused(Stage::Id, Refusal::IdReused),
        None => {}
    }
    let stages: [(Stage, Check); 4] = [
        (Stage::Grant, check_grant),
        (Stage::PurposeRate, |_, facts| within(facts.purpose_rate)),
        (Stage::Consent, |query, _| check_consent(query)),
        (Stage::Subject, check_subjects),
    ];
    for (stage, check) in stages {
        if let Err(refusal) = check(query, facts) {
            return Admission::Refused(stage, refusal);
        }
    }
    Admission::Admitted(Admitted(query))
}

/// Checks what an operator of this center wants to ask, before anything is sent.
///
/// # Errors
/// `PURPOSE`, `CONSENT` or `SUBJECT`, as the center that is asked would say.
pub fn check_wish(wish: &Wish, today: Option<Date>) -> Result<(), Refusal> {
    wish.purpose.check_kind(wish.kind)?;
    if wish.purpose.needs_consent() && wish.consent.is_none() {
        return Err(Refusal::Consent);
    }
    check_persons(&wish.subjects, today)?;
    check_property(wish.purpose, wish.property.as_ref())?;
    let for_a_loan = matches!(wish.purpose, Purpose::LoanApplication | Purpose::LoanPayout);
    if !wish.certificates.is_empty() && !for_a_loan || wish.certificates.len() > CERTIFICATES_MAX {
        return Err(Refusal::Purpose);
    }
    check_transfer(wish.kind, wish.transfer)?;
    check_list(wish.kind, &wish.subjects, wish.before)
}

/// Certificates that are presented for one household.
const CERTIFICATES_MAX: usize = 32;

type Check = fn(&Query, &Circumstances) -> Result<(), Refusal>;

fn check_membership(query: &Query, facts: &Circumstances) -> Result<(), Refusal> {
    match facts.standing {
        None | Some(MemberStatus::Revoked) => return Err(Refusal::NotMember),
        Some(MemberStatus::Active) => {}
        // A suspended member asks nothing.
        Some(MemberStatus::Suspended) => return Err(Refusal::Suspended),
    }
    if query.from == facts.peer { Ok(()) } else { Err(Refusal::Peer) }
}

const fn within(budget: Budget) -> Result<(), Refusal> {
    match budget {
        Budget::Left => Ok(()),
        Budget::Spent => Err(Refusal::RateLimited),
    }
}

fn check_addressee(query: &Query, facts: &Circumstances) -> Result<(), Refusal> {
    if query.to == facts.center { Ok(()) } else { Err(Refusal::Addressee) }
}

/// Clocks may differ by the skew in either direction; a life longer than allowed is no life.
fn check_freshness(query: &Query, facts: &Circumstances) -> Result<(), Refusal> {
    if query.issued_at.ms_since(facts.now) > CLOCK_SKEW_MS {
        return Err(Refusal::Future);
    }
    let life = query.expires.ms_since(query.issued_at);
    let expired = facts.now.ms_since(query.expires) > CLOCK_SKEW_MS;
    if life <= 0 || life > QUERY_LIFE_MS || expired { Err(Refusal::Expired) } else { Ok(()) }
}

fn check_grant(query: &Query, facts: &Circumstances) -> Result<(), Refusal> {
    // A suspended center still answers the person concerned.
    if facts.own_standing != MemberStatus::Active && query.kind != QueryKind::AccessList {
        return Err(Refusal::Suspended);
    }
    if facts.mode == Mode::Observe {
        return Err(Refusal::Mode);
    }
    if facts.granted == Grant::Missing {
        return Err(Refusal::NotGranted);
    }
    query.purpose.check_kind(query.kind)
}

const fn check_consent(query: &Query) -> Result<(), Refusal> {
    if query.purpose.needs_consent() && query.consent.is_none() {
        Err(Refusal::Consent)
    } else {
        Ok(())
    }
}

fn check_subjects(query: &Query, facts: &Circumstances) -> Result<(), Refusal> {
    check_persons(&query.subjects, facts.now.date())?;
    check_property(query.purpose, query.property.as_ref())?;
    check_transfer(query.kind, query.transfer)?;
    check_list(query.kind, &query.subjects, query.before)
}

/// A property is named only for a purpose that opens what was paid out for one.
fn check_property(purpose: Purpose, property: Option<&Property>) -> Result<(), Refusal> {
    if property.is_none() || purpose.opens(Field::Payouts) { Ok(()) } else { Err(Refusal::Purpose) }
}

/// One to eight persons, each once, all born.
fn check_persons(subjects: &[Person], today: Option<Date>) -> Result<(), Refusal> {
    if subjects.is_empty() || subjects.len() > SUBJECTS_MAX {
        return Err(Refusal::Subject);
    }
    let others = |place: usize| subjects.iter().skip(place.saturating_add(1));
    let doubled = |(place, person): (usize, &Person)| {
        let same = |other: &Person| other.document.compare(&person.document);
        others(place).any(|other| same(other) != DocumentMatch::Different)
    };
    let unborn = |birth| today.is_none_or(|today| birth > today);
    let is_unborn = |person: &Person| person.document.birth_date().is_some_and(unborn);
    if subjects.iter().enumerate().any(doubled) || subjects.iter().any(is_unborn) {
        return Err(Refusal::Subject);
    }
    Ok(())
}

/// A transfer is named exactly where it is asked about.
fn check_transfer(kind: QueryKind, transfer: Option<TransferId>) -> Result<(), Refusal> {
    if transfer.is_some() == (kind == QueryKind::TransferStatus) {
        Ok(())
    } else {
        Err(Refusal::Subject)
    }
}

/// A list of accesses is one person's, and has pages; nothing else has.
fn check_list(
    kind: QueryKind,
    subjects: &[Person],
    before: Option<AccessPlace>,
) -> Result<(), Refusal> {
    let fits = match kind {
        QueryKind::AccessList => subjects.len() == 1,
        QueryKind::Account
        | QueryKind::LoanHistory
        | QueryKind::DepositCertificate
        | QueryKind::TransferStatus
        | QueryKind::Dossier => before.is_none(),
    };
    if fits { Ok(()) } else { Err(Refusal::Subject) }
}

#[cfg(test)]
mod tests;
