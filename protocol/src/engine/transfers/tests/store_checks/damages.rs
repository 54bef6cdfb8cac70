//! One damage each, and what it is taken for: made anew only where the rest of the store says how.

mod table;

use std::collections::BTreeMap;

use super::*;
use crate::engine::outbox::Count;
use crate::engine::records::RecordKind;
use crate::engine::single;
use crate::id::{PayloadHash, TransferId};
use crate::roster::Roster;
use crate::testing::bank::Behaviour;
use crate::transfer::reason::RefusalReason;

/// The rows of an area.
fn rows(shelf: &Shelf, area: Area) -> Vec<(Vec<u8>, Vec<u8>)> {
    shelf.rows().into_iter().filter(|(key, _)| Area::of(key) == Some(area)).collect()
}

/// What a check finds: each fault with its cures.
fn told(report: &Report) -> BTreeMap<Fault, BTreeSet<Cure>> {
    let mut told: BTreeMap<Fault, BTreeSet<Cure>> = BTreeMap::new();
    for finding in &report.findings {
        told.entry(finding.fault).or_default().insert(finding.cure);
    }
    told
}

fn after(shelf: &Shelf, key: &[u8], value: Option<Vec<u8>>) -> BTreeMap<Fault, BTreeSet<Cure>> {
    told(&shelf.with(key, value).check())
}

fn only(fault: Fault, cures: &[Cure]) -> BTreeMap<Fault, BTreeSet<Cure>> {
    BTreeMap::from([(fault, cures.iter().copied().collect())])
}

/// Outgoing transfers in the store: the one that is over, and the one that is not.
fn transfers(shelf: &Shelf) -> [(Vec<u8>, Outgoing); 2] {
    let mut found: Vec<(Vec<u8>, Outgoing)> = rows(shelf, Area::TransferOut)
        .into_iter()
        .map(|(key, value)| (key, cbor::decode(&value).unwrap()))
        .collect();
    found.sort_by_key(|(_, out)| !out.state.is_final());
    found.try_into().unwrap()
}

#[test]
fn sums_are_made_anew_only_from_postings_that_are_whole() {
    let shelf = Shelf::of(&world());
    let (totals, right) = rows(&shelf, Area::LedgerTotals).remove(0);
    assert_eq!(after(&shelf, &totals, None), only(Fault::LedgerTotals, &[Cure::Rebuild]));
    let mended = shelf.with(&totals, None);
    let report = mended.check();
    assert_eq!(mended.mended(report).store.get(&totals).unwrap(), Some(right.clone()));
    // Sums that are there and wrong are somebody's word against the postings.
    let sums: TrialBalance = cbor::decode(&right).unwrap();
    for wrong in [
        TrialBalance { suspense_out: sums.suspense_out + 1, cash: sums.cash - 1, ..sums },
        TrialBalance { suspense_in: sums.suspense_in + 1, cash: sums.cash - 1, ..sums },
        TrialBalance { interest: sums.interest + 1, cash: sums.cash - 1, ..sums },
    ] {
        let found = after(&shelf, &totals, Some(cbor::encode(&wrong)));
        assert_eq!(found, only(Fault::LedgerTotals, &[Cure::Restore]));
    }
    let postings = rows(&shelf, Area::Posting);
    assert!(postings.len() > 2);
    for damaged in [None, Some(vec![0xff])] {
        let broken = shelf.with(&postings[1].0, damaged).with(&totals, None);
        let found = told(&broken.check());
        assert!(found.contains_key(&Fault::Posting));
        assert_eq!(found[&Fault::LedgerTotals], [Cure::Restore].into(), "a posting is not there");
    }
}

#[test]
fn suspense_is_made_anew_where_it_is_missing_and_never_where_it_is_another() {
    let mut world = World::new(
        "2026-05-20",
        vec![
            saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100001", LI),
        ],
    );
    world.bank.script.push_back(Behaviour::Hold);
    world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let shelf = Shelf::of(&world);
    let held = rows(&shelf, Area::Suspense);
    assert!(!held.is_empty(), "a settlement is under way");
    for (row, value) in &held {
        assert_eq!(after(&shelf, row, None), only(Fault::Suspense, &[Cure::Rebuild]));
        let without = shelf.with(row, None);
        let report = without.check();
        assert_eq!(without.mended(report).store.get(row).unwrap(), Some(value.clone()));
        let more = cbor::encode(&Fen::new(1).unwrap());
        assert_eq!(after(&shelf, row, Some(more)), only(Fault::Suspense, &[Cure::Restore]));
        let mut of_nobody = row.clone();
        *of_nobody.last_mut().unwrap() ^= 1;
        let found = after(&shelf, &of_nobody, Some(value.clone()));
        assert_eq!(found, only(Fault::Suspense, &[Cure::Restore]), "of no transfer");
        // Another posting cannot be read, so that nobody knows what else it said.
        let is_other =
            |posting: &[u8]| cbor::decode::<Posting>(posting).unwrap().cause.transfer().is_none();
        let mut others = rows(&shelf, Area::Posting).into_iter();
        let (other, _) = others.find(|(_, posting)| is_other(posting)).unwrap();
        let found = told(&shelf.with(row, None).with(&other, Some(vec![0xff])).check());
        assert_eq!(found[&Fault::Suspense], [Cure::Restore].into());
    }
}

