//! Log lines: structured, to standard error, without personal data.
//!
//! **Promises.** Standard output stays free for what a command prints; a panic is a log line with its
//! place, and the process aborts.
//! **Left to others.** Never to put a name, a number or an amount into a field: whoever logs.

use std::io;
use std::io::IsTerminal as _;
use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};

/// Logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter in `RUST_LOG` is not understood.
    #[error("RUST_LOG is not understood: {0}; write it like info,fundlink_node=debug")]
    Filter(String),
    /// Something else in this process logs already.
    #[error("logging was started twice in this process")]
    Twice(#[from] TryInitError),
}

/// Starts logging for the whole process; `RUST_LOG` goes before the configured filter.
///
/// # Errors
/// When `RUST_LOG` is not understood, or logging was started before.
pub fn start(config: &LogConfig) -> Result<(), TelemetryError> {
    let typed = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|typed| !typed.is_empty());
    let filter = EnvFilter::try_new(typed.as_ref().unwrap_or(&config.filter))
        .map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match config.format {
        LogFormat::Human => lines.finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    log_panics();
    Ok(())
}

/// Makes a panic a log line and the end of the process: a broken invariant of our own may not be
/// survived by one thread of many.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(
            place,
            "an invariant of the node is broken: {said}; the node stops, nothing that was acknowledged is lost; report this line"
        );
        std::process::abort();
    }));
}
