//! Trust policies (`c2sp.org/tlog-policy`): which logs, which witnesses, how many of them.
//!
//! **Promises.** [`Policy::parse`] refuses what the specification does not allow, by line and rule;
//! what [`Policy::encode`] writes parses to an equal policy.
//! **Left to others.** Which witnesses a network has: `roster`.

mod parse;

use std::collections::BTreeSet;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::cosignature::{self, CosignedAt};
use super::note::{KeyName, NoteError, SignedNote, VerifierKey};

pub use parse::{PolicyParseError, PolicyRule};

/// When a checkpoint is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<PolicyGroup>,
    quorum: Option<Member>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PolicyLog {
    key: VerifierKey,
    url: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PolicyWitness {
    name: Vec<u8>,
    key: VerifierKey,
    url: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PolicyGroup {
    name: Vec<u8>,
    threshold: usize,
    members: Vec<Member>,
}

/// A witness or group, by its place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// A checkpoint that a policy accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Which known witnesses cosigned it, and when; in the order of the policy.
    pub cosigned: Vec<(KeyName, CosignedAt)>,
}

/// Why a policy does not accept a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is not a checkpoint, or its log did not sign it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The policy names no log of this origin.
    #[error("the policy names no log of this origin")]
    UnknownLog,
    /// Too few witnesses cosigned: the checkpoint is logged, not witnessed.
    #[error("too few of the policy's witnesses cosigned the checkpoint")]
    NoQuorum,
}

impl Policy {
    /// A policy that asks for the log's signature alone: `logged`.
    #[must_use]
    pub fn logged(logs: Vec<VerifierKey>) -> Self {
        let logs = logs.into_iter().map(|key| PolicyLog { key, url: None }).collect();
        Self { logs, witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    /// A policy that asks for more than half of the witnesses: `witnessed`.
    ///
    /// `None` when there is no witness, or two have the same key or name: then nothing could be
    /// witnessed.
    #[must_use]
    pub fn majority(logs: Vec<VerifierKey>, witnesses: Vec<VerifierKey>) -> Option<Self> {
        let threshold = (witnesses.len() / 2).saturating_add(1);
        Self::threshold(logs, witnesses, threshold)
    }

    /// A policy that asks for at least `threshold` of the witnesses.
    ///
    /// `None` when there are fewer witnesses, or two have the same key or name.
    #[must_use]
    pub fn threshold(
        logs: Vec<VerifierKey>,
        witnesses: Vec<VerifierKey>,
        threshold: usize,
    ) -> Option<Self> {
        let names: BTreeSet<_> = witnesses.iter().map(|key| key.name().clone()).collect();
        let keys: BTreeSet<_> = witnesses.iter().map(|key| *key.public_bytes()).collect();
        if names.len() < witnesses.len() || keys.len() < witnesses.len() {
            return None;
        }
        if !(1..=witnesses.len()).contains(&threshold) {
            return None;
        }
        let mut policy = Self::logged(logs);
        let members = (0..witnesses.len()).map(Member::Witness).collect();
        let named = witnesses.into_iter().map(|key| {
            let name = key.name().as_str().as_bytes().to_vec();
            PolicyWitness { name, key, url: None }
        });
        policy.witnesses = named.collect();
        policy.groups = vec![PolicyGroup { name: b"quorum".to_vec(), threshold, members }];
        policy.quorum = Some(Member::Group(0));
        Some(policy)
    }

    /// Whether a note is a checkpoint of a listed log, with a quorum of cosignatures.
    ///
    /// # Errors
    /// The first reason why not. A line that claims a known key and does not verify spoils the
    /// note, as the specification asks.
    pub fn check(&self, note: &SignedNote) -> Result<Accepted, PolicyError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        self.check_log(&checkpoint, note)?;
        let mut cosigned = Vec::new();
        let mut present = BTreeSet::new();
        for (place, witness) in self.witnesses.iter().enumerate() {
            let time =
                cosignature::cosigned_at(note, &witness.key).map_err(CheckpointError::Note)?;
            if let Some(time) = time {
                cosigned.push((witness.key.name().clone(), time));
                present.insert(Member::Witness(place));
            }
        }
        if self.has_quorum(present) {
            Ok(Accepted { checkpoint, cosigned })
        } else {
            Err(PolicyError::NoQuorum)
        }
    }

    /// The witness keys, in order.
    pub fn witness_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.witnesses.iter().map(|witness| &witness.key)
    }

    /// The log keys, in order.
    pub fn log_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|log| &log.key)
    }

    fn check_log(&self, checkpoint: &Checkpoint, note: &SignedNote) -> Result<(), PolicyError> {
        let mut refusal = PolicyError::UnknownLog;
        let mut accepted = false;
        let of_origin =
            self.log_keys().filter(|key| key.name().as_str() == checkpoint.origin.as_str());
        for key in of_origin {
            match key.verify_note(note) {
                Ok(()) => accepted = true,
                // A key of the log that did not sign may have been succeeded by one that did.
                Err(NoteError::Unsigned) => {
                    refusal = CheckpointError::from(NoteError::Unsigned).into();
                }
                Err(error) => return Err(CheckpointError::from(error).into()),
            }
        }
        if accepted { Ok(()) } else { Err(refusal) }
    }

    fn has_quorum(&self, mut present: BTreeSet<Member>) -> bool {
        // A group names only what stands before it, so one pass in order decides all.
        for (place, group) in self.groups.iter().enumerate() {
            let count = group.members.iter().filter(|member| present.contains(member)).count();
            if count >= group.threshold {
                present.insert(Member::Group(place));
            }
        }
        self.quorum.is_none_or(|quorum| present.contains(&quorum))
    }

    fn name_of(&self, member: Member) -> &[u8] {
        match member {
            Member::Witness(place) => self.witnesses.get(place).map(|it| it.name.as_slice()),
            Member::Group(place) => self.groups.get(place).map(|it| it.name.as_slice()),
        }
        .unwrap_or_default()
    }

    /// The bytes of a policy file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut line = |words: &[&[u8]]| {
            file.extend(words.join(&b' '));
            file.push(b'\n');
        };
        for log in &self.logs {
            let key = log.key.to_string();
            let words = [b"log".as_slice(), key.as_bytes()];
            line(&words.into_iter().chain(log.url.as_deref()).collect::<Vec<_>>());
        }
        for witness in &self.witnesses {
            let key = witness.key.to_string();
            let words = [b"witness".as_slice(), &witness.name, key.as_bytes()];
            line(&words.into_iter().chain(witness.url.as_deref()).collect::<Vec<_>>());
        }
        for group in &self.groups {
            let threshold = group.threshold.to_string();
            let words = [b"group".as_slice(), &group.name, threshold.as_bytes()];
            let members = group.members.iter().map(|member| self.name_of(*member));
            line(&words.into_iter().chain(members).collect::<Vec<_>>());
        }
        let quorum = self.quorum.map_or(NONE, |member| self.name_of(member));
        line(&[b"quorum", quorum]);
        file
    }
}

/// The quorum of a policy that asks for no cosignature.
const NONE: &[u8] = b"none";

#[cfg(test)]
mod tests;
