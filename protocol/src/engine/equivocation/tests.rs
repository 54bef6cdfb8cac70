//! Logs that lie, sources that lie, and stores that fell behind.

mod doubts;
mod next_log;
mod requests;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::engine::command::Command;
use crate::engine::log_event::LogEvent;
use crate::engine::output::Event;
use crate::engine::rosters::command::NetCommand;
use crate::engine::synchronization::{EntriesWanted, SyncReply, SyncRequest};
use crate::engine::{Engine, equivocation, following, recovery, tag_index};
use crate::key::KeyPurpose;
use crate::limits::KEY_OVERLAP_MS;
use crate::log::add_checkpoint::AddCheckpoint;
use crate::log::equivocation::Equivocation;
use crate::log::note::{NoteSignature, SignedNote};
use crate::log::origin::LogId;
use crate::log::proof::TiledTree;
use crate::log::tile::TileId;
use crate::log::tree::TreeSize;
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::roster::enrolment;
use crate::testing::logs::{ALL, Face, checkpoints, digest, held, publish, size, witnessed};
use crate::testing::rotated;
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, network};

#[test]
fn a_witness_never_cosigns_two_roots_of_one_size_and_convicts_who_asks() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    let other = Face::new(log, 100..110);
    let body = AddCheckpoint { old: size(10), proof: Vec::new(), note: other.signed() };
    let reply = province.sync(TAIYUAN, DATONG, &SyncRequest::AddCheckpoint(body.encode().into()));
    assert_eq!(reply, SyncReply::Refused(Refusal::Proof));
    province.advance(1_000);
    for center in ALL {
        let proof = province.act(center, |round| equivocation::proof(round.view, log).unwrap());
        let now = province.now;
        let keys = province.node(center).engine.log_trust(now).log_keys_ever(log);
        assert!(proof.unwrap().verify(&keys).is_ok(), "{center}");
        let may = province.act(center, |round| equivocation::may_start(round, TAIYUAN).unwrap());
        assert!(!may, "{center}");
    }
    // What a quorum had cosigned is still found; nothing is cosigned any more.
    let tag = digest(3).subjects[0];
    let found = province.act(LINFEN, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
    assert_eq!(found.len(), 1);
    publish(&mut province, TAIYUAN, 10..11);
    province.advance(10_000);
    assert_eq!(witnessed(&mut province, TAIYUAN, log), Some(size(10)));
    assert_eq!(checkpoints(&province, log, false), [10], "a convicted log is signed no more");
}

#[test]
fn digests_that_no_quorum_vouched_for_are_found_no_more() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    publish(&mut province, TAIYUAN, 10..600);
    province.advance(2_000);
    let found = |province: &mut Province, number| {
        let tag = digest(number).subjects[0];
        province.act(AUTHORITY, |round| tag_index::by_tag(round.view, tag, 9).unwrap().len())
    };
    assert_eq!([3, 12, 599].map(|number| found(&mut province, number)), [1, 1, 1]);
    Face::new(log, 5..20).gossip(&mut province, AUTHORITY, DATONG);
    assert_eq!([3, 12, 599].map(|number| found(&mut province, number)), [1, 0, 0]);
    let closed = Event::Log(LogEvent::Equivocation { log, closed_at: size(10) });
    assert!(province.events.contains(&(AUTHORITY, closed)));
}

#[test]
fn a_log_that_takes_a_leaf_back_is_convicted_by_its_own_two_checkpoints() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    // Smaller than what is held: the held tiles give the nodes.
    let smaller = Face::new(log, (0..200).map(|number| if number == 17 { 999 } else { number }));
    smaller.gossip(&mut province, DATONG, LINFEN);
    for center in ALL {
        let closed =
            province.act(center, |round| equivocation::is_closed(round.view, log).unwrap());
        assert!(closed, "{center}");
    }
}

