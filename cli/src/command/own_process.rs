//! The process that reads the store for `fundlink fsck` and `fundlink doctor`: what it reads may end it.
//!
//! Sled takes some contradictions in its file for bugs of its own, and ends the process.
//!
//! **Promises.** A process that ends so is a finding with an exit code, like every other damage. Nothing of what
//! it held is printed, and the copy that it looked at is gone.
//! **Left to others.** Looking: `fsck`, `doctor`.

use std::env;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::panic;
use std::path::Path;
use std::process::{Command, ExitStatus};

use fundlink_node::store::check::private_folder;
use fundlink_node::store::is_of_the_store;

use crate::exit::{Exit, Failure};
use crate::language::Language;

/// The argument by which the process is told that it is this one, and where its copy is put.
pub(super) const ARGUMENT: &str = "--looks-in";

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has looked, and said what there is.
    Looked(Exit),
    /// Of what it read.
    OfTheStore,
}

/// Runs this command again in a process of its own, with a folder below `scratch` for its copy.
///
/// # Errors
/// When it cannot be started, or somebody else has ended it.
pub(super) fn look(scratch: &Path, language: Language) -> Result<Ended, Failure> {
    let no_room =
        |error: io::Error| Failure::usage(language.fsck_no_scratch(scratch.display(), error));
    let folder = private_folder(scratch).map_err(no_room)?;
    let program = env::current_exe().map_err(Failure::usage)?;
    let mut again = Command::new(program);
    again.args(env::args_os().skip(1)).arg(ARGUMENT).arg(folder.path());
    let status = again.status().map_err(Failure::usage)?;
    ended(status).ok_or_else(|| Failure::usage(language.fsck_interrupted(status)))
}

/// Lets the process end without a word of what it was reading.
pub(super) fn end_silently() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| is_of_the_store(place.file())) {
            usual(panic);
        }
    }));
}

/// Exit code of a process whose panic was not an abort, as in a build for tests.
const PANICKED: i32 = 101;
/// What ends a process that contradicts itself: SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV.
const OF_ITSELF: [i32; 5] = [4, 6, 7, 8, 11];

fn ended(status: ExitStatus) -> Option<Ended> {
    if let Some(code) = status.code() {
        return if code == PANICKED {
            Some(Ended::OfTheStore)
        } else {
            Exit::of_code(code).map(Ended::Looked)
        };
    }
    status.signal().filter(|signal| OF_ITSELF.contains(signal)).map(|_| Ended::OfTheStore)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ends_of_itself_is_told_from_one_that_was_ended() {
        let code = |code: i32| ended(ExitStatus::from_raw(code << 8));
        let signal = |signal| ended(ExitStatus::from_raw(signal));
        assert_eq!(code(0), Some(Ended::Looked(Exit::Done)));
        assert_eq!(code(5), Some(Ended::Looked(Exit::Damaged)));
        assert_eq!(code(101), Some(Ended::OfTheStore));
        assert_eq!(code(99), None);
        assert_eq!(signal(6), Some(Ended::OfTheStore));
        assert_eq!(signal(11), Some(Ended::OfTheStore));
        // Interrupted, killed, terminated.
        for by_somebody in [2, 9, 15] {
            assert_eq!(signal(by_somebody), None, "{by_somebody}");
        }
    }
}
