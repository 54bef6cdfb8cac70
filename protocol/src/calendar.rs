//! Working days (工作日): weekdays without public holidays, and weekends that are worked instead.
//!
//! **Promises.** A day is a working day for everyone who holds the same calendar.
//! **Left to others.** The days themselves: the calendar is data, an annex of the roster, new each
//! year. A year that it does not cover has weekdays only.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::time::Date;

/// The exceptions from "Monday to Friday".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingCalendar {
    /// Weekdays on which nobody works (节假日).
    holidays: BTreeSet<Date>,
    /// Saturdays and Sundays that are worked in exchange (调休上班).
    make_up_days: BTreeSet<Date>,
}

/// A calendar that says something that is not an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A make-up day that is a weekday, or also a holiday.
    #[error("{0} is no Saturday or Sunday, or also a holiday; it cannot be a make-up day")]
    MakeUpDay(Date),
    /// More days than a calendar of ten years has.
    #[error("a calendar has at most {DAYS_MAX} days of each kind")]
    TooLong,
}

/// Days of one kind in a calendar: ten years of at most 40.
const DAYS_MAX: usize = 400;

impl WorkingCalendar {
    /// A calendar; holidays that fall on a weekend may stand in it and change nothing.
    ///
    /// # Errors
    /// When a make-up day is a weekday or also a holiday, or there are too many days.
    pub fn new(
        holidays: impl IntoIterator<Item = Date>,
        make_up_days: impl IntoIterator<Item = Date>,
    ) -> Result<Self, CalendarError> {
        let holidays: BTreeSet<Date> = holidays.into_iter().collect();
        let make_up_days: BTreeSet<Date> = make_up_days.into_iter().collect();
        let wrong = |day: &&Date| !is_weekend(**day) || holidays.contains(*day);
        if let Some(day) = make_up_days.iter().find(wrong) {
            return Err(CalendarError::MakeUpDay(*day));
        }
        if holidays.len() > DAYS_MAX || make_up_days.len() > DAYS_MAX {
            return Err(CalendarError::TooLong);
        }
        Ok(Self { holidays, make_up_days })
    }

    /// Whether people work on the day.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        if is_weekend(day) {
            self.make_up_days.contains(&day)
        } else {
            !self.holidays.contains(&day)
        }
    }

    /// The last of the next `days` working days after `from`; with 0, `from` itself or the next
    /// working day. `None` past the year 9999.
    #[must_use]
    pub fn plus_working_days(&self, from: Date, days: u32) -> Option<Date> {
        let mut day = from;
        let mut left = days;
        while left > 0 {
            day = day.plus_days(1)?;
            if self.is_working_day(day) {
                left = left.saturating_sub(1);
            }
        }
        while !self.is_working_day(day) {
            day = day.plus_days(1)?;
        }
        Some(day)
    }

    /// How many working days lie after `from` up to and with `to`; 0 when `to` is not later.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let days = (1..=to.days_since(from)).filter_map(|n| from.plus_days(n));
        let count = days.filter(|day| self.is_working_day(*day)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

fn is_weekend(day: Date) -> bool {
    day.weekday() >= 6
}

/// On the wire: both lists in rising order.
#[derive(Encode, Decode)]
#[cbor(map)]
struct WireCalendar {
    #[n(1)]
    holidays: Vec<Date>,
    #[n(2)]
    make_up_days: Vec<Date>,
}

impl<C> Encode<C> for WorkingCalendar {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        WireCalendar {
            holidays: self.holidays.iter().copied().collect(),
            make_up_days: self.make_up_days.iter().copied().collect(),
        }
        .encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for WorkingCalendar {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let wire = WireCalendar::decode(decoder, context)?;
        Self::new(wire.holidays, wire.make_up_days)
            .map_err(|_| minicbor::decode::Error::message("not a calendar of working days"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// An invented week: Thursday 5 and Friday 6 November 2026 off, Sunday 8 worked.
    fn calendar() -> WorkingCalendar {
        let holidays = [date("2026-11-05"), date("2026-11-06"), date("2026-11-07")];
        WorkingCalendar::new(holidays, [date("2026-11-08")]).unwrap()
    }

    #[test]
    fn holidays_are_skipped_and_make_up_weekends_count() {
        let calendar = calendar();
        for (from, days, to) in [
            ("2026-11-04", 1, "2026-11-08"),
            ("2026-11-04", 2, "2026-11-09"),
            ("2026-11-05", 0, "2026-11-08"),
            ("2026-11-04", 0, "2026-11-04"),
            ("2026-11-13", 1, "2026-11-16"),
            ("2026-11-02", 5, "2026-11-10"),
        ] {
            let reached = calendar.plus_working_days(date(from), days);
            assert_eq!(reached, Some(date(to)), "{from} + {days}");
        }
        assert_eq!(calendar.working_days_between(date("2026-11-04"), date("2026-11-09")), 2);
        assert_eq!(calendar.working_days_between(date("2026-11-09"), date("2026-11-04")), 0);
        let plain = WorkingCalendar::default();
        assert_eq!(plain.plus_working_days(date("2026-11-04"), 1), Some(date("2026-11-05")));
    }

    #[test]
    fn a_make_up_day_must_be_a_weekend_day() {
        let wrong = CalendarError::MakeUpDay(date("2026-11-09"));
        assert_eq!(WorkingCalendar::new([], [date("2026-11-09")]), Err(wrong));
        let both = [date("2026-11-08")];
        assert!(WorkingCalendar::new(both, both).is_err());
        let bytes = cbor::encode(&calendar());
        assert_eq!(cbor::decode(&bytes), Ok(calendar()));
    }

    proptest! {
        #[test]
        fn counting_undoes_adding(start in 0_i64..365, days in 1_u32..60) {
            let calendar = calendar();
            let from = date("2026-06-01").plus_days(start).unwrap();
            let to = calendar.plus_working_days(from, days).unwrap();
            prop_assert!(calendar.is_working_day(to));
            prop_assert_eq!(calendar.working_days_between(from, to), days);
        }
    }
}
