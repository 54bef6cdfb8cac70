//! Incidents (异常事件): what only a center can see, and tells the authority of.
//!
//! **Promises.** An incident has a rule, a pseudonym and a day; no person, no number, no amount.
//! **Left to others.** Seeing it and telling once: `engine::incidents`.

use minicbor::{Decode, Encode};

use super::alert::AlertSubject;
use super::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::id::ReferenceTag;

/// Cases under which a count is not told: fewer could be found again one by one.
pub const COUNT_MIN: u32 = 5;

macro_rules! incident_rules {
    ($($(#[$doc:meta])* $rule:ident = $number:literal;)*) => {
        /// What a center has seen. Each stands for the alert rule of the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum IncidentRule {
            $($(#[$doc])* #[n($number)] $rule,)*
        }

        impl IncidentRule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The rule of the alert that it raises.
            #[must_use]
            pub const fn alert_rule(self) -> AlertRule {
                match self { $(Self::$rule => AlertRule::$rule,)* }
            }
        }
    };
}

incident_rules! {
    /// What arrived differs from the sheet.
    ReceivedDiffers = 1;
    /// The core's interest differs from the recomputation.
    InterestDiffers = 2;
    /// A letter number came with another content.
    LetterNumberReused = 3;
    /// What was awaited in a transfer did not come in time.
    DeadlineMissed = 4;
    /// A court froze an account whose money had left.
    FreezeTooLate = 5;
    /// A frozen account is frozen no more, before its time.
    FreezeEnded = 6;
    /// An operator asked about many persons, and no business followed.
    QueriesWithoutBusiness = 7;
    /// Rows were booked into days that were closed.
    BackDated = 8;
    /// An answer does not open the commitment that was published.
    DigestMismatch = 9;
    /// The bank moved more under a letter than its sheet explains.
    PaidBeyondSheet = 10;
    /// A withdrawal was booked after the account was locked or had left.
    WithdrawnInTransfer = 11;
    /// A deposit was booked to a closed account.
    DepositAfterClosing = 12;
    /// A transfer out was booked that no letter explains.
    TransferWithoutLetter = 13;
    /// One bank card stands with five persons or more.
    SharedCard = 14;
    /// More than a fifth of a unit's staff was transferred out within a month.
    UnitLeaves = 15;
}

impl IncidentRule {
    /// Whether what follows in the logs can show that all is well again: both sides of the transfer
    /// have published the same sheet.
    #[must_use]
    pub const fn heals_with_the_transfer(self) -> bool {
        match self {
            Self::ReceivedDiffers | Self::DeadlineMissed => true,
            Self::InterestDiffers
            | Self::LetterNumberReused
            | Self::FreezeTooLate
            | Self::FreezeEnded
            | Self::QueriesWithoutBusiness
            | Self::BackDated
            | Self::DigestMismatch
            | Self::PaidBeyondSheet
            | Self::WithdrawnInTransfer
            | Self::DepositAfterClosing
            | Self::TransferWithoutLetter
            | Self::SharedCard
            | Self::UnitLeaves => false,
        }
    }
}

/// What an incident is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum IncidentSubject {
    /// A transfer.
    #[n(1)]
    Transfer(#[n(0)] ReferenceTag),
    /// An account of the center.
    #[n(2)]
    Account(#[n(0)] ReferenceTag),
    /// A center as a whole.
    #[n(3)]
    Center(#[n(0)] CenterCode),
}

impl IncidentSubject {
    /// What the alert is about that it raises.
    #[must_use]
    pub const fn alert_subject(self) -> AlertSubject {
        match self {
            Self::Transfer(reference) => AlertSubject::Transfer(reference),
            Self::Account(reference) => AlertSubject::Account(reference),
            Self::Center(center) => AlertSubject::Member(center),
        }
    }
}
