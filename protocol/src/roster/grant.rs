//! What a member may do: by its status, and by what the roster grants it.
//!
//! **Promises.** One function, [`Roster::rights`], decides for admission, transfers and witnessing;
//! a member that is not listed may do nothing.
//! **Left to others.** What a purpose opens within an answer: the matrix of the queries.

use minicbor::{Decode, Encode};

use super::{Member, MemberStatus, Roster};
use crate::center::{CenterCode, Role};
use crate::refusal::Refusal;

/// What a member may ask, where it differs from what its role may ask.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Grants {
    /// Codes of purposes, such as `L1`, ascending.
    #[n(1)]
    pub purposes: Vec<String>,
    /// Names of kinds of query, ascending.
    #[n(2)]
    pub kinds: Vec<String>,
}

/// Judicial assistance (司法协助) and supervision (监管): granted to nobody by role.
const NOT_BY_ROLE: [&str; 2] = ["J1", "S1"];

/// Something that a member does, or that is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Being connected to.
    Connect,
    /// Pulling logs, rosters and its own statements.
    Sync,
    /// Asking a question of this kind for this purpose.
    Ask {
        /// The name of the kind of query.
        kind: &'a str,
        /// The code of the purpose.
        purpose: &'a str,
    },
    /// Answering a question for this purpose.
    Answer {
        /// The code of the purpose.
        purpose: &'a str,
    },
    /// Sending a contact letter, or accepting one.
    StartTransfer,
    /// Going on with a transfer that was accepted before.
    FinishTransfer,
    /// Publishing digests and heartbeats.
    Publish,
    /// Cosigning the logs of others.
    Witness,
    /// Holding and handing on the tag key.
    HoldTagKey,
}

impl Roster {
    /// Whether a member may do something; gives the member.
    ///
    /// # Errors
    /// `NOT_MEMBER` for a stranger and for a revoked member, `SUSPENDED`, `NOT_GRANTED`.
    pub fn rights(&self, code: CenterCode, action: Action<'_>) -> Result<&Member, Refusal> {
        let member = self.member(code).ok_or(Refusal::NotMember)?;
        match member.status {
            MemberStatus::Active => {}
            MemberStatus::Suspended if survives_suspension(action) => {}
            MemberStatus::Suspended => return Err(Refusal::Suspended),
            MemberStatus::Revoked => return Err(Refusal::NotMember),
        }
        let granted = match action {
            Action::Ask { kind, purpose } => member.may_ask(kind, purpose),
            Action::StartTransfer | Action::FinishTransfer | Action::HoldTagKey => {
                member.role == Role::Center
            }
            Action::Witness => self.is_witness(code),
            Action::Connect | Action::Sync | Action::Answer { .. } | Action::Publish => true,
        };
        if granted { Ok(member) } else { Err(Refusal::NotGranted) }
    }

    /// Whether the member is one of the witnesses.
    #[must_use]
    pub fn is_witness(&self, code: CenterCode) -> bool {
        self.witnesses.binary_search(&code).is_ok()
    }
}

/// The request of a person about whom data is held (本人查询).
const DATA_SUBJECT: &str = "A1";

/// A suspended member may connect, sync, finish what was accepted, publish what follows from it,
/// and answer the persons whose data it holds: they have not been suspended.
fn survives_suspension(action: Action<'_>) -> bool {
    match action {
        Action::Connect | Action::Sync | Action::FinishTransfer | Action::Publish => true,
        Action::Answer { purpose } => purpose == DATA_SUBJECT,
        Action::Ask { .. } | Action::StartTransfer | Action::Witness | Action::HoldTagKey => false,
    }
}

impl Member {
    /// Whether the roster lets the member ask a question of this kind for this purpose.
    #[must_use]
    pub fn may_ask(&self, kind: &str, purpose: &str) -> bool {
        match (&self.grants, self.role) {
            (Some(grants), _) => {
                grants.purposes.iter().any(|granted| granted == purpose)
                    && grants.kinds.iter().any(|granted| granted == kind)
            }
            (None, Role::Center) => !NOT_BY_ROLE.contains(&purpose),
            (None, Role::Authority) => false,
        }
    }
}
