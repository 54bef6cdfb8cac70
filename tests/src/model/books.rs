//! What the cores of both centers and the bank have booked for the one account of the model.
//!
//! **Promises.** Books what it is told, also what is wrong: whether it is right is a promise's matter.
//! **Left to others.** What is to be booked: the centers' decisions. Interest: the ledger's tests.

use fundlink_protocol::core_system::CoreStep;
use fundlink_protocol::money::Fen;

/// What the account holds at first, in fen: two, so that a part of it can be lost or come alone.
pub(super) const BALANCE: i64 = 2;

/// Who holds what, in fen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Books {
    /// On the account at the transfer-out center.
    pub account_out: i64,
    /// In its suspense: settled, and not known to have left.
    pub suspense_out: i64,
    /// In its special account at the bank, as its core knows it.
    pub cash_out: i64,
    /// On the account at the transfer-in center.
    pub account_in: i64,
    /// In its suspense: arrived, and not credited.
    pub suspense_in: i64,
    /// In its special account, as its core knows it.
    pub cash_in: i64,
    /// Whether the account at the transfer-out center is held for the transfer.
    pub is_locked: bool,
    /// Whether it is closed.
    pub is_closed: bool,
    /// Settlements that are not undone.
    pub debits: u8,
    /// Credits.
    pub credits: u8,
}

impl Books {
    /// Before the letter.
    pub const fn opened() -> Self {
        Self {
            account_out: BALANCE,
            suspense_out: 0,
            cash_out: BALANCE,
            account_in: 0,
            suspense_in: 0,
            cash_in: 0,
            is_locked: false,
            is_closed: false,
            debits: 0,
            credits: 0,
        }
    }

    /// Carries out an order to a core; for a credit, so much.
    pub fn carry_out(&mut self, step: CoreStep, credit: Fen) {
        match step {
            CoreStep::Lock => self.is_locked = true,
            CoreStep::Unlock => self.is_locked = false,
            CoreStep::Settle => {
                self.suspense_out += self.account_out;
                self.account_out = 0;
                self.debits = self.debits.saturating_add(1);
            }
            CoreStep::Close => {
                self.is_closed = true;
                self.is_locked = false;
            }
            CoreStep::Reverse => {
                self.account_out += self.suspense_out;
                self.suspense_out = 0;
                self.debits = self.debits.saturating_sub(1);
                self.is_closed = false;
                self.is_locked = true;
            }
            CoreStep::Credit => {
                self.suspense_in -= credit.get();
                self.account_in += credit.get();
                self.credits = self.credits.saturating_add(1);
            }
        }
    }

    /// Money left the special account of a side, or came to it.
    pub const fn move_cash(&mut self, is_out: bool, fen: i64) {
        if is_out {
            self.cash_out += fen;
            self.suspense_out += fen;
        } else {
            self.cash_in += fen;
            self.suspense_in += fen;
        }
    }

    /// Whether a book says that more has left than was there.
    pub const fn is_overdrawn(&self) -> bool {
        self.account_out < 0 || self.suspense_out < 0 || self.account_in < 0 || self.suspense_in < 0
    }

    /// Whether both ledgers sum to zero: what each owes is what lies at its bank.
    pub const fn is_balanced(&self) -> bool {
        self.account_out + self.suspense_out == self.cash_out
            && self.account_in + self.suspense_in == self.cash_in
    }
}
