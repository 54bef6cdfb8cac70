//! What a member may ask of another's logs at once, and what it gets.
//!
//! **Promises.** Every request is one step away from one that is answered.
//! **Left to others.** Frames that cannot be read: the tests beside.

use crate::engine::following;
use crate::engine::round::Round;
use crate::engine::synchronization::{
    self, About, EntriesWanted, LATEST_LOGS_MAX, SyncReply, SyncRequest, TilesWanted,
};
use crate::limits::{FRAME_BYTES_MAX, SYNC_BUNDLES_BYTES_MAX, SYNC_TILES_MAX, SYNC_WAIT_MS};
use crate::log::entry_bundle;
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::log::tree::TreeSize;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::testing::logs::{held, publish, size};
use crate::testing::{DATONG, LINFEN, Province, TAIYUAN};

const LOG: LogId = LogId::public(TAIYUAN, 1);

/// Taiyuan's log with so many leaves, held by everybody.
fn province(leaves: u64) -> Province {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..leaves);
    province.advance(5_000);
    province
}

/// Why Datong refuses a request of Linfen, if it does.
fn refused(province: &mut Province, request: &SyncRequest) -> Option<Refusal> {
    let reply = province.sync(LINFEN, DATONG, request);
    if let SyncReply::Refused(refusal) = reply { Some(refusal) } else { None }
}

#[test]
fn the_checkpoints_of_so_many_logs_are_asked_for_at_once_and_of_no_more() {
    let mut province = province(1);
    let latest = |count| SyncRequest::Latest(vec![LOG; count]);
    assert_eq!(refused(&mut province, &latest(LATEST_LOGS_MAX)), None);
    let more = refused(&mut province, &latest(LATEST_LOGS_MAX + 1));
    assert_eq!(more, Some(Refusal::TooLarge));
}

#[test]
fn entries_are_given_of_public_logs_as_far_as_they_are_held() {
    let mut province = province(300);
    let entries =
        |log, from, to| SyncRequest::Entries(EntriesWanted { log, from: size(from), to: size(to) });
    let mut given = |log, from, to| refused(&mut province, &entries(log, from, to));
    assert_eq!(given(LOG, 0, 300), None);
    assert_eq!(given(LOG, 299, 300), None);
    assert_eq!(given(LOG, 300, 300), Some(Refusal::NotFound));
    assert_eq!(given(LOG, 0, 301), Some(Refusal::NotFound));
    assert_eq!(given(LogId::audit(DATONG, 1), 0, 1), Some(Refusal::NotGranted));
}

#[test]
fn one_reply_holds_as_many_entries_as_a_frame_may_and_leads_on_from_there() {
    let mut province = province(12_000);
    let wanted = EntriesWanted { log: LOG, from: TreeSize::ZERO, to: size(12_000) };
    let SyncReply::Entries(bundles, _) =
        province.sync(LINFEN, DATONG, &SyncRequest::Entries(wanted))
    else {
        panic!("another reply")
    };
    let bytes: usize = bundles.iter().map(|bundle| bundle.len()).sum();
    let largest = bundles.iter().map(|bundle| bundle.len()).max().unwrap();
    assert!(bytes <= SYNC_BUNDLES_BYTES_MAX);
    assert!(bytes + largest > SYNC_BUNDLES_BYTES_MAX, "there is no room for one more");
    assert!(bundles.iter().all(|bundle| entry_bundle::parse(bundle).unwrap().len() == 256));
}

#[test]
fn tiles_are_given_of_public_logs_as_many_as_a_frame_may_hold() {
    let mut province = province(600);
    let wanted = |log, to, tiles: Vec<TileId>| {
        SyncRequest::Tiles(TilesWanted { log, size: size(to), tiles })
    };
    let narrow = TileId::level(1, 0);
    let mut given = |log, to, tiles| refused(&mut province, &wanted(log, to, tiles));
    assert_eq!(given(LOG, 600, vec![narrow; SYNC_TILES_MAX]), None);
    let more = given(LOG, 600, vec![narrow; SYNC_TILES_MAX + 1]);
    assert_eq!(more, Some(Refusal::TooLarge));
    assert_eq!(given(LOG, 601, vec![narrow]), Some(Refusal::NotFound));
    assert_eq!(given(LOG, 600, vec![TileId::entries(2)]), None);
    assert_eq!(given(LOG, 600, vec![TileId::entries(3)]), Some(Refusal::NotFound));
    assert_eq!(given(LOG, 200, vec![narrow]), Some(Refusal::NotFound), "not in a tree so small");
    assert_eq!(given(LogId::audit(DATONG, 1), 1, vec![]), Some(Refusal::NotGranted));
    // As many as may be asked for, and too large together.
    let SyncReply::Tiles(one) =
        province.sync(LINFEN, DATONG, &wanted(LOG, 600, vec![TileId::entries(0)]))
    else {
        panic!("another reply")
    };
    let fit = SYNC_BUNDLES_BYTES_MAX / one[0].len();
    assert!(fit < SYNC_TILES_MAX);
    let mut given =
        |count| refused(&mut province, &wanted(LOG, 600, vec![TileId::entries(0); count]));
    assert_eq!(given(fit), None);
    assert_eq!(given(fit + 1), Some(Refusal::TooLarge));
}

