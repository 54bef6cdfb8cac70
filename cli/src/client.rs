//! The way from a command to the running node: its control socket.
//!
//! **Promises.** A refusal keeps its code and becomes the exit code that says whether a rule refused,
//! somebody could not be reached, or the command was wrong.
//! **Left to others.** HTTP: `fundlink_node::control::client`.

use std::path::Path;
use std::time::Duration;

use fundlink_node::config::Config;
use fundlink_node::control::api::records::Changes;
use fundlink_node::control::api::{ApiError, WatchedEvent};
use fundlink_node::control::client::{ClientError, ControlClient};
use fundlink_node::import::ImportSet;
use fundlink_node::import::upload::{self, UploadProgress};
use fundlink_protocol::refusal::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{self, Runtime};

use crate::exit::{Exit, Failure};
use crate::language::Language;

/// Between two looks at something that takes a while.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The node that belongs to a configuration.
#[derive(Debug)]
pub(crate) struct Node {
    client: ControlClient,
    runtime: Runtime,
    language: Language,
}

impl Node {
    /// The node of this configuration; nothing is opened yet.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub(crate) fn of(config: &Path, language: Language) -> Result<Self, Failure> {
        let config = Config::read(config)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Failure::usage)?;
        Ok(Self { client: ControlClient::new(&config.control), runtime, language })
    }

    /// Asks for something that changes nothing.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub(crate) fn get<R: DeserializeOwned>(&self, path: &str) -> Result<R, Failure> {
        let answer = self.runtime.block_on(self.client.get(path));
        answer.map_err(|error| self.failure(error))
    }

    /// Has something done.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub(crate) fn post<B: Serialize + Sync, R: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<R, Failure> {
        let answer = self.runtime.block_on(self.client.post(path, body));
        answer.map_err(|error| self.failure(error))
    }

    /// Asks for a text, such as a join file.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub(crate) fn get_text(&self, path: &str) -> Result<String, Failure> {
        let answer = self.runtime.block_on(self.client.get_bytes(path));
        let bytes = answer.map_err(|error| self.failure(error))?;
        String::from_utf8(bytes)
            .map_err(|error| self.failure(ClientError::Answer(error.to_string())))
    }

    /// Takes bytes as the node makes them, such as a backup.
    ///
    /// # Errors
    /// When the node does not run, refuses or gives up, or `take` fails.
    pub(crate) fn stream(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let stream = self.runtime.block_on(self.client.stream(path));
        let mut stream = stream.map_err(|error| self.failure(error))?;
        while let Some(bytes) =
            self.runtime.block_on(stream.next()).map_err(|error| self.failure(error))?
        {
            take(&bytes)?;
        }
        Ok(())
    }

    /// Loads records into the node, where they wait for the commit.
    ///
    /// # Errors
    /// When the node does not run or refuses; then nothing has changed.
    pub(crate) fn upload(
        &self,
        operator: &str,
        set: ImportSet,
        progress: &mut (dyn FnMut(UploadProgress) + Send),
    ) -> Result<(), Failure> {
        let staged = self.runtime.block_on(upload::stage(&self.client, operator, set, progress));
        staged.map_err(|error| self.failure(error))
    }

    /// Makes the records that were loaded count.
    ///
    /// # Errors
    /// When the node does not run or refuses; then nothing has changed.
    pub(crate) fn commit_import(&self) -> Result<Changes, Failure> {
        let committed = self.runtime.block_on(upload::commit(&self.client));
        committed.map_err(|error| self.failure(error))
    }

    /// Follows events until `on_event` has seen enough; `None` when the node stops before that.
    ///
    /// It is called once without an event when the stream is open: what it then finds, and the
    /// events after it, leave no gap.
    ///
    /// # Errors
    /// When the node does not run or refuses, or `on_event` fails.
    pub(crate) fn watch<T>(
        &self,
        path: &str,
        mut on_event: impl FnMut(Option<WatchedEvent>) -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let stream = self.runtime.block_on(self.client.events(path));
        let mut stream = stream.map_err(|error| self.failure(error))?;
        let mut seen = on_event(None)?;
        while seen.is_none() {
            let event = self.runtime.block_on(stream.next());
            let Some(event) = event.map_err(|error| self.failure(error))? else { return Ok(None) };
            seen = on_event(Some(event))?;
        }
        Ok(seen)
    }

    /// Lets some time pass between two looks at something that takes a while.
    pub(crate) fn pause(&self) {
        // A sleep is made for the runtime that it is made in.
        self.runtime.block_on(async { tokio::time::sleep(LOOK_AGAIN).await });
    }

    fn failure(&self, error: ClientError) -> Failure {
        let language = self.language;
        match error {
            ClientError::NotRunning { socket, error } => {
                Failure::new(Exit::Partial, language.node_not_running(socket.display(), error))
            }
            ClientError::Refused(error) => refused(&error, language),
            ClientError::Broken(reason) => {
                Failure::new(Exit::Partial, language.node_went_away(reason))
            }
            ClientError::Answer(reason) => Failure::usage(language.answer_not_understood(reason)),
        }
    }
}

