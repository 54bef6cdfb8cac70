//! What the scenes of the tour share: persons of the cast, questions to centers, the ledgers' sums.
//!
//! **Promises.** An answer that leaves something out, or whose proof does not hold, ends the tour.
//! **Left to others.** The scenes.

use fundlink_node::control::api::dossiers::{
    Ask, Asked, Consent, Dossier, Found, Row, SubjectOutcome,
};
use fundlink_node::control::api::facts::{Account, Person};
use fundlink_node::control::api::ledger::LedgerSums;
use fundlink_protocol::money::Fen;

use super::report::{Proofs, Standing};
use super::{Cause, Tour, member_of};
use crate::member::{CITIES, CLERK};
use crate::province::City;
use crate::province::cast::{Member, Part};

/// A question of one city about a household.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// Who asks.
    pub(super) by: City,
    /// Who is asked; all that may hold something when absent.
    pub(super) to: Option<City>,
    /// What.
    pub(super) kind: &'static str,
    /// Why.
    pub(super) purpose: &'static str,
    /// About whom.
    pub(super) about: &'static [Part],
    /// The business.
    pub(super) serial: &'static str,
}

/// Asks, waits for all answers, and looks at every proof.
pub(super) async fn ask(tour: &Tour, question: Question) -> Result<(Dossier, Proofs), Cause> {
    let node = tour.control(member_of(question.by));
    let ask = Ask {
        operator: CLERK.to_owned(),
        to: question.to.map(|city| city.center().to_string()),
        kind: question.kind.to_owned(),
        purpose: question.purpose.to_owned(),
        subjects: question.about.iter().map(|part| person(*part)).collect(),
        transfer: None,
        consent: Some(consent(question.serial)),
        serial: question.serial.to_owned(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let asked: Asked = node.post("/v1/ask", &ask).await?;
    let dossier: Dossier = node.get(&format!("/v1/dossiers/{}?wait=true", asked.dossier)).await?;
    if dossier.finished.is_none() {
        return Err(Cause::Wrong(format!("{} is without its answers", question.kind)));
    }
    let mut proofs = Proofs::default();
    for row in &dossier.rows {
        proofs.count(row)?;
    }
    Ok((dossier, proofs))
}

impl Proofs {
    fn count(&mut self, row: &Row) -> Result<(), Cause> {
        if !matches!(row.state.as_str(), "own" | "answered" | "not-asked") {
            let code = row.code.as_deref().unwrap_or_default();
            let said = format!("{} is “{}” {code}, not an answer", row.center, row.state);
            return Err(Cause::Wrong(said));
        }
        if row.omitted > 0 {
            return Err(Cause::Wrong(format!("{} left out what its log holds", row.center)));
        }
        for check in &row.checks {
            match (check.proven.as_str(), &check.fault) {
                ("witnessed", None) => self.witnessed += 1,
                ("logged", None) => self.logged += 1,
                ("awaited", None) => self.awaited += 1,
                (_, fault) => {
                    let fault = fault.as_deref().unwrap_or("it proves nothing");
                    return Err(Cause::Wrong(format!("a proof of {}: {fault}", row.center)));
                }
            }
        }
        Ok(())
    }
}

/// What a center found about one person of a household.
pub(super) fn found(dossier: &Dossier, city: City, subject: usize) -> Option<&Found> {
    let center = city.center().to_string();
    let row = dossier.rows.iter().find(|row| row.center == center)?;
    match row.outcomes.get(subject)? {
        SubjectOutcome::Found(found) => Some(found),
        SubjectOutcome::NoRecord { .. }
        | SubjectOutcome::Unresolved { .. }
        | SubjectOutcome::Refused { .. } => None,
    }
}

/// The account of a person in a city, as the city asks for it in a transfer; none where there is
/// none.
pub(super) fn standing(dossier: &Dossier, city: City) -> Result<Standing, Cause> {
    let accounts = found(dossier, city, 0).and_then(|found| found.accounts.as_ref());
    let account: Option<&Account> = accounts.and_then(|accounts| accounts.first());
    let Some(account) = account else {
        return Err(Cause::Wrong(format!("{city} shows no account")));
    };
    let months = account.months.as_ref().map_or(0, |months| months.total);
    let carried = account.carried.iter().map(|carried| carried.months.total).sum();
    let balance = account.balance.as_deref().unwrap_or_default();
    let status = account.status.code.clone();
    let status_zh = account.status.name_zh.clone();
    Ok(Standing { city, status, status_zh, balance: yuan(balance)?, months, carried })
}

/// The sums of every city's ledger, by ascending code; each must sum to zero.
pub(super) async fn ledgers(tour: &Tour) -> Result<Vec<(City, LedgerSums)>, Cause> {
    let mut ledgers = Vec::new();
    for (city, identity) in City::ALL.into_iter().zip(CITIES) {
        let sums: LedgerSums = tour.control(identity).get("/v1/ledger").await?;
        if sums.sum != "0.00" {
            return Err(Cause::Wrong(format!("the ledger of {city} sums to {}", sums.sum)));
        }
        ledgers.push((city, sums));
    }
    Ok(ledgers)
}

pub(super) fn yuan(text: &str) -> Result<Fen, Cause> {
    Fen::parse(text).map_err(|_| Cause::Wrong("an amount that is none".to_owned()))
}

pub(super) fn person(part: Part) -> Person {
    let member = Member::of(part);
    Person {
        name: member.name.to_owned(),
        document_type: "01".to_owned(),
        document_number: member.number.to_owned(),
    }
}

/// The paper that a person of the cast has signed at the counter.
pub(super) fn consent(serial: &str) -> Consent {
    let text = format!("本人授权住房公积金管理中心查询并办理业务 {serial}");
    Consent {
        reference: format!("SQ-{serial}"),
        digest: blake3::hash(text.as_bytes()).to_hex().to_string(),
    }
}
