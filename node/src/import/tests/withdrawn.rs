//! Withdrawals in a dump: what is published, what hinders a transfer, and what each fault is called.

use super::*;
use crate::control::api::records::Record;
use fundlink_protocol::engine::quarantine::Held;
use fundlink_protocol::record::Hindrance;

const HEADER: &str = "GRZH,YWLSH,JZRQ,FSE,FSLXE,TQYY,CZBZ,TQZT,BDCQZH,FWZL\n";
const WITHDRAWALS: usize = 2;

/// The dump, in which A3 has also bought a home; and these rows of withdrawals.
fn with(rows: &str) -> Dump {
    let mut dump = dump()
        .with(LEDGER, "A3,R3,", "A3,R5,20260405,11,,-80.00,0.50,01,01\nA3,R3,")
        .with(ACCOUNTS, "500.00,0.00,500.00,500.00,0.00", "420.00,0.00,420.00,500.00,0.00");
    dump.optional[WITHDRAWALS] = Some([HEADER, rows].concat());
    dump
}

/// A home that was bought, a rent that was paid, a payment that was taken back.
const PAID: &str = "A3  ,R5,2026-04-05,-80.00,0.5,01,01,paid,晋(2024)大同市不动产权第0000001号,\n\
                    A3,R3,20260402,200,,07,,,,\n\
                    A3,R4,2026/4/3,-50.00,,07,01,,,\n\
                    A3,R4,20260404,50.00,,07,02,,,\n";

fn hindrances(set: ImportSet, number: &str) -> Vec<Hindrance> {
    let mut accounts = set.accounts;
    let account = accounts.find(|account| account.stored.record.account.number.as_str() == number);
    account.unwrap().stored.record.notes.hindrances
}

#[test]
fn what_was_paid_for_a_home_is_a_record_of_its_owner() {
    let set = with(PAID).check().unwrap();
    let [booked] = set.withdrawals.as_deref().unwrap() else { panic!("one home") };
    let record = &booked.record;
    assert_eq!((record.serial.as_str(), record.account.as_str()), ("R5", "A3"));
    assert_eq!(record.person.name.as_str(), "陈𤧛");
    assert_eq!(record.amount, yuan("80.50"), "interest that was paid along is part of it");
    assert_eq!(record.paid_on, Date::new(2026, 4, 5).unwrap());
    assert_eq!(record.property.place(), None);
    assert_eq!(booked.reversed_on, None);
    let counts = set.report.withdrawals.unwrap();
    assert_eq!((counts.for_property, counts.running, counts.unlisted), (1, 0, 0));
    assert_eq!(set.totals().withdrawals, Some(1));
    assert_eq!(dump().check().unwrap().totals().withdrawals, None);
    assert_eq!(hindrances(set, "A3"), []);
}

#[test]
fn columns_have_english_and_chinese_names_too() {
    let chinese = "个人账号,业务流水号,提取日期,提取金额,提取利息,提取原因,冲账标识,提取状态,不动产权证号,房屋坐落\n";
    let english = "account,serial_no,posted_on,amount,interest,withdrawal_reason,reversal_flag,\
                   withdrawal_status,property_title,property_place\n";
    let expected = with(PAID).check().unwrap().withdrawals;
    for header in [chinese, english] {
        let mut dump = with("");
        dump.optional[WITHDRAWALS] = Some([header, PAID].concat());
        assert_eq!(dump.check().unwrap().withdrawals, expected, "{header}");
    }
}

#[test]
fn what_is_in_progress_hinders_its_account_and_what_was_given_up_does_not() {
    for (row, number, expected) in [
        ("A3,R9,,100.00,,01,,,,", "A3", &[Hindrance::WithdrawalInProgress][..]),
        ("A3,R9,,,,08,,in_progress,,", "A3", &[Hindrance::WithdrawalInProgress]),
        ("A3,R9,,,,06,,standing,,", "A3", &[Hindrance::StandingWithdrawal]),
        ("A3,R9,,,,06,,cancelled,,", "A3", &[]),
        (
            "A3,R9,,,,06,,standing,,\nA3,R10,,,,07,,,,",
            "A3",
            &[Hindrance::WithdrawalInProgress, Hindrance::StandingWithdrawal],
        ),
        ("A3,R9,,100.00,,01,,,,", "9923041500021", &[]),
        // What was paid and taken back may be on its way again.
        ("A3,R4,,-50.00,,07,,in_progress,,", "A3", &[Hindrance::WithdrawalInProgress]),
    ] {
        let set = with(&format!("{row}\n")).check().unwrap();
        assert_eq!(hindrances(set, number), expected, "{row}");
    }
}

