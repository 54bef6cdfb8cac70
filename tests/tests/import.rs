//! CSV files over the command line into a whole node: what is wrong in them is named by file, line,
//! column and rule, and never shown; nothing of it is imported.
//!
//! **Promises.** The files are those of a center's core system, in each encoding that one exports.
//! **Left to others.** Every rule of the import: the tests of `fundlink-node`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use encoding_rs::GB18030;
use fundlink_testnet::member::{CLERK, DATONG};
use fundlink_tests::dump::{Dump, DumpFile};
use fundlink_tests::member::Member;
use fundlink_tests::people::{LI_IN_DATONG, WANG_IN_DATONG, ZHANG_IN_DATONG};
use fundlink_tests::program::Said;
use fundlink_tests::province::{Plan, Province, at};
use serde_json::{Value, json};

mod import {
    mod planted_faults;
    mod quarantine;
    mod withdrawals;
}

fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[DATONG]) };
    Province::form(&plan)
}

fn dump() -> Dump {
    let mut dump = Dump::of(&[LI_IN_DATONG, ZHANG_IN_DATONG, WANG_IN_DATONG]);
    dump.row(
        DumpFile::Loans,
        format_args!(
            "JK1,D1,张大同,01,{},300000.00,300000.00,20210520,138912.44,0.0325000,360,,2,0,01",
            ZHANG_IN_DATONG.document
        ),
    );
    dump
}

/// Imports the files of a folder, for programs.
fn import(member: &Member, folder: &std::path::Path) -> Said {
    let folder = folder.to_str().unwrap();
    member.run(&["--json", "data", "import", folder, "--operator", CLERK])
}

/// A fault in one file: what it replaces, with what, and how it is told.
struct Fault {
    file: DumpFile,
    from: &'static str,
    to: &'static str,
    line: u64,
    column: Value,
    rule: &'static str,
}

fn fault(file: DumpFile, from: &'static str, to: &'static str) -> Fault {
    Fault { file, from, to, line: 2, column: Value::Null, rule: "" }
}

impl Fault {
    fn at(self, line: u64, column: impl Into<Value>, rule: &'static str) -> Self {
        Self { line, column: column.into(), rule, ..self }
    }
}

fn faults() -> Vec<Fault> {
    use DumpFile::{Accounts, Ledger, Loans, Persons};
    let overlong: &'static str = "赵".repeat(121).leak();
    let overlong: &'static str = format!(",{overlong},").leak();
    vec![
        fault(Persons, "140199199003070223", "140199199003070224").at(2, "ZJHM", "DOCUMENT_CHECK"),
        fault(Persons, "140199199003070223", "140199199002300223").at(2, "ZJHM", "DOCUMENT_BIRTH"),
        fault(Persons, "141099199608210319", "14109919960821031").at(4, "ZJHM", "DOCUMENT_FORM"),
        fault(Persons, ",王㛃,", overlong).at(4, "XingMing", "NAME"),
        fault(Persons, "9923041500022", "9923041500021").at(3, "GRZH", "KEY_DOUBLED"),
        fault(Accounts, "20230401", "20230431").at(2, "KHRQ", "DATE"),
        fault(Accounts, "20230401", "20260507").at(2, "KHRQ", "DATE_FUTURE"),
        fault(Accounts, "32958.38", "32958.380").at(2, "GRZHSNJZYE", "AMOUNT"),
        fault(Accounts, "32958.38", "3.295838e4").at(2, "GRZHSNJZYE", "AMOUNT"),
        fault(Accounts, "32958.38", "３２９５８.38").at(2, "GRZHSNJZYE", "AMOUNT"),
        fault(Accounts, "5000.00,02,20230401", "5000.00,77,20230401").at(2, "GRZHZT", "CODE"),
        fault(Accounts, "GRZHZT,", "").at(1, "GRZHZT", "COLUMN_MISSING"),
        fault(Accounts, "XHRQ,XHYY", "GRZHYE,XHYY").at(1, "GRZHYE", "COLUMN_DOUBLED"),
        fault(Accounts, "43758.38,32958.38", "43758.39,32958.39").at(2, "GRZHYE", "LEDGER_SUM"),
        fault(Ledger, "20230415,01,202304", "20230415,01,202313").at(2, "HBJNY", "MONTH"),
        fault(Ledger, ",H3,20230715,01,202307,", ",H2,20230715,01,202306,").at(
            5,
            "YWLSH",
            "KEY_DOUBLED",
        ),
        fault(Loans, "140299198506150138", "140299198506150139").at(2, "JKRZJH", "DOCUMENT_CHECK"),
        fault(Loans, ",360,", ",36 0,").at(2, "DKQS", "COUNT"),
    ]
}

