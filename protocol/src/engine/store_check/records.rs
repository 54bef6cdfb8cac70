//! Records against what was published of them, and against the index of persons.
//!
//! **Promises.** A record that was changed otherwise than by an import, an order or a clerk is found
//! by the digest that committed to it, once nothing waits to be published.
//! **Left to others.** Balances: `ledger`.

use super::super::publishing::{Phase, Published};
use super::super::records::{
    Generation, RecordKind, StoredAccount, account_key, loan_key, person_key,
};
use super::super::{imports, log_store, publishing, records, recovery};
use super::fault::Fault;
use super::{Bench, each, each_of};
use crate::cbor;
use crate::digest::DigestStatus;
use crate::document::DocumentNumber;
use crate::id::Commitment;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::record::LoanRecord;
use crate::record_seal::{SealedLoan, record_commitment};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// The first generation that an import fills.
const FIRST_IMPORT: Generation = Generation::KEPT.next();

/// Checks the records that count.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let Ok(state) = records::state(bench.view) else { return Ok(()) };
    current_import_is_known(bench, state.current.is_some())?;
    let mut generations = vec![Generation::KEPT];
    generations.extend(state.current.map(|set| set.generation));
    for generation in generations {
        records_are_found(bench, generation)?;
        persons_have_records(bench, generation)?;
    }
    published_is_true(bench)
}

/// Where there are imported records, one import is current, or all are on their way in or out.
fn current_import_is_known(bench: &mut Bench<'_>, is_known: bool) -> Result<(), StoreError> {
    let end = prefix_end(&key(Area::Account, &[]));
    let imported = bench.view.range(&account_key(FIRST_IMPORT, b""), &end, 1)?;
    let is_staged = imports::staging(bench.view).is_ok_and(|staging| staging.is_some());
    let progress = publishing::progress(bench.view).unwrap_or_default();
    if !is_known && !imported.is_empty() && !is_staged && progress.clearing.is_empty() {
        bench.lost(Fault::State, "which import is the current one");
    }
    Ok(())
}

fn persons_of(area: Area, value: &[u8]) -> Option<(Vec<DocumentNumber>, String)> {
    if area == Area::Account {
        let account = cbor::decode::<StoredAccount>(value).ok()?;
        let number = account.record.account.number.as_str().to_owned();
        return Some((vec![account.record.person.document], number));
    }
    let loan = cbor::decode::<LoanRecord>(value).ok()?;
    let documents = loan.parties.iter().map(|party| party.document.clone()).collect();
    Some((documents, loan.loan.contract.as_str().to_owned()))
}

