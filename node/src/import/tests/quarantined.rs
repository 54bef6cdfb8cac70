//! What goes to quarantine, what with it, and what does not.

use super::*;
use crate::control::api::records::Record;
use fundlink_protocol::engine::quarantine::Held;

fn quarantine(share: &str) -> ImportOptions {
    ImportOptions { quarantine: Some(share.parse().unwrap()), ..options() }
}

/// What is held back: persons by number, persons without one, accounts, loans, rows.
fn held(set: &ImportSet) -> (usize, usize, usize, usize, usize) {
    let count = |wanted: fn(&Record) -> bool| set.held.iter().filter(|held| wanted(held)).count();
    (
        count(|held| matches!(held, Record::Held(Held::Person(_)))),
        count(|held| matches!(held, Record::Unnumbered(..))),
        count(|held| matches!(held, Record::Held(Held::Account(..)))),
        count(|held| matches!(held, Record::Held(Held::Loan(_)))),
        count(|held| matches!(held, Record::Held(Held::Row(_)))),
    )
}

#[test]
fn a_bad_row_takes_what_depends_on_it_along_and_leaves_the_rest() {
    let dump = dump();
    for (file, from, to, expected, (accounts, loans)) in [
        // The person by number or by name; the account with its ledger.
        (PERSONS, "140199199003070223", "140199199003070224", (0, 1, 1, 0, 1), (2, 2)),
        (PERSONS, ",李晓禾,", ",李\u{202E}禾,", (1, 0, 1, 0, 1), (2, 2)),
        (PERSONS, "王㛃", "\"王\"㛃", (0, 2, 1, 0, 1), (2, 2)),
        (ACCOUNTS, "32958.38,", "32958.37,", (1, 0, 1, 0, 1), (2, 2)),
        (ACCOUNTS, "A3,", DOUBLED_A2, (1, 0, 1, 0, 1), (2, 2)),
        // A ledger row, its account known or not.
        (LEDGER, ",01,202304", ",70,202304", (1, 0, 1, 0, 1), (2, 2)),
        (LEDGER, "A3,R3", "A9,R3", (1, 0, 1, 0, 1), (2, 2)),
        (LEDGER, "A3,R3", "A3\"x,R3", (1, 0, 1, 0, 1), (2, 2)),
        // A loan with all its parties; a co-borrower alone.
        (LOANS, ",360,", ",-1,", (2, 0, 0, 1, 1), (3, 1)),
        (LOANS, "141099197812310529", "141099197812310528", (1, 1, 0, 1, 1), (3, 1)),
        (CO_BORROWERS, "140199199003070223", "140199199003070224", (0, 1, 0, 0, 1), (3, 2)),
        // An employer's own fault is no fault of its persons.
        (EMPLOYERS, "91140199MA0TE5T16B", "91140199MA0TE5T16C", (0, 0, 0, 0, 1), (3, 2)),
        (EMPLOYERS, "43758.38", "43758.39", (0, 0, 0, 0, 1), (3, 2)),
    ] {
        let changed = dump.with(file, from, to);
        assert!(changed.check().is_err(), "{to}");
        let set =
            changed.checked(&quarantine("50%")).unwrap_or_else(|error| panic!("{to}: {error}"));
        assert_eq!(held(&set), expected, "{to}");
        assert_eq!((set.accounts.len(), set.loans.len()), (accounts, loans), "{to}");
        let totals = set.totals();
        assert_eq!(totals.held.rows, expected.4 as u64);
        assert_eq!(totals.unnumbered, expected.1 as u64);
    }
}

#[test]
fn a_file_whose_header_cannot_be_read_is_not_one_bad_row() {
    for (file, column) in [(EMPLOYERS, "DWMC"), (LEDGER, "YWLSH"), (CO_BORROWERS, "GTJKRXM")] {
        // A quote that stands alone; bytes that are no text.
        for broken in [format!("\"{column}\"x"), format!("{column}\u{fffd}")] {
            let dump = dump().with(file, column, &broken);
            let bytes = |text: &str| {
                let parts: Vec<&[u8]> = text.split('\u{fffd}').map(str::as_bytes).collect();
                parts.join(&[0xff, 0xff][..])
            };
            let result = dump.encoded(&quarantine("99%"), bytes);
            let Err(ImportError::Faults(faults)) = result else { panic!("{broken}: was taken") };
            assert!(faults.beyond.is_some_and(|beyond| beyond.of_files), "{broken}");
            let files = |text: &String| bytes(text);
            let data = dump.texts.each_ref().map(files);
            let data = data.each_ref().map(Vec::as_slice);
            let files = ImportFiles { data, optional: [None; 3], control: None, bytes: 0 };
            let lines = control_lines(files, &options(), &mut |_| {});
            assert!(lines.is_err(), "{broken}: a control file without the file");
        }
    }
}

#[test]
fn what_is_held_back_is_counted_with_its_balance() {
    let changed = dump().with(ACCOUNTS, "32958.38,", "32958.37,");
    let set = changed.checked(&quarantine("50%")).unwrap();
    let totals = set.totals();
    assert_eq!(totals.balances, yuan("500.00"));
    assert_eq!(totals.held.balances, yuan("43758.38"));
    assert_eq!((set.report.bad_rows, set.report.held_records), (1, 1));
    assert_eq!(short(&set.report.quarantined[0]), "accounts:2:GRZHYE:BALANCE_PARTS");
}

#[test]
fn only_the_share_that_the_operator_allows_is_held_back() {
    // One of 57 rows is 1.75 %.
    let changed = dump().with(PERSONS, "140199199003070223", "140199199003070224");
    assert!(changed.checked(&quarantine("1.8%")).is_ok());
    let Err(ImportError::Faults(faults)) = changed.checked(&quarantine("1.7%")) else {
        panic!("beyond the share");
    };
    let beyond = faults.beyond.unwrap();
    assert_eq!((beyond.bad_rows, beyond.rows, beyond.allowed), (1, 57, 0));
    assert_eq!((beyond.records, beyond.of_files), (1, false));
    // A file that is not what it should be is beyond any share.
    let changed = dump().with(PERSONS, "XingMing", "Xing_Ming");
    let Err(ImportError::Faults(faults)) = changed.checked(&quarantine("99%")) else {
        panic!("no column of names");
    };
    assert!(faults.beyond.unwrap().of_files);
    // Nor may one row of an employer hold back more persons than the share allows.
    let changed = dump().with(EMPLOYERS, "0.12,", "0.12%,");
    assert!(changed.checked(&quarantine("2%")).is_ok());
}

#[test]
fn control_totals_include_rows_in_quarantine() {
    let control = "FILE,ROWS,SUM\nemployers.csv,1,43758.38\npersons.csv,3,\n\
                   accounts.csv,3,44258.38\nledger.csv,47,44258.38\nloans.csv,2,538912.44\n\
                   co_borrowers.csv,1,\n";
    let mut changed = dump().with(ACCOUNTS, "32958.38,", "32958.37,");
    changed.control = Some(control.to_owned());
    assert!(changed.checked(&quarantine("50%")).is_ok());
    // A row that cannot be taken apart is a row; a sum without its amount is not compared.
    let mut changed = dump().with(LEDGER, "A3,R3", "A3\"x,R3");
    changed.control = Some(control.to_owned());
    assert!(changed.checked(&quarantine("50%")).is_ok());
    changed.control = Some(control.replace("ledger.csv,47", "ledger.csv,48"));
    let faults = changed.faults_with(&quarantine("50%"));
    assert!(faults.contains(&"control:5:ROWS:CONTROL_ROWS".to_owned()), "{faults:?}");
}
