//! The statements of the dialogue on an alert: inquiry (质询), explanation (说明), ruling (结论).
//!
//! **Promises.** Each names its alert; an explanation names the inquiry that it answers. None has a
//! field for a person or an amount, and the words are checked for numbers of persons.
//! **Left to others.** What follows: `engine::alerts` at the authority, `engine::inquiries` at a
//! center.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::authority::dialogue::{CaseRemark, Finding, Verdict};
use crate::center::CenterCode;
use crate::id::{AlertId, PayloadHash};
use crate::time::{Date, Timestamp};

/// The authority asks a center about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inquiry {
    /// The authority.
    #[n(1)]
    pub from: CenterCode,
    /// The center that is asked.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The alert.
    #[n(4)]
    pub alert: AlertId,
    /// Its rule.
    #[n(5)]
    pub rule: AlertRule,
    /// What it is about.
    #[n(6)]
    pub subject: AlertSubject,
    /// What shows it.
    #[n(7)]
    pub evidence: Vec<Evidence>,
    /// The last day for the answer, by the working days of the network.
    #[n(8)]
    pub due: Date,
    /// What is asked, in words.
    #[n(9)]
    pub remark: Option<CaseRemark>,
}
addressed_payload!(Inquiry);

/// A center answers an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Explanation {
    /// The center that was asked.
    #[n(1)]
    pub from: CenterCode,
    /// The authority.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The alert.
    #[n(4)]
    pub alert: AlertId,
    /// The inquiry that it answers.
    #[n(5)]
    pub inquiry: PayloadHash,
    /// What the center has found.
    #[n(6)]
    pub finding: Finding,
    /// How it came about, in words.
    #[n(7)]
    pub remark: CaseRemark,
}
addressed_payload!(Explanation);

/// The authority decides about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ruling {
    /// The authority.
    #[n(1)]
    pub from: CenterCode,
    /// A center concerned.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The alert.
    #[n(4)]
    pub alert: AlertId,
    /// Its rule.
    #[n(5)]
    pub rule: AlertRule,
    /// What it is about.
    #[n(6)]
    pub subject: AlertSubject,
    /// What is decided.
    #[n(7)]
    pub verdict: Verdict,
    /// Why, in words.
    #[n(8)]
    pub remark: CaseRemark,
}
addressed_payload!(Ruling);
