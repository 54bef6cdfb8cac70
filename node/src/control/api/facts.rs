//! Facts about persons, as answers give them: accounts, loans, certificates.
//!
//! They are shown to an operator of this center, who asked for them with a purpose; nothing here may
//! reach a log line.

use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::answer;
use fundlink_protocol::answer::{
    AccountFacts, DisclosedLoan, Freshness, IssuedCertificate, LeafReference, LoanFacts,
    MonthFacts, Source, TransferFacts,
};
use fundlink_protocol::certificate::{self, CertificateLoan, LoanBox};
use fundlink_protocol::deposit_history::DepositHistory;
use fundlink_protocol::loan::{LoanRole, LoanStatus};
use fundlink_protocol::record;
use serde::{Deserialize, Serialize};

/// A person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// 姓名.
    pub name: String,
    /// 证件类型, two digits; 01 when absent.
    #[serde(default = "resident_card")]
    pub document_type: String,
    /// 证件号码.
    pub document_number: String,
}

fn resident_card() -> String {
    "01".into()
}

impl core::fmt::Debug for Person {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Person(..)")
    }
}

impl From<&record::Person> for Person {
    fn from(person: &record::Person) -> Self {
        Self {
            name: person.name.as_str().to_owned(),
            document_type: person.document.kind().code(),
            document_number: person.document.as_str().to_owned(),
        }
    }
}

/// A code of JGJ/T 320 with its Chinese name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coded {
    /// Two digits.
    pub code: String,
    /// Its name.
    pub name_zh: String,
}

impl From<AccountStatus> for Coded {
    fn from(status: AccountStatus) -> Self {
        Self { code: status.code(), name_zh: status.chinese().to_owned() }
    }
}

/// Where facts come from, and as of when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshFrom {
    /// `live` or `snapshot`.
    pub source: String,
    /// As of when.
    pub as_of: String,
}

impl From<Freshness> for FreshFrom {
    fn from(freshness: Freshness) -> Self {
        let source = match freshness.source {
            Source::Live => "live",
            Source::Snapshot => "snapshot",
        };
        Self { source: source.to_owned(), as_of: freshness.as_of.to_string() }
    }
}

/// Months of deposits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Months {
    /// How many were paid.
    pub total: u32,
    /// How many without a break up to the last paid one.
    pub streak: u32,
    /// The first.
    pub first: Option<String>,
    /// The last (缴至年月).
    pub paid_to: Option<String>,
    /// Those in between that are missing.
    pub gaps: Vec<String>,
}

impl From<&DepositHistory> for Months {
    fn from(history: &DepositHistory) -> Self {
        Self {
            total: history.total(),
            streak: history.streak(),
            first: history.first_month().map(|month| month.to_string()),
            paid_to: history.paid_to().map(|month| month.to_string()),
            gaps: history.gaps().months().map(|month| month.to_string()).collect(),
        }
    }
}

/// Months that came with a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The city that they came from.
    pub from: String,
    /// The months.
    pub months: Months,
    /// Loans that were used there, where it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loans_used: Option<u32>,
}

/// A leaf of a public log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// The number of the log.
    pub log: u32,
    /// The index of the leaf.
    pub index: u64,
}

impl From<&LeafReference> for Leaf {
    fn from(leaf: &LeafReference) -> Self {
        Self { log: leaf.log, index: leaf.index.get() }
    }
}

/// An account; what purpose and kind do not open is absent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// 个人账户状态.
    pub status: Coded,
    /// 缴至年月.
    pub paid_to: Option<String>,
    /// 开户日期.
    pub opened_on: Option<String>,
    /// The months paid for here.
    pub months: Option<Months>,
    /// The months that came with transfers.
    pub carried: Vec<Carried>,
    /// 个人账户余额, yuan.
    pub balance: Option<String>,
    /// 个人账号.
    pub number: Option<String>,
    /// Whether a fraud is on record (骗提骗贷).
    pub fraud: bool,
    /// The last day of its penalty, when one is known.
    pub fraud_until: Option<String>,
    /// Where the facts come from.
    pub freshness: FreshFrom,
    /// The leaf that commits to the record.
    pub leaf: Option<Leaf>,
    /// The center whose loan the account secures (异地贷款).
    pub off_site: Option<String>,
}

impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account").field("status", &self.status).finish_non_exhaustive()
    }
}