#[test]
fn a_reversal_says_when_its_withdrawal_was_undone_in_whatever_order_the_rows_come() {
    let mut dump = with(
        "A3,R5,20260410,80.00,,01,02,,,\n\
         A3,R5,20260405,-80.00,,01,01,,T1,\n",
    );
    dump = dump.with(LEDGER, "A3,R3,", "A3,R5,20260410,11,,80.00,0.50,02,01\nA3,R3,").with(
        ACCOUNTS,
        "420.00,0.00,420.00",
        "500.00,0.00,500.00",
    );
    let set = dump.check().unwrap();
    let [booked] = set.withdrawals.as_deref().unwrap() else { panic!("one home") };
    assert_eq!(booked.reversed_on, Date::new(2026, 4, 10).ok());
}

#[test]
fn a_fault_of_a_withdrawal_is_told_by_line_column_and_rule() {
    for (row, fault) in [
        ("A9,R5,20260405,-80.00,,01,,,T1,", "2:GRZH:REFERENCE"),
        (",R5,20260405,-80.00,,01,,,T1,", "2:GRZH:VALUE_MISSING"),
        ("A3,,20260405,-80.00,,01,,,T1,", "2:YWLSH:VALUE_MISSING"),
        ("A3,R7,20260405,-80.00,,01,,,T1,", "2:YWLSH:WITHDRAWAL_LEDGER"),
        ("A3,R1,20260110,300.00,,01,,,T1,", "2:YWLSH:WITHDRAWAL_LEDGER"),
        ("A3,R5,20260406,-80.00,,01,,,T1,", "2:JZRQ:WITHDRAWAL_LEDGER"),
        ("A3,R5,20260405,-80.01,,01,,,T1,", "2:FSE:WITHDRAWAL_LEDGER"),
        ("A3,R5,20260405,-80.00,,02,,,T1,", "2:TQYY:WITHDRAWAL_LEDGER"),
        ("A3,R5,,80.00,,01,,,T1,", "2:JZRQ:WITHDRAWAL_LEDGER"),
        ("A3,R5,20260230,-80.00,,01,,,T1,", "2:JZRQ:DATE"),
        ("A3,R5,20270405,-80.00,,01,,,T1,", "2:JZRQ:DATE_FUTURE"),
        ("A3,R5,20260405,8.0E+1,,01,,,T1,", "2:FSE:SPREADSHEET"),
        ("A3,R5,20260405,0.00,,01,,,T1,", "2:FSE:WITHDRAWAL_AMOUNT"),
        ("A3,R5,20260405,,,01,,,T1,", "2:FSE:VALUE_MISSING"),
        ("A3,R5,20260405,-80.00,,,,,T1,", "2:TQYY:VALUE_MISSING"),
        ("A3,R5,20260405,-80.00,,70,,,T1,", "2:TQYY:CODE"),
        ("A3,R5,20260405,-80.00,,01,03,,T1,", "2:CZBZ:CODE"),
        ("A3,R5,20260405,-80.00,,01,,办理,T1,", "2:TQZT:CODE"),
        ("A3,R5,,-80.00,,01,,paid,T1,", "2:JZRQ:VALUE_MISSING"),
        ("A3,R5,20260405,-80.00,,01,,standing,T1,", "2:JZRQ:WITHDRAWAL_STAGE"),
        ("A3,R5,20260405,-80.00,,01,,,,", "2:BDCQZH:PROPERTY"),
        ("A3,R5,20260405,-80.00,,01,,,,（）", "2:FWZL:PROPERTY"),
        ("A3,R4,20260404,50.00,,07,02,,,\nA3,R4,20260404,50.00,,07,02,,,", "3:YWLSH:KEY_DOUBLED"),
    ] {
        assert_eq!(with(&format!("{row}\n")).faults(), [format!("withdrawals:{fault}")], "{row}");
    }
    // A reversal of a home whose payment is not in the file.
    let dump = with("A3,R5,20260410,80.00,,01,02,,,\n")
        .with(LEDGER, "A3,R3,", "A3,R5,20260410,11,,80.00,0.50,02,01\nA3,R3,")
        .with(ACCOUNTS, "420.00,0.00,420.00", "500.00,0.00,500.00");
    assert_eq!(dump.faults(), ["withdrawals:2:YWLSH:WITHDRAWAL_REVERSAL"]);
}

