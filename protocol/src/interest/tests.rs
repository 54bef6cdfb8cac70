//! The worked figures of the domain notes, to the fen, and a naive reference.

use proptest::prelude::*;

use super::*;
use crate::cbor;
use crate::time::Month;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

/// One deposit on the 15th of each month.
fn monthly(first: u32, last: u32, amount: &str) -> Vec<(Date, Fen)> {
    let (first, last) = (Month::from_number(first).unwrap(), Month::from_number(last).unwrap());
    (0..)
        .map_while(|n| first.plus(n).filter(|month| *month <= last))
        .map(|month| (month.first_day().unwrap().plus_days(14).unwrap(), yuan(amount)))
        .collect()
}

fn check(postings: &[(Date, Fen)], at: &str, principal: &str, interest: &str) {
    let settled = settle(postings, date(at), &InterestRules::default()).unwrap();
    assert_eq!((settled.principal, settled.interest), (yuan(principal), yuan(interest)), "{at}");
}

#[test]
fn account_a1_and_story_1_come_out_to_the_fen() {
    let deposits = monthly(202_304, 202_603, "1200.00");
    check(&deposits, "2026-05-20", "43758.38", "527.46");
    check(&deposits, "2026-05-21", "43758.38", "529.29");
    let settled = settle(&deposits, date("2026-05-20"), &InterestRules::default()).unwrap();
    assert_eq!(settled.total(), Some(yuan("44285.84")));
}

#[test]
fn interest_is_added_on_the_first_of_july() {
    let rules = InterestRules::default();
    let mut account = Accrual::open(date("2023-04-15"));
    let mut added = Vec::new();
    for (on, amount) in monthly(202_304, 202_603, "1200.00") {
        added.extend(account.post(on, amount, &rules).unwrap());
    }
    let added: Vec<(String, Fen)> =
        added.iter().map(|added| (added.on.to_string(), added.amount)).collect();
    let expected = [("2023-07-01", "7.00"), ("2024-07-01", "165.21"), ("2025-07-01", "386.17")];
    assert_eq!(added, expected.map(|(on, amount)| (on.to_owned(), yuan(amount))));
    assert_eq!(account.balance(), yuan("43758.38"));
}

#[test]
fn account_a2_and_story_9_show_the_cliff_of_30_june() {
    let deposits = monthly(202_003, 202_604, "2010.00");
    check(&deposits, "2026-06-29", "154069.27", "2203.25");
    check(&deposits, "2026-07-02", "156285.36", "6.51");
}

#[test]
fn a_year_of_ten_thousand_counts_the_first_day_and_not_the_last() {
    let deposit = [(date("2025-07-01"), yuan("10000.00"))];
    check(&deposit, "2026-06-30", "10000.00", "151.67");
    check(&deposit, "2026-07-01", "10152.08", "0.00");
}

#[test]
fn the_other_stories_come_out_to_the_fen() {
    // Story 2: 55 months of 1 088.00.
    check(&monthly(202_107, 202_601, "1088.00"), "2026-03-18", "61452.36", "632.05");
    // Story 3: 50 months of 1 884.00.
    check(&monthly(202_201, 202_602, "1884.00"), "2026-04-08", "96332.75", "1051.59");
    // Story 4: 76 months of 1 560.00.
    check(&monthly(201_909, 202_512, "1560.00"), "2026-03-02", "123520.23", "1220.36");
    // Story 8: 21 months of 880.00; after the return, five days more under the same year.
    let deposits = monthly(202_410, 202_606, "880.00");
    check(&deposits, "2026-07-03", "18726.98", "1.56");
    check(&deposits, "2026-07-08", "18726.98", "5.46");
}

#[test]
fn a_posting_is_taken_back_by_putting_the_value_from_before_it_back() {
    let rules = InterestRules::default();
    let mut account = Accrual::open(date("2024-10-15"));
    for (on, amount) in monthly(202_410, 202_606, "880.00") {
        account.post(on, amount, &rules).unwrap();
    }
    let before = account.clone();
    account.advance(date("2026-07-03"), &rules).unwrap();
    let paid = account.settlement(&rules).unwrap();
    account.post(date("2026-07-03"), paid.principal.negated(), &rules).unwrap();
    assert!(account.balance().is_zero());
    account = before;
    account.advance(date("2026-07-08"), &rules).unwrap();
    let again = account.settlement(&rules).unwrap();
    assert_eq!(again.total(), Some(yuan("18732.44")));
}

