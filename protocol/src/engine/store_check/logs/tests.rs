//! Logs under the check: what each missing or changed row of a log is taken for, and what mends it.

use super::super::fault::{Cure, Fault};
use super::super::{Report, check};
use crate::cbor;
use crate::center::CenterCode;
use crate::engine::log_store::{self, LogRow};
use crate::engine::publication::SigningRow;
use crate::engine::store_check::Expected;
use crate::id::TreeHash;
use crate::log::entry_bundle;
use crate::log::equivocation::Equivocation;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::store::keys::{Area, key};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Staged, Store as _};
use crate::testing::logs::{Face, digest, publish, size};
use crate::testing::people::LI;
use crate::testing::{DATONG, Province, TAIYUAN, network};

const LOG: LogId = LogId::public(TAIYUAN, 1);

struct Shelf {
    store: MemoryStore,
    center: CenterCode,
}

impl Shelf {
    /// What a center holds once Taiyuan has published more leaves than fill a tile.
    fn of(center: CenterCode) -> Self {
        let mut province = Province::new();
        for portion in [0..100, 100..300] {
            publish(&mut province, TAIYUAN, portion);
            province.advance(5_000);
        }
        Self { store: province.nodes[&center].engine.store().clone(), center }
    }

    fn with(&self, key: &[u8], value: Option<Vec<u8>>) -> Self {
        let mut store = self.store.clone();
        store.commit(Batch { writes: [(key.to_vec(), value)].into() }).unwrap();
        Self { store, center: self.center }
    }

    fn check(&self) -> Report {
        let core_driver = crate::engine::CoreDriver::Embedded;
        let expected = Expected { network: network(), center: self.center, core_driver };
        check(&Staged::new(&self.store), &expected).unwrap()
    }

    fn row(&self) -> LogRow {
        log_store::row(&Staged::new(&self.store), LOG).unwrap()
    }

    fn value(&self, key: &[u8]) -> Vec<u8> {
        self.store.get(key).unwrap().unwrap()
    }

    /// The keys of a log's rows in an area.
    fn keys(&self, area: Area, log: LogId) -> Vec<Vec<u8>> {
        let rows = self.store.range(&[area as u8], &[area as u8 + 1], usize::MAX).unwrap();
        let of_log = |key: &Vec<u8>| key[1..].starts_with(&log.to_key());
        rows.into_iter().map(|(key, _)| key).filter(of_log).collect()
    }
}

fn place(area: Area) -> Vec<u8> {
    key(area, &[&LOG.to_key()])
}

fn tile(log: LogId, tile: TileId) -> Vec<u8> {
    key(Area::Tile, &[&log.to_key(), &tile.to_key()])
}

/// What a check finds of logs, with its cure.
fn found(report: &Report) -> Vec<(Fault, Cure)> {
    let of_logs = [Fault::LogEntries, Fault::LogTiles, Fault::LogCheckpoint];
    let found = report.findings.iter().filter(|finding| of_logs.contains(&finding.fault));
    found.map(|finding| (finding.fault, finding.cure)).collect()
}

/// A damage is mended from the rest of the store, to what was there.
fn is_made_anew(shelf: &Shelf, damaged: &[u8], value: Option<Vec<u8>>) {
    let report = shelf.with(damaged, value.clone()).check();
    let cures: Vec<Cure> = found(&report).into_iter().map(|(_, cure)| cure).collect();
    assert_eq!(cures, [Cure::Rebuild], "{:?}", report.findings);
    assert!(report.incomplete.is_empty());
    let mut mended = shelf.with(damaged, value).store;
    mended.commit(report.mends).unwrap();
    assert_eq!(mended.get(damaged).unwrap(), Some(shelf.value(damaged)));
}

