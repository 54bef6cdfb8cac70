//! Exports that have caught up with this node: they speak again for an account that a transfer changed.
//!
//! A core system books what was transferred when its people enter it there. Once an export has every
//! row that this node has booked on an account, whatever else it says is newer: later deposits, a
//! correction, a court's freeze. A booking and its reversal (冲账) need not be in the export.
//!
//! **Promises.** Nothing that a transfer holds changes under it; months that came from another city,
//! and a document number that a clerk has corrected, stay; an export that was made before a transfer
//! brings no money back.
//! **Left to others.** Loading the export: `imports`.

use super::super::records::{self, Generation, Origin, StoredAccount};
use super::super::round::Round;
use super::super::transfers_out;
use super::accrual_by_rows;
use crate::account::{AccountNumber, LedgerEntry};
use crate::document::DocumentMatch;
use crate::ledger::{self, LedgerError, Personal};
use crate::money::Fen;
use crate::record::Hindrance;
use crate::store::StoreError;
use crate::time::Date;

/// What serials of this node begin with.
pub(super) const SERIAL: &str = "FL";

/// Lets the current import speak for an account again, if it has caught up. The sums follow with
/// those of the whole import.
pub(super) fn follow(round: &mut Round<'_>, number: &AccountNumber) -> Result<(), StoreError> {
    let Some(personal) = ledger::personal(round.view, number)? else { return Ok(()) };
    let Some(kept) = records::account_in(round.view, Generation::KEPT, number)? else {
        return Ok(());
    };
    let Some(imported) = records::imported(round.view, number)? else { return Ok(()) };
    // A transfer that is over holds nothing any more.
    let holder = match personal.held_by {
        Some(transfer) => transfers_out::load(round.view, transfer)?,
        None => None,
    };
    if holder.is_some_and(|holder| !holder.state.is_final()) || !personal.is_changed {
        return Ok(());
    }
    let Some(merged) = merge(&kept, &imported).filter(|merged| *merged != kept) else {
        return Ok(());
    };
    let Ok(accrual) = accrual_by_rows(round, &imported, Origin::Imported)? else { return Ok(()) };
    ledger::put_personal(round.view, number, &Personal { accrual, held_by: None, ..personal });
    records::change_account(round, &merged)
}

/// [`follow`], outside of an import: the sums follow at once.
pub(super) fn follow_alone(
    round: &mut Round<'_>,
    on: Date,
    number: &AccountNumber,
) -> Result<(), LedgerError> {
    let before = ledger::balance(round.view, number)?.unwrap_or(Fen::ZERO);
    follow(round, number)?;
    let after = ledger::balance(round.view, number)?.unwrap_or(Fen::ZERO);
    let more = after.checked_sub(before).ok_or(LedgerError::Overflow)?;
    let owed = Fen::new(ledger::trial_balance(round.view)?.persons);
    let owed = owed.map_err(|_| LedgerError::Overflow)?;
    ledger::follow_import(round.view, on, owed.checked_add(more).ok_or(LedgerError::Overflow)?)
}

/// The imported account with what only this node knows of it; nothing when the export lacks a row.
fn merge(kept: &StoredAccount, imported: &StoredAccount) -> Option<StoredAccount> {
    let own = kept.rows.iter().filter(|row| row.serial.as_str().starts_with(SERIAL));
    let mut lasting: Vec<&LedgerEntry> = Vec::new();
    let mut undone: Vec<LedgerEntry> = Vec::new();
    for row in own {
        match lasting.iter().rposition(|before| undoes(row, before)) {
            Some(place) => {
                undone.push(lasting.remove(place).clone());
                undone.push(row.clone());
            }
            None => lasting.push(row),
        }
    }
    let mut exported: Vec<&LedgerEntry> = imported.rows.iter().collect();
    for row in lasting {
        let same =
            |other: &&LedgerEntry| (other.business, other.amount) == (row.business, row.amount);
        exported.remove(exported.iter().position(same)?);
    }
    let mut merged = imported.clone();
    merged.rows.extend(undone);
    merged.record.imported.clone_from(&kept.record.imported);
    let document = &kept.record.person.document;
    if imported.record.person.document.compare(document) == DocumentMatch::Upgraded {
        merged.record.person.document = document.clone();
    }
    let mark = Hindrance::OffSiteLoan;
    let hindrances = &mut merged.record.notes.hindrances;
    if kept.record.notes.hindrances.contains(&mark) && !hindrances.contains(&mark) {
        hindrances.push(mark);
    }
    Some(merged)
}

/// Whether a row is the reversal of one before it.
fn undoes(row: &LedgerEntry, before: &LedgerEntry) -> bool {
    row.business == before.business
        && row.reversal != before.reversal
        && row.amount == before.amount.negated()
        && row.interest == before.interest.negated()
}
