//! What a sheet says of deposits and loans, from the records of the transfer-out center.
//!
//! **Promises.** Months and loans that came with an earlier transfer count again.
//! **Left to others.** Reading the records; the amount, which the core settles.

use crate::deposit_history::ContinuityRules;
use crate::document::DocumentNumber;
use crate::record::{AccountRecord, LoanRecord};
use crate::statement::transfer::account_facts::{DepositFacts, LoanFacts};

/// The deposit history that goes along with the account.
#[must_use]
pub fn deposit_facts(record: &AccountRecord, rules: ContinuityRules) -> DepositFacts {
    let history = record.combined_history(rules).history;
    DepositFacts {
        opened: record.account.opened_on.month(),
        six_months: history.six_months(),
        history,
    }
}

/// The loan record that goes along with the person.
#[must_use]
pub fn loan_facts(record: &AccountRecord, loans: &[LoanRecord]) -> LoanFacts {
    let document = &record.person.document;
    let mut facts = LoanFacts { has_fraud: record.notes.fraud.is_some(), ..LoanFacts::default() };
    for loan in loans.iter().filter(|loan| takes_part(loan, document)) {
        let status = loan.loan.status();
        let overdue = loan.loan.overdue.periods_total;
        facts.loan_count = facts.loan_count.saturating_add(u32::from(status.counts()));
        facts.has_unsettled |= status.is_unsettled();
        facts.overdue_periods_total = facts.overdue_periods_total.saturating_add(overdue);
    }
    for imported in &record.imported {
        facts.loan_count = facts.loan_count.saturating_add(imported.loan_count);
        facts.has_fraud |= imported.has_fraud;
        let overdue = imported.overdue_periods_total;
        facts.overdue_periods_total = facts.overdue_periods_total.saturating_add(overdue);
    }
    facts
}

/// Whether the person takes part in the loan, as borrower, co-borrower or guarantor.
#[must_use]
pub fn takes_part(loan: &LoanRecord, document: &DocumentNumber) -> bool {
    loan.role_of(document).is_some()
}
