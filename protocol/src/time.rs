//! Instants, business dates and months. There is no `now()`: time comes in.
//!
//! **Promises.** A [`Date`] exists in the calendar; month arithmetic never looks at days.
//! **Left to others.** Working days: `calendar`. Where the time comes from: the node's clock.

use core::fmt;

use jiff::civil;
use minicbor::{Decode, Encode};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] i64);

/// Milliseconds in a day of the business calendar; China has one zone and no summer time.
pub const DAY_MS: i64 = 86_400_000;
/// Business dates are dates at UTC+8.
const ZONE_MS: i64 = 8 * 3_600_000;

impl Timestamp {
    /// An instant from milliseconds since 1970 UTC.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant, `ms` later (or earlier, when negative); stops at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when it is later.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The business date at UTC+8, or `None` outside the years 1 to 9999.
    #[must_use]
    pub fn date(self) -> Option<Date> {
        let days = self.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        let epoch = civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        Date::from_civil(date)
    }

    /// The start of a business date: midnight at UTC+8.
    #[must_use]
    pub fn start_of(date: Date) -> Self {
        Self(date.days_from_epoch().saturating_mul(DAY_MS).saturating_sub(ZONE_MS))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 at +08:00, with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(date) = self.date() else {
            return write!(f, "{} ms", self.0);
        };
        let of_day = self.0.saturating_add(ZONE_MS).rem_euclid(DAY_MS);
        let (seconds, ms) = (of_day.div_euclid(1000), of_day.rem_euclid(1000));
        let (minutes, second) = (seconds.div_euclid(60), seconds.rem_euclid(60));
        let (hour, minute) = (minutes.div_euclid(60), minutes.rem_euclid(60));
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}.{ms:03}+08:00")
    }
}

/// A business date that exists, years 1900 to 9999; on the wire the integer YYYYMMDD.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A text or number that is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date has a form such as 2026-05-20 and stands in the calendar, from 1900 on")]
pub struct DateError;

impl Date {
    fn from_civil(date: civil::Date) -> Option<Self> {
        (date.year() >= 1900).then_some(Self(date))
    }

    /// A date from its parts.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        civil::Date::new(year, month, day).ok().and_then(Self::from_civil).ok_or(DateError)
    }

    /// A date from the integer YYYYMMDD.
    ///
    /// # Errors
    /// When there is no such day.
    pub fn from_number(number: u32) -> Result<Self, DateError> {
        let year = i16::try_from(number / 10_000).map_err(|_| DateError)?;
        let month = i8::try_from(number / 100 % 100).map_err(|_| DateError)?;
        let day = i8::try_from(number % 100).map_err(|_| DateError)?;
        Self::new(year, month, day)
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// When the text has another form or there is no such day.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return Err(DateError);
        }
        Self::parse_compact(&text.replace('-', ""))
    }

    /// Parses `YYYYMMDD`.
    ///
    /// # Errors
    /// When the text has another form or there is no such day.
    pub fn parse_compact(text: &str) -> Result<Self, DateError> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DateError);
        }
        text.parse().map_err(|_| DateError).and_then(Self::from_number)
    }

    /// The integer YYYYMMDD.
    #[must_use]
    pub fn number(self) -> u32 {
        let part = |value: i16| u32::from(value.unsigned_abs());
        part(self.0.year())
            .saturating_mul(10_000)
            .saturating_add(part(self.0.month().into()).saturating_mul(100))
            .saturating_add(part(self.0.day().into()))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month of the year, 1 to 12.
    #[must_use]
    pub fn month_of_year(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The month that the date lies in.
    #[must_use]
    pub fn month(self) -> Month {
        let year = u32::from(self.0.year().unsigned_abs());
        let month = u32::from(self.0.month().unsigned_abs());
        Month(year.saturating_mul(12).saturating_add(month).saturating_sub(1))
    }

    /// Days from 1970-01-01, negative before.
    #[must_use]
    pub fn days_from_epoch(self) -> i64 {
        // A span in days between two dates of this range always has a value.
        civil::date(1970, 1, 1).until(self.0).map_or(0, |span| i64::from(span.get_days()))
    }

    /// Days from `earlier` to this date; negative when it is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.days_from_epoch().saturating_sub(earlier.days_from_epoch())
    }

    /// The date `days` later (or earlier), or `None` outside the range.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        self.0.checked_add(span).ok().and_then(Self::from_civil)
    }

    /// The same day `months` later, or the last day of that month; `None` outside the range.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?;
        self.0.checked_add(span).ok().and_then(Self::from_civil)
    }

    /// The day of the week, 1 Monday to 7 Sunday.
    #[must_use]
    pub fn weekday(self) -> i8 {
        self.0.weekday().to_monday_one_offset()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

impl<C> Encode<C> for Date {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(decoder.u32()?)
            .map_err(|_| minicbor::decode::Error::message("no such date"))
    }
}

