//! What a person is told, and transfers that another channel carries, over three whole cities:
//! `fundlink access` with its evidence.
//!
//! **Promises.** Only commands are used; what is proved is verified without a node.
//! **Left to others.** Every branch: the tests of `fundlink-protocol`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fundlink_testnet::member::{ADMINISTRATOR, CLERK, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{LI_IN_DATONG, LI_IN_TAIYUAN, ZHANG_IN_DATONG};
use fundlink_tests::program::{Said, fundlink, hear};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::{Value, json};

/// A rule refused.
const REFUSED: i32 = 1;
/// Somebody could not be reached.
const PARTIAL: i32 = 3;

/// Three cities; Datong and Taiyuan have records.
fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    for (city, savers) in
        [(DATONG, &[LI_IN_DATONG, ZHANG_IN_DATONG][..]), (TAIYUAN, &[LI_IN_TAIYUAN])]
    {
        let folder = province.folder().join(city.english);
        Dump::of(savers).write(&folder);
        let folder = folder.to_str().unwrap();
        province.member(city).run(&["data", "import", folder, "--operator", CLERK]).done();
    }
    fs::write(paper(&province), "I want to know who asked about me.").unwrap();
    province
}

/// What a person has signed.
fn paper(province: &Province) -> PathBuf {
    province.folder().join("request.txt")
}

fn subject(saver: &Saver) -> String {
    format!("XingMing,ZJHM,GRZH\n{},{},{}\n", saver.name, saver.document, saver.account)
}

/// Runs a command about a person, on the person's signed request.
fn about(province: &Province, (city, saver): (Identity, &Saver), words: &[&str]) -> Said {
    let paper = paper(province);
    let more = ["--consent", "SQ-1", "--consent-file", paper.to_str().unwrap()];
    let rest = ["--operator", CLERK, "--subject-file", "-"];
    let words = [words, &more, &rest].concat();
    province.member(city).run_reading(&words, &subject(saver))
}

fn entries(found: &Value) -> Vec<(&str, &str, &str, &str, &str)> {
    let entries = found["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap();
            (text("by"), text("asked"), text("purpose"), text("serial"), text("outcome"))
        })
        .collect()
}

#[test]
fn a_person_is_told_who_asked_in_every_city_and_can_prove_it() {
    let mut province = province();
    let loan = ["ask", "dossier", "--center", "140200", "--purpose", "L1", "--serial", "DK-1"];
    about(&province, (TAIYUAN, &LI_IN_DATONG), &loan).done();
    let observe = ["mode", "set", "query", "observe", "--operator", ADMINISTRATOR];
    province.member(DATONG).run(&observe).done();
    let refused = ["ask", "account", "--center", "140200", "--purpose", "W1", "--serial", "TQ-1"];
    about(&province, (TAIYUAN, &LI_IN_DATONG), &refused).ended_with(REFUSED);
    province.set_mode("query", "answer");

    let wanted = ["--json", "access", "--serial", "CX-1"];
    let found = province.until("witnessed entries", |province| {
        let found = about(province, (LINFEN, &LI_IN_DATONG), &wanted).done().json();
        let all = found["entries"].as_array().unwrap();
        let before = |entry: &&Value| entry["purpose"] != json!("A1");
        let proved = all.iter().filter(before).all(|entry| entry["proof"] == json!("witnessed"));
        proved.then_some(found)
    });
    let told: Vec<_> =
        entries(&found).into_iter().filter(|(_, _, purpose, ..)| *purpose != "A1").collect();
    assert_eq!(
        told,
        [
            ("140100", "140200", "W1", "TQ-1", "refused"),
            ("140100", "140200", "L1", "DK-1", "given"),
        ]
    );
    for entry in found["entries"].as_array().unwrap() {
        if entry["purpose"] != json!("A1") {
            assert_eq!(entry["listed_by"], json!(["140100", "140200"]), "both audit logs hold it");
            assert_eq!(entry["shown"], json!(true));
            assert_eq!(entry["operator_id"], Value::Null, "a pseudonym outside its center");
        }
    }
    let text = found.to_string();
    for private in [LI_IN_DATONG.name, LI_IN_DATONG.document, LI_IN_DATONG.account] {
        assert!(!text.contains(private), "{private}");
    }

    check_evidence(&mut province, found["dossiers"][0].as_str().unwrap());
    check_words(&province);

    // At the center whose clerk asked, the pseudonym has a name.
    let here = [&wanted[..], &["--here"]].concat();
    let here = about(&province, (TAIYUAN, &LI_IN_TAIYUAN), &here).done().json();
    assert_eq!(here["centers"].as_array().unwrap().len(), 1);
    let asked = |entry: &&Value| entry["serial"] == json!("DK-1");
    let own = here["entries"].as_array().unwrap().iter().find(asked).unwrap();
    assert_eq!((&own["operator_id"], &own["outcome"]), (&json!(CLERK), &json!("sent")));

    province.member_mut(DATONG).stop();
    let found = about(&province, (LINFEN, &LI_IN_DATONG), &wanted).ended_with(PARTIAL).json();
    let row =
        found["centers"].as_array().unwrap().iter().find(|row| row["center"] == json!("140200"));
    assert_ne!(row.unwrap()["state"], json!("answered"), "who does not answer is named");
    let still = entries(&found).into_iter().any(|entry| entry.3 == "DK-1" && entry.4 == "sent");
    assert!(still, "the asking center lists what the silent one would have");
}

/// The evidence of a list verifies without a node, and names no person.
fn check_evidence(province: &mut Province, dossier: &str) {
    let file = province.folder().join("access.zip");
    let path = file.to_str().unwrap().to_owned();
    let export = ["evidence", "export", "--dossier", dossier, "--out", &path];
    province.until("evidence that witnesses have seen", |province| {
        fs::remove_file(&file).ok();
        (province.member(LINFEN).run(&export).exit == Some(0)).then_some(())
    });
    let verified = province.member(LINFEN).run(&["evidence", "verify", &path]).done();
    assert!(verified.out.contains("140100 asked 140200 about the person"), "{}", verified.out);
    assert!(verified.out.contains("140100 向 140200 查询本人"), "{}", verified.out);
    assert!(!verified.out.contains(LI_IN_DATONG.document));
}

/// People are told in plain words of their language.
fn check_words(province: &Province) {
    let words = ["access", "--serial", "CX-2"];
    let english = about(province, (LINFEN, &LI_IN_DATONG), &words).done().out;
    for word in ["L1 loan application", "W1 withdrawal check", "fundlink evidence export --dossier"]
    {
        assert!(english.contains(word), "{word}: {english}");
    }
    let (home, paper) = (&province.member(LINFEN).home, paper(province));
    let mut command = Command::new(fundlink());
    command.args(["--lang", "zh"]).arg("--config").arg(home).args(words);
    command.args(["--consent", "SQ-1", "--consent-file"]).arg(paper);
    command.args(["--operator", CLERK, "--subject-file", "-"]);
    let chinese = hear(command, &subject(&LI_IN_DATONG)).done().out;
    for word in ["L1 贷款申请", "W1 提取核查", "该业务当前模式不提供此服务"] {
        assert!(chinese.contains(word), "{word}: {chinese}");
    }
}
