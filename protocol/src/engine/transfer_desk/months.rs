//! What the months of two cities come to, once an account has arrived (缴存时间合并计算).
//!
//! **Promises.** A month that both cities claim counts once, and is named.
//! **Left to others.** The arithmetic: `deposit_history`.

use super::super::records;
use super::super::round::Round;
use super::super::transfers_in::Incoming;
use crate::deposit_history::{CombinedHistory, ContinuityRules};
use crate::store::StoreError;
use crate::transfer::incoming::IncomingState;

/// The months of the credited account and those that came along, by this center's own rules.
pub(super) fn together(
    round: &Round<'_>,
    incoming: &Incoming,
) -> Result<Option<CombinedHistory>, StoreError> {
    let (IncomingState::Credited(_) | IncomingState::Completed(_)) = incoming.state else {
        return Ok(None);
    };
    let policy = &round.settings.policy;
    let rules = ContinuityRules {
        late_grace_months: policy.late_grace_months,
        gap_tolerance: policy.gap_tolerance,
    };
    let account = records::account(round.view, &incoming.account)?;
    Ok(account.map(|(account, _)| account.record.combined_history(rules)))
}
