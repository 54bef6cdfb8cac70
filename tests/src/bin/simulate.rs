//! `simulate`: runs simulated networks, one a seed, and says what went wrong in them and that every
//! promise held, or which did not and how it is seen again.
//!
//! **Promises.** It ends with 0 only if every promise held and every kind of fault really happened.
//! **Left to others.** The simulation: `fundlink_tests::simulator`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use fundlink_tests::simulator::{self, Broken, Fault, Options};
use indicatif::{ProgressBar, ProgressStyle};

/// Simulate networks of centers under faults, and check every promise after every event
#[derive(Debug, Parser)]
#[command(
    after_help = "Examples:\n  cargo run --release -p fundlink-tests --bin simulate -- --seeds 1000 --centers 5\n  cargo run --release -p fundlink-tests --bin simulate -- --seed 17 --trace"
)]
struct Arguments {
    /// How many seeds, one after the other; 100, or the one of --seed
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// The first seed; alone, the only one
    #[arg(long)]
    seed: Option<u64>,
    /// How many centers; the authority comes on top
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=400))]
    centers: u32,
    /// How many persons move in each run
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    transfers: u32,
    /// Kinds of fault that are left out, by name
    #[arg(long, value_delimiter = ',', value_parser = Fault::from_name)]
    without: Vec<Fault>,
    /// Show every event
    #[arg(long)]
    trace: bool,
}

/// Seeds of a run that does not say how many.
const SEEDS: u64 = 100;

#[derive(Default)]
struct Sum {
    hash: blake3::Hasher,
    events: u64,
    simulated_ms: i64,
    ends: BTreeMap<&'static str, u64>,
    injected: BTreeMap<Fault, u64>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        centers: arguments.centers,
        transfers: arguments.transfers,
        without: arguments.without.iter().copied().collect(),
        is_shown: arguments.trace,
        disks_lie: false,
    };
    let first = arguments.seed.unwrap_or(1);
    let usual = if arguments.seed.is_some() { 1 } else { SEEDS };
    let count = arguments.seeds.unwrap_or(usual);
    let seeds = first..=first.saturating_add(count - 1);
    let begun = Instant::now();
    let bar = ProgressBar::new(seeds.clone().count() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {msg}, {eta} left")?);
    let mut sum = Sum::default();
    for seed in seeds.clone() {
        announce(seed, &options);
        match simulator::run(seed, &options) {
            Ok(report) => sum.add(&report),
            Err(broken) => {
                bar.finish_and_clear();
                println!("BROKEN with seed {seed}: {broken}");
                let smallest = shrink(seed, &options, &broken);
                println!("the smallest run that breaks it:\n  {}", command(seed, &smallest));
                return Ok(ExitCode::FAILURE);
            }
        }
        bar.inc(1);
        let hours = sum.simulated_ms / 3_600_000;
        let rate = hours as f64 / begun.elapsed().as_secs_f64();
        bar.set_message(format!("{rate:.0} simulated hours a second"));
    }
    bar.finish_and_clear();
    Ok(sum.show(seeds.count(), begun.elapsed().as_secs_f64(), &options.without))
}

/// A panic of the engine ends the process: what is needed to see it again must stand there.
fn announce(seed: u64, options: &Options) {
    let again = command(seed, options);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        println!("BROKEN with seed {seed}: {info}\nto see it again:\n  {again}");
    }));
    drop(before);
}

/// Leaves out persons, centers and kinds of fault as long as the same promise breaks.
fn shrink(seed: u64, options: &Options, broken: &Broken) -> Options {
    let mut smallest = Options { is_shown: false, ..options.clone() };
    let breaks = |options: &Options| simulator::run(seed, options).is_err();
    let fewer = (1..options.transfers).filter(|transfers| transfers.is_power_of_two());
    let fewer = fewer.map(|transfers| Options { transfers, ..smallest.clone() });
    if let Some(found) = fewer.into_iter().find(|candidate| breaks(candidate)) {
        smallest = found;
    }
    let fewer = (2..options.centers.min(5)).map(|centers| Options { centers, ..smallest.clone() });
    if let Some(found) = fewer.into_iter().find(|candidate| breaks(candidate)) {
        smallest = found;
    }
    for fault in Fault::ALL {
        let mut without: BTreeSet<Fault> = smallest.without.clone();
        without.insert(fault);
        let candidate = Options { without, ..smallest.clone() };
        if breaks(&candidate) {
            smallest = candidate;
        }
    }
    if let Err(now) = simulator::run(seed, &smallest)
        && now != *broken
    {
        println!("it then says: {now}");
    }
    smallest
}

/// The command that runs one seed again.
fn command(seed: u64, options: &Options) -> String {
    let Options { centers, transfers, without, .. } = options;
    let names: Vec<&str> = without.iter().map(|fault| fault.name()).collect();
    let without =
        if names.is_empty() { String::new() } else { format!(" --without {}", names.join(",")) };
    format!(
        "cargo run --release -p fundlink-tests --bin simulate -- --seed {seed} --centers {centers} \
         --transfers {transfers}{without} --trace"
    )
}

impl Sum {
    fn add(&mut self, report: &simulator::Report) {
        self.hash.update(report.hash.as_bytes());
        self.events += report.events;
        self.simulated_ms += report.simulated_ms;
        for (state, count) in &report.ends {
            *self.ends.entry(state).or_default() += count;
        }
        for (fault, count) in &report.injected {
            *self.injected.entry(*fault).or_default() += count;
        }
    }

    fn show(&self, seeds: usize, seconds: f64, without: &BTreeSet<Fault>) -> ExitCode {
        let transfers: u64 = self.ends.values().sum();
        let hours = self.simulated_ms / 3_600_000;
        println!(
            "{seeds} seeds, {hours} simulated hours, {} events: every promise held",
            self.events
        );
        println!(
            "{transfers} transfers in {seconds:.1} s, {:.0} a second",
            transfers as f64 / seconds
        );
        println!("how they ended:");
        for (state, count) in &self.ends {
            println!("  {count:>8}  {state}");
        }
        println!("what went wrong:");
        let mut missing = Vec::new();
        for fault in Fault::ALL {
            let count = self.injected.get(&fault).copied().unwrap_or_default();
            println!("  {count:>8}  {}", fault.name());
            if count == 0 && !without.contains(&fault) {
                missing.push(fault.name());
            }
        }
        println!("hash over all traces: {}", self.hash.finalize().to_hex());
        if missing.is_empty() {
            return ExitCode::SUCCESS;
        }
        println!("never happened: {}; run more seeds", missing.join(", "));
        ExitCode::FAILURE
    }
}
