//! A log that lost entries takes them back from members, and nothing else.

use super::super::Expected;
use super::{Refill, ask_for_latest};
use crate::cbor;
use crate::center::CenterCode;
use crate::engine::following::FollowRow;
use crate::engine::log_store::{self, LogRow};
use crate::engine::synchronization::{SyncReply, SyncRequest};
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::store::keys::{Area, key};
use crate::store::memory::MemoryStore;
use crate::store::{Staged, View, prefix_end};
use crate::testing::logs::{Face, publish, size};
use crate::testing::{DATONG, LINFEN, Province, TAIYUAN, network};

const LOG: LogId = LogId::public(TAIYUAN, 1);

/// Taiyuan has published more leaves than fill a tile, and everybody holds them.
fn published() -> Province {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..300);
    province.advance(5_000);
    province
}

fn expected(center: CenterCode) -> Expected {
    let core_driver = crate::engine::CoreDriver::Embedded;
    Expected { network: network(), center, core_driver }
}

fn store_of(province: &Province, at: CenterCode) -> MemoryStore {
    province.nodes[&at].engine.store().clone()
}

/// Rows of the log in an area.
fn rows(view: &dyn View, area: Area) -> Vec<(Vec<u8>, Vec<u8>)> {
    let prefix = key(area, &[&LOG.to_key()]);
    view.range(&prefix, &prefix_end(&prefix), usize::MAX).unwrap()
}

fn ask(province: &mut Province, to: CenterCode, request: &[u8]) -> Vec<u8> {
    let request: SyncRequest = cbor::decode(request).unwrap();
    cbor::encode(&province.sync(DATONG, to, &request))
}

/// Takes entries from Linfen until none is missing.
fn take_all(province: &mut Province, view: &mut dyn View, refill: &Refill) {
    let mut portions = 0;
    while let Some(request) = refill.request(view).unwrap() {
        let reply = ask(province, LINFEN, &request);
        assert!(refill.take(view, &reply).unwrap());
        portions += 1;
        assert!(portions < 10, "every portion leads further");
    }
    assert!(portions > 0);
}

fn begin(province: &mut Province, view: &mut dyn View, at: CenterCode) -> Option<Refill> {
    let notes = ask(province, LINFEN, &ask_for_latest(LOG));
    Refill::begin(view, &expected(at), LOG, &[vec![0xff], notes]).unwrap()
}

#[test]
fn a_followed_log_that_lost_its_entries_is_whole_again_as_it_was() {
    let mut province = published();
    let store = store_of(&province, DATONG);
    let before = Staged::new(&store);
    let mut view = Staged::new(&store);
    view.delete(key(Area::Log, &[&LOG.to_key()]));
    for (row, _) in rows(&before, Area::Tile).into_iter().chain(rows(&before, Area::Follow)) {
        view.delete(row);
    }
    let refill = begin(&mut province, &mut view, DATONG).unwrap();
    take_all(&mut province, &mut view, &refill);
    assert!(refill.finish(&mut view).unwrap());
    for area in [Area::Log, Area::Tile] {
        assert_eq!(rows(&view, area), rows(&before, area), "{area:?}");
    }
    let follow = rows(&view, Area::Follow).remove(0).1;
    let follow: FollowRow = cbor::decode(&follow).unwrap();
    assert!(follow.reached.is_some(), "it goes on from there");
}

#[test]
fn own_leaves_that_nobody_has_yet_are_kept_behind_those_that_come_back() {
    let mut province = published();
    publish(&mut province, TAIYUAN, 300..700);
    let store = store_of(&province, TAIYUAN);
    let before = Staged::new(&store);
    assert_eq!(log_store::row(&before, LOG).unwrap().size, size(700));
    let mut view = Staged::new(&store);
    // The first entries do not read any more; the tiles that hold the last ones do.
    let (first, _) = rows(&before, Area::Tile)
        .into_iter()
        .find(|(row, _)| row.ends_with(&TileId::entries(0).to_key()))
        .unwrap();
    view.put(first, vec![1]);
    let follow = rows(&before, Area::Follow);
    let refill = begin(&mut province, &mut view, TAIYUAN).unwrap();
    take_all(&mut province, &mut view, &refill);
    assert_eq!(log_store::row(&view, LOG).unwrap().size, size(300));
    assert!(refill.finish(&mut view).unwrap());
    for area in [Area::Log, Area::Tile] {
        assert_eq!(rows(&view, area), rows(&before, area), "{area:?}");
    }
    assert_eq!(rows(&view, Area::Follow), follow, "nobody follows a log of its own");
}