#[test]
fn a_state_contradicts_the_postings_when_its_settlement_stands_in_one_of_the_two_alone() {
    use OutgoingState::{
        Accepted, Completed, Held, Paid, PayFailed, PayUnknown, Paying, Received, Rejected,
        Released, Restored, Reversed, Settled,
    };
    let shelf = Shelf::of(&world());
    let failed = PayFailed(crate::settlement::BankFailure::Limit);
    let with_settlement =
        [Settled, Paying, failed, PayUnknown, Paid, Completed(false), Completed(true)];
    let without = [
        Received,
        Held,
        Accepted,
        Reversed,
        Rejected(RefusalReason::Closed, true),
        Released,
        Restored,
    ];
    let [(row, over), _] = transfers(&shelf);
    for state in with_settlement.into_iter().chain(without) {
        let other = Outgoing { state, ..over.clone() };
        let found = after(&shelf, &row, Some(cbor::encode(&other)));
        let contradicts = found.contains_key(&Fault::TransferMoney);
        assert_eq!(contradicts, without.contains(&state), "{state:?}");
    }
}

#[test]
fn what_is_worked_off_in_portions_goes_on_by_a_timer() {
    let shelf = Shelf::of(&world());
    let timed_out = only(Fault::Timer, &[Cure::Rebuild]);
    let unpublished = key(Area::Unpublished, &[&[RecordKind::Account as u8], OLD.as_bytes()]);
    assert_eq!(after(&shelf, &unpublished, Some(Vec::new())), timed_out);
    let (_, notice) = rows(&shelf, Area::Notice).remove(0);
    let held = key(Area::HeldNotice, &[&0_u64.to_be_bytes()]);
    assert_eq!(after(&shelf, &held, Some(notice)), timed_out);
}

#[test]
fn a_transfer_has_its_orders_statements_and_places_in_the_lists() {
    let shelf = Shelf::of(&world());
    let [(row, over), (open_row, open)] = transfers(&shelf);
    let listed = key(Area::TransferOpen, &[over.case.id.as_bytes()]);
    let found = after(&shelf, &listed, Some(Vec::new()));
    assert_eq!(found, only(Fault::TransferRows, &[Cure::Rebuild]), "it is over");
    let listed = key(Area::TransferOpen, &[open.case.id.as_bytes()]);
    assert_eq!(after(&shelf, &listed, None), only(Fault::TransferRows, &[Cure::Rebuild]));
    // Nothing says what a number or a list stands for that names no transfer.
    let nobody = TransferId::new([9; 32]);
    let stray = key(Area::TransferOpen, &[nobody.as_bytes()]);
    assert_eq!(
        after(&shelf, &stray, Some(Vec::new())),
        only(Fault::TransferRows, &[Cure::Restore])
    );
    let number = rows(&shelf, Area::TransferNumber).remove(0).0;
    let found = after(&shelf, &number, Some(nobody.as_bytes().to_vec()));
    assert_eq!(found[&Fault::TransferRows], [Cure::Restore].into());
    let mut paid_once_more = over.clone();
    paid_once_more.case.attempts += 1;
    let found = after(&shelf, &row, Some(cbor::encode(&paid_once_more)));
    assert_eq!(found[&Fault::TransferRows], [Cure::Restore].into(), "an order that is not there");
    let mut said_more = open.clone();
    said_more.case.thread.statements.push(PayloadHash::new([9; 32]));
    let found = after(&shelf, &open_row, Some(cbor::encode(&said_more)));
    assert_eq!(found, only(Fault::StatementMissing, &[Cure::Restore]));
}

#[test]
fn what_was_booked_once_is_known_by_its_order_or_its_notice() {
    let shelf = Shelf::of(&world());
    for (notice, _) in rows(&shelf, Area::Notice) {
        let found = after(&shelf, &notice, None);
        assert_eq!(found[&Fault::TransferMoney], [Cure::Restore].into());
    }
    for (undo, _) in rows(&shelf, Area::LedgerUndo) {
        let found = after(&shelf, &undo, None);
        assert_eq!(found[&Fault::TransferMoney], [Cure::Restore].into());
    }
    assert!(!rows(&shelf, Area::Notice).is_empty() && !rows(&shelf, Area::LedgerUndo).is_empty());
}

