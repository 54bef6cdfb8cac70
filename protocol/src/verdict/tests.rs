//! Each rule decides where it is the first that applies.

use super::*;
use crate::account::SerialNumber;
use crate::answer::{CarriedLoans, Found, Freshness, LoanFacts, MonthFacts, Source};
use crate::certificate::{CertificateLoan, CertificateStanding};
use crate::dossier::{PresentedCertificate, RowFailure, Why, Wish};
use crate::engine::operator::OperatorId;
use crate::id::DossierId;
use crate::loan::{LoanRole, LoanStatus};
use crate::money::Fen;
use crate::person_match::PersonMatch;
use crate::purpose::{Purpose, QueryKind};
use crate::record::FraudMark;
use crate::record_seal::{RecordSeed, SealedLoan};
use crate::refusal::Refusal;
use crate::statement::query::GivenFacts;
use crate::testing::certificates::certificate;
use crate::testing::people::{LI, ZHANG, account, loan, person, settled};
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::time::{Month, Timestamp};

const FRESHNESS: Freshness = Freshness { source: Source::Snapshot, as_of: Timestamp::from_ms(0) };

/// A household of two: an account of 36 months up to 2026-03 in Datong, nothing else.
fn dossier() -> Dossier {
    let nothing = || Outcome::NoRecord { as_of: Timestamp::from_ms(0), complete: true };
    let row = |center, outcomes| DossierRow {
        center,
        why: Why::Own,
        query: None,
        question: None,
        state: RowState::Own(Box::new(GivenFacts {
            freshness: FRESHNESS,
            outcomes,
            payouts: None,
        })),
    };
    Dossier {
        id: DossierId::new([1; 32]),
        wish: Wish {
            operator: OperatorId::parse("clerk").unwrap(),
            to: None,
            kind: QueryKind::Dossier,
            purpose: Purpose::LoanApplication,
            subjects: vec![person(LI), person(ZHANG)],
            transfer: None,
            consent: None,
            serial: SerialNumber::parse("DK-1").unwrap(),
            before: None,
            property: None,
            certificates: Vec::new(),
        },
        started: Timestamp::from_ms(0),
        rows: vec![row(TAIYUAN, vec![nothing(), nothing()]), row(DATONG, vec![found(), nothing()])],
        finished: None,
        verdict: None,
        presented: Vec::new(),
        intents: Vec::new(),
    }
}

fn found() -> Outcome {
    let record = account(DATONG, "9923041500021", LI, 36).record;
    Outcome::Found(Box::new(Found {
        matched: PersonMatch::Exact,
        accounts: Some(vec![AccountFacts {
            status: record.account.status,
            paid_to: record.history.paid_to(),
            months: Some(MonthFacts {
                opened_on: record.account.opened_on,
                history: record.history,
                carried: Vec::new(),
            }),
            balance: None,
            number: None,
            fraud: None,
            freshness: FRESHNESS,
            leaf: None,
            off_site: None,
        }]),
        loans: Some(LoanFacts { open: 0, carried: Some(Vec::new()), loans: Some(Vec::new()) }),
        certificate: None,
        transfer: None,
        accesses: None,
    }))
}

/// The facts about the applicant in Datong.
fn facts(dossier: &mut Dossier) -> &mut Found {
    let RowState::Own(given) = &mut dossier.rows[1].state else { panic!("another state") };
    let Outcome::Found(found) = &mut given.outcomes[0] else { panic!("nothing found") };
    found
}

fn first_account(dossier: &mut Dossier) -> &mut AccountFacts {
    &mut facts(dossier).accounts.as_mut().unwrap()[0]
}

fn loans(dossier: &mut Dossier) -> &mut LoanFacts {
    facts(dossier).loans.as_mut().unwrap()
}

fn disclosed(contract: &str, is_settled: bool) -> DisclosedLoan {
    let record = loan(DATONG, contract, &[LI, ZHANG]);
    let record = if is_settled { settled(record) } else { record };
    let seed = RecordSeed::new([1; 32]);
    DisclosedLoan {
        record: SealedLoan::of(&record, &seed),
        blinding: seed.record_blinding(),
        place: 0,
        party: record.parties[0].clone(),
        party_blinding: seed.party_blinding(0),
        leaf: None,
    }
}

