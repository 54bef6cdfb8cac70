//! A center is suspended, and one is revoked, with transfers open.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::time::Duration;

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::query::Query;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, LINFEN, REVIEWER, TAIYUAN};
use fundlink_tests::case::Case;
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{
    LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHOU_IN_TAIYUAN, newcomer,
};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::rogue::{Heard, Rogue, ask};
use fundlink_tests::standing::row;

fn code(identity: Identity) -> CenterCode {
    CenterCode::parse(identity.center).unwrap()
}

/// 李晓禾 and 王㛃 have accounts in Datong, where a clerk decides, and work in Taiyuan now.
fn province() -> Province {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
    let province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.set_mode("transfer", "auto");
    let by_hand = ["mode", "set", "transfer", "confirm", "--operator", "admin"];
    province.member(DATONG).run(&by_hand).done();
    let zhou = newcomer(ZHOU_IN_TAIYUAN, "9926050600099", (2026, 5));
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG, zhou]));
    let wang = newcomer(WANG_IN_DATONG, "9926050700023", (2026, 5));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN, wang]));
    province
}

/// One transfer that Datong has accepted, and one that waits for its clerk.
fn accepted_and_held(province: &mut Province) -> (Case, Case) {
    let accepted = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_state(DATONG, &accepted, ("held", "01"));
    province.decide(DATONG, &accepted, CLERK, &["accept"]).done();
    province.await_states(&accepted, ("accepted", "02"), ("accepted", "02"));
    let held = province.start(TAIYUAN, DATONG, &WANG_IN_DATONG);
    province.await_state(DATONG, &held, ("held", "01"));
    (accepted, held)
}

/// What Datong says to a question that Taiyuan's keys have signed.
fn ask_datong(province: &Province, id: u8, alter: impl FnOnce(&mut Query)) -> Heard {
    let mut rogue = Rogue::of(province.member(TAIYUAN));
    let mut query = rogue.question(code(DATONG), id, province.now(), &LI_IN_DATONG);
    alter(&mut query);
    let statement = rogue.sign(&query);
    province.runtime().block_on(async {
        let connection = rogue.connect(province.member(DATONG)).await;
        ask(&connection, &statement).await
    })
}

#[test]
fn a_suspended_center_does_what_it_must_and_nothing_else() {
    let mut province = province();
    let (accepted, held) = accepted_and_held(&mut province);
    let roster = province.change_roster(&["suspend", DATONG.center]);
    let members = roster["members"].as_array().unwrap();
    let datong = members.iter().find(|member| member["center"] == DATONG.center).unwrap();
    assert_eq!((&datong["status"], &datong["witness"]), (&"suspended".into(), &false.into()));

    // It starts nothing: no letter of its own, none to it, no acceptance.
    let suspended = Some("SUSPENDED");
    let own = newcomer(ZHOU_IN_TAIYUAN, "9926050600099", (2026, 5));
    let start = province.apply(DATONG, TAIYUAN, &own).ended_with(1);
    assert_eq!(start.code().as_deref(), suspended);
    let to_it = province.apply(TAIYUAN, DATONG, &WANG_IN_DATONG);
    assert_ne!(to_it.exit, Some(0), "{}", to_it.all());
    let accept = province.decide(DATONG, &held, CLERK, &["accept"]).ended_with(1);
    assert_eq!(accept.code().as_deref(), suspended);

    // It asks nothing: whoever is asked refuses.
    let person = (LI_IN_DATONG.name, LI_IN_DATONG.document);
    let asked = province.check_loan(DATONG, person);
    assert!(!asked.all().contains("\"answered\""), "{}", asked.all());
    // It answers nobody but the person concerned.
    let refused = ask_datong(&province, 1, |_| {});
    assert_eq!(refused, Heard::Refused(Refusal::Suspended));
    let given = ask_datong(&province, 2, |query| {
        (query.kind, query.purpose) = (QueryKind::AccessList, Purpose::DataSubject);
    });
    assert!(matches!(given, Heard::Answer(_)), "{given:?}");
    // A loan check elsewhere says that it was left out.
    let dossier = province.check_loan(LINFEN, person).json();
    assert_eq!(row(&dossier, DATONG)["why"], "suspended");
    assert_eq!(row(&dossier, DATONG)["state"], "not-asked");

    // It finishes what it accepted, and what follows is published, followed and witnessed.
    let size = province.size(DATONG, 1);
    province.decide(DATONG, &accepted, CLERK, &["settle"]).done();
    province.await_states(&accepted, ("completed", "00"), ("completed", "00"));
    province.await_witnessed(LINFEN, "140200/1", size + 1);
    // It holds the logs of the others still, and cosigns none.
    let size = province.size(TAIYUAN, 1);
    province.await_witnessed(DATONG, "140100/1", size);
    let note = province.member(TAIYUAN).ask(&["log", "checkpoint", "140100/1"])["note"].clone();
    assert!(!note.as_str().unwrap().contains("140200/witness"), "{note}");

    province.change_roster(&["reinstate", DATONG.center]);
    province.decide(DATONG, &held, CLERK, &["accept"]).done();
    province.await_states(&held, ("accepted", "02"), ("accepted", "02"));
}

