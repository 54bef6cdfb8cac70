//! Paying and being paid: what stands behind the port to the bank.
//!
//! **Promises.** Every driver speaks the same three sentences: order by id, ask by id, notices
//! since a cursor. What is not known is said to be unknown, never guessed.
//! **Left to others.** When to pay and what a notice means: the engine.

use fundlink_protocol::engine::input::Input;
use fundlink_protocol::settlement::{BankFailure, BankOrder, BankOrderId, BankOutcome, BankReply};
use tokio::sync::mpsc;

pub mod bank_api;
pub mod http;

/// The way from the engine to the bank. Nothing here waits.
#[derive(Clone, Debug)]
pub struct BankLine(Option<mpsc::Sender<BankCall>>);

/// What the engine wants of the bank.
#[derive(Clone, Debug)]
pub enum BankCall {
    /// Pay.
    Order(BankOrder),
    /// Say what became of an order.
    Ask(BankOrderId),
    /// Do not execute an order.
    Recall(BankOrderId),
}

/// Calls that may wait for the bank; past that the engine is told that nothing is known.
const CALLS_WAITING_MAX: usize = 1_024;

impl BankLine {
    /// The line of a center without a bank: nothing is ever paid, and the engine is told so.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// A line, and its other end for a driver.
    #[must_use]
    pub fn open() -> (Self, mpsc::Receiver<BankCall>) {
        let (calls, driver) = mpsc::channel(CALLS_WAITING_MAX);
        (Self(Some(calls)), driver)
    }

    /// Hands on an order; gives back what is known at once.
    #[must_use]
    pub fn order(&self, order: BankOrder) -> Option<Input> {
        let id = order.id;
        self.call(BankCall::Order(order), id, BankOutcome::Failed(BankFailure::Other))
    }

    /// Hands on the question what became of an order; gives back what is known at once.
    #[must_use]
    pub fn ask(&self, id: BankOrderId) -> Option<Input> {
        self.call(BankCall::Ask(id), id, BankOutcome::Unknown)
    }

    /// Hands on a recall; gives back what is known at once.
    #[must_use]
    pub fn recall(&self, id: BankOrderId) -> Option<Input> {
        self.call(BankCall::Recall(id), id, BankOutcome::Unknown)
    }

    fn call(&self, call: BankCall, order: BankOrderId, without: BankOutcome) -> Option<Input> {
        let outcome = match &self.0 {
            None => without,
            Some(calls) => match calls.try_send(call) {
                Ok(()) => return None,
                Err(_) => BankOutcome::Unknown,
            },
        };
        Some(Input::BankReply(BankReply { order, outcome }))
    }
}
