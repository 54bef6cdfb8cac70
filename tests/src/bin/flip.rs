//! `flip`: changes every byte of a small store, one at a time, and says what became of each.
//!
//! **Promises.** It ends with 0 only if no change was served as truth and none let the store hang. A
//! change that ends the process that opens the store is counted, and the next is looked at.
//! **Left to others.** The verdict on one byte: `fundlink_tests::flips`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use fundlink_tests::flips::{Specimen, Verdict};
use indicatif::{ProgressBar, ProgressStyle};

/// Change every byte of a small store, one at a time: each change is noticed or harmless
#[derive(Debug, Parser)]
#[command(
    after_help = "Examples:\n  cargo run --release -p fundlink-tests --bin flip\n  cargo run --release -p fundlink-tests --bin flip -- --sample 500 --seed 17"
)]
struct Arguments {
    /// So many bytes, drawn at random; all of them when absent
    #[arg(long)]
    sample: Option<u64>,
    /// The seed of the sample
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What each byte is XORed with
    #[arg(long, default_value_t = 0xff)]
    mask: u8,
    /// Processes that work at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Where the copies are put: memory is fastest
    #[arg(long, default_value = "/dev/shm")]
    scratch: PathBuf,
    /// Judge the places on standard input, in the specimen of this folder
    #[arg(long, hide = true)]
    judge: Option<PathBuf>,
}

/// How long one byte may take before the store is said to hang.
const LIMIT: Duration = Duration::from_secs(30);
/// The letters of what ends or holds a process.
const ENDED: char = 'p';
const HANGS: char = 'H';

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.judge {
        return judge(folder, &arguments);
    }
    let folder = tempfile::tempdir_in(&arguments.scratch)?;
    let begun = Instant::now();
    let specimen = Specimen::at(&folder.path().join("specimen"))?;
    let bytes = specimen.bytes();
    let places = places(&arguments, bytes);
    println!(
        "a store of {bytes} bytes and {} rows; {} bytes are XORed with {:#04x}, seed {}",
        specimen.rows(),
        places.len(),
        arguments.mask,
        arguments.seed
    );
    let bar = ProgressBar::new(u64::try_from(places.len())?);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} bytes, {eta} left")?);
    let (told, heard) = mpsc::channel();
    let size = places.len().div_ceil(arguments.jobs.max(1)).max(1);
    for (number, share) in places.chunks(size).enumerate() {
        let worker = Worker {
            folder: folder.path().join("specimen"),
            scratch: folder.path().join(format!("worker-{number}")),
            mask: arguments.mask,
        };
        let (share, told) = (share.to_vec(), told.clone());
        thread::spawn(move || worker.run(&share, &told));
    }
    drop(told);
    let mut counts: BTreeMap<char, u64> = BTreeMap::new();
    let mut bad = Vec::new();
    for (place, letter) in heard {
        *counts.entry(letter).or_default() += 1;
        if letter == Verdict::Served.letter() || letter == HANGS {
            bad.push(place);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = |letter| counts.get(&letter).copied().unwrap_or(0);
    println!(
        "{} refused at the start, {} by the check of a row, {} by fsck, {} ended the process, {} harmless; {} served as truth, {} hang; {:.0} s",
        count(Verdict::Refused.letter()),
        count(Verdict::Read.letter()),
        count(Verdict::Checked.letter()),
        count(ENDED),
        count(Verdict::Harmless.letter()),
        count(Verdict::Served.letter()),
        count(HANGS),
        begun.elapsed().as_secs_f64(),
    );
    let judged: u64 = counts.values().sum();
    anyhow::ensure!(judged == u64::try_from(places.len())?, "only {judged} bytes were judged");
    if bad.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("served as truth or hanging, by place: {bad:?}");
    Ok(ExitCode::FAILURE)
}

fn places(arguments: &Arguments, bytes: u64) -> Vec<u64> {
    let Some(sample) = arguments.sample else { return (0..bytes).collect() };
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    (0..sample).map(|_| random.u64(0..bytes)).collect()
}

/// The child's part: a letter for each place that it reads.
fn judge(folder: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let specimen = Specimen::at(folder)?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let place: u64 = line?.parse()?;
        let verdict = specimen.judge(&arguments.scratch, place, arguments.mask)?;
        writeln!(out, "{}", verdict.letter())?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps a child at work, and starts another when one ends of what it opened.
struct Worker {
    folder: PathBuf,
    scratch: PathBuf,
    mask: u8,
}

impl Worker {
    fn run(&self, places: &[u64], told: &mpsc::Sender<(u64, char)>) {
        let mut rest = places;
        while let Some((first, _)) = rest.split_first() {
            let (done, how) = self.child(rest, told).unwrap_or((0, ENDED));
            rest = rest.get(done..).unwrap_or_default();
            if let Some((place, later)) = rest.split_first() {
                told.send((*place, how)).ok();
                rest = later;
            } else if done == 0 {
                told.send((*first, how)).ok();
                break;
            }
        }
    }

    /// Judges places until a child ends; gives how many were judged, and how it ended.
    fn child(
        &self,
        places: &[u64],
        told: &mpsc::Sender<(u64, char)>,
    ) -> anyhow::Result<(usize, char)> {
        std::fs::create_dir_all(&self.scratch)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--judge")
            .arg(&self.folder)
            .arg("--scratch")
            .arg(&self.scratch)
            .args(["--mask", &self.mask.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
        let output = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
        let watch = Watch::over(child);
        let mut lines = BufReader::new(output).lines();
        let mut done = 0;
        for place in places {
            if writeln!(input, "{place}").is_err() {
                break;
            }
            let Some(Ok(line)) = lines.next() else { break };
            let Some(letter) = line.chars().next() else { break };
            told.send((*place, letter)).ok();
            done += 1;
            watch.beat();
        }
        drop(input);
        Ok((done, if watch.end() { HANGS } else { ENDED }))
    }
}

/// Ends a child that does not go on.
struct Watch {
    beats: Arc<AtomicU64>,
    over: mpsc::Sender<()>,
    thread: thread::JoinHandle<bool>,
}

impl Watch {
    fn over(mut child: Child) -> Self {
        let beats = Arc::new(AtomicU64::new(0));
        let (over, told) = mpsc::channel();
        let seen = Arc::clone(&beats);
        let thread = thread::spawn(move || {
            let mut last = 0;
            let mut hangs = false;
            while told.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let now = seen.load(Ordering::Relaxed);
                if now == last {
                    hangs = true;
                    child.kill().ok();
                    break;
                }
                last = now;
            }
            child.wait().ok();
            hangs
        });
        Self { beats, over, thread }
    }

    fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for the child; true when it had to be ended.
    fn end(self) -> bool {
        drop(self.over);
        self.thread.join().unwrap_or(true)
    }
}
