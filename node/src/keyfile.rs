//! Key files: the private keys of a member, encrypted with a passphrase.
//!
//! A file is one line of text that says what it is, then a CBOR map: the parameters of Argon2id, a
//! nonce, and the keys under ChaCha20-Poly1305 with all of the rest as associated data.
//!
//! **Promises.** A file is written whole or not at all, with mode 0600; one that others may read is
//! refused; an empty passphrase is only taken where the file itself says that it has none. Keys are
//! wiped from memory when dropped and never shown.
//! **Left to others.** Which key signs what, and since when: the roster.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use fundlink_protocol::cbor;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

pub mod keys;
pub mod passphrase;

use self::keys::KeySet;
use self::passphrase::{Passphrase, PassphraseError, PassphraseSource};
use crate::entropy::{self, EntropyError};

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no such file.
    #[error(
        "there is no key file {0}; make one with `fundlink init`, or name another in the configuration"
    )]
    Missing(PathBuf),
    /// Others than its owner may read or write the file.
    #[error(
        "the key file {path} has mode {mode:04o}, so that others may read it; run `chmod 600 {path}`, and rotate its keys if anyone could have"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else, or is cut off.
    #[error("{0} is not a key file, or it is damaged; restore it from a backup")]
    NotAKeyFile(PathBuf),
    /// The file was written by a newer release.
    #[error(
        "the key file {path} has format {found}, this release reads up to {FORMAT}; install the newer release"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The passphrase does not open the file.
    #[error(
        "the passphrase does not open the key file {0}; try again, or restore the file if it was changed"
    )]
    WrongPassphrase(PathBuf),
    /// The file is there already.
    #[error("the key file {0} exists already and is not overwritten; move it away first")]
    Exists(PathBuf),
    /// No passphrase could be had.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// No random bytes for a salt.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The operating system refused.
    #[error("the key file {path} cannot be read or written: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
}

/// What protects a key file that is written.
#[derive(Debug)]
pub enum Protection {
    /// A passphrase.
    Passphrase(Passphrase),
    /// Nothing but the permissions of the file: for test networks, and where a disk is encrypted.
    Unprotected,
}

/// The keys of a member, with the way back to their file where they have one: a running node takes
/// up a new key without asking anybody for the passphrase again.
#[derive(Debug)]
pub struct HeldKeys {
    /// The keys, as they were read.
    pub keys: KeySet,
    file: Option<(PathBuf, Protection)>,
}

impl HeldKeys {
    /// Reads a key file; asks for the passphrase only if the file has one.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(path: &Path, source: &PassphraseSource) -> Result<Self, KeyFileError> {
        let (keys, protection) = open(path, source)?;
        Ok(Self { keys, file: Some((path.to_owned(), protection)) })
    }

    /// The keys that the file holds now; those that are held, where there is no file.
    ///
    /// # Errors
    /// As [`read`]; also when the file got another passphrase.
    pub fn read_again(&self) -> Result<KeySet, KeyFileError> {
        match &self.file {
            Some((path, protection)) => unseal(path, &read_sealed(path)?, protection),
            None => Ok(self.keys.clone()),
        }
    }
}

impl From<KeySet> for HeldKeys {
    /// Keys without a file.
    fn from(keys: KeySet) -> Self {
        Self { keys, file: None }
    }
}

/// The newest format of key files that this release reads, and the one it writes.
pub const FORMAT: u32 = 1;
const FIRST_LINE: &[u8] = b"fundlink key file\n";
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Argon2id: 64 MiB, three passes, one lane: about 0.15 s where sled commits in 0.2 ms.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// A file that asks for more would stop the node instead of opening.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;

/// All of a file but the encrypted keys; its bytes are the associated data.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
struct Header {
    #[n(1)]
    format: u32,
    #[n(2)]
    memory_kib: u32,
    #[n(3)]
    passes: u32,
    #[n(4)]
    salt: ByteArray<16>,
    #[n(5)]
    nonce: ByteArray<12>,
    #[n(6)]
    unprotected: bool,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Sealed {
    #[n(1)]
    header: Header,
    #[n(2)]
    keys: ByteVec,
}

/// Writes a new key file.
///
/// # Errors
/// When there is one already, or it cannot be written; then nothing is there.
pub fn create(path: &Path, keys: &KeySet, protection: &Protection) -> Result<(), KeyFileError> {
    let bytes = seal(path, keys, protection)?;
    publish(path, &bytes, |from| {
        // A link, unlike a renaming, never replaces a file that is there.
        fs::hard_link(from, path)?;
        fs::remove_file(from)
    })
}

/// Replaces a key file, after a rotation or for another passphrase.
///
/// # Errors
/// When it cannot be written; then the old one stands.
pub fn replace(path: &Path, keys: &KeySet, protection: &Protection) -> Result<(), KeyFileError> {
    let bytes = seal(path, keys, protection)?;
    publish(path, &bytes, |from| fs::rename(from, path))
}

/// Reads a key file; asks for the passphrase only if the file has one.
///
/// # Errors
/// When the file is missing, exposed, damaged, or not opened by the passphrase.
pub fn read(path: &Path, source: &PassphraseSource) -> Result<KeySet, KeyFileError> {
    Ok(open(path, source)?.0)
}

/// Reads a key file, and what protects it, so that it can be replaced under the same protection.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path, source: &PassphraseSource) -> Result<(KeySet, Protection), KeyFileError> {
    let sealed = read_sealed(path)?;
    let protection = if sealed.header.unprotected {
        Protection::Unprotected
    } else {
        Protection::Passphrase(source.passphrase()?)
    };
    Ok((unseal(path, &sealed, &protection)?, protection))
}

