//! `fundlink data map`: what the center's own system calls files, columns and codes.
//!
//! **Promises.** A mapping that is there is never overwritten.
//! **Left to others.** The proposal: `fundlink_node::import::suggest`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use fundlink_node::import::ImportFile;
use fundlink_node::import::column_names::ColumnName;
use fundlink_node::import::suggest::suggest;
use serde_json::json;

use super::Encoding;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink data map`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Propose a mapping file, with comments, from the headers and codes of a dump
    Suggest(SuggestArguments),
    /// List the columns of each file with their English and Chinese names
    Columns,
}

/// Arguments of `fundlink data map suggest`.
#[derive(Debug, clap::Args)]
pub(crate) struct SuggestArguments {
    /// The folder with the CSV files, whatever they are called
    folder: PathBuf,
    /// The encoding of the files
    #[arg(long, value_enum, default_value_t = Encoding::Auto)]
    encoding: Encoding,
    /// Where the mapping is written; by default to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Proposes a mapping, or lists columns.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Suggest(arguments) => propose(arguments, output),
        Arguments::Columns => {
            columns(output);
            Ok(Exit::Done)
        }
    }
}

fn propose(arguments: &SuggestArguments, output: &Output) -> Result<Exit, Failure> {
    let (language, folder) = (output.language, &arguments.folder);
    let text = suggest(folder, arguments.encoding.into())
        .map_err(|error| Failure::usage(language.cannot_read(folder.display(), error)))?;
    let Some(path) = &arguments.out else {
        output.line(text.trim_end());
        output.value(&json!({ "mapping": text }));
        return Ok(Exit::Done);
    };
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::usage(language.cannot_write(path.display(), error)))?;
    output.line(language.mapping_written(path.display()));
    output.value(&json!({ "written": path.display().to_string() }));
    Ok(Exit::Done)
}

fn columns(output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.file(), Align::Left),
        (language.column(), Align::Left),
        (language.column_needed(), Align::Left),
        (language.english_names(), Align::Left),
        (language.chinese_names(), Align::Left),
    ]);
    let mut values = Vec::new();
    for file in ImportFile::ALL {
        for column in file.columns() {
            let name = ColumnName::of(column.name);
            let english = name.map(|name| name.english.join(", ")).unwrap_or_default();
            let chinese = name.map(|name| name.chinese.join("、")).unwrap_or_default();
            let needed = if column.needed { "*" } else { "" };
            let cells = [file.file_name(), column.name, needed, &english, &chinese];
            table.row(cells.map(str::to_owned));
            values.push(json!({
                "file": file.file_name(),
                "column": column.name,
                "needed": column.needed,
                "english": name.map(|name| name.english),
                "chinese": name.map(|name| name.chinese),
            }));
        }
    }
    output.table(&table);
    output.value(&values);
}
