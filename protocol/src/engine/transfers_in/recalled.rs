//! Incoming transfers of a store that had forgotten: what this center said before is followed.
//!
//! **Promises.** A letter that was sent is a case again, under its number, which is not given twice. A
//! number that was, is told, and the later letter is written anew.
//! **Left to others.** Whose turn it is: `recovery::replay`.

use super::super::incidents::{self, About, Seen};
use super::super::operator::{self, OperatorId};
use super::super::records;
use super::super::round::Round;
use super::super::transfer_case::Case;
use super::super::transfers::{find_number, put_number};
use super::letters::person_key;
use super::{Incoming, carrying, load, save, with};
use crate::account::AccountNumber;
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::cose::Verified;
use crate::id::TransferId;
use crate::settlement::Direction;
use crate::statement::StatementKind;
use crate::statement::transfer::TransferStep;
use crate::statement::transfer::letter::Letter;
use crate::statement::transfer::notice::DifferenceKind;
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::transfer::deadline::Wait;
use crate::transfer::incoming::IncomingState;
use crate::transfer::incoming::step::{Choice, Event};
use crate::transfer::task::TaskReason;

/// Makes a case of a letter that this center has sent.
pub(in super::super) fn begin(
    round: &mut Round<'_>,
    letter: &Letter,
    verified: &Verified,
) -> Result<(), StoreError> {
    let transfer = TransferId::new(*verified.hash().as_bytes());
    keep_letter(round, verified)?;
    give_number(round, letter, transfer)?;
    let mut incoming = Incoming {
        case: Case::new(transfer, letter.clone(), 1, 0),
        state: IncomingState::Draft,
        account: account_of(round, letter)?,
        operator: operator_of(round, letter)?,
        sheet: None,
        receiving: letter.receiving.clone(),
        is_negotiated: false,
        credit: None,
        identity: None,
        replaced_by: None,
        reissues: 0,
        is_reissued_once_cancelled: false,
    };
    let person = person_key(&letter.document);
    if round.view.get(&person)?.is_none() {
        round.view.put(person, transfer.as_bytes().to_vec());
    }
    incoming.enter(round, IncomingState::Requested);
    incoming.case.wait(round, Wait::Acceptance)?;
    save(round, &incoming)
}

/// A letter that this center has sent is here again.
fn keep_letter(round: &mut Round<'_>, letter: &Verified) -> Result<(), StoreError> {
    let hash = letter.hash();
    round.keep_received(hash, StatementKind::Letter, letter.bytes())?;
    // A transfer has the id of its letter.
    round.view.put(key(Area::TransferOf, &[hash.as_bytes()]), hash.as_bytes().to_vec());
    Ok(())
}

/// A draft was sent before this store forgot that; `false` where the case is no draft.
pub(in super::super) fn was_sent(
    round: &mut Round<'_>,
    transfer: TransferId,
    letter: &Verified,
) -> Result<bool, StoreError> {
    let done = with(round, transfer, |round, incoming| {
        if incoming.state != IncomingState::Draft {
            return Ok(false);
        }
        keep_letter(round, letter)?;
        incoming.case.task = None;
        incoming.enter(round, IncomingState::Requested);
        incoming.case.wait(round, Wait::Acceptance)?;
        Ok(true)
    })?;
    Ok(done.unwrap_or(false))
}

/// Keeps the number from being given again. Where it was, the earlier letter has it.
fn give_number(
    round: &mut Round<'_>,
    letter: &Letter,
    transfer: TransferId,
) -> Result<(), StoreError> {
    let number = letter.number;
    let date = letter.number.date();
    let place = key(Area::LetterSerial, &[&date.number().to_be_bytes()]);
    let last: Option<u32> = match round.view.get(&place)? {
        Some(bytes) => Some(cbor::decode_stored("letter serials", &bytes)?),
        None => None,
    };
    let serial = number.serial().place();
    if last.is_none_or(|last| last < serial) {
        round.view.put(place, cbor::encode(&serial));
    }
    if let Some((later, _)) = find_number(round.view, number)?
        && later != transfer
    {
        let seen = Seen::new(IncidentRule::LetterNumberReused, About::Transfer(later), 0);
        incidents::tell(round, seen.with(letter.to))?;
        if !withdraw(round, later)? {
            // It has gone too far to be written anew: a person looks at both.
            return Ok(());
        }
    }
    put_number(round.view, number, transfer);
    Ok(())
}

