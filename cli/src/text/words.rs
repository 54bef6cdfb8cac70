//! The words of states, roles, tasks and decisions, which programs know by their names.
//!
//! **Promises.** In Chinese every word has its own; in English the name itself is shown, as `--state`
//! and `--json` have it.
//! **Left to others.** The names: `fundlink-protocol`.

use crate::language::Language;

/// States of transfers, those of other channels among them.
const STATES: [(&str, &str); 26] = [
    ("draft", "已录未审"),
    ("requested", "已发函"),
    ("received", "已收函"),
    ("held", "待人工处理"),
    ("accepted", "已受理"),
    ("announced", "已收信息表"),
    ("settled", "已结息"),
    ("paying", "付款中"),
    ("pay_failed", "付款失败"),
    ("pay_unknown", "付款结果不明"),
    ("paid", "已付款"),
    ("credited", "已入账"),
    ("completed", "已办结"),
    ("negotiating", "协商中"),
    ("returning", "退款中"),
    ("returned", "已退款"),
    ("reversed", "已冲账"),
    ("restored", "账户已恢复"),
    ("rejected", "已拒绝"),
    ("rejection_confirmed", "拒绝已确认"),
    ("cancelling", "撤销中"),
    ("cancelled", "已撤销"),
    ("released", "已放回"),
    ("registered", "已登记"),
    ("closed", "已办结"),
    ("withdrawn", "已撤销"),
];

/// Roles of operators.
const ROLES: [(&str, &str); 5] = [
    ("clerk", "经办"),
    ("reviewer", "复核"),
    ("system-administrator", "系统管理员"),
    ("security-administrator", "安全管理员"),
    ("audit-administrator", "审计管理员"),
];

/// Why a person must look.
const TASKS: [(&str, &str); 18] = [
    ("approve_letter", "复核联系函"),
    ("confirm_acceptance", "确认受理"),
    ("large_amount", "金额超过自动办理限额"),
    ("old_document", "15 位证件号码待核实"),
    ("suspicious_name", "姓名存疑，需两人核对"),
    ("confirm_settlement", "确认结息日期"),
    ("interest_differs", "利息不一致"),
    ("payment_failed", "付款未成功"),
    ("correct_receiving_account", "更正或确认收款账户"),
    ("amount_differs", "到账金额与信息表不一致"),
    ("overdue", "逾期未办"),
    ("statement_refused", "对方节点拒收报文"),
    ("core_refused", "核心系统拒绝"),
    ("unexplained_money", "资金无对应信息表"),
    ("confirm_decision", "待另一人复核"),
    ("row_in_quarantine", "相关数据行被隔离"),
    ("letter_number_taken", "联系函编号已被占用"),
    ("counterpart_revoked", "对方中心已被撤销成员资格"),
];

/// What a person decided.
const DECISIONS: [(&str, &str); 12] = [
    ("approve", "复核通过"),
    ("accept", "受理"),
    ("refuse", "拒绝"),
    ("settle", "结息"),
    ("send_sheet", "发出信息表"),
    ("pay_again", "重新付款"),
    ("renew", "重新结息"),
    ("restore", "恢复账户"),
    ("correct", "更正收款账户"),
    ("send_back", "退款"),
    ("wait", "继续等待"),
    ("close", "结束"),
];

fn word(language: Language, words: &[(&str, &str)], name: &str) -> String {
    let own = match language {
        Language::English => None,
        Language::Chinese => words.iter().find(|(known, _)| *known == name),
    };
    own.map_or(name, |(_, chinese)| chinese).to_owned()
}

impl Language {
    /// The state of a transfer.
    pub(crate) fn state_word(self, name: &str) -> String {
        word(self, &STATES, name)
    }

    /// The role of an operator.
    pub(crate) fn role_word(self, name: &str) -> String {
        word(self, &ROLES, name)
    }

    /// Why a person must look.
    pub(crate) fn task_word(self, name: &str) -> String {
        word(self, &TASKS, name)
    }

    /// What a person decided.
    pub(crate) fn decision_word(self, name: &str) -> String {
        word(self, &DECISIONS, name)
    }
}

#[cfg(test)]
mod tests {
    use fundlink_protocol::engine::operator::OperatorRole;
    use fundlink_protocol::settlement::BankFailure;
    use fundlink_protocol::transfer::incoming::{CancelledFrom, IncomingState, Rejection};
    use fundlink_protocol::transfer::outgoing::OutgoingState;
    use fundlink_protocol::transfer::reason::RefusalReason;
    use fundlink_protocol::transfer::task::TaskReason;

    use super::*;

    #[test]
    fn every_state_has_a_chinese_word() {
        let refused = RefusalReason::NotSealed;
        let rejection = Rejection::Reason(refused);
        let incoming = [
            IncomingState::Draft,
            IncomingState::Requested,
            IncomingState::Accepted,
            IncomingState::Announced,
            IncomingState::Negotiating,
            IncomingState::Credited(false),
            IncomingState::Completed(true),
            IncomingState::Rejected(rejection, false),
            IncomingState::Rejected(rejection, true),
            IncomingState::Cancelling(CancelledFrom::Requested),
            IncomingState::Cancelled,
            IncomingState::Returning,
            IncomingState::Returned,
            IncomingState::Restored,
        ];
        let outgoing = [
            OutgoingState::Received,
            OutgoingState::Held,
            OutgoingState::Accepted,
            OutgoingState::Settled,
            OutgoingState::Paying,
            OutgoingState::PayFailed(BankFailure::Other),
            OutgoingState::PayUnknown,
            OutgoingState::Paid,
            OutgoingState::Reversed,
            OutgoingState::Completed(false),
            OutgoingState::Rejected(refused, false),
            OutgoingState::Rejected(refused, true),
            OutgoingState::Released,
            OutgoingState::Restored,
        ];
        let names = incoming.map(IncomingState::name).into_iter();
        for name in names.chain(outgoing.map(OutgoingState::name)) {
            assert!(!Language::Chinese.state_word(name).is_ascii(), "{name}");
            assert_eq!(Language::English.state_word(name), name);
        }
    }

    #[test]
    fn every_role_and_every_task_has_a_chinese_word() {
        for role in [
            OperatorRole::Clerk,
            OperatorRole::Reviewer,
            OperatorRole::SystemAdministrator,
            OperatorRole::SecurityAdministrator,
            OperatorRole::AuditAdministrator,
        ] {
            assert!(!Language::Chinese.role_word(role.word()).is_ascii(), "{}", role.word());
        }
        for reason in [
            TaskReason::ApproveLetter,
            TaskReason::ConfirmAcceptance,
            TaskReason::LargeAmount,
            TaskReason::OldDocument,
            TaskReason::SuspiciousName,
            TaskReason::ConfirmSettlement,
            TaskReason::InterestDiffers,
            TaskReason::PaymentFailed,
            TaskReason::CorrectReceivingAccount,
            TaskReason::AmountDiffers,
            TaskReason::Overdue,
            TaskReason::StatementRefused,
            TaskReason::CoreRefused,
            TaskReason::UnexplainedMoney,
            TaskReason::ConfirmDecision,
            TaskReason::RowInQuarantine,
            TaskReason::LetterNumberTaken,
            TaskReason::CounterpartRevoked,
        ] {
            assert!(!Language::Chinese.task_word(reason.word()).is_ascii(), "{}", reason.word());
        }
    }
}
