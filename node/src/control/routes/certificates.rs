//! `/v1/certificates`: deposit certificates that were issued or are held here.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::certificate::CertificateNumber;
use fundlink_protocol::engine::certificates::desk::CertificateCommand;
use fundlink_protocol::engine::certificates::lending::ReceiptWish;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::certificate::{
    Applicant, LoanResult, ReleaseCause, RevocationReason,
};
use serde::Deserialize;

use super::transfers::{invalid, remark};
use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::control::api::certificates::{Approve, Receipt, Release, Revoke, Shown};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/certificates", get(list))
        .route("/v1/certificates/{number}", get(show))
        .route("/v1/certificates/{number}/receipt", post(receipt))
        .route("/v1/certificates/{number}/release", post(release))
        .route("/v1/certificates/{number}/revoke", post(revoke))
        .route("/v1/certificates/{number}/approve", post(approve))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Only those for which somebody must do something.
    #[serde(default)]
    waiting: bool,
}

async fn list(
    State(control): State<Control>,
    Query(Wanted { waiting }): Query<Wanted>,
) -> Result<Json<Vec<Shown>>, Refused> {
    run(&control, CertificateCommand::List { waiting }).await.map(Json)
}

async fn show(
    State(control): State<Control>,
    Path(text): Path<String>,
) -> Result<Json<Shown>, Refused> {
    one(&control, CertificateCommand::Show(number(&text)?)).await
}

async fn receipt(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Receipt>,
) -> Result<Json<Shown>, Refused> {
    let command = CertificateCommand::Receipt {
        operator: operator(&wanted.operator)?,
        number: number(&text)?,
        wish: ReceiptWish {
            applicant: Applicant::from_word(&wanted.applicant)
                .ok_or_else(|| argument("an applicant is `borrower` or `co-borrower`"))?,
            result: LoanResult::from_word(&wanted.result)
                .ok_or_else(|| argument("a result is `granted` or `declined`"))?,
            serial: SerialNumber::parse(&wanted.serial).map_err(invalid)?,
            remark: remark(wanted.remark.as_deref())?,
        },
    };
    one(&control, command).await
}

async fn release(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Release>,
) -> Result<Json<Shown>, Refused> {
    let command = CertificateCommand::Release {
        operator: operator(&wanted.operator)?,
        number: number(&text)?,
        cause: ReleaseCause::from_word(&wanted.cause)
            .ok_or_else(|| argument("a cause is `settled` or `withdrawn`"))?,
    };
    one(&control, command).await
}

async fn revoke(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Revoke>,
) -> Result<Json<Shown>, Refused> {
    let command = CertificateCommand::Revoke {
        operator: operator(&wanted.operator)?,
        number: number(&text)?,
        reason: RevocationReason::from_word(&wanted.reason).ok_or_else(|| {
            argument("a reason is `applicant`, `mistaken`, `account-changed`, `fraud` or `other`")
        })?,
        remark: remark(wanted.remark.as_deref())?,
    };
    one(&control, command).await
}

async fn approve(
    State(control): State<Control>,
    Path(text): Path<String>,
    JsonBody(wanted): JsonBody<Approve>,
) -> Result<Json<Shown>, Refused> {
    let operator = operator(&wanted.operator)?;
    one(&control, CertificateCommand::Approve { operator, number: number(&text)? }).await
}

fn number(text: &str) -> Result<CertificateNumber, Refused> {
    CertificateNumber::parse(text).map_err(invalid)
}

/// Has something done with one certificate, and shows how it stands then.
async fn one(control: &Control, command: CertificateCommand) -> Result<Json<Shown>, Refused> {
    let shown = run(control, command).await?.pop();
    shown.map(Json).ok_or_else(|| Refused::from(Refusal::NotFound))
}

async fn run(control: &Control, command: CertificateCommand) -> Result<Vec<Shown>, Refused> {
    let reply = control.engine.command(Command::Certificate(command)).await?;
    let Reply::Certificates(views) = reply else { unexpected(&reply) };
    Ok(views.iter().map(Into::into).collect())
}
