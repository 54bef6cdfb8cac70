//! Story 10: two cities, one loan (一人两地贷款): the certificate, its receipt, and the account that
//! secures one loan alone. Leases: `story_10_leases`.

use std::fs;

use fundlink_testnet::member::{CLERK, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, SUN_IN_TAIYUAN};
use fundlink_tests::program::Said;
use fundlink_tests::province::Province;
use serde_json::Value;

const HOME: &str = "晋(2026)临汾市不动产权第0004567号";

fn lending_on(day: &str, cities: &'static [Identity]) -> Province {
    let province = Province::on(day, cities);
    province.set_mode("query", "answer");
    province.set_mode("certificate", "answer");
    province
}

fn typed(saver: &Saver) -> String {
    format!("XingMing,ZJHM\n{},{}\n", saver.name, saver.document)
}

/// The words that every question about a person has; the subject comes by standard input.
fn reason(province: &Province, serial: &str) -> Vec<String> {
    let consent = province.folder().join("consent.txt");
    fs::write(&consent, "本人同意查询").unwrap();
    let consent = consent.to_str().unwrap();
    let words = ["--serial", serial, "--consent", "SQ-1", "--consent-file", consent];
    let more = ["--operator", CLERK, "--subject-file", "-"];
    [&words[..], &more].concat().iter().map(ToString::to_string).collect()
}

fn asking(province: &Province, at: Identity, words: &[&str], serial: &str, typed: &str) -> Said {
    let reason = reason(province, serial);
    let reason: Vec<&str> = reason.iter().map(String::as_str).collect();
    province.member(at).run_reading(&[&["--json"], words, &reason[..]].concat(), typed)
}

/// A lender asks for a certificate, and gets its number.
fn certificate(province: &Province, lender: Identity, issuer: Identity, saver: &Saver) -> String {
    let words = ["certificate", "ask", "--center", issuer.center];
    let asked = asking(province, lender, &words, "DK-1", &typed(saver)).done().json();
    let certificate = &asked["rows"][0]["outcomes"][0]["certificate"];
    certificate["number"].as_str().unwrap().to_owned()
}

fn check(
    province: &Province,
    at: Identity,
    (purpose, serial): (&str, &str),
    certificates: &[&str],
) -> Value {
    let mut words = vec!["dossier", "--purpose", purpose];
    for number in certificates {
        words.extend(["--certificate", *number]);
    }
    asking(province, at, &words, serial, &typed(&SUN_IN_TAIYUAN)).done().json()["verdict"].clone()
}

fn receipt(province: &Province, number: &str, result: &str) -> Said {
    let words = ["--json", "certificate", "receipt", number, "--result", result];
    let more = ["--serial", "DK-1", "--operator", CLERK];
    province.member(LINFEN).run(&[&words[..], &more].concat())
}

fn await_standing(province: &mut Province, at: Identity, number: &str, standing: &str) -> Value {
    province.until(&format!("{number} is {standing}"), |province| {
        let shown = province.member(at).ask(&["certificate", "show", number]);
        (shown["standing"] == standing).then_some(shown)
    })
}

#[test]
fn a_granted_loan_in_linfen_refuses_the_application_in_taiyuan() {
    let mut province = lending_on("2026-03-02", &[TAIYUAN, LINFEN]);
    province.import(TAIYUAN, &Dump::of(&[SUN_IN_TAIYUAN]));
    province.import(LINFEN, &Dump::new());
    let number = certificate(&province, LINFEN, TAIYUAN, &SUN_IN_TAIYUAN);
    assert_eq!(number, "140100-C-2026-000001");
    let shown = province.member(LINFEN).ask(&["certificate", "show", &number]);
    for line in [
        "致：临汾市住房公积金管理中心",
        "姓名：孙一",
        "缴存时间：2019-05 至 2026-02",
        "账户状态：☑ 正常  ☐ 封存  ☐ 欠款（欠缴）  ☐ 其他",
        "贷款记录：☑ 无贷款记录",
        "本证明自出具之日起两个月内有效，有效期至 2026-05-02",
    ] {
        assert!(shown["form_zh"].as_array().unwrap().contains(&line.into()), "{line}: {shown}");
    }
    let printed = province.member(LINFEN).run(&["certificate", "show", &number]).done().out;
    assert!(printed.contains("Deposits: 2019-05 to 2026-02\n"), "{printed}");

    province.go_to("2026-03-20", 10);
    let in_linfen = check(&province, LINFEN, ("L1", "DK-1"), &[&number]);
    assert_eq!(
        (&in_linfen["decision"], &in_linfen["loans_used"]),
        (&"first-home".into(), &0.into())
    );
    let in_taiyuan = check(&province, TAIYUAN, ("L1", "DK-8"), &[]);
    assert_eq!(in_taiyuan["decision"], "first-home", "nothing says yet that Linfen lends");

    receipt(&province, &number, "granted").done();
    let used = await_standing(&mut province, TAIYUAN, &number, "used");
    assert_eq!(used["receipt"]["result"], "granted");
    let own = check(&province, TAIYUAN, ("L1", "DK-8"), &[]);
    assert_eq!((&own["decision"], &own["rule"]), (&"refused".into(), &"off-site-loan".into()));
    let payout = check(&province, LINFEN, ("L2", "DK-1"), &[&number]);
    assert_eq!(payout["decision"], "first-home", "the lender's own mark does not stop its payout");
    let other = check(&province, LINFEN, ("L1", "DK-9"), &[&number]);
    assert_eq!(other["rule"], "certificate-used");
    let again = receipt(&province, &number, "declined").ended_with(1);
    assert_eq!(again.code().as_deref(), Some("CERTIFICATE_USED"));
    let kept = province.member(TAIYUAN).ask(&["certificate", "show", &number]);
    assert_eq!(kept["receipt"], used["receipt"], "the first one stands");
}

