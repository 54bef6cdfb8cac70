//! What follows at the transfer-in center once a sheet is here: money, credit, return.
//!
//! **Promises.** The person is credited when the lines under the letter are exactly the latest sheet;
//! what does not agree is said, and only a person sends money back.
//! **Left to others.** Letter and withdrawal: `step`.

use super::{Choice, Next, SheetFacts};
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankOutcome, Direction};
use crate::statement::transfer::sheet::ReversalCause;
use crate::transfer::deadline::Wait;
use crate::transfer::incoming::course::{Act, Saying, SheetHere};
use crate::transfer::incoming::{CancelledFrom, IncomingState};
use crate::transfer::reconciliation::{Comparison, compare};
use crate::transfer::task::TaskReason;

impl Next {
    /// A sheet came, the first or the next revision.
    pub(super) fn sheet(&mut self, facts: SheetFacts) -> Result<(), Refusal> {
        let before = self.course.sheet;
        let expected = before.map_or(1, |before| before.revision.saturating_add(1));
        // A revision replaces a sheet only once that was undone.
        let replaces_live = before.is_some_and(|before| !before.is_reversed);
        let Some(amount) = facts.amount.filter(|amount| *amount >= Fen::ZERO) else {
            return Err(Refusal::Malformed);
        };
        if facts.revision != expected || !facts.fits || replaces_live {
            return Err(Refusal::Malformed);
        }
        match self.course.state {
            IncomingState::Accepted | IncomingState::Cancelling(_) | IncomingState::Negotiating => {
                self.enter(IncomingState::Announced)
            }
            IncomingState::Announced => {}
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored => return Err(Refusal::WrongState),
        }
        let revision = facts.revision;
        let here = SheetHere { revision, amount, is_reversed: false, is_remitted: false };
        self.course.sheet = Some(here);
        self.act(Act::ForgetTask);
        self.act(Act::Wait(Wait::Settlement));
        self.reconsider();
        Ok(())
    }

    /// The money is on its way: from now on the credit is ours to make.
    pub(super) fn remittance(&mut self) {
        if !matches!(self.course.state, IncomingState::Announced | IncomingState::Negotiating) {
            return;
        }
        self.act(Act::Wait(Wait::Credit));
        self.act(Act::NoteRemitted);
        if self.course.sheet.is_some_and(|sheet| sheet.amount.is_zero()) {
            self.reconsider();
        }
    }

    /// An attempt to pay failed over there: the receiving account must be corrected or confirmed.
    pub(super) fn not_paid(&mut self) -> Result<(), Refusal> {
        match self.course.state {
            IncomingState::Announced => {
                self.enter(IncomingState::Negotiating);
                self.act(Act::Wait(Wait::Case));
            }
            IncomingState::Negotiating => {}
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored => return Err(Refusal::WrongState),
        }
        self.ask(TaskReason::CorrectReceivingAccount);
        Ok(())
    }

    /// The settlement was undone: nothing is credited by its sheet.
    pub(super) fn reversal(&mut self, revision: u32, cause: ReversalCause) -> Result<(), Refusal> {
        let is_latest = self.course.sheet.is_some_and(|sheet| sheet.revision == revision);
        if !is_latest || self.course.case.ordered.is_some() {
            return Err(Refusal::WrongState);
        }
        match self.course.state {
            IncomingState::Announced => {
                self.act(Act::NoteReversed);
                self.enter(IncomingState::Negotiating);
            }
            IncomingState::Negotiating | IncomingState::Returning | IncomingState::Returned => {
                self.act(Act::NoteReversed);
            }
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Restored => return Err(Refusal::WrongState),
        }
        self.act(Act::ForgetRest);
        if self.course.state == IncomingState::Negotiating {
            self.act(Act::Wait(Wait::Case));
            match cause {
                ReversalCause::MoneyCameBack => self.ask(TaskReason::CorrectReceivingAccount),
                // A new sheet follows by itself.
                ReversalCause::YearEnd | ReversalCause::NewTerms => self.act(Act::ForgetTask),
            }
        }
        Ok(())
    }

    /// The account stands over there as before the letter; a settlement may have been undone before its
    /// sheet was said.
    pub(super) fn restoration(&mut self) -> Result<(), Refusal> {
        match self.course.state {
            IncomingState::Accepted
            | IncomingState::Cancelling(_)
            | IncomingState::Announced
            | IncomingState::Negotiating => {
                self.end(IncomingState::Restored);
                Ok(())
            }
            // Our money is back there: this is how the other side ends.
            IncomingState::Returning | IncomingState::Returned => Ok(()),
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelled
            | IncomingState::Restored => Err(Refusal::WrongState),
        }
    }

