//! Where the passphrase of a key file comes from.
//!
//! **Promises.** A passphrase is never an argument of a command, never shown, and wiped when
//! dropped. An empty one is refused from every source.

use core::fmt;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A passphrase; not empty.
pub struct Passphrase(Zeroizing<String>);

/// Where to take a passphrase from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseSource {
    /// Ask at the terminal.
    Prompt,
    /// The first line of a file that only its owner may read.
    File(PathBuf),
    /// The value of an environment variable of this name.
    Environment(String),
    /// The systemd credential of this name (`LoadCredential=` in the unit).
    Credential(String),
    /// There is none: only a key file without protection can be opened.
    Nowhere,
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// The passphrase is empty.
    #[error("the passphrase is empty; for a key file without one, say so when it is made")]
    Empty,
    /// The two entries of a new passphrase differ.
    #[error("the two entries differ; try again")]
    Differ,
    /// Nobody is there to ask.
    #[error(
        "the key file needs a passphrase and there is no terminal to ask at; name a file, an environment variable or a systemd credential in the configuration"
    )]
    NoTerminal,
    /// The configuration names no source, and the file needs one.
    #[error(
        "the key file needs a passphrase, and the configuration says that it has none; name a source under [keys]"
    )]
    NotConfigured,
    /// The environment variable is not there.
    #[error("the environment variable {0} with the passphrase is not set")]
    NoVariable(String),
    /// The process was not given credentials.
    #[error("systemd handed over no credentials; add `LoadCredential={0}:/path` to the unit")]
    NoCredentials(String),
    /// Others than its owner may read the file.
    #[error("the passphrase file {path} has mode {mode:04o}; run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file or the terminal cannot be read.
    #[error("the passphrase cannot be read from {from}: {error}")]
    Io {
        /// A path, or the terminal.
        from: String,
        /// What the operating system said.
        error: io::Error,
    },
}

const FILE_BYTES_MAX: u64 = 4_096;

impl Passphrase {
    /// Takes a passphrase.
    ///
    /// # Errors
    /// When it is empty.
    pub fn new(text: String) -> Result<Self, PassphraseError> {
        let text = Zeroizing::new(text);
        if text.is_empty() { Err(PassphraseError::Empty) } else { Ok(Self(text)) }
    }

    /// Asks twice at the terminal for a passphrase that is to be set.
    ///
    /// # Errors
    /// When there is no terminal, or the entries differ, or are empty.
    pub fn prompt_new(question: &str, again: &str) -> Result<Self, PassphraseError> {
        let first = Self::prompt(question)?;
        let second = Self::prompt(again)?;
        if first.0 == second.0 { Ok(first) } else { Err(PassphraseError::Differ) }
    }

    fn prompt(question: &str) -> Result<Self, PassphraseError> {
        if !io::stdin().is_terminal() {
            return Err(PassphraseError::NoTerminal);
        }
        let text = rpassword::prompt_password(question)
            .map_err(|error| PassphraseError::Io { from: "the terminal".into(), error })?;
        Self::new(text)
    }

    /// The bytes that the key is derived from.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl PassphraseSource {
    /// Takes the passphrase from its source.
    ///
    /// # Errors
    /// When there is none, or it is empty.
    pub fn passphrase(&self) -> Result<Passphrase, PassphraseError> {
        match self {
            Self::Prompt => Passphrase::prompt("Passphrase of the key file: "),
            Self::File(path) => from_file(path, Exposure::Refused),
            Self::Environment(name) => match std::env::var(name) {
                Ok(value) => Passphrase::new(value),
                Err(_) => Err(PassphraseError::NoVariable(name.clone())),
            },
            Self::Credential(name) => {
                from_credentials(std::env::var_os("CREDENTIALS_DIRECTORY"), name)
            }
            Self::Nowhere => Err(PassphraseError::NotConfigured),
        }
    }
}

/// Whether a file that others may read is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Refused,
    Accepted,
}

fn from_credentials(folder: Option<OsString>, name: &str) -> Result<Passphrase, PassphraseError> {
    let folder = folder.ok_or_else(|| PassphraseError::NoCredentials(name.to_owned()))?;
    // The folder is systemd's, on a file system of its own, for this unit alone.
    from_file(&Path::new(&folder).join(name), Exposure::Accepted)
}

fn from_file(path: &Path, exposure: Exposure) -> Result<Passphrase, PassphraseError> {
    let failed = |error| PassphraseError::Io { from: path.display().to_string(), error };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o7777;
    if exposure == Exposure::Refused && mode & 0o077 != 0 {
        return Err(PassphraseError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Passphrase::new(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_passphrase_file_is_read_to_its_first_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "passphrase", "correct horse\r\n", 0o600);
        let passphrase = PassphraseSource::File(path).passphrase().unwrap();
        assert_eq!(passphrase.as_bytes(), b"correct horse");
    }

    #[test]
    fn a_passphrase_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "passphrase", "correct horse\n", 0o640);
        let error = PassphraseSource::File(path).passphrase().unwrap_err();
        assert!(matches!(error, PassphraseError::Exposed { mode: 0o640, .. }));
    }

    #[test]
    fn an_empty_passphrase_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "passphrase", "\n", 0o600);
        let error = PassphraseSource::File(path).passphrase().unwrap_err();
        assert!(matches!(error, PassphraseError::Empty));
    }

    #[test]
    fn a_systemd_credential_is_found_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "keys", "correct horse", 0o444);
        let given = Some(folder.path().as_os_str().to_owned());
        assert_eq!(from_credentials(given, "keys").unwrap().as_bytes(), b"correct horse");
        let error = from_credentials(None, "keys").unwrap_err();
        assert!(matches!(error, PassphraseError::NoCredentials(_)));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error =
            PassphraseSource::Environment("FUNDLINK_NOT_SET".into()).passphrase().unwrap_err();
        assert!(error.to_string().contains("FUNDLINK_NOT_SET"));
    }

    #[test]
    fn a_passphrase_is_never_shown() {
        let passphrase = Passphrase::new("correct horse".into()).unwrap();
        assert!(!format!("{passphrase:?}").contains("horse"));
    }
}
