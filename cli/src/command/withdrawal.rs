//! `fundlink withdrawal`: money that was paid out for a property (购房提取).
//!
//! Withdrawals come with the exports of the core system; what is paid in between is recorded here.
//!
//! **Promises.** Persons, properties and amounts come by file or prompt, never as arguments. A file is
//! recorded as a whole or not at all.
//! **Left to others.** Every rule: the node. Paying: the core system.

use std::path::{Path, PathBuf};

use fundlink_node::clock;
use fundlink_node::control::api::dossiers::{Ask, Consent};
use fundlink_node::control::api::withdrawals::{Kept, Property, Record, Recorded, Reverse};
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::time::Date;

use crate::client::Node;
use crate::command::ask;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{Subject, SubjectArgument, Wanted};
use crate::table::{Align, Table};
use crate::value_parser;

mod file;

/// Arguments of `fundlink withdrawal`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Record what was paid since the last export, from a CSV file, and publish it, all or nothing
    Record(RecordArguments),
    /// Record that a withdrawal was undone
    Reverse(ReverseArguments),
    /// List the withdrawals that are recorded
    List(ListArguments),
    /// Before paying: ask for accounts, open loans, and what was paid out for the property
    Check(CheckArguments),
}

/// Arguments of `fundlink withdrawal record`.
#[derive(Debug, clap::Args)]
pub(crate) struct RecordArguments {
    /// A CSV file with YWLSH, XingMing, ZJHM, GRZH, JZRQ, FSE, TQYY, BDCQZH or FWZL, and if need be
    /// ZJLX; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink withdrawal reverse`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReverseArguments {
    /// The serial of the withdrawal
    serial: String,
    /// When it was booked; by default today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = value_parser::date)]
    on: Option<Date>,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink withdrawal list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    /// Those after this serial
    #[arg(long, value_name = "SERIAL")]
    after: Option<String>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
}

/// Arguments of `fundlink withdrawal check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    /// The serial of the business at this center
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// The number of the person's consent at this center
    #[arg(long, value_name = "NUMBER")]
    consent: String,
    /// The consent: its text or scan, of which only the hash leaves this machine
    #[arg(long, value_name = "FILE")]
    consent_file: PathBuf,
    #[command(flatten)]
    operator: OperatorArgument,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Runs a command about withdrawals.
///
/// # Errors
/// When the node does not run or refuses, or a file is not well formed.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match arguments {
        Arguments::Record(wanted) => record(wanted, &node, output),
        Arguments::Reverse(wanted) => reverse(wanted, &node, output),
        Arguments::List(wanted) => list(wanted, &node, output),
        Arguments::Check(wanted) => check(wanted, &node, output),
    }
}

fn record(arguments: &RecordArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let wanted = Record {
        operator: arguments.operator.operator.clone(),
        withdrawals: file::read(&arguments.file, language)?,
    };
    let recorded: Vec<Recorded> = node.post("/v1/withdrawals", &wanted)?;
    let new = recorded.iter().filter(|one| one.is_new).count();
    output.line(language.withdrawals_recorded(new, recorded.len().saturating_sub(new)));
    for one in recorded.iter().filter(|one| !one.paid_before.is_empty()) {
        output.line(language.withdrawal_paid_before(&one.serial, one.paid_before.join(" ")));
    }
    output.value(&recorded);
    Ok(Exit::Done)
}

fn reverse(arguments: &ReverseArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let today = || {
        let date = clock::wall_time().date();
        date.ok_or_else(|| Failure::usage(language.clock_out_of_range()))
    };
    let on = arguments.on.map_or_else(today, Ok)?;
    let wanted = Reverse {
        operator: arguments.operator.operator.clone(),
        on: on.to_string(),
        remark: arguments.remark.clone(),
    };
    let path = format!("/v1/withdrawals/{}/reverse", arguments.serial);
    let kept: Vec<Kept> = node.post(&path, &wanted)?;
    output.line(language.withdrawal_undone(&arguments.serial, on));
    output.value(&kept);
    Ok(Exit::Done)
}

fn list(arguments: &ListArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let mut path = format!("/v1/withdrawals?limit={}", arguments.limit);
    if let Some(after) = &arguments.after {
        path.push_str(&format!("&after={after}"));
    }
    let kept: Vec<Kept> = node.get(&path)?;
    let mut table = Table::new([
        (language.withdrawal_serial(), Align::Left),
        (language.booked_on(), Align::Left),
        (language.withdrawal_reason(), Align::Left),
        (language.amount_yuan(), Align::Right),
        (language.withdrawal_reversed(), Align::Left),
        (language.withdrawal_leaf(), Align::Right),
    ]);
    for one in &kept {
        let known = &one.withdrawal;
        table.row([
            known.serial.clone(),
            known.paid_on.clone(),
            known.reason.clone(),
            known.amount.0.clone(),
            one.reversed_on.clone().unwrap_or_default(),
            one.leaf.map(|leaf| format!("{}/{}", leaf.log, leaf.index)).unwrap_or_default(),
        ]);
    }
    output.table(&table);
    output.value(&kept);
    Ok(Exit::Done)
}

fn check(arguments: &CheckArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let subjects = arguments.subject.read(Wanted::HouseholdWithProperty, output)?;
    let property = subjects.first().and_then(|subject| subject.property.as_ref());
    let ask = Ask {
        operator: arguments.operator.operator.clone(),
        to: None,
        kind: QueryKind::Dossier.name().to_owned(),
        purpose: Purpose::Withdrawal.code().to_owned(),
        subjects: subjects.iter().map(Subject::to_api).collect(),
        transfer: None,
        consent: Some(Consent {
            reference: arguments.consent.clone(),
            digest: consent::digest(&arguments.consent_file, output.language)?,
        }),
        serial: arguments.serial.clone(),
        before: None,
        property: property.map(Property::from),
        certificates: Vec::new(),
    };
    ask::carry_out(&ask, node, output)
}
