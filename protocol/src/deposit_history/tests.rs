//! The counting rules, each with the example that made it necessary.

use proptest::prelude::*;

use super::*;
use crate::cbor;

fn month(number: u32) -> Month {
    Month::from_number(number).unwrap()
}

fn months(first: u32, last: u32) -> impl Iterator<Item = Month> {
    let (first, last) = (month(first), month(last));
    (0..).map_while(move |n| first.plus(n).filter(|m| *m <= last))
}

fn regular(months: impl IntoIterator<Item = Month>) -> DepositHistory {
    let mut history = DepositHistory::new();
    for month in months {
        let posted_on = month.first_day().unwrap().plus_days(14).unwrap();
        history.record(month, posted_on, PaymentKind::Regular, ContinuityRules::default());
    }
    history
}

#[test]
fn the_worked_examples_of_one_city() {
    let whole = regular(months(202_304, 202_603));
    assert_eq!((whole.total(), whole.streak()), (36, 36));
    assert_eq!(whole.six_months(), SixMonths::Continuous);
    assert_eq!(whole.first_month(), Some(month(202_304)));

    let with_gap = regular(months(202_304, 202_603).filter(|m| *m != month(202_511)));
    assert_eq!((with_gap.total(), with_gap.streak()), (35, 4));
    assert_eq!(with_gap.six_months(), SixMonths::Interrupted);
    assert_eq!(with_gap.gaps().months().collect::<Vec<_>>(), [month(202_511)]);

    let doubled = regular(months(202_304, 202_603).chain([month(202_603)]));
    assert_eq!((doubled.total(), doubled.streak()), (36, 36));
}

#[test]
fn a_back_payment_counts_for_the_total_and_for_continuity_only_within_grace() {
    let rules = ContinuityRules::default();
    let base = regular(months(202_304, 202_603).filter(|m| *m != month(202_511)));
    let paid = |day: &str| {
        let mut history = base.clone();
        let day = Date::parse(day).unwrap();
        history.record(month(202_511), day, PaymentKind::Back, rules);
        (history.total(), history.streak())
    };
    assert_eq!(paid("2025-12-31"), (36, 36));
    assert_eq!(paid("2026-01-01"), (36, 4));

    let mut late_then_regular = base.clone();
    let day = Date::parse("2026-03-20").unwrap();
    late_then_regular.record(month(202_511), day, PaymentKind::Back, rules);
    late_then_regular.record(month(202_511), day, PaymentKind::Regular, rules);
    assert_eq!(late_then_regular.streak(), 36);
    late_then_regular.take_back(month(202_511));
    assert_eq!(late_then_regular, base);
}

#[test]
fn a_streak_is_live_until_the_month_after_next() {
    let history = regular(months(202_304, 202_603));
    for (as_of, live) in [("2026-03-31", 36), ("2026-04-30", 36), ("2026-05-01", 0)] {
        assert_eq!(history.live_streak(Date::parse(as_of).unwrap()), live, "{as_of}");
    }
}

#[test]
fn a_short_gap_between_two_cities_keeps_continuity_and_is_not_counted() {
    let datong = regular(months(202_304, 202_603));
    let taiyuan = regular(months(202_605, 202_605));
    let joined = CombinedHistory::join(&[&taiyuan, &datong], ContinuityRules::default());
    assert_eq!((joined.history.total(), joined.streak), (37, 37));
    assert_eq!(joined.tolerated.months().collect::<Vec<_>>(), [month(202_604)]);
    assert!(joined.overlap.is_empty());
    assert_eq!(joined.live_streak(Date::parse("2026-06-10").unwrap()), 37);
    assert_eq!(joined.live_streak(Date::parse("2026-07-10").unwrap()), 0);

    let strict = ContinuityRules { gap_tolerance: 0, ..ContinuityRules::default() };
    assert_eq!(CombinedHistory::join(&[&datong, &taiyuan], strict).streak, 1);
}

