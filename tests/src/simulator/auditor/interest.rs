//! What a simulated account comes to on a day, computed apart from the engine.
//!
//! **Promises.** Whole fen, days counted from the day of each deposit, 1.50 % over 360 days, and on
//! 1 July interest is added to the principal: written anew from the rule, on none of its code.

use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::time::{Date, Month};

use super::super::members;

const PARTS: i128 = 360 * 10_000;
const RATE: i128 = 150;

/// The number of the person whose account this is.
pub(in super::super) fn number_of(account: &AccountNumber) -> Option<u32> {
    account.as_str().get(2..)?.parse().ok()
}

/// Principal and interest together on a day, of the account of a person that was imported on a day.
pub(in super::super) fn total(number: u32, imported_on: Date, day: Date) -> Option<i128> {
    let cut = Date::new(2026, 7, 1).ok()?;
    let fen = i128::from(members::monthly_fen(number));
    let months = i128::from(members::MONTHS_PAID);
    if imported_on >= cut {
        // The year before is in the balance that was imported.
        let balance = fen * months;
        return Some(balance + interest(balance * days(cut, day)));
    }
    let first = Month::from_number(members::FIRST_MONTH).ok()?;
    let until = day.min(cut);
    let mut products = 0;
    for month in (0..members::MONTHS_PAID).filter_map(|past| first.plus(past)) {
        let paid_on = month.first_day()?.plus_days(14)?;
        products += fen * days(paid_on, until);
    }
    let balance = fen * months + interest(products);
    if day < cut {
        return Some(balance);
    }
    Some(balance + interest(balance * days(cut, day)))
}

/// The part of the total that is principal: what was imported, with the interest of a year that is over.
pub(in super::super) fn principal(number: u32, imported_on: Date, day: Date) -> Option<i128> {
    let cut = Date::new(2026, 7, 1).ok()?;
    let [before, after] = untouched(number, imported_on)?;
    Some(if day < cut { before } else { after })
}

/// What the account held before anything moved, and what it holds once 1 July has added interest.
pub(super) fn untouched(number: u32, imported_on: Date) -> Option<[i128; 2]> {
    let cut = Date::new(2026, 7, 1).ok()?;
    let balance = i128::from(members::monthly_fen(number)) * i128::from(members::MONTHS_PAID);
    let later = if imported_on < cut { total(number, imported_on, cut)? } else { balance };
    Some([balance, later])
}

fn days(from: Date, to: Date) -> i128 {
    i128::from(to.days_since(from))
}

/// Half a fen and more is one.
const fn interest(products: i128) -> i128 {
    (products * RATE + PARTS / 2) / PARTS
}
