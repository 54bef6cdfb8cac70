//! From the root keys to the roster in force at a time, and what its keys say of a leaf.
//!
//! **Promises.** A leaf counts as witnessed only by keys that the roster listed which was in force when
//! the quorum had cosigned; the file's own claims about time are not believed.
//! **Left to others.** Whether the root keys are the right ones: the verifier.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{self, PartName, beside};
use super::{Demand, EvidenceFault, FaultReason, Parts, ProvenRoster, Standing, demanded, fault};
use crate::answer::proof::Proven;
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::Received;
use crate::id::{Blinding, KeyId};
use crate::log::checkpoint::Checkpoint;
use crate::log::origin::{LogId, LogKind, witness_name};
use crate::log::policy::{Accepted, Policy};
use crate::log::tlog_proof::TlogProof;
use crate::log_trust::LogTrust;
use crate::roster::Roster;
use crate::roster::chain::{AuthorityKeys, TrustAnchor, VerifiedRoster};
use crate::roster::check::RosterError;
use crate::roster::enrolment::Fingerprint;
use crate::roster::join_file::JoinFile;
use crate::time::Timestamp;

/// What everything else is verified by.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) anchor: TrustAnchor,
    pub(super) fingerprint: Fingerprint,
    /// By ascending version.
    rosters: Vec<(VerifiedRoster, Arc<Roster>)>,
}

impl Trust {
    /// Verifies the chain from the root keys to the rosters.
    pub(super) fn establish(
        parts: &Parts,
        known: Option<&TrustAnchor>,
    ) -> Result<Self, EvidenceFault> {
        let bytes = parts.get(names::ANCHOR);
        let bytes = bytes.ok_or_else(|| fault(names::ANCHOR, FaultReason::Missing))?;
        let anchor: TrustAnchor =
            cbor::decode(bytes).map_err(|_| fault(names::ANCHOR, FaultReason::Form))?;
        if known.is_some_and(|known| *known != anchor) || !anchor.is_well_formed() {
            return Err(fault(names::ANCHOR, FaultReason::Anchor));
        }
        let mut keys = AuthorityKeys::new(anchor.clone());
        let mut rosters = Vec::new();
        for (name, bytes) in parts {
            let Some(PartName::AuthorityKey(number)) = PartName::parse(name) else { continue };
            keys.add(bytes).map_err(|_| fault(name, FaultReason::Chain))?;
            if keys.statement(number) != Some(bytes) {
                return Err(fault(name, FaultReason::Form));
            }
        }
        for (name, bytes) in parts {
            let Some(PartName::Roster(version)) = PartName::parse(name) else { continue };
            let verified =
                keys.verify_roster(bytes).map_err(|_| fault(name, FaultReason::Chain))?;
            if verified.roster().version != version {
                return Err(fault(name, FaultReason::Form));
            }
            let roster = Arc::new(verified.roster().clone());
            rosters.push((verified, roster));
        }
        if rosters.is_empty() {
            return Err(fault(&names::roster(1), FaultReason::Missing));
        }
        rosters.sort_by_key(|(_, roster)| roster.version);
        check_rosters_follow(&rosters)?;
        let fingerprint = fingerprint_of(&anchor);
        Ok(Self { anchor, fingerprint, rosters })
    }

    /// The roster in force at an instant, as far as the file has it: the newest that was issued by
    /// then, or else the oldest.
    pub(super) fn roster_at(&self, at: Timestamp) -> &Arc<Roster> {
        let Some(((_, oldest), newer)) = self.rosters.split_first() else {
            unreachable!("a trust without a roster is not established")
        };
        let in_force = newer.iter().rev().find(|(_, roster)| roster.issued <= at);
        in_force.map_or(oldest, |(_, roster)| roster)
    }

    /// What members are called, by the newest roster.
    pub(super) fn member_names(&self) -> BTreeMap<CenterCode, String> {
        let newest = self.rosters.last().map(|(_, roster)| roster.members.as_slice());
        let members = newest.unwrap_or_default().iter();
        members.map(|member| (member.code, member.name.clone())).collect()
    }

    /// Whether the member's keys may have been in other hands before any witness had seen what they
    /// signed: then nothing can be said about it.
    pub(super) fn is_unproven(&self, center: CenterCode, witnessed_at: Option<Timestamp>) -> bool {
        let newest = self.rosters.last().and_then(|(_, roster)| roster.member(center));
        let revocation = newest.and_then(|member| member.revocation);
        revocation.is_some_and(|revocation| {
            revocation.compromised && witnessed_at.is_none_or(|at| at >= revocation.at)
        })
    }

