//! Jinzhong joins a network of three cities that has been at work for a while.

use fundlink_testnet::member::{AUTHORITY, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, newcomer};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::standing::row;

const JINZHONG: Identity = Identity {
    center: "140700",
    name: "晋中市住房公积金管理中心",
    english: "jinzhong",
    special_account: Some("9990-0140700-0001"),
};

#[test]
fn a_fourth_city_catches_up_is_witnessed_and_moves_an_account() {
    let plan = Plan {
        begin: Some(at("2026-05-20", 9)),
        later: &[JINZHONG],
        ..Plan::of(&[TAIYUAN, DATONG, LINFEN])
    };
    let mut province = Province::form(&plan);
    province.set_mode("transfer", "auto");
    province.set_mode("query", "auto");
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG, WANG_IN_DATONG]));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    let done = ("completed", "00");
    let first = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&first, done, done);

    province.join(JINZHONG);
    let roster = province.member(TAIYUAN).ask(&["net", "show"]);
    let members = roster["members"].as_array().unwrap();
    let listed = members.iter().find(|member| member["center"] == JINZHONG.center).unwrap();
    assert_eq!(listed["witness"], true, "it vouches for the others from now on");

    // All that was ever published is held, entry by entry, under the same roots.
    for of in [AUTHORITY, TAIYUAN, DATONG, LINFEN] {
        let log = format!("{}/1", of.center);
        let size = province.size(of, 1);
        let root = province.await_witnessed(of, &log, size);
        assert_eq!(province.await_witnessed(JINZHONG, &log, size), root, "{log}");
    }
    // The tag key came sealed from a center: the index says who holds what, and nobody else is asked.
    let person = (WANG_IN_DATONG.name, WANG_IN_DATONG.document);
    province.await_check(JINZHONG, TAIYUAN, person);
    province.await_check(JINZHONG, LINFEN, person);
    let dossier = province.await_check(JINZHONG, DATONG, person);
    assert_eq!(row(&dossier, DATONG)["why"], "holds");
    assert_eq!(row(&dossier, DATONG)["state"], "answered");
    assert_eq!(row(&dossier, LINFEN)["state"], "not-asked");

    let wang = newcomer(WANG_IN_DATONG, "9926050700023", (2026, 5));
    province.import(JINZHONG, &Dump::of(&[wang]));
    province.set_mode("transfer", "auto");
    let own = format!("{}/1", JINZHONG.center);
    for at in [AUTHORITY, TAIYUAN, DATONG, LINFEN] {
        province.await_witnessed(at, &own, 1);
    }
    // With Linfen away, no quorum comes together without Jinzhong.
    province.member_mut(LINFEN).stop();
    let size = province.size(DATONG, 1);
    let case = province.start(JINZHONG, DATONG, &WANG_IN_DATONG);
    province.await_states(&case, done, done);
    let sheet = province.show(JINZHONG, &case)["sheet"].clone();
    assert_eq!(sheet["principal"], "7600.00");
    let checkpoint = province.member(AUTHORITY).ask(&["log", "checkpoint", &own]);
    assert_eq!(checkpoint["witnessed"], true);
    province.await_witnessed(AUTHORITY, "140200/1", size + 1);
    let datong = province.member(DATONG).ask(&["log", "checkpoint", "140200/1"]);
    let name = format!("{}/{}/witness", fundlink_tests::province::NETWORK, JINZHONG.center);
    assert!(datong["note"].as_str().unwrap().contains(&name), "Jinzhong cosigned it: {datong}");
}
