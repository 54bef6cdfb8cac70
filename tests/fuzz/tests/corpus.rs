//! The corpus, replayed: whatever was found once stays mended, and every target is alive.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use fundlink_fuzz::{TARGETS, Target, corpus, seeds};

/// The files of a target, in the order of their names.
fn files(target: &Target) -> Vec<PathBuf> {
    let folder = fs::read_dir(corpus().join(target.name)).expect("every target has a folder");
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let target = Target::named(name).expect("a target");
    for (seed, bytes) in seeds::of(name) {
        assert!(bytes.len() <= target.bytes_max, "{name}/{seed} is longer than what is tried");
        target.check(&bytes);
    }
    let files = files(target);
    assert!(
        !files.is_empty(),
        "{name} has no corpus: cargo run -p fundlink-fuzz -- --write-corpus"
    );
    for file in files {
        target.check(&fs::read(&file).unwrap());
    }
}

macro_rules! replays {
    ($($test:ident = $name:literal;)*) => {
        $(#[test]
        fn $test() {
            replay($name);
        })*

        #[test]
        fn every_target_is_replayed() {
            let replayed: BTreeSet<&str> = [$($name),*].into();
            let known: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(replayed, known);
        }
    };
}

replays! {
    statements_keep_their_promises = "statement";
    payloads_keep_their_promises = "payload";
    gossip_keeps_its_promises = "head";
    frames_keep_their_promises = "frame";
    log_updates_keep_their_promises = "log-update";
    notes_keep_their_promises = "note";
    proofs_keep_their_promises = "tlog-proof";
    policies_keep_their_promises = "policy";
    rosters_keep_their_promises = "roster";
    join_files_keep_their_promises = "join-file";
    enrolments_keep_their_promises = "enrolment";
    evidence_files_keep_their_promises = "evidence-zip";
    changed_evidence_keeps_its_promises = "evidence-parts";
    imports_keep_their_promises = "import";
    mappings_keep_their_promises = "mapping";
    configurations_keep_their_promises = "configuration";
    key_files_keep_their_promises = "key-file";
    control_requests_keep_their_promises = "control";
    backups_keep_their_promises = "backup";
    banks_keep_their_promises = "bank";
    stories_keep_their_promises = "engine";
}

#[test]
fn the_corpus_stays_small() {
    let sizes = TARGETS.iter().flat_map(files).map(|file| fs::metadata(file).unwrap().len());
    assert!(sizes.sum::<u64>() < 2 * 1024 * 1024, "keep what reaches something new, and no more");
}
