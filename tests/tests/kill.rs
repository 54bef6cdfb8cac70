//! Whole nodes that are killed (kill -9) at random moments under load: nothing that a caller was told
//! is lost, nothing is doubled, no yuan is gone.
//!
//! These are the short runs. `cargo run --release -p fundlink-tests --bin kill -- --kills 1000` is a long
//! one, with `--disk-full` on disks that get full.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use fundlink_tests::kills::Kills;
use fundlink_tests::kills::spoil::Spoil;
use fundlink_tests::program;

#[test]
fn transfers_complete_once_whichever_node_is_killed_at_whatever_moment() {
    let run = Kills { kills: 16, movers: 24, seed: 1, disks_get_full: false, keep: None };
    let report = run.run(|_| {});
    assert_eq!(report.transfers, 24);
    assert!(report.kills >= 16, "{report:?}");
    assert!(report.during_transfer > 0, "no kill met a transfer under way: {report:?}");
}

#[test]
fn nodes_whose_disks_get_full_lose_nothing() {
    let mut kill = Command::new(env!("CARGO_BIN_EXE_kill"));
    // A process of its own, for it mounts the disks where nobody else sees them.
    kill.args(["--kills", "10", "--movers", "10", "--seed", "2", "--disk-full"]);
    kill.env("FUNDLINK_BINARY", program::fundlink());
    let ended = kill.output().expect("the program starts");
    let said = String::from_utf8_lossy(&ended.stdout);
    let why = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{why}");
    assert!(said.contains("10 transfers, all completed once"), "{said}");
    // Whether a node ends of it, does not start, or is killed before either is a matter of moments.
    let full = said.lines().find_map(|line| line.strip_prefix("full disks: ")).unwrap_or_default();
    let counts = full.split_whitespace().filter_map(|word| word.parse::<u32>().ok());
    assert!(counts.sum::<u32>() > 0, "{said}");
}

#[test]
fn what_is_lost_or_doubled_is_noticed_at_the_end_of_a_run() {
    for (spoil, words) in [
        (Spoil::Lost, "0 of 1 transfers that callers were told of"),
        (Spoil::Doubled, "2 transfers where 1 were asked for"),
        (Spoil::CreditedTwice, "what the persons own"),
    ] {
        let run = Kills { kills: 0, movers: 2, seed: 3, disks_get_full: false, keep: None };
        let noticed = catch_unwind(AssertUnwindSafe(|| run.run_spoiled(spoil)));
        let noticed = noticed.expect_err("it is compared with what callers were told");
        let why = noticed.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(why.contains(words), "{spoil:?}: {why}");
    }
}
