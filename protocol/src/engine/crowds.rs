//! Many persons behind one bank card, many letters out of one unit: what brokers of fraudulent
//! withdrawals (中介骗提) leave behind.
//!
//! **Promises.** Cards and units stand here as hashes, and the authority learns a number alone. An
//! account costs two small rows an import, a letter one.
//! **Left to others.** Telling once: `incidents`. Clearing what an import left: `publishing`.

use minicbor::{Decode, Encode};

use super::incidents::{self, About, Seen};
use super::records::{self, Generation, StoredAccount};
use super::round::Round;
use super::{single, transfer_case};
use crate::account::AccountNumber;
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// Persons who have one card, from which on it is told (A13).
const CARD_PERSONS: usize = 5;
/// Letters of one unit in a month, from which on their share is looked at (A15).
const UNIT_LETTERS: u32 = 5;
/// More than one in so many of a unit's staff leaves in a month: 20 %.
const UNIT_SHARE: u32 = 5;

/// The cards of an import that too many persons have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct SharedCards {
    /// How many.
    #[n(1)]
    count: u32,
    /// Which: the same cards in the next import are the same cause.
    #[n(2)]
    mark: u64,
}

/// Notes card and unit of an account that is not closed, as part of the staging.
pub(super) fn note_account(
    view: &mut dyn View,
    generation: Generation,
    account: &StoredAccount,
) -> Result<(), StoreError> {
    let record = &account.record;
    if record.account.status.is_closed() {
        return Ok(());
    }
    if let Some(card) = &record.account.card {
        let card = blake3::derive_key("fundlink/1 card of persons", card.as_str().as_bytes());
        let prefix = key(Area::CardOf, &[&generation.to_key(), &card]);
        let person = records::document_key(&record.person.document);
        let place = [prefix.as_slice(), &person].concat();
        let others = view.range(&prefix, &prefix_end(&prefix), CARD_PERSONS)?;
        if others.iter().all(|(other, _)| *other != place) {
            view.put(place, Vec::new());
            if others.len().saturating_add(1) == CARD_PERSONS {
                note_card(view, generation, &card)?;
            }
        }
    }
    if let Some(employment) = &record.employment {
        let place = staff_key(generation, unit(employment.employer.as_str()));
        let staff = count_at(view, &place)?.saturating_add(1);
        view.put(place, cbor::encode(&staff));
    }
    Ok(())
}

fn note_card(
    view: &mut dyn View,
    generation: Generation,
    card: &[u8; 32],
) -> Result<(), StoreError> {
    let name = cards_name(generation);
    let mut shared: SharedCards = single::read(view, &name)?.unwrap_or_default();
    shared.count = shared.count.saturating_add(1);
    // The order in which an export lists them does not matter.
    shared.mark ^= first_number(card);
    single::write(view, &name, &shared);
    Ok(())
}

/// Tells of the cards of an import that has become current.
pub(super) fn tell_cards(round: &mut Round<'_>, current: Generation) -> Result<(), StoreError> {
    let name = cards_name(current);
    let shared: Option<SharedCards> = single::read(round.view, &name)?;
    let Some(shared) = shared else { return Ok(()) };
    round.view.delete(key(Area::Single, &[&name]));
    let about = About::Center(round.center());
    let seen = Seen::new(IncidentRule::SharedCard, about, shared.mark).counting(shared.count);
    incidents::tell(round, seen)
}

/// A letter for an account was accepted: its unit loses somebody this month.
pub(super) fn note_letter(
    round: &mut Round<'_>,
    account: &AccountNumber,
) -> Result<(), StoreError> {
    let record = records::account(round.view, account)?.map(|(account, _)| account.record);
    let employment = record.and_then(|record| record.employment);
    let current = records::state(round.view)?.current.map(|set| set.generation);
    let (Some(employment), Some(current)) = (employment, current) else { return Ok(()) };
    let unit = unit(employment.employer.as_str());
    let month = transfer_case::today(round)?.month().number();
    let place = key(Area::UnitLetters, &[&unit, &month.to_be_bytes()]);
    let letters = count_at(round.view, &place)?.saturating_add(1);
    round.view.put(place, cbor::encode(&letters));
    let staff = count_at(round.view, &staff_key(current, unit))?;
    if letters < UNIT_LETTERS || letters.saturating_mul(UNIT_SHARE) <= staff {
        return Ok(());
    }
    let number = (u64::from(month) << 32) | (first_number(&unit) >> 32);
    let about = About::Center(round.center());
    let seen = Seen::new(IncidentRule::UnitLeaves, about, number).counting(letters);
    incidents::tell(round, seen)
}

fn unit(number: &str) -> [u8; 32] {
    blake3::derive_key("fundlink/1 unit of persons", number.as_bytes())
}

fn staff_key(generation: Generation, unit: [u8; 32]) -> Vec<u8> {
    key(Area::StaffOf, &[&generation.to_key(), &unit])
}

fn cards_name(generation: Generation) -> Vec<u8> {
    [b"shared-cards/".as_slice(), &generation.to_key()].concat()
}

fn count_at(view: &dyn View, place: &[u8]) -> Result<u32, StoreError> {
    let bytes = view.get(place)?;
    bytes.map_or(Ok(0), |bytes| cbor::decode_stored("crowds", &bytes))
}

fn first_number(hash: &[u8; 32]) -> u64 {
    let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests;
