//! What a person must do before a transfer goes on (待办).
//!
//! **Promises.** A task names a role and a deadline, and changes nothing when the deadline passes;
//! but for those that only call a person, it stops its transfer until one has decided.
//! **Left to others.** Who the persons are: the configuration.

use minicbor::{Decode, Encode};

use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::transfer_command::Decision;
use crate::time::Date;

/// A decision that a transfer waits for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Task {
    /// Why a person must look.
    #[n(1)]
    pub reason: TaskReason,
    /// Who may decide.
    #[n(2)]
    pub role: OperatorRole,
    /// The last day.
    #[n(3)]
    pub due: Date,
    /// Where two must decide: what the first one said.
    #[n(4)]
    pub first: Option<FirstOpinion>,
}

/// What the first of two persons decided.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FirstOpinion {
    /// Who.
    #[n(1)]
    pub operator: OperatorId,
    /// What; a decision about a suspicious name holds the hash of the scan that was looked at.
    #[n(2)]
    pub decision: Decision,
}

/// Why a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum TaskReason {
    /// Incoming, `Draft`: a second person approves the letter (复核).
    #[n(1)]
    ApproveLetter,
    /// Outgoing, `Held`: the service is in mode `confirm`.
    #[n(2)]
    ConfirmAcceptance,
    /// Outgoing, `Held`: the amount is above what `auto` may decide.
    #[n(3)]
    LargeAmount,
    /// Outgoing, `Held`: the record has the 15-digit number of the same person; the clerk corrects it.
    #[n(4)]
    OldDocument,
    /// Outgoing, `Held`: the name on record lost characters; two persons look at a scan.
    #[n(5)]
    SuspiciousName,
    /// Outgoing, `Accepted`: a person names the value date.
    #[n(6)]
    ConfirmSettlement,
    /// Outgoing, `Settled`: core and engine differ on interest.
    #[n(7)]
    InterestDiffers,
    /// Outgoing, `PayFailed` or `Reversed`: the payment needs a person.
    #[n(8)]
    PaymentFailed,
    /// Incoming, `Negotiating`: the receiving account must be corrected or confirmed.
    #[n(9)]
    CorrectReceivingAccount,
    /// Incoming, `Negotiating`: the money differs from the sheet.
    #[n(10)]
    AmountDiffers,
    /// Either side: what was awaited did not come in time.
    #[n(11)]
    Overdue,
    /// Either side: the other node refused a statement for good.
    #[n(12)]
    StatementRefused,
    /// Outgoing: the core refused an order.
    #[n(13)]
    CoreRefused,
    /// Either side: money moved that no sheet explains.
    #[n(14)]
    UnexplainedMoney,
    /// Either side: one person has decided, and the center's rule asks for a second one.
    #[n(15)]
    ConfirmDecision,
    /// Outgoing, `Held`: a row about the person is in quarantine; the clerk has it healed first.
    #[n(16)]
    RowInQuarantine,
    /// The number of a letter was taken, and no new letter could be written.
    #[n(17)]
    LetterNumberTaken,
    /// Either side: the other center is revoked, and another has taken over.
    #[n(18)]
    CounterpartRevoked,
}

