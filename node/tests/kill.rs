//! What a store has acknowledged survives kill -9 and a full disk.
//!
//! The test starts itself as a child that commits and prints each acknowledged number, ends the
//! child in the middle of its work, and looks at what the next start finds.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::store::{Batch, Store as _, StoreError};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "write", folder] => write_until_killed(Path::new(folder)),
        [_, "--list", ..] => Ok(()),
        [_, others @ ..] => run_wanted(others),
        [] => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Runs the tests whose names contain what was asked for, as the test harness does.
fn run_wanted(arguments: &[&str]) -> Outcome {
    type Test = fn() -> Outcome;
    let tests: [(&str, Test); 2] = [
        ("acknowledged_commits_survive_a_kill", acknowledged_commits_survive_a_kill),
        ("a_full_disk_loses_nothing", a_full_disk_loses_nothing),
    ];
    let mut wanted = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
    let all = wanted.peek().is_none();
    let wanted: Vec<&&str> = wanted.collect();
    for (name, test) in tests {
        if all || wanted.iter().any(|part| name.contains(**part)) {
            test()?;
            writeln!(std::io::stdout(), "test {name} ... ok")?;
        }
    }
    Ok(())
}

/// Commits number after number, each under its own key and as `last`, until something ends it.
fn write_until_killed(folder: &Path) -> Outcome {
    let mut store = SledStore::open(folder)?;
    let mut out = std::io::stdout();
    let mut number = next_number(&store)?;
    loop {
        let padding = vec![0_u8; usize::try_from(number % 7)? * 5_000];
        let value = [number.to_be_bytes().as_slice(), &padding].concat();
        let writes = [
            ([b"n".as_slice(), &number.to_be_bytes()].concat(), Some(value)),
            (b"last".to_vec(), Some(number.to_be_bytes().to_vec())),
        ];
        match store.commit(Batch { writes: writes.into() }) {
            Ok(()) => writeln!(out, "{number}")?,
            Err(StoreError::Full) => {
                // Nothing may be served from a store whose last commit failed.
                let served = store.get(b"last").is_ok();
                writeln!(out, "{}", if served { "served" } else { "full" })?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        number += 1;
    }
}

fn next_number(store: &SledStore) -> Result<u64, Box<dyn Error>> {
    match store.get(b"last")? {
        Some(last) => Ok(u64::from_be_bytes(last.as_slice().try_into()?) + 1),
        None => Ok(0),
    }
}

fn acknowledged_commits_survive_a_kill() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut acknowledged = None;
    for round in 0..12_u64 {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["write".as_ref(), folder.path().as_os_str()])
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output of the child")?).lines();
        // Another number each round, so that the kill meets another step of the work.
        for (line, count) in lines.zip(0..) {
            acknowledged = Some(line?.parse::<u64>()?);
            if count == 40 + round * 17 {
                child.kill()?;
            }
        }
        child.wait()?;
        check_numbers(folder.path(), acknowledged)?;
    }
    Ok(())
}

fn a_full_disk_loses_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    // A limit on the size of a file stands for the full disk; its signal is ignored, as a full disk
    // sends none.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" write \"$1\""])
        .arg(std::env::current_exe()?)
        .arg(folder.path())
        .output()?;
    let lines = String::from_utf8(output.stdout)?;
    let mut lines: Vec<&str> = lines.lines().collect();
    if lines.pop() != Some("full") {
        return Err(format!(
            "the child did not report a full disk: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    let acknowledged = lines.pop().map(str::parse::<u64>).transpose()?;
    check_numbers(folder.path(), acknowledged)
}

/// Every acknowledged number is there, whole, and at most one more that was on its way.
fn check_numbers(folder: &Path, acknowledged: Option<u64>) -> Outcome {
    let store = SledStore::open(folder)?;
    let acknowledged = acknowledged.ok_or("the child acknowledged nothing")?;
    let next = next_number(&store)?;
    if next != acknowledged + 1 && next != acknowledged + 2 {
        return Err(format!("acknowledged {acknowledged}, but the next number is {next}").into());
    }
    for number in 0..next {
        let stored = store.get(&[b"n".as_slice(), &number.to_be_bytes()].concat())?;
        let stored = stored.ok_or_else(|| format!("{number} of {next} is gone"))?;
        if !stored.starts_with(&number.to_be_bytes()) {
            return Err(format!("{number} has the value of another").into());
        }
    }
    Ok(())
}
