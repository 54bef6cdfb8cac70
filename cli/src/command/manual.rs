//! `fundlink manual`: a page of the manual for each command.
//!
//! **Promises.** Pages say what the help says, in its language, because both come from one definition.
//! **Left to others.** Words and examples: `help`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::help;
use crate::output::Output;

/// Arguments of `fundlink manual`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder that the pages are written into
    #[arg(value_name = "FOLDER")]
    out: PathBuf,
}

/// Writes the pages.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    let folder = &arguments.out;
    let mut command = help::localized(crate::args::Arguments::command(), output.language);
    command.build();
    let mut pages = 0_usize;
    fs::create_dir_all(folder)
        .and_then(|()| write(&command, "fundlink", folder, &mut pages))
        .map_err(|error| Failure::usage(output.language.cannot_write(folder.display(), error)))?;
    output.line(output.language.manual_written(pages, folder.display()));
    output.value(&json!({ "pages": pages }));
    Ok(Exit::Done)
}

fn write(command: &Command, name: &str, folder: &Path, pages: &mut usize) -> io::Result<()> {
    let mut page = Vec::new();
    let titled = command.clone().name(name.to_owned()).bin_name(name.replace('-', " "));
    Man::new(titled).title(name.to_uppercase()).render(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)?;
    *pages += 1;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, &format!("{name}-{}", below.get_name()), folder, pages)?;
    }
    Ok(())
}
