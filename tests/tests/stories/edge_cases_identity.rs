//! Edge cases of persons, numbers and members: documents of every kind, padded columns, several
//! accounts, the wrong center, two persons, deadlines, new keys and names, clocks.

use fundlink_node::config::file::{OperatorTable, RoleOfOperator};
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, REVIEWER, TAIYUAN};
use fundlink_tests::dump::{Dump, Saver};
use fundlink_tests::people::{
    CHEN_IN_TAIYUAN, LI_IN_DATONG, SUN_IN_TAIYUAN, WU_IN_YANGQUAN, ZHANG_SEALED_IN_DATONG, newcomer,
};
use fundlink_tests::province::{Plan, Province, at};
use serde_json::{Value, json};

const DONE: (&str, &str) = ("completed", "00");

/// The sub-center of the provincial organs, which is a member of its own.
const PROVINCIAL: Identity = Identity {
    center: "140001",
    name: "山西省省直机关住房公积金管理分中心",
    english: "provincial",
    special_account: Some("9990-0140001-0001"),
};

/// Born on 29 February 2000.
const LEAP_DAY: Saver = Saver { account: "9924101500121", ..WU_IN_YANGQUAN };
/// A permanent resident of another country (外国人永久居留身份证).
const FOREIGNER: Saver = Saver {
    name: "SMITH JOHN",
    kind: "04",
    document: "USA140056000017",
    account: "9924101500122",
    ..WU_IN_YANGQUAN
};
/// A person with a passport.
const PASSPORT: Saver = Saver {
    name: "MÜLLER ANNA",
    kind: "03",
    document: "C01X00T47",
    account: "9924101500123",
    ..WU_IN_YANGQUAN
};
/// As a core system exports CHAR columns: filled with blanks.
const PADDED: Saver = Saver {
    name: "赵平安              ",
    document: "140299199501010034  ",
    account: "9924101500124       ",
    ..WU_IN_YANGQUAN
};
/// Two accounts of one person.
const TWICE: [Saver; 2] = [
    Saver { carried_until: 2026, ..ZHANG_SEALED_IN_DATONG },
    Saver { account: "9924101500125", months: 3, carried_until: 2026, ..ZHANG_SEALED_IN_DATONG },
];
/// Somebody whose account is with the provincial organs.
const ELSEWHERE: Saver =
    Saver { status: "02", account: "9919051500135", carried_until: 2026, ..SUN_IN_TAIYUAN };

/// Where each of them is credited in Taiyuan.
const HERE: [(Saver, &str); 6] = [
    (LEAP_DAY, "9926070100121"),
    (FOREIGNER, "9926070100122"),
    (PASSPORT, "9926070100123"),
    (PADDED, "9926070100124"),
    (TWICE[0], "9926070100125"),
    (ELSEWHERE, "9926070100135"),
];

/// Datong with these accounts on 3 July, and Taiyuan with all newcomers.
fn begun(cities: &'static [Identity], datong: &[Saver]) -> Province {
    let plan = Plan { begin: Some(at("2026-07-03", 9)), ..Plan::of(cities) };
    let province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    province.import(DATONG, &Dump::of(datong));
    let here = HERE.map(|(saver, account)| newcomer(saver, account, (2026, 7)));
    province.import(TAIYUAN, &Dump::of(&here));
    province
}

/// The account moves with 18 728.54, and the person is found without a doubt.
fn assert_moves(province: &mut Province, saver: &Saver, account: &str) {
    let case = province.start(TAIYUAN, DATONG, saver);
    province.await_states(&case, DONE, DONE);
    let shown = province.show(TAIYUAN, &case);
    assert_eq!(shown["sheet"]["amount"], "18728.54", "{account}");
    assert_eq!(shown["identity"], "exact", "{account}");
    assert_eq!(shown["person"]["name"], saver.name.trim(), "{account}");
    assert_eq!(shown["credited_account"], account);
}

#[test]
fn a_person_born_on_a_leap_day_moves() {
    let mut province = begun(&[TAIYUAN, DATONG], &[LEAP_DAY]);
    assert_moves(&mut province, &LEAP_DAY, "9926070100121");
}

#[test]
fn a_foreign_permanent_residence_card_04_and_a_passport_move_and_are_no_other_document() {
    let mut province = begun(&[TAIYUAN, DATONG], &[FOREIGNER, PASSPORT]);
    assert_moves(&mut province, &FOREIGNER, "9926070100122");
    assert_moves(&mut province, &PASSPORT, "9926070100123");
    let mistaken = Saver { kind: "99", ..PASSPORT };
    let said = province.apply(TAIYUAN, DATONG, &mistaken).ended_with(2);
    assert_eq!(said.code().as_deref(), Some("NOT_FOUND"), "nobody of that document pays here");
}

#[test]
fn an_import_row_with_a_padded_char_20_account_moves_like_any_other() {
    let mut province = begun(&[TAIYUAN, DATONG], &[PADDED]);
    let saver = Saver { name: "赵平安", account: "9924101500124", ..PADDED };
    assert_moves(&mut province, &saver, "9926070100124");
}

