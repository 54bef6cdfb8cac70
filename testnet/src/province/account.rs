//! What one account has lived through: drawn at random, or written down for the cast.
//!
//! **Promises.** What is drawn depends on the person alone, not on who was drawn before.
//! **Left to others.** Booking it: `ledger`. Writing it: `writer`.

use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Month};

use super::Province;
use super::cast::{CastAccount, CastEnd};
use super::city::City;
use super::employers::EmployerPlan;
use super::identity::{Identity, identity};
use super::ledger::{Deed, fen};
use super::random::Random;

/// An account to be written.
#[derive(Clone, Debug)]
pub(super) struct AccountPlan {
    pub(super) number: String,
    pub(super) owner: Identity,
    /// The place of the employer in the city's list; none for the self-employed.
    pub(super) employer: Option<usize>,
    pub(super) opened_on: Date,
    pub(super) closed_on: Option<Date>,
    /// A code of table A.7, or empty.
    pub(super) close_reason: &'static str,
    /// A code of table A.6.
    pub(super) status: &'static str,
    pub(super) base: Fen,
    /// What each side pays in a month.
    pub(super) side: Fen,
    pub(super) fraud: bool,
    pub(super) deeds: Vec<(Date, Deed)>,
}

const NORMAL: &str = "01";
const SEALED: &str = "02";
const TRANSFERRED: &str = "04";
const WITHDRAWN: &str = "05";
const FROZEN: &str = "06";

impl AccountPlan {
    /// Whether deposits are being made (正常).
    pub(super) fn pays(&self) -> bool {
        self.status == NORMAL
    }

    /// Whether the account is sealed (封存).
    pub(super) fn is_sealed(&self) -> bool {
        self.status == SEALED
    }
}

/// How an account stands, of a thousand: 712 pay in (883,800 of 1,241,200), most others are sealed.
fn draw_status(random: &mut Random) -> &'static str {
    match random.between(0, 999) {
        0..712 => NORMAL,
        712..952 => SEALED,
        952..982 => WITHDRAWN,
        982..997 => TRANSFERRED,
        _ => FROZEN,
    }
}

/// The account of a person.
pub(super) fn draw(
    random: &mut Random,
    province: &Province,
    city: City,
    place: u32,
    employers: &[EmployerPlan],
) -> AccountPlan {
    // Some have moved here from the neighbour and left a sealed account behind when they went on.
    let moved = city.neighbour().filter(|_| place.is_multiple_of(67));
    let owner = identity(province.seed, moved.unwrap_or(city), place);
    let status = if moved.is_some() { SEALED } else { draw_status(random) };
    let employer = draw_employer(random, employers, status);
    let plan = employer.and_then(|place| employers.get(place));
    let (rate, pay_day) = plan.map_or((12, 15), |plan| (plan.rate_percent, plan.pay_day));
    let course = Course::draw(random, province.as_of, status, pay_day);
    let mut deeds = Vec::new();
    let mut base = Base::draw(random, i64::from(rate), plan.is_some());
    for month in course.months() {
        if month.number() % 100 == 7 {
            base.raise(random);
        }
        course.pay(random, month, base.monthly(), &mut deeds);
    }
    course.withdraw(random, &mut deeds);
    let (closed_on, close_reason) = course.end(random, status, &mut deeds);
    let opened_on = course.day(course.first).unwrap_or(province.as_of);
    AccountPlan {
        number: format!("99{:06}{:05}", opened_on.number() % 1_000_000, place + 100),
        owner,
        employer,
        opened_on,
        closed_on,
        close_reason,
        status,
        base: base.base(),
        side: base.side(),
        fraud: random.chance(2),
        deeds,
    }
}

/// One in seventeen works for himself; who pays in works for an open employer, and more often for
/// one of the first.
fn draw_employer(random: &mut Random, employers: &[EmployerPlan], status: &str) -> Option<usize> {
    if random.chance(59) {
        return None;
    }
    let last = u32::try_from(employers.len()).unwrap_or(1).saturating_sub(1);
    for _ in 0..8 {
        let place = (random.between(0, last) * random.between(0, last + 1) / (last + 1)) as usize;
        if status != NORMAL || employers.get(place).is_some_and(|plan| !plan.is_sealed()) {
            return Some(place);
        }
    }
    Some(0)
}

/// A wage and what is paid in for it.
struct Base {
    base_fen: i64,
    rate: i64,
    sides: i64,
}

impl Base {
    fn draw(random: &mut Random, rate: i64, employed: bool) -> Self {
        let base_fen = i64::from(random.between(28, 180)) * 10_000;
        Self { base_fen, rate, sides: if employed { 2 } else { 1 } }
    }

    /// The new base of July: up to six percent more, in whole tens of yuan.
    fn raise(&mut self, random: &mut Random) {
        let percent = i64::from(random.between(0, 6));
        self.base_fen += self.base_fen * percent / 100 / 1_000 * 1_000;
    }

    fn base(&self) -> Fen {
        fen(self.base_fen)
    }

    fn side(&self) -> Fen {
        fen(self.base_fen * self.rate / 100)
    }

    fn monthly(&self) -> Fen {
        fen(self.base_fen * self.rate / 100 * self.sides)
    }
}

/// The months of an account.
struct Course {
    first: Month,
    count: u32,
    pay_day: u32,
    as_of: Date,
}

