//! The embedded core: executes orders on the ledger and the records in the node's own store.
//!
//! **Promises.** Each order id is executed once; a repeat gets the stored outcome, and an id with
//! other content is refused. Ledger and record change in one batch, or neither does.
//! **Left to others.** Money: `ledger`. When an order comes: `core_orders`.

use minicbor::{Decode, Encode};

use super::CoreDriver;
use super::quarantine;
use super::records::{self, Origin, StoredAccount};
use super::round::Round;
use super::transfer_case::today;
use crate::account::{
    AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag, SerialNumber,
};
use crate::cbor;
use crate::core_system::{CoreAction, CoreCause, CoreOrder, CoreOutcome, CoreReceipt, CoreRefusal};
use crate::id::PayloadHash;
use crate::interest::{
    Accrual, Capitalised, DayBasis, InterestRules, Settlement, interest_year_start,
};
use crate::ledger::settling::{self, SettleOrder};
use crate::ledger::{self, LedgerError};
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::policy::Policy;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};
use crate::time::Date;

mod catching_up;

/// An order that was executed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Done {
    /// BLAKE3 of the order.
    #[n(1)]
    pub content: PayloadHash,
    /// What came of it.
    #[n(2)]
    pub outcome: CoreOutcome,
}

/// Executes an order, or gives the stored outcome of a repeat.
pub(super) fn execute(round: &mut Round<'_>, order: &CoreOrder) -> Result<CoreOutcome, StoreError> {
    let place = key(Area::CoreDone, &[order.id.as_bytes()]);
    let content = crate::cose::payload_hash(&cbor::encode(order));
    if let Some(bytes) = round.view.get(&place)? {
        let done: Done = cbor::decode_stored("executed core orders", &bytes)?;
        return Ok(if done.content == content {
            done.outcome
        } else {
            CoreOutcome::Refused(CoreRefusal::of(CoreCause::OtherContent))
        });
    }
    let outcome = match act(round, order) {
        Ok(receipt) => CoreOutcome::Done(receipt),
        Err(Fault::Refused(refusal)) => CoreOutcome::Refused(refusal),
        Err(Fault::Store(error)) => return Err(error),
    };
    let done = Done { content, outcome };
    round.view.put(place, cbor::encode(&done));
    Ok(done.outcome)
}

/// How interest is computed here.
pub(super) fn interest_rules(policy: &Policy) -> InterestRules {
    let day_basis = DayBasis::from_days(policy.day_basis).unwrap_or(DayBasis::Days360);
    InterestRules { day_basis, ..InterestRules::default() }
}

/// What an account comes to on a day, by its record alone: what the core's figure is held against.
pub(super) fn settlement_by_record(
    round: &Round<'_>,
    number: &AccountNumber,
    value_date: Date,
) -> Result<Option<Settlement>, StoreError> {
    let Some((account, origin)) = records::account(round.view, number)? else { return Ok(None) };
    let rules = interest_rules(&round.settings.policy);
    let Ok(mut accrual) = accrual_of(round, &account, origin)? else { return Ok(None) };
    let settled = accrual.advance(value_date, &rules).and_then(|_| accrual.settlement(&rules));
    Ok(settled.ok())
}

/// Lets the ledger follow an import that has just become current: what the center owes is the sum of
/// the import, but for the accounts that transfers hold or changed, which stand as the ledger has
/// them until an export has caught up with it.
pub(super) fn follow_import(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(set) = records::state(round.view)?.current else { return Ok(()) };
    // What is in quarantine is owed as well.
    let mut owed = i128::from(set.totals.balances.get());
    owed = owed.saturating_add(i128::from(set.totals.held.balances.get()));
    let mut from = key(Area::LedgerAccount, &[]);
    let end = prefix_end(&from);
    loop {
        let rows = round.view.range(&from, &end, KEPT_AT_ONCE)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        for (place, _) in rows {
            let number = place.get(1..).and_then(|number| core::str::from_utf8(number).ok());
            let number = number.and_then(|number| AccountNumber::parse(number).ok());
            let number = number.ok_or_else(|| records::damaged("ledger accounts"))?;
            catching_up::follow(round, &number)?;
            let balance = ledger::balance(round.view, &number)?.unwrap_or(Fen::ZERO);
            owed = owed.saturating_add(i128::from(balance.get()));
            let imported = records::account_in(round.view, set.generation, &number)?;
            let held = quarantine::balance_of(round.view, set.generation, &number)?;
            let imported = imported.map(|account| account.record.account.balance).or(held);
            let imported = imported.map_or(0, Fen::get);
            owed = owed.saturating_sub(i128::from(imported));
        }
    }
    let owed = i64::try_from(owed).ok().and_then(|owed| Fen::new(owed).ok());
    let owed = owed.ok_or_else(|| records::damaged("ledger totals"))?;
    let on = today(round)?;
    match ledger::follow_import(round.view, on, owed) {
        Ok(()) => Ok(()),
        Err(LedgerError::Store(error)) => Err(error),
        Err(_) => Err(records::damaged("ledger totals")),
    }
}

