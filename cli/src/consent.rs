//! Consents: a text or scan stays here, its hash goes out.

use std::fs::File;
use std::path::Path;

use crate::exit::Failure;
use crate::language::Language;

/// BLAKE3 over the file of a consent, or of any document that is quoted by its hash.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn digest(path: &Path, language: Language) -> Result<String, Failure> {
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
    read.map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))?;
    Ok(hasher.finalize().to_hex().to_string())
}
