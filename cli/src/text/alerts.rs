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
    alert_open() = "open", "未解除";
    alert_resolved() = "resolved", "已解除";
    alert_double_loan() = "loans in two cities at once", "两地同时有未结清贷款";
    alert_one_sided() = "a transfer is seen on one side only past its deadline", "转移业务超期仅一方发布";
    alert_sheets_differ() = "the two sides of a transfer commit to different sheets", "转移双方信息表不一致";
    alert_equivocation() = "a log shows two faces", "日志存在两个版本";
    alert_invalid_update() = "a log's update is not valid", "日志更新无效";
    alert_silence() = "a member is silent", "成员失联";
    alert_stale_roster() = "the roster should have been renewed", "成员名册逾期未更新";
}
