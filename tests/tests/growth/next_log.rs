//! Datong's log shows two faces: everybody closes it, and the authority opens its next one.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use fundlink_protocol::engine::synchronization::{SyncReply, SyncRequest};
use fundlink_protocol::log::add_checkpoint::AddCheckpoint;
use fundlink_protocol::log::tree::TreeSize;
use fundlink_protocol::refusal::Refusal;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{
    LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHOU_IN_LINFEN, newcomer,
};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::rogue::{Rogue, sync};

/// Datong's log key signs another root for the size that all have witnessed, and shows it to Taiyuan.
fn show_two_faces(province: &Province, size: u64) {
    let rogue = Rogue::of(province.member(DATONG));
    let note = rogue.other_face(1, size);
    let body = AddCheckpoint { old: TreeSize::new(size).unwrap(), proof: Vec::new(), note };
    let reply = province.runtime().block_on(async {
        let connection = rogue.connect(province.member(TAIYUAN)).await;
        sync(&connection, &SyncRequest::AddCheckpoint(body.encode().into())).await
    });
    assert_eq!(reply, SyncReply::Refused(Refusal::Proof));
}

#[test]
fn two_faces_close_a_log_for_all_and_a_roster_opens_the_next() {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let mut province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.set_mode("certificate", "auto");
    province.set_mode("transfer", "auto");
    let by_hand = ["mode", "set", "transfer", "confirm", "--operator", "admin"];
    province.member(DATONG).run(&by_hand).done();
    let zhou = newcomer(ZHOU_IN_LINFEN, "9926050600099", (2026, 5));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG, zhou]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province.import(LINFEN, &Dump::of(&[ZHOU_IN_LINFEN]));
    // Settled for tomorrow: the sheet is signed, the money has not left.
    let settled = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_state(DATONG, &settled, ("held", "01"));
    province.decide(DATONG, &settled, CLERK, &["accept"]).done();
    province.await_states(&settled, ("accepted", "02"), ("accepted", "02"));
    province.decide(DATONG, &settled, CLERK, &["settle", "--value-date", "2026-05-21"]).done();
    province.await_state(TAIYUAN, &settled, ("announced", "08"));
    let size = province.size(DATONG, 1);
    let everybody = [AUTHORITY, TAIYUAN, LINFEN, DATONG];
    for at in everybody {
        province.await_witnessed(at, "140200/1", size);
    }

    show_two_faces(&province, size);
    province.until("the closed log everywhere", |province| {
        let closed = |at| province.log(at, "140200/1").is_none_or(|log| log["closed"] == true);
        everybody.into_iter().all(closed).then_some(())
    });
    let alerts = province.member(AUTHORITY).ask(&["alerts"]);
    assert!(alerts.to_string().contains("140200"), "{alerts}");
    let refused = province.apply(DATONG, LINFEN, &ZHOU_IN_LINFEN).ended_with(1);
    assert_eq!(refused.code().as_deref(), Some("SUSPENDED"), "no new letter");
    let certificate = ask_for_certificate(&province);
    assert_eq!(certificate.code().as_deref(), Some("SUSPENDED"), "{}", certificate.all());
    // What was settled goes on.
    province.advance_to(at("2026-05-21", 10));
    province.await_states(&settled, ("completed", "00"), ("completed", "00"));
    let lied = province.log(DATONG, "140200/1").unwrap();
    assert_eq!(lied["signed"], size, "the log that lied gets no checkpoint any more");

    let elsewhere = province.member(TAIYUAN).run(&["--json", "net", "next-log", "140200"]);
    assert_eq!(elsewhere.ended_with(1).code().as_deref(), Some("NOT_GRANTED"));
    let roster = province.change_roster(&["next-log", DATONG.center]);
    let members = roster["members"].as_array().unwrap();
    let datong = members.iter().find(|member| member["center"] == DATONG.center).unwrap();
    assert_eq!(datong["logs"][0]["closed_at"], size);
    assert_eq!(datong["logs"][1], serde_json::json!({ "number": 2, "closed_at": null }));
    // What was said meanwhile stands in the next log, and new letters go through.
    for at in everybody {
        province.await_witnessed(at, "140200/2", 1);
    }
    let done = ("completed", "00");
    let case = province.start(DATONG, LINFEN, &ZHOU_IN_LINFEN);
    province.await_states(&case, done, done);
    let certificate = ask_for_certificate(&province).done().json();
    assert_eq!(certificate["rows"][0]["state"], "answered", "{certificate}");
}

fn ask_for_certificate(province: &Province) -> fundlink_tests::program::Said {
    let consent = province.folder().join("consent.txt");
    std::fs::write(&consent, "本人授权").unwrap();
    let consent = consent.to_str().unwrap();
    let words = ["--json", "ask", "deposit-certificate", "--center", DATONG.center];
    let more = ["--purpose", "C1", "--serial", "ZM-1", "--operator", CLERK];
    let last = ["--consent", "SQ-1", "--consent-file", consent, "--subject-file", "-"];
    let fundlink_tests::dump::Saver { name, document, .. } = WANG_IN_DATONG;
    let typed = format!("XingMing,ZJHM\n{name},{document}\n");
    let line = [&words[..], &more, &last].concat();
    province.member(TAIYUAN).run_reading(&line, &typed)
}
