//! The JSON of the network: its roster, and the changes that the authority makes to it.

use fundlink_protocol::center::Role;
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::roster;
use serde::{Deserialize, Serialize};

/// What leases on loan intents need to know of the witnesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lending {
    /// The version that opened lending.
    pub opened_in: u64,
    /// The version that changed the witnesses last.
    pub changed_in: u64,
    /// When that was; they change again a day later at the earliest.
    pub changed_at: String,
    /// The witness that it added.
    pub newest: Option<String>,
}

/// The roster in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The network.
    pub network: String,
    /// The authority that signs.
    pub authority: String,
    /// The version.
    pub version: u64,
    /// BLAKE3 of its payload, which the next version quotes.
    pub hash: String,
    /// When it was signed.
    pub issued: String,
    /// Past it an alarm is raised.
    pub renew_by: String,
    /// Since when leases on loan intents are given.
    pub lending: Option<Lending>,
    /// The members.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its division code.
    pub center: String,
    /// Its name.
    pub name: String,
    /// `center` or `authority`.
    pub role: String,
    /// `active`, `suspended` or `revoked`.
    pub status: String,
    /// Whether it witnesses the logs of others.
    pub witness: bool,
    /// Where it can be dialled.
    pub addresses: Vec<String>,
    /// Its keys, ended ones included.
    pub keys: Vec<Key>,
    /// Its logs; all but the last are closed.
    pub logs: Vec<Log>,
    /// How it was cut off; only of a revoked member.
    pub revocation: Option<Revocation>,
}

/// A log of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Its number.
    pub number: u32,
    /// The size at which it was closed.
    pub closed_at: Option<u64>,
}

/// How a member was cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// From when on.
    pub at: String,
    /// The center that takes over its open transfers.
    pub takeover: Option<String>,
    /// Whether its keys may be in other hands.
    pub compromised: bool,
}

/// A key of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What it signs or opens.
    pub purpose: String,
    /// The first 16 bytes of SHA-256 of the public key.
    pub id: String,
    /// Counts from here on.
    pub from: String,
    /// Counts until here.
    pub until: Option<String>,
}

/// A change of the roster; each makes one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Admit the member that wrote an enrolment.
    Admit {
        /// The enrolment, in base64.
        enrolment: String,
        /// What the applicant has read out over another channel.
        fingerprint: String,
        /// Whether it witnesses the logs of others.
        witness: bool,
    },
    /// A member starts, asks and witnesses nothing until it is reinstated.
    Suspend {
        /// The member.
        center: String,
    },
    /// A suspended member does everything again.
    Reinstate {
        /// The member.
        center: String,
    },
    /// A member is cut off at once.
    Revoke {
        /// The member.
        center: String,
        /// The center that takes over its open transfers.
        takeover: String,
        /// Whether its keys may be in other hands.
        compromised: bool,
    },
    /// A member has another name.
    Rename {
        /// The member.
        center: String,
        /// Its new name.
        name: String,
    },
    /// Where a member can be dialled.
    Addresses {
        /// The member.
        center: String,
        /// Multiaddresses.
        addresses: Vec<String>,
    },
    /// Leases on loan intents are given from now on.
    OpenLending,
    /// Who witnesses.
    Witnesses {
        /// The members.
        centers: Vec<String>,
    },
    /// A member's open log ends where a quorum cosigned it last, and its next one begins.
    NextLog {
        /// The member.
        center: String,
    },
    /// The roster runs for another 30 days.
    Renew,
}

/// Asks the authority to list a new key of this member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeKey {
    /// The offered key with its proof: base64 of its CBOR.
    pub key: String,
}

/// The request was sent; the roster will show when it was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The hash of the request.
    pub statement: String,
}

impl From<&roster::Roster> for Roster {
    fn from(known: &roster::Roster) -> Self {
        let members = known.members.iter();
        Self {
            network: known.network.to_string(),
            authority: known.authority.to_string(),
            version: known.version,
            hash: known.hash().to_string(),
            issued: known.issued.to_string(),
            renew_by: known.renew_by.to_string(),
            lending: known.lending.map(|lending| Lending {
                opened_in: lending.opened_in,
                changed_in: lending.changed_in,
                changed_at: lending.changed_at.to_string(),
                newest: lending.newest.map(|newest| newest.to_string()),
            }),
            members: members.map(|member| Member::of(member, known)).collect(),
        }
    }
}

impl Member {
    fn of(member: &roster::Member, roster: &roster::Roster) -> Self {
        let role = match member.role {
            Role::Center => "center",
            Role::Authority => "authority",
        };
        Self {
            center: member.code.to_string(),
            name: member.name.clone(),
            role: role.to_owned(),
            status: member.status.name().to_owned(),
            witness: roster.is_witness(member.code),
            addresses: member.addresses.clone(),
            keys: member.keys.iter().map(Key::from).collect(),
            logs: member.logs.iter().map(Log::from).collect(),
            revocation: member.revocation.as_ref().map(Revocation::from),
        }
    }
}

impl From<&roster::MemberLog> for Log {
    fn from(log: &roster::MemberLog) -> Self {
        Self { number: log.number, closed_at: log.closed.map(|end| end.size) }
    }
}

impl From<&roster::Revocation> for Revocation {
    fn from(revocation: &roster::Revocation) -> Self {
        Self {
            at: revocation.at.to_string(),
            takeover: revocation.takeover.map(|center| center.to_string()),
            compromised: revocation.compromised,
        }
    }
}

impl From<&roster::MemberKey> for Key {
    fn from(key: &roster::MemberKey) -> Self {
        Self {
            purpose: purpose_name(key.purpose).to_owned(),
            id: key.public.id().to_string(),
            from: key.from.to_string(),
            until: key.until.map(|until| until.to_string()),
        }
    }
}

/// The word for the purpose of a key.
#[must_use]
pub const fn purpose_name(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::Peer => "peer",
        KeyPurpose::Statement => "statement",
        KeyPurpose::Log => "log",
        KeyPurpose::Witness => "witness",
        KeyPurpose::Sealing => "sealing",
        KeyPurpose::Roster => "roster",
        KeyPurpose::Root => "root",
    }
}
