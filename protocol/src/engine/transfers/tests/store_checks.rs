//! A whole store under the check: what is missing or changed in it is found, and what follows from
//! the rest is made anew.

mod damages;

use std::collections::BTreeSet;

use super::world::{World, application, newcomer, saver};
use crate::cbor;
use crate::engine::imports::ImportItem;
use crate::engine::records::StoredAccount;
use crate::engine::store_check::fault::{Cure, Fault};
use crate::engine::store_check::{Expected, Report, check};
use crate::engine::transfers_out::Outgoing;
use crate::ledger::TrialBalance;
use crate::ledger::posting::Posting;
use crate::log::origin::NetworkName;
use crate::money::Fen;
use crate::store::keys::{Area, key};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, Staged, Store as _};
use crate::testing::people::{LI, ZHANG, ZHOU, loan};
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::outgoing::OutgoingState;

const OLD: &str = "9923041500021";

/// Datong's store: a transfer that is over, one that is settled and whose statements wait, a loan.
fn world() -> World {
    let accounts = vec![
        saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
        saver(DATONG, "9923041500022", ZHANG, (202_304, 36, "900.00"), "2026-05-06"),
        newcomer(TAIYUAN, "0126050100001", LI),
        newcomer(TAIYUAN, "0126050100002", ZHANG),
    ];
    let mut world = World::new("2026-05-20", accounts.clone());
    let mut items: Vec<ImportItem> = accounts
        .into_iter()
        .filter(|account| account.record.center == DATONG)
        .map(|account| ImportItem::Account(Box::new(account)))
        .collect();
    items.push(ImportItem::Loan(Box::new(loan(DATONG, "JK140200-2021-0077", &[ZHOU]))));
    world.province.import(DATONG, items).unwrap();
    world.run();
    let over = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(over, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    // Datong hears Taiyuan and is not heard.
    world.province.cut.insert((DATONG, TAIYUAN));
    world.start(TAIYUAN, application(DATONG, "9923041500022", ZHANG)).unwrap();
    world
}

struct Shelf {
    store: MemoryStore,
    expected: Expected,
}

impl Shelf {
    fn of(world: &World) -> Self {
        let engine = &world.province.nodes[&DATONG].engine;
        let settings = engine.settings();
        let expected = Expected {
            network: settings.network.clone(),
            center: DATONG,
            core_driver: settings.core_driver,
        };
        Self { store: engine.store().clone(), expected }
    }

    fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.store.range(&[], &[0xff], usize::MAX).unwrap()
    }

    fn with(&self, key: &[u8], value: Option<Vec<u8>>) -> Self {
        let mut store = self.store.clone();
        store.commit(Batch { writes: [(key.to_vec(), value)].into() }).unwrap();
        Self { store, expected: self.expected.clone() }
    }

    fn check(&self) -> Report {
        check(&Staged::new(&self.store), &self.expected).unwrap()
    }

    fn mended(mut self, report: Report) -> Self {
        self.store.commit(report.mends).unwrap();
        self
    }
}

/// Rows of which nothing else in the store speaks: caches, times of the last deed, what was set once.
const ALONE: [Area; 9] = [
    Area::Annex,
    Area::TagKeySent,
    // An earlier note of a log: the later ones cover it.
    Area::Witnessed,
    Area::WitnessOf,
    // Of logs whose notes carry no cosignature of this center.
    Area::Cosigned,
    Area::Follow,
    Area::Heartbeat,
    // Orders that posted nothing.
    Area::CoreDone,
    // A loan whose walk may not have come to it.
    Area::Published,
];
/// Single values without which the node goes on.
const SPARE: [&[u8]; 11] = [
    b"unusable-records",
    b"sync-token",
    b"recovery",
    b"publishing",
    b"mode/transfer",
    b"mode/query",
    b"mode/certificate",
    b"import",
    b"clock",
    b"checkpoints-signed-at",
    b"bank notices",
];

fn stands_alone(key: &[u8]) -> bool {
    let is_spare = SPARE.contains(&key.get(1..).unwrap());
    Area::of(key).is_some_and(|area| ALONE.contains(&area) || (area == Area::Single && is_spare))
}

#[test]
fn a_row_that_is_gone_is_missed_and_made_anew_where_it_follows_from_the_rest() {
    let world = world();
    let shelf = Shelf::of(&world);
    assert!(shelf.check().is_clean());
    let mut made_anew = BTreeSet::new();
    for (key, value) in shelf.rows() {
        let (area, without) = (Area::of(&key).unwrap(), shelf.with(&key, None));
        let report = without.check();
        let name = String::from_utf8_lossy(key.get(1..).unwrap()).into_owned();
        assert!(!report.is_clean() || stands_alone(&key), "{area:?} {name}");
        if report.findings.iter().all(|finding| finding.cure == Cure::Rebuild) {
            let mended = without.mended(report);
            assert_eq!(mended.check().findings, [], "{area:?}");
            if mended.store.get(&key).unwrap() == Some(value) {
                made_anew.insert(area);
            }
        }
    }
    for area in [
        Area::TagIndex,
        Area::ReferenceIndex,
        Area::RosterLeaf,
        Area::Person,
        Area::TimerSet,
        Area::TimerDue,
        Area::Log,
        Area::Tile,
        Area::Correspondence,
        Area::OutboxCount,
        Area::LedgerTotals,
        Area::TransferNumber,
        Area::TransferOpen,
        Area::TransferOf,
    ] {
        assert!(made_anew.contains(&area), "{area:?} follows from the rest");
    }
}

