//! The states of a transfer at the center that takes the account in (转入地).
//!
//! **Promises.** [`IncomingState::may_become`] is the whole machine; a final state has no successor.
//! **Left to others.** What leads from one to the next: `step`. Carrying it out:
//! `engine::transfers_in`.

use minicbor::{Decode, Encode};

use super::reason::RefusalReason;
use super::status_code::NationalCode;
use crate::refusal::Refusal;

pub mod course;
pub mod step;

/// Where an incoming transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(flat)]
pub enum IncomingState {
    /// Entered, and waiting for a second person; nothing was sent.
    #[n(1)]
    Draft,
    /// The letter is signed and on its way.
    #[n(2)]
    Requested,
    /// The other center has accepted.
    #[n(3)]
    Accepted,
    /// The sheet is here; the money is awaited.
    #[n(4)]
    Announced,
    /// Sheet and money are disputed, or the receiving account must be corrected.
    #[n(5)]
    Negotiating,
    /// The money is on the person's account, and the other center is being told.
    #[n(6)]
    Credited(#[n(0)] bool),
    /// Final: both sides are done; `true` after a negotiation.
    #[n(7)]
    Completed(#[n(0)] bool),
    /// Refused; `true` and final once that was confirmed.
    #[n(8)]
    Rejected(#[n(0)] Rejection, #[n(1)] bool),
    /// A withdrawal was sent; the answer is awaited.
    #[n(9)]
    Cancelling(#[n(0)] CancelledFrom),
    /// Final: withdrawn.
    #[n(10)]
    Cancelled,
    /// Money is being sent back.
    #[n(11)]
    Returning,
    /// Final: the money was sent back.
    #[n(12)]
    Returned,
    /// Final: the other center has restored the account there.
    #[n(13)]
    Restored,
}

/// Who refused a letter, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(flat)]
pub enum Rejection {
    /// The transfer-out center, by a signed refusal.
    #[n(1)]
    Reason(#[n(0)] RefusalReason),
    /// Its node, before the letter was taken in.
    #[n(2)]
    Delivery(#[n(0)] Refusal),
}

/// Where a transfer stood when its withdrawal was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum CancelledFrom {
    /// Not accepted yet.
    #[n(1)]
    Requested,
    /// Accepted; only a center whose rules allow it still grants this.
    #[n(2)]
    Accepted,
}

impl CancelledFrom {
    /// The state to go back to when it is too late.
    #[must_use]
    pub const fn state(self) -> IncomingState {
        match self {
            Self::Requested => IncomingState::Requested,
            Self::Accepted => IncomingState::Accepted,
        }
    }
}

/// The payload-free form of a state, for the table of successors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Draft,
    Requested,
    Accepted,
    Announced,
    Negotiating,
    Credited,
    Completed,
    Rejected,
    RejectionConfirmed,
    Cancelling,
    Cancelled,
    Returning,
    Returned,
    Restored,
}

impl IncomingState {
    const fn kind(self) -> Kind {
        match self {
            Self::Draft => Kind::Draft,
            Self::Requested => Kind::Requested,
            Self::Accepted => Kind::Accepted,
            Self::Announced => Kind::Announced,
            Self::Negotiating => Kind::Negotiating,
            Self::Credited(_) => Kind::Credited,
            Self::Completed(_) => Kind::Completed,
            Self::Rejected(_, false) => Kind::Rejected,
            Self::Rejected(_, true) => Kind::RejectionConfirmed,
            Self::Cancelling(_) => Kind::Cancelling,
            Self::Cancelled => Kind::Cancelled,
            Self::Returning => Kind::Returning,
            Self::Returned => Kind::Returned,
            Self::Restored => Kind::Restored,
        }
    }

    /// Whether the machine leads from this state to the other in one step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        let successors: &[Kind] = match self.kind() {
            Kind::Draft => &[Kind::Requested, Kind::Cancelled],
            Kind::Requested => &[Kind::Accepted, Kind::Rejected, Kind::Cancelling],
            Kind::Accepted => &[Kind::Announced, Kind::Rejected, Kind::Cancelling, Kind::Restored],
            Kind::Announced => {
                &[Kind::Credited, Kind::Negotiating, Kind::Returning, Kind::Restored]
            }
            Kind::Negotiating => {
                &[Kind::Announced, Kind::Credited, Kind::Returning, Kind::Restored]
            }
            Kind::Credited => &[Kind::Completed],
            Kind::Rejected => &[Kind::RejectionConfirmed],
            Kind::Cancelling => &[
                Kind::Cancelled,
                Kind::Requested,
                Kind::Accepted,
                Kind::Announced,
                Kind::Rejected,
                Kind::Cancelling,
                Kind::Restored,
            ],
            Kind::Returning => &[Kind::Returned, Kind::Negotiating],
            Kind::Completed
            | Kind::RejectionConfirmed
            | Kind::Cancelled
            | Kind::Returned
            | Kind::Restored => &[],
        };
        successors.contains(&next.kind())
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self.kind() {
            Kind::Completed
            | Kind::RejectionConfirmed
            | Kind::Cancelled
            | Kind::Returned
            | Kind::Restored => true,
            Kind::Draft
            | Kind::Requested
            | Kind::Accepted
            | Kind::Announced
            | Kind::Negotiating
            | Kind::Credited
            | Kind::Rejected
            | Kind::Cancelling
            | Kind::Returning => false,
        }
    }

    /// The name by which programs know the state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.kind() {
            Kind::Draft => "draft",
            Kind::Requested => "requested",
            Kind::Accepted => "accepted",
            Kind::Announced => "announced",
            Kind::Negotiating => "negotiating",
            Kind::Credited => "credited",
            Kind::Completed => "completed",
            Kind::Rejected => "rejected",
            Kind::RejectionConfirmed => "rejection_confirmed",
            Kind::Cancelling => "cancelling",
            Kind::Cancelled => "cancelled",
            Kind::Returning => "returning",
            Kind::Returned => "returned",
            Kind::Restored => "restored",
        }
    }

