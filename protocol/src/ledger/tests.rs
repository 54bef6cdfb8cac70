//! What the ledger promises of money.

use proptest::prelude::*;

use super::posting::{Side, postings};
use super::settling::{SettleOrder, Settled, credit, hold, move_cash, release, settle, undo};
use super::*;
use crate::interest::InterestRules;
use crate::plain_text::PlainText;
use crate::settlement::{BankReference, Direction};
use crate::store::Staged;
use crate::store::memory::MemoryStore;

const TRANSFER: TransferId = TransferId::new([1; 32]);

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn number() -> AccountNumber {
    AccountNumber::parse("9923041500021").unwrap()
}

fn reference(text: &str) -> BankReference {
    BankReference(PlainText::parse(text).unwrap())
}

fn order(byte: u8) -> OrderId {
    OrderId::new([byte; 32])
}

/// Deposits on the 15th of each month, as an account's rows of the current interest year.
fn account(first: &str, months: i32, deposit: &str, as_of: &str, rules: &InterestRules) -> Accrual {
    let first = date(first);
    let mut accrual = Accrual::open(first);
    for month in 0..months {
        let on = first.plus_months(month).unwrap();
        accrual.post(on, yuan(deposit), rules).unwrap();
    }
    accrual.advance(date(as_of), rules).unwrap();
    accrual
}

fn settle_on(view: &mut dyn View, order: OrderId, day: &str) -> Result<Settled, LedgerError> {
    let rules = InterestRules::default();
    let account = number();
    let what = SettleOrder {
        transfer: TRANSFER,
        order,
        account: &account,
        value_date: date(day),
        cap: Fen::MAX,
    };
    settle(view, &rules, what)
}

fn with_account(accrual: Accrual, test: impl FnOnce(&mut dyn View)) {
    let store = MemoryStore::default();
    let mut view = Staged::new(&store);
    follow_import(&mut view, date("2026-05-06"), accrual.balance()).unwrap();
    take_over(&mut view, &number(), accrual);
    test(&mut view);
    assert_eq!(trial_balance(&view).unwrap().sum(), 0);
}

#[test]
fn story_one_settles_to_the_fen_and_leaves_with_the_debit() {
    let rules = InterestRules::default();
    let accrual = account("2023-04-15", 36, "1200.00", "2026-05-06", &rules);
    with_account(accrual, |view| {
        assert_eq!(settle_on(view, order(1), "2026-05-20"), Err(LedgerError::NotHeld));
        hold(view, &number(), TRANSFER).unwrap();
        let settled = settle_on(view, order(1), "2026-05-20").unwrap();
        assert_eq!(settled.settlement.principal, yuan("43758.38"));
        assert_eq!(settled.settlement.interest, yuan("527.46"));
        assert_eq!(suspense(view, Side::SuspenseOut, TRANSFER).unwrap(), yuan("44285.84"));
        assert_eq!(balance(view, &number()).unwrap(), Some(Fen::ZERO));
        let paid = (Direction::Debit, yuan("44285.84"), date("2026-05-20"));
        move_cash(view, Side::SuspenseOut, (TRANSFER, reference("1")), paid).unwrap();
        assert_eq!(suspense(view, Side::SuspenseOut, TRANSFER).unwrap(), Fen::ZERO);
        // A bank that moves more has done so: it stands there until it is back.
        let more = (Direction::Debit, yuan("10.00"), date("2026-05-20"));
        move_cash(view, Side::SuspenseOut, (TRANSFER, reference("2")), more).unwrap();
        assert_eq!(suspense(view, Side::SuspenseOut, TRANSFER).unwrap(), yuan("-10.00"));
        let back = (Direction::Credit, yuan("10.00"), date("2026-05-21"));
        move_cash(view, Side::SuspenseOut, (TRANSFER, reference("3")), back).unwrap();
        release(view, &number(), TRANSFER).unwrap();
        let totals = trial_balance(view).unwrap();
        assert_eq!((totals.persons, totals.suspense_out), (0, 0));
        assert_eq!(totals.interest, -52_746);
    });
}

#[test]
fn an_undone_settlement_is_as_if_it_had_never_been() {
    let rules = InterestRules::default();
    // Story 9: settled for 29 June, paid on 2 July.
    let accrual = account("2020-03-15", 74, "2010.00", "2026-06-22", &rules);
    with_account(accrual, |view| {
        hold(view, &number(), TRANSFER).unwrap();
        let first = settle_on(view, order(1), "2026-06-29").unwrap().settlement;
        assert_eq!((first.principal, first.interest), (yuan("154069.27"), yuan("2203.25")));
        undo(view, TRANSFER, order(1), date("2026-07-01")).unwrap();
        assert_eq!(balance(view, &number()).unwrap(), Some(yuan("154069.27")));
        assert_eq!(
            undo(view, TRANSFER, order(1), date("2026-07-01")),
            Err(LedgerError::NoSettlement),
            "undone once"
        );
        let second = settle_on(view, order(2), "2026-07-02").unwrap();
        assert_eq!(second.settlement.total(), Some(yuan("156291.87")));
        assert_eq!(second.settlement.principal, yuan("156285.36"));
        assert_eq!(second.capitalised.len(), 1);
    });
}

