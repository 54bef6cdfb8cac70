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

mod accesses;
mod alerts;
mod asking;
mod backups;
mod certificates;
mod data;
mod doctor;
mod evidence;
mod fsck;
mod loans;
mod logs;
mod net;
mod testnet;
mod transfers;
mod withdrawals;
mod words;

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

    manual_written(pages, folder) = "{pages} pages in {folder}", "已在 {folder} 写入 {pages} 页";

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
    status_recovering() =
        "It recovers: it signs no checkpoint, letter or payment; `fundlink recovery show` says what it waits for.",
        "节点正在恢复：不签发检查点、联系函和付款；等待的内容见 `fundlink recovery show`。";
    up_to_date() = "up to date", "已同步";
    member() = "member", "成员";
    statements_waiting() = "statements waiting", "待送达报文";

    // mode
    service() = "service", "业务";
    mode() = "mode", "模式";
    what_it_does() = "what it does by itself", "自动处理的范围";
    mode_observe() = "publishes and asks", "只发布摘要和查询";
    mode_answer() = "also answers questions", "并应答查询";
    mode_confirm() = "also acts, once a person has confirmed", "并在人工确认后办理";
    mode_auto() = "acts by the rules alone", "按规则自动办理";
}