    /// The code of the national platform.
    #[must_use]
    pub const fn national_code(self) -> NationalCode {
        match self {
            Self::Draft => NationalCode::New,
            Self::Requested | Self::Cancelling(_) => NationalCode::Sent,
            Self::Accepted => NationalCode::Accepted,
            Self::Announced => NationalCode::Approved,
            Self::Negotiating | Self::Returning => NationalCode::Negotiating,
            Self::Credited(false) | Self::Completed(false) => NationalCode::Closed,
            Self::Credited(true) | Self::Completed(true) | Self::Returned | Self::Restored => {
                NationalCode::ClosedNegotiated
            }
            Self::Rejected(_, false) => NationalCode::Refused,
            Self::Rejected(_, true) => NationalCode::ClosedFailed,
            Self::Cancelled => NationalCode::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Rejection = Rejection::Reason(RefusalReason::NotSealed);
    const ALL: [IncomingState; 14] = [
        IncomingState::Draft,
        IncomingState::Requested,
        IncomingState::Accepted,
        IncomingState::Announced,
        IncomingState::Negotiating,
        IncomingState::Credited(false),
        IncomingState::Completed(false),
        IncomingState::Rejected(REFUSED, false),
        IncomingState::Rejected(REFUSED, true),
        IncomingState::Cancelling(CancelledFrom::Requested),
        IncomingState::Cancelled,
        IncomingState::Returning,
        IncomingState::Returned,
        IncomingState::Restored,
    ];

    #[test]
    fn final_states_never_change_and_every_other_leads_to_one() {
        for state in ALL {
            let successors = ALL.iter().filter(|next| state.may_become(**next)).count();
            assert_eq!(state.is_final(), successors == 0, "{}", state.name());
        }
        let mut ends: Vec<IncomingState> =
            ALL.iter().copied().filter(|state| state.is_final()).collect();
        while let Some(before) =
            ALL.iter().find(|s| !ends.contains(s) && ends.iter().any(|end| s.may_become(*end)))
        {
            ends.push(*before);
        }
        assert_eq!(ends.len(), ALL.len(), "a state from which no end can be reached");
    }

    #[test]
    fn states_have_the_national_codes() {
        let codes: Vec<&str> = ALL.iter().map(|state| state.national_code().code()).collect();
        let expected =
            ["--", "01", "02", "08", "06", "00", "00", "13", "40", "01", "05", "06", "20", "20"];
        assert_eq!(codes, expected);
        assert_eq!(IncomingState::Completed(true).national_code().code(), "20");
    }
}
