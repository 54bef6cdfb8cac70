//! What a node asks of the operating system, as `strace` writes it down.
//!
//! **Promises.** Lines keep the order in which things happened: a call that another one interrupts stands
//! there twice, where it begins and where it ends.
//! **Left to others.** Which order is right: the tests.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A system call that has ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The file or socket that it is about, a path as hexadecimal digits.
    pub on: String,
    /// Its arguments, byte strings as hexadecimal digits without separators.
    pub bytes: String,
    /// What it returned.
    pub result: i64,
    /// When it began, in seconds of the machine's clock.
    pub at: f64,
    /// The line on which it begins.
    pub begins: usize,
    /// The line on which it ends.
    pub ends: usize,
}

/// The calls that matter here: what reads and writes files and sockets, and what makes writes durable.
const CALLS: &str = "trace=read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg,pwrite64,pwritev,fdatasync,fsync";

/// The command under `strace`, which writes to `file` and lets each fdatasync return late.
#[must_use]
pub fn traced(command: &Command, file: &Path, sync_delay: Duration) -> Command {
    let mut traced = Command::new("strace");
    // The node is the child, so that signals and the end of standard input reach it.
    traced.args(["-D", "-f", "-ttt", "-yy", "-xx", "-s", "4000000", "-e", CALLS]);
    traced.arg("-e").arg(format!("inject=fdatasync:delay_exit={}", sync_delay.as_micros()));
    traced.arg("-o").arg(file).arg(command.get_program()).args(command.get_args());
    traced
}

/// Whether programs can be traced on this machine.
///
/// # Panics
/// When they cannot, with what to do.
pub fn require() {
    let tried = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .output();
    let tried = tried.expect("strace is not installed: run tests/run --install");
    assert!(
        tried.status.success(),
        "no program can be traced here, so nobody can see what is sent before it is durable: allow \
         ptrace (in a container --cap-add SYS_PTRACE; else sysctl kernel.yama.ptrace_scope=1): {}",
        String::from_utf8_lossy(&tried.stderr)
    );
}

/// Bytes as they stand in [`Call::bytes`].
#[must_use]
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what was written down, in the order in which calls end.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn read(file: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(file).expect("strace has written its file");
    let mut open: std::collections::BTreeMap<&str, (String, f64, usize)> = Default::default();
    let mut calls = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.splitn(2, ' ');
        let (Some(process), Some(rest)) = (words.next(), words.next()) else { continue };
        let Some((at, rest)) = rest.trim_start().split_once(' ') else { continue };
        let Ok(at) = at.parse::<f64>() else { continue };
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            open.insert(process, (begun.to_owned(), at, number));
        } else if let Some((_, end)) = rest.split_once("resumed>") {
            if let Some((begun, at, begins)) = open.remove(process) {
                calls.extend(call(&[&begun, end].concat(), at, (begins, number)));
            }
        } else {
            calls.extend(call(rest, at, (number, number)));
        }
    }
    calls
}

fn call(text: &str, at: f64, (begins, ends): (usize, usize)) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") = ")?;
    let result = result.split_whitespace().next()?.parse().ok()?;
    let on = arguments.split_once('<').map_or("", |(_, on)| on);
    let on = on.split_once(">, ").map_or(on, |(on, _)| on);
    let bytes: String = arguments.split("\\x").collect();
    // Paths are written like bytes; kinds of sockets are not.
    let on = on.split("\\x").collect();
    Some(Call { name: name.to_owned(), on, bytes, result, at, begins, ends })
}
