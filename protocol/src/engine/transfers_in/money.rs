//! Incoming transfers: sheet, money, credit, and what happens when they do not agree.
//!
//! **Promises.** The person is credited once, when the lines under the letter are exactly the latest
//! sheet; what does not agree is said, and only a person sends money back.
//! **Left to others.** Collecting the lines: `bank`. Booking: the core.

use super::super::bank;
use super::super::core_orders;
use super::super::records;
use super::super::recovery::recalled;
use super::super::round::Round;
use super::super::transfer_case::{Alarm, calendar, today};
use super::{Incoming, ReceivedSheet, local_account};
use crate::authority::incident::IncidentRule;
use crate::core_system::{CoreAction, CoreReceipt};
use crate::digest::DigestStatus;
use crate::id::PayloadHash;
use crate::money::Fen;
use crate::record::ImportedHistory;
use crate::refusal::Refusal;
use crate::settlement::{BankOrder, BankOrderId, Direction, SpecialAccount};
use crate::statement::Statement;
use crate::statement::transfer::letter::Remark;
use crate::statement::transfer::notice::{Correction, Credit, Difference, DifferenceKind, Return};
use crate::statement::transfer::sheet::{Reversal, ReversalCause, Sheet};
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::transfer::deadline::{Wait, banking_day, end_of};
use crate::transfer::incoming::IncomingState;
use crate::transfer::reconciliation::{Comparison, compare};
use crate::transfer::task::TaskReason;

type Handled = Result<Result<(), Refusal>, StoreError>;

/// A sheet came, the first or the next revision.
pub(super) fn on_sheet(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    (hash, sheet): (PayloadHash, &Sheet),
) -> Handled {
    let before = incoming.sheet.as_ref();
    let expected = before.map_or(1, |before| before.sheet.revision.saturating_add(1));
    let is_ours = sheet.revision == expected
        && sheet.replaces == before.map(|before| before.hash)
        && sheet.number == incoming.case.letter.number
        && sheet.account == incoming.case.letter.account;
    let has_amount = sheet.amount().is_some_and(|amount| amount >= Fen::ZERO)
        && sheet.principal >= Fen::ZERO
        && sheet.interest >= Fen::ZERO;
    // A revision replaces a sheet only once that was undone.
    let replaces_live = before.is_some_and(|before| !before.is_reversed);
    if !is_ours || !has_amount || replaces_live {
        return Ok(Err(Refusal::Malformed));
    }
    match incoming.state {
        IncomingState::Accepted | IncomingState::Cancelling(_) | IncomingState::Negotiating => {
            incoming.enter(round, IncomingState::Announced)
        }
        IncomingState::Announced => {}
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelled
        | IncomingState::Returning
        | IncomingState::Returned
        | IncomingState::Restored => return Ok(Err(Refusal::WrongState)),
    }
    incoming.case.task = None;
    incoming.sheet =
        Some(ReceivedSheet { hash, sheet: sheet.clone(), is_reversed: false, is_remitted: false });
    incoming.case.wait(round, Wait::Settlement)?;
    reconsider(round, incoming).map(Ok)
}

/// The money is on its way: from now on the credit is ours to make.
pub(super) fn on_remittance(round: &mut Round<'_>, incoming: &mut Incoming) -> Handled {
    if matches!(incoming.state, IncomingState::Announced | IncomingState::Negotiating) {
        incoming.case.wait(round, Wait::Credit)?;
        if let Some(received) = &mut incoming.sheet {
            received.is_remitted = true;
            if received.sheet.amount() == Some(Fen::ZERO) {
                reconsider(round, incoming)?;
            }
        }
    }
    Ok(Ok(()))
}

