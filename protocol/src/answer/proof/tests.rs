//! A proof holds as it was made, and no part of it may be changed.

use super::*;
use crate::document::{DocumentNumber, DocumentType};
use crate::id::Blinding;
use crate::loan::{Loan, LoanAccount, LoanContract, LoanParty, LoanRole, Overdue};
use crate::log::checkpoint::Checkpoint;
use crate::log::checkpoint::tests::{key_pair, sign};
use crate::log::note::KeyKind;
use crate::log::origin::Origin;
use crate::log::tree::{LeafIndex, leaf_hash};
use crate::money::Fen;
use crate::person_name::PersonName;
use crate::rate::Rate;
use crate::record::LoanRecord;
use crate::record_seal::{RecordSeed, SealedLoan};
use crate::time::Date;

fn person(name: &str, number: &str) -> Person {
    let today = Date::new(2026, 5, 20).unwrap();
    Person {
        name: PersonName::parse(name).unwrap(),
        document: DocumentNumber::parse(DocumentType::ResidentId, number, today).unwrap(),
    }
}

fn record() -> LoanRecord {
    let party = |role, person: Person| LoanParty {
        role,
        name: person.name,
        document: person.document,
        account: None,
    };
    LoanRecord {
        center: crate::testing::DATONG,
        loan: Loan {
            contract: LoanContract::parse("JK140200-2021-0001").unwrap(),
            account: LoanAccount::parse("140200202100001").unwrap(),
            contract_amount: Fen::parse("300000.00").unwrap(),
            disbursed: Fen::parse("300000.00").unwrap(),
            balance: Fen::parse("250000.00").unwrap(),
            rate: Rate::parse("0.0325").unwrap(),
            periods: 240,
            overdue: Overdue::default(),
            signed_on: None,
            disbursed_on: Date::new(2021, 3, 1).ok(),
            settled_on: None,
            guarantee: None,
            repayment: None,
            risk: None,
            mark: None,
        },
        parties: vec![
            party(LoanRole::Borrower, person("李晓禾", "140199199003070223")),
            party(LoanRole::CoBorrower, person("张大同", "140299850615013")),
        ],
    }
}

const TAG: SubjectTag = SubjectTag::new([5; 32]);

/// A loan as the answering center discloses it, in a log of this one leaf.
fn disclosed(seed: &RecordSeed) -> (DisclosedLoan, Policy) {
    let record = record();
    let sealed = SealedLoan::of(&record, seed);
    let digest = Digest {
        status: DigestStatus::LoanGranted,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: None,
        epoch: 1,
        subjects: vec![SubjectTag::new([4; 32]), TAG],
        reference: None,
        commitment: record_commitment(&seed.record_blinding(), &sealed),
        date: Date::new(2026, 5, 6).unwrap(),
        channel: None,
    };
    let entry = cbor::encode(&digest);
    let (secret, key) = key_pair(1, "fundlink/test/140200/1", KeyKind::Log);
    let checkpoint = Checkpoint {
        origin: Origin::new("fundlink/test/140200/1").unwrap(),
        size: LeafIndex::new(0).smallest_tree().unwrap(),
        root: leaf_hash(&entry),
    };
    let note = sign(&checkpoint, &secret, &key);
    let proof = TlogProof { extra: None, index: LeafIndex::new(0), path: Vec::new(), note };
    let leaf = LeafReference {
        log: 1,
        index: LeafIndex::new(0),
        entry: entry.into(),
        proof: Some(proof.encode().into()),
    };
    let loan = DisclosedLoan {
        record: sealed,
        blinding: seed.record_blinding(),
        place: 1,
        party: record.parties[1].clone(),
        party_blinding: seed.party_blinding(1),
        leaf: Some(leaf),
    };
    (loan, Policy::logged(vec![key]))
}

fn check(loan: &DisclosedLoan, policy: &Policy) -> Result<Proven, ProofFault> {
    let subject = person("张大同", "140299198506150138");
    let policies = Policies { witnessed: None, logged: policy };
    check_loan(loan, &subject, Some(&TAG), policies)
}

#[test]
fn a_disclosed_loan_is_proved_to_one_party_without_naming_the_other() {
    let (loan, policy) = disclosed(&RecordSeed::new([1; 32]));
    assert_eq!(check(&loan, &policy), Ok(Proven::Logged));
    let bytes = cbor::encode(&loan);
    let other = "140199199003070223".as_bytes();
    assert!(!bytes.windows(other.len()).any(|window| window == other));
    assert_eq!(cbor::decode::<DisclosedLoan>(&bytes), Ok(loan.clone()));
    let awaited = DisclosedLoan { leaf: None, ..loan };
    assert_eq!(check(&awaited, &policy), Ok(Proven::Awaited));
}

type Change = fn(&mut DisclosedLoan, &DisclosedLoan);

#[test]
fn every_changed_part_of_a_proof_is_found() {
    let (good, policy) = disclosed(&RecordSeed::new([1; 32]));
    let (other, _) = disclosed(&RecordSeed::new([2; 32]));
    let changed = |change: Change| {
        let mut loan = good.clone();
        change(&mut loan, &other);
        check(&loan, &policy)
    };
    let cases: &[(Change, ProofFault)] = &[
        (|loan, _| loan.record.loan.balance = Fen::ZERO, ProofFault::Status),
        (|loan, _| loan.record.loan.periods = 241, ProofFault::Commitment),
        (|loan, _| loan.blinding = Blinding::new([9; 32]), ProofFault::Commitment),
        (|loan, _| loan.party_blinding = Blinding::new([9; 32]), ProofFault::Party),
        (|loan, _| loan.party.role = LoanRole::Guarantor, ProofFault::Party),
        (|loan, _| loan.place = 0, ProofFault::Party),
        (|loan, _| loan.place = 2, ProofFault::Party),
        (|loan, other| loan.leaf.clone_from(&other.leaf), ProofFault::Commitment),
        (|loan, _| leaf(loan).entry = vec![0].into(), ProofFault::Entry),
        (|loan, _| leaf(loan).index = LeafIndex::new(1), ProofFault::Inclusion),
        (|loan, _| leaf(loan).proof = Some(Vec::new().into()), ProofFault::Inclusion),
        (
            |loan, other| leaf(loan).proof.clone_from(&other.leaf.as_ref().unwrap().proof),
            ProofFault::Inclusion,
        ),
    ];
    for (place, (change, fault)) in cases.iter().enumerate() {
        assert_eq!(changed(*change), Err(*fault), "case {place}");
    }
}

fn leaf(loan: &mut DisclosedLoan) -> &mut LeafReference {
    loan.leaf.as_mut().unwrap()
}

#[test]
fn a_loan_of_somebody_else_is_not_taken_for_this_persons() {
    let (loan, policy) = disclosed(&RecordSeed::new([1; 32]));
    let policies = Policies { witnessed: None, logged: &policy };
    let stranger = person("周临", "141099197812310529");
    assert_eq!(check_loan(&loan, &stranger, None, policies), Err(ProofFault::Party));
    let subject = person("张大同", "140299198506150138");
    let tag = SubjectTag::new([6; 32]);
    assert_eq!(check_loan(&loan, &subject, Some(&tag), policies), Err(ProofFault::Tag));
}
