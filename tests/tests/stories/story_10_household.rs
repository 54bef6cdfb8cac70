//! Story 10: two cities, one loan (一人两地贷款): a household over all cities.

use fundlink_testnet::member::{CLERK, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::people::{SUN_IN_TAIYUAN, ZHANG_IN_DATONG};
use fundlink_tests::province::Province;
use serde_json::{Value, json};

/// 孙一's spouse, who saves in Datong and has had two loans there.
const SPOUSE: Saver = Saver { months: 8, ..ZHANG_IN_DATONG };

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

#[test]
fn a_household_of_whom_one_has_borrowed_twice_elsewhere_borrows_no_third_time() {
    let mut province = Province::on("2026-03-20", &[TAIYUAN, DATONG, LINFEN]);
    province.set_mode("query", "answer");
    province.import(TAIYUAN, &Dump::of(&[SUN_IN_TAIYUAN]));
    let mut datong = Dump::of(&[SPOUSE]);
    for contract in ["JK140200-2012-0001", "JK140200-2018-0002"] {
        with_loan(&mut datong, contract, SPOUSE, ("0.00", "20240520"));
    }
    province.import(DATONG, &datong);
    // A center that has loaded nothing knows nothing of itself either.
    province.import(LINFEN, &Dump::new());
    for log in ["140100/1", "140200/1"] {
        await_log(&mut province, LINFEN, log);
        await_log(&mut province, TAIYUAN, log);
    }
    // Both cities ask the network, and both see that the applicant has not borrowed.
    for city in [TAIYUAN, LINFEN] {
        let verdict = loan_check(&province, city, &[SUN_IN_TAIYUAN]);
        let seen = (&verdict["decision"], &verdict["loans_used"], &verdict["loans_open"]);
        assert_eq!(seen, (&json!("first-home"), &json!(0), &json!(0)), "{}", city.english);
        // The spouse has had two, repaid, in a third city.
        let verdict = loan_check(&province, city, &[SUN_IN_TAIYUAN, SPOUSE]);
        let seen = (&verdict["decision"], &verdict["rule"], &verdict["loans_used"]);
        assert_eq!(seen, (&json!("refused"), &json!("loans-used-up"), &json!(2)));
    }
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
