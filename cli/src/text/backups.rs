//! The sentences about backups, and about what a node waits for after a start.

use std::fmt::Display;

use crate::language::Language;

texts! {
    // backup
    backup_written(path, entries, bytes) =
        "Written and read back: {path}, {entries} entries, {bytes} bytes",
        "已写入并读回核对：{path}，{entries} 条，{bytes} 字节";
    backup_of(center, network, taken) =
        "Member {center} of the network {network}, as of {taken}",
        "网络 {network} 的成员 {center}，截至 {taken}";
    backup_log(origin, size) = "Log {origin}: {size} entries", "日志 {origin}：{size} 条";
    backup_private() =
        "It holds personal data and is readable by its owner alone; the key file and the configuration are not in it.",
        "备份含个人信息，仅属主可读；密钥文件和配置文件不在其中，请另行备份。";
    backup_writing() = "writing", "写入中";
    backup_checking() = "checking", "核对中";

    // restore
    restored(data, taken) =
        "Restored into {data}, as of {taken}. Start the node with `fundlink run`: it recovers what it has lost from the other members, and `fundlink recovery show` says how far it is.",
        "已恢复到 {data}，截至 {taken}。请用 `fundlink run` 启动节点：它将从其他成员取回缺失的内容，进度见 `fundlink recovery show`。";
    restored_next_log(center) =
        "Its log ends with what it has lost. Ask the authority to run `fundlink net next-log {center}`; until then the node signs nothing.",
        "原日志就此终止。请省厅执行 `fundlink net next-log {center}` 开启下一本日志；在此之前节点不签发任何内容。";

    backup_file(path, error) =
        "{path} cannot be used: {error}; check that it exists and who owns it",
        "无法使用 {path}：{error}；请检查文件是否存在及其属主";
    backup_not_one(path) =
        "{path} is not a backup of Fundlink; name a file that `fundlink backup` has written",
        "{path} 不是 Fundlink 的备份；请指定由 `fundlink backup` 写出的文件";
    backup_truncated(path, bytes) =
        "the backup {path} is cut short: it ends after {bytes} bytes, before its last line; take another copy of it or an earlier backup, and run `fundlink restore` again",
        "备份 {path} 不完整：在第 {bytes} 字节处中断，缺少结尾；请重新拷贝或改用更早的备份，再执行 `fundlink restore`";
    backup_changed(path) =
        "the backup {path} was changed: its contents do not match their BLAKE3; take another copy of it or an earlier backup, and run `fundlink restore` again",
        "备份 {path} 已被改动：内容与其 BLAKE3 摘要不符；请重新拷贝或改用更早的备份，再执行 `fundlink restore`";
    backup_newer(path, found, known) =
        "the backup {path} has format {found}, this release reads up to {known}; install the newer release and run `fundlink restore` again",
        "备份 {path} 的格式为 {found}，本版本最高支持 {known}；请安装新版本后再执行 `fundlink restore`";
    backup_other(theirs, ours) =
        "the backup is of member {theirs}, this configuration is of {ours}; name the other configuration with --config, or another backup",
        "该备份属于成员 {theirs}，而当前配置属于 {ours}；请用 --config 指定对应的配置，或改用其他备份";
    restore_not_empty(data) =
        "the data folder {data} is not empty, and a restore never writes over a store; run `mv {data} {data}.before-restore`, keep it, and run `fundlink restore` again",
        "数据目录 {data} 非空，恢复操作不会覆盖已有数据；请执行 `mv {data} {data}.before-restore` 并保留，再执行 `fundlink restore`";
    restore_full(data) = "the disk of {data} is full: nothing was restored, and the backup is as it was; free some room and run `fundlink restore` again", "{data} 所在磁盘已满：未恢复任何内容，备份保持原样；请腾出空间后再次运行 `fundlink restore`";
    restore_running(data) =
        "a node runs on {data}, and what it has acknowledged would be lost; stop it, move the folder away with `mv {data} {data}.before-restore`, and run `fundlink restore` again",
        "节点正在使用 {data}，恢复会丢失其已确认的内容；请先停止节点，执行 `mv {data} {data}.before-restore`，再执行 `fundlink restore`";

    // recovery
    recovery_over() =
        "The node does not recover: it signs and pays.",
        "节点未处于恢复状态，正常签发和付款。";
    recovery_waits() =
        "The node recovers: it signs no checkpoint, letter or payment.",
        "节点正在恢复，不签发检查点、联系函和付款。";
    recovery_restored(at, taken) =
        "Its store was restored at {at} from a backup of {taken}.",
        "数据于 {at} 由 {taken} 的备份恢复。";
    recovery_answers(count, witnesses) =
        "Answers of witnesses still needed: {count}; silent: {witnesses}",
        "尚需见证成员应答：{count} 个；未应答：{witnesses}";
    recovery_leaves(count) = "Own public leaves to come back: {count}", "待取回的本中心公开日志叶：{count}";
    recovery_members(members) =
        "Statements to come back from: {members}",
        "待取回报文的成员：{members}";
    recovery_taking_in() =
        "What came back is being taken in.",
        "正在按次序办入已取回的报文。";
    recovery_log(number) =
        "Log {number} has ended: the authority opens the next one with `fundlink net next-log`.",
        "第 {number} 号日志已终止：请省厅用 `fundlink net next-log` 开启下一本。";
    recovery_overridden(at, operator, reason) =
        "Overridden at {at} by {operator}: {reason}",
        "{at} 由 {operator} 人工越过：{reason}";
    override_warning() =
        "WARNING: what the members have not given back, the node will not know: it may pay what was paid, or give a letter number twice. Use this only when the witnesses or members that are named are lost for good. It is written into the audit log.",
        "警告：尚未取回的内容，节点将无从得知，可能重复付款或重复使用联系函编号。仅在所列见证成员或成员确已永久丢失时使用。本操作将记入审计日志。";
    override_confirm() =
        "nothing was done; repeat the command with --yes if you are sure",
        "未执行任何操作；确认无误后请加 --yes 重新执行";
    override_done() =
        "The node goes on once what has come back is taken in.",
        "已取回的内容办入后，节点将继续运行。";
}
