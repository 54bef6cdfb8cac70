//! Logs over a network of engines: published, witnessed and followed.

use std::sync::Arc;

use crate::cbor;
use crate::commitment::{CommitmentDomain, commit};
use crate::digest::{Digest, DigestStatus};
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::log_commands::{LogCommand, LogReply};
use crate::engine::log_event::LogEvent;
use crate::engine::output::Event;
use crate::engine::round::Route;
use crate::engine::synchronization::{EntriesWanted, SyncReply, SyncRequest, TilesWanted};
use crate::engine::{
    audit, following, heartbeats, log_store, publication, roster_leaves, tag_index, witnessing,
};
use crate::limits::CHECKPOINT_MS_MIN;
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::{LeafIndex, TreeSize};
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::roster::{LogEnd, MemberLog, Roster};
use crate::statement::Statement;
use crate::statement::membership::TagKeyBox;
use crate::store::keys::{Area, key};
use crate::testing::logs::{ALL, Face, checkpoints, digest, held, publish, size, witnessed};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

#[test]
fn what_one_center_publishes_all_hold_witnessed() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    let own = held(&mut province, TAIYUAN, log);
    assert_eq!(own.size, size(300));
    for center in ALL {
        assert_eq!(held(&mut province, center, log), own, "{center}");
        assert_eq!(witnessed(&mut province, center, log), Some(own.size), "{center}");
    }
    let tag = digest(123).subjects[0];
    let found = province.act(DATONG, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].log, found[0].leaf), (log, LeafIndex::new(123)));
}

#[test]
fn one_signature_covers_a_round_and_none_is_made_within_a_second() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..50);
    province.advance(0);
    assert_eq!(checkpoints(&province, log, false), [50]);
    for step in 0..10 {
        publish(&mut province, TAIYUAN, 50 + step..51 + step);
        province.advance(10);
    }
    assert_eq!(checkpoints(&province, log, false), [50]);
    province.advance(CHECKPOINT_MS_MIN);
    assert_eq!(checkpoints(&province, log, false), [50, 60]);
    province.advance(60_000);
    assert_eq!(checkpoints(&province, log, false), [50, 60], "only when it grew");
    assert_eq!(checkpoints(&province, log, true), [50, 60]);
}

#[test]
fn a_leaf_can_be_proved_offline_by_the_quorum_of_the_roster() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..700);
    province.advance(2_000);
    let index = LeafIndex::new(421);
    let (path, note) = province.act(LINFEN, |round| {
        let (at, note) = log_store::earliest_witnessed(round.view, log, index).unwrap().unwrap();
        let tiles = log_store::StoredTiles::new(round.view, log);
        (tiles.tree(at).inclusion_proof(index).unwrap(), note)
    });
    let proof = TlogProof { extra: None, index, path, note };
    let now = province.now;
    let policy = province.node(AUTHORITY).engine.log_trust(now).policy(log).unwrap();
    let accepted = proof.verify(&policy, &cbor::encode(&digest(421))).unwrap();
    assert!(accepted.cosigned.len() >= 2, "a majority of the three others");
    assert!(proof.verify(&policy, &cbor::encode(&digest(422))).is_err());
}

