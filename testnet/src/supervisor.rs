//! Nodes as child processes: started, waited for, stopped, and killed where a test wants that.
//!
//! **Promises.** No node outlives its supervisor: each ends when the pipe to it closes, and is killed
//! when it takes too long.
//! **Left to others.** What the nodes are told to do: `network` and `tour`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fundlink_node::control::api::Status;
use fundlink_node::control::client::ControlClient;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::fundlink::{Fundlink, FundlinkError};

/// The running nodes, by the folder of their configuration.
#[derive(Debug)]
pub struct Supervisor {
    fundlink: Fundlink,
    running: BTreeMap<PathBuf, Child>,
}

/// Why a node is not there.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// It could not be started.
    #[error(transparent)]
    Start(#[from] FundlinkError),
    /// It ended by itself.
    #[error("the node in {home} ended by itself; its last words in {home}/node.log: {last}")]
    Ended {
        /// The folder of its configuration.
        home: PathBuf,
        /// The last line of its log.
        last: String,
    },
    /// It does not answer.
    #[error("the node in {home} does not answer after {} s; see {home}/node.log", START_LIMIT.as_secs())]
    Silent {
        /// The folder of its configuration.
        home: PathBuf,
    },
    /// It cannot be ended.
    #[error("the node in {home} cannot be ended: {error}")]
    Kill {
        /// The folder of its configuration.
        home: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// Between two looks at something that takes a while.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Supervisor {
    /// A supervisor with nothing to watch yet.
    #[must_use]
    pub fn new(fundlink: Fundlink) -> Self {
        Self { fundlink, running: BTreeMap::new() }
    }

    /// Starts the node in a folder and waits until it answers.
    ///
    /// # Errors
    /// When it does not start, ends, or does not answer in time.
    pub async fn start(&mut self, home: &Path) -> Result<(), SupervisorError> {
        let child = self.fundlink.start_node(home)?;
        self.running.insert(home.to_owned(), child);
        let client = ControlClient::new(&home.join("control.sock"));
        let begun = Instant::now();
        while client.get::<Status>("/v1/status").await.is_err() {
            self.check_running(home)?;
            if begun.elapsed() > START_LIMIT {
                return Err(SupervisorError::Silent { home: home.to_owned() });
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Says which node has ended by itself, if any has.
    ///
    /// # Errors
    /// The first that has ended.
    pub fn check(&mut self) -> Result<(), SupervisorError> {
        let homes: Vec<PathBuf> = self.running.keys().cloned().collect();
        homes.iter().try_for_each(|home| self.check_running(home))
    }

    fn check_running(&mut self, home: &Path) -> Result<(), SupervisorError> {
        let ended = match self.running.get_mut(home) {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => true,
        };
        if !ended {
            return Ok(());
        }
        self.running.remove(home);
        Err(SupervisorError::Ended { home: home.to_owned(), last: last_line(home) })
    }

    /// Ends a node at once, as a power cut would (kill -9).
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn kill(&mut self, home: &Path) -> Result<(), SupervisorError> {
        let Some(mut child) = self.running.remove(home) else { return Ok(()) };
        let killed = child.kill().await;
        killed.map_err(|error| SupervisorError::Kill { home: home.to_owned(), error })
    }

    /// Stops a node cleanly; one that takes too long is killed.
    ///
    /// # Errors
    /// When it can be neither stopped nor killed.
    pub async fn stop(&mut self, home: &Path) -> Result<(), SupervisorError> {
        let Some(mut child) = self.running.remove(home) else { return Ok(()) };
        drop(child.stdin.take());
        if timeout(STOP_LIMIT, child.wait()).await.is_ok() {
            return Ok(());
        }
        let killed = child.kill().await;
        killed.map_err(|error| SupervisorError::Kill { home: home.to_owned(), error })
    }

    /// Stops all nodes; every one is tried.
    ///
    /// # Errors
    /// The first that could not be stopped.
    pub async fn stop_all(&mut self) -> Result<(), SupervisorError> {
        // All are told before any is waited for.
        for child in self.running.values_mut() {
            drop(child.stdin.take());
        }
        let homes: Vec<PathBuf> = self.running.keys().cloned().collect();
        let mut outcome = Ok(());
        for home in homes {
            outcome = outcome.and(self.stop(&home).await);
        }
        outcome
    }
}

fn last_line(home: &Path) -> String {
    let log = std::fs::read_to_string(home.join("node.log")).unwrap_or_default();
    log.lines().next_back().unwrap_or_default().to_owned()
}
