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
    ("data", "检查或导入核心业务系统导出的数据"),
    ("data check", "检查一个目录中的 CSV 文件，不导入"),
    ("mode", "查看或设置各项业务的自动化程度"),
    ("mode show", "显示各项业务的模式"),
    ("mode set", "设置一项业务的模式"),
    ("config", "查看配置"),
    ("config show", "显示生效的全部配置，包括默认值"),
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
    ("init", "passphrase_file", "口令取自该文件的第一行，该文件须仅所有者可读"),
    ("init", "no_passphrase", "密钥文件不设口令：仅用于测试网络或已加密的磁盘"),
    ("completions", "shell", "命令解释器"),
];
