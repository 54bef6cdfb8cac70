//! `fundlink fsck`: the store of a stopped node, checked as a whole, and repaired if asked to.
//!
//! **Promises.** Without `--repair` no byte of the data folder changes. What is found has a stable code, and
//! says what to do. Exit code 0 for a sound store, 5 for a damaged one, whatever reading it leads to.
//! **Left to others.** The checks: `fundlink_protocol::engine::store_check`. The words: `text`.

use std::env;
use std::path::{Path, PathBuf};

use fundlink_node::config::Config;
use fundlink_node::keyfile::HeldKeys;
use fundlink_node::store::check::{self, CheckError};
use fundlink_node::store::repair::{self, RepairError, Repaired};
use fundlink_protocol::engine::store_check::fault::{Cure, Fault};
use fundlink_protocol::engine::store_check::{Finding, Report};
use fundlink_protocol::store::StoreError;
use serde::Serialize;
use tokio::runtime;

use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

use super::own_process::{self, Ended};

/// Arguments of `fundlink fsck`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Make anew what follows from the rest, and take back from members what they hold; the store as it was is kept beside
    #[arg(long)]
    repair: bool,
    /// Where the copy that is looked at is put; by default the folder for temporary files
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Look in this process, with a copy in this folder
    #[arg(long, hide = true, value_name = "FOLDER")]
    looks_in: Option<PathBuf>,
}

/// What came of it, for programs.
#[derive(Debug, Serialize)]
struct Outcome {
    /// Whether nothing is wrong, or nothing is any more.
    sound: bool,
    /// Rows that were looked at.
    rows: u64,
    /// What is wrong, or still is.
    findings: Vec<Found>,
    /// How often each fault was found.
    counts: Vec<Count>,
    /// What a repair has done.
    repair: Option<Repair>,
}

#[derive(Debug, Serialize)]
struct Found {
    code: &'static str,
    place: String,
    cure: &'static str,
    found: &'static str,
    next: String,
}

#[derive(Debug, Serialize)]
struct Count {
    code: &'static str,
    number: u64,
}

#[derive(Debug, Serialize)]
struct Repair {
    /// What was wrong before.
    findings: Vec<Found>,
    /// Where the store stands as it was.
    aside: PathBuf,
    /// Logs whose entries were taken back.
    refilled: Vec<String>,
    /// Members that did not answer.
    silent: Vec<String>,
}

/// Checks the store.
///
/// # Errors
/// When it cannot be looked at: a node holds it, there is none, or it is of a newer release.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let config = Config::read(config)?;
    if let Some(folder) = &arguments.looks_in {
        own_process::end_silently();
        return look(arguments, (&config, folder), output);
    }
    let scratch = arguments.scratch.clone().unwrap_or_else(env::temp_dir);
    match own_process::look(&scratch, output.language)? {
        Ended::Looked(exit) => Ok(exit),
        Ended::OfTheStore => Ok(say_unreadable(arguments, &config, output)),
    }
}

/// Sled cannot go on with what it reads.
fn say_unreadable(arguments: &Arguments, config: &Config, output: &Output) -> Exit {
    let mut report = Report::default();
    let place = "it ends whoever reads it".to_owned();
    report.tell(Fault::Unreadable, Cure::Restore, place);
    show(&report, output);
    let language = output.language;
    output.line(if arguments.repair {
        language.fsck_cut_off(config.data.display())
    } else {
        language.fsck_damaged(sum(&report))
    });
    output.value(&told(&report, None, language));
    Exit::Damaged
}

fn look(
    arguments: &Arguments,
    (config, scratch): (&Config, &Path),
    output: &Output,
) -> Result<Exit, Failure> {
    let report = check::check(&config.data, &repair::expected(config), scratch);
    let report = report.map_err(unchecked)?;
    let is_of_use = |finding: &Finding| matches!(finding.cure, Cure::Rebuild | Cure::Fetch);
    if arguments.repair && report.findings.iter().any(is_of_use) {
        return mend(config, output);
    }
    show(&report, output);
    if report.is_clean() {
        output.line(output.language.fsck_clean(report.rows));
    } else {
        output.line(output.language.fsck_damaged(sum(&report)));
    }
    output.value(&told(&report, None, output.language));
    Ok(exit_of(&report))
}

