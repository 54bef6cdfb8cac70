//! What follows at the transfer-out center once the account is settled: sheet, payment, money.
//!
//! **Promises.** Nothing new is ordered while the end of an order, or the debit of an executed one, is
//! not known; a settlement is undone only when its money never left or is back.
//! **Left to others.** Everything before the settlement: `step`.

use super::Next;
use crate::limits::PAY_ATTEMPTS_AUTO_MAX;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::{BankFailure, BankOutcome, Direction};
use crate::statement::transfer::sheet::ReversalCause;
use crate::transfer::deadline::Wait;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::act::{Act, Limit, Ordered, Saying};
use crate::transfer::outgoing::course::Intent;
use crate::transfer::outgoing::event::{Onward, PaymentFacts, SettlementFacts, SheetFacts};
use crate::transfer::reconciliation::{Comparison, compare};
use crate::transfer::task::TaskReason;

impl Next {
    /// Orders the settlement for a value date, unless something has come between (a court freeze: R06).
    pub(super) fn settle(&mut self, facts: SettlementFacts) {
        if !facts.has_record {
            return self.ask(TaskReason::CoreRefused);
        }
        if let Some(reason) = facts.obstacle
            && self.course.state == OutgoingState::Accepted
        {
            return self.unlock(Intent::Refuse(reason));
        }
        // Without a person, no more moves than `auto` may decide.
        let limit = if self.course.case.task.is_some() { Limit::None } else { Limit::Auto };
        self.act(Act::ForgetTask);
        self.act(Act::Order(Ordered::Settle(facts.value_date, limit)));
    }

    /// Signs the sheet, unless core and engine differ on interest, and goes on to the payment.
    pub(super) fn sheet(&mut self, facts: SheetFacts) {
        if self.course.case.is_taken_over && !facts.is_decided {
            return self.ask(TaskReason::CounterpartRevoked);
        }
        if !facts.agrees && !facts.is_decided {
            self.act(Act::TellInterestDiffers);
            return self.ask(TaskReason::InterestDiffers);
        }
        if !facts.has_record {
            return self.ask(TaskReason::CoreRefused);
        }
        if self.course.settled.is_none() {
            return;
        }
        self.act(Act::ForgetTask);
        self.act(Act::Say(Saying::Sheet));
        self.act(Act::ConsiderPayment);
    }

    /// Orders what has not left of the sheet, as the next attempt.
    pub(super) fn pay(&mut self, facts: PaymentFacts) {
        if self.course.case.is_taken_over {
            // Nothing is paid to a center that was cut off.
            return self.ask(TaskReason::CounterpartRevoked);
        }
        let Some(settled) = self.course.settled else { return };
        let is_zero = settled.amount.is_zero();
        if !is_zero && self.course.gone() >= settled.amount && self.course.case.payment.is_none() {
            // All of it, or more, has left under an order that this store has forgotten.
            self.act(Act::ForgetTask);
            self.enter_paying();
            self.reconsider();
            return self.call_for_unexplained();
        }
        // A node that may have forgotten what it promised orders no payment, and undoes no settlement.
        if facts.is_recovering {
            // Whoever was called because it takes long stays called.
            if self.course.case.is_stopped() {
                self.act(Act::ForgetTask);
            }
            return self.act(Act::PayOnceRecovered);
        }
        if !facts.may_pay {
            return self.settle_anew(facts);
        }
        if self.course.state == OutgoingState::Settled && self.course.gone() > Fen::ZERO {
            // Something has left under another sheet that this store has forgotten: by which order, and
            // whether it comes back, a person finds out.
            return self.ask(TaskReason::PaymentFailed);
        }
        // It is decided: what a person was asked before does not stop it any more.
        self.act(Act::ForgetTask);
        if is_zero {
            return self.close_without_payment(facts);
        }
        let missing = settled.amount.checked_sub(self.course.gone());
        let Some(amount) = missing.filter(|missing| *missing > Fen::ZERO && facts.has_account)
        else {
            return self.ask(TaskReason::PaymentFailed);
        };
        self.enter_paying();
        self.act(Act::Pay(amount));
    }

    /// The bank is waited for; where it stays silent, a person is called.
    fn enter_paying(&mut self) {
        if self.course.state != OutgoingState::Paying {
            self.enter(OutgoingState::Paying);
            self.act(Act::Wait(Wait::Settlement));
        }
    }

    /// Nothing is to be paid: months alone move, and the account is closed on the value date.
    fn close_without_payment(&mut self, facts: PaymentFacts) {
        if !facts.is_due {
            return self.act(Act::PayOnValueDate);
        }
        self.enter_paying();
        self.act(Act::Order(Ordered::Close));
    }

    /// The sheet cannot be paid any more: it is undone, and settled again for a later day. Money that
    /// has left of it in part must be back first.
    fn settle_anew(&mut self, facts: PaymentFacts) {
        if self.course.gone().is_zero() {
            self.reverse(Intent::Renew(ReversalCause::YearEnd, facts.execute_on));
        } else {
            self.ask(TaskReason::PaymentFailed);
        }
    }

