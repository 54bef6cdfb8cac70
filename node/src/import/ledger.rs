//! The file of ledger rows: table 5.0.5 (个人业务明细), with the month paid for (HBJNY), which the
//! standard has on the employer's row only.
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
use fundlink_protocol::time::Date;

use super::accounts::Accounts;
use super::context::{Absent, Context};
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Account = "GRZH", true;
    Serial = "YWLSH", true;
    PostedOn = "JZRQ", true;
    Business = "GJHTQYWLX", true;
    PayMonth = "HBJNY", true;
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
    context: &mut Context<'_>,
) -> Result<(), ImportError> {
    let as_of = context.options.as_of;
    let mut keys: HashSet<u128> = HashSet::new();
    context.read_rows(ImportFile::Ledger, input, COLUMNS, |row, totals| {
        let Some(entry) = read_entry(row, as_of) else { return };
        totals.add(Some(entry.amount));
        if !keys.insert(key_of(&entry)) {
            row.fault(Place::Serial, ImportRule::KeyDoubled);
            return;
        }
        match accounts.find(&entry.account) {
            Ok(draft) => {
                if !draft.add(&entry, LEDGER_ROWS_MAX) {
                    row.fault(Place::Account, ImportRule::LedgerRows);
                }
            }
            Err(Absent::Reported) => {}
            Err(Absent::Unknown) => row.fault(
                Place::Account,
                value::rounded_or(entry.account.as_str(), ImportRule::Reference),
            ),
        }
    })?;
    Ok(())
}

/// The row as an entry; `None` after a fault.
fn read_entry(row: &mut Row<'_>, as_of: Date) -> Option<LedgerEntry> {
    let account = row.needed(Place::Account, value::account_number);
    let serial = row.needed(Place::Serial, value::serial);
    let posted_on = row.needed(Place::PostedOn, value::past_date(as_of));
    let business = row.needed(Place::Business, value::code(BusinessType::parse));
    let pay_month = row.optional(Place::PayMonth, value::month);
    let amount = row.needed(Place::Amount, value::amount);
    let interest = row.optional(Place::Interest, value::amount);
    let reversal = row.needed(Place::Reversal, value::code(ReversalFlag::parse));
    let current_year = row.optional(Place::CurrentYear, value::amount);
    let carried_over = row.optional(Place::CarriedOver, value::amount);
    let reason = row.optional(Place::Reason, value::code(CloseReason::parse));
    let entry = LedgerEntry {
        account: account?,
        serial: serial?,
        posted_on: posted_on?,
        business: business?,
        pay_month: pay_month?,
        amount: amount?,
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
    let deposit = matches!(entry.business, BusinessType::Deposit | BusinessType::BackPayment);
    if deposit && entry.pay_month.is_none() {
        row.fault(Place::PayMonth, ImportRule::PayMonth);
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
