//! Whether a letter is accepted: the rules of the transfer-out center, in their order.
//!
//! **Promises.** A refusal by rule goes before a look by a person: nobody is asked to confirm the
//! name of an account that cannot move. The first rule that fails names the reason.
//! **Left to others.** The facts: `engine::transfers_out`. R99: a person.

use crate::account::AccountStatus;
use crate::center::CenterCode;
use crate::document::DocumentMatch;
use crate::id::TransferId;
use crate::name_match::NameMatch;
use crate::record::{AccountRecord, Hindrance, LoanRecord};
use crate::settlement::SpecialAccount;
use crate::statement::transfer::letter::Letter;
use crate::statement::transfer::reply::IdentityMatch;
use crate::time::Date;

use super::facts::takes_part;
use super::reason::RefusalReason;
use super::task::TaskReason;

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct LetterFacts<'a> {
    /// The letter.
    pub letter: &'a Letter,
    /// The account that it names, if it is here.
    pub record: Option<&'a AccountRecord>,
    /// The transfer that holds the account, if one does.
    pub held_by: Option<TransferId>,
    /// What another channel is doing with the account, or with the person.
    pub registered: Option<RegisteredHold>,
    /// The loans here in which the account's owner takes part.
    pub loans: &'a [LoanRecord],
    /// How many other accounts of the person are open here.
    pub other_open_accounts: u32,
    /// Where the person has no account here: the other center at which an open one is known.
    pub elsewhere: Option<CenterCode>,
    /// The own special account.
    pub own_account: Option<&'a SpecialAccount>,
    /// The business date.
    pub today: Date,
}

/// What a registered transfer says of an account (其他渠道).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredHold {
    /// It is in transfer over another channel, or its owner is.
    InTransfer(TransferId),
    /// It has left over another channel, and no newer record says otherwise.
    Left(TransferId),
}

/// What becomes of a letter, by the rules alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything agrees.
    Accept(IdentityMatch),
    /// A person must look first.
    Hold(TaskReason),
    /// Refused; with R15 the right center.
    Refuse(RefusalReason, Option<CenterCode>),
}

/// Decides about a letter.
#[must_use]
pub fn decide(facts: &LetterFacts<'_>) -> Verdict {
    let Some(record) = facts.record else { return not_here(facts) };
    let identity = match identity(facts.letter, record) {
        Ok(identity) => identity,
        // Two centers may give the same account number to two persons.
        Err(RefusalReason::NotFound) => return not_here(facts),
        Err(reason) => return refuse(reason),
    };
    match obstacle(facts, record) {
        Some(reason) => refuse(reason),
        None => identity,
    }
}

/// Whether the account can still be settled: what may have changed since acceptance.
#[must_use]
pub fn obstacle_to_settlement(
    record: &AccountRecord,
    loans: &[LoanRecord],
) -> Option<RefusalReason> {
    if is_frozen(record) {
        Some(RefusalReason::Frozen)
    } else if record.account.status.is_closed() {
        Some(RefusalReason::Closed)
    } else if has_unsettled_loan(record, loans)
        || record.notes.hindrances.contains(&Hindrance::OffSiteLoan)
    {
        Some(RefusalReason::UnsettledLoan)
    } else {
        None
    }
}

/// Nobody here is the person of the letter: the center that is, is named where it is known.
const fn not_here(facts: &LetterFacts<'_>) -> Verdict {
    match facts.elsewhere {
        Some(center) => Verdict::Refuse(RefusalReason::WrongCenter, Some(center)),
        None => refuse(RefusalReason::NotFound),
    }
}

const fn refuse(reason: RefusalReason) -> Verdict {
    Verdict::Refuse(reason, None)
}

