//! The form, field by field, for each of its boxes.

use super::*;
use crate::account::AccountStatus;
use crate::certificate::CertificateNumber;
use crate::loan::{LoanContract, LoanStatus, RepaymentMethod};
use crate::money::Fen;
use crate::person_name::PersonName;
use crate::testing::TAIYUAN;
use crate::testing::certificates::certificate;

const NAMES: FormNames<'_> = FormNames {
    issuer: "太原市住房公积金管理中心",
    requester: "大同市住房公积金管理中心",
};

fn loan(status: LoanStatus) -> CertificateLoan {
    let yuan = |text| Fen::parse(text).unwrap();
    CertificateLoan {
        contract: LoanContract::parse("JK140100-2021-0001").unwrap(),
        role: LoanRole::CoBorrower,
        status,
        disbursed_on: Date::new(2021, 3, 1).ok(),
        disbursed: yuan("300000.00"),
        balance: yuan("0.00"),
        overdue_current: 0,
        overdue_total: 2,
        repayment: Some(RepaymentMethod::EqualInstalment),
    }
}

#[test]
fn a_rare_name_is_printed_with_its_code_points() {
    let mut known = certificate(AccountStatus::Normal, 202_602);
    for (name, printed) in [("王㛃", "王㛃 (U+36C3)"), ("陈𤧛", "陈𤧛 (U+249DB)")] {
        known.subject.name = PersonName::parse(name).unwrap();
        assert_eq!(chinese(&known, NAMES).get(3), Some(&format!("姓名：{printed}")));
        assert_eq!(english(&known, NAMES).get(3), Some(&format!("Name: {printed}")));
    }
}

#[test]
fn the_whole_form_is_printed_as_centers_print_it() {
    let mut known = certificate(AccountStatus::Normal, 202_602);
    known.loans.push(loan(LoanStatus::Settled));
    known.supersedes = CertificateNumber::parse("140100-C-2026-000310").ok();
    assert_eq!(
        chinese(&known, NAMES),
        [
            "异地贷款职工住房公积金缴存使用证明",
            "证明编号：140100-C-2026-000311",
            "致：大同市住房公积金管理中心",
            "姓名：李晓禾",
            "证件类型：身份证  证件号码：140199199003070223",
            "个人账号：0123050100001",
            "单位名称：太原示例机械有限公司",
            "开户日期：2023-04-15",
            "缴存基数：5000.00 元",
            "缴存比例：单位 12.00%  个人 8.00%",
            "月缴存额：1000.00 元",
            "账户余额：43758.38 元（截至 2026-03-02）",
            "缴存时间：2023-04 至 2026-02",
            "账户状态：☑ 正常  ☐ 封存  ☐ 欠款（欠缴）  ☐ 其他",
            "贷款记录：☐ 无贷款记录",
            "          ☑ 仅有一次贷款记录且贷款已还清",
            "          ☐ 有两次以上（含两次）贷款记录且贷款已还清",
            "贷款：合同 JK140100-2021-0001（共同借款人）  发放 2021-03-01  金额 300000.00 元  余额 0.00 元  \
             还款方式 等额本息  累计逾期 2 期",
            "经办：太原市住房公积金管理中心（系统按规则自动出具，电子签名有效）",
            "出具日期：2026-03-02",
            "本证明自出具之日起两个月内有效，有效期至 2026-05-02",
            "本证明替代 140100-C-2026-000310",
        ]
    );
}

#[test]
fn both_languages_say_the_same_line_by_line() {
    let mut known = certificate(AccountStatus::Sealed, 202_602);
    known.loans = vec![loan(LoanStatus::Settled), loan(LoanStatus::Settled)];
    let (zh, en) = (chinese(&known, NAMES), english(&known, NAMES));
    assert_eq!(zh.len(), en.len());
    let ticks = |line: &String| line.chars().filter(|c| matches!(c, '☑' | '☐')).collect::<String>();
    for (zh, en) in zh.iter().zip(&en) {
        assert_eq!(ticks(zh), ticks(en), "{zh} / {en}");
    }
    assert!(en.contains(&"Deposits: 2023-04 to 2026-02".to_owned()), "{en:?}");
    assert!(en.contains(&"Rates: employer 12.00%, employee 8.00%".to_owned()), "{en:?}");
}

