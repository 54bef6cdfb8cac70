//! Changed bytes of a store: noticed or harmless, none served as truth.
//!
//! This is a sample. `cargo run --release -p fundlink-tests --bin flip` changes every byte.

use std::process::Command;

#[test]
fn a_changed_byte_is_noticed_or_harmless() {
    let seed = fastrand::u64(..).to_string();
    let mut flip = Command::new(env!("CARGO_BIN_EXE_flip"));
    flip.args(["--sample", "400", "--seed", &seed]);
    let output = flip.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "--seed {seed}: {said}");
    assert!(said.contains("400 bytes are XORed") && said.contains("0 served as truth"), "{said}");
}
