//! Control totals, the files that a dump may have, and faults that follow from others.

use super::*;

const EMPLOYER_ROWS: &str = "DWZH,YWLSH,JZRQ,FSE,FSRS,HBJNY\n\
                             U1,H0,20230415,1200.00,1,202304\nU1,H1,20230515,1200,1,2023-05\n";

#[test]
fn a_control_file_says_by_how_much_a_file_differs() {
    let mut dump = dump();
    dump.control = Some(
        "FILE,ROWS,SUM\nemployers.csv,1,\npersons.csv,4,\naccounts.csv,3,44258.37\n\
        ledger.csv,47,\nloans.csv,2,\nco_borrowers.csv,1,\n"
            .to_owned(),
    );
    let Err(ImportError::Faults(faults)) = dump.check() else { panic!("it differs") };
    let shown: Vec<String> = faults.faults.iter().map(ToString::to_string).collect();
    assert!(shown[0].ends_with("(CONTROL_ROWS); stated 4, found 3, -1"), "{}", shown[0]);
    assert!(shown[1].ends_with("; stated 44258.37, found 44258.38, +0.01"), "{}", shown[1]);
    assert!(faults.faults[1].chinese().ends_with("；应为 44258.37，实为 44258.38，相差 +0.01"));
}

#[test]
fn a_control_file_that_was_made_is_kept_and_a_changed_byte_is_not() {
    let dump = dump();
    let data = dump.texts.each_ref().map(|text| text.as_bytes());
    let files = ImportFiles { data, optional: [None, None, None], control: None, bytes: 0 };
    let lines = control_lines(files, &options(), &mut |_| {}).unwrap();
    let mut control = "FILE,ROWS,SUM,AS_OF,SM3,ZXDM\n".to_owned();
    for ControlLine { file, rows, sum, sm3 } in &lines {
        let sum = sum.as_deref().unwrap_or_default();
        writeln!(control, "{file},{rows},{sum},2026-04-30 18:00,{sm3},140200").unwrap();
    }
    let mut with = dump.clone();
    with.control = Some(control.clone());
    let today = ImportOptions { as_of_is_given: false, ..options() };
    let set = with.checked(&today).unwrap();
    assert_eq!(set.report.as_of.to_string(), "2026-04-30T18:00:00.000+08:00");
    // Nothing that the rules see has changed.
    let mut changed = with.with(PERSONS, "13800000000", "13800000001");
    assert_eq!(changed.faults_with(&today), ["control:3:SM3:CONTROL_SM3"]);
    changed.control = Some(control.replace(",140200", ",140100"));
    let faults = changed.faults_with(&today);
    assert!(faults.contains(&"control:2:ZXDM:OTHER_CENTER".to_owned()), "{faults:?}");
    // Its day is the one that was given, and not later than today.
    assert!(with.faults().contains(&"control:2:AS_OF:CONTROL_AS_OF".to_owned()));
    with.control = Some(control.replace("2026-04-30", "2026-05-02"));
    assert!(with.faults_with(&today).contains(&"control:2:AS_OF:CONTROL_AS_OF".to_owned()));
}

#[test]
fn a_row_of_another_center_refuses_the_file() {
    let rows = dump().texts[PERSONS].replace('\n', ",140200\n");
    let mut dump = dump();
    dump.texts[PERSONS] = rows.replacen("SJHM,140200", "SJHM,ZXDM", 1);
    assert!(dump.check().is_ok());
    let foreign = dump.with(PERSONS, "13800000000,140200", "13800000000,140100");
    assert_eq!(foreign.faults(), ["persons:2:ZXDM:OTHER_CENTER"]);
}

#[test]
fn overdue_instalments_decide_what_is_overdue() {
    let mut dump = dump();
    let header = "DKZH,YQQC,YQBJ,YQLX,YQFX,SSRQ,HKQC,SSYQBJJE,SSYQLXJE,SSYQFXJE\n";
    dump.optional[1] = Some(format!("{header}D2,58,1000.00,,,20260301,,1000.00,,\n"));
    let paid = dump.check().unwrap();
    assert_eq!(paid.loans[1].loan.status(), LoanStatus::Active);
    dump.optional[1] = Some(format!("{header}D2,58,1000,,,,,,,\nD2,59,1000,,,,,400.00,,\n"));
    let open = dump.check().unwrap();
    assert_eq!(open.loans[1].loan.overdue.periods_current, 2);
    assert_eq!(open.loans[1].loan.overdue.principal, yuan("1600.00"));
    for (row, fault) in [
        ("D9,1,1.00,,,,,,,", "overdue:2:DKZH:REFERENCE"),
        ("D2,1,1.00,,,,,2.00,,", "overdue:2:SSYQBJJE:OVERDUE_RECEIVED"),
        ("D2,1,1.00,,,,,,,\nD2,1,1.00,,,,,,,", "overdue:3:YQQC:KEY_DOUBLED"),
    ] {
        dump.optional[1] = Some(format!("{header}{row}\n"));
        assert_eq!(dump.faults(), [fault]);
    }
}

#[test]
fn an_employers_row_is_the_sum_of_its_persons_rows_and_lends_them_its_month() {
    let mut dump = dump().with(LEDGER, "20230515,01,202305,", "20230515,01,,");
    assert_eq!(dump.faults(), ["ledger:3:HBJNY:PAY_MONTH"]);
    dump.optional[0] = Some(EMPLOYER_ROWS.to_owned());
    let set = dump.check().unwrap();
    let accounts: Vec<ImportedAccount> = set.accounts.collect();
    assert_eq!(accounts[0].stored.record.history.total(), 36);
    let wrong = |from, to| Some(EMPLOYER_ROWS.replacen(from, to, 1));
    dump.optional[0] = wrong("1200.00,1", "1200.01,1");
    assert_eq!(dump.faults(), ["employer_ledger:2:FSE:EMPLOYER_ROW"]);
    dump.optional[0] = wrong("1200.00,1", "1200.00,2");
    assert_eq!(dump.faults(), ["employer_ledger:2:FSRS:EMPLOYER_ROW"]);
}

#[test]
fn what_follows_from_another_fault_is_not_reported_again() {
    let dump = dump();
    // Two faults of different kinds, each once, and a sum that is wrong by itself.
    let changed = dump
        .with(LEDGER, "A3,R3", "A9,R3")
        .with(ACCOUNTS, "500.00,0.00,500.00", "501.00,0.00,501.00")
        .with(PERSONS, "王㛃,01", "王㛃,05");
    let expected = ["persons:3:ZJLX:CODE", "ledger:46:GRZH:REFERENCE"];
    let faults = changed.faults();
    for fault in expected {
        assert!(faults.contains(&fault.to_owned()), "{faults:?}");
    }
    let sums = dump
        .with(
            LEDGER,
            "9923041500021,H3,20230715,01,202307,1200.00",
            "A9,H3,20230715,01,202307,1200",
        )
        .with(ACCOUNTS, "500.00,0.00,500.00", "501.00,0.00,501.00");
    assert_eq!(sums.faults(), ["accounts:4:GRZHYE:LEDGER_SUM", "ledger:5:GRZH:REFERENCE"]);
}
