//! Decisions wait while the node takes in what it had forgotten: they may have been made before.
//!
//! **Promises.** Looking is always possible.
//! **Left to others.** What comes back: `recovery`.

use super::super::recovery;
use super::super::round::{Round, Stop};
use super::super::transfer_command::TransferCommand;
use crate::refusal::Refusal;

/// Refuses what would change a transfer.
pub(super) fn check(round: &Round<'_>, command: &TransferCommand) -> Result<(), Stop> {
    let is_look = matches!(
        command,
        TransferCommand::List(_) | TransferCommand::Show(_) | TransferCommand::LedgerSums
    );
    if !is_look && recovery::holds_decisions(round.view)? {
        return Err(Refusal::Recovering.into());
    }
    Ok(())
}
