//! What the targets begin with is taken by the decoders, and the targets notice what they are there for.

use std::panic;

use fundlink_protocol::cose::Received;
use fundlink_protocol::evidence::{Demand, verify};
use fundlink_protocol::roster::enrolment::VerifiedEnrolment;
use fundlink_protocol::store::Staged;
use fundlink_protocol::transfer::incoming::IncomingState;

use super::*;
use crate::known::AT;
use crate::members::TAIYUAN;
use crate::{TARGETS, control, import};

#[test]
fn statements_verify_before_they_are_mutated() {
    let verifies = |content: &Vec<u8>| {
        let received = Received::parse(content.clone()).ok();
        received.is_some_and(|one| one.verify(&known().table, known().network(), AT).is_ok())
    };
    let taken = of("statement").values().filter(|content| verifies(content)).count();
    // Rosters and the authority's keys are signed by other keys than those of statements.
    assert!(taken + 2 >= StatementKind::ALL.len(), "{taken} statements verify");
    let enrolments = of("enrolment").into_values();
    let network = &known().join_file.anchor.network;
    let enrolled = enrolments.filter(|one| VerifiedEnrolment::parse(network, one.clone()).is_ok());
    assert!(enrolled.count() > 0, "an enrolment verifies");
}

#[test]
fn evidence_is_proved_before_it_is_changed() {
    assert!(known().evidence.len() >= 7);
    for parts in &known().evidence {
        let report = verify(parts, Some(&known().join_file.anchor), Demand::Witnessed);
        assert!(report.is_ok(), "{:?}", report.err());
    }
}

#[test]
fn dumps_are_taken_before_they_are_broken() {
    for (name, dump) in of("import") {
        let outcome = import::outcome(&dump).expect("a mapping and a share");
        assert_eq!(outcome.is_ok(), name != "refused", "{name}: {:?}", outcome.err());
    }
}

#[test]
fn requests_are_answered_before_they_are_broken() {
    let statuses: Vec<_> = of("control").values().filter_map(|one| control::status(one)).collect();
    let done = statuses.iter().filter(|status| **status == 200).count();
    assert!(done >= 20, "{done} of {} requests are done: {statuses:?}", statuses.len());
}

#[test]
fn the_first_person_has_moved_before_a_story_begins() {
    on_stage(|stage| {
        let last = stage.moments.last().expect("the stage was played");
        let view = Staged::new(&last.stores[&TAIYUAN]);
        let states: Vec<IncomingState> = stage
            .said
            .iter()
            .filter_map(|said| Received::parse(said.bytes.clone()).ok())
            .filter(|received| received.kind() == StatementKind::Letter)
            .map(|letter| fundlink_protocol::id::TransferId::new(*letter.hash().as_bytes()))
            .filter_map(|id| fundlink_protocol::engine::transfers_in::load(&view, id).unwrap())
            .map(|incoming| incoming.state)
            .collect();
        assert_eq!(states.len(), 2, "{states:?}");
        assert!(matches!(states.first(), Some(IncomingState::Completed(_))), "{states:?}");
        assert!(stage.said.len() < 256, "a byte chooses what is said: {}", stage.said.len());
    });
}

/// What a target would say of something, without the noise.
fn breaks(act: impl FnOnce() + panic::UnwindSafe) -> bool {
    panic::catch_unwind(act).is_err()
}

#[test]
fn a_target_notices_what_it_is_there_for() {
    assert!(breaks(|| known().assert_signed(b"nobody")));
    assert!(breaks(|| known().assert_checkpoint("nobody/1\n1\nroot\n")));
    assert!(breaks(|| crate::tree::assert_deterministic(b"\x18\x01")));
    let hungry = crate::Target {
        decode: |bytes| drop(vec![0_u8; bytes.len() * 1_000_000]),
        ..*crate::Target::named("note").expect("a target")
    };
    assert!(breaks(|| hungry.check(b"x")), "a decoder that allocates a million bytes a byte");
    hungry.check(b"");
    assert!(TARGETS.iter().all(|target| !of(target.name).is_empty()), "every target has seeds");
}
