//! `fundlink status`: how the running node stands.

use std::path::Path;

use fundlink_node::control::api::Status;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows how the node stands.
///
/// # Errors
/// When the node does not run.
pub(crate) fn run(config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let status: Status = Node::of(config, language)?.get("/v1/status")?;
    output.line(language.status_node(&status.center, &status.network));
    output.line(language.status_roster(status.roster_version, &status.roster_renew_by));
    let mut waiting = Table::new([
        (language.member(), Align::Left),
        (language.statements_waiting(), Align::Right),
    ]);
    for outbox in &status.outboxes {
        waiting.row([outbox.center.clone(), outbox.open.to_string()]);
    }
    if !waiting.is_empty() {
        output.line("");
        output.table(&waiting);
    }
    output.value(&status);
    Ok(Exit::Done)
}