/// An attempt to pay failed over there: the receiving account must be corrected or confirmed.
pub(super) fn on_difference(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    difference: &Difference,
) -> Handled {
    match (incoming.state, &difference.kind) {
        (IncomingState::Announced, DifferenceKind::NotPaid(..)) => {
            incoming.enter(round, IncomingState::Negotiating);
            incoming.case.wait(round, Wait::Case)?;
            incoming.case.ask_person(round, TaskReason::CorrectReceivingAccount)?;
            Ok(Ok(()))
        }
        (IncomingState::Negotiating, DifferenceKind::NotPaid(..)) => {
            incoming.case.ask_person(round, TaskReason::CorrectReceivingAccount)?;
            Ok(Ok(()))
        }
        (
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelling(_)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored,
            DifferenceKind::Arrived(_) | DifferenceKind::NotPaid(..),
        ) => Ok(Err(Refusal::WrongState)),
    }
}

/// The settlement was undone: nothing is credited by its sheet.
pub(super) fn on_reversal(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    reversal: &Reversal,
) -> Handled {
    let Some(sheet) = &mut incoming.sheet else { return Ok(Err(Refusal::WrongState)) };
    if sheet.sheet.revision != reversal.revision || incoming.case.core.is_some() {
        return Ok(Err(Refusal::WrongState));
    }
    match incoming.state {
        IncomingState::Announced => {
            sheet.is_reversed = true;
            incoming.enter(round, IncomingState::Negotiating);
        }
        IncomingState::Negotiating | IncomingState::Returning | IncomingState::Returned => {
            sheet.is_reversed = true;
        }
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_)
        | IncomingState::Cancelled
        | IncomingState::Restored => return Ok(Err(Refusal::WrongState)),
    }
    incoming.case.alarms.remove(&Alarm::ShortSum);
    if incoming.state == IncomingState::Negotiating {
        incoming.case.wait(round, Wait::Case)?;
        match reversal.cause {
            ReversalCause::MoneyCameBack => {
                incoming.case.ask_person(round, TaskReason::CorrectReceivingAccount)?;
            }
            // A new sheet follows by itself.
            ReversalCause::YearEnd | ReversalCause::NewTerms => incoming.case.task = None,
        }
    }
    Ok(Ok(()))
}

/// The account stands over there as before the letter.
pub(super) fn on_restoration(round: &mut Round<'_>, incoming: &mut Incoming) -> Handled {
    match incoming.state {
        IncomingState::Announced | IncomingState::Negotiating => {
            incoming.enter(round, IncomingState::Restored);
            Ok(Ok(()))
        }
        // Our money is back there: this is how the other side ends.
        IncomingState::Returning | IncomingState::Returned => Ok(Ok(())),
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_)
        | IncomingState::Cancelled
        | IncomingState::Restored => Ok(Err(Refusal::WrongState)),
    }
}

/// Holds what has arrived, less what was sent back, against the latest sheet. Called after
/// everything that may change either.
pub(in super::super) fn reconsider(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
) -> Result<(), StoreError> {
    if incoming.case.core.is_some() {
        return Ok(());
    }
    let net = incoming.case.net(Direction::Credit);
    if incoming.state == IncomingState::Returning {
        return if net.is_zero() { on_sent_back(round, incoming) } else { Ok(()) };
    }
    if !matches!(incoming.state, IncomingState::Announced | IncomingState::Negotiating) {
        return Ok(());
    }
    let Some(ReceivedSheet { sheet, is_remitted, .. }) = incoming.valid_sheet().cloned() else {
        return Ok(());
    };
    match compare(net, sheet.amount().unwrap_or(Fen::ZERO)) {
        // Months alone: no line of a bank will come, and the remittance says when they are due.
        Comparison::Exact if net.is_zero() && !is_remitted => Ok(()),
        Comparison::Exact => credit(round, incoming, &sheet),
        Comparison::Nothing => {
            incoming.case.alarms.remove(&Alarm::ShortSum);
            Ok(())
        }
        Comparison::Short if incoming.state == IncomingState::Announced => {
            let first = incoming.case.lines.first().map(|line| line.booked_on);
            let day = first.map_or_else(|| today(round), Ok)?.max(today(round)?);
            incoming.case.alarms.entry(Alarm::ShortSum).or_insert_with(|| end_of(day));
            Ok(())
        }
        Comparison::Short => Ok(()),
        // What is too much is on its way back.
        Comparison::Over if incoming.case.payment.is_some() => Ok(()),
        Comparison::Over => negotiate(round, incoming),
    }
}

