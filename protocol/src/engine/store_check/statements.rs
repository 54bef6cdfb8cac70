//! Statements: against the audit log, the list by center, the outboxes.
//!
//! **Promises.** Each leaf of the audit log is opened by what it commits to, as far as that is kept.
//! **Left to others.** Whether the log is what was signed: `logs`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::audit::AuditRow;
use super::super::outbox::{Count, Row};
use super::super::timer::Timer;
use super::super::transfer_case::{Case, DECISIONS_MAX};
use super::super::transfers_in::Incoming;
use super::super::transfers_out::Outgoing;
use super::super::{audit, log_store, recovery, timer};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::cbor;
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::Received;
use crate::id::PayloadHash;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::LeafIndex;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// Checks statements and outboxes.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let others = Others::of(bench.view)?;
    leaves_open(bench, &others)?;
    leaves_are_known(bench)?;
    statements_have_leaves(bench)?;
    outboxes_fit(bench)
}

/// What is in the audit log and is no statement: decisions of persons, tags that were taken.
struct Others {
    bytes: BTreeMap<PayloadHash, Vec<u8>>,
    /// The oldest decisions of a case are not kept.
    are_all: bool,
}

impl Others {
    fn of(view: &dyn View) -> Result<Self, StoreError> {
        let mut others = Self { bytes: BTreeMap::new(), are_all: true };
        each_of(view, Area::TransferOut, |_, (_, value)| {
            if let Ok(outgoing) = cbor::decode::<Outgoing>(value) {
                others.add(&outgoing.case);
            }
            Ok(())
        })?;
        each_of(view, Area::TransferIn, |_, (_, value)| {
            if let Ok(incoming) = cbor::decode::<Incoming>(value) {
                others.add(&incoming.case);
            }
            Ok(())
        })?;
        for taken in recovery::overridden(view).unwrap_or_default() {
            others.bytes.insert(taken.hash(), cbor::encode(&taken));
        }
        each_of(view, Area::TagTaken, |_, (_, value)| {
            others.bytes.insert(named(value), value.clone());
            Ok(())
        })?;
        Ok(others)
    }

    fn add(&mut self, case: &Case) {
        self.are_all &= case.decisions.len() < DECISIONS_MAX;
        for decision in &case.decisions {
            self.bytes.insert(decision.hash(), cbor::encode(decision));
        }
    }
}

fn named(bytes: &[u8]) -> PayloadHash {
    PayloadHash::new(*blake3::hash(bytes).as_bytes())
}

fn hash_in(key: &[u8]) -> Option<PayloadHash> {
    key.get(1..)?.try_into().ok().map(PayloadHash::new)
}

