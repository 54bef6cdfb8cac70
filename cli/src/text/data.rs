//! The sentences about records and their import.

use std::fmt::Display;

use crate::language::Language;

texts! {
    // data
    file() = "file", "文件";
    rows() = "rows", "行数";
    encoding() = "encoding", "编码";
    columns_ignored(file, columns) =
        "{file}: columns {columns} are not known and were not looked at",
        "{file}：第 {columns} 列不是已知字段，未读取";
    data_totals(balance, loan_balance) =
        "Balances of accounts: {balance} yuan; of loans: {loan_balance} yuan",
        "个人账户余额合计 {balance} 元；贷款余额合计 {loan_balance} 元";
    unknown_provinces(count) =
        "{count} resident numbers begin with the code of no province: a person should look at them",
        "{count} 个身份证号码的省份代码不存在，请人工核对";
    interest_not_booked(count) =
        "{count} accounts with money on the last 1 July have no year-end interest booked on it",
        "{count} 个账户在上一个 7 月 1 日有余额但没有年终结息记录";
    data_ok() = "The files keep every rule.", "文件符合全部规则。";
    more_faults(count) = "and {count} more", "另有 {count} 处";
    nothing_imported(total) =
        "{total} faults; nothing was imported: correct the files at their source and export them again",
        "共 {total} 处错误，未导入任何数据：请在源系统中更正后重新导出";
    import_file_missing(file) =
        "{file} is missing in the folder; where there is nothing to list it holds its header alone",
        "目录中缺少 {file}；没有数据时该文件只保留表头";
    loading() = "loading", "正在导入";
    loaded(added, changed, same, kept) =
        "Loaded: {added} new, {changed} changed, {same} the same; {kept} accounts kept as a transfer left them",
        "已导入：新增 {added}，变更 {changed}，未变 {same}；{kept} 个账户因转移业务保持原状";
    publishing() = "publishing digests", "正在发布摘要";
    no_records() = "No records are loaded; see `fundlink data import`.", "尚未导入数据，请使用 `fundlink data import`。";
    records_loaded(as_of, accounts, loans) =
        "Records as of {as_of}: {accounts} accounts, {loans} loans",
        "数据截止 {as_of}：{accounts} 个账户，{loans} 笔贷款";
    records_balance(balance) = "Balances: {balance} yuan", "账户余额合计：{balance} 元";
    published(published, unchanged) =
        "Digests: {published} published, {unchanged} were published before",
        "摘要：本次发布 {published} 条，此前已发布 {unchanged} 条";
    publishing_goes_on(published, unchanged) =
        "Digests: {published} published, {unchanged} were published before, and the rest to come",
        "摘要：本次已发布 {published} 条，此前已发布 {unchanged} 条，其余正在发布";
    import_unfinished() =
        "An import has begun and is not committed; nobody is answered from it. If it was cut off: `fundlink data abort`.",
        "有一次导入尚未提交，其数据未用于应答。如已中断，请使用 `fundlink data abort`。";
    import_dropped() = "The unfinished import is dropped.", "已放弃未完成的导入。";
}
