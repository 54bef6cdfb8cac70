//! What the deposit history and the loan record carry over to the next city.
//!
//! **Promises.** Months and counts only; no ledger row, amount or contract crosses the border.
//! **Left to others.** Collecting them: `transfer::facts`.

use minicbor::{Decode, Encode};

use crate::deposit_history::{DepositHistory, SixMonths};
use crate::time::Month;

/// The deposit history of an account, as it crosses the border between two centers: not the ledger,
/// but every month that was paid, those of earlier cities among them (缴存时间合并计算).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DepositFacts {
    /// 开户年月.
    #[n(1)]
    pub opened: Month,
    /// The months: total, first, 缴至年月, run and gaps follow from them.
    #[n(2)]
    pub history: DepositHistory,
    /// 缴至月份之前 6 个月是否连续缴存 (`SixMconFlag`).
    #[n(3)]
    pub six_months: SixMonths,
}

/// The loan record of a person at one center.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LoanFacts {
    /// 公积金贷款次数 (`LoanNum`): loans that were paid out, settled or not, in any role.
    #[n(1)]
    pub loan_count: u32,
    /// 是否有未结清的公积金贷款 (`LoanEndFlag` 1): something is still owed.
    #[n(2)]
    pub has_unsettled: bool,
    /// 是否存在骗提骗贷行为 (`FrLoanFlag` 1).
    #[n(3)]
    pub has_fraud: bool,
    /// Instalments that ever were overdue, over all loans.
    #[n(4)]
    pub overdue_periods_total: u32,
}
