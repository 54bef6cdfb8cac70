//! `fundlink data`: the records of a center, from the CSV files of its core system.
//!
//! **Promises.** Files are checked whole before anything is taken; a fault names file, line, column
//! and rule, never a value.
//! **Left to others.** Reading and checking: `fundlink_node::import`.

use std::path::{Path, PathBuf};

use fundlink_node::config::Config;
use fundlink_node::control::api::Done;
use fundlink_node::control::api::records::Records;
use fundlink_node::import::{
    self, FaultColumn, ImportError, ImportFault, ImportFaults, ImportFiles, ImportOptions,
    ImportReport, ImportSet, Progress, TextEncoding,
};
use fundlink_protocol::deposit_history::ContinuityRules;
use fundlink_protocol::interest::DayBasis;
use fundlink_protocol::time::Date;
use serde_json::{Value, json};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::progress;
use crate::table::{Align, Table};

/// Arguments of `fundlink data`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Check the CSV files of a folder; nothing is imported
    Check(FilesArguments),
    /// Check the CSV files of a folder and make them the records of this center, all or nothing
    Import(ImportArguments),
    /// Show which records are loaded, and how far their digests are published
    Show,
    /// Drop an import that has begun and was cut off before it was whole
    Abort,
}

/// Arguments of `fundlink data import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    files: FilesArguments,
    #[command(flatten)]
    operator: OperatorArgument,
    /// Do not wait until the digests are published
    #[arg(long)]
    no_wait: bool,
}

/// Which files, and how they are read.
#[derive(Debug, clap::Args)]
pub(crate) struct FilesArguments {
    /// The folder with employers.csv, persons.csv, accounts.csv, ledger.csv, loans.csv and
    /// co_borrowers.csv, and control.csv where there is one
    folder: PathBuf,
    /// The day of the dump; by default today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
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
enum Encoding {
    /// Found out from each file
    Auto,
    /// UTF-8
    #[value(name = "utf-8")]
    Utf8,
    /// GB 18030, GBK or GB 2312
    #[value(name = "gb18030")]
    Gb18030,
}

fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.to_string())
}

/// Checks, imports or shows records.
///
/// # Errors
/// When a file is missing or breaks a rule, or the node does not take the records.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Check(files) => check(files, config, output),
        Arguments::Import(import) => load(import, config, output),
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

fn check(arguments: &FilesArguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    match read(arguments, config, output)? {
        Ok(set) => {
            show(&set.report, output);
            output.line(output.language.data_ok());
            output.value(&json!({ "report": report_json(&set.report) }));
            Ok(Exit::Done)
        }
        Err(faults) => Ok(show_faults(&faults, output)),
    }
}

fn load(arguments: &ImportArguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let set = match read(&arguments.files, config, output)? {
        Ok(set) => set,
        Err(faults) => return Ok(show_faults(&faults, output)),
    };
    let report = report_json(&set.report);
    show(&set.report, output);
    let records = u64::try_from(set.accounts.len().saturating_add(set.loans.len()));
    let bar = progress::bar(output, records.unwrap_or(u64::MAX));
    bar.set_message(language.loading());
    let loaded = node.upload(&arguments.operator.operator, set, &mut |progress| {
        bar.set_position(progress.taken);
    });
    bar.finish_and_clear();
    let changes = loaded?;
    output.line(language.loaded(changes.added, changes.changed, changes.same, changes.kept));
    let records = if arguments.no_wait {
        node.get("/v1/records")?
    } else {
        await_publication(&node, output)?
    };
    show_records(&records, output);
    output.value(&json!({ "report": report, "changes": changes, "records": records }));
    Ok(Exit::Done)
}

