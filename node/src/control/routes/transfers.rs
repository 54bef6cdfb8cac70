//! `/v1/transfers` and `/v1/ledger`: accounts that move between cities.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::account::{AccountNumber, SerialNumber};
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::employer::EmployerName;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::transfer_command::{
    Application, Decision, TransferCommand, TransferFilter, TransferName,
};
use fundlink_protocol::engine::transfers::Side;
use fundlink_protocol::id::{FileHash, TransferId};
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::settlement::SpecialAccount;
use fundlink_protocol::statement::query::Consent;
use fundlink_protocol::statement::transfer::letter::Remark;
use fundlink_protocol::time::Date;
use fundlink_protocol::transfer::reason::RefusalReason;
use serde::Deserialize;

use super::dossiers::person;
use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::ledger::LedgerSums;
use crate::control::api::transfers::{self, Cancel, Decide, Line, Special, Start, Transfer};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/transfers", get(list).post(start))
        .route("/v1/transfers/{name}", get(show))
        .route("/v1/transfers/{name}/cancel", post(cancel))
        .route("/v1/transfers/{name}/decide", post(decide))
        .route("/v1/ledger", get(ledger))
}

async fn start(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Start>,
) -> Result<Json<Transfer>, Refused> {
    let application = application(&wanted)?;
    full(&control, TransferCommand::Start(Box::new(application))).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// `out` or `in`.
    side: Option<String>,
    /// Only in a state of this name.
    state: Option<String>,
    /// Only those that wait for a person.
    #[serde(default)]
    waiting: bool,
    /// Ended ones, too.
    #[serde(default)]
    ended: bool,
}

async fn list(
    State(control): State<Control>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Line>>, Refused> {
    let side = filter.side.as_deref().map(side).transpose()?;
    let filter =
        TransferFilter { side, state: filter.state, waiting: filter.waiting, ended: filter.ended };
    let command = Command::Transfer(Box::new(TransferCommand::List(filter)));
    let reply = control.engine.command(command).await?;
    let Reply::Transfers(lines) = reply else { unexpected(&reply) };
    Ok(Json(lines.iter().map(Line::from).collect()))
}

async fn show(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<Transfer>, Refused> {
    full(&control, TransferCommand::Show(transfer(&name)?)).await
}

async fn cancel(
    State(control): State<Control>,
    Path(name): Path<String>,
    JsonBody(wanted): JsonBody<Cancel>,
) -> Result<Json<Transfer>, Refused> {
    let command = TransferCommand::Cancel {
        operator: operator(&wanted.operator)?,
        transfer: transfer(&name)?,
        remark: remark(wanted.remark.as_deref())?,
    };
    full(&control, command).await
}

async fn decide(
    State(control): State<Control>,
    Path(name): Path<String>,
    JsonBody(wanted): JsonBody<Decide>,
) -> Result<Json<Transfer>, Refused> {
    let command = TransferCommand::Decide {
        operator: operator(&wanted.operator)?,
        transfer: transfer(&name)?,
        decision: decision(&wanted.decision)?,
    };
    full(&control, command).await
}

async fn ledger(State(control): State<Control>) -> Result<Json<LedgerSums>, Refused> {
    let command = Command::Transfer(Box::new(TransferCommand::LedgerSums));
    let reply = control.engine.command(command).await?;
    let Reply::LedgerSums(sums) = reply else { unexpected(&reply) };
    Ok(Json((&sums).into()))
}

/// Has something done to a transfer and shows how it stands then.
pub(super) async fn full(
    control: &Control,
    command: TransferCommand,
) -> Result<Json<Transfer>, Refused> {
    let reply = control.engine.command(Command::Transfer(Box::new(command))).await?;
    let Reply::Transfer(view) = reply else { unexpected(&reply) };
    Ok(Json((&*view).into()))
}

fn application(wanted: &Start) -> Result<Application, Refused> {
    Ok(Application {
        operator: operator(&wanted.operator)?,
        to: CenterCode::parse(&wanted.to).map_err(invalid)?,
        person: person(&wanted.person)?,
        account: AccountNumber::parse(&wanted.account.0).map_err(invalid)?,
        employer: wanted
            .employer
            .as_deref()
            .map(EmployerName::parse)
            .transpose()
            .map_err(invalid)?,
        consent: Consent {
            reference: SerialNumber::parse(&wanted.consent.reference).map_err(invalid)?,
            digest: FileHash::parse(&wanted.consent.digest).map_err(invalid)?,
        },
        remark: remark(wanted.remark.as_deref())?,
    })
}

/// A transfer by its id or by its letter number.
pub(super) fn transfer(name: &str) -> Result<TransferName, Refused> {
    if let Ok(id) = TransferId::parse(name) {
        return Ok(TransferName::Id(id));
    }
    LetterNumber::parse(name).map(TransferName::Number).map_err(invalid)
}

fn decision(wanted: &transfers::Decision) -> Result<Decision, Refused> {
    use transfers::Decision as Wanted;
    Ok(match wanted {
        Wanted::Approve {} => Decision::Approve,
        Wanted::Accept { scan } => {
            Decision::Accept(scan.as_deref().map(FileHash::parse).transpose().map_err(invalid)?)
        }
        Wanted::Refuse { reason, remark: words } => Decision::Refuse(
            RefusalReason::from_code(reason)
                .ok_or_else(|| argument("there is no such reason; they are R01 to R15 and R99"))?,
            remark(words.as_deref())?,
        ),
        Wanted::Settle { value_date } => Decision::Settle(date(value_date.as_deref())?),
        Wanted::SendSheet {} => Decision::SendSheet,
        Wanted::PayAgain {} => Decision::PayAgain,
        Wanted::Renew { value_date } => Decision::Renew(date(value_date.as_deref())?),
        Wanted::Restore {} => Decision::Restore,
        Wanted::Correct { receiving } => Decision::Correct(special(receiving)?),
        Wanted::SendBack { receiving } => Decision::SendBack(special(receiving)?),
        Wanted::Wait {} => Decision::Wait,
        Wanted::Close {} => Decision::Close,
    })
}

/// A side of a transfer by its name.
pub(super) fn side(name: &str) -> Result<Side, Refused> {
    match name {
        "out" => Ok(Side::Out),
        "in" => Ok(Side::In),
        _ => Err(argument("a side is `out` or `in`")),
    }
}

pub(super) fn remark(words: Option<&str>) -> Result<Option<Remark>, Refused> {
    words.map(PlainText::parse).transpose().map(|text| text.map(Remark)).map_err(invalid)
}

fn date(text: Option<&str>) -> Result<Option<Date>, Refused> {
    text.map(Date::parse).transpose().map_err(invalid)
}

fn special(account: &Special) -> Result<SpecialAccount, Refused> {
    Ok(SpecialAccount {
        number: CorporateAccount::parse(&account.number).map_err(invalid)?,
        name: PlainText::parse(&account.name).map_err(invalid)?,
        bank: PlainText::parse(&account.bank).map_err(invalid)?,
    })
}

pub(super) fn invalid(error: impl core::fmt::Display) -> Refused {
    argument(&error.to_string())
}
