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
    withdrawals_read(paid, running) =
        "Withdrawals: {paid} paid for a property; {running} in progress or standing: their accounts do not move (R08)",
        "提取：已支付的购房、建房提取 {paid} 笔；办理中或约定提取 {running} 笔，其账户不予转出（R08）";
    withdrawals_unlisted(count) =
        "{count} payouts for a property in ledger.csv are not in withdrawals.csv: nothing of them is published",
        "ledger.csv 中有 {count} 笔购房、建房提取不在 withdrawals.csv 中，未发布";
    code_mapped(file, column, code, rows) =
        "{file}: code {code} of {column} was mapped in {rows} rows", "{file}：{column} 列的代码 {code} 已按映射转换（{rows} 行）";
    code_unknown(file, column, code, rows) =
        "{file}: code {code} of {column} is in no table, in {rows} rows; map it in a mapping file",
        "{file}：{column} 列的代码 {code} 不在代码表中（{rows} 行），请在映射文件中对应";
    quarantined(rows, records) =
        "In quarantine: {rows} rows, and with them {records} accounts and loans; about these persons nobody is answered until a later dump heals the rows",
        "已隔离 {rows} 行，连带 {records} 个账户和贷款；在后续数据更正之前，不就相关人员作出答复";
    beyond_share(bad, rows, allowed, records) =
        "{bad} of {rows} rows have faults, and the quarantine allows {allowed}; {records} accounts and loans would be held back",
        "{rows} 行中有 {bad} 行有错误，隔离比例只允许 {allowed} 行；将连带 {records} 个账户和贷款";
    beyond_quarantine() =
        "A fault is about a file as a whole, or cannot be told apart by rows: no quarantine holds it.",
        "有错误涉及整个文件或无法按行区分，不能隔离。";
    mapping_refused(error) = "{error}; nothing was read", "映射文件不可用，未读取任何数据：{error}";
    mapping_written(path) = "Written: {path}; look at each line that ends in a question.", "已写入 {path}；请核对以问号结尾的各行。";
    control_written(path) = "Written: {path}", "已写入 {path}";
    fix_list_written(faults, path) = "{faults} to be corrected: {path}", "待更正 {faults} 处：{path}";
    column() = "column", "列";
    column_needed() = "needed", "必需";
    english_names() = "English", "英文名";
    chinese_names() = "Chinese", "中文名";
    line_number() = "line", "行";
    rule() = "rule", "规则";
    rule_says() = "what the row must keep to", "应符合的要求";
    quarantine_empty() = "No row is in quarantine.", "没有被隔离的数据行。";
    vanished(count) = "Records that were published and are not in this dump: {count}", "此前已发布而本次数据中没有的记录：{count} 条";
    vanished_record(status, log, leaf) = "  {status}, leaf {leaf} of log {log}", "  {status}，日志 {log} 第 {leaf} 叶";
    vanished_follows() =
        "Their digests are superseded by a revision that says the record is gone; nobody is answered from them any more. If they should be there, export again: a record that comes back is published as its next revision.",
        "其摘要将由“记录已失”的新版本取代，不再据以答复。如不应缺失，请重新导出：记录恢复后将作为下一版本发布。";
    records_held(rows, records, unnumbered) =
        "In quarantine: {rows} faults, {records} accounts and loans; {unnumbered} records without a usable number (see `fundlink data quarantine`)",
        "已隔离：{rows} 处错误，{records} 个账户和贷款；{unnumbered} 条记录没有可用的证件号码（见 `fundlink data quarantine`）";
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
        "Loaded: {added} new, {changed} changed, {same} the same; {kept} kept as a transfer or the desk left them",
        "已导入：新增 {added}，变更 {changed}，未变 {same}；{kept} 条因转移业务或柜面登记保持原状";
    publishing() = "publishing digests", "正在发布摘要";
    no_records() = "No records are loaded; see `fundlink data import`.", "尚未导入数据，请使用 `fundlink data import`。";
    records_loaded(as_of, accounts, loans) =
        "Records as of {as_of}: {accounts} accounts, {loans} loans",
        "数据截止 {as_of}：{accounts} 个账户，{loans} 笔贷款";
    records_withdrawals(count) = "Withdrawals for a property: {count}", "购房、建房提取：{count} 笔";
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
