//! The info sheet (转移接续信息表) and what undoes it.
//!
//! **Promises.** A sheet carries the blinding with which both sides' digests commit to it.
//! **Left to others.** Who computed the amount: the core of the transfer-out center.

use minicbor::{Decode, Encode};

use super::account_facts::{DepositFacts, LoanFacts};
use super::step_statement;
use crate::account::AccountNumber;
use crate::id::{Blinding, PayloadHash};
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::time::Date;

step_statement!(
    /// The info sheet (信息表): what the account was, and what is paid for it. It has revisions.
    Sheet {
        /// The letter's number.
        7 number: LetterNumber,
        /// The account that the money comes from.
        8 account: AccountNumber,
        /// 1 for the first, then one more each.
        9 revision: u32,
        /// The sheet that this one replaces.
        10 replaces: Option<PayloadHash>,
        /// 本金.
        11 principal: Fen,
        /// 利息, settled to the value date.
        12 interest: Fen,
        /// The day to which interest was settled and on which the money is to move.
        13 value_date: Date,
        /// Months paid.
        14 deposits: DepositFacts,
        /// Loans.
        15 loans: LoanFacts,
        /// Blinds the commitments of both sides' digests to this sheet.
        16 blinding: Blinding,
    }
);

impl Sheet {
    /// 转移金额: principal and interest together; `None` beyond what N(18,2) holds.
    #[must_use]
    pub fn amount(&self) -> Option<Fen> {
        self.principal.checked_add(self.interest)
    }
}

/// Why a settlement was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ReversalCause {
    /// All of the money came back (退汇).
    #[n(1)]
    MoneyCameBack,
    /// It could not be paid before the year-end settlement of 30 June.
    #[n(2)]
    YearEnd,
    /// The center's rule or a person wanted a new sheet.
    #[n(3)]
    NewTerms,
}

step_statement!(
    /// The settlement of a sheet was undone (冲账); its money is with the transfer-out center.
    Reversal {
        /// The revision that was undone.
        7 revision: u32,
        /// Why.
        8 cause: ReversalCause,
    }
);

step_statement!(
    /// The account stands as before the letter: the case is over, and no money has moved.
    Restoration {}
);
