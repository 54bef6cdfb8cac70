//! `fundlink transfer cancel` and `fundlink transfer decide`: what a person decides.

use std::path::PathBuf;

use fundlink_node::control::api::transfers::{Cancel, Decide, Decision, Special, Transfer};
use fundlink_protocol::time::Date;

use super::show;
use crate::client::Node;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::value_parser;

/// Arguments of `fundlink transfer cancel`.
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArguments {
    /// The number of its letter, or its id
    transfer: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink transfer decide`.
#[derive(Debug, clap::Args)]
pub(crate) struct DecideArguments {
    /// The number of its letter, or its id
    transfer: String,
    /// What is decided
    #[arg(value_enum)]
    decision: Word,
    /// refuse: why, R01 to R99
    #[arg(long, value_name = "CODE", required_if_eq("decision", "refuse"))]
    reason: Option<String>,
    /// refuse: more, in words
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// accept, for a suspicious name: the scan that was looked at, of which the hash is recorded
    #[arg(long, value_name = "FILE")]
    scan_file: Option<PathBuf>,
    /// settle, renew: the day to which interest is settled; by default today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = value_parser::date)]
    value_date: Option<Date>,
    /// correct, send-back: the number of the special account (专户)
    #[arg(long, value_name = "NUMBER")]
    #[arg(required_if_eq_any([("decision", "correct"), ("decision", "send-back")]))]
    #[arg(requires_all = ["account_name", "account_bank"])]
    special_account: Option<String>,
    /// correct, send-back: in whose name the account is held
    #[arg(long, value_name = "NAME")]
    account_name: Option<String>,
    /// correct, send-back: the bank of the account
    #[arg(long, value_name = "NAME")]
    account_bank: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Word {
    /// Transfer in: send the letter that another has entered
    Approve,
    /// Transfer out: accept a letter that waits
    Accept,
    /// Transfer out: refuse
    Refuse,
    /// Transfer out: settle interest and order the payment
    Settle,
    /// Transfer out: the core's interest is right, send the sheet
    SendSheet,
    /// Transfer out: order what is missing again, under the same sheet
    PayAgain,
    /// Transfer out: undo the settlement and settle anew
    Renew,
    /// Transfer out: restore the account; the case is over
    Restore,
    /// Transfer in: the money is to go to another special account
    Correct,
    /// Transfer in: send back what has arrived
    SendBack,
    /// Go on waiting
    Wait,
    /// The other center is revoked: end the case as it stands
    Close,
}

/// Withdraws a letter.
///
/// # Errors
/// When it is too late, or the operator may not.
pub(super) fn cancel(
    arguments: &CancelArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let cancel =
        Cancel { operator: arguments.operator.operator.clone(), remark: arguments.remark.clone() };
    let transfer: Transfer =
        node.post(&format!("/v1/transfers/{}/cancel", arguments.transfer), &cancel)?;
    show::show(&transfer, output);
    output.value(&transfer);
    Ok(Exit::Done)
}

/// Decides.
///
/// # Errors
/// When the state does not allow it, or the operator may not.
pub(super) fn run(
    arguments: &DecideArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let decide = Decide {
        operator: arguments.operator.operator.clone(),
        decision: decision(arguments, output.language)?,
    };
    let transfer: Transfer =
        node.post(&format!("/v1/transfers/{}/decide", arguments.transfer), &decide)?;
    show::show(&transfer, output);
    output.value(&transfer);
    Ok(Exit::Done)
}

fn decision(arguments: &DecideArguments, language: Language) -> Result<Decision, Failure> {
    let value_date = arguments.value_date.map(|date| date.to_string());
    let account = || Special {
        number: arguments.special_account.clone().unwrap_or_default(),
        name: arguments.account_name.clone().unwrap_or_default(),
        bank: arguments.account_bank.clone().unwrap_or_default(),
    };
    Ok(match arguments.decision {
        Word::Approve => Decision::Approve {},
        Word::Accept => {
            let scan = arguments.scan_file.as_deref();
            Decision::Accept { scan: scan.map(|scan| consent::digest(scan, language)).transpose()? }
        }
        Word::Refuse => Decision::Refuse {
            reason: arguments.reason.clone().unwrap_or_default(),
            remark: arguments.remark.clone(),
        },
        Word::Settle => Decision::Settle { value_date },
        Word::SendSheet => Decision::SendSheet {},
        Word::PayAgain => Decision::PayAgain {},
        Word::Renew => Decision::Renew { value_date },
        Word::Restore => Decision::Restore {},
        Word::Correct => Decision::Correct { receiving: account() },
        Word::SendBack => Decision::SendBack { receiving: account() },
        Word::Wait => Decision::Wait {},
        Word::Close => Decision::Close {},
    })
}
