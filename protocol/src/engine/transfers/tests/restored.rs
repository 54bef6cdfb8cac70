//! A store that was put back from a backup, or that fell behind: transfers go on, to the fen.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::command::Command;
use crate::engine::imports::ImportItem;
use crate::engine::log_event::LogEvent;
use crate::engine::output::Event;
use crate::engine::records::StoredAccount;
use crate::engine::recovery;
use crate::engine::rosters::command::NetCommand;
use crate::engine::round::Round;
use crate::engine::transfer_command::{Decision, TransferCommand};
use crate::engine::{equivocation, log_store, tag_index, tags};
use crate::id::TransferId;
use crate::log::origin::LogId;
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::settlement::{BankFailure, SpecialAccount};
use crate::store::Staged;
use crate::store::memory::MemoryStore;
use crate::testing::bank::Behaviour;
use crate::testing::people::{LI, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::time::Timestamp;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

fn old() -> StoredAccount {
    saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world() -> World {
    World::new("2026-05-20", vec![old(), newcomer(TAIYUAN, NEW, LI)])
}

/// A whole transfer, with a backup of one center after every step of it.
fn whole_story(
    center: CenterCode,
    script: &[Behaviour],
) -> (World, TransferId, Vec<(MemoryStore, Timestamp)>) {
    recorded(center, |world| {
        world.bank.script.extend(script);
        world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap()
    })
}

/// A story with a backup of one center after every step of it.
fn recorded(
    center: CenterCode,
    story: impl FnOnce(&mut World) -> TransferId,
) -> (World, TransferId, Vec<(MemoryStore, Timestamp)>) {
    let mut world = world();
    let taken = world.province.now;
    world.backups = Some((center, Vec::new()));
    let transfer = story(&mut world);
    world.province.drive();
    let (_, backups) = world.backups.take().unwrap();
    (world, transfer, backups.into_iter().map(|store| (store, taken)).collect())
}

/// What happens in a world until one of its transfers has ended.
type Story = fn(&mut World) -> TransferId;

/// A letter about an account that is not there: refused.
fn refused(world: &mut World) -> TransferId {
    world.start(TAIYUAN, application(DATONG, "9923041500099", LI)).unwrap()
}

/// A letter that is withdrawn while it waits for a person.
fn withdrawn(world: &mut World) -> TransferId {
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.cancel(TAIYUAN, transfer).unwrap();
    transfer
}

/// A letter whose withdrawal crosses its acceptance: too late, and the money moves.
fn withdrawn_too_late(world: &mut World) -> TransferId {
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.province.cut.insert((TAIYUAN, DATONG));
    world.cancel(TAIYUAN, transfer).unwrap();
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.province.cut.remove(&(TAIYUAN, DATONG));
    world.province.advance(120_000);
    world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
    transfer
}

/// A payment whose payee is wrong, corrected and paid.
fn corrected(world: &mut World) -> TransferId {
    world.bank.script.push_back(Behaviour::Fail(BankFailure::WrongPayee));
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    correct(world, transfer);
    transfer
}

/// Money that finds no account, comes back, and is settled anew.
fn returned(world: &mut World) -> TransferId {
    world.bank.script.push_back(Behaviour::PayToNowhere);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let sheet = world.show(DATONG, transfer).sheet.unwrap();
    let amount = sheet.principal.checked_add(sheet.interest).unwrap();
    world.bank.give_back(&mut world.province, DATONG, amount.get());
    world.run();
    correct(world, transfer);
    transfer
}

/// A payment that fails, after which a person restores the account.
fn restored(world: &mut World) -> TransferId {
    world.bank.script.push_back(Behaviour::Fail(BankFailure::Limit));
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    transfer
}

fn correct(world: &mut World, transfer: TransferId) {
    let settings = world.province.node(TAIYUAN).engine.settings().clone();
    let receiving = SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap();
    world.decide(TAIYUAN, transfer, (clerk(), Decision::Correct(receiving))).unwrap();
}

/// Where both sides and both accounts stand.
fn standing(world: &mut World, transfer: TransferId) -> String {
    let states = world.states(transfer, (TAIYUAN, DATONG));
    let mut account = |center, number| {
        let account = world.stored(center, number).record.account;
        (account.status, account.balance)
    };
    let accounts = (account(DATONG, OLD), account(TAIYUAN, NEW));
    let totals = [TAIYUAN, DATONG].map(|center| world.totals(center));
    let held = totals.map(|totals| (totals.suspense_out, totals.suspense_in, totals.interest));
    let paid = (world.bank.on_the_way, world.bank.executed(DATONG), world.bank.executed(TAIYUAN));
    format!("{states:?} {accounts:?} {held:?} {paid:?}")
}

#[test]
fn a_backup_of_moments_of_other_stories_leads_back_to_where_the_network_is() {
    let stories: [(&str, Story); 6] = [
        ("refused", refused),
        ("withdrawn", withdrawn),
        ("withdrawn too late", withdrawn_too_late),
        ("corrected", corrected),
        ("returned", returned),
        ("restored", restored),
    ];
    for (name, story) in stories {
        for center in [TAIYUAN, DATONG] {
            let count = recorded(center, story).2.len();
            for moment in (0..count).step_by(3) {
                let (mut world, transfer, mut backups) = recorded(center, story);
                let before = standing(&mut world, transfer);
                world.restore(center, backups.swap_remove(moment));
                let after = standing(&mut world, transfer);
                assert_eq!(after, before, "{name}: {center}, moment {moment} of {count}");
            }
        }
    }
}

fn check_completed(world: &mut World, transfer: TransferId, code: &'static str, why: &str) {
    let done = ("completed", code);
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [done, done], "{why}");
    let old = world.stored(DATONG, OLD).record.account;
    assert_eq!((old.status, old.balance), (AccountStatus::TransferredOut, yuan("0.00")), "{why}");
    let amount = world.show(TAIYUAN, transfer).sheet.unwrap();
    let amount = amount.principal.checked_add(amount.interest).unwrap();
    assert_eq!(world.stored(TAIYUAN, NEW).record.account.balance, amount, "{why}");
    assert_eq!(world.bank.on_the_way, 0, "{why}");
    assert_eq!(world.bank.executed(DATONG), 1, "{why}");
    for center in [TAIYUAN, DATONG] {
        let totals = world.totals(center);
        assert_eq!((totals.suspense_out, totals.suspense_in), (0, 0), "{why}");
        let store = world.backup(center);
        assert!(!recovery::is_recovering(&Staged::new(&store)).unwrap(), "{why}: {center}");
    }
}

/// The live digests about the transfer's person that show it, as a member's index has them.
fn steps(world: &mut World, at: CenterCode) -> Vec<(LogId, DigestStatus)> {
    let found = world.province.act(at, |round| {
        let tags = tags::compute(round, &[person(LI).document]).unwrap();
        tag_index::by_tag(round.view, tags[0], 64).unwrap()
    });
    let moved = [DigestStatus::TransferRemitted, DigestStatus::TransferCredited];
    let of_transfer = found.into_iter().filter(|found| moved.contains(&found.digest.status));
    of_transfer.map(|found| (found.log, found.digest.status)).collect()
}

#[test]
fn a_backup_of_any_moment_of_a_transfer_leads_back_to_where_the_network_is() {
    for center in [TAIYUAN, DATONG] {
        let count = whole_story(center, &[]).2.len();
        assert!(count > 8, "{count} moments");
        for moment in 0..count {
            let (mut world, transfer, mut backups) = whole_story(center, &[]);
            let backup = backups.swap_remove(moment);
            world.restore(center, backup);
            let why = format!("{center}, moment {moment} of {count}");
            check_completed(&mut world, transfer, "00", &why);
            for at in [TAIYUAN, DATONG, LINFEN] {
                let mut shown: Vec<DigestStatus> =
                    steps(&mut world, at).into_iter().map(|(_, status)| status).collect();
                shown.sort();
                let both = [DigestStatus::TransferRemitted, DigestStatus::TransferCredited];
                assert_eq!(shown, both, "{why}, as {at} sees it");
            }
        }
    }
}

#[test]
fn a_payment_that_failed_before_the_store_was_lost_is_paid_once() {
    let script = [Behaviour::Fail(BankFailure::Limit)];
    let (mut world, transfer, mut backups) = whole_story(DATONG, &script);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_failed");
    world.restore(DATONG, backups.swap_remove(0));
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "pay_failed");
    let again = Decision::PayAgain;
    world.decide(DATONG, transfer, (reviewer(), again)).unwrap();
    check_completed(&mut world, transfer, "00", "paid again");
    assert_eq!(world.show(DATONG, transfer).sheet.unwrap().value_date, date("2026-05-20"));
}

