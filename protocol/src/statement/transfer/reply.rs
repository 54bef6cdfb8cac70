//! What the transfer-out center says to a letter, before money moves.
//!
//! **Promises.** No amount and nothing about another person than the letter's stands in any of them.
//! **Left to others.** The reasons: `transfer::reason`.

use minicbor::{Decode, Encode};

use super::letter::Remark;
use super::step_statement;
use crate::center::CenterCode;
use crate::id::TransferId;
use crate::transfer::reason::RefusalReason;

/// Whether a letter was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum CancellationOutcome {
    /// Withdrawn; nothing was locked, or it is free again.
    #[n(1)]
    Granted,
    /// The letter was accepted before: only the transfer-out center can still refuse it.
    #[n(2)]
    TooLate,
}

/// How the person was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IdentityMatch {
    /// Name, document and account agree character by character.
    #[n(1)]
    Exact,
    /// The dot of a minority name was written in another form.
    #[n(2)]
    Folded,
    /// A person has looked and confirmed.
    #[n(3)]
    Confirmed,
}

step_statement!(
    /// Whether the letter was withdrawn.
    CancellationAnswer {
        /// Granted or too late.
        7 outcome: CancellationOutcome,
    }
);

step_statement!(
    /// The letter is accepted and the account locked (受理). No amount is named yet.
    Acceptance {
        /// How the person was found.
        7 identity: IdentityMatch,
    }
);

step_statement!(
    /// The letter is refused (驳回).
    TransferRefusal {
        /// R01 to R99.
        7 reason: RefusalReason,
        /// More in words; with R99 always.
        8 remark: Option<Remark>,
        /// With R14 for a number that was used: the letter that used it.
        9 older: Option<TransferId>,
        /// With R15: the center that holds the account.
        10 right_center: Option<CenterCode>,
    }
);

step_statement!(
    /// The refusal was read by the transfer-in center: the case is closed as failed (失败办结).
    RefusalConfirmation {}
);
