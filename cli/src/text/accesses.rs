//! The sentences about who asked about a person.

use std::fmt::Display;

use crate::language::Language;

texts! {
    access_none() = "Nobody has asked about this person.", "没有查询过此人的记录。";
    access_by() = "asked by", "查询方";
    access_operator() = "operator", "操作员";
    access_asked() = "asked of", "被查询方";
    access_serial() = "business serial", "业务流水号";
    access_count() = "entries", "条数";
    access_own_records() = "own records", "本方记录";
    access_given() = "told what the purpose opens", "已按用途提供信息";
    access_no_record() = "had no record", "答复无记录";
    access_unresolved() = "could not say", "无法确定";
    access_sent() =
        "sent; what was said stands in the list of the center that was asked",
        "已发出，答复见被查询方的记录";
    access_witnessed() = "in its audit log, witnessed", "在审计日志中，已见证";
    access_logged() = "in its audit log, not yet witnessed", "在审计日志中，待见证";
    access_awaited() = "its word; ask again for the proof", "仅其陈述，稍后再查可得证明";
    access_not_shown(proof) = "{proof}; not shown, for it names others, too", "{proof}；报文涉及他人，不出示";
    access_answered() = "answered", "已答复";
    access_revoked() = "not asked: it is no member any more", "未查询：已被撤销成员资格";
    access_more(center) = "{center} has more entries; use a larger --limit", "{center} 还有更多记录，请加大 --limit";
    access_evidence(dossier) =
        "To prove it offline: fundlink evidence export --dossier {dossier} --out access.zip",
        "离线证明：fundlink evidence export --dossier {dossier} --out access.zip";

    purpose_transfer() = "transfer", "转移接续";
    purpose_loan() = "loan application", "贷款申请";
    purpose_payout() = "check before a loan is paid out", "放款前复核";
    purpose_withdrawal() = "withdrawal check", "提取核查";
    purpose_duplicate() = "check for a second account", "一人多户核查";
    purpose_certificate() = "deposit certificate", "缴存证明";
    purpose_person() = "request of the person concerned", "个人查询";
    purpose_court() = "judicial assistance", "司法协助";
    purpose_supervision() = "supervision", "监管";

    kind_account() = "accounts", "账户";
    kind_loans() = "loans", "贷款记录";
    kind_certificate() = "deposit certificate", "缴存使用证明";
    kind_transfer() = "state of a transfer", "转移进度";
    kind_dossier() = "accounts and loans", "账户和贷款";
    kind_accesses() = "who asked", "查询记录";
}
