//! `fundlink data`: the records of a center, from the CSV files of its core system.
//!
//! **Promises.** Files are checked whole before anything is taken; a fault names file, line, column
//! and rule, never a value.
//! **Left to others.** Reading and checking: `fundlink_node::import`.

use std::path::{Path, PathBuf};

use fundlink_node::control::api::Done;
use fundlink_node::control::api::records::Records;
use fundlink_node::import::Share;
use fundlink_protocol::time::Date;
use serde_json::json;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::progress;
use crate::value_parser;

mod control;
mod fix_list;
mod held;
mod mapping;
mod reading;
mod report;

use reading::read;
use report::{report_json, show, show_faults};

/// Arguments of `fundlink data`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Check the CSV files of a folder; nothing is imported
    Check(CheckArguments),
    /// Check the CSV files of a folder and make them the records of this center, all or nothing
    Import(ImportArguments),
    /// Write the control totals of the CSV files of a folder beside them, as control.csv
    Control(control::Arguments),
    /// What the center's own system calls files, columns and codes
    #[command(subcommand)]
    Map(mapping::Arguments),
    /// List the rows in quarantine by file, line and rule, without values
    Quarantine,
    /// Show which records are loaded, and how far their digests are published
    Show,
    /// Drop an import that has begun and was cut off before it was whole
    Abort,
}

/// Arguments of `fundlink data check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    files: FilesArguments,
    #[command(flatten)]
    quarantine: QuarantineArgument,
    /// Write what is to be corrected into this folder: a list for each branch, as xlsx and CSV
    #[arg(long, value_name = "FOLDER")]
    fix_list: Option<PathBuf>,
}

/// Arguments of `fundlink data import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    files: FilesArguments,
    #[command(flatten)]
    quarantine: QuarantineArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// Say which records vanished since the last dump, and what follows for their digests
    #[arg(long)]
    full: bool,
    /// Do not wait until the digests are published
    #[arg(long)]
    no_wait: bool,
}

/// How many rows may be held back.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct QuarantineArgument {
    /// Hold rows with faults back, up to this share of all rows, such as 0.5%
    #[arg(long, value_name = "SHARE")]
    quarantine: Option<Share>,
}

/// Which files, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct FilesArguments {
    /// The folder with employers.csv, persons.csv, accounts.csv, ledger.csv, loans.csv and
    /// co_borrowers.csv, and employer_ledger.csv, overdue.csv, withdrawals.csv and control.csv where
    /// there are some
    folder: PathBuf,
    /// What the center calls files, columns and codes; see `fundlink data map suggest`
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The day of the dump; by default that of control.csv, or today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = value_parser::date)]
    as_of: Option<Date>,
    /// The encoding of the files
    #[arg(long, value_enum, default_value_t = Encoding::Auto)]
    encoding: Encoding,
    /// How many faults are listed; all are counted
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    faults: usize,
}

/// An encoding as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Encoding {
    /// Found out from each file
    Auto,
    /// UTF-8
    #[value(name = "utf-8")]
    Utf8,
    /// GB 18030, GBK or GB 2312
    #[value(name = "gb18030")]
    Gb18030,
}

/// Checks, imports or shows records.
///
/// # Errors
/// When a file is missing or breaks a rule, or the node does not take the records.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Check(arguments) => check(arguments, config, output),
        Arguments::Import(import) => load(import, config, output),
        Arguments::Control(control) => control::run(control, config, output),
        Arguments::Map(map) => mapping::run(map, output),
        Arguments::Quarantine => held::list(&Node::of(config, output.language)?, output),
        Arguments::Show => {
            let records: Records = Node::of(config, output.language)?.get("/v1/records")?;
            show_records(&records, output);
            output.value(&records);
            Ok(Exit::Done)
        }
        Arguments::Abort => {
            let done: Done = Node::of(config, output.language)?.post("/v1/import/abort", &())?;
            output.line(output.language.import_dropped());
            output.value(&done);
            Ok(Exit::Done)
        }
    }
}

