//! Repairing a data folder that no node holds (`fundlink fsck --repair`).
//!
//! **Promises.** Before a byte is changed the store is copied beside the folder, and stays there. What
//! follows from the rest is made anew; entries of public logs are taken back from members, under the
//! checkpoints that their keys have signed. What is left is named with what to do.
//! **Left to others.** What is right: `fundlink_protocol::engine::store_check`. Backups.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::single;
use fundlink_protocol::engine::store_check::refill::{Refill, ask_for_latest};
use fundlink_protocol::engine::store_check::{Expected, Report};
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::roster::Roster;
use fundlink_protocol::store::{Staged, Store as _, StoreError};
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::check::{CheckError, check_rows, copy_store, open_as_found, unexplained};
use super::sled::SledStore;
use super::{FolderLock, OpenError, has_store};
use crate::clock;
use crate::config::Config;
use crate::keyfile::HeldKeys;
use crate::network::{
    self, NetworkConfig, NetworkError, NetworkEvent, NetworkHandle, NetworkLimits, Protocol,
};
use crate::signing::KeyChoice;
use crate::translate::Directory;

/// What a repair has done.
#[derive(Debug)]
pub struct Repaired {
    /// What was wrong.
    pub before: Report,
    /// What is still wrong.
    pub after: Report,
    /// Where the store stands as it was.
    pub aside: PathBuf,
    /// Logs whose entries were taken back.
    pub refilled: Vec<LogId>,
    /// Members that did not answer.
    pub unreachable: BTreeSet<CenterCode>,
}

/// Why nothing was repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Sled cannot read its own file: no row can be told from another.
    #[error(
        "the store in {folder} cannot be read at all; restore a backup with `fundlink restore`, and keep {aside} until the node has caught up"
    )]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// The copy of it.
        aside: PathBuf,
    },
    /// The store failed while it was written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Members cannot be asked.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl From<OpenError> for RepairError {
    fn from(error: OpenError) -> Self {
        Self::Check(error.into())
    }
}

/// How often what was made anew is looked at again: an index follows from a log that follows from its
/// entries.
const PASSES: usize = 4;

/// Repairs the store of a configuration.
///
/// # Errors
/// When the folder is in use or of a newer release, cannot be copied, or sled cannot read it.
pub async fn repair(config: &Config, keys: HeldKeys) -> Result<Repaired, RepairError> {
    let folder = &config.data;
    if !has_store(folder)? {
        return Err(CheckError::NoStore { folder: folder.clone() }.into());
    }
    let lock = FolderLock::take(folder)?;
    let aside = set_aside(folder)?;
    let expected = expected(config);
    let Ok(opened) = open_as_found(folder, lock)? else {
        return Err(RepairError::Unreadable { folder: folder.clone(), aside });
    };
    let (mut store, mut before) = (opened.store, opened.on_the_way);
    let mut after = mend(&mut store, &expected, Some(&mut before))?;
    let (mut refilled, mut unreachable) = (Vec::new(), BTreeSet::new());
    let roster = single::roster(&Staged::new(&store))?;
    if let (false, Some(roster)) = (after.incomplete.is_empty(), roster) {
        let mut members = Members::reach(config, keys, &roster)?;
        for log in after.incomplete.clone() {
            if members.refill(&mut store, &expected, log).await? {
                refilled.push(log);
            }
        }
        unreachable = members.silent.clone();
        members.handle.shutdown().await;
        after = mend(&mut store, &expected, None)?;
    }
    let lasting = before.lasting();
    after = unexplained(&lasting, after);
    after.add(lasting);
    Ok(Repaired { before, after, aside, refilled, unreachable })
}

/// Whom the store of a configuration belongs to.
#[must_use]
pub fn expected(config: &Config) -> Expected {
    Expected { network: config.network.clone(), center: config.center, core_driver: config.core }
}

