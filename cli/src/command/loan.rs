//! `fundlink loan`: loan applications, and the lease that lets one city pay a household out (放款占用).
//!
//! **Promises.** A household is never an argument. `payout` waits until the witnesses have decided; only
//! `pay` says that the money may go, after the payout is committed.
//! **Left to others.** Every rule: the node. Whether the household may be lent to: `fundlink dossier`.

use std::path::Path;

use fundlink_node::control::api::loans::{
    Leases, Open, Pay, Payout, Rule, Ruled, Shown, Task, TaskDone, Withdraw,
};
use fundlink_protocol::center::CenterCode;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{Subject, SubjectArgument, Wanted};

mod show;

/// Arguments of `fundlink loan`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Take an application in and publish the intent; it blocks nothing
    Intent(IntentArguments),
    /// Ask all witnesses for the lease before a payout, and wait for what they say
    Payout(DeskArguments),
    /// Commit the payout: only when this says PAID may the money go
    Pay(PayArguments),
    /// Withdraw an application; or, as another person, undo a payout that did not happen
    Withdraw(WithdrawArguments),
    /// Show an application: where it stands, what the witnesses said, what other cities have
    Show(NameArgument),
    /// List the applications of this center
    List(ListArguments),
    /// List the leases that this node keeps as a witness
    Leases,
    /// Authority: rule that the leases of a silent center are over
    Rule(RuleArguments),
    /// List what has changed elsewhere for households that are lent to, and note what was looked at
    Tasks(TasksArguments),
}

