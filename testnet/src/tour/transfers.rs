//! Accounts that move: two to the end, and one refusal of each common kind (异地转移接续).
//!
//! **Promises.** What arrives is what left, to the fen; every ledger sums to zero before and after;
//! each refusal is the one that the rules name.
//! **Left to others.** The rules: `fundlink_protocol::transfer`.

use std::time::Duration;

use fundlink_node::control::api::dossiers::Dossier;
use fundlink_node::control::api::transfers::{PrivateText, Start, Transfer};
use fundlink_protocol::money::Fen;
use tokio::time::Instant;

use super::report::{Ledgers, Moved, Refusal, Report};
use super::scene::{self, Question, consent, ledgers, person, standing, yuan};
use super::{Cause, Control, Teller, Tour, member_of};
use crate::member::CLERK;
use crate::province::City;
use crate::province::cast::{Held, Member, Part};

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Principal and interest of [`Part::Mover`] on the day of the testnet, in yuan.
const MOVER: (&str, &str) = ("43758.38", "527.46");

/// Both transfers.
pub(super) async fn play(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let before = ledgers(tour).await?;
    let mover = transfer(tour, &[Part::Mover], "ZY20260520001").await?;
    let sheet = (mover.principal.to_string(), mover.interest.to_string());
    if (sheet.0.as_str(), sheet.1.as_str()) != MOVER {
        let (principal, interest) = MOVER;
        let other =
            format!("the sheet says {} + {}, not {principal} + {interest}", sheet.0, sheet.1);
        return Err(Cause::Wrong(other));
    }
    teller.tell(Report::Moved(Box::new(mover)));
    let second = transfer(tour, &[Part::SecondMover], "ZY20260520002").await?;
    teller.tell(Report::Moved(Box::new(second)));
    let after = ledgers(tour).await?;
    teller.tell(Report::Ledgers(Box::new(Ledgers { before, after })));
    Ok(())
}

/// Moves one person's account to the end.
async fn transfer(
    tour: &mut Tour,
    part: &'static [Part],
    serial: &'static str,
) -> Result<Moved, Cause> {
    let [first] = part else { return Err(Cause::Wrong("one person moves at a time".to_owned())) };
    let member = Member::of(*first);
    let (from, to) = way(member)?;
    let before = look(tour, (from.city, to.city), part, serial).await?;
    let begun = Instant::now();
    let started = start(tour, member, serial).await?;
    let transfer = started.line.transfer;
    let arrived = finish(tour, to.city, &transfer, "completed").await?;
    finish(tour, from.city, &transfer, "completed").await?;
    let took = begun.elapsed();
    let after = look(tour, (from.city, to.city), part, serial).await?;
    let Some(sheet) = &arrived.sheet else {
        return Err(Cause::Wrong("a completed transfer without a sheet".to_owned()));
    };
    let moved = Moved {
        name: member.name,
        number: arrived.line.number.clone(),
        principal: yuan(&sheet.principal)?,
        interest: yuan(&sheet.interest)?,
        amount: yuan(&sheet.amount)?,
        states: arrived.history.iter().map(|change| change.state.clone()).collect(),
        before: before.0,
        after: after.0,
        arrived_before: before.1,
        arrived_after: after.1,
        took,
    };
    check(&moved).map(|()| moved)
}

/// What left is what arrived.
fn check(moved: &Moved) -> Result<(), Cause> {
    let settled = moved.principal.checked_add(moved.interest);
    let arrived = moved.arrived_after.balance.checked_sub(moved.arrived_before.balance);
    let whole = moved.before.balance == moved.principal
        && moved.after.balance == Fen::ZERO
        && settled == Some(moved.amount)
        && arrived == Some(moved.amount);
    if whole {
        return Ok(());
    }
    Err(Cause::Wrong(format!("letter {}: what arrived is not what left", moved.number)))
}

/// How the account stands in both cities.
async fn look(
    tour: &Tour,
    (from, to): (City, City),
    about: &'static [Part],
    serial: &'static str,
) -> Result<(super::report::Standing, super::report::Standing), Cause> {
    let question = Question { by: to, to: None, kind: "dossier", purpose: "T1", about, serial };
    let (dossier, _): (Dossier, _) = scene::ask(tour, question).await?;
    Ok((standing(&dossier, from)?, standing(&dossier, to)?))
}

fn way(member: Member) -> Result<(Held, Held), Cause> {
    let to = member.to.ok_or_else(|| Cause::Wrong(format!("{} moves nowhere", member.name)))?;
    Ok((member.from, to))
}

async fn start(tour: &Tour, member: Member, serial: &str) -> Result<Transfer, Cause> {
    let (from, to) = way(member)?;
    let wish = Start {
        operator: CLERK.to_owned(),
        to: from.city.center().to_string(),
        person: person(member.part),
        account: PrivateText(from.account.to_owned()),
        employer: None,
        consent: consent(serial),
        remark: None,
    };
    tour.control(member_of(to.city)).post("/v1/transfers", &wish).await
}

/// Waits until a transfer has come to an end in a city, which must be this one.
async fn finish(
    tour: &mut Tour,
    city: City,
    transfer: &str,
    state: &str,
) -> Result<Transfer, Cause> {
    let node: Control = tour.control(member_of(city));
    let path = format!("/v1/transfers/{transfer}");
    let what = format!("the transfer is “{state}” in {city}");
    let look = || async {
        let shown: Transfer = node.get(&path).await?;
        let line = &shown.line;
        if let Some(task) = &line.task {
            let waits = format!("in {city} the transfer waits for a person: {}", task.reason);
            return Err(Cause::Wrong(waits));
        }
        if line.ended && line.state != state {
            let refused = line.refused.as_ref();
            let why = refused.map_or_else(String::new, |refused| format!(", {}", refused.code));
            let ended = format!("in {city} the transfer is “{}”{why}, not “{state}”", line.state);
            return Err(Cause::Wrong(ended));
        }
        Ok((line.state == state).then_some(shown))
    };
    tour.until(&what, LIMIT, look).await
}

/// The refusals that come most often, and who gets them.
const REFUSALS: [(Part, &str); 5] = [
    (Part::LoanDebtor, "R07"),
    (Part::NotSealed, "R04"),
    (Part::Unknown, "R01"),
    (Part::NameMismatch, "R02"),
    (Part::Frozen, "R06"),
];

/// One refusal of each common kind; all letters are on the way at once.
pub(super) async fn play_refusals(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let mut sent = Vec::new();
    for (place, (part, code)) in REFUSALS.into_iter().enumerate() {
        let member = Member::of(part);
        let begun = Instant::now();
        let started = start(tour, member, &format!("ZY2026052010{place}")).await?;
        sent.push((member, code, started.line.transfer, begun));
    }
    for (member, code, transfer, begun) in sent {
        let (from, to) = way(member)?;
        let ended = finish(tour, to.city, &transfer, "rejection_confirmed").await?;
        let took = begun.elapsed();
        let refused = ended.line.refused;
        let Some(refused) = refused.filter(|refused| refused.code == code) else {
            return Err(Cause::Wrong(format!("{} is not refused with {code}", member.name)));
        };
        teller.tell(Report::Refused(Refusal {
            name: member.name,
            number: ended.line.number,
            by: from.city,
            code: refused.code,
            text: refused.text,
            text_zh: refused.text_zh,
            took,
        }));
    }
    Ok(())
}
