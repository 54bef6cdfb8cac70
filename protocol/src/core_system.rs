//! The port to the core business system (核心业务系统): orders out, outcomes in.
//!
//! The core is a second system and no commit spans both. An order holds every choice already made,
//! so that a retry decides nothing anew.
//!
//! **Promises.** An order id is a hash of (transfer, step, attempt); the core applies each id once,
//! answers a repeat with the stored outcome, and refuses an id that comes with other content. Of one
//! transfer one settlement stands at a time, and one credit: as long as it does, the core refuses another
//! under whatever id, and keeps the lock, as `Busy`. A node whose store was put back may not know of it.
//! **Left to others.** When to order what: the engine's transfers. The embedded core: `ledger`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::{AccountNumber, SerialNumber};
use crate::id::{OrderId, TransferId};
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::time::Date;

/// An order to the core.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CoreOrder {
    /// Names it.
    #[n(1)]
    pub id: OrderId,
    /// The transfer that it belongs to.
    #[n(2)]
    pub transfer: TransferId,
    /// What is to be done.
    #[n(3)]
    pub action: CoreAction,
    /// How often this step was ordered for the transfer, from 1.
    #[n(4)]
    pub attempt: u32,
}

impl CoreOrder {
    /// An order; its id follows from transfer, step and attempt.
    #[must_use]
    pub fn new(transfer: TransferId, attempt: u32, action: CoreAction) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 core order id");
        hasher.update(transfer.as_bytes());
        hasher.update(&[action.step() as u8]).update(&attempt.to_be_bytes());
        Self { id: OrderId::new(*hasher.finalize().as_bytes()), transfer, action, attempt }
    }
}

/// What the core is to do, with every choice made.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum CoreAction {
    /// Let no other business touch the account; its status stays.
    #[n(1)]
    Lock(#[n(0)] AccountNumber),
    /// Let the account go, as it was before the lock; done as well where this transfer has no lock on it.
    #[n(2)]
    Unlock(#[n(0)] AccountNumber),
    /// Settle interest to the value date and move the account to suspense, in one posting (row 07);
    /// refused when more than the cap would move.
    #[n(3)]
    Settle(#[n(0)] AccountNumber, #[n(1)] Date, #[n(2)] Fen),
    /// Close the account: its money has left (status 04).
    #[n(4)]
    Close(#[n(0)] AccountNumber, #[n(1)] Date),
    /// Undo the settlement that this order made, on the core's own day (冲账); the account is locked
    /// after it.
    #[n(5)]
    Reverse(#[n(0)] AccountNumber, #[n(1)] OrderId),
    /// Credit the account from suspense (row 08) with principal and interest, on this day.
    #[n(6)]
    Credit(#[n(0)] AccountNumber, #[n(1)] Fen, #[n(2)] Fen, #[n(3)] Date),
}

/// The kind of an action, as it stands in the order's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
#[repr(u8)]
pub enum CoreStep {
    /// See [`CoreAction::Lock`].
    #[n(1)]
    Lock = 1,
    /// See [`CoreAction::Unlock`].
    #[n(2)]
    Unlock = 2,
    /// See [`CoreAction::Settle`].
    #[n(3)]
    Settle = 3,
    /// See [`CoreAction::Close`].
    #[n(4)]
    Close = 4,
    /// See [`CoreAction::Reverse`].
    #[n(5)]
    Reverse = 5,
    /// See [`CoreAction::Credit`].
    #[n(6)]
    Credit = 6,
}

impl CoreAction {
    /// Its kind.
    #[must_use]
    pub const fn step(&self) -> CoreStep {
        match self {
            Self::Lock(..) => CoreStep::Lock,
            Self::Unlock(..) => CoreStep::Unlock,
            Self::Settle(..) => CoreStep::Settle,
            Self::Close(..) => CoreStep::Close,
            Self::Reverse(..) => CoreStep::Reverse,
            Self::Credit(..) => CoreStep::Credit,
        }
    }

    /// The account that it touches.
    #[must_use]
    pub const fn account(&self) -> &AccountNumber {
        match self {
            Self::Lock(account)
            | Self::Unlock(account)
            | Self::Settle(account, ..)
            | Self::Close(account, ..)
            | Self::Reverse(account, ..)
            | Self::Credit(account, ..) => account,
        }
    }
}

impl fmt::Debug for CoreAction {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoreAction({:?})", self.step())
    }
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum CoreOutcome {
    /// Done, once.
    #[n(1)]
    Done(#[n(0)] CoreReceipt),
    /// Not done, and this id never will be.
    #[n(2)]
    Refused(#[n(0)] CoreRefusal),
    /// The core cannot say: the same order is sent again.
    #[n(3)]
    Unknown,
}

/// How the core booked an order.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CoreReceipt {
    /// 业务流水号 of the booking.
    #[n(1)]
    pub serial: SerialNumber,
    /// 记账日期.
    #[n(2)]
    pub posted_on: Date,
    /// 本金 that moved; nothing where no money moves.
    #[n(3)]
    pub principal: Fen,
    /// 利息 that was settled and moved.
    #[n(4)]
    pub interest: Fen,
}

impl fmt::Debug for CoreReceipt {
    /// Without amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreReceipt")
            .field("serial", &self.serial)
            .field("posted_on", &self.posted_on)
            .finish_non_exhaustive()
    }
}

/// Why the core did not do it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CoreRefusal {
    /// The kind of cause.
    #[n(1)]
    pub cause: CoreCause,
    /// More, in words without personal data.
    #[n(2)]
    pub detail: Option<PlainText<200>>,
}

impl CoreRefusal {
    /// A refusal without more words.
    #[must_use]
    pub const fn of(cause: CoreCause) -> Self {
        Self { cause, detail: None }
    }
}

/// The kinds of cause for which the core refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum CoreCause {
    /// No such account.
    #[n(1)]
    NoAccount,
    /// The account's status does not allow it.
    #[n(2)]
    Status,
    /// A court froze the account.
    #[n(3)]
    Frozen,
    /// Another business holds the account, or a settlement or credit of this transfer stands already.
    #[n(4)]
    Busy,
    /// More than the cap would move.
    #[n(5)]
    Cap,
    /// Suspense does not hold so much.
    #[n(6)]
    Suspense,
    /// The id came with other content before.
    #[n(7)]
    OtherContent,
    /// Interest cannot be computed from the account's rows.
    #[n(8)]
    History,
    /// Anything else.
    #[n(9)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn the_id_names_transfer_step_and_attempt_and_nothing_else() {
        let account = |text| AccountNumber::parse(text).unwrap();
        let transfer = TransferId::new([7; 32]);
        let lock = CoreOrder::new(transfer, 1, CoreAction::Lock(account("1")));
        assert_eq!(lock.id, CoreOrder::new(transfer, 1, CoreAction::Lock(account("2"))).id);
        assert_ne!(lock.id, CoreOrder::new(transfer, 2, CoreAction::Lock(account("1"))).id);
        assert_ne!(lock.id, CoreOrder::new(transfer, 1, CoreAction::Unlock(account("1"))).id);
        assert_eq!(cbor::decode(&cbor::encode(&lock)), Ok(lock));
    }
}
