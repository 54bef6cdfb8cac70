//! The sentences about logs and proofs.

use std::fmt::Display;

use crate::language::Language;

texts! {
    // log
    log() = "log", "日志";
    entries() = "entries here", "本地条目数";
    signed() = "signed", "已签名";
    witnessed() = "witnessed", "已见证";
    state() = "state", "状态";
    last_heard() = "last heard", "最近心跳";
    data_as_of() = "records as of", "数据截止";
    in_quarantine() = "in quarantine", "隔离记录";
    log_two_faces() = "TWO FACES: proven, closed", "已证实存在两个版本，已关闭";
    log_misfit() = "DOES NOT FIT what was seen before", "与先前内容不符";
    log_recovering() = "waits for the witnesses", "等待见证方";
    log_current() = "up to date", "已同步";
    log_behind() = "behind, or silent", "落后或失联";
    proof_written(path) =
        "Written: {path}.entry, {path}.tlog-proof, {path}.policy",
        "已写入：{path}.entry、{path}.tlog-proof、{path}.policy";
    proof_logged_only() =
        "The checkpoint is signed by the log alone: its witnesses have not cosigned it yet.",
        "该检查点仅有日志签名，见证方尚未联署。";
    proof_holds(leaf, origin, size) =
        "The proof holds: the entry is leaf {leaf} of {origin}, of {size} entries.",
        "证明成立：该条目是 {origin}（共 {size} 条）的第 {leaf} 号叶。";
    leaf() = "leaf", "叶序号";
    digest() = "digest", "摘要";
    revision() = "revision", "修订";
    date() = "date", "日期";
    commitment() = "commitment", "承诺值";
}
