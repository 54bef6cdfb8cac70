//! The sentences about evidence.

use std::fmt::Display;

use crate::language::Language;

texts! {
    evidence_written(path, parts, bytes) =
        "Written: {path}, {parts} parts, {bytes} bytes", "已写入：{path}，{parts} 个部分，{bytes} 字节";
    evidence_not_yet(part, reason) =
        "Not yet proved by witnesses: {part}: {reason}. Export it again in a minute.",
        "尚未经见证方证明：{part}：{reason}。请稍后重新导出。";
    evidence_fails(part, reason) =
        "the evidence does not verify: {part}: {reason}", "证据验证不通过：{part}：{reason}";
    evidence_is_not_one(reason) =
        "the evidence does not verify: {reason}", "证据验证不通过：{reason}";
    evidence_of_other_roots(found) =
        "the root keys have the fingerprint {found}, which is not the one that you gave",
        "根密钥指纹为 {found}，与您指定的不符";
    evidence_by_known(fingerprint) =
        "Verified by the root keys that you gave, fingerprint {fingerprint}.",
        "已按您指定的根密钥验证，指纹 {fingerprint}。";
    evidence_by_unknown(fingerprint) =
        "Verified by the root keys that the file brings. Compare their fingerprint with that of the network: {fingerprint}",
        "已按文件自带的根密钥验证。请与网络公布的指纹核对：{fingerprint}";
}
