//! Where a transfer stands on both sides, at the bank and on the links.
//!
//! **Promises.** Holds what the future depends on and nothing else, so that ways which lead to the same
//! place are one. A statement that is not delivered may come at any later time: that is loss, delay and
//! reordering at once; one that has counted may come again.
//! **Left to others.** What a center decides: `transfer_out`, `transfer_in`.

use fundlink_protocol::money::Fen;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::settlement::{BankFailure, BankOutcome, Direction, believed};
use fundlink_protocol::statement::transfer::reply::CancellationOutcome;
use fundlink_protocol::time::Date;
use fundlink_protocol::transfer::incoming;
use fundlink_protocol::transfer::incoming::step::Delivered;
use fundlink_protocol::transfer::outgoing;

use super::Bounds;
use super::action::{Action, Luck};
use super::books::Books;
use super::thread::{FromIn, FromOut, Thread, Waiting};

/// Which center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// 转出地.
    Out,
    /// 转入地.
    In,
}

/// An order at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// Who gave it.
    pub side: Side,
    /// Which attempt.
    pub attempt: u32,
    /// How much.
    pub fen: i64,
    /// What became of it.
    pub state: OrderState,
    /// What the center believes of it: that the bank does not know, or how it ended.
    pub known: Option<Known>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// It was taken in.
    Given,
    /// It was paid.
    Executed,
    /// It was not paid, and never will be.
    Failed(BankFailure),
}

/// What a center believes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Known {
    /// The bank does not know.
    Unknown,
    /// It was paid.
    Executed,
    /// It was not paid.
    Failed(BankFailure),
}

impl Known {
    fn outcome(self) -> BankOutcome {
        match self {
            Self::Unknown => BankOutcome::Unknown,
            Self::Executed => BankOutcome::Executed(today()),
            Self::Failed(failure) => BankOutcome::Failed(failure),
        }
    }
}

/// Money between two banks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parcel {
    /// Where it goes.
    pub to: Side,
    /// How much.
    pub fen: i64,
    /// It could not be credited and goes back.
    pub goes_back: bool,
}

/// A movement that a center has not heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notice {
    /// Whose special account.
    pub side: Side,
    /// Out of it or into it.
    pub direction: Direction,
    /// How much.
    pub fen: i64,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The transfer-out side, once it has the letter.
    pub out: Option<outgoing::course::Course>,
    /// The transfer-in side.
    pub incoming: incoming::course::Course,
    /// The letter is on its way.
    pub is_letter_out: bool,
    /// The withdrawal came before its letter.
    pub is_early: bool,
    /// A short sum is waited for.
    pub awaits_rest: bool,
    to_in: Thread<FromOut>,
    to_out: Thread<FromIn>,
    /// What a side will hear of its own statements, where it matters.
    pub acknowledgements: Vec<(Side, Delivered, Result<(), Refusal>)>,
    /// Orders at the bank whose end the centers do not know.
    pub orders: Vec<Order>,
    /// Money on its way.
    pub parcels: Vec<Parcel>,
    /// Movements that are not reported.
    pub notices: Vec<Notice>,
    /// What is booked.
    pub books: Books,
    /// Whether a second order was given while the end of one was not known.
    pub has_paid_twice: bool,
    /// Whether something that happened had no place at the transfer-in center.
    pub has_lost_an_event: bool,
    /// Whether the transfer-in center has ever said that sum and sheet differ.
    pub has_differed: bool,
    /// Whether a person of the transfer-in center has just decided to wait: a deadline calls again.
    pub has_chosen_to_wait: bool,
    /// Faults so far.
    pub faults: u8,
    /// Withdrawals so far.
    pub withdrawals: u8,
}

/// The day of everything: time does not pass in the model.
#[expect(clippy::expect_used, reason = "it is a day of the calendar")]
pub(super) fn today() -> Date {
    Date::new(2026, 5, 6).expect("6 May 2026 is a day")
}

/// An amount; none of the model is out of range.
pub(super) fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap_or(Fen::ZERO)
}

impl State {
    /// A letter that was just sent.
    pub(super) fn requested() -> Self {
        let mut incoming = incoming::course::Course::draft();
        incoming.state = incoming::IncomingState::Requested;
        Self {
            out: None,
            incoming,
            is_letter_out: true,
            is_early: false,
            awaits_rest: false,
            to_in: Thread::empty(),
            to_out: Thread::empty(),
            acknowledgements: Vec::new(),
            orders: Vec::new(),
            parcels: Vec::new(),
            notices: Vec::new(),
            books: Books::opened(),
            has_paid_twice: false,
            has_lost_an_event: false,
            has_differed: false,
            has_chosen_to_wait: false,
            faults: 0,
            withdrawals: 0,
        }
    }

