//! An import is all or nothing, the same dump publishes nothing, and a change is a new revision.

use super::*;
use crate::digest::DigestStatus;
use crate::engine::command::{Command, Reply};
use crate::engine::publishing::{Phase, WalkCounts, published};
use crate::engine::records::{Origin, RecordKind};
use crate::money::Fen;
use crate::store::keys::{Area, key};
use crate::store::memory::MemoryStore;
use crate::store::{Staged, Store};
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account, loan, person, settled};
use crate::testing::{DATONG, Province};

fn items() -> Vec<ImportItem> {
    vec![
        ImportItem::Account(Box::new(account(DATONG, "9923041500021", LI, 36))),
        ImportItem::Account(Box::new(account(DATONG, "9923041500022", ZHANG, 12))),
        ImportItem::Loan(Box::new(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]))),
        ImportItem::Unnumbered(UnnumberedRecord {
            kind: RecordKind::Account,
            name: Some(person(WANG).name),
            birth: Month::from_number(199_608).ok(),
        }),
    ]
}

fn store(province: &mut Province) -> MemoryStore {
    province.node(DATONG).engine.store().clone()
}

fn report_of(province: &mut Province) -> Box<RecordsReport> {
    let Reply::Records(report) = *province.command(DATONG, Command::Records).unwrap() else {
        panic!("another reply");
    };
    report
}

fn walked(province: &mut Province) -> WalkCounts {
    let walk = report_of(province).publishing.walk.unwrap();
    assert_eq!(walk.phase, Phase::Done);
    walk.counts
}

#[test]
fn records_are_found_by_number_and_by_person_once_committed() {
    let mut province = Province::new();
    let changes = province.import(DATONG, items()).unwrap();
    assert_eq!(changes, Changes { added: 3, ..Changes::default() });
    assert_eq!(walked(&mut province).published, 3);
    let store = store(&mut province);
    let view = Staged::new(&store);
    let accounts = records::accounts_of(&view, &person(LI).document).unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].1, Origin::Imported);
    assert_eq!(accounts[0].0.rows.len(), 36);
    let loans = records::loans_of(&view, &person(LI).document).unwrap();
    assert_eq!(loans[0].loan.contract.as_str(), "JK140200-2021-0001");
    assert!(records::loans_of(&view, &person(ZHOU).document).unwrap().is_empty());
    assert_eq!(records::unnumbered(&view).unwrap(), 1);
    assert!(records::may_be_unnumbered(&view, &person(WANG), None).unwrap());
    assert!(!records::may_be_unnumbered(&view, &person(LI), None).unwrap());
    let loan = Some(RecordKind::Loan);
    assert!(!records::may_be_unnumbered(&view, &person(WANG), loan).unwrap());
}

#[test]
fn the_same_dump_again_publishes_nothing() {
    let mut province = Province::new();
    province.import(DATONG, items()).unwrap();
    let view_of = |store: &MemoryStore, number: &str| {
        published(&Staged::new(store), RecordKind::Account, number).unwrap()
    };
    let before = store(&mut province);
    let changes = province.import(DATONG, items()).unwrap();
    assert_eq!(changes, Changes { same: 3, ..Changes::default() });
    let counts = WalkCounts { unchanged: 3, ..WalkCounts::default() };
    assert_eq!(walked(&mut province), counts);
    let after = store(&mut province);
    for number in ["9923041500021", "9923041500022"] {
        assert_eq!(view_of(&before, number), view_of(&after, number));
    }
}

#[test]
fn what_changed_is_published_as_the_next_revision() {
    let mut province = Province::new();
    province.import(DATONG, items()).unwrap();
    let before = store(&mut province);
    let mut changed = items();
    changed[2] =
        ImportItem::Loan(Box::new(settled(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]))));
    changed.remove(1);
    assert_eq!(
        province.import(DATONG, changed).unwrap(),
        Changes { changed: 1, same: 1, ..Changes::default() }
    );
    let counts = WalkCounts { published: 2, unchanged: 1, gone: 1, kept: 0 };
    assert_eq!(walked(&mut province), counts);
    let store = store(&mut province);
    let view = Staged::new(&store);
    let loan = published(&view, RecordKind::Loan, "JK140200-2021-0001").unwrap().unwrap();
    let old = published(&Staged::new(&before), RecordKind::Loan, "JK140200-2021-0001");
    let old = old.unwrap().unwrap();
    let digest = loan.digest().unwrap();
    assert_eq!((digest.status, digest.revision), (DigestStatus::LoanSettled, 2));
    assert_eq!(digest.previous, Some(old.leaf));
    assert_eq!(digest.subjects, old.digest().unwrap().subjects);
    assert_ne!(loan.seed, old.seed);
    let gone = published(&view, RecordKind::Account, "9923041500022").unwrap().unwrap();
    assert_eq!(gone.digest().unwrap().status, DigestStatus::Lost);
    assert!(records::accounts_of(&view, &person(ZHANG).document).unwrap().is_empty());
}

