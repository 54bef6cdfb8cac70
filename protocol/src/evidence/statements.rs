//! The statements of an evidence file: signature, key, and place in an audit log.
//!
//! **Promises.** A signature counts by the roster in force when witnesses had seen the statement. An
//! answer stands beside its question, a statement of a transfer beside its letter; each stands there
//! once, in its place.
//! **Left to others.** What follows from a statement.

use std::collections::BTreeSet;

use super::names::{self, PartName, beside};
use super::trust::{Trust, blinding};
use super::{
    Demand, EvidenceFault, FaultReason, Parts, ProvenStatement, Standing, demanded, fault,
};
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::id::PayloadHash;
use crate::log::origin::LogKind;
use crate::statement::transfer::TransferStep;
use crate::statement::{Statement, StatementKind};

/// Verifies every statement of the file.
pub(super) fn prove(
    parts: &Parts,
    trust: &Trust,
    demand: Demand,
) -> Result<Vec<ProvenStatement>, EvidenceFault> {
    let mut proven = Vec::new();
    for (name, bytes) in parts {
        match PartName::parse(name) {
            Some(PartName::Statement(_)) => {
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
    check_places(&proven)?;
    check_context(&proven)?;
    Ok(proven)
}

/// Places count from 1 without a gap, and no statement stands there twice.
fn check_places(proven: &[ProvenStatement]) -> Result<(), EvidenceFault> {
    let mut seen = BTreeSet::new();
    for (expected, statement) in (1..).zip(proven) {
        if PartName::parse(&statement.part) != Some(PartName::Statement(expected)) {
            return Err(fault(&statement.part, FaultReason::Numbering));
        }
        if !seen.insert(statement.hash) {
            return Err(fault(&statement.part, FaultReason::Doubled));
        }
    }
    Ok(())
}

/// An answer stands with its question; a statement of a transfer with its letter or, in a file
/// without letters, with others of the same transfer alone.
fn check_context(proven: &[ProvenStatement]) -> Result<(), EvidenceFault> {
    let is_there = |hash: &PayloadHash| proven.iter().any(|other| other.hash == *hash);
    let has_letter = proven.iter().any(|other| other.kind == StatementKind::Letter);
    let mut first = None;
    for statement in proven {
        let said = statement.verified.statement();
        if let Statement::Answer(answer) = said
            && !is_there(&answer.question)
        {
            return Err(fault(&statement.part, FaultReason::Context));
        }
        let Some(step) = TransferStep::of(said) else { continue };
        let transfer = step.step().transfer();
        let belongs = if has_letter {
            is_there(&PayloadHash::new(*transfer.as_bytes()))
        } else {
            *first.get_or_insert(transfer) == transfer
        };
        if !belongs {
            return Err(fault(&statement.part, FaultReason::Context));
        }
    }
    Ok(())
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
    let named = match PartName::parse(name) {
        Some(PartName::Statement(place)) => {
            names::statement(place, statement.kind(), statement.from())
        }
        Some(_) | None => return Err(fault(name, FaultReason::Stray)),
    };
    // The log of a party says when it was said; the log of anybody else says nothing.
    let parties = [Some(statement.from()), statement.to()];
    if audited_by.is_some_and(|center| !parties.contains(&Some(center))) {
        return Err(fault(&beside(name, "tlog-proof"), FaultReason::Inclusion));
    }
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
