//! A member whose node is a real process: started, asked, stopped, killed.
//!
//! **Promises.** A node does not outlive its test: it ends when the pipe to it closes, and is killed
//! when it is dropped. Its ports are its own as long as it lives: nobody else here takes them, and no
//! outgoing connection does.
//! **Left to others.** Making members of a network: `province`.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fundlink_node::config::file::ConfigFile;
use fundlink_node::config::template;
use fundlink_testnet::member::Identity;
use serde_json::Value;

use crate::program::{self, Said, until};
use crate::trace;

/// A member, and its node if that runs.
#[derive(Debug)]
pub struct Member {
    /// Who it is.
    pub identity: Identity,
    /// The folder of its configuration.
    pub home: PathBuf,
    peers: Port,
    health: Port,
    node: Option<Child>,
    /// Where what it logs since its last start begins.
    log_begins: usize,
}

/// A TCP port of loopback that is ours.
///
/// It lies below the ports that the system gives to outgoing connections. The UDP port of the same
/// number, which nobody needs, is held as a mark for other tests.
#[derive(Debug)]
struct Port {
    number: u16,
    _mark: UdpSocket,
}

/// How long a node may take to start: far more than it does, for long runs share their machine with others.
const LIMIT: Duration = Duration::from_secs(300);
/// How long a node may take to answer on its health port.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const FIRST_PORT: u16 = 10_240;
const LAST_PORT: u16 = 32_000;

