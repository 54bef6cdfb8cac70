//! The deposit certificate for an off-site loan (异地贷款职工住房公积金缴存使用证明).
//!
//! The form is the one that lenders ask for on paper, typed: so a certificate is data that the
//! lender's rules read, signed by the issuing center and committed to in its public log.
//!
//! **Promises.** A certificate is valid for two months from its issue; its number is unique.
//! **Left to others.** Issuing, use, expiry: `engine::certificates`. How it is printed: [`form`].

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::{AccountNumber, AccountStatus};
use crate::center::CenterCode;
use crate::deposit_history::DepositHistory;
use crate::deposit_history::is_live;
use crate::loan::{LoanContract, LoanRole, LoanStatus, RepaymentMethod};
use crate::money::Fen;
use crate::purpose::Purpose;
use crate::record::{Employment, FraudMark, ImportedHistory, Person, Withdrawal};
use crate::time::Date;

pub mod form;

/// Months for which a certificate is valid.
pub const VALID_MONTHS: i32 = 2;

/// The number of a certificate, such as `140100-C-2026-000311`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct CertificateNumber {
    /// The issuing center.
    #[n(1)]
    pub issuer: CenterCode,
    /// The year of issue.
    #[n(2)]
    pub year: u16,
    /// Its place in the year, from 1.
    #[n(3)]
    pub serial: u32,
}

impl CertificateNumber {
    /// The number as a key of the store: in order of issue.
    #[must_use]
    pub fn to_key(self) -> [u8; 6] {
        let [a, b] = self.year.to_be_bytes();
        let [c, d, e, f] = self.serial.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-C-{:04}-{:06}", self.issuer, self.year, self.serial)
    }
}

impl fmt::Debug for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateNumber({self})")
    }
}

/// A text that is not the number of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number of a certificate has the form 140100-C-2026-000311")]
pub struct CertificateNumberError;

impl CertificateNumber {
    /// Parses a number.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, CertificateNumberError> {
        let wrong = CertificateNumberError;
        let (issuer, rest) = text.split_once("-C-").ok_or(wrong)?;
        let (year, serial) = rest.split_once('-').ok_or(wrong)?;
        let number = Self {
            issuer: CenterCode::parse(issuer).map_err(|_| wrong)?,
            year: year.parse().map_err(|_| wrong)?,
            serial: serial.parse().map_err(|_| wrong)?,
        };
        // One number has one form.
        if number.serial > 0 && number.to_string() == text { Ok(number) } else { Err(wrong) }
    }
}

/// What a center certifies about one account.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Certificate {
    /// 证明编号.
    #[n(1)]
    pub number: CertificateNumber,
    /// Who issues it.
    #[n(2)]
    pub issuer: CenterCode,
    /// For whom it is written (致…中心).
    #[n(3)]
    pub requester: CenterCode,
    /// The person, as the issuing center has it.
    #[n(4)]
    pub subject: Person,
    /// 个人账号.
    #[n(5)]
    pub account: AccountNumber,
    /// 单位名称, 单位缴存比例, 个人缴存比例; none for the self-employed.
    #[n(6)]
    pub employment: Option<Employment>,
    /// As of when.
    #[n(7)]
    pub as_of: Date,
    /// 开户日期.
    #[n(8)]
    pub opened_on: Date,
    /// 个人账户状态.
    #[n(9)]
    pub status: AccountStatus,
    /// 个人缴存基数.
    #[n(10)]
    pub contribution_base: Fen,
    /// 个人月缴存额.
    #[n(11)]
    pub person_monthly: Fen,
    /// 单位月缴存额.
    #[n(12)]
    pub unit_monthly: Fen,
    /// 个人账户余额.
    #[n(13)]
    pub balance: Fen,
    /// The months paid for here: total, streak, gaps and 缴至年月 follow from them.
    #[n(14)]
    pub history: DepositHistory,
    /// What came with transfers.
    #[n(15)]
    pub imported: Vec<ImportedHistory>,
    /// The loans here, in any role.
    #[n(16)]
    pub loans: Vec<CertificateLoan>,
    /// Withdrawals of the last 24 months.
    #[n(17)]
    pub withdrawals: Vec<Withdrawal>,
    /// A fraud on record (骗提骗贷).
    #[n(18)]
    pub fraud: Option<FraudMark>,
    /// For which purpose it was asked.
    #[n(19)]
    pub purpose: Purpose,
    /// The last day of its validity.
    #[n(20)]
    pub valid_until: Date,
    /// The certificate of the same account and requester that it replaces.
    #[n(21)]
    pub supersedes: Option<CertificateNumber>,
}

