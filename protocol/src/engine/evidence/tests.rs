//! What a node collects verifies elsewhere, and no part of it can be changed or left out.

use super::*;
use crate::account::SerialNumber;
use crate::center::CenterCode;
use crate::dossier::Wish;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorId;
use crate::engine::rosters::command::NetCommand;
use crate::evidence::{Demand, FaultReason, Report, verify};
use crate::id::FileHash;
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::roster::chain::TrustAnchor;
use crate::statement::query::Consent;
use crate::testing::people::{LI, ZHANG, account, loan, person};
use crate::testing::{AUTHORITY, DATONG, Province, TAIYUAN};

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

fn collect(province: &mut Province, center: CenterCode, wish: EvidenceWish) -> Parts {
    let reply = province.command(center, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    parts
}

fn anchor(parts: &Parts) -> TrustAnchor {
    cbor::decode(&parts[names::ANCHOR]).unwrap()
}

/// What a clerk of Taiyuan wants to know about Li.
fn wish(kind: QueryKind, purpose: Purpose, to: Option<CenterCode>) -> Wish {
    Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to,
        kind,
        purpose,
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
    }
}

fn ask(province: &mut Province, wish: Wish) -> DossierId {
    let reply = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    province.advance(60_000);
    id
}

/// What Taiyuan holds after it has asked.
fn asked(wish: Wish) -> Parts {
    let mut province = province();
    let id = ask(&mut province, wish);
    collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id))
}

/// A dossier of Taiyuan about Li, with all its proofs.
fn dossier() -> Parts {
    asked(wish(QueryKind::Dossier, Purpose::LoanApplication, None))
}

/// A question about an account, and its answer.
pub(crate) fn question_and_answer() -> Parts {
    asked(wish(QueryKind::Account, Purpose::LoanApplication, Some(DATONG)))
}

/// A dossier that was asked before the roster in force was issued.
pub(crate) fn dossier_over_two_rosters() -> Parts {
    let mut province = province();
    let id = ask(&mut province, wish(QueryKind::Dossier, Purpose::LoanApplication, None));
    province.command(AUTHORITY, Command::Net(NetCommand::Renew)).unwrap();
    province.advance(600_000);
    collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id))
}

/// Who asked about Li.
pub(crate) fn access_list() -> Parts {
    let mut province = province();
    ask(&mut province, wish(QueryKind::Dossier, Purpose::LoanApplication, None));
    let own = wish(QueryKind::AccessList, Purpose::DataSubject, Some(DATONG));
    let id = ask(&mut province, own);
    collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id))
}

/// A certificate that Datong has issued to Taiyuan.
pub(crate) fn issued_certificate() -> Parts {
    let mut province = province();
    let wanted = wish(QueryKind::DepositCertificate, Purpose::Certificate, Some(DATONG));
    ask(&mut province, wanted);
    let number = CertificateNumber { issuer: DATONG, year: 2026, serial: 1 };
    collect(&mut province, DATONG, EvidenceWish::Certificate(number))
}

#[test]
fn a_lender_proves_the_certificate_that_it_got() {
    let mut province = province();
    let wanted = wish(QueryKind::DepositCertificate, Purpose::Certificate, Some(DATONG));
    ask(&mut province, wanted);
    let number = CertificateNumber { issuer: DATONG, year: 2026, serial: 1 };
    let parts = collect(&mut province, TAIYUAN, EvidenceWish::Certificate(number));
    let report = proved(&parts);
    let said: Vec<_> = report.statements.iter().map(|said| (said.kind.name(), said.from)).collect();
    assert_eq!(said, [("query", TAIYUAN), ("answer", DATONG)]);
    assert_eq!(report.leaves[0].opened_by.as_ref(), Some(&report.statements[1].part));
}

/// An account of Datong as it was last published.
pub(crate) fn own_account() -> Parts {
    let number = AccountNumber::parse("9923041500021").unwrap();
    collect(&mut province(), DATONG, EvidenceWish::Account(number))
}

/// A loan of Datong as it was last published.
pub(crate) fn own_loan() -> Parts {
    let contract = LoanContract::parse("JK140200-2021-0001").unwrap();
    collect(&mut province(), DATONG, EvidenceWish::Loan(contract))
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
    assert!(page.contains("本文件证明什么") && page.contains("What this file proves"));
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
    for name in ["notes.txt", "../page.html", "leaves/140200-1-9.record", "statements/x.cose"] {
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
    let report = proved(&own_account());
    assert_eq!(report.leaves.len(), 1);
    assert!(report.leaves[0].opened_by.is_some());
    let parts = own_loan();
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
    let wish = wish(QueryKind::Account, Purpose::DuplicateAccount, Some(DATONG));
    let reply = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    let parts = collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id));
    assert!(verify(&parts, None, Demand::Signed).is_ok());
    let weak = verify(&parts, None, Demand::Witnessed).unwrap_err();
    assert_eq!(weak.reason, FaultReason::TooWeak);
}

/// Why a file fails whose page and manifest were written anew after it was changed.
fn fault_of(mut parts: Parts, change: impl FnOnce(&mut Parts)) -> Option<(String, FaultReason)> {
    change(&mut parts);
    parts.remove(names::PAGE);
    parts.remove(names::MANIFEST);
    complete(parts).err().map(|fault| (fault.part, fault.reason))
}

