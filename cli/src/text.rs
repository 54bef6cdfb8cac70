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
        "An import has begun and is not committed; nobody is answered from it.",
        "有一次导入尚未提交，其数据未用于应答。";

    // mode
    service() = "service", "业务";
    mode() = "mode", "模式";
    what_it_does() = "what it does by itself", "自动处理的范围";
    mode_observe() = "publishes and asks", "只发布摘要和查询";
    mode_answer() = "also answers questions", "并应答查询";
    mode_confirm() = "also acts, once a person has confirmed", "并在人工确认后办理";
    mode_auto() = "acts by the rules alone", "按规则自动办理";
}
