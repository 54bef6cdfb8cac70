//! A transfer as each of its centers has it, whenever either has changed it.
//!
//! **Promises.** History only grows; each step of a transfer is said once, in one form; the two sides
//! never contradict each other; nothing is credited but what a sheet in force says and the other side has
//! settled; whatever is open waits for a person, an order, or a time that is set.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::core_system::CoreStep;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::bank as bank_rows;
use fundlink_protocol::engine::single;
use fundlink_protocol::engine::timer::{self, Timer};
use fundlink_protocol::engine::transfer_case::{Alarm, Case};
use fundlink_protocol::engine::transfer_command::Decision;
use fundlink_protocol::engine::transfers::Side;
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::id::{PayloadHash, TransferId};
use fundlink_protocol::settlement::{BankOrderId, BankOutcome, Direction};
use fundlink_protocol::statement::transfer::TransferStep;
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::keys::Area;
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::super::disk::Change;
use super::super::world::Node;
use super::{Broken, id_in, read, require};

/// What was seen of transfers: the rows of every center as they were last written.
#[derive(Debug, Default)]
pub(super) struct Cases {
    histories: Histories,
    outgoing: BTreeMap<(CenterCode, TransferId), Outgoing>,
    incoming: BTreeMap<(CenterCode, TransferId), Incoming>,
    /// What each center has said at each step.
    said: BTreeMap<(CenterCode, TransferId, u32), PayloadHash>,
}

/// The states that a transfer has gone through at a center.
type Histories = BTreeMap<(CenterCode, TransferId), Vec<String>>;

/// As many states as a transfer keeps; a longer history has lost some.
const HISTORY_MAX: usize = 64;

impl Cases {
    /// What a center has of a transfer.
    pub(super) fn case(&self, center: CenterCode, transfer: TransferId) -> Option<(Side, &Case)> {
        let place = (center, transfer);
        let outgoing = self.outgoing.get(&place).map(|out| (Side::Out, &out.case));
        outgoing.or_else(|| self.incoming.get(&place).map(|into| (Side::In, &into.case)))
    }

    /// One of the outgoing transfers.
    pub(super) fn any_outgoing(&self, place: usize) -> Option<&Case> {
        let place = place.checked_rem(self.outgoing.len())?;
        self.outgoing.values().nth(place).map(|out| &out.case)
    }

    /// After a commit that keeps a statement: at one step a center says one thing. Of two, the other center
    /// would take one in and refuse the other for good.
    pub(super) fn check_said(&mut self, center: CenterCode, kept: &Change) -> Result<(), Broken> {
        let Some(received) = kept.after.clone().and_then(|bytes| Received::parse(bytes).ok())
        else {
            return Ok(());
        };
        let hash = received.hash();
        let Ok(said) = received.read_again() else { return Ok(()) };
        let Some(step) = TransferStep::of(&said).filter(|_| said.from() == center) else {
            return Ok(());
        };
        let (transfer, number) = (step.step().transfer(), step.step().step());
        let first = *self.said.entry((center, transfer, number)).or_insert(hash);
        require(first == hash, || format!("{center} says step {number} of {transfer} in two ways"))
    }

    /// The outgoing transfer that a change was of.
    pub(super) fn outgoing(&self, (center, change): (CenterCode, &Change)) -> Option<&Outgoing> {
        let is_out = change.key.first() == Some(&(Area::TransferOut as u8));
        let transfer = id_in(&change.key).filter(|_| is_out)?;
        self.outgoing.get(&(center, transfer))
    }

    /// The incoming transfer that a change was of.
    pub(super) fn incoming(&self, (center, change): (CenterCode, &Change)) -> Option<&Incoming> {
        let is_in = change.key.first() == Some(&(Area::TransferIn as u8));
        let transfer = id_in(&change.key).filter(|_| is_in)?;
        self.incoming.get(&(center, transfer))
    }

