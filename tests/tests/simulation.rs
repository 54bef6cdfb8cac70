//! Simulated networks under faults: a short run of what `cargo run --release -p fundlink-tests --bin
//! simulate` does for as long as one likes.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::process::{Command, Output};

use fundlink_tests::simulator::{self, Fault, Options};

#[test]
fn every_promise_holds_whatever_goes_wrong() {
    for seed in 1..=10 {
        let report = simulator::run(seed, &Options::new(3, 8));
        let report = report.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        assert_eq!(report.ends.values().sum::<u64>(), 8, "seed {seed}: {:?}", report.ends);
    }
}

#[test]
fn every_promise_holds_though_a_center_is_set_back_amid_the_work() {
    let set_back = Options { sets_back: true, ..Options::new(3, 12) };
    let mut relapsed = 0;
    for seed in 1..=6 {
        let report = simulator::run(seed, &set_back);
        let report = report.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        relapsed += report.injected.get(&Fault::Relapsed).copied().unwrap_or_default();
    }
    assert!(relapsed >= 3, "in six runs {relapsed} centers were set back");
}

/// Every hundredth seed signs as real networks do.
#[test]
fn every_promise_holds_with_the_signatures_of_real_networks() {
    let report = simulator::run(100, &Options::new(3, 3));
    let report = report.unwrap_or_else(|broken| panic!("seed 100: {broken}"));
    assert_eq!(report.ends.values().sum::<u64>(), 3, "{:?}", report.ends);
}

#[test]
fn one_seed_gives_one_trace() {
    let run = || simulator::run(7, &Options::new(3, 4)).unwrap();
    assert_eq!(run(), run());
    assert_ne!(run().hash, simulator::run(8, &Options::new(3, 4)).unwrap().hash);
}

/// What a check is worth shows only where something is wrong.
#[test]
fn a_disk_that_loses_what_it_has_acknowledged_is_found_out() {
    let lying = Options { disks_lie: true, ..Options::new(3, 8) };
    let found = (1..=5).filter(|seed| simulator::run(*seed, &lying).is_err()).count();
    assert!(found >= 3, "of five runs on disks that lie, {found} were found out");
}

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulate")).args(arguments).output().unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_command_that_is_shown_for_a_broken_promise_breaks_it_again() {
    let found = simulate(&["--disks-lie", "--seeds", "5", "--transfers", "4"]);
    assert!(!found.status.success());
    let found = shown(&found);
    let (_, smallest) = found.split_once("the smallest run that breaks it says: ").expect(&found);
    let mut lines = smallest.lines();
    let (says, command) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, arguments) = command.split_once("--bin simulate -- ").expect(command);
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    assert!(arguments.contains(&"--trace"), "{command}");
    let again = simulate(&arguments);
    assert!(!again.status.success());
    let again = shown(&again);
    let last = again.lines().last().unwrap_or_default();
    assert!(last.starts_with("BROKEN with seed ") && last.ends_with(says), "{last}, not: {says}");
    assert!(again.lines().any(|line| line.contains(" -> ")), "every event is shown");
}

#[test]
fn seeds_that_run_side_by_side_leave_the_same_traces() {
    let hash = |jobs| {
        let sum = simulate(&["--seeds", "4", "--centers", "2", "--transfers", "2", "--jobs", jobs]);
        let sum = shown(&sum);
        let hash = sum.lines().find(|line| line.starts_with("hash over all traces: "));
        hash.unwrap_or_else(|| panic!("{sum}")).to_owned()
    };
    assert_eq!(hash("1"), hash("3"));
}
