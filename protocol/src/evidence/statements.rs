//! The statements of an evidence file: signature, key, and place in an audit log.
//!
//! **Promises.** A signature counts by the roster in force when witnesses had seen the statement; an
//! answer stands beside its question.
//! **Left to others.** What follows from a statement.

use super::names::{PartName, beside};
use super::trust::{Trust, blinding};
use super::{
    Demand, EvidenceFault, FaultReason, Parts, ProvenStatement, Standing, demanded, fault,
};
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::log::origin::LogKind;
use crate::statement::Statement;

/// Verifies every statement of the file.
pub(super) fn prove(
    parts: &Parts,
    trust: &Trust,
    demand: Demand,
) -> Result<Vec<ProvenStatement>, EvidenceFault> {
    let mut proven = Vec::new();
    for (name, bytes) in parts {
        match PartName::parse(name) {
            Some(PartName::Statement) => {
                proven.push(prove_one(parts, trust, (name, bytes), demand)?);
            }
            Some(PartName::StatementBlinding | PartName::StatementProof)
                if !parts.contains_key(&beside(name, "cose")) =>
            {
                return Err(fault(name, FaultReason::Stray));
            }
            Some(_) | None => {}
        }
    }
    for statement in &proven {
        let Statement::Answer(answer) = statement.verified.statement() else { continue };
        if !proven.iter().any(|other| other.hash == answer.question) {
            return Err(fault(&statement.part, FaultReason::Question));
        }
    }
    Ok(proven)
}

fn prove_one(
    parts: &Parts,
    trust: &Trust,
    (name, bytes): (&str, &[u8]),
    demand: Demand,
) -> Result<ProvenStatement, EvidenceFault> {
    let received = Received::parse(bytes.to_vec()).map_err(|_| fault(name, FaultReason::Form))?;
    let (standing, audited_by) = prove_leaf(parts, trust, (name, bytes))?;
    let standing = demanded(name, standing, demand)?;
    let claimed = Statement::decode(received.kind(), received.payload())
        .map_err(|_| fault(name, FaultReason::Form))?;
    if trust.is_unproven(claimed.from(), standing.witnessed_at) {
        return Err(fault(name, FaultReason::Unproven));
    }
    let at = standing.witnessed_at.unwrap_or_else(|| claimed.issued_at());
    let roster = trust.roster_at(at);
    let network = trust.anchor.network.as_str();
    let verified = received
        .verify(&roster.key_table(), network, at)
        .map_err(|_| fault(name, FaultReason::Signature))?;
    let statement = verified.statement();
    let named = super::names::statement(place_of(name), statement.kind(), statement.from());
    if named != *name {
        return Err(fault(name, FaultReason::Form));
    }
    Ok(ProvenStatement {
        part: name.to_owned(),
        kind: statement.kind(),
        from: statement.from(),
        to: statement.to(),
        issued_at: statement.issued_at(),
        hash: verified.hash(),
        roster: roster.version,
        proof: standing,
        audited_by,
        verified,
    })
}

/// The statement's leaf in an audit log, where the file proves one.
fn prove_leaf(
    parts: &Parts,
    trust: &Trust,
    (name, bytes): (&str, &[u8]),
) -> Result<(Standing, Option<CenterCode>), EvidenceFault> {
    let (opening, proof) = (beside(name, "blinding"), beside(name, "tlog-proof"));
    let (blinding_bytes, proof_bytes) = match (parts.get(&opening), parts.get(&proof)) {
        (None, None) => return Ok((Standing::AWAITED, None)),
        (None, Some(_)) => return Err(fault(&opening, FaultReason::Missing)),
        (Some(_), None) => return Err(fault(&proof, FaultReason::Missing)),
        (Some(opening), Some(proof)) => (opening, proof),
    };
    let blinding = blinding(blinding_bytes).ok_or_else(|| fault(&opening, FaultReason::Form))?;
    let entry = commit(CommitmentDomain::Statement, &blinding, bytes);
    let (log, _, standing) =
        trust.prove(proof_bytes, entry.as_bytes()).map_err(|reason| fault(&proof, reason))?;
    if log.kind != LogKind::Audit {
        return Err(fault(&proof, FaultReason::Inclusion));
    }
    Ok((standing, Some(log.center)))
}

/// The place that a name claims; the name is compared as a whole afterwards.
fn place_of(name: &str) -> usize {
    let file = name.split_once('/').map_or(name, |(_, file)| file);
    file.get(..4).and_then(|place| place.parse().ok()).unwrap_or_default()
}
