//! What the tag key and the tags promise.

use super::*;
use crate::document::DocumentType;
use crate::engine::command::{Command, Reply};
use crate::engine::rosters::command::{NetCommand, NetReply};
use crate::id::SubjectTag;
use crate::roster::join_file::JoinFile;
use crate::store::{Staged, Store as _};
use crate::subject::Tagger;
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, admit, joined, tagger};
use crate::time::Date;

const CENTERS: [CenterCode; 3] = [TAIYUAN, DATONG, LINFEN];
const EPOCH: TagEpoch = TagEpoch(1);

/// A province whose members were all admitted before any node has started.
fn fresh(members: &[CenterCode]) -> Province {
    let roles: Vec<_> = core::iter::once((AUTHORITY, Role::Authority))
        .chain(members.iter().map(|code| (*code, Role::Center)))
        .collect();
    let mut province = Province::empty();
    let file = joined(&roles, province.now);
    for (code, role) in roles {
        province.join(code, role, &file);
    }
    province.advance(10_000);
    province
}

fn file(province: &mut Province) -> JoinFile {
    let reply = province.command(AUTHORITY, Command::Net(NetCommand::JoinFile)).unwrap();
    let Reply::Net(NetReply::JoinFile(file)) = *reply else { panic!("another reply") };
    *file
}

fn tag_at(province: &mut Province, center: CenterCode) -> Result<Vec<SubjectTag>, TagError> {
    province.node(center).tagger.tags(EPOCH, &[TagSubject::Person("01:140199199003070223")])
}

fn rows(province: &mut Province, center: CenterCode, area: Area) -> usize {
    let prefix = key(area, &[]);
    province.node(center).engine.store().range(&prefix, &prefix_end(&prefix), 100).unwrap().len()
}

#[test]
fn the_first_center_makes_the_key_and_every_other_center_gets_it_sealed() {
    let mut province = fresh(&CENTERS);
    let tags: Vec<_> = CENTERS.map(|center| tag_at(&mut province, center).unwrap()).into();
    assert!(tags.windows(2).all(|pair| pair[0] == pair[1]));
    for center in CENTERS {
        assert_eq!(rows(&mut province, center, Area::TagKey), 1);
        assert_eq!(rows(&mut province, center, Area::Outbox), 0, "every box has arrived");
    }
}

#[test]
fn the_authority_never_gets_the_key_and_can_compute_no_tag() {
    let mut province = fresh(&CENTERS);
    assert_eq!(tag_at(&mut province, AUTHORITY), Err(TagError::NoKey(EPOCH)));
    assert_eq!(rows(&mut province, AUTHORITY, Area::TagKey), 0);
    // Not even when a center is made to hand it over.
    let boxed = TagKeyBox {
        from: TAIYUAN,
        to: AUTHORITY,
        issued_at: province.now,
        epoch: EPOCH.0,
        sealed: vec![0; 80].into(),
        in_use: false,
    };
    let keyring = &mut province.node(TAIYUAN).keyring;
    let bytes = crate::cose::sign("test", &boxed, keyring).unwrap();
    let verified = province.verify(AUTHORITY, bytes).unwrap();
    let reply = province.act(AUTHORITY, |round| on_box(round, &verified, &boxed));
    assert_eq!(reply.unwrap(), DeliveryReply::Refused(Refusal::WrongState));
}

#[test]
fn a_center_that_joins_later_gets_the_key_though_its_maker_is_away() {
    let mut province = fresh(&[TAIYUAN, DATONG]);
    province.cut_off(TAIYUAN);
    admit(&mut province, LINFEN);
    let file = file(&mut province);
    province.join(LINFEN, Role::Center, &file);
    province.connect_all();
    province.advance(10_000);
    assert_eq!(tag_at(&mut province, LINFEN), tag_at(&mut province, DATONG));
}

#[test]
fn a_restarted_node_opens_its_stored_box() {
    let mut province = fresh(&CENTERS);
    for center in CENTERS {
        let before = tag_at(&mut province, center).unwrap();
        province.node(center).tagger = tagger(center);
        assert!(tag_at(&mut province, center).is_err());
        province.restart(center);
        assert_eq!(tag_at(&mut province, center).unwrap(), before);
    }
}

#[test]
fn two_unused_keys_become_one_whichever_comes_first() {
    for byte in 0..8 {
        let mut province = fresh(&CENTERS);
        let node = province.node(TAIYUAN);
        node.tagger.drop_key(EPOCH).unwrap();
        node.tagger.make(EPOCH, &[byte; 32]).unwrap();
        // It does not know that it has handed a key on before.
        node.write(|view| CENTERS.map(|to| view.delete(sent_key(EPOCH, to))).into_iter().collect());
        province.restart(TAIYUAN);
        province.advance(10_000);
        let tags: Vec<_> = CENTERS.map(|center| tag_at(&mut province, center).unwrap()).into();
        assert!(tags.windows(2).all(|pair| pair[0] == pair[1]), "{byte}");
    }
}

#[test]
fn a_key_under_which_digests_stand_is_not_given_up() {
    let mut province = fresh(&CENTERS);
    let before = tag_at(&mut province, DATONG).unwrap();
    for center in [DATONG, LINFEN] {
        let digest = crate::testing::logs::digest(7);
        province.act(center, |round| round.publish(&digest)).unwrap();
    }
    // Taiyuan has lost its store, and with it the key that it once made.
    let file = file(&mut province);
    province.join(TAIYUAN, Role::Center, &file);
    province.advance(10_000);
    for center in CENTERS {
        assert_eq!(tag_at(&mut province, center).unwrap(), before, "{center}");
    }
}

