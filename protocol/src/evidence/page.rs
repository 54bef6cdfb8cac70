//! The page of an evidence file: what is proved, by whose key, and what is not.
//!
//! **Promises.** It follows from the report alone, so that it can say nothing that is not proved; it
//! names no person, no number and no amount.
//! **Left to others.** What the statements say: they are read from their parts.

use core::fmt::Write as _;

use super::{ProvenAccess, ProvenLeaf, ProvenRoster, ProvenStatement, Report, Standing};
use crate::answer::proof::Proven;
use crate::digest::DigestStatus;

/// The page, with Unix line ends.
pub(super) fn write(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_chinese(&mut page, report);
    let _ = writeln!(page, "\n----\n");
    let _ = write_english(&mut page, report);
    page
}

fn write_chinese(page: &mut String, report: &Report) -> core::fmt::Result {
    writeln!(page, "证据说明\n")?;
    writeln!(page, "网络：{}；主管部门：{}", report.anchor.network, report.anchor.authority)?;
    writeln!(page, "根密钥指纹：{}（请与主管部门公布的指纹核对）\n", report.fingerprint)?;
    writeln!(page, "本文件证明：")?;
    for ProvenRoster { version, issued, proof, .. } in &report.rosters {
        let standing = standing_chinese(*proof);
        writeln!(page, "- 成员名册第 {version} 版，{issued} 由根密钥指定的密钥签署；{standing}")?;
    }
    for statement in &report.statements {
        let to = statement.to.map_or_else(|| "全体成员".to_owned(), |to| to.to_string());
        writeln!(
            page,
            "- {}：{} 致 {to} 的“{}”，签署方自报时间 {}，密钥见名册第 {} 版；{}",
            statement.part,
            statement.from,
            statement.kind.name(),
            statement.issued_at,
            statement.roster,
            standing_chinese(statement.proof),
        )?;
    }
    for leaf in &report.leaves {
        let (log, index) = (leaf.log, leaf.index);
        let opened = match &leaf.opened_by {
            Some(part) => format!("对应的记录见 {part}"),
            None => "对应的记录未在本文件中出示".to_owned(),
        };
        writeln!(
            page,
            "- {}：{} 第 {} 号公开日志第 {index} 项摘要，{}，业务日期 {}；{opened}；{}",
            leaf.part,
            log.center,
            log.number,
            status_chinese(leaf.digest.status),
            leaf.digest.date,
            standing_chinese(leaf.proof),
        )?;
    }
    for listed in &report.accesses {
        write_access_chinese(page, listed)?;
    }
    writeln!(page, "\n本文件不证明：记录内容与事实相符；未列出的记录不存在；上述时间以后的情况。")
}

fn write_english(page: &mut String, report: &Report) -> core::fmt::Result {
    writeln!(page, "What this evidence proves\n")?;
    writeln!(page, "Network: {}; authority: {}", report.anchor.network, report.anchor.authority)?;
    let fingerprint = report.fingerprint;
    writeln!(page, "Root keys: {fingerprint} (compare with what the authority has published)\n")?;
    for ProvenRoster { version, issued, proof, .. } in &report.rosters {
        let standing = standing_english(*proof);
        writeln!(
            page,
            "- roster {version}, signed {issued} by a key that a root key has named; {standing}"
        )?;
    }
    for statement in &report.statements {
        write_statement(page, statement)?;
    }
    for leaf in &report.leaves {
        write_leaf(page, leaf)?;
    }
    for listed in &report.accesses {
        write_access(page, listed)?;
    }
    writeln!(
        page,
        "\nIt does not prove that a record is true, that there are no other records, or anything \
         after the times above."
    )
}

fn write_statement(page: &mut String, statement: &ProvenStatement) -> core::fmt::Result {
    let to = statement.to.map_or_else(|| "all members".to_owned(), |to| to.to_string());
    writeln!(
        page,
        "- {}: {} says \"{}\" to {to}, at {} by its own word, with a key of roster {}; {}",
        statement.part,
        statement.from,
        statement.kind.name(),
        statement.issued_at,
        statement.roster,
        standing_english(statement.proof),
    )
}

fn write_leaf(page: &mut String, leaf: &ProvenLeaf) -> core::fmt::Result {
    let opened = match &leaf.opened_by {
        Some(part) => format!("its record is shown in {part}"),
        None => "its record is not shown".to_owned(),
    };
    writeln!(
        page,
        "- {}: leaf {} of public log {} of {} says \"{}\", business date {}; {opened}; {}",
        leaf.part,
        leaf.index,
        leaf.log.number,
        leaf.log.center,
        status_english(leaf.digest.status),
        leaf.digest.date,
        standing_english(leaf.proof),
    )
}

