//! Every finding of a check, each by a damage that leads to it: what is told then, and how often.
//!
//! **Promises.** A finding that no longer comes, or comes with another one, fails here by its name.
//! **Left to others.** Logs: `store_check/logs/tests.rs`. Findings of the shell: `fundlink-node`.

mod money;

use super::*;
use crate::account::AccountNumber;
use crate::core_system::{CoreAction, CoreOrder, CoreStep};
use crate::engine::audit::AuditRow;
use crate::engine::core_orders::OpenOrder;
use crate::engine::outbox;
use crate::engine::publishing::Published;
use crate::engine::records::RecordsState;
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_case::CoreMark;
use crate::id::{Blinding, OrderId};
use crate::interest::Accrual;
use crate::ledger::Personal;

/// Findings, in their order, as often as they are told.
type Told = Vec<(Fault, Cure)>;

fn all_told(shelf: &Shelf) -> Told {
    let report = shelf.check();
    let mut told: Told =
        report.findings.iter().map(|finding| (finding.fault, finding.cure)).collect();
    told.sort();
    told
}

fn first(shelf: &Shelf, area: Area) -> (Vec<u8>, Vec<u8>) {
    rows(shelf, area).into_iter().next().unwrap()
}

/// The first row of an area without its row.
fn without(shelf: &Shelf, area: Area) -> Shelf {
    shelf.with(&first(shelf, area).0, None)
}

/// The first row of an area with something behind its value.
fn longer(shelf: &Shelf, area: Area) -> Shelf {
    let (row, value) = first(shelf, area);
    shelf.with(&row, Some([value, vec![0xf6]].concat()))
}

/// The first row of an area, changed so that it still reads well.
fn changed<T>(shelf: &Shelf, area: Area, change: impl FnOnce(&mut T)) -> Shelf
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let (row, value) = first(shelf, area);
    let mut value: T = cbor::decode(&value).unwrap();
    change(&mut value);
    shelf.with(&row, Some(cbor::encode(&value)))
}

fn single_changed<T>(shelf: &Shelf, name: &[u8], change: impl FnOnce(&mut T)) -> Shelf
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let row = key(Area::Single, &[name]);
    let mut value: T = cbor::decode(&shelf.store.get(&row).unwrap().unwrap()).unwrap();
    change(&mut value);
    shelf.with(&row, Some(cbor::encode(&value)))
}

/// The transfer that is not over, changed.
fn open_changed(shelf: &Shelf, change: impl FnOnce(&mut Outgoing)) -> Shelf {
    let [_, (row, mut open)] = transfers(shelf);
    change(&mut open);
    shelf.with(&row, Some(cbor::encode(&open)))
}

/// Both rows of a timer taken out.
fn unset(shelf: &Shelf, timer: Timer) -> Shelf {
    let set = timer::set_key(timer);
    let due = shelf.store.get(&set).unwrap().unwrap();
    let by_time = key(Area::TimerDue, &[&due, &cbor::encode(&timer)]);
    shelf.with(&set, None).with(&by_time, None)
}

fn order(shelf: &Shelf) -> (Vec<u8>, OpenOrder) {
    let [_, (_, open)] = transfers(shelf);
    let action = CoreAction::Unlock(AccountNumber::parse(OLD).unwrap());
    let order = CoreOrder::new(open.case.id, 7, action);
    let since = open.case.letter.issued_at;
    (key(Area::CoreOrder, &[order.id.as_bytes()]), OpenOrder { order, since })
}

/// A statement that the audit log knows and no transfer or outbox names.
fn roster_bytes(shelf: &Shelf) -> Vec<u8> {
    rows(shelf, Area::Roster).pop().unwrap().1
}

/// A damage by its name, and what is told of it.
type Row = (&'static str, fn(&Shelf) -> Shelf, &'static [(Fault, Cure)]);

use Cure::{Configuration, Fetch, Rebuild, Restore};