#[test]
fn the_audit_log_is_witnessed_and_tells_nothing() {
    let mut province = Province::new();
    province.tamper();
    let log = LogId::audit(TAIYUAN, 1);
    let bytes = b"the complete bytes of a statement".to_vec();
    let hash = crate::id::PayloadHash::new([5; 32]);
    province.act(TAIYUAN, |round| audit::audit(round, hash, &bytes).unwrap());
    province.advance(2_000);
    assert_eq!(witnessed(&mut province, TAIYUAN, log), Some(size(1)));
    let (row, entry) = province.act(TAIYUAN, |round| {
        let row = audit::place(round.view, hash).unwrap().unwrap();
        (row, log_store::entry(round.view, log, row.leaf).unwrap().unwrap())
    });
    let opened = commit(CommitmentDomain::Statement, &row.blinding, &bytes);
    assert_eq!(entry, opened.as_bytes());
    assert_eq!(held(&mut province, DATONG, log).size, TreeSize::ZERO);
    let cosigned = province.act(DATONG, |round| witnessing::cosigned_row(round.view, log).unwrap());
    assert_eq!(cosigned.unwrap().size, size(1));
    let wanted = EntriesWanted { log, from: size(0), to: size(1) };
    assert_eq!(
        province.sync(DATONG, TAIYUAN, &SyncRequest::Entries(wanted)),
        SyncReply::Refused(Refusal::NotGranted)
    );
    let tiles = TilesWanted { log, size: size(1), tiles: vec![TileId::level(0, 0)] };
    assert_eq!(
        province.sync(DATONG, TAIYUAN, &SyncRequest::Tiles(tiles)),
        SyncReply::Refused(Refusal::NotGranted)
    );
}

#[test]
fn a_long_log_is_pulled_in_portions_and_from_whoever_has_it() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    for other in ALL {
        province.cut.extend([(LINFEN, other), (other, LINFEN)]);
    }
    for portion in 0..6 {
        publish(&mut province, TAIYUAN, portion * 1_500..(portion + 1) * 1_500);
        province.advance(1_000);
    }
    province.advance(2_000);
    assert_eq!(held(&mut province, LINFEN, log).size, TreeSize::ZERO);
    // Taiyuan stays out of reach; Datong has its log and gossips on.
    province.cut.retain(|link| *link == (LINFEN, TAIYUAN) || *link == (TAIYUAN, LINFEN));
    province.input(LINFEN, Input::Connected { center: DATONG });
    province.drive();
    let notes = province.act(DATONG, |round| following::latest_note(round, log).unwrap());
    let trust = province.nodes[&LINFEN].engine.log_trust(province.now);
    let shown = VerifiedCheckpoint::verify(&notes.unwrap().encode(), &trust).unwrap();
    let checkpoint = Box::new(shown);
    province.input(LINFEN, Input::GossipCheckpoint { from: DATONG, message: 1, checkpoint });
    province.advance(5_000);
    assert_eq!(held(&mut province, LINFEN, log), held(&mut province, TAIYUAN, log));
    assert_eq!(witnessed(&mut province, LINFEN, log), Some(size(9_000)));
}

#[test]
fn witnesses_that_are_away_hold_up_the_proof_alone() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(30_000);
    assert_eq!(held(&mut province, AUTHORITY, log).size, size(10));
    assert_eq!(witnessed(&mut province, TAIYUAN, log), None);
    publish(&mut province, TAIYUAN, 10..20);
    province.advance(1_000);
    province.cut.clear();
    province.advance(30_000);
    assert_eq!(witnessed(&mut province, TAIYUAN, log), Some(size(20)));
    assert_eq!(witnessed(&mut province, LINFEN, log), Some(size(20)));
    assert_eq!(checkpoints(&province, log, true), [20], "the earlier one was given up for it");
}

#[test]
fn the_hash_of_each_roster_is_a_leaf_of_the_authoritys_log() {
    let mut province = Province::new();
    let log = LogId::public(AUTHORITY, 1);
    province.advance(2_000);
    let hash = province.node(LINFEN).engine.roster().hash();
    let leaves = held(&mut province, LINFEN, log).size;
    let (place, entry) = province.act(LINFEN, |round| {
        let place = roster_leaves::leaf_of(round.view, hash).unwrap().unwrap();
        (place, log_store::entry(round.view, log, place.leaf).unwrap().unwrap())
    });
    assert_eq!((place.log, place.leaf.smallest_tree()), (log, Some(leaves)));
    assert_eq!(entry, hash.as_bytes());
    let invalid = |event: &Event| matches!(event, Event::Log(LogEvent::InvalidLeaf { .. }));
    assert!(!province.events.iter().any(|(_, event)| invalid(event)));
}

