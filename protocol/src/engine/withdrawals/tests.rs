//! A withdrawal for a property comes from the desk or with an export, is published once, answered, and
//! seen when it comes twice.

use super::*;
use crate::authority::alert::AlertState;
use crate::authority::alert_rule::AlertRule;
use crate::dossier::{Dossier, LeafOf, RowState, Wish};
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::{ImportItem, ImportOrder};
use crate::engine::output::CommandRefusal;
use crate::id::FileHash;
use crate::mode::Mode;
use crate::money::Fen;
use crate::purpose::{Purpose, QueryKind};
use crate::statement::query::Consent;
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account, person, totals, withdrawal};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

const HOME: &str = "晋(2024)太原市不动产权第0012345号";
const OTHER_HOME: &str = "晋(2024)太原市不动产权第0012346号";

fn clerk() -> OperatorId {
    OperatorId::parse("clerk").unwrap()
}

fn province() -> Province {
    let mut province = Province::new();
    for (center, whose) in [(TAIYUAN, LI), (DATONG, ZHANG), (LINFEN, ZHOU)] {
        province.set_modes(center, Mode::Answer);
        let own = account(center, "0100000000001", whose, 36);
        province.import(center, vec![ImportItem::Account(Box::new(own))]).unwrap();
    }
    province
}

fn record(
    province: &mut Province,
    at: CenterCode,
    withdrawals: Vec<PropertyWithdrawal>,
) -> Result<Vec<Recorded>, CommandRefusal> {
    let command = WithdrawalCommand::Record { operator: clerk(), withdrawals };
    let reply = province.command(at, Command::Withdrawal(command))?;
    let Reply::Withdrawals(WithdrawalReply::Recorded(recorded)) = *reply else {
        panic!("another reply");
    };
    Ok(recorded)
}

fn desk(
    province: &mut Province,
    at: CenterCode,
    withdrawal: PropertyWithdrawal,
) -> Result<Recorded, CommandRefusal> {
    record(province, at, vec![withdrawal]).map(|mut all| all.pop().unwrap())
}

fn published(view: &dyn View, serial: &SerialNumber) -> publishing::Published {
    publishing::published(view, RecordKind::Withdrawal, serial.as_str()).unwrap().unwrap()
}

/// An export with the account of its center, and these withdrawals.
fn export(
    province: &mut Province,
    at: CenterCode,
    withdrawals: &[BookedWithdrawal],
) -> Result<(), CommandRefusal> {
    let own = account(at, "0100000000001", if at == TAIYUAN { LI } else { ZHOU }, 36);
    let mut items = vec![ImportItem::Account(Box::new(own))];
    let booked = withdrawals.iter().cloned().map(Box::new).map(ImportItem::Withdrawal);
    items.extend(booked);
    let mut expected = totals(&items);
    expected.withdrawals.get_or_insert(0);
    let order = ImportOrder {
        operator: clerk(),
        as_of: province.now,
        files: FileHash::new([1; 32]),
        expected,
    };
    province.command(at, Command::ImportBegin(Box::new(order)))?;
    let loaded = province.command(at, Command::ImportRecords(items));
    let done = loaded.and_then(|_| province.command(at, Command::ImportCommit));
    if done.is_err() {
        province.command(at, Command::ImportAbort)?;
    }
    province.advance(10_000);
    done.map(|_| ())
}

fn undo(province: &mut Province, at: CenterCode, serial: &str, on: Date) -> Option<Refusal> {
    let serial = SerialNumber::parse(serial).unwrap();
    let command = WithdrawalCommand::Reverse { operator: clerk(), serial, on, remark: None };
    province.command(at, Command::Withdrawal(command)).err().map(|refused| refused.refusal)
}

fn twice(province: &mut Province) -> Vec<(AlertState, Vec<CenterCode>)> {
    let command = AlertCommand::List(AlertFilter::all(9));
    let Reply::Alerts(AlertReply::Alerts(alerts)) =
        *province.command(AUTHORITY, Command::Alerts(command)).unwrap()
    else {
        panic!("another reply");
    };
    let of_rule = alerts.into_iter().filter(|alert| alert.rule == AlertRule::PropertyPaidTwice);
    of_rule.map(|alert| (alert.state, alert.centers)).collect()
}

