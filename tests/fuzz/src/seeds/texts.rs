//! Texts with which targets begin: dumps, mappings, configurations, answers of banks.
//!
//! **Promises.** The persons are made up, and their numbers keep every rule.

use encoding_rs::GB18030;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::config::template;

use super::Files;

const EMPLOYERS: &str = "DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n\
     U1,大同示例机械有限公司,91140199MA0TE5T16B,01,0.12,12.00,900.00\n";
const PERSONS: &str = "GRZH,XingMing,ZJLX,ZJHM,SJHM\n\
     A1,李晓禾,01,140199199003070223,13800000000\n\
     A2,王㛃,01,141099199608210319,\n\
     A3,陈𤧛,03,E12345678,\n";
const ACCOUNTS: &str = "GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,\
     XHRQ,XHYY,GRCKZHHM,SFCZPTPD\n\
     A1,U1,2500.00,02,2026-02-15,900.00,0.00,900.00,150.00,150.00,,,9990010000000001231,2\n\
     A2,,5000.00,04,20200101,0.00,0.00,0.00,0.00,0.00,20251001,07,,\n\
     A3,,5000.00,01,20250101,500.00,0.00,500.00,500.00,0.00,,,,1\n";
const LEDGER: &str = "GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\n\
     A1,H1,20260215,01,202602,300.00,0.00,01,\n\
     A1,H2,20260315,01,202603,300.00,0.00,01,\n\
     A1,H3,20260415,01,202604,300.00,0.00,01,\n\
     A2,T1,20200110,01,202001,100.00,0.00,01,\n\
     A2,T2,20251001,07,,-100.00,1.10,01,\n\
     A3,R1,20260110,02,202601,300.00,0.00,01,\n\
     A3,R1,20260111,02,202601,-300.00,0.00,02,\n\
     A3,R2,20260401,02,202601,700.00,0.00,01,\n\
     A3,R3,20260402,11,,-200.00,0.00,01,07\n";
const LOANS: &str = "JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,\
     LJYQQS,DQYQQS,DKDBLX\n\
     JK2,D2,周临,01,141099197812310529,600000.00,600000.00,20210520,538912.44,0.0325000,360,,2,2,01\n\
     JK1,D1,张大同,01,140299850615013,300000.00,300000.00,20180301,0.00,2.6,240,20251231,0,,01\n";
const CO_BORROWERS: &str = "JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n\
     JK2,李晓禾,01,140199199003070223,01\n";
const WITHDRAWALS: &str = "GRZH,YWLSH,JZRQ,FSE,TQYY,TQZT,BDCQZH,FWZL\n\
     A3,R3,20260402,-200.00,07,paid,,\nA1,W1,,-100.00,01,in_progress,晋(2026)1,学府街1号\n";
const CONTROL: &str = "FILE,ROWS,SUM\nemployers.csv,1,900.00\npersons.csv,3,\n\
     accounts.csv,3,1400.00\nledger.csv,9,1400.00\nloans.csv,2,538912.44\nco_borrowers.csv,1,\n";

/// Mapping files.
pub(super) const MAPPINGS: &[&str] = &[
    "center = \"140200\"\npassport_as_other = true\n\n[files]\npersons = \"GR_INFO.csv\"\n\n\
     [columns.persons]\n\"客户姓名\" = \"XingMing\"\n\n[codes.GJHTQYWLX]\n\"98\" = \"09\"\n",
    FOREIGN,
    "",
    "[columns.persons]\n\"a\" = \"ZJHM\"\n\"b\" = \"zjhm\"\n",
    "[codes.DKZT]\n\"a\" = \"b\"\n",
];

const FOREIGN: &str = "center = \"140200\"\npassport_as_other = true\n[columns.persons]\n\
     \"客户编码\" = \"GRZH\"\n\"客户姓名\" = \"XingMing\"\n\"客户证件类型\" = \"ZJLX\"\n\
     [codes.CZBZ]\n\"01\" = \"02\"\n\"02\" = \"01\"\n";

/// What a bank says.
pub(super) const BANK_ANSWERS: &[&str] = &[
    r#"{"from":"1402-0001","to":"1401-0001","to_name":"太原","amount":"44285.84","kind":"whole","letter":"1401002605060001","execute_on":"2026-05-20"}"#,
    r#"{"order":"140200-1401002605060001-01","state":"executed","on":"2026-05-20","reference":"YH1"}"#,
    r#"{"order":"140200-1401002605060001-01","state":"failed","reason":"name_differs"}"#,
    r#"{"order":"1","state":"recalled"}"#,
    r#"{"notices":[{"account":"1401-0001","reference":"YH2","direction":"credit","amount":"44285.84","kind":"payment","summary":"异地转移1401002605060001本金","counterpart":"1402-0001","booked_on":"2026-05-20"}],"next":7}"#,
    r#"{"account":"1","reference":"","direction":"debit","amount":"0.01","kind":"bank_return","summary":"","counterpart":"2","booked_on":"2026-02-28","order":"x"}"#,
];

