//! What two imports show side by side, case by case, and that each is told once it is committed.

use super::*;
use crate::account::SerialNumber;
use crate::authority::alert::AlertSubject;
use crate::authority::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::money::Fen;
use crate::record::Freeze;
use crate::testing::people::{LI, ZHANG, account};
use crate::testing::{AUTHORITY, DATONG, Province};
use IncidentRule::{
    BackDated, DepositAfterClosing, FreezeEnded, FreezeTooLate, TransferWithoutLetter,
    WithdrawnInTransfer,
};

const NUMBER: &str = "9923041500021";

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn base() -> StoredAccount {
    account(DATONG, NUMBER, LI, 3)
}

fn with(mut account: StoredAccount, rows: &[(BusinessType, &str)]) -> StoredAccount {
    for (place, (business, posted_on)) in rows.iter().enumerate() {
        account.rows.push(LedgerEntry {
            serial: SerialNumber::parse(&format!("N{place}")).unwrap(),
            posted_on: day(posted_on),
            business: *business,
            pay_month: None,
            amount: Fen::new(100).unwrap(),
            ..account.rows[0].clone()
        });
    }
    account
}

fn in_status(mut account: StoredAccount, status: AccountStatus) -> StoredAccount {
    account.record.account.status = status;
    account.record.account.closed_on = status.is_closed().then(|| day("2026-05-10"));
    account
}

fn frozen(until: Option<&str>) -> StoredAccount {
    let mut account = in_status(base(), AccountStatus::Frozen);
    account.record.notes.freeze = Some(Freeze { paper: None, until: until.map(day) });
    account
}

fn check(
    before: &StoredAccount,
    now: &StoredAccount,
    (kept, is_held): (Option<&StoredAccount>, bool),
    expected: &[IncidentRule],
) {
    let (closed, today) = (day("2026-05-06"), day("2026-05-20"));
    let compared = Compared { before, now, kept, is_held, closed, today };
    assert_eq!(findings(&compared), expected, "{:?}", now.rows.last());
}

#[test]
fn rows_before_the_export_before_are_back_dated_and_later_ones_are_not() {
    let before = base();
    let free = (None, false);
    check(&before, &before, free, &[]);
    check(&before, &with(base(), &[(BusinessType::Deposit, "2026-05-06")]), free, &[]);
    check(&before, &with(base(), &[(BusinessType::Deposit, "2026-05-15")]), free, &[]);
    check(&before, &with(base(), &[(BusinessType::Deposit, "2026-05-05")]), free, &[BackDated]);
    // An export that begins later shows nothing of the kind; a row that was changed does.
    let mut later = base();
    later.rows.remove(0);
    check(&before, &later, free, &[]);
    let mut edited = base();
    edited.rows[1].amount = Fen::new(1).unwrap();
    check(&before, &edited, free, &[BackDated]);
}

#[test]
fn a_freeze_that_ends_before_its_day_is_found_and_one_that_ran_out_is_not() {
    let sealed = in_status(base(), AccountStatus::Sealed);
    let free = (None, false);
    check(&frozen(None), &sealed, free, &[FreezeEnded]);
    check(&frozen(Some("2026-05-20")), &sealed, free, &[FreezeEnded]);
    check(&frozen(Some("2026-05-19")), &sealed, free, &[]);
    check(&sealed, &frozen(None), free, &[]);
    let gone = in_status(base(), AccountStatus::TransferredOut);
    check(&sealed, &frozen(None), (Some(&gone), false), &[FreezeTooLate]);
    check(&frozen(None), &frozen(Some("2027-01-01")), (Some(&gone), false), &[]);
}