#[test]
fn several_accounts_of_one_person_are_merged_first_r12() {
    let mut province = begun(&[TAIYUAN, DATONG], &TWICE);
    let case = province.start(TAIYUAN, DATONG, &TWICE[0]);
    province.await_refusal(&case, "R12");
}

#[test]
fn a_letter_to_the_wrong_branch_is_refused_with_r15_and_the_right_center_in_the_message() {
    let mut province = begun(&[PROVINCIAL, TAIYUAN, DATONG], &[LEAP_DAY]);
    province.import(PROVINCIAL, &Dump::of(&[ELSEWHERE]));
    // It names the right one once it has followed its log.
    province.until("the log of the provincial organs in Datong", |province| {
        let sizes = [PROVINCIAL, DATONG].map(|at| {
            let logs = province.member(at).ask(&["log", "follow"]);
            let logs = logs.as_array().cloned().unwrap_or_default();
            let log = logs.into_iter().find(|log| log["log"] == "140001/1");
            log.and_then(|log| log["size"].as_u64()).unwrap_or(0)
        });
        (sizes[0] > 0 && sizes[0] == sizes[1]).then_some(())
    });
    let case = province.start(TAIYUAN, DATONG, &ELSEWHERE);
    let closed = ("rejection_confirmed", "40");
    province.await_states(&case, closed, closed);
    for city in [TAIYUAN, DATONG] {
        let shown = province.show(city, &case);
        let refused = (&shown["refused"]["code"], &shown["refused"]["right_center"]);
        assert_eq!(refused, (&json!("R15"), &json!(PROVINCIAL.center)), "{}", city.english);
        let read = province.member(city).read_chinese(&["transfer", "show", &case.number]);
        assert!(read.contains("账户在中心 140001，请向该中心发函"), "{read}");
    }
    let case = province.start(TAIYUAN, PROVINCIAL, &ELSEWHERE);
    province.await_states(&case, DONE, DONE);
}

/// Whoever may enter and review.
const BOTH: &str = "both";

/// Datong decides by two, Taiyuan has its letters approved; one person has both roles everywhere.
fn two_persons(identity: Identity, file: &mut fundlink_node::config::file::ConfigFile) {
    let roles = vec![RoleOfOperator::Clerk, RoleOfOperator::Reviewer];
    let both = OperatorTable { id: BOTH.to_owned(), name: BOTH.to_owned(), roles };
    file.operator.push(both);
    file.policy.letter_needs_reviewer = identity == TAIYUAN;
    file.policy.decisions_need_reviewer = identity == DATONG;
}

#[test]
fn whoever_enters_does_not_review_and_what_is_late_is_told() {
    let plan = Plan {
        begin: Some(at("2026-05-06", 9)),
        configure: two_persons,
        ..Plan::of(&[TAIYUAN, DATONG])
    };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "confirm");
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    // The last month in Datong is paid in Taiyuan, too.
    let here = Saver { account: "9926050600911", status: "01", ..LI_IN_DATONG };
    let here = Saver { first: (2026, 3), months: 1, deposit: 130_000, ..here };
    province.import(TAIYUAN, &Dump::of(&[here]));
    let code = |said: fundlink_tests::program::Said| said.code().unwrap_or_default();

    // Entered by one who may review: not by the same person.
    let entered = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_state(TAIYUAN, &entered, ("draft", "--"));
    assert_eq!(code(province.decide(TAIYUAN, &entered, CLERK, &["approve"])), "OPERATOR");
    province.decide(TAIYUAN, &entered, BOTH, &["approve"]).done();
    province.await_states(&entered, ("requested", "01"), ("held", "01"));

    // Nothing happens for four working days: the whole fifth one is left. Then it is too late.
    province.advance_to(at("2026-05-13", 9));
    province.until("the reminder", |province| {
        let reminded = |at| !province.show(at, &entered)["reminded"].is_null();
        (reminded(TAIYUAN) && reminded(DATONG)).then_some(())
    });
    assert_eq!(province.show(TAIYUAN, &entered)["task"], Value::Null);
    let alerts = |province: &Province| {
        province.member(AUTHORITY).ask(&["alerts", "--all"])["alerts"].clone()
    };
    let late = |alerts: &Value| {
        let alerts = alerts.as_array().cloned().unwrap_or_default();
        alerts.iter().any(|alert| alert["rule"] == "deadline_missed")
    };
    assert!(!late(&alerts(&province)));
    province.advance_to(at("2026-05-14", 9));
    province.await_task(TAIYUAN, &entered, "overdue");
    province.until("the alert of the authority", |province| late(&alerts(province)).then_some(()));
    assert!(!alerts(&province).to_string().contains("李晓禾"));

    // Held: two, alike. Accepted: two, the second names the value date, too.
    province.decide(DATONG, &entered, BOTH, &["accept"]).done();
    assert_eq!(code(province.decide(DATONG, &entered, BOTH, &["accept"])), "OPERATOR");
    let otherwise = ["refuse", "--reason", "R08"];
    assert_eq!(code(province.decide(DATONG, &entered, REVIEWER, &otherwise)), "ARGUMENT");
    province.decide(DATONG, &entered, REVIEWER, &["accept"]).done();
    province.await_states(&entered, ("accepted", "02"), ("accepted", "02"));
    let day = |day: &'static str| ["settle", "--value-date", day];
    province.advance_to(at("2026-05-20", 9));
    province.decide(DATONG, &entered, CLERK, &day("2026-05-20")).done();
    let waits = province.show(DATONG, &entered);
    assert_eq!(
        (&waits["task"]["first"], &waits["task"]["first_decision"]),
        (&json!(CLERK), &json!("settle"))
    );
    assert_eq!(code(province.decide(DATONG, &entered, BOTH, &day("2026-05-21"))), "ARGUMENT");
    assert_eq!(province.state(DATONG, &entered), Some(("accepted".into(), "02".into())));
    province.decide(DATONG, &entered, BOTH, &day("2026-05-20")).done();
    province.await_states(&entered, DONE, DONE);
    let shown = province.show(TAIYUAN, &entered);
    assert_eq!(shown["sheet"]["amount"], "44285.84");

    // March was paid in both cities: it counts once, and that is said.
    let months = &shown["months"];
    assert_eq!((&months["total"], &months["streak"]), (&json!(36), &json!(36)));
    assert_eq!((&months["overlap"], &months["tolerated"]), (&json!(["2026-03"]), &json!([])));
    let read = province.member(TAIYUAN).read_chinese(&["transfer", "show", &entered.number]);
    assert!(read.contains("两地重复缴存，只计一次，请核实：2026-03"), "{read}");
}

