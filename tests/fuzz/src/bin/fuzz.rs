//! `fuzz`: builds the targets with coverage, runs one or all of them, and says what was reached.
//!
//! **Promises.** It works with the stable toolchain that the project is built with. It ends with 0 only
//! if every target that ran kept its promises; otherwise the input that broke one is named, with the
//! command that shows it again.
//! **Left to others.** The targets and the files of the corpus: `fundlink_fuzz`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use fundlink_fuzz::{TARGETS, Target, corpus, seeds};

use crate::reading::Said;

#[path = "fuzz/reading.rs"]
mod reading;

/// Give decoders bytes that nobody would send, guided by the coverage that they reach
#[derive(Debug, Parser)]
#[command(
    after_help = "Examples:\n  cargo run -p fundlink-fuzz -- all --minutes 20\n  cargo run -p fundlink-fuzz -- statement evidence-zip\n  cargo run -p fundlink-fuzz -- statement --replay target/fuzz/found/statement/crash-1\n  cargo run -p fundlink-fuzz -- --write-corpus"
)]
struct Arguments {
    /// The targets, or `all`; without any, they are listed
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Show what one target makes of a file, without fuzzing
    #[arg(long, value_name = "FILE", conflicts_with = "write_corpus")]
    replay: Option<PathBuf>,
    /// Write the files of the corpus anew from the vectors; those named `found-…` stay
    #[arg(long)]
    write_corpus: bool,
}

/// Seconds that one input may take.
const SECONDS_MAX: u32 = 10;
/// Mebibytes that a target may hold.
const MEBIBYTES_MAX: u32 = 2_048;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.write_corpus {
        write_corpus()?;
        return Ok(ExitCode::SUCCESS);
    }
    let targets = named(&arguments.targets)?;
    if targets.is_empty() {
        for target in TARGETS {
            println!("{:<16}{}", target.name, target.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(file) = &arguments.replay {
        let [target] = targets.as_slice() else { bail!("one target shows one file") };
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        target.check(&bytes);
        println!("{}: {} bytes, every promise held", target.name, bytes.len());
        return Ok(ExitCode::SUCCESS);
    }
    ensure!(arguments.minutes > 0.0, "--minutes is more than 0");
    run(&targets, arguments.minutes)
}

fn named(names: &[String]) -> anyhow::Result<Vec<&'static Target>> {
    if names.iter().any(|name| name == "all") {
        return Ok(TARGETS.iter().collect());
    }
    let target = |name: &String| {
        Target::named(name).with_context(|| {
            let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            format!("there is no target {name}; there are all, {}", known.join(", "))
        })
    };
    names.iter().map(target).collect()
}

fn run(targets: &[&'static Target], minutes: f64) -> anyhow::Result<ExitCode> {
    let folder = target_folder()?.join("fuzz");
    let program = build(&folder)?;
    let mut lines = Vec::new();
    let mut is_whole = true;
    for target in targets {
        println!("== {} for {minutes} min: {}", target.name, target.about);
        let said = fuzz(target, &program, &folder, minutes)?;
        if let Some(found) = &said.found {
            is_whole = false;
            println!("BROKEN by {}", found.display());
            println!(
                "  cargo run -p fundlink-fuzz -- {} --replay {}",
                target.name,
                found.display()
            );
            println!("  once it is mended: keep it as tests/fuzz/corpus/{}/found-…", target.name);
        } else if !said.is_over {
            is_whole = false;
            println!("BROKEN: the target ended early; it said last:\n{}", said.last);
        }
        lines.push(said.line(target.name));
    }
    println!("\n{}", Said::HEAD);
    lines.iter().for_each(|line| println!("{line}"));
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where cargo builds: this program lies in a profile's folder of it.
fn target_folder() -> anyhow::Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.ancestors().nth(2).context("the program lies in a target folder")?;
    Ok(folder.to_owned())
}

/// Builds what is fuzzed, with coverage, beside everything else that is built.
fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let host = host()?;
    println!("== building with coverage in {}", folder.display());
    let built = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--locked", "--package", "fundlink-fuzz", "--bin", "fuzz-target"])
        .args(["--profile", "fuzz", "--target", &host, "--target-dir"])
        .arg(folder)
        .env("RUSTC_WRAPPER", own.join("rustc"))
        .current_dir(own)
        .status()
        .context("cargo")?;
    ensure!(built.success(), "the targets cannot be built: see above");
    Ok(folder.join(host).join("fuzz").join("fuzz-target"))
}

/// The name of the machine that this is built on.
fn host() -> anyhow::Result<String> {
    let said = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let said = String::from_utf8(said.stdout)?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc says which machine it is for")?.to_owned())
}

/// Runs one target for a while.
fn fuzz(target: &Target, program: &Path, folder: &Path, minutes: f64) -> anyhow::Result<Said> {
    let grown = folder.join("grown").join(target.name);
    let found = folder.join("found").join(target.name);
    let words = folder.join(format!("{}.words", target.name));
    fs::create_dir_all(&grown)?;
    fs::create_dir_all(&found)?;
    let dictionary = seeds::dictionary(target.name);
    fs::write(&words, &dictionary)?;
    let seconds = (minutes * 60.0).ceil();
    let mut running = Command::new(program)
        .arg(&grown)
        .arg(corpus().join(target.name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.bytes_max))
        .arg(format!("-timeout={SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEBIBYTES_MAX}"))
        .args((!dictionary.is_empty()).then(|| format!("-dict={}", words.display())))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg("-print_final_stats=1")
        .env("FUNDLINK_FUZZ_TARGET", target.name)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| program.display().to_string())?;
    let errors = running.stderr.take().context("what it says")?;
    let said = Said::listen(std::io::BufReader::new(errors), |line| println!("{line}"))?;
    let ended = running.wait()?;
    Ok(Said { is_over: ended.success(), ..said })
}

/// Writes the corpus anew.
fn write_corpus() -> anyhow::Result<()> {
    let (mut files, mut bytes) = (0, 0);
    for target in TARGETS {
        let folder = corpus().join(target.name);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with("found-") {
                fs::remove_file(entry.path())?;
            }
        }
        for (name, content) in seeds::of(target.name) {
            (files, bytes) = (files + 1, bytes + content.len());
            fs::write(folder.join(name), content)?;
        }
    }
    println!("{files} files, {} KiB", bytes.div_ceil(1_024));
    Ok(())
}
