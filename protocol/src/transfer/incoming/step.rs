//! What follows at the transfer-in center from what happens: the whole of its decisions.
//!
//! The engine carries out what is decided here, and a model that visits every reachable state of both
//! sides decides by the same function.
//!
//! **Promises.** A function of course and event. An event that is refused changes nothing.
//! **Left to others.** Reading the facts that an event brings, and carrying out the acts: the engine's
//! handlers. Writing the letter: `engine::transfers_in::letters`.

use super::course::{Act, Course, Saying};
use super::{CancelledFrom, IncomingState, Rejection};
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankOutcome, Direction};
use crate::statement::transfer::reply::CancellationOutcome;
use crate::statement::transfer::sheet::ReversalCause;
use crate::transfer::deadline::Wait;
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

mod money;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person here withdraws the letter.
    Withdrawn,
    /// The letter is accepted.
    Acceptance,
    /// The letter is refused; `true` where its number alone was in the way.
    Refused(RefusalReason, bool),
    /// No new letter could be written in the place of one whose number was taken.
    NoNewLetter,
    /// The withdrawal is granted, or too late.
    CancellationAnswer(CancellationOutcome),
    /// A sheet came.
    Sheet(SheetFacts),
    /// The transfer-out center has paid.
    Remittance,
    /// An attempt to pay failed over there.
    NotPaid,
    /// A revision of the sheet was undone.
    Reversal(u32, ReversalCause),
    /// The account stands over there as before the letter.
    Restoration,
    /// A statement of ours was delivered, or refused for good.
    Delivered(Delivered, Result<(), Refusal>),
    /// The core has credited the person.
    Credited,
    /// The core has refused the order on its way.
    CoreRefused,
    /// The bank has said something of an attempt to send money back.
    Bank(u32, BankOutcome),
    /// The bank has reported a movement under the letter.
    Moved(Direction, Fen),
    /// What has moved is held against the sheet once more.
    Reconsidered,
    /// The day is over on which a short sum began.
    DayOver,
    /// What was awaited did not come in time.
    Overdue,
    /// A person has decided.
    Decided(Choice),
}

/// What a sheet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetFacts {
    /// Which revision.
    pub revision: u32,
    /// Principal and interest together, when both are amounts.
    pub amount: Option<Fen>,
    /// Whether it names the sheet before it, the letter's number and the letter's account.
    pub fits: bool,
}

/// Which statement was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivered {
    /// The letter.
    Letter,
    /// The credit.
    Credit,
    /// Another one.
    Other,
}

/// What a person may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The receiving account is corrected or confirmed.
    Correct,
    /// Money is sent back; whether there is an account to send it from.
    SendBack(bool),
    /// The missing money is waited for.
    GoOn,
    /// The case is over, because the other center is revoked (接管办结).
    Close,
}

impl Course {
    /// What follows from an event, in order; the course is what it will be once that is carried out.
    ///
    /// # Errors
    /// When the event has no place where the transfer stands; the course stays as it was.
    pub fn step(&mut self, event: &Event) -> Result<Vec<Act>, Refusal> {
        let mut next = Next { course: self.clone(), acts: Vec::new() };
        next.take(event)?;
        *self = next.course;
        Ok(next.acts)
    }
}

/// A step as it is made.
struct Next {
    course: Course,
    acts: Vec<Act>,
}

impl Next {
    fn act(&mut self, act: Act) {
        self.course.make(act);
        self.acts.push(act);
    }

    fn enter(&mut self, state: IncomingState) {
        self.act(Act::Enter(state));
    }

    fn ask(&mut self, reason: TaskReason) {
        self.act(Act::Ask(reason));
    }

    fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Withdrawn => return self.withdraw(),
            Event::Acceptance => return self.acceptance(),
            Event::Refused(reason, number_is_taken) => {
                return self.refused(*reason, *number_is_taken);
            }
            Event::NoNewLetter => self.ask(TaskReason::LetterNumberTaken),
            Event::CancellationAnswer(outcome) => self.cancellation_answer(*outcome),
            Event::Sheet(facts) => return self.sheet(*facts),
            Event::Remittance => self.remittance(),
            Event::NotPaid => return self.not_paid(),
            Event::Reversal(revision, cause) => return self.reversal(*revision, *cause),
            Event::Restoration => return self.restoration(),
            Event::Delivered(what, outcome) => self.delivered(*what, *outcome),
            Event::Credited => self.credited(),
            Event::CoreRefused => {
                self.course.case.ordered = None;
                self.ask(TaskReason::CoreRefused);
            }
            Event::Bank(attempt, outcome) => self.bank(*attempt, outcome),
            Event::Moved(direction, amount) => self.moved(*direction, *amount),
            Event::Reconsidered => self.reconsider(),
            Event::DayOver => self.day_over(),
            Event::Overdue => {
                if self.course.case.task.is_none() && !self.course.state.is_final() {
                    self.ask(TaskReason::Overdue);
                }
            }
            Event::Decided(choice) => return self.decided(*choice),
        }
        Ok(())
    }

    /// A draft is withdrawn at once, a letter by asking the other center.
    fn withdraw(&mut self) -> Result<(), Refusal> {
        let from = match self.course.state {
            IncomingState::Draft => {
                self.enter(IncomingState::Cancelled);
                return Ok(());
            }
            IncomingState::Requested => CancelledFrom::Requested,
            // Only a center whose rules allow it still grants this.
            IncomingState::Accepted => CancelledFrom::Accepted,
            IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Credited(_)
            | IncomingState::Returning => return Err(Refusal::TooLate),
            IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Returned
            | IncomingState::Restored => return Err(Refusal::WrongState),
        };
        self.enter(IncomingState::Cancelling(from));
        self.act(Act::Say(Saying::Cancellation));
        self.act(Act::Wait(Wait::Acceptance));
        Ok(())
    }

    fn acceptance(&mut self) -> Result<(), Refusal> {
        let next = match self.course.state {
            IncomingState::Requested => IncomingState::Accepted,
            // It crossed the withdrawal; the answer to that decides.
            IncomingState::Cancelling(_) => IncomingState::Cancelling(CancelledFrom::Accepted),
            IncomingState::Draft
            | IncomingState::Accepted
            | IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored => return Err(Refusal::WrongState),
        };
        self.enter(next);
        self.act(Act::Wait(Wait::Settlement));
        Ok(())
    }

    /// The refusal is confirmed, and the case is closed as failed. Where the number alone was in the
    /// way, the letter is written anew.
    fn refused(&mut self, reason: RefusalReason, number_is_taken: bool) -> Result<(), Refusal> {
        let rejection = Rejection::Reason(reason);
        let is_wanted = self.course.state == IncomingState::Requested;
        if !self.course.state.may_become(IncomingState::Rejected(rejection, false)) {
            return Err(Refusal::WrongState);
        }
        self.enter(IncomingState::Rejected(rejection, false));
        self.act(Act::Say(Saying::RefusalConfirmation));
        self.enter(IncomingState::Rejected(rejection, true));
        if number_is_taken && is_wanted {
            self.act(Act::WriteAnew);
        }
        Ok(())
    }

    fn cancellation_answer(&mut self, outcome: CancellationOutcome) {
        match (self.course.state, outcome) {
            (IncomingState::Cancelling(_), CancellationOutcome::Granted) => {
                self.end(IncomingState::Cancelled);
            }
            (IncomingState::Cancelling(from), CancellationOutcome::TooLate) => {
                self.enter(from.state());
                self.act(Act::Wait(Wait::Settlement));
            }
            // A sheet has said the same before.
            (
                IncomingState::Draft
                | IncomingState::Requested
                | IncomingState::Accepted
                | IncomingState::Announced
                | IncomingState::Negotiating
                | IncomingState::Credited(_)
                | IncomingState::Completed(_)
                | IncomingState::Rejected(..)
                | IncomingState::Cancelled
                | IncomingState::Returning
                | IncomingState::Returned
                | IncomingState::Restored,
                CancellationOutcome::Granted | CancellationOutcome::TooLate,
            ) => {}
        }
    }

    /// What became of a statement of ours.
    fn delivered(&mut self, what: Delivered, outcome: Result<(), Refusal>) {
        match (self.course.state, what, outcome) {
            (IncomingState::Credited(negotiated), Delivered::Credit, Ok(())) => {
                self.end(IncomingState::Completed(negotiated));
            }
            (_, _, Ok(())) => {}
            (IncomingState::Requested, Delivered::Letter, Err(refusal)) => {
                let rejection = Rejection::Delivery(refusal);
                self.enter(IncomingState::Rejected(rejection, false));
                self.enter(IncomingState::Rejected(rejection, true));
            }
            // The withdrawal came first, or the letter was never taken in: either way it is over.
            (IncomingState::Cancelling(_), Delivered::Letter, Err(_)) => {
                self.end(IncomingState::Cancelled);
            }
            (state, _, Err(_)) if state.is_final() || self.course.case.task.is_some() => {}
            (
                IncomingState::Draft
                | IncomingState::Requested
                | IncomingState::Accepted
                | IncomingState::Announced
                | IncomingState::Negotiating
                | IncomingState::Credited(_)
                | IncomingState::Completed(_)
                | IncomingState::Rejected(..)
                | IncomingState::Cancelling(_)
                | IncomingState::Cancelled
                | IncomingState::Returning
                | IncomingState::Returned
                | IncomingState::Restored,
                Delivered::Letter | Delivered::Credit | Delivered::Other,
                Err(_),
            ) => self.ask(TaskReason::StatementRefused),
        }
    }
}

#[cfg(test)]
mod tests;
