//! `fundlink run`: the node, until it is told to stop.
//!
//! **Promises.** SIGTERM and Ctrl-C stop it cleanly; a node that ends by itself has said why.
//! **Left to others.** What a node is: `fundlink_node::node`.

use std::io::{self, Read as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;

use fundlink_node::config::Config;
use fundlink_node::keyfile::HeldKeys;
use fundlink_node::node::{Node, NodeError, RunningNode};
use fundlink_node::store::is_of_the_store;
use fundlink_node::store::sled::forget_trial;
use fundlink_node::telemetry;
use fundlink_node::termination::Termination;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Arguments of `fundlink run`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// End when standard input is closed, as it is when whoever started this is gone
    #[arg(long)]
    exit_with_parent: bool,
}

/// Runs the node until it is told to stop.
///
/// # Errors
/// When it does not start, or ends by itself.
pub(crate) fn run(arguments: Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let config = Config::read(config)?;
    telemetry::start(&config.log).map_err(Failure::usage)?;
    end_with_a_word(*output, config.data.clone());
    let keys = HeldKeys::open(&config.keys, &config.passphrase)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failure::usage)?.block_on(async {
        let termination = Termination::listen().map_err(Failure::usage)?;
        let node = Node::start(config, keys).await.map_err(failure)?;
        serve(node, termination, arguments).await
    })
}

/// A store that ends whoever reads it ends the node with the exit code of a damaged store, and with what to
/// do. Nothing else is said: what was read may be about persons.
fn end_with_a_word(output: Output, data: PathBuf) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic.location().is_some_and(|place| is_of_the_store(place.file())) {
            // The next start takes it away too.
            forget_trial(&data).ok();
            let message = output.language.store_unreadable();
            output.fail(&Failure::new(Exit::Damaged, message));
            process::exit(Exit::Damaged as i32);
        }
        usual(panic);
    }));
}

async fn serve(
    mut node: RunningNode,
    mut termination: Termination,
    arguments: Arguments,
) -> Result<Exit, Failure> {
    let parent = parent_is_gone(arguments);
    let failed = tokio::select! {
        () = termination.signalled() => Ok(()),
        Ok(()) = parent => Ok(()),
        failed = node.failed() => failed,
    };
    node.stop().await;
    failed.map(|()| Exit::Done).map_err(failure)
}

/// Told when standard input ends, if that is asked for; the sender is dropped without a word if not.
fn parent_is_gone(arguments: Arguments) -> oneshot::Receiver<()> {
    let (gone, told) = oneshot::channel();
    if arguments.exit_with_parent {
        // A read that blocks cannot be taken back, so it has a thread that nobody waits for.
        thread::spawn(move || {
            let mut rest = [0; 64];
            let mut stdin = io::stdin().lock();
            while matches!(stdin.read(&mut rest), Ok(1..)) {}
            gone.send(()).ok();
        });
    }
    told
}

fn failure(error: NodeError) -> Failure {
    let exit = if error.is_damaged_store() { Exit::Damaged } else { Exit::Usage };
    Failure::new(exit, error)
}
