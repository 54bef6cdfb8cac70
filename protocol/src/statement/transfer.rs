//! The statements of a transfer (异地转移接续).
//!
//! **Promises.** Each names its transfer, its place among its sender's statements, and the statement
//! that it answers, so that a receiver puts what arrives out of order back into order.
//! **Left to others.** What follows from one: `engine::transfers`.

use crate::center::CenterCode;
use crate::id::{PayloadHash, TransferId};
use crate::statement::{Statement, StatementKind};
use crate::time::Timestamp;

pub mod account_facts;
pub mod handover;
pub mod letter;
pub mod notice;
pub mod reply;
pub mod sheet;

/// A statement of a transfer other than its letter.
pub trait Step {
    /// The transfer.
    fn transfer(&self) -> TransferId;

    /// Its place among its sender's statements of the transfer, from 1; the letter is the first of
    /// the transfer-in center.
    fn step(&self) -> u32;

    /// The last statement of the other center that the sender had when it said this.
    fn answers(&self) -> PayloadHash;
}

macro_rules! transfer_steps {
    ($($(#[$doc:meta])* $name:ident($path:path);)*) => {
        /// The statements of a transfer other than its letter.
        #[derive(Clone, Copy, Debug)]
        pub enum TransferStep<'a> {
            $($(#[$doc])* $name(&'a $path),)*
        }

        impl<'a> TransferStep<'a> {
            /// A statement as one of a transfer, if it is one.
            #[must_use]
            pub fn of(statement: &'a Statement) -> Option<Self> {
                $(if let Statement::$name(said) = statement {
                    return Some(Self::$name(said));
                })*
                None
            }

            /// What all of them name.
            #[must_use]
            pub fn step(self) -> &'a dyn Step {
                match self { $(Self::$name(said) => said,)* }
            }

            /// Whether a kind of statement is one of these.
            #[must_use]
            pub const fn is_kind(kind: StatementKind) -> bool {
                $(matches!(kind, StatementKind::$name))||*
            }
        }
    };
}

transfer_steps! {
    /// 撤销.
    Cancellation(letter::Cancellation);
    /// The answer to it.
    CancellationAnswer(reply::CancellationAnswer);
    /// 受理.
    Acceptance(reply::Acceptance);
    /// 驳回.
    TransferRefusal(reply::TransferRefusal);
    /// The refusal was read.
    RefusalConfirmation(reply::RefusalConfirmation);
    /// 信息表.
    Sheet(sheet::Sheet);
    /// The debit is confirmed.
    Remittance(notice::Remittance);
    /// 协商.
    Difference(notice::Difference);
    /// The receiving account, corrected.
    Correction(notice::Correction);
    /// 冲账.
    Reversal(sheet::Reversal);
    /// The account stands as before.
    Restoration(sheet::Restoration);
    /// 办结.
    Credit(notice::Credit);
    /// The money was sent back.
    Return(notice::Return);
}

/// Declares a statement of a transfer: the six fields that all have, then its own from key 7.
macro_rules! step_statement {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $key:literal $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
        #[cbor(map)]
        pub struct $name {
            /// The sender.
            #[n(1)]
            pub from: $crate::center::CenterCode,
            /// The receiver.
            #[n(2)]
            pub to: $crate::center::CenterCode,
            /// When it was said.
            #[n(3)]
            pub issued_at: $crate::time::Timestamp,
            /// The transfer.
            #[n(4)]
            pub transfer: $crate::id::TransferId,
            /// Its place among the sender's statements of the transfer.
            #[n(5)]
            pub step: u32,
            /// The last statement of the other center that the sender had.
            #[n(6)]
            pub answers: $crate::id::PayloadHash,
            $($(#[$field_doc])* #[n($key)] pub $field: $kind,)*
        }

        $crate::statement::addressed_payload!($name);

        impl $crate::statement::transfer::Step for $name {
            fn transfer(&self) -> $crate::id::TransferId {
                self.transfer
            }

            fn step(&self) -> u32 {
                self.step
            }

            fn answers(&self) -> $crate::id::PayloadHash {
                self.answers
            }
        }

        impl core::fmt::Debug for $name {
            /// Without amounts, numbers and words.
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("transfer", &self.transfer)
                    .field("step", &self.step)
                    .finish_non_exhaustive()
            }
        }
    };
}
use step_statement;

/// The six fields that every [`Step`] begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepHead {
    pub(crate) from: CenterCode,
    pub(crate) to: CenterCode,
    pub(crate) issued_at: Timestamp,
    pub(crate) transfer: TransferId,
    pub(crate) step: u32,
    pub(crate) answers: PayloadHash,
}

/// Builds a statement from its head and its own fields.
macro_rules! step {
    ($head:expr, $name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let head: $crate::statement::transfer::StepHead = $head;
        $name {
            from: head.from,
            to: head.to,
            issued_at: head.issued_at,
            transfer: head.transfer,
            step: head.step,
            answers: head.answers,
            $($field $(: $value)?),*
        }
    }};
}
pub(crate) use step;

#[cfg(test)]
mod tests;
