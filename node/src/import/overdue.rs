//! The file of overdue instalments: table 6.0.7 (逾期登记), which a dump may have.
//!
//! An instalment is overdue as long as less of its principal has come in than was due. Where the file
//! is there, it decides what is overdue now, and not the sums of the loan's row.
//!
//! **Promises.** A period of a loan stands once; no row is dropped for want of its loan.
//! **Left to others.** What overdue means for a new loan: the verdict of the asking city.

use std::collections::HashSet;
use std::io::BufRead;

use fundlink_protocol::money::Fen;

use super::branches::Key;
use super::context::{Absent, Context};
use super::loans::Loans;
use super::rule::ImportRule;
use super::table::columns;
use super::{ImportError, ImportFile, value};

columns! {
    Account = "DKZH", true;
    Period = "YQQC", true;
    Principal = "YQBJ", true;
    Received = "SSYQBJJE", true;
}

/// Reads what is overdue into the loans.
pub(super) fn read(
    input: Option<impl BufRead>,
    loans: &mut Loans,
    context: &mut Context<'_>,
) -> Result<(), ImportError> {
    let Some(input) = input else { return Ok(()) };
    let mut seen = HashSet::new();
    let mut unplaced = 0_u64;
    loans.begin_overdue();
    let state = context.read_rows(ImportFile::Overdue, input, |row, totals| {
        row.belongs_to(Key::LoanAccount, Place::Account);
        let account = row.needed(Place::Account, value::loan_account);
        let period = row.needed(Place::Period, value::count);
        let principal = row.needed(Place::Principal, value::amount_from_zero);
        let received = row.optional(Place::Received, value::amount_from_zero);
        totals.add(principal);
        let Some(account) = account else {
            unplaced += 1;
            return;
        };
        let (Some(period), Some(principal), Some(received)) = (period, principal, received) else {
            return loans.taint(&account);
        };
        let open = principal.checked_sub(received.unwrap_or(Fen::ZERO)).unwrap_or(Fen::ZERO);
        if open < Fen::ZERO {
            loans.taint(&account);
            return row.fault(Place::Received, ImportRule::OverdueReceived);
        }
        if !seen.insert((account.clone(), period)) {
            loans.taint(&account);
            return row.fault(Place::Period, ImportRule::KeyDoubled);
        }
        match loans.add_overdue(&account, open) {
            Ok(()) | Err(Absent::Reported) => {}
            Err(Absent::Unknown) => {
                unplaced += 1;
                let rule = value::rounded_or(account.as_str(), ImportRule::Reference);
                row.fault(Place::Account, rule);
            }
        }
    })?;
    // A loan may be overdue and nobody can say which: no answer about loans could be believed.
    if unplaced > 0 || state.malformed() > 0 {
        context.faults.refuse_quarantine();
    }
    Ok(())
}
