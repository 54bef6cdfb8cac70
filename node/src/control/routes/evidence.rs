//! `/v1/evidence`: the parts of an evidence file.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::certificate::CertificateNumber;
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::evidence::EvidenceWish;
use fundlink_protocol::id::{DossierId, PayloadHash};
use fundlink_protocol::loan::LoanContract;

use super::transfers::transfer as transfer_name;
use super::{Control, JsonBody, Refused, argument, unexpected};
use crate::control::api::evidence::{Evidence, EvidenceOf};

pub(super) fn routes() -> Router<Control> {
    Router::new().route("/v1/evidence", post(collect))
}

async fn collect(
    State(control): State<Control>,
    JsonBody(of): JsonBody<EvidenceOf>,
) -> Result<Json<Evidence>, Refused> {
    let wish = Box::new(wish(&of)?);
    let reply = control.engine.command(Command::Evidence(wish)).await?;
    let Reply::Evidence(parts) = reply else { unexpected(&reply) };
    Ok(Json(Evidence::of(&parts)))
}

fn wish(of: &EvidenceOf) -> Result<EvidenceWish, Refused> {
    let invalid = |error: &dyn std::fmt::Display| argument(&error.to_string());
    Ok(match of {
        EvidenceOf::Dossier { id } => {
            EvidenceWish::Dossier(DossierId::parse(id).map_err(|error| invalid(&error))?)
        }
        EvidenceOf::Statement { hash } => {
            EvidenceWish::Statement(PayloadHash::parse(hash).map_err(|error| invalid(&error))?)
        }
        EvidenceOf::Transfer { transfer } => EvidenceWish::Transfer(transfer_name(transfer)?),
        EvidenceOf::Account { number } => {
            EvidenceWish::Account(AccountNumber::parse(number).map_err(|error| invalid(&error))?)
        }
        EvidenceOf::Loan { contract } => {
            EvidenceWish::Loan(LoanContract::parse(contract).map_err(|error| invalid(&error))?)
        }
        EvidenceOf::Certificate { number } => EvidenceWish::Certificate(
            certificate(number)
                .ok_or_else(|| argument("a certificate is named like 140100-C-2026-000311"))?,
        ),
    })
}

/// Reads a number as it is shown.
fn certificate(text: &str) -> Option<CertificateNumber> {
    let mut parts = text.split('-');
    let issuer = parts.next()?.parse().ok()?;
    let marked = parts.next()? == "C";
    let number = CertificateNumber {
        issuer: fundlink_protocol::center::CenterCode::new(issuer).ok()?,
        year: parts.next()?.parse().ok()?,
        serial: parts.next()?.parse().ok()?,
    };
    (marked && parts.next().is_none() && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_named_as_it_is_shown() {
        let name = "140100-C-2026-000311";
        assert_eq!(certificate(name).map(|number| number.to_string()).as_deref(), Some(name));
        for bad in ["", "140100-C-2026-311", "140100-D-2026-000311", "140100-C-2026-000311-1"] {
            assert_eq!(certificate(bad), None, "{bad}");
        }
    }
}
