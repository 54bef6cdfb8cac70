//! Why a transfer did not come about.

use fundlink_protocol::engine::transfer_command::TransferState;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::transfer::incoming::{IncomingState, Rejection};
use fundlink_protocol::transfer::outgoing::OutgoingState;
use fundlink_protocol::transfer::reason::RefusalReason;
use serde::{Deserialize, Serialize};

/// Why a letter was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// `R01` to `R99`, or the code with which the other node refused it.
    pub code: String,
    /// In English.
    pub text: String,
    /// In Chinese.
    pub text_zh: String,
    /// With R15: the center that holds the account.
    #[serde(default)]
    pub right_center: Option<String>,
}

impl From<RefusalReason> for Refused {
    fn from(reason: RefusalReason) -> Self {
        Self {
            code: reason.to_string(),
            text: reason.english().to_owned(),
            text_zh: reason.chinese().to_owned(),
            right_center: None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            text: refusal.english().to_owned(),
            text_zh: refusal.chinese().to_owned(),
            right_center: None,
        }
    }
}

pub(super) fn refused(state: TransferState) -> Option<Refused> {
    match state {
        TransferState::In(IncomingState::Rejected(Rejection::Reason(reason), _))
        | TransferState::Out(OutgoingState::Rejected(reason, _)) => Some(reason.into()),
        TransferState::In(IncomingState::Rejected(Rejection::Delivery(refusal), _)) => {
            Some(refusal.into())
        }
        TransferState::In(_) | TransferState::Out(_) | TransferState::Registered(..) => None,
    }
}
