//! What may happen to an outgoing transfer, with the facts that it brings.
//!
//! **Promises.** Everything that an outgoing transfer is decided by comes in as one of these.
//! **Left to others.** What follows: `step`. Where the facts come from: the engine's handlers.

use super::course::Intent;
use crate::core_system::{CoreCause, CoreStep};
use crate::money::Fen;
use crate::settlement::{BankFailure, BankOutcome, Direction};
use crate::time::Date;
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The letter was held against the rules.
    Judged(Judgement),
    /// 撤销.
    Cancellation,
    /// The refusal was read.
    RefusalConfirmation,
    /// The receiving account is another; how it goes on where a settlement was undone.
    Correction(Onward),
    /// So much has arrived of a revision.
    Difference(u32, Fen),
    /// A revision was credited with so much; `true` after a negotiation.
    Credit(u32, Fen, bool),
    /// The money was sent back for good.
    Return,
    /// The core has carried out the order on its way.
    Done(Done),
    /// The core has refused the order on its way.
    CoreRefused(CoreStep, CoreCause),
    /// The bank has said something of an attempt.
    Bank(u32, BankOutcome),
    /// An attempt failed, as this center said before its store forgot it.
    FailedBefore(BankFailure),
    /// The bank has reported a movement under the letter.
    Moved(Direction, Fen),
    /// It is time to look at a payment that was put off.
    PayDue,
    /// The other node refused a statement for good.
    Undelivered,
    /// What was awaited did not come in time.
    Overdue,
    /// A person has decided.
    Decided(Choice),
    /// How it goes on with an account that is accepted.
    Accepted(Onward),
    /// The settlement is undone, as this center said before its store forgot it.
    Undo(Intent),
    /// The facts for a settlement.
    Settlement(SettlementFacts),
    /// The facts for a sheet.
    Sheet(SheetFacts),
    /// The facts for a payment.
    Payment(PaymentFacts),
    /// All that followed from an outcome of the core was carried out.
    OutcomeTaken,
}

/// What the rules say of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is refused.
    Refuse(RefusalReason),
    /// A person must look first.
    Hold(TaskReason),
    /// The account is to be locked.
    Lock,
}

/// What the core has carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The account is locked.
    Locked,
    /// The account is free.
    Unlocked,
    /// So much is in suspense.
    Settled(Fen),
    /// The account is closed.
    Closed,
    /// The settlement is undone.
    Reversed,
}

/// How it goes on with an account that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// The rules alone settle it.
    ByItself,
    /// A person names the value date.
    ByPerson,
    /// As this center said before its store forgot it.
    AsSaid,
}

/// What a person may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The letter is refused.
    Refuse(RefusalReason),
    /// The account is settled for a day.
    Settle(Date),
    /// The sheet is sent as it stands.
    SendSheet,
    /// The payment is ordered again.
    PayAgain,
    /// The settlement is undone and made anew for a day.
    Renew(Date),
    /// The account is restored.
    Restore,
    /// The case is over, because the other center is revoked (接管办结).
    Close,
}

/// What is asked before a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementFacts {
    /// For which day.
    pub value_date: Date,
    /// Whether the record is here.
    pub has_record: bool,
    /// What has come between.
    pub obstacle: Option<RefusalReason>,
}

/// What is asked before a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetFacts {
    /// Whether the record is here.
    pub has_record: bool,
    /// Whether core and engine agree on the amount.
    pub agrees: bool,
    /// Whether a person has taken the amount as it stands.
    pub is_decided: bool,
}

/// What is asked before a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The day on which it would be executed.
    pub execute_on: Date,
    /// Whether the sheet still holds on that day.
    pub may_pay: bool,
    /// Whether the value date has come.
    pub is_due: bool,
    /// Whether the node may have forgotten what it promised.
    pub is_recovering: bool,
    /// Whether the center has an account to pay from.
    pub has_account: bool,
}

/// What a center decides by rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A withdrawal is granted until the account is settled.
    pub cancellable_until_settled: bool,
    /// The core may hold a lock that this store has forgotten: it is ended with the letter.
    pub may_be_locked: bool,
}