#[test]
fn a_serial_names_one_withdrawal_for_good() {
    let mut province = province();
    let first = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    assert!(desk(&mut province, TAIYUAN, first.clone()).unwrap().is_new);
    let leaves = |province: &mut Province| {
        crate::testing::logs::held(province, TAIYUAN, LogId::public(TAIYUAN, 1)).size
    };
    let size = leaves(&mut province);
    province.restart(TAIYUAN);
    assert!(!desk(&mut province, TAIYUAN, first.clone()).unwrap().is_new);
    assert_eq!(leaves(&mut province), size, "the same again adds no leaf");
    let other = PropertyWithdrawal { amount: Fen::parse("1.00").unwrap(), ..first };
    assert_eq!(desk(&mut province, TAIYUAN, other).unwrap_err().refusal, Refusal::IdReused);
}

#[test]
fn a_command_that_is_refused_records_nothing() {
    let mut province = province();
    let good = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    let spoil: [fn(&mut PropertyWithdrawal); 4] = [
        |bad| bad.amount = Fen::ZERO,
        |bad| bad.center = DATONG,
        |bad| bad.person = person(WANG),
        |bad| bad.serial = SerialNumber::parse("TQ-1").unwrap(),
    ];
    for spoil in spoil {
        let mut bad = withdrawal(TAIYUAN, "TQ-2", LI, OTHER_HOME);
        spoil(&mut bad);
        record(&mut province, TAIYUAN, vec![good.clone(), bad]).unwrap_err();
        province.act(TAIYUAN, |round| {
            assert_eq!(super::withdrawal(round.view, &good.serial).unwrap(), None);
        });
    }
}

#[test]
fn a_clerk_records_only_for_an_account_of_the_person() {
    let mut province = province();
    let mut unknown = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    unknown.account = crate::account::AccountNumber::parse("0100000000009").unwrap();
    let refused = desk(&mut province, TAIYUAN, unknown).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotFound);
    let mut stranger = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    stranger.person = person(ZHOU);
    let refused = desk(&mut province, TAIYUAN, stranger).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NameMismatch);
    let mut secured = account(DATONG, "0100000000001", ZHANG, 36);
    secured.record.notes.hindrances.push(Hindrance::OffSiteLoan);
    province.import(DATONG, vec![ImportItem::Account(Box::new(secured))]).unwrap();
    let refused = desk(&mut province, DATONG, withdrawal(DATONG, "TQ-1", ZHANG, HOME));
    assert_eq!(refused.unwrap_err().refusal, Refusal::OffSiteLoan);
}

#[test]
fn one_home_paid_for_in_two_cities_raises_an_alert_until_one_payment_is_undone() {
    let mut province = province();
    desk(&mut province, TAIYUAN, withdrawal(TAIYUAN, "TQ-1", LI, HOME)).unwrap();
    desk(&mut province, DATONG, withdrawal(DATONG, "TQ-1", ZHANG, OTHER_HOME)).unwrap();
    province.advance(10_000);
    assert_eq!(twice(&mut province), []);
    // Another clerk writes the title in another way.
    let written = "晋〔2024〕太原市不动产权 第0012345号";
    let again = desk(&mut province, LINFEN, withdrawal(LINFEN, "TQ-7", ZHOU, written)).unwrap();
    assert_eq!(again.paid_before, [TAIYUAN], "the clerk is told at once");
    province.advance(10_000);
    assert_eq!(twice(&mut province), [(AlertState::Open, vec![TAIYUAN, LINFEN])]);
    let today = province.now.date().unwrap();
    assert_eq!(undo(&mut province, LINFEN, "TQ-7", today), None);
    province.advance(10_000);
    assert_eq!(twice(&mut province)[0].0, AlertState::Resolved);
}

#[test]
fn one_home_paid_for_twice_in_one_city_raises_an_alert() {
    let mut province = province();
    for serial in ["TQ-1", "TQ-2"] {
        desk(&mut province, TAIYUAN, withdrawal(TAIYUAN, serial, LI, HOME)).unwrap();
    }
    province.advance(10_000);
    assert_eq!(twice(&mut province), [(AlertState::Open, vec![TAIYUAN])]);
}

