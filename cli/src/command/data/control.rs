//! `fundlink data control`: the control totals of a dump, for the system that writes one and cannot say
//! them itself.
//!
//! **Promises.** A control file that is there is never overwritten.
//! **Left to others.** What counts: `fundlink_node::import::control_lines`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use fundlink_node::import::{self, ControlLine, ImportError, ImportFile};
use serde_json::json;

use super::FilesArguments;
use super::reading::{in_words, options, with_files};
use super::report::show_faults;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Arguments of `fundlink data control`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: FilesArguments,
}

/// Writes the control file.
///
/// # Errors
/// When a file cannot be read, or the control file is there.
pub(super) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let (language, files) = (output.language, &arguments.files);
    let options = options(files, config, language)?;
    let lines = with_files(&files.folder, &options.mapping, output, |files, progress| {
        import::control_lines(files, &options, progress)
    });
    let lines = match lines {
        Ok(lines) => lines,
        Err(ImportError::Faults(faults)) => return Ok(show_faults(&faults, files.faults, output)),
        Err(error) => return Err(Failure::usage(in_words(&error, language))),
    };
    let path = files.folder.join(options.mapping.name_of(ImportFile::Control));
    let mut text = "FILE,ROWS,SUM,AS_OF,SM3,ZXDM\n".to_owned();
    let (as_of, center) = (options.as_of, options.center);
    for ControlLine { file, rows, sum, sm3 } in &lines {
        let sum = sum.as_deref().unwrap_or_default();
        text.push_str(&format!("{file},{rows},{sum},{as_of},{sm3},{center}\n"));
    }
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::usage(language.cannot_write(path.display(), error)))?;
    output.line(language.control_written(path.display()));
    let line = |line: &ControlLine| {
        let ControlLine { file, rows, sum, sm3 } = line;
        json!({ "file": file, "rows": rows, "sum": sum, "sm3": sm3 })
    };
    let lines: Vec<_> = lines.iter().map(line).collect();
    output.value(&json!({ "written": path.display().to_string(), "files": lines }));
    Ok(Exit::Done)
}
