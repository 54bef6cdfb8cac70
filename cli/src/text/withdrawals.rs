//! The sentences about withdrawals for a property.
//!
//! **Promises.** As in [`super`]: each sentence in both languages.
//! **Left to others.** What is refused: the node.

use std::fmt::Display;

use crate::language::Language;

texts! {
    withdrawal_file_not_csv(line) =
        "line {line}: the file is no CSV in UTF-8 with as many values in each row as its header has columns",
        "第 {line} 行：文件不是列数一致的 UTF-8 CSV";
    withdrawal_column_missing(column) = "the file has no column {column}", "文件缺少 {column} 列";
    withdrawal_value(line, column, error) = "line {line}, {column}: {error}", "第 {line} 行 {column}：{error}";
    withdrawal_file_empty() = "the file has no row", "文件没有数据行";
    withdrawal_file_long(rows) =
        "the file has more than {rows} rows; import it with the records of the core system, or split it",
        "文件超过 {rows} 行；请随核心系统数据导入，或拆分文件";
    withdrawals_recorded(new, known) =
        "{new} withdrawals recorded and published, {known} were known already", "已登记并发布 {new} 笔提取，另有 {known} 笔此前已登记";
    withdrawal_paid_before(serial, centers) =
        "NOTE: for the property of {serial} a withdrawal was paid before: {centers}",
        "注意：{serial} 的房屋此前已有提取：{centers}";
    withdrawal_undone(serial, on) = "Withdrawal {serial} undone on {on}", "提取 {serial} 已于 {on} 冲回";
    withdrawal_serial() = "serial", "业务流水号";
    withdrawal_reason() = "reason", "提取原因";
    withdrawal_reversed() = "undone on", "冲回日期";
    withdrawal_leaf() = "leaf", "叶";
    no_payouts(center) = "{center}: nothing was paid out for the property.", "{center}：该房屋没有已支付的提取。";
    payouts(center) = "{center}: paid out for the property", "{center}：该房屋已支付的提取";
}
