//! Checkpoints that are doubted: what is held later, or the nodes of the tree, decide.
//!
//! **Promises.** An honest log is not convicted for a source that lies; a log that lies is, once what
//! is held reaches its checkpoint.
//! **Left to others.** Proofs that arrive whole: the tests beside.

use crate::digest::Digest;
use crate::engine::equivocation;
use crate::engine::following;
use crate::engine::input::Input;
use crate::engine::synchronization::{EntriesWanted, SyncReply, SyncRequest};
use crate::engine::{audit, log_store, tag_index};
use crate::id::TreeHash;
use crate::log::add_checkpoint::AddCheckpoint;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::proof::TiledTree;
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::testing::logs::{Face, digest, held, publish, size};
use crate::testing::{DATONG, LINFEN, Province, TAIYUAN};

const LOG: LogId = LogId::public(TAIYUAN, 1);

/// Taiyuan's log with 300 leaves, which everybody holds; then Datong hears nobody.
fn deaf() -> Province {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(2_000);
    province.cut_off(DATONG);
    province
}

/// The log as it is, and with another leaf 17.
fn faces(leaves: u64) -> (Face, Face) {
    let other = (0..leaves).map(|number| if number == 17 { 999 } else { number });
    (Face::new(LOG, 0..leaves), Face::new(LOG, other))
}

fn misfit(province: &mut Province) -> Option<SignedNote> {
    province.act(DATONG, |round| equivocation::misfit(round.view, LOG).unwrap())
}

fn is_closed(province: &mut Province) -> bool {
    province.act(DATONG, |round| equivocation::is_closed(round.view, LOG).unwrap())
}

#[test]
fn entries_that_do_not_fit_are_their_senders_lie_where_the_nodes_fold_to_both_checkpoints() {
    let mut province = deaf();
    let (honest, _) = faces(400);
    honest.gossip(&mut province, DATONG, LINFEN);
    let wanted = EntriesWanted { log: LOG, from: size(300), to: size(400) };
    let lies = || SyncReply::Entries(vec![vec![0, 1].into()], Vec::new());
    province.act(DATONG, |round| {
        following::on_entries(round, LINFEN, wanted, lies()).unwrap();
    });
    assert!(misfit(&mut province).is_some(), "somebody lies");
    let nodes = TiledTree::new(&honest.tiles, honest.size).nodes_around(size(300)).unwrap();
    let mut answer = |nodes: Vec<TreeHash>| {
        province.act(DATONG, |round| {
            following::on_nodes(round, LINFEN, LOG, SyncReply::Nodes(nodes)).unwrap();
        });
        assert!(!is_closed(&mut province));
        misfit(&mut province).is_none()
    };
    for changed in 0..nodes.len() {
        let mut false_nodes = nodes.clone();
        false_nodes[changed] = TreeHash::new([7; 32]);
        assert!(!answer(false_nodes), "node {changed} is another");
    }
    assert!(!answer(nodes[1..].to_vec()), "one is missing");
    assert!(!answer([nodes.clone(), vec![TreeHash::new([7; 32])]].concat()), "one too many");
    assert!(answer(nodes), "the log is honest");
}

#[test]
fn a_checkpoint_that_did_not_fit_is_judged_once_what_is_held_reaches_it() {
    for (is_honest, grown) in [(true, 400), (true, 450), (false, 400), (false, 450)] {
        let mut province = deaf();
        let (honest, other) = faces(400);
        let note = if is_honest { honest.signed() } else { other.signed() };
        province.act(DATONG, |round| equivocation::keep_misfit(round, LOG, &note).unwrap());
        province.cut.clear();
        publish(&mut province, TAIYUAN, 300..399);
        province.advance(5_000);
        assert_eq!(held(&mut province, DATONG, LOG).size, size(399));
        assert_eq!(misfit(&mut province), Some(note), "not yet");
        publish(&mut province, TAIYUAN, 399..grown);
        province.advance(5_000);
        assert_eq!((misfit(&mut province), is_closed(&mut province)), (None, !is_honest));
    }
}

#[test]
fn of_checkpoints_that_come_while_entries_are_awaited_the_largest_is_taken_up_next() {
    let mut province = deaf();
    for (shown, known) in [(310, 310), (330, 330), (320, 330), (305, 330), (340, 340), (310, 340)] {
        faces(shown).0.gossip(&mut province, DATONG, LINFEN);
        let newest =
            province.act(DATONG, |round| following::newest_known(round.view, LOG).unwrap());
        assert_eq!(newest, size(known), "{shown}");
    }
    let row = province.act(DATONG, |round| following::follow_row(round.view, LOG).unwrap());
    let sizes = [row.target, row.next].map(|note| following::checkpoint_of(&note.unwrap()));
    assert_eq!(sizes.map(|checkpoint| checkpoint.unwrap().size), [size(310), size(340)]);
}

