//! `fundlink mode`: what each service does by itself.

use std::path::Path;

use fundlink_node::control::api::Done;
use fundlink_node::control::api::modes::{ServiceMode, SetMode};
use fundlink_protocol::mode::{Mode, Service};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink mode`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Show the mode of each service
    Show,
    /// Set the mode of a service
    Set(SetArguments),
}

/// Arguments of `fundlink mode set`.
#[derive(Debug, clap::Args)]
pub(crate) struct SetArguments {
    /// The service
    #[arg(value_parser = Service::ALL.iter().map(|service| service.name()).collect::<Vec<_>>())]
    service: String,
    /// What it shall do by itself
    #[arg(value_parser = Mode::ALL.iter().map(|mode| mode.name()).collect::<Vec<_>>())]
    mode: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Shows or sets modes.
///
/// # Errors
/// When the node does not run, or the operator may not.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match arguments {
        Arguments::Show => {}
        Arguments::Set(set) => {
            let wanted = SetMode {
                operator: set.operator.operator.clone(),
                service: set.service.clone(),
                mode: set.mode.clone(),
            };
            node.post::<_, Done>("/v1/modes", &wanted)?;
        }
    }
    show(&node, output)
}

fn show(node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let modes: Vec<ServiceMode> = node.get("/v1/modes")?;
    let heading = [language.service(), language.mode(), language.what_it_does()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for known in &modes {
        table.row([known.service.clone(), known.mode.clone(), meaning(&known.mode, language)]);
    }
    output.table(&table);
    output.value(&modes);
    Ok(Exit::Done)
}

fn meaning(mode: &str, language: Language) -> String {
    match Mode::from_name(mode) {
        Some(Mode::Observe) => language.mode_observe(),
        Some(Mode::Answer) => language.mode_answer(),
        Some(Mode::Confirm) => language.mode_confirm(),
        Some(Mode::Auto) => language.mode_auto(),
        None => String::new(),
    }
}
