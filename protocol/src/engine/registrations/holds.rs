//! What a registered transfer blocks: its account and its person, in every channel.
//!
//! **Promises.** A look costs one or two reads. An account that left stays blocked until an import
//! that was exported later speaks for it; one whose money came back is free at once.
//! **Left to others.** The refusals: `transfer::rules`, `transfers_in::letters`.

use super::{Registered, load, person_key};
use crate::account::AccountNumber;
use crate::center::CenterCode;
use crate::document::DocumentNumber;
use crate::engine::records;
use crate::engine::round::{Round, Stop};
use crate::engine::transfers::{Side, read_hash};
use crate::engine::transfers_out;
use crate::id::TransferId;
use crate::ledger;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::transfer::registered::RegisteredState;
use crate::transfer::rules::RegisteredHold;

/// What another channel does with an account of a center, or with the person it belongs to.
///
/// # Errors
/// When the store cannot be read.
pub(in super::super) fn of_account(
    view: &dyn View,
    center: CenterCode,
    account: &AccountNumber,
) -> Result<Option<RegisteredHold>, StoreError> {
    let Some(registered) = at(view, &account_key(center, account))? else { return Ok(None) };
    Ok(match registered.state {
        RegisteredState::Registered | RegisteredState::Paid | RegisteredState::Credited => {
            Some(RegisteredHold::InTransfer(registered.id))
        }
        RegisteredState::Closed if speaks_for(view, &registered)? => None,
        RegisteredState::Closed => Some(RegisteredHold::Left(registered.id)),
        RegisteredState::Reversed | RegisteredState::Withdrawn => None,
    })
}

/// The open registered transfer of a person from here.
///
/// # Errors
/// When the store cannot be read.
pub(in super::super) fn of_person(
    view: &dyn View,
    document: &DocumentNumber,
) -> Result<Option<RegisteredHold>, StoreError> {
    let registered = at(view, &out_person_key(document))?;
    Ok(registered
        .filter(|registered| registered.state.is_open())
        .map(|registered| RegisteredHold::InTransfer(registered.id)))
}

/// Whether nothing else moves the account or the person, in any channel.
pub(super) fn check(round: &Round<'_>, registered: &Registered) -> Result<(), Stop> {
    let center = registered.out_center(round.center());
    let document = &registered.person.document;
    let by_account = of_account(round.view, center, &registered.account)?;
    let by_person = match registered.side {
        Side::Out => of_person(round.view, document)?,
        Side::In => None,
    };
    // It holds nothing itself: it is new, or its money came back.
    match by_account.or(by_person) {
        Some(RegisteredHold::InTransfer(other)) => return Err(in_flight(other)),
        Some(RegisteredHold::Left(other)) => {
            let why = format!("the account has left as transfer {other}");
            return Err(Stop::explained(Refusal::WrongState, &why));
        }
        None => {}
    }
    let other = match registered.side {
        Side::In => round.view.get(&person_key(document))?.map(|bytes| read_hash(&bytes)),
        Side::Out => return check_letters(round, registered),
    };
    match other.transpose()? {
        Some(other) if other.as_bytes() != registered.id.as_bytes() => {
            Err(in_flight(TransferId::new(*other.as_bytes())))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a letter of this network is open for the account or the person: one that is held for a
/// person has locked nothing yet.
fn check_letters(round: &Round<'_>, registered: &Registered) -> Result<(), Stop> {
    if let Some(holder) = ledger::held_by(round.view, &registered.account)? {
        return Err(in_flight(holder));
    }
    let mut from = key(Area::TransferOpen, &[]);
    let end = prefix_end(&from);
    loop {
        let rows = round.view.range(&from, &end, OPEN_AT_ONCE)?;
        for (place, _) in &rows {
            let id = read_hash(place.get(1..).unwrap_or_default())?;
            let open = transfers_out::load(round.view, TransferId::new(*id.as_bytes()))?;
            let Some(open) = open.filter(|open| !open.state.is_final()) else { continue };
            let letter = &open.case.letter;
            let document = &registered.person.document;
            let same_person = letter.document.tag_text() == document.tag_text();
            if letter.account == registered.account || same_person {
                return Err(in_flight(open.case.id));
            }
        }
        match rows.last() {
            Some((last, _)) => from = [last.as_slice(), &[0]].concat(),
            None => return Ok(()),
        }
    }
}

/// Open transfers that are read at once.
const OPEN_AT_ONCE: usize = 256;

fn in_flight(other: TransferId) -> Stop {
    let why = format!("transfer {other} is open for the account or the person; show that one");
    Stop::explained(Refusal::InFlight, &why)
}

/// Stages what a registered transfer blocks from now on, and lets go of what it blocked before.
pub(super) fn stage(round: &mut Round<'_>, registered: &Registered) -> Result<(), StoreError> {
    let id = registered.id.as_bytes().to_vec();
    let center = registered.out_center(round.center());
    let document = &registered.person.document;
    let person = match registered.side {
        Side::Out => out_person_key(document),
        Side::In => person_key(document),
    };
    let account = account_key(center, &registered.account);
    let is_open = registered.state.is_open();
    let open = key(Area::TransferOpen, &[&id]);
    if is_open {
        round.view.put(open, Vec::new());
    } else {
        round.view.delete(open);
    }
    let holds_account = is_open || registered.state == RegisteredState::Closed;
    for (place, holds) in [(account, holds_account), (person, is_open)] {
        if holds {
            round.view.put(place, id.clone());
        } else if round.view.get(&place)?.is_some_and(|holder| holder == id) {
            // Whatever has begun since keeps its own row.
            round.view.delete(place);
        }
    }
    Ok(())
}

/// Whether an import that was exported after an account left shows it all the same.
fn speaks_for(view: &dyn View, registered: &Registered) -> Result<bool, StoreError> {
    if registered.side == Side::In {
        return Ok(false);
    }
    let set = records::state(view)?.current;
    let as_of = set.and_then(|set| set.as_of.date());
    let is_newer = as_of.zip(registered.since()).is_some_and(|(as_of, left)| as_of > left);
    Ok(is_newer && records::imported(view, &registered.account)?.is_some())
}

fn at(view: &dyn View, place: &[u8]) -> Result<Option<Registered>, StoreError> {
    let Some(bytes) = view.get(place)? else { return Ok(None) };
    let id = TransferId::new(*read_hash(&bytes)?.as_bytes());
    load(view, id)
}

fn account_key(center: CenterCode, account: &AccountNumber) -> Vec<u8> {
    key(Area::RegisteredAccount, &[&center.to_key(), account.as_str().as_bytes()])
}

fn out_person_key(document: &DocumentNumber) -> Vec<u8> {
    key(Area::RegisteredPerson, &[&records::document_key(document)])
}