impl TaskReason {
    /// The reason as a stable word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ApproveLetter => "approve_letter",
            Self::ConfirmAcceptance => "confirm_acceptance",
            Self::LargeAmount => "large_amount",
            Self::OldDocument => "old_document",
            Self::SuspiciousName => "suspicious_name",
            Self::ConfirmSettlement => "confirm_settlement",
            Self::InterestDiffers => "interest_differs",
            Self::PaymentFailed => "payment_failed",
            Self::CorrectReceivingAccount => "correct_receiving_account",
            Self::AmountDiffers => "amount_differs",
            Self::Overdue => "overdue",
            Self::StatementRefused => "statement_refused",
            Self::CoreRefused => "core_refused",
            Self::UnexplainedMoney => "unexplained_money",
            Self::ConfirmDecision => "confirm_decision",
            Self::RowInQuarantine => "row_in_quarantine",
            Self::LetterNumberTaken => "letter_number_taken",
            Self::CounterpartRevoked => "counterpart_revoked",
        }
    }

    /// Which role decides.
    #[must_use]
    pub const fn role(self) -> OperatorRole {
        match self {
            Self::ConfirmAcceptance
            | Self::OldDocument
            | Self::SuspiciousName
            | Self::RowInQuarantine
            | Self::ConfirmSettlement
            | Self::CorrectReceivingAccount => OperatorRole::Clerk,
            Self::ApproveLetter
            | Self::LargeAmount
            | Self::InterestDiffers
            | Self::PaymentFailed
            | Self::AmountDiffers
            | Self::Overdue
            | Self::StatementRefused
            | Self::CoreRefused
            | Self::LetterNumberTaken
            | Self::UnexplainedMoney
            | Self::ConfirmDecision
            | Self::CounterpartRevoked => OperatorRole::Reviewer,
        }
    }

    /// Whether the transfer stands still until somebody has decided. The others only call a person,
    /// while what is awaited may still come.
    #[must_use]
    pub const fn stops(self) -> bool {
        !matches!(
            self,
            Self::Overdue
                | Self::StatementRefused
                | Self::UnexplainedMoney
                | Self::ConfirmDecision
                | Self::LetterNumberTaken
        )
    }

    /// Whether nothing but a person is waited for: going on to wait does not end the task.
    #[must_use]
    pub const fn waits_for_person_alone(self) -> bool {
        matches!(
            self,
            Self::ApproveLetter
                | Self::ConfirmAcceptance
                | Self::LargeAmount
                | Self::OldDocument
                | Self::SuspiciousName
                | Self::ConfirmSettlement
                | Self::InterestDiffers
                | Self::RowInQuarantine
                | Self::CounterpartRevoked
        )
    }

    /// Whether the look of a person that this task asks for settles what the rules ask for now: the
    /// record may have changed since, and a clerk who confirmed a number has confirmed no name.
    #[must_use]
    pub const fn covers(self, asked: Self) -> bool {
        matches!(
            (self, asked),
            (Self::SuspiciousName, Self::SuspiciousName | Self::OldDocument)
                | (Self::OldDocument, Self::OldDocument)
        )
    }

    /// Whether two different persons must decide alike, on the same scan.
    #[must_use]
    pub const fn needs_two(self) -> bool {
        matches!(self, Self::SuspiciousName)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use TaskReason::{
        AmountDiffers, ApproveLetter, ConfirmAcceptance, ConfirmDecision, ConfirmSettlement,
        CoreRefused, CorrectReceivingAccount, CounterpartRevoked, InterestDiffers, LargeAmount,
        LetterNumberTaken, OldDocument, Overdue, PaymentFailed, RowInQuarantine, StatementRefused,
        SuspiciousName, UnexplainedMoney,
    };

    /// What a task waits for: a person alone; a person who decides, or what a person has decided
    /// elsewhere; or the other side still, and a person is only called.
    const ALONE: [TaskReason; 9] = [
        ApproveLetter,
        ConfirmAcceptance,
        LargeAmount,
        OldDocument,
        SuspiciousName,
        ConfirmSettlement,
        InterestDiffers,
        RowInQuarantine,
        CounterpartRevoked,
    ];
    const DECIDES: [TaskReason; 4] =
        [PaymentFailed, CorrectReceivingAccount, AmountDiffers, CoreRefused];
    const CALLED: [TaskReason; 5] =
        [Overdue, StatementRefused, UnexplainedMoney, ConfirmDecision, LetterNumberTaken];

    #[test]
    fn a_task_stops_its_transfer_unless_what_is_awaited_may_still_come() {
        for (reasons, stops, alone) in
            [(&ALONE[..], true, true), (&DECIDES, true, false), (&CALLED, false, false)]
        {
            for reason in reasons {
                assert_eq!(reason.stops(), stops, "{reason:?}");
                assert_eq!(reason.waits_for_person_alone(), alone, "{reason:?}");
            }
        }
    }

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let all: Vec<TaskReason> = [&ALONE[..], &DECIDES, &CALLED].concat();
        let words: BTreeSet<&str> = all.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), all.len());
        assert!(words.iter().all(|word| word.len() > 3));
        assert_eq!(SuspiciousName.word(), "suspicious_name");
    }
}
