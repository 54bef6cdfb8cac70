//! The Chinese sentence of every command and argument.
//!
//! **Promises.** One sentence each, found by the command's path and the argument's id.
//! **Left to others.** Headings and errors of the parser: `help`.

/// The sentence of a command, by its path without `fundlink`.
pub(super) fn command(path: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == path).map(|(_, sentence)| *sentence)
}

/// The sentence of an argument: first that of this command, then the one that all commands share.
pub(super) fn argument(path: &str, id: &str) -> Option<&'static str> {
    let find = |path: &str| ARGUMENTS.iter().find(|(known, name, _)| *known == path && *name == id);
    find(path).or_else(|| find("*")).map(|(_, _, sentence)| *sentence)
}

const COMMANDS: &[(&str, &str)] = &[
    ("", "住房公积金跨城市互联网络 Fundlink"),
    ("init", "初始化一个成员：生成密钥和带注释的配置文件"),
    ("run", "运行节点，直到被停止"),
    ("status", "显示运行中节点的状态"),
    ("net", "管理网络、成员和密钥"),
    ("net create", "建立网络：监管机构的第一步，须在节点运行之前"),
    ("net enrol", "生成入网申请，用于向监管机构申请加入"),
    ("net admit", "批准入网申请，并生成新成员的入网文件"),
    ("net join", "用入网文件加入网络，须在节点首次运行之前"),
    ("net show", "显示成员名册：成员、密钥和地址"),
    ("net join-file", "生成供新成员使用的入网文件"),
    ("net suspend", "暂停一个成员：只办结已受理的业务，不得发起业务或查询"),
    ("net reinstate", "恢复被暂停的成员"),
    ("net revoke", "立即并永久撤销一个成员"),
    ("net rotate", "为本成员生成新密钥，并请监管机构列入名册"),
    ("net addresses", "设置成员的连接地址"),
    ("net witnesses", "设置见证日志的成员"),
    ("net renew", "重新签发名册，有效期再延长 30 天"),
    ("data", "检查或导入核心业务系统导出的数据"),
    ("data check", "检查一个目录中的 CSV 文件，不导入"),
    ("data import", "检查一个目录中的 CSV 文件并作为本中心的数据导入，要么全部导入，要么不导入"),
    ("data abort", "放弃一次中断而未完成的导入"),
    ("data show", "显示已导入的数据及摘要发布的进度"),
    ("ask", "向一个中心查询一个人或一个家庭"),
    ("dossier", "向所有可能有记录的中心核查一个家庭，并给出贷款结论"),
    ("mode", "查看或设置各项业务的自动化程度"),
    ("mode show", "显示各项业务的模式"),
    ("mode set", "设置一项业务的模式"),
    ("config", "查看配置"),
    ("config show", "显示生效的全部配置，包括默认值"),
    ("testnet", "在本机运行一个完整的模拟省份，并演示其用途"),
    ("testnet bank", "只运行模拟银行，供手工搭建节点时使用"),
    ("completions", "输出命令行补全脚本"),
];

const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("*", "config", "节点的配置文件，或其所在目录"),
    ("*", "lang", "界面语言；默认取自系统区域设置"),
    ("*", "json", "以 JSON 输出，供程序使用；金额为以元为单位的十进制字符串"),
    ("*", "operator", "操作员：配置文件中登记的操作员代号"),
    (
        "*",
        "folder",
        "放置 employers.csv、persons.csv、accounts.csv、ledger.csv、loans.csv、co_borrowers.csv（可另有 control.csv）的目录",
    ),
    ("*", "as_of", "数据截止日，默认为今天"),
    ("*", "encoding", "文件编码"),
    ("*", "faults", "最多列出的错误数；全部错误都会计数"),
    ("*", "name", "成员的中文名称"),
    ("*", "addresses", "供其他成员连接的地址；默认为节点的监听地址"),
    ("*", "out", "输出文件；- 表示标准输出"),
    ("*", "passphrase_file", "口令取自该文件的第一行，该文件须仅所有者可读"),
    ("*", "no_passphrase", "密钥文件不设口令：仅用于测试网络或已加密的磁盘"),
    ("*", "center", "成员的行政区划代码"),
    ("net create", "out", "入网文件；默认为配置文件旁的 网络名.join"),
    ("net create", "root_keys", "根密钥文件；默认为配置文件旁的 root.keys"),
    ("net enrol", "authority", "批准入网的监管机构的代码"),
    ("net enrol", "out", "入网申请文件；默认为配置文件旁的 代码.enrolment"),
    ("net admit", "file", "入网申请文件；- 表示标准输入"),
    ("net admit", "fingerprint", "申请方通过其他渠道告知的指纹"),
    ("net admit", "no_witness", "不让该成员见证其他成员的日志"),
    ("net admit", "out", "为新成员生成的入网文件；- 表示标准输出"),
    ("net join", "file", "入网文件；- 表示标准输入"),
    ("net join", "fingerprint", "监管机构告知的网络指纹"),
    ("net show", "keys", "同时显示各成员的密钥"),
    ("net revoke", "takeover", "接管其未办结转移业务的中心"),
    ("net revoke", "compromised", "其密钥可能已泄露：撤销前未经见证的内容视为未证实"),
    ("net rotate", "purpose", "新密钥的用途"),
    ("net addresses", "addresses", "成员的连接地址"),
    ("net witnesses", "centers", "全部见证成员的代码"),
    ("data import", "no_wait", "不等待摘要发布完成"),
    ("*", "kind", "查询种类"),
    (
        "*",
        "purpose",
        "查询用途：T1 转移接续，L1 贷款申请，L2 放款前复核，W1 提取核查，D1 一人多户核查，C1 缴存证明，A1 个人查询",
    ),
    ("*", "serial", "本中心的业务流水号"),
    ("*", "consent", "本人授权书在本中心的编号"),
    ("*", "consent_file", "授权书的文本或扫描件；只有其哈希值会离开本机"),
    ("*", "subject_file", "含 XingMing、ZJHM（可有 ZJLX、GRZH）列的 CSV 文件；- 表示标准输入"),
    ("ask", "center", "被查询的中心"),
    ("ask", "transfer", "转移业务编号，用于 transfer-status"),
    ("run", "exit_with_parent", "标准输入关闭时停止：启动者退出后节点不再留存"),
    ("mode set", "service", "业务"),
    ("mode set", "mode", "允许自动处理的程度"),
    ("init", "dir", "放置配置、密钥和数据的目录"),
    ("init", "network", "网络名称：a-z、0-9 和连字符"),
    ("init", "center", "成员的行政区划代码（GB/T 2260），例如太原 140100"),
    ("init", "role", "成员的角色：城市中心，或省级监管机构"),
    ("init", "listen", "供其他成员连接的地址"),
    ("init", "health", "健康检查和指标的本机地址，或 off"),
    ("init", "bank_url", "以 HTTP 提供服务的银行地址"),
    ("testnet", "dir", "放置全部文件的目录；其中以前的模拟网络会被清除"),
    ("testnet", "seed", "随机种子：相同的种子生成相同的省份"),
    ("testnet", "scale", "规模，0.001 至 100；1 为每城约一万人"),
    ("testnet", "once", "演示后即结束，以退出码表示结果"),
    ("testnet bank", "listen", "银行的本机监听地址"),
    ("completions", "shell", "命令解释器"),
];