/// Kept accounts read at once while the ledger follows an import.
const KEPT_AT_ONCE: usize = 1_024;

enum Fault {
    Refused(CoreRefusal),
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CoreCause> for Fault {
    fn from(cause: CoreCause) -> Self {
        Self::Refused(CoreRefusal::of(cause))
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        let cause = match &error {
            LedgerError::Store(error) => return Self::Store(error.clone()),
            LedgerError::NoAccount => CoreCause::NoAccount,
            LedgerError::Held | LedgerError::NotHeld => CoreCause::Busy,
            LedgerError::Suspense => CoreCause::Suspense,
            LedgerError::Cap => CoreCause::Cap,
            LedgerError::Interest(_) | LedgerError::Rows => CoreCause::History,
            LedgerError::Overflow | LedgerError::NoSettlement => CoreCause::Other,
        };
        Self::Refused(CoreRefusal { cause, detail: PlainText::parse(&error.to_string()).ok() })
    }
}

fn act(round: &mut Round<'_>, order: &CoreOrder) -> Result<CoreReceipt, Fault> {
    match &order.action {
        CoreAction::Lock(number) => lock(round, order, number),
        CoreAction::Unlock(number) => unlock(round, order, number),
        CoreAction::Settle(number, value_date, cap) => {
            settle(round, order, (number, *value_date, *cap))
        }
        CoreAction::Close(number, on) => close(round, order, (number, *on)),
        CoreAction::Reverse(number, settlement) => {
            let on = today(round)?;
            let undo = settling::undo(round.view, order.transfer, *settlement, on)?;
            let mut account = stored(round, number)?.0;
            let principal = undo.principal;
            book(&mut account, order, (BusinessType::TransferOut, on, principal))?;
            if let Some(row) = account.rows.last_mut() {
                row.interest = undo.interest.negated();
                row.reversal = ReversalFlag::Reversal;
            }
            account.record.account.status = AccountStatus::Sealed;
            account.record.account.closed_on = None;
            records::change_account(round, &account)?;
            receipt(order, on, principal, undo.interest)
        }
        CoreAction::Credit(number, principal, interest, on) => {
            credit(round, order, (number, *principal, *interest, *on))
        }
    }
}

fn lock(
    round: &mut Round<'_>,
    order: &CoreOrder,
    number: &AccountNumber,
) -> Result<CoreReceipt, Fault> {
    let (account, origin) = stored(round, number)?;
    match account.record.account.status {
        AccountStatus::Sealed => {}
        AccountStatus::Frozen => return Err(CoreCause::Frozen.into()),
        AccountStatus::Normal
        | AccountStatus::Merged
        | AccountStatus::TransferredOut
        | AccountStatus::Withdrawn
        | AccountStatus::Other => return Err(CoreCause::Status.into()),
    }
    take_over(round, number, &account, origin)?;
    settling::hold(round.view, number, order.transfer)?;
    receipt(order, today(round)?, Fen::ZERO, Fen::ZERO)
}

fn unlock(
    round: &mut Round<'_>,
    order: &CoreOrder,
    number: &AccountNumber,
) -> Result<CoreReceipt, Fault> {
    settling::release(round.view, number, order.transfer)?;
    let on = today(round)?;
    let is_changed =
        ledger::personal(round.view, number)?.is_some_and(|account| account.is_changed);
    if let Some(imported) = records::imported(round.view, number)?
        && !is_changed
    {
        ledger::give_back(round.view, on, number, imported.record.account.balance)?;
        records::release_account(round, number)?;
    } else {
        catching_up::follow_alone(round, on, number)?;
    }
    receipt(order, on, Fen::ZERO, Fen::ZERO)
}

fn settle(
    round: &mut Round<'_>,
    order: &CoreOrder,
    (number, value_date, cap): (&AccountNumber, Date, Fen),
) -> Result<CoreReceipt, Fault> {
    let mut account = stored(round, number)?.0;
    if account.record.account.status == AccountStatus::Frozen {
        return Err(CoreCause::Frozen.into());
    }
    let rules = interest_rules(&round.settings.policy);
    let what =
        SettleOrder { transfer: order.transfer, order: order.id, account: number, value_date, cap };
    let settled = settling::settle(round.view, &rules, what)?;
    let Settlement { principal, interest } = settled.settlement;
    capitalise(&mut account, order, &settled.capitalised)?;
    book(&mut account, order, (BusinessType::TransferOut, value_date, principal.negated()))?;
    if let Some(row) = account.rows.last_mut() {
        row.interest = interest;
    }
    records::change_account(round, &account)?;
    receipt(order, value_date, principal, interest)
}

fn close(
    round: &mut Round<'_>,
    order: &CoreOrder,
    (number, on): (&AccountNumber, Date),
) -> Result<CoreReceipt, Fault> {
    if ledger::held_by(round.view, number)? != Some(order.transfer) {
        return Err(CoreCause::Busy.into());
    }
    let mut account = stored(round, number)?.0;
    if !account.record.account.balance.is_zero() {
        return Err(CoreCause::Status.into());
    }
    account.record.account.status = AccountStatus::TransferredOut;
    account.record.account.closed_on = Some(on);
    records::change_account(round, &account)?;
    receipt(order, on, Fen::ZERO, Fen::ZERO)
}

fn credit(
    round: &mut Round<'_>,
    order: &CoreOrder,
    (number, principal, interest, on): (&AccountNumber, Fen, Fen, Date),
) -> Result<CoreReceipt, Fault> {
    let (mut account, origin) = stored(round, number)?;
    match account.record.account.status {
        AccountStatus::Normal | AccountStatus::Sealed => {}
        AccountStatus::Frozen => return Err(CoreCause::Frozen.into()),
        AccountStatus::Merged
        | AccountStatus::TransferredOut
        | AccountStatus::Withdrawn
        | AccountStatus::Other => return Err(CoreCause::Status.into()),
    }
    take_over(round, number, &account, origin)?;
    let amount = principal.checked_add(interest).ok_or(CoreCause::Other)?;
    let rules = interest_rules(&round.settings.policy);
    let cause = (order.transfer, order.id);
    let capitalised = settling::credit(round.view, &rules, cause, (number, amount, on))?;
    capitalise(&mut account, order, &capitalised)?;
    book(&mut account, order, (BusinessType::TransferIn, on, amount))?;
    records::change_account(round, &account)?;
    receipt(order, on, principal, interest)
}

fn stored(round: &Round<'_>, number: &AccountNumber) -> Result<(StoredAccount, Origin), Fault> {
    records::account(round.view, number)?.ok_or_else(|| CoreCause::NoAccount.into())
}

/// Changes a record otherwise than by an order: the imports no longer speak for the account.
/// `false` when its rows do not fit its balance, so that the ledger cannot take it over.
pub(super) fn change_record(
    round: &mut Round<'_>,
    account: &StoredAccount,
) -> Result<bool, StoreError> {
    let number = &account.record.account.number;
    if round.settings.core_driver == CoreDriver::Embedded {
        let Some((before, origin)) = records::account(round.view, number)? else {
            return Ok(false);
        };
        match take_over(round, number, &before, origin) {
            Ok(()) => ledger::mark_changed(round.view, number)?,
            Err(Fault::Store(error)) => return Err(error),
            Err(Fault::Refused(_)) => return Ok(false),
        }
    }
    records::change_account(round, account)?;
    Ok(true)
}

/// Takes an account from the imported records into the ledger's hand, once.
fn take_over(
    round: &mut Round<'_>,
    number: &AccountNumber,
    account: &StoredAccount,
    origin: Origin,
) -> Result<(), Fault> {
    if ledger::personal(round.view, number)?.is_none() {
        let accrual = accrual_of(round, account, origin)??;
        ledger::take_over(round.view, number, accrual);
        records::keep_account(round.view, number)?;
    }
    Ok(())
}

/// The accrual of an account: the ledger's, or for one that only imports have touched the one that
/// follows from its balance and rows.
fn accrual_of(
    round: &Round<'_>,
    account: &StoredAccount,
    origin: Origin,
) -> Result<Result<Accrual, LedgerError>, StoreError> {
    let number = &account.record.account.number;
    if let Some(personal) = ledger::personal(round.view, number)? {
        return Ok(Ok(personal.accrual));
    }
    accrual_by_rows(round, account, origin)
}

/// The accrual that follows from an account's balance and rows alone.
fn accrual_by_rows(
    round: &Round<'_>,
    account: &StoredAccount,
    origin: Origin,
) -> Result<Result<Accrual, LedgerError>, StoreError> {
    let as_of = match origin {
        Origin::Imported => records::state(round.view)?.current.and_then(|set| set.as_of.date()),
        Origin::Kept => None,
    };
    let as_of = as_of.map_or_else(|| today(round), Ok)?;
    let balance = account.record.account.balance;
    let rules = interest_rules(&round.settings.policy);
    let mut rows: Vec<&LedgerEntry> = account.rows.iter().collect();
    rows.sort_by_key(|row| row.posted_on);
    let moved = |rows: &[&LedgerEntry]| -> Vec<(Date, Fen)> {
        rows.iter().map(|row| (row.posted_on, row.amount)).collect()
    };
    // When all was paid out, the interest of the year until then was, too.
    let year = interest_year_start(as_of).unwrap_or(as_of);
    let emptied = rows.iter().rposition(|row| pays_all_out(row) && row.posted_on >= year);
    let emptied = emptied.and_then(|place| rows.get(place..)?.split_first());
    Ok(match emptied {
        Some((row, later)) if !later.iter().any(|row| is_undoing(row)) => {
            ledger::accrual_since(row.posted_on, balance, (&moved(later), as_of), &rules)
        }
        Some(_) | None => ledger::accrual_of(balance, &moved(&rows), as_of, &rules),
    })
}

fn pays_all_out(row: &LedgerEntry) -> bool {
    matches!(row.business, BusinessType::TransferOut | BusinessType::ClosingWithdrawal)
        && row.reversal == ReversalFlag::Original
}

/// Whether a row takes a payment of everything back.
fn is_undoing(row: &LedgerEntry) -> bool {
    matches!(row.business, BusinessType::TransferOut | BusinessType::ClosingWithdrawal)
        && row.reversal != ReversalFlag::Original
}

/// Books interest of past years that a settlement found due (年终结息, row 09).
fn capitalise(
    account: &mut StoredAccount,
    order: &CoreOrder,
    capitalised: &[Capitalised],
) -> Result<(), Fault> {
    for cut in capitalised {
        book(account, order, (BusinessType::YearEndInterest, cut.on, cut.amount))?;
        let balances = &mut account.record.account;
        balances.carried_over = balances.balance;
        balances.current_year = Fen::ZERO;
    }
    Ok(())
}

/// Adds a row to the account's ledger, and its amount to the balance.
fn book(
    account: &mut StoredAccount,
    order: &CoreOrder,
    (business, posted_on, amount): (BusinessType, Date, Fen),
) -> Result<(), Fault> {
    let balances = &mut account.record.account;
    balances.balance = balances.balance.checked_add(amount).ok_or(CoreCause::Other)?;
    // What leaves takes from this year's money first, and from the carried-over for the rest; what
    // comes is of this year.
    let this_year = balances.current_year.checked_add(amount).ok_or(CoreCause::Other)?;
    balances.current_year = this_year.max(Fen::ZERO);
    balances.carried_over =
        balances.balance.checked_sub(balances.current_year).ok_or(CoreCause::Other)?;
    account.rows.push(LedgerEntry {
        account: balances.number.clone(),
        serial: serial_of(order)?,
        posted_on,
        business,
        pay_month: None,
        amount,
        interest: Fen::ZERO,
        reversal: ReversalFlag::Original,
        reason: None,
    });
    Ok(())
}

fn receipt(
    order: &CoreOrder,
    posted_on: Date,
    principal: Fen,
    interest: Fen,
) -> Result<CoreReceipt, Fault> {
    Ok(CoreReceipt { serial: serial_of(order)?, posted_on, principal, interest })
}

/// The serial of an order's booking: the beginning of its id.
fn serial_of(order: &CoreOrder) -> Result<SerialNumber, Fault> {
    let id = order.id.to_string();
    let text = [catching_up::SERIAL, id.get(..16).unwrap_or_default()].concat();
    SerialNumber::parse(&text).map_err(|_| CoreCause::Other.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_of_everything_is_taken_back_by_its_reversal_and_by_nothing_else() {
        use BusinessType::{ClosingWithdrawal, Deposit, TransferOut};
        for (business, reversal, pays, undoes) in [
            (TransferOut, ReversalFlag::Original, true, false),
            (TransferOut, ReversalFlag::Reversal, false, true),
            (ClosingWithdrawal, ReversalFlag::Original, true, false),
            (ClosingWithdrawal, ReversalFlag::Reversal, false, true),
            (Deposit, ReversalFlag::Original, false, false),
            (Deposit, ReversalFlag::Reversal, false, false),
        ] {
            let row = LedgerEntry {
                account: AccountNumber::parse("1").unwrap(),
                serial: SerialNumber::parse("S1").unwrap(),
                posted_on: Date::new(2026, 5, 6).unwrap(),
                business,
                pay_month: None,
                amount: Fen::ZERO,
                interest: Fen::ZERO,
                reversal,
                reason: None,
            };
            assert_eq!((pays_all_out(&row), is_undoing(&row)), (pays, undoes));
        }
    }
}