#[test]
fn a_gap_within_one_city_is_never_tolerated() {
    let datong = regular(months(202_304, 202_603).filter(|m| *m != month(202_511)));
    let taiyuan = regular(months(202_605, 202_606));
    let joined = CombinedHistory::join(&[&datong, &taiyuan], ContinuityRules::default());
    assert_eq!((joined.history.total(), joined.streak), (37, 6));
}

#[test]
fn a_month_paid_in_two_cities_counts_once_and_is_named() {
    let datong = regular(months(202_304, 202_604));
    let taiyuan = regular(months(202_604, 202_605));
    let joined = CombinedHistory::join(&[&datong, &taiyuan], ContinuityRules::default());
    assert_eq!((joined.history.total(), joined.streak), (38, 38));
    assert_eq!(joined.overlap.months().collect::<Vec<_>>(), [month(202_604)]);
}

#[test]
fn a_history_is_read_back_and_an_empty_one_has_no_streak() {
    let mut history = regular(months(202_304, 202_603));
    let day = Date::parse("2026-03-20").unwrap();
    history.record(month(202_301), day, PaymentKind::Back, ContinuityRules::default());
    assert_eq!(cbor::decode(&cbor::encode(&history)), Ok(history));
    let empty = DepositHistory::new();
    assert_eq!((empty.total(), empty.streak(), empty.paid_to()), (0, 0, None));
    assert_eq!(CombinedHistory::join(&[], ContinuityRules::default()).streak, 0);
}

#[test]
fn late_months_that_were_never_paid_are_not_read() {
    let paid: MonthSet = months(202_501, 202_503).collect();
    let late: MonthSet = [month(202_509)].into_iter().collect();
    let bytes = cbor::encode(&DepositHistory { paid, late });
    assert!(cbor::decode::<DepositHistory>(&bytes).is_err());
}

proptest! {
    #[test]
    fn the_streak_is_what_counting_back_finds(present in proptest::collection::vec(any::<bool>(), 1..60)) {
        let start = month(202_001);
        let paid = present.iter().enumerate().filter(|(_, there)| **there);
        let history = regular(paid.map(|(n, _)| start.plus(i32::try_from(n).unwrap()).unwrap()));
        let trimmed = present.iter().rev().skip_while(|there| !**there);
        let naive = trimmed.take_while(|there| **there).count();
        prop_assert_eq!(history.streak() as usize, naive);
        prop_assert_eq!(history.total() as usize, present.iter().filter(|there| **there).count());
    }

    #[test]
    fn joining_does_not_depend_on_the_order_of_cities(
        left in proptest::collection::vec(0_i32..40, 0..30),
        right in proptest::collection::vec(0_i32..40, 0..30),
    ) {
        let start = month(202_001);
        let of = |ns: &[i32]| regular(ns.iter().map(|n| start.plus(*n).unwrap()));
        let (a, b) = (of(&left), of(&right));
        let rules = ContinuityRules::default();
        let joined = CombinedHistory::join(&[&a, &b], rules);
        prop_assert_eq!(&joined, &CombinedHistory::join(&[&b, &a], rules));
        prop_assert!(joined.streak <= joined.history.total());
    }
}

#[test]
fn a_month_that_was_paid_late_twice_stays_late_and_is_taken_back_alone() {
    let rules = ContinuityRules::default();
    let mut history = regular(months(202_601, 202_603));
    let day = Date::parse("2026-03-20").unwrap();
    for late in [202_510, 202_511, 202_511] {
        history.record(month(late), day, PaymentKind::Back, rules);
    }
    assert_eq!(history.paid().len(), 5);
    assert_eq!(
        history.in_time().months().collect::<Vec<_>>(),
        [month(202_601), month(202_602), month(202_603)]
    );
    history.take_back(month(202_511));
    assert_eq!((history.total(), history.in_time().len()), (4, 3), "the other one is late still");
}
