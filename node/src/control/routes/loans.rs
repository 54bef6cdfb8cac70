//! `/v1/loans`: loan intents, the leases on them, and what their watches have found.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::authority::dialogue::{CaseRemark, CaseRemarkError};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::certificate::CertificateNumber;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::lending::desk::{IntentName, LendingCommand, LendingReply};
use fundlink_protocol::engine::lending::ruling::RulingOrder;
use fundlink_protocol::engine::lending::watch::Watcher;
use fundlink_protocol::engine::output::{CommandRefusal, Event};
use fundlink_protocol::id::IntentId;
use fundlink_protocol::loan::LoanContract;
use fundlink_protocol::refusal::Refusal;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::dossiers::person;
use super::transfers::{invalid, remark};
use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::loans::{
    Leases, Open, Pay, Payout, Rule, Ruled, Shown, Task, TaskDone, Withdraw,
};

/// A caller that waits for a lease is answered after this long, whether or not it is decided.
const WAIT_MAX: Duration = Duration::from_secs(90);

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/loans", get(list).post(open))
        .route("/v1/loans/leases", get(leases))
        .route("/v1/loans/rulings", post(rule))
        .route("/v1/loans/tasks", get(tasks).post(task_done))
        .route("/v1/loans/intents/{name}", get(show))
        .route("/v1/loans/intents/{name}/payout", post(payout))
        .route("/v1/loans/intents/{name}/pay", post(pay))
        .route("/v1/loans/intents/{name}/withdraw", post(withdraw))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Those that are over, too.
    #[serde(default)]
    all: bool,
}

async fn list(
    State(control): State<Control>,
    Query(Which { all }): Query<Which>,
) -> Result<Json<Vec<Shown>>, Refused> {
    intents(&control, LendingCommand::List { all }).await.map(Json)
}

async fn open(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Open>,
) -> Result<Json<Shown>, Refused> {
    let command = LendingCommand::Open {
        operator: operator(&wanted.operator)?,
        serial: SerialNumber::parse(&wanted.serial).map_err(invalid)?,
        household: wanted.household.iter().map(person).collect::<Result<_, _>>()?,
    };
    one(&control, command).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    /// Wait until the witnesses have decided.
    #[serde(default)]
    wait: bool,
}

async fn show(
    State(control): State<Control>,
    Path(text): Path<String>,
    Query(Wait { wait }): Query<Wait>,
) -> Result<Json<Shown>, Refused> {
    let name = name(&text)?;
    // Before the first look, so that no change is missed between the two.
    let mut events = control.events.subscribe();
    let mut stopping = control.stopping.clone();
    let until = Instant::now() + WAIT_MAX;
    loop {
        let Json(shown) = one(&control, LendingCommand::Show(name.clone())).await?;
        if !wait || shown.state != "asking" || Instant::now() >= until {
            return Ok(Json(shown));
        }
        let changed = async {
            // A caller that fell behind looks again.
            while let Ok(event) = events.recv().await {
                if matches!(&*event, Event::Intent { .. }) {
                    break;
                }
            }
        };
        tokio::select! {
            _ = timeout_at(until, changed) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return Err(Refusal::Overloaded.into()),
        }
    }
}

async fn payout(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Payout>,
) -> Result<Json<Shown>, Refused> {
    let operator = operator(&wanted.operator)?;
    one(&control, LendingCommand::Payout { operator, intent: name(&text)? }).await
}

async fn pay(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Pay>,
) -> Result<Json<Shown>, Refused> {
    let command = LendingCommand::Pay {
        operator: operator(&wanted.operator)?,
        intent: name(&text)?,
        contract: LoanContract::parse(&wanted.contract).map_err(invalid)?,
    };
    one(&control, command).await
}

async fn withdraw(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Withdraw>,
) -> Result<Json<Shown>, Refused> {
    let command = LendingCommand::Withdraw {
        operator: operator(&wanted.operator)?,
        intent: name(&text)?,
        remark: remark(wanted.remark.as_deref())?,
    };
    one(&control, command).await
}

