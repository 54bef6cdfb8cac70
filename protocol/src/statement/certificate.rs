//! What is said about a deposit certificate after its issue: receipt (回执), release, revocation.
//!
//! **Promises.** Each names the certificate by number and content, so that it speaks of one certificate
//! and of no other; none names the person.
//! **Left to others.** What follows: `engine::certificates`.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use super::transfer::letter::Remark;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::id::{ContentHash, OperatorMark, PayloadHash};
use crate::time::Timestamp;

/// The lender's receipt (回执): what became of the application for which the certificate was asked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// The lender.
    #[n(1)]
    pub from: CenterCode,
    /// The issuer.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// 证明编号.
    #[n(4)]
    pub number: CertificateNumber,
    /// BLAKE3 of the certificate, account and person within.
    #[n(5)]
    pub content: ContentHash,
    /// What the person of the certificate is in the loan.
    #[n(6)]
    pub applicant: Applicant,
    /// What the lender decided.
    #[n(7)]
    pub result: LoanResult,
    /// Who entered it, as a pseudonym that only the lender can resolve.
    #[n(8)]
    pub operator: OperatorMark,
    /// Words to the clerk there.
    #[n(9)]
    pub remark: Option<Remark>,
}
addressed_payload!(Receipt);

/// What the person of the certificate is in the loan (申请人身份).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Applicant {
    /// 本人.
    #[n(1)]
    Borrower,
    /// 参贷.
    #[n(2)]
    CoBorrower,
}

impl Applicant {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Borrower => "borrower",
            Self::CoBorrower => "co-borrower",
        }
    }

    /// The applicant with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Borrower, Self::CoBorrower].into_iter().find(|known| known.word() == word)
    }
}

/// What the lender decided (审批结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LoanResult {
    /// 准予贷款.
    #[n(1)]
    Granted,
    /// 不予贷款.
    #[n(2)]
    Declined,
}

impl LoanResult {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Declined => "declined",
        }
    }

    /// The result with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Granted, Self::Declined].into_iter().find(|known| known.word() == word)
    }
}

/// The loan behind a receipt is over: the account is free again (解除异地贷款标识).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CertificateRelease {
    /// The lender.
    #[n(1)]
    pub from: CenterCode,
    /// The issuer.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// 证明编号.
    #[n(4)]
    pub number: CertificateNumber,
    /// The receipt that granted the loan.
    #[n(5)]
    pub receipt: PayloadHash,
    /// Why.
    #[n(6)]
    pub cause: ReleaseCause,
    /// Who entered it.
    #[n(7)]
    pub operator: OperatorMark,
}
addressed_payload!(CertificateRelease);

/// Why an account is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ReleaseCause {
    /// The loan is paid back (结清).
    #[n(1)]
    Settled,
    /// The loan was never paid out: the applicant or the lender withdrew (撤回).
    #[n(2)]
    Withdrawn,
}

impl ReleaseCause {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The cause with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Settled, Self::Withdrawn].into_iter().find(|known| known.word() == word)
    }
}

/// The issuer takes a certificate back (撤回).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CertificateRevocation {
    /// The issuer.
    #[n(1)]
    pub from: CenterCode,
    /// The lender.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// 证明编号.
    #[n(4)]
    pub number: CertificateNumber,
    /// BLAKE3 of the certificate.
    #[n(5)]
    pub content: ContentHash,
    /// Why.
    #[n(6)]
    pub reason: RevocationReason,
    /// The certificate that takes its place.
    #[n(7)]
    pub superseded_by: Option<CertificateNumber>,
    /// More, in words.
    #[n(8)]
    pub remark: Option<Remark>,
}
addressed_payload!(CertificateRevocation);

/// Why a certificate is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum RevocationReason {
    /// A new certificate for the same lender takes its place.
    #[n(1)]
    Superseded,
    /// The applicant wants it back (本人申请撤回).
    #[n(2)]
    Applicant,
    /// What it says was wrong (信息有误).
    #[n(3)]
    Mistaken,
    /// The account was closed, transferred or frozen since (账户变动).
    #[n(4)]
    AccountChanged,
    /// Another lender has granted a loan on the account (已用于其他异地贷款).
    #[n(5)]
    AccountUsed,
    /// It was got by fraud (骗提骗贷).
    #[n(6)]
    Fraud,
    /// Something else, in words.
    #[n(99)]
    Other,
}

impl RevocationReason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Superseded,
        Self::Applicant,
        Self::Mistaken,
        Self::AccountChanged,
        Self::AccountUsed,
        Self::Fraud,
        Self::Other,
    ];

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Applicant => "applicant",
            Self::Mistaken => "mistaken",
            Self::AccountChanged => "account-changed",
            Self::AccountUsed => "account-used",
            Self::Fraud => "fraud",
            Self::Other => "other",
        }
    }

    /// The reason with this word, of those that a person may give.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let by_person = |reason: &Self| !matches!(reason, Self::Superseded | Self::AccountUsed);
        Self::ALL.into_iter().filter(by_person).find(|known| known.word() == word)
    }
}
