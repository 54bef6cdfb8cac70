//! The statements of a transfer (异地转移接续).
//!
//! **Promises.** Each names its transfer, its place among its sender's statements, and the statement
//! that it answers, so that a receiver puts what arrives out of order back into order.
//! **Left to others.** What follows from one: `engine::transfers`.

use crate::id::{PayloadHash, TransferId};

pub mod account_facts;
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

#[cfg(test)]
mod tests;