    /// Undoes the settlement; what follows is the intent's.
    pub(super) fn reverse(&mut self, intent: Intent) {
        if self.course.settled.is_none() {
            return;
        }
        self.act(Act::ForgetTask);
        self.act(Act::Intend(Some(intent)));
        self.act(Act::Order(Ordered::Reverse));
    }

    /// A payment that was put off is looked at, if it is still to be made.
    pub(super) fn pay_due(&mut self) {
        let case = &self.course.case;
        let has_order = case.payment.is_some() || case.ordered.is_some();
        let is_missing = self.course.gone() < self.course.settled_amount();
        match self.course.state {
            OutgoingState::Settled | OutgoingState::PayFailed(_)
                if !has_order && !case.is_stopped() =>
            {
                self.act(Act::ConsiderPayment);
            }
            OutgoingState::Paid if is_missing && !has_order && !case.is_stopped() => {
                self.act(Act::ConsiderPayment);
            }
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayFailed(_)
            | OutgoingState::PayUnknown
            | OutgoingState::Paid
            | OutgoingState::Reversed
            | OutgoingState::Completed(_)
            | OutgoingState::Rejected(..)
            | OutgoingState::Released
            | OutgoingState::Restored => {}
        }
    }

    /// What the bank says of the order on its way.
    pub(super) fn bank(&mut self, attempt: u32, outcome: &BankOutcome) {
        if self.course.case.payment.is_none_or(|payment| payment.attempt != attempt) {
            return;
        }
        match outcome {
            // The debit is believed from the notice.
            BankOutcome::Executed(_) => {
                self.act(Act::StopAsking);
                if self.course.state.is_final() {
                    return;
                }
                if self.course.state == OutgoingState::PayUnknown {
                    self.enter(OutgoingState::Paying);
                }
                self.act(Act::Wait(Wait::Settlement));
            }
            BankOutcome::Failed(failure) => self.pay_failed(*failure),
            BankOutcome::Unknown => {
                if self.course.state == OutgoingState::Paying {
                    self.enter(OutgoingState::PayUnknown);
                    self.act(Act::Wait(Wait::Settlement));
                }
            }
            BankOutcome::Waiting | BankOutcome::NoSuchOrder => {}
        }
    }

    pub(super) fn pay_failed(&mut self, failure: BankFailure) {
        self.act(Act::ForgetPayment);
        match self.course.state {
            OutgoingState::Paying | OutgoingState::PayUnknown => {}
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::PayFailed(_)
            | OutgoingState::Paid
            | OutgoingState::Reversed => return,
            OutgoingState::Completed(_)
            | OutgoingState::Rejected(..)
            | OutgoingState::Released
            | OutgoingState::Restored => return self.ask(TaskReason::UnexplainedMoney),
        }
        self.enter(OutgoingState::PayFailed(failure));
        self.act(Act::Wait(Wait::Case));
        if failure.needs_correction() {
            self.act(Act::Say(Saying::NotPaid(failure)));
        } else if failure == BankFailure::Recalled
            && self.course.case.attempts < PAY_ATTEMPTS_AUTO_MAX
        {
            self.act(Act::ConsiderPayment);
        } else {
            self.ask(TaskReason::PaymentFailed);
        }
    }

    /// The other center has named where the money is to go. A settlement that was undone is made anew,
    /// by the rules alone, or once a person has named the value date.
    pub(super) fn correction(&mut self, onward: Onward) {
        if self.course.case.ordered.is_some() {
            return;
        }
        match self.course.state {
            OutgoingState::PayFailed(_) => self.act(Act::ConsiderPayment),
            OutgoingState::Reversed => self.accepted(onward),
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayUnknown
            | OutgoingState::Paid
            | OutgoingState::Completed(_)
            | OutgoingState::Rejected(..)
            | OutgoingState::Released
            | OutgoingState::Restored => {}
        }
    }

    /// The other center says that sum and sheet differ. A person looks when our bank reports that
    /// everything has left; what came back is ordered again once both say the same.
    pub(super) fn difference(&mut self, revision: u32, arrived: Fen) {
        if revision != self.course.revision {
            return;
        }
        self.act(Act::NoteArrived(arrived));
        if self.course.state == OutgoingState::Paid && !self.course.case.is_stopped() {
            self.ask(TaskReason::AmountDiffers);
        }
        self.reconsider();
    }

    /// Money moved under the letter.
    pub(super) fn moved(&mut self, direction: Direction, amount: Fen) {
        self.course.case.money.moved(direction, amount);
        let has_ended = self.course.state.is_final();
        // What a person has sent back is no second payment.
        let is_sent_back = has_ended && self.course.case.payment.is_some();
        let is_beyond = has_ended || self.course.excess() > Fen::ZERO;
        if has_ended {
            self.match_debits();
        } else {
            self.reconsider();
        }
        if direction == Direction::Debit && is_beyond && !is_sent_back {
            self.act(Act::TellPaidBeyondSheet);
        }
        self.call_for_unexplained();
    }

