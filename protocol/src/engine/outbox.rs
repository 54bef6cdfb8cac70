//! The outbox: statements on their way, unordered, at least once.
//!
//! **Promises.** A row is written in the batch of what it follows from, and lives until the
//! receiver has said "committed" or has refused; it is tried again with backoff, without end.
//! **Left to others.** What a refusal means: the handler of the statement's kind.

use minicbor::{Decode, Encode};

use super::output::Output;
use super::round::Round;
use super::timer::{self, Timer};
use crate::cbor;
use crate::center::CenterCode;
use crate::id::PayloadHash;
use crate::limits::{DELIVERY_BACKOFF_MS_MAX, OUTBOX_ROWS_MAX};
use crate::roster::MemberStatus;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// One statement on its way to one member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Row {
    /// The statement; its bytes stand in the statement area.
    #[n(1)]
    pub statement: PayloadHash,
    /// When the row was written.
    #[n(2)]
    pub since: Timestamp,
    /// How often it was sent.
    #[n(3)]
    pub tries: u32,
}

/// How many rows a receiver has, and the number of the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Count {
    #[n(1)]
    pub(super) open: u32,
    #[n(2)]
    pub(super) next: u64,
}

/// Milliseconds to the second try; each later one waits twice as long, up to the limit.
const BACKOFF_MS_FIRST: i64 = 2_000;

/// Whether new work for the member is refused until its outbox shrinks.
///
/// # Errors
/// When the store cannot be read.
pub fn is_full(view: &dyn View, to: CenterCode) -> Result<bool, StoreError> {
    Ok(count(view, to)?.open >= OUTBOX_ROWS_MAX)
}

/// Open rows for the member.
///
/// # Errors
/// When the store cannot be read.
pub fn open_rows(view: &dyn View, to: CenterCode) -> Result<u32, StoreError> {
    Ok(count(view, to)?.open)
}

/// The oldest open rows for the member, at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub fn rows(view: &dyn View, to: CenterCode, limit: usize) -> Result<Vec<(u64, Row)>, StoreError> {
    let prefix = key(Area::Outbox, &[&to.to_key()]);
    let entries = view.range(&prefix, &prefix_end(&prefix), limit)?;
    entries
        .into_iter()
        .map(|(key, value)| {
            let number = key.get(5..13).and_then(|bytes| bytes.try_into().ok());
            let number = number.map(u64::from_be_bytes).ok_or_else(|| StoreError::Corrupt {
                place: "outbox",
                detail: "a key of another length".into(),
            })?;
            Ok((number, cbor::decode_stored("outbox", &value)?))
        })
        .collect()
}

/// Stages a row and its first sending. The statement's bytes are staged by the caller.
pub(super) fn stage(
    round: &mut Round<'_>,
    to: CenterCode,
    statement: PayloadHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let receiver = round.roster.member(to);
    if receiver.is_some_and(|receiver| receiver.status == MemberStatus::Revoked) {
        // It is cut off, and what it should have had goes to whoever takes over.
        return Ok(());
    }
    let mut count = count(round.view, to)?;
    let number = count.next;
    count.next = count.next.saturating_add(1);
    count.open = count.open.saturating_add(1);
    round.view.put(key(Area::OutboxCount, &[&to.to_key()]), cbor::encode(&count));
    let row = Row { statement, since: round.now, tries: 1 };
    round.view.put(row_key(to, number), cbor::encode(&row));
    timer::set(round.view, round.now.plus_ms(BACKOFF_MS_FIRST), Timer::Deliver(to, number))?;
    round.output(Output::Deliver { to, row: number, statement: bytes.to_vec() });
    Ok(())
}

/// Sends a row again and sets the time of the try after.
pub(super) fn send_again(
    round: &mut Round<'_>,
    to: CenterCode,
    number: u64,
) -> Result<(), StoreError> {
    let Some(bytes) = round.view.get(&row_key(to, number))? else {
        return Ok(());
    };
    let mut row: Row = cbor::decode_stored("outbox", &bytes)?;
    let Some(statement) = round.view.get(&key(Area::Statement, &[row.statement.as_bytes()]))?
    else {
        return Err(StoreError::Corrupt {
            place: "outbox",
            detail: format!("row {number} without its statement"),
        });
    };
    let doublings = row.tries.min(16);
    row.tries = row.tries.saturating_add(1);
    let wait = BACKOFF_MS_FIRST.checked_shl(doublings).unwrap_or(DELIVERY_BACKOFF_MS_MAX);
    let next = round.now.plus_ms(wait.min(DELIVERY_BACKOFF_MS_MAX));
    timer::set(round.view, next, Timer::Deliver(to, number))?;
    round.view.put(row_key(to, number), cbor::encode(&row));
    round.output(Output::Deliver { to, row: number, statement });
    Ok(())
}

/// Sends all rows for a member again, because it has just connected.
pub(super) fn send_all(round: &mut Round<'_>, to: CenterCode) -> Result<(), StoreError> {
    for (number, _) in rows(round.view, to, SEND_ALL_MAX)? {
        send_again(round, to, number)?;
    }
    Ok(())
}

/// Rows sent at once when a member connects; the rest follow by their timers.
const SEND_ALL_MAX: usize = 256;

/// The statement of an open row.
pub(super) fn statement_of(
    view: &dyn View,
    to: CenterCode,
    number: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(bytes) = view.get(&row_key(to, number))? else {
        return Ok(None);
    };
    let row: Row = cbor::decode_stored("outbox", &bytes)?;
    view.get(&key(Area::Statement, &[row.statement.as_bytes()]))
}

/// Takes a row away, because it was committed or refused; gives its statement, if it was there.
pub(super) fn remove(
    round: &mut Round<'_>,
    to: CenterCode,
    number: u64,
) -> Result<Option<PayloadHash>, StoreError> {
    let Some(bytes) = round.view.get(&row_key(to, number))? else {
        return Ok(None);
    };
    let row: Row = cbor::decode_stored("outbox", &bytes)?;
    let mut count = count(round.view, to)?;
    count.open = count.open.saturating_sub(1);
    round.view.put(key(Area::OutboxCount, &[&to.to_key()]), cbor::encode(&count));
    round.view.delete(row_key(to, number));
    timer::clear(round.view, Timer::Deliver(to, number))?;
    Ok(Some(row.statement))
}

fn row_key(to: CenterCode, number: u64) -> Vec<u8> {
    key(Area::Outbox, &[&to.to_key(), &number.to_be_bytes()])
}

fn count(view: &dyn View, to: CenterCode) -> Result<Count, StoreError> {
    let bytes = view.get(&key(Area::OutboxCount, &[&to.to_key()]))?;
    bytes.map_or_else(|| Ok(Count::default()), |bytes| cbor::decode_stored("outbox count", &bytes))
}
