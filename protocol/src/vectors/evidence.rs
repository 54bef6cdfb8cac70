//! Vectors of whole evidence files, part by part.

use super::writing::Vector;
use crate::cbor;
use crate::engine::evidence::tests as held;
use crate::engine::transfers::tests::proofs;
use crate::evidence::{Demand, Parts, names, verify};
use crate::roster::chain::TrustAnchor;

/// The parts of a file that verifies, with what a verifier must know.
fn file(name: &str, parts: Parts) -> Vec<Vector> {
    let anchor: TrustAnchor = cbor::decode(&parts[names::ANCHOR]).unwrap();
    let report = verify(&parts, Some(&anchor), Demand::Witnessed).unwrap();
    vec![
        Vector::new(name)
            .text("fingerprint", report.fingerprint)
            .number("statements", u64::try_from(report.statements.len()).unwrap())
            .number("leaves", u64::try_from(report.leaves.len()).unwrap())
            .number("accesses", u64::try_from(report.accesses.len()).unwrap())
            .parts("parts", parts),
    ]
}

pub(super) fn query() -> Vec<Vector> {
    file("question and answer", held::question_and_answer())
}

pub(super) fn dossier() -> Vec<Vector> {
    file("dossier", held::dossier_over_two_rosters())
}

pub(super) fn transfer() -> Vec<Vector> {
    file("transfer", proofs::evidence_of_a_transfer())
}

pub(super) fn certificate() -> Vec<Vector> {
    file("certificate", held::issued_certificate())
}

pub(super) fn account() -> Vec<Vector> {
    file("account", held::own_account())
}

pub(super) fn loan() -> Vec<Vector> {
    file("loan", held::own_loan())
}

pub(super) fn access_list() -> Vec<Vector> {
    file("access list", held::access_list())
}
