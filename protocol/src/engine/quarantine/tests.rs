//! Whom a row in quarantine may be about is answered neither with records nor with "no record".

use super::*;
use crate::answer::{Outcome, UnresolvedReason};
use crate::digest::DigestStatus;
use crate::document::DocumentType;
use crate::dossier::{Dossier, Why, Wish};
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorId;
use crate::engine::publishing::{Vanished, published};
use crate::engine::tag_index;
use crate::id::FileHash;
use crate::ledger;
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::record::Person;
use crate::statement::query::Consent;
use crate::store::Staged;
use crate::store::memory::MemoryStore;
use crate::subject::{TagSubject, Tagger as _};
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account, loan, person};
use crate::testing::{AUTHORITY, DATONG, Province, TAIYUAN};
use crate::time::Date;

fn saver(number: &str, whose: (&str, &str)) -> ImportItem {
    ImportItem::Account(Box::new(account(DATONG, number, whose, 12)))
}

fn held(number: &str, whose: (&str, &str)) -> Vec<ImportItem> {
    let number = AccountNumber::parse(number).unwrap();
    let balance = Fen::parse("14400.00").unwrap();
    let row = QuarantinedRow {
        file: PlaceText::parse("accounts.csv").unwrap(),
        line: 7,
        column: PlaceText::parse("GRZHYE").ok(),
        rule: PlaceText::parse("BALANCE_PARTS").unwrap(),
    };
    let whole =
        [Held::Row(row), Held::Person(person(whose).document), Held::Account(number, balance)];
    whole.into_iter().map(ImportItem::Held).collect()
}

/// Datong answers; Li is in order, Zhang in quarantine.
fn province() -> Province {
    let mut province = Province::new();
    province.set_modes(DATONG, Mode::Answer);
    province.import(DATONG, [vec![saver("1", LI)], held("2", ZHANG)].concat()).unwrap();
    province.advance(120_000);
    province
}

fn asked(province: &mut Province, subject: Person) -> Dossier {
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: None,
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![subject],
        transfer: None,
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let Reply::Asked(id) = *province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap() else {
        panic!("another reply");
    };
    province.advance(3_000);
    let Reply::Dossier(dossier) = *province.command(TAIYUAN, Command::Dossier(id)).unwrap() else {
        panic!("another reply");
    };
    *dossier
}

/// What Datong says of a person, and why it was asked.
fn said(province: &mut Province, subject: Person) -> (Why, Option<Outcome>) {
    let dossier = asked(province, subject);
    let row = dossier.rows.iter().find(|row| row.center == DATONG).unwrap();
    (row.why, row.outcome(0).cloned())
}

fn store(province: &mut Province) -> MemoryStore {
    province.node(DATONG).engine.store().clone()
}

fn in_quarantine() -> Option<Outcome> {
    Some(Outcome::Unresolved(UnresolvedReason::InQuarantine))
}

#[test]
fn a_person_in_quarantine_is_tagged_and_unresolved_by_either_number() {
    let mut province = province();
    assert_eq!(said(&mut province, person(ZHANG)), (Why::Holds, in_quarantine()));
    let today = Date::new(2026, 5, 6).unwrap();
    let old = DocumentNumber::parse(DocumentType::ResidentId, "140299850615013", today).unwrap();
    let old = Person { document: old, ..person(ZHANG) };
    assert_eq!(said(&mut province, old), (Why::Holds, in_quarantine()));
    assert!(matches!(said(&mut province, person(LI)), (Why::Holds, Some(Outcome::Found(_)))));
    // Everybody else is not asked about: the center has declared no record without a number.
    assert_eq!(said(&mut province, person(WANG)), (Why::Clear, None));
}

#[test]
fn a_loan_in_quarantine_hides_behind_no_account_that_is_in_order() {
    let mut province = province();
    let party = ImportItem::Held(Held::Person(person(LI).document));
    let contract = ImportItem::Held(Held::Loan(LoanContract::parse("JK1").unwrap()));
    province.import(DATONG, vec![saver("1", LI), party, contract]).unwrap();
    assert_eq!(said(&mut province, person(LI)).1, in_quarantine());
}

#[test]
fn a_later_dump_takes_a_row_out_of_quarantine() {
    let mut province = province();
    province.import(DATONG, vec![saver("1", LI), saver("2", ZHANG)]).unwrap();
    province.advance(120_000);
    assert!(matches!(said(&mut province, person(ZHANG)).1, Some(Outcome::Found(_))));
    let store = store(&mut province);
    let view = Staged::new(&store);
    assert!(!has_person(&view, &person(ZHANG).document).unwrap());
    assert_eq!(rows(&view, 0).unwrap(), []);
    let statuses = statuses_of(&mut province, ZHANG);
    assert_eq!(statuses, [DigestStatus::AccountOpen, DigestStatus::RowHealed]);
    // The next dump has nothing to heal any more.
    province.import(DATONG, vec![saver("1", LI), saver("2", ZHANG)]).unwrap();
    assert_eq!(statuses_of(&mut province, ZHANG), statuses);
}

