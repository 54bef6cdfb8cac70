//! The authority is warned of a second loan, asks both cities, one explains, and it closes the case.

use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, REVIEWER, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::people::ZHOU_IN_TAIYUAN;
use fundlink_tests::province::Province;
use serde_json::{Value, json};

/// A rule has refused.
const REFUSED: i32 = 1;
/// Wrong use.
const USAGE: i32 = 2;

/// A running loan of 周临, whatever else the city has.
fn with_loan(savers: &[Saver], contract: &str) -> Dump {
    let mut dump = Dump::of(savers);
    let Saver { name, document, .. } = ZHOU_IN_TAIYUAN;
    dump.row(
        DumpFile::Loans,
        format_args!(
            "{contract},{contract},{name},01,{document},600000.00,600000.00,20210520,538912.44,\
             0.0325000,360,,0,0,01"
        ),
    );
    dump
}

fn shown(province: &Province, id: &str) -> Value {
    province.member(AUTHORITY).ask(&["alerts", "show", id])["alert"].clone()
}

#[test]
fn a_second_loan_is_asked_about_explained_and_closed_on_both_sides() {
    let mut province = Province::on("2026-03-02", &[TAIYUAN, DATONG]);
    province.import(TAIYUAN, &with_loan(&[ZHOU_IN_TAIYUAN], "JK140100-2021-0001"));
    province.import(DATONG, &with_loan(&[], "JK140200-2021-0077"));
    let alerts = province.await_alerts("double_loan");
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!(alert["centers"], json!(["140100", "140200"]));
    assert_eq!((&alert["code"], &alert["level"]), (&json!("A2"), &json!("alarm")));
    let id = alert["id"].as_str().unwrap().to_owned();
    let short = &id[..12];
    let authority = province.member(AUTHORITY);
    let rule = "rule=\"double_loan\"";
    assert_eq!(authority.counted("fundlink_node_alerts_open", &[rule]), 1.0);

    // Words that hold a number of a person go nowhere; who may not ask asks nothing.
    let inquire = ["alerts", "inquire", short, "--days", "3", "--operator"];
    let remark = ["--remark", "借款人电话 13912345678"];
    let said = authority.run(&[&inquire[..], &[CLERK], &remark].concat()).ended_with(REFUSED);
    assert!(said.err.contains("PERSONAL_DATA") && !said.err.contains("13912345678"), "{said:?}");
    authority.run(&[&inquire[..], &["nobody"]].concat()).ended_with(REFUSED);
    authority.run(&["alerts", "inquire", "123", "--operator", CLERK]).ended_with(USAGE);
    let remark = ["--remark", "请核实两地贷款"];
    authority.run(&[&inquire[..], &[CLERK], &remark].concat()).done();
    authority.run(&[&inquire[..], &[CLERK]].concat()).ended_with(REFUSED);

    // Monday, 2 March, and three working days.
    let waiting = province.until("the inquiry in Datong", |province| {
        let listed = province.member(DATONG).ask(&["alerts"]);
        listed["inquiries"].as_array().unwrap().first().cloned()
    });
    assert_eq!((&waiting["id"], &waiting["due"]), (&json!(id), &json!("2026-03-05")));
    assert_eq!(waiting["dialogue"][0]["remark"], "请核实两地贷款");
    let datong = province.member(DATONG);
    assert_eq!(datong.counted("fundlink_node_inquiries_waiting", &[]), 1.0);
    let close = ["alerts", "close", short, "--remark", "无事", "--operator", REVIEWER];
    datong.run(&close).ended_with(REFUSED);
    let explain = ["alerts", "explain", short, "being-corrected", "--remark", "旧贷款即将结清"];
    let said = datong.run(&[&explain[..], &["--operator", REVIEWER, "--lang", "zh"]].concat());
    assert!(said.done().out.contains("已说明"));
    province.until("the explanation", |province| {
        let alert = shown(province, short);
        let asked = alert["asked"].as_array().unwrap();
        asked.iter().any(|asked| asked["settled"] == true).then_some(())
    });
    assert_eq!(shown(&province, short)["state"], "inquired", "Taiyuan owes its answer");

    // Taiyuan lets the day pass: the alert shows it. Then the authority decides without it.
    province.go_to("2026-03-06", 9);
    province.until("the day that was missed", |province| {
        let overdue = province.member(AUTHORITY).ask(&["alerts", "list", "--overdue"]);
        (overdue["alerts"][0]["id"] == json!(id)).then_some(())
    });
    let authority = province.member(AUTHORITY);
    assert_eq!(authority.counted("fundlink_node_alerts_overdue", &[rule]), 1.0);
    assert!(authority.run(&["alerts"]).done().out.contains("late"));
    authority.run(&close).done();
    let acts: Vec<Value> = shown(&province, short)["dialogue"].as_array().unwrap().clone();
    let acts: Vec<&str> = acts.iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    let expected = ["raised", "inquired", "inquired", "explained", "overdue", "closed", "closed"];
    assert_eq!(acts, expected);
    for city in [TAIYUAN, DATONG] {
        province.until("the ruling", |province| {
            let known = province.member(city).ask(&["alerts", "show", short]);
            (known["inquiry"]["state"] == "closed").then_some(())
        });
    }
    for member in &province.members {
        for words in ["请核实两地贷款", "旧贷款即将结清", "无事"] {
            assert!(!member.log().contains(words), "words of a dialogue in a log");
        }
    }
}
