//! The stories of the domain notes, to the fen.

use super::world::{World, application, date, newcomer, saver, yuan};
use crate::account::AccountStatus;
use crate::deposit_history::{ContinuityRules, SixMonths};
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};

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
