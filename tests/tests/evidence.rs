//! Evidence for strangers: whoever has a file and a fingerprint needs neither a node nor a network nor
//! our code, and whatever is done to a file is found.
//!
//! **Promises.** The program under test is the one that users have; the other verifier is Python.
//! **Left to others.** Every rule of verifying by itself: the tests of `fundlink-protocol`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::fs;
use std::path::Path;

use fundlink_tests::program::{Said, fundlink, hear};
use fundlink_tests::zip::Parts;
use serde_json::Value;

#[path = "evidence/containers.rs"]
mod containers;
#[path = "evidence/strangers.rs"]
mod strangers;

/// A proof does not hold.
const UNVERIFIED: i32 = 4;

/// The evidence of the protocol's vectors: its parts, and the fingerprint of its network.
fn vector(name: &str) -> (Parts, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors");
    let text = fs::read_to_string(folder.join(format!("evidence-{name}.json"))).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let vector = &file["vectors"][0];
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes =
        |hex: &Value| -> Vec<u8> { hex.as_str().unwrap().as_bytes().chunks(2).map(byte).collect() };
    let parts = vector["parts"].as_object().unwrap();
    let parts = parts.iter().map(|(name, hex)| (name.clone(), bytes(hex))).collect();
    (parts, vector["fingerprint"].as_str().unwrap().to_owned())
}

/// `fundlink evidence verify`, by a process that may have so many KiB of memory, shared libraries and
/// stacks included.
fn verify_within(kib: u32, file: &Path, more: &[&str]) -> Said {
    let script = format!("ulimit -v {kib}; exec \"$0\" \"$@\"");
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(script).arg(fundlink()).args(["--lang", "en", "--json"]);
    command.args(["evidence", "verify"]).arg(file).args(more);
    hear(command, "")
}

/// Memory that is enough for any file.
const KIB: u32 = 384 * 1024;

fn verify(file: &Path, fingerprint: &str) -> Said {
    verify_within(KIB, file, &["--fingerprint", fingerprint])
}
