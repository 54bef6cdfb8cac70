//! Where an outgoing transfer stands, as far as anything is decided by it.
//!
//! **Promises.** Small and comparable: two cases with the same course have the same future.
//! **Left to others.** What follows from an event: `step`. Everything that is only said or kept: the
//! engine's case.

use minicbor::{Decode, Encode};

use super::OutgoingState;
use crate::money::Fen;
use crate::settlement::Direction;
use crate::statement::transfer::sheet::ReversalCause;
use crate::time::Date;
use crate::transfer::reason::RefusalReason;
use crate::transfer::standing::Standing;

/// Where an outgoing transfer stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Course {
    /// The state.
    pub state: OutgoingState,
    /// What both sides decide by.
    pub case: Standing,
    /// What is to follow the outcome of the order on its way.
    pub intent: Option<Intent>,
    /// A withdrawal waits for that outcome.
    pub is_cancelled: bool,
    /// The other center has credited; `true` after a negotiation.
    pub credited: Option<bool>,
    /// The other center has sent the money back for good.
    pub is_returned: bool,
    /// The settlement in force.
    pub settled: Option<Settled>,
    /// The last revision of the sheet.
    pub revision: u32,
    /// What has arrived, as the other center said last.
    pub arrived: Option<Fen>,
}

/// A settlement.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settled {
    /// Principal and interest together.
    pub amount: Fen,
    /// Whether the sheet is signed.
    pub has_sheet: bool,
}

impl core::fmt::Debug for Settled {
    /// Without the amount.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Settled(sheet: {})", self.has_sheet)
    }
}

/// What is to follow the outcome of the core order on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(flat)]
pub enum Intent {
    /// `Unlock`: the letter is refused.
    #[n(1)]
    Refuse(#[n(0)] RefusalReason),
    /// `Reverse`: a new revision is settled for this day.
    #[n(2)]
    Renew(#[n(0)] ReversalCause, #[n(1)] Date),
    /// `Reverse`: a corrected receiving account, or a person, is waited for.
    #[n(3)]
    Wait(#[n(0)] ReversalCause),
    /// `Reverse`, then `Unlock`: the account is restored.
    #[n(4)]
    Restore(#[n(0)] ReversalCause),
    /// `Unlock`: the case is over, because the other center is revoked.
    #[n(5)]
    Release,
    /// `Unlock`: the letter is refused, because the other center has withdrawn it.
    #[n(6)]
    Withdraw,
}

impl Intent {
    /// Why the settlement is undone.
    #[must_use]
    pub const fn cause(self) -> Option<ReversalCause> {
        match self {
            Self::Refuse(_) | Self::Release | Self::Withdraw => None,
            Self::Renew(cause, _) | Self::Wait(cause) | Self::Restore(cause) => Some(cause),
        }
    }
}

impl Course {
    /// A letter that has just come.
    #[must_use]
    pub fn received() -> Self {
        Self {
            state: OutgoingState::Received,
            case: Standing::default(),
            intent: None,
            is_cancelled: false,
            credited: None,
            is_returned: false,
            settled: None,
            revision: 0,
            arrived: None,
        }
    }

    /// The amount of the settlement in force; nothing without one.
    #[must_use]
    pub fn settled_amount(&self) -> Fen {
        self.settled.map_or(Fen::ZERO, |settled| settled.amount)
    }

    /// What has left, less what came back.
    #[must_use]
    pub fn gone(&self) -> Fen {
        self.case.money.net(Direction::Debit)
    }

    /// What has left under the letter beyond the sheet in force: by no order of this center.
    #[must_use]
    pub fn excess(&self) -> Fen {
        let excess = self.gone().checked_sub(self.settled_amount());
        excess.unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }

    /// What has come in under the letter of a case that is over, beyond what its end explains.
    #[must_use]
    pub fn surplus(&self) -> Fen {
        let gone = match self.state {
            OutgoingState::Completed(_) => self.settled_amount(),
            OutgoingState::Rejected(_, true)
            | OutgoingState::Released
            | OutgoingState::Restored => Fen::ZERO,
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayFailed(_)
            | OutgoingState::PayUnknown
            | OutgoingState::Paid
            | OutgoingState::Reversed
            | OutgoingState::Rejected(_, false) => return Fen::ZERO,
        };
        gone.checked_sub(self.gone()).unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }
}
