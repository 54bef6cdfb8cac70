//! The sentences about alerts.
//!
//! **Promises.** As in [`super`]: each sentence in both languages.
//! **Left to others.** When an alert is raised: the node.

use std::fmt::Display;

use crate::language::Language;

texts! {
    no_alerts() = "No alerts.", "没有预警。";
    alert() = "alert", "预警";
    alert_members() = "members", "涉及成员";
    first_seen() = "first seen", "首次出现";
    last_seen() = "last seen", "最近出现";
    alert_id() = "id", "编号";
    alert_heading(rule, state) = "{rule}: {state}", "{rule}：{state}";
    alert_about(about, subject) = "About: {about} {subject}", "对象：{about} {subject}";
    alert_concerns(centers) = "Members: {centers}", "涉及成员：{centers}";
    alert_seen(first, last, times) =
        "First seen {first}, last seen {last}, {times} times", "首次 {first}，最近 {last}，共 {times} 次";
    alert_leaf(leaf, log) = "Shown by leaf {leaf} of log {log}", "依据：日志 {log} 第 {leaf} 号叶";
    alert_statement(hash) = "Shown by statement {hash}", "依据：报文 {hash}";
    alert_open() = "open", "未解除";
    alert_resolved() = "resolved", "已解除";
    alert_double_loan() = "loans in two cities at once", "两地同时有未结清贷款";
    alert_one_sided() = "a transfer is seen on one side only past its deadline", "转移业务超期仅一方发布";
    alert_sheets_differ() = "the two sides of a transfer commit to different sheets", "转移双方信息表不一致";
    alert_equivocation() = "a log shows two faces", "日志存在两个版本";
    alert_invalid_update() = "a log's update is not valid", "日志更新无效";
    alert_silence() = "a member is silent", "成员失联";
    alert_property_paid_twice() = "withdrawals were paid for one property twice", "同一房屋重复提取";
    alert_stale_roster() = "the roster should have been renewed", "成员名册逾期未更新";
    alert_received_differs() = "what arrived differs from the sheet", "到账金额与信息表不符";
    alert_interest_differs() = "the core's interest differs from the recomputation", "核心系统利息与复核结果不符";
    alert_letter_number_reused() = "a letter number came with another content", "联系函编号对应不同内容";
    alert_deadline_missed() = "a step of a transfer did not come in time", "转移业务办理超期";
    alert_freeze_too_late() = "a court froze an account whose money had left", "司法冻结晚于转出";
    alert_freeze_ended() = "a frozen account changed before the freeze ran out", "冻结账户在冻结期内变动";
    alert_queries_without_business() = "many queries, and no business followed", "大量查询后无后续业务";
    alert_back_dated() = "rows were booked into closed days", "向已结账日期倒签入账";
    alert_digest_mismatch() = "an answer does not open what was published", "答复与已发布的存证不符";
    alert_paid_beyond_sheet() = "more money moved under a letter than its sheet explains", "同一联系函项下资金超出信息表";
    alert_withdrawn_in_transfer() = "a withdrawal was booked while or after the account moved", "转移期间或转出后发生提取";
    alert_deposit_after_closing() = "a deposit was booked to a closed account", "销户后仍有入账";
    alert_transfer_without_letter() = "a transfer out was booked without a letter", "无联系函的外部转出";
}