#[test]
fn a_fault_is_named_by_place_and_rule_never_by_value_and_nothing_is_imported() {
    let province = province();
    let datong = province.member(DATONG);
    let folder = province.folder().join("dump");
    for Fault { file, from, to, line, column, rule } in faults() {
        let mut broken = dump();
        let text = broken.text(file);
        assert!(text.contains(from), "{from} stands in {}", file.name());
        *text = text.replacen(from, to, 1);
        broken.write(&folder);
        let said = import(datong, &folder).ended_with(1);
        let told = said.json();
        let expected = (file.name(), json!(line), &column, rule);
        let matches = |fault: &&Value| {
            (&fault["file"], &fault["line"], &fault["column"], &fault["rule"])
                == (&json!(expected.0), &expected.1, expected.2, &json!(expected.3))
        };
        let faults = told["faults"].as_array().expect("a list of faults");
        assert!(faults.iter().any(|fault| matches(&fault)), "{expected:?}: {told:#}");
        let value = to.trim_matches(',');
        assert!(value.is_empty() || !said.all().contains(value), "{value} is shown: {told:#}");
        let words = datong.run(&["data", "check", folder.to_str().unwrap()]).ended_with(1);
        assert!(words.out.contains(&format!("{}, line {line}", file.name())), "{}", words.out);
    }
    assert_eq!(datong.ask(&["data", "show"])["current"], Value::Null);
}

#[test]
fn the_same_dump_publishes_once_in_whatever_encoding_it_comes() {
    let province = province();
    let datong = province.member(DATONG);
    let folder = province.folder().join("dump");
    let brought = |records: &Value, count: u64| {
        assert_eq!(records["current"]["totals"]["accounts"], json!(3));
        assert_eq!(records["current"]["totals"]["balances"], json!("70198.38"));
        assert_eq!(records["publishing"]["done"], json!(true));
        assert_eq!(records["publishing"]["published"], json!(count), "{records:#}");
    };
    dump().write(&folder);
    let first = import(datong, &folder).done().json();
    assert_eq!(first["changes"]["added"], json!(4));
    brought(&first["records"], 4);

    let crlf = |text: &str| text.replace('\n', "\r\n");
    let marked = |text: &str| format!("\u{feff}{}", crlf(text)).into_bytes();
    let lower = |text: &str| {
        let (header, rows) = text.split_once('\n').unwrap();
        format!("{}\n{rows}", header.to_lowercase()).into_bytes()
    };
    let gb18030 = |text: &str| GB18030.encode(text).0.into_owned();
    let again = |what: &str, encode: &dyn Fn(&str) -> Vec<u8>| {
        dump().write_with(&folder, encode);
        let again = import(datong, &folder).done().json();
        assert_eq!(
            again["changes"],
            json!({"added": 0, "changed": 0, "same": 4, "kept": 0}),
            "{what}"
        );
        brought(&again["records"], 0);
    };
    again("the same bytes", &|text| text.as_bytes().to_vec());
    again("a byte order mark and CRLF", &marked);
    again("columns in lower case", &lower);
    again("GB 18030", &gb18030);
}

#[test]
fn only_an_operator_of_the_configuration_imports_and_a_missing_file_is_named() {
    let province = province();
    let datong = province.member(DATONG);
    let folder = province.folder().join("dump");
    dump().write(&folder);
    let path = folder.to_str().unwrap();
    let refused = datong.run(&["--json", "data", "import", path, "--operator", "nobody"]);
    assert_eq!(refused.ended_with(1).code().as_deref(), Some("OPERATOR"));
    std::fs::remove_file(folder.join("ledger.csv")).unwrap();
    let missing = datong.run(&["data", "import", path, "--operator", CLERK]).ended_with(2);
    assert!(missing.err.contains("ledger.csv"), "{}", missing.err);
    assert_eq!(datong.ask(&["data", "show"])["current"], Value::Null);
}