fn add_loan(dossier: &mut Dossier, contract: &str, is_settled: bool) {
    loans(dossier).loans.as_mut().unwrap().push(disclosed(contract, is_settled));
}

fn today() -> Date {
    Date::new(2026, 4, 20).unwrap()
}

fn verdict(dossier: &Dossier) -> Verdict {
    decide(dossier, &LoanParameters::of(&Policy::default()), today())
}

type Change = fn(&mut Dossier);

const CASES: &[(Change, Decision, Rule)] = &[
    (|_| {}, Decision::FirstHome, Rule::NoLoan),
    (|d| add_loan(d, "A", true), Decision::SecondHome, Rule::OneLoanSettled),
    (
        |d| {
            d.rows.push(DossierRow {
                center: LINFEN,
                why: Why::NotCurrent,
                query: None,
                question: None,
                state: RowState::Failed(RowFailure::TimedOut),
            })
        },
        Decision::Undecided,
        Rule::Incomplete,
    ),
    (
        |d| {
            let RowState::Own(given) = &mut d.rows[0].state else { panic!("another state") };
            given.outcomes[1] = Outcome::Refused(Refusal::NameMismatch);
        },
        Decision::Undecided,
        Rule::Incomplete,
    ),
    (
        |d| {
            let RowState::Own(given) = &mut d.rows[0].state else { panic!("another state") };
            given.outcomes[1] = Outcome::NoRecord { as_of: Timestamp::from_ms(0), complete: false };
        },
        Decision::Undecided,
        Rule::Incomplete,
    ),
    (
        |d| {
            let mut facts = disclosed("A", true);
            facts.record.loan.overdue.periods_total = 6;
            loans(d).loans.as_mut().unwrap().push(facts);
        },
        Decision::Refused,
        Rule::OverdueBefore,
    ),
    (
        |d| {
            add_loan(d, "A", true);
            add_loan(d, "B", true);
        },
        Decision::Refused,
        Rule::LoansUsedUp,
    ),
    (|d| add_loan(d, "A", false), Decision::Refused, Rule::LoanOpen),
    (|d| loans(d).open = 1, Decision::Refused, Rule::LoanOpen),
    (
        |d| {
            let mut facts = disclosed("A", false);
            facts.record.loan.overdue.periods_current = 1;
            loans(d).loans.as_mut().unwrap().push(facts);
        },
        Decision::Refused,
        Rule::OverdueNow,
    ),
    (
        |d| first_account(d).fraud = Some(FraudMark { until: Date::new(2026, 4, 20).ok() }),
        Decision::Refused,
        Rule::Fraud,
    ),
    (
        |d| first_account(d).fraud = Some(FraudMark { until: Date::new(2026, 4, 19).ok() }),
        Decision::FirstHome,
        Rule::NoLoan,
    ),
    (|d| first_account(d).fraud = Some(FraudMark { until: None }), Decision::Refused, Rule::Fraud),
    (|d| first_account(d).status = AccountStatus::Frozen, Decision::Refused, Rule::Frozen),
];

#[test]
fn each_rule_decides_where_it_is_the_first_that_applies() {
    for (place, (change, decision, rule)) in CASES.iter().enumerate() {
        let mut dossier = dossier();
        change(&mut dossier);
        let verdict = verdict(&dossier);
        assert_eq!((verdict.decision, verdict.rule), (*decision, *rule), "case {place}");
    }
}

#[test]
fn a_refusal_stands_although_a_center_did_not_say() {
    let mut dossier = dossier();
    add_loan(&mut dossier, "A", false);
    dossier.rows[0].state = RowState::Failed(RowFailure::Unreachable);
    assert_eq!(verdict(&dossier).rule, Rule::LoanOpen);
}

#[test]
fn months_must_reach_the_present_and_suffice() {
    let mut late = dossier();
    let parameters = LoanParameters::of(&Policy::default());
    let decided = decide(&late, &parameters, Date::new(2026, 5, 1).unwrap());
    assert_eq!(decided.rule, Rule::Arrears);
    let strict = LoanParameters { months_min: 37, ..parameters };
    assert_eq!(decide(&late, &strict, today()).rule, Rule::TooFewMonths);
    assert_ne!(strict.hash(), parameters.hash());
    first_account(&mut late).months = None;
    assert_eq!(decide(&late, &parameters, today()).rule, Rule::Arrears);
}

