//! Who asked about a person: noted with every question, listed for the person alone (查询记录).
//!
//! **Promises.** A question that was refused in a signed answer is noted like one that was answered,
//! and so is what an operator of this center asked elsewhere or looked up here. Where this center has
//! no record of the person, only questions under the person's own name are listed.
//! **Left to others.** Who may ask for the list: `admission`. What an entry says: `answer::access`.

use super::records;
use super::round::Round;
use super::{audit, proving};
use crate::answer::Outcome;
use crate::answer::access::{
    Access, AccessList, AccessOutcome, AccessPlace, ListedAccess, Opening,
};
use crate::cbor;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::document::DocumentNumber;
use crate::id::PayloadHash;
use crate::limits::{ACCESSES_PER_ANSWER_MAX, ACCESSES_SCANNED_MAX, SUBJECTS_MAX};
use crate::log::origin::LogId;
use crate::person_match::PersonMatch;
use crate::record::Person;
use crate::statement::Statement;
use crate::statement::query::{AnswerBody, Query};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};

/// Notes for each subject that a question was asked, and what was said about that subject.
pub(super) fn note(round: &mut Round<'_>, query: &Query, question: PayloadHash, body: &AnswerBody) {
    // A question about more persons than one may have is refused, and costs no more rows than one.
    for (place, person) in query.subjects.iter().take(SUBJECTS_MAX).enumerate() {
        let outcome = match body {
            AnswerBody::Refused(refusal) => AccessOutcome::Refused(*refusal),
            AnswerBody::Given(given) => match given.outcomes.get(place) {
                Some(Outcome::Found(_)) => AccessOutcome::Given,
                Some(Outcome::NoRecord { .. }) => AccessOutcome::NoRecord,
                Some(Outcome::Unresolved(_)) | None => AccessOutcome::Unresolved,
                Some(Outcome::Refused(refusal)) => AccessOutcome::Refused(*refusal),
            },
        };
        put(round, &person.document, &Access::of(query, question, outcome, round.now));
    }
}

/// Notes for each subject that this center asks another one.
pub(super) fn note_sent(round: &mut Round<'_>, query: &Query, question: PayloadHash) {
    for person in &query.subjects {
        let access = Access::of(query, question, AccessOutcome::Sent, round.now);
        put(round, &person.document, &access);
    }
}

/// One page of a person's list, the newest first. How the person agrees with a record of this center
/// is known to the caller; without a record the names in the questions are what there is.
pub(super) fn list(
    round: &Round<'_>,
    (person, matched): (&Person, Option<PersonMatch>),
    before: Option<AccessPlace>,
) -> Result<AccessList, StoreError> {
    let prefix = key(Area::Access, &[&records::document_key(&person.document)]);
    let mut end = before.map_or_else(|| prefix_end(&prefix), |place| row(&person.document, place));
    let mut list = AccessList { entries: Vec::new(), next: None };
    for _ in 0..ACCESSES_SCANNED_MAX {
        let Some((place, bytes)) = round.view.last(&prefix, &end)? else {
            list.next = None;
            return Ok(list);
        };
        if list.entries.len() == ACCESSES_PER_ANSWER_MAX {
            return Ok(list);
        }
        end = place;
        let access: Access = cbor::decode_stored("accesses", &bytes)?;
        list.next = Some(access.place());
        list.entries.extend(listed(round, (person, matched), access)?);
    }
    Ok(list)
}

/// An entry with its proof; `None` for a question that is not signed yet, and for one under another
/// name than the person's where no record says that the name is wrong.
fn listed(
    round: &Round<'_>,
    (person, matched): (&Person, Option<PersonMatch>),
    access: Access,
) -> Result<Option<ListedAccess>, StoreError> {
    let Some(bytes) = round.statement(access.question)? else { return Ok(None) };
    let Some(row) = audit::place(round.view, access.question)? else { return Ok(None) };
    let Some(subjects) = subjects(&bytes) else { return Ok(None) };
    let same_number = |subject: &&Person| subject.document.tag_text() == person.document.tag_text();
    let named = subjects.iter().find(same_number);
    let same_name = named.is_some_and(|named| PersonMatch::of(named, person).is_some());
    if matched.is_none() && !same_name {
        return Ok(None);
    }
    let log = LogId::audit(round.center(), row.number);
    let proof = proving::prove(round, log, row.leaf)?;
    let alone = subjects.len() == 1;
    Ok(Some(ListedAccess {
        access,
        log: row.number,
        index: row.leaf,
        leaf: commit(CommitmentDomain::Statement, &row.blinding, &bytes),
        proof: proof.map(|proof| proof.proof.encode().into()),
        opening: alone.then(|| Opening { blinding: row.blinding, statement: bytes.into() }),
    }))
}

/// The persons that a question names.
fn subjects(statement: &[u8]) -> Option<Vec<Person>> {
    let received = Received::parse(statement.to_vec()).ok()?;
    let Statement::Query(query) = received.read_again().ok()? else { return None };
    Some(query.subjects)
}

fn put(round: &mut Round<'_>, document: &DocumentNumber, access: &Access) {
    round.view.put(row(document, access.place()), cbor::encode(access));
}

fn row(document: &DocumentNumber, place: AccessPlace) -> Vec<u8> {
    let at = place.at.ms().max(0).to_be_bytes();
    let parts: [&[u8]; 3] = [&records::document_key(document), &at, place.question.as_bytes()];
    key(Area::Access, &parts)
}

#[cfg(test)]
mod tests;
