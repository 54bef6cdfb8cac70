//! `kill`: runs nodes under load and kills them (kill -9) at random moments, as often as wanted.
//!
//! **Promises.** It ends with 0 only if every promise that a caller got was kept; a broken one ends
//! it with the words of the check and the seed.
//! **Left to others.** What is checked: `fundlink_tests::kills`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use fundlink_tests::kills::{Kills, Report, disk};
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
    /// How many persons move meanwhile; one for each kill when absent
    #[arg(long)]
    movers: Option<u32>,
    /// Which victims and which pauses
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whether disks get full, too: the machine must let file systems be mounted
    #[arg(long)]
    disk_full: bool,
    /// Where the folders of all nodes are kept when a promise is broken
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { kills, movers, seed, disk_full, keep } = Arguments::parse();
    if disk_full {
        disk::require_own_mounts();
    }
    let movers = movers.unwrap_or(kills);
    let disks = if disk_full { ", and disks that get full" } else { "" };
    println!("{kills} kills under {movers} transfers{disks}, seed {seed}");
    let bar = ProgressBar::new(kills.into());
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {msg}, {eta} left")?);
    let begun = Instant::now();
    let report = Kills { kills, movers, seed, disks_get_full: disk_full, keep }.run(|so_far| {
        bar.set_position(so_far.kills.into());
        bar.set_message(format!("{} transfers", so_far.transfers));
        if so_far.kills.is_multiple_of(TOLD_EVERY) {
            println!("{} kills, {} s", so_far.kills, begun.elapsed().as_secs());
        }
    });
    bar.finish_and_clear();
    show(&report);
    println!("{} s, 0 lost, 0 doubled", begun.elapsed().as_secs());
    Ok(())
}

/// How often a run says how far it is, for those who read it in a file.
const TOLD_EVERY: u32 = 50;

fn show(report: &Report) {
    println!(
        "{} kills, {} of the authority: {} while a caller waited, {} while a transfer was under way at the \
         victim, {} during an import, {} during a backup, {} within a second of a start, {} of several at once",
        report.kills,
        report.of_authority,
        report.during_command,
        report.during_transfer,
        report.during_import,
        report.during_backup,
        report.during_start,
        report.together
    );
    println!(
        "full disks: {} nodes ended and said so, {} starts were refused, {} nodes were killed",
        report.ended_on_full_disk, report.refused_by_full_disk, report.on_full_disk
    );
    println!(
        "{} transfers, all completed once; {} calls got no answer, of which {} had been carried out",
        report.transfers, report.unanswered, report.unanswered_but_done
    );
    println!(
        "acknowledged and there: {} imports, {} backups, {} rosters; every store is sound",
        report.imports, report.backups, report.rosters
    );
}
