//! Rosters, join files, enrolments: how a node comes to believe in a network.
//!
//! **Promises.** Nothing verifies under the vectors' root key but what it has signed.

use std::sync::Arc;

use fundlink_protocol::cbor;
use fundlink_protocol::cose::Received;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log_trust::LogTrust;
use fundlink_protocol::roster::Roster;
use fundlink_protocol::roster::enrolment::{Fingerprint, VerifiedEnrolment};
use fundlink_protocol::roster::join_file::JoinFile;
use fundlink_protocol::statement::StatementKind;

use crate::known::{AT, known};
use crate::tree::assert_deterministic;

/// A signed roster, or a statement about the authority's keys.
pub(crate) fn roster(bytes: &[u8]) {
    let known = known();
    let mut keys = known.authority.clone();
    if keys.add(bytes).is_ok() {
        known.assert_signed(bytes);
    }
    if let Ok(verified) = known.authority.verify_roster(bytes) {
        known.assert_signed(bytes);
        assert_eq!(verified.bytes(), bytes);
        assert_eq!(verified.roster().check(), Ok(()), "a verified roster keeps its rules");
    }
    // Behind the signature, too, nothing may go wrong: the authority's own key may be stolen.
    let Ok(received) = Received::parse(bytes.to_vec()) else { return };
    if received.kind() != StatementKind::Roster {
        return;
    }
    let Ok(claimed) = cbor::decode::<Roster>(received.payload()) else { return };
    assert_deterministic(received.payload());
    if claimed.check().is_ok() {
        use_roster(claimed);
    }
}

/// What a node does with a roster that keeps the rules.
fn use_roster(roster: Roster) {
    let hash = roster.hash();
    let ways = [roster.check_follows(&known().roster), known().roster.check_follows(&roster)];
    assert!(ways.iter().any(Result::is_err), "two rosters follow each other");
    drop(roster.key_table());
    let shown = roster.is_stale(AT);
    assert_eq!(shown, roster.is_stale(AT));
    let roster = Arc::new(roster);
    assert_eq!(roster.hash(), hash);
    let trust = LogTrust::new(Arc::clone(&roster), roster.network.clone(), AT);
    for member in &roster.members {
        assert!(roster.member(member.code).is_some_and(|found| found.code == member.code));
        for log in &member.logs {
            let log = LogId::public(member.code, log.number);
            let witnesses = trust.witnesses_of(log).count();
            assert!(trust.quorum(log).is_none_or(|quorum| quorum * 2 > witnesses));
            drop(trust.policy(log).map(|policy| policy.encode()));
        }
    }
}

/// The text of a join file.
pub(crate) fn join_file(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let Ok(file) = JoinFile::from_text(text) else { return };
    let written = file.to_text();
    assert_eq!(JoinFile::from_text(&written).as_ref(), Ok(&file), "a file is read as written");
    let Ok(opened) = file.open() else { return };
    assert_eq!(file.anchor, known().join_file.anchor, "nobody else has signed a network");
    known().assert_signed(opened.roster.bytes());
    for statement in &file.authority_keys {
        known().assert_signed(statement);
    }
    assert_eq!(opened.annexes, file.annexes);
    fingerprint(file.fingerprint());
}

/// An enrolment.
pub(crate) fn enrolment(bytes: &[u8]) {
    let network = &known().join_file.anchor.network;
    let Ok(verified) = VerifiedEnrolment::parse(network, bytes.to_vec()) else { return };
    known().assert_signed(bytes);
    fingerprint(verified.fingerprint());
}

fn fingerprint(fingerprint: Fingerprint) {
    let shown = fingerprint.to_string();
    assert_eq!(Fingerprint::parse(&shown), Ok(fingerprint), "persons can compare it");
}
