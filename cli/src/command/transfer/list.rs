//! `fundlink transfer list`: what is under way, and what a person must do.

use fundlink_node::control::api::transfers::Line;

use super::show;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink transfer list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    /// Only those of one side: in or out
    #[arg(long, value_parser = ["in", "out"])]
    side: Option<String>,
    /// Only those in this state, such as Accepted
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only those that wait for a person
    #[arg(long)]
    waiting: bool,
    /// Those that have ended, too
    #[arg(long)]
    ended: bool,
}

/// Lists transfers.
///
/// # Errors
/// When the node does not run.
pub(super) fn run(
    arguments: &ListArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let mut path = format!("/v1/transfers?waiting={}&ended={}", arguments.waiting, arguments.ended);
    for (key, value) in [("side", &arguments.side), ("state", &arguments.state)] {
        if let Some(value) = value {
            path.push_str(&format!("&{key}={value}"));
        }
    }
    let lines: Vec<Line> = node.get(&path)?;
    let heading = [
        language.letter(),
        language.side(),
        language.channel(),
        language.member(),
        language.state(),
        language.since(),
        language.due(),
        language.to_do(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for line in &lines {
        let task = line.task.as_ref();
        table.row([
            line.number.clone(),
            if line.side == "in" { language.side_in() } else { language.side_out() },
            show::channel(&line.channel, language),
            match &line.taken_over_by {
                Some(center) => format!("{} → {center}", line.other),
                None => line.other.clone(),
            },
            show::state(line, language),
            line.since.clone(),
            line.due.clone().unwrap_or_default(),
            task.map(|task| show::task(task, language)).unwrap_or_default(),
        ]);
    }
    output.table(&table);
    output.value(&lines);
    Ok(Exit::Done)
}