fn check(arguments: &CheckArguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let wanted = reading::Wanted {
        quarantine: arguments.quarantine.quarantine,
        by_branch: arguments.fix_list.is_some(),
    };
    let read = read(&arguments.files, wanted, config, output)?;
    if let Some(folder) = &arguments.fix_list {
        let (faults, branches) = match &read.found {
            Ok(set) => (&set.report.quarantined, &set.report.branches),
            Err(faults) => (&faults.faults, &faults.branches),
        };
        let lists = fix_list::write(folder, (faults, branches), &read.mapping, output.language)?;
        for list in lists {
            output.line(output.language.fix_list_written(list.faults, list.path.display()));
        }
    }
    match read.found {
        Ok(set) => {
            show(&set.report, output);
            if set.report.bad_rows == 0 {
                output.line(output.language.data_ok());
            }
            output.value(&json!({ "report": report_json(&set.report) }));
            Ok(Exit::Done)
        }
        Err(faults) => Ok(show_faults(&faults, arguments.files.faults, output)),
    }
}

fn load(arguments: &ImportArguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let quarantine = arguments.quarantine.quarantine;
    let wanted = reading::Wanted { quarantine, by_branch: false };
    let set = match read(&arguments.files, wanted, config, output)?.found {
        Ok(set) => set,
        Err(faults) => return Ok(show_faults(&faults, arguments.files.faults, output)),
    };
    let report = report_json(&set.report);
    show(&set.report, output);
    let totals = set.totals();
    let records = records_in(totals.accounts, totals.loans, totals.withdrawals);
    let bar = progress::bar(output, records.saturating_add(set.held.len() as u64));
    bar.set_message(language.loading());
    let operator = &arguments.operator.operator;
    let uploaded = node.upload(operator, set, &mut |progress| bar.set_position(progress.taken));
    bar.finish_and_clear();
    uploaded?;
    let vanished = if arguments.full { held::vanished(&node, output)? } else { Vec::new() };
    let changes = node.commit_import()?;
    output.line(language.loaded(changes.added, changes.changed, changes.same, changes.kept));
    let records = if arguments.no_wait {
        node.get("/v1/records")?
    } else {
        await_publication(&node, output)?
    };
    show_records(&records, output);
    let mut value = json!({ "report": report, "changes": changes, "records": records });
    if let (true, Some(value)) = (arguments.full, value.as_object_mut()) {
        value.insert("vanished".to_owned(), json!(vanished));
    }
    output.value(&value);
    Ok(Exit::Done)
}

fn records_in(accounts: u64, loans: u64, withdrawals: Option<u64>) -> u64 {
    accounts.saturating_add(loans).saturating_add(withdrawals.unwrap_or(0))
}

/// Waits until the digests of the records are published; the node goes on without us, too.
fn await_publication(node: &Node, output: &Output) -> Result<Records, Failure> {
    let bar = progress::bar(output, 0);
    bar.set_message(output.language.publishing());
    loop {
        let records: Records = node.get("/v1/records")?;
        let all = records.current.as_ref().map_or(0, |set| {
            let totals = &set.totals;
            records_in(totals.accounts, totals.loans, totals.withdrawals)
        });
        let published = records
            .publishing
            .map_or(0, |publishing| publishing.published.saturating_add(publishing.unchanged));
        bar.set_length(all);
        bar.set_position(published);
        if records.publishing.is_none_or(|publishing| publishing.done) {
            bar.finish_and_clear();
            return Ok(records);
        }
        node.pause();
    }
}

fn show_records(records: &Records, output: &Output) {
    let language = output.language;
    match &records.current {
        None => output.line(language.no_records()),
        Some(set) => {
            let totals = &set.totals;
            output.line(language.records_loaded(&set.as_of, totals.accounts, totals.loans));
            if let Some(withdrawals) = totals.withdrawals {
                output.line(language.records_withdrawals(withdrawals));
            }
            output.line(language.records_balance(&totals.balances));
            if totals.held.rows > 0 || totals.unnumbered > 0 {
                let held = &totals.held;
                let records = held.accounts.saturating_add(held.loans);
                output.line(language.records_held(held.rows, records, totals.unnumbered));
            }
        }
    }
    if let Some(publishing) = &records.publishing {
        let (published, unchanged) = (publishing.published, publishing.unchanged);
        output.line(if publishing.done {
            language.published(published, unchanged)
        } else {
            language.publishing_goes_on(published, unchanged)
        });
    }
    if records.staging.is_some() {
        output.line(language.import_unfinished());
    }
}
