//! What an import shows beside the one before, and only the center can see: freezes that ended, rows
//! in closed days, business on accounts that are locked or gone.
//!
//! **Promises.** Nothing is told of an import that is not committed; the first import, which has
//! nothing to be held against, tells nothing. A portion costs no read more than staging it does.
//! **Left to others.** Telling once: `incidents`. Refusing wrong rows: the import's rules.

use super::crowds;
use super::imports;
use super::incidents::{self, About, Seen};
use super::records::{self, Generation, StoredAccount, damaged};
use super::registrations::holds;
use super::round::Round;
use super::single;
use super::timer::{self, Timer};
use crate::account::{AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag};
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Date;

/// An account in two imports that follow each other, and as a transfer of this node has it.
pub(super) struct Compared<'a> {
    /// In the import before.
    pub(super) before: &'a StoredAccount,
    /// In this one.
    pub(super) now: &'a StoredAccount,
    /// As a transfer has it.
    pub(super) kept: Option<&'a StoredAccount>,
    /// Whether a transfer holds it.
    pub(super) is_held: bool,
    /// The day of the export before: all days before it are closed.
    pub(super) closed: Date,
    /// The day of this export.
    pub(super) today: Date,
}

/// What an account shows. Pure, so that a table of cases can test it.
pub(super) fn findings(compared: &Compared<'_>) -> Vec<IncidentRule> {
    let Compared { before, now, kept, .. } = compared;
    if before == now {
        return Vec::new();
    }
    let rows = new_rows(&before.rows, &now.rows);
    let mut found = Vec::new();
    if rows.iter().any(|row| row.posted_on < compared.closed) {
        found.push(IncidentRule::BackDated);
    }
    if is_freeze_ended(compared) {
        found.push(IncidentRule::FreezeEnded);
    }
    let was_frozen = before.record.account.status == AccountStatus::Frozen;
    let is_frozen = now.record.account.status == AccountStatus::Frozen;
    let has_left = kept.is_some_and(|kept| status(kept) == AccountStatus::TransferredOut);
    if has_left && is_frozen && !was_frozen {
        found.push(IncidentRule::FreezeTooLate);
    }
    let has = |wanted: &[BusinessType], after: Option<Date>| {
        rows.iter().any(|row| {
            row.reversal == ReversalFlag::Original
                && wanted.contains(&row.business)
                && after.is_none_or(|after| row.posted_on > after)
                && kept.is_none_or(|kept| !kept.rows.contains(row))
        })
    };
    let withdrawals = [BusinessType::PartialWithdrawal, BusinessType::ClosingWithdrawal];
    if (has_left || compared.is_held) && has(&withdrawals, None) {
        found.push(IncidentRule::WithdrawnInTransfer);
    }
    let deposits = [BusinessType::Deposit, BusinessType::BackPayment];
    if let Some(closed_on) = closed_on(compared)
        && has(&deposits, Some(closed_on))
    {
        found.push(IncidentRule::DepositAfterClosing);
    }
    if !has_left && has(&[BusinessType::TransferOut], None) {
        found.push(IncidentRule::TransferWithoutLetter);
    }
    found
}

fn status(account: &StoredAccount) -> AccountStatus {
    account.record.account.status
}

/// Whether a freeze ended before its last day. Exports have no place for the paper that ends one,
/// so that each such end is told, and explained with the paper.
fn is_freeze_ended(compared: &Compared<'_>) -> bool {
    let freeze = compared.before.record.notes.freeze.as_ref();
    let until = freeze.and_then(|freeze| freeze.until);
    status(compared.before) == AccountStatus::Frozen
        && status(compared.now) != AccountStatus::Frozen
        && until.is_none_or(|until| until >= compared.today)
}

/// The day on which the account was closed, by a transfer here or by the core.
fn closed_on(compared: &Compared<'_>) -> Option<Date> {
    let closed = compared.kept.filter(|kept| status(kept).is_closed());
    let closed = closed.or_else(|| Some(compared.now).filter(|now| status(now).is_closed()));
    closed.and_then(|closed| closed.record.account.closed_on)
}

