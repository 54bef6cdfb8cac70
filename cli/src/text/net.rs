//! The sentences about the network, its members and their keys.

use std::fmt::Display;

use crate::language::Language;

texts! {
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
    roster_lending(version, changed) =
        "Lending is open since version {version}; the witnesses changed last at {changed}",
        "自第 {version} 版起开通放款占用；见证方最近一次变更：{changed}";
    addresses() = "addresses", "地址";
    yes() = "yes", "是";
    no() = "no", "否";
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
        "The new key {id} is in the key file, and the authority has been asked to list it. The node takes it up when `fundlink net show --keys` shows it; the old key runs on for 30 days.",
        "新密钥 {id} 已写入密钥文件，并已请监管机构列入名册。`fundlink net show --keys` 显示后节点即自动启用；旧密钥继续有效 30 天。";
    peer_rotation_asked(id) =
        "The new peer key {id} is in the key file, and the authority has been asked to list it. Restart the node once within 30 days of when `fundlink net show --keys` shows it: connections are made with the key that the node started with.",
        "新的节点身份密钥 {id} 已写入密钥文件，并已请监管机构列入名册。`fundlink net show --keys` 显示后请在 30 天内重启一次节点：连接使用节点启动时的身份。";
}
