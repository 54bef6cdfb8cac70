//! `fundlink transfer watch`: states as they are entered.
//!
//! **Promises.** A transfer that is named is watched until it has ended, over events that were
//! missed, too. With `--json` each state is a line of its own.

use fundlink_node::control::api::WatchedEvent;
use fundlink_node::control::api::transfers::Transfer;

use super::show;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Arguments of `fundlink transfer watch`.
#[derive(Debug, clap::Args)]
pub(crate) struct WatchArguments {
    /// The number of its letter, or its id; by default all transfers, until Ctrl-C
    transfer: Option<String>,
}

/// Watches.
///
/// # Errors
/// When the node does not run, or goes away.
pub(super) fn run(
    arguments: &WatchArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let Some(name) = &arguments.transfer else {
        node.watch("/v1/events", |event| {
            if let Some(WatchedEvent::Transfer { transfer, state }) = &event {
                let state = output.language.state_word(state);
                output.line(output.language.watched(transfer, state));
            }
            if let Some(WatchedEvent::Reminder { transfer }) = &event {
                output.line(output.language.watched(transfer, output.language.reminder()));
            }
            if let Some(event) = event {
                output.json_line(&event);
            }
            Ok(None::<()>)
        })?;
        return Ok(Exit::Done);
    };
    follow(name, node, output)
}

/// Shows the states of one transfer as they are entered, until it has ended.
///
/// # Errors
/// When there is no such transfer, the node does not run, or goes away.
pub(super) fn follow(name: &str, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let path = format!("/v1/transfers/{name}");
    let transfer: Transfer = node.get(&path)?;
    let mut shown = 0;
    let tell = |_| -> Result<Option<Transfer>, Failure> {
        // The history says what happened since the last look, whatever events were missed.
        let transfer: Transfer = node.get(&path)?;
        for entered in transfer.history.iter().skip(shown) {
            let state = output.language.state_word(&entered.state);
            output.line(output.language.entered(&entered.at, state));
            output.json_line(entered);
        }
        shown = transfer.history.len();
        Ok(transfer.line.ended.then_some(transfer))
    };
    let events = format!("/v1/events?transfer={}", transfer.line.transfer);
    match node.watch(&events, tell)? {
        None => Err(Failure::new(Exit::Partial, output.language.node_stopped())),
        Some(transfer) => {
            output.line(show::state(&transfer.line, output.language));
            let refused = transfer.line.refused.is_some();
            Ok(if refused { Exit::Refused } else { Exit::Done })
        }
    }
}
