//! An example or two for every command that does something.
//!
//! **Promises.** Each line parses as it stands; a test sees to it.
//! **Left to others.** The heading above them: `help`.

/// The examples of a command, by its path without `fundlink`.
pub(super) fn of(path: &str) -> Option<&'static [&'static str]> {
    EXAMPLES.iter().find(|(known, _)| *known == path).map(|(_, examples)| *examples)
}

const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "fundlink init --dir taiyuan --network shanxi --center 140100",
            "fundlink init --dir authority --network shanxi --center 140000 --role authority --listen /ip4/127.0.0.1/tcp/7400 --health 127.0.0.1:7480",
        ],
    ),
    ("run", &["fundlink --config taiyuan run"]),
    ("doctor", &["fundlink --config taiyuan doctor", "fundlink --config taiyuan --json doctor"]),
    (
        "fsck",
        &[
            "fundlink --config taiyuan fsck",
            "fundlink --config taiyuan --json fsck --scratch /var/tmp",
            "fundlink --config taiyuan fsck --repair",
        ],
    ),
    (
        "status",
        &["fundlink --config taiyuan --json status", "fundlink --config taiyuan status --wait 30"],
    ),
    ("backup", &["fundlink --config taiyuan backup taiyuan-2026-05-06.backup"]),
    ("restore", &["fundlink --config taiyuan restore taiyuan-2026-05-06.backup"]),
    (
        "recovery show",
        &[
            "fundlink --config taiyuan recovery show",
            "fundlink --config taiyuan --json recovery show",
        ],
    ),
    (
        "recovery override",
        &[
            "fundlink --config taiyuan recovery override --operator wang --reason 两个见证成员已永久丢失 --yes",
        ],
    ),
    (
        "net create",
        &[
            "fundlink --config authority net create --name 山西省住房和城乡建设厅 --address /ip4/127.0.0.1/tcp/7400",
        ],
    ),
    (
        "net enrol",
        &[
            "fundlink --config taiyuan net enrol --name 太原市住房公积金管理中心 --authority 140000 --address /ip4/127.0.0.1/tcp/7401",
        ],
    ),
    (
        "net admit",
        &[
            "fundlink --config authority net admit 140100.enrolment --fingerprint 0123-4567-89ab-cdef-0123-4567-89ab-cdef --out taiyuan.join",
        ],
    ),
    ("net join", &["fundlink --config taiyuan net join taiyuan.join"]),
    (
        "net show",
        &["fundlink --config taiyuan net show", "fundlink --config taiyuan net show --keys"],
    ),
    ("net join-file", &["fundlink --config authority net join-file --out shanxi.join"]),
    ("net suspend", &["fundlink --config authority net suspend 140200"]),
    ("net reinstate", &["fundlink --config authority net reinstate 140200"]),
    (
        "net revoke",
        &["fundlink --config authority net revoke 140200 --takeover 140100 --compromised"],
    ),
    ("net rotate", &["fundlink --config taiyuan net rotate statement"]),
    ("net rename", &["fundlink --config authority net rename 140200 大同市住房公积金管理服务中心"]),
    (
        "net addresses",
        &["fundlink --config authority net addresses 140100 /dns4/fund.taiyuan.example/tcp/7400"],
    ),
    ("net witnesses", &["fundlink --config authority net witnesses 140000 140100 140200 141000"]),
    ("net open-lending", &["fundlink --config authority net open-lending"]),
    ("net next-log", &["fundlink --config authority net next-log 140200"]),
    ("net renew", &["fundlink --config authority net renew"]),
    (
        "data check",
        &[
            "fundlink --config taiyuan data check ./export",
            "fundlink --config taiyuan data check ./export --as-of 2026-05-20 --encoding gb18030",
            "fundlink --config taiyuan data check ./export --fix-list ./to-correct",
        ],
    ),
    (
        "data import",
        &[
            "fundlink --config taiyuan data import ./export --operator li",
            "fundlink --config taiyuan data import ./export --operator li --mapping own.toml --quarantine 0.5% --full",
        ],
    ),
    ("data control", &["fundlink --config taiyuan data control ./export --as-of 2026-05-20"]),
    ("data map suggest", &["fundlink data map suggest ./export --out own.toml"]),
    ("data map columns", &["fundlink data map columns"]),
    ("data quarantine", &["fundlink --config taiyuan data quarantine"]),
    ("data abort", &["fundlink --config taiyuan data abort"]),
    ("data show", &["fundlink --config taiyuan data show"]),
    (
        "ask",
        &[
            "fundlink --config taiyuan ask loan-history --center 140200 --purpose L1 --serial DK-2026-0077 --consent SQ-1 --consent-file consent.pdf --operator li --subject-file person.csv",
            "fundlink --config taiyuan ask account --center 141000 --purpose D1 --serial KH-12 --operator li",
        ],
    ),
    (
        "dossier",
        &[
            "fundlink --config taiyuan dossier --purpose L1 --serial DK-2026-0077 --consent SQ-1 --consent-file consent.pdf --operator li --subject-file household.csv",
            "fundlink --config linfen dossier --purpose L1 --serial DK-2026-0077 --consent SQ-1 --consent-file consent.pdf --operator li --subject-file household.csv --certificate 140100-C-2026-000311",
        ],
    ),
    (
        "access",
        &[
            "fundlink --config taiyuan access --serial CX-7 --consent SQ-9 --consent-file request.pdf --operator li --subject-file person.csv",
            "fundlink --config taiyuan access --here --limit 50 --serial CX-7 --consent SQ-9 --consent-file request.pdf --operator li",
        ],
    ),
    (
        "transfer start",
        &[
            "fundlink --config taiyuan transfer start --from 140200 --consent SQ-2 --consent-file declaration.pdf --operator li --subject-file applicant.csv",
        ],
    ),
    ("transfer show", &["fundlink --config taiyuan transfer show 1401002605060001"]),
    (
        "transfer list",
        &[
            "fundlink --config taiyuan transfer list",
            "fundlink --config datong transfer list --side out --waiting",
        ],
    ),
    (
        "transfer cancel",
        &["fundlink --config taiyuan transfer cancel 1401002605060001 --operator li"],
    ),
    (
        "transfer decide",
        &[
            "fundlink --config datong transfer decide 1401002605060001 accept --operator wang",
            "fundlink --config datong transfer decide 1401002605060001 accept --scan-file id-card.pdf --operator wang",
            "fundlink --config datong transfer decide 1401002605060001 refuse --reason R99 --remark 请先合并账户 --operator wang",
            "fundlink --config datong transfer decide 1401002605060001 settle --value-date 2026-05-20 --operator wang",
        ],
    ),
    (
        "transfer register",
        &[
            "fundlink --config datong transfer register --direction out --channel paper --letter 1401002605060001 --other 140100 --state paid --on 2026-05-20 --amounts-file amounts.csv --operator wang --subject-file person.csv",
            "fundlink --config taiyuan transfer register --direction in --channel national --letter 1401002605060002 --other 110100 --operator li",
        ],
    ),
    (
        "transfer advance",
        &[
            "fundlink --config taiyuan transfer advance 1401002605060001 credited --on 2026-05-21 --amounts-file amounts.csv --operator li",
            "fundlink --config datong transfer advance 1401002605060001 closed --operator wang",
        ],
    ),
    ("transfer takeover list", &["fundlink --config linfen transfer takeover list"]),
    (
        "transfer takeover show",
        &["fundlink --config linfen transfer takeover show 1401002605060001"],
    ),
    (
        "transfer takeover close",
        &[
            "fundlink --config linfen transfer takeover close 1401002605060001 --remark paid-out --operator wang",
        ],
    ),
    ("transfer watch", &["fundlink --config taiyuan transfer watch 1401002605060001"]),
    (
        "evidence export",
        &[
            "fundlink --config taiyuan evidence export --transfer 1401002605060001 --out transfer.zip",
            "fundlink --config taiyuan evidence export --account --out account.zip",
        ],
    ),
    (
        "evidence verify",
        &[
            "fundlink evidence verify transfer.zip --join-file shanxi.join",
            "fundlink evidence verify transfer.zip --fingerprint 0123-4567-89ab-cdef-0123-4567-89ab-cdef",
        ],
    ),
    (
        "alerts",
        &[
            "fundlink --config authority alerts",
            "fundlink --config authority alerts --all --limit 20",
        ],
    ),
    (
        "certificate ask",
        &[
            "fundlink --config linfen certificate ask --center 140100 --serial DK-2026-0077 --consent SQ-1 --consent-file consent.pdf --operator li --subject-file person.csv",
        ],
    ),
    (
        "certificate list",
        &[
            "fundlink --config linfen certificate list",
            "fundlink --config linfen certificate list --waiting",
        ],
    ),
    (
        "certificate show",
        &[
            "fundlink --config linfen certificate show 140100-C-2026-000311",
            "fundlink --config linfen --lang zh certificate show 140100-C-2026-000311",
        ],
    ),
    (
        "certificate receipt",
        &[
            "fundlink --config linfen certificate receipt 140100-C-2026-000311 --result granted --serial DK-2026-0077 --operator li",
            "fundlink --config linfen certificate receipt 140100-C-2026-000311 --result declined --applicant co-borrower --serial DK-2026-0077 --operator li",
        ],
    ),
    (
        "certificate release",
        &[
            "fundlink --config linfen certificate release 140100-C-2026-000311 --cause settled --operator li",
        ],
    ),
    (
        "certificate revoke",
        &[
            "fundlink --config taiyuan certificate revoke 140100-C-2026-000311 --reason mistaken --operator li",
        ],
    ),
    (
        "certificate approve",
        &["fundlink --config taiyuan certificate approve 140100-C-2026-000311 --operator wang"],
    ),
    (
        "loan intent",
        &[
            "fundlink --config taiyuan loan intent --serial DK-2026-0077 --operator li --subject-file household.csv",
        ],
    ),
    ("loan payout", &["fundlink --config taiyuan loan payout DK-2026-0077 --operator li"]),
    (
        "loan pay",
        &[
            "fundlink --config taiyuan loan pay DK-2026-0077 --contract JK140100-2026-0077 --operator wang",
        ],
    ),
    (
        "loan withdraw",
        &[
            "fundlink --config taiyuan loan withdraw DK-2026-0077 --operator li",
            "fundlink --config taiyuan loan withdraw DK-2026-0077 --operator wang --remark \"银行退回，款项未付出\"",
        ],
    ),
    (
        "loan show",
        &[
            "fundlink --config taiyuan loan show DK-2026-0077",
            "fundlink --config taiyuan loan show 5b0c73aa",
        ],
    ),
    ("loan list", &["fundlink --config taiyuan loan list --all"]),
    ("loan leases", &["fundlink --config datong loan leases"]),
    (
        "loan rule",
        &[
            "fundlink --config authority loan rule --center 140100 --intent <id> --remark \"已与该中心核实未放款\" --operator zhao",
        ],
    ),
    (
        "loan tasks",
        &[
            "fundlink --config linfen loan tasks",
            "fundlink --config linfen loan tasks --done 5b0c73aa --center 140100 --operator li",
        ],
    ),
    (
        "withdrawal record",
        &["fundlink --config taiyuan withdrawal record withdrawals.csv --operator li"],
    ),
    (
        "withdrawal reverse",
        &[
            "fundlink --config taiyuan withdrawal reverse TQ-2026-0007 --on 2026-05-20 --operator li",
        ],
    ),
    (
        "withdrawal list",
        &[
            "fundlink --config taiyuan withdrawal list",
            "fundlink --config taiyuan withdrawal list --after TQ-2026-0007 --limit 20",
        ],
    ),
    (
        "withdrawal check",
        &[
            "fundlink --config taiyuan withdrawal check --serial TQ-2026-0008 --consent SQ-3 --consent-file consent.pdf --operator li --subject-file buyer.csv",
        ],
    ),
    (
        "alerts list",
        &[
            "fundlink --config authority alerts list --level alarm",
            "fundlink --config authority alerts list --rule double_loan --center 140200 --all",
            "fundlink --config authority alerts list --overdue",
            "fundlink --config datong alerts list",
        ],
    ),
    ("alerts show", &["fundlink --config authority alerts show 72677e7ad151"]),
    (
        "alerts inquire",
        &[
            "fundlink --config authority alerts inquire 72677e7ad151 --days 5 --operator zhao",
            "fundlink --config authority alerts inquire 72677e7ad151 --center 140200 --remark 请核实两笔贷款 --operator zhao",
        ],
    ),
    (
        "alerts confirm",
        &[
            "fundlink --config authority alerts confirm 72677e7ad151 --remark 情况属实 --operator qian",
        ],
    ),
    (
        "alerts close",
        &["fundlink --config authority alerts close 72677e7ad151 --remark 已结清 --operator qian"],
    ),
    (
        "alerts explain",
        &[
            "fundlink --config datong alerts explain 72677e7ad151 in-order --remark 旧贷款上周已结清 --operator sun",
        ],
    ),
    ("ledger", &["fundlink --config taiyuan ledger"]),
    ("log follow", &["fundlink --config taiyuan log follow"]),
    ("log checkpoint", &["fundlink --config taiyuan log checkpoint 140200/1"]),
    ("log prove", &["fundlink --config taiyuan log prove 140200/1 42 --out leaf42"]),
    (
        "log verify",
        &[
            "fundlink log verify leaf42",
            "fundlink log verify --entry leaf42.entry --proof leaf42.tlog-proof --policy province.policy",
        ],
    ),
    ("log tail", &["fundlink --config taiyuan log tail 140200/1 --count 5"]),
    ("mode show", &["fundlink --config taiyuan mode show"]),
    ("mode set", &["fundlink --config taiyuan mode set transfer confirm --operator li"]),
    ("config show", &["fundlink --config taiyuan config show"]),
    (
        "testnet bank",
        &["fundlink testnet bank --listen 127.0.0.1:7700 --account 1402000001:datong:1000000.00"],
    ),
    ("manual", &["fundlink --lang zh manual ./man1"]),
    (
        "completions",
        &["fundlink completions bash > ~/.local/share/bash-completion/completions/fundlink"],
    ),
];
