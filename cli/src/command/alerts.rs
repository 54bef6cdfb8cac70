//! `fundlink alerts`: what the watch over the logs has found, and what is said about it.
//!
//! At the authority (监管机构) alerts are listed, asked about, confirmed and closed; at a center
//! inquiries wait for their explanation.
//!
//! **Promises.** An alert names members, logs and pseudonyms, never a person. Remarks go to other
//! members: a text that holds what looks like the number of a person is refused.
//! **Left to others.** Finding, deadlines, delivery: the nodes.

use std::path::Path;

use fundlink_node::control::api::alerts::{Alert, Explain, Inquire, Inquiry, Rule};
use fundlink_node::control::api::transfers::PrivateText;
use fundlink_protocol::authority::alert::AlertState;
use fundlink_protocol::authority::alert_rule::{AlertLevel, AlertRule};
use fundlink_protocol::authority::dialogue::Finding;
use serde_json::json;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;

mod show;
mod words;

/// Arguments of `fundlink alerts`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: ListArguments,
}

/// What is done with alerts.
#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List alerts in which somebody has to do something yet, and inquiries that wait
    List(ListArguments),
    /// Show one alert or inquiry in full, with what was said about it
    Show(ShowArguments),
    /// Authority: ask the centers that an alert names, with a deadline in working days
    Inquire(InquireArguments),
    /// Authority: find that it is so, and tell the centers concerned
    Confirm(RulingArguments),
    /// Authority: nothing more is to be done
    Close(RulingArguments),
    /// Center: answer an inquiry of the authority
    Explain(ExplainArguments),
}

/// Which alerts are listed.
#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Those that are confirmed, closed, or resolved by themselves, too
    #[arg(long)]
    all: bool,
    /// Only in this state
    #[arg(long, value_name = "STATE")]
    #[arg(value_parser = AlertState::ALL.iter().map(|state| state.name()).collect::<Vec<_>>())]
    state: Option<String>,
    /// Only of this rule
    #[arg(long, value_name = "RULE", hide_possible_values = true)]
    #[arg(value_parser = AlertRule::ALL.iter().map(|rule| rule.name()).collect::<Vec<_>>())]
    rule: Option<String>,
    /// Only those that name this member
    #[arg(long, value_name = "CODE")]
    center: Option<String>,
    /// Only those that press at least as much
    #[arg(long, value_name = "LEVEL")]
    #[arg(value_parser = AlertLevel::ALL.iter().map(|level| level.name()).collect::<Vec<_>>())]
    level: Option<String>,
    /// Only those whose answer is late
    #[arg(long)]
    overdue: bool,
    /// How many, those that changed last first
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
}

/// Which alert.
#[derive(Debug, clap::Args)]
struct ShowArguments {
    /// The id of the alert, or its first eight digits or more
    id: String,
}

/// Arguments of `fundlink alerts inquire`.
#[derive(Debug, clap::Args)]
struct InquireArguments {
    /// The id of the alert, or its first eight digits or more
    id: String,
    /// Which center is asked; may be given again; by default every center that the alert names
    #[arg(long, value_name = "CODE")]
    center: Vec<String>,
    /// Working days for the answer, 1 to 60
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    days: u32,
    /// What is asked, in words: no name, no number of a document, an account or a phone
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink alerts confirm` and `fundlink alerts close`.
#[derive(Debug, clap::Args)]
struct RulingArguments {
    /// The id of the alert, or its first eight digits or more
    id: String,
    /// Why, in words: no name, no number of a document, an account or a phone
    #[arg(long, value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink alerts explain`.
#[derive(Debug, clap::Args)]
struct ExplainArguments {
    /// The id of the alert, or its first eight digits or more
    id: String,
    /// What was found
    #[arg(value_parser = Finding::ALL.iter().map(|finding| finding.name()).collect::<Vec<_>>())]
    finding: String,
    /// How it came about, in words: no name, no number of a document, an account or a phone
    #[arg(long, value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Lists alerts, shows one, or has something said about one.
///
/// # Errors
/// When the node does not run or refuses.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match &arguments.action {
        None => list(&arguments.list, &node, output),
        Some(Action::List(wanted)) => list(wanted, &node, output),
        Some(Action::Show(wanted)) => show_both(wanted, &node, output),
        Some(Action::Inquire(wanted)) => inquire(wanted, &node, output),
        Some(Action::Confirm(wanted)) => rule(wanted, "confirmed", (&node, output)),
        Some(Action::Close(wanted)) => rule(wanted, "closed", (&node, output)),
        Some(Action::Explain(wanted)) => explain(wanted, &node, output),
    }
}

fn list(wanted: &ListArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let mut path =
        format!("/v1/alerts?all={}&overdue={}&limit={}", wanted.all, wanted.overdue, wanted.limit);
    let filters = [
        ("state", &wanted.state),
        ("rule", &wanted.rule),
        ("center", &wanted.center),
        ("level", &wanted.level),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={value}"));
        }
    }
    let alerts: Vec<Alert> = node.get(&path)?;
    let path = format!("/v1/inquiries?all={}&limit={}", wanted.all, wanted.limit);
    let inquiries: Vec<Inquiry> = node.get(&path)?;
    show::alerts(&alerts, output);
    show::inquiries(&inquiries, output);
    output.value(&json!({ "alerts": alerts, "inquiries": inquiries }));
    Ok(Exit::Done)
}

/// What is known here under an id: an alert of one's own, an inquiry of the authority, or both.
fn show_both(wanted: &ShowArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let alert: Result<Alert, Failure> = node.get(&format!("/v1/alerts/{}", wanted.id));
    let inquiry: Result<Inquiry, Failure> = node.get(&format!("/v1/inquiries/{}", wanted.id));
    let (alert, inquiry) = match (alert, inquiry) {
        (Err(failure), Err(_)) => return Err(failure),
        (alert, inquiry) => (alert.ok(), inquiry.ok()),
    };
    if let Some(alert) = &alert {
        show::alert(alert, output);
    }
    if let Some(inquiry) = &inquiry {
        show::inquiry(inquiry, output);
    }
    output.value(&json!({ "alert": alert, "inquiry": inquiry }));
    Ok(Exit::Done)
}

fn inquire(wanted: &InquireArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let order = Inquire {
        operator: wanted.operator.operator.clone(),
        centers: wanted.center.clone(),
        days: Some(wanted.days),
        remark: wanted.remark.clone().map(PrivateText),
    };
    let alert: Alert = node.post(&format!("/v1/alerts/{}/inquire", wanted.id), &order)?;
    show::alert(&alert, output);
    output.value(&alert);
    Ok(Exit::Done)
}

fn rule(
    wanted: &RulingArguments,
    verdict: &str,
    (node, output): (&Node, &Output),
) -> Result<Exit, Failure> {
    let order = Rule {
        operator: wanted.operator.operator.clone(),
        verdict: verdict.to_owned(),
        remark: PrivateText(wanted.remark.clone()),
    };
    let alert: Alert = node.post(&format!("/v1/alerts/{}/rule", wanted.id), &order)?;
    show::alert(&alert, output);
    output.value(&alert);
    Ok(Exit::Done)
}

fn explain(wanted: &ExplainArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let order = Explain {
        operator: wanted.operator.operator.clone(),
        finding: wanted.finding.clone(),
        remark: PrivateText(wanted.remark.clone()),
    };
    let inquiry: Inquiry = node.post(&format!("/v1/inquiries/{}/explain", wanted.id), &order)?;
    show::inquiry(&inquiry, output);
    output.value(&inquiry);
    Ok(Exit::Done)
}
