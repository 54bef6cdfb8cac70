//! The sentences about loan intents and leases.
//!
//! **Promises.** As in [`super`]: each sentence in both languages.
//! **Left to others.** The words of refusals: `fundlink-protocol`.

use std::fmt::Display;

use crate::language::Language;

texts! {
    no_intents() = "No loan applications.", "没有贷款申请。";
    intent() = "intent", "贷款意向";
    intent_serial() = "serial", "业务流水号";
    intent_taken_in() = "taken in", "受理时间";
    intent_tasks() = "changes elsewhere", "异地变动";
    intent_heading(serial, intent) = "Loan application {serial}, intent {intent}", "贷款申请 {serial}，意向 {intent}";
    intent_of(at, household, operator) =
        "Taken in {at} by {operator}; a household of {household}",
        "{at} 由 {operator} 受理；家庭成员 {household} 人";
    intent_stands(state, since) = "{state}, since {since}", "{state}，自 {since} 起";
    intent_open() = "open", "已受理";
    intent_asking() = "asking the witnesses", "正在申请占用";
    intent_leased() = "LEASED", "已占用";
    intent_held() = "HELD for a person", "待人工处理";
    intent_paid() = "PAID", "已放款";
    intent_withdrawn() = "withdrawn", "已撤回";
    intent_expired() = "expired", "已失效";
    hold_earlier_intent(center) =
        "{center} took an application of this household in earlier: wait until it is over there",
        "{center} 已更早受理该家庭的贷款申请：请等待其办结";
    hold_loan_runs(center) =
        "a loan of this household runs at {center}: it may not be paid out",
        "该家庭在 {center} 有存续贷款：不得放款";
    hold_leased_elsewhere(center) =
        "an application of this household at {center} has the lease: wait until it is over there",
        "该家庭在 {center} 的申请已占用：请等待其结束";
    hold_no_majority() =
        "too few witnesses answered or are free to grant: see below, and ask again with `fundlink loan payout`",
        "答复或可授予占用的见证方不足半数：见下表；请稍后用 `fundlink loan payout` 重新申请";
    hold_lease_ran_out() =
        "the lease ran out before anybody paid: ask again with `fundlink loan payout`",
        "占用到期而未放款：请用 `fundlink loan payout` 重新申请";
    hold_witnesses_changed() =
        "the witnesses have changed since: ask again with `fundlink loan payout`",
        "见证方已变更：请用 `fundlink loan payout` 重新申请";
    hold_ruled() =
        "the authority has ruled that the lease is over: ask the authority before you go on",
        "主管部门已裁定该占用结束：继续办理前请联系主管部门";
    hold_restored() =
        "this node was restored: find out whether the loan was paid out, then withdraw the application or ask again",
        "本节点自备份恢复：请先核实是否已放款，再撤回申请或重新申请占用";
    intent_payable(until) =
        "May be paid out until {until}: run `fundlink loan pay`, and let the money go only when that says PAID",
        "{until} 前可放款：请运行 `fundlink loan pay`，显示“已放款”后方可付款";
    intent_paid_now(contract) = "The payout under contract {contract} is committed: the money may go", "合同 {contract} 的放款已登记：资金可以付出";
    intent_still_asking() = "The witnesses have not decided yet; look again with `fundlink loan show`", "见证方尚未答复；请稍后用 `fundlink loan show` 查看";
    intent_votes(named, majority, all) =
        "{named} of {all} witnesses name it first; {majority} are needed",
        "{all} 个见证方中 {named} 个首先登记该意向；需要 {majority} 个";
    witness_column() = "witness", "见证方";
    witness_said() = "said", "答复";
    witness_first_of() = "first there", "首先登记";
    witness_loans() = "running loans", "存续贷款";
    witness_awaited() = "awaited", "待答复";
    witness_refused(why) = "refused: {why}", "拒绝：{why}";
    witness_withheld() = "grants nothing yet", "暂不授予";
    witness_first() = "this one first", "首先登记本意向";
    witness_other() = "another one first", "首先登记其他意向";
    seen_heading() = "Applications of the household in other cities:", "该家庭在其他城市的申请：";
    seen_line(center, at, status) = "  {center}: taken in {at}, {status}", "  {center}：{at} 受理，{status}";
    loans_heading(centers) = "Running loans of the household at: {centers}", "该家庭存续贷款所在中心：{centers}";
    task_line(center, status, count, at) =
        "Changed at {center}: {status}, {count} since you looked, last {at}",
        "{center} 有变动：{status}，上次查看以来 {count} 次，最近 {at}";
    no_tasks() = "Nothing has changed elsewhere.", "其他城市没有变动。";
    task_watch() = "watch", "监测对象";
    task_status() = "last change", "最近变动";
    task_count() = "changes", "次数";
    task_at() = "last", "最近时间";
    no_leases() = "This node keeps no lease.", "本节点没有保存占用。";
    leases_withheld(since) =
        "This witness was restored or newly listed at {since}: it grants nothing until every center was heard past a lease",
        "本见证方于 {since} 恢复或新列入：在听到每个中心超过一个占用期的日志之前暂不授予";
    lease_asked() = "asked", "申请时间";
    lease_ends() = "runs out", "到期";
    lease_over() = "over", "已结束";
    ruled(members) = "The ruling goes to {members} members", "裁定将发给 {members} 个成员";
}
