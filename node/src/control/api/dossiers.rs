//! Questions to other centers, and what came of them.

use fundlink_protocol::answer::proof::Proven;
use fundlink_protocol::answer::{Outcome, UnresolvedReason};
use fundlink_protocol::certificate::CertificateStanding;
use fundlink_protocol::dossier::{self, AnsweredRow, LeafCheck, LeafOf, RowFailure, RowState, Why};
use fundlink_protocol::person_match::PersonMatch;
use fundlink_protocol::statement::query::{AnswerBody, GivenFacts};
use fundlink_protocol::verdict::{self, Decision};
use serde::{Deserialize, Serialize};

use super::accesses::AccessList;
use super::facts::{Account, Certificate, FreshFrom, Loans, Payout, Person, TransferStanding};
use super::loans::Seen;
use super::withdrawals::Property;

/// Asks one center, or all that may hold something, about a household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Who asks.
    pub operator: String,
    /// One center; absent, all that may hold something.
    #[serde(default)]
    pub to: Option<String>,
    /// What: `account`, `loan-history`, `deposit-certificate`, `transfer-status`, `dossier`,
    /// `access-list`.
    pub kind: String,
    /// Why: `L1`, `T1` and so on.
    pub purpose: String,
    /// The applicant first, then the other members of the household.
    pub subjects: Vec<Person>,
    /// The transfer that is asked about.
    #[serde(default)]
    pub transfer: Option<String>,
    /// The consent, where the purpose needs one.
    #[serde(default)]
    pub consent: Option<Consent>,
    /// The business that the question is for (业务流水号).
    pub serial: String,
    /// Where the page of an access list begins: `next` of the page before.
    #[serde(default)]
    pub before: Option<String>,
    /// The property that a withdrawal is for; only with purpose `W1`.
    #[serde(default)]
    pub property: Option<Property>,
    /// The numbers of certificates that are presented for a loan.
    #[serde(default)]
    pub certificates: Vec<String>,
}

/// A consent that this center keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Its number here.
    pub reference: String,
    /// BLAKE3 of the consent text or scan.
    pub digest: String,
}

/// Asked; the answers come in under this id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Names the dossier.
    pub dossier: String,
}

/// What was asked and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Names it.
    pub id: String,
    /// What was asked.
    pub kind: String,
    /// Why.
    pub purpose: String,
    /// About whom.
    pub subjects: Vec<Person>,
    /// When it began.
    pub started: String,
    /// When it had all answers, or stopped waiting.
    pub finished: Option<String>,
    /// One row a center.
    pub rows: Vec<Row>,
    /// What follows for a loan, by the rules of this center.
    pub verdict: Option<Verdict>,
    /// The certificates that were presented, and what each is worth.
    pub presented: Vec<Presented>,
    /// Loan applications of the household at other centers, when it was looked up for a loan.
    pub intents: Vec<Seen>,
}

/// A certificate that was presented for a loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presented {
    /// Which.
    pub number: String,
    /// `valid`, `used`, `expired`, `revoked`, or `unknown`: none of this number is held here for a
    /// subject.
    pub standing: String,
}

/// One center's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The center.
    pub center: String,
    /// Why it was asked, or not: `own`, `named`, `holds`, `not-current`, `unnumbered`, `no-tag`,
    /// `clear`, `suspended`, `may-have-asked`, `revoked`.
    pub why: String,
    /// `waiting`, `own`, `answered`, `refused`, `unreachable`, `timed-out`, `invalid`, `not-asked`.
    pub state: String,
    /// The code of the refusal, or of what is wrong with the answer.
    pub code: Option<String>,
    /// The question.
    pub query: Option<String>,
    /// When it answered.
    pub answered_at: Option<String>,
    /// The hash of the signed answer.
    pub answer: Option<String>,
    /// Where its facts come from.
    pub freshness: Option<FreshFrom>,
    /// One for each subject.
    pub outcomes: Vec<SubjectOutcome>,
    /// What was paid out for the property, to whomever; absent where none was asked about.
    pub payouts: Option<Vec<Payout>>,
    /// What each leaf in the answer is worth.
    pub checks: Vec<Check>,
    /// Digests about a subject that stand in the center's log and not in its answer.
    pub omitted: u32,
}