/// Whether a key file has a passphrase, without asking for it.
///
/// # Errors
/// When the file is missing, exposed or no key file.
pub fn has_passphrase(path: &Path) -> Result<bool, KeyFileError> {
    Ok(!read_sealed(path)?.header.unprotected)
}

fn unseal(path: &Path, sealed: &Sealed, protection: &Protection) -> Result<KeySet, KeyFileError> {
    let cipher = cipher(&sealed.header, protection)
        .ok_or_else(|| KeyFileError::NotAKeyFile(path.to_owned()))?;
    let header = cbor::encode(&sealed.header);
    let payload = Payload { msg: &sealed.keys, aad: &header };
    let plain = cipher
        .decrypt(&Nonce::from(*sealed.header.nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| KeyFileError::WrongPassphrase(path.to_owned()))?;
    cbor::decode(&plain).map_err(|_| KeyFileError::NotAKeyFile(path.to_owned()))
}

fn seal(path: &Path, keys: &KeySet, protection: &Protection) -> Result<Vec<u8>, KeyFileError> {
    let header = Header {
        format: FORMAT,
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        salt: entropy::random()?.into(),
        nonce: entropy::random()?.into(),
        unprotected: matches!(protection, Protection::Unprotected),
    };
    let failed =
        || KeyFileError::Io { path: path.to_owned(), error: ErrorKind::InvalidInput.into() };
    let cipher = cipher(&header, protection).ok_or_else(failed)?;
    let associated = cbor::encode(&header);
    let plain = Zeroizing::new(cbor::encode(keys));
    let payload = Payload { msg: &plain, aad: &associated };
    let encrypted = cipher.encrypt(&Nonce::from(*header.nonce), payload).map_err(|_| failed())?;
    let sealed = Sealed { header, keys: encrypted.into() };
    Ok([FIRST_LINE, &cbor::encode(&sealed)].concat())
}

fn cipher(header: &Header, protection: &Protection) -> Option<ChaCha20Poly1305> {
    let params = Params::new(header.memory_kib, header.passes, 1, Some(32)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let passphrase = match protection {
        Protection::Passphrase(passphrase) => passphrase.as_bytes(),
        Protection::Unprotected => &[],
    };
    let mut key = Zeroizing::new([0; 32]);
    argon2.hash_password_into(passphrase, header.salt.as_slice(), key.as_mut_slice()).ok()?;
    Some(ChaCha20Poly1305::new(&Key::from(*key)))
}

fn read_sealed(path: &Path) -> Result<Sealed, KeyFileError> {
    let failed = |error: io::Error| {
        if error.kind() == ErrorKind::NotFound {
            KeyFileError::Missing(path.to_owned())
        } else {
            KeyFileError::Io { path: path.to_owned(), error }
        }
    };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    let damaged = || KeyFileError::NotAKeyFile(path.to_owned());
    let body = bytes.strip_prefix(FIRST_LINE).ok_or_else(damaged)?;
    let found = format_of(body).ok_or_else(damaged)?;
    if found > FORMAT {
        return Err(KeyFileError::NewerFormat { path: path.to_owned(), found });
    }
    let sealed: Sealed = cbor::decode(body).map_err(|_| damaged())?;
    if sealed.header.memory_kib > MEMORY_KIB_MAX || sealed.header.passes > PASSES_MAX {
        return Err(damaged());
    }
    Ok(sealed)
}

/// The format of a file, read without assuming that the rest has the shape of this release.
fn format_of(body: &[u8]) -> Option<u32> {
    let mut decoder = minicbor::Decoder::new(body);
    decoder.map().ok()?;
    if decoder.u32().ok()? != 1 {
        return None;
    }
    decoder.map().ok()?;
    if decoder.u32().ok()? != 1 {
        return None;
    }
    decoder.u32().ok()
}

/// Writes a file beside `path`, syncs it, and lets `place` give it its name.
fn publish(
    path: &Path,
    bytes: &[u8],
    place: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), KeyFileError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write_private(&beside, bytes).and_then(|()| place(&beside)).and_then(|()| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
    });
    written.map_err(|error| {
        fs::remove_file(&beside).ok();
        if error.kind() == ErrorKind::AlreadyExists {
            KeyFileError::Exists(path.to_owned())
        } else {
            KeyFileError::Io { path: path.to_owned(), error }
        }
    })
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A file left by a process of the same id that died in between.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