#[test]
fn the_commands_show_proofs_entries_and_where_every_log_stands() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(0);
    let ask = |province: &mut Province, command| match province
        .command(LINFEN, Command::Log(command))
        .map(|reply| *reply)
    {
        Ok(Reply::Log(reply)) => Ok(reply),
        Ok(_) => panic!("another reply"),
        Err(refused) => Err(refused.refusal),
    };
    province.advance(2_000);
    let LogReply::Checkpoint(held) = ask(&mut province, LogCommand::Checkpoint(log)).unwrap()
    else {
        panic!("another reply");
    };
    assert_eq!((held.checkpoint.size, held.witnessed), (size(300), true));
    let prove = LogCommand::Prove(log, LeafIndex::new(280));
    let LogReply::Proof(shown) = ask(&mut province, prove).unwrap() else {
        panic!("another reply");
    };
    assert!(shown.witnessed);
    assert_eq!(shown.entry, cbor::encode(&digest(280)));
    shown.proof.verify(&shown.policy, &shown.entry).unwrap();
    let beyond = LogCommand::Prove(log, LeafIndex::new(300));
    assert_eq!(ask(&mut province, beyond), Err(Refusal::NotFound));
    let tail = LogCommand::Tail { log, from: None, count: 3 };
    let LogReply::Tail(entries) = ask(&mut province, tail).unwrap() else {
        panic!("another reply");
    };
    let leaves: Vec<u64> = entries.iter().map(|entry| entry.leaf.get()).collect();
    assert_eq!(leaves, [297, 298, 299]);
    assert_eq!(entries[0].digest, Some(digest(297)));
    let LogReply::Follow(states) = ask(&mut province, LogCommand::Follow).unwrap() else {
        panic!("another reply");
    };
    assert_eq!(states.len(), 5, "two own logs and three followed ones");
    let state = states.iter().find(|state| state.log == log).unwrap();
    assert_eq!((state.size, state.signed, state.witnessed), (size(300), size(300), size(300)));
    assert!(!state.misfit && !state.closed && !state.recovering);
}

#[test]
fn a_revision_takes_the_place_of_the_leaf_it_names() {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..5);
    province.advance(2_000);
    let mut closed = digest(3);
    (closed.status, closed.revision, closed.previous) = (DigestStatus::AccountClosed, 2, Some(3));
    let mut bent = digest(4);
    (bent.revision, bent.previous) = (2, Some(77));
    province.act(TAIYUAN, |round| {
        round.publish(&closed).unwrap();
        round.publish(&bent).unwrap();
    });
    province.advance(2_000);
    for center in [TAIYUAN, LINFEN] {
        let tag = closed.subjects[0];
        let found = province.act(center, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
        assert_eq!(found.iter().map(|hit| hit.leaf.get()).collect::<Vec<_>>(), [5], "{center}");
    }
    let bad = Event::Log(LogEvent::InvalidLeaf {
        log: LogId::public(TAIYUAN, 1),
        leaf: LeafIndex::new(6),
    });
    assert!(province.events.contains(&(LINFEN, bad)));
}

#[test]
fn a_center_is_current_while_its_heartbeat_is_young_and_its_log_is_held() {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..5);
    province.advance(61_000);
    let current = |province: &mut Province| {
        province.act(LINFEN, |round| heartbeats::is_current(round, TAIYUAN).unwrap())
    };
    assert!(current(&mut province));
    province.cut.extend([(TAIYUAN, LINFEN)]);
    province.advance(4 * 60_000);
    assert!(current(&mut province));
    province.advance(2 * 60_000);
    assert!(!current(&mut province));
    province.cut.clear();
    province.advance(61_000);
    assert!(current(&mut province));
    let row = province.act(LINFEN, |round| heartbeats::latest(round.view, TAIYUAN).unwrap());
    let row = row.unwrap();
    assert_eq!(row.head, Some((LogId::public(TAIYUAN, 1), size(5))));
    // A checkpoint of a log that no roster here lists yet.
    province.tamper();
    let unknown = heartbeats::HeartbeatRow { head: None, ..row };
    province.act(LINFEN, |round| {
        round.view.put(key(Area::Heartbeat, &[&TAIYUAN.to_key()]), cbor::encode(&unknown));
    });
    assert!(!current(&mut province), "nobody knows how much of it is missing");
}

