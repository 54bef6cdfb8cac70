//! Loans of a city: one of seven who pay in has one, or had one.
//!
//! **Promises.** 308,000 yuan on average, as in the seed; repaid in equal parts of principal
//! (等额本金), so that a balance follows from the months.
//! **Left to others.** The loans of the cast: `cast`.

use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;

use super::identity::Identity;
use super::ledger::fen;
use super::random::Random;

/// A loan of tables 6.0.2 and 6.0.5.
#[derive(Clone, Debug)]
pub(super) struct LoanPlan {
    pub(super) year: i16,
    pub(super) amount: Fen,
    pub(super) balance: Fen,
    pub(super) periods: u32,
    pub(super) rate: &'static str,
    /// `None` while the loan is signed and not paid out.
    pub(super) disbursed_on: Option<Date>,
    pub(super) settled_on: Option<Date>,
    pub(super) overdue: u32,
    pub(super) co_borrower: Option<Identity>,
}

/// Of a thousand who pay in, so many have or had a loan: 1,261 of 8,838.
const BORROWERS_PER_MILLE: u32 = 143;

/// The loan of a person, if there is one.
pub(super) fn plan(
    random: &mut Random,
    as_of: Date,
    co_borrower: impl FnOnce(&mut Random) -> Identity,
) -> Option<LoanPlan> {
    if !random.chance(BORROWERS_PER_MILLE) {
        return None;
    }
    let amount_yuan = i64::from(random.between(120, 496)) * 1_000;
    let periods = random.between(10, 30) * 12;
    let elapsed = random.between(1, 118);
    let start = as_of.plus_months(-i32::try_from(elapsed).unwrap_or(0)).unwrap_or(as_of);
    let course = random.between(0, 999);
    let co_borrower = random.chance(400).then(|| co_borrower(random));
    let repaid = |months: u32| {
        let months = i64::from(months.min(periods));
        fen(amount_yuan * 100 - amount_yuan * 100 * months / i64::from(periods))
    };
    let mut loan = LoanPlan {
        year: start.year(),
        amount: fen(amount_yuan * 100),
        balance: repaid(elapsed),
        periods,
        rate: rate_of(start),
        disbursed_on: Some(start),
        settled_on: None,
        overdue: 0,
        co_borrower,
    };
    match course {
        0..15 => {
            loan.disbursed_on = None;
            loan.balance = Fen::ZERO;
        }
        15..20 => {
            loan.overdue = random.between(1, 4).min(elapsed);
            loan.balance = repaid(elapsed - loan.overdue);
        }
        20..260 => {
            let months = i32::try_from(random.between(1, elapsed)).unwrap_or(1);
            loan.settled_on = start.plus_months(months);
            loan.balance = Fen::ZERO;
        }
        _ => {}
    }
    Some(loan)
}

/// The first-home rate above five years; from 2025-05-08 2.60 %.
fn rate_of(start: Date) -> &'static str {
    if start.number() >= 20_250_508 { "0.0260000" } else { "0.0285000" }
}
