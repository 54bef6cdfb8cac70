//! The printed form of a certificate (异地贷款职工住房公积金缴存使用证明), with its receipt.
//!
//! **Promises.** Every box and every field follows from typed data: exactly one account box is ticked,
//! at most one loan box, and the period begins with the first month paid and ends with the last.
//! After a name stand the code points of what the fonts of a counter may lack.
//! **Left to others.** Whether a person may see it: whoever asks for it. Paper and seal.

use super::{AccountBox, Certificate, CertificateLoan, LoanBox};
use crate::loan::LoanRole;
use crate::person_name::with_code_points;
use crate::statement::certificate::{Applicant, LoanResult};
use crate::time::Date;

/// The names that stand on the form for the codes of centers.
#[derive(Clone, Copy, Debug)]
pub struct FormNames<'a> {
    /// The center that issued it.
    pub issuer: &'a str,
    /// The center for which it is written.
    pub requester: &'a str,
}

/// The receipt below the form (回执).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormReceipt {
    /// What the person is in the loan.
    pub applicant: Applicant,
    /// What the lender decided.
    pub result: LoanResult,
    /// When.
    pub on: Option<Date>,
}

/// A ticked or an empty box.
const fn tick(is_ticked: bool) -> &'static str {
    if is_ticked { "☑" } else { "☐" }
}

/// The form in Chinese, line by line.
#[must_use]
pub fn chinese(known: &Certificate, names: FormNames<'_>) -> Vec<String> {
    let employment = known.employment.as_ref();
    let rate = |rate: Option<String>| rate.unwrap_or_else(|| "—".into());
    let account = known.account_box();
    let loan = known.loan_box();
    let mut lines = vec![
        "异地贷款职工住房公积金缴存使用证明".into(),
        format!("证明编号：{}", known.number),
        format!("致：{}", names.requester),
        format!("姓名：{}", with_code_points(known.subject.name.as_str()).as_str()),
        format!(
            "证件类型：{}  证件号码：{}",
            known.subject.document.kind().chinese(),
            known.subject.document.as_str()
        ),
        format!("个人账号：{}", known.account.as_str()),
        format!(
            "单位名称：{}",
            employment.map_or("灵活就业", |employment| employment.name.as_str())
        ),
        format!("开户日期：{}", known.opened_on),
        format!("缴存基数：{} 元", known.contribution_base),
        format!(
            "缴存比例：单位 {}  个人 {}",
            rate(employment.map(|employment| employment.unit_rate.to_string())),
            rate(employment.map(|employment| employment.person_rate.to_string()))
        ),
        format!("月缴存额：{} 元", monthly(known)),
        format!("账户余额：{} 元（截至 {}）", known.balance, known.as_of),
        format!("缴存时间：{}", period(known, "至")),
        format!(
            "账户状态：{} 正常  {} 封存  {} 欠款（欠缴）  {} 其他",
            tick(account == AccountBox::Normal),
            tick(account == AccountBox::Sealed),
            tick(account == AccountBox::Arrears),
            tick(account == AccountBox::Other)
        ),
        format!("贷款记录：{} 无贷款记录", tick(loan == LoanBox::None)),
        format!("          {} 仅有一次贷款记录且贷款已还清", tick(loan == LoanBox::OneSettled)),
        format!(
            "          {} 有两次以上（含两次）贷款记录且贷款已还清",
            tick(loan == LoanBox::SeveralSettled)
        ),
    ];
    if loan == LoanBox::Unsettled {
        lines.push("          有未结清贷款，以上各项均不适用".into());
    }
    lines.extend(known.loans.iter().map(loan_chinese));
    lines.extend([
        format!("经办：{}（系统按规则自动出具，电子签名有效）", names.issuer),
        format!("出具日期：{}", known.as_of),
        format!("本证明自出具之日起两个月内有效，有效期至 {}", known.valid_until),
    ]);
    lines.extend(known.supersedes.map(|number| format!("本证明替代 {number}")));
    lines
}

