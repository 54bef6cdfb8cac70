//! The sentences about evidence.

use std::fmt::Display;

use crate::language::Language;

texts! {
    evidence_written(path, parts, bytes) =
        "Written: {path}, {parts} parts, {bytes} bytes", "已写入：{path}，{parts} 个部分，{bytes} 字节";
    evidence_not_yet(fault) =
        "Not yet proved by witnesses: {fault}. Export it again in a minute.",
        "尚未经见证方证明：{fault}。请稍后重新导出。";
    evidence_fails(error) = "the evidence does not verify: {error}", "证据验证不通过：{error}";
    evidence_by_known(fingerprint) =
        "Verified by the root keys that you gave, fingerprint {fingerprint}.",
        "已按您指定的根密钥验证，指纹 {fingerprint}。";
    evidence_by_unknown(fingerprint) =
        "Verified by the root keys that the file brings. Compare their fingerprint with that of the network: {fingerprint}",
        "已按文件自带的根密钥验证。请与网络公布的指纹核对：{fingerprint}";
}
