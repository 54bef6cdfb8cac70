//! Where a command's words go: lines and tables for people, one JSON document for programs.
//!
//! **Promises.** With `--json` standard output holds JSON and nothing else; a reader that goes away
//! ends the command quietly.
//! **Left to others.** The words.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::table::Table;

/// The output of one command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The language for people.
    pub(crate) language: Language,
    json: bool,
}

impl Output {
    /// Output in a language, for people or for programs.
    pub(crate) const fn new(language: Language, json: bool) -> Self {
        Self { language, json }
    }

    /// Whether the reader is a program.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress may be drawn.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// The result for people; nothing when the reader is a program.
    pub(crate) fn line(&self, line: impl AsRef<str>) {
        if !self.json {
            write(io::stdout().lock(), line.as_ref());
        }
    }

    /// A table for people; nothing when the reader is a program.
    pub(crate) fn table(&self, table: &Table) {
        for line in table.lines() {
            self.line(line);
        }
    }

    /// The result for programs; nothing when the reader is a person.
    pub(crate) fn value(&self, value: &impl serde::Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(value);
            write(io::stdout().lock(), &text.unwrap_or_else(|error| error.to_string()));
        }
    }

    /// One of many results for programs, on a line of its own; nothing when the reader is a person.
    pub(crate) fn json_line(&self, value: &impl serde::Serialize) {
        if self.json {
            let text = serde_json::to_string(value);
            write(io::stdout().lock(), &text.unwrap_or_else(|error| error.to_string()));
        }
    }

    /// A remark beside the result.
    pub(crate) fn note(&self, line: impl AsRef<str>) {
        write(io::stderr().lock(), line.as_ref());
    }

    /// A question, without a line end, before something is typed.
    pub(crate) fn prompt(&self, question: impl AsRef<str>) {
        let mut stderr = io::stderr().lock();
        // A terminal that is gone answers nothing either.
        write!(stderr, "{}", question.as_ref()).and_then(|()| stderr.flush()).ok();
    }

    /// Says why the command failed, and gives its exit code.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let error = serde_json::json!({
                "exit": failure.exit.word(),
                "code": failure.code,
                "message": failure.message,
            });
            self.note(serde_json::json!({ "error": error }).to_string());
        } else {
            self.note(format!("fundlink: {}", failure.message));
        }
        failure.exit.into()
    }
}

/// Writes a line. A closed pipe is the reader's way to say that it has enough; anything else that
/// fails here cannot be told to anybody.
fn write(mut to: impl io::Write, line: &str) {
    if writeln!(to, "{line}").and_then(|()| to.flush()).is_err() {
        std::process::exit(Exit::Partial as i32);
    }
}