#[test]
fn tiles_are_served_as_wide_as_the_tree_they_are_asked_for() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    let tiles = vec![TileId::level(0, 0), TileId::level(0, 1), TileId::level(1, 0)];
    let wanted = TilesWanted { log, size: size(280), tiles: tiles.clone() };
    let SyncReply::Tiles(found) = province.sync(LINFEN, DATONG, &SyncRequest::Tiles(wanted)) else {
        panic!("tiles are served by whoever follows");
    };
    let widths: Vec<usize> = found.iter().map(|tile| tile.len() / 32).collect();
    assert_eq!(widths, [256, 24, 1]);
    let beyond = TilesWanted { log, size: size(301), tiles };
    assert_eq!(
        province.sync(LINFEN, DATONG, &SyncRequest::Tiles(beyond)),
        SyncReply::Refused(Refusal::NotFound)
    );
}

#[test]
fn a_center_gets_back_the_statements_from_and_to_it_and_no_others() {
    let mut province = Province::new();
    let say = |province: &mut Province, to, epoch| {
        province.act(TAIYUAN, |round| {
            let issued_at = round.now;
            let sealed = TagKeyBox {
                from: TAIYUAN,
                to,
                issued_at,
                epoch,
                sealed: vec![0; 48].into(),
                in_use: true,
            };
            round.say(&sealed, Route::Keep);
        });
    };
    (100..170).for_each(|epoch| say(&mut province, DATONG, epoch));
    say(&mut province, LINFEN, 200);
    let mut after = None;
    let mut epochs = Vec::new();
    loop {
        let request = SyncRequest::Statements(after);
        let SyncReply::Statements(found, last) = province.sync(DATONG, TAIYUAN, &request) else {
            panic!("statements are given back");
        };
        for bytes in found {
            let statement = province.verify(DATONG, bytes.into()).unwrap();
            if let Statement::TagKeyBox(sealed) = statement.statement() {
                assert_eq!(sealed.to, DATONG);
                epochs.push(sealed.epoch);
            }
        }
        if last.is_none() {
            break;
        }
        after = last;
    }
    epochs.retain(|epoch| *epoch >= 100);
    assert_eq!(epochs, (100..170).collect::<Vec<_>>());
}

#[test]
fn a_checkpoint_below_the_one_that_is_being_pulled_is_an_old_one() {
    let mut province = Province::new();
    province.cut_off(DATONG);
    publish(&mut province, TAIYUAN, 0..30);
    let mut fit = |to: u64| {
        let note = Face::new(LogId::public(TAIYUAN, 1), 0..to).signed().encode();
        province.act(DATONG, |round| {
            let shown = VerifiedCheckpoint::verify(&note, &round.log_trust()).unwrap();
            following::on_checkpoint(round, LINFEN, &shown).unwrap()
        })
    };
    use following::Fit::{Current, Old};
    assert_eq!(
        [20, 10, 20, 30, 25, 19].map(&mut fit),
        [Current, Old, Current, Current, Current, Old]
    );
}

/// The roster of a round with the first log of Taiyuan closed at a size, and the next one open.
fn closed_at(roster: &Roster, face: &Face) -> Arc<Roster> {
    let mut roster = roster.clone();
    let taiyuan = roster.members.iter_mut().find(|member| member.code == TAIYUAN).unwrap();
    taiyuan.logs[0].closed = Some(LogEnd { size: face.size.get(), root: face.root });
    taiyuan.logs.push(MemberLog { number: 2, closed: None });
    Arc::new(roster)
}

