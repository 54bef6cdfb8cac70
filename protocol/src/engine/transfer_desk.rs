//! What people do with transfers: list, look, decide.
//!
//! **Promises.** A decision is taken only where the transfer stands where it makes sense, by an
//! operator with the role; where two must decide, by two persons, alike, on the same scan.
//! **Left to others.** Writing letters: `transfers_in::letters`. What follows: the two sides.

use super::command::Reply;
use super::embedded_core;
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::records;
use super::recovery;
use super::round::{Round, Stop};
use super::transfer_case::{Case, calendar, today};
use super::transfer_command::{
    Decision, TransferCommand, TransferFilter, TransferLine, TransferName, TransferView,
};
use super::transfers;
use super::transfers_in::{self, Incoming, letters, money};
use super::transfers_out::{self, Intent, Outgoing, letter, payment, settlement};
use crate::id::{FileHash, TransferId};
use crate::ledger;
use crate::limits::TRANSFERS_LISTED_MAX;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::settlement::Direction;
use crate::statement::transfer::sheet::ReversalCause;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Date;
use crate::transfer::deadline::{Wait, banking_day, may_pay_on};
use crate::transfer::incoming::IncomingState;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::task::{FirstOpinion, Task, TaskReason};

/// Does what a caller wants of transfers.
pub(super) fn run(round: &mut Round<'_>, command: TransferCommand) -> Result<Reply, Stop> {
    let own = round.center();
    match command {
        TransferCommand::Start(application) => {
            let incoming = letters::start(round, &application)?;
            Ok(Reply::Transfer(Box::new(TransferView::of_incoming(&incoming, own))))
        }
        TransferCommand::List(filter) => Ok(Reply::Transfers(list(round, &filter)?)),
        TransferCommand::Show(name) => Ok(Reply::Transfer(Box::new(show(round, name)?))),
        TransferCommand::Cancel { operator, transfer, remark } => {
            let transfer = resolve(round.view, transfer)?;
            let incoming = letters::cancel(round, &operator, transfer, remark)?;
            Ok(Reply::Transfer(Box::new(TransferView::of_incoming(&incoming, own))))
        }
        TransferCommand::Decide { operator, transfer, decision } => {
            let view = decide(round, &operator, transfer, &decision)?;
            Ok(Reply::Transfer(Box::new(view)))
        }
        TransferCommand::LedgerSums => Ok(Reply::LedgerSums(ledger::trial_balance(round.view)?)),
    }
}

/// The transfer that a caller names.
///
/// # Errors
/// `NOT_FOUND`, or when the store cannot be read.
pub fn resolve(view: &dyn View, name: TransferName) -> Result<TransferId, Stop> {
    match name {
        TransferName::Id(transfer) => Ok(transfer),
        TransferName::Number(number) => {
            let found = transfers::find_number(view, number)?;
            Ok(found.ok_or(Refusal::NotFound)?.0)
        }
    }
}

/// A transfer in full.
///
/// # Errors
/// `NOT_FOUND`, or when the store cannot be read.
pub fn show(round: &Round<'_>, name: TransferName) -> Result<TransferView, Stop> {
    let transfer = resolve(round.view, name)?;
    if let Some(outgoing) = transfers_out::load(round.view, transfer)? {
        return Ok(TransferView::of_outgoing(&outgoing, round.center()));
    }
    let incoming = transfers_in::load(round.view, transfer)?.ok_or(Refusal::NotFound)?;
    Ok(TransferView::of_incoming(&incoming, round.center()))
}

/// Transfers that pass a filter, those with the nearest deadline first; at most
/// `limits::TRANSFERS_LISTED_MAX`. Without the ended ones only open transfers are read.
///
/// # Errors
/// When the store cannot be read.
pub fn list(round: &Round<'_>, filter: &TransferFilter) -> Result<Vec<TransferLine>, StoreError> {
    let own = round.center();
    let mut lines = Vec::new();
    let areas: &[Area] =
        if filter.ended { &[Area::TransferOut, Area::TransferIn] } else { &[Area::TransferOpen] };
    for area in areas {
        walk(round.view, *area, |transfer| {
            if let Some(outgoing) = transfers_out::load(round.view, transfer)? {
                lines.push(TransferLine::of_outgoing(&outgoing, own));
            } else if let Some(incoming) = transfers_in::load(round.view, transfer)? {
                lines.push(TransferLine::of_incoming(&incoming, own));
            }
            Ok(())
        })?;
    }
    lines.retain(|line| {
        filter.side.is_none_or(|side| side == line.state.side())
            && (!filter.waiting || line.task.is_some())
            && filter.state.as_ref().is_none_or(|state| state == line.state.name())
    });
    // Without a deadline last; the letter number makes the order the same every time.
    lines.sort_by_key(|line| (line.due.is_none(), line.due, line.number));
    lines.truncate(TRANSFERS_LISTED_MAX);
    Ok(lines)
}

