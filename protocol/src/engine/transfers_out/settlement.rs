//! Outgoing transfers: settling, the sheet, and undoing both.
//!
//! **Promises.** A sheet is signed only over what the core has booked; a settlement is undone only
//! when its money never left or is back.
//! **Left to others.** Booking: the core. Paying: `payment`.

use super::super::core_orders;
use super::super::incidents::{self, About, Seen};
use super::super::modes;
use super::super::records;
use super::super::round::Round;
use super::super::transfer_case::{calendar, today};
use super::letter::{records_of, unlock_to_refuse};
use super::{Intent, Outgoing, SettledSheet, payment, recalled, recompute};
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::commitment::{CommitmentDomain, commit};
use crate::core_system::{CoreAction, CoreOrder, CoreReceipt};
use crate::deposit_history::ContinuityRules;
use crate::digest::DigestStatus;
use crate::id::Blinding;
use crate::interest::within_tolerance;
use crate::mode::{Mode, Service};
use crate::money::Fen;
use crate::statement::transfer::sheet::{Restoration, Reversal, ReversalCause, Sheet};
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::deadline::{Wait, banking_day};
use crate::transfer::facts::{deposit_facts, loan_facts};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::rules::obstacle_to_settlement;
use crate::transfer::task::TaskReason;

/// Settles for today, or the next day on which banks work.
pub(super) fn settle_today(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let value_date = banking_day(today(round)?, &calendar(round)?);
    settle(round, out, value_date)
}

/// Orders the settlement for a value date, unless something has come between (a court freeze: R06).
/// Without a person, no more moves than `auto` may decide.
pub(in super::super) fn settle(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    value_date: Date,
) -> Result<(), StoreError> {
    let Some((record, loans)) = records_of(round, out)? else {
        return out.case.ask_person(round, TaskReason::CoreRefused);
    };
    // What an import has brought while the account was locked: the lock hides it from the record.
    let imported = records::imported(round.view, &out.case.letter.account)?;
    let came_since = imported
        .filter(|_| out.revision == 0)
        .and_then(|imported| obstacle_to_settlement(&imported.record, &loans));
    let obstacle = obstacle_to_settlement(&record, &loans).or(came_since);
    if let Some(reason) = obstacle.filter(|_| out.state == OutgoingState::Accepted) {
        return unlock_to_refuse(round, out, reason);
    }
    let cap =
        if out.case.task.is_some() { Fen::MAX } else { round.settings.policy.auto_amount_max };
    out.case.task = None;
    let account = out.case.letter.account.clone();
    core_orders::stage(round, &mut out.case, CoreAction::Settle(account, value_date, cap))
}

/// The account is in suspense: the sheet follows, unless core and engine differ on interest.
pub(super) fn on_settled(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    (order, receipt): (&CoreOrder, &CoreReceipt),
) -> Result<(), StoreError> {
    let CoreAction::Settle(_, value_date, _) = &order.action else { return Ok(()) };
    out.settled = Some(SettledSheet {
        order: order.id,
        principal: receipt.principal,
        interest: receipt.interest,
        value_date: *value_date,
        sheet: None,
        commitment: None,
    });
    out.revision = out.revision.saturating_add(1);
    out.enter(round, OutgoingState::Settled);
    out.case.wait(round, Wait::Settlement)?;
    if recalled::after_settling(round, out)?.is_some() {
        Ok(())
    } else if out.case.taken_over_by.is_some() {
        out.case.ask_person(round, TaskReason::CounterpartRevoked)
    } else if agrees(round, out)? {
        send_sheet(round, out)
    } else {
        let about = About::Transfer(out.case.id);
        let seen = Seen::new(IncidentRule::InterestDiffers, about, u64::from(out.revision));
        incidents::tell(round, seen)?;
        out.case.ask_person(round, TaskReason::InterestDiffers)
    }
}

/// Whether the core's figures are ours, up to a fen a settled year. The embedded core is this
/// engine: what it has booked cannot be computed a second time from the same rows.
fn agrees(round: &Round<'_>, out: &Outgoing) -> Result<bool, StoreError> {
    if round.settings.core_driver == super::super::CoreDriver::Embedded {
        return Ok(true);
    }
    let Some(settled) = &out.settled else { return Ok(false) };
    let Some(own) = recompute(round, out, settled.value_date)? else { return Ok(false) };
    let record = records::account(round.view, &out.case.letter.account)?;
    let opened = record.map(|(account, _)| account.record.account.opened_on);
    let years = opened.map_or(1, |opened| settled.value_date.days_since(opened) / 365);
    let years = u32::try_from(years).unwrap_or(1);
    Ok(own.total().is_some_and(|own| within_tolerance(settled.amount(), own, years)))
}

