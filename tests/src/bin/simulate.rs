//! `simulate`: runs simulated networks, one a seed, and says what went wrong in them and that every
//! promise held, or which did not and how it is seen again.
//!
//! **Promises.** It ends with 0 only if every promise held and, over several seeds, every kind of fault
//! really happened.
//! **Left to others.** The simulation: `fundlink_tests::simulator`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, RangeInclusive};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use clap::Parser;
use fundlink_tests::simulator::{self, Broken, Fault, Options};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

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
    /// How many seeds run at the same time; as many as there are cores
    #[arg(long, value_parser = jobs)]
    jobs: Option<usize>,
    /// Go on after a broken promise, and end with failure
    #[arg(long)]
    keep_going: bool,
    /// Let disks lose what they have acknowledged: then a promise must break
    #[arg(long)]
    disks_lie: bool,
    /// Set a center back to an old backup amid the work, in nearly every run
    #[arg(long)]
    set_back: bool,
}

fn jobs(text: &str) -> Result<usize, String> {
    let jobs = text.parse::<NonZeroUsize>().map_err(|error| error.to_string())?;
    Ok(jobs.get())
}

/// Seeds of a run that does not say how many.
const SEEDS: u64 = 100;

#[derive(Default)]
struct Sum {
    seeds: u64,
    broken: u64,
    hash: blake3::Hasher,
    events: u64,
    simulated_ms: i64,
    ends: BTreeMap<&'static str, u64>,
    loans: BTreeMap<&'static str, u64>,
    injected: BTreeMap<Fault, u64>,
}

/// What came of a seed.
type Outcome = (u64, Result<simulator::Report, Broken>);

thread_local! {
    /// How what this thread runs is seen again.
    static AGAIN: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        centers: arguments.centers,
        transfers: arguments.transfers,
        without: arguments.without.iter().copied().collect(),
        is_shown: arguments.trace,
        disks_lie: arguments.disks_lie,
        sets_back: arguments.set_back,
        progress: Arc::default(),
    };
    let first = arguments.seed.unwrap_or(1);
    let usual = if arguments.seed.is_some() { 1 } else { SEEDS };
    let count = arguments.seeds.unwrap_or(usual);
    let seeds = first..=first.saturating_add(count - 1);
    // A trace is that of one run at a time.
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = if options.is_shown { 1 } else { arguments.jobs.unwrap_or(cores) };
    tell_of_panics();
    let begun = Instant::now();
    let bar = ProgressBar::new(count);
    bar.set_style(style(begun, &options)?);
    bar.enable_steady_tick(Duration::from_secs(1));
    let mut sum = Sum::default();
    let smallest = in_order(seeds, &options, jobs, |(seed, outcome)| {
        sum.seeds += 1;
        match outcome {
            Ok(report) => sum.add(&report),
            Err(broken) => {
                sum.broken += 1;
                bar.suspend(|| show_broken(seed, &options, &broken));
                if !arguments.keep_going {
                    return ControlFlow::Break(());
                }
            }
        }
        bar.inc(1);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    if smallest.is_break() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(sum.show(begun.elapsed().as_secs_f64(), &options))
}

/// Seeds that are over, and how far the others are: one run of many centers takes hours.
fn style(begun: Instant, options: &Options) -> anyhow::Result<ProgressStyle> {
    let progress = Arc::clone(&options.progress);
    let far = move |_: &ProgressState, text: &mut dyn fmt::Write| {
        let (hours, events) = (progress.simulated_hours(), progress.events());
        let rate = hours as f64 / begun.elapsed().as_secs_f64();
        // A bar that cannot be written is not seen.
        write!(text, "{events} events, {rate:.0} simulated hours a second").unwrap_or_default();
    };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {far}, {eta} left")?;
    Ok(style.with_key("far", far))
}

/// Runs seeds on so many threads, and takes what came of them in their order.
fn in_order(
    seeds: RangeInclusive<u64>,
    options: &Options,
    jobs: usize,
    mut take: impl FnMut(Outcome) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (mut due, last) = seeds.into_inner();
    let next = AtomicU64::new(due);
    let is_over = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel::<Outcome>();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let sender = sender.clone();
            scope.spawn(|| run_seeds((&next, last), &is_over, options, sender));
        }
        drop(sender);
        let mut early = BTreeMap::new();
        for (seed, outcome) in receiver {
            early.insert(seed, outcome);
            while let Some(outcome) = early.remove(&due) {
                let done = take((due, outcome));
                due += 1;
                if done.is_break() {
                    is_over.store(true, Ordering::Relaxed);
                    return done;
                }
            }
        }
        ControlFlow::Continue(())
    })
}

