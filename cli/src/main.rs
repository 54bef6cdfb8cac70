//! The `fundlink` command: everything that a person does with Fundlink.
//!
//! **Promises.** Results go to standard output, everything else to standard error; the exit code
//! says what became of it ([`exit::Exit`]); a document number is never an argument.
//! **Left to others.** Every rule and every signature: `fundlink-protocol` and the running node.

use std::process::ExitCode;

mod args;
mod argument_guard;
mod client;
mod command;
mod consent;
mod exit;
mod help;
mod language;
mod operator;
mod output;
mod progress;
mod subject;
mod table;
mod text;
mod value_parser;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(arguments) => {
            let output = output::Output::new(arguments.language(), arguments.json);
            match command::run(&arguments, &output) {
                Ok(exit) => exit.into(),
                Err(failure) => output.fail(&failure),
            }
        }
        Err(stopped) => stopped.show(),
    }
}
