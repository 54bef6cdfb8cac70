//! `fundlink certificate`: deposit certificates for off-site loans (异地贷款缴存使用证明) over their life.
//!
//! **Promises.** A certificate is shown as its form, in the language of the command. What waits for a
//! person is always shown.
//! **Left to others.** Every rule: the node. The form: `fundlink_protocol::certificate::form`.

use std::path::{Path, PathBuf};

use fundlink_node::control::api::certificates::{Approve, Receipt, Release, Revoke, Shown};
use fundlink_node::control::api::dossiers::{Ask, Consent};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::purpose::{Purpose, QueryKind};

use crate::client::Node;
use crate::command::ask;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{Subject, SubjectArgument, Wanted};
use crate::value_parser;

pub(crate) mod show;

/// Arguments of `fundlink certificate`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Ask the center where a person saves for a certificate
    Ask(AskArguments),
    /// List the certificates that were issued or are held here
    List(ListArguments),
    /// Show a certificate as its form, and where it stands
    Show(NumberArgument),
    /// Lender: say what became of the application, once
    Receipt(ReceiptArguments),
    /// Lender: say that the loan is over, so that the account is free again
    Release(ReleaseArguments),
    /// Issuer: take a certificate back
    Revoke(RevokeArguments),
    /// Approve, as a second person, what another has entered
    Approve(ApproveArguments),
}

/// Arguments of `fundlink certificate ask`.
#[derive(Debug, clap::Args)]
pub(crate) struct AskArguments {
    /// The center that is asked
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    center: CenterCode,
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

/// Arguments of `fundlink certificate list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    /// Only those for which somebody must do something
    #[arg(long)]
    waiting: bool,
}

/// Which certificate.
#[derive(Debug, clap::Args)]
pub(crate) struct NumberArgument {
    /// The number of the certificate
    #[arg(value_name = "NUMBER")]
    number: String,
}

/// Arguments of `fundlink certificate receipt`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReceiptArguments {
    #[command(flatten)]
    number: NumberArgument,
    /// What was decided
    #[arg(long, value_parser = ["granted", "declined"])]
    result: String,
    /// What the person of the certificate is in the loan
    #[arg(long, value_parser = ["borrower", "co-borrower"], default_value = "borrower")]
    applicant: String,
    /// The serial of the business at this center
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// More, in words
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink certificate release`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArguments {
    #[command(flatten)]
    number: NumberArgument,
    /// Why: the loan was paid back, or never paid out
    #[arg(long, value_parser = ["settled", "withdrawn"])]
    cause: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink certificate revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    number: NumberArgument,
    /// Why
    #[arg(long, value_parser = ["applicant", "mistaken", "account-changed", "fraud", "other"])]
    reason: String,
    /// More, in words; with `other` always
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink certificate approve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ApproveArguments {
    #[command(flatten)]
    number: NumberArgument,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Runs a command about certificates.
///
/// # Errors
/// When the node does not run or refuses.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match arguments {
        Arguments::Ask(wanted) => ask_for_one(wanted, &node, output),
        Arguments::List(wanted) => {
            let path = format!("/v1/certificates?waiting={}", wanted.waiting);
            let shown: Vec<Shown> = node.get(&path)?;
            show::list(&shown, output);
            output.value(&shown);
            Ok(Exit::Done)
        }
        Arguments::Show(number) => {
            let shown: Shown = node.get(&path(number, ""))?;
            Ok(in_full(&shown, output))
        }
        Arguments::Receipt(wanted) => {
            let body = Receipt {
                operator: wanted.operator.operator.clone(),
                applicant: wanted.applicant.clone(),
                result: wanted.result.clone(),
                serial: wanted.serial.clone(),
                remark: wanted.remark.clone(),
            };
            let shown: Shown = node.post(&path(&wanted.number, "/receipt"), &body)?;
            Ok(in_full(&shown, output))
        }
        Arguments::Release(wanted) => {
            let operator = wanted.operator.operator.clone();
            let body = Release { operator, cause: wanted.cause.clone() };
            let shown: Shown = node.post(&path(&wanted.number, "/release"), &body)?;
            Ok(in_full(&shown, output))
        }
        Arguments::Revoke(wanted) => {
            let body = Revoke {
                operator: wanted.operator.operator.clone(),
                reason: wanted.reason.clone(),
                remark: wanted.remark.clone(),
            };
            let shown: Shown = node.post(&path(&wanted.number, "/revoke"), &body)?;
            Ok(in_full(&shown, output))
        }
        Arguments::Approve(wanted) => {
            let body = Approve { operator: wanted.operator.operator.clone() };
            let shown: Shown = node.post(&path(&wanted.number, "/approve"), &body)?;
            Ok(in_full(&shown, output))
        }
    }
}

fn path(number: &NumberArgument, of: &str) -> String {
    format!("/v1/certificates/{}{of}", number.number)
}

fn in_full(shown: &Shown, output: &Output) -> Exit {
    show::in_full(shown, output);
    output.value(shown);
    Exit::Done
}

fn ask_for_one(arguments: &AskArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let subjects = arguments.subject.read(Wanted::Person, output)?;
    let ask = Ask {
        operator: arguments.operator.operator.clone(),
        to: Some(arguments.center.to_string()),
        kind: QueryKind::DepositCertificate.name().to_owned(),
        purpose: Purpose::Certificate.code().to_owned(),
        subjects: subjects.iter().map(Subject::to_api).collect(),
        transfer: None,
        consent: Some(Consent {
            reference: arguments.consent.clone(),
            digest: consent::digest(&arguments.consent_file, output.language)?,
        }),
        serial: arguments.serial.clone(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    ask::carry_out(&ask, node, output)
}