    /// After a commit that has changed a transfer.
    pub(super) fn check(
        &mut self,
        forgiven: &BTreeSet<CenterCode>,
        (center, node): (CenterCode, &Node),
        change: &Change,
    ) -> Result<(), Broken> {
        let Some(transfer) = id_in(&change.key) else { return Ok(()) };
        let Some(after) = &change.after else {
            return Err(Broken::new(format!("{center} does not have {transfer} any more")));
        };
        let place = (center, transfer);
        // A refusal holds nothing and nobody: its confirmation may come when it will.
        let (case, has_ended, other) = if change.key.first() == Some(&(Area::TransferOut as u8)) {
            self.outgoing.insert(place, read("an outgoing transfer", after)?);
            let Some(out) = self.outgoing.get(&place) else { return Ok(()) };
            let is_over = out.state.is_final() || matches!(out.state, OutgoingState::Rejected(..));
            (&out.case, is_over, out.case.letter.from)
        } else {
            let before = self.incoming.insert(place, read("an incoming transfer", after)?);
            let Some(into) = self.incoming.get(&place) else { return Ok(()) };
            check_credit_order(center, before.as_ref(), into)?;
            (&into.case, into.state.is_final(), into.case.letter.to)
        };
        check_history(&mut self.histories, case, center)?;
        if node.takes_two() {
            let (out, into) = (self.outgoing.get(&place), self.incoming.get(&place));
            check_two_persons(center, (out, into))?;
        }
        check_lines(center, case)?;
        check_waiting(node, case, (center, has_ended))?;
        check_alarms(node, case, (center, has_ended))?;
        if let Some(into) = self.incoming.get(&place) {
            check_short_sum(center, into)?;
        }
        if let Some(out) = self.outgoing.get(&place) {
            check_put_off(center, out)?;
        }
        // A node that was set back goes again through states that it has forgotten.
        if forgiven.contains(&other) {
            return Ok(());
        }
        let sides = [place, (other, transfer)];
        let outgoing = sides.iter().find_map(|place| self.outgoing.get(place));
        let incoming = sides.iter().find_map(|place| self.incoming.get(place));
        check_pair(outgoing, incoming, transfer)
    }
}

fn check_history(histories: &mut Histories, case: &Case, center: CenterCode) -> Result<(), Broken> {
    let before = histories.entry((center, case.id)).or_default();
    let states = || case.history.iter().map(|change| &change.state);
    let is_longer =
        case.history.len() >= before.len() && states().zip(&*before).all(|(a, b)| a == b);
    require(case.history.len() >= HISTORY_MAX || is_longer, || {
        let now: Vec<&String> = states().collect();
        format!("{center}: the history of {} was {before:?}, is {now:?}", case.id)
    })?;
    if case.history.len() > before.len() {
        before.extend(states().skip(before.len()).cloned());
    }
    Ok(())
}

/// Where it takes two, a letter that was held is accepted by two persons, and one that was drafted by
/// one is sent by another.
fn check_two_persons(
    center: CenterCode,
    (outgoing, incoming): (Option<&Outgoing>, Option<&Incoming>),
) -> Result<(), Broken> {
    if let Some(out) = outgoing
        && out.state == OutgoingState::Accepted
        && out.case.history.iter().any(|change| change.state == "held")
    {
        let accepts =
            out.case.decisions.iter().filter(|taken| matches!(taken.decision, Decision::Accept(_)));
        let persons: BTreeSet<_> = accepts.map(|taken| taken.operator.as_str()).collect();
        require(persons.len() == 2, || {
            format!("{center} accepts {}, decided by {} of two", out.case.id, persons.len())
        })?;
    }
    if let Some(into) = incoming
        && into.state == IncomingState::Requested
        && into.case.letter.replaces.is_none()
    {
        let mut approvals =
            into.case.decisions.iter().filter(|taken| taken.decision == Decision::Approve);
        require(approvals.any(|taken| taken.operator != into.operator), || {
            format!("{center} sends {} and nobody else has approved it", into.case.id)
        })?;
    }
    Ok(())
}

/// A movement of money stands in a case once, however often the bank reports it. Where the books are
/// the node's own, they are held against the bank's lines as well.
fn check_lines(center: CenterCode, case: &Case) -> Result<(), Broken> {
    let mut counted = BTreeSet::new();
    for line in &case.lines {
        let reference = line.reference.0.as_str();
        require(counted.insert(reference), || {
            format!("{center} counts line {reference} of its bank twice for {}", case.id)
        })?;
    }
    Ok(())
}