/// The rows that were not there before. Both lists are in the order of booking; an export may begin
/// later than the one before did.
fn new_rows<'a>(before: &[LedgerEntry], now: &'a [LedgerEntry]) -> Vec<&'a LedgerEntry> {
    let mut known = before.iter();
    let mut new = Vec::new();
    for row in now {
        let mut ahead = known.clone();
        // An export whose rows are all written otherwise is not searched row by row.
        if new.len() < NEW_ROWS_MAX && ahead.any(|known| known == row) {
            known = ahead;
        } else {
            new.push(row);
        }
    }
    new
}

/// New rows of one account that are looked for one by one.
const NEW_ROWS_MAX: usize = 64;

/// Notes what an account shows, as part of the staging.
pub(super) fn note(
    view: &mut dyn View,
    generation: Generation,
    compared: &Compared<'_>,
) -> Result<(), StoreError> {
    let record = &compared.now.record;
    for rule in findings(compared) {
        // What another channel has moved is registered, and explained by that.
        if rule == IncidentRule::TransferWithoutLetter
            && holds::of_account(view, record.center, &record.account.number)?.is_some()
        {
            continue;
        }
        if rule == IncidentRule::BackDated {
            let name = back_dated(generation);
            let count: u32 = single::read(view, &name)?.unwrap_or_default();
            single::write(view, &name, &count.saturating_add(1));
        } else {
            let number = compared.now.record.account.number.as_str().as_bytes();
            let rule = cbor::encode(&rule);
            view.put(key(Area::ImportFinding, &[&generation.to_key(), &rule, number]), Vec::new());
        }
    }
    Ok(())
}

/// The single value that counts the accounts with rows in closed days.
fn back_dated(generation: Generation) -> Vec<u8> {
    [b"back-dated/".as_slice(), &generation.to_key()].concat()
}

/// Findings that one round tells.
const TOLD_AT_ONCE: usize = 64;

/// An import was committed or dropped: what it shows is told, or forgotten.
pub(super) fn on_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    let current = records::state(round.view)?.current.map(|set| set.generation);
    let staging = imports::report(round.view)?.staging.map(|staging| staging.generation);
    if let Some(current) = current {
        tell_back_dated(round, current)?;
        crowds::tell_cards(round, current)?;
    }
    let prefix = key(Area::ImportFinding, &[]);
    let rows = round.view.range(&prefix, &prefix_end(&prefix), TOLD_AT_ONCE)?;
    let is_full = rows.len() == TOLD_AT_ONCE;
    for (place, _) in rows {
        let (generation, rule, number) = parse(&place)?;
        // The generation that is being filled has the highest number.
        if staging.is_some_and(|staging| staging.to_key() == generation) {
            return Ok(());
        }
        if current.is_some_and(|current| current.to_key() == generation) {
            let import = u64::from(u32::from_be_bytes(generation));
            incidents::tell(round, Seen::new(rule, About::Account(number), import))?;
        }
        round.view.delete(place);
    }
    if is_full { timer::set(round.view, round.now, Timer::Findings) } else { Ok(()) }
}

fn tell_back_dated(round: &mut Round<'_>, current: Generation) -> Result<(), StoreError> {
    let name = back_dated(current);
    let count: Option<u32> = single::read(round.view, &name)?;
    let Some(count) = count else { return Ok(()) };
    let import = u64::from(u32::from_be_bytes(current.to_key()));
    let about = About::Center(round.center());
    let seen = Seen::new(IncidentRule::BackDated, about, import).counting(count);
    round.view.delete(key(Area::Single, &[&name]));
    incidents::tell(round, seen)
}

/// Generation (4), rule (CBOR, one byte), account number.
fn parse(place: &[u8]) -> Result<([u8; 4], IncidentRule, AccountNumber), StoreError> {
    let wrong = || damaged("import findings");
    let rest = place.get(1..).ok_or_else(wrong)?;
    let (generation, rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
    let (rule, number) = rest.split_first_chunk::<1>().ok_or_else(wrong)?;
    let rule = cbor::decode(rule).map_err(|_| wrong())?;
    let number = core::str::from_utf8(number).map_err(|_| wrong())?;
    let number = AccountNumber::parse(number).map_err(|_| wrong())?;
    Ok((*generation, rule, number))
}

#[cfg(test)]
mod tests;
