//! The ZIP around the parts of an evidence file.
//!
//! **Promises.** Packing the same parts gives the same bytes. Unpacking is bounded: a file that is too
//! large, encrypted, names a part twice or other than plainly, is refused before anything of it is
//! believed; nothing is ever written to a path of the file's choosing.
//! **Left to others.** What the parts prove: `fundlink_protocol::evidence`.

use std::fs::File;
use std::io::{self, Cursor, Read as _, Write as _};
use std::path::Path;

use fundlink_protocol::evidence::Parts;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Bytes of all parts together: a dossier of a province with every leaf stays far below.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Parts of one file.
const PARTS_MAX: usize = 100_000;
/// Bytes of the name of a part.
const NAME_BYTES_MAX: usize = 200;

/// Why a file is not an evidence file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvidenceFileError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no ZIP, or a damaged one.
    #[error("the file is not a ZIP that can be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It holds more than an evidence file does.
    #[error("the file holds more than {PARTS_MAX} parts or {BYTES_MAX} bytes")]
    TooLarge,
    /// A part has an unusual name, or two have the same.
    #[error("the file has a part whose name is not plain, or stands there twice")]
    Name,
}

/// The bytes of the file.
///
/// # Errors
/// When they are too many.
pub(crate) fn pack(parts: &Parts) -> Result<Vec<u8>, EvidenceFileError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Without times and owners, so that the same parts are the same file.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644);
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is no ZIP, or is not one that this program would make.
pub(crate) fn read(path: &Path) -> Result<Parts, EvidenceFileError> {
    let file = File::open(path)?;
    if file.metadata()?.len() > BYTES_MAX {
        return Err(EvidenceFileError::TooLarge);
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    unpack(bytes, BYTES_MAX)
}

/// Reads the parts, of at most `left` bytes together.
fn unpack(bytes: Vec<u8>, mut left: u64) -> Result<Parts, EvidenceFileError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    if zip.len() > PARTS_MAX {
        return Err(EvidenceFileError::TooLarge);
    }
    let mut parts = Parts::new();
    for index in 0..zip.len() {
        let part = zip.by_index(index)?;
        let name = part.name()?.into_owned();
        if !is_plain(&name) || parts.contains_key(&name) {
            return Err(EvidenceFileError::Name);
        }
        // What the file says about sizes is not believed: a bomb says little and holds much.
        let mut content = Vec::new();
        part.take(left.saturating_add(1)).read_to_end(&mut content)?;
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or(EvidenceFileError::TooLarge)?;
        parts.insert(name, content);
    }
    Ok(parts)
}

/// Letters, digits, dots, dashes and single slashes between them; no step upwards.
fn is_plain(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.len() <= NAME_BYTES_MAX
        && name
            .split('/')
            .all(|step| !step.is_empty() && !step.starts_with('.') && step.bytes().all(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[(&str, &[u8])]) -> Parts {
        list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
    }

    /// A ZIP with these names, whatever they are.
    fn zip(names: &[&str], content: &[u8]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn the_same_parts_are_the_same_file_and_come_back() {
        let parts = parts(&[("page.txt", b"1"), ("network/roster-1.cose", &[0; 5_000])]);
        let packed = pack(&parts).unwrap();
        assert_eq!(packed, pack(&parts).unwrap());
        assert!(packed.len() < 2_000, "zeros are packed");
        assert_eq!(unpack(packed, BYTES_MAX).unwrap(), parts);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../x", "/etc/passwd", "a//b", "a/../b", "a\\b", ".hidden", "a/", "页"] {
            assert!(!is_plain(name), "{name}");
            let refused = unpack(zip(&[name], b"x"), BYTES_MAX);
            assert!(matches!(refused, Err(EvidenceFileError::Name)), "{name}");
        }
    }

    #[test]
    fn whatever_is_no_zip_is_refused() {
        assert!(unpack(b"PK\x03\x04 and so on".to_vec(), BYTES_MAX).is_err());
        let mut cut = zip(&["page.txt"], &[7; 1_000]);
        cut.truncate(cut.len() / 2);
        assert!(unpack(cut, BYTES_MAX).is_err());
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let limit = 1024 * 1024;
        let bomb = zip(&["a", "b", "c"], &vec![0; 400 * 1024]);
        assert!(bomb.len() < 10 * 1024, "it is small on disk");
        assert!(matches!(unpack(bomb, limit), Err(EvidenceFileError::TooLarge)));
        assert!(unpack(zip(&["a", "b"], &vec![0; 400 * 1024]), limit).is_ok());
    }
}