/// What is open waits for something, and will be looked at again.
fn check_waiting(
    node: &Node,
    case: &Case,
    (center, has_ended): (CenterCode, bool),
) -> Result<(), Broken> {
    let state = || case.history.last().map_or("nothing", |change| change.state.as_str());
    let has_deadline = case.alarms.contains_key(&Alarm::Deadline);
    // What became of an order the bank will say: it is asked, and reports every movement.
    let has_order = case.core.is_some() || case.payment.is_some();
    let waits = case.task.is_some() || has_order || has_deadline;
    require(has_ended || waits, || {
        format!("{center}: {} stands in {} and waits for nothing", case.id, state())
    })?;
    let Some(first) = case.alarms.values().min() else { return Ok(()) };
    let view = Staged::new(node.disk());
    let due = timer::due_at(&view, Timer::Transfer(case.id))?;
    // A node that takes in what it had lost looks a little later at what is due.
    let may_wait = *first <= single::clock(&view)?;
    require(due.is_some_and(|due| due <= *first || may_wait), || {
        format!("{center}: {} has a deadline that nobody keeps", case.id)
    })
}

/// Each thing that is waited for has its own time: a deadline a reminder before it, an order to the bank
/// the next question and the end of its day, a digest that could not be published the next try.
fn check_alarms(
    node: &Node,
    case: &Case,
    (center, has_ended): (CenterCode, bool),
) -> Result<(), Broken> {
    let transfer = case.id;
    let has = |alarm: Alarm| case.alarms.contains_key(&alarm);
    require(!has(Alarm::Deadline) || has(Alarm::Reminder) || case.reminded.is_some(), || {
        format!("{center}: {transfer} has a deadline and nobody is reminded of it")
    })?;
    require(case.unpublished.is_empty() || has(Alarm::Publish), || {
        format!("{center}: a digest of {transfer} waits and is not tried again")
    })?;
    let Some(payment) = case.payment.as_ref().filter(|_| !has_ended) else { return Ok(()) };
    let order = BankOrderId { letter: case.letter.number, attempt: payment.attempt };
    let outcome = bank_rows::row(&Staged::new(node.disk()), order)?.and_then(|row| row.outcome);
    let is_executed = matches!(outcome, Some(BankOutcome::Executed(_)));
    require(is_executed || has(Alarm::AskBank) && has(Alarm::Recall), || {
        format!("{center}: nobody asks the bank what became of {order}")
    })
}

/// A credit is ordered at a moment at which all that had come, and nothing beyond it, is what the sheet in
/// force says; and nothing of it is on its way back.
fn check_credit_order(
    center: CenterCode,
    before: Option<&Incoming>,
    into: &Incoming,
) -> Result<(), Broken> {
    let orders = |into: &Incoming| into.course().case.ordered == Some(CoreStep::Credit);
    let credits = |into: &Incoming| {
        matches!(into.state, IncomingState::Credited(_) | IncomingState::Completed(_))
    };
    let transfer = into.case.id;
    let sheet = into.course().sheet;
    require(!orders(into) || sheet.is_some_and(|sheet| !sheet.is_reversed), || {
        format!("{center} credits {transfer} by a sheet that was undone")
    })?;
    let has_begun = |into: &Incoming| orders(into) || credits(into);
    if !has_begun(into) || before.is_some_and(has_begun) {
        return Ok(());
    }
    require(into.case.payment.is_none(), || {
        format!("{center} credits {transfer} while a part of its money goes back")
    })?;
    // What came after the order in the same round is beyond it.
    let mut arrived = 0_i64;
    let sums = into.case.lines.iter().map(|line| {
        let amount = line.amount.get();
        arrived += if line.direction == Direction::Credit { amount } else { -amount };
        arrived
    });
    let due = sheet.map_or(0, |sheet| sheet.amount.get());
    let is_exact = due == 0 || sums.into_iter().any(|sum| sum == due);
    require(is_exact, || {
        format!("{center} credits {transfer}, and never had what its sheet says and no more")
    })
}

