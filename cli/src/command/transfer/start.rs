//! `fundlink transfer start`: the application, from which the node writes the contact letter
//! (转移接续联系函).

use std::path::PathBuf;

use fundlink_node::control::api::dossiers::Consent;
use fundlink_node::control::api::transfers::{PrivateText, Start, Transfer};
use fundlink_protocol::center::CenterCode;

use super::{show, watch};
use crate::client::Node;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{SubjectArgument, Wanted};
use crate::value_parser;

/// Arguments of `fundlink transfer start`.
#[derive(Debug, clap::Args)]
pub(crate) struct StartArguments {
    /// The center where the account is now
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    from: CenterCode,
    /// The number of the applicant's declaration at this center
    #[arg(long, value_name = "NUMBER")]
    consent: String,
    /// The signed declaration: its text or scan, of which only the hash leaves this machine
    #[arg(long, value_name = "FILE")]
    consent_file: PathBuf,
    /// The former employer (原工作单位)
    #[arg(long, value_name = "NAME")]
    employer: Option<String>,
    /// Words to the clerk over there
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// Show the states as they are entered, until the transfer has ended
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    operator: OperatorArgument,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Enters the application, and follows the transfer if that is wanted.
///
/// # Errors
/// When the applicant is not well named, or the node refuses.
pub(super) fn run(
    arguments: &StartArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let subjects = arguments.subject.read(Wanted::PersonWithAccount, output)?;
    let subject = subjects.first().ok_or_else(|| Failure::usage(language.no_subject()))?;
    let account = subject.account.as_ref();
    let account = account.ok_or_else(|| Failure::usage(language.no_account()))?;
    let application = Start {
        operator: arguments.operator.operator.clone(),
        to: arguments.from.to_string(),
        person: subject.to_api(),
        account: PrivateText(account.as_str().to_owned()),
        employer: arguments.employer.clone(),
        consent: Consent {
            reference: arguments.consent.clone(),
            digest: consent::digest(&arguments.consent_file, language)?,
        },
        remark: arguments.remark.clone(),
    };
    let transfer: Transfer = node.post("/v1/transfers", &application)?;
    show::show(&transfer, output);
    output.value(&transfer);
    if arguments.watch {
        watch::follow(&transfer.line.transfer, node, output)
    } else {
        Ok(Exit::Done)
    }
}