/// Visits the transfers of an area whose keys are their ids.
fn walk(
    view: &dyn View,
    area: Area,
    mut visit: impl FnMut(TransferId) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut from = key(area, &[]);
    let end = prefix_end(&from);
    loop {
        let rows = view.range(&from, &end, TRANSFERS_LISTED_MAX)?;
        for (place, _) in &rows {
            let id = transfers::read_hash(place.get(1..).unwrap_or_default())?;
            visit(TransferId::new(*id.as_bytes()))?;
        }
        match rows.last() {
            Some((last, _)) => from = [last.as_slice(), &[0]].concat(),
            None => return Ok(()),
        }
    }
}

/// Takes a person's decision.
pub(super) fn decide(
    round: &mut Round<'_>,
    operator: &OperatorId,
    name: TransferName,
    decision: &Decision,
) -> Result<TransferView, Stop> {
    let transfer = resolve(round.view, name)?;
    if let Some(mut outgoing) = transfers_out::load(round.view, transfer)? {
        check_role(round, operator, &outgoing.case)?;
        decide_outgoing(round, operator, &mut outgoing, decision)?;
        transfers_out::save(round, &outgoing)?;
        return Ok(TransferView::of_outgoing(&outgoing, round.center()));
    }
    let mut incoming = transfers_in::load(round.view, transfer)?.ok_or(Refusal::NotFound)?;
    check_role(round, operator, &incoming.case)?;
    decide_incoming(round, operator, &mut incoming, decision)?;
    transfers_in::save(round, &incoming)?;
    Ok(TransferView::of_incoming(&incoming, round.center()))
}

