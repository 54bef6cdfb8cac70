//! A large export with faults planted in it: the check names these lines and rules, and no others.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use encoding_rs::GB18030;
use fundlink_protocol::document::resident_number_of;
use fundlink_tests::program::run;
use serde_json::Value;

const PERSONS: usize = 2_000;

/// The files of two thousand persons with three deposits each: 12,000 rows and more.
struct Export {
    persons: Vec<String>,
    accounts: Vec<String>,
    ledger: Vec<String>,
    loans: Vec<String>,
    employers: Vec<String>,
}

fn number(place: usize) -> String {
    let body = format!(
        "140199{}{:02}{:02}{:03}",
        1970 + place % 30,
        place % 12 + 1,
        place % 28 + 1,
        place % 1000
    );
    resident_number_of(&body).unwrap().as_str().to_owned()
}

fn export() -> Export {
    let mut export = Export {
        persons: Vec::new(),
        accounts: Vec::new(),
        ledger: Vec::new(),
        loans: Vec::new(),
        employers: Vec::new(),
    };
    for employer in 0..20 {
        export
            .employers
            .push(format!("U{employer:02},第{employer}单位,01,0.12,0.12,300000.00,城区分理处"));
    }
    for place in 0..PERSONS {
        let account = format!("99{place:011}");
        export.persons.push(format!("{account},赵某,01,{}", number(place)));
        let employer = place % 20;
        export.accounts.push(format!(
            "{account},U{employer:02},5000.00,02,2026/01/15,3000.00,0.00,3000.00,500.00,500.00"
        ));
        for month in 1..=3 {
            export.ledger.push(format!(
                "{account},H{place}-{month},2026.{month}.15,01,2026-{month:02},1000,0,01"
            ));
        }
        if place < 100 {
            export.loans.push(format!(
                "JK{place:04},D{place:04},钱某,01,{},300000.00,300000.00,20210520,100000.00,0.0325,240,,0",
                number(place)
            ));
        }
    }
    export
}

