//! The access lists of an evidence file: who asked about the person, as audit logs hold it.
//!
//! **Promises.** A proof that comes with an entry must hold, in the audit log of the center that
//! lists it; a question that is shown must open its leaf, be about the person alone, and bear its
//! asker's signature by the roster of that time.
//! **Left to others.** Whether a list is complete: nobody can prove what was left out.

use super::trust::Trust;
use super::{EvidenceFault, FaultReason, ProvenAccess, ProvenStatement, Standing, fault};
use crate::answer::Outcome;
use crate::answer::access::ListedAccess;
use crate::answer::proof::ProofFault;
use crate::center::CenterCode;
use crate::log::origin::LogId;
use crate::record::Person;
use crate::statement::Statement;
use crate::statement::query::{Answer, AnswerBody};

/// Verifies every entry of every access list.
pub(super) fn prove(
    statements: &[ProvenStatement],
    trust: &Trust,
) -> Result<Vec<ProvenAccess>, EvidenceFault> {
    let mut proven = Vec::new();
    for statement in statements {
        let Statement::Answer(answer) = statement.verified.statement() else { continue };
        let subjects = subjects_of(statements, answer);
        for (person, entry) in entries(answer, subjects) {
            let (proof, is_shown) = prove_entry(trust, answer.from, (person, entry))
                .map_err(|reason| fault(&statement.part, reason))?;
            proven.push(ProvenAccess {
                part: statement.part.clone(),
                log: LogId::audit(answer.from, entry.log),
                index: entry.index,
                access: entry.access.clone(),
                proof,
                is_shown,
            });
        }
    }
    Ok(proven)
}

/// The persons of the question that an answer stands beside.
fn subjects_of<'a>(statements: &'a [ProvenStatement], answer: &Answer) -> &'a [Person] {
    let question = statements.iter().find(|statement| statement.hash == answer.question);
    match question.map(|question| question.verified.statement()) {
        Some(Statement::Query(query)) => &query.subjects,
        Some(_) | None => &[],
    }
}

/// Every entry of an answer's access lists, with the person whose list it is.
pub(crate) fn entries<'a>(
    answer: &'a Answer,
    subjects: &'a [Person],
) -> impl Iterator<Item = (&'a Person, &'a ListedAccess)> {
    let outcomes = match &answer.body {
        AnswerBody::Given(given) => given.outcomes.as_slice(),
        AnswerBody::Refused(_) => &[],
    };
    subjects.iter().zip(outcomes).flat_map(|(person, outcome)| {
        let found = match outcome {
            Outcome::Found(found) => found.accesses.as_ref(),
            Outcome::NoRecord { .. } | Outcome::Unresolved(_) | Outcome::Refused(_) => None,
        };
        found
            .into_iter()
            .flat_map(move |list| list.entries.iter().map(move |entry| (person, entry)))
    })
}

fn prove_entry(
    trust: &Trust,
    center: CenterCode,
    (person, entry): (&Person, &ListedAccess),
) -> Result<(Standing, bool), FaultReason> {
    let standing = match &entry.proof {
        Some(proof) => {
            let (log, proof, standing) = trust.prove(proof, entry.leaf.as_bytes())?;
            if log != LogId::audit(center, entry.log) || proof.index != entry.index {
                return Err(FaultReason::Inclusion);
            }
            standing
        }
        None => Standing::AWAITED,
    };
    let shown = entry.shown(person).map_err(|why| match why {
        ProofFault::Commitment => FaultReason::Opening,
        ProofFault::Entry
        | ProofFault::Status
        | ProofFault::Tag
        | ProofFault::Party
        | ProofFault::Inclusion => FaultReason::Form,
    })?;
    let Some(question) = shown else { return Ok((standing, false)) };
    let by = entry.access.by;
    if trust.is_unproven(by, standing.witnessed_at) {
        return Err(FaultReason::Unproven);
    }
    let at = standing.witnessed_at.unwrap_or(entry.access.at);
    let keys = trust.roster_at(at).key_table();
    let verified = question.verify(&keys, trust.anchor.network.as_str(), at);
    match verified {
        Ok(verified) if verified.statement().from() == by => Ok((standing, true)),
        Ok(_) | Err(_) => Err(FaultReason::Signature),
    }
}
