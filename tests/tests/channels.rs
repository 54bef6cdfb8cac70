//! What a person is told, and transfers that another channel carries, over three whole cities:
//! `fundlink access` and `fundlink transfer register`, with their evidence.
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

/// 李晓禾 in Linfen, where she has worked for a month, too.
const LI_IN_LINFEN: Saver = Saver { account: "1026050000017", ..LI_IN_TAIYUAN };

/// Three cities with records.
fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.set_mode("transfer", "auto");
    for (city, savers) in [
        (DATONG, &[LI_IN_DATONG, ZHANG_IN_DATONG][..]),
        (TAIYUAN, &[LI_IN_TAIYUAN]),
        (LINFEN, &[LI_IN_LINFEN]),
    ] {
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
    assert!(verified.out.contains("Somebody asked about the person"), "{}", verified.out);
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

/// The paper letter of Taiyuan for Li's account in Datong.
const LETTER: &str = "1401002605040001";

/// Registers the paper letter at one of its two cities.
fn register(
    province: &Province,
    city: Identity,
    (direction, other, state): (&str, &str, &str),
) -> Said {
    let amounts = province.folder().join("amounts.csv");
    fs::write(&amounts, "OrAcctAmt,Yinter,TranAmt\n43758.38,527.46,44285.84\n").unwrap();
    let letter = ["--json", "transfer", "register", "--channel", "paper", "--letter", LETTER];
    let how = ["--direction", direction, "--other", other, "--state", state];
    let rest = ["--on", "2026-05-05", "--operator", CLERK, "--subject-file", "-", "--amounts-file"];
    let words = [&letter[..], &how, &rest, &[amounts.to_str().unwrap()]].concat();
    province.member(city).run_reading(&words, &subject(&LI_IN_DATONG))
}

/// Somebody wants to bring Li's account in Datong to a city of this network.
fn start(province: &Province, city: Identity) -> Said {
    let words = ["--json", "transfer", "start", "--from", "140200"];
    about(province, (city, &LI_IN_DATONG), &words)
}

#[test]
fn a_paper_transfer_is_registered_matched_and_in_the_way_of_a_second_one() {
    let mut province = province();
    let paid = register(&province, DATONG, ("out", "140100", "paid")).done().json();
    assert_eq!(
        (&paid["channel"], &paid["state"], &paid["code"]),
        (&json!("paper"), &json!("paid"), &json!("08"))
    );
    register(&province, TAIYUAN, ("in", "140200", "credited")).done();
    for (city, theirs) in [(DATONG, "credited"), (TAIYUAN, "paid")] {
        let other = province.until("the other side", |province| {
            let shown = province.member(city).ask(&["transfer", "show", LETTER]);
            let other = shown["registered"]["counterpart"].clone();
            (other != Value::Null).then_some(other)
        });
        assert_eq!(other, json!({ "state": theirs, "on": "2026-05-05", "matched": true }));
    }
    // The same again changes nothing; another content is refused, and the first one stays.
    register(&province, DATONG, ("out", "140100", "paid")).done();
    let other = register(&province, DATONG, ("out", "140100", "withdrawn")).ended_with(REFUSED);
    assert_eq!(other.code().as_deref(), Some("ID_REUSED"));

    // A second transfer of the account or the person, in the other channel, at either city.
    let local = start(&province, TAIYUAN).ended_with(REFUSED);
    assert_eq!(local.code().as_deref(), Some("IN_FLIGHT"));
    let number = start(&province, LINFEN).done().json()["number"].as_str().unwrap().to_owned();
    let refused = province.until("the refusal", |province| {
        let shown = province.member(LINFEN).ask(&["transfer", "show", &number]);
        (shown["ended"] == json!(true)).then_some(shown)
    });
    assert_eq!(refused["refused"]["code"], json!("R14"));

    let advance = ["--json", "transfer", "advance", LETTER, "closed", "--operator", CLERK];
    let closed = province.member(DATONG).run(&advance).done().json();
    assert_eq!(closed["state"], json!("closed"));
    let lines = province.member(DATONG).ask(&["transfer", "list", "--ended"]);
    let channels: Vec<_> = lines.as_array().unwrap().iter().map(|line| &line["channel"]).collect();
    assert!(channels.contains(&&json!("paper")) && channels.contains(&&json!("fundlink")));
    check_transfer_evidence(&mut province);
}

/// The digests of both cities verify without a node, and the own record opens.
fn check_transfer_evidence(province: &mut Province) {
    let file = province.folder().join("paper.zip");
    let path = file.to_str().unwrap().to_owned();
    let export = ["evidence", "export", "--transfer", LETTER, "--out", &path];
    province.until("digests that witnesses have seen", |province| {
        fs::remove_file(&file).ok();
        (province.member(DATONG).run(&export).exit == Some(0)).then_some(())
    });
    let verified = province.member(DATONG).ask(&["evidence", "verify", &path]);
    assert_eq!(verified["leaves"].as_array().unwrap().len(), 2);
}
