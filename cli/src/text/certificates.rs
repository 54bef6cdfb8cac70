//! The sentences about deposit certificates.
//!
//! **Promises.** As in [`super`]: each sentence in both languages.
//! **Left to others.** The form itself: `fundlink_protocol::certificate::form`.

use std::fmt::Display;

use crate::language::Language;

texts! {
    no_certificates() = "No certificates.", "没有缴存使用证明。";
    certificate() = "certificate", "证明";
    certificate_here() = "here", "本中心";
    certificate_issued() = "issued", "出具";
    certificate_held() = "received", "收到";
    certificate_other() = "other center", "对方中心";
    certificate_valid_until() = "valid until", "有效期至";
    certificate_stands(side, standing) = "{side}: {standing}", "{side}：{standing}";
    standing_valid() = "valid", "有效";
    standing_used() = "used", "已使用";
    standing_expired() = "expired", "已过期";
    standing_revoked() = "revoked", "已撤回";
    standing_unknown() = "not held here", "本中心未收到";
    receipt_column() = "receipt", "回执";
    receipt_granted() = "granted", "准予贷款";
    receipt_declined() = "declined", "不予贷款";
    receipt_is_due() = "DUE", "待出具";
    receipt_due_since(since) =
        "A receipt is due since {since}: say what became of the loan, `fundlink certificate receipt`",
        "自 {since} 起应出具回执：请用 `fundlink certificate receipt` 登记审批结果";
    receipt_way_sent(at) = "Receipt of {at}: on its way to the issuer", "{at} 的回执：正在送达出具中心";
    receipt_way_taken(at) = "Receipt of {at}: the issuer has it", "{at} 的回执：出具中心已收到";
    receipt_way_refused(at, why) = "Receipt of {at}: REFUSED by the issuer: {why}", "{at} 的回执：被出具中心拒绝：{why}";
    release_way(cause, at, delivery) = "Loan over ({cause}) on {at}: {delivery}", "贷款结束（{cause}），{at}：{delivery}";
    way_sent() = "on its way", "送达中";
    way_taken() = "taken", "已收到";
    way_refused(why) = "REFUSED: {why}", "被拒绝：{why}";
    cause_settled() = "paid back", "已结清";
    cause_withdrawn() = "never paid out", "未放款，已撤回";
    revocation_of(at, reason) = "Taken back on {at}: {reason}", "{at} 撤回：{reason}";
    reason_superseded(number) = "a new certificate took its place: {number}", "已由新证明取代：{number}";
    reason_applicant() = "the applicant wanted it", "本人申请撤回";
    reason_mistaken() = "what it says was wrong", "信息有误";
    reason_account_changed() = "the account changed", "账户变动";
    reason_account_used() = "another lender granted a loan on the account", "该账户已用于其他异地贷款";
    reason_fraud() = "it was got by fraud", "骗提骗贷";
    reason_other() = "another reason", "其他原因";
    certificate_waits(what, operator) =
        "{what}, entered by {operator}, waits for a second person: `fundlink certificate approve`",
        "{operator} 登记的 {what} 待复核：`fundlink certificate approve`";
    presented_certificate(number, standing) = "Certificate presented: {number}, {standing}", "所提交证明：{number}，{standing}";
    account_off_site(lender) = "The account secures a loan of {lender} (异地贷款).", "该账户已用于 {lender} 的异地贷款。";
}
