//! `fundlink status`: how the running node stands.

use std::path::Path;
use std::time::{Duration, Instant};

use fundlink_node::control::api::{DataQuality, Status};

use super::net::show;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Wait so many seconds, at most, for a node that is starting
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=3_600))]
    wait: u64,
}

/// Shows how the node stands.
///
/// # Errors
/// When the node does not run.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let status = read(&node, Duration::from_secs(arguments.wait))?;
    output.line(language.status_node(&status.center, &status.network));
    output.line(language.status_roster(status.roster_version, &status.roster_renew_by));
    if status.recovering {
        output.line(language.status_recovering());
    }
    let mut table = Table::new([
        (language.member(), Align::Left),
        (language.status(), Align::Left),
        (language.up_to_date(), Align::Left),
        (language.last_heard(), Align::Left),
        (language.statements_waiting(), Align::Right),
        (language.since(), Align::Left),
        (language.data_as_of(), Align::Left),
        (language.in_quarantine(), Align::Right),
    ]);
    for member in &status.members {
        table.row([
            member.center.clone(),
            show::status(&member.status, language),
            if member.current { language.yes() } else { language.no() },
            member.heard.clone().unwrap_or_default(),
            member.waiting.to_string(),
            member.waiting_since.clone().unwrap_or_default(),
            member.data.as_ref().map(|data| data.as_of.clone()).unwrap_or_default(),
            member.data.as_ref().map(quarantined).unwrap_or_default(),
        ]);
    }
    if !table.is_empty() {
        output.line("");
        output.table(&table);
    }
    output.value(&status);
    Ok(Exit::Done)
}

/// How many of a member's records are in quarantine, and which share that is.
fn quarantined(data: &DataQuality) -> String {
    let DataQuality { quarantined, records, quarantined_per_million: share, .. } = data;
    format!("{quarantined} / {records} ({}.{:04}%)", share / 10_000, share % 10_000)
}

/// Asks the node, and as long as it does not answer and there is time, asks again.
fn read(node: &Node, wait: Duration) -> Result<Status, Failure> {
    let begun = Instant::now();
    loop {
        match node.get("/v1/status") {
            Err(failure) if failure.exit == Exit::Partial && begun.elapsed() < wait => node.pause(),
            answer => return answer,
        }
    }
}