#[test]
fn own_leaves_that_cannot_be_read_or_give_another_root_are_not_made_up() {
    let mut province = published();
    publish(&mut province, TAIYUAN, 300..305);
    let store = store_of(&province, TAIYUAN);
    let mut view = Staged::new(&store);
    let (last, _) = rows(&Staged::new(&store), Area::Tile)
        .into_iter()
        .find(|(row, _)| row.ends_with(&TileId::entries(1).to_key()))
        .unwrap();
    view.put(last, vec![1]);
    assert!(begin(&mut province, &mut view, TAIYUAN).is_none(), "they are nowhere else");
    let mut view = Staged::new(&store);
    let row =
        LogRow { root: crate::id::TreeHash::new([9; 32]), ..log_store::row(&view, LOG).unwrap() };
    view.put(key(Area::Log, &[&LOG.to_key()]), cbor::encode(&row));
    let refill = begin(&mut province, &mut view, TAIYUAN).unwrap();
    take_all(&mut province, &mut view, &refill);
    assert!(!refill.finish(&mut view).unwrap(), "another root than the one that was stored");
}

#[test]
fn no_note_that_falls_behind_what_was_signed_or_that_another_key_signed_is_a_target() {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..3);
    province.advance(5_000);
    let early = ask(&mut province, LINFEN, &ask_for_latest(LOG));
    publish(&mut province, TAIYUAN, 3..5);
    province.advance(5_000);
    let late = ask(&mut province, LINFEN, &ask_for_latest(LOG));
    let of_another = Face::new(LogId::public(LINFEN, 1), 0..9).signed().encode();
    let of_another = cbor::encode(&SyncReply::Latest(vec![of_another.into()]));
    for at in [TAIYUAN, DATONG] {
        let store = store_of(&province, at);
        let begin = |replies: &[Vec<u8>]| {
            let mut view = Staged::new(&store);
            Refill::begin(&mut view, &expected(at), LOG, replies).unwrap().is_some()
        };
        assert!(!begin(&[]), "{at}: nobody has answered");
        assert!(!begin(core::slice::from_ref(&early)), "{at}: later entries would be lost");
        assert!(!begin(core::slice::from_ref(&of_another)), "{at}: a note of another log");
        assert!(begin(&[early.clone(), of_another.clone(), late.clone()]), "{at}: one is enough");
    }
}

#[test]
fn entries_that_do_not_lead_to_the_target_are_refused_and_another_member_asked() {
    let mut province = published();
    let store = store_of(&province, DATONG);
    let mut view = Staged::new(&store);
    let refill = begin(&mut province, &mut view, DATONG).unwrap();
    let request = refill.request(&view).unwrap().unwrap();
    let good = ask(&mut province, LINFEN, &request);
    let SyncReply::Entries(bundles, proof) = cbor::decode(&good).unwrap() else {
        panic!("another reply")
    };
    let face = Face::new(LOG, 1_000..1_300);
    let (_, false_bundle) =
        face.tiles.iter().find(|(tile, _)| **tile == TileId::entries(0)).unwrap();
    let false_bundles = vec![false_bundle.clone().into(); bundles.len()];
    for (what, reply) in [
        ("nothing", Vec::new()),
        ("another reply", cbor::encode(&SyncReply::Latest(Vec::new()))),
        ("no entries", cbor::encode(&SyncReply::Entries(Vec::new(), proof.clone()))),
        ("other entries", cbor::encode(&SyncReply::Entries(false_bundles, proof.clone()))),
    ] {
        assert!(!refill.take(&mut view, &reply).unwrap(), "{what}");
        assert_eq!(refill.request(&view).unwrap(), Some(request.clone()), "{what}");
    }
    assert!(refill.take(&mut view, &good).unwrap());
    take_all_or_none(&mut province, &mut view, &refill);
    assert!(refill.take(&mut view, &[]).unwrap(), "nothing is missing any more");
}

fn take_all_or_none(province: &mut Province, view: &mut dyn View, refill: &Refill) {
    if refill.request(view).unwrap().is_some() {
        take_all(province, view, refill);
    }
}
