//! The transfer-in side of the model: events go to its decision, acts are carried out in the model.
//!
//! **Promises.** Decides nothing: each `match` over acts is complete, so that a new act must be thought
//! of here.
//! **Left to others.** What is decided: `fundlink_protocol::transfer::incoming`.

use fundlink_protocol::core_system::CoreStep;
use fundlink_protocol::money::Fen;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::settlement::{BankOutcome, Direction};
use fundlink_protocol::transfer::incoming::course::{Act, Saying};
use fundlink_protocol::transfer::incoming::step::{Choice, Delivered, Event, SheetFacts};

use super::state::{Order, OrderState, Side, State};
use super::thread::{FromIn, FromOut};

impl State {
    /// Takes an event in, and carries out what follows.
    fn step_in(&mut self, event: &Event) -> Result<(), Refusal> {
        for act in self.incoming.step(event)? {
            match act {
                Act::Say(saying) => self.say_to_out(saying),
                Act::WaitForRest => self.awaits_rest = true,
                Act::ForgetRest => self.awaits_rest = false,
                Act::SendBack(amount) => {
                    let (side, attempt) = (Side::In, self.incoming.case.attempts);
                    let (fen, state) = (amount.get(), OrderState::Given);
                    self.orders.push(Order { side, attempt, fen, state, known: None });
                }
                Act::Enter(state) => {
                    self.has_chosen_to_wait = false;
                    if state.is_final() {
                        self.awaits_rest = false;
                    }
                }
                // What these change stands in the course already.
                Act::Ask(_)
                | Act::ForgetTask
                | Act::OrderCredit
                | Act::NoteNegotiated
                | Act::NoteRemitted
                | Act::NoteReversed
                | Act::ForgetPayment
                // No clock, log, authority or second letter is modelled.
                | Act::Wait(_)
                | Act::WriteAnew
                | Act::StopAsking
                | Act::PublishCredited
                | Act::PublishReturned
                | Act::TellReceivedDiffers
                | Act::TellPaidBeyondSheet => {}
            }
        }
        Ok(())
    }

    /// Takes in an event that has a place wherever the transfer stands.
    fn take_in(&mut self, event: &Event) {
        if self.step_in(event).is_err() {
            self.has_lost_an_event = true;
        }
    }

    fn say_to_out(&mut self, saying: Saying) {
        self.has_differed |= matches!(saying, Saying::Difference(_));
        let sheet = self.incoming.sheet;
        let revision = sheet.map_or(0, |sheet| sheet.revision);
        let amount = sheet.map_or(Fen::ZERO, |sheet| sheet.amount);
        self.say_in(match saying {
            Saying::Cancellation => FromIn::Cancellation,
            Saying::RefusalConfirmation => FromIn::RefusalConfirmation,
            Saying::Correction => FromIn::Correction,
            Saying::Difference(arrived) => FromIn::Difference(revision, arrived),
            Saying::Credit => FromIn::Credit(revision, amount, self.incoming.is_negotiated),
            Saying::Return => FromIn::Return,
        });
    }

    /// A person withdraws the letter.
    pub(super) fn withdraw(&mut self) -> Option<()> {
        self.withdrawals = self.withdrawals.checked_add(1)?;
        self.step_in(&Event::Withdrawn).ok()
    }

    /// A statement of the transfer-out center counts.
    pub(super) fn hear_in(&mut self, said: FromOut) {
        let event = match said {
            FromOut::Acceptance => Event::Acceptance,
            FromOut::Refusal(reason) => Event::Refused(reason, false),
            FromOut::CancellationAnswer(outcome) => Event::CancellationAnswer(outcome),
            FromOut::Sheet(revision, amount) => {
                Event::Sheet(SheetFacts { revision, amount: Some(amount), fits: true })
            }
            FromOut::NotPaid => Event::NotPaid,
            FromOut::Remittance => Event::Remittance,
            FromOut::Reversal(revision, cause) => Event::Reversal(revision, cause),
            FromOut::Restoration => Event::Restoration,
        };
        if let Err(refusal) = self.step_in(&event) {
            self.acknowledgements.push((Side::Out, Delivered::Other, Err(refusal)));
        }
    }

    /// What became of a statement.
    pub(super) fn delivered_in(&mut self, what: Delivered, outcome: Result<(), Refusal>) {
        self.take_in(&Event::Delivered(what, outcome));
    }

    /// The core carries out the credit.
    pub(super) fn book_in(&mut self) -> Option<()> {
        self.incoming.case.ordered?;
        let amount = self.incoming.sheet.map_or(Fen::ZERO, |sheet| sheet.amount);
        self.books.carry_out(CoreStep::Credit, amount);
        self.take_in(&Event::Credited);
        Some(())
    }

    /// The bank says something of an order to send money back.
    pub(super) fn bank_in(&mut self, attempt: u32, outcome: BankOutcome) {
        self.take_in(&Event::Bank(attempt, outcome));
    }

    /// The bank reports a movement.
    pub(super) fn moved_in(&mut self, direction: Direction, amount: Fen) {
        self.take_in(&Event::Moved(direction, amount));
    }

    /// The day ends on which a short sum began.
    pub(super) fn end_day(&mut self) -> Option<()> {
        self.awaits_rest = false;
        self.take_in(&Event::DayOver);
        Some(())
    }

    /// What it waits for did not come in its time.
    pub(super) fn overdue_in(&mut self) {
        self.take_in(&Event::Overdue);
    }

    /// A person decides.
    pub(super) fn decide_in(&mut self, choice: Choice) -> Option<()> {
        self.step_in(&Event::Decided(choice)).ok()?;
        self.has_chosen_to_wait = choice == Choice::GoOn && self.incoming.case.task.is_none();
        Some(())
    }
}
