//! Whole nodes that are killed (kill -9) at random moments under load: nothing that a caller was told
//! is lost, nothing is doubled, no yuan is gone.
//!
//! This is the short run. `cargo run --release -p fundlink-tests --bin kill -- --kills 1000` is the
//! long one.

use fundlink_tests::kills::Kills;

#[test]
fn transfers_complete_once_whichever_node_is_killed_at_whatever_moment() {
    let run = Kills { kills: 16, movers: 24, seed: 1, disks_get_full: false, keep: None };
    let report = run.run(|_| {});
    assert_eq!(report.transfers, 24);
    assert!(report.kills >= 16, "{report:?}");
    assert!(report.during_transfer > 0, "no kill met a transfer under way: {report:?}");
}