impl Course {
    fn draw(random: &mut Random, as_of: Date, status: &str, pay_day: u32) -> Self {
        let due = u32::try_from(as_of.day()).unwrap_or(1) >= pay_day;
        let (count, ended) = if status == NORMAL || status == FROZEN {
            (random.between(6, 62), 0)
        } else {
            (random.between(3, 48), random.between(3, 24))
        };
        let back = count - 1 + ended + u32::from(!due);
        let back = i32::try_from(back).unwrap_or(0);
        let first = as_of.month().plus(-back).unwrap_or_else(|| as_of.month());
        Self { first, count, pay_day, as_of }
    }

    fn month(&self, place: u32) -> Option<Month> {
        self.first.plus(i32::try_from(place).ok()?)
    }

    fn months(&self) -> impl Iterator<Item = Month> + use<'_> {
        (0..self.count).filter_map(|place| self.month(place))
    }

    fn day(&self, month: Month) -> Option<Date> {
        month.first_day()?.plus_days(i64::from(self.pay_day) - 1)
    }

    /// One month in three hundred is missed, and every second of these paid later; one in three
    /// thousand is booked twice and corrected.
    fn pay(&self, random: &mut Random, month: Month, amount: Fen, deeds: &mut Vec<(Date, Deed)>) {
        let Some(day) = self.day(month) else { return };
        match random.between(0, 2_999) {
            0..5 => {}
            5..10 => {
                let later = i32::try_from(random.between(1, 4)).unwrap_or(1);
                if let Some(later) = day.plus_months(later) {
                    deeds.push((later, Deed::BackPayment { month, amount }));
                }
            }
            10 => {
                deeds.push((day, Deed::Deposit { month, amount }));
                deeds.push((day, Deed::Mistake { month, amount }));
            }
            _ => deeds.push((day, Deed::Deposit { month, amount })),
        }
    }

    /// In two accounts of five, from the second year on, some money is taken out once or twice.
    fn withdraw(&self, random: &mut Random, deeds: &mut Vec<(Date, Deed)>) {
        if self.count < 14 || !random.chance(400) {
            return;
        }
        for _ in 0..random.between(1, 2) {
            let place = random.between(12, self.count - 1);
            let day = self.month(place).and_then(|month| self.day(month));
            let per_mille = i64::from(random.between(50, 600));
            let reason = *random.pick(&["07", "06", "01"]);
            if let Some(day) = day.and_then(|day| day.plus_days(1)) {
                deeds.push((day, Deed::Withdrawal { per_mille, reason }));
            }
        }
    }

    /// What ends the deposits; the closing day and its reason, when the account was closed.
    fn end(
        &self,
        random: &mut Random,
        status: &str,
        deeds: &mut Vec<(Date, Deed)>,
    ) -> (Option<Date>, &'static str) {
        // After the last back payment can have been made.
        let last = self.month(self.count - 1).and_then(|month| self.day(month));
        let last = last.unwrap_or(self.as_of);
        let sealed_on = last.plus_days(20).unwrap_or(last);
        let closed_on = last.plus_months(5).unwrap_or(last).min(self.as_of);
        match status {
            SEALED => deeds.push((sealed_on, Deed::Sealing)),
            FROZEN => deeds.push((self.as_of, Deed::Freezing)),
            WITHDRAWN => {
                let reason = *random.pick(&["03", "05", "08", "99"]);
                deeds.push((closed_on, Deed::Closing { reason }));
                return (Some(closed_on), reason);
            }
            TRANSFERRED => {
                deeds.push((closed_on, Deed::TransferOut));
                // Some systems write the business type here.
                return (Some(closed_on), *random.pick(&["", "07"]));
            }
            _ => {}
        }
        (None, "")
    }
}

/// An account of the cast; everybody of it works for the first employer, which pays on the 15th.
pub(super) fn of_cast(account: &CastAccount, as_of: Date) -> AccountPlan {
    let (first, last) = account.months;
    let day = |month: Month| month.first_day().and_then(|day| day.plus_days(14));
    let last = Month::from_number(last).unwrap_or_else(|_| as_of.month());
    let first = Month::from_number(first).unwrap_or(last);
    let amount = fen(account.monthly_fen);
    let mut deeds: Vec<(Date, Deed)> = (0..)
        .map_while(|place| first.plus(place).filter(|month| *month <= last))
        .filter_map(|month| Some((day(month)?, Deed::Deposit { month, amount })))
        .collect();
    let status = match account.end {
        CastEnd::Paying => NORMAL,
        CastEnd::Sealed(on) => {
            deeds.extend(Date::from_number(on).ok().map(|on| (on, Deed::Sealing)));
            SEALED
        }
        CastEnd::Frozen(on) => {
            deeds.extend(Date::from_number(on).ok().map(|on| (on, Deed::Freezing)));
            FROZEN
        }
    };
    AccountPlan {
        number: account.held.account.to_owned(),
        owner: Identity {
            name: account.name.to_owned(),
            kind: "01",
            number: account.number.to_owned(),
        },
        employer: Some(0),
        opened_on: first.first_day().unwrap_or(as_of),
        closed_on: None,
        close_reason: "",
        status,
        base: fen(account.monthly_fen * 50 / 12),
        side: fen(account.monthly_fen / 2),
        fraud: false,
        deeds,
    }
}