#[test]
fn business_on_an_account_that_is_locked_or_gone_is_found() {
    let before = base();
    let gone = in_status(base(), AccountStatus::TransferredOut);
    let drawn = with(base(), &[(BusinessType::PartialWithdrawal, "2026-05-15")]);
    check(&before, &drawn, (None, false), &[]);
    check(&before, &drawn, (Some(&before), true), &[WithdrawnInTransfer]);
    check(&before, &drawn, (Some(&gone), false), &[WithdrawnInTransfer]);
    // The account of a transfer in is kept, too, and is free.
    check(&before, &drawn, (Some(&before), false), &[]);
    let paid = with(base(), &[(BusinessType::Deposit, "2026-05-15")]);
    check(&before, &paid, (Some(&gone), false), &[DepositAfterClosing]);
    let closed = in_status(paid, AccountStatus::Withdrawn);
    check(&before, &closed, (None, false), &[DepositAfterClosing]);
    let in_time = with(base(), &[(BusinessType::Deposit, "2026-05-10")]);
    check(&before, &in_status(in_time, AccountStatus::Withdrawn), (None, false), &[]);
    let moved = with(base(), &[(BusinessType::TransferOut, "2026-05-15")]);
    check(&before, &moved, (None, false), &[TransferWithoutLetter]);
    check(&before, &moved, (Some(&gone), false), &[]);
}

fn alerts(province: &mut Province) -> Vec<(AlertRule, Vec<CenterCode>, Option<u32>)> {
    let command = Command::Alerts(AlertCommand::List(AlertFilter::all(99)));
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *province.command(AUTHORITY, command).unwrap()
    else {
        panic!("another reply")
    };
    let of_imports = alerts.into_iter().filter(|alert| {
        matches!(alert.subject, AlertSubject::Account(_)) || alert.rule == AlertRule::BackDated
    });
    of_imports.map(|alert| (alert.rule, alert.centers, alert.count)).collect()
}

fn item(account: StoredAccount) -> ImportItem {
    ImportItem::Account(Box::new(account))
}

#[test]
fn a_committed_import_tells_once_and_a_dropped_one_nothing() {
    let mut province = Province::new();
    province.import(DATONG, vec![item(frozen(None))]).unwrap();
    assert_eq!(alerts(&mut province), [], "the first import has nothing to be held against");
    province.now = province.now.plus_ms(crate::time::DAY_MS);
    let released = || vec![item(in_status(base(), AccountStatus::Sealed))];
    let order = province.import_order(&released());
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(released())).unwrap();
    province.command(DATONG, Command::ImportAbort).unwrap();
    province.advance(3_000);
    assert_eq!(alerts(&mut province), []);
    province.import(DATONG, released()).unwrap();
    province.advance(3_000);
    let told = (AlertRule::FreezeEnded, vec![DATONG], None);
    assert_eq!(alerts(&mut province), std::slice::from_ref(&told));
    province.restart(DATONG);
    province.import(DATONG, released()).unwrap();
    province.advance(3_000);
    assert_eq!(alerts(&mut province), [told]);
}

#[test]
fn back_dated_rows_are_told_as_a_count_from_five_accounts_on() {
    for (accounts, count) in [(4_u32, None), (5, Some(5))] {
        let mut province = Province::new();
        let number = |place: u32| format!("99230415000{place:02}");
        let plain = |place| account(DATONG, &number(place), ZHANG, 3);
        let all = |edit: fn(StoredAccount) -> StoredAccount| {
            (0..accounts).map(|place| item(edit(plain(place)))).collect::<Vec<_>>()
        };
        province.import(DATONG, all(|account| account)).unwrap();
        let late = |account| with(account, &[(BusinessType::Deposit, "2026-05-05")]);
        province.import(DATONG, all(late)).unwrap();
        province.advance(3_000);
        assert_eq!(alerts(&mut province), [(AlertRule::BackDated, vec![DATONG], count)]);
    }
}

#[test]
fn back_dated_rows_of_a_dropped_import_are_not_counted_with_those_of_the_next() {
    let mut province = Province::new();
    let number = |place: u32| format!("99230415000{place:02}");
    let all = |late: u32| {
        let plain = |place| account(DATONG, &number(place), ZHANG, 3);
        let edit = |place| {
            let rows = [(BusinessType::Deposit, "2026-05-05")];
            item(if place < late { with(plain(place), &rows) } else { plain(place) })
        };
        (0..9).map(edit).collect::<Vec<_>>()
    };
    province.import(DATONG, all(0)).unwrap();
    let order = province.import_order(&all(9));
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(all(9))).unwrap();
    province.command(DATONG, Command::ImportAbort).unwrap();
    province.advance(3_000);
    assert_eq!(alerts(&mut province), []);
    province.import(DATONG, all(5)).unwrap();
    province.advance(3_000);
    assert_eq!(alerts(&mut province), [(AlertRule::BackDated, vec![DATONG], Some(5))]);
}
