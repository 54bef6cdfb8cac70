//! What `fundlink testnet` says.
//!
//! **Promises.** As in [`super`]: each sentence in both languages.
//! **Left to others.** When it is said: the command.

use std::fmt::Display;

use crate::language::Language;

texts! {
    tour_bank_listens(url) =
        "The simulated bank listens on {url}; Ctrl-C ends it. Special accounts are opened with --account, or later by POST {url}/control/accounts",
        "模拟银行已启动：{url}，按 Ctrl-C 结束。专户用 --account 开立，之后也可 POST {url}/control/accounts";
    tour_bank_loopback() =
        "the simulated bank listens on loopback only, such as 127.0.0.1:7700",
        "模拟银行只监听本机回环地址，例如 127.0.0.1:7700";
    tour_heading(seed, scale, day) =
        "A province on this machine: three cities and the authority, seed {seed}, scale {scale}. Everybody in it is made up, and its clock stands at {day}.",
        "在本机建立一个模拟省份：三个城市和省级监管机构，种子 {seed}，规模 {scale}。所有人员均为虚构，模拟日期 {day}。";
    tour_step_province() = "Making up the records of three cities", "生成三个城市的模拟数据";
    tour_step_network() =
        "Four nodes are set up, admitted by the authority, and joined", "初始化四个节点，由监管机构批准并入网";
    tour_step_import() = "Each city imports the export of its core system", "各城市导入核心业务系统的数据";
    tour_step_roots() =
        "Waiting until all four hold the same logs, witnessed", "等待四个成员持有相同且经见证的日志";
    tour_step_loan_check() =
        "A Datong worker and spouse apply for a loan in Taiyuan: what do all cities know of them?",
        "大同职工夫妇在太原申请异地贷款：核查各城市记录";
    tour_step_transfers() = "Two accounts move, with the money", "办理两笔异地转移接续";
    tour_step_refusals() = "Five letters that the rules refuse", "五封按规则不予转移的联系函";
    tour_step_evidence() =
        "An evidence file of the loan check, verified by a process that has nothing else",
        "导出贷款核查的举证文件，由独立进程离线验证";
    tour_step_second_loan() =
        "Someone with a loan in Taiyuan gets a second one in Linfen; Linfen imports its next export",
        "已在太原贷款的职工又在临汾取得贷款；临汾导入新一期数据";
    tour_alert(rule, centers, pseudonym) =
        "The authority raises {rule}, centers {centers}, about the pseudonym {pseudonym}; it sees no name, number or amount",
        "监管机构告警 {rule}，涉及中心 {centers}，对象标识 {pseudonym}；看不到姓名、证件号码和金额";
    tour_alert_leaves(leaves) = "      shown by {leaves}", "      依据 {leaves}";
    tour_evidence(file, bytes, parts) =
        "   Taiyuan wrote {file}: {bytes} bytes, {parts} parts",
        "   太原导出 {file}：{bytes} 字节，{parts} 个部分";
    tour_verified(statements, leaves) =
        "`fundlink evidence verify`, in an empty folder, without node, network or store: {statements} statements and {leaves} digests proved, all witnessed",
        "在空目录中运行 `fundlink evidence verify`，不连节点、不用网络、没有存储：{statements} 份报文、{leaves} 条摘要得到证明，均经见证";
    tour_checked(centers) =
        "Only {centers} was asked; the logs of the others hold nothing about them. All has been answered.",
        "仅查询了 {centers}，其他城市日志中没有相关记录；已全部答复。";
    tour_proofs(witnessed, logged, awaited) =
        "   Proofs verified: {witnessed} in witnessed logs, {logged} signed by the center alone, {awaited} promised; nothing left out.",
        "   证明均已核验：{witnessed} 条已见证，{logged} 条仅中心签名，{awaited} 条待入日志；无遗漏。";
    tour_verdict(text, rule, months) =
        "   Verdict: {text} [{rule}]; {months} months without a break.",
        "   结论：{text} [{rule}]；连续缴存 {months} 个月。";
    tour_issued(number, valid_until, balance, months) =
        "Datong issues the deposit certificate {number}, valid until {valid_until}: balance {balance} yuan, {months} months",
        "大同出具异地贷款缴存使用证明 {number}，有效期至 {valid_until}：余额 {balance} 元，缴存 {months} 个月";
    tour_loans_known(used, open) =
        "Loan history in Datong: {used} loans, {open} unsettled",
        "大同贷款记录：{used} 笔，未结清 {open} 笔";
    tour_moved(name, from, to, number) =
        "{name}, {from} → {to}, letter {number}: completed at both centers",
        "{name}，{from} → {to}，联系函 {number}：双方办结";
    tour_moved_amount(principal, interest, amount) =
        "      principal {principal} + interest {interest} = {amount} yuan",
        "      本金 {principal} + 利息 {interest} = {amount} 元";
    tour_moved_states(states) = "      through {states}", "      经过状态 {states}";
    tour_standing(city, before, after) =
        "      {city}: {before} before, {after} after",
        "      {city}：办理前 {before}，办理后 {after}";
    tour_carried(city, own, carried) =
        "      {city} now counts {own} months of its own and {carried} that came along",
        "      {city} 现记本地缴存 {own} 个月，转入 {carried} 个月";
    tour_ledgers() = "   The ledgers, in yuan; each sums to 0.00 before and after:", "   各中心总账（元），办理前后借贷均平衡，合计 0.00：";
    tour_when() = "when", "时点";
    tour_before() = "before", "办理前";
    tour_after() = "after", "办理后";
    tour_city() = "city", "城市";
    tour_persons() = "owed to persons", "个人账户";
    tour_suspense() = "on the way", "在途";
    tour_interest() = "interest", "利息支出";
    tour_cash() = "cash", "专户存款";
    tour_sum() = "sum", "合计";
    tour_refused(code, name, city, text) =
        "{code}  {name}: {city} refuses, {text}",
        "{code}  {name}：{city}不予转移，{text}";
    tour_ended(seconds) = "   done in {seconds} s", "   用时 {seconds} 秒";
    tour_timed(line, took) = "   {line} ({took} ms)", "   {line}（{took} 毫秒）";
    tour_written(city, persons, loans, balance) =
        "   {city}: {persons} persons with {balance} yuan, {loans} loans",
        "   {city}：{persons} 人，余额 {balance} 元，贷款 {loans} 笔";
    tour_member(name, address, pseudo) =
        "   {name} at {address}, metrics at http://{pseudo}/metrics",
        "   {name}，地址 {address}，指标 http://{pseudo}/metrics";
    tour_imported(city, published) =
        "   {city}: every row checked, all of them taken; {published} digests published",
        "   {city}：逐行校验后全部导入，发布摘要 {published} 条";
    tour_held(log, size, root) =
        "   log {log}: {size} entries, root {root}, the same at all four",
        "   日志 {log}：{size} 条，根哈希 {root}，四方一致";
    tour_failed(step, cause) = "the tour failed at “{step}”: {cause}", "演示在“{step}”一步失败：{cause}";
    tour_stopped_early() = "Stopped; nothing runs any more.", "已停止，所有进程均已结束。";
    tour_done(seconds) = "The tour is over, after {seconds} s.", "演示完成，共用时 {seconds} 秒。";
    tour_places(folder) = "Everything is in {folder}:", "所有文件位于 {folder}：";
    tour_place_config(home) = "   {home}: configuration fundlink.toml, control socket control.sock, log node.log", "   {home}：配置 fundlink.toml，控制套接字 control.sock，日志 node.log";
    tour_place_dumps(folder) = "   {folder}: the files that were imported", "   {folder}：导入的数据文件";
    tour_place_bank(url) = "   the simulated bank: {url}", "   模拟银行：{url}";
    tour_try() = "To try next, in another terminal:", "可在另一个终端继续尝试：";
    tour_stays() = "The province stays up until Ctrl-C.", "模拟省份将持续运行，按 Ctrl-C 结束。";
}
