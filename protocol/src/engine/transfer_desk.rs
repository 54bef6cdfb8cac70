//! What people do with transfers: list, look, decide.
//!
//! **Promises.** A decision is taken only where the transfer stands where it makes sense, by an
//! operator with the role, and is kept with a leaf in the audit log.
//! **Left to others.** Writing letters: `transfers_in::letters`. Where two must decide:
//! `two_persons`. Accepting what was held: `acceptance`. What follows: the two sides.

use super::command::Reply;
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::recovery;
use super::registrations::{self, Registered};
use super::round::{Round, Stop};
use super::transfer_case::{Case, RefusalWords, calendar, today};
use super::transfer_command::{
    Decision, TransferCommand, TransferFilter, TransferLine, TransferName, TransferView,
};
use super::transfers;
use super::transfers_in::{self, Incoming, letters, reissue};
use super::transfers_out::{self, Outgoing, payment};
use crate::document::DocumentNumber;
use crate::id::TransferId;
use crate::ledger;
use crate::limits::TRANSFERS_LISTED_MAX;
use crate::money::Fen;
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Date;
use crate::transfer::deadline::{Wait, banking_day, may_pay_on};
use crate::transfer::incoming::IncomingState;
use crate::transfer::incoming::step::{Choice as IncomingChoice, Event as IncomingEvent};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::event::{Choice, Event as OutgoingEvent};
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::{Task, TaskReason};

mod acceptance;
mod months;
mod recovering;
mod two_persons;

