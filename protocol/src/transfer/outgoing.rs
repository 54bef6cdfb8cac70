//! The states of a transfer at the center that gives the account away (转出地).
//!
//! **Promises.** [`OutgoingState::may_become`] is the whole machine; a final state has no successor.
//! **Left to others.** What leads from one to the next: `step`. Carrying it out:
//! `engine::transfers_out`.

use minicbor::{Decode, Encode};

use super::reason::RefusalReason;
use super::status_code::NationalCode;
use crate::settlement::BankFailure;

pub mod act;
pub mod course;
pub mod event;
pub mod step;

/// Where an outgoing transfer stands.
///
/// A state is entered when the outcome of its core order is in; the order on its way is a mark on
/// the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(flat)]
pub enum OutgoingState {
    /// The letter is here; nothing was promised.
    #[n(1)]
    Received,
    /// A person must look before the letter is accepted or refused.
    #[n(2)]
    Held,
    /// The account is locked (受理); no amount is named yet.
    #[n(3)]
    Accepted,
    /// Interest is settled, the account is in suspense, the sheet is signed unless a person must
    /// look first.
    #[n(4)]
    Settled,
    /// The payment, or the missing part of it, is ordered.
    #[n(5)]
    Paying,
    /// The bank has not paid; the money is in suspense.
    #[n(6)]
    PayFailed(#[n(0)] BankFailure),
    /// The bank cannot say whether it has paid: nothing new is ordered until it has.
    #[n(7)]
    PayUnknown,
    /// The bank has confirmed the debit; the account is closed.
    #[n(8)]
    Paid,
    /// All of the money came back or never left, and the settlement is undone.
    #[n(9)]
    Reversed,
    /// Final: the other center has credited the person; `true` after a negotiation.
    #[n(10)]
    Completed(#[n(0)] bool),
    /// Refused; `true` and final once the other center has confirmed.
    #[n(11)]
    Rejected(#[n(0)] RefusalReason, #[n(1)] bool),
    /// Final: withdrawn by the other center; nothing is locked.
    #[n(12)]
    Released,
    /// Final: the account stands as before the letter.
    #[n(13)]
    Restored,
}

/// The payload-free form of a state, for the table of successors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Received,
    Held,
    Accepted,
    Settled,
    Paying,
    PayFailed,
    PayUnknown,
    Paid,
    Reversed,
    Completed,
    Rejected,
    RejectionConfirmed,
    Released,
    Restored,
}

impl OutgoingState {
    const fn kind(self) -> Kind {
        match self {
            Self::Received => Kind::Received,
            Self::Held => Kind::Held,
            Self::Accepted => Kind::Accepted,
            Self::Settled => Kind::Settled,
            Self::Paying => Kind::Paying,
            Self::PayFailed(_) => Kind::PayFailed,
            Self::PayUnknown => Kind::PayUnknown,
            Self::Paid => Kind::Paid,
            Self::Reversed => Kind::Reversed,
            Self::Completed(_) => Kind::Completed,
            Self::Rejected(_, false) => Kind::Rejected,
            Self::Rejected(_, true) => Kind::RejectionConfirmed,
            Self::Released => Kind::Released,
            Self::Restored => Kind::Restored,
        }
    }

    /// Whether the machine leads from this state to the other in one step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        let successors: &[Kind] = match self.kind() {
            Kind::Received => &[Kind::Held, Kind::Accepted, Kind::Rejected, Kind::Released],
            Kind::Held => &[Kind::Accepted, Kind::Rejected, Kind::Released],
            Kind::Accepted => &[Kind::Settled, Kind::Rejected, Kind::Released],
            Kind::Settled => &[Kind::Paying, Kind::Reversed],
            Kind::Paying => &[Kind::Paid, Kind::PayFailed, Kind::PayUnknown],
            Kind::PayUnknown => &[Kind::Paid, Kind::PayFailed, Kind::Paying],
            Kind::PayFailed => &[Kind::Paying, Kind::Paid, Kind::Reversed],
            Kind::Paid => &[Kind::Completed, Kind::Paying, Kind::Reversed],
            Kind::Reversed => &[Kind::Settled, Kind::Restored],
            Kind::Rejected => &[Kind::RejectionConfirmed],
            Kind::Completed | Kind::RejectionConfirmed | Kind::Released | Kind::Restored => &[],
        };
        successors.contains(&next.kind())
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self.kind() {
            Kind::Completed | Kind::RejectionConfirmed | Kind::Released | Kind::Restored => true,
            Kind::Received
            | Kind::Held
            | Kind::Accepted
            | Kind::Settled
            | Kind::Paying
            | Kind::PayFailed
            | Kind::PayUnknown
            | Kind::Paid
            | Kind::Reversed
            | Kind::Rejected => false,
        }
    }

    /// The name by which programs know the state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.kind() {
            Kind::Received => "received",
            Kind::Held => "held",
            Kind::Accepted => "accepted",
            Kind::Settled => "settled",
            Kind::Paying => "paying",
            Kind::PayFailed => "pay_failed",
            Kind::PayUnknown => "pay_unknown",
            Kind::Paid => "paid",
            Kind::Reversed => "reversed",
            Kind::Completed => "completed",
            Kind::Rejected => "rejected",
            Kind::RejectionConfirmed => "rejection_confirmed",
            Kind::Released => "released",
            Kind::Restored => "restored",
        }
    }

    /// The code of the national platform.
    #[must_use]
    pub const fn national_code(self) -> NationalCode {
        match self {
            Self::Received | Self::Held => NationalCode::Sent,
            Self::Accepted => NationalCode::Accepted,
            Self::Settled | Self::Paying | Self::PayUnknown | Self::Paid => NationalCode::Approved,
            Self::PayFailed(_) | Self::Reversed => NationalCode::Negotiating,
            Self::Completed(false) => NationalCode::Closed,
            Self::Completed(true) | Self::Restored => NationalCode::ClosedNegotiated,
            Self::Rejected(_, false) => NationalCode::Refused,
            Self::Rejected(_, true) => NationalCode::ClosedFailed,
            Self::Released => NationalCode::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [OutgoingState; 14] = [
        OutgoingState::Received,
        OutgoingState::Held,
        OutgoingState::Accepted,
        OutgoingState::Settled,
        OutgoingState::Paying,
        OutgoingState::PayFailed(BankFailure::Other),
        OutgoingState::PayUnknown,
        OutgoingState::Paid,
        OutgoingState::Reversed,
        OutgoingState::Completed(false),
        OutgoingState::Rejected(RefusalReason::Frozen, false),
        OutgoingState::Rejected(RefusalReason::Frozen, true),
        OutgoingState::Released,
        OutgoingState::Restored,
    ];

    #[test]
    fn final_states_never_change_and_every_other_leads_to_one() {
        for state in ALL {
            let successors = ALL.iter().filter(|next| state.may_become(**next)).count();
            assert_eq!(state.is_final(), successors == 0, "{}", state.name());
        }
        let mut ends: Vec<OutgoingState> =
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
            ["01", "01", "02", "08", "08", "06", "08", "08", "06", "00", "13", "40", "05", "20"];
        assert_eq!(codes, expected);
        assert_eq!(OutgoingState::Completed(true).national_code().code(), "20");
    }
}