fn mend(config: &Config, output: &Output) -> Result<Exit, Failure> {
    let keys = HeldKeys::open(&config.keys, &config.passphrase)?;
    if output.draws_progress() {
        output.note(output.language.fsck_mending());
    }
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let repaired = runtime.map_err(Failure::usage)?.block_on(repair::repair(config, keys));
    let repaired = repaired.map_err(|error| match error {
        RepairError::Check(error) => unchecked(error),
        RepairError::Unreadable { .. } | RepairError::Store(StoreError::Corrupt { .. }) => {
            Failure::new(Exit::Damaged, error)
        }
        RepairError::Store(_) | RepairError::Network(_) => Failure::usage(error),
    })?;
    say_repaired(&repaired, config, output);
    Ok(exit_of(&repaired.after))
}

fn say_repaired(repaired: &Repaired, config: &Config, output: &Output) {
    let language = output.language;
    show(&repaired.before, output);
    let origin =
        |log: &fundlink_protocol::log::origin::LogId| log.origin(&config.network).to_string();
    let refilled: Vec<String> = repaired.refilled.iter().map(origin).collect();
    for log in &refilled {
        output.line(language.fsck_refilled(log));
    }
    let silent: Vec<String> = repaired.unreachable.iter().map(ToString::to_string).collect();
    let aside = repaired.aside.display();
    if repaired.after.is_clean() {
        output.line(language.fsck_repaired(aside));
    } else {
        output.line("");
        show(&repaired.after, output);
        output.line(language.fsck_left(aside, sum(&repaired.after)));
        if !silent.is_empty() {
            output.line(language.fsck_silent(silent.join(", ")));
        }
    }
    let repair = Repair {
        findings: findings(&repaired.before, language),
        aside: repaired.aside.clone(),
        refilled,
        silent,
    };
    output.value(&told(&repaired.after, Some(repair), language));
}

/// A folder that cannot be looked at.
fn unchecked(error: CheckError) -> Failure {
    match error {
        CheckError::Open(error) => error.into(),
        CheckError::NoStore { .. } | CheckError::Copy { .. } => Failure::usage(error),
    }
}

fn exit_of(report: &Report) -> Exit {
    let only = |fault| report.counts.keys().all(|found| *found == fault);
    if report.is_clean() {
        Exit::Done
    } else if only(Fault::OtherMember) || (only(Fault::NotJoined) && nothing_lost(report)) {
        Exit::Usage
    } else {
        Exit::Damaged
    }
}

fn nothing_lost(report: &Report) -> bool {
    report.findings.iter().all(|finding| finding.cure == Cure::Configuration)
}

fn sum(report: &Report) -> u64 {
    report.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
}

fn show(report: &Report, output: &Output) {
    if report.is_clean() {
        return;
    }
    let language = output.language;
    let heading =
        [language.fsck_code(), language.fsck_found(), language.fsck_place(), language.fsck_next()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for finding in &report.findings {
        table.row([
            finding.fault.code().to_owned(),
            sentence(finding.fault, language).to_owned(),
            finding.place.clone(),
            next(finding.cure, language),
        ]);
    }
    output.table(&table);
    let listed = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
    let more = sum(report).saturating_sub(listed);
    if more > 0 {
        output.line(language.fsck_more(more));
    }
    output.line("");
}

fn told(report: &Report, repair: Option<Repair>, language: Language) -> Outcome {
    let counts = report.counts.iter();
    let counts = counts.map(|(fault, number)| Count { code: fault.code(), number: *number });
    Outcome {
        sound: report.is_clean(),
        rows: report.rows,
        findings: findings(report, language),
        counts: counts.collect(),
        repair,
    }
}

fn findings(report: &Report, language: Language) -> Vec<Found> {
    let findings = report.findings.iter().map(|finding| Found {
        code: finding.fault.code(),
        place: finding.place.clone(),
        cure: finding.cure.word(),
        found: sentence(finding.fault, language),
        next: next(finding.cure, language),
    });
    findings.collect()
}

const fn sentence(fault: Fault, language: Language) -> &'static str {
    match language {
        Language::English => fault.english(),
        Language::Chinese => fault.chinese(),
    }
}

fn next(cure: Cure, language: Language) -> String {
    match cure {
        Cure::Rebuild => language.fsck_rebuild(),
        Cure::Fetch => language.fsck_fetch(),
        Cure::Restore => language.fsck_restore(),
        Cure::Configuration => language.fsck_configuration(),
    }
}