impl Export {
    fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        for (name, header, rows) in [
            (
                "employers.csv",
                "单位账号,单位名称,单位账户状态,单位缴存比例,个人缴存比例,单位账户余额,网点",
                &self.employers,
            ),
            ("persons.csv", "个人账号,姓名,证件类型,证件号码", &self.persons),
            (
                "accounts.csv",
                "个人账号,单位账号,个人缴存基数,个人账户状态,开户日期,个人账户余额,上年结转余额,当年归集余额,个人月缴存额,单位月缴存额",
                &self.accounts,
            ),
            (
                "ledger.csv",
                "个人账号,业务流水号,记账日期,业务类型,缴存年月,发生额,发生利息额,冲账标识",
                &self.ledger,
            ),
            (
                "loans.csv",
                "借款合同编号,贷款账号,借款人姓名,借款人证件类型,借款人证件号,合同贷款金额,贷款发放额,贷款发放日期,贷款余额,贷款利率,贷款期数,贷款结清日期,累计逾期期数",
                &self.loans,
            ),
            (
                "co_borrowers.csv",
                "借款合同编号,共同借款人姓名,共同借款人证件类型,共同借款人证件号码",
                &Vec::new(),
            ),
        ] {
            let mut text = format!("{header}\n");
            for row in rows {
                writeln!(text, "{row}").unwrap();
            }
            let (bytes, _, unmappable) = GB18030.encode(&text);
            assert!(!unmappable);
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// File, line, column and rule.
type Told = (String, u64, String, String);

/// Plants a fault into a row, and says how it must be told.
fn plant(
    rows: &mut [String],
    (place, from, to): (usize, &str, &str),
    told: (&str, &str, &str),
) -> Told {
    let row = rows.get_mut(place).unwrap();
    assert!(row.contains(from), "{from} stands in {row}");
    *row = row.replacen(from, to, 1);
    let (file, column, rule) = told;
    (file.to_owned(), place as u64 + 2, column.to_owned(), rule.to_owned())
}

/// Ten faults of document numbers.
fn planted_numbers(export: &mut Export) -> Vec<Told> {
    let mut told = Vec::new();
    for (step, rule) in
        ["DOCUMENT_CHECK", "DOCUMENT_FORM", "DOCUMENT_BIRTH", "SPREADSHEET", "VALUE_MISSING"]
            .into_iter()
            .cycle()
            .take(10)
            .enumerate()
    {
        let place = 100 + step * 37;
        let right = number(place);
        let wrong = match rule {
            "DOCUMENT_CHECK" => {
                let last = if right.ends_with('1') { '2' } else { '1' };
                format!("{}{last}", &right[..17])
            }
            "DOCUMENT_FORM" => right[..16].to_owned(),
            "DOCUMENT_BIRTH" => format!("{}0230{}", &right[..10], &right[14..]),
            "SPREADSHEET" => "1.40199E+17".to_owned(),
            _ => String::new(),
        };
        let change = (place, right.as_str(), wrong.as_str());
        told.push(plant(&mut export.persons, change, ("persons.csv", "ZJHM", rule)));
    }
    told
}

/// Five faults of persons, ten of accounts.
fn planted_persons_and_accounts(export: &mut Export) -> Vec<Told> {
    let mut told = Vec::new();
    for (place, from, to, column, rule) in [
        (500, "赵某", "", "XingMing", "VALUE_MISSING"),
        (501, ",01,", ",77,", "ZJLX", "CODE"),
        (502, ",赵某,", ",\"赵\"某,", "", "CSV_FORM"),
        (503, ",01,", ",01,,", "", "ROW_WIDTH"),
        (504, "99", "9 9", "GRZH", "ACCOUNT_NUMBER"),
    ] {
        told.push(plant(&mut export.persons, (place, from, to), ("persons.csv", column, rule)));
    }
    for (place, from, to, column, rule) in [
        (600, ",02,", ",70,", "GRZHZT", "CODE"),
        (601, "2026/01/15", "2026/02/30", "KHRQ", "DATE"),
        (602, "2026/01/15", "2027/01/15", "KHRQ", "DATE_FUTURE"),
        (603, "3000.00,0.00", "3000.00,1.00", "GRZHYE", "BALANCE_PARTS"),
        (604, "3000.00,0.00,3000.00", "3001.00,0.00,3001.00", "GRZHYE", "LEDGER_SUM"),
        (605, "3000.00,0.00", "3.0E+3,0.00", "GRZHYE", "SPREADSHEET"),
        (606, "5000.00", "-5000.00", "GRJCJS", "AMOUNT_NEGATIVE"),
        (607, "5000.00", "5,000.00", "", "ROW_WIDTH"),
        (608, ",U08,", ",U99,", "DWZH", "REFERENCE"),
        (609, "500.00,500.00", "500.001,500.00", "GRYJCE", "AMOUNT"),
    ] {
        told.push(plant(&mut export.accounts, (place, from, to), ("accounts.csv", column, rule)));
    }
    told
}

/// Forty faults of different rules, far from each other.
fn planted(export: &mut Export) -> Vec<Told> {
    let mut told = planted_numbers(export);
    told.extend(planted_persons_and_accounts(export));
    for (place, from, to, column, rule) in [
        (3_000, ",01,2026-01", ",98,2026-01", "GJHTQYWLX", "CODE"),
        (3_003, "2026.1.15", "2026.1.32", "JZRQ", "DATE"),
        (3_006, "2026-01", "2026-13", "HBJNY", "MONTH"),
        (3_009, ",2026-01,", ",,", "HBJNY", "PAY_MONTH"),
        (3_012, ",1000,", ",1000.005,", "FSE", "AMOUNT"),
        (3_015, ",0,01", ",0,03", "CZBZ", "CODE"),
        (3_018, "99", "88", "GRZH", "REFERENCE"),
        (3_022, "-2,2026.2.15,01,2026-02", "-1,2026.1.15,01,2026-01", "YWLSH", "KEY_DOUBLED"),
    ] {
        told.push(plant(&mut export.ledger, (place, from, to), ("ledger.csv", column, rule)));
    }
    for (place, from, to, column, rule) in [
        (10, ",240,", ",24O,", "DKQS", "COUNT"),
        (11, "0.0325", "3,25%", "", "ROW_WIDTH"),
        (12, "100000.00,0.0325,240,", "100000.00,0.0325,240,20260101", "DKYE", "SETTLED_BALANCE"),
        (20, "D0020", "D0013", "DKZH", "KEY_DOUBLED"),
        (14, ",0.0325,", ",100,", "DKLL", "RATE"),
    ] {
        told.push(plant(&mut export.loans, (place, from, to), ("loans.csv", column, rule)));
    }
    told.push(plant(
        &mut export.employers,
        (3, "300000.00", "300000.01"),
        ("employers.csv", "DWZHYE", "EMPLOYER_SUM"),
    ));
    told.push(plant(
        &mut export.employers,
        (4, ",01,", ",07,"),
        ("employers.csv", "DWZHZT", "CODE"),
    ));
    told
}

#[test]
fn of_ten_thousand_rows_in_gb_18030_the_check_names_the_forty_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("datong");
    let home = config.to_str().unwrap();
    let words =
        ["init", "--dir", home, "--network", "demo", "--center", "140200", "--no-passphrase"];
    run(&config, &words).done();
    let dump = folder.path().join("dump");
    let mut export = export();
    export.write(&dump);
    let path = dump.to_str().unwrap();
    let check = |more: &[&str]| {
        let words = ["--json", "data", "check", path, "--as-of", "2026-05-06"];
        run(&config, &[&words[..], more].concat())
    };
    check(&[]).done();
    let planted = planted(&mut export);
    assert_eq!(planted.len(), 40);
    let rules: BTreeSet<&String> = planted.iter().map(|(_, _, _, rule)| rule).collect();
    assert!(rules.len() >= 20, "{rules:?}");
    export.write(&dump);
    let lists = folder.path().join("lists");
    let said = check(&["--fix-list", lists.to_str().unwrap()]).ended_with(1);
    let told = said.json();
    let of = |fault: &Value| {
        let column = fault["column"].as_str().unwrap_or_default().to_owned();
        let text = |name: &str| fault[name].as_str().unwrap().to_owned();
        (text("file"), fault["line"].as_u64().unwrap(), column, text("rule"))
    };
    let found: BTreeSet<_> = told["faults"].as_array().unwrap().iter().map(of).collect();
    let expected: BTreeSet<_> = planted.into_iter().collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing {missing:#?}, too many {more:#?}");
    for value in ["赵某", "钱某", "140199", "990000"] {
        assert!(!said.all().contains(value), "{value} is shown");
    }
    lists_hold_no_value(&lists);
    // Forty of more than eight thousand rows: half a percent holds them, a tenth does not.
    check(&["--quarantine", "0.5%"]).done();
    let beyond = check(&["--quarantine", "0.1%"]).ended_with(1).json();
    assert_eq!(beyond["quarantine"]["bad_rows"], 40);
}

fn lists_hold_no_value(lists: &Path) {
    let mut listed = 0;
    for entry in std::fs::read_dir(lists).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = String::from_utf8(bytes).unwrap();
            listed += text.lines().count() - 1;
            assert!(!text.contains("140199") && !text.contains("赵某"), "{text}");
        } else {
            assert!(bytes.starts_with(b"PK"), "{} is a workbook", path.display());
        }
    }
    assert_eq!(listed, 40);
}
