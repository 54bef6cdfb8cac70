//! Interest on savings (存款利息), by the product method (积数法).
//!
//! **Promises.** Days are counted from a posting's own day, the closing day earns nothing (算头不算尾);
//! products are exact, and rounded half up to fen once, at settlement; on 30 June interest is added
//! to the principal and earns from 1 July.
//! **Left to others.** Booking: the core's ledger. Whether a peer's figure is close enough for the
//! transfer to go on: its rules, with [`within_tolerance`].

use core::fmt;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::money::Fen;
use crate::rate::Rate;
use crate::time::Date;

/// How many days a year has when interest is divided: a center's own parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayBasis {
    /// 360, the usual one.
    Days360,
    /// 365.
    Days365,
}

impl DayBasis {
    /// The basis with this number of days.
    #[must_use]
    pub const fn from_days(days: u32) -> Option<Self> {
        match days {
            360 => Some(Self::Days360),
            365 => Some(Self::Days365),
            _ => None,
        }
    }

    /// The number of days.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Days360 => 360,
            Self::Days365 => 365,
        }
    }
}

/// The rates of savings, each valid from a date until the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateTable {
    entries: Vec<(Date, Rate)>,
}

/// What interest is computed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterestRules {
    /// The rates.
    pub rates: RateTable,
    /// The days of the year.
    pub day_basis: DayBasis,
}

impl Default for InterestRules {
    /// The table of one rate since 2016-02-21, over 360 days.
    fn default() -> Self {
        Self { rates: RateTable::default(), day_basis: DayBasis::Days360 }
    }
}

/// Why interest cannot be computed. Never holds an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterestError {
    /// The rate table does not reach back to a day on which there was money.
    #[error("no savings rate is known for {0}; add it to the rate table")]
    NoRate(Date),
    /// A posting or a value date lies before the last one.
    #[error("the date {date} lies before {since}, to which the account is settled")]
    Backwards {
        /// The date asked for.
        date: Date,
        /// The date that the account stands at.
        since: Date,
    },
    /// A sum that N(18,2) cannot hold.
    #[error("the balance or its interest does not fit the standard's amount")]
    Overflow,
}

/// Rates that are not in the order of their dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate table has at least one rate, and every date once, in order")]
pub struct RateTableError;

impl RateTable {
    /// A table from rates and the dates from which they hold.
    ///
    /// # Errors
    /// When it is empty, or the dates do not rise.
    pub fn new(entries: Vec<(Date, Rate)>) -> Result<Self, RateTableError> {
        let rising = entries.iter().zip(entries.iter().skip(1)).all(|(a, b)| a.0 < b.0);
        if entries.is_empty() || !rising { Err(RateTableError) } else { Ok(Self { entries }) }
    }

    /// The rate on a day.
    fn on(&self, day: Date) -> Option<Rate> {
        let place = self.entries.partition_point(|entry| entry.0 <= day);
        self.entries.get(place.checked_sub(1)?).map(|entry| entry.1)
    }

    /// The first date after `day` on which another rate begins.
    fn change_after(&self, day: Date) -> Option<Date> {
        let place = self.entries.partition_point(|entry| entry.0 <= day);
        self.entries.get(place).map(|entry| entry.0)
    }
}

impl Default for RateTable {
    /// 1.50 % since 2016-02-21, the one-year benchmark for all money.
    fn default() -> Self {
        let entry = Date::new(2016, 2, 21).ok().zip(Rate::from_ten_millionths(150_000).ok());
        Self { entries: entry.into_iter().collect() }
    }
}

/// An account as interest sees it: a balance, what it has earned since the last settlement, and
/// the day up to which that is counted.
///
/// The incremental form of [`settle`]: a ledger keeps one of these for each account, advances it
/// with each posting, and books what [`advance`](Self::advance) says was added on 1 July. To take
/// a posting back under its value date, the ledger puts back the value from before it.
#[derive(Clone, PartialEq, Eq)]
pub struct Accrual {
    balance: Fen,
    /// Σ fen × days × ten-millionths, exact.
    earned: i128,
    since: Date,
}

/// Interest that was added to the principal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Capitalised {
    /// The day from which it earns: a 1 July.
    pub on: Date,
    /// How much.
    pub amount: Fen,
}

/// What an account comes to on a day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// The balance, interest of past years included (本金).
    pub principal: Fen,
    /// Interest since the last 1 July, rounded (利息).
    pub interest: Fen,
}

impl Settlement {
    /// Principal and interest together: the amount of a transfer (转移金额).
    #[must_use]
    pub fn total(self) -> Option<Fen> {
        self.principal.checked_add(self.interest)
    }
}

impl Accrual {
    /// An account without money.
    #[must_use]
    pub const fn open(on: Date) -> Self {
        Self::with_balance(on, Fen::ZERO)
    }

    /// An account that has a balance on a day and has earned nothing on it yet.
    #[must_use]
    pub const fn with_balance(on: Date, balance: Fen) -> Self {
        Self { balance, earned: 0, since: on }
    }

    /// The balance.
    #[must_use]
    pub const fn balance(&self) -> Fen {
        self.balance
    }

    /// The day up to which interest is counted.
    #[must_use]
    pub const fn since(&self) -> Date {
        self.since
    }

