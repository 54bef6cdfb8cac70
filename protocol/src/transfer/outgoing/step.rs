//! What follows at the transfer-out center from what happens: the whole of its decisions.
//!
//! The engine carries out what is decided here, and a model that visits every reachable state of both
//! sides decides by the same function.
//!
//! **Promises.** A function of course, event and rules. An event that is refused changes nothing.
//! **Left to others.** Reading the facts that an event brings, and carrying out the acts: the engine's
//! handlers. The letter itself: `rules`.

use super::OutgoingState;
use super::act::{Act, Ordered, Saying};
use super::course::{Course, Intent, Settled};
use super::event::{Choice, Done, Event, Judgement, Onward, Rules};
use crate::core_system::{CoreCause, CoreStep};
use crate::refusal::Refusal;
use crate::statement::transfer::reply::CancellationOutcome;
use crate::statement::transfer::sheet::ReversalCause;
use crate::transfer::deadline::Wait;
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

mod paying;

impl Course {
    /// What follows from an event, in order; the course is what it will be once that is carried out.
    /// After a question the next step follows at once, with the facts that it asks for.
    ///
    /// # Errors
    /// When the event has no place where the transfer stands; the course stays as it was.
    pub fn step(&mut self, event: &Event, rules: Rules) -> Result<Vec<Act>, Refusal> {
        let mut next = Next { course: self.clone(), acts: Vec::new(), rules };
        next.take(event)?;
        *self = next.course;
        Ok(next.acts)
    }
}

/// A step as it is made.
struct Next {
    course: Course,
    acts: Vec<Act>,
    rules: Rules,
}

impl Next {
    fn act(&mut self, act: Act) {
        self.course.make(act);
        self.acts.push(act);
    }

    fn enter(&mut self, state: OutgoingState) {
        self.act(Act::Enter(state));
    }

    fn ask(&mut self, reason: TaskReason) {
        self.act(Act::Ask(reason));
    }

    fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Judged(judgement) => self.judged(*judgement),
            Event::Cancellation => self.cancellation(),
            Event::RefusalConfirmation => return self.confirmation(),
            Event::Correction(onward) => self.correction(*onward),
            Event::Difference(revision, arrived) => self.difference(*revision, *arrived),
            Event::Credit(revision, amount, negotiated) => {
                return self.credit(*revision, *amount, *negotiated);
            }
            Event::Return => self.returned(),
            Event::Done(done) => self.done(*done),
            Event::CoreRefused(step, cause) => self.core_refused(*step, *cause),
            Event::Bank(attempt, outcome) => self.bank(*attempt, outcome),
            Event::FailedBefore(failure) => self.pay_failed(*failure),
            Event::Moved(direction, amount) => self.moved(*direction, *amount),
            Event::PayDue => self.pay_due(),
            Event::Undelivered => self.call(TaskReason::StatementRefused),
            Event::Overdue => self.call(TaskReason::Overdue),
            Event::Decided(choice) => return self.decided(*choice),
            Event::Accepted(onward) => self.accepted(*onward),
            Event::Undo(intent) => self.reverse(*intent),
            Event::Settlement(facts) => self.settle(*facts),
            Event::Sheet(facts) => self.sheet(*facts),
            Event::Payment(facts) => self.pay(*facts),
            Event::OutcomeTaken => self.outcome_taken(),
        }
        Ok(())
    }

    fn judged(&mut self, judgement: Judgement) {
        match judgement {
            Judgement::Refuse(reason) => self.refuse_unlocked(reason),
            // Whoever looked at one thing has not looked at another.
            Judgement::Hold(reason) if self.course.state == OutgoingState::Held => self.ask(reason),
            Judgement::Hold(reason) => {
                self.enter(OutgoingState::Held);
                self.act(Act::Wait(Wait::Acceptance));
                self.ask(reason);
            }
            Judgement::Lock => {
                self.act(Act::ForgetTask);
                self.act(Act::Order(Ordered::Lock));
            }
        }
    }

    /// Refuses a letter whose account is not locked, as far as this store knows.
    fn refuse_unlocked(&mut self, reason: RefusalReason) {
        if self.rules.may_be_locked {
            self.unlock(Intent::Refuse(reason));
        } else {
            self.reject(Saying::Refusal(reason), reason);
        }
    }

    fn reject(&mut self, saying: Saying, reason: RefusalReason) {
        self.act(Act::ForgetTask);
        self.enter(OutgoingState::Rejected(reason, false));
        self.act(Act::Say(saying));
    }

    /// The other center withdraws the letter: the outcome of an order on its way decides whether it is
    /// too late.
    fn cancellation(&mut self) {
        if self.course.case.ordered.is_some() && !self.course.state.is_final() {
            self.act(Act::KeepCancellation(true));
        } else {
            self.answer_cancellation();
        }
    }

    /// Grants a withdrawal before acceptance; after it, only where the center's rule allows that.
    fn answer_cancellation(&mut self) {
        match self.course.state {
            OutgoingState::Received | OutgoingState::Held if self.rules.may_be_locked => {
                self.unlock(Intent::Release);
            }
            OutgoingState::Received | OutgoingState::Held => self.release(),
            OutgoingState::Accepted if self.rules.cancellable_until_settled => {
                self.unlock(Intent::Withdraw);
            }
            OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayFailed(_)
            | OutgoingState::PayUnknown
            | OutgoingState::Paid
            | OutgoingState::Reversed
            | OutgoingState::Completed(_)
            | OutgoingState::Restored => self.answer(CancellationOutcome::TooLate),
            // The refusal that was said answers it.
            OutgoingState::Rejected(..) => {}
            OutgoingState::Released => self.answer(CancellationOutcome::Granted),
        }
    }

    fn answer(&mut self, outcome: CancellationOutcome) {
        self.act(Act::Say(Saying::CancellationAnswer(outcome)));
    }

    /// Ends the transfer as withdrawn; nothing is locked.
    fn release(&mut self) {
        self.act(Act::KeepCancellation(false));
        self.enter(OutgoingState::Released);
        self.answer(CancellationOutcome::Granted);
    }

    fn unlock(&mut self, intent: Intent) {
        self.act(Act::ForgetTask);
        self.act(Act::Intend(Some(intent)));
        self.act(Act::Order(Ordered::Unlock));
    }

    /// The other center has read the refusal.
    fn confirmation(&mut self) -> Result<(), Refusal> {
        match self.course.state {
            OutgoingState::Rejected(reason, false) => {
                self.enter(OutgoingState::Rejected(reason, true));
                Ok(())
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
            | OutgoingState::Rejected(_, true)
            | OutgoingState::Released
            | OutgoingState::Restored => Err(Refusal::WrongState),
        }
    }

    /// A person is called, unless one is already.
    fn call(&mut self, reason: TaskReason) {
        if self.course.case.task.is_none() && !self.course.state.is_final() {
            self.ask(reason);
        }
    }

    fn done(&mut self, done: Done) {
        self.course.case.ordered = None;
        match done {
            Done::Locked => self.locked(),
            Done::Unlocked => self.unlocked(),
            Done::Settled(amount) => {
                self.course.settled = Some(Settled { amount, has_sheet: false });
                self.course.revision = self.course.revision.saturating_add(1);
                self.enter(OutgoingState::Settled);
                self.act(Act::Wait(Wait::Settlement));
                self.act(Act::ConsiderSheet(false));
            }
            Done::Closed => self.closed(),
            Done::Reversed => self.reversed(),
        }
        self.act(Act::ConsiderCancellation);
    }

    fn locked(&mut self) {
        let was_held = self.course.state == OutgoingState::Held;
        self.enter(OutgoingState::Accepted);
        self.act(Act::Wait(Wait::Settlement));
        self.act(Act::Say(Saying::Acceptance));
        if self.course.is_cancelled {
            self.act(Act::KeepCancellation(false));
            self.answer_cancellation();
            if self.course.case.ordered.is_some() {
                return;
            }
        }
        if self.course.case.is_taken_over {
            self.ask(TaskReason::CounterpartRevoked);
        } else {
            self.act(Act::ConsiderAccepted(was_held));
        }
    }

    /// How it goes on with an account that is locked and not settled.
    fn accepted(&mut self, onward: Onward) {
        match onward {
            Onward::ByItself => self.act(Act::ConsiderSettlement(None)),
            Onward::ByPerson => self.ask(TaskReason::ConfirmSettlement),
            Onward::AsSaid => {}
        }
    }

    fn unlocked(&mut self) {
        let intent = self.course.intent;
        self.act(Act::Intend(None));
        match intent {
            Some(Intent::Refuse(reason)) => self.reject(Saying::Refusal(reason), reason),
            Some(Intent::Withdraw) => {
                self.reject(Saying::RefusalAfterWithdrawal, RefusalReason::Other);
            }
            Some(Intent::Release) => self.release(),
            Some(Intent::Restore(_) | Intent::Renew(..) | Intent::Wait(_)) | None => {
                self.enter(OutgoingState::Restored);
                self.act(Act::Say(Saying::Restoration));
            }
        }
    }

    fn closed(&mut self) {
        self.act(Act::ForgetPayment);
        self.act(Act::ForgetTask);
        self.enter(OutgoingState::Paid);
        self.act(Act::Wait(Wait::Credit));
        self.act(Act::Say(Saying::Remittance));
        self.act(Act::PublishRemitted);
        if let Some(negotiated) = self.course.credited {
            self.complete(negotiated);
        } else {
            self.reconsider();
            self.call_for_unexplained();
        }
    }

    /// The account is back, and locked.
    fn reversed(&mut self) {
        let intent = self.course.intent.unwrap_or(Intent::Wait(ReversalCause::NewTerms));
        let cause = intent.cause().unwrap_or(ReversalCause::NewTerms);
        self.act(Act::Intend(None));
        self.enter(OutgoingState::Reversed);
        self.act(Act::Wait(Wait::Case));
        // Whoever has the sheet is told.
        if self.course.settled.is_some_and(|settled| settled.has_sheet) {
            self.act(Act::Say(Saying::Reversal(cause)));
        }
        self.act(Act::Undo);
        match intent {
            Intent::Restore(_) => self.restore(),
            _ if self.course.is_returned => self.restore(),
            _ if self.course.case.is_taken_over => self.ask(TaskReason::CounterpartRevoked),
            Intent::Renew(_, value_date) => self.act(Act::ConsiderSettlement(Some(value_date))),
            Intent::Wait(_) | Intent::Refuse(_) | Intent::Release | Intent::Withdraw => {}
        }
    }

    /// Lets the account go as before the letter.
    fn restore(&mut self) {
        self.unlock(Intent::Restore(ReversalCause::NewTerms));
    }

    fn core_refused(&mut self, step: CoreStep, cause: CoreCause) {
        self.course.case.ordered = None;
        match (step, cause) {
            // Nothing is locked yet: the letter is refused with what the core has found.
            (CoreStep::Lock, _) if self.course.is_cancelled => self.release(),
            (CoreStep::Lock, cause) => {
                let reason = reason_of(cause);
                self.reject(Saying::Refusal(reason), reason);
            }
            (CoreStep::Settle, CoreCause::Frozen)
                if self.course.state == OutgoingState::Accepted =>
            {
                self.unlock(Intent::Refuse(RefusalReason::Frozen));
            }
            (
                CoreStep::Settle
                | CoreStep::Unlock
                | CoreStep::Close
                | CoreStep::Reverse
                | CoreStep::Credit,
                _,
            ) => self.ask(TaskReason::CoreRefused),
        }
        self.act(Act::ConsiderCancellation);
    }

    /// A withdrawal that waited for an outcome is answered by where the transfer stands now.
    fn outcome_taken(&mut self) {
        if self.course.case.ordered.is_none() && self.course.is_cancelled {
            self.act(Act::KeepCancellation(false));
            self.answer_cancellation();
        }
    }

    /// A person's decision, which waits for the outcome of an order on its way.
    fn decided(&mut self, choice: Choice) -> Result<(), Refusal> {
        if self.course.case.ordered.is_some() {
            return Err(Refusal::WrongState);
        }
        let nothing_left = self.course.gone().is_zero() && self.course.case.payment.is_none();
        match (choice, self.course.state) {
            (Choice::Refuse(reason), OutgoingState::Received | OutgoingState::Held) => {
                self.refuse_unlocked(reason);
            }
            (Choice::Refuse(reason), OutgoingState::Accepted) => {
                self.unlock(Intent::Refuse(reason));
            }
            (Choice::Settle(day), OutgoingState::Accepted | OutgoingState::Reversed) => {
                self.act(Act::ConsiderSettlement(Some(day)));
            }
            (Choice::SendSheet, OutgoingState::Settled) => self.act(Act::ConsiderSheet(true)),
            (Choice::PayAgain, OutgoingState::PayFailed(_)) => self.act(Act::ConsiderPayment),
            (Choice::PayAgain, OutgoingState::Paid)
                if self.course.gone() < self.course.settled_amount() =>
            {
                self.act(Act::ConsiderPayment);
            }
            (Choice::Renew(day), OutgoingState::Settled | OutgoingState::PayFailed(_))
                if nothing_left =>
            {
                self.reverse(Intent::Renew(ReversalCause::NewTerms, day));
            }
            (Choice::Restore, OutgoingState::Settled | OutgoingState::PayFailed(_))
                if nothing_left =>
            {
                self.reverse(Intent::Restore(ReversalCause::NewTerms));
            }
            (Choice::Restore, OutgoingState::Reversed) => self.restore(),
            (Choice::Close, state) if self.course.case.is_taken_over => return self.close(state),
            (
                Choice::Refuse(_)
                | Choice::Settle(_)
                | Choice::SendSheet
                | Choice::PayAgain
                | Choice::Renew(_)
                | Choice::Restore
                | Choice::Close,
                _,
            ) => return Err(Refusal::WrongState),
        }
        Ok(())
    }

    /// Ends a case whose other side is revoked, where no money is between the two.
    fn close(&mut self, state: OutgoingState) -> Result<(), Refusal> {
        match state {
            OutgoingState::Received | OutgoingState::Held => self.release(),
            OutgoingState::Accepted => self.unlock(Intent::Release),
            OutgoingState::Rejected(reason, _) => {
                self.enter(OutgoingState::Rejected(reason, true));
            }
            // Whoever took over has said that the person has the money.
            OutgoingState::Paid => self.complete(true),
            OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayFailed(_)
            | OutgoingState::PayUnknown
            | OutgoingState::Reversed
            | OutgoingState::Completed(_)
            | OutgoingState::Released
            | OutgoingState::Restored => return Err(Refusal::WrongState),
        }
        Ok(())
    }
}

const fn reason_of(cause: CoreCause) -> RefusalReason {
    match cause {
        CoreCause::NoAccount => RefusalReason::NotFound,
        CoreCause::Status => RefusalReason::NotSealed,
        CoreCause::Frozen => RefusalReason::Frozen,
        CoreCause::Busy => RefusalReason::Duplicate,
        CoreCause::Cap
        | CoreCause::Suspense
        | CoreCause::OtherContent
        | CoreCause::History
        | CoreCause::Other => RefusalReason::Other,
    }
}

#[cfg(test)]
mod tests;
