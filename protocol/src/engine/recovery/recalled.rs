//! Statements that members gave back and whose turn has not come.
//!
//! **Promises.** A row is there until its statement is part of its case.
//! **Left to others.** When that is: `replay`.

use super::super::round::Round;
use crate::center::CenterCode;
use crate::cose::{Received, Verified};
use crate::id::TransferId;
use crate::statement::Statement;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// Whose statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::engine) enum Whose {
    /// Of this center, in a transfer.
    Ours = 1,
    /// Of the other center, in a transfer.
    Theirs = 2,
    /// To this center, and of no transfer.
    Single = 3,
}

/// Which statement.
pub(in crate::engine) type Name = (TransferId, Whose, u32);

fn place((transfer, whose, step): Name) -> Vec<u8> {
    key(Area::Recalled, &[transfer.as_bytes(), &[whose as u8], &step.to_be_bytes()])
}

pub(super) fn put(view: &mut dyn View, name: Name, bytes: &[u8]) {
    view.put(place(name), bytes.to_vec());
}

/// Takes a row away.
pub(in crate::engine) fn remove(view: &mut dyn View, name: Name) {
    view.delete(place(name));
}

/// Takes a row away, if it is there.
pub(super) fn remove_if_there(view: &mut dyn View, name: Name) -> Result<(), StoreError> {
    if get(view, name)?.is_some() {
        remove(view, name);
    }
    Ok(())
}

/// The bytes of a statement that waits.
pub(in crate::engine) fn get(view: &dyn View, name: Name) -> Result<Option<Vec<u8>>, StoreError> {
    view.get(&place(name))
}

/// Whether anything waits.
pub(super) fn any(view: &dyn View) -> Result<bool, StoreError> {
    let prefix = key(Area::Recalled, &[]);
    Ok(!view.range(&prefix, &prefix_end(&prefix), 1)?.is_empty())
}

/// Whether anything waits of a transfer.
pub(in crate::engine) fn waits(view: &dyn View, transfer: TransferId) -> Result<bool, StoreError> {
    let prefix = key(Area::Recalled, &[transfer.as_bytes()]);
    Ok(!view.range(&prefix, &prefix_end(&prefix), 1)?.is_empty())
}

/// Everything that waits of a transfer.
pub(super) fn of(view: &dyn View, transfer: TransferId) -> Result<Vec<Name>, StoreError> {
    let prefix = key(Area::Recalled, &[transfer.as_bytes()]);
    let rows = view.range(&prefix, &prefix_end(&prefix), usize::MAX)?;
    let name = |row: &[u8]| {
        let (whose, step) = row.get(33..)?.split_first()?;
        let all = [Whose::Ours, Whose::Theirs, Whose::Single];
        let whose = all.into_iter().find(|known| *known as u8 == *whose)?;
        Some((transfer, whose, u32::from_be_bytes(step.try_into().ok()?)))
    };
    Ok(rows.iter().filter_map(|(row, _)| name(row)).collect())
}

/// The transfers and single statements with something that waits, at most `limit`.
pub(super) fn names(view: &dyn View, limit: usize) -> Result<Vec<TransferId>, StoreError> {
    let prefix = key(Area::Recalled, &[]);
    let end = prefix_end(&prefix);
    let mut from = prefix;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some((row, _)) = view.range(&from, &end, 1)?.into_iter().next()
    {
        let Some(Ok(name)) = row.get(1..33).map(<[u8; 32]>::try_from) else { break };
        found.push(TransferId::new(name));
        from = prefix_end(&key(Area::Recalled, &[&name]));
    }
    Ok(found)
}

/// What this center said next in a transfer before its store forgot it: staged to be sent again as it
/// was, and no longer waiting.
pub(in crate::engine) fn say_again(
    round: &mut Round<'_>,
    (transfer, ours): (TransferId, u32),
    to: CenterCode,
) -> Option<Received> {
    let name = (transfer, Whose::Ours, ours.saturating_add(1));
    // A store that cannot be read fails at the commit, before anything is sent.
    let bytes = get(round.view, name).ok().flatten()?;
    let before = Received::parse(bytes.clone()).ok()?;
    remove(round.view, name);
    let hash = before.hash();
    round.view.put(key(Area::TransferOf, &[hash.as_bytes()]), transfer.as_bytes().to_vec());
    round.said_before(to, hash, bytes);
    Some(before)
}

/// What this center said next in a transfer, before this store forgot it.
pub(in crate::engine) fn next_of_ours(
    round: &Round<'_>,
    (transfer, ours): (TransferId, u32),
) -> Result<Option<Statement>, StoreError> {
    let name = (transfer, Whose::Ours, ours.saturating_add(1));
    Ok(verified(round, name)?.map(Verified::into_statement))
}

/// A statement that waits, checked again; one that does not verify any more counts as absent.
pub(super) fn verified(round: &Round<'_>, name: Name) -> Result<Option<Verified>, StoreError> {
    let Some(bytes) = get(round.view, name)? else { return Ok(None) };
    Ok(super::statements::verify(round, bytes).ok())
}