#[test]
fn a_larger_checkpoint_that_does_not_fit_is_kept_asked_about_and_convicts() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    let face = Face::new(log, (0..400).map(|number| if number == 17 { 999 } else { number }));
    face.gossip(&mut province, DATONG, LINFEN);
    // Nobody has the other face's entries, so it is neither followed nor proven; it is not
    // cosigned either.
    province.advance(5_000);
    assert_eq!(held(&mut province, DATONG, log).size, size(300));
    // Once entries of the other face come from somewhere, they do not fit, and nodes convict.
    let wanted = EntriesWanted { log, from: size(300), to: size(400) };
    let bundle = |index| {
        let tile = face.tiles.iter().find(|(tile, _)| **tile == TileId::entries(index)).unwrap();
        tile.1.clone().into()
    };
    let entries = SyncReply::Entries(vec![bundle(1)], Vec::new());
    province.act(DATONG, |round| {
        following::on_entries(round, LINFEN, wanted, entries).unwrap();
    });
    let misfit = |province: &mut Province| {
        province.act(DATONG, |round| equivocation::misfit(round.view, log).unwrap())
    };
    assert!(misfit(&mut province).is_some());
    let body = AddCheckpoint { old: size(300), proof: Vec::new(), note: face.signed() };
    let reply = province.sync(TAIYUAN, DATONG, &SyncRequest::AddCheckpoint(body.encode().into()));
    assert_eq!(reply, SyncReply::Refused(Refusal::Proof));
    let nodes = TiledTree::new(&face.tiles, face.size).nodes_around(size(300)).unwrap();
    province.act(DATONG, |round| {
        following::on_nodes(round, LINFEN, log, SyncReply::Nodes(nodes)).unwrap();
    });
    province.drive();
    for center in ALL {
        let closed =
            province.act(center, |round| equivocation::is_closed(round.view, log).unwrap());
        assert!(closed, "{center}");
    }
    assert_eq!(misfit(&mut province), None);
}

#[test]
fn a_checkpoint_whose_entries_nobody_has_convicts_once_the_log_has_grown_past_it() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    let face = Face::new(log, (0..400).map(|number| if number == 17 { 999 } else { number }));
    face.gossip(&mut province, DATONG, LINFEN);
    publish(&mut province, TAIYUAN, 300..450);
    province.advance(120_000);
    for center in ALL {
        let closed =
            province.act(center, |round| equivocation::is_closed(round.view, log).unwrap());
        assert!(closed, "{center}");
    }
    assert_eq!(held(&mut province, DATONG, log).size, size(450));
}

#[test]
fn a_false_proof_of_equivocation_closes_nothing() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    let honest = Face::new(log, 0..10);
    let proof =
        Equivocation { smaller: honest.signed(), larger: honest.signed(), nodes: Vec::new() };
    let reply = province.sync(DATONG, LINFEN, &SyncRequest::Equivocation(Box::new(proof)));
    assert_eq!(reply, SyncReply::Refused(Refusal::Proof));
    assert!(province.act(LINFEN, |round| equivocation::may_start(round, TAIYUAN).unwrap()));
}

#[test]
fn false_entries_are_refused_and_true_ones_taken_from_another() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    province.cut.extend([(LINFEN, TAIYUAN), (TAIYUAN, LINFEN)]);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    Face::new(log, 0..10).gossip(&mut province, LINFEN, DATONG);
    let wanted = EntriesWanted { log, from: size(0), to: size(10) };
    let other = Face::new(log, 50..60);
    let (_, bundle) = other.tiles.iter().find(|(tile, _)| **tile == TileId::entries(0)).unwrap();
    for bundles in [vec![bundle.clone().into()], Vec::new(), vec![vec![0, 1].into()]] {
        let reply = SyncReply::Entries(bundles, Vec::new());
        province.act(LINFEN, |round| {
            following::on_entries(round, DATONG, wanted, reply).unwrap();
        });
        assert_eq!(held(&mut province, LINFEN, log).size, TreeSize::ZERO);
    }
    province.advance(60_000);
    assert_eq!(held(&mut province, LINFEN, log), held(&mut province, TAIYUAN, log));
}

#[test]
fn a_started_node_signs_only_after_a_majority_of_witnesses_answered() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..5);
    province.advance(2_000);
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    province.restart(TAIYUAN);
    publish(&mut province, TAIYUAN, 5..6);
    province.advance(20_000);
    assert_eq!(checkpoints(&province, log, false), [5]);
    province.cut.clear();
    province.advance(10_000);
    assert_eq!(checkpoints(&province, log, false), [5, 6]);
    assert_eq!(witnessed(&mut province, DATONG, log), Some(size(6)));
}

