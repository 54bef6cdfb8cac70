//! A deadline that passes while what it waits for is on its way: a fault that another network has had.
//!
//! **Promises.** In each state in which a side waits, its time passes, and then comes what it waited for.
//! **Left to others.** How long each deadline is: `transfer::deadline`.

use super::regressions::{NEW, OLD, SIDES, SIDES_BOTH, check_completed_once, world};
use super::world::{World, application, clerk};
use crate::engine::transfer_command::Decision;
use crate::id::TransferId;
use crate::mode::Mode;
use crate::testing::bank::Behaviour;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::task::TaskReason;

/// Mojaloop #4274: a timeout and the fulfilment of a transfer crossed, so that one party had it aborted
/// and the other committed. Here no deadline decides anything: it calls a person, and what comes late is
/// what counts. So neither side restores, refuses or pays because the other was late.
#[test]
fn a_deadline_that_crosses_what_it_waits_for_undoes_nothing() {
    for moment in Moment::ALL {
        let mut world = world();
        let transfer = moment.reach(&mut world);
        assert_eq!(moment.seen(&mut world, transfer), moment.states(), "{moment:?}");
        let before = SIDES_BOTH.map(|center| world.totals(center));
        world.go_to("2026-06-23");
        assert_eq!(
            moment.seen(&mut world, transfer),
            moment.states(),
            "{moment:?}: nothing follows"
        );
        assert_eq!(SIDES_BOTH.map(|center| world.totals(center)), before, "{moment:?}");
        let tasks = moment.tasks(&mut world, transfer);
        assert_eq!(tasks, moment.called(), "{moment:?}: a person is called on each side");
        moment.go_on(&mut world, transfer);
        world.wait_minutes(20);
        assert_eq!(world.states(transfer, SIDES), [("completed", "00"); 2], "{moment:?}");
        check_completed_once(&mut world, transfer);
        let rows = world.stored(TAIYUAN, NEW).rows.len();
        assert_eq!(rows, 1, "{moment:?}: credited once");
    }
}

/// Where both sides stand when the time of one is over.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The letter is on its way.
    Requested,
    /// A person is to accept.
    Held,
    /// A person is to settle.
    Accepted,
    /// The bank says nothing.
    Paying,
    /// The bank does not know.
    PayUnknown,
    /// The money has left and not arrived.
    Paid,
    /// The money has arrived, and the word of it is on its way.
    Credited,
}

impl Moment {
    const ALL: [Self; 7] = [
        Self::Requested,
        Self::Held,
        Self::Accepted,
        Self::Paying,
        Self::PayUnknown,
        Self::Paid,
        Self::Credited,
    ];

    fn reach(self, world: &mut World) -> TransferId {
        match self {
            Self::Requested => {
                world.province.cut.insert((TAIYUAN, DATONG));
            }
            Self::Held | Self::Accepted => world.province.set_modes(DATONG, Mode::Confirm),
            Self::Paying => world.bank.is_silent = true,
            Self::PayUnknown => world.bank.script.push_back(Behaviour::UnknownButPaid),
            Self::Paid => world.bank.script.push_back(Behaviour::PayToNowhere),
            Self::Credited => world.bank.is_silent = true,
        }
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        match self {
            Self::Accepted => {
                world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
            }
            Self::PayUnknown => world.bank.is_silent = true,
            Self::Credited => {
                world.province.cut.insert((TAIYUAN, DATONG));
                world.bank.is_silent = false;
                world.run();
            }
            Self::Requested | Self::Held | Self::Paying | Self::Paid => {}
        }
        transfer
    }

    const fn states(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Requested => [("requested", "01"), ("", "")],
            Self::Held => [("requested", "01"), ("held", "01")],
            Self::Accepted => [("accepted", "02"), ("accepted", "02")],
            Self::Paying => [("announced", "08"), ("paying", "08")],
            Self::PayUnknown => [("announced", "08"), ("pay_unknown", "08")],
            Self::Paid => [("announced", "08"), ("paid", "08")],
            Self::Credited => [("credited", "00"), ("paid", "08")],
        }
    }

    /// Whether the letter has arrived.
    const fn heard(self) -> bool {
        !matches!(self, Self::Requested)
    }

    /// What persons are asked for on both sides.
    fn tasks(self, world: &mut World, transfer: TransferId) -> Vec<TaskReason> {
        let sides = SIDES_BOTH.into_iter().filter(|side| self.heard() || *side == TAIYUAN);
        let tasks = sides.map(|side| world.show(side, transfer).line.task);
        tasks.flatten().map(|task| task.reason).collect()
    }

    /// Who is called: a person who was asked before is not asked once more.
    fn called(self) -> Vec<TaskReason> {
        match self {
            Self::Requested => vec![TaskReason::Overdue],
            Self::Held => vec![TaskReason::Overdue, TaskReason::ConfirmAcceptance],
            Self::Accepted => vec![TaskReason::Overdue, TaskReason::ConfirmSettlement],
            Self::Paying | Self::PayUnknown | Self::Paid | Self::Credited => {
                vec![TaskReason::Overdue; 2]
            }
        }
    }

    fn seen(self, world: &mut World, transfer: TransferId) -> [(&'static str, &'static str); 2] {
        if self.heard() {
            return world.states(transfer, SIDES);
        }
        [world.states(transfer, (TAIYUAN, TAIYUAN))[0], ("", "")]
    }

    fn go_on(self, world: &mut World, transfer: TransferId) {
        match self {
            Self::Requested | Self::Credited => world.province.cut.clear(),
            Self::Held => {
                world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
                world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
            }
            Self::Accepted => {
                world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
            }
            Self::Paying | Self::PayUnknown => world.bank.is_silent = false,
            Self::Paid => {
                let fen = i64::try_from(world.bank.on_the_way).unwrap();
                world.bank.bring(&mut world.province, DATONG, fen);
            }
        }
    }
}
