//! The `fundlink` command as a child process: everything that the testnet does, it does the way a
//! newcomer would.
//!
//! **Promises.** What a command needs to know of a person goes to its standard input, never into its
//! arguments. A command that hangs is ended.
//! **Left to others.** What the commands do: the command line and the nodes.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The program.
#[derive(Clone, Debug)]
pub struct Fundlink {
    binary: PathBuf,
}

/// Why a command brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum FundlinkError {
    /// The program cannot be started.
    #[error("{binary} cannot be started: {error}")]
    Start {
        /// The program.
        binary: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The command took longer than any command should.
    #[error("`fundlink {command}` has not ended after {} s", LIMIT.as_secs())]
    Hangs {
        /// The command.
        command: String,
    },
    /// The command failed.
    #[error("`fundlink {command}` ended with {}: {message}", exit.map_or_else(|| "a signal".to_owned(), |exit| exit.to_string()))]
    Failed {
        /// The command.
        command: String,
        /// The exit code; none when a signal ended it.
        exit: Option<i32>,
        /// The stable code of a refusal.
        code: Option<String>,
        /// What it said.
        message: String,
    },
    /// What the command printed is not what was expected.
    #[error("`fundlink {command}` printed something unexpected: {problem}")]
    Unexpected {
        /// The command.
        command: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A command to run.
#[derive(Clone, Debug)]
pub struct Call {
    arguments: Vec<OsString>,
    input: Vec<u8>,
}

/// No command of the tour takes this long; an import takes the longest.
const LIMIT: Duration = Duration::from_secs(300);

impl Call {
    /// A command with its arguments, as one would type it, without names that hold blanks.
    #[must_use]
    pub fn new(line: &str) -> Self {
        let arguments = line.split_whitespace().map(OsString::from).collect();
        Self { arguments, input: Vec::new() }
    }

    /// One more argument.
    #[must_use]
    pub fn with(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// What the command reads from its standard input.
    #[must_use]
    pub fn reading(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// The command as one would type it.
    #[must_use]
    pub fn line(&self) -> String {
        let words = self.arguments.iter().map(|argument| argument.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }
}

impl Fundlink {
    /// The program at this path.
    #[must_use]
    pub fn new(binary: PathBuf) -> Self {
        Self { binary }
    }

    /// Runs a command with `--json` for the member whose configuration is in `home`, and reads what
    /// it prints.
    ///
    /// # Errors
    /// When it cannot be started, fails, or prints something else.
    pub async fn json<R: DeserializeOwned>(
        &self,
        home: &Path,
        call: &Call,
    ) -> Result<R, FundlinkError> {
        let printed = self.run(home, call).await?;
        serde_json::from_slice(&printed).map_err(|error| FundlinkError::Unexpected {
            command: call.line(),
            problem: error.to_string(),
        })
    }

    /// Runs a command with `--json` for the member whose configuration is in `home`, and gives back
    /// what it prints.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub async fn run(&self, home: &Path, call: &Call) -> Result<Vec<u8>, FundlinkError> {
        let mut command = self.command(home);
        command.arg("--json").args(&call.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| self.start_failed(error))?;
        let mut stdin = child.stdin.take();
        let input = call.input.clone();
        // A command that does not read what it is given has closed its end, which is its right.
        let feeding = tokio::spawn(async move {
            if let Some(stdin) = &mut stdin {
                stdin.write_all(&input).await.ok();
            }
        });
        let output = timeout(LIMIT, child.wait_with_output()).await;
        feeding.abort();
        let output = output
            .map_err(|_| FundlinkError::Hangs { command: call.line() })?
            .map_err(|error| self.start_failed(error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(call, output.status, &output.stderr))
    }

    /// Starts the node of the member in `home`. It ends when its standard input does, so that it
    /// cannot outlive whoever holds the child.
    ///
    /// # Errors
    /// When it cannot be started, or its log file cannot be made.
    pub fn start_node(&self, home: &Path) -> Result<Child, FundlinkError> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(home.join("node.log"));
        let log = log.map_err(|error| self.start_failed(error))?;
        let mut command = self.command(home);
        command.args(["run", "--exit-with-parent"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        command.spawn().map_err(|error| self.start_failed(error))
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(home).kill_on_drop(true);
        command
    }

    fn start_failed(&self, error: io::Error) -> FundlinkError {
        FundlinkError::Start { binary: self.binary.clone(), error }
    }
}

/// What a failed command said: the last line of its standard error is JSON.
fn failed(call: &Call, status: ExitStatus, said: &[u8]) -> FundlinkError {
    let said = String::from_utf8_lossy(said);
    let last = said.lines().next_back().unwrap_or_default();
    let error: serde_json::Value = serde_json::from_str(last).unwrap_or_default();
    let text = |key: &str| error["error"][key].as_str().map(str::to_owned);
    FundlinkError::Failed {
        command: call.line(),
        exit: status.code(),
        code: text("code"),
        message: text("message").unwrap_or_else(|| last.to_owned()),
    }
}