/// Shows Datong a checkpoint of the next log; whether it is followed.
fn follows_next(province: &mut Province, end: &Face) -> bool {
    let next = LogId::public(TAIYUAN, 2);
    let note = Face::new(next, 10..12).signed().encode();
    province.act(DATONG, |round| {
        round.roster = closed_at(&round.roster, end);
        let shown = VerifiedCheckpoint::verify(&note, &round.log_trust()).unwrap();
        following::on_checkpoint(round, TAIYUAN, &shown).unwrap();
        following::follow_row(round.view, next).unwrap().target.is_some()
    })
}

#[test]
fn the_end_of_a_closed_log_is_asked_of_others_where_its_center_does_not_show_it() {
    let mut province = Province::new();
    province.tamper();
    province.cut_off(DATONG);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    province.cut.clear();
    province.cut.extend([(DATONG, TAIYUAN), (TAIYUAN, DATONG)]);
    let first = LogId::public(TAIYUAN, 1);
    let end = Face::new(first, 0..10);
    assert!(!follows_next(&mut province, &end), "the center is asked, in vain");
    for _ in 0..2 {
        province.advance(5_000);
        follows_next(&mut province, &end);
    }
    assert_eq!(held(&mut province, DATONG, first).size, size(10));
    assert!(follows_next(&mut province, &end));
}

#[test]
fn the_next_log_of_a_center_is_followed_once_the_one_before_is_held_to_its_end() {
    let mut province = Province::new();
    province.tamper();
    province.cut_off(DATONG);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    let first = LogId::public(TAIYUAN, 1);
    let end = Face::new(first, 0..10);
    assert!(!follows_next(&mut province, &end), "its leaves may name leaves that are not here");
    province.cut.clear();
    province.connect_all();
    province.advance(5_000);
    assert_eq!(held(&mut province, DATONG, first).size, size(10));
    assert!(follows_next(&mut province, &end));
}

#[test]
fn entries_on_their_way_when_a_roster_closes_their_log_below_them_are_not_taken_in() {
    let log = LogId::public(TAIYUAN, 1);
    for end in [5, 10] {
        let mut province = Province::new();
        province.tamper();
        province.cut_off(DATONG);
        publish(&mut province, TAIYUAN, 0..10);
        province.advance(2_000);
        let from = held(&mut province, DATONG, log).size;
        let wanted = EntriesWanted { log, from, to: size(10) };
        let reply = province.sync(LINFEN, TAIYUAN, &SyncRequest::Entries(wanted));
        let note = Face::new(log, 0..10).signed().encode();
        province.act(DATONG, |round| {
            let shown = VerifiedCheckpoint::verify(&note, &round.log_trust()).unwrap();
            following::on_checkpoint(round, LINFEN, &shown).unwrap();
            round.roster = closed_at(&round.roster, &Face::new(log, 0..end));
            following::on_entries(round, TAIYUAN, wanted, reply).unwrap();
        });
        let expected = if end < 10 { from } else { size(10) };
        assert_eq!(held(&mut province, DATONG, log).size, expected);
    }
}

#[test]
fn a_revision_follows_the_last_one_that_counts_and_a_chain_that_turns_back_has_none() {
    let mut province = Province::new();
    province.tamper();
    let after = |leaf: u64| Digest { revision: 2, previous: Some(leaf), ..digest(1) };
    province.act(TAIYUAN, |round| {
        for said in [digest(1), after(0), after(2), after(4), after(1)] {
            round.publish(&said).unwrap();
        }
        // Only the first leaf lies before the end.
        round.roster = closed_at(&round.roster, &Face::new(LogId::public(TAIYUAN, 1), 0..1));
        let before = |leaf| publication::earlier(round, (1, leaf), None).unwrap();
        for leaf in [0, 1, 4] {
            let earlier = before(leaf).unwrap();
            assert_eq!((earlier.leaf, earlier.revision), (0, 1), "from leaf {leaf}");
        }
        for leaf in [2, 3] {
            assert!(before(leaf).is_none(), "leaf {leaf} names none before it");
        }
    });
}
