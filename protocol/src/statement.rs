//! The registry of statements: every signed message that someone may later have to prove.
//!
//! **Promises.** A statement's kind is its COSE content type,
//! `application/fundlink.<statement>.1+cbor`; its payload has one encoding.
//! **Left to others.** Signing and verifying: `cose`. What follows from one: the engine's handlers.

use crate::cbor;
use crate::center::CenterCode;
use crate::refusal::Refusal;
use crate::time::Timestamp;

pub mod certificate;
pub mod dialogue;
pub mod heartbeat;
pub mod incident;
pub mod lending;
pub mod membership;
pub mod query;
pub mod transfer;

/// What every payload names: who says it, to whom, and when.
pub trait Payload: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// The kind that this payload is.
    const KIND: StatementKind;

    /// The member that says it.
    fn from(&self) -> CenterCode;

    /// The member that it is said to; `None` for all.
    fn to(&self) -> Option<CenterCode>;

    /// When it was said, by the sender's clock.
    fn issued_at(&self) -> Timestamp;
}

/// Implements [`Payload`] for a struct with the fields `from`, `to` and `issued_at`.
macro_rules! addressed_payload {
    ($name:ident) => {
        impl $crate::statement::Payload for $name {
            const KIND: $crate::statement::StatementKind = $crate::statement::StatementKind::$name;

            fn from(&self) -> $crate::center::CenterCode {
                self.from
            }

            fn to(&self) -> Option<$crate::center::CenterCode> {
                Some(self.to)
            }

            fn issued_at(&self) -> $crate::time::Timestamp {
                self.issued_at
            }
        }
    };
}
pub(crate) use addressed_payload;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $payload:path;)*) => {
        /// The kinds of statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StatementKind {
            $($(#[$doc])* $name,)*
        }

        impl StatementKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name of the kind, as in the content type.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        /// A statement by its kind.
        #[derive(Clone, Debug)]
        pub enum Statement {
            $($(#[$doc])* $name(Box<$payload>),)*
        }

        impl Statement {
            /// Reads a payload of a kind.
            ///
            /// # Errors
            /// `MALFORMED` when the bytes are not the payload's one encoding.
            pub fn decode(kind: StatementKind, payload: &[u8]) -> Result<Self, Refusal> {
                match kind {
                    $(StatementKind::$name => cbor::decode(payload)
                        .map(|payload| Self::$name(Box::new(payload)))
                        .map_err(|_| Refusal::Malformed),)*
                }
            }

            /// The kind.
            #[must_use]
            pub const fn kind(&self) -> StatementKind {
                match self { $(Self::$name(_) => StatementKind::$name,)* }
            }

            /// The member that says it.
            #[must_use]
            pub fn from(&self) -> CenterCode {
                match self { $(Self::$name(payload) => payload.from(),)* }
            }

            /// The member that it is said to; `None` for all.
            #[must_use]
            pub fn to(&self) -> Option<CenterCode> {
                match self { $(Self::$name(payload) => payload.to(),)* }
            }

            /// When it was said, by the sender's clock.
            #[must_use]
            pub fn issued_at(&self) -> Timestamp {
                match self { $(Self::$name(payload) => payload.issued_at(),)* }
            }
        }
    };
}

statements! {
    /// A center's sign of life with its latest checkpoints (心跳).
    Heartbeat = "heartbeat", heartbeat::Heartbeat;
    /// The list of members (成员名册), signed by the authority.
    Roster = "roster", crate::roster::Roster;
    /// The authority's current roster key and its successor, signed by a root key.
    AuthorityKey = "authority-key", membership::AuthorityKey;
    /// A new member's keys, signed by them.
    Enrolment = "enrolment", membership::Enrolment;
    /// A member's new key, signed by its statement key in force.
    KeyChange = "key-change", membership::KeyChange;
    /// The tag key, sealed to one member.
    TagKeyBox = "tag-key-box", membership::TagKeyBox;
    /// A cross-city question.
    Query = "query", query::Query;
    /// Its answer, or the refusal of it.
    Answer = "answer", query::Answer;
    /// The contact letter (转移接续联系函).
    Letter = "letter", transfer::letter::Letter;
    /// The wish to withdraw a letter (撤销).
    Cancellation = "cancellation", transfer::letter::Cancellation;
    /// Whether the letter was withdrawn.
    CancellationAnswer = "cancellation-answer", transfer::reply::CancellationAnswer;
    /// The letter is accepted and the account locked (受理).
    Acceptance = "acceptance", transfer::reply::Acceptance;
    /// The letter is refused, with a reason R01–R99 (驳回).
    TransferRefusal = "transfer-refusal", transfer::reply::TransferRefusal;
    /// The refusal was read: the case is closed as failed (失败办结).
    RefusalConfirmation = "refusal-confirmation", transfer::reply::RefusalConfirmation;
    /// The info sheet (转移接续信息表).
    Sheet = "sheet", transfer::sheet::Sheet;
    /// The bank has confirmed the debit.
    Remittance = "remittance", transfer::notice::Remittance;
    /// What arrived differs from the sheet (协商).
    Difference = "difference", transfer::notice::Difference;
    /// The receiving account, corrected.
    Correction = "correction", transfer::notice::Correction;
    /// The settlement was undone (冲账).
    Reversal = "reversal", transfer::sheet::Reversal;
    /// The account stands as before the letter.
    Restoration = "restoration", transfer::sheet::Restoration;
    /// The money is on the person's account: both sides are done (办结).
    Credit = "credit", transfer::notice::Credit;
    /// The money was sent back.
    Return = "return", transfer::notice::Return;
    /// What only a center can see, told to the authority (异常事件报告).
    Incident = "incident", incident::Incident;
    /// The authority asks a center about an alert (质询).
    Inquiry = "inquiry", dialogue::Inquiry;
    /// The center's answer (说明).
    Explanation = "explanation", dialogue::Explanation;
    /// What the authority decides about an alert (结论).
    Ruling = "ruling", dialogue::Ruling;
    /// What became of the application for which a certificate was asked (回执).
    Receipt = "receipt", certificate::Receipt;
    /// The loan behind a receipt is over: the account is free again.
    CertificateRelease = "certificate-release", certificate::CertificateRelease;
    /// A certificate is taken back (撤回).
    CertificateRevocation = "certificate-revocation", certificate::CertificateRevocation;
    /// An open case, for the center that takes over from a revoked one (接管移交).
    Handover = "handover", transfer::handover::Handover;
    /// The center that took a case over says how a person there has finished it (接管办结).
    HandoverClosing = "handover-closing", transfer::handover::HandoverClosing;
    /// A center asks a witness for a lease on a loan intent (放款占用申请).
    LeaseRequest = "lease-request", lending::LeaseRequest;
    /// What the witness knows of the household (占用答复).
    LeaseAnswer = "lease-answer", lending::LeaseAnswer;
    /// The lease is over (占用结束).
    LeaseEnd = "lease-end", lending::LeaseEnd;
    /// The authority ends the leases of a silent center (占用裁定).
    LeaseRuling = "lease-ruling", lending::LeaseRuling;
}

impl StatementKind {
    /// The COSE content type.
    #[must_use]
    pub fn content_type(self) -> String {
        ["application/fundlink.", self.name(), ".1+cbor"].concat()
    }

    /// The kind of a content type.
    #[must_use]
    pub fn from_content_type(text: &str) -> Option<Self> {
        let name = text.strip_prefix("application/fundlink.")?.strip_suffix(".1+cbor")?;
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether statements of this kind are leaves of the audit log: all but those that go to
    /// everybody and prove themselves.
    #[must_use]
    pub const fn is_audited(self) -> bool {
        !matches!(self, Self::Heartbeat | Self::Roster | Self::AuthorityKey)
    }
}