#[test]
fn a_cloned_virtual_machine_signs_nothing_and_leaves_the_original_alone() {
    let mut world = world();
    let (clone, transfer) = (world.backup(TAIYUAN), {
        let wish = application(DATONG, OLD, LI);
        world.start(TAIYUAN, wish).unwrap()
    });
    world.province.advance(5_000);
    let log = LogId::public(TAIYUAN, 1);
    let signed = world.province.act(DATONG, |round| log_store::row(round.view, log).unwrap().size);
    let original = world.backup(TAIYUAN);
    let sent = |world: &World| {
        let signed = |event: &Event| {
            matches!(
                event,
                Event::Log(
                    LogEvent::Signed { log, .. }
                ) if log.center == TAIYUAN
            )
        };
        world.province.events.iter().filter(|(at, event)| *at == TAIYUAN && signed(event)).count()
    };
    let before = sent(&world);

    // The clone comes up in the place of the original, and nobody has said that it is one.
    world.replace(TAIYUAN, clone);
    world.province.connect_all();
    world.province.advance(60_000);
    let store = world.backup(TAIYUAN);
    assert!(recovery::is_recovering(&Staged::new(&store)).unwrap());
    let wish = Box::new(application(LINFEN, OLD, LI));
    let wish = TransferCommand::Start(wish);
    let wish = Command::Transfer(Box::new(wish));
    let refused = world.province.command(TAIYUAN, wish).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Recovering);
    assert_eq!(sent(&world), before, "no checkpoint is signed by the clone");

    // It is switched off, and the original goes on in the same log.
    world.replace(TAIYUAN, original);
    world.province.connect_all();
    world.province.advance(60_000);
    assert!(!world.province.act(DATONG, |round| equivocation::is_closed(round.view, log).unwrap()));
    assert!(world.is_completed(transfer, (TAIYUAN, DATONG)));
    let size = world.province.act(DATONG, |round| log_store::row(round.view, log).unwrap().size);
    assert!(size >= signed);
}