#[test]
fn a_store_that_fell_behind_its_witnesses_gets_its_leaves_back_before_it_signs() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..5);
    province.advance(2_000);
    let old = province.node(TAIYUAN).engine.store().clone();
    publish(&mut province, TAIYUAN, 5..9);
    province.advance(2_000);
    let settings = province.node(TAIYUAN).engine.settings().clone();
    let now = province.now;
    province.node(TAIYUAN).engine = Engine::open(old, settings, now).unwrap();
    province.cut_off(TAIYUAN);
    province.restart(TAIYUAN);
    publish(&mut province, TAIYUAN, 50..60);
    province.advance(30_000);
    assert!(province.act(TAIYUAN, |round| recovery::is_recovering(round.view).unwrap()));
    assert_eq!(checkpoints(&province, log, false), [5, 9], "nothing is signed meanwhile");

    province.cut.clear();
    province.connect_all();
    province.advance(30_000);
    assert_eq!(held(&mut province, TAIYUAN, log), held(&mut province, LINFEN, log));
    // What a few witnesses alone have seen of it may be forgotten for good: it ends.
    assert!(province.act(TAIYUAN, |round| recovery::is_recovering(round.view).unwrap()));
    let next = Command::Net(NetCommand::NextLog(TAIYUAN));
    province.command(AUTHORITY, next).unwrap();
    province.connect_all();
    province.advance(30_000);
    assert!(!province.act(TAIYUAN, |round| recovery::is_recovering(round.view).unwrap()));
    publish(&mut province, TAIYUAN, 60..61);
    province.advance(3_000);
    // Four leaves came back whose records nobody knows here: each is superseded as lost.
    assert_eq!(checkpoints(&province, log, false), [5, 9]);
    let next = LogId::public(TAIYUAN, 2);
    assert_eq!(checkpoints(&province, next, false), [4, 5]);
    assert_eq!(witnessed(&mut province, LINFEN, next), Some(size(5)));
    let behind = |event: &Event| matches!(event, Event::Log(LogEvent::Behind { .. }));
    assert!(province.events.iter().any(|(at, event)| *at == TAIYUAN && behind(event)));
    assert!(!province.act(DATONG, |round| equivocation::is_closed(round.view, log).unwrap()));
}

#[test]
fn what_one_witness_alone_has_seen_is_not_waited_for_past_the_end_of_its_log() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..5);
    province.advance(2_000);
    let old = province.node(TAIYUAN).engine.store().clone();
    publish(&mut province, TAIYUAN, 5..7);
    province.advance(2_000);
    for other in [AUTHORITY, DATONG] {
        province.cut.extend([(TAIYUAN, other), (other, TAIYUAN)]);
        province.cut.extend([(LINFEN, other), (other, LINFEN)]);
    }
    publish(&mut province, TAIYUAN, 7..9);
    province.advance(30_000);
    assert_eq!([LINFEN, DATONG].map(|at| held(&mut province, at, log).size), [9, 7].map(size));
    let settings = province.node(TAIYUAN).engine.settings().clone();
    let now = province.now;
    // Linfen alone has the leaves up to 9, and is away once it has shown their checkpoint.
    province.node(TAIYUAN).engine = Engine::open(old, settings, now).unwrap();
    province.restart(TAIYUAN);
    let asked = SyncRequest::Latest(vec![log]);
    let shown = province.sync(TAIYUAN, LINFEN, &asked);
    province.cut_off(LINFEN);
    province.cut.retain(|(from, to)| [*from, *to].contains(&LINFEN));
    province.act(TAIYUAN, |round| recovery::on_reply(round, LINFEN, shown).unwrap());
    let next = Command::Net(NetCommand::NextLog(TAIYUAN));
    province.command(AUTHORITY, next).unwrap();
    province.connect_all();
    province.advance(30_000);
    assert_eq!(held(&mut province, TAIYUAN, log).size, size(7), "it ended at what most had seen");
    province.cut.clear();
    province.connect_all();
    province.advance(30_000);
    assert!(!province.act(TAIYUAN, |round| recovery::is_recovering(round.view).unwrap()));
}

