//! The verifier in Python, which shares no code with us, and the means to be without a network.
//!
//! **Promises.** What is missing here fails the test with the command that brings it; nothing is left
//! out in silence.
//! **Left to others.** What is verified: `tests/verifier`.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Said, hear};

/// The folder of the verifier.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier")
}

/// Runs a script of the verifier.
///
/// # Panics
/// When its Python is not there.
pub fn run(script: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(python());
    command.arg("-B").arg(folder().join(script)).args(arguments);
    hear(command, "")
}

/// The Python with the libraries of `requirements.txt`, in the target folder.
fn python() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // target/debug/deps/test-0123456789abcdef
    let target = test.ancestors().nth(3).expect("a test lies three folders deep");
    let python = target.join("verifier/bin/python");
    assert!(
        python.exists(),
        "{} is missing: `tests/run --install` makes it, from tests/verifier/requirements.txt",
        python.display()
    );
    python
}

/// Runs a program without a network, in a folder of its own choice.
///
/// # Panics
/// When this machine lets nobody leave the network.
pub fn run_without_network(program: &Path, arguments: &[&str], folder: &Path) -> Said {
    let flags = ["-n", "-rn"].into_iter().find(|flags| {
        let interfaces = hear(unshare(flags, Path::new("cat"), &["/proc/net/dev"]), "");
        let mut lines = interfaces.out.lines().skip(2);
        interfaces.exit == Some(0) && lines.all(|line| line.contains("lo:"))
    });
    let Some(flags) = flags else {
        panic!(
            "neither `unshare -n` nor `unshare -rn` works here: run the tests as root, or allow user \
             namespaces (sysctl kernel.unprivileged_userns_clone=1)"
        )
    };
    let mut command = unshare(flags, program, arguments);
    command.current_dir(folder).env_clear().env("HOME", folder);
    hear(command, "")
}

fn unshare(flags: &str, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args([flags, "--"]).arg(program).args(arguments);
    command
}