#[test]
fn two_roots_of_one_size_convict_before_their_entries_are_here() {
    for place in 0..2 {
        let mut province = deaf();
        let (honest, other) = faces(310);
        if place == 1 {
            faces(305).0.gossip(&mut province, DATONG, LINFEN);
        }
        honest.gossip(&mut province, DATONG, LINFEN);
        honest.gossip(&mut province, DATONG, LINFEN);
        assert!(!is_closed(&mut province), "the same again");
        other.gossip(&mut province, DATONG, LINFEN);
        assert!(is_closed(&mut province), "{place}");
    }
}

#[test]
fn the_checkpoint_that_is_awaited_gains_cosignatures_and_loses_none() {
    let mut province = deaf();
    publish(&mut province, TAIYUAN, 300..310);
    province.advance(5_000);
    let (_, witnessed) = province
        .act(TAIYUAN, |round| log_store::latest_witnessed(round.view, LOG).unwrap().unwrap());
    let alone = faces(310).0.signed();
    assert_eq!(alone.text(), witnessed.text());
    for (note, lines) in [(&alone, 1), (&witnessed, 3), (&alone, 3)] {
        let trust = province.nodes[&DATONG].engine.log_trust(province.now);
        let checkpoint = VerifiedCheckpoint::verify_note(note.clone(), &trust).unwrap();
        let checkpoint = Box::new(checkpoint);
        province.input(DATONG, Input::GossipCheckpoint { from: LINFEN, message: 1, checkpoint });
        province.drive();
        let row = province.act(DATONG, |round| following::follow_row(round.view, LOG).unwrap());
        assert_eq!(row.target.unwrap().signatures().len(), lines);
    }
}

#[test]
fn a_witness_cosigns_a_convicted_log_no_more_however_well_it_goes_on() {
    for is_convicted in [false, true] {
        let mut province = deaf();
        if is_convicted {
            faces(300).1.gossip(&mut province, DATONG, LINFEN);
        }
        assert_eq!(is_closed(&mut province), is_convicted);
        let (honest, _) = faces(310);
        let proof =
            TiledTree::new(&honest.tiles, honest.size).consistency_proof(size(300)).unwrap();
        let asked = AddCheckpoint { old: size(300), proof, note: honest.signed() };
        province.cut.clear();
        let request = SyncRequest::AddCheckpoint(asked.encode().into());
        let reply = province.sync(TAIYUAN, DATONG, &request);
        assert_eq!(reply == SyncReply::Refused(Refusal::Proof), is_convicted, "{reply:?}");
        assert_eq!(matches!(reply, SyncReply::Cosigned(_)), !is_convicted, "{reply:?}");
    }
}

#[test]
fn two_roots_of_an_audit_log_convict_although_nobody_holds_its_entries() {
    let mut province = Province::new();
    province.tamper();
    let log = LogId::audit(TAIYUAN, 1);
    let hash = crate::id::PayloadHash::new([5; 32]);
    province.act(TAIYUAN, |round| audit::audit(round, hash, b"a statement").unwrap());
    province.advance(2_000);
    let is_convicted = |province: &mut Province| {
        province.act(DATONG, |round| equivocation::is_convicted(round.view, TAIYUAN, 1).unwrap())
    };
    assert!(!is_convicted(&mut province));
    let other = Face::new(log, 0..1);
    let asked = AddCheckpoint { old: size(1), proof: Vec::new(), note: other.signed() };
    let request = SyncRequest::AddCheckpoint(asked.encode().into());
    let reply = province.sync(TAIYUAN, DATONG, &request);
    assert_eq!(reply, SyncReply::Refused(Refusal::Proof));
    assert!(is_convicted(&mut province));
}

#[test]
fn a_leaf_that_names_itself_or_a_later_one_as_the_one_before_is_found_all_the_same() {
    for previous in [1, 2] {
        let mut province = Province::new();
        province.tamper();
        publish(&mut province, TAIYUAN, 0..1);
        let strange = Digest { revision: 2, previous: Some(previous), ..digest(5) };
        province.act(TAIYUAN, |round| round.publish(&strange).unwrap());
        publish(&mut province, TAIYUAN, 6..7);
        province.advance(5_000);
        let tag = strange.subjects[0];
        let found = province.act(DATONG, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
        assert_eq!(found.len(), 1, "{previous}");
    }
}
