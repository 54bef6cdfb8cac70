//! The vectors of `protocol/vectors/`: examples of everything that crosses the network, for whoever
//! writes a second implementation.
//!
//! **Promises.** The files are what this code writes: a test compares them, and writes them anew
//! when `FUNDLINK_WRITE_VECTORS` is set. Every statement kind, digest status and refusal code has its
//! place in them and in PROTOCOL.md.
//! **Left to others.** Holding them against the CDDL: `tests/verifier`.
#![expect(
    clippy::disallowed_methods,
    reason = "the files are read and written by the tests alone, and only here"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use crate::cbor;
use crate::digest::DigestStatus;
use crate::refusal::Refusal;
use crate::statement::StatementKind;
use crate::transfer::reason::RefusalReason;

mod certificates;
mod evidence;
mod frames;
mod lending;
mod logs;
mod records;
mod rosters;
mod statements;
mod tags;
mod transfers;
mod watch;
mod writing;

use writing::{Vector, render};

const PAGE: &str = include_str!("../PROTOCOL.md");

/// A file: its name, what it is about, and what stands in it.
type File = (&'static str, &'static str, fn() -> Vec<Vector>);

const FILES: &[File] = &[
    ("statements", "every statement, signed", statements::vectors),
    ("records", "what digests commit to", records::vectors),
    ("digests", "a digest of every status", records::digests),
    ("tags", "subject tags, reference tags, the sealed tag key", tags::vectors),
    ("logs", "trees, checkpoints, cosignatures, proofs, policies, two faces", logs::vectors),
    ("rosters", "from the root keys to rosters and join files", rosters::vectors),
    ("frames", "requests and replies of the streams", frames::vectors),
    ("evidence-query", "evidence of a question and its answer", evidence::query),
    ("evidence-dossier", "evidence of a dossier with two rosters", evidence::dossier),
    ("evidence-transfer", "evidence of a completed transfer", evidence::transfer),
    ("evidence-certificate", "evidence of a certificate", evidence::certificate),
    ("evidence-account", "evidence of an account as published", evidence::account),
    ("evidence-loan", "evidence of a loan as published", evidence::loan),
    ("evidence-access-list", "evidence of who asked about a person", evidence::access_list),
];

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "vectors", &format!("{name}.json")].iter().collect()
}

#[test]
fn the_vectors_are_what_this_code_writes() {
    for (name, about, vectors) in FILES {
        let written = render(about, &vectors());
        let path = path(name);
        if env::var("FUNDLINK_WRITE_VECTORS").is_ok() {
            fs::write(&path, written).unwrap();
            continue;
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == written,
            "{name}.json differs from what this code writes. If that is meant: \
             FUNDLINK_WRITE_VECTORS=1 cargo test -p fundlink-protocol --lib vectors"
        );
    }
}

#[test]
fn every_statement_kind_has_a_vector_a_row_and_a_rule() {
    let samples = statements::samples();
    let shown: BTreeSet<StatementKind> = samples.kinds().collect();
    for kind in StatementKind::ALL {
        let name = kind.name();
        assert!(
            shown.contains(kind),
            "no vector of {name}: add a sample to protocol/src/vectors/statements.rs (PROTOCOL.md, Vectors)"
        );
        assert!(
            PAGE.contains(&format!("`{name}`")),
            "{name} is missing in the table of PROTOCOL.md, 2"
        );
        let ruled = PAGE.lines().any(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
        });
        assert!(ruled, "PROTOCOL.md has no CDDL rule {name}");
    }
}

/// Every status, by what a decoder takes.
pub(super) fn statuses() -> Vec<DigestStatus> {
    (0..=u8::MAX).filter_map(|code| cbor::decode(&cbor::encode(&code)).ok()).collect()
}

#[test]
fn every_code_stands_in_the_page() {
    for refusal in Refusal::ALL {
        let row = format!("| `{}` | {} |", refusal.code(), refusal.http_status());
        assert!(PAGE.contains(&row), "PROTOCOL.md, 9 lacks the row {row}");
    }
    for reason in RefusalReason::ALL {
        let row = format!("| {reason} | {} | {} |", reason.english(), reason.chinese());
        assert!(PAGE.contains(&row), "PROTOCOL.md, 8.4 lacks the row {row}");
    }
    assert!(statuses().len() > 12, "statuses are found by their codes");
}