/// Signs the sheet and orders the payment.
pub(in super::super) fn send_sheet(
    round: &mut Round<'_>,
    out: &mut Outgoing,
) -> Result<(), StoreError> {
    let Some((record, loans)) = records_of(round, out)? else {
        return out.case.ask_person(round, TaskReason::CoreRefused);
    };
    let Some(settled) = out.settled.clone() else { return Ok(()) };
    out.case.task = None;
    let policy = &round.settings.policy;
    let rules = ContinuityRules {
        late_grace_months: policy.late_grace_months,
        gap_tolerance: policy.gap_tolerance,
    };
    let deposits = deposit_facts(&record, rules);
    let blinding = Blinding::new(round.entropy.draw());
    let number = out.case.letter.number;
    let account = out.case.letter.account.clone();
    let replaces = out.last_sheet;
    let revision = out.revision;
    let (hash, sheet) = out.case.say_what(round, |head| {
        step!(
            head,
            Sheet {
                number,
                account,
                revision,
                replaces,
                principal: settled.principal,
                interest: settled.interest,
                value_date: settled.value_date,
                deposits,
                loans: loan_facts(&record, &loans),
                blinding,
            }
        )
    });
    let commitment = Some(commit(CommitmentDomain::Record, &sheet.blinding, &cbor::encode(&sheet)));
    out.last_sheet = Some(hash);
    out.settled = Some(SettledSheet { sheet: Some(hash), commitment, ..settled });
    payment::order_missing(round, out)
}

/// Undoes the settlement, because all of its money is here; what follows is the intent's.
pub(in super::super) fn reverse(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    intent: Intent,
) -> Result<(), StoreError> {
    let Some(settled) = &out.settled else { return Ok(()) };
    let action = CoreAction::Reverse(out.case.letter.account.clone(), settled.order, today(round)?);
    out.case.task = None;
    out.intent = Some(intent);
    core_orders::stage(round, &mut out.case, action)
}

/// The settlement is undone: the account is back, and locked.
pub(super) fn on_reversed(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let intent = out.intent.take().unwrap_or(Intent::Wait(ReversalCause::NewTerms));
    let cause = intent.cause().unwrap_or(ReversalCause::NewTerms);
    out.enter(round, OutgoingState::Reversed);
    out.case.wait(round, Wait::Case)?;
    let settled = out.settled.take();
    if settled.as_ref().is_some_and(|settled| settled.sheet.is_some()) {
        let revision = out.revision;
        out.case.say(round, |head| step!(head, Reversal { revision, cause }));
    }
    let was_remitted = out
        .case
        .published
        .is_some_and(|published| published.status == DigestStatus::TransferRemitted);
    if let Some(commitment) = settled.and_then(|settled| settled.commitment)
        && was_remitted
    {
        out.case.publish(round, DigestStatus::TransferReversed, commitment)?;
    }
    match intent {
        Intent::Restore(_) => restore(round, out),
        _ if out.is_returned => restore(round, out),
        _ if out.case.taken_over_by.is_some() => {
            out.case.ask_person(round, TaskReason::CounterpartRevoked)
        }
        Intent::Renew(_, value_date) => settle(round, out, value_date),
        Intent::Wait(_) | Intent::Refuse(_) | Intent::Release => Ok(()),
    }
}

/// Lets the account go as before the letter.
pub(in super::super) fn restore(
    round: &mut Round<'_>,
    out: &mut Outgoing,
) -> Result<(), StoreError> {
    out.case.task = None;
    out.intent = Some(Intent::Restore(ReversalCause::NewTerms));
    let account = out.case.letter.account.clone();
    core_orders::stage(round, &mut out.case, CoreAction::Unlock(account))
}

/// The account stands as before the letter.
pub(super) fn on_restored(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    out.enter(round, OutgoingState::Restored);
    out.case.say(round, |head| step!(head, Restoration {}));
    Ok(())
}

/// A corrected account has come for a settlement that was undone: a new revision follows, by the
/// rules alone in mode `auto`, else once a person has named the value date.
pub(super) fn renew(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    if recalled::is_said(round, out)? {
        // It was settled before this store forgot it, for a day that the sheet names.
        return Ok(());
    }
    if modes::mode(round.view, Service::Transfer)? == Mode::Auto {
        settle_today(round, out)
    } else {
        out.case.ask_person(round, TaskReason::ConfirmSettlement)
    }
}
