//! The digests of an evidence file: their place in a public log, and what they commit to.
//!
//! **Promises.** A digest counts as opened only by the very bytes that it commits to.
//! **Left to others.** What a record means.

use super::names::{self, PartName, beside};
use super::trust::{Trust, blinding};
use super::{
    Demand, EvidenceFault, FaultReason, Parts, ProvenLeaf, ProvenStatement, Standing, demanded,
    fault,
};
use crate::answer::{DisclosedLoan, LeafReference, Outcome};
use crate::cbor;
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::digest::Digest;
use crate::id::Commitment;
use crate::log::origin::{LogId, LogKind};
use crate::record_seal::{SealedParty, record_commitment};
use crate::statement::Statement;
use crate::statement::query::AnswerBody;

/// Verifies every digest of the file.
pub(super) fn prove(
    parts: &Parts,
    trust: &Trust,
    demand: Demand,
) -> Result<Vec<ProvenLeaf>, EvidenceFault> {
    let mut proven = Vec::new();
    for (name, bytes) in parts {
        match PartName::parse(name) {
            Some(PartName::Digest(log, index)) => {
                let digest: Digest =
                    cbor::decode(bytes).map_err(|_| fault(name, FaultReason::Form))?;
                let place = beside(name, "tlog-proof");
                let standing = match parts.get(&place) {
                    Some(proof) => {
                        let (of, proof, standing) =
                            trust.prove(proof, bytes).map_err(|why| fault(&place, why))?;
                        if of != log || proof.index != index || of.kind != LogKind::Public {
                            return Err(fault(&place, FaultReason::Inclusion));
                        }
                        standing
                    }
                    None => Standing::AWAITED,
                };
                let proof = demanded(name, standing, demand)?;
                let part = name.clone();
                proven.push(ProvenLeaf { part, log, index, digest, proof, opened_by: None });
            }
            Some(PartName::DigestProof | PartName::Record | PartName::RecordBlinding)
                if !parts.contains_key(&beside(name, "digest")) =>
            {
                return Err(fault(name, FaultReason::Stray));
            }
            Some(_) | None => {}
        }
    }
    Ok(proven)
}

/// Opens digests by records of their own, and by the records in answers.
pub(super) fn open(
    parts: &Parts,
    statements: &[ProvenStatement],
    mut leaves: Vec<ProvenLeaf>,
) -> Result<Vec<ProvenLeaf>, EvidenceFault> {
    for leaf in &mut leaves {
        let (record, opening) = (beside(&leaf.part, "record"), beside(&leaf.part, "blinding"));
        let (bytes, blinding_bytes) = match (parts.get(&record), parts.get(&opening)) {
            (None, None) => continue,
            (None, Some(_)) => return Err(fault(&record, FaultReason::Missing)),
            (Some(_), None) => return Err(fault(&opening, FaultReason::Missing)),
            (Some(bytes), Some(blinding)) => (bytes, blinding),
        };
        let blinding =
            blinding(blinding_bytes).ok_or_else(|| fault(&opening, FaultReason::Form))?;
        if commit(CommitmentDomain::Record, &blinding, bytes) != leaf.digest.commitment {
            return Err(fault(&record, FaultReason::Opening));
        }
        leaf.opened_by = Some(record);
    }
    for statement in statements {
        for named in named_in(statement.verified.statement()) {
            let log = LogId::public(named.center, named.leaf.log);
            let leaf =
                leaves.iter_mut().find(|leaf| leaf.log == log && leaf.index == named.leaf.index);
            let Some(leaf) = leaf else {
                let missing = names::digest(log, named.leaf.index);
                return Err(fault(&missing, FaultReason::Missing));
            };
            let opens = match named.record {
                Shown::Hidden => false,
                Shown::Record(commitment) => {
                    if leaf.digest.commitment != commitment {
                        return Err(fault(&statement.part, FaultReason::Opening));
                    }
                    true
                }
                Shown::Wrong => return Err(fault(&statement.part, FaultReason::Opening)),
            };
            if cbor::encode(&leaf.digest) != **named.leaf.entry {
                return Err(fault(&statement.part, FaultReason::Opening));
            }
            if opens {
                leaf.opened_by = Some(statement.part.clone());
            }
        }
    }
    open_by_sheets(statements, &mut leaves);
    Ok(leaves)
}

/// A sheet carries the blinding of what both sides' digests of its transfer commit to.
fn open_by_sheets(statements: &[ProvenStatement], leaves: &mut [ProvenLeaf]) {
    for statement in statements {
        let Statement::Sheet(sheet) = statement.verified.statement() else { continue };
        let commitment = record_commitment(&sheet.blinding, &**sheet);
        for leaf in leaves.iter_mut().filter(|leaf| leaf.digest.commitment == commitment) {
            leaf.opened_by = Some(statement.part.clone());
        }
    }
}

/// A leaf that an answer names.
pub(crate) struct NamedLeaf<'a> {
    /// Whose log it is in.
    pub(crate) center: CenterCode,
    /// The leaf.
    pub(crate) leaf: &'a LeafReference,
    record: Shown,
}

/// What an answer shows of the record behind a leaf.
enum Shown {
    /// Nothing.
    Hidden,
    /// The record, which commits to this.
    Record(Commitment),
    /// A record that names its person otherwise than its seal.
    Wrong,
}

/// Every leaf that an answer names.
pub(crate) fn named_in(statement: &Statement) -> Vec<NamedLeaf<'_>> {
    let Statement::Answer(answer) = statement else { return Vec::new() };
    let AnswerBody::Given(given) = &answer.body else { return Vec::new() };
    let center = answer.from;
    let payouts = given.payouts.iter().flatten().filter_map(|payout| payout.leaf.as_ref());
    let mut named: Vec<NamedLeaf<'_>> =
        payouts.map(|leaf| NamedLeaf { center, leaf, record: Shown::Hidden }).collect();
    for outcome in &given.outcomes {
        let Outcome::Found(found) = outcome else { continue };
        let accounts = found.accounts.iter().flatten().filter_map(|account| account.leaf.as_ref());
        named.extend(accounts.map(|leaf| NamedLeaf { center, leaf, record: Shown::Hidden }));
        let loans = found.loans.iter().flat_map(|loans| loans.loans.iter().flatten());
        named.extend(loans.filter_map(|loan| {
            let record = shown_of(loan);
            loan.leaf.as_ref().map(|leaf| NamedLeaf { center, leaf, record })
        }));
        named.extend(found.certificate.iter().map(|issued| {
            let record = record_commitment(&issued.blinding, &issued.certificate);
            NamedLeaf { center, leaf: &issued.leaf, record: Shown::Record(record) }
        }));
    }
    named
}

fn shown_of(loan: &DisclosedLoan) -> Shown {
    let place = usize::try_from(loan.place).ok();
    let sealed = place.and_then(|place| loan.record.parties.get(place));
    let is_party = sealed.is_some_and(|sealed| {
        sealed.role == loan.party.role
            && sealed.person == SealedParty::seal(&loan.party_blinding, &loan.party)
    });
    if is_party {
        Shown::Record(record_commitment(&loan.blinding, &loan.record))
    } else {
        Shown::Wrong
    }
}
