//! The stories of the domain notes, to the fen.

use super::world::{World, application, date, newcomer, saver, yuan};
use crate::account::AccountStatus;
use crate::deposit_history::{ContinuityRules, SixMonths};
use crate::engine::imports::ImportItem;
use crate::engine::transfer_command::TransferState;
use crate::testing::people::{LI, ZHOU, loan, settled};
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::reason::RefusalReason;

#[test]
fn story_1_a_normal_move() {
    let old = saver(DATONG, "9923041500021", LI, (202_304, 36, "1200.00"), "2026-05-06");
    let new = newcomer(TAIYUAN, "0126050100001", LI);
    let mut world = World::new("2026-05-20", vec![old, new]);
    let transfer = world.start(TAIYUAN, application(DATONG, "9923041500021", LI)).unwrap();
    let completed = ("completed", "00");
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [completed, completed]);

    let view = world.show(TAIYUAN, transfer);
    assert_eq!(view.line.number.to_string(), "1401002605200001");
    let sheet = view.sheet.unwrap();
    assert_eq!((sheet.principal, sheet.interest), (yuan("43758.38"), yuan("527.46")));
    assert_eq!(sheet.value_date, date("2026-05-20"));

    let old = world.stored(DATONG, "9923041500021").record.account;
    assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")));
    assert_eq!(old.closed_on, Some(date("2026-05-20")));
    let new = world.stored(TAIYUAN, "0126050100001").record;
    assert_eq!(new.account.balance, yuan("44285.84"));
    assert_eq!(new.imported.len(), 1);
    let came = &new.imported[0];
    assert_eq!((came.from, came.history.total(), came.loan_count), (DATONG, 36, 0));
    assert_eq!(came.history.six_months(), SixMonths::Continuous);
    let combined = new.combined_history(ContinuityRules::default());
    assert_eq!(combined.streak, 36);
    assert_eq!(world.persons_gained(), 52_746, "only the settled interest was added");
    assert_eq!(world.bank.executed(DATONG), 1);
}

#[test]
fn story_4_an_unsettled_loan_stops_the_transfer_until_it_is_repaid() {
    const OLD: &str = "9910190010077";
    let old = saver(LINFEN, OLD, ZHOU, (201_909, 76, "1560.00"), "2026-03-02");
    let new = newcomer(TAIYUAN, "0126030100001", ZHOU);
    let mut world = World::new("2026-03-02", vec![old.clone(), new]);
    let running = loan(LINFEN, "JK141000-2021-0077", &[ZHOU]);
    let with =
        |loan| vec![ImportItem::Account(Box::new(old.clone())), ImportItem::Loan(Box::new(loan))];
    world.province.import(LINFEN, with(running.clone())).unwrap();
    let first = world.start(TAIYUAN, application(LINFEN, OLD, ZHOU)).unwrap();
    let refused = Rejection::Reason(RefusalReason::UnsettledLoan);
    let state = world.show(TAIYUAN, first).line.state;
    assert_eq!(state, TransferState::In(IncomingState::Rejected(refused, true)));

    // After clearance a new letter succeeds, and the loan travels along.
    world.province.import(LINFEN, with(settled(running))).unwrap();
    let second = world.start(TAIYUAN, application(LINFEN, OLD, ZHOU)).unwrap();
    assert_ne!(first, second);
    assert_eq!(world.states(second, (TAIYUAN, LINFEN)), [("completed", "00"); 2]);
    let sheet = world.show(TAIYUAN, second).sheet.unwrap();
    assert_eq!((sheet.principal, sheet.interest), (yuan("123520.23"), yuan("1220.36")));
    let came = &world.stored(TAIYUAN, "0126030100001").record.imported[0];
    assert_eq!((came.loan_count, came.has_fraud, came.history.total()), (1, false, 76));
}
