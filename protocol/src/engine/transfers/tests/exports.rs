//! Exports that come after a transfer: what they know of it, and what follows.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::{
    AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag, SerialNumber,
};
use crate::center::CenterCode;
use crate::engine::imports::ImportItem;
use crate::engine::quarantine::Held;
use crate::engine::records::StoredAccount;
use crate::engine::transfer_command::{Decision, TransferState};
use crate::mode::Mode;
use crate::record::Freeze;
use crate::settlement::BankFailure;
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::reason::RefusalReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";
const COMPLETED: (&str, &str) = ("completed", "00");

fn old() -> StoredAccount {
    saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world(script: &[Behaviour]) -> World {
    let mut world = World::new("2026-05-20", vec![old(), newcomer(TAIYUAN, NEW, LI)]);
    world.bank.script.extend(script);
    world
}

/// A row as the core system has it, under a serial of its own.
fn row(number: &str, day: &str, (business, amount): (BusinessType, &str)) -> LedgerEntry {
    LedgerEntry {
        account: AccountNumber::parse(number).unwrap(),
        serial: SerialNumber::parse(&format!("CORE{day}")).unwrap(),
        posted_on: date(day),
        business,
        pay_month: None,
        amount: yuan(amount),
        interest: yuan("0.00"),
        reversal: ReversalFlag::Original,
        reason: None,
    }
}

/// The account after some more rows.
fn after(mut account: StoredAccount, rows: Vec<LedgerEntry>) -> StoredAccount {
    for row in rows {
        let balances = &mut account.record.account;
        balances.balance = balances.balance.checked_add(row.amount).unwrap();
        balances.current_year = balances.balance;
        account.rows.push(row);
    }
    account
}

fn import(world: &mut World, at: CenterCode, account: &StoredAccount) {
    let items = vec![ImportItem::Account(Box::new(account.clone()))];
    world.province.import(at, items).unwrap();
    world.run();
    world.check_ledgers();
}

fn left(day: &str) -> LedgerEntry {
    row(OLD, day, (BusinessType::TransferOut, "-43758.38"))
}

#[test]
fn a_late_deposit_after_closing_moves_with_a_new_letter() {
    let mut world = world(&[]);
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(first, (TAIYUAN, DATONG)), [COMPLETED; 2]);
    let late = row(OLD, "2026-05-28", (BusinessType::Deposit, "1200.00"));

    // An export without the transfer is older, whatever else it says.
    world.go_to("2026-05-28");
    world.without_ledgers();
    import(&mut world, DATONG, &after(old(), vec![late.clone()]));
    assert_eq!(world.stored(DATONG, OLD).record.account.balance, yuan("0.00"));

    // One that has it speaks again: the account is there, sealed, with what came late.
    import(&mut world, DATONG, &after(old(), vec![left("2026-05-20"), late]));
    let account = world.stored(DATONG, OLD).record.account;
    assert_eq!((account.status, account.balance), (AccountStatus::Sealed, yuan("1200.00")));
    let cash = world.totals(DATONG).cash;
    world.go_to("2026-06-04");
    let second = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(second, (TAIYUAN, DATONG)), [COMPLETED; 2]);
    // 1 200.00 for seven days, and nothing again for the days before the first transfer.
    let sheet = world.show(TAIYUAN, second).sheet.unwrap();
    assert_eq!((sheet.principal, sheet.interest), (yuan("1200.00"), yuan("0.35")));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("45486.19"));
    assert_eq!(world.totals(DATONG).cash - cash, 120_035);
    world.check_ledgers();
}

#[test]
fn deposits_after_a_transfer_in_are_taken_from_the_exports_and_the_months_stay() {
    let mut world = world(&[]);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [COMPLETED; 2]);
    let came = row(NEW, "2026-05-21", (BusinessType::TransferIn, "44285.84"));
    let deposit = row(NEW, "2026-06-15", (BusinessType::Deposit, "1300.00"));
    world.go_to("2026-06-15");
    world.without_ledgers();
    import(&mut world, TAIYUAN, &after(newcomer(TAIYUAN, NEW, LI), vec![deposit.clone()]));
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, yuan("44285.84"));
    let export = after(newcomer(TAIYUAN, NEW, LI), vec![came, deposit]);
    for _ in 0..2 {
        import(&mut world, TAIYUAN, &export);
        let account = world.stored(TAIYUAN, NEW).record;
        assert_eq!(account.account.balance, yuan("45585.84"));
        assert_eq!(account.imported[0].history.total(), 36);
        assert_eq!(world.totals(TAIYUAN).persons, 4_558_584);
    }
}

#[test]
fn an_account_that_a_transfer_holds_is_owed_once_when_its_row_comes_into_quarantine() {
    let mut world = world(&[]);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let before = world.totals(DATONG).persons;
    let balance = old().record.account.balance;
    assert_eq!(before, balance.get());
    let number = AccountNumber::parse(OLD).unwrap();
    let held = vec![ImportItem::Held(Held::Account(number, balance))];
    world.province.import(DATONG, held).unwrap();
    assert_eq!(world.totals(DATONG).persons, before);
    world.check_ledgers();
}

#[test]
fn a_freeze_that_came_during_a_transfer_holds_once_the_account_is_restored() {
    let mut world = world(&[Behaviour::Fail(BankFailure::Limit)]);
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.show(DATONG, first).line.state.name(), "pay_failed");
    let mut frozen = old();
    frozen.record.account.status = AccountStatus::Frozen;
    frozen.record.notes.freeze = Some(Freeze { paper: None, until: None });
    import(&mut world, DATONG, &frozen);
    let status = |world: &mut World| world.stored(DATONG, OLD).record.account.status;
    assert_eq!(status(&mut world), AccountStatus::Sealed, "a transfer holds it");
    world.decide(DATONG, first, (reviewer(), Decision::Restore)).unwrap();
    assert_eq!(world.states(first, (TAIYUAN, DATONG)), [("restored", "20"); 2]);
    assert_eq!(status(&mut world), AccountStatus::Frozen);
    let rows = world.stored(DATONG, OLD).rows;
    let moved = rows.iter().filter(|row| row.business == BusinessType::TransferOut).count();
    assert_eq!(moved, 2, "07 and its reversal are not forgotten");
    let second = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let refused = Rejection::Reason(RefusalReason::Frozen);
    let expected = TransferState::In(IncomingState::Rejected(refused, true));
    assert_eq!(world.show(TAIYUAN, second).line.state, expected);
}