/// A month, as `year * 12 + (month - 1)`; on the wire the integer YYYYMM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

/// A text or number that is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month has the form 202605 or 2026-05, from 190001 on")]
pub struct MonthError;

impl Month {
    /// A month from the integer YYYYMM.
    ///
    /// # Errors
    /// When there is no such month.
    pub const fn from_number(number: u32) -> Result<Self, MonthError> {
        let (year, month) = (number / 100, number % 100);
        if year < 1900 || year > 9999 || month < 1 || month > 12 {
            return Err(MonthError);
        }
        // No overflow: the year has four digits.
        Ok(Self(year.wrapping_mul(12).wrapping_add(month).wrapping_sub(1)))
    }

    /// Parses `YYYYMM` or `YYYY-MM`.
    ///
    /// # Errors
    /// When the text has another form or there is no such month.
    pub fn parse(text: &str) -> Result<Self, MonthError> {
        let digits = match text.split_once('-') {
            Some((year, month)) if year.len() == 4 && month.len() == 2 => [year, month].concat(),
            Some(_) => return Err(MonthError),
            None => text.to_owned(),
        };
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MonthError);
        }
        digits.parse().map_err(|_| MonthError).and_then(Self::from_number)
    }

    /// The integer YYYYMM.
    #[must_use]
    pub const fn number(self) -> u32 {
        (self.0 / 12).saturating_mul(100).saturating_add(self.0 % 12).saturating_add(1)
    }

    /// The month's place on the line of months: `year * 12 + (month - 1)`.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0
    }

    /// Months from `earlier` to this one; negative when it is later.
    #[must_use]
    pub fn months_since(self, earlier: Self) -> i64 {
        i64::from(self.0).saturating_sub(i64::from(earlier.0))
    }

    /// The month `months` later (or earlier), or `None` outside the range.
    #[must_use]
    pub fn plus(self, months: i32) -> Option<Self> {
        let index = self.0.checked_add_signed(months)?;
        (1900 * 12..10_000 * 12).contains(&index).then_some(Self(index))
    }

    /// The first day of the month.
    #[must_use]
    pub fn first_day(self) -> Option<Date> {
        Date::from_number(self.number().checked_mul(100)?.checked_add(1)?).ok()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.number() / 100, self.number() % 100)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

impl<C> Encode<C> for Month {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Month {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(decoder.u32()?)
            .map_err(|_| minicbor::decode::Error::message("no such month"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        assert_eq!(Date::parse("2024-02-29").unwrap().number(), 20_240_229);
        assert_eq!(Date::parse_compact("20240229"), Date::parse("2024-02-29"));
        for bad in
            ["2023-02-29", "2026-13-01", "2026-1-01", "20260101", "1899-12-31", "2026-05-2０"]
        {
            assert_eq!(Date::parse(bad), Err(DateError), "{bad:?}");
        }
    }

    #[test]
    fn a_business_date_changes_at_midnight_in_china() {
        let midnight = Timestamp::start_of(Date::parse("2026-05-20").unwrap());
        assert_eq!(midnight.date().unwrap().to_string(), "2026-05-20");
        assert_eq!(midnight.plus_ms(-1).date().unwrap().to_string(), "2026-05-19");
        assert_eq!(midnight.to_string(), "2026-05-20T00:00:00.000+08:00");
        assert_eq!(midnight.ms(), 1_779_206_400_000);
    }

    #[test]
    fn months_count_without_days() {
        let month = Month::parse("202604").unwrap();
        assert_eq!(month, Month::parse("2026-04").unwrap());
        assert_eq!(month.plus(-4).unwrap().number(), 202_512);
        assert_eq!(Month::parse("202605").unwrap().months_since(month), 1);
        for bad in ["202613", "202600", "20264", "2026-4", "2026/04", "189912"] {
            assert_eq!(Month::parse(bad), Err(MonthError), "{bad:?}");
        }
    }
}
