//! What a key file promises.

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::time::Timestamp;

use super::*;

fn keys() -> KeySet {
    let center = CenterCode::parse("140100").unwrap();
    KeySet::generate("test", center, Role::Authority, Timestamp::from_ms(1)).unwrap()
}

/// A passphrase file beside the key file, as a source.
fn source(folder: &Path, text: &str) -> PassphraseSource {
    let path = folder.join(format!("{}.passphrase", text.len()));
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    PassphraseSource::File(path)
}

fn protection(text: &str) -> Protection {
    Protection::Passphrase(Passphrase::new(text.into()).unwrap())
}

#[test]
fn keys_are_read_back_with_their_passphrase_and_with_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let keys = keys();
    create(&path, &keys, &protection("correct horse")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(read(&path, &source(folder.path(), "correct horse")).unwrap(), keys);
    let error = read(&path, &source(folder.path(), "wrong")).unwrap_err();
    assert!(matches!(error, KeyFileError::WrongPassphrase(_)));
    let error = read(&path, &PassphraseSource::Nowhere).unwrap_err();
    assert!(matches!(error, KeyFileError::Passphrase(PassphraseError::NotConfigured)));
}

#[test]
fn no_seed_stands_in_the_file_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let keys = keys();
    create(&path, &keys, &protection("correct horse")).unwrap();
    let bytes = fs::read(&path).unwrap();
    for key in &keys.keys {
        assert!(!bytes.windows(32).any(|window| window == key.seed.expose()));
        assert!(!format!("{keys:?} {key:?}").contains(&format!("{:?}", key.seed.expose())));
    }
}

#[test]
fn an_unprotected_file_opens_without_a_passphrase_and_says_so_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let keys = keys();
    create(&path, &keys, &Protection::Unprotected).unwrap();
    assert_eq!(read(&path, &PassphraseSource::Nowhere).unwrap(), keys);
    // The flag is authenticated: it cannot be taken off or put on.
    let bytes = fs::read(&path).unwrap();
    let at = bytes.windows(2).position(|pair| pair == [6, 0xf5]).unwrap() + 1;
    let mut changed = bytes;
    changed[at] = 0xf4;
    fs::write(&path, changed).unwrap();
    let error = read(&path, &source(folder.path(), "x")).unwrap_err();
    assert!(matches!(error, KeyFileError::WrongPassphrase(_)));
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    create(&path, &keys(), &Protection::Unprotected).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = read(&path, &PassphraseSource::Nowhere).unwrap_err();
        assert!(matches!(error, KeyFileError::Exposed { mode: found, .. } if found == mode));
    }
}

#[test]
fn a_key_file_is_not_overwritten_but_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let mut keys = keys();
    create(&path, &keys, &Protection::Unprotected).unwrap();
    let error = create(&path, &keys, &Protection::Unprotected).unwrap_err();
    assert!(matches!(error, KeyFileError::Exists(_)));
    let old = keys.newest(KeyPurpose::Statement).unwrap().clone();
    keys.add(KeyPurpose::Statement, Timestamp::from_ms(2)).unwrap();
    replace(&path, &keys, &Protection::Unprotected).unwrap();
    let found = read(&path, &PassphraseSource::Nowhere).unwrap();
    assert_eq!(found, keys);
    assert_ne!(found.newest(KeyPurpose::Statement).unwrap(), &old);
    assert_eq!(found.of(KeyPurpose::Statement).count(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_damaged_or_foreign_file_is_named_and_a_newer_one_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let missing = read(&path, &PassphraseSource::Nowhere).unwrap_err();
    assert!(matches!(missing, KeyFileError::Missing(_)));
    create(&path, &keys(), &Protection::Unprotected).unwrap();
    let whole = fs::read(&path).unwrap();
    let cut = &whole[..whole.len() - 1];
    for bad in [b"".as_slice(), b"PK\x03\x04", FIRST_LINE, cut] {
        fs::write(&path, bad).unwrap();
        let error = read(&path, &PassphraseSource::Nowhere).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAKeyFile(_)), "{error}");
    }
    let mut newer = whole.clone();
    newer[FIRST_LINE.len() + 4] = 9;
    fs::write(&path, newer).unwrap();
    let error = read(&path, &PassphraseSource::Nowhere).unwrap_err();
    assert!(matches!(error, KeyFileError::NewerFormat { found: 9, .. }), "{error}");
    let mut flipped = whole;
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&path, flipped).unwrap();
    let error = read(&path, &PassphraseSource::Nowhere).unwrap_err();
    assert!(matches!(error, KeyFileError::WrongPassphrase(_)), "{error}");
}