async fn leases(State(control): State<Control>) -> Result<Json<Leases>, Refused> {
    match run(&control, LendingCommand::Leases).await? {
        LendingReply::Leases(leases, withheld) => Ok(Json(Leases::of(&leases, withheld))),
        reply @ (LendingReply::Intents(_) | LendingReply::Tasks(_) | LendingReply::Ruled(_)) => {
            unexpected(&Reply::Lending(reply))
        }
    }
}

async fn rule(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Rule>,
) -> Result<Json<Ruled>, Refused> {
    let order = RulingOrder {
        operator: operator(&wanted.operator)?,
        center: CenterCode::parse(&wanted.center).map_err(invalid)?,
        intent: wanted.intent.as_deref().map(IntentId::parse).transpose().map_err(invalid)?,
        asked_until: None,
        paid: wanted.paid,
        remark: words(&wanted.remark)?,
    };
    match run(&control, LendingCommand::Rule(Box::new(order))).await? {
        LendingReply::Ruled(members) => Ok(Json(Ruled { members })),
        reply @ (LendingReply::Intents(_) | LendingReply::Tasks(_) | LendingReply::Leases(..)) => {
            unexpected(&Reply::Lending(reply))
        }
    }
}

async fn tasks(State(control): State<Control>) -> Result<Json<Vec<Task>>, Refused> {
    found(&control, LendingCommand::Tasks).await
}

async fn task_done(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<TaskDone>,
) -> Result<Json<Vec<Task>>, Refused> {
    let watcher = match wanted.kind.as_str() {
        "intent" => Watcher::Intent(IntentId::parse(&wanted.of).map_err(invalid)?),
        "certificate" => {
            Watcher::Certificate(CertificateNumber::parse(&wanted.of).map_err(invalid)?)
        }
        _ => return Err(argument("a watch is of an `intent` or a `certificate`")),
    };
    let command = LendingCommand::TaskDone {
        operator: operator(&wanted.operator)?,
        watcher,
        center: CenterCode::parse(&wanted.center).map_err(invalid)?,
    };
    found(&control, command).await
}

async fn found(control: &Control, command: LendingCommand) -> Result<Json<Vec<Task>>, Refused> {
    match run(control, command).await? {
        LendingReply::Tasks(tasks) => Ok(Json(tasks.iter().map(Into::into).collect())),
        reply @ (LendingReply::Intents(_) | LendingReply::Leases(..) | LendingReply::Ruled(_)) => {
            unexpected(&Reply::Lending(reply))
        }
    }
}

/// Words for all members: nothing that looks like a number of a person goes out.
fn words(text: &str) -> Result<CaseRemark, Refused> {
    CaseRemark::parse(text).map_err(|error| {
        let refusal = match error {
            CaseRemarkError::PersonalData => Refusal::PersonalData,
            CaseRemarkError::Text => Refusal::Argument,
        };
        Refused(CommandRefusal { refusal, detail: Some(error.to_string()) })
    })
}

fn name(text: &str) -> Result<IntentName, Refused> {
    IntentName::parse(text)
        .map_err(|_| argument("an intent is named by its serial or the first 8 digits of its id"))
}

/// Has something done with one intent, and shows how it stands then.
async fn one(control: &Control, command: LendingCommand) -> Result<Json<Shown>, Refused> {
    let shown = intents(control, command).await?.pop();
    shown.map(Json).ok_or_else(|| Refused::from(Refusal::NotFound))
}

async fn intents(control: &Control, command: LendingCommand) -> Result<Vec<Shown>, Refused> {
    match run(control, command).await? {
        LendingReply::Intents(views) => Ok(views.iter().map(Into::into).collect()),
        reply @ (LendingReply::Tasks(_) | LendingReply::Leases(..) | LendingReply::Ruled(_)) => {
            unexpected(&Reply::Lending(reply))
        }
    }
}

async fn run(control: &Control, command: LendingCommand) -> Result<LendingReply, Refused> {
    let reply = control.engine.command(Command::Lending(Box::new(command))).await?;
    let Reply::Lending(reply) = reply else { unexpected(&reply) };
    Ok(reply)
}