#[test]
fn a_store_from_before_its_log_key_was_changed_signs_nothing_until_it_knows_the_new_key() {
    let mut province = Province::new();
    let log = LogId::public(DATONG, 1);
    publish(&mut province, DATONG, 0..5);
    province.advance(2_000);
    let old = province.node(DATONG).engine.store().clone();
    let mut new = rotated(DATONG, KeyPurpose::Log, 0x57);
    let offered = enrolment::offer_key(&network(), DATONG, KeyPurpose::Log, &mut new).unwrap();
    province.command(DATONG, Command::Net(NetCommand::ChangeKey(offered))).unwrap();
    province.connect_all();
    let first = core::mem::replace(&mut province.node(DATONG).keyring, new);
    province.restart(DATONG);
    publish(&mut province, DATONG, 5..9);
    province.advance(2_000);
    assert_eq!(witnessed(&mut province, LINFEN, log), Some(size(9)));

    // The whole machine comes back as it was, with a roster that lists the first key alone, and
    // hears of no newer one.
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    province.node(DATONG).engine = Engine::open(old, settings, now).unwrap();
    province.node(DATONG).keyring = first;
    province.cut_off(DATONG);
    province.restart(DATONG);
    for witness in [TAIYUAN, LINFEN, AUTHORITY] {
        let asked = SyncRequest::Latest(vec![log, LogId::audit(DATONG, 1)]);
        let shown = province.sync(DATONG, witness, &asked);
        province.act(DATONG, |round| recovery::on_reply(round, witness, shown).unwrap());
    }
    assert!(province.act(DATONG, |round| recovery::is_recovering(round.view).unwrap()));

    province.cut.clear();
    province.connect_all();
    province.advance(30_000);
    assert_eq!(held(&mut province, DATONG, log), held(&mut province, LINFEN, log));
    assert!(!province.act(DATONG, |round| equivocation::is_closed(round.view, log).unwrap()));
}

#[test]
fn what_a_key_has_signed_that_ended_since_still_tells_a_store_that_it_fell_behind() {
    let mut province = Province::new();
    let log = LogId::public(DATONG, 1);
    let lost = Face::new(log, 0..3).signed().encode();
    let mut new = rotated(DATONG, KeyPurpose::Log, 0x57);
    let offered = enrolment::offer_key(&network(), DATONG, KeyPurpose::Log, &mut new).unwrap();
    province.command(DATONG, Command::Net(NetCommand::ChangeKey(offered))).unwrap();
    province.connect_all();
    province.now = province.now.plus_ms(KEY_OVERLAP_MS);
    let now = province.now;
    let trust = province.node(DATONG).engine.log_trust(now);
    assert_eq!(VerifiedCheckpoint::verify(&lost, &trust).err(), Some(Refusal::KeyUnknown));
    let shown = SyncReply::Latest(vec![lost.into()]);
    province.act(DATONG, |round| recovery::on_reply(round, LINFEN, shown).unwrap());
    assert!(province.act(DATONG, |round| recovery::is_recovering(round.view).unwrap()));
}

#[test]
fn malformed_and_foreign_requests_get_a_named_refusal() {
    let mut province = Province::new();
    let secret = SigningKey::from_bytes(&[9; 32]);
    let face = Face::new(LogId::public(TAIYUAN, 1), 0..3);
    let text = face.signed().text().to_owned();
    let signature = secret.sign(text.as_bytes()).to_bytes().to_vec();
    let line = NoteSignature { bytes: signature, ..face.signed().signatures()[0].clone() };
    let forged = SignedNote::new(text, vec![line]).unwrap();
    let foreign = Face::new(LogId::public(TAIYUAN, 2), 0..3).signed();
    let ask = |note| {
        let body = AddCheckpoint { old: size(0), proof: Vec::new(), note };
        SyncRequest::AddCheckpoint(body.encode().into())
    };
    for (request, refusal) in [
        (ask(forged), Refusal::Signature),
        (ask(foreign), Refusal::NotFound),
        (SyncRequest::AddCheckpoint(b"old".to_vec().into()), Refusal::Malformed),
        (SyncRequest::Latest(vec![LogId::public(TAIYUAN, 1); 17]), Refusal::TooLarge),
        (SyncRequest::Nodes(LogId::public(TAIYUAN, 1), size(2), size(9)), Refusal::NotFound),
    ] {
        assert_eq!(province.sync(LINFEN, DATONG, &request), SyncReply::Refused(refusal));
    }
}