    /// The money is on the person's account.
    pub(super) fn credited(&mut self) {
        self.course.case.ordered = None;
        if self.course.sheet.is_none() {
            return;
        }
        let negotiated = self.course.is_negotiated;
        self.enter(IncomingState::Credited(negotiated));
        self.act(Act::Wait(Wait::Case));
        self.act(Act::Say(Saying::Credit));
        if self.course.case.is_taken_over {
            // Nobody is there to confirm it, and the person has the money.
            self.end(IncomingState::Completed(negotiated));
        }
        self.act(Act::PublishCredited);
    }

    /// What the bank says of an order to send money back.
    pub(super) fn bank(&mut self, attempt: u32, outcome: &BankOutcome) {
        if self.course.case.payment.is_none_or(|payment| payment.attempt != attempt) {
            return;
        }
        match outcome {
            BankOutcome::Executed(_) => self.act(Act::StopAsking),
            BankOutcome::Failed(_) => {
                self.act(Act::ForgetPayment);
                if self.course.state == IncomingState::Returning {
                    self.enter(IncomingState::Negotiating);
                }
                let has_ended = self.course.state.is_final();
                let unexplained = TaskReason::UnexplainedMoney;
                self.ask(if has_ended { unexplained } else { TaskReason::AmountDiffers });
            }
            BankOutcome::Waiting | BankOutcome::Unknown | BankOutcome::NoSuchOrder => {}
        }
    }

    /// Money moved under the letter.
    pub(super) fn moved(&mut self, direction: Direction, amount: Fen) {
        self.course.case.money.moved(direction, amount);
        if self.course.case.is_paid() {
            self.act(Act::ForgetPayment);
        }
        let has_ended = self.course.state.is_final();
        if !has_ended {
            self.reconsider();
        }
        let is_beyond = match direction {
            Direction::Credit => has_ended,
            Direction::Debit => self.course.deficit() > Fen::ZERO,
        };
        if is_beyond {
            self.act(Act::TellPaidBeyondSheet);
        }
        self.call_for_unexplained();
    }

    /// A person is called for as long as more has left than had come, or something has come in that the
    /// end of the case does not explain.
    pub(super) fn call_for_unexplained(&mut self) {
        let task = self.course.case.task;
        let has_ended = self.course.state.is_final();
        let is_left_over = has_ended && self.course.surplus() > Fen::ZERO;
        if is_left_over || self.course.deficit() > Fen::ZERO {
            if has_ended || task.is_none() {
                self.ask(TaskReason::UnexplainedMoney);
            }
        } else if task.is_some_and(|task| has_ended || task == TaskReason::UnexplainedMoney) {
            self.act(Act::ForgetTask);
        }
    }

    /// Enters a state in which the case is over; money that it does not explain calls a person.
    pub(super) fn end(&mut self, state: IncomingState) {
        self.enter(state);
        self.call_for_unexplained();
    }

    /// Holds what has arrived, less what was sent back, against the latest sheet. Called after
    /// everything that may change either.
    pub(super) fn reconsider(&mut self) {
        if self.course.case.ordered.is_some() {
            return;
        }
        let arrived = self.course.arrived();
        let is_announced = match self.course.state {
            IncomingState::Returning if arrived.is_zero() => return self.sent_back(),
            // More has come since it was ordered: a person sends that back, too.
            IncomingState::Returning => {
                if self.course.case.payment.is_none() {
                    self.ask(TaskReason::AmountDiffers);
                }
                return;
            }
            IncomingState::Announced => true,
            IncomingState::Negotiating => false,
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Returned
            | IncomingState::Restored => return,
        };
        let Some(sheet) = self.course.valid_sheet() else { return };
        match compare(arrived, sheet.amount) {
            // Months alone: no line of a bank will come, and the remittance says when they are due.
            Comparison::Exact if arrived.is_zero() && !sheet.is_remitted => {}
            // A part of it goes back by an order that was right under the sheet before.
            Comparison::Exact if self.course.case.payment.is_some() => {}
            Comparison::Exact => {
                self.act(Act::ForgetRest);
                self.act(Act::ForgetTask);
                self.act(Act::OrderCredit);
            }
            Comparison::Nothing => self.act(Act::ForgetRest),
            // Principal and interest may be two lines of one day.
            Comparison::Short if is_announced => self.act(Act::WaitForRest),
            Comparison::Short => {}
            // What is too much is on its way back.
            Comparison::Over if self.course.case.payment.is_some() => {}
            Comparison::Over => self.negotiate(),
        }
    }

    /// The rest of a short sum did not come by the end of the business day.
    pub(super) fn day_over(&mut self) {
        let arrived = self.course.arrived();
        let sheet = self.course.valid_sheet();
        let is_short =
            sheet.is_some_and(|sheet| compare(arrived, sheet.amount) == Comparison::Short);
        let is_announced = self.course.state == IncomingState::Announced;
        if is_announced && self.course.case.ordered.is_none() && is_short {
            self.negotiate();
        }
    }