fn line<'a>(lines: &'a [String], begins: &str) -> &'a str {
    lines.iter().find(|line| line.starts_with(begins)).unwrap()
}

#[test]
fn exactly_one_box_says_how_the_account_stands() {
    let cases = [
        (AccountStatus::Normal, 202_602, "账户状态：☑ 正常  ☐ 封存  ☐ 欠款（欠缴）  ☐ 其他"),
        (AccountStatus::Normal, 202_601, "账户状态：☐ 正常  ☐ 封存  ☑ 欠款（欠缴）  ☐ 其他"),
        (AccountStatus::Sealed, 202_512, "账户状态：☐ 正常  ☑ 封存  ☐ 欠款（欠缴）  ☐ 其他"),
        (AccountStatus::Frozen, 202_602, "账户状态：☐ 正常  ☐ 封存  ☐ 欠款（欠缴）  ☑ 其他"),
        (AccountStatus::Other, 202_602, "账户状态：☐ 正常  ☐ 封存  ☐ 欠款（欠缴）  ☑ 其他"),
    ];
    for (status, paid_to, expected) in cases {
        let form = chinese(&certificate(status, paid_to), NAMES);
        assert_eq!(line(&form, "账户状态"), expected, "{status:?} {paid_to}");
    }
    // An account of last month owes nothing yet, and has no month to begin with.
    let mut new = certificate(AccountStatus::Normal, 202_303);
    new.opened_on = Date::new(2026, 2, 10).unwrap();
    let form = chinese(&new, NAMES);
    assert!(line(&form, "账户状态").contains("☑ 正常"));
    assert_eq!(line(&form, "缴存时间"), "缴存时间：—");
}

#[test]
fn at_most_one_box_says_what_loans_there_were() {
    let boxes = |loans: Vec<CertificateLoan>| {
        let known = Certificate { loans, ..certificate(AccountStatus::Normal, 202_602) };
        let form = chinese(&known, NAMES);
        let at = form.iter().position(|line| line.starts_with("贷款记录")).unwrap();
        let ticked: String = form[at..at + 3].iter().flat_map(|line| line.chars()).collect();
        let ticked: String = ticked.chars().filter(|c| matches!(c, '☑' | '☐')).collect();
        (ticked, form.iter().any(|line| line.contains("有未结清贷款")))
    };
    let settled = || loan(LoanStatus::Settled);
    assert_eq!(boxes(vec![]), ("☑☐☐".into(), false));
    assert_eq!(boxes(vec![settled()]), ("☐☑☐".into(), false));
    assert_eq!(boxes(vec![settled(), settled()]), ("☐☐☑".into(), false));
    assert_eq!(boxes(vec![settled(), loan(LoanStatus::Active)]), ("☐☐☐".into(), true));
}

#[test]
fn the_receipt_ticks_who_applied_and_what_was_decided() {
    let known = certificate(AccountStatus::Normal, 202_602);
    let on = Date::new(2026, 3, 20).ok();
    let granted = FormReceipt { applicant: Applicant::Borrower, result: LoanResult::Granted, on };
    assert_eq!(
        receipt_chinese(&known, granted),
        [
            "回执",
            "证明编号：140100-C-2026-000311  个人账号：0123050100001",
            "申请人身份：☑ 本人  ☐ 参贷",
            "审批结果：☑ 准予贷款  ☐ 不予贷款",
            "日期：2026-03-20",
        ]
    );
    let declined =
        FormReceipt { applicant: Applicant::CoBorrower, result: LoanResult::Declined, on };
    let form = receipt_english(&known, declined);
    assert_eq!(form[2], "Applicant: ☐ borrower  ☑ co-borrower");
    assert_eq!(form[3], "Result: ☐ loan granted  ☑ loan declined");
}

#[test]
fn a_number_has_one_form() {
    let number = CertificateNumber::parse("140100-C-2026-000311").unwrap();
    assert_eq!((number.issuer, number.year, number.serial), (TAIYUAN, 2026, 311));
    for wrong in ["140100-C-2026-311", "140100-2026-000311", "140100-C-2026-000000", "", "x"] {
        assert!(CertificateNumber::parse(wrong).is_err(), "{wrong}");
    }
}
