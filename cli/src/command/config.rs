//! `fundlink config show`: the configuration with every default.
//!
//! **Promises.** What is shown has been checked, and can be used as a configuration file itself.
//! **Left to others.** Reading and checking: `fundlink_node::config`.

use std::fs;
use std::path::Path;

use fundlink_node::config::file::ConfigFile;
use fundlink_node::config::{Config, ConfigError, template};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Arguments of `fundlink config`.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Show the whole configuration as it is in force, with the defaults
    Show,
}

/// Shows the configuration.
///
/// # Errors
/// When it cannot be read or used.
pub(crate) fn run(arguments: Arguments, path: &Path, output: &Output) -> Result<Exit, Failure> {
    let Arguments::Show = arguments;
    Config::read(path)?;
    let text = fs::read_to_string(path)
        .map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
    let file = ConfigFile::parse(&text)
        .map_err(|detail| ConfigError::Shape { path: path.to_owned(), detail })?;
    output.line(template::render(&file).trim_end());
    output.value(&file);
    Ok(Exit::Done)
}
