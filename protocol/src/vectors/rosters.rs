//! Vectors of the way from the root keys to rosters and join files.

use super::statements::AT;
use super::writing::{Vector, value};
use crate::center::Role;
use crate::cose;
use crate::key::{KeyPurpose, Keyring as _, MemoryKeyring};
use crate::roster::Roster;
use crate::roster::chain::{AuthorityKeys, TrustAnchor};
use crate::roster::change::{self, Change};
use crate::roster::enrolment::{VerifiedEnrolment, enrol, offer_key, proof_bytes};
use crate::roster::join_file::JoinFile;
use crate::testing::{
    AUTHORITY, DATONG, LINFEN, TAIYUAN, applicant, joined, keyring, network, root,
};

fn file() -> JoinFile {
    let members = [
        (AUTHORITY, Role::Authority),
        (TAIYUAN, Role::Center),
        (DATONG, Role::Center),
        (LINFEN, Role::Center),
    ];
    joined(&members, AT)
}

/// A roster of the authority and three centers.
pub(super) fn first() -> Roster {
    file().open().unwrap().roster.into_roster()
}

fn chain() -> Vec<(&'static str, Roster)> {
    let mut new = MemoryKeyring::new([(KeyPurpose::Statement, [0x5b; 32])]);
    let key = offer_key(&network(), DATONG, KeyPurpose::Statement, &mut new).unwrap();
    let changes = [
        ("a statement key is rotated", Change::RotateKey { center: DATONG, key }),
        ("lending is opened", Change::OpenLending),
        ("a member is suspended", Change::Suspend(LINFEN)),
        (
            "a member is revoked as compromised",
            Change::Revoke { center: LINFEN, takeover: TAIYUAN, compromised: true },
        ),
    ];
    let mut chain = vec![("four members", first())];
    for (days, (name, change)) in (1..).zip(changes) {
        let before = &chain.last().unwrap().1;
        let next = change::next(before, change, 1, AT.plus_ms(days * crate::time::DAY_MS));
        chain.push((name, next.unwrap()));
    }
    chain
}

pub(super) fn vectors() -> Vec<Vector> {
    let file = file();
    let anchor: &TrustAnchor = &file.anchor;
    let mut vectors = vec![
        value("trust anchor", "trust-anchor", anchor)
            .text("network", &anchor.network)
            .hex("root_seed", [0xee; 32])
            .text("fingerprint", file.fingerprint()),
    ];
    let mut keys = AuthorityKeys::new(anchor.clone());
    for statement in &file.authority_keys {
        keys.add(statement).unwrap();
        vectors.push(Vector::new("authority key 1").cbor("statement", statement));
    }
    let mut signer = keyring(AUTHORITY);
    let mut signed = Vec::new();
    for (name, roster) in chain() {
        let bytes = cose::sign(network().as_str(), &roster, &mut signer).unwrap();
        vectors.push(
            value(name, "roster", &roster)
                .number("version", roster.version)
                .hex("hash", roster.hash().as_bytes())
                .hex("statement", &bytes),
        );
        signed.push(bytes);
    }
    keys.verify_chain(None, &signed).unwrap();
    vectors.push(key_proof());
    let enrolment = enrol(&applicant(LINFEN, Role::Center), AUTHORITY, AT, &mut keyring(LINFEN));
    let enrolment = enrolment.unwrap();
    let fingerprint =
        VerifiedEnrolment::parse(&network(), enrolment.clone()).unwrap().fingerprint();
    vectors.push(
        Vector::new("enrolment").text("fingerprint", fingerprint).cbor("statement", &enrolment),
    );
    vectors.push(value("join file", "join-file", &file).text("text", file.to_text()));
    for annex in &file.annexes {
        vectors.push(value("annex", "annex", annex).hex("hash", annex.hash().as_bytes()));
        vectors.push(Vector::new("working-day calendar").cbor("calendar", &annex.content));
    }
    assert_eq!(root().public(KeyPurpose::Root), anchor.roots.first().copied());
    vectors
}

/// What a key signs to show that its member holds it.
fn key_proof() -> Vector {
    let mut keys = keyring(LINFEN);
    let offered = offer_key(&network(), LINFEN, KeyPurpose::Witness, &mut keys).unwrap();
    let message = proof_bytes(&network(), LINFEN, KeyPurpose::Witness, &offered.public);
    value("proof of a key", "offered-key", &offered)
        .hex("seed", crate::testing::seed(LINFEN, KeyPurpose::Witness))
        .hex("to_be_signed", message)
}
