//! `/v1/ask` and `/v1/dossiers`: questions to other centers.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::answer::access::AccessPlace;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::certificate::CertificateNumber;
use fundlink_protocol::code_table::CodeError;
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::dossier::Wish;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::output::Event;
use fundlink_protocol::id::{DossierId, FileHash, TransferId};
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::record;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::query::Consent;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::withdrawals::property;
use super::{Control, JsonBody, Refused, argument, operator, unexpected};
use crate::clock;
use crate::control::api::accesses::Operator;
use crate::control::api::dossiers::{Ask, Asked, Dossier};
use crate::control::api::facts::Person;

/// A caller that waits gets an answer after this long, complete or not.
const WAIT_MAX: Duration = Duration::from_secs(60);

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/v1/ask", post(ask))
        .route("/v1/dossiers/{id}", get(show))
        .route("/v1/operators", get(operators))
}

async fn operators(State(control): State<Control>) -> Result<Json<Vec<Operator>>, Refused> {
    let reply = control.engine.command(Command::OperatorMarks).await?;
    let Reply::OperatorMarks(marks) = reply else { unexpected(&reply) };
    Ok(Json(marks.into_iter().map(Into::into).collect()))
}

async fn ask(
    State(control): State<Control>,
    JsonBody(wanted): JsonBody<Ask>,
) -> Result<Json<Asked>, Refused> {
    let wish = Box::new(wish(&wanted)?);
    let reply = control.engine.command(Command::Ask(wish)).await?;
    let Reply::Asked(dossier) = reply else { unexpected(&reply) };
    Ok(Json(Asked { dossier: dossier.to_string() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    /// Wait until it has all answers, or stops waiting for them.
    #[serde(default)]
    wait: bool,
}

async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(Wait { wait }): Query<Wait>,
) -> Result<Json<Dossier>, Refused> {
    let id = DossierId::parse(&id).map_err(|error| argument(&error.to_string()))?;
    // Before the first look, so that no end is missed between the two.
    let mut events = control.events.subscribe();
    let mut stopping = control.stopping.clone();
    let until = Instant::now() + WAIT_MAX;
    loop {
        let reply = control.engine.command(Command::Dossier(id)).await?;
        let Reply::Dossier(dossier) = reply else { unexpected(&reply) };
        if !wait || dossier.finished.is_some() || Instant::now() >= until {
            return Ok(Json((&*dossier).into()));
        }
        let ended = async {
            // A caller that fell behind looks again.
            while let Ok(event) = events.recv().await {
                if matches!(&*event, Event::Dossier { dossier } if *dossier == id) {
                    break;
                }
            }
        };
        tokio::select! {
            _ = timeout_at(until, ended) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return Err(Refusal::Overloaded.into()),
        }
    }
}

fn wish(wanted: &Ask) -> Result<Wish, Refused> {
    let invalid = |error: &dyn std::fmt::Display| argument(&error.to_string());
    let to = wanted.to.as_deref().map(CenterCode::parse).transpose();
    let transfer = wanted.transfer.as_deref().map(TransferId::parse).transpose();
    let before = wanted.before.as_deref().map(AccessPlace::parse).transpose();
    let consent = wanted.consent.as_ref().map(|consent| -> Result<Consent, Refused> {
        Ok(Consent {
            reference: SerialNumber::parse(&consent.reference).map_err(|error| invalid(&error))?,
            digest: FileHash::parse(&consent.digest).map_err(|error| invalid(&error))?,
        })
    });
    Ok(Wish {
        operator: operator(&wanted.operator)?,
        to: to.map_err(|error| invalid(&error))?,
        kind: QueryKind::from_name(&wanted.kind)
            .ok_or_else(|| argument("there is no such kind of question"))?,
        purpose: Purpose::from_code(&wanted.purpose)
            .ok_or_else(|| argument("there is no such purpose"))?,
        subjects: wanted.subjects.iter().map(person).collect::<Result<_, _>>()?,
        transfer: transfer.map_err(|error| invalid(&error))?,
        consent: consent.transpose()?,
        serial: SerialNumber::parse(&wanted.serial).map_err(|error| invalid(&error))?,
        before: before.map_err(|error| invalid(&error))?,
        property: wanted.property.as_ref().map(property).transpose()?,
        certificates: wanted
            .certificates
            .iter()
            .map(|number| CertificateNumber::parse(number))
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(&error))?,
    })
}

/// The person that a request names; what is wrong is said without repeating it.
pub(super) fn person(person: &Person) -> Result<record::Person, Refused> {
    let subject = |error: &dyn std::fmt::Display| {
        let detail = Some(error.to_string());
        Refused(fundlink_protocol::engine::output::CommandRefusal {
            refusal: Refusal::Subject,
            detail,
        })
    };
    let today = clock::wall_time().date();
    let today = today.ok_or_else(|| argument("the clock of this machine is not set"))?;
    let kind: Result<DocumentType, CodeError> = DocumentType::parse(&person.document_type);
    let kind = kind.map_err(|error| subject(&error))?;
    Ok(record::Person {
        name: PersonName::parse(&person.name).map_err(|error| subject(&error))?,
        document: DocumentNumber::parse(kind, &person.document_number, today)
            .map_err(|error| subject(&error))?,
    })
}
