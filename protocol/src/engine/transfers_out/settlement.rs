//! Outgoing transfers: settling, the sheet, and undoing both.
//!
//! **Promises.** A sheet is signed only over what the core has booked.
//! **Left to others.** Deciding: `transfer::outgoing`. Booking: the core. Paying: `payment`.

use super::super::records;
use super::super::round::Round;
use super::super::transfer_case::{calendar, today};
use super::carrying::{take, take_noting};
use super::letter::records_of;
use super::recalled::{self, Said};
use super::{Outgoing, SettledSheet, recompute};
use crate::cbor;
use crate::commitment::{CommitmentDomain, commit};
use crate::core_system::CoreReceipt;
use crate::deposit_history::ContinuityRules;
use crate::digest::DigestStatus;
use crate::id::{Blinding, OrderId};
use crate::interest::within_tolerance;
use crate::statement::transfer::sheet::Sheet;
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::deadline::banking_day;
use crate::transfer::facts::{deposit_facts, loan_facts};
use crate::transfer::outgoing::event::{Done, Event, SettlementFacts, SheetFacts};
use crate::transfer::rules::obstacle_to_settlement;
use crate::transfer::task::TaskReason;

/// Asks the rules for a settlement for a day: if none is named, today or the next day on which banks
/// work.
pub(super) fn consider(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    day: Option<Date>,
) -> Result<(), StoreError> {
    let first = banking_day(today(round)?, &calendar(round)?);
    let value_date = day.unwrap_or(first);
    let here = records_of(round, out)?;
    let has_record = here.is_some();
    let obstacle = match here {
        None => None,
        Some((record, loans)) => {
            // What an import has brought while the account was locked: the lock hides it from the
            // record.
            let imported = records::imported(round.view, &out.case.letter.account)?;
            let came_since = imported
                .filter(|_| out.revision == 0)
                .and_then(|imported| obstacle_to_settlement(&imported.record, &loans));
            obstacle_to_settlement(&record, &loans).or(came_since)
        }
    };
    take(round, out, &Event::Settlement(SettlementFacts { value_date, has_record, obstacle }))
}

/// The account is in suspense.
pub(super) fn on_settled(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    (order, value_date): (OrderId, Date),
    receipt: &CoreReceipt,
) -> Result<(), StoreError> {
    let settled = SettledSheet {
        order,
        principal: receipt.principal,
        interest: receipt.interest,
        value_date,
        sheet: None,
        commitment: None,
    };
    let event = Event::Done(Done::Settled(settled.amount()));
    take_noting(round, out, &event, |out| {
        out.case.core = None;
        out.settled = Some(settled);
        out.revision = out.revision.saturating_add(1);
    })
}

/// Asks whether the sheet can be signed.
pub(super) fn consider_sheet(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    is_decided: bool,
) -> Result<(), StoreError> {
    match recalled::said_of_sheet(round, out)? {
        Said::Nothing => {}
        Said::Same => return recalled::say_sheet(round, out),
        // What was signed is not what this store comes to: nothing is paid before a person has looked.
        Said::Differs if !is_decided => {
            return out.case.ask_person(round, TaskReason::InterestDiffers);
        }
        Said::Differs => {}
        Said::Other if !is_decided => return Ok(()),
        Said::Other => {}
    }
    let has_record = records_of(round, out)?.is_some();
    let agrees = is_decided || agrees(round, out)?;
    take(round, out, &Event::Sheet(SheetFacts { has_record, agrees, is_decided }))
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

/// Signs the sheet.
pub(super) fn say_sheet(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let Some((record, loans)) = records_of(round, out)? else { return Ok(()) };
    let Some(settled) = out.settled.clone() else { return Ok(()) };
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
    Ok(())
}

/// The settlement is undone: so is the digest that says that its money has left.
pub(super) fn undo(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    let settled = out.settled.take();
    if settled.as_ref().is_some_and(|settled| settled.sheet.is_none()) {
        out.revision = out.revision.saturating_sub(1);
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
    Ok(())
}