/// What is known about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum SubjectOutcome {
    /// There are records.
    Found(Box<Found>),
    /// There are none.
    NoRecord {
        /// As of when.
        as_of: String,
        /// Whether none can be missed.
        complete: bool,
    },
    /// Nobody can say without a person who looks.
    Unresolved {
        /// Why.
        reason: String,
    },
    /// About this person nothing is said.
    Refused {
        /// The code.
        code: String,
    },
}

/// The records of one person, as far as kind and purpose open them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// How the person on record agrees: `exact`, `folded` or `upgraded`.
    pub matched: String,
    /// The accounts.
    pub accounts: Option<Vec<Account>>,
    /// The loans.
    pub loans: Option<Loans>,
    /// The certificate that was issued.
    pub certificate: Option<Box<Certificate>>,
    /// The transfer.
    pub transfer: Option<TransferStanding>,
    /// Who asked.
    pub accesses: Option<AccessList>,
}

/// What one leaf in an answer is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which subject, by its place from 0.
    pub subject: u32,
    /// `account`, `loan`, `certificate`, `payout`, or `access`: one for each entry of the list, in
    /// order.
    pub of: String,
    /// `awaited`, `logged`, `witnessed`, or `none` with a fault.
    pub proven: String,
    /// What is wrong.
    pub fault: Option<String>,
}

/// What follows for a loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `first-home`, `second-home`, `refused` or `undecided`.
    pub decision: String,
    /// The rule that decided.
    pub rule: String,
    /// The rule in English.
    pub text: String,
    /// The rule in Chinese.
    pub text_zh: String,
    /// The hash of the parameters.
    pub parameters: String,
    /// Loans that the household has used, in all cities.
    pub loans_used: u32,
    /// Those of them that are not settled.
    pub loans_open: u32,
    /// The applicant's months without a break up to now.
    pub months: u32,
}

impl From<&dossier::Dossier> for Dossier {
    fn from(known: &dossier::Dossier) -> Self {
        Self {
            id: known.id.to_string(),
            kind: known.wish.kind.name().to_owned(),
            purpose: known.wish.purpose.code().to_owned(),
            subjects: known.wish.subjects.iter().map(Into::into).collect(),
            started: known.started.to_string(),
            finished: known.finished.map(|at| at.to_string()),
            rows: known.rows.iter().map(Into::into).collect(),
            verdict: known.verdict.as_ref().map(Into::into),
            intents: known.intents.iter().map(Into::into).collect(),
            presented: known
                .presented
                .iter()
                .map(|one| Presented {
                    number: one.number.to_string(),
                    standing: one.standing.map_or("unknown", CertificateStanding::word).to_owned(),
                })
                .collect(),
        }
    }
}

impl From<&dossier::DossierRow> for Row {
    fn from(known: &dossier::DossierRow) -> Self {
        let (state, code) = state_of(&known.state);
        let answered: Option<&AnsweredRow> = match &known.state {
            RowState::Answered(answered) => Some(answered),
            RowState::Waiting | RowState::Own(_) | RowState::Failed(_) | RowState::NotAsked => None,
        };
        let facts: Option<&GivenFacts> = known.facts();
        let outcomes = facts.map_or(&[][..], |facts| &facts.outcomes);
        let checks = answered.map_or(&[][..], |answered| &answered.checks);
        Self {
            center: known.center.to_string(),
            why: why_name(known.why).to_owned(),
            state: state.to_owned(),
            code: code.map(ToOwned::to_owned),
            query: known.query.map(|query| query.to_string()),
            answered_at: answered.map(|answered| answered.at.to_string()),
            answer: answered.map(|answered| answered.answer.to_string()),
            freshness: facts.map(|facts| facts.freshness.into()),
            outcomes: outcomes.iter().map(Into::into).collect(),
            payouts: facts
                .and_then(|facts| facts.payouts.as_ref())
                .map(|payouts| payouts.iter().map(Into::into).collect()),
            checks: checks.iter().map(Into::into).collect(),
            omitted: answered.map_or(0, |answered| answered.omitted),
        }
    }
}

