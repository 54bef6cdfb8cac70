//! What was said in a transfer is proved without a network, and asked about by the other center.

use std::collections::BTreeSet;

use super::world::{World, application, clerk, newcomer, saver};
use crate::account::SerialNumber;
use crate::answer::Outcome;
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::dossier::{Dossier, Wish};
use crate::engine::command::{Command, Reply};
use crate::engine::evidence::EvidenceWish;
use crate::engine::transfer_command::TransferName;
use crate::evidence::{Demand, Parts, ProvenStatement, names, verify};
use crate::id::{FileHash, TransferId};
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::roster::chain::TrustAnchor;
use crate::statement::StatementKind;
use crate::statement::query::Consent;
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{DATONG, LINFEN, TAIYUAN};

fn moved() -> (World, TransferId) {
    let old = saver(DATONG, "9923041500021", LI, (202_304, 36, "1200.00"), "2026-05-06");
    let new = newcomer(TAIYUAN, "0126050100001", LI);
    let mut world = World::new("2026-05-20", vec![old, new]);
    let transfer = world.start(TAIYUAN, application(DATONG, "9923041500021", LI)).unwrap();
    world.province.advance(60_000);
    (world, transfer)
}

/// What Taiyuan holds of a completed transfer.
pub(crate) fn evidence_of_a_transfer() -> Parts {
    let (mut world, transfer) = moved();
    parts_at(&mut world, TAIYUAN, transfer)
}

fn parts_at(world: &mut World, center: CenterCode, transfer: TransferId) -> Parts {
    let wish = EvidenceWish::Transfer(TransferName::Id(transfer));
    let reply = world.province.command(center, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    parts
}

#[test]
fn either_side_proves_a_whole_transfer_with_what_it_holds() {
    let (mut world, transfer) = moved();
    for center in [TAIYUAN, DATONG] {
        let parts = parts_at(&mut world, center, transfer);
        let anchor: TrustAnchor = cbor::decode(&parts[names::ANCHOR]).unwrap();
        let report = verify(&parts, Some(&anchor), Demand::Witnessed).unwrap();
        let said: BTreeSet<_> =
            report.statements.iter().map(|said| (said.kind.name(), said.from)).collect();
        let expected = [
            ("letter", TAIYUAN),
            ("acceptance", DATONG),
            ("sheet", DATONG),
            ("remittance", DATONG),
            ("credit", TAIYUAN),
        ];
        assert_eq!(said, BTreeSet::from(expected));
        let mut digests: Vec<_> =
            report.leaves.iter().map(|leaf| (leaf.log.center, leaf.digest.status)).collect();
        digests.sort();
        let both =
            [(TAIYUAN, DigestStatus::TransferCredited), (DATONG, DigestStatus::TransferRemitted)];
        assert_eq!(digests, both);
        let is_sheet = |said: &&ProvenStatement| said.kind == StatementKind::Sheet;
        let sheet = report.statements.iter().find(is_sheet).unwrap().part.clone();
        let opened = report.leaves.iter().map(|leaf| leaf.opened_by.as_ref());
        assert!(opened.into_iter().all(|part| part == Some(&sheet)), "both commit to one sheet");
        let fewer: Parts = parts.into_iter().filter(|(name, _)| *name != sheet).collect();
        assert!(verify(&fewer, Some(&anchor), Demand::Witnessed).is_err());
    }
}

fn status(
    world: &mut World,
    (asker, asked): (CenterCode, CenterCode),
    whose: (&str, &str),
    transfer: TransferId,
) -> Outcome {
    let wish = Wish {
        operator: clerk(),
        to: Some(asked),
        kind: QueryKind::TransferStatus,
        purpose: Purpose::Transfer,
        subjects: vec![person(whose)],
        transfer: Some(transfer),
        consent: Some(Consent {
            reference: SerialNumber::parse("C-1").unwrap(),
            digest: FileHash::new([1; 32]),
        }),
        serial: SerialNumber::parse("ZY-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let reply = world.province.command(asker, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    let reply = world.province.command(asker, Command::Dossier(id)).unwrap();
    let Reply::Dossier(dossier) = *reply else { panic!("another reply") };
    let dossier: Dossier = *dossier;
    dossier.rows[0].outcome(0).unwrap().clone()
}

#[test]
fn only_the_other_center_learns_where_a_transfer_stands() {
    let (mut world, transfer) = moved();
    for pair in [(TAIYUAN, DATONG), (DATONG, TAIYUAN)] {
        let Outcome::Found(found) = status(&mut world, pair, LI, transfer) else {
            panic!("not found");
        };
        let facts = found.transfer.unwrap();
        assert_eq!((facts.transfer, facts.national_code), (transfer, 0));
        assert!(found.accounts.is_none() && found.loans.is_none());
    }
    let nothing = Outcome::Refused(Refusal::NotFound);
    assert_eq!(status(&mut world, (LINFEN, DATONG), LI, transfer), nothing);
    assert_eq!(status(&mut world, (TAIYUAN, DATONG), ZHANG, transfer), nothing);
    let unknown = TransferId::new([1; 32]);
    assert_eq!(status(&mut world, (TAIYUAN, DATONG), LI, unknown), nothing);
}