#[test]
fn entries_that_are_missing_or_changed_are_fetched_for_a_public_log_and_restored_for_an_audit_log()
{
    for at in [TAIYUAN, DATONG] {
        let shelf = Shelf::of(at);
        assert_eq!(found(&shelf.check()), [], "{at}");
        let entries = tile(LOG, TileId::entries(0));
        let bundle = shelf.value(&entries);
        let parsed = entry_bundle::parse(&bundle).unwrap();
        let mut others: Vec<Vec<u8>> = parsed.iter().map(|entry| entry.to_vec()).collect();
        others[17] = cbor::encode(&digest(9_999));
        let mut changed = Vec::new();
        for entry in &others {
            entry_bundle::push(&mut changed, entry).unwrap();
        }
        for (what, damage) in
            [("missing", None), ("cut off", Some(vec![1])), ("changed", Some(changed))]
        {
            let report = shelf.with(&entries, damage).check();
            assert!(found(&report).contains(&(Fault::LogEntries, Cure::Fetch)), "{at}: {what}");
            assert_eq!(report.incomplete, [LOG], "{at}: {what}");
        }
    }
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(5_000);
    let store = province.nodes[&TAIYUAN].engine.store().clone();
    let audit = LogId::audit(TAIYUAN, 1);
    let shelf = Shelf { store, center: TAIYUAN };
    let report = shelf.with(&tile(audit, TileId::entries(0)), None).check();
    assert!(found(&report).contains(&(Fault::LogEntries, Cure::Restore)), "nobody else has them");
    assert_eq!(report.incomplete, []);
}

#[test]
fn size_and_root_follow_from_the_entries_as_far_as_a_note_vouches_for_them() {
    for at in [TAIYUAN, DATONG] {
        let shelf = Shelf::of(at);
        let (row, there) = (place(Area::Log), shelf.row());
        assert_eq!(there.size, size(300));
        let other_root = LogRow { root: TreeHash::new([9; 32]), ..there };
        is_made_anew(&shelf, &row, None);
        is_made_anew(&shelf, &row, Some(cbor::encode(&other_root)));
        // A size that falls behind what was signed, or runs ahead of what is held.
        for wrong in [299, 301, 600] {
            let report = shelf
                .with(&row, Some(cbor::encode(&LogRow { size: size(wrong), ..there })))
                .check();
            assert_eq!(report.incomplete, [LOG], "{at}: {wrong}");
        }
    }
}

#[test]
fn leaves_that_no_note_covers_yet_count_only_under_the_root_that_was_stored() {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(5_000);
    publish(&mut province, TAIYUAN, 10..13);
    let store = province.nodes[&TAIYUAN].engine.store().clone();
    let shelf = Shelf { store, center: TAIYUAN };
    assert_eq!(found(&shelf.check()), []);
    let other_root = LogRow { root: TreeHash::new([9; 32]), ..shelf.row() };
    let report = shelf.with(&place(Area::Log), Some(cbor::encode(&other_root))).check();
    assert!(
        found(&report).contains(&(Fault::LogEntries, Cure::Fetch)),
        "which of the two is true?"
    );
    // Of a log of its own all that is there counts.
    is_made_anew(&shelf, &place(Area::Log), None);
}

#[test]
fn tiles_of_hashes_are_made_anew_from_the_entries() {
    for at in [TAIYUAN, DATONG] {
        let shelf = Shelf::of(at);
        let entries = [0, 1].map(|index| tile(LOG, TileId::entries(index)));
        let mut hashes = shelf.keys(Area::Tile, LOG);
        hashes.retain(|key| !entries.contains(key));
        assert!(hashes.len() >= 3, "two of leaves and one above them");
        for key in hashes {
            let mut changed = shelf.value(&key);
            changed[0] ^= 1;
            is_made_anew(&shelf, &key, None);
            is_made_anew(&shelf, &key, Some(changed));
        }
    }
}

#[test]
fn a_checkpoint_of_before_whose_root_the_entries_do_not_give_contradicts_them() {
    for at in [TAIYUAN, DATONG] {
        let shelf = Shelf::of(at);
        // Signed with the log's own key, over other entries.
        let other = Face::new(LOG, 5_000..5_200);
        let row = key(Area::Witnessed, &[&LOG.to_key(), &200_u64.to_be_bytes()]);
        let report = shelf.with(&row, Some(other.signed().encode())).check();
        assert_eq!(found(&report), [(Fault::LogEntries, Cure::Fetch)], "{at}");
        assert_eq!(report.incomplete, [LOG]);
    }
}