#[test]
fn a_revoked_center_is_cut_and_its_open_transfers_go_to_people_at_both_others() {
    let mut province = province();
    let (accepted, held) = accepted_and_held(&mut province);
    let mut datong = Rogue::of(province.member(DATONG));
    let revoke = ["revoke", DATONG.center, "--takeover", LINFEN.center];
    let roster = province.change_roster(&revoke);
    let members = roster["members"].as_array().unwrap();
    let listed = members.iter().find(|member| member["center"] == DATONG.center).unwrap();
    assert_eq!(listed["revocation"]["takeover"], LINFEN.center);

    // Cut at once: the real keys open a connection, and no protocol on it.
    let question = datong.question(code(TAIYUAN), 9, province.now(), &LI_NEW_IN_TAIYUAN);
    let statement = datong.sign(&question);
    assert!(!cbor::encode(&question).is_empty() && !statement.is_empty());
    province.runtime().block_on(async {
        let mut connection = datong.connect(province.member(TAIYUAN)).await;
        for protocol in ["/fundlink/query/1", "/fundlink/transfer/1", "/fundlink/sync/1"] {
            assert!(connection.stream(protocol).await.is_err(), "{protocol}");
        }
        assert!(connection.is_closed_within(Duration::from_secs(30)).await);
    });
    let asked = province.check_loan(DATONG, (LI_IN_DATONG.name, LI_IN_DATONG.document));
    assert!(!asked.all().contains("\"answered\""), "{}", asked.all());

    // Here: a person decides, and sees who looks after the other side.
    for (case, state) in [(&accepted, "accepted"), (&held, "requested")] {
        let shown = province.await_task(TAIYUAN, case, "counterpart_revoked");
        assert_eq!((&shown["state"], &shown["other"]), (&state.into(), &DATONG.center.into()));
        assert_eq!(shown["taken_over_by"], LINFEN.center);
    }
    // There: the whole case, for a person, with a deadline.
    let list = ["transfer", "takeover", "list"];
    let taken = province.until("both cases in Linfen", |province| {
        let taken = province.member(LINFEN).ask(&list);
        (taken.as_array().unwrap().len() == 2).then_some(taken)
    });
    for case in taken.as_array().unwrap() {
        assert_eq!((&case["revoked"], &case["from"]), (&"140200".into(), &"140100".into()));
        assert_eq!((&case["side"], &case["closed"]), (&"out".into(), &serde_json::Value::Null));
    }
    assert_eq!(province.member(AUTHORITY).ask(&list), serde_json::json!([]));
    let shown = province.member(LINFEN).ask(&["transfer", "takeover", "show", &accepted.number]);
    assert_eq!(shown["person"]["name"], LI_IN_DATONG.name);

    // Both ends are closed by their people, once.
    let clerk = province.decide(TAIYUAN, &accepted, CLERK, &["close"]).ended_with(1);
    assert_eq!(clerk.code().as_deref(), Some("OPERATOR"));
    for case in [&accepted, &held] {
        province.decide(TAIYUAN, case, REVIEWER, &["close"]).done();
        province.await_state(TAIYUAN, case, ("cancelled", "05"));
    }
    let linfen = province.member(LINFEN);
    let close = ["transfer", "takeover", "close", &accepted.number, "--remark", "paper"];
    let close = [&close[..], &["--operator", REVIEWER]].concat();
    linfen.run(&close).done();
    linfen.run(&close).ended_with(1);
    province.until("what Linfen did is heard in Taiyuan", |province| {
        let shown = province.member(TAIYUAN).ask(&["transfer", "show", &accepted.number]);
        (shown["successor_said"]["remark"] == "paper").then_some(())
    });
    province.until("what became of them", |province| {
        let taken = province.member(LINFEN).ask(&list);
        let all = taken.as_array().unwrap().iter().all(|case| case["state"] == "cancelled");
        all.then_some(())
    });
}