/// Whether the person of the letter owns the account.
fn identity(letter: &Letter, record: &AccountRecord) -> Result<Verdict, RefusalReason> {
    let name = NameMatch::of(&record.person.name, &letter.name);
    let document = record.person.document.compare(&letter.document);
    match (name, document) {
        // Somebody else's account: nothing is said about its owner.
        (NameMatch::Different, DocumentMatch::Different) => Err(RefusalReason::NotFound),
        (NameMatch::Different, DocumentMatch::Exact | DocumentMatch::Upgraded) => {
            Err(RefusalReason::Name)
        }
        (
            NameMatch::Exact | NameMatch::Folded | NameMatch::Suspicious,
            DocumentMatch::Different,
        ) => Err(RefusalReason::Document),
        (NameMatch::Suspicious, DocumentMatch::Exact | DocumentMatch::Upgraded) => {
            Ok(Verdict::Hold(TaskReason::SuspiciousName))
        }
        (NameMatch::Exact | NameMatch::Folded, DocumentMatch::Upgraded) => {
            Ok(Verdict::Hold(TaskReason::OldDocument))
        }
        (NameMatch::Folded, DocumentMatch::Exact) => Ok(Verdict::Accept(IdentityMatch::Folded)),
        (NameMatch::Exact, DocumentMatch::Exact) => Ok(Verdict::Accept(IdentityMatch::Exact)),
    }
}

/// What keeps the account of the right person from moving.
fn obstacle(facts: &LetterFacts<'_>, record: &AccountRecord) -> Option<RefusalReason> {
    let hindered = |hindrance| record.notes.hindrances.contains(&hindrance);
    let own_account = facts.own_account.map(|account| &account.number);
    let has_left = matches!(facts.registered, Some(RegisteredHold::Left(_)));
    let is_registered = matches!(facts.registered, Some(RegisteredHold::InTransfer(_)));
    // In the order in which a clerk would look: what ends the matter first.
    let rules = [
        (record.account.status.is_closed() || has_left, RefusalReason::Closed),
        (facts.held_by.is_some() || is_registered, RefusalReason::Duplicate),
        (is_frozen(record), RefusalReason::Frozen),
        (record.account.status != AccountStatus::Sealed, RefusalReason::NotSealed),
        (facts.other_open_accounts > 0, RefusalReason::SeveralAccounts),
        (has_unsettled_loan(record, facts.loans), RefusalReason::UnsettledLoan),
        // The account secures a loan of another city (异地贷款) and must not be emptied.
        (hindered(Hindrance::OffSiteLoan), RefusalReason::UnsettledLoan),
        (
            hindered(Hindrance::WithdrawalInProgress) || hindered(Hindrance::StandingWithdrawal),
            RefusalReason::Withdrawal,
        ),
        (hindered(Hindrance::CorrectionPending), RefusalReason::BackPayment),
        (in_penalty_period(record, facts.today), RefusalReason::Fraud),
        (has_nothing_to_move(record), RefusalReason::Balance),
        (own_account == Some(&facts.letter.receiving.number), RefusalReason::ReceivingAccount),
    ];
    rules.into_iter().find(|(fails, _)| *fails).map(|(_, reason)| reason)
}

/// Months count for a loan elsewhere even when all the money was taken out before: they move with 0.00.
fn has_nothing_to_move(record: &AccountRecord) -> bool {
    let has_months = record.history.total() > 0 || !record.imported.is_empty();
    match record.account.balance.get() {
        0 => !has_months,
        fen => fen < 0,
    }
}

fn is_frozen(record: &AccountRecord) -> bool {
    record.account.status == AccountStatus::Frozen
        || record.notes.freeze.is_some()
        || record.notes.hindrances.contains(&Hindrance::DeductionPending)
}

fn has_unsettled_loan(record: &AccountRecord, loans: &[LoanRecord]) -> bool {
    loans
        .iter()
        .any(|loan| takes_part(loan, &record.person.document) && loan.loan.status().is_unsettled())
}

/// A penalty without an end runs until it is taken off the record.
fn in_penalty_period(record: &AccountRecord, today: Date) -> bool {
    record.notes.fraud.is_some_and(|fraud| fraud.until.is_none_or(|until| today <= until))
}

#[cfg(test)]
mod tests;