#[test]
fn what_follows_from_another_fault_is_not_told_again() {
    // The account's own row, its owner's, and its ledger's.
    for (file, from, to, fault) in [
        (ACCOUNTS, "A3,,5000.00", "A3,,-5000.00", "accounts:4:GRJCJS:AMOUNT_NEGATIVE"),
        (ACCOUNTS, "A3,,5000.00", ",,5000.00", "accounts:4:GRZH:VALUE_MISSING"),
        (PERSONS, "E12345678", "", "persons:4:ZJHM:VALUE_MISSING"),
        (LEDGER, "A3,R5,20260405,11", "A3,R5,20260405,70", "ledger:46:GJHTQYWLX:CODE"),
    ] {
        assert_eq!(with(PAID).with(file, from, to).faults(), [fault], "{to}");
    }
}

#[test]
fn payouts_that_the_file_does_not_list_are_counted() {
    let counts = with("").check().unwrap().report.withdrawals.unwrap();
    assert_eq!((counts.for_property, counts.unlisted), (0, 1));
}

#[test]
fn a_bad_row_holds_its_person_and_its_withdrawal_back_and_not_the_account() {
    let options = ImportOptions { quarantine: Some("50%".parse().unwrap()), ..options() };
    let set = with("A3,R5,20260405,-80.00,,01,,,,\n").checked(&options).unwrap();
    assert_eq!((set.accounts.len(), set.totals().withdrawals), (3, Some(0)));
    let kinds: Vec<u8> = set
        .held
        .iter()
        .map(|record| match record {
            Record::Held(Held::Person(_)) => 1,
            Record::Held(Held::Withdrawal(_)) => 2,
            Record::Held(Held::Row(_)) => 3,
            Record::Held(Held::Account(..) | Held::Loan(_))
            | Record::Account(_)
            | Record::Loan(_)
            | Record::Withdrawal(_)
            | Record::Unnumbered(..) => 4,
        })
        .collect();
    assert_eq!(kinds, [1, 2, 3]);
    assert_eq!(set.totals().held.withdrawals, 1);
    // Where nobody can say whose withdrawal is in progress, no share allows it.
    for row in ["A9,R9,,100.00,,01,,,,", "A3,R9,,\"1\"00.00,,01,,,,"] {
        let faults = with(&format!("{row}\n")).checked(&options);
        let Err(ImportError::Faults(faults)) = faults else { panic!("{row}") };
        assert!(faults.beyond.unwrap().of_files, "{row}");
    }
}

#[test]
fn control_totals_cover_the_file() {
    let control = "FILE,ROWS,SUM\nemployers.csv,1,43758.38\npersons.csv,3,\n\
                   accounts.csv,3,44178.38\nledger.csv,48,44178.38\nloans.csv,2,538912.44\n\
                   co_borrowers.csv,1,\nwithdrawals.csv,4,120.00\n";
    let mut dump = with(PAID);
    dump.control = Some(control.to_owned());
    assert_eq!(dump.faults(), Vec::<String>::new());
    dump.control = Some(control.replace(",120.00", ",120.01"));
    assert_eq!(dump.faults(), ["control:8:SUM:CONTROL_SUM"]);
    dump.control = Some(control.replace("withdrawals.csv,4,120.00\n", ""));
    assert_eq!(dump.faults(), ["control::FILE:CONTROL_FILE"]);
}
