//! `fundlink recovery`: what the node waits for after a start, and going on without it.
//!
//! **Promises.** Nobody goes on by accident: the warning comes first, and nothing is done without `--yes`.
//! **Left to others.** What recovering is: the engine.

use std::path::Path;

use fundlink_node::control::api::recovery::{GoOn, Recovery};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;

/// Arguments of `fundlink recovery`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Show what the node waits for
    Show,
    /// Go on without witnesses or members that are lost for good
    Override(OverrideArguments),
}

/// Arguments of `fundlink recovery override`.
#[derive(Debug, clap::Args)]
pub(crate) struct OverrideArguments {
    #[command(flatten)]
    operator: OperatorArgument,
    /// Why; it stands in the audit log, without personal data
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// You have read the warning
    #[arg(long)]
    yes: bool,
}

/// Shows what is waited for, or goes on without it.
///
/// # Errors
/// When the node does not run or refuses.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let node = Node::of(config, language)?;
    let recovery: Recovery = match arguments {
        Arguments::Show => node.get("/v1/recovery")?,
        Arguments::Override(wanted) => {
            output.note(language.override_warning());
            if !wanted.yes {
                return Err(Failure::usage(language.override_confirm()));
            }
            let operator = wanted.operator.operator.clone();
            let wish = GoOn { operator, reason: wanted.reason.clone() };
            let recovery = node.post("/v1/recovery/override", &wish)?;
            output.line(language.override_done());
            recovery
        }
    };
    show(&recovery, output);
    output.value(&recovery);
    Ok(Exit::Done)
}

fn show(recovery: &Recovery, output: &Output) {
    let language = output.language;
    output.line(if recovery.recovering {
        language.recovery_waits()
    } else {
        language.recovery_over()
    });
    if let (Some(at), Some(taken)) = (&recovery.restored_at, &recovery.backup_taken) {
        output.line(language.recovery_restored(at, taken));
    }
    if recovery.answers_missing > 0 {
        let silent = recovery.witnesses.join(", ");
        output.line(language.recovery_answers(recovery.answers_missing, silent));
    }
    if recovery.leaves_missing > 0 {
        output.line(language.recovery_leaves(recovery.leaves_missing));
    }
    if !recovery.members.is_empty() {
        output.line(language.recovery_members(recovery.members.join(", ")));
    }
    if recovery.phase.as_deref() == Some("replaying") {
        output.line(language.recovery_taking_in());
    }
    if let Some(number) = recovery.log_to_close {
        output.line(language.recovery_log(number));
    }
    for taken in &recovery.overridden {
        output.line(language.recovery_overridden(&taken.at, &taken.operator, &taken.reason));
    }
}
