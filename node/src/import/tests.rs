//! Whole imports: what a dump becomes, and what each fault in one is called.

use std::fmt::Write as _;

use encoding_rs::GB18030;
use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::loan::{LoanRole, LoanStatus};
use proptest::prelude::*;

use super::*;

/// A dump of one employer and three persons: account A1 (36 months of 1 200.00, sealed), a
/// transferred one, and a self-employed one with a back payment, a reversal and a withdrawal.
#[derive(Clone)]
struct Dump {
    texts: [String; 6],
    /// The employers' ledger, what is overdue, and withdrawals.
    optional: [Option<String>; 3],
    control: Option<String>,
}

const EMPLOYERS: usize = 0;
const PERSONS: usize = 1;
const ACCOUNTS: usize = 2;
const LEDGER: usize = 3;
const LOANS: usize = 4;
const CO_BORROWERS: usize = 5;

fn dump() -> Dump {
    let employers = "DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n\
                     U1,大同示例机械有限公司,91140199MA0TE5T16B,01,0.12,12.00,43758.38\n";
    let persons = "GRZH,XingMing,ZJLX,ZJHM,SJHM\n\
                   9923041500021       ,李晓禾,01,140199199003070223,13800000000\n\
                   A2,王㛃,01,141099199608210319,\n\
                   A3,陈𤧛,03,E12345678,\n";
    let accounts = "GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,\
                    XHRQ,XHYY,GRCKZHHM,SFCZPTPD\n\
                    9923041500021,U1,5000.00,02,2023-04-15,43758.38,32958.38,10800.00,600.00,\
                    600.00,,,9990010000000001231,2\n\
                    A2,,5000.00,04,20200101,0.00,0.00,0.00,0.00,0.00,20251001,07,,\n\
                    A3,,5000.00,01,20250101,500.00,0.00,500.00,500.00,0.00,,,,1\n";
    let mut ledger = String::from("GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\n");
    for (index, month) in (0..36).map(|n| (n, 2023 * 12 + 3 + n)) {
        let (year, month) = (month / 12, month % 12 + 1);
        let row = format!(
            "9923041500021,H{index},{year}{month:02}15,01,{year}{month:02},1200.00,0.00,01,"
        );
        writeln!(ledger, "{row}").unwrap();
    }
    for (index, (day, amount)) in
        [("20230630", "7.00"), ("20240630", "165.21"), ("20250701", "386.17")].iter().enumerate()
    {
        writeln!(ledger, "9923041500021,J{index},{day},09,,{amount},0.00,01,").unwrap();
    }
    ledger.push_str(
        "A2,T1,20200110,01,202001,100.00,0.00,01,\n\
         A2,T2,20251001,07,,-100.00,1.10,01,\n\
         A3,R1,20260110,02,202601,300.00,0.00,01,\n\
         A3,R1,20260111,02,202601,-300.00,0.00,02,\n\
         A3,R2,20260401,02,202601,700.00,0.00,01,\n\
         A3,R3,20260402,11,,-200.00,0.00,01,07\n\
         A3,R4,20260403,11,,-50.00,0.00,01,07\n\
         A3,R4,20260404,11,,50.00,0.00,02,07\n",
    );
    let loans = "JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,\
                 LJYQQS,DQYQQS,DKDBLX\n\
                 JK2,D2,周临,01,141099197812310529,600000.00,600000.00,20210520,538912.44,\
                 0.0325000,360,,2,2,01\n\
                 JK1,D1,张大同,01,140299850615013,300000.00,300000.00,20180301,0.00,2.6,240,\
                 20251231,0,,01\n";
    let co_borrowers = "JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n\
                        JK2,李晓禾,01,140199199003070223,01\n";
    let texts = [employers, persons, accounts, &ledger, loans, co_borrowers];
    Dump { texts: texts.map(str::to_owned), optional: [None, None, None], control: None }
}

/// A second row of account A2, before that of A3.
const DOUBLED_A2: &str = "A2,,0.00,04,20200101,0.00,0.00,0.00,0.00,0.00,20251001,,,\nA3,";

impl Dump {
    fn with(&self, file: usize, from: &str, to: &str) -> Self {
        let mut changed = self.clone();
        assert!(changed.texts[file].contains(from), "{from}");
        changed.texts[file] = changed.texts[file].replacen(from, to, 1);
        changed
    }