const MEMBERSHIP: &[Row] = &[
    (
        "a store that was never used",
        |shelf| Shelf { store: MemoryStore::default(), expected: shelf.expected.clone() },
        &[(Fault::NotJoined, Configuration)],
    ),
    (
        "a store that was used, without its anchor",
        |shelf| shelf.with(&key(Area::Single, &[b"anchor"]), None),
        &[(Fault::NotJoined, Restore)],
    ),
    (
        "a roster without this member",
        |shelf| {
            single_changed::<Roster>(shelf, b"roster", |roster| {
                roster.members.retain(|member| member.code != DATONG);
            })
        },
        &[(Fault::OtherMember, Configuration)],
    ),
    (
        "a key of the authority that no key before it has signed",
        |shelf| {
            let row = key(Area::AuthorityKey, &[&7_u64.to_be_bytes()]);
            shelf.with(&row, Some(roster_bytes(shelf)))
        },
        &[(Fault::RosterChain, Restore)],
    ),
    (
        "a roster at another place than its version says",
        |shelf| {
            let (mut row, value) = rows(shelf, Area::Roster).pop().unwrap();
            *row.last_mut().unwrap() += 1;
            shelf.with(&row, Some(value))
        },
        &[(Fault::RosterChain, Restore)],
    ),
    (
        "a statement at the place of a roster",
        |shelf| {
            let last = rows(shelf, Area::Roster).pop().unwrap();
            shelf.with(&last.0, Some(first(shelf, Area::Statement).1))
        },
        &[(Fault::RosterChain, Restore), (Fault::RosterChain, Restore)],
    ),
    (
        "a roster in force that is not the one that was signed",
        |shelf| {
            single_changed::<Roster>(shelf, b"roster", |roster| roster.members[0].name.push('x'))
        },
        &[(Fault::RosterChain, Rebuild)],
    ),
];

const FORMS: &[Row] = &[
    (
        "a row of no area",
        |shelf| shelf.with(&[0xfe, 1], Some(vec![1])),
        &[(Fault::RowForm, Restore)],
    ),
    (
        "a row that is made anew",
        |shelf| longer(shelf, Area::Heartbeat),
        &[(Fault::RowForm, Rebuild)],
    ),
    ("a row that others have", |shelf| longer(shelf, Area::Follow), &[(Fault::RowForm, Fetch)]),
    (
        "a row that nobody else has",
        |shelf| longer(shelf, Area::Published),
        &[(Fault::RowForm, Restore)],
    ),
];

const RECORDS: &[Row] = &[
    (
        "records of no import",
        |shelf| single_changed::<RecordsState>(shelf, b"records", |state| state.current = None),
        &[(Fault::State, Restore), (Fault::RecordChanged, Restore)],
    ),
    (
        "a person who is not found",
        |shelf| without(shelf, Area::Person),
        &[(Fault::PersonIndex, Rebuild)],
    ),
    (
        "a person without a record",
        |shelf| {
            let (mut row, value) = first(shelf, Area::Person);
            *row.last_mut().unwrap() ^= 1;
            shelf.with(&row, Some(value))
        },
        &[(Fault::PersonIndex, Rebuild)],
    ),
    (
        "a digest that another seed opens",
        |shelf| {
            let other = rows(shelf, Area::Published).pop().unwrap().1;
            let other: Published = cbor::decode(&other).unwrap();
            changed::<Published>(shelf, Area::Published, |known| known.seed = other.seed)
        },
        &[(Fault::RecordChanged, Restore)],
    ),
    (
        "a record that was changed",
        |shelf| {
            changed::<StoredAccount>(shelf, Area::Account, |account| {
                account.record.account.contribution_base = Fen::new(77_700).unwrap();
            })
        },
        &[(Fault::RecordChanged, Restore)],
    ),
    (
        "a record that is gone",
        |shelf| {
            let loan = first(shelf, Area::Loan);
            shelf.with(&loan.0, None)
        },
        &[(Fault::RecordChanged, Restore), (Fault::PersonIndex, Rebuild)],
    ),
    (
        "a digest at another leaf",
        |shelf| changed::<Published>(shelf, Area::Published, |known| known.leaf += 1),
        &[(Fault::PublishedLeaf, Restore)],
    ),
    (
        "an account that was never published",
        |shelf| without(shelf, Area::Published),
        &[(Fault::PublishedLeaf, Restore)],
    ),
];

const TIMERS: &[Row] = &[
    (
        "a timer that never rings",
        |shelf| without(shelf, Area::TimerDue),
        &[(Fault::Timer, Rebuild)],
    ),
    ("a timer of no name", |shelf| without(shelf, Area::TimerSet), &[(Fault::Timer, Rebuild)]),
    (
        "a timer that rings twice",
        |shelf| {
            let (mut row, value) = first(shelf, Area::TimerDue);
            row[8] ^= 1;
            shelf.with(&row, Some(value))
        },
        &[(Fault::Timer, Rebuild)],
    ),
];