#[test]
fn a_certificate_that_is_presented_on_3_may_has_expired() {
    let mut province = lending_on("2026-03-02", &[TAIYUAN, LINFEN]);
    province.import(TAIYUAN, &Dump::of(&[SUN_IN_TAIYUAN]));
    province.import(LINFEN, &Dump::new());
    let number = certificate(&province, LINFEN, TAIYUAN, &SUN_IN_TAIYUAN);
    province.go_to("2026-05-02", 23);
    let last_day = check(&province, LINFEN, ("L1", "DK-1"), &[&number]);
    assert_ne!(last_day["rule"], "certificate-expired");
    province.go_to("2026-05-03", 9);
    let verdict = check(&province, LINFEN, ("L1", "DK-1"), &[&number]);
    assert_eq!(
        (&verdict["decision"], &verdict["rule"]),
        (&"refused".into(), &"certificate-expired".into())
    );
    let late = receipt(&province, &number, "granted").ended_with(1);
    assert_eq!(late.code().as_deref(), Some("CERTIFICATE_EXPIRED"));
    await_standing(&mut province, TAIYUAN, &number, "expired");
    province.until("the digest of the expiry at the authority", |province| {
        let authority = province.member(fundlink_testnet::member::AUTHORITY);
        let tail = authority.run(&["--json", "log", "tail", "140100/1", "--count", "9"]);
        tail.out.contains("certificate-expired").then_some(())
    });
}

#[test]
fn an_account_that_secures_a_loan_neither_leaves_nor_pays_out_until_it_is_released() {
    let mut province = lending_on("2026-05-06", &[TAIYUAN, DATONG, LINFEN]);
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    province.import(LINFEN, &Dump::new());
    let number = certificate(&province, LINFEN, DATONG, &LI_IN_DATONG);
    receipt(&province, &number, "granted").done();
    await_standing(&mut province, DATONG, &number, "used");

    let refused = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_refusal(&refused, "R07");
    let withdraw = |province: &Province, at: Identity, saver: &Saver| {
        let words = ["--json", "withdrawal", "record", "-", "--operator", CLERK];
        let typed = format!(
            "YWLSH,XingMing,ZJHM,GRZH,JZRQ,FSE,TQYY,BDCQZH\nTQ-1,{},{},{},2026-05-06,50.00,01,{HOME}\n",
            saver.name, saver.document, saver.account
        );
        province.member(at).run_reading(&words, &typed)
    };
    let secured = withdraw(&province, DATONG, &LI_IN_DATONG).ended_with(1);
    assert_eq!(secured.code().as_deref(), Some("OFF_SITE_LOAN"));

    let words = ["certificate", "release", &number, "--cause", "withdrawn", "--operator", CLERK];
    province.member(LINFEN).run(&words).done();
    province.until("the account is free", |province| {
        let shown = province.member(DATONG).ask(&["certificate", "show", &number]);
        (shown["release"]["cause"] == "withdrawn").then_some(())
    });
    withdraw(&province, DATONG, &LI_IN_DATONG).done();
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));

    province.until("Taiyuan follows what Datong paid", |province| {
        let words = ["--json", "log", "tail", "140200/1", "--count", "20"];
        province.member(TAIYUAN).run(&words).out.contains("withdrawal-paid").then_some(())
    });
    // The same home a second time: the clerk is told, the next city finds it, the authority is warned.
    let second = withdraw(&province, TAIYUAN, &LI_NEW_IN_TAIYUAN).done().json();
    assert_eq!(second[0]["paid_before"], serde_json::json!([DATONG.center]));
    let alerts = province.await_alerts("property_paid_twice");
    assert_eq!(alerts[0]["centers"], serde_json::json!([TAIYUAN.center, DATONG.center]));
    let buyer = format!("XingMing,ZJHM,BDCQZH\n孙一,14019919880808007X,{HOME}\n");
    let checked = asking(&province, LINFEN, &["withdrawal", "check"], "TQ-9", &buyer).done().json();
    let payouts = checked["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["payouts"].as_array().map_or(0, Vec::len));
    assert_eq!(payouts.sum::<usize>(), 2, "{checked}");
}