#[test]
fn an_aborted_import_leaves_no_trace() {
    let mut province = Province::new();
    province.import(DATONG, items()).unwrap();
    let before = store(&mut province);
    let other = vec![ImportItem::Account(Box::new(account(DATONG, "1", ZHOU, 1)))];
    let order = province.import_order(&other);
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(other)).unwrap();
    let staged = store(&mut province);
    assert!(
        records::accounts_of(&Staged::new(&staged), &person(ZHOU).document).unwrap().is_empty()
    );
    province.command(DATONG, Command::ImportAbort).unwrap();
    province.advance(1_000);
    let after = store(&mut province);
    let rows = |store: &MemoryStore, area: u8| store.range(&[area], &[area + 1], 1_000).unwrap();
    for area in [b'A', b'L', b'P', b'N', b'D'] {
        assert_eq!(rows(&before, area), rows(&after, area), "area {}", char::from(area));
    }
}

#[test]
fn totals_that_do_not_agree_stop_the_import() {
    let mut province = Province::new();
    let mut wanted = items();
    let order = province.import_order(&wanted);
    province.command(DATONG, order).unwrap();
    wanted.pop();
    province.command(DATONG, Command::ImportRecords(wanted)).unwrap();
    let refused = province.command(DATONG, Command::ImportCommit).unwrap_err();
    assert_eq!(refused.refusal, Refusal::WrongState);
    assert_eq!(report_of(&mut province).records.current, None);
}

#[test]
fn a_wrong_portion_is_refused_whole() {
    let mut province = Province::new();
    let good = account(DATONG, "9923041500021", LI, 36);
    let mut foreign = good.clone();
    foreign.record.center = crate::testing::TAIYUAN;
    let mut strange_row = good.clone();
    strange_row.rows[0].account = crate::account::AccountNumber::parse("7").unwrap();
    let mut nobody = loan(DATONG, "JK1", &[ZHANG]);
    nobody.parties.clear();
    let other = || ImportItem::Account(Box::new(account(DATONG, "2", ZHANG, 1)));
    let cases = [
        vec![other(), ImportItem::Account(Box::new(foreign))],
        vec![other(), ImportItem::Account(Box::new(strange_row))],
        vec![other(), ImportItem::Loan(Box::new(nobody))],
        vec![other(), other()],
    ];
    let order = province.import_order(&[]);
    province.command(DATONG, order).unwrap();
    for items in cases {
        let refused = province.command(DATONG, Command::ImportRecords(items)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Argument);
    }
    let staging = report_of(&mut province).staging.unwrap();
    assert_eq!(staging.staged, Totals::default());
    province.command(DATONG, Command::ImportRecords(vec![other()])).unwrap();
    let again = province.command(DATONG, Command::ImportRecords(vec![other()])).unwrap_err();
    assert_eq!(again.refusal, Refusal::Argument);
}

#[test]
fn a_portion_holds_so_many_records_and_a_loan_so_many_parties() {
    let mut province = Province::new();
    let order = province.import_order(&[]);
    province.command(DATONG, order).unwrap();
    let one = || ImportItem::Account(Box::new(account(DATONG, "2", ZHANG, 0)));
    for (count, refusal) in [
        // The same account again and again, which is another fault.
        (IMPORT_PORTION_MAX, Refusal::Argument),
        (IMPORT_PORTION_MAX + 1, Refusal::TooLarge),
        (IMPORT_PORTION_MAX + 2, Refusal::TooLarge),
    ] {
        let items = (0..count).map(|_| one()).collect();
        let refused = province.command(DATONG, Command::ImportRecords(items)).unwrap_err();
        assert_eq!(refused.refusal, refusal, "{count}");
    }
    for (parties, is_taken) in [(0, false), (1, true), (16, true), (17, false)] {
        let mut shared = loan(DATONG, &format!("JK{parties}"), &[ZHANG]);
        shared.parties = vec![shared.parties[0].clone(); parties];
        let items = vec![ImportItem::Loan(Box::new(shared))];
        let taken = province.command(DATONG, Command::ImportRecords(items));
        assert_eq!(taken.is_ok(), is_taken, "{parties} parties");
    }
}

#[test]
fn a_loan_contract_appears_once_in_an_import_in_whatever_portions_it_comes() {
    let mut province = Province::new();
    let order = province.import_order(&[]);
    province.command(DATONG, order).unwrap();
    let one = |number: &str| ImportItem::Loan(Box::new(loan(DATONG, number, &[ZHANG])));
    for (items, is_taken) in [
        (vec![one("JK1"), one("JK1")], false),
        (vec![one("JK1")], true),
        (vec![one("JK2"), one("JK1")], false),
        (vec![one("JK2")], true),
    ] {
        let taken = province.command(DATONG, Command::ImportRecords(items));
        assert_eq!(taken.err().map(|no| no.refusal), (!is_taken).then_some(Refusal::Argument));
    }
}