/// Withdraws a letter under a number that was given before; it is written anew once that is granted.
fn withdraw(round: &mut Round<'_>, later: TransferId) -> Result<bool, StoreError> {
    let done = with(round, later, |round, incoming| match incoming.state {
        IncomingState::Draft | IncomingState::Requested => {
            incoming.is_reissued_once_cancelled = true;
            if incoming.state == IncomingState::Requested {
                carrying::withdraw(round, incoming, None).map(drop)?;
            }
            Ok(true)
        }
        IncomingState::Cancelling(_) | IncomingState::Cancelled | IncomingState::Rejected(..) => {
            Ok(true)
        }
        IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Returning
        | IncomingState::Returned
        | IncomingState::Restored => {
            incoming.case.ask_person(round, TaskReason::LetterNumberTaken)?;
            Ok(false)
        }
    })?;
    Ok(done.unwrap_or(false))
}

/// The account that is to be credited: the person's that takes deposits, or else another one. Where
/// there is none, the core refuses the credit, and a person looks.
fn account_of(round: &Round<'_>, letter: &Letter) -> Result<AccountNumber, StoreError> {
    let accounts = records::accounts_of(round.view, &letter.document)?;
    let accounts = accounts.into_iter().map(|(account, _)| account.record.account);
    let best = accounts.min_by_key(|account| {
        (account.status != crate::account::AccountStatus::Normal, account.status.is_closed())
    });
    Ok(best.map_or_else(|| letter.account.clone(), |account| account.number))
}

/// Who entered the letter: the operator of this center with its pseudonym.
fn operator_of(round: &mut Round<'_>, letter: &Letter) -> Result<OperatorId, StoreError> {
    let known = operator::marks(round)?.into_iter().find(|(_, mark)| *mark == letter.operator);
    let unknown = || OperatorId::parse("unknown").map_err(|_| records::damaged("operators"));
    known.map_or_else(unknown, |(id, _)| Ok(id))
}

/// Does what led to the statement that this center said next; `false` when the case comes to it by
/// itself, or not yet.
pub(in super::super) fn follow(
    round: &mut Round<'_>,
    transfer: TransferId,
    said: TransferStep<'_>,
) -> Result<bool, StoreError> {
    let Some(before) = load(round.view, transfer)? else { return Ok(false) };
    let done = with(round, transfer, |round, incoming| match (incoming.state, said) {
        (IncomingState::Requested | IncomingState::Accepted, TransferStep::Cancellation(said)) => {
            carrying::withdraw(round, incoming, said.remark.clone()).map(|done| done.is_ok())
        }
        // The rest came later than that was said.
        (IncomingState::Announced, TransferStep::Difference(said))
            if said.kind == DifferenceKind::Arrived(incoming.case.net(Direction::Credit)) =>
        {
            carrying::take(round, incoming, &Event::DayOver).map(|()| true)
        }
        (IncomingState::Negotiating, TransferStep::Correction(correction)) => {
            incoming.receiving = correction.receiving.clone();
            carrying::take(round, incoming, &Event::Decided(Choice::Correct)).map(|()| true)
        }
        (IncomingState::Announced | IncomingState::Negotiating, TransferStep::Return(_)) => {
            // The bank tells what came and went; all of it is gone when the case ends.
            incoming.case.task = None;
            incoming.enter(round, IncomingState::Returning);
            if incoming.case.net(Direction::Credit).is_zero() && !incoming.case.lines.is_empty() {
                carrying::take(round, incoming, &Event::Reconsidered)?;
            }
            Ok(true)
        }
        _ => Ok(false),
    })?;
    let after = load(round.view, transfer)?;
    Ok(done.unwrap_or(false) && after.is_some_and(|after| after != before))
}