#[test]
fn a_withdrawal_is_undone_once_and_not_before_it_was_paid() {
    let mut province = province();
    desk(&mut province, TAIYUAN, withdrawal(TAIYUAN, "TQ-1", LI, HOME)).unwrap();
    let paid_on = Date::new(2026, 5, 6).unwrap();
    let day = |days| paid_on.plus_days(days).unwrap();
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-9", paid_on), Some(Refusal::NotFound));
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", day(-1)), Some(Refusal::Argument));
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", day(1)), Some(Refusal::Argument));
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", paid_on), None);
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", paid_on), None, "the same again");
    province.advance(crate::time::DAY_MS);
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", day(1)), Some(Refusal::WrongState));
    let serial = SerialNumber::parse("TQ-1").unwrap();
    province.act(TAIYUAN, |round| {
        let known = published(round.view, &serial);
        let digest = known.digest().unwrap();
        assert_eq!((digest.status, digest.revision), (DigestStatus::WithdrawalReversed, 2));
        assert_eq!(digest.date, paid_on);
        assert!(digest.previous.is_some_and(|before| before < known.leaf));
    });
}

fn check(province: &mut Province, whose: (&str, &str), title: &str) -> Dossier {
    let wish = Wish {
        operator: clerk(),
        to: None,
        kind: QueryKind::Dossier,
        purpose: Purpose::Withdrawal,
        subjects: vec![person(whose)],
        transfer: None,
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("TQ-8").unwrap(),
        before: None,
        property: Some(Property::parse(title, "").unwrap()),
        certificates: Vec::new(),
    };
    let Reply::Asked(id) = *province.command(LINFEN, Command::Ask(Box::new(wish))).unwrap() else {
        panic!("another reply");
    };
    let Reply::Dossier(dossier) = *province.command(LINFEN, Command::Dossier(id)).unwrap() else {
        panic!("another reply");
    };
    *dossier
}

#[test]
fn a_withdrawal_check_finds_what_others_paid_for_the_home_with_proof() {
    let mut province = province();
    desk(&mut province, TAIYUAN, withdrawal(TAIYUAN, "TQ-1", LI, HOME)).unwrap();
    desk(&mut province, LINFEN, withdrawal(LINFEN, "TQ-1", ZHOU, OTHER_HOME)).unwrap();
    province.advance(120_000);
    let dossier = check(&mut province, ZHOU, HOME);
    let taiyuan = dossier.rows.iter().find(|row| row.center == TAIYUAN).unwrap();
    let payouts = taiyuan.facts().unwrap().payouts.as_ref().unwrap();
    assert_eq!(payouts.len(), 1, "though Taiyuan holds nothing of the applicant");
    assert_eq!(payouts[0].amount, Fen::parse("50000.00").unwrap());
    let RowState::Answered(answered) = &taiyuan.state else { panic!("no answer") };
    let checks: Vec<_> = answered.checks.iter().map(|check| (check.of, check.fault)).collect();
    assert_eq!(checks, [(LeafOf::Payout, None)]);
    assert_eq!(answered.omitted, 0);
    let own = dossier.rows.iter().find(|row| row.center == LINFEN).unwrap();
    assert_eq!(own.facts().unwrap().payouts.as_ref().unwrap().len(), 0, "another home");
    let datong = dossier.rows.iter().find(|row| row.center == DATONG).unwrap();
    assert_eq!(datong.state, RowState::NotAsked, "Datong never learns of the question");
    // What was undone is paid out no more.
    let today = province.now.date().unwrap();
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", today), None);
    province.advance(120_000);
    let dossier = check(&mut province, ZHOU, HOME);
    let taiyuan = dossier.rows.iter().find(|row| row.center == TAIYUAN).unwrap();
    assert_eq!(taiyuan.facts().unwrap().payouts.as_ref().unwrap().len(), 0);
}

#[test]
fn a_payout_that_a_city_leaves_out_is_missed() {
    let mut province = province();
    desk(&mut province, TAIYUAN, withdrawal(TAIYUAN, "TQ-1", LI, HOME)).unwrap();
    province.advance(120_000);
    province.node(TAIYUAN).write(|view| {
        let prefix = key(Area::WithdrawalOf, &[]);
        for (row, _) in view.range(&prefix, &prefix_end(&prefix), 9).unwrap() {
            view.delete(row);
        }
    });
    let dossier = check(&mut province, ZHOU, HOME);
    let taiyuan = dossier.rows.iter().find(|row| row.center == TAIYUAN).unwrap();
    assert!(taiyuan.is_faulty());
}

