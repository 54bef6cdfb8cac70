//! Who asked about a person (查询记录), as a center lists it and proves it.
//!
//! **Promises.** An entry names centers, a purpose, a business and a pseudonym, and nobody else than
//! the person whose list it is: the question itself is shown only when it is about that person alone.
//! **Left to others.** Keeping and listing entries: `engine::accesses`. Offline: `evidence`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::proof::{Policies, ProofFault, Proven};
use crate::account::SerialNumber;
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::id::{Blinding, Bytes, Commitment, OperatorMark, PayloadHash};
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::LeafIndex;
use crate::purpose::{Purpose, QueryKind};
use crate::record::Person;
use crate::refusal::Refusal;
use crate::statement::Statement;
use crate::statement::query::Query;
use crate::time::Timestamp;

/// One question that somebody asked about a person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Access {
    /// When the center that lists it had it.
    #[n(1)]
    pub at: Timestamp,
    /// The center that asked.
    #[n(2)]
    pub by: CenterCode,
    /// The center that was asked; the same when somebody looked at the center's own records.
    #[n(3)]
    pub asked: CenterCode,
    /// Why.
    #[n(4)]
    pub purpose: Purpose,
    /// What.
    #[n(5)]
    pub kind: QueryKind,
    /// Who asked, as a pseudonym that only the asking center can resolve.
    #[n(6)]
    pub operator: OperatorMark,
    /// The business that it was for (业务流水号).
    #[n(7)]
    pub serial: SerialNumber,
    /// The hash of the question, which the audit logs of both centers hold.
    #[n(8)]
    pub question: PayloadHash,
    /// What was said about the person.
    #[n(9)]
    pub outcome: AccessOutcome,
}

/// What a question came to, for one of its subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum AccessOutcome {
    /// Facts were given.
    #[n(1)]
    Given,
    /// The center has no record of the person, and said so.
    #[n(2)]
    NoRecord,
    /// The center could not say.
    #[n(3)]
    Unresolved,
    /// Nothing was said.
    #[n(4)]
    Refused(#[n(0)] Refusal),
    /// The center that lists it is the one that asked; the one that was asked knows what it said.
    #[n(5)]
    Sent,
}

/// One page of a list, the newest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccessList {
    /// The entries, at most `limits::ACCESSES_PER_ANSWER_MAX`.
    #[n(1)]
    pub entries: Vec<ListedAccess>,
    /// Where the next page begins; absent when there is none.
    #[n(2)]
    pub next: Option<AccessPlace>,
}

/// A place in a list: entries before it are older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct AccessPlace {
    /// When the center had the question.
    #[n(1)]
    pub at: Timestamp,
    /// The question.
    #[n(2)]
    pub question: PayloadHash,
}

/// An entry with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ListedAccess {
    /// The entry.
    #[n(1)]
    pub access: Access,
    /// The number of the audit log of the center that lists it.
    #[n(2)]
    pub log: u32,
    /// The leaf over the question.
    #[n(3)]
    pub index: LeafIndex,
    /// The entry of the log: the commitment to the complete bytes of the question.
    #[n(4)]
    pub leaf: Commitment,
    /// A C2SP `tlog-proof` of the leaf; absent until a checkpoint covers it.
    #[n(5)]
    pub proof: Option<Bytes>,
    /// What opens the leaf; absent when the question also names other persons.
    #[n(6)]
    pub opening: Option<Opening>,
}

/// What opens a leaf of an audit log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Opening {
    /// With which the leaf is the commitment to the bytes.
    #[n(1)]
    pub blinding: Blinding,
    /// The complete bytes of the question.
    #[n(2)]
    pub statement: Bytes,
}

/// A text that is no place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place in an access list is what the page before said of where it goes on")]
pub struct AccessPlaceError;

impl AccessPlace {
    /// Parses a place as it is shown.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, AccessPlaceError> {
        let (at, question) = text.split_once('-').ok_or(AccessPlaceError)?;
        let at = at.parse().map_err(|_| AccessPlaceError)?;
        let question = PayloadHash::parse(question).map_err(|_| AccessPlaceError)?;
        let place = Self { at: Timestamp::from_ms(at), question };
        if place.to_string() == text { Ok(place) } else { Err(AccessPlaceError) }
    }
}

impl fmt::Display for AccessPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.ms(), self.question)
    }
}

impl Access {
    /// Its place in the list.
    #[must_use]
    pub const fn place(&self) -> AccessPlace {
        AccessPlace { at: self.at, question: self.question }
    }

    /// What a question looks like in the list of one of its subjects.
    #[must_use]
    pub fn of(query: &Query, question: PayloadHash, outcome: AccessOutcome, at: Timestamp) -> Self {
        Self {
            at,
            by: query.from,
            asked: query.to,
            purpose: query.purpose,
            kind: query.kind,
            operator: query.operator,
            serial: query.serial.clone(),
            question,
            outcome,
        }
    }
}

impl ListedAccess {
    /// The question, where it is shown; still without a check of its signature.
    ///
    /// # Errors
    /// When what is shown does not open the leaf, is no question, is not the question of the entry, or
    /// is about anybody else than the person.
    pub fn shown(&self, person: &Person) -> Result<Option<Received>, ProofFault> {
        let Some(opening) = &self.opening else { return Ok(None) };
        let bytes = opening.statement.to_vec();
        if commit(CommitmentDomain::Statement, &opening.blinding, &bytes) != self.leaf {
            return Err(ProofFault::Commitment);
        }
        let received = Received::parse(bytes).map_err(|_| ProofFault::Entry)?;
        let statement = Statement::decode(received.kind(), received.payload());
        let Ok(Statement::Query(query)) = statement else { return Err(ProofFault::Entry) };
        let entry = &self.access;
        let same = Access::of(&query, received.hash(), entry.outcome, entry.at) == *entry;
        if !same {
            return Err(ProofFault::Status);
        }
        match query.subjects.as_slice() {
            [subject] if subject.document.tag_text() == person.document.tag_text() => {
                Ok(Some(received))
            }
            _ => Err(ProofFault::Party),
        }
    }

    /// Checks that the entry's leaf is in the audit log, under how good a checkpoint, and that what is
    /// shown of the question opens it.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, person: &Person, policies: Policies<'_>) -> Result<Proven, ProofFault> {
        self.shown(person)?;
        let Some(bytes) = &self.proof else { return Ok(Proven::Awaited) };
        let proof = TlogProof::parse(bytes).map_err(|_| ProofFault::Inclusion)?;
        if proof.index != self.index {
            return Err(ProofFault::Inclusion);
        }
        let entry = self.leaf.as_bytes();
        if policies.witnessed.is_some_and(|policy| proof.verify(policy, entry).is_ok()) {
            return Ok(Proven::Witnessed);
        }
        proof.verify(policies.logged, entry).map_err(|_| ProofFault::Inclusion)?;
        Ok(Proven::Logged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_shown() {
        let place =
            AccessPlace { at: Timestamp::from_ms(1_778), question: PayloadHash::new([7; 32]) };
        assert_eq!(AccessPlace::parse(&place.to_string()), Ok(place));
        for bad in ["", "1778", "1778-07", "x-".to_owned().as_str(), &format!("+{place}")] {
            assert_eq!(AccessPlace::parse(bad), Err(AccessPlaceError), "{bad}");
        }
    }
}