    /// Holds each roster's leaf in the authority's log against what is asked for.
    pub(super) fn prove_rosters(
        &self,
        parts: &Parts,
        demand: Demand,
    ) -> Result<Vec<ProvenRoster>, EvidenceFault> {
        let mut proven = Vec::new();
        for (verified, roster) in &self.rosters {
            let name = names::roster(roster.version);
            let place = beside(&name, "tlog-proof");
            let standing = match parts.get(&place) {
                Some(proof) => {
                    let (log, _, standing) = self
                        .prove(proof, verified.hash().as_bytes())
                        .map_err(|reason| fault(&place, reason))?;
                    if log.center != self.anchor.authority || log.kind != LogKind::Public {
                        return Err(fault(&place, FaultReason::Inclusion));
                    }
                    standing
                }
                None => Standing::AWAITED,
            };
            proven.push(ProvenRoster {
                version: roster.version,
                hash: verified.hash(),
                issued: roster.issued,
                key: signer_of(verified),
                proof: demanded(&name, standing, demand)?,
            });
        }
        for name in parts.keys() {
            let Some(PartName::RosterProof(version)) = PartName::parse(name) else { continue };
            if !proven.iter().any(|roster| roster.version == version) {
                return Err(fault(name, FaultReason::Stray));
            }
        }
        Ok(proven)
    }

    /// Verifies that an entry is a leaf of a log of this network, and how far that is proved.
    pub(super) fn prove(
        &self,
        proof: &[u8],
        entry: &[u8],
    ) -> Result<(LogId, TlogProof, Standing), FaultReason> {
        let proof = TlogProof::parse(proof).map_err(|_| FaultReason::Form)?;
        let checkpoint = Checkpoint::parse(proof.note.text()).map_err(|_| FaultReason::Form)?;
        let log = LogId::parse(&self.anchor.network, &checkpoint.origin);
        let log = log.ok_or(FaultReason::Inclusion)?;
        for (_, roster) in self.rosters.iter().rev() {
            let Some((at, witnesses)) = self.witnessed(roster, log, (&proof, entry)) else {
                continue;
            };
            let standing =
                Standing { proven: Proven::Witnessed, witnessed_at: Some(at), witnesses };
            return Ok((log, proof, standing));
        }
        let logged = self.rosters.iter().rev().any(|(_, roster)| {
            let trust = self.trust(roster, roster.issued);
            proof.verify(&Policy::logged(trust.log_keys(log)), entry).is_ok()
        });
        if logged {
            Ok((log, proof, Standing { proven: Proven::Logged, ..Standing::AWAITED }))
        } else {
            Err(FaultReason::Inclusion)
        }
    }

    /// By when a quorum had cosigned, and who: by the keys of this roster, and again by those of the
    /// roster that was in force at that time.
    fn witnessed(
        &self,
        roster: &Arc<Roster>,
        log: LogId,
        (proof, entry): (&TlogProof, &[u8]),
    ) -> Option<(Timestamp, Vec<CenterCode>)> {
        let accepted = |trust: &LogTrust| -> Option<Accepted> {
            proof.verify(&trust.policy(log)?, entry).ok()
        };
        let first = accepted(&self.trust(roster, roster.issued))?;
        let at = last_cosigned(&first)?;
        let in_force = self.roster_at(at);
        let second = accepted(&self.trust(in_force, at))?;
        let network = &self.anchor.network;
        let cosigned = |center: &CenterCode| {
            let name = witness_name(network, *center);
            second.cosigned.iter().any(|(witness, _)| *witness == name)
        };
        let witnesses = in_force.witnesses.iter().copied().filter(cosigned).collect();
        Some((last_cosigned(&second)?, witnesses))
    }

    fn trust(&self, roster: &Arc<Roster>, at: Timestamp) -> LogTrust {
        LogTrust::new(Arc::clone(roster), self.anchor.network.clone(), at)
    }
}

/// The rosters of a file stand without a gap, each the next version after the one before.
fn check_rosters_follow(rosters: &[(VerifiedRoster, Arc<Roster>)]) -> Result<(), EvidenceFault> {
    for ((_, before), (_, next)) in rosters.iter().zip(rosters.iter().skip(1)) {
        if let Err(error) = next.check_follows(before) {
            let expected = names::roster(before.version.saturating_add(1));
            let gap = error == RosterError::NotNext;
            let reason = if gap { FaultReason::Missing } else { FaultReason::Chain };
            return Err(fault(&expected, reason));
        }
    }
    Ok(())
}

/// The key that a roster was signed by.
fn signer_of(roster: &VerifiedRoster) -> KeyId {
    match Received::parse(roster.bytes().to_vec()) {
        Ok(received) => received.key(),
        Err(refusal) => unreachable!("a verified roster is a statement: {refusal}"),
    }
}

/// The time of the last cosignature that was counted.
fn last_cosigned(accepted: &Accepted) -> Option<Timestamp> {
    let seconds = accepted.cosigned.iter().map(|(_, time)| time.seconds()).max()?;
    let ms = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
    Some(Timestamp::from_ms(ms))
}

/// A part of 32 bytes.
pub(super) fn blinding(part: &[u8]) -> Option<Blinding> {
    part.try_into().ok().map(Blinding::new)
}

fn fingerprint_of(anchor: &TrustAnchor) -> Fingerprint {
    let file = JoinFile {
        anchor: anchor.clone(),
        authority_keys: Vec::new(),
        roster: Vec::new().into(),
        annexes: Vec::new(),
    };
    file.fingerprint()
}