#[test]
fn one_home_paid_for_in_two_cities_raises_an_alert_from_their_exports_too() {
    let mut province = province();
    let paid = |at, whose, home| BookedWithdrawal::paid(withdrawal(at, "TQ-1", whose, home));
    export(&mut province, TAIYUAN, &[paid(TAIYUAN, LI, HOME)]).unwrap();
    export(&mut province, LINFEN, &[paid(LINFEN, ZHOU, OTHER_HOME)]).unwrap();
    assert_eq!(twice(&mut province), []);
    export(&mut province, LINFEN, &[paid(LINFEN, ZHOU, HOME)]).unwrap();
    assert_eq!(twice(&mut province), [(AlertState::Open, vec![TAIYUAN, LINFEN])]);
    let today = province.now.date();
    let undone = BookedWithdrawal { reversed_on: today, ..paid(LINFEN, ZHOU, HOME) };
    export(&mut province, LINFEN, &[undone]).unwrap();
    assert_eq!(twice(&mut province)[0].0, AlertState::Resolved);
}

#[test]
fn the_same_export_again_publishes_no_withdrawal_twice_and_one_that_vanished_is_lost() {
    let mut province = province();
    let paid = BookedWithdrawal::paid(withdrawal(TAIYUAN, "TQ-1", LI, HOME));
    let serial = paid.record.serial.clone();
    export(&mut province, TAIYUAN, core::slice::from_ref(&paid)).unwrap();
    let first = province.act(TAIYUAN, |round| published(round.view, &serial));
    export(&mut province, TAIYUAN, core::slice::from_ref(&paid)).unwrap();
    let again = province.act(TAIYUAN, |round| published(round.view, &serial));
    assert_eq!(first, again);
    province.advance(120_000);
    let dossier = check(&mut province, ZHOU, HOME);
    let taiyuan = dossier.rows.iter().find(|row| row.center == TAIYUAN).unwrap();
    assert_eq!(taiyuan.facts().unwrap().payouts.as_ref().unwrap().len(), 1);
    // An export without the file at all says nothing, and is refused.
    let own = account(TAIYUAN, "0100000000001", LI, 36);
    let without = vec![ImportItem::Account(Box::new(own))];
    let begun = province.import_order(&without);
    let refused = province.command(TAIYUAN, begun).unwrap_err();
    assert_eq!(refused.refusal, Refusal::WrongState);
    export(&mut province, TAIYUAN, &[]).unwrap();
    let lost = province.act(TAIYUAN, |round| published(round.view, &serial));
    assert_eq!(lost.digest().unwrap().status, DigestStatus::Lost);
    assert_eq!(lost.digest().unwrap().previous, Some(first.leaf));
}

#[test]
fn what_the_desk_recorded_stands_until_an_export_knows_as_much() {
    let mut province = province();
    let paid = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    let serial = paid.serial.clone();
    let kept = |province: &mut Province| {
        province.act(TAIYUAN, |round| {
            let kept = stored_in(round.view, Generation::KEPT, &serial).unwrap().is_some();
            (kept, super::withdrawal(round.view, &serial).unwrap().unwrap())
        })
    };
    desk(&mut province, TAIYUAN, paid.clone()).unwrap();
    province.advance(10_000);
    let first = province.act(TAIYUAN, |round| published(round.view, &serial));
    // An export that is older than the payment does not take it away.
    export(&mut province, TAIYUAN, &[]).unwrap();
    assert!(kept(&mut province).0);
    // The first that has it speaks for it; the digest is the same, and who recorded it is still known.
    let booked = BookedWithdrawal::paid(paid);
    export(&mut province, TAIYUAN, core::slice::from_ref(&booked)).unwrap();
    let (is_kept, stored) = kept(&mut province);
    assert!(!is_kept && stored.recorded.is_some());
    assert_eq!(province.act(TAIYUAN, |round| published(round.view, &serial)), first);
    // Undone at the desk, it stays undone while exports do not know it.
    let today = province.now.date().unwrap();
    assert_eq!(undo(&mut province, TAIYUAN, "TQ-1", today), None);
    export(&mut province, TAIYUAN, core::slice::from_ref(&booked)).unwrap();
    let (is_kept, stored) = kept(&mut province);
    assert_eq!((is_kept, stored.booked.reversed_on), (true, Some(today)));
    let status = |province: &mut Province| {
        let known = province.act(TAIYUAN, |round| published(round.view, &serial));
        known.digest().unwrap().status
    };
    assert_eq!(status(&mut province), DigestStatus::WithdrawalReversed);
    let undone = BookedWithdrawal { reversed_on: Some(today), ..booked };
    export(&mut province, TAIYUAN, &[undone]).unwrap();
    let (is_kept, stored) = kept(&mut province);
    assert!(!is_kept && stored.undone.is_some());
    assert_eq!(status(&mut province), DigestStatus::WithdrawalReversed);
}

