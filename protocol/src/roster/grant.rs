//! What a member may do: by its status, and by what the roster grants it.
//!
//! **Promises.** One function, [`Roster::rights`], decides for admission, transfers and witnessing;
//! a member that is not listed may do nothing.
//! **Left to others.** What a purpose opens within an answer: the matrix of the queries.

use minicbor::{Decode, Encode};

use super::{Member, MemberStatus, Roster};
use crate::center::{CenterCode, Role};
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;

/// What a member may ask, where it differs from what its role may ask.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Grants {
    /// For what it may ask.
    #[n(1)]
    pub purposes: Vec<Purpose>,
    /// What it may ask.
    #[n(2)]
    pub kinds: Vec<QueryKind>,
}

/// Something that a member does, or that is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Being connected to.
    Connect,
    /// Pulling logs, rosters and its own statements.
    Sync,
    /// Asking a question of this kind for this purpose.
    Ask {
        /// What is asked.
        kind: QueryKind,
        /// For what.
        purpose: Purpose,
    },
    /// Answering a question for this purpose.
    Answer {
        /// For what it was asked.
        purpose: Purpose,
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
    pub fn rights(&self, code: CenterCode, action: Action) -> Result<&Member, Refusal> {
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

/// A suspended member may connect, sync, finish what was accepted, publish what follows from it,
/// and answer the persons whose data it holds: they have not been suspended.
const fn survives_suspension(action: Action) -> bool {
    match action {
        Action::Connect | Action::Sync | Action::FinishTransfer | Action::Publish => true,
        Action::Answer { purpose } => matches!(purpose, Purpose::DataSubject),
        Action::Ask { .. } | Action::StartTransfer | Action::Witness | Action::HoldTagKey => false,
    }
}

impl Member {
    /// Whether the roster lets the member ask this for that purpose. By role, a center may ask
    /// everything but for judicial assistance (司法协助) and supervision (监管), and the authority
    /// nothing: it watches digests.
    #[must_use]
    pub fn may_ask(&self, kind: QueryKind, purpose: Purpose) -> bool {
        match (&self.grants, self.role) {
            (Some(grants), _) => grants.purposes.contains(&purpose) && grants.kinds.contains(&kind),
            (None, Role::Center) => !matches!(purpose, Purpose::Judicial | Purpose::Supervision),
            (None, Role::Authority) => false,
        }
    }
}
