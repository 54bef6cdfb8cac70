//! `fundlink completions`: the completions for a shell.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::exit::Exit;

/// Arguments of `fundlink completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Writes the script to standard output.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    let mut command = crate::args::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "fundlink", &mut io::stdout().lock());
    Exit::Done
}