    /// A person is called for as long as more has left than the sheet says, or something has come in
    /// that the end of the case does not explain.
    pub(super) fn call_for_unexplained(&mut self) {
        let task = self.course.case.task;
        let has_ended = self.course.state.is_final();
        if self.course.excess() > Fen::ZERO || self.course.surplus() > Fen::ZERO {
            if has_ended || task.is_none() {
                self.ask(TaskReason::UnexplainedMoney);
            }
        } else if task.is_some_and(|task| has_ended || task == TaskReason::UnexplainedMoney) {
            self.act(Act::ForgetTask);
        }
    }

    fn match_debits(&mut self) {
        if self.course.case.is_paid() {
            self.act(Act::ForgetPayment);
        }
    }

    /// Holds what has moved against the sheet. Called after everything that may change either; while an
    /// order to the core is on its way, its outcome is waited for.
    pub(super) fn reconsider(&mut self) {
        if self.course.case.ordered.is_some() {
            return;
        }
        self.match_debits();
        let Some(settled) = self.course.settled else { return };
        let came_back = self.course.case.money.credited > Fen::ZERO;
        match (self.course.state, compare(self.course.gone(), settled.amount)) {
            (
                OutgoingState::Paying | OutgoingState::PayUnknown | OutgoingState::PayFailed(_),
                // What the bank has moved beyond it, the other center sends back.
                Comparison::Exact | Comparison::Over,
            ) => self.act(Act::Order(Ordered::Close)),
            (OutgoingState::Paid, Comparison::Nothing) => self.all_back(),
            // It had left under a sheet that was forgotten, and the other center has ended the case.
            (OutgoingState::Settled, Comparison::Nothing) if self.course.is_returned => {
                self.all_back();
            }
            // A part came back alone, and the other center has the rest: it is ordered again under the
            // same sheet. As long as they do not say so, it may be they who are sending it all back.
            (OutgoingState::Paid, Comparison::Short)
                if self.course.arrived == Some(self.course.gone()) && !self.course.is_returned =>
            {
                self.pay_again();
            }
            // The debit is advised, so the end of the order is known, whatever the bank has said of it.
            (OutgoingState::Paying | OutgoingState::PayUnknown, Comparison::Nothing)
                if self.course.case.payment.is_none() && came_back =>
            {
                self.enter(OutgoingState::PayFailed(BankFailure::Other));
                self.all_back();
            }
            (OutgoingState::Paying | OutgoingState::PayUnknown, Comparison::Short)
                if self.course.case.payment.is_none() && came_back =>
            {
                self.pay_again();
            }
            (
                OutgoingState::Paid
                | OutgoingState::Paying
                | OutgoingState::PayUnknown
                | OutgoingState::PayFailed(_)
                | OutgoingState::Received
                | OutgoingState::Held
                | OutgoingState::Accepted
                | OutgoingState::Settled
                | OutgoingState::Reversed
                | OutgoingState::Completed(_)
                | OutgoingState::Rejected(..)
                | OutgoingState::Released
                | OutgoingState::Restored,
                Comparison::Nothing | Comparison::Short | Comparison::Exact | Comparison::Over,
            ) => {}
        }
    }

    /// All of the money is back: the settlement is undone.
    fn all_back(&mut self) {
        let cause = ReversalCause::MoneyCameBack;
        let is_returned = self.course.is_returned;
        self.reverse(if is_returned { Intent::Restore(cause) } else { Intent::Wait(cause) });
    }

    /// Orders a missing part again, a few times by itself.
    fn pay_again(&mut self) {
        if self.course.case.attempts < PAY_ATTEMPTS_AUTO_MAX {
            self.act(Act::ConsiderPayment);
        } else {
            self.ask(TaskReason::PaymentFailed);
        }
    }

    /// The other center has credited the person. Where the sheets of several revisions and their money
    /// were on their way at once, it may have credited by an earlier one: what counts is that the person
    /// has exactly what left.
    pub(super) fn credit(
        &mut self,
        revision: u32,
        amount: Fen,
        negotiated: bool,
    ) -> Result<(), Refusal> {
        let is_ours = self.course.settled.is_some()
            && (1..=self.course.revision).contains(&revision)
            && amount == self.course.settled_amount();
        if !is_ours || self.course.state.is_final() {
            return Err(Refusal::WrongState);
        }
        self.act(Act::NoteCredit(negotiated));
        // Else our bank has not told us of the debit yet: its notice completes the transfer.
        if self.course.state == OutgoingState::Paid && self.course.case.ordered.is_none() {
            self.act(Act::ForgetTask);
            self.complete(negotiated);
        }
        Ok(())
    }

    /// Both sides have what the sheet says.
    pub(super) fn complete(&mut self, negotiated: bool) {
        self.enter(OutgoingState::Completed(negotiated));
        self.call_for_unexplained();
    }

    /// The other center has sent the money back: once all of it is here, the account is restored.
    pub(super) fn returned(&mut self) {
        self.act(Act::NoteReturn);
        if self.course.state == OutgoingState::Reversed && self.course.case.ordered.is_none() {
            self.restore();
        } else {
            self.reconsider();
        }
    }
}
