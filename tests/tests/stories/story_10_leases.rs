//! Story 10: two cities, one loan (一人两地贷款): of two applications of one moment, one is paid out.

use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, LINFEN, REVIEWER, TAIYUAN};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{SUN_IN_TAIYUAN, ZHANG_IN_DATONG};
use fundlink_tests::program::Said;
use fundlink_tests::province::Province;
use serde_json::{Value, json};

/// An application is taken in; the household comes by standard input.
fn apply(province: &Province, at: Identity, serial: &str, saver: Saver) -> Value {
    let typed = format!("XingMing,ZJHM\n{},{}\n", saver.name, saver.document);
    let words = ["--json", "loan", "intent", "--serial", serial, "--operator", CLERK];
    let more = ["--subject-file", "-"];
    province.member(at).run_reading(&[&words[..], &more].concat(), &typed).done().json()
}

/// The check again just before a payout (L2).
fn look_up(province: &Province, at: Identity, saver: Saver) -> Value {
    let consent = province.folder().join("consent.txt");
    std::fs::write(&consent, "本人同意查询").unwrap();
    let typed = format!("XingMing,ZJHM\n{},{}\n", saver.name, saver.document);
    let words = ["--json", "dossier", "--purpose", "L2", "--serial", "DK-2", "--consent", "C-10"];
    let more = ["--consent-file", consent.to_str().unwrap(), "--operator", CLERK];
    let all = [&words[..], &more, &["--subject-file", "-"]].concat();
    province.member(at).run_reading(&all, &typed).done().json()
}

fn payout(province: &Province, at: Identity, serial: &str) -> Said {
    province.member(at).run(&["--json", "loan", "payout", serial, "--operator", CLERK])
}

fn show(province: &Province, at: Identity, serial: &str) -> Value {
    province.member(at).ask(&["loan", "show", serial])
}

/// Whether the authority has an alert over two applications now.
fn is_warned(province: &Province) -> bool {
    let alerts = province.member(AUTHORITY).ask(&["alerts"])["alerts"].clone();
    let alerts = alerts.as_array().cloned().unwrap_or_default();
    alerts.iter().any(|alert| {
        alert["rule"] == "double_intent"
            && alert["centers"] == json!([TAIYUAN.center, LINFEN.center])
            && !alert.to_string().contains(SUN_IN_TAIYUAN.document)
    })
}

#[test]
fn of_two_cities_one_pays_out_and_the_other_is_held() {
    let mut province = Province::on("2026-03-20", &[TAIYUAN, DATONG, LINFEN]);
    province.set_mode("query", "answer");
    province.import(TAIYUAN, &Dump::of(&[SUN_IN_TAIYUAN]));
    province.import(DATONG, &Dump::new());
    province.import(LINFEN, &Dump::new());
    apply(&province, LINFEN, "DK-1", SUN_IN_TAIYUAN);
    let closed = payout(&province, LINFEN, "DK-1").ended_with(1);
    assert_eq!(closed.code().as_deref(), Some("LENDING_CLOSED"));
    province.member(AUTHORITY).run(&["net", "open-lending"]).done();
    for city in [TAIYUAN, DATONG, LINFEN] {
        province.until("the roster that opens lending", |province| {
            let roster = province.member(city).ask(&["net", "show"]);
            roster["lending"]["opened_in"].is_u64().then_some(())
        });
    }

    // The later one is shown the earlier one, asks for no lease, and the authority is warned.
    apply(&province, TAIYUAN, "DK-2", SUN_IN_TAIYUAN);
    province.until("the other application", |province| {
        let seen = show(province, TAIYUAN, "DK-2")["seen"].clone();
        (seen[0]["center"] == LINFEN.center && seen[0]["status"] == "intent-open").then_some(())
    });
    let looked_up = look_up(&province, TAIYUAN, SUN_IN_TAIYUAN);
    assert_eq!(looked_up["intents"][0]["center"], LINFEN.center, "a lookup shows it");
    assert_eq!(looked_up["verdict"]["decision"], "first-home", "and it decides nothing");
    let held = payout(&province, TAIYUAN, "DK-2").ended_with(1).json();
    let why = (&held["state"], &held["reason"], &held["reason_center"]);
    assert_eq!(why, (&json!("held"), &json!("earlier-intent"), &json!(LINFEN.center)));
    assert_eq!(held["witnesses"], json!([]), "no lease was asked for");
    province.until("the alert A2", |province| is_warned(province).then_some(()));

    let leased = payout(&province, LINFEN, "DK-1").done().json();
    let counts = (&leased["state"], &leased["majority"]);
    assert_eq!(counts, (&json!("leased"), &json!(3)));
    assert!(leased["named_first"].as_u64() >= Some(3), "{leased}");
    // A witness that dies still knows whom it has named.
    province.member_mut(DATONG).kill();
    province.member_mut(DATONG).start();
    let kept = province.member(DATONG).ask(&["loan", "leases"]);
    assert_eq!(kept["leases"][0]["intent"], leased["intent"]);
    assert_eq!(kept["withheld_since"], Value::Null);
    let words = ["loan", "pay", "DK-1", "--contract", "JK141000-2026-0311", "--operator", CLERK];
    let chinese = province.member(LINFEN).read_chinese(&words);
    assert!(chinese.contains("已放款") && chinese.contains("资金可以付出"), "{chinese}");

    province.until("the payout is known in Taiyuan", |province| {
        let held = payout(province, TAIYUAN, "DK-2").json();
        let why = (&held["reason"], &held["reason_center"]);
        (why == (&json!("loan-runs"), &json!(LINFEN.center))).then_some(())
    });
    let refused = ["--json", "loan", "pay", "DK-2", "--contract", "JK-9", "--operator", CLERK];
    let refused = province.member(TAIYUAN).run(&refused).ended_with(1);
    assert_eq!(refused.code().as_deref(), Some("LEASE_ENDED"));
    province.member(TAIYUAN).run(&["loan", "withdraw", "DK-2", "--operator", CLERK]).done();
    province.until("the alert has gone", |province| (!is_warned(province)).then_some(()));

    a_silent_city_is_ruled_upon(&mut province);
}

/// A city dies with a lease. Nobody else pays, until the authority has found out and ruled.
fn a_silent_city_is_ruled_upon(province: &mut Province) {
    apply(province, TAIYUAN, "DK-3", ZHANG_IN_DATONG);
    let intent = payout(province, TAIYUAN, "DK-3").done().json()["intent"].clone();
    apply(province, LINFEN, "DK-4", ZHANG_IN_DATONG);
    province.until("the other application", |province| {
        let seen = show(province, LINFEN, "DK-4")["seen"].clone();
        (seen[0]["center"] == TAIYUAN.center).then_some(())
    });
    province.member_mut(TAIYUAN).kill();
    let held = payout(province, LINFEN, "DK-4").ended_with(1).json();
    assert_eq!(held["reason"], "earlier-intent");
    let ruling = ["loan", "rule", "--center", TAIYUAN.center, "--intent"];
    let words = ["--remark", "已与该中心核实未放款", "--operator", REVIEWER];
    let all = [&ruling[..], &[intent.as_str().unwrap()], &words].concat();
    province.member(AUTHORITY).run(&all).done();
    province.until("the ruling is known", |province| {
        let said = payout(province, LINFEN, "DK-4").json();
        (said["state"] == "leased").then_some(())
    });
    province.member_mut(TAIYUAN).start();
    province.until("the ruling reaches the city that was silent", |province| {
        (show(province, TAIYUAN, "DK-3")["reason"] == "ruled").then_some(())
    });
}