fn write_access_chinese(page: &mut String, listed: &ProvenAccess) -> core::fmt::Result {
    let access = &listed.access;
    let shown = if listed.is_shown {
        "查询报文已出示，其签名已验证"
    } else {
        "查询报文还涉及他人，未出示，仅证明其在日志中"
    };
    writeln!(
        page,
        "- {}：{} 向 {} 查询本人，{} 记录，用途 {}；审计日志 {} 第 {} 项；{shown}；{}",
        listed.part,
        access.by,
        access.asked,
        access.at,
        access.purpose.code(),
        listed.log,
        listed.index,
        standing_chinese(listed.proof),
    )
}

fn write_access(page: &mut String, listed: &ProvenAccess) -> core::fmt::Result {
    let access = &listed.access;
    let shown = if listed.is_shown {
        "the question is shown and its signature verified"
    } else {
        "the question names others, too: it is not shown, and only its leaf is proved"
    };
    writeln!(
        page,
        "- {}: {} asked {} about the person, noted {}, purpose {}; leaf {} of log {}; {shown}; {}",
        listed.part,
        access.by,
        access.asked,
        access.at,
        access.purpose.code(),
        listed.index,
        listed.log,
        standing_english(listed.proof),
    )
}

fn standing_chinese(standing: Standing) -> String {
    match (standing.proven, standing.witnessed_at) {
        (Proven::Witnessed, Some(at)) => format!("最迟 {at} 已经多数见证方见证"),
        (Proven::Witnessed | Proven::Logged, _) => "已入日志，尚无多数见证".to_owned(),
        (Proven::Awaited, _) => "仅有签名，尚无日志证明".to_owned(),
    }
}

fn standing_english(standing: Standing) -> String {
    match (standing.proven, standing.witnessed_at) {
        (Proven::Witnessed, Some(at)) => format!("a quorum of witnesses had seen it by {at}"),
        (Proven::Witnessed | Proven::Logged, _) => {
            "in a log, without a quorum of witnesses".to_owned()
        }
        (Proven::Awaited, _) => "signed alone, not proved by a log".to_owned(),
    }
}

const fn status_chinese(status: DigestStatus) -> &'static str {
    match status {
        DigestStatus::AccountOpen => "账户存续",
        DigestStatus::AccountClosed => "账户已销户",
        DigestStatus::LoanGranted => "贷款存续",
        DigestStatus::LoanSettled => "贷款已结清",
        DigestStatus::TransferRemitted => "转移款已汇出",
        DigestStatus::TransferCredited => "转移款已入账",
        DigestStatus::TransferReversed => "转出已冲回",
        DigestStatus::TransferReturned => "转移款已退回",
        DigestStatus::CertificateIssued => "缴存证明已开具",
        DigestStatus::CertificateUsed => "缴存证明已使用",
        DigestStatus::CertificateRevoked => "缴存证明已撤回",
        DigestStatus::CertificateExpired => "缴存证明已过期",
        DigestStatus::WithdrawalPaid => "购房提取已支付",
        DigestStatus::WithdrawalReversed => "购房提取已冲回",
        DigestStatus::RowQuarantined => "数据行已隔离",
        DigestStatus::RowHealed => "数据行已更正",
        DigestStatus::Lost => "记录已失",
    }
}

const fn status_english(status: DigestStatus) -> &'static str {
    match status {
        DigestStatus::AccountOpen => "account open",
        DigestStatus::AccountClosed => "account closed",
        DigestStatus::LoanGranted => "loan granted",
        DigestStatus::LoanSettled => "loan settled",
        DigestStatus::TransferRemitted => "transfer remitted",
        DigestStatus::TransferCredited => "transfer credited",
        DigestStatus::TransferReversed => "transfer reversed",
        DigestStatus::TransferReturned => "transfer returned",
        DigestStatus::CertificateIssued => "certificate issued",
        DigestStatus::CertificateUsed => "certificate used",
        DigestStatus::CertificateRevoked => "certificate revoked",
        DigestStatus::CertificateExpired => "certificate expired",
        DigestStatus::WithdrawalPaid => "withdrawal paid",
        DigestStatus::WithdrawalReversed => "withdrawal reversed",
        DigestStatus::RowQuarantined => "row in quarantine",
        DigestStatus::RowHealed => "row healed",
        DigestStatus::Lost => "record lost",
    }
}
