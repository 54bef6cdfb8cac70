//! What the bank does with an order, one story a test.

use fundlink_node::settlement::bank_api::OrderKind;
use fundlink_protocol::letter_number::LetterNumber;
use proptest::prelude::*;

use super::*;
use crate::bank::behaviour::Yuan;

const PAYEE_NAME: &str = "太原市住房公积金管理中心";

fn account(text: &str) -> CorporateAccount {
    CorporateAccount::parse(text).unwrap()
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

fn letter() -> LetterNumber {
    LetterNumber::parse("1401002605060001").unwrap()
}

fn name(text: &str) -> OrderName {
    OrderName::parse(text).unwrap()
}

/// Noon of story 1's settlement day, and so many milliseconds.
fn at(ms: i64) -> Timestamp {
    Timestamp::start_of(Date::parse("2026-05-20").unwrap()).plus_ms(43_200_000 + ms)
}

fn order(amount: &str) -> Order {
    Order {
        from: account("1402-0001"),
        to: account("1401-0001"),
        to_name: PAYEE_NAME.into(),
        amount: yuan(amount),
        kind: OrderKind::Whole,
        letter: letter(),
        execute_on: Date::parse("2026-05-20").unwrap(),
    }
}

fn bank() -> Bank {
    let mut bank = Bank::new(Behaviour { credit_after_ms: 1_000, ..Behaviour::default() });
    bank.open(account("1402-0001"), "大同市住房公积金管理中心".into(), yuan("100000.00"));
    bank.open(account("1401-0001"), PAYEE_NAME.into(), yuan("0.00"));
    bank
}

fn state(answer: Result<Answer, BankRefusal>) -> OrderState {
    match answer.unwrap() {
        Answer::Report(report) => report.state,
        Answer::Lost => panic!("the answer was lost"),
    }
}

fn lines(bank: &mut Bank, now: Timestamp, number: &str) -> Vec<(Direction, String)> {
    let page = bank.notices(now, &account(number), 0, 100).unwrap();
    assert!(page.notices.iter().all(|notice| notice.letter() == Some(letter())));
    page.notices.iter().map(|notice| (notice.direction, notice.amount.to_string())).collect()
}

fn failed(reason: FailureReason) -> OrderState {
    OrderState::Failed { reason }
}

#[test]
fn an_order_debits_the_payer_and_then_credits_the_payee() {
    let mut bank = bank();
    let before = bank.totals().sum_fen();
    let state = state(bank.place(at(0), &name("a-1"), &order("44285.84")));
    let OrderState::Executed { on, reference } = state else { panic!("{state:?}") };
    assert_eq!(on.to_string(), "2026-05-20");
    let debit = bank.notices(at(0), &account("1402-0001"), 0, 10).unwrap();
    assert_eq!(debit.notices[0].reference, reference);
    assert_eq!(debit.notices[0].order, Some(name("a-1")));
    assert_eq!(lines(&mut bank, at(999), "1401-0001"), []);
    assert_eq!(bank.totals().on_the_way_fen, 4_428_584);
    let credit = [(Direction::Credit, "44285.84".to_owned())];
    assert_eq!(lines(&mut bank, at(1_000), "1401-0001"), credit);
    assert_eq!(bank.totals().sum_fen(), before);
    let left = bank.account(at(1_000), &account("1402-0001")).unwrap();
    assert_eq!(left.balance, yuan("55714.16"));
}

#[test]
fn an_order_id_is_applied_once() {
    let mut bank = bank();
    let first = bank.place(at(0), &name("a-1"), &order("1.00"));
    assert_eq!(bank.place(at(5_000), &name("a-1"), &order("1.00")), first);
    let other = bank.place(at(5_000), &name("a-1"), &order("2.00"));
    assert_eq!(other, Err(BankRefusal::OtherContent));
    assert_eq!(lines(&mut bank, at(9_000), "1402-0001").len(), 1);
    assert_eq!(bank.ask(at(0), &name("b-1")), Err(BankRefusal::UnknownOrder));
}

#[test]
fn refusals_move_no_money() {
    let mut bank = bank();
    let unknown = Order { to: account("1401-0002"), ..order("1.00") };
    let renamed = Order { to_name: "太原".into(), ..order("1.00") };
    for (id, order, reason) in [
        ("a", unknown, FailureReason::UnknownAccount),
        ("b", renamed, FailureReason::NameDiffers),
        ("c", order("100000.01"), FailureReason::NotEnoughMoney),
    ] {
        assert_eq!(state(bank.place(at(0), &name(id), &order)), failed(reason));
    }
    let limit = Behaviour { fail: Some(FailureReason::Limit), ..Behaviour::default() };
    bank.add_rule(Rule::for_letter(letter(), limit));
    let refused = bank.place(at(0), &name("d"), &order("1.00"));
    assert_eq!(state(refused), failed(FailureReason::Limit));
    assert_eq!(lines(&mut bank, at(9_000), "1402-0001"), []);
    assert!(bank.place(at(0), &name("e"), &order("0.00")).is_err());
}

#[test]
fn an_order_waits_for_its_day_can_be_recalled_and_is_never_late() {
    let mut bank = bank();
    let tomorrow = Date::parse("2026-05-21").unwrap();
    let waiting = Order { execute_on: tomorrow, ..order("1.00") };
    assert_eq!(state(bank.place(at(0), &name("a"), &waiting)), OrderState::Accepted);
    assert_eq!(state(bank.place(at(0), &name("b"), &waiting)), OrderState::Accepted);
    assert_eq!(state(bank.recall(at(1), &name("b"))), OrderState::Recalled);
    let midnight = Timestamp::start_of(tomorrow);
    assert!(matches!(state(bank.ask(midnight, &name("a"))), OrderState::Executed { .. }));
    assert_eq!(state(bank.ask(midnight, &name("b"))), OrderState::Recalled);
    assert!(matches!(state(bank.recall(midnight, &name("a"))), OrderState::Executed { .. }));
    let late = bank.place(midnight, &name("c"), &order("1.00"));
    assert_eq!(state(late), failed(FailureReason::TooLate));
}

#[test]
fn money_comes_back_when_the_receiving_bank_cannot_book_it() {
    let mut bank = bank();
    let returned = Behaviour { return_after_ms: Some(5_000), ..Behaviour::default() };
    bank.add_rule(Rule::for_next(1, returned));
    let wrong = Order { to: account("1401-0010"), ..order("10.00") };
    let placed = state(bank.place(at(0), &name("a"), &wrong));
    assert!(matches!(placed, OrderState::Executed { .. }));
    assert_eq!(lines(&mut bank, at(4_999), "1402-0001").len(), 1);
    let page = bank.notices(at(5_000), &account("1402-0001"), 1, 10).unwrap();
    let [back] = page.notices.as_slice() else { panic!("one line") };
    assert_eq!((back.kind, back.direction), (LineKind::BankReturn, Direction::Credit));
    assert_eq!(back.order, Some(name("a")));
    assert_eq!(page.next, 2);
    let balance = bank.account(at(5_000), &account("1402-0001")).unwrap().balance;
    assert_eq!(balance, yuan("100000.00"));
}

#[test]
fn a_credit_can_come_in_parts_or_short_with_the_rest_later() {
    let mut bank = bank();
    let before = bank.totals().sum_fen();
    let split = vec![Yuan(yuan("43758.38"))];
    bank.add_rule(Rule::for_next(1, Behaviour { split, ..Behaviour::default() }));
    bank.place(at(0), &name("a"), &order("44285.84")).unwrap();
    let credit = |amount: &str| (Direction::Credit, amount.to_owned());
    assert_eq!(lines(&mut bank, at(0), "1401-0001"), [credit("43758.38"), credit("527.46")]);

    let short = Behaviour {
        credit: Some(Yuan(yuan("7.00"))),
        rest_after_ms: Some(2_000),
        ..Behaviour::default()
    };
    bank.add_rule(Rule::for_next(1, short));
    bank.place(at(10), &name("b"), &order("10.00")).unwrap();
    assert_eq!(lines(&mut bank, at(10), "1401-0001").last(), Some(&credit("7.00")));
    assert_eq!(bank.totals().sum_fen(), before);
    assert_eq!(lines(&mut bank, at(2_010), "1401-0001").last(), Some(&credit("3.00")));

    let too_much = Behaviour { credit: Some(Yuan(yuan("11.00"))), ..Behaviour::default() };
    bank.add_rule(Rule::for_next(1, too_much));
    bank.place(at(3_000), &name("c"), &order("10.00")).unwrap();
    assert_eq!(lines(&mut bank, at(3_000), "1401-0001").last(), Some(&credit("11.00")));
    assert_eq!((bank.totals().suspense_fen, bank.totals().sum_fen()), (-100, before));
}

#[test]
fn what_the_bank_does_not_know_or_does_not_answer_still_happens_once() {
    let mut bank = bank();
    let unknown = Behaviour { unknown_for_ms: Some(3_000), ..Behaviour::default() };
    bank.add_rule(Rule::for_next(1, unknown));
    assert_eq!(state(bank.place(at(0), &name("a"), &order("1.00"))), OrderState::Unknown);
    assert_eq!(state(bank.ask(at(2_999), &name("a"))), OrderState::Unknown);
    assert!(matches!(state(bank.ask(at(3_000), &name("a"))), OrderState::Executed { .. }));

    bank.add_rule(Rule::for_next(1, Behaviour { lose_answers: 2, ..Behaviour::default() }));
    assert_eq!(bank.place(at(0), &name("b"), &order("1.00")), Ok(Answer::Lost));
    assert_eq!(bank.place(at(1), &name("b"), &order("1.00")), Ok(Answer::Lost));
    assert!(matches!(state(bank.ask(at(2), &name("b"))), OrderState::Executed { .. }));
    assert_eq!(lines(&mut bank, at(9_000), "1402-0001").len(), 2);
}

#[test]
fn notices_are_given_page_by_page_and_none_is_skipped() {
    let mut bank = bank();
    for n in 0..5 {
        bank.place(at(n), &name(&format!("o-{n}")), &order("1.00")).unwrap();
    }
    let payer = account("1402-0001");
    let (mut cursor, mut seen) = (0, Vec::new());
    loop {
        let page = bank.notices(at(9_000), &payer, cursor, 2).unwrap();
        if page.notices.is_empty() {
            assert_eq!(page.next, cursor);
            break;
        }
        seen.extend(page.notices.into_iter().map(|notice| notice.reference));
        cursor = page.next;
    }
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len(), cursor), (5, 5, 5));
    assert_eq!(bank.notices(at(9_000), &payer, 6, 2), Err(BankRefusal::Malformed));
}