#[test]
fn a_withdrawal_of_an_export_is_checked_like_one_of_the_desk() {
    let mut province = province();
    let good = withdrawal(TAIYUAN, "TQ-1", LI, HOME);
    let early = good.paid_on.plus_days(-1);
    for bad in [
        BookedWithdrawal::paid(PropertyWithdrawal { center: DATONG, ..good.clone() }),
        BookedWithdrawal::paid(PropertyWithdrawal { amount: Fen::ZERO, ..good.clone() }),
        BookedWithdrawal { record: good.clone(), reversed_on: early },
    ] {
        let refused = export(&mut province, TAIYUAN, &[bad]).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Argument);
    }
    let twice = [BookedWithdrawal::paid(good.clone()), BookedWithdrawal::paid(good)];
    assert_eq!(export(&mut province, TAIYUAN, &twice).unwrap_err().refusal, Refusal::Argument);
}

#[test]
fn a_property_is_named_for_no_other_purpose() {
    let mut province = province();
    let wish = Wish {
        operator: clerk(),
        to: None,
        kind: QueryKind::Account,
        purpose: Purpose::DuplicateAccount,
        subjects: vec![person(LI)],
        transfer: None,
        consent: None,
        serial: SerialNumber::parse("KH-1").unwrap(),
        before: None,
        property: Some(Property::parse(HOME, "").unwrap()),
        certificates: Vec::new(),
    };
    let refused = province.command(LINFEN, Command::Ask(Box::new(wish))).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Purpose);
}

#[test]
fn withdrawals_are_listed_by_serial_page_by_page_each_once() {
    let mut province = province();
    let titles = [HOME, OTHER_HOME];
    for (place, serial) in ["TQ-1", "TQ-2", "TQ-3"].into_iter().enumerate() {
        let paid = withdrawal(TAIYUAN, serial, LI, titles[place % 2]);
        desk(&mut province, TAIYUAN, paid).unwrap();
    }
    let mut list = |after: Option<&str>, limit| {
        let after = after.map(|after| SerialNumber::parse(after).unwrap());
        let command = Command::Withdrawal(WithdrawalCommand::List { after, limit });
        let reply = province.command(TAIYUAN, command).unwrap();
        let Reply::Withdrawals(WithdrawalReply::Listed(views)) = *reply else {
            panic!("another reply");
        };
        let serial = |view: &WithdrawalView| {
            assert!(view.leaf.is_some(), "it is published");
            view.stored.booked.record.serial.as_str().to_owned()
        };
        views.iter().map(serial).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 9), ["TQ-1", "TQ-2", "TQ-3"]);
    assert_eq!(list(None, 2), ["TQ-1", "TQ-2"]);
    assert_eq!(list(Some("TQ-1"), 9), ["TQ-2", "TQ-3"]);
    assert_eq!(list(Some("TQ-2"), 1), ["TQ-3"]);
    assert_eq!(list(Some("TQ-3"), 9), Vec::<String>::new());
}

#[test]
fn an_import_counts_the_withdrawals_that_are_new_the_same_and_changed() {
    let mut province = province();
    let paid = |serial, home| BookedWithdrawal::paid(withdrawal(LINFEN, serial, ZHOU, home));
    let mut import = |all: &[BookedWithdrawal]| {
        let own = account(LINFEN, "0100000000001", ZHOU, 36);
        let mut items = vec![ImportItem::Account(Box::new(own))];
        items.extend(all.iter().cloned().map(Box::new).map(ImportItem::Withdrawal));
        let changes = province.import(LINFEN, items).unwrap();
        (changes.added, changes.same, changes.changed)
    };
    let (first, second) = (paid("TQ-1", HOME), paid("TQ-2", OTHER_HOME));
    assert_eq!(
        import(core::slice::from_ref(&first)),
        (1, 1, 0),
        "the account is the same as before"
    );
    assert_eq!(import(&[first, second]), (1, 2, 0));
    assert_eq!(import(&[paid("TQ-1", OTHER_HOME)]), (0, 1, 1));
}
