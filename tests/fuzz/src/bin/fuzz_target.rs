//! What `fuzz` builds with coverage and runs: libFuzzer over the target that the environment names.
//!
//! **Left to others.** The targets: `fundlink_fuzz`. Building and reading what it says: `fuzz`.
#![no_main]
#![expect(clippy::expect_used, reason = "without a target nothing can be fuzzed")]

use std::sync::OnceLock;

use fundlink_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fn named() -> &'static Target {
    let name = std::env::var("FUNDLINK_FUZZ_TARGET").expect("FUNDLINK_FUZZ_TARGET names a target");
    Target::named(&name).expect("FUNDLINK_FUZZ_TARGET names a target")
}

fuzz_target!(|bytes: &[u8]| {
    TARGET.get_or_init(named).check(bytes);
});
