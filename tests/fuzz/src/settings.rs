//! What a node reads when it starts: its configuration and its keys.
//!
//! **Promises.** A configuration that is taken is shown as one that is taken alike; a key file is opened
//! with what it says of itself, or refused.

#![expect(clippy::expect_used, clippy::panic, reason = "a target fails by panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fundlink_node::config::file::ConfigFile;
use fundlink_node::config::{Config, template};
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::keyfile::passphrase::PassphraseSource;
use fundlink_node::keyfile::{self, KeyFileError};
use fundlink_protocol::cbor;
use tempfile::TempDir;

use crate::tree::{Tree, assert_deterministic};

/// A configuration.
pub(crate) fn configuration(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let file = match ConfigFile::parse(text) {
        Ok(file) => file,
        Err(error) => return assert!(!error.is_empty()),
    };
    let shown = template::render(&file);
    let again = ConfigFile::parse(&shown).map(|file| template::render(&file));
    assert_eq!(again.as_ref(), Ok(&shown), "what is shown is read as it is shown");
    let folder = Path::new("folder");
    let Ok(config) = Config::from_file(file, folder) else { return };
    let read = ConfigFile::parse(&shown).ok().and_then(|file| Config::from_file(file, folder).ok());
    let read = read.map(|config| format!("{config:?}"));
    assert_eq!(read, Some(format!("{config:?}")), "what is shown means the same");
    assert_eq!(config.settings().center, config.center);
}

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// Kibibytes that a file may make Argon2 fill here; the rest is tried by tests of the node.
const MEMORY_KIB_MAX: u64 = 1_024;

/// A key file; or, after a first byte of 0, what stands encrypted in one.
pub(crate) fn key_file(bytes: &[u8]) {
    if let Some((0, keys)) = bytes.split_first() {
        let Ok(set) = cbor::decode::<KeySet>(keys) else { return };
        assert_deterministic(keys);
        assert_eq!(cbor::encode(&set), keys);
        let shown = format!("{set:?}");
        let shows =
            |key: &keyfile::keys::StoredKey| shown.contains(&format!("{:?}", key.seed.expose()));
        return assert!(!set.keys.iter().any(shows), "Debug shows a key");
    }
    let path = write(bytes);
    let known = match keyfile::has_passphrase(&path) {
        Ok(has_passphrase) => has_passphrase,
        Err(KeyFileError::NotAKeyFile(_) | KeyFileError::NewerFormat { .. }) => return,
        Err(other) => panic!("a file is refused otherwise than as a bad one: {other}"),
    };
    if !known && is_cheap(bytes) {
        match keyfile::read(&path, &PassphraseSource::Nowhere) {
            Ok(set) => assert!(!set.network.is_empty() || set.keys.is_empty()),
            Err(KeyFileError::NotAKeyFile(_) | KeyFileError::WrongPassphrase(_)) => {}
            Err(other) => panic!("a file is refused otherwise than as a bad one: {other}"),
        }
    }
}

fn write(bytes: &[u8]) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let path = FOLDER.path().join(thread);
    fs::write(&path, bytes).expect("a file in a temporary folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its permissions");
    path
}

/// Whether the header of a key file asks for little memory.
fn is_cheap(bytes: &[u8]) -> bool {
    let body = bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
    let Some(Tree::Map(parts)) = body.and_then(|begin| Tree::read(bytes.get(begin..)?)) else {
        return false;
    };
    let Some((_, Tree::Map(header))) = parts.into_iter().next() else { return false };
    let memory = header.iter().find(|(key, _)| *key == Tree::Number(2));
    let passes = header.iter().find(|(key, _)| *key == Tree::Number(3));
    matches!(memory, Some((_, Tree::Number(kib))) if *kib <= MEMORY_KIB_MAX)
        && matches!(passes, Some((_, Tree::Number(passes))) if *passes <= 3)
}
