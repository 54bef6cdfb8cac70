//! A housing provident-fund loan (公积金贷款): contract, account and co-borrowers in one.
//!
//! **Promises.** The fields of JGJ/T 320, tables 6.0.2, 6.0.4 and 6.0.5, that the exchange needs;
//! the status is derived, because the standard has no column for it.
//! **Left to others.** What a loan means for a new one: the policy of the asking center.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::AccountNumber;
use crate::code_table::code_table;
use crate::document::DocumentNumber;
use crate::money::Fen;
use crate::person_name::PersonName;
use crate::private_text::{PrivateText, private_wrapper};
use crate::rate::Rate;
use crate::time::Date;

code_table!(
    /// How a loan is secured (担保类型 DKDBLX, table A.10).
    Guarantee, "A.10",
    {
        Mortgage = 1, "抵押";
        Pledge = 2, "质押";
        Surety = 3, "保证";
        Other = 99, "其他";
    }
);

code_table!(
    /// How a loan is repaid (还款方式 DKHKFS, table A.11).
    RepaymentMethod, "A.11",
    {
        EqualInstalment = 1, "等额本息";
        EqualPrincipal = 2, "等额本金";
        AtOnce = 3, "一次还款付息";
        Free = 4, "自由还款";
        Other = 99, "其他";
    }
);

code_table!(
    /// The risk class of a loan (贷款风险等级 DKFXDJ, table A.14).
    RiskClass, "A.14",
    {
        Normal = 1, "正常";
        Attention = 2, "关注";
        Substandard = 3, "次级";
        Doubtful = 4, "可疑";
        Loss = 5, "损失";
        Other = 99, "其他";
    }
);

/// The number of a loan contract (借款合同编号 JKHTBH, C30).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoanContract(PrivateText);

private_wrapper!(LoanContract, "not the number of a loan contract");

/// The number of a loan account (贷款账号 DKZH, C30).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoanAccount(PrivateText);

private_wrapper!(LoanAccount, "not the number of a loan account");

/// A text that is not the number of a loan contract or account. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a loan's number has 1 to 30 visible characters")]
pub struct LoanNumberError;

fn loan_number(text: &str) -> Result<PrivateText, LoanNumberError> {
    let text = text.trim();
    let count = text.chars().take(31).count();
    let visible = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if (1..=30).contains(&count) && visible {
        Ok(PrivateText::new(text.to_owned()))
    } else {
        Err(LoanNumberError)
    }
}

impl LoanContract {
    /// Parses a contract number; blanks around it are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 30 characters, or one that nobody can see.
    pub fn parse(text: &str) -> Result<Self, LoanNumberError> {
        loan_number(text).map(Self)
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.as_str() == text)
    }
}

impl LoanAccount {
    /// Parses an account number; blanks around it are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 30 characters, or one that nobody can see.
    pub fn parse(text: &str) -> Result<Self, LoanNumberError> {
        loan_number(text).map(Self)
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.as_str() == text)
    }
}

/// What a person is in a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LoanRole {
    /// 借款人.
    #[n(1)]
    Borrower,
    /// 共同借款人.
    #[n(2)]
    CoBorrower,
    /// 担保人.
    #[n(3)]
    Guarantor,
}

/// Where a loan stands; local status codes of systems are never exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LoanStatus {
    /// Signed, not yet paid out.
    #[n(1)]
    Pending,
    /// Paid out and not overdue.
    #[n(2)]
    Active,
    /// Paid out, with instalments overdue (逾期).
    #[n(3)]
    Overdue,
    /// Given up by the center (核销); the person still had it.
    #[n(4)]
    WrittenOff,
    /// Repaid in full (结清).
    #[n(5)]
    Settled,
    /// Never came about (作废).
    #[n(6)]
    Void,
}

impl LoanStatus {
    /// Whether money is still owed: what a transfer and a new loan ask for.
    #[must_use]
    pub const fn is_unsettled(self) -> bool {
        match self {
            Self::Active | Self::Overdue | Self::WrittenOff => true,
            Self::Pending | Self::Settled | Self::Void => false,
        }
    }

    /// Whether the loan counts among those that a household has used: it was paid out.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Active | Self::Overdue | Self::WrittenOff | Self::Settled => true,
            Self::Pending | Self::Void => false,
        }
    }
}

/// A person who takes part in a loan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LoanParty {
    /// What the person is in the loan.
    #[n(1)]
    pub role: LoanRole,
    /// 姓名 JKRXM, GTJKRXM.
    #[n(2)]
    pub name: PersonName,
    /// 证件 JKRZJLX + JKRZJH, GTJKRZJLX + GTJKRZJHM.
    #[n(3)]
    pub document: DocumentNumber,
    /// 公积金账号 JKRGJJZH, GTJKRGJJZH: may be an account of another center.
    #[n(4)]
    pub account: Option<AccountNumber>,
}

/// A mark that ends a loan otherwise than by repayment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum LoanMark {
    /// 核销, loan ledger type 09.
    #[n(1)]
    WrittenOff,
    /// 作废.
    #[n(2)]
    Void,
}

/// Overdue instalments of a loan (逾期).
#[derive(Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Overdue {
    /// Instalments that are overdue now.
    #[n(1)]
    pub periods_current: u32,
    /// 累计逾期期数 LJYQQS: instalments that ever were overdue.
    #[n(2)]
    pub periods_total: u32,
    /// 逾期本金 YQBJZE.
    #[n(3)]
    pub principal: Fen,
}