#[test]
fn the_counts_of_an_outbox_follow_from_its_rows_and_a_row_that_is_gone_is_missed() {
    let shelf = Shelf::of(&world());
    let (row, value) = rows(&shelf, Area::OutboxCount)
        .into_iter()
        .find(|(_, value)| cbor::decode::<Count>(value).unwrap().open > 0)
        .unwrap();
    let right: Count = cbor::decode(&value).unwrap();
    let count = |open, next| Some(cbor::encode(&Count { open, next }));
    let rebuilt = only(Fault::Outbox, &[Cure::Rebuild]);
    assert_eq!(after(&shelf, &row, count(right.open - 1, right.next)), rebuilt);
    let gone = only(Fault::Outbox, &[Cure::Rebuild, Cure::Restore]);
    assert_eq!(after(&shelf, &row, count(right.open + 1, right.next)), gone);
    assert_eq!(after(&shelf, &row, count(right.open, right.next - 1)), rebuilt);
    let later = after(&shelf, &row, count(right.open, right.next + 1));
    assert_eq!(later, BTreeMap::new(), "rows that were delivered are not there");
    let (of_row, _) = rows(&shelf, Area::Outbox).remove(0);
    assert_eq!(after(&shelf, &of_row, None)[&Fault::Outbox], gone[&Fault::Outbox]);
}

#[test]
fn an_audit_row_that_names_another_leaf_and_a_statement_without_one_are_found() {
    let shelf = Shelf::of(&world());
    let leaves = rows(&shelf, Area::AuditLeaf);
    let (first, second) = (&leaves[0], &leaves[1]);
    let found = after(&shelf, &first.0, Some(second.1.clone()));
    assert!(found[&Fault::AuditLeaf].contains(&Cure::Restore));
    for (row, hash) in rows(&shelf, Area::Correspondence) {
        let found = after(&shelf, &row, None);
        assert_eq!(found, only(Fault::Correspondence, &[Cure::Rebuild]));
        let other = if hash == first.0[1..] { &second.0[1..] } else { &first.0[1..] };
        let mended = shelf.with(&row, Some(other.to_vec()));
        let report = mended.check();
        assert_eq!(told(&report), only(Fault::Correspondence, &[Cure::Rebuild]));
    }
    let (statement, _) = rows(&shelf, Area::Statement).remove(0);
    let found = after(&shelf, &statement, None);
    assert!(found.contains_key(&Fault::StatementMissing));
}

#[test]
fn the_roster_in_force_is_the_last_of_the_chain_that_was_signed() {
    let shelf = Shelf::of(&world());
    let place = key(Area::Single, &[b"roster"]);
    let in_force: Roster = single::roster(&Staged::new(&shelf.store)).unwrap().unwrap();
    let renamed = {
        let mut other = in_force.clone();
        other.members[0].name.push('x');
        other
    };
    assert_eq!(
        after(&shelf, &place, Some(cbor::encode(&renamed))),
        only(Fault::RosterChain, &[Cure::Rebuild])
    );
    let signed = rows(&shelf, Area::Roster);
    let (last, bytes) = signed.last().unwrap().clone();
    let later = Roster { version: in_force.version + 1, ..in_force.clone() };
    let found = after(&shelf, &place, Some(cbor::encode(&later)));
    assert_eq!(found, only(Fault::RosterChain, &[Cure::Restore]), "nobody has signed it");
    let found = after(&shelf, &last, None);
    assert_eq!(found[&Fault::RosterChain], [Cure::Restore].into());
    // A roster at another place than its version says.
    let elsewhere = key(Area::Roster, &[&(in_force.version + 5).to_be_bytes()]);
    let found = after(&shelf, &elsewhere, Some(bytes));
    assert!(found[&Fault::RosterChain].contains(&Cure::Restore));
}

#[test]
fn an_index_row_stands_for_a_leaf_that_counts_and_says_what_the_leaf_says() {
    let shelf = Shelf::of(&world());
    for area in [Area::TagIndex, Area::ReferenceIndex] {
        let index = rows(&shelf, area);
        let (row, value) = index.first().unwrap();
        assert_eq!(after(&shelf, row, None), only(Fault::LeafWithoutIndex, &[Cure::Rebuild]));
        let other = index.iter().find(|(_, other)| other != value).unwrap();
        let changed = shelf.with(row, Some(other.1.clone()));
        let report = changed.check();
        assert_eq!(told(&report), only(Fault::IndexWithoutLeaf, &[Cure::Rebuild]), "{area:?}");
        let mut of_another = row.clone();
        of_another[2] ^= 1;
        let found = after(&shelf, &of_another, Some(value.clone()));
        assert_eq!(found, only(Fault::IndexWithoutLeaf, &[Cure::Rebuild]), "{area:?}: a stray tag");
        // Of a log that is not held at all.
        let mut of_no_log = row.clone();
        let end = of_no_log.len() - 10;
        of_no_log[end] ^= 2;
        let found = after(&shelf, &of_no_log, Some(value.clone()));
        assert!(found[&Fault::IndexWithoutLeaf].contains(&Cure::Rebuild), "{area:?}");
    }
}

#[test]
fn each_cure_has_a_word_of_its_own() {
    let all = [Cure::Rebuild, Cure::Fetch, Cure::Restore, Cure::Configuration];
    assert_eq!(all.map(Cure::word), ["rebuild", "fetch", "restore", "configuration"]);
    assert_eq!(Cure::of_row(Some(Area::TagIndex)), Cure::Rebuild);
    assert_eq!(Cure::of_row(Some(Area::Tile)), Cure::Fetch);
    assert_eq!(Cure::of_row(Some(Area::Account)), Cure::Restore);
    assert_eq!(Cure::of_row(None), Cure::Restore);
}