/// Each row of the audit log's index names a leaf that commits to what is kept under its hash.
fn leaves_open(bench: &mut Bench<'_>, others: &Others) -> Result<(), StoreError> {
    let (view, center) = (bench.view, bench.expected.center);
    each_of(view, Area::AuditLeaf, |place, (row_key, value)| {
        let (Some(hash), Ok(row)) = (hash_in(row_key), cbor::decode::<AuditRow>(value)) else {
            return Ok(());
        };
        let log = LogId::audit(center, row.number);
        let entry = log_store::entry(view, log, row.leaf).ok().flatten();
        let statement = view.get(&key(Area::Statement, &[hash.as_bytes()]))?;
        let Some(bytes) = statement.as_ref().or_else(|| others.bytes.get(&hash)) else {
            if others.are_all {
                let place = format!("leaf {} of {}", row.leaf.get(), bench.origin(log));
                bench.lost(Fault::StatementMissing, place);
            }
            return Ok(());
        };
        let opens = commit(CommitmentDomain::Statement, &row.blinding, bytes);
        if entry.as_deref() != Some(opens.as_bytes().as_slice()) {
            bench.lost(Fault::AuditLeaf, format!("AuditLeaf row {place}"));
        }
        let other = audit::other_side(center, bytes);
        if let Some(other) = other.filter(|_| statement.is_some()) {
            let row_place = audit::correspondence_key(other, (row.number, row.leaf));
            if view.get(&row_place)?.as_deref() != Some(hash.as_bytes().as_slice()) {
                let writes = [(row_place, Some(hash.as_bytes().to_vec()))];
                bench.mended(Fault::Correspondence, format!("AuditLeaf row {place}"), writes);
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Each leaf of the audit log is named by a row: of its statement, or of one that was signed again.
fn leaves_are_known(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let (view, center) = (bench.view, bench.expected.center);
    let mut known: BTreeMap<(u32, LeafIndex), PayloadHash> = BTreeMap::new();
    each_of(view, Area::AuditLeaf, |_, (key, value)| {
        let place = cbor::decode::<AuditRow>(value).map(|row| (row.number, row.leaf));
        known.extend(place.ok().zip(hash_in(key)));
        Ok(())
    })?;
    let mut signed_again: BTreeSet<(u32, LeafIndex)> = BTreeSet::new();
    each_of(view, Area::Correspondence, |place, (row, hash)| {
        let leaf = place_in(row).map(|(_, leaf)| leaf);
        let is_other = leaf
            .and_then(|leaf| known.get(&leaf))
            .is_some_and(|known| known.as_bytes().as_slice() != hash);
        let is_held = leaf.is_some_and(|(number, leaf)| {
            let held = log_store::row(view, LogId::audit(center, number));
            held.is_ok_and(|held| held.size.contains(leaf))
        });
        if is_other || !is_held || view.get(&key(Area::AuditLeaf, &[hash]))?.is_none() {
            let place = format!("Correspondence row {place}");
            bench.mended(Fault::Correspondence, place, [(row.clone(), None)]);
        } else {
            signed_again.extend(leaf);
        }
        Ok(())
    })?;
    let is_restored = recovery::lapse::read(view).is_ok_and(|lapse| lapse.is_some());
    let newest = known.keys().map(|(number, _)| *number).max().unwrap_or_default();
    each_of(view, Area::Log, |_, (key, _)| {
        let log = LogId::from_key(key.get(1..).unwrap_or_default());
        let Some(log) = log.filter(|log| log.center == center && log.kind == LogKind::Audit) else {
            return Ok(());
        };
        let Ok(held) = log_store::row(view, log) else { return Ok(()) };
        if is_restored && log.number < newest {
            // What it says was audited again in the next log.
            return Ok(());
        }
        for leaf in 0..held.size.get() {
            let place = (log.number, LeafIndex::new(leaf));
            if !known.contains_key(&place) && !signed_again.contains(&place) {
                let place = format!("{} leaf {leaf}", bench.origin(log));
                bench.lost(Fault::AuditLeaf, place);
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// The other side and the leaf of a row of the list by center.
fn place_in(key: &[u8]) -> Option<(CenterCode, (u32, LeafIndex))> {
    let (center, rest) = key.get(1..)?.split_first_chunk::<4>()?;
    let (number, leaf) = rest.split_first_chunk::<4>()?;
    let center = CenterCode::new(u32::from_be_bytes(*center)).ok()?;
    let leaf = LeafIndex::new(u64::from_be_bytes(leaf.try_into().ok()?));
    Some((center, (u32::from_be_bytes(*number), leaf)))
}

fn statements_have_leaves(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::Statement, |place, (row, value)| {
        let Some(hash) = hash_in(row) else { return Ok(()) };
        let Ok(received) = Received::parse(value.clone()) else { return Ok(()) };
        if received.hash() != hash {
            bench.lost(Fault::StatementBytes, format!("Statement row {place}"));
        } else if received.kind().is_audited()
            && view.get(&key(Area::AuditLeaf, &[hash.as_bytes()]))?.is_none()
        {
            bench.lost(Fault::AuditLeaf, format!("Statement row {place}"));
        }
        Ok(())
    })?;
    each_of(view, Area::Reply, |place, (_, value)| {
        // The other replies are acknowledgements and refusals.
        if value.len() == 32 && view.get(&key(Area::Statement, &[value]))?.is_none() {
            bench.lost(Fault::StatementMissing, format!("the answer of Reply row {place}"));
        }
        Ok(())
    })?;
    Ok(())
}

fn outboxes_fit(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    let mut counts: BTreeMap<CenterCode, Count> = BTreeMap::new();
    each_of(view, Area::Outbox, |place, (row_key, value)| {
        let Some((to, number)) = row_of(row_key) else { return Ok(()) };
        let count = counts.entry(to).or_default();
        count.open = count.open.saturating_add(1);
        count.next = number.saturating_add(1);
        let Ok(row) = cbor::decode::<Row>(value) else { return Ok(()) };
        if view.get(&key(Area::Statement, &[row.statement.as_bytes()]))?.is_none() {
            bench.lost(Fault::StatementMissing, format!("of Outbox row {place}"));
        }
        if !timer::is_set(view, Timer::Deliver(to, number))? {
            let what = format!("the timer of Outbox row {place}");
            bench.set_timer((Fault::Outbox, what), row.since, Timer::Deliver(to, number));
        }
        Ok(())
    })?;
    let mut stored: BTreeMap<CenterCode, Count> = BTreeMap::new();
    each_of(view, Area::OutboxCount, |_, (key, value)| {
        let to = key.get(1..).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes);
        let to = to.and_then(|code| CenterCode::new(code).ok());
        stored.extend(to.zip(cbor::decode(value).ok()));
        Ok(())
    })?;
    let centers: BTreeSet<CenterCode> = counts.keys().chain(stored.keys()).copied().collect();
    for to in centers {
        let counted = counts.get(&to).copied().unwrap_or_default();
        let said = stored.get(&to).copied();
        let next = said.map_or(counted.next, |said| said.next.max(counted.next));
        let right = Count { open: counted.open, next };
        if said != Some(right) {
            let place = key(Area::OutboxCount, &[&to.to_key()]);
            let what = format!("the counts of the outbox for {to}");
            if said.is_some_and(|said| said.open > right.open) {
                bench.lost(Fault::Outbox, format!("{what}: a row is gone"));
            }
            bench.mended(Fault::Outbox, what, [(place, Some(cbor::encode(&right)))]);
        }
    }
    Ok(())
}

fn row_of(key: &[u8]) -> Option<(CenterCode, u64)> {
    let (center, number) = key.get(1..)?.split_first_chunk::<4>()?;
    let center = CenterCode::new(u32::from_be_bytes(*center)).ok()?;
    Some((center, u64::from_be_bytes(number.try_into().ok()?)))
}
