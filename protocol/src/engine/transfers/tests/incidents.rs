//! What a transfer makes its centers tell the authority, once a cause, and what heals by itself.

use super::world::{World, application, clerk, date, newcomer, saver, yuan};
use crate::account::SerialNumber;
use crate::authority::alert::{Alert, AlertState, AlertSubject};
use crate::authority::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::core_system::{CoreOutcome, CoreReceipt, CoreStep};
use crate::engine::CoreDriver;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::transfer_command::Decision;
use crate::id::TransferId;
use crate::mode::Mode;
use crate::subject::{Reference, TagEpoch, Tagger as _};
use crate::testing::bank::Behaviour;
use crate::testing::people::{LI, ZHANG};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

/// All alerts of the authority but for those about members that a test let sleep.
fn alerts(world: &mut World) -> Vec<Alert> {
    let command = Command::Alerts(AlertCommand::List(AlertFilter::all(99)));
    let reply = world.province.command(AUTHORITY, command).unwrap();
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *reply else { panic!("another reply") };
    alerts.into_iter().filter(|alert| alert.rule != AlertRule::Silence).collect()
}

/// The one alert there is: its rule, state, count and members.
fn only(world: &mut World, transfer: TransferId) -> (AlertRule, AlertState, u32, Vec<CenterCode>) {
    let tagger = &mut world.province.node(TAIYUAN).tagger;
    let reference = tagger.reference(TagEpoch(1), Reference::Transfer(transfer)).unwrap();
    let found = alerts(world);
    let [alert] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(alert.subject, AlertSubject::Transfer(reference));
    (alert.rule, alert.state, alert.times, alert.centers.clone())
}

fn world(script: &[Behaviour]) -> (World, TransferId) {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
    world.bank.script.extend(script);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    (world, transfer)
}

#[test]
fn a_normal_move_tells_nobody_of_anything() {
    let (mut world, transfer) = world(&[]);
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
    world.go_to("2026-06-03");
    assert_eq!(alerts(&mut world), []);
}

#[test]
fn story_2_a_short_sum_is_told_once_and_heals_when_the_rest_is_there() {
    const ZHAO: (&str, &str) = ("赵长治", "140499199301020116");
    let old = saver(DATONG, OLD, ZHAO, (202_107, 55, "1088.00"), "2026-03-18");
    let mut world = World::new("2026-03-18", vec![old, newcomer(LINFEN, NEW, ZHAO)]);
    world.bank.script.push_back(Behaviour::PayShort(6_145_236));
    let transfer = world.start(LINFEN, application(DATONG, OLD, ZHAO)).unwrap();
    assert_eq!(alerts(&mut world), [], "until the end of the day the rest may come");
    world.go_to("2026-03-19");
    let told = |state| (AlertRule::ReceivedDiffers, state, 1, vec![DATONG, LINFEN]);
    assert_eq!(only(&mut world, transfer), told(AlertState::Open));
    world.province.restart(LINFEN);
    world.wait_minutes(5);
    assert_eq!(only(&mut world, transfer), told(AlertState::Open));
    world.bank.bring(&mut world.province, DATONG, 63_205);
    world.run();
    world.province.advance(5_000);
    assert_eq!(world.states(transfer, (LINFEN, DATONG)), [("completed", "20"); 2]);
    assert_eq!(only(&mut world, transfer), told(AlertState::Resolved));
}

#[test]
fn story_7_a_letter_number_with_other_content_is_told_once() {
    use super::delivery::{deliver, letter, signed};
    use crate::statement::transfer::letter::Letter;
    use crate::testing::people::person;
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
    world.province.set_modes(DATONG, Mode::Confirm);
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let sent = letter(&mut world, first);
    let again = signed(&mut world.province, &sent);
    deliver(&mut world.province, TAIYUAN, &again);
    assert_eq!(alerts(&mut world), [], "the same letter again is no other one");
    for remark in ["one", "another"] {
        let forged = Letter {
            document: person(ZHANG).document,
            remark: crate::plain_text::PlainText::parse(remark)
                .ok()
                .map(crate::statement::transfer::letter::Remark),
            ..sent.clone()
        };
        let forged = signed(&mut world.province, &forged);
        deliver(&mut world.province, TAIYUAN, &forged);
    }
    world.run();
    let told = (AlertRule::LetterNumberReused, AlertState::Open, 1, vec![TAIYUAN, DATONG]);
    assert_eq!(only(&mut world, first), told);
}

#[test]
fn a_deadline_that_ran_out_is_told_by_who_waited_and_heals_with_the_transfer() {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)]);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.go_to("2026-05-27");
    assert_eq!(alerts(&mut world), [], "the fifth working day is not over");
    world.go_to("2026-05-29");
    let told = |state, times| (AlertRule::DeadlineMissed, state, times, vec![TAIYUAN, DATONG]);
    assert_eq!(only(&mut world, transfer), told(AlertState::Open, 1));
    world.province.set_modes(DATONG, Mode::Auto);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.province.advance(5_000);
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
    world.province.advance(5_000);
    assert_eq!(only(&mut world, transfer), told(AlertState::Resolved, 1));
}

#[test]
fn a_core_that_computes_otherwise_is_told_of() {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    for (interest, is_told) in [("527.46", false), ("527.51", true)] {
        let mut world = World::new("2026-05-20", vec![old.clone(), newcomer(TAIYUAN, NEW, LI)]);
        world.without_ledgers();
        world.change_settings(DATONG, |settings| settings.core_driver = CoreDriver::External);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        for step in [CoreStep::Lock, CoreStep::Settle] {
            let (_, output) = world.province.outside.pop_front().expect("an order");
            let Output::CoreOrder(order) = output else { panic!("something else") };
            assert_eq!(order.action.step(), step);
            let receipt = CoreReceipt {
                serial: SerialNumber::parse("CORE-1").unwrap(),
                posted_on: date("2026-05-20"),
                principal: yuan("43758.38"),
                interest: yuan(interest),
            };
            let outcome = CoreOutcome::Done(receipt);
            world.province.input(DATONG, Input::CoreOutcome { order: order.id, outcome });
            world.province.advance(20);
        }
        if is_told {
            let told = (AlertRule::InterestDiffers, AlertState::Open, 1, vec![DATONG]);
            assert_eq!(only(&mut world, transfer), told);
        } else {
            assert_eq!(alerts(&mut world), []);
        }
    }
}

#[test]
fn money_beyond_the_sheet_is_told_once() {
    let (mut world, transfer) = world(&[]);
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
    for _ in 0..2 {
        world.bring_from_outside(4_428_584);
        world.bank.bring(&mut world.province, DATONG, 4_428_584);
        world.run();
    }
    let told = (AlertRule::PaidBeyondSheet, AlertState::Open, 1, vec![TAIYUAN, DATONG]);
    assert_eq!(only(&mut world, transfer), told);
}
