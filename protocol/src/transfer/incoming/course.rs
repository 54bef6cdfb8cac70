//! Where an incoming transfer stands, as far as anything is decided by it, and what may follow.
//!
//! **Promises.** Small and comparable: two cases with the same course have the same future. Every act
//! that changes what is decided by changes it in `Course::make`, whoever carries it out.
//! **Left to others.** Which acts follow from an event: `step`. Carrying them out: the engine.

use super::IncomingState;
use crate::core_system::CoreStep;
use crate::money::Fen;
use crate::settlement::Direction;
use crate::transfer::deadline::Wait;
use crate::transfer::standing::Standing;
use crate::transfer::task::TaskReason;

/// Where an incoming transfer stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Course {
    /// The state.
    pub state: IncomingState,
    /// What both sides decide by.
    pub case: Standing,
    /// The latest sheet.
    pub sheet: Option<SheetHere>,
    /// Whether sum and sheet differed at some time, and that was said.
    pub is_negotiated: bool,
    /// Whether the credit was said.
    pub has_said_credit: bool,
}

/// A sheet that came in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SheetHere {
    /// Which revision.
    pub revision: u32,
    /// Principal and interest together.
    pub amount: Fen,
    /// Whether it was undone: nothing is credited by it.
    pub is_reversed: bool,
    /// Whether the transfer-out center has paid it.
    pub is_remitted: bool,
}

impl core::fmt::Debug for SheetHere {
    /// Without the amount.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SheetHere")
            .field("revision", &self.revision)
            .field("is_reversed", &self.is_reversed)
            .field("is_remitted", &self.is_remitted)
            .finish_non_exhaustive()
    }
}

/// One thing that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The state is entered.
    Enter(IncomingState),
    /// A deadline is set.
    Wait(Wait),
    /// A person is called.
    Ask(TaskReason),
    /// What a person was asked is decided.
    ForgetTask,
    /// The statement is signed.
    Say(Saying),
    /// The person is credited with the latest sheet.
    OrderCredit,
    /// The rest of a short sum is waited for, to the end of the day of its first line.
    WaitForRest,
    /// No rest is waited for.
    ForgetRest,
    /// Sum and sheet differed.
    NoteNegotiated,
    /// The latest sheet is paid.
    NoteRemitted,
    /// The latest sheet is undone.
    NoteReversed,
    /// The letter is written anew under the next number; when it cannot be, another step follows:
    /// [`Event::NoNewLetter`](super::step::Event::NoNewLetter).
    WriteAnew,
    /// The end of the order to the bank is known.
    ForgetPayment,
    /// The bank has paid; only the debit is awaited.
    StopAsking,
    /// The bank is given an order to send back so much.
    SendBack(Fen),
    /// The digest of the credit is published.
    PublishCredited,
    /// The digest of the return is published.
    PublishReturned,
    /// Sum and sheet differ: the authority is told.
    TellReceivedDiffers,
    /// Money came under the letter of a case that is over: the authority is told.
    TellPaidBeyondSheet,
}

/// A statement of the transfer-in center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// The letter is withdrawn.
    Cancellation,
    /// The refusal was read.
    RefusalConfirmation,
    /// The receiving account is this one.
    Correction,
    /// So much has arrived.
    Difference(Fen),
    /// The person has the money.
    Credit,
    /// The money was sent back for good.
    Return,
}

impl Course {
    /// A letter that is written.
    #[must_use]
    pub fn draft() -> Self {
        Self {
            state: IncomingState::Draft,
            case: Standing::default(),
            sheet: None,
            is_negotiated: false,
            has_said_credit: false,
        }
    }

    /// The sheet that money is held against.
    #[must_use]
    pub fn valid_sheet(&self) -> Option<SheetHere> {
        self.sheet.filter(|sheet| !sheet.is_reversed)
    }

    /// What has arrived, less what was sent back.
    #[must_use]
    pub fn arrived(&self) -> Fen {
        self.case.money.net(Direction::Credit)
    }

    /// What has arrived and no sheet explains: more than the latest one, or anything at all where
    /// nothing is credited.
    #[must_use]
    pub fn surplus(&self) -> Fen {
        let explained = match self.state {
            IncomingState::Announced | IncomingState::Negotiating => match self.valid_sheet() {
                Some(sheet) => sheet.amount,
                None => return Fen::ZERO,
            },
            IncomingState::Credited(_) | IncomingState::Completed(_) => {
                self.sheet.map_or(Fen::ZERO, |sheet| sheet.amount)
            }
            IncomingState::Rejected(_, true)
            | IncomingState::Cancelled
            | IncomingState::Returned
            | IncomingState::Restored => Fen::ZERO,
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Rejected(_, false)
            | IncomingState::Cancelling(_)
            | IncomingState::Returning => return Fen::ZERO,
        };
        self.arrived().checked_sub(explained).unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }

    /// What has left under the letter beyond what had arrived and was not credited: by no order of this
    /// center.
    #[must_use]
    pub fn deficit(&self) -> Fen {
        let credited = match self.state {
            IncomingState::Credited(_) | IncomingState::Completed(_) => {
                self.sheet.map_or(Fen::ZERO, |sheet| sheet.amount)
            }
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored => Fen::ZERO,
        };
        credited.checked_sub(self.arrived()).unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }

    /// What an act changes of what is decided by.
    pub(super) fn make(&mut self, act: Act) {
        match act {
            Act::Enter(state) => {
                self.state = state;
                self.case.entered(state.is_final());
            }
            Act::Ask(reason) => self.case.task = Some(reason),
            Act::ForgetTask => self.case.task = None,
            Act::Say(Saying::Credit) => self.has_said_credit = true,
            Act::OrderCredit => self.case.ordered = Some(CoreStep::Credit),
            Act::NoteNegotiated => self.is_negotiated = true,
            Act::NoteRemitted => self.change_sheet(|sheet| sheet.is_remitted = true),
            Act::NoteReversed => self.change_sheet(|sheet| sheet.is_reversed = true),
            Act::ForgetPayment => self.case.payment = None,
            Act::SendBack(amount) => self.case.pay(amount),
            Act::Wait(_)
            | Act::Say(
                Saying::Cancellation
                | Saying::RefusalConfirmation
                | Saying::Correction
                | Saying::Difference(_)
                | Saying::Return,
            )
            | Act::WaitForRest
            | Act::ForgetRest
            | Act::WriteAnew
            | Act::StopAsking
            | Act::PublishCredited
            | Act::PublishReturned
            | Act::TellReceivedDiffers
            | Act::TellPaidBeyondSheet => {}
        }
    }

    fn change_sheet(&mut self, change: impl FnOnce(&mut SheetHere)) {
        if let Some(sheet) = &mut self.sheet {
            change(sheet);
        }
    }
}