#[test]
fn a_loan_counts_once_however_many_told_of_it() {
    let mut dossier = dossier();
    add_loan(&mut dossier, "A", true);
    let RowState::Own(given) = &mut dossier.rows[1].state else { panic!("another state") };
    let outcome = given.outcomes[0].clone();
    given.outcomes[1] = outcome;
    let carried = vec![CarriedLoans { from: DATONG, used: 1 }];
    loans(&mut dossier).carried = Some(carried);
    assert_eq!(verdict(&dossier).loans_used, 1);
    let carried = vec![CarriedLoans { from: LINFEN, used: 1 }];
    loans(&mut dossier).carried = Some(carried);
    let decided = verdict(&dossier);
    assert_eq!((decided.loans_used, decided.rule), (2, Rule::LoansUsedUp));
}

#[test]
fn months_of_two_cities_add_up() {
    let mut dossier = dossier();
    let mut there = DepositHistory::new();
    for month in [202_211, 202_212, 202_301, 202_302] {
        let month = Month::from_number(month).unwrap();
        let day = month.first_day().unwrap();
        let rules = ContinuityRules::default();
        there.record(month, day, crate::deposit_history::PaymentKind::Regular, rules);
    }
    let months = first_account(&mut dossier).months.as_mut().unwrap();
    months.carried.push(crate::answer::CarriedMonths { from: LINFEN, history: there });
    assert_eq!(verdict(&dossier).months, 40);
}

#[test]
fn every_rule_is_named_in_both_languages() {
    let rules = [
        Rule::Frozen,
        Rule::Fraud,
        Rule::OverdueNow,
        Rule::LoanOpen,
        Rule::LoansUsedUp,
        Rule::OverdueBefore,
        Rule::Incomplete,
        Rule::Arrears,
        Rule::TooFewMonths,
        Rule::OneLoanSettled,
        Rule::NoLoan,
        Rule::OffSiteLoan,
        Rule::CertificateUnknown,
        Rule::CertificateRevoked,
        Rule::CertificateUsed,
        Rule::CertificateExpired,
    ];
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name()).collect();
    let english: BTreeSet<&str> = rules.iter().map(|rule| rule.english()).collect();
    let chinese: BTreeSet<&str> = rules.iter().map(|rule| rule.chinese()).collect();
    assert_eq!((names.len(), english.len(), chinese.len()), (16, 16, 16));
}

fn presented(standing: Option<CertificateStanding>) -> PresentedCertificate {
    let known = certificate(AccountStatus::Normal, 202_603);
    PresentedCertificate {
        number: known.number,
        standing,
        subject: Some(0),
        certificate: Some(Box::new(known)),
    }
}

#[test]
fn a_certificate_that_is_worth_nothing_refuses_and_names_its_rule() {
    let cases = [
        (Some(CertificateStanding::Expired), Rule::CertificateExpired),
        (Some(CertificateStanding::Used), Rule::CertificateUsed),
        (Some(CertificateStanding::Revoked), Rule::CertificateRevoked),
        (None, Rule::CertificateUnknown),
    ];
    for (standing, rule) in cases {
        let mut dossier = dossier();
        dossier.presented = vec![presented(Some(CertificateStanding::Valid)), presented(standing)];
        let verdict = verdict(&dossier);
        assert_eq!((verdict.decision, verdict.rule), (Decision::Refused, rule));
    }
    let mut dossier = dossier();
    dossier.presented = vec![presented(Some(CertificateStanding::Valid))];
    assert_eq!(verdict(&dossier).rule, Rule::NoLoan);
}

#[test]
fn a_valid_certificate_stands_in_for_a_center_that_cannot_be_heard() {
    let mut dossier = dossier();
    dossier.wish.subjects.truncate(1);
    dossier.rows[0].state = RowState::Failed(RowFailure::TimedOut);
    dossier.rows[1].state = RowState::NotAsked;
    assert_eq!(verdict(&dossier).rule, Rule::Incomplete);
    dossier.presented = vec![presented(Some(CertificateStanding::Valid))];
    let decided = verdict(&dossier);
    assert_eq!((decided.rule, decided.months), (Rule::NoLoan, 36));
    // Of another center; about one of two persons; just before the payout.
    let mut of_another = dossier.clone();
    of_another.rows[0].center = LINFEN;
    assert_eq!(verdict(&of_another).rule, Rule::Incomplete);
    let mut of_one = dossier.clone();
    of_one.wish.subjects.push(person(ZHANG));
    assert_eq!(verdict(&of_one).rule, Rule::Incomplete);
    dossier.wish.purpose = Purpose::LoanPayout;
    assert_eq!(verdict(&dossier).rule, Rule::Incomplete);
}

