//! What a node that recovers waits for, for the people who run it.
//!
//! **Promises.** Reads alone.
//! **Left to others.** Words: the command line.

use minicbor::{Decode, Encode};

use super::super::log_store;
use super::super::round::Round;
use super::{Phase, lapse, leaves, needed, row, statements};
use crate::center::CenterCode;
use crate::log::note::SignedNote;
use crate::store::StoreError;
use crate::time::Timestamp;

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Standing {
    /// Whether anything is.
    #[n(1)]
    pub is_recovering: bool,
    /// Whether this store lacks something that it had.
    #[n(2)]
    pub is_behind: bool,
    /// What is being done about it.
    #[n(3)]
    pub phase: Phase,
    /// Answers of witnesses that are still needed.
    #[n(4)]
    pub answers_missing: u32,
    /// The witnesses that have not answered.
    #[n(5)]
    pub witnesses: Vec<CenterCode>,
    /// Own public leaves that have not come back.
    #[n(6)]
    pub leaves_missing: u64,
    /// The members whose statements have not all come back.
    #[n(7)]
    pub members: Vec<CenterCode>,
    /// The number of the own log that the authority must close.
    #[n(8)]
    pub closing: Option<u32>,
    /// When the store was restored, and the time of its backup.
    #[n(9)]
    pub restored: Option<Restored>,
}

/// When a store was restored, and from when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Restored {
    /// When it was restored.
    #[n(1)]
    pub at: Timestamp,
    /// When the backup was taken.
    #[n(2)]
    pub taken: Timestamp,
}

/// What this node waits for now.
///
/// # Errors
/// When the store cannot be read.
pub fn standing(round: &Round<'_>) -> Result<Standing, StoreError> {
    let lapse = lapse::read(round.view)?;
    let restored =
        lapse.and_then(|lapse| lapse.backup_of.map(|taken| Restored { at: lapse.at, taken }));
    let closing = lapse.and_then(|lapse| lapse.closing);
    let Some(row) = row(round.view)? else {
        let members = statements::missing(round)?;
        return Ok(Standing { closing, restored, members, ..Standing::default() });
    };
    let answered = row.answered.len();
    let missing = needed(round).map_or(0, |needed| needed.saturating_sub(answered));
    let witnesses = round.roster.witnesses.iter().copied();
    let silent =
        |witness: &CenterCode| *witness != round.center() && !row.answered.contains(witness);
    let members = statements::missing(round)?;
    Ok(Standing {
        is_recovering: true,
        is_behind: row.behind,
        phase: row.phase,
        answers_missing: u32::try_from(missing).unwrap_or(u32::MAX),
        witnesses: witnesses.filter(silent).collect(),
        leaves_missing: leaves_missing(round, row.target.as_ref())?,
        members,
        closing,
        restored,
    })
}

fn leaves_missing(round: &Round<'_>, target: Option<&SignedNote>) -> Result<u64, StoreError> {
    let Some((log, goal)) = leaves::target(round, target)? else { return Ok(0) };
    let held = log_store::row(round.view, log)?.size;
    Ok(goal.size.get().saturating_sub(held.get()))
}