    /// The statements to a side.
    pub(super) fn thread_to(&self, side: Side) -> &dyn Waiting {
        match side {
            Side::Out => &self.to_out,
            Side::In => &self.to_in,
        }
    }

    /// The transfer-out center says something.
    pub(super) fn say_out(&mut self, statement: FromOut) {
        self.to_in.say(statement);
    }

    /// The transfer-in center says something.
    pub(super) fn say_in(&mut self, statement: FromIn) {
        self.to_out.say(statement);
    }

    /// Where something leads; `None` where it cannot happen, or changes nothing.
    pub(super) fn after(&self, action: Action, bounds: Bounds) -> Option<Self> {
        let mut next = self.clone();
        next.apply(action, bounds)?;
        (next != *self).then_some(next)
    }

    /// Whether it is near enough to be looked at.
    pub(super) fn is_within(&self, bounds: Bounds) -> bool {
        let out = self.out.as_ref().map_or(0, |out| out.case.attempts);
        out.max(self.incoming.case.attempts) <= bounds.attempts
    }

    /// Lets something happen; `None` where it cannot.
    fn apply(&mut self, action: Action, bounds: Bounds) -> Option<()> {
        match action {
            Action::Letter(judgement) => self.take_letter(judgement, bounds),
            Action::Look(judgement) => self.look(judgement, bounds),
            Action::Withdraw => self.withdraw(),
            Action::Deliver(side, index, luck) => {
                self.deliver(side, index.checked_add(1)?, (luck, bounds))
            }
            Action::Repeat(side, luck) => self.deliver(side, 0, (luck, bounds)),
            Action::Acknowledge(index) => self.acknowledge(index, bounds),
            Action::Book(Side::Out, luck) => self.book_out((luck, bounds)),
            Action::Book(Side::In, _) => self.book_in(),
            Action::Refuse(_, cause) => self.refuse_out(cause, bounds),
            Action::Execute(index) => self.execute(index),
            Action::Fail(index, failure) => {
                self.faults = self.faults.checked_add(1)?;
                self.orders.get_mut(index)?.state = OrderState::Failed(failure);
                Some(())
            }
            Action::SayUnknown(index) => {
                self.faults = self.faults.checked_add(1)?;
                self.say_of_order(index, Known::Unknown, (Luck::Good, bounds))
            }
            Action::Say(index, luck) => {
                let known = match self.orders.get(index)?.state {
                    OrderState::Given => return None,
                    OrderState::Executed => Known::Executed,
                    OrderState::Failed(failure) => Known::Failed(failure),
                };
                self.say_of_order(index, known, (luck, bounds))
            }
            Action::Arrive(index) => self.arrive(index),
            Action::Split(index) => self.split(index),
            Action::Bounce(index) => self.bounce(index),
            Action::Notify(index, luck) => self.notify(index, (luck, bounds)),
            Action::EndDay => self.end_day(),
            Action::Overdue(side) => self.overdue(side, bounds),
            Action::DecideOut(choice, luck) => self.decide_out(choice, (luck, bounds)),
            Action::DecideIn(choice) => self.decide_in(choice),
        }
    }

    /// Brings a statement to a side, which handles it and what it has kept.
    fn deliver(&mut self, side: Side, step: usize, with: (Luck, Bounds)) -> Option<()> {
        match side {
            Side::Out if self.out.is_none() => self.deliver_early(step),
            Side::Out => {
                let mut next = self.to_out.bring(step);
                while let Some(statement) = next {
                    self.hear_out(statement, with)?;
                    next = self.to_out.kept();
                }
                self.is_luck_used(with.0, &[])
            }
            Side::In => {
                let mut next = self.to_in.bring(step);
                while let Some(statement) = next {
                    self.hear_in(statement);
                    next = self.to_in.kept();
                }
                Some(())
            }
        }
    }

    /// Before its letter only a withdrawal counts; anything else is brought again later.
    fn deliver_early(&mut self, step: usize) -> Option<()> {
        if step != 1 || self.is_early || self.to_out.first()? != FromIn::Cancellation {
            return None;
        }
        self.to_out.next();
        self.is_early = true;
        self.say_out(FromOut::CancellationAnswer(CancellationOutcome::Granted));
        Some(())
    }

