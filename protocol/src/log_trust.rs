//! Which keys a roster trusts for a log, and checkpoints that were checked by them.
//!
//! **Promises.** A [`VerifiedCheckpoint`] was signed by a key of the log's center that the roster
//! lists and that counts now. A quorum is more than half of all witnesses of the roster other than
//! the log's own center, whether or not each has a key.
//! **Left to others.** Whether the checkpoint fits what is held of the log: `engine::following`.

use std::sync::Arc;

use crate::center::CenterCode;
use crate::key::{KeyPurpose, PublicKey};
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::cosignature;
use crate::log::note::{KeyKind, NoteError, SignedNote, VerifierKey};
use crate::log::origin::{LogId, NetworkName, witness_name};
use crate::log::policy::Policy;
use crate::refusal::Refusal;
use crate::roster::{Member, MemberStatus, Roster};
use crate::time::Timestamp;

/// A roster at an instant, as the source of keys for logs.
#[derive(Clone, Debug)]
pub struct LogTrust {
    roster: Arc<Roster>,
    network: NetworkName,
    now: Timestamp,
}

impl LogTrust {
    /// What a roster trusts at an instant.
    #[must_use]
    pub const fn new(roster: Arc<Roster>, network: NetworkName, now: Timestamp) -> Self {
        Self { roster, network, now }
    }

    /// The network whose logs these are.
    #[must_use]
    pub const fn network(&self) -> &NetworkName {
        &self.network
    }

    /// The keys that may sign a log's checkpoints now, the latest first; none for a log that the
    /// roster does not list.
    #[must_use]
    pub fn log_keys(&self, log: LogId) -> Vec<VerifierKey> {
        self.log_keys_that(log, |key| key.counts_at(self.now))
    }

    /// The keys that may ever have signed a log's checkpoints: what judges an equivocation.
    #[must_use]
    pub fn log_keys_ever(&self, log: LogId) -> Vec<VerifierKey> {
        self.log_keys_that(log, |_| true)
    }

    /// The key with which a member cosigns now, whether or not it is a witness.
    #[must_use]
    pub fn witness_key(&self, center: CenterCode) -> Option<VerifierKey> {
        let member = self.roster.member(center)?;
        if member.status != MemberStatus::Active {
            return None;
        }
        let key = member.key(KeyPurpose::Witness, self.now)?;
        VerifierKey::new(
            witness_name(&self.network, center),
            KeyKind::Cosigner,
            key.public.as_bytes(),
        )
        .ok()
    }

    /// The witnesses that can vouch for a log: all but its own center.
    pub fn witnesses_of(&self, log: LogId) -> impl Iterator<Item = CenterCode> {
        self.roster.witnesses.iter().copied().filter(move |center| *center != log.center)
    }

    /// How many cosignatures make a log's checkpoint witnessed; `None` without witnesses.
    #[must_use]
    pub fn quorum(&self, log: LogId) -> Option<usize> {
        let others = self.witnesses_of(log).count();
        (others > 0).then(|| (others / 2).saturating_add(1))
    }

    /// The policy under which a log's checkpoint is witnessed; `None` when that cannot be, for
    /// want of witnesses with keys.
    #[must_use]
    pub fn policy(&self, log: LogId) -> Option<Policy> {
        let witnesses = self.witnesses_of(log).filter_map(|center| self.witness_key(center));
        Policy::threshold(self.log_keys(log), witnesses.collect(), self.quorum(log)?)
    }

    /// How many of the roster's witnesses cosigned a note of this log, by lines that verify.
    #[must_use]
    pub fn cosignatures(&self, log: LogId, note: &SignedNote) -> usize {
        let keys = self.witnesses_of(log).filter_map(|center| self.witness_key(center));
        keys.filter(|key| matches!(cosignature::cosigned_at(note, key), Ok(Some(_)))).count()
    }

    fn log_keys_that(
        &self,
        log: LogId,
        counts: impl Fn(&crate::roster::MemberKey) -> bool,
    ) -> Vec<VerifierKey> {
        let Some(member) = self.roster.member(log.center) else { return Vec::new() };
        if !lists(member, log) {
            return Vec::new();
        }
        let mut keys: Vec<_> = member
            .keys
            .iter()
            .filter(|key| key.purpose == KeyPurpose::Log && counts(key))
            .collect();
        keys.sort_by_key(|key| core::cmp::Reverse(key.from));
        keys.iter().filter_map(|key| log_key(&self.network, log, &key.public)).collect()
    }
}