#[test]
fn a_row_in_another_form_is_found_in_every_area() {
    let world = world();
    let shelf = Shelf::of(&world);
    let areas: BTreeSet<Option<Area>> = shelf.rows().iter().map(|(key, _)| Area::of(key)).collect();
    assert_eq!(shelf.check().rows, u64::try_from(shelf.rows().len()).unwrap());
    for area in areas {
        let mut rows = shelf.rows().into_iter().filter(|(key, _)| Area::of(key) == area);
        let (row, mut value) = rows.next().unwrap();
        value.extend([0xf6; 3]);
        let report = shelf.with(&row, Some(value)).check();
        // A hash of a log may be followed by others.
        let is_found = report.counts.contains_key(&Fault::RowForm)
            || report.counts.contains_key(&Fault::RosterChain)
            || report.counts.contains_key(&Fault::NotJoined);
        assert!(is_found || area == Some(Area::Tile), "{area:?}: {:?}", report.findings);
    }
    let strange = shelf.with(&[0xfe, 1], Some(vec![1])).check();
    assert!(strange.counts.contains_key(&Fault::RowForm));
}

#[test]
fn a_row_too_many_is_found_and_taken_out() {
    let world = world();
    let shelf = Shelf::of(&world);
    for area in [Area::TagIndex, Area::RosterLeaf, Area::TimerDue, Area::Correspondence] {
        let rows = shelf.rows();
        let (mut key, value) =
            rows.into_iter().find(|(key, _)| Area::of(key) == Some(area)).unwrap();
        *key.last_mut().unwrap() ^= 0x80;
        let more = shelf.with(&key, Some(value));
        let report = more.check();
        assert!(!report.is_clean(), "{area:?}");
        let mended = more.mended(report);
        assert_eq!(mended.check().findings, [], "{area:?}");
        assert_eq!(mended.store.get(&key).unwrap(), None, "{area:?}");
    }
}

/// What is found when a value is changed so that it still reads well.
fn found<T>(shelf: &Shelf, area: Area, change: impl FnOnce(&mut T)) -> BTreeSet<Fault>
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let rows = shelf.rows();
    let (key, value) = rows.into_iter().find(|(key, _)| Area::of(key) == Some(area)).unwrap();
    let mut value: T = cbor::decode(&value).unwrap();
    change(&mut value);
    let report = shelf.with(&key, Some(cbor::encode(&value))).check();
    let cures: BTreeSet<Cure> = report.findings.iter().map(|finding| finding.cure).collect();
    assert!(cures.contains(&Cure::Restore), "{cures:?}: nobody guesses what it was");
    report.counts.into_keys().collect()
}

#[test]
fn what_was_changed_with_skill_contradicts_what_was_signed_or_booked() {
    let world = world();
    let shelf = Shelf::of(&world);
    let more = |fen: &mut Fen| *fen = fen.checked_add(Fen::new(100).unwrap()).unwrap();
    // A clerk of the data centre gives somebody a yuan.
    let record = found::<StoredAccount>(&shelf, Area::Account, |account| {
        more(&mut account.record.account.balance);
    });
    assert!(record.contains(&Fault::RecordChanged) && record.contains(&Fault::Balance));
    let sums = found::<TrialBalance>(&shelf, Area::LedgerTotals, |sums| {
        sums.persons += 100;
        sums.cash -= 100;
    });
    assert!(sums.contains(&Fault::LedgerTotals) && sums.contains(&Fault::Balance));
    let sums = found::<TrialBalance>(&shelf, Area::LedgerTotals, |sums| sums.cash -= 100);
    assert!(sums.contains(&Fault::LedgerSum));
    let posting = found::<Posting>(&shelf, Area::Posting, |posting| {
        more(&mut posting.lines[0].amount);
    });
    assert!(posting.contains(&Fault::Posting));
    let state = found::<Outgoing>(&shelf, Area::TransferOut, |outgoing| {
        outgoing.state = OutgoingState::Restored;
    });
    assert!(state.contains(&Fault::TransferMoney));
    let posting = shelf.rows().into_iter().find(|(key, _)| key[0] == Area::Posting as u8);
    let twice = key(Area::Posting, &[&9_u64.to_be_bytes()]);
    let twice = shelf.with(&twice, Some(posting.unwrap().1));
    assert!(twice.check().counts.contains_key(&Fault::Posting), "a gap, and another sum");
}

#[test]
fn a_store_of_another_center_or_network_is_told_apart() {
    let world = world();
    let mut shelf = Shelf::of(&world);
    shelf.expected.center = TAIYUAN;
    let findings = shelf.check().findings;
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].fault, findings[0].cure), (Fault::OtherMember, Cure::Configuration));
    assert_eq!(findings[0].place, "a store of 140200");
    shelf.expected.center = DATONG;
    shelf.expected.network = NetworkName::parse("elsewhere").unwrap();
    assert_eq!(shelf.check().findings[0].fault, Fault::OtherMember);
}

#[test]
fn no_finding_names_a_person_an_account_or_an_amount() {
    let world = world();
    let shelf = Shelf::of(&world);
    for (key, _) in shelf.rows() {
        for finding in shelf.with(&key, None).check().findings {
            for private in [OLD, LI.0, LI.1, ZHANG.0, ZHANG.1, "44285"] {
                assert!(!finding.place.contains(private), "{finding:?}");
            }
        }
    }
}
