//! `fundlink ask` and `fundlink dossier`: what other cities hold of a person or a household.
//!
//! **Promises.** The persons come by prompt, file or standard input. The exit code says whether
//! everybody answered and every proof holds.
//! **Left to others.** Whom to ask, and what follows for a loan: the node.

use std::path::{Path, PathBuf};

use fundlink_node::control::api::dossiers::{Ask, Asked, Consent, Dossier, Row};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::purpose::{Purpose, QueryKind};

use crate::client::Node;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{SubjectArgument, Wanted};
use crate::value_parser;

mod facts;
mod show;

pub(crate) use show::refusal;

/// Arguments of `fundlink ask`.
#[derive(Debug, clap::Args)]
pub(crate) struct AskArguments {
    /// What
    #[arg(value_parser = QueryKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>())]
    kind: String,
    /// The center that is asked
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    center: CenterCode,
    /// The transfer, for transfer-status
    #[arg(long, value_name = "ID")]
    transfer: Option<String>,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Arguments of `fundlink dossier`.
#[derive(Debug, clap::Args)]
pub(crate) struct DossierArguments {
    /// A deposit certificate that is presented for the loan; may be given several times
    #[arg(long = "certificate", value_name = "NUMBER")]
    certificates: Vec<String>,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Why somebody asks, and on whose behalf.
#[derive(Debug, clap::Args)]
struct Reason {
    /// Why: T1 transfer, L1 loan application, L2 loan payout, W1 withdrawal, D1 duplicate account,
    /// C1 certificate, A1 request of the person concerned
    #[arg(long, value_parser = Purpose::ALL.iter().map(|purpose| purpose.code()).collect::<Vec<_>>())]
    #[arg(hide_possible_values = true)]
    purpose: String,
    /// The serial of the business at this center
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// The number of the person's consent at this center
    #[arg(long, value_name = "NUMBER", requires = "consent_file")]
    consent: Option<String>,
    /// The consent: its text or scan, of which only the hash leaves this machine
    #[arg(long, value_name = "FILE", requires = "consent")]
    consent_file: Option<PathBuf>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Asks one center.
///
/// # Errors
/// When the node refuses to ask.
pub(crate) fn ask(
    arguments: &AskArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let wanted = Question {
        to: Some(arguments.center.to_string()),
        kind: arguments.kind.clone(),
        transfer: arguments.transfer.clone(),
        certificates: Vec::new(),
    };
    run(wanted, (&arguments.reason, &arguments.subject), config, output)
}

/// Asks every center that may hold something.
///
/// # Errors
/// When the node refuses to ask.
pub(crate) fn dossier(
    arguments: &DossierArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let kind = QueryKind::Dossier.name().to_owned();
    let certificates = arguments.certificates.clone();
    let wanted = Question { to: None, kind, transfer: None, certificates };
    run(wanted, (&arguments.reason, &arguments.subject), config, output)
}

/// What is asked, and whom.
struct Question {
    to: Option<String>,
    kind: String,
    transfer: Option<String>,
    certificates: Vec<String>,
}

fn run(
    question: Question,
    (reason, subject): (&Reason, &SubjectArgument),
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let subjects = subject.read(Wanted::Household, output)?;
    let consent = match (&reason.consent, &reason.consent_file) {
        (Some(reference), Some(file)) => {
            Some(Consent { reference: reference.clone(), digest: consent::digest(file, language)? })
        }
        (None, _) | (_, None) => None,
    };
    let ask = Ask {
        operator: reason.operator.operator.clone(),
        to: question.to,
        kind: question.kind,
        purpose: reason.purpose.clone(),
        subjects: subjects.iter().map(crate::subject::Subject::to_api).collect(),
        transfer: question.transfer,
        consent,
        serial: reason.serial.clone(),
        before: None,
        property: None,
        certificates: question.certificates,
    };
    carry_out(&ask, &node, output)
}

/// Asks, waits until all have answered or the node stops waiting, and shows what came of it.
///
/// # Errors
/// When the node refuses to ask.
pub(crate) fn carry_out(ask: &Ask, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let dossier = wait_for(node, ask)?;
    show::show(&dossier, output);
    output.value(&dossier);
    Ok(exit_of(&dossier))
}

/// Has the node ask, and waits for what comes of it.
///
/// # Errors
/// When the node refuses to ask.
pub(crate) fn wait_for(node: &Node, ask: &Ask) -> Result<Dossier, Failure> {
    let asked: Asked = node.post("/v1/ask", ask)?;
    let path = format!("/v1/dossiers/{}", asked.dossier);
    // The node stops waiting by itself, so that this ends.
    loop {
        let dossier: Dossier = node.get(&path)?;
        if dossier.finished.is_some() {
            return Ok(dossier);
        }
        node.pause();
    }
}

/// Whether everybody answered, and every proof holds.
pub(crate) fn exit_of(dossier: &Dossier) -> Exit {
    let faulty = |row: &Row| row.omitted > 0 || row.checks.iter().any(|c| c.fault.is_some());
    let rows = &dossier.rows;
    if rows.iter().any(|row| faulty(row) || row.state == "invalid") {
        return Exit::Unverified;
    }
    if rows.iter().any(|row| matches!(row.state.as_str(), "unreachable" | "timed-out" | "waiting"))
    {
        return Exit::Partial;
    }
    if rows.iter().any(|row| row.state == "refused") { Exit::Refused } else { Exit::Done }
}
