//! The roster (成员名册): the signed, versioned list of members and their keys.
//!
//! | file | what it holds |
//! |---|---|
//! | [`member`] | a member, its keys, its logs |
//! | [`keys`] | all statement keys by id |
//! | [`grant`] | what a member may do |
//! | [`annex`] | what a roster names by hash: calendar, code tables |
//! | [`check`] | the rules that every roster keeps, alone and after the one before |
//! | [`chain`] | from the pinned root keys to a verified roster: for nodes and for evidence alike |
//! | [`change`] | how the authority makes the next version |
//! | [`enrolment`] | how a new member asks to be admitted, how a member changes a key |
//! | [`join_file`] | what a new member is handed |
//!
//! **Promises.** Rosters are chained by hash and only move forward; a key counts by its listing
//! and its validity.
//! **Left to others.** How a roster spreads: `engine::rosters`.

use minicbor::{Decode, Encode};

use crate::center::{CenterCode, Role};
use crate::id::RosterHash;
use crate::log::origin::NetworkName;
use crate::statement::{Payload, StatementKind};
use crate::subject::TagEpoch;
use crate::time::Timestamp;

pub mod annex;
pub mod chain;
pub mod change;
pub mod check;
pub mod enrolment;
pub mod grant;
pub mod join_file;
pub mod keys;
pub mod member;

#[cfg(test)]
mod tests;

pub use annex::{Annex, AnnexKind, AnnexName};
pub use grant::{Action, Grants};
pub use keys::{KeyEntry, KeyTable};
pub use member::{LogEnd, Member, MemberKey, MemberLog, MemberStatus, Revocation};

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
    pub network: NetworkName,
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
    /// The algorithms of the network; never mixed.
    #[n(9)]
    pub suite: Suite,
    /// The number of the authority-key statement whose key signs this roster.
    #[n(10)]
    pub authority_key: u64,
    /// The epoch of the tag key in force.
    #[n(11)]
    pub tag_epoch: TagEpoch,
    /// The annexes in force, by ascending kind.
    #[n(12)]
    pub annexes: Vec<AnnexName>,
    /// Since when leases on loan intents are given; from then on witnesses change one by one.
    #[n(13)]
    pub lending: Option<Lending>,
}

/// What leases on loan intents need to know of the witnesses over the versions.
///
/// While a network is founded its witnesses change as they like; once lending is opened, two majorities
/// of successive lists must have a witness in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lending {
    /// The version that opened lending: its witnesses are not new.
    #[n(1)]
    pub opened_in: u64,
    /// The version that changed the witnesses last; at first the one that opened lending.
    #[n(2)]
    pub changed_in: u64,
    /// When that version was signed.
    #[n(3)]
    pub changed_at: Timestamp,
    /// The witness that it added.
    #[n(4)]
    pub newest: Option<CenterCode>,
}

/// A set of algorithms. Another one, such as SM2 with SM3 (国密), would be another value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Suite {
    /// Ed25519 by `verify_strict`, SHA-256 in logs, BLAKE3 elsewhere, and for sealing HPKE with
    /// X25519, HKDF-SHA256 and ChaCha20-Poly1305.
    #[n(1)]
    Ed25519,
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
    /// The hash that names it: BLAKE3 of its payload.
    #[must_use]
    pub fn hash(&self) -> RosterHash {
        RosterHash::new(*blake3::hash(&crate::cbor::encode(self)).as_bytes())
    }

    /// The member with this code.
    #[must_use]
    pub fn member(&self, code: CenterCode) -> Option<&Member> {
        let index = self.members.binary_search_by_key(&code, |member| member.code).ok()?;
        self.members.get(index)
    }

    /// The keys of all members, by id.
    #[must_use]
    pub fn key_table(&self) -> KeyTable {
        KeyTable::of(self)
    }

    /// Members with the role of a center that are not revoked.
    pub fn centers(&self) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(|member| member.role == Role::Center && member.status != MemberStatus::Revoked)
    }

    /// Members that may act in full.
    pub fn active(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.status == MemberStatus::Active)
    }

    /// How the roster names its annex of a kind.
    #[must_use]
    pub fn annex(&self, kind: AnnexKind) -> Option<&AnnexName> {
        self.annexes.iter().find(|name| name.kind == kind)
    }

    /// Whether the roster is past the time by which the authority had to renew it.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.renew_by
    }
}