fn records_are_found(bench: &mut Bench<'_>, generation: Generation) -> Result<(), StoreError> {
    let view = bench.view;
    for (area, kind, prefix) in [
        (Area::Account, RecordKind::Account, account_key(generation, b"")),
        (Area::Loan, RecordKind::Loan, loan_key(generation, b"")),
    ] {
        each(view, &prefix, |place, (_, value)| {
            let Some((documents, number)) = persons_of(area, value) else { return Ok(()) };
            for document in &documents {
                let row = person_key(generation, document, kind, &number);
                if view.get(&row)?.is_none() {
                    let place = format!("{area:?} row {place}");
                    bench.mended(Fault::PersonIndex, place, [(row, Some(Vec::new()))]);
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn persons_have_records(bench: &mut Bench<'_>, generation: Generation) -> Result<(), StoreError> {
    let view = bench.view;
    let prefix = key(Area::Person, &[&generation.to_key()]);
    each(view, &prefix, |place, (row, _)| {
        let number = row.get(38..).unwrap_or_default();
        let (area, record) = match row.get(37) {
            Some(1) => (Area::Account, account_key(generation, number)),
            Some(2) => (Area::Loan, loan_key(generation, number)),
            Some(_) | None => return Ok(()),
        };
        let record = view.get(&record)?;
        let documents = record.as_deref().and_then(|value| persons_of(area, value));
        let belongs = documents.is_some_and(|(documents, _)| {
            let hashes = documents.iter().map(records::document_key);
            hashes.into_iter().any(|hash| row.get(5..37) == Some(hash.as_slice()))
        });
        // A record that was given another document keeps the rows of the one before.
        if !belongs && record.is_none() {
            bench.mended(Fault::PersonIndex, format!("Person row {place}"), [(row.clone(), None)]);
        }
        Ok(())
    })?;
    Ok(())
}

/// Holds what was published against the log and against the records as they are.
fn published_is_true(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    let Ok(progress) = publishing::progress(view) else { return Ok(()) };
    // While what was lost comes back, digests wait.
    let is_done = progress.walk.is_none_or(|walk| walk.phase == Phase::Done)
        && !recovery::holds_digests(view).unwrap_or(true);
    let center = bench.expected.center;
    let set = records::state(view)?.current;
    let generation = set.map_or(Generation::KEPT, |set| set.generation);
    if is_done {
        records_are_published(bench, generation)?;
    }
    each_of(view, Area::Published, |place, (row, value)| {
        let Ok(known) = cbor::decode::<Published>(value) else { return Ok(()) };
        let what = format!("Published row {place}");
        let log = LogId::public(center, known.log);
        if !bench.is_incomplete(log) {
            let entry = log_store::entry(view, log, LeafIndex::new(known.leaf)).ok().flatten();
            if entry.as_deref() != Some(known.entry.as_ref()) {
                bench.lost(Fault::PublishedLeaf, what.clone());
            }
        }
        let Ok(digest) = known.digest() else { return Ok(()) };
        if recovery::pulled::last_after(view, known.log, known.leaf).is_ok_and(|it| it.is_some()) {
            // A later revision has come back, of a record that was lost.
            return Ok(());
        }
        if matches!(digest.status, DigestStatus::Lost) {
            return Ok(());
        }
        let of = row.get(1..).unwrap_or_default();
        let Some(current) = current(view, of, &known)? else {
            let is_held_back = digest.status == DigestStatus::RowHealed
                || publishing::is_in(view, generation, of).unwrap_or(false);
            if is_done && !is_held_back {
                bench.lost(Fault::RecordChanged, what);
            }
            return Ok(());
        };
        let waits = !is_done
            || view.get(&key(Area::Unpublished, &[row.get(1..).unwrap_or_default()]))?.is_some();
        let is_same = current.content == known.content;
        let is_sealed = current.commitment == digest.commitment;
        if (is_same && !is_sealed) || (!is_same && !waits) {
            bench.lost(Fault::RecordChanged, what);
        }
        Ok(())
    })?;
    Ok(())
}

/// Once a walk is over, each account was published, or waits for it.
fn records_are_published(bench: &mut Bench<'_>, generation: Generation) -> Result<(), StoreError> {
    let view = bench.view;
    each(view, &account_key(generation, b""), |place, (row, _)| {
        let number = row.get(5..).unwrap_or_default();
        let of = [&[RecordKind::Account as u8], number].concat();
        let is_known = view.get(&key(Area::Published, &[&of]))?.is_some()
            || view.get(&key(Area::Unpublished, &[&of]))?.is_some();
        if !is_known {
            bench.lost(Fault::PublishedLeaf, format!("Account row {place}"));
        }
        Ok(())
    })?;
    Ok(())
}

/// A record as it stands, as its digest would name it.
struct Current {
    content: crate::id::ContentHash,
    commitment: Commitment,
}

fn current(
    view: &dyn View,
    place: &[u8],
    known: &Published,
) -> Result<Option<Current>, StoreError> {
    let Some((kind, number)) = place.split_first() else { return Ok(None) };
    let set = records::state(view)?.current;
    let generation = set.map_or(Generation::KEPT, |set| set.generation);
    match kind {
        1 => {
            let kept = view.get(&account_key(Generation::KEPT, number))?;
            let stored = match kept {
                Some(kept) => Some(kept),
                None => view.get(&account_key(generation, number))?,
            };
            let account = stored.and_then(|bytes| cbor::decode::<StoredAccount>(&bytes).ok());
            Ok(account.map(|account| {
                let sealed = account.sealed();
                let blinding = known.seed.record_blinding();
                Current {
                    content: publishing::content_of(&sealed),
                    commitment: record_commitment(&blinding, &sealed),
                }
            }))
        }
        2 => {
            let stored = view.get(&loan_key(generation, number))?;
            let loan = stored.and_then(|bytes| cbor::decode::<LoanRecord>(&bytes).ok());
            Ok(loan.map(|loan| Current {
                content: publishing::content_of(&loan),
                commitment: record_commitment(
                    &known.seed.record_blinding(),
                    &SealedLoan::of(&loan, &known.seed),
                ),
            }))
        }
        _ => Ok(None),
    }
}
