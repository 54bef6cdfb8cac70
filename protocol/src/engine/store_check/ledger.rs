//! The ledger: postings, sums, suspense, balances.
//!
//! **Promises.** Every sum is made again from the postings; every balance is held against the record.
//! **Left to others.** What a transfer should have posted: `transfers`.

use std::collections::BTreeMap;

use super::super::records::{Generation, StoredAccount, account_key};
use super::super::{quarantine, records};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::account::AccountNumber;
use crate::cbor;
use crate::engine::CoreDriver;
use crate::id::TransferId;
use crate::ledger::posting::{Posting, Side};
use crate::ledger::{Personal, TrialBalance, suspense_key};
use crate::money::Fen;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// Sums that were made again.
#[derive(Default)]
struct Sums {
    classes: BTreeMap<Side, i128>,
    suspense: BTreeMap<(Side, TransferId), i128>,
    postings: u64,
}

/// Checks the embedded ledger.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    if bench.expected.core_driver != CoreDriver::Embedded {
        return Ok(());
    }
    let view = bench.view;
    let totals = view.get(&key(Area::LedgerTotals, &[]))?;
    let totals = totals.and_then(|bytes| cbor::decode::<TrialBalance>(&bytes).ok());
    if totals.is_some_and(|totals| totals.sum() != 0) {
        bench.lost(Fault::LedgerSum, "the sums of all classes");
    }
    let is_whole = !bench.report.counts.contains_key(&Fault::Posting);
    let sums = add_up(bench)?;
    let postings_are_whole = is_whole && !bench.report.counts.contains_key(&Fault::Posting);
    check_totals(bench, totals, (&sums, postings_are_whole));
    check_suspense(bench, (&sums, postings_are_whole))?;
    check_balances(bench, totals)
}

fn add_up(bench: &mut Bench<'_>) -> Result<Sums, StoreError> {
    let view = bench.view;
    let mut sums = Sums::default();
    let mut next = None;
    each_of(view, Area::Posting, |_, (key, value)| {
        let number = key.get(1..).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        let number = number.unwrap_or_default();
        if next.is_some_and(|next| next != number) {
            bench.lost(Fault::Posting, format!("before posting {number}"));
        }
        next = number.checked_add(1);
        sums.postings = sums.postings.saturating_add(1);
        let Ok(posting) = cbor::decode::<Posting>(value) else {
            bench.lost(Fault::Posting, format!("posting {number}"));
            return Ok(());
        };
        let amounts = posting.lines.iter().map(|line| i128::from(line.amount.get()));
        if amounts.fold(0, i128::saturating_add) != 0 {
            bench.lost(Fault::Posting, format!("posting {number}"));
        }
        for line in &posting.lines {
            let amount = i128::from(line.amount.get());
            let class = sums.classes.entry(line.side).or_default();
            *class = class.saturating_add(amount);
            if matches!(line.side, Side::SuspenseOut | Side::SuspenseIn)
                && let Some(transfer) = posting.cause.transfer()
            {
                let held = sums.suspense.entry((line.side, transfer)).or_default();
                *held = held.saturating_add(amount);
            }
        }
        Ok(())
    })?;
    Ok(sums)
}

fn check_totals(
    bench: &mut Bench<'_>,
    totals: Option<TrialBalance>,
    (sums, postings_are_whole): (&Sums, bool),
) {
    let of = |side| sums.classes.get(&side).copied().unwrap_or_default();
    let right = (|| {
        Some(TrialBalance {
            persons: i64::try_from(of(Side::Persons)).ok()?,
            suspense_out: i64::try_from(of(Side::SuspenseOut)).ok()?,
            suspense_in: i64::try_from(of(Side::SuspenseIn)).ok()?,
            interest: i64::try_from(of(Side::Interest)).ok()?,
            cash: i64::try_from(of(Side::Cash)).ok()?,
        })
    })();
    if totals == right || (totals.is_none() && sums.postings == 0) {
        return;
    }
    let place = "the sums of all classes";
    match right.filter(|right| postings_are_whole && right.sum() == 0 && totals.is_none()) {
        Some(right) => {
            let writes = [(key(Area::LedgerTotals, &[]), Some(cbor::encode(&right)))];
            bench.mended(Fault::LedgerTotals, place, writes);
        }
        None => bench.lost(Fault::LedgerTotals, place),
    }
}

