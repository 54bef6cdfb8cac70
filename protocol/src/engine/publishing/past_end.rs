//! Digests of transfers and certificates that lay past the end of a closed log: they are
//! published again in the next one.
//!
//! **Promises.** Bounded portions a round; a crash loses nothing, because the place is part of the batch
//! that it moves.
//! **Left to others.** Records of imports and of the desk: the walk over the import, in [`super`].

use minicbor::{Decode, Encode};

use super::super::round::Round;
use super::super::timer::{self, Timer};
use super::super::{certificates, registrations, transfers_in, transfers_out};
use super::{Progress, progress, put_progress};
use crate::id::{Bytes, TransferId};
use crate::limits::PUBLISH_PORTION;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};

/// How far it was looked for what lay past the end of a closed log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PastEnd {
    /// Where the next portion begins, as a key of the store.
    #[n(1)]
    pub from: Bytes,
    /// The areas before this one are done.
    #[n(2)]
    pub area: u8,
}

const AREAS: [Area; 4] = [Area::TransferOut, Area::TransferIn, Area::Registered, Area::Certificate];

/// Begins to look, because the next log is open.
pub(super) fn begin(round: &mut Round<'_>) -> Result<(), StoreError> {
    let mut progress = progress(round.view)?;
    progress.past_end = Some(PastEnd { from: Vec::new().into(), area: 0 });
    put_progress(round.view, &progress);
    timer::set(round.view, round.now, Timer::Records)
}

/// Looks through a portion.
pub(super) fn walk(round: &mut Round<'_>, progress: &mut Progress) -> Result<(), StoreError> {
    let Some(at) = progress.past_end.take() else { return Ok(()) };
    let Some(area) = AREAS.get(usize::from(at.area)).copied() else { return Ok(()) };
    let prefix = key(area, &[]);
    let from = if at.from.is_empty() { prefix.clone() } else { at.from.to_vec() };
    let rows = round.view.range(&from, &prefix_end(&prefix), PUBLISH_PORTION)?;
    let last = rows.last().map(|(place, _)| [place.as_slice(), &[0]].concat());
    let is_full = rows.len() == PUBLISH_PORTION;
    for (place, value) in rows {
        look(round, area, (&place, &value))?;
    }
    progress.past_end = Some(match last.filter(|_| is_full) {
        Some(next) => PastEnd { from: next.into(), area: at.area },
        None => PastEnd { from: Vec::new().into(), area: at.area.saturating_add(1) },
    });
    if progress.past_end.as_ref().is_some_and(|at| usize::from(at.area) >= AREAS.len()) {
        progress.past_end = None;
    }
    Ok(())
}

fn look(
    round: &mut Round<'_>,
    area: Area,
    (place, value): (&[u8], &[u8]),
) -> Result<(), StoreError> {
    let transfer = place.get(1..).and_then(|id| id.try_into().ok()).map(TransferId::new);
    match (area, transfer) {
        (Area::TransferOut, Some(transfer)) => transfers_out::publish_past_end(round, transfer),
        (Area::TransferIn, Some(transfer)) => transfers_in::publish_past_end(round, transfer),
        (Area::Registered, Some(transfer)) => registrations::publish_past_end(round, transfer),
        (Area::Certificate, _) => certificates::publish_past_end(round, value),
        _ => Ok(()),
    }
}
