//! What may happen next in the model.
//!
//! **Promises.** One action is one input of one engine, or one thing that the bank does by itself.
//! **Left to others.** What it leads to: `state`.

use fundlink_protocol::core_system::{CoreCause, CoreStep};
use fundlink_protocol::settlement::{BankFailure, Direction};
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::incoming::step::Choice as ChoiceIn;
use fundlink_protocol::transfer::outgoing::OutgoingState;
use fundlink_protocol::transfer::outgoing::course::Course;
use fundlink_protocol::transfer::outgoing::event::{Choice as ChoiceOut, Judgement};
use fundlink_protocol::transfer::reason::RefusalReason;
use fundlink_protocol::transfer::task::TaskReason;

use super::Bounds;
use super::state::{OrderState, Side, State, today};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The letter is delivered, and the rules say this of it.
    Letter(Judgement),
    /// A person looks at a letter that was held.
    Look(Judgement),
    /// A person of the transfer-in center withdraws the letter.
    Withdraw,
    /// A statement to a side is delivered, the so-and-so-many-th of those that have not counted.
    Deliver(Side, usize, Luck),
    /// The statement that counted last is delivered once more.
    Repeat(Side, Luck),
    /// A side hears what became of a statement of its own.
    Acknowledge(usize),
    /// A core carries out the order of a side.
    Book(Side, Luck),
    /// A core refuses the order of a side.
    Refuse(Side, CoreCause),
    /// The bank executes an order.
    Execute(usize),
    /// The bank does not execute an order, and never will.
    Fail(usize, BankFailure),
    /// The bank says that it does not know.
    SayUnknown(usize),
    /// The bank says what became of an order.
    Say(usize, Luck),
    /// Money on its way arrives.
    Arrive(usize),
    /// Money on its way is split in two.
    Split(usize),
    /// Money on its way goes back to where it came from.
    Bounce(usize),
    /// A movement is reported to a center.
    Notify(usize, Luck),
    /// The day ends on which a short sum began.
    EndDay,
    /// What a center waits for does not come in its time.
    Overdue(Side),
    /// A person of the transfer-out center decides.
    DecideOut(ChoiceOut, Luck),
    /// A person of the transfer-in center decides.
    DecideIn(ChoiceIn),
}

/// What is found when a decision asks for facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// Everything is as it should be.
    Good,
    /// A court has frozen the account meanwhile.
    Frozen,
    /// Core and engine differ on interest.
    Differs,
    /// The year ends before the money could leave.
    YearEnds,
    /// A person must confirm the settlement.
    ByPerson,
}

impl Luck {
    const BAD: [Self; 4] = [Self::Frozen, Self::Differs, Self::YearEnds, Self::ByPerson];

    /// Good luck, and while faults are left all others.
    fn all(faults_left: bool) -> impl Iterator<Item = Self> {
        let bad = if faults_left { Self::BAD.as_slice() } else { &[] };
        core::iter::once(Self::Good).chain(bad.iter().copied())
    }
}

impl State {
    /// What may happen next.
    pub(super) fn actions(&self, bounds: Bounds, actions: &mut Vec<Action>) {
        let faults_left = self.faults < bounds.faults;
        self.letters(faults_left, actions);
        self.statements(faults_left, actions);
        self.bookings(faults_left, actions);
        self.bank(faults_left, actions);
        self.persons(bounds, actions);
        if self.withdrawals < bounds.withdrawals {
            actions.push(Action::Withdraw);
        }
        if self.awaits_rest {
            actions.push(Action::EndDay);
        }
        if faults_left {
            actions.extend([Side::Out, Side::In].map(Action::Overdue));
        }
    }

    fn letters(&self, faults_left: bool, actions: &mut Vec<Action>) {
        let refused = Judgement::Refuse(RefusalReason::NotSealed);
        if self.is_letter_out {
            actions.push(Action::Letter(Judgement::Lock));
            if faults_left {
                let held = Judgement::Hold(TaskReason::OldDocument);
                actions.extend([Action::Letter(held), Action::Letter(refused)]);
            }
        }
        let is_held = |out: &Course| out.state == OutgoingState::Held && out.case.ordered.is_none();
        if self.out.as_ref().is_some_and(is_held) {
            actions.extend([Action::Look(Judgement::Lock), Action::Look(refused)]);
        }
    }