    fn encoded(
        &self,
        options: &ImportOptions,
        encode: impl Fn(&str) -> Vec<u8>,
    ) -> Result<ImportSet, ImportError> {
        let data = self.texts.each_ref().map(|text| encode(text));
        let optional = self.optional.each_ref().map(|text| text.as_deref().map(&encode));
        let control = self.control.as_deref().map(encode);
        let data = data.each_ref().map(Vec::as_slice);
        let optional = optional.each_ref().map(|text| text.as_deref());
        let files = ImportFiles { data, optional, control: control.as_deref(), bytes: 0 };
        check(files, options, &mut |_| {})
    }

    fn check(&self) -> Result<ImportSet, ImportError> {
        self.checked(&options())
    }

    fn checked(&self, options: &ImportOptions) -> Result<ImportSet, ImportError> {
        self.encoded(options, |text| text.as_bytes().to_vec())
    }

    fn faults(&self) -> Vec<String> {
        self.faults_with(&options())
    }

    fn faults_with(&self, options: &ImportOptions) -> Vec<String> {
        match self.checked(options) {
            Ok(_) => Vec::new(),
            Err(ImportError::Faults(faults)) => {
                assert_eq!(faults.total, faults.faults.len() as u64);
                faults.faults.iter().map(short).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// `file:line:column:rule`
fn short(fault: &ImportFault) -> String {
    let line = fault.line.map_or(String::new(), |line| line.to_string());
    let column = match fault.column {
        Some(FaultColumn::Named(name)) => name.to_owned(),
        Some(FaultColumn::Place(place)) => format!("#{place}"),
        None => String::new(),
    };
    let file = fault.file.file_name().trim_end_matches(".csv");
    format!("{file}:{line}:{column}:{}", fault.rule.id())
}

fn options() -> ImportOptions {
    let center = CenterCode::new(140_200).unwrap();
    ImportOptions::new(center, Date::new(2026, 5, 1).unwrap())
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

#[test]
fn a_dump_becomes_records_with_months_interest_and_loans() {
    let set = dump().check().unwrap();
    let totals = set.totals();
    assert_eq!((totals.accounts, totals.loans), (3, 2));
    let accounts: Vec<ImportedAccount> = set.accounts.collect();
    let [a1, a2, a3] = accounts.as_slice() else { panic!("three accounts") };

    assert_eq!(a1.stored.rows.len(), 39);
    assert_eq!(a1.stored.record.history.total(), 36);
    assert_eq!(a1.stored.record.account.status, AccountStatus::Sealed);
    let mut accrual = a1.accrual.clone();
    accrual.advance(Date::new(2026, 5, 20).unwrap(), &InterestRules::default()).unwrap();
    let settled = accrual.settlement(&InterestRules::default()).unwrap();
    assert_eq!((settled.principal, settled.interest), (yuan("43758.38"), yuan("527.46")));
    let employment = a1.stored.record.employment.as_ref().unwrap();
    assert_eq!(employment.unit_rate, employment.person_rate);

    assert_eq!(a2.stored.record.account.close_reason, None);
    assert!(a2.accrual.balance().is_zero());

    // The first back payment was taken back, the second came too late for continuity.
    assert_eq!((a3.stored.record.history.total(), a3.stored.record.history.streak()), (1, 0));
    let withdrawals: Vec<Fen> = a3.stored.record.withdrawals.iter().map(|w| w.amount).collect();
    assert_eq!(withdrawals, [yuan("200.00")]);
    assert!(a3.stored.record.notes.fraud.is_some() && a1.stored.record.notes.fraud.is_none());

    let [settled, overdue] = set.loans.as_slice() else { panic!("two loans") };
    assert_eq!(settled.loan.status(), LoanStatus::Settled);
    assert_eq!(overdue.loan.status(), LoanStatus::Overdue);
    let role = overdue.role_of(&a1.stored.record.person.document);
    assert_eq!(role, Some(LoanRole::CoBorrower));

    assert_eq!(set.report.balance, yuan("44258.38"));
    assert_eq!(set.report.loan_balance, yuan("538912.44"));
    assert_eq!(set.report.interest_not_booked, 1);
    let rows: Vec<u64> = set.report.files.iter().map(|file| file.rows).collect();
    assert_eq!(rows, [1, 3, 3, 47, 2, 1]);
    assert!(set.report.files[PERSONS].ignored_columns.is_empty(), "SJHM is of the standard");
}

#[test]
fn encodings_marks_line_ends_case_and_order_of_rows_do_not_matter() {
    let plain = dump();
    let expected = plain.check().unwrap();
    assert_eq!(expected.report.hash, plain.check().unwrap().report.hash);
    let accounts: Vec<ImportedAccount> = expected.accounts.collect();
    let mut other = plain.clone();
    for text in &mut other.texts {
        let (header, rows) = text.split_once('\n').unwrap();
        let rows: Vec<&str> = rows.lines().rev().collect();
        *text = format!("{}\r\n{}\r\n", header.to_lowercase(), rows.join("\r\n"));
    }
    type Encoding = fn(&str) -> Vec<u8>;
    let encodings: [Encoding; 3] = [
        |text| text.as_bytes().to_vec(),
        |text| [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        |text| GB18030.encode(text).0.into_owned(),
    ];
    for encode in encodings {
        let set = other.encoded(&options(), encode).unwrap();
        assert_ne!(set.report.hash, expected.report.hash);
        assert_eq!(set.accounts.collect::<Vec<_>>(), accounts);
        assert_eq!(set.loans, expected.loans);
        assert_eq!(set.employers, expected.employers);
    }
}

#[test]
fn columns_are_found_by_code_english_and_chinese_names_alike() {
    let plain = dump();
    let expected = plain.check().unwrap();
    let names: [fn(&column_names::ColumnName) -> String; 2] =
        [|name| name.english[0].to_uppercase(), |name| name.chinese[0].to_owned()];
    for name_of in names {
        let mut renamed = plain.clone();
        for text in &mut renamed.texts {
            let (header, rows) = text.split_once('\n').unwrap();
            let rename =
                |code| column_names::ColumnName::of(code).map_or_else(|| code.to_owned(), name_of);
            let header: Vec<String> = header.split(',').map(rename).collect();
            *text = format!("{}\n{rows}", header.join(","));
        }
        let set = renamed.check().unwrap();
        assert_eq!(set.loans, expected.loans);
        assert_eq!(set.employers, expected.employers);
        assert_eq!(set.report.balance, expected.report.balance);
    }
}

#[test]
fn padding_short_amounts_and_other_forms_of_dates_mean_the_same() {
    let plain = dump();
    let accounts: Vec<ImportedAccount> = plain.check().unwrap().accounts.collect();
    let other = plain
        .with(ACCOUNTS, "500.00,0.00,500.00,500.00,0.00", "500,0,500.0,500.00 ,\u{3000}0")
        .with(ACCOUNTS, "2023-04-15", "2023/4/15")
        .with(LEDGER, "20230415,01,202304", "2023.04.15,01,2023/04")
        .with(LEDGER, ",202305,1200.00", ",2023-05,1200");
    assert_eq!(other.check().unwrap().accounts.collect::<Vec<_>>(), accounts);
}

#[test]
fn each_wrong_value_names_file_line_column_and_rule() {
    let dump = dump();
    for (file, from, to, fault) in [
        (PERSONS, "140199199003070223", "140199199003070224", "persons:2:ZJHM:DOCUMENT_CHECK"),
        (PERSONS, "140199199003070223", "140199199002300223", "persons:2:ZJHM:DOCUMENT_BIRTH"),
        (PERSONS, "140199199003070223", "1401991990", "persons:2:ZJHM:DOCUMENT_FORM"),
        (PERSONS, "E12345678", "E 1", "persons:4:ZJHM:DOCUMENT_OTHER"),
        (PERSONS, "王㛃,01", "王㛃,05", "persons:3:ZJLX:CODE"),
        (PERSONS, "李晓禾", "", "persons:2:XingMing:VALUE_MISSING"),
        (PERSONS, "李晓禾", "李\u{202E}禾", "persons:2:XingMing:NAME"),
        (PERSONS, "A2,", "A2,x,", "persons:3::ROW_WIDTH"),
        (PERSONS, "王㛃", "\"王\"㛃", "persons:3::CSV_FORM"),
        (EMPLOYERS, "91140199MA0TE5T16B", "91140199MA0TE5T16C", "employers:2:ZZJGDM:CREDIT_CODE"),
        (EMPLOYERS, ",01,0.12", ",07,0.12", "employers:2:DWZHZT:CODE"),
        (EMPLOYERS, "0.12,", "0.12%,", "employers:2:DWJCBL:RATE"),
        (ACCOUNTS, "43758.38,32958.38", "43758.381,32958.38", "accounts:2:GRZHYE:AMOUNT"),
        (ACCOUNTS, "43758.38,32958.38", "4.375838e+4,32958.38", "accounts:2:GRZHYE:SPREADSHEET"),
        (PERSONS, "140199199003070223", "1.40199E+17", "persons:2:ZJHM:SPREADSHEET"),
        (PERSONS, "140199199003070223", "140199199003070000", "persons:2:ZJHM:SPREADSHEET"),
        (PERSONS, "140199199003070223", "'140199199003070223", "persons:2:ZJHM:SPREADSHEET"),
        (PERSONS, "140199199003070223", "=\"140199199003070223\"", "persons:2:ZJHM:SPREADSHEET"),
        (LEDGER, "A2,T1", "1234567890123450000,T1", "ledger:41:GRZH:SPREADSHEET"),
        (ACCOUNTS, "32958.38,", "32958.37,", "accounts:2:GRZHYE:BALANCE_PARTS"),
        (ACCOUNTS, "2023-04-15", "2023-02-29", "accounts:2:KHRQ:DATE"),
        (ACCOUNTS, "2023-04-15", "2026-05-02", "accounts:2:KHRQ:DATE_FUTURE"),
        (ACCOUNTS, "9990010000000001231", "9990010000000001232", "accounts:2:GRCKZHHM:CARD"),
        (ACCOUNTS, ",04,20200101", ",01,20200101", "accounts:3:XHRQ:CLOSED_DATE"),
        (ACCOUNTS, "9990010000000001231,2", "9990010000000001231,0", "accounts:2:SFCZPTPD:FLAG"),
        (ACCOUNTS, "U1,", "U2,", "accounts:2:DWZH:REFERENCE"),
        (ACCOUNTS, "A3,", DOUBLED_A2, "accounts:4:GRZH:KEY_DOUBLED"),
        (LEDGER, "20230415", "20231315", "ledger:2:JZRQ:DATE"),
        (LEDGER, "202304,", "202313,", "ledger:2:HBJNY:MONTH"),
        (LEDGER, "202304,", ",", "ledger:2:HBJNY:PAY_MONTH"),
        (LEDGER, ",01,202304", ",70,202304", "ledger:2:GJHTQYWLX:CODE"),
        (LEDGER, "A2,T1", "A9,T1", "ledger:41:GRZH:REFERENCE"),
        (LEDGER, "A3,R3", "A3,R4", "ledger:47:YWLSH:KEY_DOUBLED"),
        (LOANS, "0.0325000", "1e-2", "loans:2:DKLL:RATE"),
        (LOANS, "JK1,D1", "JK1,D2", "loans:3:DKZH:KEY_DOUBLED"),
        (LOANS, "20180301,0.00", "20180301,1.00", "loans:3:DKYE:SETTLED_BALANCE"),
        (LOANS, ",360,", ",-1,", "loans:2:DKQS:COUNT"),
        (CO_BORROWERS, "JK2", "JK9", "co_borrowers:2:JKHTBH:REFERENCE"),
        (
            CO_BORROWERS,
            "140199199003070223",
            "141099197812310529",
            "co_borrowers:2:GTJKRZJHM:KEY_DOUBLED",
        ),
    ] {
        let faults = dump.with(file, from, to).faults();
        assert!(faults.contains(&fault.to_owned()), "{fault} is not in {faults:?}");
        let same_file: Vec<&String> = faults.iter().filter(|f| **f != fault).collect();
        assert!(same_file.len() <= 1, "{fault} drags {same_file:?} along");
    }
}

#[test]
fn sums_are_compared_once_every_row_is_in_order() {
    let dump = dump();
    let changed = dump.with(LEDGER, "1200.00", "1200.01");
    assert_eq!(changed.faults(), ["accounts:2:GRZHYE:LEDGER_SUM"]);
    let changed = dump.with(EMPLOYERS, "43758.38", "43758.39");
    assert_eq!(changed.faults(), ["employers:2:DWZHYE:EMPLOYER_SUM"]);
    let unused = dump.with(PERSONS, "A3,", "A4,陈𤧛,03,E12345679,\nA3,");
    assert_eq!(unused.faults(), ["persons:4:GRZH:PERSON_UNUSED"]);
}

#[test]
fn headers_are_checked_before_rows_and_never_echoed() {
    let dump = dump();
    for (file, from, to, expected) in [
        (PERSONS, "XingMing", "Xing_Ming", "persons:1:XingMing:COLUMN_MISSING"),
        (PERSONS, "SJHM", "zjhm", "persons:1:ZJHM:COLUMN_DOUBLED"),
        (PERSONS, "SJHM", "身份证号", "persons:1:ZJHM:COLUMN_DOUBLED"),
        (LEDGER, "HBJNY", "X", "ledger:1:HBJNY:COLUMN_MISSING"),
        (PERSONS, "GRZH,XingMing,ZJLX,ZJHM,SJHM\n", "", "persons:1::HEADER_MISSING"),
    ] {
        assert_eq!(dump.with(file, from, to).faults(), [expected]);
    }
    let mut empty = dump.clone();
    empty.texts[LOANS] = String::new();
    assert_eq!(empty.faults(), ["loans:::HEADER_MISSING"]);
    let doubled = dump.with(PERSONS, "SJHM", "秘密,秘密").faults();
    assert_eq!(doubled, ["persons:1:#6:COLUMN_DOUBLED"]);
}

#[test]
fn control_totals_are_compared() {
    let control = "FILE,ROWS,SUM\nemployers.csv,1,43758.38\npersons.csv,3,\n\
                   accounts.csv,3,44258.38\nledger.csv,47,44258.38\nloans.csv,2,538912.44\n\
                   co_borrowers.csv,1,\n";
    let mut dump = dump();
    dump.control = Some(control.to_owned());
    assert!(dump.check().is_ok());
    for (from, to, expected) in [
        ("persons.csv,3", "persons.csv,4", "control:3:ROWS:CONTROL_ROWS"),
        ("538912.44", "538912.45", "control:6:SUM:CONTROL_SUM"),
        ("loans.csv", "loan.csv", "control:6:FILE:CONTROL_FILE"),
    ] {
        dump.control = Some(control.replacen(from, to, 1));
        assert!(dump.faults().contains(&expected.to_owned()), "{expected}");
    }
}

#[test]
fn no_fault_and_no_debug_output_holds_a_value() {
    let dump = dump().with(PERSONS, "140199199003070223", "140199199003070224");
    let error = dump.with(LEDGER, "A2,T1", "A777,T1").check().unwrap_err();
    let shown = format!("{error:?} {error}");
    for value in ["1401991990", "李晓禾", "9923041500021", "A777"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
    let shown = format!("{:?}", self::dump().check().unwrap().accounts.collect::<Vec<_>>());
    for value in ["1401991990", "李晓禾", "9923041500021", "4375838"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
}

#[test]
fn a_folder_with_a_file_missing_says_which() {
    let folder = tempfile::tempdir().unwrap();
    for file in ImportFile::DATA.iter().filter(|file| **file != ImportFile::Loans) {
        std::fs::write(folder.path().join(file.file_name()), "x\n").unwrap();
    }
    let error = ImportFiles::open(folder.path(), &Mapping::default()).unwrap_err();
    assert!(matches!(&error, ImportError::Missing(name) if name == "loans.csv"), "{error}");
}

#[test]
fn thousands_of_faults_are_counted_and_a_hundred_kept() {
    let mut dump = dump();
    for _ in 0..5_000 {
        dump.texts[LEDGER].push_str("A9,X1,20260101,01,202601,1.0,0.00,01,\n");
    }
    let Err(ImportError::Faults(faults)) = dump.check() else { panic!("faults") };
    assert_eq!((faults.total, faults.faults.len()), (5_000, 100));
}

mod files;
mod mapped;
mod quarantined;
mod withdrawn;

proptest! {
    #[test]
    fn no_bytes_make_an_import_panic(
        file in 0_usize..6,
        cuts in proptest::collection::vec((0_usize..4_000, any::<u8>()), 1..6),
    ) {
        let dump = dump();
        let mut data = dump.texts.each_ref().map(|text| text.as_bytes().to_vec());
        for (place, byte) in cuts {
            let place = place % data[file].len();
            data[file][place] = byte;
        }
        let data = data.each_ref().map(Vec::as_slice);
        let files = ImportFiles { data, optional: [None, None, None], control: None, bytes: 0 };
        if let Err(error) = check(files, &options(), &mut |_| {}) {
            prop_assert!(matches!(error, ImportError::Faults(faults) if faults.total > 0));
        }
    }
}