#[test]
fn money_that_came_back_is_settled_again_with_its_days() {
    let rules = InterestRules::default();
    // Story 8: paid on 3 July, returned on the 6th, paid again on the 8th.
    let accrual = account("2024-10-15", 21, "880.00", "2026-07-01", &rules);
    with_account(accrual, |view| {
        hold(view, &number(), TRANSFER).unwrap();
        let first = settle_on(view, order(1), "2026-07-03").unwrap().settlement;
        assert_eq!((first.principal, first.interest), (yuan("18726.98"), yuan("1.56")));
        let amount = first.total().unwrap();
        let out = (Direction::Debit, amount, date("2026-07-03"));
        move_cash(view, Side::SuspenseOut, (TRANSFER, reference("1")), out).unwrap();
        assert_eq!(
            undo(view, TRANSFER, order(1), date("2026-07-06")),
            Err(LedgerError::Suspense),
            "not before the money is back"
        );
        let back = (Direction::Credit, amount, date("2026-07-06"));
        move_cash(view, Side::SuspenseOut, (TRANSFER, reference("2")), back).unwrap();
        undo(view, TRANSFER, order(1), date("2026-07-06")).unwrap();
        let second = settle_on(view, order(2), "2026-07-08").unwrap().settlement;
        assert_eq!((second.principal, second.interest), (yuan("18726.98"), yuan("5.46")));
        assert_eq!(postings(view, 0, 99).unwrap().len(), 6, "import, 07, out, back, reversal, 07");
    });
}

#[test]
fn a_credit_takes_from_suspense_what_the_bank_brought() {
    let rules = InterestRules::default();
    with_account(Accrual::with_balance(date("2026-05-15"), yuan("1200.00")), |view| {
        let to = (&number(), yuan("44285.84"), date("2026-05-21"));
        let cause = (TRANSFER, order(1));
        assert_eq!(credit(view, &rules, cause, to), Err(LedgerError::Suspense));
        let arrived = (Direction::Credit, yuan("44285.84"), date("2026-05-21"));
        move_cash(view, Side::SuspenseIn, (TRANSFER, reference("1")), arrived).unwrap();
        credit(view, &rules, cause, to).unwrap();
        assert_eq!(balance(view, &number()).unwrap(), Some(yuan("45485.84")));
        assert_eq!(credit(view, &rules, cause, to), Err(LedgerError::Suspense));
    });
}

#[test]
fn a_second_transfer_cannot_hold_a_held_account() {
    let accrual = Accrual::with_balance(date("2026-05-06"), yuan("100.00"));
    with_account(accrual, |view| {
        hold(view, &number(), TRANSFER).unwrap();
        let second = TransferId::new([2; 32]);
        assert_eq!(hold(view, &number(), second), Err(LedgerError::Held));
        assert_eq!(release(view, &number(), second), Err(LedgerError::NotHeld));
        follow_import(view, date("2026-05-07"), yuan("105.00")).unwrap();
        follow_import(view, date("2026-05-07"), yuan("105.00")).unwrap();
        assert_eq!(trial_balance(view).unwrap().cash, -10_500);
        assert_eq!(postings(view, 0, 9).unwrap().len(), 2, "the same import posts nothing");
    });
}

#[test]
fn rows_that_do_not_fit_the_balance_are_refused() {
    let rows = [(date("2026-01-15"), yuan("100.01"))];
    let found = accrual_of(yuan("100.00"), &rows, date("2026-05-06"), &InterestRules::default());
    assert_eq!(found, Err(LedgerError::Rows));
}

proptest! {
    #[test]
    fn rows_of_the_year_give_the_accrual_of_the_whole_life(
        months in 1_i32..40, deposit in 1_i64..500_000, days in 0_i64..60,
    ) {
        let rules = InterestRules::default();
        let first = date("2023-04-15");
        let deposit = Fen::new(deposit).unwrap();
        let mut whole = Accrual::open(first);
        let mut rows = Vec::new();
        for month in 0..months {
            let on = first.plus_months(month).unwrap();
            whole.post(on, deposit, &rules).unwrap();
            rows.push((on, deposit));
        }
        let as_of = whole.since().plus_days(days).unwrap();
        whole.advance(as_of, &rules).unwrap();
        let mut known = accrual_of(whole.balance(), &rows, as_of, &rules).unwrap();
        known.advance(as_of, &rules).unwrap();
        prop_assert_eq!(known.settlement(&rules), whole.settlement(&rules));
    }
}