impl From<&AccountFacts> for Account {
    fn from(facts: &AccountFacts) -> Self {
        let months: Option<&MonthFacts> = facts.months.as_ref();
        let carried = months.map_or(&[][..], |months| &months.carried);
        Self {
            status: facts.status.into(),
            paid_to: facts.paid_to.map(|month| month.to_string()),
            opened_on: months.map(|months| months.opened_on.to_string()),
            months: months.map(|months| (&months.history).into()),
            carried: carried
                .iter()
                .map(|carried| Carried {
                    from: carried.from.to_string(),
                    months: (&carried.history).into(),
                    loans_used: None,
                })
                .collect(),
            balance: facts.balance.map(|balance| balance.to_string()),
            number: facts.number.as_ref().map(|number| number.as_str().to_owned()),
            fraud: facts.fraud.is_some(),
            fraud_until: facts.fraud.and_then(|fraud| fraud.until).map(|until| until.to_string()),
            freshness: facts.freshness.into(),
            leaf: facts.leaf.as_ref().map(Into::into),
            off_site: facts.off_site.map(|lender| lender.to_string()),
        }
    }
}

/// The loans of one person at one center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loans {
    /// How many are unsettled.
    pub open: u32,
    /// Each loan that was paid out, where it is opened.
    pub loans: Option<Vec<Loan>>,
    /// Loans used in other cities, as transfers from there said.
    pub carried: Option<Vec<CarriedLoans>>,
}

/// Loans that a transfer told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedLoans {
    /// The city where they were used.
    pub from: String,
    /// How many.
    pub used: u32,
}

impl From<&LoanFacts> for Loans {
    fn from(facts: &LoanFacts) -> Self {
        let carried = facts.carried.as_ref().map(|carried| {
            let one = |known: &answer::CarriedLoans| CarriedLoans {
                from: known.from.to_string(),
                used: known.used,
            };
            carried.iter().map(one).collect()
        });
        let loans = facts.loans.as_ref().map(|loans| loans.iter().map(Into::into).collect());
        Self { open: facts.open, loans, carried }
    }
}

/// A loan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// 借款合同编号.
    pub contract: String,
    /// `borrower`, `co-borrower` or `guarantor`.
    pub role: String,
    /// `pending`, `active`, `overdue`, `written-off`, `settled` or `void`.
    pub status: String,
    /// 贷款发放日期.
    pub disbursed_on: Option<String>,
    /// 贷款发放额, yuan.
    pub disbursed: String,
    /// 贷款余额, yuan.
    pub balance: String,
    /// Instalments overdue now.
    pub overdue_current: u32,
    /// Instalments that ever were overdue.
    pub overdue_total: u32,
    /// 贷款结清日期, where it is said.
    pub settled_on: Option<String>,
    /// The leaf that commits to the record.
    pub leaf: Option<Leaf>,
}

impl core::fmt::Debug for Loan {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Loan").field("status", &self.status).finish_non_exhaustive()
    }
}

impl From<&DisclosedLoan> for Loan {
    fn from(disclosed: &DisclosedLoan) -> Self {
        let loan = &disclosed.record.loan;
        Self {
            contract: loan.contract.as_str().to_owned(),
            role: role_name(disclosed.party.role).to_owned(),
            status: status_name(loan.status()).to_owned(),
            disbursed_on: loan.disbursed_on.map(|on| on.to_string()),
            disbursed: loan.disbursed.to_string(),
            balance: loan.balance.to_string(),
            overdue_current: loan.overdue.periods_current,
            overdue_total: loan.overdue.periods_total,
            settled_on: loan.settled_on.map(|on| on.to_string()),
            leaf: disclosed.leaf.as_ref().map(Into::into),
        }
    }
}

impl From<&CertificateLoan> for Loan {
    fn from(loan: &CertificateLoan) -> Self {
        Self {
            contract: loan.contract.as_str().to_owned(),
            role: role_name(loan.role).to_owned(),
            status: status_name(loan.status).to_owned(),
            disbursed_on: loan.disbursed_on.map(|on| on.to_string()),
            disbursed: loan.disbursed.to_string(),
            balance: loan.balance.to_string(),
            overdue_current: loan.overdue_current,
            overdue_total: loan.overdue_total,
            settled_on: None,
            leaf: None,
        }
    }
}

const fn role_name(role: LoanRole) -> &'static str {
    match role {
        LoanRole::Borrower => "borrower",
        LoanRole::CoBorrower => "co-borrower",
        LoanRole::Guarantor => "guarantor",
    }
}

const fn status_name(status: LoanStatus) -> &'static str {
    match status {
        LoanStatus::Pending => "pending",
        LoanStatus::Active => "active",
        LoanStatus::Overdue => "overdue",
        LoanStatus::WrittenOff => "written-off",
        LoanStatus::Settled => "settled",
        LoanStatus::Void => "void",
    }
}

