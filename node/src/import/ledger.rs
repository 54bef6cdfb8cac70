//! The file of ledger rows: table 5.0.5 (个人业务明细), with the month paid for (HBJNY), which the
//! standard has on the employer's row only: where the dump has these rows, the month may come from the
//! one with the same serial.
//!
//! FSE is signed: it is what the row adds to the account's balance, year-end interest included.
//! FSLXE is interest that goes with the row and does not stay in the account.
//!
//! **Promises.** No row is counted twice, and none without its account.
//! **Left to others.** What the rows of an account come to: `account_draft`.

use std::collections::HashSet;
use std::io::BufRead;

use fundlink_protocol::account::{
    AccountNumber, BusinessType, CloseReason, LedgerEntry, ReversalFlag, SerialNumber,
};
use fundlink_protocol::limits::LEDGER_ROWS_MAX;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Month};
use fundlink_protocol::withdrawal::is_for_a_property;

use super::account_draft::is_withdrawal;
use super::accounts::Accounts;
use super::branches::Key;
use super::context::{Absent, Context};
use super::employer_ledger::EmployerLedger;
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Account = "GRZH", true;
    Serial = "YWLSH", true;
    PostedOn = "JZRQ", true;
    Business = "GJHTQYWLX", true;
    PayMonth = "HBJNY", false;
    Amount = "FSE", true;
    Interest = "FSLXE", true;
    Reversal = "CZBZ", true;
    CurrentYear = "DNGJFSE", false;
    CarriedOver = "SNJZFSE", false;
    Reason = "TQYY", false;
}

/// Reads the ledger into the accounts.
pub(super) fn read(
    input: impl BufRead,
    accounts: &mut Accounts,
    employers: &mut EmployerLedger,
    context: &mut Context<'_>,
) -> Result<(), ImportError> {
    let as_of = context.options.as_of;
    let mut keys: HashSet<u128> = HashSet::new();
    let state = context.read_rows(ImportFile::Ledger, input, |row, totals| {
        row.belongs_to(Key::Account, Place::Account);
        let account = row.needed(Place::Account, value::account_number);
        let serial = row.needed(Place::Serial, value::serial);
        let amount = row.needed(Place::Amount, value::amount);
        totals.add(amount);
        let pay_month = serial.as_ref().map(|serial| employers.add(serial, amount));
        let begun = Begun { serial, amount, pay_month: pay_month.flatten(), as_of };
        let entry = read_entry(row, account.clone(), begun);
        let fen = amount.map(Fen::get);
        let Some(account) = account else { return accounts.orphans.add(fen) };
        let doubled = entry.as_ref().is_some_and(|entry| !keys.insert(key_of(entry)));
        if doubled {
            row.fault(Place::Serial, ImportRule::KeyDoubled);
        } else if entry.as_ref().is_some_and(pays_for_a_property) {
            accounts.property_payouts = accounts.property_payouts.saturating_add(1);
        }
        match accounts.find(&account) {
            Ok(draft) => match entry.filter(|_| !doubled) {
                Some(entry) if !draft.add(&entry, LEDGER_ROWS_MAX) => {
                    draft.taint();
                    row.fault(Place::Account, ImportRule::LedgerRows);
                }
                Some(_) => {}
                None => draft.taint(),
            },
            Err(Absent::Reported) => {}
            Err(Absent::Unknown) if doubled => {}
            Err(Absent::Unknown) => {
                accounts.orphans.add(fen);
                if !accounts.wait_for_account(row.line, &account) {
                    let rule = value::rounded_or(account.as_str(), ImportRule::Reference);
                    row.fault(Place::Account, rule);
                }
            }
        }
    })?;
    accounts.orphans.add_unknown(state.malformed());
    if state.is_unread() {
        accounts.without_ledger();
    }
    Ok(())
}

/// Whether a row pays out for a home.
fn pays_for_a_property(entry: &LedgerEntry) -> bool {
    entry.reversal == ReversalFlag::Original
        && is_withdrawal(entry.business)
        && entry.reason.is_some_and(is_for_a_property)
}

/// What of a row is read before the rest.
struct Begun {
    serial: Option<SerialNumber>,
    amount: Option<Fen>,
    /// The month that the employer's row with this serial is for.
    pay_month: Option<Month>,
    as_of: Date,
}

/// The row as an entry; `None` after a fault.
fn read_entry(
    row: &mut Row<'_>,
    account: Option<AccountNumber>,
    begun: Begun,
) -> Option<LedgerEntry> {
    let posted_on = row.needed(Place::PostedOn, value::past_date(begun.as_of));
    let business = row.needed(Place::Business, value::code(BusinessType::parse));
    let pay_month = row.optional(Place::PayMonth, value::month);
    let interest = row.optional(Place::Interest, value::amount);
    let reversal = row.needed(Place::Reversal, value::code(ReversalFlag::parse));
    let current_year = row.optional(Place::CurrentYear, value::amount);
    let carried_over = row.optional(Place::CarriedOver, value::amount);
    let reason = row.optional(Place::Reason, value::code(CloseReason::parse));
    let deposit = matches!(business, Some(BusinessType::Deposit | BusinessType::BackPayment));
    if deposit && pay_month == Some(None) && begun.pay_month.is_none() {
        row.fault(Place::PayMonth, ImportRule::PayMonth);
        return None;
    }
    let entry = LedgerEntry {
        account: account?,
        serial: begun.serial?,
        posted_on: posted_on?,
        business: business?,
        pay_month: pay_month?.or_else(|| begun.pay_month.filter(|_| deposit)),
        amount: begun.amount?,
        interest: interest?.unwrap_or(Fen::ZERO),
        reversal: reversal?,
        reason: reason?,
    };
    if let (Some(current_year), Some(carried_over)) = (current_year?, carried_over?)
        && current_year.checked_add(carried_over) != Some(entry.amount)
    {
        row.fault(Place::Amount, ImportRule::RowParts);
        return None;
    }
    Some(entry)
}

/// What no two rows share: account, serial, business type, direction and month.
///
/// A hash of 128 bits stands for it, so that a year of a large center fits in memory.
fn key_of(entry: &LedgerEntry) -> u128 {
    let mut hasher = blake3::Hasher::new();
    let LedgerEntry { account, serial, business, reversal, pay_month, .. } = entry;
    let (account, serial): (&AccountNumber, &SerialNumber) = (account, serial);
    hasher.update(account.as_str().as_bytes()).update(&[0]);
    hasher.update(serial.as_str().as_bytes()).update(&[0, business.number(), reversal.number()]);
    hasher.update(&pay_month.map_or(0, |month| month.number()).to_be_bytes());
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    u128::from_be_bytes(key)
}
