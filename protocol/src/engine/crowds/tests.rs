//! What crowds promise: five persons behind one card, a fifth of a unit's staff; fewer are nobody's
//! affair.

use super::*;
use crate::authority::alert_rule::AlertRule;
use crate::bank_account::CardNumber;
use crate::employer::{EmployerName, EmployerNumber};
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::rate::Rate;
use crate::record::Employment;
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account};
use crate::testing::{AUTHORITY, DATONG, Province};

const CHEN: (&str, &str) = ("陈𤧛", "140199198711040047");
const PERSONS: [(&str, &str); 5] = [LI, ZHANG, ZHOU, WANG, CHEN];
const CARD: &str = "9990010000000001231";

fn number(place: usize) -> String {
    format!("99230415000{place:02}")
}

fn with_card(place: usize, whose: (&str, &str)) -> ImportItem {
    let mut account = account(DATONG, &number(place), whose, 1);
    account.record.account.card = CardNumber::parse(CARD).ok();
    ImportItem::Account(Box::new(account))
}

fn of_unit(place: usize, unit: &str) -> ImportItem {
    let mut account = account(DATONG, &number(place), LI, 1);
    account.record.employment = Some(Employment {
        employer: EmployerNumber::parse(unit).unwrap(),
        name: EmployerName::parse("大同示例机械有限公司").unwrap(),
        unit_rate: Rate::parse("0.12").unwrap(),
        person_rate: Rate::parse("0.12").unwrap(),
    });
    ImportItem::Account(Box::new(account))
}

fn told(province: &mut Province, rule: AlertRule) -> Vec<(u32, usize, Option<u32>)> {
    province.advance(3_000);
    let filter = AlertFilter { rule: Some(rule), ..AlertFilter::all(9) };
    let command = Command::Alerts(AlertCommand::List(filter));
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *province.command(AUTHORITY, command).unwrap()
    else {
        panic!("another reply")
    };
    alerts.iter().map(|alert| (alert.times, alert.evidence.len(), alert.count)).collect()
}

/// How many incidents of a rule the authority was told of.
fn matters(province: &mut Province, rule: AlertRule) -> usize {
    told(province, rule).iter().map(|(_, evidence, _)| evidence).sum()
}

#[test]
fn a_card_of_five_persons_is_told_once_and_one_of_four_is_not() {
    let mut province = Province::new();
    let of = |persons: &[(&str, &str)]| {
        let items = persons.iter().enumerate();
        items.map(|(place, whose)| with_card(place, *whose)).collect::<Vec<_>>()
    };
    let mut four = of(&PERSONS[..4]);
    four.push(with_card(9, LI));
    province.import(DATONG, four).unwrap();
    assert_eq!(told(&mut province, AlertRule::SharedCard), [], "one of them has two accounts");
    province.import(DATONG, of(&PERSONS)).unwrap();
    assert_eq!(told(&mut province, AlertRule::SharedCard), [(1, 1, None)]);
    province.import(DATONG, of(&PERSONS)).unwrap();
    assert_eq!(told(&mut province, AlertRule::SharedCard), [(1, 1, None)], "the same card");
}

#[test]
fn two_cards_are_one_alert_in_whatever_order_an_export_lists_them() {
    const OTHER: &str = "9990010000000004565";
    let mut province = Province::new();
    let with = |from: usize, card: &str| {
        let of = |(place, whose): (usize, &(&str, &str))| {
            let mut account = account(DATONG, &number(from + place), *whose, 1);
            account.record.account.card = CardNumber::parse(card).ok();
            ImportItem::Account(Box::new(account))
        };
        PERSONS.iter().enumerate().map(of).collect::<Vec<_>>()
    };
    let (one, other) = (with(0, CARD), with(10, OTHER));
    province.import(DATONG, [one.clone(), other.clone()].concat()).unwrap();
    assert_eq!(matters(&mut province, AlertRule::SharedCard), 1);
    province.import(DATONG, [other, one.clone()].concat()).unwrap();
    assert_eq!(matters(&mut province, AlertRule::SharedCard), 1, "the same two cards");
    province.import(DATONG, one).unwrap();
    assert_eq!(matters(&mut province, AlertRule::SharedCard), 2, "one of them is another matter");
}

#[test]
fn each_unit_and_each_month_is_a_matter_of_its_own() {
    let mut province = Province::new();
    let units = ["0200000001", "0200000002"];
    let items: Vec<ImportItem> = (0..12).map(|place| of_unit(place, units[place % 2])).collect();
    province.import(DATONG, items).unwrap();
    let leave = |province: &mut Province, place| {
        let account = AccountNumber::parse(&number(place)).unwrap();
        province.act(DATONG, |round| note_letter(round, &account)).unwrap();
    };
    let times = |province: &mut Province| matters(province, AlertRule::UnitLeaves);
    (0..10).step_by(2).for_each(|place| leave(&mut province, place));
    assert_eq!(times(&mut province), 1);
    (1..10).step_by(2).for_each(|place| leave(&mut province, place));
    assert_eq!(times(&mut province), 2, "the other unit");
    leave(&mut province, 10);
    assert_eq!(times(&mut province), 2, "one more of the same unit and month");
    province.now = province.now.plus_ms(31 * crate::time::DAY_MS);
    (0..10).step_by(2).for_each(|place| leave(&mut province, place));
    assert_eq!(times(&mut province), 3, "another month");
}

#[test]
fn a_unit_that_a_fifth_of_its_staff_leaves_in_a_month_is_told() {
    for (staff, letters, expected) in
        [(24, 5, vec![(1, 1, Some(5))]), (25, 5, vec![]), (8, 4, vec![])]
    {
        let mut province = Province::new();
        let mut items: Vec<ImportItem> =
            (0..staff).map(|place| of_unit(place, "0200000001")).collect();
        items.push(of_unit(90, "0200000002"));
        province.import(DATONG, items).unwrap();
        for place in 0..letters {
            let account = AccountNumber::parse(&number(place)).unwrap();
            province.act(DATONG, |round| note_letter(round, &account)).unwrap();
        }
        assert_eq!(told(&mut province, AlertRule::UnitLeaves), expected, "{letters} of {staff}");
    }
}

#[test]
fn a_card_in_an_import_that_is_not_committed_is_told_to_nobody() {
    let mut province = Province::new();
    let items: Vec<_> =
        PERSONS.iter().enumerate().map(|(place, whose)| with_card(place, *whose)).collect();
    let order = province.import_order(&items);
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(items)).unwrap();
    assert_eq!(told(&mut province, AlertRule::SharedCard), []);
    // What is staged is what a check of the store knows.
    province.assert_stores_are_sound();
    province.command(DATONG, Command::ImportCommit).unwrap();
    assert_eq!(told(&mut province, AlertRule::SharedCard).len(), 1);
}