    fn statements(&self, faults_left: bool, actions: &mut Vec<Action>) {
        for side in [Side::Out, Side::In] {
            for luck in Luck::all(faults_left && side == Side::Out) {
                let count = self.thread_to(side).waiting();
                actions.extend((0..count).map(|index| Action::Deliver(side, index, luck)));
                actions.push(Action::Repeat(side, luck));
            }
        }
        actions.extend((0..self.acknowledgements.len()).map(Action::Acknowledge));
    }

    fn bookings(&self, faults_left: bool, actions: &mut Vec<Action>) {
        let out = self.out.as_ref().and_then(|out| out.case.ordered);
        if let Some(step) = out {
            actions.extend(Luck::all(faults_left).map(|luck| Action::Book(Side::Out, luck)));
            let causes: &[CoreCause] = match step {
                CoreStep::Lock => &[CoreCause::Busy],
                CoreStep::Settle => &[CoreCause::Frozen, CoreCause::Cap],
                CoreStep::Unlock | CoreStep::Close | CoreStep::Reverse | CoreStep::Credit => &[],
            };
            if faults_left {
                actions.extend(causes.iter().map(|cause| Action::Refuse(Side::Out, *cause)));
            }
        }
        if self.incoming.case.ordered.is_some() {
            actions.push(Action::Book(Side::In, Luck::Good));
        }
    }

    fn bank(&self, faults_left: bool, actions: &mut Vec<Action>) {
        for (index, order) in self.orders.iter().enumerate() {
            if order.state == OrderState::Given {
                actions.push(Action::Execute(index));
                if faults_left {
                    actions.push(Action::SayUnknown(index));
                    let failures =
                        [BankFailure::WrongPayee, BankFailure::Recalled, BankFailure::Other];
                    actions.extend(failures.map(|failure| Action::Fail(index, failure)));
                }
            } else {
                actions.extend(Luck::all(faults_left).map(|luck| Action::Say(index, luck)));
            }
        }
        for (index, parcel) in self.parcels.iter().enumerate() {
            actions.push(Action::Arrive(index));
            if faults_left && !parcel.goes_back {
                actions.push(Action::Bounce(index));
                if parcel.fen > 1 {
                    actions.push(Action::Split(index));
                }
            }
        }
        for index in 0..self.notices.len() {
            actions.extend(Luck::all(faults_left).map(|luck| Action::Notify(index, luck)));
        }
    }

    /// Persons decide whatever they may, whether anything asks for it or not.
    fn persons(&self, bounds: Bounds, actions: &mut Vec<Action>) {
        let faults_left = self.faults < bounds.faults;
        let day = today();
        let choices = [
            ChoiceOut::Refuse(RefusalReason::Other),
            ChoiceOut::Settle(day),
            ChoiceOut::SendSheet,
            ChoiceOut::PayAgain,
            ChoiceOut::Renew(day),
            ChoiceOut::Restore,
        ];
        if self.out.is_some() && self.thread_to(Side::In).waiting() < bounds.statements {
            for choice in choices {
                let lucks = Luck::all(faults_left);
                actions.extend(lucks.map(|luck| Action::DecideOut(choice, luck)));
            }
        }
        let is_waiting =
            |state| matches!(state, IncomingState::Announced | IncomingState::Negotiating);
        let has_arrived = self.incoming.case.money.net(Direction::Credit);
        let may_say = self.thread_to(Side::Out).waiting() < bounds.statements;
        if may_say && (is_waiting(self.incoming.state) || !has_arrived.is_zero()) {
            let choices = [ChoiceIn::Correct, ChoiceIn::SendBack(true), ChoiceIn::GoOn];
            actions.extend(choices.map(Action::DecideIn));
        }
    }
}