/// A deposit certificate (异地贷款职工住房公积金缴存使用证明).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// 证明编号.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// For whom.
    pub requester: String,
    /// About whom.
    pub subject: Person,
    /// 个人账号.
    pub account: String,
    /// 单位名称; none for the self-employed.
    pub employer: Option<String>,
    /// As of when.
    pub as_of: String,
    /// 开户日期.
    pub opened_on: String,
    /// 个人账户状态.
    pub status: Coded,
    /// 个人缴存基数, yuan.
    pub contribution_base: String,
    /// 个人月缴存额, yuan.
    pub person_monthly: String,
    /// 单位月缴存额, yuan.
    pub unit_monthly: String,
    /// 个人账户余额, yuan.
    pub balance: String,
    /// The months paid for there.
    pub months: Months,
    /// What came with transfers.
    pub carried: Vec<Carried>,
    /// 贷款记录: `none`, `one-settled`, `several-settled` or `unsettled`.
    pub loan_record: String,
    /// The loans, in any role.
    pub loans: Vec<Loan>,
    /// Withdrawals of the last 24 months: day and yuan.
    pub withdrawals: Vec<(String, String)>,
    /// Whether a fraud is on record (骗提骗贷).
    pub fraud: bool,
    /// For which purpose it was asked.
    pub purpose: String,
    /// The last day of its validity.
    pub valid_until: String,
    /// The certificate that it replaces.
    pub supersedes: Option<String>,
    /// The leaf that commits to it.
    pub leaf: Leaf,
}

impl core::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Certificate").field("number", &self.number).finish_non_exhaustive()
    }
}

impl From<&IssuedCertificate> for Certificate {
    fn from(issued: &IssuedCertificate) -> Self {
        Self::new(&issued.certificate, (&issued.leaf).into())
    }
}

impl Certificate {
    /// A certificate with its leaf.
    #[must_use]
    pub fn new(known: &certificate::Certificate, leaf: Leaf) -> Self {
        let loan_record = match known.loan_box() {
            LoanBox::None => "none",
            LoanBox::OneSettled => "one-settled",
            LoanBox::SeveralSettled => "several-settled",
            LoanBox::Unsettled => "unsettled",
        };
        let employer = known.employment.as_ref();
        Self {
            number: known.number.to_string(),
            issuer: known.issuer.to_string(),
            requester: known.requester.to_string(),
            subject: (&known.subject).into(),
            account: known.account.as_str().to_owned(),
            employer: employer.map(|employment| employment.name.as_str().to_owned()),
            as_of: known.as_of.to_string(),
            opened_on: known.opened_on.to_string(),
            status: known.status.into(),
            contribution_base: known.contribution_base.to_string(),
            person_monthly: known.person_monthly.to_string(),
            unit_monthly: known.unit_monthly.to_string(),
            balance: known.balance.to_string(),
            months: (&known.history).into(),
            carried: known.imported.iter().map(Into::into).collect(),
            loan_record: loan_record.to_owned(),
            loans: known.loans.iter().map(Into::into).collect(),
            withdrawals: known
                .withdrawals
                .iter()
                .map(|withdrawal| (withdrawal.on.to_string(), withdrawal.amount.to_string()))
                .collect(),
            fraud: known.fraud.is_some(),
            purpose: known.purpose.code().to_owned(),
            valid_until: known.valid_until.to_string(),
            supersedes: known.supersedes.map(|number| number.to_string()),
            leaf,
        }
    }
}

impl From<&record::ImportedHistory> for Carried {
    fn from(imported: &record::ImportedHistory) -> Self {
        Self {
            from: imported.from.to_string(),
            months: (&imported.history).into(),
            loans_used: Some(imported.loan_count),
        }
    }
}

/// Where a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferStanding {
    /// Which.
    pub transfer: String,
    /// The national status code, two digits.
    pub national_code: String,
    /// Since when.
    pub since: String,
}

impl From<TransferFacts> for TransferStanding {
    fn from(facts: TransferFacts) -> Self {
        Self {
            transfer: facts.transfer.to_string(),
            national_code: format!("{:02}", facts.national_code),
            since: facts.since.to_string(),
        }
    }
}

/// What was paid out for a property (购房提取), to whomever.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// 记账日期.
    pub on: String,
    /// 提取原因.
    pub reason: Coded,
    /// Yuan.
    pub amount: String,
    /// The leaf that commits to it; absent until it is published.
    pub leaf: Option<Leaf>,
}

impl core::fmt::Debug for Payout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Payout").field("on", &self.on).finish_non_exhaustive()
    }
}

impl From<&answer::Payout> for Payout {
    fn from(known: &answer::Payout) -> Self {
        let reason = known.reason;
        Self {
            on: known.on.to_string(),
            reason: Coded { code: reason.code(), name_zh: reason.chinese().to_owned() },
            amount: known.amount.to_string(),
            leaf: known.leaf.as_ref().map(Into::into),
        }
    }
}
