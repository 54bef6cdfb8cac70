//! A transfer whose center's log is closed under it.

use super::channels::{paid, paper, register};
use super::world::{World, application, newcomer, saver};
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::command::Command;
use crate::engine::rosters::command::NetCommand;
use crate::engine::transfers::Side;
use crate::engine::{equivocation, tag_index, tags};
use crate::log::origin::LogId;
use crate::testing::logs::{Face, held};
use crate::testing::people::{LI, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};

const OLD: &str = "9923041500021";

/// In which of a center's logs a step of the transfer stands, as a member finds it.
fn logs_of(
    world: &mut World,
    at: CenterCode,
    (center, status): (CenterCode, DigestStatus),
) -> Vec<u32> {
    let found = world.province.act(at, |round| {
        let tags = tags::compute(round, &[person(LI).document]).unwrap();
        tag_index::by_tag(round.view, tags[0], 64).unwrap()
    });
    let of_step = found.into_iter().filter(|found| found.log.center == center);
    of_step.filter(|found| found.digest.status == status).map(|found| found.log.number).collect()
}

/// What the other city holds of a log turns out to have two faces, and the authority opens the next.
fn close_log(world: &mut World, liar: CenterCode, other: CenterCode) {
    world.province.advance(5_000);
    let log = LogId::public(liar, 1);
    let leaves = held(&mut world.province, other, log).size.get();
    Face::new(log, 1_000..1_000 + leaves).gossip(&mut world.province, other, LINFEN);
    world.province.cut.clear();
    world.province.connect_all();
    world.province.advance(5_000);
    let closed = world.province.act(liar, |round| equivocation::is_closed(round.view, log));
    assert!(closed.unwrap());
    world.province.command(AUTHORITY, Command::Net(NetCommand::NextLog(liar))).unwrap();
    world.province.connect_all();
    world.province.advance(20_000);
}

#[test]
fn a_step_of_a_transfer_past_the_end_of_a_closed_log_is_said_again_in_the_next() {
    for (liar, other, status) in [
        (DATONG, TAIYUAN, DigestStatus::TransferRemitted),
        (TAIYUAN, DATONG, DigestStatus::TransferCredited),
    ] {
        let accounts = vec![
            saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100001", LI),
        ];
        let mut world = World::new("2026-05-20", accounts);
        // The two cities hear each other; no quorum sees what this one publishes.
        for away in [LINFEN, AUTHORITY] {
            world.province.cut.extend([(liar, away), (away, liar)]);
        }
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
        close_log(&mut world, liar, other);
        for at in [TAIYUAN, DATONG, LINFEN] {
            assert_eq!(logs_of(&mut world, at, (liar, status)), [2], "{liar}, as {at} finds it");
        }
    }
}

#[test]
fn a_registered_step_past_the_end_of_a_closed_log_is_said_again_in_the_next() {
    let account = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![account]);
    for away in [LINFEN, AUTHORITY] {
        world.province.cut.extend([(DATONG, away), (away, DATONG)]);
    }
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    close_log(&mut world, DATONG, TAIYUAN);
    for at in [TAIYUAN, DATONG, LINFEN] {
        let logs = logs_of(&mut world, at, (DATONG, DigestStatus::TransferRemitted));
        assert_eq!(logs, [2], "as {at} finds it");
    }
}
