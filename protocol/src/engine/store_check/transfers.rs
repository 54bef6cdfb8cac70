//! Transfers: their states against the ledger, their orders and their places in the lists.
//!
//! **Promises.** No transfer has two debits or two credits that were not undone, and none has one
//! that its state denies.
//! **Left to others.** The edges between states: `transfer`. Suspense: `ledger`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::core_orders::OpenOrder;
use super::super::timer::{self, Timer};
use super::super::transfer_case::Case;
use super::super::transfers_in::Incoming;
use super::super::transfers_out::Outgoing;
use super::super::{bank, recovery, registrations, transfers};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::cbor;
use crate::cose::Received;
use crate::engine::CoreDriver;
use crate::id::{OrderId, TransferId};
use crate::ledger::posting::{Cause, Posting, Side};
use crate::ledger::settling;
use crate::settlement::{BankNotice, BankOrderId, BankReference, Direction};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::transfer::incoming::IncomingState;
use crate::transfer::outgoing::OutgoingState;

/// What the postings say of a transfer.
#[derive(Clone, Copy, Debug, Default)]
struct Posted {
    /// Settlements that were not undone.
    debits: i64,
    /// Credits.
    credits: i64,
    /// What the bank has paid out for it, less what came back.
    left: i128,
}

/// Checks all transfers.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    let posted = posted(view)?;
    each_of(view, Area::TransferOut, |_, (_, value)| {
        let Ok(out) = cbor::decode::<Outgoing>(value) else { return Ok(()) };
        check_case(bench, &out.case, out.state.is_final())?;
        let posted = posted.get(&out.case.id).copied().unwrap_or_default();
        check_money(bench, (&out.case, posted), (debits_in(out.state), 0));
        Ok(())
    })?;
    each_of(view, Area::TransferIn, |_, (_, value)| {
        let Ok(incoming) = cbor::decode::<Incoming>(value) else { return Ok(()) };
        check_case(bench, &incoming.case, incoming.state.is_final())?;
        let posted = posted.get(&incoming.case.id).copied().unwrap_or_default();
        check_money(bench, (&incoming.case, posted), (0, credits_in(incoming.state)));
        Ok(())
    })?;
    lists_have_transfers(bench)?;
    orders_have_marks(bench)?;
    postings_have_causes(bench)
}

/// What was booked once is known by its order or notice, so that it is not booked twice.
fn postings_have_causes(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    let mut notices: BTreeSet<BankReference> = BTreeSet::new();
    each_of(view, Area::Notice, |_, (_, value)| {
        notices.extend(cbor::decode::<BankNotice>(value).map(|notice| notice.reference));
        Ok(())
    })?;
    each_of(view, Area::Posting, |place, (_, value)| {
        let Ok(posting) = cbor::decode::<Posting>(value) else { return Ok(()) };
        let settles = posting.lines.iter().any(|line| line.side == Side::SuspenseOut);
        let undo = |order: &OrderId| settling::settlement_of(view, *order).ok().flatten();
        let is_known = match &posting.cause {
            Cause::Import => true,
            Cause::Order(_, order) => {
                view.get(&key(Area::CoreDone, &[order.as_bytes()]))?.is_some()
                    && (!settles || undo(order).is_some())
            }
            Cause::Undoing(_, order) => undo(order).is_some_and(|undo| undo.undone_on.is_some()),
            Cause::Notice(_, reference) => notices.contains(reference),
        };
        if !is_known {
            bench.lost(Fault::TransferMoney, format!("what Posting row {place} was made for"));
        }
        Ok(())
    })?;
    Ok(())
}

fn posted(view: &dyn View) -> Result<BTreeMap<TransferId, Posted>, StoreError> {
    let mut posted: BTreeMap<TransferId, Posted> = BTreeMap::new();
    each_of(view, Area::Posting, |_, (_, value)| {
        let Ok(posting) = cbor::decode::<Posting>(value) else { return Ok(()) };
        let Some(transfer) = posting.cause.transfer() else { return Ok(()) };
        let of = posted.entry(transfer).or_default();
        for line in &posting.lines {
            match (&posting.cause, line.side) {
                (Cause::Order(..), Side::SuspenseOut) => of.debits = of.debits.saturating_add(1),
                (Cause::Undoing(..), Side::SuspenseOut) => of.debits = of.debits.saturating_sub(1),
                (Cause::Order(..), Side::SuspenseIn) => of.credits = of.credits.saturating_add(1),
                (Cause::Undoing(..), Side::SuspenseIn) => {
                    of.credits = of.credits.saturating_sub(1);
                }
                (Cause::Notice(..), Side::Cash) => {
                    of.left = of.left.saturating_add(i128::from(line.amount.get()));
                }
                (
                    Cause::Import | Cause::Order(..) | Cause::Undoing(..) | Cause::Notice(..),
                    Side::Persons
                    | Side::SuspenseOut
                    | Side::SuspenseIn
                    | Side::Interest
                    | Side::Cash,
                ) => {}
            }
        }
        Ok(())
    })?;
    Ok(posted)
}

/// Settlements that stand in a state.
const fn debits_in(state: OutgoingState) -> i64 {
    match state {
        OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayFailed(_)
        | OutgoingState::PayUnknown
        | OutgoingState::Paid
        | OutgoingState::Completed(_) => 1,
        OutgoingState::Received
        | OutgoingState::Held
        | OutgoingState::Accepted
        | OutgoingState::Reversed
        | OutgoingState::Rejected(..)
        | OutgoingState::Released
        | OutgoingState::Restored => 0,
    }
}