/// The key of a log in the form of signed notes; `None` when it is no usable Ed25519 key.
#[must_use]
pub fn log_key(network: &NetworkName, log: LogId, key: &PublicKey) -> Option<VerifierKey> {
    VerifierKey::new(log.origin(network).key_name(), KeyKind::Log, key.as_bytes()).ok()
}

fn lists(member: &Member, log: LogId) -> bool {
    member.status != MemberStatus::Revoked && member.log(log.number).is_some()
}

/// A checkpoint of a member's log whose signature, key and form were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    log: LogId,
    checkpoint: Checkpoint,
    note: SignedNote,
}

impl VerifiedCheckpoint {
    /// Checks the bytes of a note. Cosignatures in it are not checked here.
    ///
    /// # Errors
    /// `MALFORMED`; `NOT_FOUND` for a log that the roster does not list; `KEY_UNKNOWN` when no key
    /// that counts signed it; `SIGNATURE`.
    pub fn verify(bytes: &[u8], trust: &LogTrust) -> Result<Self, Refusal> {
        let note = SignedNote::parse(bytes).map_err(|_| Refusal::Malformed)?;
        Self::verify_note(note, trust)
    }

    /// Checks a note that was parsed.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_note(note: SignedNote, trust: &LogTrust) -> Result<Self, Refusal> {
        Self::by(note, trust, LogTrust::log_keys)
    }

    /// Checks the bytes of a note by all keys that ever counted: what a log once said, it has said.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_ever(bytes: &[u8], trust: &LogTrust) -> Result<Self, Refusal> {
        let note = SignedNote::parse(bytes).map_err(|_| Refusal::Malformed)?;
        Self::by(note, trust, LogTrust::log_keys_ever)
    }

    fn by(
        note: SignedNote,
        trust: &LogTrust,
        keys: impl Fn(&LogTrust, LogId) -> Vec<VerifierKey>,
    ) -> Result<Self, Refusal> {
        let unverified = Checkpoint::parse(note.text()).map_err(|_| Refusal::Malformed)?;
        let log = LogId::parse(trust.network(), &unverified.origin).ok_or(Refusal::NotFound)?;
        let keys = keys(trust, log);
        if keys.is_empty() {
            return Err(Refusal::NotFound);
        }
        let mut refusal = Refusal::KeyUnknown;
        for key in &keys {
            match Checkpoint::verified(&note, key) {
                Ok(checkpoint) => return Ok(Self { log, checkpoint, note }),
                Err(CheckpointError::Note(NoteError::Unsigned)) => {}
                Err(_) => refusal = Refusal::Signature,
            }
        }
        Err(refusal)
    }

    /// Which log.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.log
    }

    /// Its size and root.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note, with whatever cosignatures it carries.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::center::Role;
    use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN, joined, network};

    #[test]
    fn a_quorum_is_a_majority_of_the_witnesses_other_than_the_logs_own_center() {
        let now = Timestamp::from_ms(1_778_000_000_000);
        let centers = [TAIYUAN, DATONG, LINFEN].map(|center| (center, Role::Center));
        let members: Vec<_> =
            core::iter::once((AUTHORITY, Role::Authority)).chain(centers).collect();
        let roster = joined(&members, now).open().unwrap().roster.into_roster();
        let log = LogId::public(TAIYUAN, 1);
        let quorum = |witnesses: &[CenterCode]| {
            let roster = Roster { witnesses: witnesses.to_vec(), ..roster.clone() };
            LogTrust::new(Arc::new(roster), network(), now).quorum(log)
        };
        assert_eq!(quorum(&[TAIYUAN]), None, "nobody vouches for itself");
        assert_eq!(quorum(&[TAIYUAN, DATONG]), Some(1));
        assert_eq!(quorum(&[DATONG, LINFEN]), Some(2));
        assert_eq!(quorum(&[AUTHORITY, TAIYUAN, DATONG, LINFEN]), Some(2));
        let many = |count: u32| -> Vec<_> {
            (0..count).map(|n| CenterCode::new(150_000 + n).unwrap()).collect()
        };
        assert_eq!(quorum(&many(14)), Some(8));
        assert_eq!(quorum(&many(15)), Some(8));
    }
}