fn check_suspense(
    bench: &mut Bench<'_>,
    (sums, postings_are_whole): (&Sums, bool),
) -> Result<(), StoreError> {
    let view = bench.view;
    let mut stored = BTreeMap::new();
    each_of(view, Area::Suspense, |_, (key, value)| {
        let (side, transfer) =
            key.get(1..).unwrap_or_default().split_at_checked(1).unwrap_or_default();
        let side = match side {
            [2] => Side::SuspenseOut,
            [3] => Side::SuspenseIn,
            _ => return Ok(()),
        };
        let transfer = transfer.try_into().ok().map(TransferId::new);
        if let (Some(transfer), Ok(amount)) = (transfer, cbor::decode::<Fen>(value)) {
            stored.insert((side, transfer), i128::from(amount.get()));
        }
        Ok(())
    })?;
    let places: Vec<_> = sums.suspense.keys().chain(stored.keys()).copied().collect();
    for place in places.into_iter().collect::<std::collections::BTreeSet<_>>() {
        let posted = sums.suspense.get(&place).copied().unwrap_or_default();
        let held = stored.get(&place).copied();
        if held.unwrap_or_default() == posted {
            continue;
        }
        let (side, transfer) = place;
        let right = i64::try_from(posted).ok().and_then(|amount| Fen::new(amount).ok());
        let what = format!("transfer {transfer}");
        match right.filter(|_| postings_are_whole && held.is_none()) {
            Some(right) => {
                let writes = [(suspense_key(side, transfer), Some(cbor::encode(&right)))];
                bench.mended(Fault::Suspense, what, writes);
            }
            None => bench.lost(Fault::Suspense, what),
        }
    }
    Ok(())
}

/// Each account in the ledger's hand has the same balance in its record, and what all persons are
/// owed is what the import says, but for those.
fn check_balances(bench: &mut Bench<'_>, totals: Option<TrialBalance>) -> Result<(), StoreError> {
    let view = bench.view;
    let Ok(state) = records::state(view) else { return Ok(()) };
    let set = state.current;
    let mut owed = set.as_ref().map_or(0, |set| {
        let held = i128::from(set.totals.held.balances.get());
        i128::from(set.totals.balances.get()).saturating_add(held)
    });
    let mut is_known = true;
    each_of(view, Area::LedgerAccount, |place, (row, value)| {
        let number = row.get(1..).unwrap_or_default();
        let Ok(personal) = cbor::decode::<Personal>(value) else {
            is_known = false;
            return Ok(());
        };
        let kept = view.get(&account_key(Generation::KEPT, number))?;
        let kept = kept.and_then(|bytes| cbor::decode::<StoredAccount>(&bytes).ok());
        let balance = personal.accrual.balance();
        if kept.map(|kept| kept.record.account.balance) != Some(balance) {
            bench.lost(Fault::Balance, format!("LedgerAccount row {place}"));
        }
        let imported = match &set {
            Some(set) => imported_balance(view, set.generation, number)?,
            None => 0,
        };
        owed = owed.saturating_add(i128::from(balance.get())).saturating_sub(imported);
        Ok(())
    })?;
    let persons = totals.map(|totals| i128::from(totals.persons));
    if is_known && persons.is_some_and(|persons| persons != owed) {
        bench.lost(Fault::Balance, "what all persons are owed");
    }
    Ok(())
}

fn imported_balance(
    view: &dyn View,
    generation: Generation,
    number: &[u8],
) -> Result<i128, StoreError> {
    let stored = view.get(&account_key(generation, number))?;
    let stored = stored.and_then(|bytes| cbor::decode::<StoredAccount>(&bytes).ok());
    if let Some(stored) = stored {
        return Ok(i128::from(stored.record.account.balance.get()));
    }
    let number = core::str::from_utf8(number).ok();
    let Some(number) = number.and_then(|number| AccountNumber::parse(number).ok()) else {
        return Ok(0);
    };
    let held = quarantine::balance_of(view, generation, &number).ok().flatten();
    Ok(held.map_or(0, |held| i128::from(held.get())))
}