/// Waits until the digests of the records are published; the node goes on without us, too.
fn await_publication(node: &Node, output: &Output) -> Result<Records, Failure> {
    let bar = progress::bar(output, 0);
    bar.set_message(output.language.publishing());
    loop {
        let records: Records = node.get("/v1/records")?;
        let all = records
            .current
            .as_ref()
            .map_or(0, |set| set.totals.accounts.saturating_add(set.totals.loans));
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
            output.line(language.records_balance(&totals.balances));
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

fn options(
    arguments: &FilesArguments,
    config: &Config,
    language: Language,
) -> Result<ImportOptions, Failure> {
    let today = config.now().date().ok_or_else(|| Failure::usage(language.clock_out_of_range()))?;
    let policy = &config.policy;
    let mut options = ImportOptions::new(config.center, arguments.as_of.unwrap_or(today));
    options.continuity = ContinuityRules {
        late_grace_months: policy.late_grace_months,
        gap_tolerance: policy.gap_tolerance,
    };
    options.interest.day_basis = match policy.day_basis {
        365 => DayBasis::Days365,
        _ => DayBasis::Days360,
    };
    options.faults_max = arguments.faults;
    options.encoding = match arguments.encoding {
        Encoding::Auto => TextEncoding::Auto,
        Encoding::Utf8 => TextEncoding::Utf8,
        Encoding::Gb18030 => TextEncoding::Gb18030,
    };
    Ok(options)
}

/// Reads and checks the files, with a progress bar; broken rules are a result, too.
fn read(
    arguments: &FilesArguments,
    config: &Path,
    output: &Output,
) -> Result<Result<ImportSet, ImportFaults>, Failure> {
    let config = Config::read(config)?;
    let language = output.language;
    let options = options(arguments, &config, language)?;
    match read_files(&arguments.folder, &options, output) {
        Ok(set) => Ok(Ok(set)),
        Err(ImportError::Faults(faults)) => Ok(Err(faults)),
        Err(error) => Err(Failure::usage(in_words(&error, language))),
    }
}

fn read_files(
    folder: &Path,
    options: &ImportOptions,
    output: &Output,
) -> Result<ImportSet, ImportError> {
    let files = ImportFiles::open(folder)?;
    let bar = progress::bar(output, files.bytes);
    let (mut file, mut before) = (None, 0);
    let set = import::check(files, options, &mut |progress: Progress| {
        if file != Some(progress.file) {
            file = Some(progress.file);
            before = 0;
            bar.set_message(progress.file.file_name());
        }
        bar.inc(progress.bytes.saturating_sub(before));
        before = progress.bytes;
    });
    bar.finish_and_clear();
    set
}

fn show(report: &ImportReport, output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.file(), Align::Left),
        (language.rows(), Align::Right),
        (language.encoding(), Align::Left),
    ]);
    for file in &report.files {
        let (name, rows) = (file.file.file_name().to_owned(), file.rows.to_string());
        table.row([name, rows, encoding_name(file.encoding).to_owned()]);
    }
    output.table(&table);
    for file in report.files.iter().filter(|file| !file.ignored_columns.is_empty()) {
        let columns: Vec<String> = file.ignored_columns.iter().map(ToString::to_string).collect();
        output.line(language.columns_ignored(file.file.file_name(), columns.join(", ")));
    }
    output.line(language.data_totals(report.balance, report.loan_balance));
    if report.unknown_provinces > 0 {
        output.line(language.unknown_provinces(report.unknown_provinces));
    }
    if report.interest_not_booked > 0 {
        output.line(language.interest_not_booked(report.interest_not_booked));
    }
}

fn encoding_name(encoding: TextEncoding) -> &'static str {
    match encoding {
        TextEncoding::Auto => "ASCII",
        TextEncoding::Utf8 => "UTF-8",
        TextEncoding::Gb18030 => "GB 18030",
    }
}

fn report_json(report: &ImportReport) -> Value {
    let files: Vec<Value> = report
        .files
        .iter()
        .map(|file| {
            json!({
                "file": file.file.file_name(),
                "rows": file.rows,
                "encoding": encoding_name(file.encoding),
                "ignored_columns": file.ignored_columns,
            })
        })
        .collect();
    json!({
        "as_of": report.as_of.to_string(),
        "files": files,
        "balance": report.balance.to_string(),
        "loan_balance": report.loan_balance.to_string(),
        "unknown_provinces": report.unknown_provinces,
        "interest_not_booked": report.interest_not_booked,
    })
}

fn show_faults(faults: &ImportFaults, output: &Output) -> Exit {
    let language = output.language;
    for fault in &faults.faults {
        output.line(match language {
            Language::English => fault.to_string(),
            Language::Chinese => fault.chinese(),
        });
    }
    let listed = u64::try_from(faults.faults.len()).unwrap_or(u64::MAX);
    if listed < faults.total {
        output.line(language.more_faults(faults.total - listed));
    }
    output.line(language.nothing_imported(faults.total));
    let listed: Vec<Value> = faults.faults.iter().map(fault_json).collect();
    output.value(&json!({ "faults": listed, "total": faults.total }));
    Exit::Refused
}

fn fault_json(fault: &ImportFault) -> Value {
    let column = fault.column.map(|column| match column {
        FaultColumn::Named(name) => json!(name),
        FaultColumn::Place(place) => json!(place),
    });
    json!({
        "file": fault.file.file_name(),
        "line": fault.line,
        "column": column,
        "rule": fault.rule.id(),
        "message": fault.rule.english(),
        "message_zh": fault.rule.chinese(),
    })
}

fn in_words(error: &ImportError, language: Language) -> String {
    match error {
        ImportError::Missing(file) => language.import_file_missing(file.file_name()),
        ImportError::Io { file, error } => language.cannot_read(file.file_name(), error),
        ImportError::Faults(faults) => language.nothing_imported(faults.total),
    }
}
