//! `kill`: runs nodes under load and kills them (kill -9) at random moments, as often as wanted.
//!
//! **Promises.** It ends with 0 only if every promise that a caller got was kept; a broken one ends
//! it with the words of the check and the seed.
//! **Left to others.** What is checked: `fundlink_tests::kills`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use clap::Parser;
use fundlink_tests::kills::{Kills, Report};
use indicatif::{ProgressBar, ProgressStyle};

/// Kill nodes of a network under load, and compare what callers were told with what is there
#[derive(Debug, Parser)]
#[command(
    after_help = "Example:\n  cargo run --release -p fundlink-tests --bin kill -- --kills 1000"
)]
struct Arguments {
    /// How often a node is killed
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// How many persons move meanwhile; two for each kill when absent
    #[arg(long)]
    movers: Option<u32>,
    /// Which victims and which pauses
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let Arguments { kills, movers, seed } = Arguments::parse();
    let movers = movers.unwrap_or_else(|| kills.saturating_mul(2));
    println!("{kills} kills under {movers} transfers, seed {seed}");
    let bar = ProgressBar::new(kills.into());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {msg}, {eta} left")?);
    let report = Kills { kills, movers, seed }.run(|so_far| {
        bar.set_position(so_far.kills.into());
        bar.set_message(format!("{} transfers", so_far.transfers));
    });
    bar.finish_and_clear();
    let Report {
        kills,
        during_command,
        during_transfer,
        unanswered,
        unanswered_but_done,
        transfers,
    } = report;
    println!(
        "{kills} kills: {during_command} while a caller waited, {during_transfer} while a transfer \
         was under way at the victim\n{transfers} transfers, all completed once; {unanswered} calls \
         got no answer, of which {unanswered_but_done} had been carried out\n0 lost, 0 doubled"
    );
    Ok(())
}
