//! A dossier (跨市核查档案): what every city holds of one household, and why some did not say.
//!
//! **Promises.** Each center of the network has a row: its facts and how far they are proved, or why
//! it was not asked, or why it did not answer.
//! **Left to others.** Asking: `engine::dossiers`. What follows from the facts: `verdict`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::SerialNumber;
use crate::answer::Outcome;
use crate::answer::access::AccessPlace;
use crate::answer::proof::{ProofFault, Proven};
use crate::center::CenterCode;
use crate::certificate::{Certificate, CertificateNumber, CertificateStanding};
use crate::engine::lending::seen::SeenIntent;
use crate::engine::operator::OperatorId;
use crate::id::{DossierId, PayloadHash, QueryId, TransferId};
use crate::property::Property;
use crate::purpose::{Purpose, QueryKind};
use crate::record::Person;
use crate::refusal::Refusal;
use crate::statement::query::{AnswerBody, Consent, GivenFacts};
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// What an operator wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wish {
    /// Who asks.
    #[n(1)]
    pub operator: OperatorId,
    /// One center; absent, all that may hold something.
    #[n(2)]
    pub to: Option<CenterCode>,
    /// What.
    #[n(3)]
    pub kind: QueryKind,
    /// Why.
    #[n(4)]
    pub purpose: Purpose,
    /// The applicant first, then the other members of the household.
    #[n(5)]
    pub subjects: Vec<Person>,
    /// The transfer that is asked about.
    #[n(6)]
    pub transfer: Option<TransferId>,
    /// The consent.
    #[n(7)]
    pub consent: Option<Consent>,
    /// The business.
    #[n(8)]
    pub serial: SerialNumber,
    /// Where the page of an access list begins; absent for the first.
    #[n(9)]
    pub before: Option<AccessPlace>,
    /// The property that a withdrawal is for; only with purpose `W1`.
    #[n(10)]
    pub property: Option<Property>,
    /// The certificates that are presented for a loan.
    #[n(11)]
    pub certificates: Vec<CertificateNumber>,
}

/// What was asked and what came back.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dossier {
    /// Names it.
    #[n(1)]
    pub id: DossierId,
    /// What was wanted.
    #[n(2)]
    pub wish: Wish,
    /// When it began.
    #[n(3)]
    pub started: Timestamp,
    /// One row a center, by ascending code.
    #[n(4)]
    pub rows: Vec<DossierRow>,
    /// When it had all answers, or stopped waiting.
    #[n(5)]
    pub finished: Option<Timestamp>,
    /// What follows for a loan, by the rules of this center.
    #[n(6)]
    pub verdict: Option<Verdict>,
    /// What the certificates that were presented are worth.
    #[n(7)]
    pub presented: Vec<PresentedCertificate>,
    /// Loan applications of the household at other centers, when it was looked up for a loan: they
    /// are shown, and decide nothing.
    #[n(8)]
    pub intents: Vec<SeenIntent>,
}

/// A certificate that was presented for a loan.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PresentedCertificate {
    /// Which.
    #[n(1)]
    pub number: CertificateNumber,
    /// What it is worth; absent when none of this number is held here for a subject.
    #[n(2)]
    pub standing: Option<CertificateStanding>,
    /// About which subject, by its place.
    #[n(3)]
    pub subject: Option<u32>,
    /// What it says.
    #[n(4)]
    pub certificate: Option<Box<Certificate>>,
}

impl fmt::Debug for PresentedCertificate {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedCertificate")
            .field("number", &self.number)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Dossier {
    /// Without the persons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dossier").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One center's part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DossierRow {
    /// The center.
    #[n(1)]
    pub center: CenterCode,
    /// Why it was asked, or not.
    #[n(2)]
    pub why: Why,
    /// The question, when one was sent.
    #[n(3)]
    pub query: Option<QueryId>,
    /// The hash of the question.
    #[n(4)]
    pub question: Option<PayloadHash>,
    /// What came of it.
    #[n(5)]
    pub state: RowState,
}

/// Why a center is asked, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Why {
    /// It is this center.
    #[n(1)]
    Own,
    /// The operator named it.
    #[n(2)]
    Named,
    /// Its log holds a digest about the person.
    #[n(3)]
    Holds,
    /// Its log is not held up to a heartbeat of the last minutes.
    #[n(4)]
    NotCurrent,
    /// It declares records without a usable number.
    #[n(5)]
    Unnumbered,
    /// No tag could be computed, so that every center is asked.
    #[n(6)]
    NoTag,
    /// Its log holds nothing about the person: it is not asked, and does not learn of the question.
    #[n(7)]
    Clear,
    /// The roster says that it is suspended.
    #[n(8)]
    Suspended,
    /// It may have been asked about the person: for an access list, whoever is or was a member.
    #[n(9)]
    MayHaveAsked,
    /// The roster says that it is revoked: it is cut off, and cannot be asked.
    #[n(10)]
    Revoked,
}