#[test]
fn imports_are_refused_out_of_order() {
    let mut province = Province::new();
    for command in [Command::ImportCommit, Command::ImportAbort] {
        let refused = province.command(DATONG, command).unwrap_err();
        assert_eq!(refused.refusal, Refusal::WrongState);
    }
    let order = province.import_order(&[]);
    province.command(DATONG, order).unwrap();
    let second = province.import_order(&[]);
    assert_eq!(province.command(DATONG, second).unwrap_err().refusal, Refusal::WrongState);
    province.command(DATONG, Command::ImportCommit).unwrap();
    let mut older = ImportOrder {
        operator: OperatorId::parse("clerk").unwrap(),
        as_of: province.now.plus_ms(-1),
        files: FileHash::new([1; 32]),
        expected: Totals::default(),
    };
    let begin = |order: &ImportOrder| Command::ImportBegin(Box::new(order.clone()));
    let same = ImportOrder { as_of: province.now, ..older.clone() };
    province.command(DATONG, begin(&same)).unwrap();
    province.command(DATONG, Command::ImportAbort).unwrap();
    let refused = province.command(DATONG, begin(&older)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::WrongState);
    older.as_of = province.now.plus_ms(CLOCK_SKEW_MS + 1);
    let refused = province.command(DATONG, begin(&older)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Argument);
    older.operator = OperatorId::parse("nobody").unwrap();
    let refused = province.command(DATONG, begin(&older)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Operator);
}

#[test]
fn an_account_that_a_transfer_changed_survives_the_next_import() {
    let mut province = Province::new();
    province.tamper();
    province.import(DATONG, items()).unwrap();
    let mut changed = account(DATONG, "9923041500021", LI, 36);
    changed.record.account.balance = Fen::ZERO;
    // What a transfer does within its own round.
    let store_before = store(&mut province);
    let mut view = Staged::new(&store_before);
    records::keep_account(&mut view, &changed.record.account.number).unwrap();
    records::put_account(&mut view, Generation::KEPT, &changed);
    let batch = view.into_batch();
    let mut kept_store = store_before;
    kept_store.commit(batch).unwrap();
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    province.node(DATONG).engine = crate::engine::Engine::open(kept_store, settings, now).unwrap();
    let changes = province.import(DATONG, items()).unwrap();
    assert_eq!(changes.kept, 1);
    assert_eq!(walked(&mut province).kept, 1);
    let store = store(&mut province);
    let view = Staged::new(&store);
    let accounts = records::accounts_of(&view, &person(LI).document).unwrap();
    assert_eq!(accounts, [(changed, Origin::Kept)]);
}

#[test]
fn a_large_import_is_published_in_portions_over_restarts() {
    let mut province = Province::new();
    let body = |n: usize| format!("1401991990{:02}{:02}{:03}", n % 12 + 1, n % 28 + 1, n % 1000);
    let items: Vec<ImportItem> = (0..1_000)
        .map(|n| {
            let number = crate::document::resident_number_of(&body(n)).unwrap();
            let whose = ("李晓禾", number.as_str());
            ImportItem::Account(Box::new(account(DATONG, &format!("{n:013}"), whose, 1)))
        })
        .collect();
    let order = province.import_order(&items);
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(items)).unwrap();
    province.command(DATONG, Command::ImportCommit).unwrap();
    let progress = report_of(&mut province).publishing.walk.unwrap();
    assert_eq!(progress.phase, Phase::Accounts);
    assert!(progress.counts.published < 1_000);
    province.restart(DATONG);
    province.advance(3_000);
    assert_eq!(walked(&mut province).published, 1_000);
    let store = store(&mut province);
    let leaves: BTreeSet<u64> = (0..1_000)
        .map(|n| {
            let number = format!("{n:013}");
            let known = published(&Staged::new(&store), RecordKind::Account, &number);
            known.unwrap().unwrap().leaf
        })
        .collect();
    assert_eq!(leaves.len(), 1_000);
}

#[test]
fn a_roster_that_opens_no_other_log_publishes_nothing_again() {
    let mut province = Province::new();
    province.import(DATONG, items()).unwrap();
    let before = province.node(DATONG).engine.roster().clone();
    province.act(DATONG, |round| {
        let place = key(Area::Single, &[b"publishing"]);
        let progress = round.view.get(&place).unwrap();
        publishing::on_roster(round, &before).unwrap();
        assert_eq!(round.view.get(&place).unwrap(), progress);
    });
}