impl fmt::Debug for Certificate {
    /// Without names, account numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Certificate {
    /// The account status of the form (账户状态): its four boxes.
    #[must_use]
    pub fn account_box(&self) -> AccountBox {
        match self.status {
            AccountStatus::Normal if self.is_in_arrears() => AccountBox::Arrears,
            AccountStatus::Normal => AccountBox::Normal,
            AccountStatus::Sealed => AccountBox::Sealed,
            AccountStatus::Merged
            | AccountStatus::TransferredOut
            | AccountStatus::Withdrawn
            | AccountStatus::Frozen
            | AccountStatus::Other => AccountBox::Other,
        }
    }

    /// Whether deposits that were due up to last month are missing. An account that was opened last
    /// month or since owes none yet.
    fn is_in_arrears(&self) -> bool {
        let is_new = self.as_of.month().months_since(self.opened_on.month()) <= 1;
        !is_live(self.history.paid_to(), self.as_of) && !is_new
    }

    /// The loan record of the form (贷款记录): its three boxes.
    #[must_use]
    pub fn loan_box(&self) -> LoanBox {
        let unsettled = self.loans.iter().any(|loan| loan.status.is_unsettled());
        match self.loans.iter().filter(|loan| loan.status.counts()).count() {
            _ if unsettled => LoanBox::Unsettled,
            0 => LoanBox::None,
            1 => LoanBox::OneSettled,
            _ => LoanBox::SeveralSettled,
        }
    }
}

/// The boxes of the form about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountBox {
    /// 正常.
    Normal,
    /// 封存.
    Sealed,
    /// 欠款 (欠缴): the account takes deposits, and they do not reach last month.
    Arrears,
    /// 其他: frozen, closed.
    Other,
}

/// What a certificate is worth to the lender who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum CertificateStanding {
    /// It may be used.
    #[n(1)]
    Valid,
    /// It was used for a loan, granted or declined.
    #[n(2)]
    Used,
    /// It ran out.
    #[n(3)]
    Expired,
    /// Its issuer took it back.
    #[n(4)]
    Revoked,
}

impl CertificateStanding {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The boxes of the form about loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanBox {
    /// 无贷款记录.
    None,
    /// 仅有一次贷款记录且贷款已还清.
    OneSettled,
    /// 有两次以上(含两次)贷款记录且贷款已还清.
    SeveralSettled,
    /// A loan runs: none of the form's boxes holds.
    Unsettled,
}

/// A loan in a certificate.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CertificateLoan {
    /// 借款合同编号.
    #[n(1)]
    pub contract: LoanContract,
    /// What the person is in it.
    #[n(2)]
    pub role: LoanRole,
    /// Where it stands.
    #[n(3)]
    pub status: LoanStatus,
    /// 贷款发放日期.
    #[n(4)]
    pub disbursed_on: Option<Date>,
    /// 贷款发放额.
    #[n(5)]
    pub disbursed: Fen,
    /// 贷款余额.
    #[n(6)]
    pub balance: Fen,
    /// Instalments overdue now.
    #[n(7)]
    pub overdue_current: u32,
    /// Instalments that ever were overdue.
    #[n(8)]
    pub overdue_total: u32,
    /// 还款方式 DKHKFS.
    #[n(9)]
    pub repayment: Option<RepaymentMethod>,
}

impl fmt::Debug for CertificateLoan {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateLoan")
            .field("role", &self.role)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