    /// A center hears something of an order, and believes it or not.
    fn say_of_order(&mut self, index: usize, said: Known, with: (Luck, Bounds)) -> Option<()> {
        let order = *self.orders.get(index)?;
        let known = order.known.map(Known::outcome);
        let outcome = believed(known.as_ref(), &said.outcome(), false)?;
        // What is said of an order whose end is known changes nothing, so it need not be kept.
        if said == Known::Unknown {
            self.orders.get_mut(index)?.known = Some(said);
        } else {
            self.orders.remove(index);
        }
        match order.side {
            Side::Out => self.bank_out(order.attempt, outcome, with),
            Side::In => {
                self.bank_in(order.attempt, outcome);
                (with.0 == Luck::Good).then_some(())
            }
        }
    }

    /// The bank pays: the money leaves at once, and is on its way.
    fn execute(&mut self, index: usize) -> Option<()> {
        let order = self.orders.get_mut(index)?;
        order.state = OrderState::Executed;
        let Order { side, fen, .. } = *order;
        let to = match side {
            Side::Out => Side::In,
            Side::In => Side::Out,
        };
        self.put_notice(Notice { side, direction: Direction::Debit, fen });
        self.put_parcel(Parcel { to, fen, goes_back: false });
        Some(())
    }

    fn arrive(&mut self, index: usize) -> Option<()> {
        let Parcel { to, fen, .. } = self.take_parcel(index)?;
        self.put_notice(Notice { side: to, direction: Direction::Credit, fen });
        Some(())
    }

    fn split(&mut self, index: usize) -> Option<()> {
        self.faults = self.faults.checked_add(1)?;
        let parcel = self.take_parcel(index)?;
        self.put_parcel(Parcel { fen: 1, ..parcel });
        self.put_parcel(Parcel { fen: parcel.fen.checked_sub(1)?, ..parcel });
        Some(())
    }

    fn bounce(&mut self, index: usize) -> Option<()> {
        self.faults = self.faults.checked_add(1)?;
        let parcel = self.take_parcel(index)?;
        let to = match parcel.to {
            Side::Out => Side::In,
            Side::In => Side::Out,
        };
        self.put_parcel(Parcel { to, goes_back: true, ..parcel });
        Some(())
    }

    fn take_parcel(&mut self, index: usize) -> Option<Parcel> {
        (index < self.parcels.len()).then(|| self.parcels.remove(index))
    }

    /// Among parcels no order matters.
    fn put_parcel(&mut self, parcel: Parcel) {
        self.parcels.push(parcel);
        self.parcels.sort_unstable();
    }

    fn put_notice(&mut self, notice: Notice) {
        self.notices.push(notice);
        self.notices.sort_unstable();
    }

    /// A center is told of a movement; its core books it.
    fn notify(&mut self, index: usize, with: (Luck, Bounds)) -> Option<()> {
        if index >= self.notices.len() {
            return None;
        }
        let notice = self.notices.remove(index);
        if notice.direction == Direction::Debit {
            // Whatever else the bank says of the order comes late and changes nothing.
            let is_over =
                |order: &Order| order.side == notice.side && order.state == OrderState::Executed;
            self.orders.retain(|order| !is_over(order));
        }
        let signed = match notice.direction {
            Direction::Debit => notice.fen.checked_neg()?,
            Direction::Credit => notice.fen,
        };
        self.books.move_cash(notice.side == Side::Out, signed);
        match notice.side {
            Side::Out => self.moved_out((notice.direction, fen(notice.fen)), with),
            Side::In => {
                self.moved_in(notice.direction, fen(notice.fen));
                (with.0 == Luck::Good).then_some(())
            }
        }
    }

    /// A deadline passes.
    fn overdue(&mut self, side: Side, bounds: Bounds) -> Option<()> {
        let before = self.clone();
        match side {
            Side::Out => self.overdue_out(bounds)?,
            Side::In => self.overdue_in(),
        }
        // Where nobody waits, nothing is late.
        if *self == before {
            return None;
        }
        self.faults = self.faults.checked_add(1)?;
        Some(())
    }

    fn acknowledge(&mut self, index: usize, bounds: Bounds) -> Option<()> {
        if index >= self.acknowledgements.len() {
            return None;
        }
        let (side, what, outcome) = self.acknowledgements.remove(index);
        match side {
            Side::Out => self.undelivered_out(bounds),
            Side::In => {
                self.delivered_in(what, outcome);
                Some(())
            }
        }
    }

    /// Bad luck that no decision asked about is no other way.
    pub(super) fn is_luck_used(&mut self, luck: Luck, used: &[Luck]) -> Option<()> {
        if luck == Luck::Good {
            return Some(());
        }
        if !used.contains(&luck) {
            return None;
        }
        self.faults = self.faults.checked_add(1)?;
        Some(())
    }
}
