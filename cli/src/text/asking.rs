//! The sentences about persons, questions, answers and verdicts.

use std::fmt::Display;

use crate::language::Language;

texts! {
    // Who a command is about.
    no_subject() =
        "nobody is named: type the person at a terminal, or use --subject-file",
        "没有指定查询对象：请在终端输入，或使用 --subject-file";
    one_subject() = "this command is about one person; the file names several", "该命令只针对一个人，文件中有多人";
    subject_not_text() = "the subject file is no text in UTF-8", "查询对象文件不是 UTF-8 文本";
    subject_not_csv() =
        "the subject file is no CSV with as many values in each row as its header has columns",
        "查询对象文件不是列数一致的 CSV";
    subject_column_missing(column) = "the subject file has no column {column}", "查询对象文件缺少 {column} 列";
    subject_value(column, error) = "{column} of the subject: {error}", "查询对象的 {column}：{error}";
    unknown_document_type() = "the type of document is 01, 02, 03, 04 or 99", "证件类型为 01、02、03、04 或 99";
    ask_name() = "Name: ", "姓名：";
    ask_account() = "Number of the account (not shown): ", "个人账号（不显示）：";
    ask_document() = "Number of the resident identity card (not shown): ", "身份证号码（不显示）：";
    ask_next_member() =
        "The next member of the household, or Enter when there is none", "下一位家庭成员；没有则直接回车";

    no_property() =
        "no property is named: put its title number (BDCQZH) or its place (FWZL) into the first row of the subject file",
        "没有指定房屋：请在查询对象文件的第一行填写不动产权证号（BDCQZH）或房屋坐落（FWZL）";
    ask_title() = "Title number of the property, or Enter (not shown): ", "不动产权证号，没有则直接回车（不显示）：";
    ask_place() = "Place of the property, or Enter (not shown): ", "房屋坐落，没有则直接回车（不显示）：";

    // ask, dossier
    dossier_heading(id, purpose, started) =
        "Dossier {id}, purpose {purpose}, asked {started}", "核查档案 {id}，用途 {purpose}，查询时间 {started}";
    dossier_about(name) = "About: {name}", "查询对象：{name}";
    asked() = "asked because", "查询原因";
    answer() = "answer", "答复";
    proofs() = "proofs", "证明";
    why_own() = "it is this center", "本中心";
    why_named() = "it was named", "指定查询";
    why_holds() = "its log holds the person", "日志中有该人记录";
    why_not_current() = "its log is not up to date here", "日志未同步到最新";
    why_unnumbered() = "it has records without a number", "有无证件号码的记录";
    why_no_tag() = "no pseudonym can be computed", "无法计算查询标识";
    why_clear() = "its log holds nothing", "日志中没有该人记录";
    why_suspended() = "it is suspended", "已被暂停";
    why_may_have_asked() = "it may have been asked, too", "可能也被查询过";
    own_facts() = "own records", "本中心记录";
    answered(as_of) = "answered, as of {as_of}", "已答复，数据截止 {as_of}";
    not_asked() = "not asked", "未查询";
    timed_out() = "did not answer in time", "未在规定时间内答复";
    answer_invalid(why) = "what it sent is no answer: {why}", "答复无效：{why}";
    no_answer_yet() = "no answer yet", "尚未答复";
    proofs_omitted(count) =
        "NOT COMPLETE: {count} digests of the log are missing in the answer", "不完整：答复缺少日志中的 {count} 条记录";
    proofs_wrong(fault) = "NOT PROVED: {fault}", "证明不成立：{fault}";
    proofs_witnessed(count) = "{count} witnessed", "{count} 条已见证";
    proofs_logged(count) = "{count} logged, not yet witnessed", "{count} 条已入日志，待见证";
    proofs_awaited(count) = "{count} to be logged", "{count} 条待入日志";
    subject_heading(center, place) = "{center}, person {place}:", "{center}，第 {place} 人：";
    no_record(as_of) = "No record, as of {as_of}; the center's data are complete.", "无记录，数据截止 {as_of}；该中心数据完整。";
    no_record_incomplete(as_of) =
        "No record with this number, as of {as_of}; the center also has records that name nobody, so this settles nothing.",
        "该证件号码无记录，数据截止 {as_of}；但该中心另有无法辨认人员的记录，不能据此认定。";
    unresolved_not_loaded() = "Not known: the center has not loaded its records yet.", "无法确定：该中心尚未导入数据。";
    unresolved_name() =
        "Not known: a record without a number has this name and month of birth; a person must look.",
        "无法确定：有一条无证件号码的记录姓名和出生年月相同，需人工核对。";
    unresolved_several() =
        "Not known: records of this number carry several names; a person must look.",
        "无法确定：该证件号码对应多个姓名，需人工核对。";
    unresolved_in_quarantine() =
        "Not known: a row about this person is held back at the center; ask again when it is healed.",
        "无法确定：该中心有一行与此人有关的数据未通过校验，已隔离；请待更正后再查。";
    unresolved_not_issuable() =
        "The center could not issue what was asked; ask for the account.", "该中心无法出具，请改查账户信息。";
    matched_folded() = "The name differs by the form of its dot alone.", "姓名仅间隔点形式不同。";
    matched_upgraded() = "The record has the number in its old form of 15 digits.", "记录中为 15 位旧证件号码。";
    account_status() = "account", "账户状态";
    paid_to() = "paid to", "缴至年月";
    months_total() = "months", "缴存月数";
    months_streak() = "without a break", "连续月数";
    balance_yuan() = "balance, yuan", "余额（元）";
    carried_months(months, from) = "{months} months came with a transfer from {from}", "{months} 个月由 {from} 转入";
    fraud() = "A fraud is on record (骗提骗贷).", "有骗提骗贷记录。";
    open_loans(count) = "Unsettled loans: {count}", "未结清贷款：{count} 笔";
    carried_loans(from, used) = "Loans used in {from}, as a transfer told: {used}", "据转移信息，在 {from} 使用过贷款 {used} 次";
    loan_contract() = "contract", "借款合同";
    loan_role() = "as", "身份";
    loan_status() = "loan", "贷款状态";
    disbursed_on() = "paid out on", "发放日期";
    disbursed_yuan() = "paid out, yuan", "发放额（元）";
    overdue_periods() = "overdue now / ever", "逾期期数 当前/累计";
    role_borrower() = "borrower", "借款人";
    role_co_borrower() = "co-borrower", "共同借款人";
    role_guarantor() = "guarantor", "担保人";
    loan_pending() = "not yet paid out", "待放款";
    loan_active() = "running", "正常";
    loan_overdue() = "overdue", "逾期";
    loan_written_off() = "written off", "已核销";
    loan_settled() = "settled", "已结清";
    loan_void() = "void", "已作废";
    certificate_number(number, valid_until) =
        "Deposit certificate {number}, valid until {valid_until}", "异地贷款缴存使用证明 {number}，有效期至 {valid_until}";
    certificate_account(status, balance, months, streak) =
        "Account {status}, balance {balance} yuan, {months} months, {streak} without a break",
        "账户{status}，余额 {balance} 元，缴存 {months} 个月，连续 {streak} 个月";
    certificate_loans(loans) = "Loan record: {loans}", "贷款记录：{loans}";
    box_none() = "no loan (无贷款记录)", "无贷款记录";
    box_one_settled() = "one loan, settled (仅有一次贷款记录且贷款已还清)", "仅有一次贷款记录且贷款已还清";
    box_several_settled() = "two loans or more, settled (有两次以上贷款记录且贷款已还清)", "有两次以上（含两次）贷款记录且贷款已还清";
    box_unsettled() = "a loan runs (有未结清贷款)", "有未结清贷款";
    transfer_stands(code, since) = "The transfer stands at {code} since {since}", "转移业务状态 {code}，自 {since}";
    time() = "time", "时间";
    purpose() = "purpose", "用途";
    kind() = "question", "查询种类";
    verdict(decision, reason, rule) = "Verdict: {decision}; {reason} [{rule}]", "结论：{decision}；{reason} [{rule}]";
    verdict_first_home() = "may be lent to as for a first home", "可贷，按首套";
    verdict_second_home() = "may be lent to as for a second home", "可贷，按二套";
    verdict_refused() = "may not be lent to", "不予贷款";
    verdict_undecided() = "not decided; a person must look", "无法判定，需人工核对";
    verdict_counts(used, open, months) =
        "Loans used {used}, unsettled {open}; months without a break {months}",
        "已使用贷款 {used} 次，未结清 {open} 笔；连续缴存 {months} 个月";
}
