//! `fundlink transfer takeover`: what a person of this center finishes in the place of a revoked one.

use fundlink_node::control::api::takeovers::{Close, Line, Takeover};

use super::NameArgument;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink transfer takeover`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// List the cases that were taken over, those that wait for a person first
    List,
    /// Show a case that was taken over
    Show(NameArgument),
    /// Note that a person has finished a case that was taken over, and how
    Close(CloseArguments),
}

/// Arguments of `fundlink transfer takeover close`.
#[derive(Debug, clap::Args)]
pub(crate) struct CloseArguments {
    /// The number of its letter, or its id
    transfer: String,
    /// How, in words
    #[arg(long, value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Runs a command about cases that were taken over.
///
/// # Errors
/// When the node does not run or refuses.
pub(super) fn run(arguments: &Arguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::List => {
            let lines: Vec<Line> = node.get("/v1/takeovers")?;
            list(&lines, output);
            output.value(&lines);
        }
        Arguments::Show(name) => {
            let case = node.get(&format!("/v1/takeovers/{}", name.transfer))?;
            show(&case, output);
        }
        Arguments::Close(close) => {
            let wanted =
                Close { operator: close.operator.operator.clone(), remark: close.remark.clone() };
            let case = node.post(&format!("/v1/takeovers/{}/close", close.transfer), &wanted)?;
            show(&case, output);
        }
    }
    Ok(Exit::Done)
}

fn list(lines: &[Line], output: &Output) {
    let language = output.language;
    let heading = [
        language.letter(),
        language.side(),
        language.taken_from(),
        language.other_side(),
        language.state(),
        language.due(),
        language.finished(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for line in lines {
        table.row([
            line.number.clone(),
            if line.side == "in" { language.side_in() } else { language.side_out() },
            line.revoked.clone(),
            line.from.clone(),
            language.state_word(&line.state),
            line.due.clone(),
            line.closed.as_ref().map(|closed| closed.at.clone()).unwrap_or_default(),
        ]);
    }
    output.table(&table);
}

fn show(case: &Takeover, output: &Output) {
    let language = output.language;
    let line = &case.line;
    let (revoked, from) = (&line.revoked, &line.from);
    output.line(if line.side == "in" {
        language.taken_in(&line.number, revoked, from)
    } else {
        language.taken_out(&line.number, revoked, from)
    });
    output.line(language.transfer_id(&line.transfer));
    output.line(language.taken_state(from, language.state_word(&line.state), &line.said_at));
    output.line(language.transfer_person(&case.person.name, &case.account.0));
    match &line.closed {
        Some(closed) => {
            output.line(language.taken_closed(&closed.operator, &closed.at, &closed.remark));
        }
        None => output.line(language.taken_task(&line.due)),
    }
    output.value(case);
}