#[test]
fn a_node_whose_witnesses_are_lost_goes_on_once_a_person_has_said_so() {
    let mut world = world();
    let store = world.backup(TAIYUAN);
    world.province.cut_off(TAIYUAN);
    world.replace(TAIYUAN, store);
    world.province.advance(60_000);
    let refused = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Recovering);

    let leaves = |world: &mut World| {
        let log = LogId::audit(TAIYUAN, 1);
        world.province.act(TAIYUAN, |round| log_store::row(round.view, log).unwrap().size)
    };
    let before = leaves(&mut world);
    world.let_go(TAIYUAN).unwrap();
    assert_eq!(leaves(&mut world).get(), before.get() + 1, "it is a leaf of the audit log");
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.let_go(TAIYUAN).unwrap_err();

    world.province.cut.clear();
    world.province.connect_all();
    for _ in 0..10 {
        world.wait_minutes(1);
    }
    check_completed(&mut world, transfer, "00", "once the members are back");
}

#[test]
fn a_day_old_backup_takes_back_its_leaves_and_supersedes_those_whose_record_is_gone() {
    const WU: (&str, &str) = ("吴朔", "140399200002290079");
    let mut world = world();
    let backup = (world.backup(TAIYUAN), world.province.now);
    world.go_to("2026-05-21");
    // An account that only the records of that day had, and a change to one that was there before.
    let news = vec![newcomer(TAIYUAN, NEW, LI), newcomer(TAIYUAN, "0126050100077", WU)];
    let items = news.into_iter().map(|account| ImportItem::Account(Box::new(account)));
    world.province.import(TAIYUAN, items.collect()).unwrap();
    world.province.advance(5_000);
    world.restore(TAIYUAN, backup);
    world.province.advance(20_000);
    for at in [TAIYUAN, DATONG, LINFEN] {
        let found = |world: &mut World, whose| {
            let tags = |round: &mut Round<'_>| {
                let tags = tags::compute(round, &[person(whose).document]).unwrap();
                tag_index::by_tag(round.view, tags[0], 64).unwrap()
            };
            let found = world.province.act(at, tags);
            let of_taiyuan = found.into_iter().filter(|found| found.log.center == TAIYUAN);
            of_taiyuan.map(|found| (found.log.number, found.digest.status)).collect::<Vec<_>>()
        };
        assert_eq!(found(&mut world, WU), [(2, DigestStatus::Lost)], "{at}");
        assert_eq!(found(&mut world, LI), [(1, DigestStatus::AccountOpen)], "{at}");
    }
}

