//! From another city: who is in quarantine is unresolved, who is nowhere has no record, and a 15-digit
//! number finds its person.

use fundlink_testnet::member::{CLERK, DATONG, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile};
use fundlink_tests::people::{LI_IN_DATONG, LI_IN_TAIYUAN, WANG_IN_DATONG, ZHANG_IN_DATONG};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::Value;

/// What Datong says of a person to Taiyuan.
fn said(province: &Province, name: &str, document: &str) -> Value {
    let subject = province.folder().join("subject.csv");
    std::fs::write(&subject, format!("XingMing,ZJHM\n{name},{document}\n")).unwrap();
    let path = subject.to_str().unwrap();
    let words = ["ask", "account", "--center", DATONG.center, "--purpose", "D1", "--serial", "D-1"];
    let more = ["--operator", CLERK, "--subject-file", path];
    let consent = ["--consent", "C-1", "--consent-file", path];
    province.member(TAIYUAN).ask(&[&words[..], &more, &consent].concat())
}

#[test]
fn who_is_in_quarantine_is_unresolved_and_heals_with_the_next_dump() {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    let folder = province.folder().join("dump");
    let path = folder.to_str().unwrap();
    Dump::of(&[LI_IN_TAIYUAN]).write(&folder);
    province.member(TAIYUAN).run(&["data", "import", path, "--operator", CLERK]).done();
    // Li's balance is wrong, Wang's number; Zhang is in order.
    let good = Dump::of(&[LI_IN_DATONG, ZHANG_IN_DATONG, WANG_IN_DATONG]);
    let mut bad = good.clone();
    let text = bad.text(DumpFile::Accounts);
    *text = text.replacen("43758.38,32958.38", "43758.38,32958.37", 1);
    let text = bad.text(DumpFile::Persons);
    *text = text.replacen(WANG_IN_DATONG.document, "141099199608210318", 1);
    bad.write(&folder);
    let datong = province.member(DATONG);
    let import = ["data", "import", path, "--operator", CLERK, "--quarantine"];
    datong.run(&[&import[..], &["0.5%"]].concat()).ended_with(1);
    datong.run(&[&import[..], &["5%"]].concat()).done();
    let rows = datong.ask(&["data", "quarantine"]);
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows:#}");
    assert_eq!(rows[0]["rule"], "DOCUMENT_CHECK");

    let outcome = |name: &str, document: &str| said(&province, name, document).to_string();
    let li = outcome(LI_IN_DATONG.name, LI_IN_DATONG.document);
    assert!(li.contains("in-quarantine"), "{li}");
    let wang = outcome(WANG_IN_DATONG.name, WANG_IN_DATONG.document);
    assert!(wang.contains("name-without-number"), "{wang}");
    let zhang = outcome(ZHANG_IN_DATONG.name, "140299850615013");
    assert!(zhang.contains("\"upgraded\""), "{zhang}");
    let nobody = outcome("孙一", "14019919880808007X");
    assert!(nobody.contains("no_record") || nobody.contains("no-record"), "{nobody}");
    assert!(nobody.contains("2026-05-06"), "{nobody}");

    good.write(&folder);
    let healed = datong.run(&["--json", "data", "import", path, "--operator", CLERK, "--full"]);
    assert_eq!(healed.done().json()["vanished"], Value::Array(Vec::new()));
    let li = outcome(LI_IN_DATONG.name, LI_IN_DATONG.document);
    assert!(!li.contains("in-quarantine") && li.contains("found"), "{li}");
    assert_eq!(datong.ask(&["data", "quarantine"]), Value::Array(Vec::new()));

    // A dump without Zhang says which leaf is gone, and not whose.
    Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG]).write(&folder);
    let less =
        datong.run(&["--json", "data", "import", path, "--operator", CLERK, "--full"]).done();
    assert_eq!(less.json()["vanished"][0]["status"], "account-open");
    assert!(!less.all().contains(ZHANG_IN_DATONG.account));
    let older = ["data", "import", path, "--operator", CLERK, "--as-of", "2026-05-05"];
    let older = datong.run(&older).ended_with(1);
    assert!(older.err.contains("2026-05-05") && older.err.contains("2026-05-06"), "{}", older.err);
}
