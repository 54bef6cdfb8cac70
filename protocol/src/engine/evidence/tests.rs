//! What a node collects verifies elsewhere, and no part of it can be changed or left out.

use super::*;
use crate::account::SerialNumber;
use crate::dossier::Wish;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorId;
use crate::evidence::{Demand, FaultReason, Report, verify};
use crate::id::FileHash;
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::roster::chain::TrustAnchor;
use crate::statement::query::Consent;
use crate::testing::people::{LI, ZHANG, account, loan, person};
use crate::testing::{DATONG, Province, TAIYUAN};

fn province() -> Province {
    let mut province = Province::new();
    province.set_modes(DATONG, Mode::Answer);
    let items = vec![
        ImportItem::Account(Box::new(account(DATONG, "9923041500021", LI, 36))),
        ImportItem::Loan(Box::new(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]))),
    ];
    province.import(DATONG, items).unwrap();
    province.import(TAIYUAN, Vec::new()).unwrap();
    province.advance(120_000);
    province
}

fn collect(
    province: &mut Province,
    center: crate::center::CenterCode,
    wish: EvidenceWish,
) -> Parts {
    let reply = province.command(center, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    parts
}

fn anchor(parts: &Parts) -> TrustAnchor {
    cbor::decode(&parts[names::ANCHOR]).unwrap()
}

/// A dossier of Taiyuan about Li, with all its proofs.
fn dossier() -> Parts {
    let mut province = province();
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: None,
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(LI)],
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
    let reply = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    province.advance(60_000);
    collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id))
}

fn proved(parts: &Parts) -> Report {
    verify(parts, Some(&anchor(parts)), Demand::Witnessed).unwrap()
}

#[test]
fn a_dossier_is_proved_without_a_network_or_a_store() {
    let parts = dossier();
    let report = proved(&parts);
    assert!(report.anchor_is_known);
    assert_eq!(report.rosters.len(), 1);
    let said: Vec<_> = report.statements.iter().map(|said| (said.kind.name(), said.from)).collect();
    assert_eq!(said, [("query", TAIYUAN), ("answer", DATONG)]);
    assert!(report.statements.iter().all(|said| said.audited_by == Some(TAIYUAN)));
    assert_eq!(report.leaves.len(), 2);
    let opened: Vec<_> = report.leaves.iter().map(|leaf| leaf.opened_by.is_some()).collect();
    assert_eq!(opened, [false, true], "the account's record stays hidden, the loan is shown");
    let page = String::from_utf8(parts[names::PAGE].clone()).unwrap();
    assert!(page.contains("证据说明") && page.contains("What this evidence proves"));
    for private in [LI.0, LI.1, ZHANG.0, ZHANG.1, "300000", "9923041500021"] {
        assert!(!page.contains(private), "{private}");
    }
}

#[test]
fn no_part_can_be_left_out_or_added() {
    let parts = dossier();
    let anchor = anchor(&parts);
    let fails = |parts: &Parts| verify(parts, Some(&anchor), Demand::Witnessed).is_err();
    for name in parts.keys() {
        let mut fewer = parts.clone();
        fewer.remove(name);
        assert!(fails(&fewer), "{name}");
    }
    for name in ["notes.txt", "../page.txt", "leaves/140200-1-9.record", "statements/x.cose"] {
        let mut more = parts.clone();
        more.insert(name.to_owned(), Vec::new());
        let stray = verify(&more, Some(&anchor), Demand::Witnessed).unwrap_err();
        assert_eq!((stray.part.as_str(), stray.reason), (name, FaultReason::Stray));
    }
}

#[test]
fn no_byte_of_a_part_can_be_changed() {
    let parts = dossier();
    let anchor = anchor(&parts);
    for (name, bytes) in &parts {
        // The last lines of a proof are cosignatures, of which there are more than a quorum.
        let end = if name.ends_with("tlog-proof") { 90 } else { bytes.len() };
        let end = end.min(bytes.len());
        for place in (0..end).step_by((end / 40).max(1)) {
            let mut changed = parts.clone();
            changed.get_mut(name).unwrap()[place] ^= 1;
            let verified = verify(&changed, Some(&anchor), Demand::Witnessed);
            assert!(verified.is_err(), "byte {place} of {name}");
        }
    }
}

#[test]
fn other_root_keys_prove_nothing() {
    let parts = dossier();
    let mut other = anchor(&parts);
    other.roots = vec![crate::key::PublicKey::new([1; 32])];
    let refused = verify(&parts, Some(&other), Demand::Witnessed).unwrap_err();
    assert_eq!(refused.reason, FaultReason::Anchor);
    let report = verify(&parts, None, Demand::Witnessed).unwrap();
    assert!(!report.anchor_is_known);
}

#[test]
fn an_own_record_is_shown_with_what_opens_its_commitment() {
    let mut province = province();
    let number = AccountNumber::parse("9923041500021").unwrap();
    let parts = collect(&mut province, DATONG, EvidenceWish::Account(number));
    let report = proved(&parts);
    assert_eq!(report.leaves.len(), 1);
    assert!(report.leaves[0].opened_by.is_some());
    let contract = LoanContract::parse("JK140200-2021-0001").unwrap();
    let parts = collect(&mut province, DATONG, EvidenceWish::Loan(contract));
    let report = proved(&parts);
    let record = report.leaves[0].opened_by.clone().unwrap();
    let mut changed = parts;
    changed.get_mut(&record).unwrap()[40] ^= 1;
    let refused = verify(&changed, None, Demand::Witnessed).unwrap_err();
    assert_eq!(refused.reason, FaultReason::Opening);
}

#[test]
fn what_no_witness_has_seen_yet_is_proved_by_signatures_alone() {
    let mut province = province();
    province.node(TAIYUAN);
    let wish = Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: Some(DATONG),
        kind: QueryKind::Account,
        purpose: Purpose::DuplicateAccount,
        subjects: vec![person(LI)],
        transfer: None,
        consent: None,
        serial: SerialNumber::parse("CF-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let reply = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    let parts = collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id));
    assert!(verify(&parts, None, Demand::Signed).is_ok());
    let weak = verify(&parts, None, Demand::Witnessed).unwrap_err();
    assert_eq!(weak.reason, FaultReason::TooWeak);
}