/// Credits that stand in a state.
const fn credits_in(state: IncomingState) -> i64 {
    match state {
        IncomingState::Credited(_) | IncomingState::Completed(_) => 1,
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Returning
        | IncomingState::Returned
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_)
        | IncomingState::Cancelled
        | IncomingState::Restored => 0,
    }
}

fn check_money(
    bench: &mut Bench<'_>,
    (case, posted): (&Case, Posted),
    (debits, credits): (i64, i64),
) {
    // While what was lost comes back, statements and notices wait for each other.
    let is_behind = recovery::holds_inputs(bench.view).unwrap_or(true);
    if bench.expected.core_driver != CoreDriver::Embedded || is_behind {
        return;
    }
    if (posted.debits, posted.credits) != (debits, credits) {
        bench.lost(Fault::TransferMoney, format!("transfer {}: its state", case.id));
    }
    // Cash falls by what has left.
    if i128::from(case.net(Direction::Debit).get()) != posted.left {
        bench.lost(Fault::TransferMoney, format!("transfer {}: the bank's lines", case.id));
    }
}

fn check_case(bench: &mut Bench<'_>, case: &Case, has_ended: bool) -> Result<(), StoreError> {
    let view = bench.view;
    let what = |part: &str| format!("transfer {}: {part}", case.id);
    let listed = case.task.is_some() || !has_ended;
    let place = key(Area::TransferOpen, &[case.id.as_bytes()]);
    if view.get(&place)?.is_some() != listed {
        let writes = [(place, listed.then(Vec::new))];
        bench.mended(Fault::TransferRows, what("the list of open ones"), writes);
    }
    let number = key(Area::TransferNumber, &[&bank::number_bytes(case.letter.number)]);
    if view.get(&number)?.is_none() {
        let writes = [(number, Some(case.id.as_bytes().to_vec()))];
        bench.mended(Fault::TransferRows, what("its letter number"), writes);
    }
    if let Some(at) = case.alarms.values().min()
        && !timer::is_set(view, Timer::Transfer(case.id))?
    {
        bench.set_timer((Fault::Timer, what("its alarm")), *at, Timer::Transfer(case.id));
    }
    if let Some(mark) = &case.core
        && view.get(&key(Area::CoreOrder, &[mark.order.as_bytes()]))?.is_none()
    {
        bench.lost(Fault::TransferRows, what("its order to the core"));
    }
    // What was forgotten comes back as statements and money; an order that was carried out is not
    // given a second time.
    let may_be_forgotten = recovery::may_have_forgotten_letter(view, case.letter.issued_at)?;
    for attempt in 1..=case.attempts {
        let id = BankOrderId { letter: case.letter.number, attempt };
        if !may_be_forgotten && bank::row(view, id).ok().flatten().is_none() {
            bench.lost(Fault::TransferRows, what("an order to the bank"));
        }
    }
    check_thread(bench, case)
}

/// The statements of a transfer are there, and those of our own are known to be of it.
fn check_thread(bench: &mut Bench<'_>, case: &Case) -> Result<(), StoreError> {
    let (view, center) = (bench.view, bench.expected.center);
    let what = |part: &str| format!("transfer {}: {part}", case.id);
    for statement in &case.thread.statements {
        if statement.as_bytes() == case.id.as_bytes() {
            // The letter: a draft is not signed yet.
            continue;
        }
        let Some(stored) = view.get(&key(Area::Statement, &[statement.as_bytes()]))? else {
            bench.lost(Fault::StatementMissing, what("a statement of its thread"));
            continue;
        };
        let parties = Received::parse(stored).ok().and_then(|received| received.parties());
        let place = key(Area::TransferOf, &[statement.as_bytes()]);
        if parties.is_some_and(|(from, _)| from == center) && view.get(&place)?.is_none() {
            let writes = [(place, Some(case.id.as_bytes().to_vec()))];
            bench.mended(Fault::TransferRows, what("a statement of its own"), writes);
        }
    }
    Ok(())
}

fn exists(view: &dyn View, id: &[u8]) -> Result<bool, StoreError> {
    for area in [Area::TransferOut, Area::TransferIn, Area::Registered] {
        if view.get(&key(area, &[id]))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lists_have_transfers(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::TransferOpen, |place, (row, _)| {
        if !exists(view, row.get(1..).unwrap_or_default())? {
            let place = format!("TransferOpen row {place}");
            bench.lost(Fault::TransferRows, place);
        }
        Ok(())
    })?;
    each_of(view, Area::TransferNumber, |place, (_, id)| {
        if !exists(view, id)? {
            bench.lost(Fault::TransferRows, format!("TransferNumber row {place}"));
        }
        Ok(())
    })?;
    Ok(())
}

/// An order to the core belongs to a transfer that is marked with it.
fn orders_have_marks(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::CoreOrder, |_, (_, value)| {
        let Ok(open) = cbor::decode::<OpenOrder>(value) else { return Ok(()) };
        let transfer = open.order.transfer;
        let case = transfers::find(view, transfer).ok().flatten();
        let marked = case.and_then(|(_, case)| case.core).map(|mark| mark.order);
        let is_registered = registrations::load(view, transfer).ok().flatten().is_some();
        if marked != Some(open.order.id) && !is_registered {
            bench.lost(Fault::TransferRows, format!("transfer {transfer}: an order to the core"));
        }
        Ok(())
    })?;
    Ok(())
}