/// Whole dumps: plain, in GB 18030, with control totals, with a center's own names, with bad rows.
pub(super) fn dumps() -> Files {
    let plain = [
        ("employers.csv", EMPLOYERS),
        ("persons.csv", PERSONS),
        ("accounts.csv", ACCOUNTS),
        ("ledger.csv", LEDGER),
        ("loans.csv", LOANS),
        ("co_borrowers.csv", CO_BORROWERS),
    ];
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let gb18030 = |text: &str| GB18030.encode(text).0.into_owned();
    let with = |more: &[_]| replaced(&plain, more);
    let foreign = PERSONS.replace("GRZH,XingMing,ZJLX", "客户编码,客户姓名,客户证件类型");
    let flags = LEDGER.replace(",01,\n", ",0x,\n").replace(",02,\n", ",01,\n");
    let flags = flags.replace(",0x,\n", ",02,\n").replace(",01,07", ",02,07");
    let mapped =
        with(&[("persons.csv", &foreign), ("ledger.csv", &flags), ("mapping.toml", FOREIGN)]);
    let broken = PERSONS.replace("141099199608210319", "141099199608210310");
    let held = with(&[("persons.csv", &broken), ("quarantine", "20%")]);
    let overdue = "DKZH,YQQC,YQBJ,SSYQBJJE\nD2,1,100.00,0.00\nD2,2,100.00,50.00\n";
    Files::from([
        ("plain".to_owned(), dump(&plain, utf8)),
        ("gb18030".to_owned(), dump(&plain, gb18030)),
        ("controlled".to_owned(), dump(&with(&[("control.csv", CONTROL)]), utf8)),
        ("mapped".to_owned(), dump(&mapped, utf8)),
        ("held-back".to_owned(), dump(&held, utf8)),
        ("refused".to_owned(), dump(&with(&[("persons.csv", &broken)]), gb18030)),
        ("overdue".to_owned(), dump(&with(&[("overdue.csv", overdue)]), utf8)),
        ("withdrawn".to_owned(), dump(&with(&[("withdrawals.csv", WITHDRAWALS)]), utf8)),
        ("nothing".to_owned(), Vec::new()),
    ])
}

/// Sections of a dump, some of them others.
fn replaced<'a>(
    sections: &[(&'a str, &'a str)],
    others: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let same = |(name, _): &&(&str, &str)| !others.iter().any(|(other, _)| other == name);
    sections.iter().filter(same).chain(others).copied().collect()
}

fn dump(sections: &[(&str, &str)], encode: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut dump = Vec::new();
    for (name, text) in sections {
        dump.extend(crate::import::NAME_BEGINS);
        dump.extend(name.as_bytes());
        dump.extend(crate::import::NAME_ENDS);
        dump.extend(encode(text));
    }
    dump
}

const LEAST: &str = "[node]\nnetwork = \"shanxi\"\ncenter = \"140100\"\n";
const FULL: &str = "[node]\nnetwork = \"shanxi\"\ncenter = \"140100\"\nrole = \"center\"\n\
     [keys]\nfile = \"keys\"\npassphrase = { file = \"passphrase\" }\n\
     [listen]\npeers = [\"/ip4/127.0.0.1/tcp/0\", \"/ip6/::1/tcp/0\"]\nhealth = \"off\"\n\
     [bank]\ndriver = \"http\"\nurl = \"http://127.0.0.1:7700\"\n\
     [receiving_account]\nnumber = \"0502-1234\"\nname = \"太原市住房公积金管理中心\"\nbank = \"建设银行\"\n\
     [[operator]]\nid = \"wang\"\nname = \"王芳\"\nroles = [\"clerk\", \"system-administrator\"]\n\
     [policy]\nauto_amount_max = \"200000.00\"\nletter_needs_reviewer = true\n\
     [log]\nfilter = \"info\"\nformat = \"json\"\n[clock]\noffset_s = -5\n";

/// Configurations as a person types them, and as the node shows them.
pub(super) fn configurations() -> Files {
    let mut files = Files::new();
    for (name, text) in [("least", LEAST), ("full", FULL)] {
        files.insert(name.to_owned(), text.into());
        if let Ok(file) = ConfigFile::parse(text) {
            files.insert(format!("{name}-shown"), template::render(&file).into());
        }
    }
    files
}
