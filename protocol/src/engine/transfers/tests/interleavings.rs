//! Any order of delivery, any number of repeats, any crash: one debit, one credit, and an end.

use proptest::prelude::*;

use super::world::{World, application, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::engine::command::Command;
use crate::engine::input::Input;
use crate::engine::transfer_command::{Decision, TransferCommand, TransferFilter};
use crate::id::TransferId;
use crate::settlement::{BankFailure, SpecialAccount};
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

/// What goes wrong at one moment.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// A node is killed: what it was about to send or to take in is lost.
    Kill(bool),
    /// A link carries nothing for so many seconds.
    Cut(bool, u8),
    /// Everything that is waiting is sent again.
    Repeat(bool),
    /// Nothing, for so many steps.
    Steps(u8),
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        any::<bool>().prop_map(Trouble::Kill),
        (any::<bool>(), 0_u8..20).prop_map(|(side, seconds)| Trouble::Cut(side, seconds)),
        any::<bool>().prop_map(Trouble::Repeat),
        (1_u8..12).prop_map(Trouble::Steps),
    ]
}

fn apply(world: &mut World, trouble: Trouble) {
    let center = |out: bool| if out { DATONG } else { TAIYUAN };
    match trouble {
        Trouble::Kill(out) => {
            world.province.outside.retain(|(at, _)| *at != center(out));
            world.province.restart(center(out));
            world.bank.report_again(&mut world.province, center(out));
        }
        Trouble::Cut(out, seconds) => {
            let link = (center(out), center(!out));
            world.province.cut.insert(link);
            world.province.advance(i64::from(seconds) * 1_000);
            world.province.cut.remove(&link);
        }
        Trouble::Repeat(out) => {
            world.province.input(center(out), Input::Connected { center: center(!out) });
        }
        Trouble::Steps(steps) => {
            for _ in 0..steps {
                world.province.step();
            }
            world.bank.serve(&mut world.province);
        }
    }
    world.check_ledgers();
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        Just(Behaviour::Pay),
        (1_i64..4_428_584).prop_map(Behaviour::PayInTwo),
        (1_i64..4_428_584).prop_map(Behaviour::PayShort),
        Just(Behaviour::PayToNowhere),
        Just(Behaviour::Fail(BankFailure::WrongPayee)),
        Just(Behaviour::Fail(BankFailure::Limit)),
        Just(Behaviour::Hold),
        Just(Behaviour::UnknownButPaid),
        Just(Behaviour::UnknownAndFailed),
        Just(Behaviour::Lose),
    ]
}

/// What the people on both sides do with whatever waits for them.
fn decide_all(world: &mut World, transfer: TransferId, choice: usize) {
    let own = |world: &mut World, center| {
        let settings = world.province.node(center).engine.settings().clone();
        SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap()
    };
    let payee = own(world, DATONG);
    let receiving = own(world, TAIYUAN);
    let choices = [
        (TAIYUAN, Decision::Correct(receiving)),
        (TAIYUAN, Decision::SendBack(payee)),
        (TAIYUAN, Decision::Wait),
        (DATONG, Decision::PayAgain),
        (DATONG, Decision::Renew(None)),
        (DATONG, Decision::Restore),
        (DATONG, Decision::Settle(None)),
    ];
    let (at, decision) = choices[choice % choices.len()].clone();
    // A decision that makes no sense where the transfer stands is refused and changes nothing.
    let _ = world.decide(at, transfer, (reviewer(), decision));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_transfer_completes_once_whatever_goes_wrong(
        troubles in proptest::collection::vec(trouble(), 0..30),
    ) {
        let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
        let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
        let start = TransferCommand::Start(Box::new(application(DATONG, OLD, LI)));
        let command = Command::Transfer(Box::new(start));
        let request = world.province.give(TAIYUAN, command);
        // The letter is committed before anything goes wrong.
        while !world.province.replies.contains_key(&request) {
            world.province.step();
        }
        for trouble in troubles {
            apply(&mut world, trouble);
        }
        // Faults end: the transfer does, too.
        let filter = TransferFilter { ended: true, ..Default::default() };
        let lines = world.list(TAIYUAN, filter);
        prop_assert_eq!(lines.len(), 1);
        let transfer = lines[0].transfer;
        for _ in 0..20 {
            if world.is_completed(transfer, (TAIYUAN, DATONG)) {
                break;
            }
            world.wait_minutes(1);
        }
        prop_assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
        prop_assert_eq!(world.bank.executed(DATONG), 1);
        let old = world.stored(DATONG, OLD).record.account;
        prop_assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")));
        let new = world.stored(TAIYUAN, NEW).record;
        prop_assert_eq!(new.account.balance, yuan("44285.84"));
        prop_assert_eq!(new.imported.len(), 1);
    }

    #[test]
    fn whatever_bank_and_people_do_money_is_conserved_and_every_transfer_ends_or_waits(
        script in proptest::collection::vec(behaviour(), 1..5),
        choices in proptest::collection::vec((0_usize..7, 0_i64..5_000_000, any::<bool>()), 0..12),
    ) {
        let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
        let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
        world.bank.script.extend(script);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        for (choice, fen, comes_back) in choices {
            decide_all(&mut world, transfer, choice);
            // What lies with the banks reaches one side or the other, in part or whole.
            let way = i64::try_from(world.bank.on_the_way).unwrap();
            let fen = fen.min(way);
            if fen > 0 && comes_back {
                world.bank.give_back(&mut world.province, DATONG, fen);
            } else if fen > 0 {
                world.bank.bring(&mut world.province, DATONG, fen);
            }
            world.run();
            world.wait_minutes(1);
        }
        // Deadlines pass: whoever still waits has called a person.
        world.go_to("2026-06-20");
        for center in [TAIYUAN, DATONG] {
            let line = world.show(center, transfer).line;
            let waits = line.task.is_some() || line.due.is_some();
            prop_assert!(line.state.is_final() || waits, "{} rests", line.state.name());
        }
        let paid = world.stored(DATONG, OLD).record.account.balance;
        let credited = world.stored(TAIYUAN, NEW).record.account.balance;
        let once = credited == yuan("0.00") || paid == yuan("0.00");
        prop_assert!(once, "the money stands on both accounts");
        let amounts = world.show(TAIYUAN, transfer).sheet.map(|sheet| {
            sheet.principal.checked_add(sheet.interest).unwrap()
        });
        prop_assert!(credited == yuan("0.00") || Some(credited) == amounts);
    }
}