proptest! {
    #[test]
    fn money_is_neither_made_nor_lost(
        orders in proptest::collection::vec(
            (1_i64..3_000_000, 0_i64..5_000, 0_u8..6, proptest::option::of(1_i64..3_000_000)),
            1..20,
        ),
    ) {
        let mut bank = bank();
        let before = bank.totals().sum_fen();
        let fen = |fen: i64| Fen::new(fen).unwrap();
        for (n, (amount, ms, kind, other)) in orders.into_iter().enumerate() {
            let mut behaviour = Behaviour { execute_after_ms: ms, ..Behaviour::default() };
            match kind {
                0 => behaviour.return_after_ms = Some(ms),
                1 => behaviour.credit = other.map(|other| Yuan(fen(other))),
                2 => behaviour.split = other.map(|other| Yuan(fen(other))).into_iter().collect(),
                3 => behaviour.rest_after_ms = Some(ms),
                4 => behaviour.fail = Some(FailureReason::Limit),
                _ => behaviour.credit_after_ms = ms,
            }
            if kind == 3 {
                behaviour.credit = other.map(|other| Yuan(fen(other.min(amount))));
            }
            bank.add_rule(Rule::for_next(1, behaviour));
            let order = Order { amount: fen(amount), ..order("1.00") };
            bank.place(at(0), &name(&format!("o-{n}")), &order).unwrap();
            prop_assert_eq!(bank.totals_at(at(ms)).sum_fen(), before);
        }
        let end = bank.totals_at(at(100_000));
        prop_assert_eq!((end.sum_fen(), end.on_the_way_fen), (before, 0));
    }
}