fn rename(parts: &mut Parts, from: &str, to: &str) {
    let bytes = parts.remove(from).unwrap();
    parts.insert(to.to_owned(), bytes);
}

#[test]
fn a_name_says_what_its_part_is_and_nothing_else() {
    let parts = dossier_over_two_rosters();
    assert_eq!(fault_of(parts.clone(), |_| ()), None);
    let cases = [
        ("network/authority-key-1.cose", "network/authority-key-2.cose", FaultReason::Form),
        ("network/roster-5.cose", "network/roster-6.cose", FaultReason::Form),
        (
            "statements/0001-query-140100.cose",
            "statements/0001-answer-140100.cose",
            FaultReason::Form,
        ),
    ];
    for (from, to, reason) in cases {
        let fault = fault_of(parts.clone(), |parts| rename(parts, from, to));
        let (part, found) = fault.unwrap();
        let stray = reason == FaultReason::Form && found == FaultReason::Stray;
        assert!(found == reason || stray, "{from} as {to}: {part} {found:?}");
    }
}

#[test]
fn rosters_stand_without_a_gap_each_after_the_one_before() {
    let mut province = province();
    let id = ask(&mut province, wish(QueryKind::Dossier, Purpose::LoanApplication, None));
    for _ in 0..2 {
        province.command(AUTHORITY, Command::Net(NetCommand::Renew)).unwrap();
        province.advance(600_000);
    }
    let parts = collect(&mut province, TAIYUAN, EvidenceWish::Dossier(id));
    let without = |parts: &mut Parts| {
        parts.remove("network/roster-5.cose");
        parts.remove("network/roster-5.tlog-proof");
    };
    let missing = ("network/roster-5.cose".to_owned(), FaultReason::Missing);
    assert_eq!(fault_of(parts, without), Some(missing));
}

#[test]
fn statements_stand_in_their_places_and_each_once() {
    let parts = dossier();
    let answer = "statements/0002-answer-140200";
    let copy = |parts: &mut Parts, to: &str, keep: bool| {
        for extension in ["cose", "blinding", "tlog-proof"] {
            let bytes = parts[&format!("{answer}.{extension}")].clone();
            parts.insert(format!("{to}.{extension}"), bytes);
            if !keep {
                parts.remove(&format!("{answer}.{extension}"));
            }
        }
    };
    let doubled = "statements/0003-answer-140200";
    let fault = fault_of(parts.clone(), |parts| copy(parts, doubled, true));
    assert_eq!(fault, Some((format!("{doubled}.cose"), FaultReason::Doubled)));
    let fault = fault_of(parts.clone(), |parts| copy(parts, doubled, false));
    assert_eq!(fault, Some((format!("{doubled}.cose"), FaultReason::Numbering)));
    let fault = fault_of(parts, |parts| {
        for extension in ["cose", "blinding", "tlog-proof"] {
            parts.remove(&format!("statements/0001-query-140100.{extension}"));
        }
        copy(parts, "statements/0001-answer-140200", false);
    });
    let part = "statements/0001-answer-140200.cose".to_owned();
    assert_eq!(fault, Some((part, FaultReason::Context)));
}

#[test]
fn a_file_proves_something_and_its_manifest_names_every_part() {
    let parts = dossier();
    let fault = fault_of(parts.clone(), |parts| {
        parts.retain(|name, _| name.starts_with("network/"));
    });
    assert_eq!(fault, Some(("statements/".to_owned(), FaultReason::Missing)));
    let large = fault_of(parts.clone(), |parts| {
        parts.insert("network/roster-9.cose".to_owned(), vec![0; 1024 * 1024 + 1]);
    });
    assert_eq!(large, Some(("network/roster-9.cose".to_owned(), FaultReason::TooLarge)));
    let manifest = String::from_utf8(parts[names::MANIFEST].clone()).unwrap();
    assert_eq!(manifest.lines().count(), parts.len() - 1);
    for line in [1, 3] {
        let mut changed = parts.clone();
        let mut lines: Vec<String> = manifest.lines().map(|line| format!("{line}\n")).collect();
        let (_, part) = lines[line].trim_end().split_once("  ").unwrap();
        let part = part.to_owned();
        lines[line].replace_range(..4, "beef");
        changed.insert(names::MANIFEST.to_owned(), lines.concat().into_bytes());
        let fault = verify(&changed, None, Demand::Witnessed).unwrap_err();
        assert_eq!((fault.part, fault.reason), (part, FaultReason::Manifest));
    }
}

#[test]
fn the_rosters_by_which_witnesses_cosigned_are_shown_though_nothing_else_is_of_their_time() {
    let mut province = province();
    let version = |province: &mut Province| province.node(DATONG).engine.roster().version;
    let then = version(&mut province);
    for _ in 0..2 {
        province.command(AUTHORITY, Command::Net(NetCommand::Renew)).unwrap();
        province.advance(600_000);
    }
    let now = version(&mut province);
    assert_eq!(now, then + 2);
    let number = AccountNumber::parse("9923041500021").unwrap();
    let parts = collect(&mut province, DATONG, EvidenceWish::Account(number));
    for version in then..=now {
        assert!(parts.contains_key(&names::roster(version)), "roster {version}");
    }
    proved(&parts);
}
