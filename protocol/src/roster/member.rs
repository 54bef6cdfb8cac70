//! A member (成员): name, keys, logs and what has become of it.
//!
//! **Promises.** A key counts by its listing and its validity, and by nothing else.
//! **Left to others.** What a member may do: [`super::grant`]. Rules between members:
//! [`super::check`].

use minicbor::{Decode, Encode};

use super::grant::Grants;
use crate::center::{CenterCode, Role};
use crate::id::TreeHash;
use crate::key::{KeyPurpose, PublicKey};
use crate::time::Timestamp;

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
    /// Its keys, ended ones included, since something may have been signed by them.
    #[n(6)]
    pub keys: Vec<MemberKey>,
    /// Where it can be dialled, as multiaddresses.
    #[n(7)]
    pub addresses: Vec<String>,
    /// Its logs, by ascending number; the last one is open unless closed.
    #[n(8)]
    pub logs: Vec<MemberLog>,
    /// What it may ask; absent, what its role may ask.
    #[n(9)]
    pub grants: Option<Grants>,
    /// How it was cut off; there exactly when the status is revoked.
    #[n(10)]
    pub revocation: Option<Revocation>,
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

impl MemberStatus {
    /// The name by which programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

/// How a member was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Revocation {
    /// From when on.
    #[n(1)]
    pub at: Timestamp,
    /// The center that takes over its open transfers; absent only for a member without records.
    #[n(2)]
    pub takeover: Option<CenterCode>,
    /// Whether its keys may be in other hands: then what no witness saw before is unproven.
    #[n(3)]
    pub compromised: bool,
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

impl Member {
    /// The key of a purpose that is in force at `now`; the latest, where two overlap.
    #[must_use]
    pub fn key(&self, purpose: KeyPurpose, now: Timestamp) -> Option<&MemberKey> {
        let in_force = self.keys.iter().filter(|key| key.purpose == purpose && key.counts_at(now));
        in_force.max_by_key(|key| key.from)
    }

    /// All keys of a purpose that are in force at `now`: two while one takes over from another.
    pub fn keys_in_force(
        &self,
        purpose: KeyPurpose,
        now: Timestamp,
    ) -> impl Iterator<Item = &MemberKey> {
        self.keys.iter().filter(move |key| key.purpose == purpose && key.counts_at(now))
    }

    /// The log of this number, if it is listed.
    #[must_use]
    pub fn log(&self, number: u32) -> Option<&MemberLog> {
        self.logs.iter().find(|log| log.number == number)
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