/// What came of a center's part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum RowState {
    /// Its answer is awaited.
    #[n(1)]
    Waiting,
    /// This center's own facts.
    #[n(2)]
    Own(#[n(0)] Box<GivenFacts>),
    /// It answered.
    #[n(3)]
    Answered(#[n(0)] Box<AnsweredRow>),
    /// It did not.
    #[n(4)]
    Failed(#[n(0)] RowFailure),
    /// It was not asked.
    #[n(5)]
    NotAsked,
}

/// A center's signed answer and what its proofs are worth.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnsweredRow {
    /// When it came.
    #[n(1)]
    pub at: Timestamp,
    /// The hash of the answer; its bytes are kept.
    #[n(2)]
    pub answer: PayloadHash,
    /// What it says.
    #[n(3)]
    pub body: AnswerBody,
    /// What each leaf in it is worth.
    #[n(4)]
    pub checks: Vec<LeafCheck>,
    /// Digests about a subject that stand in the center's log and not in its answer.
    #[n(5)]
    pub omitted: u32,
}

/// What one leaf in an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeafCheck {
    /// Which subject, by its place.
    #[n(1)]
    pub subject: u32,
    /// What the leaf is of.
    #[n(2)]
    pub of: LeafOf,
    /// How far it is proved; absent when it is not.
    #[n(3)]
    pub proven: Option<Proven>,
    /// What is wrong.
    #[n(4)]
    pub fault: Option<ProofFault>,
}

/// What a leaf in an answer is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LeafOf {
    /// An account, whose record is not shown.
    #[n(1)]
    Account,
    /// A loan.
    #[n(2)]
    Loan,
    /// A certificate.
    #[n(3)]
    Certificate,
    /// A question that somebody asked; the leaf is of an audit log. One for each entry, in order.
    #[n(4)]
    Access,
    /// A payout for a property, whoever had it.
    #[n(5)]
    Payout,
}

/// Why a center's part is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum RowFailure {
    /// It cannot be reached.
    #[n(1)]
    Unreachable,
    /// It did not answer in time.
    #[n(2)]
    TimedOut,
    /// It refused, unsigned.
    #[n(3)]
    Refused(#[n(0)] Refusal),
    /// What it sent is not an answer to the question.
    #[n(4)]
    Invalid(#[n(0)] Refusal),
}

impl DossierRow {
    /// The facts, whoever's they are.
    #[must_use]
    pub fn facts(&self) -> Option<&GivenFacts> {
        match &self.state {
            RowState::Own(given) => Some(given),
            RowState::Answered(answered) => match &answered.body {
                AnswerBody::Given(given) => Some(given),
                AnswerBody::Refused(_) => None,
            },
            RowState::Waiting | RowState::Failed(_) | RowState::NotAsked => None,
        }
    }

    /// The outcome for one subject.
    #[must_use]
    pub fn outcome(&self, subject: usize) -> Option<&Outcome> {
        self.facts().and_then(|facts| facts.outcomes.get(subject))
    }

    /// Whether a proof in the answer does not hold, or the answer leaves out what the log holds.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        match &self.state {
            RowState::Answered(answered) => {
                answered.omitted > 0 || answered.checks.iter().any(|check| check.fault.is_some())
            }
            RowState::Waiting | RowState::Own(_) | RowState::Failed(_) | RowState::NotAsked => {
                false
            }
        }
    }
}

impl Dossier {
    /// Whether an answer is still awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.rows.iter().any(|row| row.state == RowState::Waiting)
    }
}