/// Orders the credit; the state follows its outcome.
fn credit(round: &mut Round<'_>, incoming: &mut Incoming, sheet: &Sheet) -> Result<(), StoreError> {
    incoming.case.alarms.remove(&Alarm::ShortSum);
    incoming.case.task = None;
    // What was credited before this store forgot it is credited for the day of then.
    let before = recalled::next_of_ours(round, (incoming.case.id, incoming.case.thread.ours))?;
    let on = match before {
        Some(Statement::Credit(said)) => said.credited_on,
        _ => today(round)?,
    };
    let action = CoreAction::Credit(incoming.account.clone(), sheet.principal, sheet.interest, on);
    core_orders::stage(round, &mut incoming.case, action)
}

/// The rest of a short sum did not come by the end of the business day.
pub(super) fn on_short_sum(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
) -> Result<(), StoreError> {
    let sheet = incoming.valid_sheet().and_then(|sheet| sheet.sheet.amount());
    let net = incoming.case.net(Direction::Credit);
    let is_short = sheet.is_some_and(|sheet| compare(net, sheet) == Comparison::Short);
    if incoming.state == IncomingState::Announced && incoming.case.core.is_none() && is_short {
        return negotiate(round, incoming);
    }
    Ok(())
}

/// Sum and sheet differ: that is said, and a person looks.
fn negotiate(round: &mut Round<'_>, incoming: &mut Incoming) -> Result<(), StoreError> {
    incoming.case.alarms.remove(&Alarm::ShortSum);
    if incoming.state == IncomingState::Announced {
        incoming.enter(round, IncomingState::Negotiating);
        incoming.case.wait(round, Wait::Case)?;
    }
    incoming.is_negotiated = true;
    let revision = incoming.sheet.as_ref().map_or(0, |sheet| sheet.sheet.revision);
    let kind = DifferenceKind::Arrived(incoming.case.net(Direction::Credit));
    incoming.case.tell(round, IncidentRule::ReceivedDiffers, u64::from(revision))?;
    incoming.case.say(round, |head| step!(head, Difference { revision, kind }));
    incoming.case.ask_person(round, TaskReason::AmountDiffers)
}

/// The money is on the person's account; months and loans go along.
pub(super) fn on_credited(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    receipt: &CoreReceipt,
) -> Result<(), StoreError> {
    let Some(received) = incoming.sheet.clone() else { return Ok(()) };
    if let Some(mut account) = local_account(round, incoming)? {
        account.record.imported.push(ImportedHistory {
            from: incoming.case.letter.to,
            letter: Some(incoming.case.letter.number),
            credited_on: receipt.posted_on,
            history: received.sheet.deposits.history.clone(),
            loan_count: received.sheet.loans.loan_count,
            has_fraud: received.sheet.loans.has_fraud,
            overdue_periods_total: received.sheet.loans.overdue_periods_total,
        });
        records::change_account(round, &account)?;
    }
    let negotiated = incoming.is_negotiated;
    incoming.enter(round, IncomingState::Credited(negotiated));
    incoming.case.wait(round, Wait::Case)?;
    let amount = received.sheet.amount().unwrap_or(Fen::ZERO);
    let credited_on = receipt.posted_on;
    let revision = received.sheet.revision;
    let said = incoming
        .case
        .say(round, |head| step!(head, Credit { revision, amount, credited_on, negotiated }));
    incoming.credit = Some(said);
    if incoming.case.taken_over_by.is_some() {
        // Nobody is there to confirm it, and the person has the money.
        incoming.enter(round, IncomingState::Completed(negotiated));
    }
    incoming.case.publish(round, DigestStatus::TransferCredited, received.commitment())
}