const STATEMENTS: &[Row] = &[
    (
        "a statement that a leaf commits to",
        |shelf| {
            let audited = rows(shelf, Area::AuditLeaf).into_iter();
            let mut statements = audited.map(|(row, _)| key(Area::Statement, &[&row[1..]]));
            let row = statements.find(|row| shelf.store.get(row).unwrap().is_some()).unwrap();
            shelf.with(&row, None)
        },
        &[(Fault::StatementMissing, Restore), (Fault::StatementMissing, Restore)],
    ),
    (
        "an answer that is not there",
        |shelf| shelf.with(&key(Area::Reply, &[&[9; 32]]), Some(vec![8; 32])),
        &[(Fault::StatementMissing, Restore)],
    ),
    (
        "an outbox that names nothing",
        |shelf| {
            changed::<outbox::Row>(shelf, Area::Outbox, |row| {
                row.statement = PayloadHash::new([9; 32]);
            })
        },
        &[(Fault::StatementMissing, Restore)],
    ),
    (
        "a statement of a transfer that is not there",
        |shelf| {
            open_changed(shelf, |open| {
                open.case.thread.statements.push(PayloadHash::new([9; 32]));
            })
        },
        &[(Fault::StatementMissing, Restore)],
    ),
    (
        "a leaf that another blinding opens",
        |shelf| {
            changed::<AuditRow>(shelf, Area::AuditLeaf, |row| row.blinding = Blinding::new([7; 32]))
        },
        &[(Fault::AuditLeaf, Restore)],
    ),
    (
        "a leaf and a statement without the row between them",
        |shelf| {
            let audited = rows(shelf, Area::AuditLeaf).into_iter().find(|(row, _)| {
                shelf.store.get(&key(Area::Statement, &[&row[1..]])).unwrap().is_some()
            });
            shelf.with(&audited.unwrap().0, None)
        },
        &[
            (Fault::AuditLeaf, Restore),
            (Fault::AuditLeaf, Restore),
            (Fault::Correspondence, Rebuild),
        ],
    ),
    (
        "a list by center that lacks a leaf",
        |shelf| without(shelf, Area::Correspondence),
        &[(Fault::Correspondence, Rebuild)],
    ),
    (
        "a list by center with a leaf too many",
        |shelf| {
            let (mut row, value) = first(shelf, Area::Correspondence);
            row[12] ^= 1;
            shelf.with(&row, Some(value))
        },
        &[(Fault::Correspondence, Rebuild)],
    ),
    (
        "a statement under the name of another",
        |shelf| {
            let shelf_rows = rows(shelf, Area::Statement);
            shelf.with(&shelf_rows[0].0, Some(shelf_rows[1].1.clone()))
        },
        &[(Fault::RowForm, Restore), (Fault::StatementBytes, Restore), (Fault::AuditLeaf, Restore)],
    ),
    (
        "an outbox that nothing wakes",
        |shelf| {
            let (row, _) = first(shelf, Area::Outbox);
            let to = u32::from_be_bytes(row[1..5].try_into().unwrap());
            let to = crate::center::CenterCode::new(to).unwrap();
            let number = u64::from_be_bytes(row[5..].try_into().unwrap());
            unset(shelf, Timer::Deliver(to, number))
        },
        &[(Fault::Outbox, Rebuild)],
    ),
    (
        "an outbox without its counts",
        |shelf| {
            let (row, _) = first(shelf, Area::Outbox);
            shelf.with(&key(Area::OutboxCount, &[&row[1..5]]), None)
        },
        &[(Fault::Outbox, Rebuild)],
    ),
    (
        "an outbox that lacks a row",
        |shelf| without(shelf, Area::Outbox),
        &[(Fault::Outbox, Rebuild), (Fault::Outbox, Restore)],
    ),
];

#[test]
fn each_damage_is_told_by_its_name_and_nothing_else_is() {
    let shelf = Shelf::of(&world());
    let mut named: BTreeSet<Fault> = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, damage, told) in
        [MEMBERSHIP, FORMS, RECORDS, TIMERS, STATEMENTS, money::LEDGER, money::TRANSFERS].concat()
    {
        named.extend(told.iter().map(|(fault, _)| *fault));
        let mut expected = told.to_vec();
        expected.sort();
        let damaged = damage(&shelf);
        let found = all_told(&damaged);
        if found != expected {
            wrong.push(format!("{name}: {found:?} {:?}", damaged.check().findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What the shell finds, and the tests of logs and indexes.
    named.extend([Fault::Unreadable, Fault::CommitsLost, Fault::RowDamaged]);
    named.extend([Fault::LogEntries, Fault::LogTiles, Fault::LogCheckpoint]);
    named.extend([Fault::IndexWithoutLeaf, Fault::LeafWithoutIndex]);
    let all = Fault::ALL.iter().copied().collect();
    assert_eq!(named, all, "every fault has a damage that leads to it");
}
