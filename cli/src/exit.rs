//! How a command can end: the exit codes, and what is said when it did not do what was asked.
//!
//! **Promises.** The numbers never change their meaning; scripts rely on them.
//! **Left to others.** The words of a failure: whoever makes it.

use std::fmt::Display;
use std::process::ExitCode;

use fundlink_node::config::ConfigError;
use fundlink_node::entropy::EntropyError;
use fundlink_node::keyfile::KeyFileError;
use fundlink_node::keyfile::passphrase::PassphraseError;
use fundlink_node::store::OpenError;
use fundlink_protocol::store::StoreError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// A rule refused it: of this center, of another one, or of the network.
    Refused = 1,
    /// The command was not understood, or something that it needs is missing: a file, room, a newer release
    /// for what a newer one has written.
    Usage = 2,
    /// Only a part was done, or somebody could not be reached.
    Partial = 3,
    /// A proof or a signature does not verify.
    Unverified = 4,
    /// The store is damaged.
    Damaged = 5,
}

impl Exit {
    /// The one that a process of this program ended with.
    pub(crate) fn of_code(code: i32) -> Option<Self> {
        let all = [
            Self::Done,
            Self::Refused,
            Self::Usage,
            Self::Partial,
            Self::Unverified,
            Self::Damaged,
        ];
        all.into_iter().find(|exit| *exit as i32 == code)
    }

    /// The word for it in `--json`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Partial => "partial",
            Self::Unverified => "unverified",
            Self::Damaged => "damaged",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The stable code of a refusal, where a rule refused.
    pub(crate) code: Option<String>,
    /// What was wrong and what to do next; never personal data.
    pub(crate) message: String,
}

impl Failure {
    /// A failure without a code of its own.
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, code: None, message: message.to_string() }
    }

    /// Wrong use, or something missing.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }
}

macro_rules! usage_failures {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::usage(error)
            }
        })*
    };
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::Store(StoreError::Corrupt { .. }) => Exit::Damaged,
            OpenError::InUse { .. } => Exit::Refused,
            OpenError::Folder { .. }
            | OpenError::Store(
                StoreError::Full | StoreError::Io(_) | StoreError::NewerFormat { .. },
            ) => Exit::Usage,
        };
        Self::new(exit, error)
    }
}

usage_failures!(ConfigError, EntropyError, KeyFileError, PassphraseError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_has_one_exit_code_whichever_command_meets_it() {
        let newer = OpenError::Store(StoreError::NewerFormat { found: 2, known: 1 });
        let failure = Failure::from(newer);
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("install the newer release"), "{}", failure.message);
        let damaged = StoreError::Corrupt { place: "sled", detail: "a page".to_owned() };
        assert_eq!(Failure::from(OpenError::Store(damaged)).exit, Exit::Damaged);
    }
}
