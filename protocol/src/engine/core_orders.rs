//! Orders to the core system: staged, carried or executed, and their outcomes.
//!
//! **Promises.** An order is kept until its outcome is in. The embedded core executes what was staged
//! in an earlier round, inside the next round's batch; an external one gets the same order again
//! until it has said `Done` or `Refused`.
//! **Left to others.** What follows from an outcome: `transfers`. The embedded core: `embedded_core`.

use minicbor::{Decode, Encode};

use super::CoreDriver;
use super::embedded_core;
use super::output::Output;
use super::recovery;
use super::round::Round;
use super::timer::{self, Timer};
use super::transfer_case::{Case, CoreMark};
use super::transfers;
use crate::cbor;
use crate::core_system::{CoreAction, CoreOrder, CoreOutcome};
use crate::id::OrderId;
use crate::limits::ROUND_INPUTS_MAX;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// An order whose outcome is not in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenOrder {
    /// The order.
    #[n(1)]
    pub order: CoreOrder,
    /// When it was staged.
    #[n(2)]
    pub since: Timestamp,
}

/// Milliseconds after which an external core gets an order again.
const SEND_AGAIN_MS: i64 = 60_000;
/// Milliseconds after which the next round begins that executes what this one staged.
const NEXT_ROUND_MS: i64 = 1;

/// Stages an order for a transfer, and marks the transfer with it.
pub(super) fn stage(
    round: &mut Round<'_>,
    case: &mut Case,
    action: CoreAction,
) -> Result<(), StoreError> {
    assert!(case.core.is_none(), "a transfer has one order on its way");
    let step = action.step();
    let attempt = case.core_attempts.get(&step).copied().unwrap_or(0).saturating_add(1);
    case.core_attempts.insert(step, attempt);
    let order = CoreOrder::new(case.id, attempt, action);
    case.core = Some(CoreMark { order: order.id, step });
    let open = OpenOrder { order, since: round.now };
    round.view.put(order_key(open.order.id), cbor::encode(&open));
    let wait_ms = match round.settings.core_driver {
        CoreDriver::Embedded => NEXT_ROUND_MS,
        CoreDriver::External => {
            round.output(Output::CoreOrder(open.order));
            SEND_AGAIN_MS
        }
    };
    timer::set(round.view, round.now.plus_ms(wait_ms), Timer::CoreOrders)
}

/// Executes, with the embedded core, the orders that earlier rounds staged. Called once a round,
/// before its inputs.
pub(super) fn execute_staged(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.settings.core_driver != CoreDriver::Embedded || recovery::is_pulling(round.view)? {
        return Ok(());
    }
    for open in open_orders(round.view)? {
        let outcome = embedded_core::execute(round, &open.order)?;
        finish(round, &open.order, outcome)?;
    }
    Ok(())
}

/// Takes in what an external core made of an order. An outcome of an order that is not open was
/// taken in before.
pub(super) fn on_outcome(
    round: &mut Round<'_>,
    order: OrderId,
    outcome: CoreOutcome,
) -> Result<(), StoreError> {
    if recovery::is_pulling(round.view)? {
        // The order is sent again, and its outcome comes again.
        return Ok(());
    }
    let Some(bytes) = round.view.get(&order_key(order))? else { return Ok(()) };
    let open: OpenOrder = cbor::decode_stored("core orders", &bytes)?;
    finish(round, &open.order, outcome)
}

/// Sends open orders to an external core, at the start and from time to time.
pub(super) fn send_open(round: &mut Round<'_>) -> Result<(), StoreError> {
    if round.settings.core_driver != CoreDriver::External {
        return Ok(());
    }
    let open = open_orders(round.view)?;
    if !open.is_empty() {
        let again = round.now.plus_ms(SEND_AGAIN_MS);
        timer::set(round.view, again, Timer::CoreOrders)?;
    }
    for order in open {
        round.output(Output::CoreOrder(order.order));
    }
    Ok(())
}

/// The orders whose outcome is not in, at most a round's worth.
///
/// # Errors
/// When the store cannot be read.
pub fn open_orders(view: &dyn View) -> Result<Vec<OpenOrder>, StoreError> {
    let prefix = key(Area::CoreOrder, &[]);
    let rows = view.range(&prefix, &prefix_end(&prefix), ROUND_INPUTS_MAX)?;
    rows.iter().map(|(_, bytes)| cbor::decode_stored("core orders", bytes)).collect()
}

fn finish(
    round: &mut Round<'_>,
    order: &CoreOrder,
    outcome: CoreOutcome,
) -> Result<(), StoreError> {
    // The same order is sent again by its timer.
    if outcome == CoreOutcome::Unknown {
        return Ok(());
    }
    round.view.delete(order_key(order.id));
    transfers::on_core_outcome(round, order, outcome)
}

fn order_key(order: OrderId) -> Vec<u8> {
    key(Area::CoreOrder, &[order.as_bytes()])
}
