//! Movements of money that wait until what was said before them is taken in.
//!
//! **Promises.** They are taken in in the bank's order, of one transfer one at a time, and none while an
//! order to the core is on its way.
//! **Left to others.** What was said before: `recovery`.

use std::collections::BTreeSet;

use super::super::recovery;
use super::super::round::Round;
use super::super::single;
use super::super::timer::{self, Timer};
use super::super::transfer_case::Case;
use super::super::transfers;
use super::on_notice;
use crate::cbor;
use crate::settlement::{BankNotice, BankOrderId, BankOutcome};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

const NEXT: &[u8] = b"held-notices-next";

/// Has a movement wait.
pub(super) fn put(round: &mut Round<'_>, notice: &BankNotice) -> Result<(), StoreError> {
    let next: u64 = single::read(round.view, NEXT)?.unwrap_or(0);
    single::write(round.view, NEXT, &next.wrapping_add(1));
    round.view.put(key(Area::HeldNotice, &[&next.to_be_bytes()]), cbor::encode(notice));
    timer::set(round.view, round.now, Timer::Recall)
}

/// Whether a movement may be of a later attempt than the order whose end this store has forgotten: first
/// the bank says what became of that.
fn is_of_later(round: &Round<'_>, case: &Case, notice: &BankNotice) -> Result<bool, StoreError> {
    let Some(payment) = &case.payment else { return Ok(false) };
    if !recovery::recalled::waits(round.view, case.id)? {
        return Ok(false);
    }
    let id = BankOrderId { letter: case.letter.number, attempt: payment.attempt };
    let outcome = super::row(round.view, id)?.and_then(|row| row.outcome);
    Ok(match outcome {
        Some(BankOutcome::Executed(_)) => false,
        // It may never know.
        Some(BankOutcome::Unknown) => notice.amount != payment.amount,
        Some(BankOutcome::Waiting | BankOutcome::Failed(_) | BankOutcome::NoSuchOrder) | None => {
            true
        }
    })
}

/// Whether any movement waits.
pub(in crate::engine) fn any(view: &dyn View) -> Result<bool, StoreError> {
    let prefix = key(Area::HeldNotice, &[]);
    Ok(!view.range(&prefix, &prefix_end(&prefix), 1)?.is_empty())
}

/// Takes in the next movement of each transfer; `false` when none can be.
pub(in crate::engine) fn take(round: &mut Round<'_>) -> Result<bool, StoreError> {
    let prefix = key(Area::HeldNotice, &[]);
    let mut seen = BTreeSet::new();
    let mut any = false;
    for (place, bytes) in round.view.range(&prefix, &prefix_end(&prefix), usize::MAX)? {
        let notice: BankNotice = cbor::decode_stored("bank notices", &bytes)?;
        let found = match notice.letter() {
            Some(number) => transfers::find_number(round.view, number)?,
            None => None,
        };
        if let Some((transfer, _)) = found {
            let is_next = seen.insert(transfer);
            let case = transfers::find(round.view, transfer)?;
            let waits = match case {
                Some((_, case)) => case.core.is_some() || is_of_later(round, &case, &notice)?,
                None => false,
            };
            // One that is said to wait no longer goes the same way, so that none overtakes another.
            if !is_next || waits {
                continue;
            }
        } else if recovery::is_pulling(round.view)? {
            continue;
        }
        round.view.delete(place);
        on_notice(round, &notice)?;
        any = true;
    }
    Ok(any)
}
