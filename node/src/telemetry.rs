//! Log lines: structured, to standard error, without personal data.
//!
//! **Promises.** Standard output stays free for what a command prints; a panic is a log line with its
//! place, and the process aborts. However much is asked for, no library logs the bytes that it stores
//! or carries: they are a center's records.
//! **Left to others.** Never to put a name, a number or an amount into a field: whoever logs.

use std::io;
use std::io::IsTerminal as _;
use std::panic;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::util::TryInitError;
use tracing_subscriber::{EnvFilter, fmt};

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
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let quiet = tracing_subscriber::registry().with(filter).with(filter_fn(is_ours_to_log));
    match config.format {
        LogFormat::Human => quiet.with(lines).try_init()?,
        LogFormat::Json => quiet.with(lines.json().flatten_event(true)).try_init()?,
    }
    log_panics();
    Ok(())
}

/// Whether a line may be logged at all. Stores and transports quote whole pages and packets when they
/// are asked for all that they can say, and in those stand names and numbers.
fn is_ours_to_log(line: &Metadata<'_>) -> bool {
    let of = |library: &str| line.target().starts_with(library);
    let most = if of("fundlink") {
        Level::TRACE
    } else if of("libp2p") {
        Level::DEBUG
    } else {
        Level::INFO
    };
    *line.level() <= most
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
