//! Statements about membership: authority keys, enrolments, key changes, the tag key.
//!
//! **Left to others.** What an authority-key statement is worth: `roster::chain`. What follows from
//! an enrolment or a key change: `roster::change`, by the authority.

use minicbor::{Decode, Encode};

use super::{Payload, StatementKind, addressed_payload};
use crate::center::{CenterCode, Role};
use crate::id::Bytes;
use crate::key::{KeyPurpose, PublicKey, Signature};
use crate::time::Timestamp;

/// The authority's current roster key and its successor, signed by a root key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorityKey {
    /// The authority.
    #[n(1)]
    pub from: CenterCode,
    /// When it was signed.
    #[n(2)]
    pub issued_at: Timestamp,
    /// The key that signs rosters.
    #[n(3)]
    pub current: PublicKey,
    /// The key that will.
    #[n(4)]
    pub successor: Option<PublicKey>,
    /// 1 for the first such statement of a network, then one more each.
    #[n(5)]
    pub number: u64,
}

impl Payload for AuthorityKey {
    const KIND: StatementKind = StatementKind::AuthorityKey;

    fn from(&self) -> CenterCode {
        self.from
    }

    fn to(&self) -> Option<CenterCode> {
        None
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}

/// A new member's name, keys and addresses, signed by its keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolment {
    /// The code that it asks for.
    #[n(1)]
    pub from: CenterCode,
    /// The authority.
    #[n(2)]
    pub to: CenterCode,
    /// When it was signed.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The organisation's name.
    #[n(4)]
    pub name: String,
    /// What it will be.
    #[n(5)]
    pub role: Role,
    /// Its keys, by ascending purpose.
    #[n(6)]
    pub keys: Vec<OfferedKey>,
    /// Where it can be dialled.
    #[n(7)]
    pub addresses: Vec<String>,
}
addressed_payload!(Enrolment);

/// A key that a member wants to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OfferedKey {
    /// What it will sign or open.
    #[n(1)]
    pub purpose: KeyPurpose,
    /// The key.
    #[n(2)]
    pub public: PublicKey,
    /// The key's own signature over the bytes of `roster::enrolment::proof_bytes`, which shows
    /// that the member holds it; absent for a sealing key, which signs nothing.
    #[n(3)]
    pub proof: Option<Signature>,
}

/// A member's wish to have a new key listed beside its old one, signed by its statement key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyChange {
    /// The member.
    #[n(1)]
    pub from: CenterCode,
    /// The authority.
    #[n(2)]
    pub to: CenterCode,
    /// When it was signed.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The new key.
    #[n(4)]
    pub key: OfferedKey,
}
addressed_payload!(KeyChange);

/// The tag key of an epoch, sealed with HPKE to one member's sealing key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TagKeyBox {
    /// The member that holds the key.
    #[n(1)]
    pub from: CenterCode,
    /// The member that gets it.
    #[n(2)]
    pub to: CenterCode,
    /// When it was sealed.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The epoch of the tag key.
    #[n(4)]
    pub epoch: u32,
    /// The sealed key.
    #[n(5)]
    pub sealed: Bytes,
    /// Whether the sender has published digests under it: then it does not take another.
    #[n(6)]
    pub in_use: bool,
}
addressed_payload!(TagKeyBox);
