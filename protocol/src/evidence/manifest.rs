//! The manifest: the hash of every other part, for whoever has nothing but `sha256sum`.
//!
//! **Promises.** One set of parts has one manifest, in the form that `sha256sum --check` reads.
//! **Left to others.** Proving anything: the manifest is not signed. It says that a file is whole.

use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{EvidenceFault, FaultReason, Parts, fault, names};

/// The manifest of the other parts.
pub(super) fn write(parts: &Parts) -> String {
    let mut manifest = String::new();
    for (name, bytes) in parts.iter().filter(|(name, _)| *name != names::MANIFEST) {
        // Writing to a string cannot fail.
        let _ = Sha256::digest(bytes).iter().try_for_each(|byte| write!(manifest, "{byte:02x}"));
        let _ = writeln!(manifest, "  {name}");
    }
    manifest
}

/// Checks the manifest of a file; the part that differs is named.
pub(super) fn check(parts: &Parts) -> Result<(), EvidenceFault> {
    let given = parts.get(names::MANIFEST);
    let given = given.ok_or_else(|| fault(names::MANIFEST, FaultReason::Missing))?;
    let expected = write(parts);
    if *given == expected.as_bytes() {
        return Ok(());
    }
    let given = String::from_utf8_lossy(given);
    let differs = expected.lines().find(|line| !given.lines().any(|other| other == *line));
    let part = differs.and_then(|line| line.split_once("  ")).map(|(_, name)| name);
    Err(fault(part.unwrap_or(names::MANIFEST), FaultReason::Manifest))
}