/// Names the account to which the money is to go, and waits for it again.
pub(in super::super) fn correct(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    receiving: SpecialAccount,
) -> Result<(), StoreError> {
    incoming.receiving = receiving.clone();
    incoming.case.task = None;
    incoming.case.say(round, |head| step!(head, Correction { receiving }));
    incoming.enter(round, IncomingState::Announced);
    incoming.case.wait(round, Wait::Settlement)
}

/// Goes on waiting for the missing money.
pub(in super::super) fn wait_on(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
) -> Result<(), StoreError> {
    incoming.case.task = None;
    incoming.case.wait(round, Wait::Credit)
}

/// What has arrived and no sheet explains: more than the latest one, or anything at all where nothing
/// is credited.
pub(in super::super) fn surplus(incoming: &Incoming) -> Fen {
    let sheet = incoming.sheet.as_ref().and_then(|sheet| sheet.sheet.amount());
    let explained = match incoming.state {
        IncomingState::Announced | IncomingState::Negotiating => {
            match incoming.valid_sheet().and_then(|sheet| sheet.sheet.amount()) {
                Some(amount) => amount,
                None => return Fen::ZERO,
            }
        }
        IncomingState::Credited(_) | IncomingState::Completed(_) => sheet.unwrap_or(Fen::ZERO),
        IncomingState::Rejected(_, true)
        | IncomingState::Cancelled
        | IncomingState::Returned
        | IncomingState::Restored => Fen::ZERO,
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Rejected(_, false)
        | IncomingState::Cancelling(_)
        | IncomingState::Returning => return Fen::ZERO,
    };
    let surplus = incoming.case.net(Direction::Credit).checked_sub(explained);
    surplus.unwrap_or(Fen::ZERO).max(Fen::ZERO)
}

/// Orders money to be sent back: what is too much, or else all that has arrived, and that ends the
/// case.
pub(in super::super) fn send_back(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    payee: SpecialAccount,
) -> Result<(), StoreError> {
    let own = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    let surplus = surplus(incoming);
    let is_surplus = surplus > Fen::ZERO;
    let amount = if is_surplus { surplus } else { incoming.case.net(Direction::Credit) };
    let Some(payer) = own.filter(|_| amount > Fen::ZERO) else {
        return incoming.case.ask_person(round, TaskReason::AmountDiffers);
    };
    incoming.case.task = None;
    if !is_surplus {
        incoming.enter(round, IncomingState::Returning);
        incoming.case.wait(round, Wait::Case)?;
    }
    let execute_on = banking_day(today(round)?, &calendar(round)?);
    incoming.case.attempts = incoming.case.attempts.saturating_add(1);
    let id = BankOrderId { letter: incoming.case.letter.number, attempt: incoming.case.attempts };
    let order = BankOrder { id, payer, payee, amount, execute_on };
    bank::order(round, &mut incoming.case, order)
}

/// The bank has confirmed that all of it was sent back.
fn on_sent_back(round: &mut Round<'_>, incoming: &mut Incoming) -> Result<(), StoreError> {
    bank::forget(&mut incoming.case);
    let revision = incoming.sheet.as_ref().map_or(0, |sheet| sheet.sheet.revision);
    let sent_back = crate::transfer::reconciliation::sum(&incoming.case.lines, Direction::Debit);
    let amount = sent_back.unwrap_or(Fen::ZERO);
    let remark: Option<Remark> = None;
    incoming.case.say(round, |head| step!(head, Return { revision, amount, remark }));
    if let Some(commitment) = incoming.sheet.as_ref().map(ReceivedSheet::commitment) {
        incoming.case.publish(round, DigestStatus::TransferReturned, commitment)?;
    }
    incoming.enter(round, IncomingState::Returned);
    Ok(())
}
