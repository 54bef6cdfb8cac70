//! Accepting a letter that was held (受理): what the rules say now, and the correction of a record.
//!
//! **Promises.** The rules are asked again, because time has passed; a look at one thing settles no
//! other. A record is corrected only when its letter is accepted, and only from the 15-digit form of
//! a number to the 18-digit form of the same number.
//! **Left to others.** Who may accept: the desk, `two_persons`.

use super::super::embedded_core;
use super::super::records;
use super::super::round::{Round, Stop};
use super::super::transfer_case::RefusalWords;
use super::super::transfers_out::{self, Outgoing, letter};
use crate::document::DocumentNumber;
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::statement::transfer::reply::IdentityMatch;
use crate::transfer::outgoing::event::{Event, Judgement};
use crate::transfer::rules::Verdict;

/// Accepts a letter that a person has looked at; gives the number that stood in the record, if that
/// was corrected.
pub(super) fn accept(
    round: &mut Round<'_>,
    out: &mut Outgoing,
) -> Result<Option<DocumentNumber>, Stop> {
    round.roster.rights(round.center(), Action::StartTransfer)?;
    let looked_at = out.case.task.as_ref().map(|task| task.reason);
    match letter::verdict(round, out)?.1 {
        Verdict::Refuse(reason, right_center) => {
            out.case.refusal = Some(RefusalWords { right_center, ..RefusalWords::default() });
            judge(round, out, Judgement::Refuse(reason))?;
            Ok(None)
        }
        Verdict::Hold(asked) if !looked_at.is_some_and(|reason| reason.covers(asked)) => {
            judge(round, out, Judgement::Hold(asked))?;
            Ok(None)
        }
        Verdict::Hold(_) => {
            let before = correct_document(round, out)?;
            lock(round, out, IdentityMatch::Confirmed)?;
            Ok(before)
        }
        Verdict::Accept(identity) => {
            lock(round, out, identity)?;
            Ok(None)
        }
    }
}

fn lock(round: &mut Round<'_>, out: &mut Outgoing, identity: IdentityMatch) -> Result<(), Stop> {
    out.identity = Some(identity);
    judge(round, out, Judgement::Lock)
}

fn judge(round: &mut Round<'_>, out: &mut Outgoing, judgement: Judgement) -> Result<(), Stop> {
    Ok(transfers_out::happens(round, out, &Event::Judged(judgement))??)
}

/// The record gets the 18-digit number that the letter proves (证件号码更正).
fn correct_document(round: &mut Round<'_>, out: &Outgoing) -> Result<Option<DocumentNumber>, Stop> {
    let found = records::account(round.view, &out.case.letter.account)?;
    let Some((mut account, _)) = found else { return Err(Refusal::NotFound.into()) };
    let before = account.record.person.document.clone();
    let DocumentNumber::OldResident(_) = before else { return Ok(None) };
    let Some(present) = before.canonical_18() else { return Ok(None) };
    account.record.person.document = DocumentNumber::Resident(present);
    if embedded_core::change_record(round, &account)? {
        return Ok(Some(before));
    }
    let why = "the rows of the account do not fit its balance; import its ledger again";
    Err(Stop::explained(Refusal::WrongState, why))
}
