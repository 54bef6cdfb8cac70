//! The control interface: HTTP on a Unix socket that only the node's own user can open.
//!
//! **Promises.** The socket has mode 0600 from the moment it has its name; one left by a node that
//! died is replaced, one that a node still answers on is not.
//! **Left to others.** What can be asked for: `routes`, with the JSON of [`api`]. Who an operator
//! is: the engine, by the id that a request names.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::UnixListener;

pub mod api;
pub mod client;
pub mod routes;

/// The socket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A node answers on it.
    #[error("another node answers on {0}; stop it, or set listen.control to another path")]
    InUse(PathBuf),
    /// Something else than a socket has its name.
    #[error("{0} exists and is not a socket; move it away, or set listen.control to another path")]
    NotASocket(PathBuf),
    /// The operating system refused.
    #[error("the control socket {path} cannot be made: {error}; check its folder")]
    Io {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

/// A socket that callers can already connect to; its file goes when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    file: SocketFile,
}

#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // What cannot be removed is replaced at the next start.
        fs::remove_file(&self.0).ok();
    }
}

impl ControlSocket {
    /// Makes the socket.
    ///
    /// # Errors
    /// When a node answers on it, something else has its name, or the system refuses.
    pub fn bind(path: &Path) -> Result<Self, ControlError> {
        let failed = |error| ControlError::Io { path: path.to_owned(), error };
        check_free(path)?;
        // Made in a folder that nobody else can enter, so that it is never open to others.
        let mut folder = path.as_os_str().to_owned();
        folder.push(format!(".{}", std::process::id()));
        let folder = PathBuf::from(folder);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let beside = folder.join("s");
        let bound = bind_private(&beside).and_then(|listener| {
            fs::rename(&beside, path)?;
            Ok(listener)
        });
        fs::remove_dir_all(&folder).ok();
        Ok(Self { listener: bound.map_err(failed)?, file: SocketFile(path.to_owned()) })
    }

    /// Serves until `stop` says so.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        router: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Self { listener, file } = self;
        let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        drop(file);
        served
    }
}

fn check_free(path: &Path) -> Result<(), ControlError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(ControlError::Io { path: path.to_owned(), error }),
        Ok(found) if !found.file_type().is_socket() => {
            Err(ControlError::NotASocket(path.to_owned()))
        }
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(ControlError::InUse(path.to_owned())),
            // Nobody listens: it was left by a node that died.
            Err(_) => Ok(()),
        },
    }
}

fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(test)]
mod tests;
