//! Deadlines by working days, and the days on which money may move (期限).
//!
//! **Promises.** A deadline never restores, refuses or pays: it only calls a person.
//! **Left to others.** The calendar: an annex of the roster.

use minicbor::{Decode, Encode};

use crate::calendar::WorkingCalendar;
use crate::policy::Policy;
use crate::time::{Date, Timestamp};

/// What a transfer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Wait {
    /// The transfer-out center is to accept or refuse.
    #[n(1)]
    Acceptance,
    /// The transfer-out center is to settle and pay.
    #[n(2)]
    Settlement,
    /// The transfer-in center is to credit.
    #[n(3)]
    Credit,
    /// Something else; the time of the whole case counts.
    #[n(4)]
    Case,
}

impl Wait {
    /// How many working days it may take.
    #[must_use]
    pub const fn days(self, policy: &Policy) -> u32 {
        match self {
            Self::Acceptance => policy.acceptance_days,
            Self::Settlement => policy.settlement_days,
            Self::Credit => policy.credit_days,
            Self::Case => policy.case_days,
        }
    }
}

/// The last day for something that is awaited from `since` on.
#[must_use]
pub fn last_day(wait: Wait, since: Date, policy: &Policy, calendar: &WorkingCalendar) -> Date {
    calendar.plus_working_days(since, wait.days(policy)).unwrap_or(since)
}

/// The day at whose end what is awaited is asked for again (催办): four fifths of the working days
/// are over.
#[must_use]
pub fn reminder_day(wait: Wait, since: Date, policy: &Policy, calendar: &WorkingCalendar) -> Date {
    let days = wait.days(policy);
    let days = days.saturating_sub(days.div_ceil(5));
    calendar.plus_working_days(since, days).unwrap_or(since)
}

/// When a day is over: midnight of the next, at UTC+8.
#[must_use]
pub fn end_of(day: Date) -> Timestamp {
    Timestamp::start_of(day).plus_ms(crate::time::DAY_MS)
}

/// The first banking day on or after a date. Banks settle on working days.
#[must_use]
pub fn banking_day(from: Date, calendar: &WorkingCalendar) -> Date {
    calendar.plus_working_days(from, 0).unwrap_or(from)
}

/// Whether a sheet settled for `value_date` may still be paid on `day`: the year-end settlement of
/// 30 June changes the amount, so that no later day is possible under the same sheet.
#[must_use]
pub fn may_pay_on(value_date: Date, day: Date) -> bool {
    let cut = crate::interest::interest_year_start(value_date).and_then(|cut| cut.plus_months(12));
    cut.is_none_or(|cut| day < cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn deadlines_count_working_days() {
        let (policy, calendar) = (Policy::default(), WorkingCalendar::default());
        // 2026-05-06 is a Wednesday.
        let last = |wait| last_day(wait, date("2026-05-06"), &policy, &calendar);
        assert_eq!(last(Wait::Acceptance), date("2026-05-13"));
        assert_eq!(last(Wait::Credit), date("2026-05-11"));
        assert_eq!(last(Wait::Case), date("2026-05-27"));
        // Four fifths of 5, 3 and 15 working days, rounded down.
        let reminder = |wait| reminder_day(wait, date("2026-05-06"), &policy, &calendar);
        assert_eq!(reminder(Wait::Acceptance), date("2026-05-12"));
        assert_eq!(reminder(Wait::Credit), date("2026-05-08"));
        assert_eq!(reminder(Wait::Case), date("2026-05-22"));
        assert_eq!(end_of(date("2026-05-13")), Timestamp::start_of(date("2026-05-14")));
        assert_eq!(banking_day(date("2026-05-09"), &calendar), date("2026-05-11"));
    }

    #[test]
    fn no_sheet_is_paid_past_its_thirtieth_of_june() {
        for (value_date, day, may) in [
            ("2026-06-29", "2026-06-30", true),
            ("2026-06-29", "2026-07-01", false),
            ("2026-06-30", "2026-07-02", false),
            ("2026-07-01", "2026-07-02", true),
            ("2026-07-01", "2027-06-30", true),
            ("2026-07-01", "2027-07-01", false),
        ] {
            assert_eq!(may_pay_on(date(value_date), date(day)), may, "{value_date} {day}");
        }
    }
}
