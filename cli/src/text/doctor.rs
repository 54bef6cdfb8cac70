//! The sentences of `fundlink doctor`.

use std::fmt::Display;

use crate::language::Language;

texts! {
    doctor_check() = "check", "检查项";
    doctor_result() = "result", "结果";
    doctor_found() = "found", "情况";
    doctor_fine() = "fine", "正常";
    doctor_attention() = "TO DO", "需处理";
    doctor_unreachable() = "UNREACHABLE", "无法连接";
    doctor_unknown() = "not known", "未知";
    doctor_nothing_to_do() = "Nothing must be done.", "无需处理。";
    doctor_to_do(check, next) = "{check}: {next}", "{check}：{next}";
    doctor_firewall() =
        "Ask the people of the firewall to let these connections through; with each member one of the two directions is enough, both are safer:",
        "请防火墙管理人员放行以下连接；与每个成员之间有一个方向即可，双向更可靠：";
    doctor_rule_out(from, to, center) = "  out  {from} -> {to}  ({center})", "  出站  {from} -> {to}（{center}）";
    doctor_rule_in(from, to, center) = "  in   {from} -> {to}  ({center})", "  入站  {from} -> {to}（{center}）";

    doctor_mend_configuration(path) = "mend {path}, or make one with `fundlink init`", "请修正 {path}，或用 `fundlink init` 生成";
    doctor_configured(center, network) = "member {center} of the network {network}", "网络 {network} 的成员 {center}";
    doctor_no_operators() = "nobody may act here", "没有登记操作员";
    doctor_add_operators() = "add [[operator]] tables to the configuration", "请在配置中添加 [[operator]]";
    doctor_no_receiving_account() = "there is no special account to pay to", "没有收款专户";
    doctor_add_receiving_account() = "add [receiving_account] to the configuration", "请在配置中添加 [receiving_account]";
    doctor_embedded_core() = "the embedded ledger, in the node's own store", "内置账务，位于节点自己的存储中";
    doctor_keys_protected(path) = "{path} is its owner's alone and has a passphrase", "{path} 仅所有者可读，并设有口令";
    doctor_keys_unprotected(path) = "{path} is its owner's alone and has no passphrase", "{path} 仅所有者可读，未设口令";
    doctor_mend_keys() =
        "restore the key file from its backup, with mode 0600; keys that others could have read are rotated",
        "请从备份恢复密钥文件，权限为 0600；可能已被他人读取的密钥应轮换";
    doctor_key_missing() = "the roster lists a key that the key file does not hold", "名册所列密钥不在密钥文件中";
    doctor_disk(free, folder) = "{free} MiB free in {folder}", "{folder} 剩余 {free} MiB";
    doctor_free_disk(least) = "make room: a node needs {least} MiB at least", "请清理磁盘：节点至少需要 {least} MiB";
    doctor_fsync(ms) = "a write is safe after {ms} ms", "写入落盘耗时 {ms} 毫秒";
    doctor_mend_fsync() =
        "put the data folder on a faster disk that no other program keeps busy",
        "请将数据目录放在更快、且不被其他程序占用的磁盘上";
    doctor_mend_folder(folder) = "check who owns {folder}, and that it can be written", "请检查 {folder} 的所有者及写权限";
    doctor_no_store(folder) = "there is no store in {folder}", "{folder} 中没有存储";
    doctor_join() = "join with `fundlink net join`, or make a network with `fundlink net create`", "请用 `fundlink net join` 加入网络，或用 `fundlink net create` 建立网络";
    doctor_mend_store() =
        "as the finding says: stop whatever else uses the folder, install the release that wrote it, or look with `fundlink fsck` and restore a backup with `fundlink restore`",
        "请按所述情况停止占用该目录的程序、安装写入它的版本，或用 `fundlink fsck` 检查，并用 `fundlink restore` 从备份恢复";
    doctor_store(folder) = "{folder} opens, and is of this release's format", "{folder} 可以打开，格式与本版本一致";
    doctor_store_in_use(folder) = "{folder} is held by the running node", "{folder} 由运行中的节点使用";
    doctor_clock_behind(seconds) =
        "the clock is {seconds} s behind the time at which the node last acted",
        "时钟比节点上次处理业务的时间慢 {seconds} 秒";
    doctor_clock_after(last) = "after the time at which the node last acted, {last}", "晚于节点上次处理业务的时间 {last}";
    doctor_clock_alone() = "no other member was heard in the last minutes to compare with", "最近几分钟未收到其他成员的心跳，无法比对";
    doctor_clock_offset(ms, members) =
        "{ms} ms from what {members} other members say",
        "与另外 {members} 个成员相差 {ms} 毫秒";
    doctor_set_clock() = "set the clock, and keep it right with NTP", "请校准时钟，并用 NTP 保持";
    doctor_no_roster() = "the store holds no roster", "存储中没有成员名册";
    doctor_address_free() = "free for the node to listen on", "可供节点监听";
    doctor_free_address() = "stop what uses the address, or name another under [listen]", "请停止占用该地址的程序，或在 [listen] 中另行指定";
    doctor_start() = "start it with `fundlink run`; what only a running node knows is not known", "请用 `fundlink run` 启动；只有运行中的节点才知道的情况未检查";
    doctor_needs_node() = "only a running node can be dialled back", "须节点运行才能检查";
    doctor_renew() = "ask the authority to renew the roster (`fundlink net renew`)", "请监管机构重新签发名册（`fundlink net renew`）";
    doctor_not_listed() = "the roster does not list this member", "名册中没有本成员";
    doctor_ask_authority() = "ask the authority", "请联系监管机构";
    doctor_key_open(id) = "{id} counts without an end", "{id} 有效，无截止时间";
    doctor_key_until(id, until) = "{id} counts until {until}", "{id} 有效至 {until}";
    doctor_rotate(purpose) = "make its successor with `fundlink net rotate {purpose}`", "请用 `fundlink net rotate {purpose}` 生成新密钥";
    doctor_member_answers(addresses) = "the member answers at {addresses}", "该成员在 {addresses} 应答";
    doctor_stranger_answers(addresses) = "somebody else answers at {addresses}", "{addresses} 应答的不是该成员";
    doctor_wrong_peer() =
        "ask the member for its address, and the authority to list it (`fundlink net addresses`)",
        "请向该成员核对地址，并请监管机构更新名册（`fundlink net addresses`）";
    doctor_no_address() = "the roster gives no address for it: it dials us", "名册中没有其地址：由对方发起连接";
    doctor_nobody_answers(addresses) = "nobody answers at {addresses}", "{addresses} 无应答";
    doctor_port_answers() = "its port answers; who it is shows only a running node", "端口有应答；身份须由运行中的节点确认";
    doctor_ask_firewall_out() = "ask for the outgoing connections below, or look whether that member runs", "请按下列出站规则放行，或确认对方节点是否运行";
    doctor_reached() = "it reaches this node", "对方可以连接本节点";
    doctor_not_reached() = "it does not reach this node at the address that the roster gives", "对方无法按名册地址连接本节点";
    doctor_ask_firewall_in() =
        "ask for the incoming connections below, and see that the listed address is right (`fundlink net addresses`)",
        "请按下列入站规则放行，并核对名册中的地址（`fundlink net addresses`）";
    doctor_cannot_ask() = "there is no connection to ask it over", "没有可用连接，无法询问对方";
    doctor_outbox(open) = "{open} statements wait to be delivered to it", "有 {open} 份报文待送达";
    doctor_log_lag(size, witnessed) = "{size} entries, of which {witnessed} are witnessed", "共 {size} 条，已见证 {witnessed} 条";
    doctor_log_witnessed(size) = "all {size} entries are witnessed", "全部 {size} 条均已见证";
    doctor_wait_for_witnesses() =
        "see above which witnesses are not reached; it goes on by itself once a majority answers",
        "请查看上方未连通的见证方；多数见证方应答后自动恢复";
    doctor_heard(at) = "up to date, last heard {at}", "已同步，最近心跳 {at}";
    doctor_not_heard(at) = "silent, or not held to its end; last heard {at}", "失联或未同步完；最近心跳 {at}";
    doctor_silent() = "look whether that member runs, and at the connections to it", "请确认对方节点是否运行，并检查与其的连接";
    doctor_bank_off() = "no bank is configured: nothing is paid here", "未配置银行：本节点不付款";
    doctor_bank_answers(url) = "{url} takes connections", "{url} 可以连接";
    doctor_bank_silent(url) = "{url} takes no connection", "{url} 无法连接";
    doctor_mend_bank() = "see that the bank's interface runs, and the url under [bank]", "请确认银行接口在运行，并核对 [bank] 的 url";
}
