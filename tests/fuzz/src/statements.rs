//! Statements: the frame, the payloads, and what travels by gossip.
//!
//! **Promises.** What is taken is deterministic CBOR; what verifies was signed; `Debug` shows nobody.

use fundlink_protocol::cose::Received;
use fundlink_protocol::log_trust::VerifiedCheckpoint;
use fundlink_protocol::statement::{Statement, StatementKind};
use fundlink_protocol::wire::Head;

use crate::known::{AT, known};
use crate::tree::assert_deterministic;

/// Names and numbers of persons in the vectors, which must never be shown.
const PERSONAL: [&str; 2] = ["晓禾", "140299198506150138"];

/// The frame of a statement.
pub(crate) fn statement(bytes: &[u8]) {
    let Ok(received) = Received::parse(bytes.to_vec()) else { return };
    assert_deterministic(bytes);
    check_payload(received.kind(), received.payload());
    verify(received, bytes);
}

fn verify(received: Received, bytes: &[u8]) {
    let claimed = received.parties();
    let (hash, key) = (received.hash(), received.key());
    let Ok(verified) = received.verify(&known().table, known().network(), AT) else { return };
    known().assert_signed(bytes);
    assert_eq!(verified.bytes(), bytes, "the bytes are verified as they came");
    assert_eq!((verified.hash(), verified.key()), (hash, key));
    let says = verified.statement();
    assert_eq!(claimed, Some((says.from(), says.to())), "what it claims is what it says");
}

/// A payload; the first byte chooses the kind.
pub(crate) fn payload(bytes: &[u8]) {
    let Some((choice, payload)) = bytes.split_first() else { return };
    let kind = StatementKind::ALL.get(usize::from(*choice) % StatementKind::ALL.len());
    if let Some(kind) = kind {
        check_payload(*kind, payload);
    }
}

fn check_payload(kind: StatementKind, payload: &[u8]) {
    let Ok(statement) = Statement::decode(kind, payload) else { return };
    assert_deterministic(payload);
    assert_eq!(statement.kind(), kind);
    let shown = format!("{statement:?} {:?}", statement.issued_at());
    let leaks = PERSONAL.iter().any(|mark| shown.contains(mark));
    assert!(!leaks, "Debug of {} shows a person", kind.name());
    assert_eq!(StatementKind::from_content_type(&kind.content_type()), Some(kind));
}

/// A message of the heads topic.
pub(crate) fn head(bytes: &[u8]) {
    match Head::parse(bytes.to_vec()) {
        Head::Statement(inner) => {
            assert_eq!(inner, bytes);
            statement(&inner);
        }
        Head::Checkpoint(inner) => {
            assert_eq!(inner, bytes);
            let Ok(checkpoint) = VerifiedCheckpoint::verify(&inner, &known().trust()) else {
                return;
            };
            known().assert_checkpoint(checkpoint.note().text());
            assert_eq!(checkpoint.note().encode(), inner, "a note has one form");
            assert_eq!(checkpoint.checkpoint().text(), checkpoint.note().text());
        }
    }
}
