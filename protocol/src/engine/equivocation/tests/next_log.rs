//! After a conviction: the authority opens the next log, and the center publishes again.

use crate::center::{CenterCode, Role};
use crate::digest::DigestStatus;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::log_event::LogEvent;
use crate::engine::output::Event;
use crate::engine::rosters::command::{NetCommand, NetReply};
use crate::engine::synchronization::{EntriesWanted, SyncReply};
use crate::engine::tag_index::IndexedDigest;
use crate::engine::{equivocation, following, log_store, tag_index, tags};
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::log::tree::TreeSize;
use crate::record::LoanRecord;
use crate::roster::{LogEnd, MemberLog};
use crate::testing::logs::{ALL, Face, digest, held, size, witnessed};
use crate::testing::people::{LI, WANG, ZHANG, account, loan, person, settled};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, admit, tagger};

const CONTRACT: &str = "JK140100-2021-0001";

fn items(with_wang: bool, loan: LoanRecord) -> Vec<ImportItem> {
    let mut items = vec![
        ImportItem::Account(Box::new(account(TAIYUAN, "0123041500021", LI, 36))),
        ImportItem::Account(Box::new(account(TAIYUAN, "0123041500022", ZHANG, 12))),
        ImportItem::Loan(Box::new(loan)),
    ];
    if with_wang {
        items.push(ImportItem::Account(Box::new(account(TAIYUAN, "0123041500023", WANG, 8))));
    }
    items
}

/// Live digests of Taiyuan about a person, as a member finds them: log, revision and status.
fn found(
    province: &mut Province,
    at: CenterCode,
    whose: (&str, &str),
) -> Vec<(u32, u32, DigestStatus)> {
    let found = province.act(at, |round| {
        let tags = tags::compute(round, &[person(whose).document]).unwrap();
        tag_index::by_tag(round.view, tags[0], 9).unwrap()
    });
    let of_taiyuan = found.iter().filter(|indexed| indexed.log.center == TAIYUAN);
    let row = |indexed: &IndexedDigest| {
        (indexed.log.number, indexed.digest.revision, indexed.digest.status)
    };
    of_taiyuan.map(row).collect()
}

/// Taiyuan has three witnessed leaves and one that no quorum saw, and was convicted.
fn convicted() -> Province {
    let mut province = Province::new();
    let running = loan(TAIYUAN, CONTRACT, &[ZHANG]);
    province.import(TAIYUAN, items(false, running.clone())).unwrap();
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    province.import(TAIYUAN, items(true, running)).unwrap();
    let log = LogId::public(TAIYUAN, 1);
    assert_eq!(held(&mut province, AUTHORITY, log).size, size(4));
    Face::new(log, 0..4).gossip(&mut province, AUTHORITY, DATONG);
    province.cut.clear();
    province.connect_all();
    province.advance(2_000);
    for center in ALL {
        assert!(!province.act(center, |round| equivocation::may_start(round, TAIYUAN).unwrap()));
    }
    province
}

fn open_next(province: &mut Province) -> Vec<MemberLog> {
    let command = Command::Net(NetCommand::NextLog(TAIYUAN));
    let reply = province.command(AUTHORITY, command).unwrap();
    let Reply::Net(NetReply::Roster(roster)) = *reply else { panic!("another reply") };
    province.connect_all();
    province.advance(10_000);
    roster.member(TAIYUAN).unwrap().logs.clone()
}

#[test]
fn the_next_log_begins_where_a_quorum_cosigned_last_and_what_lay_past_it_is_published_again() {
    let mut province = convicted();
    let (old, new) = (LogId::public(TAIYUAN, 1), LogId::public(TAIYUAN, 2));
    let root = province
        .act(AUTHORITY, |round| log_store::root_at(round.view, old, size(3)).unwrap().unwrap());
    let logs = open_next(&mut province);
    assert_eq!(logs[0].closed, Some(LogEnd { size: 3, root }));
    for center in ALL {
        assert!(province.act(center, |round| equivocation::may_start(round, TAIYUAN).unwrap()));
        assert_eq!(witnessed(&mut province, center, new), Some(size(1)), "{center}");
    }
    for center in [TAIYUAN, DATONG, LINFEN] {
        let open = DigestStatus::AccountOpen;
        assert_eq!(found(&mut province, center, LI), [(1, 1, open)], "{center}");
        assert_eq!(found(&mut province, center, WANG), [(2, 1, open)], "{center}");
    }
}

