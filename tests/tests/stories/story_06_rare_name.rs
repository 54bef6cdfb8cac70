//! Story 6: names that an old system damaged, that are written otherwise, or that no old font has.

use encoding_rs::GB18030;
use fundlink_testnet::member::{CLERK, Identity, LINFEN, REVIEWER, TAIYUAN};
use fundlink_tests::case::Case;
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{CHEN_IN_TAIYUAN, WANG_IN_DATONG, newcomer};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::json;

/// 王㛃, U+36C3, as Linfen's old system wrote her.
const LOST: Saver = Saver { name: "王?", account: "9925091500061", ..WANG_IN_DATONG };
/// A person whose rare character became one of the private use area.
const PRIVATE: Saver = Saver {
    name: "刘\u{E863}",
    document: "141099197910030053",
    account: "9925091500062",
    ..WANG_IN_DATONG
};
/// A minority name with the dot of a word processor, U+2022.
const DOTTED: Saver = Saver {
    name: "阿依古丽•吐尔逊",
    document: "141099199205120028",
    account: "9925091500063",
    ..WANG_IN_DATONG
};
/// Beyond the basic plane: 4 bytes in UTF-8 and in GB 18030.
const BEYOND: Saver = Saver { account: "9925091500064", ..CHEN_IN_TAIYUAN };

/// As Taiyuan knows the persons, in the same order.
const TRUE_NAMES: [&str; 4] = ["王㛃", "刘𬭎", "阿依古丽·吐尔逊", "陈𤧛"];
const HERE: [&str; 4] = ["9926050600061", "9926050600062", "9926050600063", "9926050600064"];

/// What an applicant says in Taiyuan: the true name, and the account over there.
fn applicant(index: usize) -> Saver {
    Saver { name: TRUE_NAMES[index], ..[LOST, PRIVATE, DOTTED, BEYOND][index] }
}

/// Linfen's export in GB 18030, and Taiyuan's in UTF-8.
fn formed() -> Province {
    let plan = Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    province.set_mode("query", "answer");
    let folder = province.folder().join("linfen");
    let encode = |text: &str| GB18030.encode(text).0.into_owned();
    assert_eq!((encode(BEYOND.name).len(), BEYOND.name.len()), (6, 7));
    Dump::of(&[LOST, PRIVATE, DOTTED, BEYOND]).write_with(&folder, encode);
    let folder = folder.display().to_string();
    province.member(LINFEN).run(&["data", "import", &folder, "--operator", CLERK]).done();
    let new = |index: usize| newcomer(applicant(index), HERE[index], (2026, 5));
    province.import(TAIYUAN, &Dump::of(&[new(0), new(1), new(2), new(3)]));
    province
}

/// What the program prints for people.
fn screen(province: &Province, at: Identity, case: &Case) -> String {
    province.member(at).run(&["transfer", "show", &case.number]).done().out
}

#[test]
fn a_damaged_name_waits_for_two_persons_with_one_scan_and_others_pass_as_they_are() {
    let mut province = formed();
    let (card, other_card) = (province.scan("identity-card"), province.scan("another-card"));
    let hash = blake3::hash(b"identity-card").to_hex().to_string();
    for index in [0, 1] {
        let case = province.start(TAIYUAN, LINFEN, &applicant(index));
        province.await_states(&case, ("requested", "01"), ("held", "01"));
        let held = province.await_task(LINFEN, &case, "suspicious_name");
        assert_eq!(held["task"]["role"], "clerk", "never by itself");
        let listed = province.member(LINFEN).read_chinese(&["transfer", "list"]);
        assert!(listed.contains("待人工处理（01") && listed.contains("经办：姓名存疑"), "{listed}");
        let refused = |province: &Province, operator, words: &[&str]| {
            province.decide(LINFEN, &case, operator, words).code().expect("a code")
        };
        assert_eq!(refused(&province, CLERK, &["accept"]), "ARGUMENT", "nobody saw a scan");
        let with_card = ["accept", "--scan-file", &card];
        province.decide(LINFEN, &case, CLERK, &with_card).done();
        let half = province.show(LINFEN, &case);
        assert_eq!((&half["state"], &half["task"]["role"]), (&"held".into(), &"reviewer".into()));
        assert_eq!(half["task"]["first"], CLERK);
        assert!(screen(&province, LINFEN, &case).contains("a second person must decide alike"));
        assert_eq!(refused(&province, CLERK, &with_card), "OPERATOR", "one person twice");
        let other = ["accept", "--scan-file", &other_card];
        assert_eq!(refused(&province, REVIEWER, &other), "ARGUMENT", "another scan");
        province.decide(LINFEN, &case, REVIEWER, &with_card).done();
        province.await_states(&case, ("completed", "00"), ("completed", "00"));
        let decisions = province.show(LINFEN, &case)["decisions"].clone();
        let taken = decisions.as_array().expect("decisions");
        let seen: Vec<_> = taken.iter().map(|taken| (&taken["operator"], &taken["scan"])).collect();
        assert_eq!(seen, [(&json!(CLERK), &json!(hash)), (&json!(REVIEWER), &json!(hash))]);
        assert_eq!(province.show(TAIYUAN, &case)["identity"], "confirmed");
    }

    // The form of a dot alone is folded: accepted, and noted on both sides.
    let case = province.start(TAIYUAN, LINFEN, &applicant(2));
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    for city in [TAIYUAN, LINFEN] {
        assert_eq!(province.show(city, &case)["identity"], "folded");
        assert!(screen(&province, city, &case).contains("accepted and noted"));
        assert_eq!(province.show(city, &case)["decisions"], json!([]));
    }

    // From GB 18030 over store, statement and JSON to the screen, byte for byte.
    let case = province.start(TAIYUAN, LINFEN, &applicant(3));
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    for city in [TAIYUAN, LINFEN] {
        let shown = province.show(city, &case);
        assert_eq!(
            shown["person"]["name"].as_str().map(str::as_bytes),
            Some(BEYOND.name.as_bytes())
        );
        assert_eq!(shown["identity"], "exact");
        let screen = screen(&province, city, &case);
        assert!(screen.contains("陈𤧛 (U+249DB)"), "a font may lack it: {screen}");
    }
    let words = ["ask", "account", "--center", LINFEN.center, "--purpose", "D1", "--serial", "D-1"];
    let words = [&words[..], &["--operator", CLERK, "--subject-file", "-"]].concat();
    let typed = format!("XingMing,ZJHM\n{},{}\n", BEYOND.name, BEYOND.document);
    let asked = province.member(TAIYUAN).run_reading(&words, &typed).done().out;
    assert!(asked.contains("陈𤧛 (U+249DB)"), "{asked}");
    let record = province.books(LINFEN).account(BEYOND.account).record;
    assert_eq!(record.person.name.as_str().len(), 7);
    // What two persons have confirmed changes no record: the scan is the paper, not the core's row.
    assert_eq!(province.books(LINFEN).account(LOST.account).record.person.name.as_str(), "王?");
}