impl Member {
    /// A member that has nothing yet.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn new(identity: Identity, folder: &Path) -> Self {
        let home = folder.join(identity.english);
        Self {
            identity,
            home,
            peers: Port::take(),
            health: Port::take(),
            node: None,
            log_begins: 0,
        }
    }

    /// Where other members dial it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.peers.number)
    }

    /// The port for other members.
    #[must_use]
    pub const fn peer_port(&self) -> u16 {
        self.peers.number
    }

    /// Where its health and metrics are.
    #[must_use]
    pub fn health(&self) -> String {
        format!("127.0.0.1:{}", self.health.number)
    }

    /// Runs a command of this member.
    ///
    /// # Panics
    /// When it cannot be started or does not end in time.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Said {
        program::run(&self.home, arguments)
    }

    /// What a command of this member says to people who read Chinese.
    ///
    /// # Panics
    /// When it does not do what was asked.
    #[must_use]
    pub fn read_chinese(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(program::fundlink());
        command.args(["--lang", "zh", "--config"]).arg(&self.home).args(arguments);
        program::hear(command, "").done().out
    }

    /// Runs a command of this member, with what a person types.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[must_use]
    pub fn run_reading(&self, arguments: &[&str], typed: &str) -> Said {
        program::run_reading(&self.home, arguments, typed)
    }

    /// What a command of this member prints for programs.
    ///
    /// # Panics
    /// When it does not do what was asked.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> Value {
        self.run(&[&["--json"], arguments].concat()).done().json()
    }

    /// Whether its node waits for the witnesses' word, after a start.
    ///
    /// # Panics
    /// When the node does not answer.
    #[must_use]
    pub fn is_recovering(&self) -> bool {
        self.ask(&["status"])["recovering"] == true
    }

    /// Changes the configuration file, as an editor would.
    ///
    /// # Panics
    /// When it is not there or not a configuration.
    pub fn configure(&self, edit: impl FnOnce(&mut ConfigFile)) {
        let path = self.home.join("fundlink.toml");
        let text = fs::read_to_string(&path).expect("the configuration is there");
        let mut file = ConfigFile::parse(&text).expect("it is a configuration");
        edit(&mut file);
        fs::write(&path, template::render(&file)).expect("it can be written");
    }

    /// Starts the node and waits until it is ready.
    ///
    /// # Panics
    /// When it runs already, ends, or is not ready in time.
    pub fn start(&mut self) {
        self.start_as(self.node_command());
    }

    /// Starts the node where no file can grow beyond this size, as on a disk that gets full.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_on_small_disk(&mut self, kib: u32) {
        let node = self.node_command();
        let mut command = Command::new("sh");
        // A full disk sends no signal, so that of the limit is ignored. Blocks have 512 bytes.
        let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", u64::from(kib) * 2);
        command.arg("-c").arg(limit).arg(node.get_program()).args(node.get_args());
        self.start_as(command);
    }

    /// Starts the node with every log line switched on.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_loud(&mut self) {
        let mut command = self.node_command();
        command.env("RUST_LOG", "trace");
        self.start_as(command);
    }

    /// Starts the node under `strace`, with each fdatasync slowed down; what it asks of the operating
    /// system is written to a file.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_traced(&mut self, file: &Path, sync_delay: Duration) {
        self.start_as(trace::traced(&self.node_command(), file, sync_delay));
    }

    fn start_as(&mut self, command: Command) {
        self.launch_as(command);
        if let Err(exit) = self.await_ready() {
            panic!("the node ended with {exit:?}: {}", self.log());
        }
    }

    /// Starts the node and does not wait until it is ready.
    ///
    /// # Panics
    /// When it runs already.
    pub fn launch(&mut self) {
        self.launch_as(self.node_command());
    }

    fn launch_as(&mut self, mut command: Command) {
        assert!(self.node.is_none(), "{} runs already", self.identity.english);
        self.log_begins = self.log().len();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log.expect("a log file"));
        self.node = Some(command.spawn().expect("the program starts"));
    }

    /// Waits until the node is ready.
    ///
    /// # Errors
    /// With its exit code, when it ends instead.
    ///
    /// # Panics
    /// When it is not ready in time.
    pub fn await_ready(&mut self) -> Result<(), Option<i32>> {
        let ready = until(LIMIT, || match self.ended() {
            Some(exit) => Some(Err(exit)),
            None => self.get("/readyz").is_some_and(|(status, _)| status == 200).then_some(Ok(())),
        });
        ready.unwrap_or_else(|| panic!("the node is not ready in time: {}", self.log()))
    }

    /// Starts the node where it cannot run, and hears what it says until it ends.
    ///
    /// # Panics
    /// When it does not end in time.
    #[must_use]
    pub fn fail_to_start(&self) -> Said {
        program::hear(self.node_command(), "")
    }

    /// The command that runs the node; it ends when its standard input does.
    #[must_use]
    pub fn node_command(&self) -> Command {
        let mut command = Command::new(program::fundlink());
        command.args(["--lang", "en", "--config"]).arg(&self.home);
        command.args(["run", "--exit-with-parent"]);
        command
    }

    /// Stops the node cleanly.
    ///
    /// # Panics
    /// When it does not run, or does not end with 0.
    pub fn stop(&mut self) {
        let mut node = self.node.take().expect("the node runs");
        drop(node.stdin.take());
        let exit = program::await_end(&mut node);
        let exit = exit.and_then(|exit| exit.code());
        assert_eq!(exit, Some(0), "the node did not stop cleanly: {}", self.log());
    }

    /// Ends the node at once, as a power cut would (kill -9).
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        let mut node = self.node.take().expect("the node runs");
        node.kill().and_then(|()| node.wait()).expect("a child can be ended");
    }

    /// Whether the node runs, as far as its starter knows.
    #[must_use]
    pub const fn is_started(&self) -> bool {
        self.node.is_some()
    }

    /// The process of the node.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.node.as_ref().expect("the node runs").id()
    }

    /// The exit code of a node that has ended by itself; none for one that runs.
    ///
    /// # Panics
    /// When it was never started.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        let node = self.node.as_mut().expect("the node was started");
        let ended = node.try_wait().expect("a child can be waited for");
        ended.map(|ended| ended.code())
    }

    /// Waits until a node that cannot go on has ended, and gives its exit code.
    ///
    /// # Panics
    /// When it goes on.
    pub fn await_end(&mut self) -> Option<i32> {
        let mut node = self.node.take().expect("the node was started");
        let ended = program::await_end(&mut node);
        ended.unwrap_or_else(|| panic!("the node goes on: {}", self.log())).code()
    }

    /// Memory of the node that is in RAM.
    ///
    /// # Panics
    /// When the node does not run.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        let id = self.process();
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.expect("it is told").trim().strip_suffix("kB").expect("it is in KiB");
        number.trim().parse().expect("a number")
    }

    /// What the node counts: the sum over all lines of a metric whose labels hold all these texts.
    ///
    /// # Panics
    /// When the node does not answer.
    #[must_use]
    pub fn counted(&self, name: &str, labels: &[&str]) -> f64 {
        let (_, metrics) = self.get("/metrics").expect("the node serves its metrics");
        let fits = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label))
        };
        let value =
            |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        metrics.lines().filter(fits).filter_map(value).fold(0.0, |sum, value| sum + value)
    }

    /// Status and body of a request to the health port.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let get = || -> io::Result<String> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.health.number))?;
            stream.set_read_timeout(Some(ANSWER_LIMIT))?;
            write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = get().ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// What the node has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// What the node has logged since its last start.
    #[must_use]
    pub fn last_log(&self) -> String {
        self.log().split_off(self.log_begins)
    }

    fn log_path(&self) -> PathBuf {
        self.home.join("node.log")
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(mut node) = self.node.take() {
            // It may have ended by itself.
            node.kill().and_then(|()| node.wait()).ok();
        }
    }
}

impl Port {
    fn take() -> Self {
        // Tests that run at the same time begin to look at different places.
        let span = u32::from(LAST_PORT - FIRST_PORT);
        let begin = std::process::id().wrapping_mul(97) % span;
        let numbers = (0..span).map(|step| {
            FIRST_PORT + u16::try_from((begin + step) % span).expect("less than the last port")
        });
        let take = |number: u16| {
            let mark = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
            Some(Self { number, _mark: mark })
        };
        numbers.into_iter().find_map(take).expect("some port is free")
    }
}