#[test]
fn a_note_that_does_not_verify_is_thrown_away_fetched_or_restored_by_where_it_is_kept() {
    for at in [TAIYUAN, DATONG] {
        let shelf = Shelf::of(at);
        let last = shelf.keys(Area::Witnessed, LOG).pop().unwrap();
        let note = String::from_utf8(shelf.value(&last)).unwrap();
        let of_another = note.replacen("/140100/", "/140300/", 1);
        assert_ne!(of_another, note);
        for (area, cure) in [
            (Area::Checkpoint, Cure::Rebuild),
            (Area::Witnessed, if at == TAIYUAN { Cure::Restore } else { Cure::Fetch }),
        ] {
            let place = |size: u64| key(area, &[&LOG.to_key(), &size.to_be_bytes()]);
            let report = shelf.with(&place(300), Some(of_another.clone().into_bytes())).check();
            assert!(found(&report).contains(&(Fault::LogCheckpoint, cure)), "{at}: {area:?}");
            // A note of another size than its place says.
            let report = shelf.with(&place(7), Some(note.clone().into_bytes())).check();
            assert_eq!(found(&report), [(Fault::LogCheckpoint, cure)], "{at}: {area:?} moved");
        }
    }
}

#[test]
fn what_was_signed_last_is_forgotten_where_no_note_is_left() {
    let mut shelf = Shelf::of(TAIYUAN);
    for area in [Area::Checkpoint, Area::Witnessed] {
        for note in shelf.keys(area, LOG) {
            shelf = shelf.with(&note, None);
        }
    }
    let report = shelf.check();
    assert_eq!(found(&report), [(Fault::LogCheckpoint, Cure::Rebuild)]);
    assert_eq!(report.mends.writes[&place(Area::LogSigning)], None, "it is signed again");
}

#[test]
fn what_was_signed_last_is_known_again_from_the_notes() {
    let shelf = Shelf::of(TAIYUAN);
    let row = place(Area::LogSigning);
    let signing = |size| {
        let there: SigningRow = cbor::decode(&shelf.value(&row)).unwrap();
        Some(cbor::encode(&SigningRow { latest: size, ..there }))
    };
    for damage in [None, signing(size(299)), signing(size(301))] {
        let report = shelf.with(&row, damage).check();
        assert_eq!(found(&report), [(Fault::LogCheckpoint, Cure::Rebuild)]);
        let mended = report.mends.writes[&row].clone().unwrap();
        assert_eq!(cbor::decode::<SigningRow>(&mended).unwrap().latest, size(300));
    }
}

#[test]
fn a_cosignature_of_ones_own_that_the_node_does_not_know_of_is_missed() {
    let shelf = Shelf::of(DATONG);
    let row = place(Area::Cosigned);
    assert!(shelf.store.get(&row).unwrap().is_some());
    let kept = shelf.keys(Area::Witnessed, LOG);
    assert!(!kept.is_empty());
    let cosigned = kept.iter().any(|key| {
        let note = String::from_utf8(shelf.value(key)).unwrap();
        note.contains("140200")
    });
    let report = shelf.with(&row, None).check();
    let lost = [(Fault::LogCheckpoint, Cure::Restore)];
    assert_eq!(found(&report), if cosigned { &lost[..] } else { &[] });
    assert!(cosigned, "Datong is one of the witnesses whose cosignatures are kept");
}

#[test]
fn own_entries_that_are_missing_are_missed_though_nothing_says_how_many_there_were() {
    let shelf = Shelf::of(TAIYUAN);
    let report =
        shelf.with(&place(Area::Log), None).with(&tile(LOG, TileId::entries(1)), None).check();
    assert!(found(&report).contains(&(Fault::LogEntries, Cure::Fetch)), "{:?}", report.findings);
    assert_eq!(report.incomplete, [LOG], "the notes are over more than is left");
}

#[test]
fn notes_that_contradict_each_other_are_no_damage_of_a_log_that_was_proved_to_have_two_faces() {
    let other = Face::new(LOG, 5_000..5_200).signed();
    for (at, is_told) in [(DATONG, false), (TAIYUAN, true)] {
        let shelf = Shelf::of(at);
        let last = shelf.keys(Area::Witnessed, LOG).pop().unwrap();
        let larger = SignedNote::parse(&shelf.value(&last)).unwrap();
        let proof = Equivocation { smaller: other.clone(), larger, nodes: Vec::new() };
        let row = key(Area::Witnessed, &[&LOG.to_key(), &200_u64.to_be_bytes()]);
        let report = shelf
            .with(&place(Area::Equivocation), Some(cbor::encode(&proof)))
            .with(&row, Some(other.encode()))
            .check();
        assert_eq!(!found(&report).is_empty(), is_told, "{at}: {:?}", report.findings);
    }
}