/// One thread: the next seed that nobody has taken, until there is none.
fn run_seeds(
    (next, last): (&AtomicU64, u64),
    is_over: &AtomicBool,
    options: &Options,
    sender: mpsc::Sender<Outcome>,
) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed > last || is_over.load(Ordering::Relaxed) {
            return;
        }
        AGAIN.set(format!(
            "BROKEN with seed {seed}; to see it again:\n  {}",
            command(seed, options)
        ));
        if sender.send((seed, simulator::run(seed, options))).is_err() {
            return;
        }
    }
}

/// A panic of the engine ends the process: what is needed to see it again must stand there.
fn tell_of_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        AGAIN.with_borrow(|again| println!("{again}"));
        before(info);
    }));
}

fn show_broken(seed: u64, options: &Options, broken: &Broken) {
    println!("BROKEN with seed {seed}: {broken}");
    if options.is_shown {
        return;
    }
    let (smallest, broken) = simulator::shrink(seed, options, broken);
    println!("the smallest run that breaks it says: {broken}\n  {}", command(seed, &smallest));
}

/// The command that runs one seed again.
fn command(seed: u64, options: &Options) -> String {
    let Options { centers, transfers, without, disks_lie, sets_back, .. } = options;
    let names: Vec<&str> = without.iter().map(|fault| fault.name()).collect();
    let without =
        if names.is_empty() { String::new() } else { format!(" --without {}", names.join(",")) };
    let lie = if *disks_lie { " --disks-lie" } else { "" };
    let set_back = if *sets_back { " --set-back" } else { "" };
    format!(
        "cargo run --release -p fundlink-tests --bin simulate -- --seed {seed} --centers {centers} \
         --transfers {transfers}{without}{lie}{set_back} --trace"
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
        for (state, count) in &report.loans {
            *self.loans.entry(state).or_default() += count;
        }
        for (fault, count) in &report.injected {
            *self.injected.entry(*fault).or_default() += count;
        }
    }

    fn show(&self, seconds: f64, options: &Options) -> ExitCode {
        let transfers: u64 = self.ends.values().sum();
        let hours = self.simulated_ms / 3_600_000;
        println!(
            "{} seeds, {hours} simulated hours, {} events: {}",
            self.seeds,
            self.events,
            match self.broken {
                0 => "every promise held".to_owned(),
                broken => format!("{broken} BROKEN"),
            }
        );
        println!(
            "{transfers} transfers in {seconds:.1} s, {:.0} a second",
            transfers as f64 / seconds
        );
        println!("how they ended:");
        for (state, count) in &self.ends {
            println!("  {count:>8}  {state}");
        }
        println!("how applications for loans stand:");
        for (state, count) in &self.loans {
            println!("  {count:>8}  {state}");
        }
        println!("what went wrong:");
        let mut missing = Vec::new();
        for fault in Fault::ALL {
            let count = self.injected.get(&fault).copied().unwrap_or_default();
            println!("  {count:>8}  {}", fault.name());
            let is_left_out =
                options.without.contains(&fault) || fault == Fault::Relapsed && !options.sets_back;
            if count == 0 && !is_left_out {
                missing.push(fault.name());
            }
        }
        println!("hash over all traces: {}", self.hash.finalize().to_hex());
        if self.broken > 0 {
            return ExitCode::FAILURE;
        }
        if missing.is_empty() {
            return ExitCode::SUCCESS;
        }
        let missing = missing.join(", ");
        if self.seeds == 1 {
            println!("never happened in this one run, which draws half of the kinds: {missing}");
            return ExitCode::SUCCESS;
        }
        println!("never happened: {missing}; run more seeds");
        ExitCode::FAILURE
    }
}
