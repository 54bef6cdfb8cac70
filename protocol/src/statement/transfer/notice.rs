//! What both centers say about the money of a sheet.
//!
//! **Promises.** Each names the revision that it is about; no amount shows in `Debug`.
//! **Left to others.** What follows: the two sides of the engine.

use minicbor::{Decode, Encode};

use super::letter::Remark;
use super::step_statement;
use crate::money::Fen;
use crate::settlement::{BankFailure, BankReference, SpecialAccount};
use crate::time::Date;

step_statement!(
    /// The bank has confirmed the debit; the account is closed (转出地已转账).
    Remittance {
        /// The revision that was paid.
        7 revision: u32,
        /// What has left, less what came back.
        8 amount: Fen,
        /// The day of the last debit.
        9 paid_on: Date,
        /// The bank's references of the debits.
        10 references: Vec<BankReference>,
    }
);

/// What differs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum DifferenceKind {
    /// Said by the transfer-in center: so much has arrived, less what was sent back.
    #[n(1)]
    Arrived(#[n(0)] Fen),
    /// Said by the transfer-out center: an attempt was not paid.
    #[n(2)]
    NotPaid(#[n(0)] u32, #[n(1)] BankFailure),
}

impl core::fmt::Debug for DifferenceKind {
    /// Without the amount.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Arrived(_) => f.write_str("Arrived(..)"),
            Self::NotPaid(attempt, failure) => write!(f, "NotPaid({attempt}, {failure:?})"),
        }
    }
}

step_statement!(
    /// Money and sheet do not agree (协商).
    Difference {
        /// The revision that it is about.
        7 revision: u32,
        /// What differs.
        8 kind: DifferenceKind,
    }
);

step_statement!(
    /// The receiving account, corrected or confirmed: the money can be ordered again.
    Correction {
        /// Where the money is to go.
        7 receiving: SpecialAccount,
    }
);

step_statement!(
    /// The money is on the person's account: both sides are done (办结).
    Credit {
        /// The revision that was credited.
        7 revision: u32,
        /// What was credited.
        8 amount: Fen,
        /// The day of the credit.
        9 credited_on: Date,
        /// Whether the case was in negotiation before (协商办结).
        10 negotiated: bool,
    }
);

step_statement!(
    /// The money was sent back: this case is over, a new try is a new letter.
    Return {
        /// The revision that was not credited.
        7 revision: u32,
        /// What was sent back.
        8 amount: Fen,
        /// Why, in words.
        9 remark: Option<Remark>,
    }
);
