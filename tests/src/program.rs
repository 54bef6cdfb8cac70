//! The `fundlink` program as a user has it: built once, started as a process, heard to its end.
//!
//! **Promises.** A command that does not end in time is ended and fails the test, with what it said
//! until then. What a person types goes to standard input.
//! **Left to others.** Nodes: `province`.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a command said, and how it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// The command, as one would type it.
    pub line: String,
    /// The exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// How long any command may take: far more than it does, so that a slow machine fails no test.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at something that takes a while.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The program. `FUNDLINK_BINARY` names one that is built already; otherwise cargo builds it, into
/// the folder that this test was built into.
///
/// # Panics
/// When it does not build.
pub fn fundlink() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("FUNDLINK_BINARY").map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    // target/debug/deps/test-0123456789abcdef, or target/debug/kill
    let folder = program.parent().expect("a program lies in a folder");
    let profile = match folder.parent() {
        Some(parent) if folder.ends_with("deps") => parent.to_owned(),
        _ => folder.to_owned(),
    };
    let target = profile.parent().expect("a profile lies in the target folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--locked", "--package", "fundlink", "--bin", "fundlink"]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    let built = cargo.output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    profile.join("fundlink")
}

/// Runs a command of the member whose configuration is in `home`, in English, and hears it to its
/// end.
///
/// # Panics
/// When it cannot be started or does not end in time.
pub fn run(home: &Path, arguments: &[&str]) -> Said {
    run_reading(home, arguments, "")
}

/// [`run`], with what a person types.
///
/// # Panics
/// As [`run`].
pub fn run_reading(home: &Path, arguments: &[&str], typed: &str) -> Said {
    let mut command = Command::new(fundlink());
    command.args(["--lang", "en", "--config"]).arg(home).args(arguments);
    hear(command, typed)
}

/// Runs a command and hears it to its end.
///
/// # Panics
/// As [`run`].
pub fn hear(mut command: Command, typed: &str) -> Said {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    let typed = typed.to_owned();
    // A command that does not read what it is given has closed its end, which is its right.
    let typing = thread::spawn(move || stdin.write_all(typed.as_bytes()).ok());
    let out = listen(child.stdout.take().expect("it was asked for"));
    let err = listen(child.stderr.take().expect("it was asked for"));
    let exit = await_end(&mut child);
    typing.join().expect("typing does not fail");
    let out = out.join().expect("listening does not fail");
    let err = err.join().expect("listening does not fail");
    let Some(exit) = exit else { panic!("`{line}` does not end; until now it said {out}{err}") };
    Said { line, exit: exit.code(), out, err }
}

fn listen(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut heard = Vec::new();
        from.read_to_end(&mut heard).ok();
        String::from_utf8_lossy(&heard).into_owned()
    })
}

/// Waits until a process has ended, and ends it when it takes too long.
pub(crate) fn await_end(child: &mut Child) -> Option<std::process::ExitStatus> {
    let ended = until(LIMIT, || child.try_wait().expect("a child can be waited for"));
    if ended.is_none() {
        child.kill().and_then(|()| child.wait()).expect("a child can be ended");
    }
    ended
}

/// Looks again and again until there is something, or the time is over.
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let found = look();
        if found.is_some() || begun.elapsed() > limit {
            return found;
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Gives a command as a clerk does whose node waits for its witnesses after a start: again, until
/// they have answered.
///
/// # Panics
/// When they do not answer in time.
pub fn once_recovered(mut give: impl FnMut() -> Said) -> Said {
    let answered = until(LIMIT, || {
        let said = give();
        (said.code().as_deref() != Some("RECOVERING")).then_some(said)
    });
    answered.expect("the witnesses answer in time")
}

impl Said {
    /// This, of a command that did what was asked.
    ///
    /// # Panics
    /// When it did not.
    pub fn done(self) -> Self {
        self.ended_with(0)
    }

    /// This, of a command that ended with this exit code.
    ///
    /// # Panics
    /// When it ended otherwise.
    pub fn ended_with(self, exit: i32) -> Self {
        let Self { line, out, err, .. } = &self;
        assert_eq!(self.exit, Some(exit), "`{line}` said {out}{err}");
        self
    }

    /// The document that it printed.
    ///
    /// # Panics
    /// When it printed something else.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { line, out, err, .. } = self;
        serde_json::from_str(out)
            .unwrap_or_else(|error| panic!("`{line}` printed no JSON ({error}): {out}{err}"))
    }

    /// The stable code with which a command under `--json` was refused.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let error: Value = serde_json::from_str(self.err.lines().next_back()?).ok()?;
        error["error"]["code"].as_str().map(str::to_owned)
    }

    /// Everything that it said.
    #[must_use]
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}
