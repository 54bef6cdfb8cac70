//! Codes that vendors added to the tables of the standard, and what they most likely mean.
//!
//! **Promises.** A code of the table is never changed, but for the reversal flag, which one vendor has
//! the other way round: there the rows decide.
//! **Left to others.** The tables: `fundlink-protocol`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table_of;

/// Codes beyond table A.5 as they are seen in practice: the code, its name, what it is here.
const BUSINESS: [(&str, &str, &str); 7] = [
    ("70", "变更", "99"),
    ("71", "个人合并", "06"),
    ("72", "销户", "12"),
    ("73", "错缴更正", "99"),
    ("74", "催缴", "99"),
    ("75", "比例调整", "10"),
    ("98", "结息", "09"),
];

/// A list of loan statuses: what the code 3 or 4 means tells the lists apart.
type Statuses = [(&'static str, &'static str, &'static str)];

const FIRST_LIST: &Statuses = &[
    ("0", "待签合同", "pending"),
    ("1", "待放款", "pending"),
    ("2", "正常", "active"),
    ("3", "已结清", "settled"),
    ("4", "呆账", "written_off"),
    ("5", "逾期", "overdue"),
    ("6", "待确认", "pending"),
    ("8", "已作废", "void"),
];

const SECOND_LIST: &Statuses = &[
    ("0", "正常", "active"),
    ("1", "逾期", "overdue"),
    ("2", "呆账", "written_off"),
    ("3", "转出", "settled"),
    ("4", "结清", "settled"),
];

/// The lines for a column, by its codes and how often each stands.
pub(super) fn lines(
    column: &str,
    counts: &BTreeMap<String, u64>,
    settled: &BTreeMap<String, u64>,
) -> String {
    match column {
        "CZBZ" => reversal_flag(counts),
        "DKZT" => loan_status(counts, settled),
        "SFCZPTPD" => fraud_flag(counts),
        _ => table(column, counts),
    }
}

fn table(column: &str, counts: &BTreeMap<String, u64>) -> String {
    let mut text = String::new();
    let known = table_of(column);
    for (code, rows) in counts.iter().filter(|(code, _)| !known.contains(*code)) {
        let padded = format!("{code:0>2}");
        let vendor = BUSINESS.iter().find(|(own, ..)| column == "GJHTQYWLX" && own == code);
        let _ = match vendor {
            Some((_, name, target)) => {
                writeln!(text, "\"{code}\" = \"{target}\"  # {rows} rows; {name}: is it so?")
            }
            None if known.contains(&padded) => {
                writeln!(text, "\"{code}\" = \"{padded}\"  # {rows} rows; the zero was lost")
            }
            None => writeln!(text, "# \"{code}\" = \"99\"  # {rows} rows: what is it?"),
        };
    }
    text
}

/// Corrections are few: where most rows claim to be one, the flag is the other way round.
fn reversal_flag(counts: &BTreeMap<String, u64>) -> String {
    let rows = |code: &str| counts.get(code).copied().unwrap_or(0);
    if rows("0") > 0 || counts.contains_key("1") {
        return "\"0\" = \"01\"  # 非冲账: is it so?\n\"1\" = \"02\"  # 冲账: is it so?\n"
            .to_owned();
    }
    if rows("02") > rows("01") {
        return "\"01\" = \"02\"  # most rows say 02: the flag is the other way round, is it so?\n\
                \"02\" = \"01\"\n"
            .to_owned();
    }
    String::new()
}

fn loan_status(counts: &BTreeMap<String, u64>, settled: &BTreeMap<String, u64>) -> String {
    let known = table_of("DKZT");
    if counts.keys().all(|code| known.contains(code)) {
        return String::new();
    }
    let rows = |code: &str| settled.get(code).copied().unwrap_or(0);
    let beyond = ["5", "6", "8"].iter().any(|code| counts.contains_key(*code));
    let (sure, list) = if beyond || rows("3") > rows("4") {
        (true, FIRST_LIST)
    } else if rows("4") > rows("3") {
        (true, SECOND_LIST)
    } else {
        (false, FIRST_LIST)
    };
    let mut text = String::new();
    if sure {
        text.push_str(
            "# Told from the loans that are repaid, and from codes that one list has alone.\n",
        );
    } else {
        text.push_str("# Two lists are in use, and the rows do not tell which: choose one.\n");
        write_list(&mut text, SECOND_LIST, "# ");
        text.push('\n');
    }
    write_list(&mut text, list, if sure { "" } else { "# " });
    let strangers = counts.iter().filter(|(code, _)| !list.iter().any(|(own, ..)| own == code));
    for (code, rows) in strangers {
        let _ = writeln!(text, "# \"{code}\" = \"\"  # {rows} rows: what is it?");
    }
    text
}

fn write_list(text: &mut String, list: &Statuses, mark: &str) {
    for (code, name, target) in list {
        let _ = writeln!(text, "{mark}\"{code}\" = \"{target}\"  # {name}: is it so?");
    }
}

fn fraud_flag(counts: &BTreeMap<String, u64>) -> String {
    let zero = counts.contains_key("0") && !counts.contains_key("2");
    if zero { "\"0\" = \"2\"  # 否\n".to_owned() } else { String::new() }
}
