//! Simulated networks under faults: a short run of what `cargo run --release -p fundlink-tests --bin
//! simulate` does for as long as one likes.

use std::collections::BTreeSet;

use fundlink_tests::simulator::{self, Options};

fn options(centers: u32, transfers: u32) -> Options {
    Options { centers, transfers, without: BTreeSet::new(), is_shown: false, disks_lie: false }
}

#[test]
fn every_promise_holds_whatever_goes_wrong() {
    for seed in 1..=10 {
        let report = simulator::run(seed, &options(3, 8));
        let report = report.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        assert_eq!(report.ends.values().sum::<u64>(), 8, "seed {seed}: {:?}", report.ends);
    }
}

/// Every hundredth seed signs as real networks do.
#[test]
fn every_promise_holds_with_the_signatures_of_real_networks() {
    let report = simulator::run(100, &options(3, 3));
    let report = report.unwrap_or_else(|broken| panic!("seed 100: {broken}"));
    assert_eq!(report.ends.values().sum::<u64>(), 3, "{:?}", report.ends);
}

#[test]
fn one_seed_gives_one_trace() {
    let run = || simulator::run(7, &options(3, 4)).unwrap();
    assert_eq!(run(), run());
    assert_ne!(run().hash, simulator::run(8, &options(3, 4)).unwrap().hash);
}

/// What a check is worth shows only where something is wrong.
#[test]
fn a_disk_that_loses_what_it_has_acknowledged_is_found_out() {
    let lying = Options { disks_lie: true, ..options(3, 8) };
    let found = (1..=5).filter(|seed| simulator::run(*seed, &lying).is_err()).count();
    assert!(found >= 3, "of five runs on disks that lie, {found} were found out");
}