/// Copies the store beside its folder, durably.
fn set_aside(folder: &Path) -> Result<PathBuf, CheckError> {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".before-repair-{}", clock::wall_time().ms()));
    let aside = folder.with_file_name(name);
    let made = make_private(&aside)
        .and_then(|()| copy_store(folder, &aside))
        .and_then(|()| File::open(&aside)?.sync_all());
    made.map_err(|error| CheckError::Copy { folder: aside.clone(), error })?;
    Ok(aside)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

/// Makes anew what follows from the rest; adds what the first look found to `found`.
fn mend(
    store: &mut SledStore,
    expected: &Expected,
    mut found: Option<&mut Report>,
) -> Result<Report, StoreError> {
    let mut report = check_rows(store, expected);
    if let Some(found) = found.take() {
        let told = unexplained(found, report.clone());
        found.add(told);
    }
    for _ in 0..PASSES {
        if report.mends.writes.is_empty() {
            break;
        }
        store.commit(std::mem::take(&mut report.mends))?;
        report = check_rows(store, expected);
    }
    Ok(report)
}

/// The other members, to be asked.
struct Members {
    handle: NetworkHandle,
    events: mpsc::Receiver<NetworkEvent>,
    directory: Directory,
    centers: Vec<CenterCode>,
    silent: BTreeSet<CenterCode>,
}

impl Members {
    fn reach(config: &Config, keys: HeldKeys, roster: &Roster) -> Result<Self, RepairError> {
        let now = clock::wall_time().plus_ms(config.clock_offset_s.saturating_mul(1_000));
        let choice = KeyChoice::new(keys, roster, now);
        let peer = choice.in_use(roster, KeyPurpose::Peer, now);
        let peer =
            peer.ok_or_else(|| NetworkError::Setup("the key file has no peer key".into()))?;
        let directory = Directory::new(roster, config.center, now);
        let network = NetworkConfig {
            secret: Zeroizing::new(*peer.expose()),
            network: config.network.as_str().to_owned(),
            listen: Vec::new(),
            members: directory.member_table(),
            limits: NetworkLimits::default(),
        };
        let (handle, events) = network::start(network, &mut Registry::default())?;
        let codes = roster.members.iter().map(|member| member.code);
        let centers = codes.filter(|code| directory.peer(*code).is_some()).collect();
        Ok(Self { handle, events, directory, centers, silent: BTreeSet::new() })
    }

    /// Takes a log back, as one commit; false when no member has what is needed.
    async fn refill(
        &mut self,
        store: &mut SledStore,
        expected: &Expected,
        log: LogId,
    ) -> Result<bool, StoreError> {
        let mut replies = Vec::new();
        for center in self.sources(log) {
            match self.ask(center, ask_for_latest(log)).await {
                Some(reply) => replies.push(reply),
                None => {
                    self.silent.insert(center);
                }
            }
        }
        let mut view = Staged::new(&*store);
        let Some(refill) = Refill::begin(&mut view, expected, log, &replies)? else {
            return Ok(false);
        };
        for center in self.sources(log) {
            while let Some(request) = refill.request(&view)? {
                let Some(reply) = self.ask(center, request).await else { break };
                if !refill.take(&mut view, &reply)? {
                    break;
                }
            }
        }
        if refill.request(&view)?.is_some() || !refill.finish(&mut view)? {
            return Ok(false);
        }
        let batch = view.into_batch();
        store.commit(batch)?;
        Ok(true)
    }

    /// Whom to ask for a log: its own center first.
    fn sources(&self, log: LogId) -> Vec<CenterCode> {
        let mut sources = self.centers.clone();
        sources.sort_by_key(|center| (*center != log.center, *center));
        sources.retain(|center| !self.silent.contains(center));
        sources
    }

    async fn ask(&mut self, center: CenterCode, frame: Vec<u8>) -> Option<Vec<u8>> {
        let peer = self.directory.peer(center)?;
        let asked = self.handle.request(Protocol::Sync, peer, frame).ok()?;
        // Each request gets exactly one response, an answer or a failure.
        while let Some(event) = self.events.recv().await {
            if let NetworkEvent::Response { id, result, .. } = event
                && id == asked
            {
                return result.ok().map(network::Frame::into_bytes);
            }
        }
        None
    }
}
