//! Incoming transfers: what is kept and said of sheet and credit.
//!
//! **Promises.** A sheet that is kept is one that was taken; months and loans go along with the money.
//! **Left to others.** Deciding: `transfer::incoming`. Collecting the lines: `bank`. Booking: the core.

use super::super::records;
use super::super::round::Round;
use super::carrying::{Given, follow, happens_noting};
use super::{Incoming, ReceivedSheet, local_account};
use crate::core_system::CoreReceipt;
use crate::id::PayloadHash;
use crate::money::Fen;
use crate::record::ImportedHistory;
use crate::refusal::Refusal;
use crate::statement::transfer::notice::Credit;
use crate::statement::transfer::sheet::Sheet;
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::time::Date;
use crate::transfer::incoming::step::{Event, SheetFacts};

/// A sheet came, the first or the next revision.
pub(super) fn on_sheet(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    (hash, sheet): (PayloadHash, &Sheet),
) -> Result<Result<(), Refusal>, StoreError> {
    let fits = sheet.replaces == incoming.sheet.as_ref().map(|before| before.hash)
        && sheet.number == incoming.case.letter.number
        && sheet.account == incoming.case.letter.account;
    let are_amounts = sheet.principal >= Fen::ZERO && sheet.interest >= Fen::ZERO;
    let amount = sheet.amount().filter(|_| are_amounts);
    let event = Event::Sheet(SheetFacts { revision: sheet.revision, amount, fits });
    happens_noting(round, incoming, &event, |incoming| {
        let sheet = sheet.clone();
        incoming.sheet =
            Some(ReceivedSheet { hash, sheet, is_reversed: false, is_remitted: false });
    })
}

/// The revision of the latest sheet; 0 without one.
pub(super) fn revision(incoming: &Incoming) -> u32 {
    incoming.sheet.as_ref().map_or(0, |received| received.sheet.revision)
}

/// The money is on the person's account; months and loans go along.
pub(super) fn on_credited(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    receipt: &CoreReceipt,
) -> Result<(), StoreError> {
    if let Some(received) = &incoming.sheet
        && let Some(mut account) = local_account(round, incoming)?
    {
        account.record.imported.push(ImportedHistory {
            from: incoming.case.letter.to,
            letter: Some(incoming.case.letter.number),
            credited_on: receipt.posted_on,
            history: received.sheet.deposits.history.clone(),
            loan_count: received.sheet.loans.loan_count,
            has_fraud: received.sheet.loans.has_fraud,
            overdue_periods_total: received.sheet.loans.overdue_periods_total,
        });
        records::change_account(round, &account)?;
    }
    let given = Given { posted_on: Some(receipt.posted_on), ..Given::default() };
    let note = |incoming: &mut Incoming| incoming.case.core = None;
    follow(round, incoming, (&Event::Credited, &given), note).map(drop)
}

/// Tells the other center that the person has the money.
pub(super) fn say_credit(round: &mut Round<'_>, incoming: &mut Incoming, credited_on: Date) {
    let Some(received) = &incoming.sheet else { return };
    let (revision, negotiated) = (received.sheet.revision, incoming.is_negotiated);
    let amount = received.sheet.amount().unwrap_or(Fen::ZERO);
    let said = incoming
        .case
        .say(round, |head| step!(head, Credit { revision, amount, credited_on, negotiated }));
    incoming.credit = Some(said);
}
