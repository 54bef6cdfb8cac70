//! What may follow at the transfer-out center, one small thing each.
//!
//! **Promises.** Every act that changes what is decided by changes it in `Course::make`, whoever
//! carries it out.
//! **Left to others.** Which acts follow from what: `step`. Carrying them out: the engine.

use super::OutgoingState;
use super::course::{Course, Intent};
use crate::core_system::CoreStep;
use crate::money::Fen;
use crate::settlement::BankFailure;
use crate::statement::transfer::reply::CancellationOutcome;
use crate::statement::transfer::sheet::ReversalCause;
use crate::time::Date;
use crate::transfer::deadline::Wait;
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

/// One thing that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The state is entered.
    Enter(OutgoingState),
    /// A deadline is set.
    Wait(Wait),
    /// A person is called.
    Ask(TaskReason),
    /// What a person was asked is decided.
    ForgetTask,
    /// The statement is signed.
    Say(Saying),
    /// The order is given to the core.
    Order(Ordered),
    /// What is to follow the outcome of the next order.
    Intend(Option<Intent>),
    /// A withdrawal waits for the outcome of the order on its way, or does no longer.
    KeepCancellation(bool),
    /// What the other center says has arrived.
    NoteArrived(Fen),
    /// The other center has credited; `true` after a negotiation.
    NoteCredit(bool),
    /// The other center has sent the money back for good.
    NoteReturn,
    /// The settlement is undone.
    Undo,
    /// The digest of the money that has left is published.
    PublishRemitted,
    /// Core and engine differ on interest: the authority is told.
    TellInterestDiffers,
    /// Money left under the letter of a case that is over: the authority is told.
    TellPaidBeyondSheet,
    /// The end of the order to the bank is known.
    ForgetPayment,
    /// The bank has paid; only the debit is awaited.
    StopAsking,
    /// The bank is given an order.
    Pay(Fen),
    /// It is looked at again on the value date.
    PayOnValueDate,
    /// It is looked at again once the node knows what it has promised.
    PayOnceRecovered,
    /// How it goes on with an account that is accepted, after a person has looked at the letter or not:
    /// [`Event::Accepted`](super::event::Event::Accepted).
    ConsiderAccepted(bool),
    /// The rules for a settlement are asked: [`Event::Settlement`](super::event::Event::Settlement).
    ConsiderSettlement(Option<Date>),
    /// The settled amount is recomputed, but for `true`, where a person has taken it as it stands:
    /// [`Event::Sheet`](super::event::Event::Sheet).
    ConsiderSheet(bool),
    /// The days for a payment are asked: [`Event::Payment`](super::event::Event::Payment).
    ConsiderPayment,
    /// A withdrawal that waited is looked at:
    /// [`Event::OutcomeTaken`](super::event::Event::OutcomeTaken).
    ConsiderCancellation,
}

/// A statement of the transfer-out center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// The letter is accepted.
    Acceptance,
    /// The letter is refused.
    Refusal(RefusalReason),
    /// The letter is refused, because it was withdrawn.
    RefusalAfterWithdrawal,
    /// The withdrawal is granted, or too late.
    CancellationAnswer(CancellationOutcome),
    /// The account and the amount.
    Sheet,
    /// An attempt to pay failed, and the receiving account must be corrected.
    NotPaid(BankFailure),
    /// The bank has confirmed the debit.
    Remittance,
    /// The settlement was undone: nothing is credited by its sheet.
    Reversal(ReversalCause),
    /// The account stands as before the letter.
    Restoration,
}

/// An order to the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// See `CoreAction::Lock`.
    Lock,
    /// See `CoreAction::Unlock`.
    Unlock,
    /// See `CoreAction::Settle`; for this value date, up to what `auto` may decide, or to any amount.
    Settle(Date, Limit),
    /// See `CoreAction::Close`; on the day of the last movement.
    Close,
    /// See `CoreAction::Reverse`.
    Reverse,
}

/// How much a settlement may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// What the center's policy decides without a person.
    Auto,
    /// A person has decided.
    None,
}

impl Ordered {
    /// The step of the core.
    #[must_use]
    pub const fn step(self) -> CoreStep {
        match self {
            Self::Lock => CoreStep::Lock,
            Self::Unlock => CoreStep::Unlock,
            Self::Settle(..) => CoreStep::Settle,
            Self::Close => CoreStep::Close,
            Self::Reverse => CoreStep::Reverse,
        }
    }
}

impl Act {
    /// Whether it asks for more facts: then another step follows at once.
    #[must_use]
    pub const fn is_question(self) -> bool {
        matches!(
            self,
            Self::ConsiderAccepted(_)
                | Self::ConsiderSettlement(_)
                | Self::ConsiderSheet(_)
                | Self::ConsiderPayment
                | Self::ConsiderCancellation
        )
    }
}

impl Course {
    /// What an act changes of what is decided by.
    pub(super) fn make(&mut self, act: Act) {
        match act {
            Act::Enter(state) => {
                self.state = state;
                self.case.entered(state.is_final());
            }
            Act::Ask(reason) => self.case.task = Some(reason),
            Act::ForgetTask => self.case.task = None,
            Act::Say(Saying::Sheet) => {
                if let Some(settled) = &mut self.settled {
                    settled.has_sheet = true;
                }
            }
            Act::Order(ordered) => self.case.ordered = Some(ordered.step()),
            Act::Intend(intent) => self.intent = intent,
            Act::KeepCancellation(waits) => self.is_cancelled = waits,
            Act::NoteArrived(arrived) => self.arrived = Some(arrived),
            Act::NoteCredit(negotiated) => self.credited = Some(negotiated),
            Act::NoteReturn => self.is_returned = true,
            Act::Undo => {
                // Revisions count the sheets that were said: one that nobody saw leaves no gap.
                if self.settled.take().is_some_and(|settled| !settled.has_sheet) {
                    self.revision = self.revision.saturating_sub(1);
                }
            }
            Act::ForgetPayment => self.case.payment = None,
            Act::Pay(amount) => self.case.pay(amount),
            Act::Wait(_)
            | Act::Say(
                Saying::Acceptance
                | Saying::Refusal(_)
                | Saying::RefusalAfterWithdrawal
                | Saying::CancellationAnswer(_)
                | Saying::NotPaid(_)
                | Saying::Remittance
                | Saying::Reversal(_)
                | Saying::Restoration,
            )
            | Act::PublishRemitted
            | Act::TellInterestDiffers
            | Act::TellPaidBeyondSheet
            | Act::StopAsking
            | Act::PayOnValueDate
            | Act::PayOnceRecovered
            | Act::ConsiderAccepted(_)
            | Act::ConsiderSettlement(_)
            | Act::ConsiderSheet(_)
            | Act::ConsiderPayment
            | Act::ConsiderCancellation => {}
        }
    }
}
