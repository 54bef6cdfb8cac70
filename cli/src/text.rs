//! Every sentence that a command says, in English and Chinese, in one table.
//!
//! **Promises.** Each sentence exists in both languages with the same places for values; the
//! compiler sees to it.
//! **Left to others.** The help of the commands: `help`. The words of refusals: `fundlink-protocol`.

use std::fmt::Display;

use crate::language::Language;

macro_rules! texts {
    ($($name:ident($($argument:ident),*) = $english:literal, $chinese:literal;)*) => {
        impl Language {
            $(
                pub(crate) fn $name(self, $($argument: impl Display),*) -> String {
                    match self {
                        Self::English => format!($english, $($argument = $argument),*),
                        Self::Chinese => format!($chinese, $($argument = $argument),*),
                    }
                }
            )*
        }
    };
}

mod testnet;

texts! {
    // The parser.
    personal_number_argument() =
        "an argument looks like the number of a document or a card; such numbers are not taken as arguments, because other users of this machine see them and the shell keeps them: leave it out and type it when you are asked, or use --subject-file",
        "参数中疑似有证件号码或卡号；命令行参数会被本机其他用户看到，并留在命令历史中，因此不接受：请在提示时输入，或使用 --subject-file";
    unknown_argument(argument) = "{argument} is not known", "无法识别：{argument}";
    wrong_value(argument, value) = "{value} is no value for {argument}", "{argument} 的值不正确：{value}";
    possible_values(values) = "possible: {values}", "可选：{values}";
    missing_argument(arguments) = "missing: {arguments}", "缺少：{arguments}";
    conflicting_arguments(argument) = "{argument} does not go with the other arguments", "{argument} 不能与其他参数同时使用";
    wrong_usage() = "the command is not understood", "命令无法识别";
    see_help() = "see `fundlink --help`", "请参阅 `fundlink --lang zh --help`";

    cannot_read(path, error) = "{path} cannot be read: {error}", "无法读取 {path}：{error}";
    clock_out_of_range() = "the clock of this machine shows no date; set it", "本机时钟没有有效日期，请校准";

    // init
    file_exists(path) =
        "{path} is there already; nothing was written: choose another --dir, or remove it",
        "{path} 已存在，未写入任何内容：请换一个 --dir，或先删除该文件";
    cannot_write(path, error) = "{path} cannot be written: {error}", "无法写入 {path}：{error}";
    new_passphrase() = "Passphrase for the key file: ", "请设置密钥文件的口令：";
    new_passphrase_again() = "The same again: ", "请再次输入：";
    init_done(center, network, config) =
        "Member {center} of the network {network} is set up: {config}",
        "网络 {network} 的成员 {center} 已初始化：{config}";
    init_keys(path) = "Keys, to be kept secret and backed up: {path}", "密钥文件，请保密并备份：{path}";
    init_unprotected() =
        "The key file has no passphrase: whoever reads it can act as this center.",
        "密钥文件没有口令：任何能读取它的人都可以冒充本中心。";

    // The running node.
    node_not_running(socket, error) =
        "no node answers on {socket} ({error}); start it with `fundlink run`",
        "{socket} 上没有节点应答（{error}）；请用 `fundlink run` 启动";
    node_went_away(reason) =
        "the node went away before it answered ({reason}); look at `fundlink status` before you repeat the command",
        "节点在应答前断开（{reason}）；重复该命令前请先查看 `fundlink status`";
    answer_not_understood(reason) =
        "the answer of the node is not understood ({reason}); use the command line of the node's own release",
        "无法理解节点的应答（{reason}）；请使用与节点同一版本的命令行";
    with_detail(sentence, detail) = "{sentence} ({detail})", "{sentence}（{detail}）";
    refusal(code, sentence, next) = "{code}: {sentence}; {next}", "{code}：{sentence}；{next}";

    // status
    status_node(center, network) = "Member {center} of the network {network}", "网络 {network} 的成员 {center}";
    status_roster(version, renew_by) =
        "Roster version {version}, to be renewed by {renew_by}",
        "成员名册版本 {version}，应在 {renew_by} 前更新";
    member() = "member", "成员";
    statements_waiting() = "statements waiting", "待送达报文";

    // net
    out_exists(path) =
        "{path} is there already; nothing was written: move it away, or name another file",
        "{path} 已存在，未写入任何内容：请移走该文件或指定其他文件名";
    root_passphrase() = "Passphrase for the root key: ", "请设置根密钥的口令：";
    network_made(network, fingerprint) =
        "The network {network} is made. Its fingerprint, to be read out to each new member: {fingerprint}",
        "网络 {network} 已建立。网络指纹（请口头告知每个新成员）：{fingerprint}";
    join_file_written(path) = "Join file, for new members: {path}", "入网文件，供新成员使用：{path}";
    root_key_written(path) =
        "Root key: {path}. Take it off this machine and keep two copies apart.",
        "根密钥：{path}。请将其移出本机，并分开保存两份。";
    enrolment_written(path) =
        "Enrolment, to be sent to the authority: {path}", "入网申请，请发送给监管机构：{path}";
    enrolment_fingerprint(fingerprint) =
        "Its fingerprint, to be read out over another channel, such as the telephone: {fingerprint}",
        "申请指纹，请通过电话等其他渠道告知对方：{fingerprint}";
    no_enrolment(path) = "{path} holds no enrolment; ask for it again", "{path} 中没有入网申请，请重新索取";
    other_fingerprint(found) =
        "the join file has the fingerprint {found}, which is not the one you were told; do not use it",
        "入网文件的指纹为 {found}，与被告知的不一致，请勿使用";
    other_network(network) =
        "the join file is of the network {network}, the configuration of another one",
        "入网文件属于网络 {network}，与配置文件中的网络不一致";
    not_listed(center) =
        "the join file does not list {center} with the keys of this member; ask the authority to admit it",
        "入网文件的名册中没有 {center} 的当前密钥，请向监管机构申请入网";
    not_dialable(address) =
        "{address} cannot be dialled by others; name a reachable one with --address",
        "其他成员无法连接 {address}，请用 --address 指定可达的地址";
    joined(network, version, fingerprint) =
        "Joined the network {network}, roster version {version}, fingerprint {fingerprint}. Next: `fundlink run`.",
        "已加入网络 {network}，名册版本 {version}，指纹 {fingerprint}。下一步：`fundlink run`。";
    roster_heading(network, version, issued) =
        "Network {network}, roster version {version}, signed {issued}",
        "网络 {network}，成员名册版本 {version}，签发于 {issued}";
    roster_renew_by(renew_by) = "To be renewed by {renew_by}", "应在 {renew_by} 前更新";
    name() = "name", "名称";
    role() = "role", "角色";
    status() = "status", "状态";
    witnesses() = "witnesses", "见证";
    addresses() = "addresses", "地址";
    yes() = "yes", "是";
    key_purpose() = "key for", "密钥用途";
    key_id() = "key id", "密钥标识";
    counts_from() = "counts from", "生效";
    counts_until() = "until", "失效";
    role_center() = "center", "城市中心";
    role_authority() = "authority", "监管机构";
    status_active() = "active", "正常";
    status_suspended() = "suspended", "暂停";
    status_revoked() = "revoked", "撤销";
    rotation_asked(id) =
        "The new key {id} is in the key file, and the authority has been asked to list it. Restart the node once `fundlink net show --keys` shows it; the old key runs on for 30 days.",
        "新密钥 {id} 已写入密钥文件，并已请监管机构列入名册。`fundlink net show --keys` 显示后请重启节点；旧密钥继续有效 30 天。";

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

    // ask, dossier
    dossier_heading(id, purpose, started) =
        "Dossier {id}, purpose {purpose}, asked {started}", "核查档案 {id}，用途 {purpose}，查询时间 {started}";
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
        "No record with this number, as of {as_of}; the center also has records without a number.",
        "该证件号码无记录，数据截止 {as_of}；该中心另有无证件号码的记录。";
    unresolved_not_loaded() = "Not known: the center has not loaded its records yet.", "无法确定：该中心尚未导入数据。";
    unresolved_name() =
        "Not known: a record without a number has this name and month of birth; a person must look.",
        "无法确定：有一条无证件号码的记录姓名和出生年月相同，需人工核对。";
    unresolved_several() =
        "Not known: records of this number carry several names; a person must look.",
        "无法确定：该证件号码对应多个姓名，需人工核对。";
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

    // mode
    service() = "service", "业务";
    mode() = "mode", "模式";
    what_it_does() = "what it does by itself", "自动处理的范围";
    mode_observe() = "publishes and asks", "只发布摘要和查询";
    mode_answer() = "also answers questions", "并应答查询";
    mode_confirm() = "also acts, once a person has confirmed", "并在人工确认后办理";
    mode_auto() = "acts by the rules alone", "按规则自动办理";
}