const fn state_of(state: &RowState) -> (&'static str, Option<&'static str>) {
    match state {
        RowState::Waiting => ("waiting", None),
        RowState::Own(_) => ("own", None),
        RowState::Answered(answered) => match &answered.body {
            AnswerBody::Refused(refusal) => ("refused", Some(refusal.code())),
            AnswerBody::Given(_) => ("answered", None),
        },
        RowState::Failed(RowFailure::Unreachable) => ("unreachable", None),
        RowState::Failed(RowFailure::TimedOut) => ("timed-out", None),
        RowState::Failed(RowFailure::Refused(refusal)) => ("refused", Some(refusal.code())),
        RowState::Failed(RowFailure::Invalid(refusal)) => ("invalid", Some(refusal.code())),
        RowState::NotAsked => ("not-asked", None),
    }
}

const fn why_name(why: Why) -> &'static str {
    match why {
        Why::Own => "own",
        Why::Named => "named",
        Why::Holds => "holds",
        Why::NotCurrent => "not-current",
        Why::Unnumbered => "unnumbered",
        Why::NoTag => "no-tag",
        Why::Clear => "clear",
        Why::Suspended => "suspended",
        Why::MayHaveAsked => "may-have-asked",
        Why::Revoked => "revoked",
    }
}

impl From<&Outcome> for SubjectOutcome {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Found(found) => Self::Found(Box::new((&**found).into())),
            Outcome::NoRecord { as_of, complete } => {
                Self::NoRecord { as_of: as_of.to_string(), complete: *complete }
            }
            Outcome::Unresolved(reason) => {
                let reason = match reason {
                    UnresolvedReason::NotLoaded => "not-loaded",
                    UnresolvedReason::NameWithoutNumber => "name-without-number",
                    UnresolvedReason::SeveralNames => "several-names",
                    UnresolvedReason::NotIssuable => "not-issuable",
                    UnresolvedReason::InQuarantine => "in-quarantine",
                };
                Self::Unresolved { reason: reason.to_owned() }
            }
            Outcome::Refused(refusal) => Self::Refused { code: refusal.code().to_owned() },
        }
    }
}

impl From<&fundlink_protocol::answer::Found> for Found {
    fn from(found: &fundlink_protocol::answer::Found) -> Self {
        let matched = match found.matched {
            PersonMatch::Exact => "exact",
            PersonMatch::Folded => "folded",
            PersonMatch::Upgraded => "upgraded",
        };
        let accounts = found.accounts.as_ref();
        let certificate = found.certificate.as_ref();
        Self {
            matched: matched.to_owned(),
            accounts: accounts.map(|accounts| accounts.iter().map(Into::into).collect()),
            loans: found.loans.as_ref().map(Into::into),
            certificate: certificate.map(|issued| Box::new((&**issued).into())),
            transfer: found.transfer.map(Into::into),
            accesses: found.accesses.as_ref().map(Into::into),
        }
    }
}

impl From<&LeafCheck> for Check {
    fn from(check: &LeafCheck) -> Self {
        let of = match check.of {
            LeafOf::Account => "account",
            LeafOf::Loan => "loan",
            LeafOf::Certificate => "certificate",
            LeafOf::Access => "access",
            LeafOf::Payout => "payout",
        };
        let proven = match check.proven {
            Some(Proven::Awaited) => "awaited",
            Some(Proven::Logged) => "logged",
            Some(Proven::Witnessed) => "witnessed",
            None => "none",
        };
        Self {
            subject: check.subject,
            of: of.to_owned(),
            proven: proven.to_owned(),
            fault: check.fault.map(|fault| fault.to_string()),
        }
    }
}

impl From<&verdict::Verdict> for Verdict {
    fn from(known: &verdict::Verdict) -> Self {
        let decision = match known.decision {
            Decision::FirstHome => "first-home",
            Decision::SecondHome => "second-home",
            Decision::Refused => "refused",
            Decision::Undecided => "undecided",
        };
        Self {
            decision: decision.to_owned(),
            rule: known.rule.name().to_owned(),
            text: known.rule.english().to_owned(),
            text_zh: known.rule.chinese().to_owned(),
            parameters: known.parameters.to_string(),
            loans_used: known.loans_used,
            loans_open: known.loans_open,
            months: known.months,
        }
    }
}