impl fmt::Debug for Overdue {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overdue")
            .field("periods_current", &self.periods_current)
            .field("periods_total", &self.periods_total)
            .finish_non_exhaustive()
    }
}

/// A loan as its center keeps it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Loan {
    /// 借款合同编号 JKHTBH.
    #[n(1)]
    pub contract: LoanContract,
    /// 贷款账号 DKZH.
    #[n(2)]
    pub account: LoanAccount,
    /// 合同贷款金额 HTDKJE.
    #[n(3)]
    pub contract_amount: Fen,
    /// 贷款发放额 DKFFE.
    #[n(4)]
    pub disbursed: Fen,
    /// 贷款余额 DKYE.
    #[n(5)]
    pub balance: Fen,
    /// 贷款利率 DKLL, a year.
    #[n(6)]
    pub rate: Rate,
    /// 贷款期数 DKQS, months.
    #[n(7)]
    pub periods: u32,
    /// What is overdue.
    #[n(8)]
    pub overdue: Overdue,
    /// 借款合同签订日期 JKHTQDRQ.
    #[n(9)]
    pub signed_on: Option<Date>,
    /// 贷款发放日期 DKFFRQ.
    #[n(10)]
    pub disbursed_on: Option<Date>,
    /// 贷款结清日期 DKJQRQ.
    #[n(11)]
    pub settled_on: Option<Date>,
    /// 贷款担保类型 DKDBLX.
    #[n(12)]
    pub guarantee: Option<Guarantee>,
    /// 贷款还款方式 DKHKFS.
    #[n(13)]
    pub repayment: Option<RepaymentMethod>,
    /// 贷款风险等级 DKFXDJ.
    #[n(14)]
    pub risk: Option<RiskClass>,
    /// Given up or void.
    #[n(15)]
    pub mark: Option<LoanMark>,
}

impl fmt::Debug for Loan {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Loan {
    /// Where the loan stands, by its dates and balances.
    #[must_use]
    pub fn status(&self) -> LoanStatus {
        let paid_out = self.disbursed_on.is_some() && !self.disbursed.is_zero();
        let repaid = self.settled_on.is_some() || (paid_out && self.balance.is_zero());
        let overdue = self.overdue.periods_current > 0 || self.overdue.principal > Fen::ZERO;
        match self.mark {
            Some(LoanMark::Void) => LoanStatus::Void,
            Some(LoanMark::WrittenOff) if !repaid => LoanStatus::WrittenOff,
            Some(LoanMark::WrittenOff) | None if repaid => LoanStatus::Settled,
            Some(LoanMark::WrittenOff) | None if !paid_out => LoanStatus::Pending,
            Some(LoanMark::WrittenOff) | None if overdue => LoanStatus::Overdue,
            Some(LoanMark::WrittenOff) | None => LoanStatus::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    /// The loan of story 4.
    fn loan() -> Loan {
        Loan {
            contract: LoanContract::parse("JK141000-2021-0077").unwrap(),
            account: LoanAccount::parse("141000202100077").unwrap(),
            contract_amount: Fen::parse("600000.00").unwrap(),
            disbursed: Fen::parse("600000.00").unwrap(),
            balance: Fen::parse("538912.44").unwrap(),
            rate: Rate::parse("0.0325").unwrap(),
            periods: 360,
            overdue: Overdue { periods_current: 2, periods_total: 2, principal: Fen::ZERO },
            signed_on: Date::new(2021, 5, 6).ok(),
            disbursed_on: Date::new(2021, 5, 20).ok(),
            settled_on: None,
            guarantee: Some(Guarantee::Mortgage),
            repayment: Some(RepaymentMethod::EqualInstalment),
            risk: Some(RiskClass::Attention),
            mark: None,
        }
    }

    #[test]
    fn the_status_follows_from_dates_and_balances() {
        let overdue = loan();
        assert_eq!(overdue.status(), LoanStatus::Overdue);
        let active = Loan { overdue: Overdue::default(), ..loan() };
        assert_eq!(active.status(), LoanStatus::Active);
        let settled = Loan { settled_on: Date::new(2026, 8, 3).ok(), ..loan() };
        assert_eq!(settled.status(), LoanStatus::Settled);
        assert_eq!(Loan { balance: Fen::ZERO, ..loan() }.status(), LoanStatus::Settled);
        let pending = Loan { disbursed_on: None, balance: Fen::ZERO, ..active };
        assert_eq!(pending.status(), LoanStatus::Pending);
        let written_off = Loan { mark: Some(LoanMark::WrittenOff), ..loan() };
        assert_eq!(written_off.status(), LoanStatus::WrittenOff);
        assert_eq!(Loan { mark: Some(LoanMark::Void), ..loan() }.status(), LoanStatus::Void);
        assert!(overdue.status().is_unsettled() && !settled.status().is_unsettled());
        assert!(settled.status().counts() && !pending.status().counts());
    }

    #[test]
    fn a_loan_is_read_back_as_written_and_hides_its_numbers() {
        let loan = loan();
        assert_eq!(cbor::decode(&cbor::encode(&loan)), Ok(loan.clone()));
        let shown = format!("{loan:?} {:?} {:?}", loan.contract, loan.account);
        assert!(!shown.contains("0077") && !shown.contains("53891244"), "{shown}");
        assert!(LoanContract::parse("JK 1").is_err());
        assert!(LoanContract::parse(&"1".repeat(31)).is_err());
    }
}
