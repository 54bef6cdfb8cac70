//! `fundlink transfer`: accounts that move between cities (异地转移接续).
//!
//! **Promises.** The applicant comes by prompt, file or standard input. What is waited for, and what
//! a person must do, is always shown.
//! **Left to others.** Every rule of a transfer: the node.

use std::path::Path;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;

mod decide;
mod list;
mod register;
mod show;
mod start;
mod takeover;
mod watch;

/// Arguments of `fundlink transfer`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Ask another center to transfer an account to this one: sends a contact letter
    Start(start::StartArguments),
    /// Show a transfer in full
    Show(NameArgument),
    /// List the transfers that have not ended
    List(list::ListArguments),
    /// Withdraw a letter of this center
    Cancel(decide::CancelArguments),
    /// Decide about a transfer that waits for a person
    Decide(decide::DecideArguments),
    /// Register a transfer that the national platform or paper carries, so that it blocks a second one
    Register(register::RegisterArguments),
    /// Say how far a registered transfer has gone
    Advance(register::AdvanceArguments),
    /// The cases that this center has taken over from a revoked one
    #[command(subcommand)]
    Takeover(takeover::Arguments),
    /// Watch transfers; one that is named, until it has ended
    Watch(watch::WatchArguments),
}

/// Which transfer.
#[derive(Debug, clap::Args)]
pub(crate) struct NameArgument {
    /// The number of its letter, or its id
    transfer: String,
}

/// Runs a command about transfers.
///
/// # Errors
/// When the node does not run or refuses.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match arguments {
        Arguments::Start(start) => start::run(start, &node, output),
        Arguments::Show(name) => {
            let transfer = node.get(&format!("/v1/transfers/{}", name.transfer))?;
            show::show(&transfer, output);
            output.value(&transfer);
            Ok(Exit::Done)
        }
        Arguments::List(list) => list::run(list, &node, output),
        Arguments::Cancel(cancel) => decide::cancel(cancel, &node, output),
        Arguments::Decide(decide) => decide::run(decide, &node, output),
        Arguments::Register(register) => register::register(register, &node, output),
        Arguments::Advance(advance) => register::advance(advance, &node, output),
        Arguments::Takeover(takeover) => takeover::run(takeover, &node, output),
        Arguments::Watch(watch) => watch::run(watch, &node, output),
    }
}
