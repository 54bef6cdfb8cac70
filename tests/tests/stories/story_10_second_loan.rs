//! Story 10: two cities, one loan (一人两地贷款): the second loan that the other city and the authority
//! see. Certificates: `story_10_two_cities_one_loan`.

use fundlink_testnet::member::{AUTHORITY, CLERK, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::people::SUN_IN_TAIYUAN;
use fundlink_tests::province::{Province, at};
use serde_json::{Value, json};

/// What a clerk asks about people: the words, and the people, the applicant first.
fn ask(province: &Province, at: Identity, (words, people): (&[&str], &[Saver])) -> Value {
    let consent = province.folder().join("consent.txt");
    std::fs::write(&consent, "本人同意查询").unwrap();
    let reason = ["--serial", "DK-10", "--consent", "C-10", "--consent-file"];
    let more = [consent.to_str().unwrap(), "--operator", CLERK, "--subject-file", "-"];
    let people = people.iter().map(|Saver { name, document, .. }| format!("{name},{document}\n"));
    let typed = format!("XingMing,ZJHM\n{}", people.collect::<String>());
    let all = [&["--json"], words, &reason, &more].concat();
    province.member(at).run_reading(&all, &typed).done().json()
}

/// What a city's rules say of a household that applies there.
fn loan_check(province: &Province, at: Identity, people: &[Saver]) -> Value {
    ask(province, at, (&["dossier", "--purpose", "L1"], people))["verdict"].clone()
}

/// A loan of 300 000.00, with what is left of it and the day it was settled.
fn with_loan(dump: &mut Dump, contract: &str, saver: Saver, (left, settled_on): (&str, &str)) {
    let Saver { name, document, .. } = saver;
    dump.row(
        DumpFile::Loans,
        format_args!(
            "{contract},{contract},{name},01,{document},300000.00,300000.00,20180520,{left},\
             0.0325000,240,{settled_on},0,0,01"
        ),
    );
}

/// Waits until a city has followed a log of another beyond its first leaves.
fn await_log(province: &mut Province, at: Identity, log: &str) {
    province.until("a followed log", |province| {
        let logs = province.member(at).ask(&["log", "follow"]);
        let logs = logs.as_array().cloned().unwrap_or_default();
        let found = logs.into_iter().find(|state| state["log"] == log);
        found.is_some_and(|state| state["size"].as_u64() > Some(0)).then_some(())
    });
}

#[test]
fn a_second_loan_is_seen_by_the_other_city_and_by_the_authority() {
    let mut province = Province::on("2026-03-20", &[TAIYUAN, LINFEN]);
    province.set_mode("query", "answer");
    let mut linfen = Dump::new();
    with_loan(&mut linfen, "JK141000-2026-0311", SUN_IN_TAIYUAN, ("300000.00", ""));
    province.import(LINFEN, &linfen);
    province.import(TAIYUAN, &Dump::of(&[SUN_IN_TAIYUAN]));
    // What runs in Linfen is known in Taiyuan before it lends.
    await_log(&mut province, TAIYUAN, "141000/1");
    let verdict = loan_check(&province, TAIYUAN, &[SUN_IN_TAIYUAN]);
    let refused = (&verdict["decision"], &verdict["rule"], &verdict["loans_open"]);
    assert_eq!(refused, (&json!("refused"), &json!("loan-open"), &json!(1)));
    let alerts =
        |province: &Province| province.member(AUTHORITY).ask(&["alerts"])["alerts"].clone();
    let double = |alerts: &Value| {
        let alerts = alerts.as_array().cloned().unwrap_or_default();
        alerts.into_iter().find(|alert| alert["rule"] == "double_loan")
    };
    assert_eq!(double(&alerts(&province)), None, "one loan is no alert");

    // A city that lends all the same is seen by the authority, which learns no name.
    province.advance_to(at("2026-03-23", 10));
    let mut taiyuan = Dump::of(&[SUN_IN_TAIYUAN]);
    with_loan(&mut taiyuan, "JK140100-2026-0077", SUN_IN_TAIYUAN, ("300000.00", ""));
    province.import(TAIYUAN, &taiyuan);
    let alert = province.until("the alert A2", |province| double(&alerts(province)));
    assert_eq!(alert["centers"], json!([TAIYUAN.center, LINFEN.center]));
    let said = alert.to_string();
    assert!(!said.contains(SUN_IN_TAIYUAN.name) && !said.contains(SUN_IN_TAIYUAN.document));
}