#[test]
fn a_revision_in_the_next_log_takes_the_place_of_the_one_in_the_closed_log() {
    let mut province = convicted();
    open_next(&mut province);
    let loan = settled(loan(TAIYUAN, CONTRACT, &[ZHANG]));
    province.import(TAIYUAN, items(true, loan)).unwrap();
    province.advance(3_000);
    // A center that joins now holds both logs and finds the same.
    let jinzhong = CenterCode::parse("140700").unwrap();
    admit(&mut province, jinzhong);
    let Reply::Net(NetReply::JoinFile(file)) =
        *province.command(AUTHORITY, Command::Net(NetCommand::JoinFile)).unwrap()
    else {
        panic!("another reply")
    };
    province.join(jinzhong, Role::Center, &file);
    province.node(jinzhong).tagger = tagger(jinzhong);
    province.connect_all();
    province.advance(200_000);
    let held = held(&mut province, jinzhong, LogId::public(TAIYUAN, 1));
    assert_eq!(held.size, size(3), "the closed log is held up to its end and no further");
    for center in [TAIYUAN, DATONG, LINFEN, jinzhong] {
        let mut zhang = found(&mut province, center, ZHANG);
        zhang.sort();
        let expected = [(1, 1, DigestStatus::AccountOpen), (2, 2, DigestStatus::LoanSettled)];
        assert_eq!(zhang, expected, "{center}");
    }
    let invalid = |event: &Event| matches!(event, Event::Log(LogEvent::InvalidLeaf { .. }));
    assert!(!province.events.iter().any(|(_, event)| invalid(event)));
}

#[test]
fn a_follower_of_the_other_face_takes_the_true_log_when_the_roster_names_its_end() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    province.cut_off(LINFEN);
    // Taiyuan shows Linfen another log than the rest of the network.
    let face = Face::new(log, 0..4);
    face.gossip(&mut province, LINFEN, TAIYUAN);
    let wanted = EntriesWanted { log, from: TreeSize::ZERO, to: size(4) };
    let (_, bundle) = face.tiles.iter().find(|(tile, _)| **tile == TileId::entries(0)).unwrap();
    let entries = SyncReply::Entries(vec![bundle.clone().into()], Vec::new());
    province.act(LINFEN, |round| following::on_entries(round, TAIYUAN, wanted, entries)).unwrap();
    assert_eq!(held(&mut province, LINFEN, log).root, face.root);
    let running = loan(TAIYUAN, CONTRACT, &[ZHANG]);
    province.import(TAIYUAN, items(false, running)).unwrap();
    assert_eq!(witnessed(&mut province, DATONG, log), Some(size(3)));
    let of_face = |province: &mut Province| {
        let tag = digest(2).subjects[0];
        province.act(LINFEN, |round| tag_index::by_tag(round.view, tag, 9).unwrap().len())
    };
    assert_eq!((of_face(&mut province), found(&mut province, LINFEN, LI)), (1, Vec::new()));

    province.cut.clear();
    province.connect_all();
    province.advance(10_000);
    for center in ALL {
        let closed = province.act(center, |round| equivocation::is_closed(round.view, log));
        assert!(closed.unwrap(), "{center}");
    }
    let end = open_next(&mut province)[0].closed.unwrap();
    province.advance(20_000);
    let row = held(&mut province, LINFEN, log);
    assert_eq!((row.size, row.root), (size(3), end.root));
    assert_eq!(of_face(&mut province), 0);
    let open = DigestStatus::AccountOpen;
    assert_eq!(found(&mut province, LINFEN, LI), [(1, 1, open)]);
}