/// A refusal in words, with its exit code.
pub(crate) fn refused(error: &ApiError, language: Language) -> Failure {
    let sentence = match language {
        Language::English => &error.message,
        Language::Chinese => &error.message_zh,
    };
    let sentence = match &error.detail {
        Some(detail) => language.with_detail(sentence, detail),
        None => sentence.clone(),
    };
    let exit = error.refusal().map_or(Exit::Refused, exit_of);
    let message = language.refusal(&error.code, sentence, &error.next);
    Failure { exit, code: Some(error.code.clone()), message }
}

/// Which of the exit codes a refusal is.
fn exit_of(refusal: Refusal) -> Exit {
    match refusal {
        Refusal::Argument | Refusal::Subject | Refusal::NotFound => Exit::Usage,
        Refusal::Unreachable
        | Refusal::Overloaded
        | Refusal::Recovering
        | Refusal::Pending
        | Refusal::RateLimited
        | Refusal::TagKey => Exit::Partial,
        Refusal::Proof | Refusal::Signature => Exit::Unverified,
        Refusal::Malformed
        | Refusal::TooLarge
        | Refusal::UnknownStatement
        | Refusal::Algorithm
        | Refusal::KeyUnknown
        | Refusal::KeyEnded
        | Refusal::KeyNotYet
        | Refusal::Sender
        | Refusal::Peer
        | Refusal::Addressee
        | Refusal::Expired
        | Refusal::Future
        | Refusal::IdReused
        | Refusal::NotMember
        | Refusal::Suspended
        | Refusal::NotGranted
        | Refusal::Consent
        | Refusal::Purpose
        | Refusal::NameMismatch
        | Refusal::Mode
        | Refusal::WrongState
        | Refusal::TooLate
        | Refusal::Cancelled
        | Refusal::InFlight
        | Refusal::OffSiteLoan
        | Refusal::LendingClosed
        | Refusal::WitnessesChanged
        | Refusal::LeaseEnded
        | Refusal::IntentOpen
        | Refusal::PersonalData
        | Refusal::CertificateUnknown
        | Refusal::CertificateLender
        | Refusal::CertificateUsed
        | Refusal::CertificateExpired
        | Refusal::CertificateRevoked
        | Refusal::Operator => Exit::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_code_in_both_languages_and_has_its_exit_code() {
        let error = ApiError::from(&Refusal::Mode.into());
        for language in [Language::English, Language::Chinese] {
            let failure = refused(&error, language);
            assert!(failure.message.contains("MODE"), "{}", failure.message);
            assert_eq!(failure.exit, Exit::Refused);
        }
        let unreachable = refused(&ApiError::from(&Refusal::Unreachable.into()), Language::English);
        assert_eq!(unreachable.exit, Exit::Partial);
        let wrong = refused(&ApiError::from(&Refusal::Argument.into()), Language::English);
        assert_eq!(wrong.exit, Exit::Usage);
    }

    #[test]
    fn a_refusal_of_a_newer_node_is_still_a_refusal() {
        let mut error = ApiError::from(&Refusal::Mode.into());
        error.code = "SOMETHING_NEW".into();
        assert_eq!(refused(&error, Language::English).exit, Exit::Refused);
    }
}