/// The form in English, line by line.
#[must_use]
pub fn english(known: &Certificate, names: FormNames<'_>) -> Vec<String> {
    let employment = known.employment.as_ref();
    let rate = |rate: Option<String>| rate.unwrap_or_else(|| "—".into());
    let account = known.account_box();
    let loan = known.loan_box();
    let mut lines = vec![
        "Certificate of housing provident fund deposits for an off-site loan".into(),
        format!("Number: {}", known.number),
        format!("To: {}", names.requester),
        format!("Name: {}", with_code_points(known.subject.name.as_str()).as_str()),
        format!(
            "Document: {} {}",
            known.subject.document.kind().code(),
            known.subject.document.as_str()
        ),
        format!("Account: {}", known.account.as_str()),
        format!(
            "Employer: {}",
            employment.map_or("self-employed", |employment| employment.name.as_str())
        ),
        format!("Opened on: {}", known.opened_on),
        format!("Contribution base: {} yuan", known.contribution_base),
        format!(
            "Rates: employer {}, employee {}",
            rate(employment.map(|employment| employment.unit_rate.to_string())),
            rate(employment.map(|employment| employment.person_rate.to_string()))
        ),
        format!("Monthly deposit: {} yuan", monthly(known)),
        format!("Balance: {} yuan, as of {}", known.balance, known.as_of),
        format!("Deposits: {}", period(known, "to")),
        format!(
            "Account: {} normal  {} sealed  {} in arrears  {} other",
            tick(account == AccountBox::Normal),
            tick(account == AccountBox::Sealed),
            tick(account == AccountBox::Arrears),
            tick(account == AccountBox::Other)
        ),
        format!("Loans: {} none", tick(loan == LoanBox::None)),
        format!("       {} one, paid back", tick(loan == LoanBox::OneSettled)),
        format!("       {} two or more, paid back", tick(loan == LoanBox::SeveralSettled)),
    ];
    if loan == LoanBox::Unsettled {
        lines.push("       a loan runs: none of these".into());
    }
    lines.extend(known.loans.iter().map(loan_english));
    lines.extend([
        format!("Issued by: {} (by rule, signed electronically)", names.issuer),
        format!("Issued on: {}", known.as_of),
        format!("Valid for two months from its issue, until {}", known.valid_until),
    ]);
    lines.extend(known.supersedes.map(|number| format!("In place of {number}")));
    lines
}

/// The receipt in Chinese.
#[must_use]
pub fn receipt_chinese(known: &Certificate, receipt: FormReceipt) -> Vec<String> {
    vec![
        "回执".into(),
        format!("证明编号：{}  个人账号：{}", known.number, known.account.as_str()),
        format!(
            "申请人身份：{} 本人  {} 参贷",
            tick(receipt.applicant == Applicant::Borrower),
            tick(receipt.applicant == Applicant::CoBorrower)
        ),
        format!(
            "审批结果：{} 准予贷款  {} 不予贷款",
            tick(receipt.result == LoanResult::Granted),
            tick(receipt.result == LoanResult::Declined)
        ),
        format!("日期：{}", receipt.on.map_or_else(|| "—".into(), |on| on.to_string())),
    ]
}

/// The receipt in English.
#[must_use]
pub fn receipt_english(known: &Certificate, receipt: FormReceipt) -> Vec<String> {
    vec![
        "Receipt".into(),
        format!("Number: {}  Account: {}", known.number, known.account.as_str()),
        format!(
            "Applicant: {} borrower  {} co-borrower",
            tick(receipt.applicant == Applicant::Borrower),
            tick(receipt.applicant == Applicant::CoBorrower)
        ),
        format!(
            "Result: {} loan granted  {} loan declined",
            tick(receipt.result == LoanResult::Granted),
            tick(receipt.result == LoanResult::Declined)
        ),
        format!("On: {}", receipt.on.map_or_else(|| "—".into(), |on| on.to_string())),
    ]
}

fn monthly(known: &Certificate) -> String {
    let sum = known.unit_monthly.checked_add(known.person_monthly);
    sum.map_or_else(|| "—".into(), |sum| sum.to_string())
}

/// From the first month paid to the last one.
fn period(known: &Certificate, to: &str) -> String {
    match (known.history.first_month(), known.history.paid_to()) {
        (Some(first), Some(last)) => format!("{first} {to} {last}"),
        (None, _) | (_, None) => "—".into(),
    }
}

fn loan_chinese(loan: &CertificateLoan) -> String {
    let role = match loan.role {
        LoanRole::Borrower => "借款人",
        LoanRole::CoBorrower => "共同借款人",
        LoanRole::Guarantor => "担保人",
    };
    let repayment = loan.repayment.map_or("—", |repayment| repayment.chinese());
    let on = loan.disbursed_on.map_or_else(|| "—".into(), |on| on.to_string());
    format!(
        "贷款：合同 {}（{role}）  发放 {on}  金额 {} 元  余额 {} 元  还款方式 {repayment}  累计逾期 {} 期",
        loan.contract.as_str(),
        loan.disbursed,
        loan.balance,
        loan.overdue_total
    )
}

fn loan_english(loan: &CertificateLoan) -> String {
    let role = match loan.role {
        LoanRole::Borrower => "borrower",
        LoanRole::CoBorrower => "co-borrower",
        LoanRole::Guarantor => "guarantor",
    };
    let repayment = loan.repayment.map_or_else(|| "—".into(), |repayment| repayment.code());
    let on = loan.disbursed_on.map_or_else(|| "—".into(), |on| on.to_string());
    format!(
        "Loan: contract {} ({role}), paid out {on}, {} yuan, balance {} yuan, repayment {repayment}, \
         {} instalments were overdue",
        loan.contract.as_str(),
        loan.disbursed,
        loan.balance,
        loan.overdue_total
    )
}

#[cfg(test)]
mod tests;