#[test]
fn an_authority_put_back_signs_no_second_roster_of_a_version() {
    let mut world = world();
    let backup = (world.backup(AUTHORITY), world.province.now);
    let rename =
        |name: &str| Command::Net(NetCommand::Rename { center: LINFEN, name: name.to_owned() });
    world.province.command(AUTHORITY, rename("临汾一")).unwrap();
    world.province.command(AUTHORITY, rename("临汾二")).unwrap();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.wait_minutes(3);
    let known = world.province.node(DATONG).engine.roster().clone();
    assert_eq!(known.member(LINFEN).unwrap().name, "临汾二");

    // It has heard nobody yet, and could say anything.
    world.province.cut_off(AUTHORITY);
    world.restart_from(AUTHORITY, backup);
    let old = world.province.node(AUTHORITY).engine.roster().version;
    assert!(old + 2 == known.version, "it has forgotten both");
    let refused = world.province.command(AUTHORITY, rename("临汾三")).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Recovering);
    world.province.advance(600_000);
    let refused = world.province.command(AUTHORITY, rename("临汾三")).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Recovering);

    world.province.cut.clear();
    world.province.connect_all();
    world.province.advance(15_000);
    world.come_back(AUTHORITY);
    let next = world.province.node(AUTHORITY).engine.roster().clone();
    assert_eq!(next.version, known.version + 1, "the next log's");
    assert_eq!(next.member(LINFEN).unwrap().name, "临汾二", "what it had forgotten counts");
    world.province.command(AUTHORITY, rename("临汾三")).unwrap();
    world.wait_minutes(3);
    for at in [TAIYUAN, DATONG, LINFEN, AUTHORITY] {
        let roster = world.province.node(at).engine.roster();
        assert_eq!(roster.member(LINFEN).unwrap().name, "临汾三", "{at}");
        let log = LogId::public(AUTHORITY, 1);
        assert!(!world.province.act(at, |round| {
            equivocation::is_convicted(round.view, log.center, log.number).unwrap()
        }));
    }
    check_completed(&mut world, transfer, "00", "the authority has no part in it");
    let store = world.backup(AUTHORITY);
    assert!(!recovery::is_recovering(&Staged::new(&store)).unwrap());
}
