//! A withdrawal for a property (购房提取): money that a person took out to buy or build a home.
//!
//! **Promises.** A withdrawal names one property and a reason that is about it; repayments and rent,
//! which come every month for the same home, are none.
//! **Left to others.** Keeping and publishing it: `engine::withdrawals`. Paying it: the core system.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::{AccountNumber, CloseReason, SerialNumber};
use crate::center::CenterCode;
use crate::money::Fen;
use crate::property::Property;
use crate::record::Person;
use crate::time::Date;

/// A withdrawal for a property, as its center booked it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PropertyWithdrawal {
    /// The center that paid.
    #[n(1)]
    pub center: CenterCode,
    /// 业务流水号 YWLSH: names the withdrawal within the center.
    #[n(2)]
    pub serial: SerialNumber,
    /// Who withdrew.
    #[n(3)]
    pub person: Person,
    /// 个人账号 GRZH.
    #[n(4)]
    pub account: AccountNumber,
    /// For which home.
    #[n(5)]
    pub property: Property,
    /// 提取原因 TQYY: 01 or 02.
    #[n(6)]
    pub reason: CloseReason,
    /// How much, positive; interest paid along is part of it.
    #[n(7)]
    pub amount: Fen,
    /// 记账日期 JZRQ.
    #[n(8)]
    pub paid_on: Date,
}

/// A withdrawal for a property with what became of it since.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookedWithdrawal {
    /// The withdrawal.
    #[n(1)]
    pub record: PropertyWithdrawal,
    /// 记账日期 of the reversal (冲账), where it was undone.
    #[n(2)]
    pub reversed_on: Option<Date>,
}

impl fmt::Debug for PropertyWithdrawal {
    /// Without the person, the home and the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropertyWithdrawal")
            .field("center", &self.center)
            .field("paid_on", &self.paid_on)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a withdrawal by itself. Never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawalFault {
    /// It is of another center.
    #[error("a withdrawal belongs to another center")]
    Center,
    /// Nothing was paid.
    #[error("the amount of a withdrawal is more than 0.00")]
    Amount,
    /// The reason is about no single property.
    #[error(
        "a withdrawal for a property has the reason 01 (购买住房) or 02 (建造翻建大修); others are not \
         recorded by property"
    )]
    Reason,
    /// It is booked later than today.
    #[error("a withdrawal is not booked on a day to come")]
    Day,
    /// It is undone before it was paid, or later than today.
    #[error("a withdrawal is undone on the day of its payment or later, and not on a day to come")]
    ReversalDay,
}

impl PropertyWithdrawal {
    /// What the withdrawal alone shows to be wrong.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, center: CenterCode, today: Date) -> Result<(), WithdrawalFault> {
        if self.center != center {
            return Err(WithdrawalFault::Center);
        }
        if self.amount.get() <= 0 {
            return Err(WithdrawalFault::Amount);
        }
        if !is_for_a_property(self.reason) {
            return Err(WithdrawalFault::Reason);
        }
        if self.paid_on > today {
            return Err(WithdrawalFault::Day);
        }
        Ok(())
    }
}

impl BookedWithdrawal {
    /// A withdrawal that was paid, and not undone.
    #[must_use]
    pub const fn paid(record: PropertyWithdrawal) -> Self {
        Self { record, reversed_on: None }
    }

    /// What it shows by itself to be wrong.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, center: CenterCode, today: Date) -> Result<(), WithdrawalFault> {
        self.record.check(center, today)?;
        let possible = |on: Date| on >= self.record.paid_on && on <= today;
        if self.reversed_on.is_some_and(|on| !possible(on)) {
            return Err(WithdrawalFault::ReversalDay);
        }
        Ok(())
    }
}

/// Whether a withdrawal for this reason is for a property, once.
#[must_use]
pub const fn is_for_a_property(reason: CloseReason) -> bool {
    match reason {
        CloseReason::HousePurchase | CloseReason::HouseBuilding => true,
        CloseReason::Retirement
        | CloseReason::LossOfAbility
        | CloseReason::Emigration
        | CloseReason::LoanRepayment
        | CloseReason::Rent
        | CloseReason::Death
        | CloseReason::Illness
        | CloseReason::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;
    use crate::testing::people::{LI, withdrawal};
    use crate::testing::{DATONG, TAIYUAN};

    #[test]
    fn a_withdrawal_is_checked_by_itself_and_shows_nothing() {
        let good = withdrawal(TAIYUAN, "TQ-1", LI, "晋(2024)太原市不动产权第0012345号");
        let today = good.paid_on;
        assert_eq!(good.check(TAIYUAN, today), Ok(()));
        assert_eq!(good.check(DATONG, today), Err(WithdrawalFault::Center));
        let free = PropertyWithdrawal { amount: Fen::ZERO, ..good.clone() };
        assert_eq!(free.check(TAIYUAN, today), Err(WithdrawalFault::Amount));
        let rent = PropertyWithdrawal { reason: CloseReason::Rent, ..good.clone() };
        assert_eq!(rent.check(TAIYUAN, today), Err(WithdrawalFault::Reason));
        let yesterday = today.plus_days(-1).unwrap();
        assert_eq!(good.check(TAIYUAN, yesterday), Err(WithdrawalFault::Day));
        assert_eq!(cbor::decode(&cbor::encode(&good)), Ok(good.clone()));
        let shown = format!("{good:?}");
        for hidden in ["李晓禾", "140199", "0012345", "5000000"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}
