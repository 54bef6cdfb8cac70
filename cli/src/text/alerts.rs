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
    last_seen() = "last seen", "最近出现";
    alert_id() = "id", "编号";
    alert_code() = "no.", "编号规则";
    alert_level() = "level", "级别";
    alert_due() = "answer due", "说明期限";
    inquiries_heading() = "Inquiries of the authority:", "监管机构的质询：";
    alert_heading(code, rule, state) = "{code} {rule}: {state}", "{code} {rule}：{state}";
    alert_named(id) = "Id: {id}", "编号：{id}";
    alert_rule_version(level, version) = "Level: {level}; version {version} of the rule", "级别：{level}；规则第 {version} 版";
    alert_count(count) = "Cases: {count}", "涉及笔数：{count}";
    alert_handler(operator) = "In hand: {operator}", "经办：{operator}";
    alert_awaited(center, due) = "Answer of {center} awaited by {due}", "等待 {center} 在 {due} 前说明";
    alert_overdue(day) = "{day}, late", "{day}，已逾期";
    alert_healed(state) = "{state}; the cause has gone", "{state}；事由已消除";
    inquiry_due(due) = "Answer due by {due}", "说明期限：{due}";
    inquiry_next(id) =
        "Answer with: fundlink alerts explain {id} FINDING --remark TEXT --operator ID",
        "请说明：fundlink alerts explain {id} 核查结论 --remark 文字 --operator 操作员";
    alert_about(about, subject) = "About: {about} {subject}", "对象：{about} {subject}";
    alert_concerns(centers) = "Members: {centers}", "涉及成员：{centers}";
    alert_seen(first, last, times) =
        "First seen {first}, last seen {last}, {times} times", "首次 {first}，最近 {last}，共 {times} 次";
    alert_leaf(leaf, log) = "Shown by leaf {leaf} of log {log}", "依据：日志 {log} 第 {leaf} 号叶";
    alert_statement(hash) = "Shown by statement {hash}", "依据：报文 {hash}";
    alert_open() = "open", "未处理";
    alert_resolved() = "resolved by itself", "已自行解除";
    alert_inquired() = "inquired", "已质询";
    alert_explained() = "explained", "已说明";
    alert_confirmed() = "confirmed", "已确认";
    alert_closed() = "closed", "已关闭";
    inquiry_waiting() = "waits for an answer", "待说明";
    act_raised() = "raised", "触发";
    act_healed() = "the cause has gone", "事由消除";
    act_overdue() = "no answer in time", "逾期未说明";
    finding_in_order() = "in order", "情况属实且合规";
    finding_corrected() = "corrected", "已更正";
    finding_being_corrected() = "being corrected", "更正中";
    finding_elsewhere() = "the cause lies elsewhere", "原因在其他中心";
    level_notice() = "notice", "提示";
    level_warning() = "warning", "预警";
    level_alarm() = "alarm", "报警";
    alert_overlapping_accounts() = "open accounts in two cities for more than a month", "两地账户并存超过一个月";
    alert_withdrawn_after_transfer() = "a property was paid for after the account had left", "账户转出后仍有购房提取";
    alert_third_loan() = "a third loan of one person", "同一人第三次使用贷款";
    alert_paid_twice() = "one letter was paid twice", "同一联系函重复划款";
    alert_rapid_in_out() = "everything withdrawn soon after a transfer in", "转入后短期内销户提取";
    alert_frequent_transfers() = "three transfers of one person within twelve months", "十二个月内转移三次以上";
    alert_certificate_used_late() = "a certificate was used after it had run out", "缴存证明过期后使用";
    alert_certificate_used_twice() = "a certificate was used twice", "缴存证明重复使用";
    alert_certificate_without_receipt() = "no receipt of a certificate", "缴存证明未收到回执";
    alert_invalid_root() = "a center vouches for a root that its log did not sign", "日志根签名无效";
    alert_log_gap() = "announced entries of a log cannot be had", "日志条目缺失";
    alert_double_intent() = "applications of one household in two cities", "两地同时申请贷款";
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
    alert_shared_card() = "one bank card stands with five persons or more", "同一银行卡对应五人以上";
    alert_unit_leaves() = "many of one unit's staff leave within a month", "同一单位职工一个月内集中转出";
    alert_transfer_without_letter() = "a transfer out was booked without a letter", "无联系函的外部转出";
}
