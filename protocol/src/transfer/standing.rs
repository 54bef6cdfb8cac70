//! What is decided by on either side of a transfer: the order on its way, the money, the task.
//!
//! **Promises.** Functions of their arguments; what they say of money is what the bank's lines say.
//! **Left to others.** Where a side stands, and what follows: `outgoing::course`, `incoming::course`.

use super::task::TaskReason;
use crate::core_system::CoreStep;
use crate::money::Fen;
use crate::settlement::Direction;

/// What both sides decide by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The order to the core whose outcome is not in.
    pub ordered: Option<CoreStep>,
    /// The movements of money under the letter.
    pub money: Money,
    /// The order to the bank whose end is not known.
    pub payment: Option<PaymentOnItsWay>,
    /// How often the bank was given an order.
    pub attempts: u32,
    /// What a person must do.
    pub task: Option<TaskReason>,
    /// The other center is revoked, and another looks after its side.
    pub is_taken_over: bool,
}

/// The sums of the bank's lines under a letter.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Money {
    /// What left.
    pub debited: Fen,
    /// What came.
    pub credited: Fen,
}

impl core::fmt::Debug for Money {
    /// Without amounts.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Money").finish_non_exhaustive()
    }
}

/// An order to the bank whose end is not known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentOnItsWay {
    /// Which attempt.
    pub attempt: u32,
    /// How much.
    pub amount: Fen,
    /// What the debits under the letter had come to when it was given.
    pub debited_before: Fen,
}

impl core::fmt::Debug for PaymentOnItsWay {
    /// Without amounts.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PaymentOnItsWay({})", self.attempt)
    }
}

impl PaymentOnItsWay {
    /// Whether the debits show that it was executed in full.
    #[must_use]
    pub fn is_advised(&self, debited: Fen) -> bool {
        self.debited_before.checked_add(self.amount).is_some_and(|whole| debited >= whole)
    }
}

impl Money {
    /// What moved in a direction, less what moved the other way.
    #[must_use]
    pub fn net(&self, direction: Direction) -> Fen {
        let net = match direction {
            Direction::Debit => self.debited.checked_sub(self.credited),
            Direction::Credit => self.credited.checked_sub(self.debited),
        };
        net.unwrap_or(Fen::ZERO)
    }

    /// One more movement.
    pub fn moved(&mut self, direction: Direction, amount: Fen) {
        let sum = match direction {
            Direction::Debit => &mut self.debited,
            Direction::Credit => &mut self.credited,
        };
        *sum = sum.checked_add(amount).unwrap_or(Fen::ZERO);
    }
}

impl Standing {
    /// Whether a task stops the transfer.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.task.is_some_and(TaskReason::stops)
    }

    /// Whether an order was executed in full, so that it is waited for no longer.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.payment.is_some_and(|payment| payment.is_advised(self.money.debited))
    }

    /// A state was entered: what only called a person because something was late is over.
    pub fn entered(&mut self, is_final: bool) {
        if is_final || self.task.is_some_and(|task| !task.stops()) {
            self.task = None;
        }
    }

    /// The bank was given an order.
    pub fn pay(&mut self, amount: Fen) {
        self.attempts = self.attempts.saturating_add(1);
        let debited_before = self.money.debited;
        self.payment = Some(PaymentOnItsWay { attempt: self.attempts, amount, debited_before });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    #[test]
    fn a_payment_ends_with_the_debit_of_all_of_it() {
        let mut standing = Standing::default();
        standing.money.moved(Direction::Debit, fen(30));
        standing.pay(fen(70));
        assert_eq!(standing.attempts, 1);
        for (amount, is_paid) in [(69, false), (1, true)] {
            standing.money.moved(Direction::Debit, fen(amount));
            assert_eq!(standing.is_paid(), is_paid);
        }
        standing.money.moved(Direction::Credit, fen(40));
        assert_eq!(standing.money.net(Direction::Debit), fen(60));
        assert_eq!(standing.money.net(Direction::Credit), fen(-60));
    }

    #[test]
    fn a_state_ends_what_only_called_a_person() {
        for (task, is_final, after) in [
            (TaskReason::Overdue, false, None),
            (TaskReason::PaymentFailed, false, Some(TaskReason::PaymentFailed)),
            (TaskReason::PaymentFailed, true, None),
        ] {
            let mut standing = Standing { task: Some(task), ..Standing::default() };
            standing.entered(is_final);
            assert_eq!(standing.task, after);
        }
    }
}