/// The role that the task asks for; a reviewer where there is none.
fn check_role(round: &Round<'_>, operator: &OperatorId, case: &Case) -> Result<(), Stop> {
    let role = case.task.as_ref().map_or(OperatorRole::Reviewer, |task| task.role);
    require_role(round, operator, role)?;
    if case.core.is_some() {
        let why = "an order to the core is on its way; decide again once its outcome is in";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    Ok(())
}

fn decide_outgoing(
    round: &mut Round<'_>,
    operator: &OperatorId,
    out: &mut Outgoing,
    decision: &Decision,
) -> Result<(), Stop> {
    let nothing_left = out.case.net(Direction::Debit).is_zero() && out.case.payment.is_none();
    match (decision, out.state) {
        (Decision::Accept(scan), OutgoingState::Held) => accept(round, operator, out, *scan),
        (Decision::Refuse(reason, remark), OutgoingState::Received | OutgoingState::Held) => {
            Ok(letter::reject(round, out, (*reason, remark.clone()))?)
        }
        (Decision::Refuse(reason, _), OutgoingState::Accepted) => {
            Ok(letter::unlock_to_refuse(round, out, *reason)?)
        }
        (Decision::Settle(day), OutgoingState::Accepted | OutgoingState::Reversed) => {
            let value_date = value_date(round, *day)?;
            Ok(settlement::settle(round, out, value_date)?)
        }
        (Decision::SendSheet, OutgoingState::Settled) => Ok(settlement::send_sheet(round, out)?),
        (Decision::PayAgain, OutgoingState::PayFailed(_)) => {
            Ok(payment::order_missing(round, out)?)
        }
        (Decision::PayAgain, OutgoingState::Paid)
            if out.case.net(Direction::Debit) < out.settled_amount() =>
        {
            Ok(payment::order_missing(round, out)?)
        }
        (Decision::Renew(day), OutgoingState::Settled | OutgoingState::PayFailed(_))
            if nothing_left =>
        {
            let intent = Intent::Renew(ReversalCause::NewTerms, value_date(round, *day)?);
            Ok(settlement::reverse(round, out, intent)?)
        }
        (Decision::Restore, OutgoingState::Settled | OutgoingState::PayFailed(_))
            if nothing_left =>
        {
            let intent = Intent::Restore(ReversalCause::NewTerms);
            Ok(settlement::reverse(round, out, intent)?)
        }
        (Decision::Restore, OutgoingState::Reversed) => Ok(settlement::restore(round, out)?),
        (Decision::Wait, state) if !state.is_final() => wait_on(round, &mut out.case),
        (Decision::Renew(_) | Decision::Restore, _) => {
            let why = "the account is restored or settled anew only when no money has left, or all \
                       of it is back";
            Err(Stop::explained(Refusal::WrongState, why))
        }
        (
            Decision::Approve
            | Decision::Accept(_)
            | Decision::Refuse(..)
            | Decision::Settle(_)
            | Decision::SendSheet
            | Decision::PayAgain
            | Decision::Correct(_)
            | Decision::SendBack(_)
            | Decision::Wait,
            _,
        ) => Err(Refusal::WrongState.into()),
    }
}

/// Accepts a letter that was held; for a suspicious name two persons must have seen the same scan.
fn accept(
    round: &mut Round<'_>,
    operator: &OperatorId,
    out: &mut Outgoing,
    scan: Option<FileHash>,
) -> Result<(), Stop> {
    let Some(task) = out.case.task.clone() else { return Err(Refusal::WrongState.into()) };
    if task.reason.needs_two() {
        let Some(scan) = scan else {
            let why = "name the hash of the scan that you looked at";
            return Err(Stop::explained(Refusal::Argument, why));
        };
        match &task.first {
            None => {
                let first = FirstOpinion { operator: operator.clone(), scan: Some(scan) };
                // The second one reviews what the first has entered.
                let role = OperatorRole::Reviewer;
                out.case.task = Some(Task { first: Some(first), role, ..task });
                return Ok(());
            }
            Some(first) if first.operator == *operator => {
                let why = "another person must decide, too";
                return Err(Stop::explained(Refusal::Operator, why));
            }
            Some(first) if first.scan != Some(scan) => {
                let why = "the first person looked at another scan";
                return Err(Stop::explained(Refusal::Argument, why));
            }
            Some(_) => {}
        }
    }
    if task.reason == TaskReason::OldDocument {
        correct_document(round, out)?;
    }
    Ok(letter::accept_after_look(round, out)?)
}

/// The record gets the 18-digit number that the letter proves (证件号码更正).
fn correct_document(round: &mut Round<'_>, out: &Outgoing) -> Result<(), Stop> {
    let found = records::account(round.view, &out.case.letter.account)?;
    let Some((mut account, _)) = found else { return Err(Refusal::NotFound.into()) };
    account.record.person.document = out.case.letter.document.clone();
    if embedded_core::change_record(round, &account)? {
        return Ok(());
    }
    let why = "the rows of the account do not fit its balance; import its ledger again";
    Err(Stop::explained(Refusal::WrongState, why))
}

/// A value date: today, or a banking day named ahead.
fn value_date(round: &Round<'_>, day: Option<Date>) -> Result<Date, Stop> {
    let (today, calendar) = (today(round)?, calendar(round)?);
    let Some(day) = day else { return Ok(banking_day(today, &calendar)) };
    if day < today || banking_day(day, &calendar) != day || !may_pay_on(today, day) {
        let why = "the value date is today or a banking day ahead, before the next 1 July";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    Ok(day)
}

fn wait_on(round: &Round<'_>, case: &mut Case) -> Result<(), Stop> {
    case.task = None;
    Ok(case.wait(round, Wait::Case)?)
}

fn decide_incoming(
    round: &mut Round<'_>,
    operator: &OperatorId,
    incoming: &mut Incoming,
    decision: &Decision,
) -> Result<(), Stop> {
    match (decision, incoming.state) {
        (Decision::Approve, IncomingState::Draft) => {
            if incoming.operator == *operator {
                let why = "another person than the one who entered the letter must approve it";
                return Err(Stop::explained(Refusal::Operator, why));
            }
            Ok(letters::send(round, incoming)?)
        }
        (Decision::Correct(receiving), IncomingState::Negotiating) => {
            Ok(money::correct(round, incoming, receiving.clone())?)
        }
        (Decision::SendBack(payee), IncomingState::Announced | IncomingState::Negotiating)
            if incoming.case.net(Direction::Credit) > Fen::ZERO =>
        {
            if recovery::is_recovering(round.view)? {
                return Err(Refusal::Recovering.into());
            }
            Ok(money::send_back(round, incoming, payee.clone())?)
        }
        (Decision::Wait, IncomingState::Announced | IncomingState::Negotiating) => {
            money::wait_on(round, incoming)?;
            Ok(money::reconsider(round, incoming)?)
        }
        (Decision::Wait, state) if !state.is_final() && state != IncomingState::Draft => {
            wait_on(round, &mut incoming.case)
        }
        (
            Decision::Approve
            | Decision::Accept(_)
            | Decision::Refuse(..)
            | Decision::Settle(_)
            | Decision::SendSheet
            | Decision::PayAgain
            | Decision::Renew(_)
            | Decision::Restore
            | Decision::Correct(_)
            | Decision::SendBack(_)
            | Decision::Wait,
            _,
        ) => Err(Refusal::WrongState.into()),
    }
}
