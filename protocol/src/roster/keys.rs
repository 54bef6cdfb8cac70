//! The keys of all members, by id: one lookup a signature.
//!
//! **Promises.** A statement key counts when its member is not revoked and `now` lies in its
//! validity; a key of another purpose never signs a statement.
//! **Left to others.** Signatures themselves: `cose`.

use std::collections::BTreeMap;

use super::{MemberStatus, Roster};
use crate::center::CenterCode;
use crate::id::KeyId;
use crate::key::{KeyPurpose, PublicKey};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// The keys of all members, by id.
#[derive(Clone, Debug, Default)]
pub struct KeyTable {
    keys: BTreeMap<KeyId, KeyEntry>,
}

/// A key with what the roster says of it.
#[derive(Clone, Copy, Debug)]
pub struct KeyEntry {
    /// Whose key it is.
    pub center: CenterCode,
    /// Whether the member may act.
    pub status: MemberStatus,
    /// What it may sign.
    pub purpose: KeyPurpose,
    /// The key.
    pub public: PublicKey,
    /// Counts from here on.
    pub from: Timestamp,
    /// Counts until here, exclusive.
    pub until: Option<Timestamp>,
}

impl KeyTable {
    pub(super) fn of(roster: &Roster) -> Self {
        let mut keys = BTreeMap::new();
        for member in &roster.members {
            for key in &member.keys {
                let entry = KeyEntry {
                    center: member.code,
                    status: member.status,
                    purpose: key.purpose,
                    public: key.public,
                    from: key.from,
                    until: key.until,
                };
                keys.insert(key.public.id(), entry);
            }
        }
        Self { keys }
    }

    /// The statement key of this id, if it counts at `now`.
    ///
    /// # Errors
    /// `KEY_UNKNOWN`, `KEY_NOT_YET`, `KEY_ENDED`.
    pub fn statement_key(&self, id: KeyId, now: Timestamp) -> Result<&KeyEntry, Refusal> {
        let entry = self.keys.get(&id).filter(|entry| entry.purpose == KeyPurpose::Statement);
        let entry = entry.ok_or(Refusal::KeyUnknown)?;
        if entry.status == MemberStatus::Revoked || entry.until.is_some_and(|until| now >= until) {
            return Err(Refusal::KeyEnded);
        }
        if now < entry.from {
            return Err(Refusal::KeyNotYet);
        }
        Ok(entry)
    }
}
