//! What statements and digests are called on the page.

use super::PageLanguage;
use crate::digest::DigestStatus;
use crate::purpose::Purpose;
use crate::statement::StatementKind;

/// A kind of statement.
pub(super) const fn statement(kind: StatementKind, language: PageLanguage) -> &'static str {
    let (chinese, english) = match kind {
        StatementKind::Heartbeat => ("心跳", "Heartbeat"),
        StatementKind::Roster => ("成员名册", "Roster"),
        StatementKind::AuthorityKey => ("主管部门密钥", "Authority key"),
        StatementKind::Enrolment => ("入网申请", "Enrolment"),
        StatementKind::KeyChange => ("密钥更换", "Change of a key"),
        StatementKind::TagKeyBox => ("关联标识密钥（密封）", "Tag key, sealed"),
        StatementKind::Query => ("跨市查询", "Cross-city question"),
        StatementKind::Answer => ("对查询的答复", "Answer to a question"),
        StatementKind::Letter => ("转移接续联系函", "Contact letter of a transfer"),
        StatementKind::Cancellation => ("撤销联系函的申请", "Wish to withdraw a letter"),
        StatementKind::CancellationAnswer => ("对撤销申请的答复", "Answer to that wish"),
        StatementKind::Acceptance => ("受理联系函", "Acceptance of a letter"),
        StatementKind::TransferRefusal => ("驳回联系函", "Refusal of a letter"),
        StatementKind::RefusalConfirmation => ("失败办结确认", "Confirmation of a refusal"),
        StatementKind::Sheet => ("转移接续信息表", "Info sheet of a transfer"),
        StatementKind::Remittance => ("转移款已汇出", "Notice that the money was remitted"),
        StatementKind::Difference => ("款项协商", "Notice of a difference"),
        StatementKind::Correction => ("收款账户更正", "Correction of the receiving account"),
        StatementKind::Reversal => ("结算冲回", "Reversal of a settlement"),
        StatementKind::Restoration => ("账户恢复", "Restoration of an account"),
        StatementKind::Credit => ("转移款已入账", "Notice that the money was credited"),
        StatementKind::Return => ("转移款已退回", "Notice that the money was returned"),
        StatementKind::Handover => ("接管移交", "Handover to the center that takes over"),
        StatementKind::HandoverClosing => ("接管办结通知", "How a case taken over was finished"),
        StatementKind::Incident => ("异常事件报告", "Report of an incident"),
        StatementKind::Inquiry => ("主管部门质询", "Inquiry of the authority"),
        StatementKind::Explanation => ("对质询的说明", "Explanation to an inquiry"),
        StatementKind::Ruling => ("主管部门结论", "Ruling of the authority"),
        StatementKind::LeaseRequest => ("放款占用申请", "Request for a lease on a loan intent"),
        StatementKind::LeaseAnswer => ("放款占用答复", "Answer of a witness to it"),
        StatementKind::LeaseEnd => ("放款占用结束", "End of a lease"),
        StatementKind::LeaseRuling => ("放款占用裁定", "Ruling of the authority on leases"),
        StatementKind::Receipt => ("缴存证明回执", "Receipt for a certificate"),
        StatementKind::CertificateRelease => ("解除异地贷款标识", "Release of a certificate"),
        StatementKind::CertificateRevocation => ("撤回缴存证明", "Revocation of a certificate"),
    };
    language.say(chinese, english)
}

/// What a digest says in public.
pub(super) const fn digest(status: DigestStatus, language: PageLanguage) -> &'static str {
    let (chinese, english) = match status {
        DigestStatus::AccountOpen => ("账户存续", "account open"),
        DigestStatus::AccountClosed => ("账户已销户", "account closed"),
        DigestStatus::LoanGranted => ("贷款存续", "loan granted"),
        DigestStatus::LoanSettled => ("贷款已结清", "loan settled"),
        DigestStatus::TransferRemitted => ("转移款已汇出", "transfer remitted"),
        DigestStatus::TransferCredited => ("转移款已入账", "transfer credited"),
        DigestStatus::TransferReversed => ("转出已冲回", "transfer reversed"),
        DigestStatus::TransferReturned => ("转移款已退回", "transfer returned"),
        DigestStatus::CertificateIssued => ("缴存证明已开具", "certificate issued"),
        DigestStatus::CertificateUsed => ("缴存证明已使用", "certificate used"),
        DigestStatus::CertificateRevoked => ("缴存证明已撤回", "certificate revoked"),
        DigestStatus::CertificateExpired => ("缴存证明已过期", "certificate expired"),
        DigestStatus::WithdrawalPaid => ("购房提取已支付", "withdrawal for a property paid"),
        DigestStatus::WithdrawalReversed => {
            ("购房提取已冲回", "withdrawal for a property reversed")
        }
        DigestStatus::IntentOpen => ("贷款意向已登记", "loan intent open"),
        DigestStatus::IntentPaid => ("贷款意向已放款", "loan intent paid"),
        DigestStatus::IntentWithdrawn => ("贷款意向已撤回", "loan intent withdrawn"),
        DigestStatus::IntentExpired => ("贷款意向已失效", "loan intent expired"),
        DigestStatus::RowQuarantined => ("数据行已隔离", "row in quarantine"),
        DigestStatus::RowHealed => ("数据行已更正", "row healed"),
        DigestStatus::Lost => ("记录已失", "record lost"),
    };
    language.say(chinese, english)
}

/// Why somebody asked.
pub(super) const fn purpose(purpose: Purpose, language: PageLanguage) -> &'static str {
    let (chinese, english) = match purpose {
        Purpose::Transfer => ("T1 异地转移接续", "T1 transfer"),
        Purpose::LoanApplication => ("L1 贷款申请", "L1 loan application"),
        Purpose::LoanPayout => ("L2 放款前复核", "L2 loan payout"),
        Purpose::Withdrawal => ("W1 提取核查", "W1 withdrawal check"),
        Purpose::DuplicateAccount => ("D1 一人多户核查", "D1 duplicate account check"),
        Purpose::Certificate => ("C1 缴存使用证明", "C1 deposit certificate"),
        Purpose::DataSubject => ("A1 个人查询", "A1 request of the person"),
        Purpose::Judicial => ("J1 司法协助", "J1 judicial assistance"),
        Purpose::Supervision => ("S1 监管", "S1 supervision"),
    };
    language.say(chinese, english)
}