#[test]
fn a_center_with_a_new_name_a_new_key_or_a_clock_ahead_goes_on_with_its_cases() {
    const CHEN: Saver = Saver { account: "9920031500134", ..CHEN_IN_TAIYUAN };
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "confirm");
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, CHEN]));
    let here = [(LI_IN_DATONG, "9926050600911"), (CHEN, "9926050600934")];
    let here = here.map(|(saver, account)| newcomer(saver, account, (2026, 5)));
    province.import(TAIYUAN, &Dump::of(&here));
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&case, ("requested", "01"), ("held", "01"));
    province.decide(DATONG, &case, CLERK, &["accept"]).done();
    province.await_states(&case, ("accepted", "02"), ("accepted", "02"));

    // A new name and a new key of Datong between acceptance and sheet.
    let name = "大同市住房公积金管理服务中心";
    province.member(AUTHORITY).run(&["net", "rename", DATONG.center, name]).done();
    province.member(DATONG).run(&["net", "rotate", "statement"]).done();
    province.until("the roster with the new name and key everywhere", |province| {
        let there = |at: Identity| {
            let roster = province.member(at).ask(&["net", "show"]);
            let members = roster["members"].as_array().cloned().unwrap_or_default();
            let datong = members.into_iter().find(|member| member["center"] == DATONG.center);
            datong.is_some_and(|datong| {
                let keys = datong["keys"].as_array().cloned().unwrap_or_default();
                let statement = keys.iter().filter(|key| key["purpose"] == "statement").count();
                datong["name"] == name && statement == 2
            })
        };
        (there(TAIYUAN) && there(DATONG)).then_some(())
    });
    province.member_mut(DATONG).stop();
    province.member_mut(DATONG).start();
    province.decide(DATONG, &case, CLERK, &["settle"]).done();
    province.await_states(&case, DONE, DONE);
    assert_eq!(province.show(TAIYUAN, &case)["sheet"]["amount"], "44285.84");

    // Datong's clock is ten minutes ahead: what it says counts when its time has come.
    let datong = province.member_mut(DATONG);
    datong.stop();
    datong.configure(|file| file.clock.offset_s += 600);
    datong.start();
    let case = province.start(TAIYUAN, DATONG, &CHEN);
    province.await_states(&case, ("requested", "01"), ("held", "01"));
    province.decide(DATONG, &case, CLERK, &["accept"]).done();
    province.await_state(DATONG, &case, ("accepted", "02"));
    province.until("the acceptance that is not due in Taiyuan", |province| {
        let refused =
            province.member(TAIYUAN).counted("fundlink_engine_refusals_total", &["FUTURE"]);
        (refused > 0.0).then_some(())
    });
    assert_eq!(province.state(TAIYUAN, &case), Some(("requested".into(), "01".into())));
    assert_eq!(province.show(DATONG, &case)["task"]["reason"], "confirm_settlement");
    let later = province.now().plus_ms(15 * 60_000);
    province.advance_to(later);
    province.await_states(&case, ("accepted", "02"), ("accepted", "02"));
    province.decide(DATONG, &case, CLERK, &["settle"]).done();
    province.await_states(&case, DONE, DONE);
}