#[test]
fn what_a_certificate_says_against_the_applicant_counts() {
    let mut dossier = dossier();
    dossier.wish.subjects.truncate(1);
    dossier.rows[0].state = RowState::Failed(RowFailure::Unreachable);
    dossier.rows[1].state = RowState::NotAsked;
    let mut frozen = presented(Some(CertificateStanding::Valid));
    if let Some(known) = &mut frozen.certificate {
        known.status = AccountStatus::Frozen;
    }
    dossier.presented = vec![frozen];
    assert_eq!(verdict(&dossier).rule, Rule::Frozen);
}

#[test]
fn an_account_that_secures_a_loan_elsewhere_refuses_all_but_its_lender() {
    let mut dossier = dossier();
    first_account(&mut dossier).off_site = Some(LINFEN);
    assert_eq!(verdict(&dossier).rule, Rule::OffSiteLoan);
    first_account(&mut dossier).off_site = Some(TAIYUAN);
    assert_eq!(verdict(&dossier).rule, Rule::NoLoan, "the asking center lends itself");
}

#[test]
fn what_is_just_enough_is_enough() {
    let mut dossier = dossier();
    let mut facts = disclosed("A", true);
    facts.record.loan.overdue.periods_total = Policy::default().loan_overdue_periods_max;
    loans(&mut dossier).loans.as_mut().unwrap().push(facts);
    assert_eq!(verdict(&dossier).rule, Rule::OneLoanSettled);
    let parameters = LoanParameters { months_min: 36, ..LoanParameters::of(&Policy::default()) };
    assert_eq!(decide(&dossier, &parameters, today()).rule, Rule::OneLoanSettled);
}

/// What a verdict finds where a certificate stands in for its issuer.
fn certified(change: impl FnOnce(&mut Certificate)) -> Rule {
    let mut dossier = dossier();
    dossier.wish.subjects.truncate(1);
    dossier.rows[0].state = RowState::Failed(RowFailure::TimedOut);
    dossier.rows[1].state = RowState::NotAsked;
    let mut one = presented(Some(CertificateStanding::Valid));
    change(one.certificate.as_mut().unwrap());
    dossier.presented = vec![one];
    verdict(&dossier).rule
}

#[test]
fn a_certificate_that_stands_in_is_judged_like_an_answer() {
    let loan = |status, overdue_total| CertificateLoan {
        contract: LoanContract::parse(&format!("{status:?}-{overdue_total}")).unwrap(),
        role: LoanRole::CoBorrower,
        status,
        disbursed_on: None,
        disbursed: Fen::ZERO,
        balance: Fen::ZERO,
        overdue_current: 0,
        overdue_total,
        repayment: None,
    };
    let until = |day| Some(FraudMark { until: Date::new(2026, 4, day).ok() });
    assert_eq!(certified(|_| {}), Rule::NoLoan);
    assert_eq!(certified(|known| known.fraud = until(20)), Rule::Fraud);
    assert_eq!(certified(|known| known.fraud = until(19)), Rule::NoLoan);
    assert_eq!(certified(|known| known.fraud = Some(FraudMark { until: None })), Rule::Fraud);
    let with = |loans: Vec<CertificateLoan>| certified(|known| known.loans = loans);
    assert_eq!(with(vec![loan(LoanStatus::Overdue, 1)]), Rule::OverdueNow);
    assert_eq!(with(vec![loan(LoanStatus::Active, 0)]), Rule::LoanOpen);
    assert_eq!(with(vec![loan(LoanStatus::Settled, 0)]), Rule::OneLoanSettled);
    assert_eq!(with(vec![loan(LoanStatus::Settled, 99)]), Rule::OverdueBefore);
    let two = vec![loan(LoanStatus::Settled, 0), loan(LoanStatus::Settled, 1)];
    assert_eq!(with(two), Rule::LoansUsedUp);
    let both = vec![loan(LoanStatus::Overdue, 1), loan(LoanStatus::Settled, 0)];
    assert_eq!(with(both), Rule::OverdueNow);
}