/// A short sum is waited for to the end of its day, and then talked about.
fn check_short_sum(center: CenterCode, into: &Incoming) -> Result<(), Broken> {
    let course = into.course();
    let sheet = course.valid_sheet().map_or(0, |sheet| sheet.amount.get());
    let was_talked_about = into.case.history.iter().any(|change| change.state == "negotiating");
    let is_short = into.state == IncomingState::Announced
        && (1..sheet).contains(&course.arrived().get())
        && course.case.ordered.is_none()
        && !was_talked_about;
    require(!is_short || into.case.alarms.contains_key(&Alarm::ShortSum), || {
        format!("{center}: {} has a part of its money, and nobody asks for the rest", into.case.id)
    })
}

/// What is settled and said is paid, or has a time at which it will be.
fn check_put_off(center: CenterCode, out: &Outgoing) -> Result<(), Broken> {
    let case = &out.case;
    let is_put_off = out.state == OutgoingState::Settled
        && out.settled.as_ref().is_some_and(|settled| settled.sheet.is_some())
        && case.task.is_none()
        && case.core.is_none();
    require(!is_put_off || case.alarms.contains_key(&Alarm::PayLater), || {
        format!("{center}: the payment of {} is put off for ever", case.id)
    })
}

/// What both centers have of a transfer fits together.
pub(super) fn check_pair(
    outgoing: Option<&Outgoing>,
    incoming: Option<&Incoming>,
    transfer: TransferId,
) -> Result<(), Broken> {
    if let Some(incoming) = incoming {
        check_credit(outgoing, incoming)?;
    }
    let (Some(outgoing), Some(incoming)) = (outgoing, incoming) else { return Ok(()) };
    let (out, into) = (outgoing.state, incoming.state);
    let contradicts = match into {
        IncomingState::Credited(_) | IncomingState::Completed(_) => !matches!(
            out,
            OutgoingState::Paying
                | OutgoingState::PayUnknown
                | OutgoingState::PayFailed(_)
                | OutgoingState::Paid
                | OutgoingState::Completed(_)
        ),
        IncomingState::Cancelled => {
            !matches!(out, OutgoingState::Released | OutgoingState::Rejected(..))
        }
        IncomingState::Restored => !matches!(out, OutgoingState::Restored),
        IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Returning
        | IncomingState::Returned => {
            matches!(out, OutgoingState::Released | OutgoingState::Rejected(..))
        }
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_) => matches!(out, OutgoingState::Completed(_)),
    };
    let (out, into) = (out.name(), into.name());
    require(!contradicts, || format!("{transfer} is {out} on one side and {into} on the other"))
}

/// Who is credited has a sheet, the money of it, and the other side's settlement behind it.
fn check_credit(outgoing: Option<&Outgoing>, incoming: &Incoming) -> Result<(), Broken> {
    if !matches!(incoming.state, IncomingState::Credited(_) | IncomingState::Completed(_)) {
        return Ok(());
    }
    let transfer = incoming.case.id;
    let amount = incoming.sheet.as_ref().and_then(|sheet| sheet.sheet.amount());
    let Some((sheet, amount)) = incoming.sheet.as_ref().zip(amount) else {
        return Err(Broken::new(format!("{transfer} is credited without a sheet")));
    };
    let heard = incoming.case.thread.statements.contains(&sheet.hash);
    require(heard, || format!("{transfer} is credited by a sheet that was never said"))?;
    let arrived = incoming.case.net(Direction::Credit);
    require(arrived >= amount, || format!("{transfer} is credited with money that never came"))?;
    let Some(outgoing) = outgoing else { return Ok(()) };
    require(outgoing.settled_amount() == amount, || {
        format!("{transfer} is credited with another amount than was settled")
    })?;
    // Where several revisions and their money crossed, it may be an earlier one over the same amount.
    let settled = outgoing.settled.as_ref().and_then(|settled| settled.sheet);
    let is_over = incoming.state.is_final() && outgoing.state.is_final();
    let is_of_it = settled == Some(sheet.hash) || sheet.sheet.revision < outgoing.revision;
    require(!is_over || (is_of_it && !sheet.is_reversed), || {
        format!("{transfer} was credited by another sheet than was settled")
    })
}