    /// Sum and sheet differ: that is said, and a person looks.
    fn negotiate(&mut self) {
        self.act(Act::ForgetRest);
        if self.course.state == IncomingState::Announced {
            self.enter(IncomingState::Negotiating);
            self.act(Act::Wait(Wait::Case));
        }
        self.act(Act::NoteNegotiated);
        self.act(Act::TellReceivedDiffers);
        let arrived = self.course.arrived();
        self.act(Act::Say(Saying::Difference(arrived)));
        self.ask(TaskReason::AmountDiffers);
    }

    /// The bank has confirmed that all of it was sent back.
    fn sent_back(&mut self) {
        self.act(Act::ForgetPayment);
        self.act(Act::Say(Saying::Return));
        self.act(Act::PublishReturned);
        self.enter(IncomingState::Returned);
    }

    /// A person's decision, which waits for the outcome of an order on its way.
    pub(super) fn decided(&mut self, choice: Choice) -> Result<(), Refusal> {
        if self.course.case.ordered.is_some() {
            return Err(Refusal::WrongState);
        }
        let has_order = self.course.case.payment.is_some();
        let is_open =
            matches!(self.course.state, IncomingState::Announced | IncomingState::Negotiating);
        match choice {
            Choice::Correct if self.course.state == IncomingState::Negotiating => {
                self.act(Act::ForgetTask);
                self.act(Act::Say(Saying::Correction));
                self.enter(IncomingState::Announced);
                self.act(Act::Wait(Wait::Settlement));
            }
            Choice::SendBack(has_account) if !has_order && self.may_send_back() => {
                self.send_back(has_account);
            }
            Choice::GoOn if is_open => {
                self.act(Act::ForgetTask);
                self.act(Act::Wait(Wait::Credit));
                // What is too much was said; the person has just decided to wait for its sender.
                if self.course.surplus().is_zero() {
                    self.reconsider();
                }
            }
            Choice::Close if self.course.case.is_taken_over => return self.close(),
            Choice::Correct | Choice::SendBack(_) | Choice::GoOn | Choice::Close => {
                return Err(Refusal::WrongState);
            }
        }
        Ok(())
    }

    /// Whether there is money that a person may send back: all that has arrived, what a case that is over does
    /// not explain, or what is beyond a sheet once the other center has said that it paid that one. Until then
    /// the money may be that of the next sheet, and the person would be credited by one that was undone.
    fn may_send_back(&self) -> bool {
        let state = self.course.state;
        let is_open = matches!(state, IncomingState::Announced | IncomingState::Negotiating);
        if self.course.surplus() > Fen::ZERO {
            let is_remitted = self.course.sheet.is_some_and(|sheet| sheet.is_remitted);
            !is_open || is_remitted || self.course.case.is_taken_over
        } else {
            let may_hold = is_open || state == IncomingState::Returning;
            may_hold && self.course.arrived() > Fen::ZERO
        }
    }

    /// Ends a case whose other side is revoked, where no money is between the two.
    fn close(&mut self) -> Result<(), Refusal> {
        match self.course.state {
            IncomingState::Requested => {
                self.enter(IncomingState::Cancelling(CancelledFrom::Requested));
                self.enter(IncomingState::Cancelled);
            }
            IncomingState::Accepted => {
                self.enter(IncomingState::Cancelling(CancelledFrom::Accepted));
                self.enter(IncomingState::Cancelled);
            }
            IncomingState::Cancelling(_) => self.enter(IncomingState::Cancelled),
            IncomingState::Rejected(rejection, _) => {
                self.enter(IncomingState::Rejected(rejection, true));
            }
            IncomingState::Announced | IncomingState::Negotiating
                if self.course.arrived().is_zero() =>
            {
                self.enter(IncomingState::Restored);
            }
            IncomingState::Credited(negotiated) => {
                self.end(IncomingState::Completed(negotiated));
            }
            IncomingState::Draft
            | IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Returning
            | IncomingState::Completed(_)
            | IncomingState::Cancelled
            | IncomingState::Returned
            | IncomingState::Restored => return Err(Refusal::WrongState),
        }
        Ok(())
    }

    /// Orders money to be sent back: what is too much, or else all that has arrived, and that ends the
    /// case.
    fn send_back(&mut self, has_account: bool) {
        let surplus = self.course.surplus();
        let is_surplus = surplus > Fen::ZERO;
        let amount = if is_surplus { surplus } else { self.course.arrived() };
        if !has_account {
            return self.ask(TaskReason::AmountDiffers);
        }
        self.act(Act::ForgetTask);
        if !is_surplus && self.course.state != IncomingState::Returning {
            self.enter(IncomingState::Returning);
            self.act(Act::Wait(Wait::Case));
        }
        self.act(Act::SendBack(amount));
    }
}