#[test]
fn nodes_are_given_around_a_size_within_a_tree_that_is_held() {
    let mut province = province(10);
    let mut given =
        |old, new| refused(&mut province, &SyncRequest::Nodes(LOG, size(old), size(new)));
    assert_eq!(given(3, 10), None);
    assert_eq!(given(10, 10), None);
    assert_eq!(given(10, 9), Some(Refusal::NotFound));
    assert_eq!(given(3, 11), Some(Refusal::NotFound));
}

#[test]
fn whoever_heard_nothing_for_a_while_asks_for_the_checkpoints_when_it_connects() {
    let mut province = province(3);
    province.cut_off(LINFEN);
    publish(&mut province, TAIYUAN, 3..8);
    province.advance(5_000);
    assert_eq!(held(&mut province, LINFEN, LOG).size, size(3));
    province.cut.clear();
    // No time passes: nothing is said anew.
    province.connect_all();
    assert_eq!(held(&mut province, LINFEN, LOG).size, size(8));
    let note = province.act(LINFEN, |round| following::latest_note(round, LOG).unwrap());
    assert!(note.is_some());
}

#[test]
fn a_request_may_be_answered_for_so_long_and_by_whom_it_was_asked_of() {
    let mut province = province(1);
    province.cut_off(LINFEN);
    let token = province.act(LINFEN, |round| {
        synchronization::ask(round, DATONG, About::Proof, &SyncRequest::DialBack).unwrap()
    });
    let asked_at = province.now;
    for (ms, is_open) in [(0, true), (SYNC_WAIT_MS - 1, true), (SYNC_WAIT_MS, false)] {
        province.now = asked_at.plus_ms(ms);
        let open = |round: &mut Round<'_>| synchronization::is_open(round, token).unwrap();
        assert_eq!(province.act(LINFEN, open), is_open, "after {ms} ms");
    }
    province.now = asked_at.plus_ms(1);
    for (from, is_known) in [(TAIYUAN, true), (DATONG, false), (DATONG, false)] {
        province.act(LINFEN, |round| {
            let frame = crate::cbor::encode(&SyncReply::Taken);
            synchronization::on_reply(round, from, token, Ok(frame)).unwrap();
        });
        let known = province.act(LINFEN, |round| {
            let place = key(Area::SyncAsk, &[&token.to_be_bytes()]);
            round.view.get(&place).unwrap().is_some()
        });
        assert_eq!(known, is_known, "{from}");
    }
}

#[test]
fn a_reply_that_fits_no_frame_is_none() {
    let mut province = province(1);
    province.cut_off(LINFEN);
    publish(&mut province, TAIYUAN, 1..2);
    province.advance(2_000);
    let note = province.act(TAIYUAN, |round| following::latest_note(round, LOG).unwrap().unwrap());
    for (bytes, is_taken) in [(0, true), (FRAME_BYTES_MAX, false)] {
        // The log's checkpoint, and so many bytes that nobody can read.
        let notes = vec![note.encode().into(), vec![0; bytes].into()];
        let frame = crate::cbor::encode(&SyncReply::Latest(notes));
        province.act(LINFEN, |round| {
            let latest = SyncRequest::Latest(vec![LOG]);
            let token = synchronization::ask(round, DATONG, About::Latest, &latest).unwrap();
            synchronization::on_reply(round, DATONG, token, Ok(frame)).unwrap();
            let known = following::newest_known(round.view, LOG).unwrap();
            assert_eq!(known == size(2), is_taken, "{bytes} bytes more");
            let place = key(Area::Follow, &[&LOG.to_key()]);
            round.view.delete(place);
        });
    }
}