    /// Counts on to a day, adding interest to the principal on each 1 July on the way.
    ///
    /// # Errors
    /// When the day lies before the last one, no rate is known, or an amount overflows; then
    /// nothing has changed.
    pub fn advance(
        &mut self,
        to: Date,
        rules: &InterestRules,
    ) -> Result<Vec<Capitalised>, InterestError> {
        if to < self.since {
            return Err(InterestError::Backwards { date: to, since: self.since });
        }
        let mut next = self.clone();
        let mut added = Vec::new();
        while let Some(cut) = next_cut(next.since).filter(|cut| *cut <= to) {
            next.earn_until(cut, rules)?;
            let amount = rounded(next.earned, rules.day_basis)?;
            next.balance = next.balance.checked_add(amount).ok_or(InterestError::Overflow)?;
            next.earned = 0;
            if !amount.is_zero() {
                added.push(Capitalised { on: cut, amount });
            }
        }
        next.earn_until(to, rules)?;
        *self = next;
        Ok(added)
    }

    /// Posts an amount, which earns from its own day on.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn post(
        &mut self,
        on: Date,
        amount: Fen,
        rules: &InterestRules,
    ) -> Result<Vec<Capitalised>, InterestError> {
        let mut next = self.clone();
        let added = next.advance(on, rules)?;
        next.balance = next.balance.checked_add(amount).ok_or(InterestError::Overflow)?;
        *self = next;
        Ok(added)
    }

    /// Principal and interest as of the day it stands at.
    ///
    /// # Errors
    /// When the interest overflows.
    pub fn settlement(&self, rules: &InterestRules) -> Result<Settlement, InterestError> {
        let interest = rounded(self.earned, rules.day_basis)?;
        Ok(Settlement { principal: self.balance, interest })
    }

    fn earn_until(&mut self, to: Date, rules: &InterestRules) -> Result<(), InterestError> {
        while self.since < to {
            let change = rules.rates.change_after(self.since).map_or(to, |change| change.min(to));
            if !self.balance.is_zero() {
                let rate = rules.rates.on(self.since).ok_or(InterestError::NoRate(self.since))?;
                let product = i128::from(self.balance.get())
                    .checked_mul(i128::from(change.days_since(self.since)))
                    .and_then(|product| product.checked_mul(i128::from(rate.ten_millionths())))
                    .ok_or(InterestError::Overflow)?;
                self.earned = self.earned.checked_add(product).ok_or(InterestError::Overflow)?;
            }
            self.since = change;
        }
        Ok(())
    }
}

/// The first 1 July after a day.
fn next_cut(day: Date) -> Option<Date> {
    let this_year = Date::new(day.year(), 7, 1).ok()?;
    if this_year > day { Some(this_year) } else { this_year.plus_months(12) }
}

/// The 1 July on or before a day: where its interest year began.
#[must_use]
pub fn interest_year_start(day: Date) -> Option<Date> {
    let this_year = Date::new(day.year(), 7, 1).ok()?;
    if this_year <= day { Some(this_year) } else { this_year.plus_months(-12) }
}

/// What was earned, in fen: half a fen and more is one.
fn rounded(earned: i128, basis: DayBasis) -> Result<Fen, InterestError> {
    let whole = u128::from(basis.days()).saturating_mul(u128::from(Rate::WHOLE));
    let half_up = earned.unsigned_abs().checked_add(whole / 2).ok_or(InterestError::Overflow)?;
    let fen = half_up.checked_div(whole).ok_or(InterestError::Overflow)?;
    let fen = i64::try_from(fen).map_err(|_| InterestError::Overflow)?;
    let fen = Fen::new(fen).map_err(|_| InterestError::Overflow)?;
    Ok(if earned < 0 { fen.negated() } else { fen })
}

/// Principal and interest at a value date, from all postings of an account.
///
/// Postings of interest of past years must not be among them: they are computed.
///
/// # Errors
/// When the postings are not in order of their dates, one lies after `at`, no rate is known for a
/// day with money, or an amount overflows.
pub fn settle(
    postings: &[(Date, Fen)],
    at: Date,
    rules: &InterestRules,
) -> Result<Settlement, InterestError> {
    let start = postings.first().map_or(at, |posting| posting.0);
    let mut account = Accrual::open(start);
    for (on, amount) in postings {
        account.post(*on, *amount, rules)?;
    }
    account.advance(at, rules)?;
    account.settlement(rules)
}

/// Whether two figures of interest differ by rounding only: a fen a settled year, one at least.
#[must_use]
pub fn within_tolerance(declared: Fen, computed: Fen, settled_years: u32) -> bool {
    let difference = declared.get().abs_diff(computed.get());
    difference <= u64::from(settled_years.max(1))
}

macro_rules! hidden_debug {
    ($name:ident, $($field:ident),*) => {
        impl fmt::Debug for $name {
            /// Without amounts.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}

hidden_debug!(Accrual, since);
hidden_debug!(Capitalised, on);
hidden_debug!(Settlement,);

/// On the wire: the balance, what was earned as 16 bytes, the day.
#[derive(Encode, Decode)]
#[cbor(map)]
struct WireAccrual {
    #[n(1)]
    balance: Fen,
    #[n(2)]
    earned: ByteArray<16>,
    #[n(3)]
    since: Date,
}

impl<C> Encode<C> for Accrual {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let earned = self.earned.to_be_bytes().into();
        WireAccrual { balance: self.balance, earned, since: self.since }.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for Accrual {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let wire = WireAccrual::decode(decoder, context)?;
        let earned = i128::from_be_bytes(*wire.earned);
        Ok(Self { balance: wire.balance, earned, since: wire.since })
    }
}

#[cfg(test)]
mod tests;
