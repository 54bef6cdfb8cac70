//! A worker of Datong wants a loan in Taiyuan: what every city knows of the household, the
//! certificate, the loans, each with proofs (异地贷款).
//!
//! **Promises.** All proofs hold, and the verdict is the one that the household deserves.
//! **Left to others.** Questions and answers: the nodes.

use tokio::time::Instant;

use super::report::{Checked, Issued, Report};
use super::scene::{Question, ask, found};
use super::{Cause, Teller, Tour};
use crate::province::City;
use crate::province::cast::Part;

const HOUSEHOLD: &[Part] = &[Part::LoanApplicant, Part::Spouse];
const APPLICANT: &[Part] = &[Part::LoanApplicant];

pub(super) async fn play(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let begun = Instant::now();
    let question = Question {
        by: City::Taiyuan,
        to: None,
        kind: "dossier",
        purpose: "L1",
        about: HOUSEHOLD,
        serial: "DK20260520001",
    };
    let (dossier, proofs) = ask(tour, question).await?;
    for person in 0..HOUSEHOLD.len() {
        if found(&dossier, City::Datong, person).is_none() {
            return Err(Cause::Wrong("Datong does not know its own contributor".to_owned()));
        }
    }
    let Some(verdict) = dossier.verdict.clone() else {
        return Err(Cause::Wrong("the dossier ends without a verdict".to_owned()));
    };
    if verdict.decision != "first-home" {
        return Err(Cause::Wrong(format!(
            "the verdict is {} by {}",
            verdict.decision, verdict.rule
        )));
    }
    let asked = dossier.rows.iter().filter(|row| row.state == "answered");
    let asked: Vec<String> = asked.map(|row| row.center.clone()).collect();
    tour.dossier = Some(dossier.id);
    let took = begun.elapsed();
    teller.tell(Report::Checked(Box::new(Checked { asked, proofs, verdict, took })));

    let begun = Instant::now();
    let question = Question {
        to: Some(City::Datong),
        kind: "deposit-certificate",
        purpose: "C1",
        about: APPLICANT,
        ..question
    };
    let (answer, proofs) = ask(tour, question).await?;
    let certificate = found(&answer, City::Datong, 0).and_then(|found| found.certificate.clone());
    let Some(certificate) = certificate else {
        return Err(Cause::Wrong("Datong issued no certificate".to_owned()));
    };
    let took = begun.elapsed();
    teller.tell(Report::Issued(Box::new(Issued { certificate: *certificate, proofs, took })));

    let begun = Instant::now();
    let question = Question { kind: "loan-history", purpose: "L1", ..question };
    let (answer, proofs) = ask(tour, question).await?;
    let loans = found(&answer, City::Datong, 0).and_then(|found| found.loans.clone());
    let Some(loans) = loans else {
        return Err(Cause::Wrong("Datong gave no loan history".to_owned()));
    };
    let used = loans.loans.map_or(0, |loans| loans.len());
    let took = begun.elapsed();
    teller.tell(Report::LoansKnown { used, open: loans.open, proofs, took });
    Ok(())
}
