//! The transfer-out side of the model: events go to its decision, acts are carried out in the model.
//!
//! **Promises.** Decides nothing: each `match` over acts is complete, so that a new act must be thought
//! of here.
//! **Left to others.** What is decided: `fundlink_protocol::transfer::outgoing`.

use fundlink_protocol::core_system::{CoreCause, CoreStep};
use fundlink_protocol::money::Fen;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::settlement::{BankOutcome, Direction};
use fundlink_protocol::transfer::incoming::step::Delivered;
use fundlink_protocol::transfer::outgoing::act::{Act, Saying};
use fundlink_protocol::transfer::outgoing::course::Course;
use fundlink_protocol::transfer::outgoing::event::{
    Choice, Done, Event, Judgement, Onward, PaymentFacts, Rules, SettlementFacts, SheetFacts,
};
use fundlink_protocol::transfer::reason::RefusalReason;

use super::Bounds;
use super::action::Luck;
use super::state::{Notice, Order, OrderState, Side, State, today};
use super::thread::{FromIn, FromOut};

/// What is asked in a step, and what is found.
struct Asked {
    luck: Luck,
    used: Vec<Luck>,
    rules: Rules,
}

impl Asked {
    const fn with((luck, bounds): (Luck, Bounds)) -> Self {
        let cancellable_until_settled = bounds.cancellable_until_settled;
        Self {
            luck,
            used: Vec::new(),
            rules: Rules { cancellable_until_settled, may_be_locked: false },
        }
    }

    /// Whether it is this bad luck, which then is over.
    fn is(&mut self, luck: Luck) -> bool {
        let is_it = self.luck == luck;
        if is_it {
            self.used.push(luck);
            self.luck = Luck::Good;
        }
        is_it
    }
}

impl State {
    /// Takes an event in, and carries out what follows.
    fn step_out(&mut self, event: &Event, asked: &mut Asked) -> Result<(), Refusal> {
        let Some(course) = &mut self.out else { return Ok(()) };
        for act in course.step(event, asked.rules)? {
            self.carry_out(act, asked)?;
        }
        Ok(())
    }

    fn take_out(&mut self, event: &Event, with: (Luck, Bounds)) -> Option<()> {
        let mut asked = Asked::with(with);
        self.step_out(event, &mut asked).ok()?;
        self.is_luck_used(with.0, &asked.used)
    }

    fn carry_out(&mut self, act: Act, asked: &mut Asked) -> Result<(), Refusal> {
        match act {
            Act::Say(saying) => self.say(saying),
            Act::Pay(amount) => self.order_out(amount),
            Act::ConsiderAccepted(_) => {
                let is_by_person = asked.is(Luck::ByPerson);
                let onward = if is_by_person { Onward::ByPerson } else { Onward::ByItself };
                self.step_out(&Event::Accepted(onward), asked)?;
            }
            Act::ConsiderSettlement(day) => {
                let obstacle = asked.is(Luck::Frozen).then_some(RefusalReason::Frozen);
                let value_date = day.unwrap_or_else(today);
                let facts = SettlementFacts { value_date, has_record: true, obstacle };
                self.step_out(&Event::Settlement(facts), asked)?;
            }
            Act::ConsiderSheet(is_decided) => {
                let agrees = is_decided || !asked.is(Luck::Differs);
                let facts = SheetFacts { has_record: true, agrees, is_decided };
                self.step_out(&Event::Sheet(facts), asked)?;
            }
            Act::ConsiderPayment => {
                let facts = PaymentFacts {
                    execute_on: today(),
                    may_pay: !asked.is(Luck::YearEnds),
                    is_due: true,
                    is_recovering: false,
                    has_account: true,
                };
                self.step_out(&Event::Payment(facts), asked)?;
            }
            Act::ConsiderCancellation => self.step_out(&Event::OutcomeTaken, asked)?,
            // What these change stands in the course already.
            Act::Enter(_)
            | Act::Ask(_)
            | Act::ForgetTask
            | Act::Order(_)
            | Act::Intend(_)
            | Act::KeepCancellation(_)
            | Act::NoteArrived(_)
            | Act::NoteCredit(_)
            | Act::NoteReturn
            | Act::Undo
            | Act::ForgetPayment
            // No clock, log or authority is modelled.
            | Act::Wait(_)
            | Act::PublishRemitted
            | Act::TellInterestDiffers
            | Act::TellPaidBeyondSheet
            | Act::StopAsking
            | Act::PayOnValueDate
            | Act::PayOnceRecovered => {}
        }
        Ok(())
    }

    fn say(&mut self, saying: Saying) {
        let Some(course) = &self.out else { return };
        let (revision, amount) = (course.revision, course.settled_amount());
        self.say_out(match saying {
            Saying::Acceptance => FromOut::Acceptance,
            Saying::Refusal(reason) => FromOut::Refusal(reason),
            Saying::RefusalAfterWithdrawal => FromOut::Refusal(RefusalReason::Other),
            Saying::CancellationAnswer(outcome) => FromOut::CancellationAnswer(outcome),
            Saying::Sheet => FromOut::Sheet(revision, amount),
            Saying::NotPaid(_) => FromOut::NotPaid,
            Saying::Remittance => FromOut::Remittance,
            Saying::Reversal(cause) => FromOut::Reversal(revision, cause),
            Saying::Restoration => FromOut::Restoration,
        });
    }

