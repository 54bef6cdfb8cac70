//! The roster (成员名册): the signed, versioned list of members and their keys.
//!
//! **Promises.** Rosters are chained by hash and only move forward; a key counts by its listing
//! and its validity.
//! **Left to others.** Who signs a roster and how it spreads: `engine::rosters`.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::center::{CenterCode, Role};
use crate::id::{KeyId, RosterHash, TreeHash};
use crate::key::{KeyPurpose, PublicKey};
use crate::refusal::Refusal;
use crate::statement::{Payload, StatementKind};
use crate::time::Timestamp;

/// One version of the list of members.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Roster {
    /// The authority that signs it.
    #[n(1)]
    pub authority: CenterCode,
    /// When it was signed.
    #[n(2)]
    pub issued: Timestamp,
    /// The network's name.
    #[n(3)]
    pub network: String,
    /// 1 for the first, then one more each.
    #[n(4)]
    pub version: u64,
    /// BLAKE3 of the payload of the version before.
    #[n(5)]
    pub previous: Option<RosterHash>,
    /// Past it nodes go on and raise an alarm.
    #[n(6)]
    pub renew_by: Timestamp,
    /// The members, by ascending code.
    #[n(7)]
    pub members: Vec<Member>,
    /// The witnesses, by ascending code.
    #[n(8)]
    pub witnesses: Vec<CenterCode>,
}

/// A member of the network.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Member {
    /// Its division code.
    #[n(1)]
    pub code: CenterCode,
    /// The organisation's name, in Chinese.
    #[n(2)]
    pub name: String,
    /// What it is.
    #[n(3)]
    pub role: Role,
    /// Whether it may act.
    #[n(4)]
    pub status: MemberStatus,
    /// The roster version that admitted it.
    #[n(5)]
    pub admitted_in: u64,
    /// Its keys, ended ones included as long as something may be signed by them.
    #[n(6)]
    pub keys: Vec<MemberKey>,
    /// Where it can be dialled, as multiaddresses.
    #[n(7)]
    pub addresses: Vec<String>,
    /// Its logs, by ascending number; the last one is open unless closed.
    #[n(8)]
    pub logs: Vec<MemberLog>,
}

/// Whether a member may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MemberStatus {
    /// Does everything that it is granted.
    #[n(1)]
    Active,
    /// May connect, finish accepted transfers and sync; starts, asks and witnesses nothing.
    #[n(2)]
    Suspended,
    /// Cut off.
    #[n(3)]
    Revoked,
}

/// A public key and its validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MemberKey {
    /// What it may sign or open.
    #[n(1)]
    pub purpose: KeyPurpose,
    /// The key.
    #[n(2)]
    pub public: PublicKey,
    /// Counts from here on.
    #[n(3)]
    pub from: Timestamp,
    /// Counts until here, exclusive; open when absent.
    #[n(4)]
    pub until: Option<Timestamp>,
}

/// One of a member's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MemberLog {
    /// The number in its origin; the first is 1.
    #[n(1)]
    pub number: u32,
    /// Its end, when it is closed.
    #[n(2)]
    pub closed: Option<LogEnd>,
}

/// The last size and root of a closed log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogEnd {
    /// Entries.
    #[n(1)]
    pub size: u64,
    /// Root over them.
    #[n(2)]
    pub root: TreeHash,
}

impl Payload for Roster {
    const KIND: StatementKind = StatementKind::Roster;

    fn from(&self) -> CenterCode {
        self.authority
    }

    fn to(&self) -> Option<CenterCode> {
        None
    }

    fn issued_at(&self) -> Timestamp {
        self.issued
    }
}

impl Roster {
    /// The member with this code.
    #[must_use]
    pub fn member(&self, code: CenterCode) -> Option<&Member> {
        let index = self.members.binary_search_by_key(&code, |member| member.code).ok()?;
        self.members.get(index)
    }

    /// The keys of all members, by id.
    #[must_use]
    pub fn key_table(&self) -> KeyTable {
        let mut keys = BTreeMap::new();
        for member in &self.members {
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
        KeyTable { keys }
    }

    /// Members with the role of a center that are not revoked.
    pub fn centers(&self) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(|member| member.role == Role::Center && member.status != MemberStatus::Revoked)
    }
}

impl Member {
    /// The key of a purpose that is in force at `now`; the latest, where two overlap.
    #[must_use]
    pub fn key(&self, purpose: KeyPurpose, now: Timestamp) -> Option<&MemberKey> {
        let in_force = self.keys.iter().filter(|key| key.purpose == purpose && key.counts_at(now));
        in_force.max_by_key(|key| key.from)
    }

    /// The number of the log that is open, if one is.
    #[must_use]
    pub fn open_log(&self) -> Option<u32> {
        self.logs.last().filter(|log| log.closed.is_none()).map(|log| log.number)
    }
}

impl MemberKey {
    /// Whether the key counts at this instant.
    #[must_use]
    pub fn counts_at(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// The keys of all members, by id: one lookup a signature.
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
