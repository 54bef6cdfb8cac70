//! Backups (备份): a copy of the store in one file, taken from a running node, and the way back.
//!
//! **Promises.** A backup is one point between two commits. A file that was cut short, changed, or written
//! by a newer release is told apart from a good one before anything is made of it, and is never changed.
//! **Left to others.** What a restored node does to catch up: the engine. The key file and the
//! configuration are not in a backup: whoever has only that cannot act as the center.

use std::path::PathBuf;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::log_store;
use fundlink_protocol::engine::single;
use fundlink_protocol::id::TreeHash;
use fundlink_protocol::log::origin::{LogId, NetworkName};
use fundlink_protocol::store::{Staged, Store, StoreError};
use fundlink_protocol::time::Timestamp;
use minicbor::{Decode, Encode};

use crate::store::OpenError;
use crate::store::sled::FORMAT;
use crate::store::sled::snapshot::SnapshotError;

pub mod read;
pub mod restore;
pub mod write;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    /// The network.
    #[n(1)]
    pub network: String,
    /// Whose it is.
    #[n(2)]
    pub center: CenterCode,
    /// The format of the store that it is a copy of.
    #[n(3)]
    pub store_format: u32,
    /// When it was taken.
    #[n(4)]
    pub taken: Timestamp,
    /// The highest time at which the node had acted.
    #[n(5)]
    pub acted: Timestamp,
    /// The roster in force.
    #[n(6)]
    pub roster: u64,
    /// The own logs, public and audit, with size and root.
    #[n(7)]
    pub logs: Vec<LogSize>,
    /// The release that wrote it.
    #[n(8)]
    pub software: String,
    /// Bytes of the store on disk: about as many as the backup has.
    #[n(9)]
    pub bytes: u64,
}

/// How far a log was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogSize {
    /// Its origin.
    #[n(1)]
    pub origin: String,
    /// Entries.
    #[n(2)]
    pub size: u64,
    /// The root over them.
    #[n(3)]
    pub root: TreeHash,
}

/// Who takes a backup, and when.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The network.
    pub network: NetworkName,
    /// This member.
    pub center: CenterCode,
}

impl Manifest {
    /// Describes a store.
    ///
    /// # Errors
    /// When it cannot be read, or has joined no network.
    pub fn of(
        store: &impl Store,
        origin: &Origin,
        (taken, bytes): (Timestamp, u64),
    ) -> Result<Self, StoreError> {
        let view = Staged::new(store);
        let roster = single::roster(&view)?;
        let own = roster.as_ref().and_then(|roster| roster.member(origin.center));
        let mut logs = Vec::new();
        for listed in own.map_or(&[][..], |own| &own.logs) {
            for log in [
                LogId::public(origin.center, listed.number),
                LogId::audit(origin.center, listed.number),
            ] {
                let held = log_store::row(&view, log)?;
                let origin = log.origin(&origin.network).to_string();
                logs.push(LogSize { origin, size: held.size.get(), root: held.root });
            }
        }
        Ok(Self {
            network: origin.network.to_string(),
            center: origin.center,
            store_format: FORMAT,
            taken,
            acted: single::clock(&view)?,
            roster: roster.map_or(0, |roster| roster.version),
            logs,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            bytes,
        })
    }
}

/// The first line of a backup; its number is the format of the file.
pub(crate) const MAGIC: &str = "fundlink backup ";
/// The format of the file that this release reads and writes.
pub(crate) const FILE_FORMAT: u32 = 1;
/// Bytes of a block, at most.
pub(crate) const BLOCK_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a backup was not written or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read or written.
    #[error("{path} cannot be used: {error}; check that it exists and who owns it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// It is something else.
    #[error("{0} is not a backup of Fundlink; name a file that `fundlink backup` has written")]
    NotABackup(PathBuf),
    /// It ends too early.
    #[error(
        "the backup {0} is cut short: it ends after {1} bytes, before its last line; take another copy of it, or \
         an earlier backup"
    )]
    Truncated(PathBuf, u64),
    /// It is not what was written.
    #[error(
        "the backup {0} was changed: its contents do not match their BLAKE3; take another copy of it, or an \
         earlier backup"
    )]
    Changed(PathBuf),
    /// A newer release wrote it.
    #[error(
        "the backup {path} has format {found}, this release reads up to {known}; install the newer release and \
         run `fundlink restore` again"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// It belongs to somebody else.
    #[error(
        "the backup is of member {theirs}, this configuration is of {ours}; name the configuration of {theirs} \
         with --config, or another backup"
    )]
    OtherMember {
        /// Whose it is.
        theirs: String,
        /// Whose configuration it was to be restored to.
        ours: String,
    },
    /// There is something in the folder.
    #[error(
        "the data folder {0} is not empty, and a restore never writes over a store; move it away with `mv {0} \
         {0}.before-restore`, keep it, and run `fundlink restore` again"
    )]
    NotEmpty(PathBuf),
    /// The node runs.
    #[error(
        "a node runs on {0}: what it has acknowledged would be lost; stop it, move {0} away, and run \
         `fundlink restore` again"
    )]
    Running(PathBuf),
    /// There is no room for the new store.
    #[error(
        "the disk of {0} is full: nothing was restored, and the backup is as it was; free some room and run \
         `fundlink restore` again"
    )]
    Full(PathBuf),
    /// The store cannot be copied.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The new store cannot be written.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The new store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests;