/// Arguments of `fundlink loan intent`.
#[derive(Debug, clap::Args)]
pub(crate) struct IntentArguments {
    /// The serial of the business at this center
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    #[command(flatten)]
    operator: OperatorArgument,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Which application.
#[derive(Debug, clap::Args)]
pub(crate) struct NameArgument {
    /// The serial of the business, or the first 8 digits of the intent's id or more
    #[arg(value_name = "INTENT")]
    intent: String,
}

/// Which application, and who does it.
#[derive(Debug, clap::Args)]
pub(crate) struct DeskArguments {
    #[command(flatten)]
    name: NameArgument,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink loan pay`.
#[derive(Debug, clap::Args)]
pub(crate) struct PayArguments {
    #[command(flatten)]
    name: NameArgument,
    /// The number of the loan contract
    #[arg(long, value_name = "CONTRACT")]
    contract: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink loan withdraw`.
#[derive(Debug, clap::Args)]
pub(crate) struct WithdrawArguments {
    #[command(flatten)]
    name: NameArgument,
    /// Why, in words; always where a payout is undone
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink loan list`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct ListArguments {
    /// Those that are paid, withdrawn or expired, too
    #[arg(long)]
    all: bool,
}

/// Arguments of `fundlink loan rule`.
#[derive(Debug, clap::Args)]
pub(crate) struct RuleArguments {
    /// The silent center
    #[arg(long, value_name = "CODE", value_parser = parse_center)]
    center: CenterCode,
    /// The intent, by its whole id; all leases of the center where none is named
    #[arg(long, value_name = "ID")]
    intent: Option<String>,
    /// The loan was paid out
    #[arg(long, requires = "intent")]
    paid: bool,
    /// Why, in words that go to all members; no personal data
    #[arg(long, value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// Arguments of `fundlink loan tasks`.
#[derive(Debug, clap::Args)]
pub(crate) struct TasksArguments {
    /// Looked at: the id of the intent, or the number of the certificate
    #[arg(long, value_name = "WATCH", requires = "center", requires = "operator")]
    done: Option<String>,
    /// The center whose change was looked at
    #[arg(long, value_name = "CODE", value_parser = parse_center)]
    center: Option<CenterCode>,
    /// Who has looked
    #[arg(long, value_name = "OPERATOR", env = "FUNDLINK_OPERATOR")]
    operator: Option<String>,
}

fn parse_center(code: &str) -> Result<CenterCode, String> {
    CenterCode::parse(code).map_err(|error| error.to_string())
}

/// Runs a command about loan applications.
///
/// # Errors
/// When the node does not run or refuses.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    match arguments {
        Arguments::Intent(wanted) => {
            let household = wanted.subject.read(Wanted::Household, output)?;
            let body = Open {
                operator: wanted.operator.operator.clone(),
                serial: wanted.serial.clone(),
                household: household.iter().map(Subject::to_api).collect(),
            };
            let shown: Shown = node.post("/v1/loans", &body)?;
            in_full(&shown, output);
            Ok(Exit::Done)
        }
        Arguments::Payout(wanted) => payout(wanted, &node, output),
        Arguments::Pay(wanted) => {
            let body = Pay {
                operator: wanted.operator.operator.clone(),
                contract: wanted.contract.clone(),
            };
            let shown: Shown = node.post(&path(&wanted.name, "/pay"), &body)?;
            in_full(&shown, output);
            Ok(if shown.state == "paid" { Exit::Done } else { Exit::Refused })
        }
        Arguments::Withdraw(wanted) => {
            let body = Withdraw {
                operator: wanted.operator.operator.clone(),
                remark: wanted.remark.clone(),
            };
            let shown: Shown = node.post(&path(&wanted.name, "/withdraw"), &body)?;
            in_full(&shown, output);
            Ok(Exit::Done)
        }
        Arguments::Show(name) => {
            let shown: Shown = node.get(&path(name, ""))?;
            in_full(&shown, output);
            Ok(Exit::Done)
        }
        Arguments::List(wanted) => {
            let shown: Vec<Shown> = node.get(&format!("/v1/loans?all={}", wanted.all))?;
            show::list(&shown, output);
            output.value(&shown);
            Ok(Exit::Done)
        }
        Arguments::Leases => {
            let leases: Leases = node.get("/v1/loans/leases")?;
            show::leases(&leases, output);
            output.value(&leases);
            Ok(Exit::Done)
        }
        Arguments::Rule(wanted) => rule(wanted, &node, output),
        Arguments::Tasks(wanted) => tasks(wanted, &node, output),
    }
}

fn path(name: &NameArgument, of: &str) -> String {
    format!("/v1/loans/intents/{}{of}", name.intent)
}

fn in_full(shown: &Shown, output: &Output) {
    show::in_full(shown, output);
    output.value(shown);
}

/// Asks for the lease, and waits until the witnesses have decided.
fn payout(wanted: &DeskArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let body = Payout { operator: wanted.operator.operator.clone() };
    let mut shown: Shown = node.post(&path(&wanted.name, "/payout"), &body)?;
    if shown.state == "asking" {
        shown = node.get(&path(&wanted.name, "?wait=true"))?;
    }
    in_full(&shown, output);
    Ok(match shown.state.as_str() {
        "leased" => Exit::Done,
        "asking" => Exit::Partial,
        _ => Exit::Refused,
    })
}

fn rule(wanted: &RuleArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let body = Rule {
        operator: wanted.operator.operator.clone(),
        center: wanted.center.to_string(),
        intent: wanted.intent.clone(),
        paid: wanted.paid,
        remark: wanted.remark.clone(),
    };
    let ruled: Ruled = node.post("/v1/loans/rulings", &body)?;
    output.line(output.language.ruled(ruled.members));
    output.value(&ruled);
    Ok(Exit::Done)
}

fn tasks(wanted: &TasksArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let tasks: Vec<Task> = match (&wanted.done, wanted.center, &wanted.operator) {
        (Some(of), Some(center), Some(operator)) => {
            let found: Vec<Task> = node.get("/v1/loans/tasks")?;
            let meant = found
                .iter()
                .find(|task| task.of.starts_with(of.as_str()) && task.center == center.to_string());
            let Some(meant) = meant else {
                return Err(Failure::usage(output.language.no_tasks()));
            };
            let body = TaskDone {
                operator: operator.clone(),
                kind: meant.kind.clone(),
                of: meant.of.clone(),
                center: meant.center.clone(),
            };
            node.post("/v1/loans/tasks", &body)?
        }
        _ => node.get("/v1/loans/tasks")?,
    };
    show::tasks(&tasks, output);
    output.value(&tasks);
    Ok(Exit::Done)
}
