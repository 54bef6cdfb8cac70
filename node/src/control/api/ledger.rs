//! The JSON of the ledger's sums.

use fundlink_protocol::ledger::TrialBalance;
use serde::{Deserialize, Serialize};

/// The sums of the ledger (试算平衡), in yuan; credits positive, debits negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerSums {
    /// Owed to persons.
    pub persons: String,
    /// Has left an account, and not yet the bank.
    pub suspense_out: String,
    /// Has arrived at the bank, and not yet on an account.
    pub suspense_in: String,
    /// Interest that was spent: negative.
    pub interest: String,
    /// Cash at the bank: negative.
    pub cash: String,
    /// The sum of them: 0.00.
    pub sum: String,
}

impl From<&TrialBalance> for LedgerSums {
    fn from(sums: &TrialBalance) -> Self {
        let yuan = |fen: i128| {
            let sign = if fen < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
        };
        Self {
            persons: yuan(sums.persons.into()),
            suspense_out: yuan(sums.suspense_out.into()),
            suspense_in: yuan(sums.suspense_in.into()),
            interest: yuan(sums.interest.into()),
            cash: yuan(sums.cash.into()),
            sum: yuan(sums.sum()),
        }
    }
}