#[test]
fn a_year_of_365_days_and_a_changed_rate_are_counted() {
    let mut rules = InterestRules { day_basis: DayBasis::Days365, ..InterestRules::default() };
    let deposit = [(date("2024-07-01"), yuan("36500.00"))];
    let settled = settle(&deposit, date("2025-06-30"), &rules).unwrap();
    assert_eq!(settled.interest, yuan("546.00"));
    rules.rates = RateTable::new(vec![
        (date("2016-02-21"), Rate::parse("0.015").unwrap()),
        (date("2025-01-01"), Rate::parse("0.03").unwrap()),
    ])
    .unwrap();
    // 184 days at 1.5 % and 180 at 3 %, of 100 yuan a day and percent each.
    let settled = settle(&deposit, date("2025-06-30"), &rules).unwrap();
    assert_eq!(settled.interest, yuan("816.00"));
}

#[test]
fn what_cannot_be_computed_is_said() {
    let rules = InterestRules::default();
    let old = [(date("2016-02-20"), yuan("1.00"))];
    let no_rate = InterestError::NoRate(date("2016-02-20"));
    assert_eq!(settle(&old, date("2016-03-01"), &rules).unwrap_err(), no_rate);
    let deposit = [(date("2025-07-02"), yuan("1.00"))];
    let backwards =
        InterestError::Backwards { date: date("2025-07-01"), since: date("2025-07-02") };
    assert_eq!(settle(&deposit, date("2025-07-01"), &rules).unwrap_err(), backwards);
    let full = [(date("2025-07-02"), Fen::MAX), (date("2025-07-03"), yuan("0.01"))];
    assert_eq!(settle(&full, date("2026-01-01"), &rules).unwrap_err(), InterestError::Overflow);
    assert!(RateTable::new(Vec::new()).is_err());
    let mut account = Accrual::with_balance(date("2025-07-02"), Fen::MAX);
    let before = account.clone();
    assert!(account.advance(date("2030-01-01"), &rules).is_err());
    assert_eq!(account, before, "an error changes nothing");
}

#[test]
fn tolerance_is_a_fen_a_settled_year() {
    assert!(within_tolerance(yuan("527.46"), yuan("527.49"), 3));
    assert!(!within_tolerance(yuan("527.51"), yuan("527.46"), 3));
    assert!(within_tolerance(yuan("1.00"), yuan("1.01"), 0));
}

#[test]
fn debug_shows_no_amount_and_the_wire_form_is_read_back() {
    let mut account = Accrual::with_balance(date("2025-07-02"), yuan("-123.45"));
    account.advance(date("2025-09-01"), &InterestRules::default()).unwrap();
    assert_eq!(format!("{account:?}"), "Accrual { since: Date(2025-09-01), .. }");
    assert_eq!(cbor::decode(&cbor::encode(&account)), Ok(account));
}

proptest! {
    /// Day by day, one multiplication a day, and rounding in decimal digits.
    #[test]
    fn the_product_method_is_the_sum_over_days(
        steps in proptest::collection::vec((0_i64..200, -500_000_i64..5_000_000), 1..20),
        tail in 0_i64..400,
        days365 in any::<bool>(),
    ) {
        let basis = if days365 { DayBasis::Days365 } else { DayBasis::Days360 };
        let rules = InterestRules { day_basis: basis, ..InterestRules::default() };
        let mut day = date("2018-03-05");
        let mut postings = Vec::new();
        for (gap, fen) in steps {
            day = day.plus_days(gap).unwrap();
            postings.push((day, Fen::new(fen).unwrap()));
        }
        let end = day.plus_days(tail).unwrap();

        let (mut balance, mut product) = (0_i128, 0_i128);
        let fen = |product: i128| {
            let divisor = i128::from(basis.days()) * 1000;
            let scaled = product * 15;
            let (whole, rest) = (scaled.abs() / divisor, scaled.abs() % divisor);
            scaled.signum() * (whole + i128::from(rest * 2 >= divisor))
        };
        let mut today = postings[0].0;
        let mut next = postings.iter().peekable();
        loop {
            if today.month_of_year() == 7 && today.day() == 1 {
                balance += fen(product);
                product = 0;
            }
            while let Some((_, amount)) = next.next_if(|posting| posting.0 == today) {
                balance += i128::from(amount.get());
            }
            if today == end {
                break;
            }
            product += balance;
            today = today.plus_days(1).unwrap();
        }
        let settled = settle(&postings, end, &rules).unwrap();
        prop_assert_eq!(i128::from(settled.principal.get()), balance);
        prop_assert_eq!(i128::from(settled.interest.get()), fen(product));
    }
}
