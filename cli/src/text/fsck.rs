//! The sentences of `fundlink fsck`.

use std::fmt::Display;

use crate::language::Language;

texts! {
    fsck_code() = "code", "代码";
    fsck_found() = "found", "情况";
    fsck_place() = "where", "位置";
    fsck_next() = "what helps", "处理";
    fsck_clean(rows) = "The store is sound: {rows} rows were looked at, and fit each other.", "存储完好：已检查 {rows} 行，彼此相符。";
    fsck_damaged(faults) = "The store is damaged: {faults} findings. Nothing was changed.", "存储已损坏：发现 {faults} 处问题。未作任何更改。";
    fsck_more(more) = "… and {more} more like these", "……另有 {more} 处同类问题";
    fsck_rebuild() = "`fundlink fsck --repair` makes it anew", "用 `fundlink fsck --repair` 重建";
    fsck_fetch() = "`fundlink fsck --repair` takes it back from other members", "用 `fundlink fsck --repair` 从其他成员取回";
    fsck_restore() = "restore a backup with `fundlink restore`", "用 `fundlink restore` 从备份恢复";
    fsck_configuration() = "name the configuration of the member whose store it is (--config), or join with `fundlink net join`", "请用 --config 指定该存储所属成员的配置，或用 `fundlink net join` 加入网络";
    fsck_repaired(aside) = "The store was repaired, and is sound. As it was it stands in {aside}; remove that once the node runs again.", "存储已修复，状态完好。修复前的存储保存在 {aside}；节点恢复运行后可删除。";
    fsck_left(aside, faults) = "{faults} findings are left that this node cannot mend by itself. As it was the store stands in {aside}.", "尚有 {faults} 处问题本节点无法自行修复。修复前的存储保存在 {aside}。";
    fsck_refilled(log) = "{log}: its entries were taken back from other members", "{log}：条目已从其他成员取回";
    fsck_silent(members) = "These members did not answer: {members}; see that they run, and repair again.", "以下成员未应答：{members}；请确认其节点运行后再次修复。";
    fsck_cut_off(data) = "The store cannot be read to its end: restore a backup with `fundlink restore`. Where a copy {data}.before-repair-… was made, it is the store as it was.", "存储无法完整读取：请用 `fundlink restore` 从备份恢复。若已生成副本 {data}.before-repair-…，其中即为修复前的存储。";
    fsck_interrupted(status) = "the check was ended from outside ({status}); run it again", "检查被外部终止（{status}）；请重新运行";
    fsck_no_scratch(folder, error) = "no copy can be made in {folder}: {error}; name another folder with --scratch", "无法在 {folder} 中建立副本：{error}；请用 --scratch 指定其他文件夹";
    store_unreadable() = "the store cannot be read to its end: it is damaged; look at it with `fundlink fsck`, and restore a backup with `fundlink restore`", "存储无法完整读取，已损坏；请用 `fundlink fsck` 检查，并用 `fundlink restore` 从备份恢复";
    fsck_mending() = "The store is looked at and mended …", "正在检查并修复存储……";
}