/// Does what a caller wants of transfers.
pub(super) fn run(round: &mut Round<'_>, command: TransferCommand) -> Result<Reply, Stop> {
    let own = round.center();
    recovering::check(round, &command)?;
    match command {
        TransferCommand::Start(application) => {
            let incoming = letters::start(round, &application)?;
            Ok(Reply::Transfer(Box::new(TransferView::of_incoming(&incoming, own))))
        }
        TransferCommand::List(filter) => Ok(Reply::Transfers(list(round, &filter)?)),
        TransferCommand::Show(name) => Ok(Reply::Transfer(Box::new(show(round, name)?))),
        TransferCommand::Cancel { operator, transfer, remark } => {
            let transfer = resolve(round.view, transfer)?;
            check_channel(round.view, transfer)?;
            let incoming = letters::cancel(round, &operator, transfer, remark)?;
            Ok(Reply::Transfer(Box::new(TransferView::of_incoming(&incoming, own))))
        }
        TransferCommand::Decide { operator, transfer, decision } => {
            let view = decide(round, &operator, transfer, &decision)?;
            Ok(Reply::Transfer(Box::new(view)))
        }
        TransferCommand::Register(wanted) => {
            let registered = registrations::register(round, &wanted)?;
            Ok(Reply::Transfer(Box::new(view_of(round, &registered)?)))
        }
        TransferCommand::Advance { operator, transfer, step } => {
            let transfer = resolve(round.view, transfer)?;
            let registered = registrations::advance(round, &operator, transfer, step)?;
            Ok(Reply::Transfer(Box::new(view_of(round, &registered)?)))
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
pub fn show(round: &mut Round<'_>, name: TransferName) -> Result<TransferView, Stop> {
    let transfer = resolve(round.view, name)?;
    if let Some(registered) = registrations::load(round.view, transfer)? {
        return Ok(view_of(round, &registered)?);
    }
    if let Some(outgoing) = transfers_out::load(round.view, transfer)? {
        return Ok(TransferView::of_outgoing(&outgoing, round.center()));
    }
    let incoming = transfers_in::load(round.view, transfer)?.ok_or(Refusal::NotFound)?;
    let months = months::together(round, &incoming)?;
    Ok(TransferView { months, ..TransferView::of_incoming(&incoming, round.center()) })
}

fn view_of(round: &mut Round<'_>, registered: &Registered) -> Result<TransferView, StoreError> {
    let counterpart = registrations::matching::counterpart(round, registered)?;
    Ok(TransferView::of_registered(registered, counterpart))
}

/// Transfers that pass a filter, those with the nearest deadline first; at most
/// `limits::TRANSFERS_LISTED_MAX`. Without the ended ones only open transfers are read.
///
/// # Errors
/// When the store cannot be read.
pub fn list(round: &Round<'_>, filter: &TransferFilter) -> Result<Vec<TransferLine>, StoreError> {
    let own = round.center();
    let mut lines = Vec::new();
    let areas: &[Area] = if filter.ended {
        &[Area::TransferOut, Area::TransferIn, Area::Registered]
    } else {
        &[Area::TransferOpen]
    };
    for area in areas {
        walk(round.view, *area, |transfer| {
            if let Some(outgoing) = transfers_out::load(round.view, transfer)? {
                lines.push(TransferLine::of_outgoing(&outgoing, own));
            } else if let Some(incoming) = transfers_in::load(round.view, transfer)? {
                lines.push(TransferLine::of_incoming(&incoming, own));
            } else if let Some(registered) = registrations::load(round.view, transfer)? {
                lines.push(TransferLine::of_registered(&registered));
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

/// Whether this network carries the transfer, so that something can be decided about it here.
fn check_channel(view: &dyn View, transfer: TransferId) -> Result<(), Stop> {
    if registrations::load(view, transfer)?.is_none() {
        return Ok(());
    }
    let why = "another channel decides about this one; say how it goes on with \
               `fundlink transfer advance`";
    Err(Stop::explained(Refusal::WrongState, why))
}

/// Takes a person's decision.
pub(super) fn decide(
    round: &mut Round<'_>,
    operator: &OperatorId,
    name: TransferName,
    decision: &Decision,
) -> Result<TransferView, Stop> {
    let transfer = resolve(round.view, name)?;
    let own = round.center();
    check_channel(round.view, transfer)?;
    if let Some(mut outgoing) = transfers_out::load(round.view, transfer)? {
        check_role(round, operator, &outgoing.case)?;
        check_outgoing(decision, outgoing.state)?;
        let decision = two_persons::resolved(round, decision)?;
        let corrected = if two_persons::is_ripe(round, operator, &mut outgoing.case, &decision)? {
            decide_outgoing(round, &mut outgoing, &decision)?
        } else {
            None
        };
        outgoing.case.note_decision(round, (operator, &decision), corrected)?;
        transfers_out::save(round, &outgoing)?;
        return Ok(TransferView::of_outgoing(&outgoing, own));
    }
    let mut incoming = transfers_in::load(round.view, transfer)?.ok_or(Refusal::NotFound)?;
    check_role(round, operator, &incoming.case)?;
    check_incoming(decision, &incoming)?;
    if two_persons::is_ripe(round, operator, &mut incoming.case, decision)? {
        decide_incoming(round, operator, &mut incoming, decision)?;
    }
    incoming.case.note_decision(round, (operator, decision), None)?;
    transfers_in::save(round, &incoming)?;
    Ok(TransferView::of_incoming(&incoming, own))
}

/// The role that the task asks for; a reviewer where there is none. Whoever has decided first may
/// decide again.
fn check_role(round: &Round<'_>, operator: &OperatorId, case: &Case) -> Result<(), Stop> {
    let role = match &case.task {
        Some(Task { first: Some(first), .. }) if first.operator == *operator => None,
        Some(task) => Some(task.role),
        None if round.settings.policy.decisions_need_reviewer => Some(OperatorRole::Clerk),
        None => Some(OperatorRole::Reviewer),
    };
    if let Some(role) = role {
        require_role(round, operator, role)?;
    }
    if case.core.is_some() {
        let why = "an order to the core is on its way; decide again once its outcome is in";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    Ok(())
}

/// Whether a decision makes sense where an outgoing transfer stands.
fn check_outgoing(decision: &Decision, state: OutgoingState) -> Result<(), Stop> {
    use OutgoingState::{Accepted, Held, Paid, PayFailed, Received, Reversed, Settled};
    let fits = match decision {
        Decision::Accept(_) => state == Held,
        Decision::Refuse(..) => matches!(state, Received | Held | Accepted),
        Decision::Settle(_) => matches!(state, Accepted | Reversed),
        Decision::SendSheet => state == Settled,
        Decision::PayAgain => matches!(state, PayFailed(_) | Paid),
        Decision::Renew(_) => matches!(state, Settled | PayFailed(_)),
        Decision::Restore => matches!(state, Settled | PayFailed(_) | Reversed),
        Decision::Wait | Decision::Close => !state.is_final(),
        // Money that came under its letter after the end.
        Decision::SendBack(_) => state.is_final(),
        Decision::Approve | Decision::Correct(_) => false,
    };
    match decision {
        _ if fits => Ok(()),
        Decision::Renew(_) | Decision::Restore => {
            Err(Stop::explained(Refusal::WrongState, ONLY_WHEN_BACK))
        }
        Decision::Approve
        | Decision::Accept(_)
        | Decision::Refuse(..)
        | Decision::Settle(_)
        | Decision::SendSheet
        | Decision::PayAgain
        | Decision::Correct(_)
        | Decision::SendBack(_)
        | Decision::Wait
        | Decision::Close => Err(Refusal::WrongState.into()),
    }
}

/// Why an account is not restored or settled anew.
const ONLY_WHEN_BACK: &str = "the account is restored or settled anew only when no money has left, \
                              or all of it is back";

/// Whether a decision makes sense where an incoming transfer stands.
fn check_incoming(decision: &Decision, incoming: &Incoming) -> Result<(), Stop> {
    use IncomingState::{Announced, Credited, Draft, Negotiating, Returning};
    let state = incoming.state;
    let fits = match decision {
        Decision::Approve => state == Draft || number_is_taken(incoming),
        Decision::Correct(_) => state == Negotiating,
        Decision::SendBack(_) => {
            matches!(state, Announced | Negotiating | Credited(_) | Returning) || state.is_final()
        }
        Decision::Wait => (!state.is_final() && state != Draft) || number_is_taken(incoming),
        Decision::Close => !state.is_final() && state != Draft,
        Decision::Accept(_)
        | Decision::Refuse(..)
        | Decision::Settle(_)
        | Decision::SendSheet
        | Decision::PayAgain
        | Decision::Renew(_)
        | Decision::Restore => false,
    };
    if fits { Ok(()) } else { Err(Refusal::WrongState.into()) }
}

/// Does what was decided; gives the document number that stood in the record, if it was corrected.
fn decide_outgoing(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    decision: &Decision,
) -> Result<Option<DocumentNumber>, Stop> {
    if matches!((decision, out.state), (Decision::Accept(_), OutgoingState::Held)) {
        return acceptance::accept(round, out);
    }
    follow_outgoing(round, out, decision)?;
    Ok(None)
}

fn follow_outgoing(
    round: &mut Round<'_>,
    out: &mut Outgoing,
    decision: &Decision,
) -> Result<(), Stop> {
    let choice = match decision {
        Decision::Refuse(reason, remark) => {
            out.case.refusal = Some(words_of(*reason, remark.as_ref())?);
            Choice::Refuse(*reason)
        }
        Decision::Settle(day) => Choice::Settle(value_date(round, *day)?),
        Decision::SendSheet => Choice::SendSheet,
        Decision::PayAgain => Choice::PayAgain,
        Decision::Renew(day) => Choice::Renew(value_date(round, *day)?),
        Decision::Restore => Choice::Restore,
        Decision::Close => Choice::Close,
        // A case that is over, and money that came under its letter all the same.
        Decision::SendBack(payee)
            if out.course().surplus() > Fen::ZERO && out.case.payment.is_none() =>
        {
            may_order(round)?;
            return Ok(payment::send_back(round, out, payee.clone())?);
        }
        Decision::Wait if !out.state.is_final() => return wait_on(round, &mut out.case),
        Decision::Approve
        | Decision::Accept(_)
        | Decision::Correct(_)
        | Decision::SendBack(_)
        | Decision::Wait => return Err(Refusal::WrongState.into()),
    };
    let done = transfers_out::happens(round, out, &OutgoingEvent::Decided(choice))?;
    done.map_err(|refusal| why_not(choice, out).unwrap_or_else(|| refusal.into()))
}

/// Why a choice has no place where the transfer stands, where the state alone does not say it.
fn why_not(choice: Choice, out: &Outgoing) -> Option<Stop> {
    let why = match choice {
        Choice::Renew(_) | Choice::Restore => ONLY_WHEN_BACK,
        Choice::Close if out.case.taken_over_by.is_some() => {
            "the account is settled: restore it, once the bank has said that nothing left"
        }
        Choice::Refuse(_)
        | Choice::Settle(_)
        | Choice::SendSheet
        | Choice::PayAgain
        | Choice::Close => return None,
    };
    Some(Stop::explained(Refusal::WrongState, why))
}

/// What is said with a refusal. R99 says nothing by itself.
fn words_of(reason: RefusalReason, remark: Option<&Remark>) -> Result<RefusalWords, Stop> {
    if reason == RefusalReason::Other && remark.is_none() {
        let why = "R99 needs a remark that says why, in words";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    Ok(RefusalWords { remark: remark.cloned(), ..RefusalWords::default() })
}

/// A value date: today, or a banking day named ahead.
fn value_date(round: &Round<'_>, day: Option<Date>) -> Result<Date, Stop> {
    let (today, calendar) = (today(round)?, calendar(round)?);
    let first = banking_day(today, &calendar);
    let Some(day) = day.filter(|day| *day != first) else { return Ok(first) };
    if day < today || banking_day(day, &calendar) != day || !may_pay_on(today, day) {
        let why = "the value date is today or a banking day ahead, before the next 1 July";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    Ok(day)
}

/// Goes on waiting. Where nothing but a person is waited for, the task stays, with a new day; what
/// the other node refused is said to it again, because its reason may have gone.
fn wait_on(round: &mut Round<'_>, case: &mut Case) -> Result<(), Stop> {
    case.wait(round, Wait::Case)?;
    match case.task.take() {
        Some(task) if task.reason.waits_for_person_alone() => {
            Ok(case.ask_person(round, task.reason)?)
        }
        Some(task) if task.reason == TaskReason::StatementRefused => {
            Ok(transfers_out::say_again(round, case)?)
        }
        Some(_) | None => Ok(()),
    }
}

/// A node that may have forgotten what it promised orders no payment.
fn may_order(round: &Round<'_>) -> Result<(), Stop> {
    if recovery::is_recovering(round.view)? { Err(Refusal::Recovering.into()) } else { Ok(()) }
}

fn decide_incoming(
    round: &mut Round<'_>,
    operator: &OperatorId,
    incoming: &mut Incoming,
    decision: &Decision,
) -> Result<(), Stop> {
    let state = incoming.state;
    match (decision, state) {
        (Decision::Approve, IncomingState::Draft) => {
            if incoming.operator == *operator {
                let why = "another person than the one who entered the letter must approve it";
                return Err(Stop::explained(Refusal::Operator, why));
            }
            round.roster.rights(round.center(), Action::StartTransfer)?;
            Ok(letters::send(round, incoming)?)
        }
        (Decision::Approve, IncomingState::Rejected(..)) if number_is_taken(incoming) => {
            reissue::by_hand(round, incoming)
        }
        // In a case that is over, it has been seen.
        (Decision::Wait, state) if state.is_final() && number_is_taken(incoming) => {
            incoming.case.task = None;
            Ok(())
        }
        (Decision::Correct(receiving), IncomingState::Negotiating) => {
            incoming.receiving = receiving.clone();
            choose(round, incoming, IncomingChoice::Correct)
        }
        // What has arrived; or, in a case that is over, what came under its letter all the same.
        (Decision::SendBack(payee), _) if incoming.case.payment.is_none() => {
            let course = incoming.course();
            let is_open = matches!(
                state,
                IncomingState::Announced | IncomingState::Negotiating | IncomingState::Returning
            );
            if course.surplus() > Fen::ZERO || is_open && course.arrived() > Fen::ZERO {
                may_order(round)?;
            }
            let is_said = course.sheet.is_none_or(|sheet| sheet.is_remitted);
            let waits = is_open && !is_said && course.surplus() > Fen::ZERO;
            transfers_in::send_back_to(round, incoming, payee.clone())?.map_err(|refusal| {
                if !waits {
                    return refusal.into();
                }
                let why = "the other center has not said that it paid this sheet: the money may be \
                           that of the next one; wait";
                Stop::explained(refusal, why)
            })
        }
        (Decision::Wait, IncomingState::Announced | IncomingState::Negotiating) => {
            choose(round, incoming, IncomingChoice::GoOn)
        }
        (Decision::Wait, state) if !state.is_final() && state != IncomingState::Draft => {
            wait_on(round, &mut incoming.case)
        }
        (Decision::Close, _) if incoming.case.taken_over_by.is_some() => {
            choose(round, incoming, IncomingChoice::Close).map_err(|_| {
                let why =
                    "money has arrived: send it back, or wait for the rest; a draft is withdrawn";
                Stop::explained(Refusal::WrongState, why)
            })
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
            | Decision::Wait
            | Decision::Close,
            _,
        ) => Err(Refusal::WrongState.into()),
    }
}

fn choose(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    choice: IncomingChoice,
) -> Result<(), Stop> {
    Ok(transfers_in::happens(round, incoming, &IncomingEvent::Decided(choice))??)
}

/// Whether a refused letter waits for a person who has it written anew, or lets it be.
fn number_is_taken(incoming: &Incoming) -> bool {
    let task = incoming.case.task.as_ref();
    task.is_some_and(|task| task.reason == TaskReason::LetterNumberTaken)
}
