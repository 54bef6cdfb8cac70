//! The sentences about transfers and the ledger.

use std::fmt::Display;

use crate::language::Language;

texts! {
    // transfer
    no_account() =
        "the subject file has no number of the account over there (column GRZH)",
        "查询对象文件没有转出地的个人账号（GRZH 列）";
    transfer_in(number, other) = "Letter {number}: transfer in from {other}", "联系函 {number}：由 {other} 转入";
    transfer_out(number, other) = "Letter {number}: transfer out to {other}", "联系函 {number}：转出至 {other}";
    transfer_id(id) = "Transfer {id}", "转移业务 {id}";
    transfer_state(state, since) = "{state}, since {since}", "{state}，自 {since}";
    state_refused(state, code, why) = "{state}: {code} {why}", "{state}：{code} {why}";
    transfer_person(name, account) = "{name}, account {account} at the transfer-out center", "{name}，转出中心个人账号 {account}";
    transfer_credited_to(account) = "Credited to account {account}", "转入个人账号 {account}";
    transfer_sheet(amount, principal, interest) =
        "{amount} yuan = {principal} principal + {interest} interest",
        "{amount} 元 = 本金 {principal} + 利息 {interest}";
    transfer_value_date(value_date, revision) =
        "Interest settled to {value_date}, sheet revision {revision}",
        "结息至 {value_date}，信息表第 {revision} 版";
    transfer_reminded(at) = "Most of the time is over: asked for again at {at}", "时限已过八成：{at} 已催办";
    reminder() = "most of the time is over", "时限已过八成，催办";
    transfer_identity_exact() = "The person was found by name, document and account.", "姓名、证件和账号一致。";
    transfer_identity_folded() = "The name differs by the form of its dot alone: accepted and noted.", "姓名仅间隔点形式不同，已受理并记录。";
    transfer_identity_confirmed() = "A person has looked at the identity and confirmed it.", "身份已经人工核对确认。";
    transfer_months(total, streak) =
        "{total} months paid over all cities, {streak} without a break",
        "各地合计缴存 {total} 个月，连续 {streak} 个月";
    transfer_months_tolerated(months) = "Missing between two cities, and tolerated: {months}", "两地之间中断、按规定视同连续：{months}";
    transfer_months_overlap(months) = "Paid in two cities, counted once; a person should look: {months}", "两地重复缴存，只计一次，请核实：{months}";
    transfer_right_center(center) = "The account is held by center {center}: write the letter to it", "账户在中心 {center}，请向该中心发函";
    transfer_remark(words) = "Remark: {words}", "备注：{words}";
    transfer_older(letter) = "The letter number was used for transfer {letter}", "该联系函编号已用于转移业务 {letter}";
    operator() = "operator", "操作员";
    decision() = "decision", "决定";
    scan_hash() = "scan (BLAKE3)", "扫描件（BLAKE3）";
    decision_corrected(decision) = "{decision}; the record's number was brought to 18 digits", "{decision}；档案证件号码已更正为 18 位";
    transfer_due(due) = "Late after {due}", "期限 {due}";
    transfer_task(role, reason, due) = "A person must decide: {role}, {reason}, by {due}", "待人工处理：{role}，{reason}，期限 {due}";
    transfer_task_second(first, decision) =
        "{first} has decided first: {decision}; a second person must decide alike",
        "{first} 已作出决定：{decision}，需另一人复核";
    channel() = "channel", "渠道";
    channel_fundlink() = "this network", "本网络";
    channel_national() = "national platform", "全国平台";
    channel_paper() = "paper", "纸质";
    transfer_channel(channel) = "Carried by: {channel}; registered here", "办理渠道：{channel}，在本中心登记";
    transfer_replaces(old) =
        "Written in the place of transfer {old}, whose letter number was taken",
        "代替转移业务 {old}，其联系函编号已被占用";
    transfer_replaced_by(number, id) =
        "Its letter number was taken; it goes on as letter {number}, transfer {id}",
        "联系函编号已被占用，业务以联系函 {number}（转移业务 {id}）继续办理";
    registered_alone() = "The other city has published nothing of it yet", "对方城市尚未发布该笔业务";
    registered_matched(state, on) = "Matched: the other city says {state}, {on}", "已与对方匹配：对方为 {state}，{on}";
    registered_other(state, on) = "Not matched yet: the other city says {state}, {on}", "尚未匹配：对方为 {state}，{on}";
    stdin_twice() =
        "the person and the amounts cannot both come on standard input; put one into a file",
        "人员和金额不能同时来自标准输入，请将其中之一放入文件";
    amounts_not_csv() =
        "the file of amounts is no CSV in UTF-8 with one row below its header",
        "金额文件应为 UTF-8 的 CSV：表头之下仅一行";
    amounts_column_missing(column) = "the file of amounts has no column {column}", "金额文件缺少 {column} 列";
    amounts_value(column) = "{column} is no amount in yuan with two decimals", "{column} 不是两位小数的金额（元）";
    amounts_sum() = "TranAmt is not the sum of OrAcctAmt and Yinter", "TranAmt 与 OrAcctAmt、Yinter 之和不符";
    transfer_taken_over(center) =
        "The other center is revoked; {center} looks after its side",
        "对方中心已被撤销，由 {center} 接管";
    transfer_successor_said(center, at, remark) =
        "{center} finished that side on {at}: {remark}", "{center} 已于 {at} 办结对方一侧：{remark}";
    taken_from() = "revoked", "被撤销中心";
    other_side() = "other side", "对方中心";
    finished() = "finished", "办结时间";
    taken_in(number, revoked, from) =
        "Letter {number}: {revoked} was to take the account in from {from}",
        "联系函 {number}：原应由 {revoked} 自 {from} 转入";
    taken_out(number, revoked, from) =
        "Letter {number}: {revoked} was to give the account to {from}",
        "联系函 {number}：原应由 {revoked} 转出至 {from}";
    taken_state(from, state, said_at) =
        "At {from} the case is {state}, as of {said_at}",
        "截至 {said_at}，{from} 一侧状态为 {state}";
    taken_closed(operator, at, remark) =
        "Finished by {operator} on {at}: {remark}",
        "{operator} 于 {at} 办结：{remark}";
    taken_task(due) =
        "A reviewer must finish it with the other side by {due}",
        "须由复核员于 {due} 前与对方办结";
    booked_on() = "booked on", "记账日期";
    direction() = "direction", "方向";
    debit() = "out", "借";
    credit() = "in", "贷";
    amount_yuan() = "yuan", "金额（元）";
    bank_reference() = "the bank's reference", "银行流水";
    letter() = "letter", "联系函";
    side() = "side", "方向";
    side_in() = "in", "转入";
    side_out() = "out", "转出";
    since() = "since", "自";
    due() = "late after", "期限";
    to_do() = "to do", "待办";
    watched(transfer, state) = "{transfer}  {state}", "{transfer}  {state}";
    entered(at, state) = "{at}  {state}", "{at}  {state}";
    node_stopped() = "the node has stopped; the transfer goes on when it runs again", "节点已停止；恢复运行后转移业务将继续";

    // ledger
    ledger_account() = "account", "科目";
    yuan() = "yuan", "金额（元）";
    ledger_persons() = "owed to persons", "个人账户";
    ledger_suspense_out() = "on its way out", "转出在途";
    ledger_suspense_in() = "on its way in", "转入待记";
    ledger_interest() = "interest", "利息支出";
    ledger_cash() = "cash at the bank", "专户存款";
    ledger_total() = "sum", "合计";
}