/// The live digests about a person, as Datong has them.
fn statuses_of(province: &mut Province, whose: (&str, &str)) -> Vec<DigestStatus> {
    let text = person(whose).document.tag_text();
    let epoch = crate::subject::TagEpoch(1);
    let subject = [TagSubject::Person(&text)];
    let tag = province.node(DATONG).tagger.tags(epoch, &subject).unwrap()[0];
    let store = store(province);
    let found = tag_index::by_tag(&Staged::new(&store), tag, 10).unwrap();
    let mut statuses: Vec<DigestStatus> =
        found.iter().map(|indexed| indexed.digest.status).collect();
    statuses.sort();
    statuses
}

#[test]
fn what_was_published_before_stands_while_its_row_is_in_quarantine() {
    let mut province = Province::new();
    province.import(DATONG, vec![saver("1", LI), saver("2", ZHANG)]).unwrap();
    let place = |store: &MemoryStore| {
        published(&Staged::new(store), RecordKind::Account, "2").unwrap().unwrap()
    };
    let before = place(&store(&mut province));
    province.import(DATONG, [vec![saver("1", LI)], held("2", ZHANG)].concat()).unwrap();
    assert_eq!(place(&store(&mut province)), before);
}

#[test]
fn money_in_quarantine_is_owed_and_counted_in_the_control_totals() {
    let mut province = province();
    let store_now = store(&mut province);
    let view = Staged::new(&store_now);
    let totals = records::state(&view).unwrap().current.unwrap().totals;
    assert_eq!((totals.accounts, totals.held.accounts, totals.held.rows), (1, 1, 1));
    let sums = ledger::trial_balance(&view).unwrap();
    let owed = totals.balances.checked_add(totals.held.balances).unwrap();
    assert_eq!(sums.persons, owed.get());
    assert_eq!(sums.sum(), 0);
    // A row less than announced stops the import.
    let mut items = [vec![saver("1", LI)], held("2", ZHANG)].concat();
    let order = province.import_order(&items);
    items.pop();
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(items)).unwrap();
    assert!(province.command(DATONG, Command::ImportCommit).is_err());
}

#[test]
fn rows_in_quarantine_are_listed_by_place_and_rule() {
    let mut province = province();
    let Reply::Quarantine(rows) = *province.command(DATONG, Command::Quarantine(0)).unwrap() else {
        panic!("another reply");
    };
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].file.as_str(), rows[0].line), ("accounts.csv", 7));
    let Reply::Quarantine(rest) = *province.command(DATONG, Command::Quarantine(1)).unwrap() else {
        panic!("another reply");
    };
    assert_eq!(rest, []);
    let shown = format!("{:?} {:?}", held("9923041500021", ZHANG), HeldTotals::default());
    assert!(!shown.contains("99230415") && !shown.contains("140299") && !shown.contains("14400"));
}

#[test]
fn what_an_import_lacks_is_named_by_its_leaf_before_it_counts() {
    let mut province = Province::new();
    let lent = ImportItem::Loan(Box::new(loan(DATONG, "JK1", &[ZHOU])));
    let all = vec![saver("1", LI), saver("2", ZHANG), saver("3", WANG), lent];
    province.import(DATONG, all).unwrap();
    let less = [vec![saver("1", LI)], held("2", ZHANG)].concat();
    let order = province.import_order(&less);
    province.command(DATONG, order).unwrap();
    province.command(DATONG, Command::ImportRecords(less)).unwrap();
    let wish = Command::ImportVanished(Vec::new());
    let Reply::ImportVanished(found) = *province.command(DATONG, wish).unwrap() else {
        panic!("another reply");
    };
    let store = store(&mut province);
    let view = Staged::new(&store);
    let leaf = |kind, number, status| {
        let published = published(&view, kind, number).unwrap().unwrap();
        Vanished { log: published.log, leaf: published.leaf, status }
    };
    let expected = [
        leaf(RecordKind::Account, "3", DigestStatus::AccountOpen),
        leaf(RecordKind::Loan, "JK1", DigestStatus::LoanGranted),
    ];
    assert_eq!(found.records, expected);
    assert_eq!(found.next, None);
}

#[test]
fn every_heartbeat_says_how_many_records_are_in_quarantine_and_as_of_when() {
    let mut province = province();
    let Reply::Status(status) = *province.command(AUTHORITY, Command::Status).unwrap() else {
        panic!("another reply");
    };
    let data = |center| status.members.iter().find(|member| member.center == center).unwrap().data;
    let said = data(DATONG).unwrap();
    assert_eq!((said.records, said.quarantined), (2, 1));
    assert_eq!(said.quarantined_per_million(), 500_000);
    let store = store(&mut province);
    let loaded = records::state(&Staged::new(&store)).unwrap().current.unwrap();
    assert_eq!(said.as_of, loaded.as_of);
    assert_eq!(data(TAIYUAN), None, "nothing was imported there");
}
