//! Decisions wait while the node takes in what it had forgotten: they may have been made before.
//!
//! **Promises.** Looking is always possible. What became of a payment that failed is not decided otherwise
//! than it was.
//! **Left to others.** What comes back: `recovery`.

use super::super::recovery;
use super::super::round::{Round, Stop};
use super::super::transfer_command::{TransferCommand, TransferName};
use super::super::transfers;
use super::resolve;
use crate::refusal::Refusal;
use crate::transfer::task::TaskReason;

/// Refuses what would change a transfer.
pub(super) fn check(round: &Round<'_>, command: &TransferCommand) -> Result<(), Stop> {
    let is_look = matches!(
        command,
        TransferCommand::List(_) | TransferCommand::Show(_) | TransferCommand::LedgerSums
    );
    if !is_look && recovery::holds_decisions(round.view)? {
        return Err(Refusal::Recovering.into());
    }
    if let TransferCommand::Decide { transfer, .. } = command
        && was_decided(round, *transfer)?
    {
        return Err(Refusal::Recovering.into());
    }
    Ok(())
}

/// Whether it was decided before this store forgot it what becomes of a payment that failed: what was
/// said of that waits for its turn.
fn was_decided(round: &Round<'_>, name: TransferName) -> Result<bool, Stop> {
    let transfer = resolve(round.view, name)?;
    let Some((_, case)) = transfers::find(round.view, transfer)? else { return Ok(false) };
    let has_failed = case.task.is_some_and(|task| task.reason == TaskReason::PaymentFailed);
    let next = recovery::recalled::next_of_ours(round, (transfer, case.thread.ours))?;
    Ok(has_failed && next.is_some())
}
