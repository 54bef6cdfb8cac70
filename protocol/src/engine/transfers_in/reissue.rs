//! Incoming transfers: a letter whose number was taken is written anew under the next free one.
//!
//! A number is taken when another channel has used it, or when a restored store has handed it out
//! twice. The other center refuses it with R14 and names the older letter; what the person wants has
//! not changed.
//!
//! **Promises.** The old case is over and names the new one, so that the person has one case; a person
//! is told only when no new letter can be written.
//! **Left to others.** Whether a number is taken over there: `transfers_out::letter`.

use super::super::round::{Round, Stop};
use super::super::transfer_case::Case;
use super::super::transfers::put_number;
use super::carrying::take;
use super::letters::{check_centers, next_number, person_key, send};
use super::{Incoming, LetterLink, save};
use crate::cbor;
use crate::id::TransferId;
use crate::limits::LETTER_REISSUES_MAX;
use crate::refusal::Refusal;
use crate::statement::transfer::letter::Letter;
use crate::store::StoreError;
use crate::transfer::incoming::IncomingState;
use crate::transfer::incoming::step::Event;

/// Writes the letter anew, or calls a person.
pub(super) fn by_itself(round: &mut Round<'_>, old: &mut Incoming) -> Result<(), StoreError> {
    let done = if old.reissues < LETTER_REISSUES_MAX {
        write_anew(round, old)
    } else {
        Err(Refusal::Overloaded.into())
    };
    match done {
        Ok(()) => Ok(()),
        Err(Stop::Store(error)) => Err(error),
        Err(Stop::Refused(_) | Stop::Explained(_)) => take(round, old, &Event::NoNewLetter),
    }
}

/// Writes the letter anew because a person says so.
pub(in super::super) fn by_hand(round: &mut Round<'_>, old: &mut Incoming) -> Result<(), Stop> {
    if round.view.get(&person_key(&old.case.letter.document))?.is_some() {
        return Err(Refusal::InFlight.into());
    }
    write_anew(round, old)?;
    old.case.task = None;
    Ok(())
}

fn write_anew(round: &mut Round<'_>, old: &mut Incoming) -> Result<(), Stop> {
    let receiving = check_centers(round, old.case.letter.to)?;
    let number = next_number(round)?;
    let letter = Letter {
        issued_at: round.now,
        number,
        receiving: receiving.clone(),
        replaces: Some(old.case.id),
        ..old.case.letter.clone()
    };
    let hash = crate::cose::payload_hash(&cbor::encode(&letter));
    let transfer = TransferId::new(*hash.as_bytes());
    let mut new = Incoming {
        case: Case::new(transfer, letter, 1, 0),
        state: IncomingState::Draft,
        account: old.account.clone(),
        operator: old.operator.clone(),
        sheet: None,
        receiving,
        is_negotiated: false,
        credit: None,
        identity: None,
        replaced_by: None,
        reissues: old.reissues.saturating_add(1),
        is_reissued_once_cancelled: false,
    };
    put_number(round.view, number, transfer);
    let person = person_key(&new.case.letter.document);
    round.view.put(person, transfer.as_bytes().to_vec());
    new.case.note_state(round, IncomingState::Draft.name());
    send(round, &mut new)?;
    save(round, &new)?;
    old.replaced_by = Some(LetterLink { transfer, number });
    Ok(())
}
