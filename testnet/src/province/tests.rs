//! What every province promises, over the import that a center would use.

use std::collections::BTreeMap;
use std::fs;

use fundlink_node::import::mapping::Mapping;
use fundlink_node::import::{self, ImportFiles, ImportOptions, ImportSet, ImportedAccount};
use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::deposit_history::ContinuityRules;
use fundlink_protocol::document::DocumentMatch;
use fundlink_protocol::interest::InterestRules;
use fundlink_protocol::loan::LoanStatus;
use fundlink_protocol::money::Fen;
use fundlink_protocol::name_match::NameMatch;
use fundlink_protocol::person_name::PersonName;

use super::cast::{Member, Part};
use super::*;

fn province(seed: u64) -> Province {
    let (year, month, day) = FIRST_DAY;
    Province::new(seed, Scale::parse("0.02").unwrap(), Date::new(year, month, day).unwrap())
        .unwrap()
}

fn files(
    province: Province,
    city: City,
    edition: Edition,
) -> (CityTotals, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let totals = province.write_city(city, edition, folder.path()).unwrap();
    let read = fs::read_dir(folder.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    });
    (totals, read.collect())
}

fn import(province: Province, city: City, edition: Edition) -> (CityTotals, ImportSet) {
    let folder = tempfile::tempdir().unwrap();
    let totals = province.write_city(city, edition, folder.path()).unwrap();
    let files = ImportFiles::open(folder.path(), &Mapping::default()).unwrap();
    let options = ImportOptions::new(city.center(), province.as_of);
    let set = import::check(files, &options, &mut |_| {});
    (totals, set.unwrap_or_else(|error| panic!("{city}: {error:?}")))
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

fn account_of(accounts: &[ImportedAccount], number: &str) -> ImportedAccount {
    let found = accounts.iter().find(|a| a.stored.record.account.number.as_str() == number);
    found.unwrap().clone()
}

#[test]
fn every_city_passes_the_import_with_its_totals_and_proportions() {
    for seed in [1, 77] {
        for city in City::ALL {
            let (totals, set) = import(province(seed), city, Edition::First);
            assert_eq!(set.report.balance, totals.balance);
            assert_eq!(set.report.loan_balance, totals.loan_balance);
            assert_eq!(set.report.unknown_provinces, 0);
            assert_eq!(set.accounts.len() as u64, totals.persons);
            let paying = totals.paying * 1_000 / totals.persons;
            assert!((600..820).contains(&paying), "{city}: {paying} of 1000 pay in");
            let rows = totals.ledger_rows / totals.persons;
            assert!((20..45).contains(&rows), "{city}: {rows} rows a person");
            assert!(totals.loans * 1_000 / totals.persons > 50, "{city}: {}", totals.loans);
        }
    }
}

#[test]
fn one_seed_gives_one_province() {
    let (totals, first) = files(province(5), City::Linfen, Edition::First);
    assert_eq!(files(province(5), City::Linfen, Edition::First), (totals, first.clone()));
    assert_ne!(files(province(6), City::Linfen, Edition::First).1, first);
}

#[test]
fn the_cast_has_the_amounts_of_its_stories() {
    let rules = InterestRules::default();
    for (part, city, day, principal, interest) in [
        (Part::Mover, City::Datong, "2026-05-20", "43758.38", "527.46"),
        (Part::CliffMover, City::Taiyuan, "2026-06-29", "154069.27", "2203.25"),
        (Part::CliffMover, City::Taiyuan, "2026-07-02", "156285.36", "6.51"),
        (Part::LoanDebtor, City::Linfen, "2026-03-02", "123520.23", "1220.36"),
    ] {
        let member = Member::of(part);
        let accounts: Vec<ImportedAccount> =
            import(province(1), city, Edition::First).1.accounts.collect();
        let mut accrual = account_of(&accounts, member.from.account).accrual;
        accrual.advance(Date::parse(day).unwrap(), &rules).unwrap();
        let settled = accrual.settlement(&rules).unwrap();
        let amounts = (settled.principal, settled.interest);
        assert_eq!(amounts, (yuan(principal), yuan(interest)), "{part:?}");
    }
}

#[test]
fn the_cast_has_the_states_that_its_parts_need() {
    let datong: Vec<ImportedAccount> =
        import(province(1), City::Datong, Edition::First).1.accounts.collect();
    let linfen: Vec<ImportedAccount> =
        import(province(1), City::Linfen, Edition::First).1.accounts.collect();
    let of = |part: Part| {
        let member = Member::of(part);
        let accounts = if member.from.city == City::Datong { &datong } else { &linfen };
        account_of(accounts, member.from.account).stored.record
    };
    for (part, status) in [
        (Part::Mover, AccountStatus::Sealed),
        (Part::SecondMover, AccountStatus::Sealed),
        (Part::NotSealed, AccountStatus::Normal),
        (Part::Frozen, AccountStatus::Frozen),
        (Part::LoanApplicant, AccountStatus::Normal),
    ] {
        assert_eq!(of(part).account.status, status, "{part:?}");
    }
    for (part, matches) in [
        (Part::Mover, NameMatch::Exact),
        (Part::NameMismatch, NameMatch::Different),
        (Part::RareName, NameMatch::Suspicious),
    ] {
        let asked = PersonName::parse(Member::of(part).name).unwrap();
        assert_eq!(NameMatch::of(&asked, &of(part).person.name), matches, "{part:?}");
    }
    let old = of(Part::OldNumber).person.document;
    let new = of(Part::Mover).person.document;
    assert_eq!(old.canonical_18().unwrap().as_str(), Member::of(Part::OldNumber).number);
    assert_eq!(old.compare(&new), DocumentMatch::Different);
    let unknown = Member::of(Part::Unknown).number;
    assert!(datong.iter().all(|a| a.stored.record.person.document.as_str() != unknown));
    let combined = of(Part::Mover).combined_history(ContinuityRules::default());
    assert_eq!((combined.history.total(), combined.streak), (36, 36));
}

#[test]
fn the_debtor_owes_and_the_second_loan_comes_with_the_second_edition() {
    let borrowers = |edition: Edition, part: Part| {
        let number = Member::of(part).number;
        let (_, set) = import(province(1), City::Linfen, edition);
        let loans = set.loans.into_iter().filter(|record| {
            record.borrower().is_some_and(|borrower| borrower.document.as_str() == number)
        });
        loans.map(|record| record.loan.status()).collect::<Vec<LoanStatus>>()
    };
    assert_eq!(borrowers(Edition::First, Part::LoanDebtor), [LoanStatus::Overdue]);
    assert_eq!(borrowers(Edition::First, Part::DoubleBorrower), []);
    assert_eq!(borrowers(Edition::WithSecondLoan, Part::DoubleBorrower), [LoanStatus::Active]);
}

#[test]
fn only_days_and_scales_that_make_sense_are_taken() {
    assert_eq!(Province::new(1, Scale::ONE, Date::new(2026, 5, 18).unwrap()), Err(DayError));
    assert_eq!(Scale::parse("1"), Ok(Scale::ONE));
    assert_eq!(Scale::parse("0.05").unwrap().of(City::Taiyuan.people()), 620);
    for bad in ["", "0", "0.0001", "-1", "1e1", "101", ".5", "1000"] {
        assert_eq!(Scale::parse(bad), Err(ScaleError), "{bad:?}");
    }
}