    /// Gives the bank an order; one whose end, or whose debit, is not known must not stand beside it.
    fn order_out(&mut self, amount: Fen) {
        let Some(course) = &self.out else { return };
        let is_open =
            |order: &Order| order.side == Side::Out && order.state != OrderState::Executed;
        let is_debit =
            |notice: &Notice| notice.side == Side::Out && notice.direction == Direction::Debit;
        self.has_paid_twice |= self.orders.iter().any(is_open) || self.notices.iter().any(is_debit);
        let (side, attempt, fen) = (Side::Out, course.case.attempts, amount.get());
        self.orders.push(Order { side, attempt, fen, state: OrderState::Given, known: None });
    }

    /// The letter comes.
    pub(super) fn take_letter(&mut self, judgement: Judgement, bounds: Bounds) -> Option<()> {
        self.is_letter_out = false;
        if self.is_early {
            let refused = Err(Refusal::Cancelled);
            self.acknowledgements.push((Side::In, Delivered::Letter, refused));
            return (judgement == Judgement::Lock).then_some(());
        }
        if judgement != Judgement::Lock {
            self.faults = self.faults.checked_add(1)?;
        }
        self.out = Some(Course::received());
        self.take_out(&Event::Judged(judgement), (Luck::Good, bounds))
    }

    /// A person has looked at a letter that was held.
    pub(super) fn look(&mut self, judgement: Judgement, bounds: Bounds) -> Option<()> {
        self.take_out(&Event::Judged(judgement), (Luck::Good, bounds))
    }

    /// A statement of the transfer-in center counts.
    pub(super) fn hear_out(&mut self, said: FromIn, (luck, bounds): (Luck, Bounds)) -> Option<()> {
        let mut asked = Asked::with((luck, bounds));
        let event = match said {
            FromIn::Cancellation => Event::Cancellation,
            FromIn::RefusalConfirmation => Event::RefusalConfirmation,
            FromIn::Correction => {
                let is_by_person = asked.is(Luck::ByPerson);
                let onward = if is_by_person { Onward::ByPerson } else { Onward::ByItself };
                Event::Correction(onward)
            }
            FromIn::Difference(revision, arrived) => Event::Difference(revision, arrived),
            FromIn::Credit(revision, amount, negotiated) => {
                Event::Credit(revision, amount, negotiated)
            }
            FromIn::Return => Event::Return,
        };
        let outcome = self.step_out(&event, &mut asked);
        let what = match said {
            FromIn::Credit(..) => Delivered::Credit,
            FromIn::Cancellation
            | FromIn::RefusalConfirmation
            | FromIn::Correction
            | FromIn::Difference(..)
            | FromIn::Return => Delivered::Other,
        };
        // Of the others nothing follows from their delivery.
        if outcome.is_err() || what == Delivered::Credit {
            self.acknowledgements.push((Side::In, what, outcome));
        }
        for used in &asked.used {
            self.is_luck_used(*used, &asked.used)?;
        }
        (luck == Luck::Good || !asked.used.is_empty()).then_some(())
    }

    /// The core carries out the order on its way.
    pub(super) fn book_out(&mut self, with: (Luck, Bounds)) -> Option<()> {
        let step = self.out.as_ref()?.case.ordered?;
        let mut asked = Asked::with(with);
        let settled = super::state::fen(self.books.account_out);
        let done = match step {
            CoreStep::Lock => Done::Locked,
            CoreStep::Unlock => Done::Unlocked,
            CoreStep::Settle => Done::Settled(settled),
            CoreStep::Close => Done::Closed,
            CoreStep::Reverse => Done::Reversed,
            CoreStep::Credit => return None,
        };
        self.books.carry_out(step, Fen::ZERO);
        self.step_out(&Event::Done(done), &mut asked).ok()?;
        self.is_luck_used(with.0, &asked.used)
    }

    /// The core refuses the order on its way.
    pub(super) fn refuse_out(&mut self, cause: CoreCause, bounds: Bounds) -> Option<()> {
        self.faults = self.faults.checked_add(1)?;
        let step = self.out.as_ref()?.case.ordered?;
        self.take_out(&Event::CoreRefused(step, cause), (Luck::Good, bounds))
    }

    /// The bank says something of an attempt.
    pub(super) fn bank_out(
        &mut self,
        attempt: u32,
        outcome: BankOutcome,
        with: (Luck, Bounds),
    ) -> Option<()> {
        self.take_out(&Event::Bank(attempt, outcome), with)
    }

    /// The bank reports a movement.
    pub(super) fn moved_out(
        &mut self,
        (direction, amount): (Direction, Fen),
        with: (Luck, Bounds),
    ) -> Option<()> {
        self.take_out(&Event::Moved(direction, amount), with)
    }

    /// The other node has refused a statement for good.
    pub(super) fn undelivered_out(&mut self, bounds: Bounds) -> Option<()> {
        self.take_out(&Event::Undelivered, (Luck::Good, bounds))
    }

    /// What it waits for did not come in its time.
    pub(super) fn overdue_out(&mut self, bounds: Bounds) -> Option<()> {
        self.out.as_ref()?;
        self.take_out(&Event::Overdue, (Luck::Good, bounds))
    }

    /// A person decides.
    pub(super) fn decide_out(&mut self, choice: Choice, with: (Luck, Bounds)) -> Option<()> {
        self.out.as_ref()?;
        self.take_out(&Event::Decided(choice), with)
    }
}
