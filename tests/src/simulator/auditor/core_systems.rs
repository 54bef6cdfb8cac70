//! What a center asks of a core system of its own, and makes of the outcomes.
//!
//! **Promises.** An order was kept before it left, and its id never comes with other content; of a
//! transfer at most one debit and one credit stand; a credit is the sheet in force, and its money has
//! come; an account is closed once its money has left the bank, and restored only when nothing of it
//! is away. Where no order is on its way, node and core agree.

use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::core_system::{CoreAction, CoreOrder, CoreStep};
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::engine::{records, transfers_in, transfers_out};
use fundlink_protocol::ledger;
use fundlink_protocol::store::Staged;
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::super::bank::Bank;
use super::super::core_system::{Core, Standing};
use super::super::members;
use super::super::world::Node;
use super::{Auditor, Broken, Nodes, interest, require};

impl Auditor {
    /// Before a core executes an order for the first time.
    pub(in super::super) fn core_order(
        &self,
        (nodes, bank): (&Nodes, &Bank),
        center: CenterCode,
        (core, order): (&Core, &CoreOrder),
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        if self.forgiven.contains(&center) {
            return Ok(());
        }
        let (transfer, step) = (order.transfer, order.action.step());
        let view = Staged::new(node.disk());
        let outgoing = transfers_out::load(&view, transfer)?;
        let incoming = transfers_in::load(&view, transfer)?;
        let (case, account) = match (&outgoing, &incoming) {
            (Some(out), _) if step != CoreStep::Credit => (&out.case, &out.case.letter.account),
            (_, Some(into)) if step == CoreStep::Credit => (&into.case, &into.account),
            _ => return Err(Broken::new(format!("{center} orders {step:?} for no transfer"))),
        };
        require(account == order.action.account(), || {
            format!("{center} orders {step:?} for {transfer} of the account of somebody else")
        })?;
        require(case.core.is_some_and(|mark| mark.order == order.id), || {
            format!(
                "{center} orders {step:?} for {transfer} and does not wait for what comes of it"
            )
        })?;
        let moved = core.moved(transfer);
        // What has left the account of the center under the letter, less what has come.
        let gone = i128::from(bank.net(center, case.letter.number));
        match &order.action {
            CoreAction::Settle(..) => {
                require(moved.debits == 0, || format!("{center} debits {transfer} twice"))
            }
            CoreAction::Close(..) => {
                // Some of it may be on its way back by the time the core looks.
                let left = bank.left(center, case.letter.number);
                require(left >= moved.debit, || {
                    format!(
                        "{center} closes the account of {transfer}, {left} of its money has left"
                    )
                })
            }
            CoreAction::Reverse(..) => require(gone <= 0, || {
                format!("{center} undoes {transfer} while {gone} of its money is away")
            }),
            CoreAction::Credit(_, principal, interest, _) => {
                let credit = principal.checked_add(*interest);
                let sheet = incoming.as_ref().and_then(|into| into.sheet.as_ref());
                let sheet = sheet.filter(|sheet| !sheet.is_reversed);
                let due = sheet.and_then(|sheet| sheet.sheet.amount());
                require(moved.credits == 0, || format!("{center} credits {transfer} twice"))?;
                require(due.is_some() && due == credit, || {
                    format!("{center} credits {transfer} with {credit:?}, its sheet says {due:?}")
                })?;
                let has_come = credit.is_some_and(|credit| i128::from(credit.get()) <= -gone);
                require(has_come, || {
                    format!("{center} credits {transfer} with money that never came")
                })
            }
            CoreAction::Lock(_) | CoreAction::Unlock(_) => Ok(()),
        }
    }

    /// A core gets an order id again.
    pub(in super::super) fn core_order_again(
        &self,
        (center, order): (CenterCode, &CoreOrder),
        is_same: bool,
    ) -> Result<(), Broken> {
        require(is_same || self.forgiven.contains(&center), || {
            let (step, transfer) = (order.action.step(), order.transfer);
            format!(
                "{center} orders {step:?} for {transfer} again, under the same id, with other content"
            )
        })
    }
}

/// After a commit that has changed an outgoing transfer of a center with a core system of its own.
pub(super) fn check_outgoing(
    core: &Core,
    center: CenterCode,
    out: &Outgoing,
) -> Result<(), Broken> {
    if out.case.core.is_some() {
        return Ok(());
    }
    let (debits, holds) = match out.state {
        OutgoingState::Received | OutgoingState::Held => (0, Some(false)),
        OutgoingState::Accepted | OutgoingState::Reversed => (0, Some(true)),
        OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayFailed(_)
        | OutgoingState::PayUnknown => (1, Some(true)),
        // The account is closed: whether it is held says nothing.
        OutgoingState::Paid | OutgoingState::Completed(_) => (1, None),
        OutgoingState::Rejected(..) | OutgoingState::Released | OutgoingState::Restored => {
            (0, Some(false))
        }
    };
    let (transfer, state) = (out.case.id, out.state.name());
    let moved = core.moved(transfer);
    let settled = i128::from(out.settled_amount().get());
    require((moved.debits, moved.debit) == (debits, settled), || {
        format!("{center}: {transfer} is {state} with {settled}, its core system says {moved:?}")
    })?;
    let standing = core.standing(&out.case.letter.account);
    let held = standing.is_some_and(|standing| standing.held_by == Some(transfer));
    require(holds.is_none_or(|holds| holds == held), || {
        format!("{center}: {transfer} is {state}, and its account is held: {held}")
    })
}

/// The same for an incoming one.
pub(super) fn check_incoming(
    core: &Core,
    center: CenterCode,
    into: &Incoming,
) -> Result<(), Broken> {
    if into.case.core.is_some() {
        return Ok(());
    }
    let is_credited =
        matches!(into.state, IncomingState::Credited(_) | IncomingState::Completed(_));
    let moved = core.moved(into.case.id);
    require(moved.credits == i32::from(is_credited), || {
        let (transfer, state) = (into.case.id, into.state.name());
        format!("{center}: {transfer} is {state}, its core system says {moved:?}")
    })
}

/// An account as whoever keeps it has it: the core system, or the ledger and the records of the node.
pub(super) fn standing(node: &Node, account: &AccountNumber) -> Result<Standing, Broken> {
    if let Some(core) = &node.core {
        return Ok(core.standing(account).unwrap_or_default());
    }
    let view = Staged::new(node.disk());
    let record = records::account(&view, account)?.map(|(stored, _)| stored.record.account);
    let is_closed = record.as_ref().is_some_and(|record| record.closed_on.is_some());
    let balance = ledger::balance(&view, account)?.map(|balance| i128::from(balance.get()));
    Ok(Standing {
        balance,
        status: record.map(|record| record.status),
        held_by: ledger::held_by(&view, account)?,
        was: interest::number_of(account).map(members::status_before),
        is_closed,
    })
}