fn reason(operator: &str) -> TagReason {
    TagReason {
        purpose: Purpose::LoanApplication,
        operator: OperatorId::parse(operator).unwrap(),
        serial: Some("20260506-1".into()),
    }
}

fn person(last: &str) -> DocumentNumber {
    DocumentNumber::parse(DocumentType::Passport, last, Date::new(2026, 5, 6).unwrap()).unwrap()
}

#[test]
fn a_tag_of_a_stranger_costs_an_operator_and_leaves_a_row() {
    let mut province = Province::new();
    let persons = [person("E12345678"), person("E12345679")];
    let of = |province: &mut Province, operator| {
        province.act(DATONG, |round| of_persons(round, &persons, &reason(operator)))
    };
    let refused = of(&mut province, "nobody").unwrap_err();
    assert_eq!(refused, Stop::Refused(Refusal::Operator));
    let store = province.node(DATONG).engine.store().clone();
    assert_eq!(taken(&Staged::new(&store), 9).unwrap(), []);
    let tags = of(&mut province, "clerk").unwrap();
    let store = province.node(DATONG).engine.store().clone();
    let rows = taken(&Staged::new(&store), 9).unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(tags.contains(&row.tag));
        assert_eq!(row.operator.as_str(), "clerk");
        assert_eq!(row.purpose, Purpose::LoanApplication);
    }
}

#[test]
fn an_operator_that_fishes_is_stopped_until_the_minute_is_over() {
    let mut province = Province::new();
    let ask = |province: &mut Province, operator| {
        let persons: Vec<_> = (0..20).map(|n| person(&format!("E{n:08}"))).collect();
        province.act(DATONG, |round| of_persons(round, &persons, &reason(operator)))
    };
    for _ in 0..3 {
        assert!(ask(&mut province, "clerk").is_ok());
    }
    assert_eq!(ask(&mut province, "clerk").unwrap_err(), Stop::Refused(Refusal::RateLimited));
    assert!(ask(&mut province, "reviewer").is_ok(), "each operator has a minute of their own");
    province.now = province.now.plus_ms(60_000);
    assert!(ask(&mut province, "clerk").is_ok());
}

#[test]
fn without_the_key_the_refusal_says_so() {
    let mut province = Province::new();
    province.node(DATONG).tagger = tagger(DATONG);
    let stop = province.act(DATONG, |round| compute(round, &[person("E12345678")]));
    let Err(Stop::Explained(refused)) = stop else { panic!("tagged without a key") };
    assert_eq!(refused.refusal, Refusal::TagKey);
}

#[test]
fn a_box_is_for_the_epoch_in_force_and_opens_or_is_refused() {
    for (epoch, expected) in [
        (0, DeliveryReply::Refused(Refusal::WrongState)),
        (1, DeliveryReply::Refused(Refusal::Proof)),
        (2, DeliveryReply::Later(Refusal::WrongState)),
    ] {
        let mut province = fresh(&CENTERS);
        let boxed = TagKeyBox {
            from: TAIYUAN,
            to: DATONG,
            issued_at: province.now,
            epoch,
            sealed: vec![0; 80].into(),
            in_use: false,
        };
        let keyring = &mut province.node(TAIYUAN).keyring;
        let bytes = crate::cose::sign("test", &boxed, keyring).unwrap();
        let verified = province.verify(DATONG, bytes).unwrap();
        let reply = province.act(DATONG, |round| on_box(round, &verified, &boxed));
        assert_eq!(reply.unwrap(), expected, "epoch {epoch}");
    }
}

#[test]
fn whoever_has_the_key_is_sent_it_no_second_time() {
    let mut province = fresh(&CENTERS);
    for center in CENTERS {
        province.cut_off(center);
        province.act(center, on_roster).unwrap();
        assert_eq!(rows(&mut province, center, Area::Outbox), 0, "{center}");
        province.cut.clear();
    }
}

#[test]
fn whoever_made_the_key_seals_it_to_a_center_that_was_admitted_before_and_let_in_later() {
    let mut province = Province::empty();
    let roles: Vec<_> = core::iter::once((AUTHORITY, Role::Authority))
        .chain(CENTERS.map(|code| (code, Role::Center)))
        .collect();
    let first = joined(&roles, province.now);
    province.join(AUTHORITY, Role::Authority, &first);
    province.command(AUTHORITY, Command::Net(NetCommand::Suspend(TAIYUAN))).unwrap();
    let file = file(&mut province);
    for code in [DATONG, LINFEN, TAIYUAN] {
        province.join(code, Role::Center, &file);
    }
    province.connect_all();
    province.advance(10_000);
    assert!(tag_at(&mut province, DATONG).is_ok());
    assert!(tag_at(&mut province, TAIYUAN).is_err(), "while it is suspended");
    for center in [DATONG, LINFEN] {
        let digest = crate::testing::logs::digest(7);
        province.act(center, |round| round.publish(&digest)).unwrap();
    }
    province.command(AUTHORITY, Command::Net(NetCommand::Reinstate(TAIYUAN))).unwrap();
    province.connect_all();
    province.advance(10_000);
    assert_eq!(tag_at(&mut province, TAIYUAN), tag_at(&mut province, DATONG));
}
