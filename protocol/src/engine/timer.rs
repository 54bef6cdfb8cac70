//! Timers as data: what the engine must look at again, and when.
//!
//! **Promises.** One deadline a timer: setting it again moves it. A timer fires at its time or
//! later, once, in the batch that handles it.
//! **Left to others.** What a timer means: the handler that set it.

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::id::{AlertId, IntentId, QueryId, ReferenceTag, SubjectTag, TransferId};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// Everything that can come due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(flat)]
pub enum Timer {
    /// An outbox row is to be sent again.
    #[n(1)]
    Deliver(#[n(0)] CenterCode, #[n(1)] u64),
    /// A log grew and its next checkpoint may be signed.
    #[n(2)]
    Checkpoint,
    /// The next heartbeat.
    #[n(3)]
    Heartbeat,
    /// A transfer waits for something that has a deadline.
    #[n(4)]
    Transfer(#[n(0)] TransferId),
    /// A query of ours runs out.
    #[n(5)]
    Query(#[n(0)] QueryId),
    /// Witnesses that have not cosigned the candidate of an own log are asked again.
    #[n(40)]
    Cosign(#[n(0)] LogId),
    /// A followed log's missing entries are asked for again.
    #[n(41)]
    Follow(#[n(0)] LogId),
    /// Witnesses are asked again for what they hold of the own logs, after a start.
    #[n(42)]
    Recover,
    /// Statements that members gave back wait to be taken in, or leaves to be superseded.
    #[n(43)]
    Recall,
    /// What is followed and watched is looked through.
    #[n(6)]
    Watch,
    /// Records wait to be published, or an old import to be cleared.
    #[n(7)]
    Records,
    /// The roster in force is to be renewed, or is past that time.
    #[n(20)]
    Roster,
    /// A member said that it has a newer roster, too soon after another was asked.
    #[n(23)]
    FetchRoster(#[n(0)] CenterCode),
    /// Orders to the core wait to be executed, or to be sent again.
    #[n(30)]
    CoreOrders,
    /// A member was not heard since.
    #[n(21)]
    Silence(#[n(0)] CenterCode),
    /// The validity of a certificate that was issued here ends.
    #[n(50)]
    Certificate(#[n(0)] CertificateNumber),
    /// The receipt for a certificate that is held here is due.
    #[n(51)]
    ReceiptDue(#[n(0)] CertificateNumber),
    /// Open cases with a revoked member are handed over, a portion at a time.
    #[n(24)]
    Takeover(#[n(0)] CenterCode),
    /// Both sides of a transfer must have published by now.
    #[n(22)]
    Pair(#[n(0)] ReferenceTag),
    /// Incidents wait to be told to the authority.
    #[n(60)]
    Incidents,
    /// A center had until now to answer an inquiry of the authority.
    #[n(61)]
    Inquiry(#[n(0)] AlertId),
    /// Days of questions are old enough to be held against the business that followed.
    #[n(66)]
    FollowUp,
    /// What an import shows is to be told, or to be forgotten.
    #[n(65)]
    Findings,
    /// Accounts of one person at two centers may not stay open any longer.
    #[n(62)]
    Overlap(#[n(0)] SubjectTag),
    /// The receipt of a certificate, by the leaf of its issue, must be here.
    #[n(63)]
    Receipt(#[n(0)] LogId, #[n(1)] LeafIndex),
    /// A lease on a loan intent: to be asked for again, or over.
    #[n(90)]
    Lease(#[n(0)] IntentId),
    /// A loan intent was not paid out in its time.
    #[n(91)]
    IntentLapse(#[n(0)] IntentId),
    /// What a center has announced of its log must be held.
    #[n(64)]
    Gap(#[n(0)] CenterCode),
    /// A query of ours met a key that the roster of one side does not list yet: it is sent again.
    #[n(70)]
    AskAgain(#[n(0)] QueryId),
}

/// Sets or moves a timer.
///
/// # Errors
/// When the store cannot be read.
pub fn set(view: &mut dyn View, at: Timestamp, timer: Timer) -> Result<(), StoreError> {
    clear(view, timer)?;
    for (row, value) in rows(at, timer) {
        view.put(row, value.unwrap_or_default());
    }
    Ok(())
}

/// Both rows of a timer.
pub(super) fn rows(at: Timestamp, timer: Timer) -> [(Vec<u8>, Option<Vec<u8>>); 2] {
    let by_time = key(Area::TimerDue, &[&due(at), &cbor::encode(&timer)]);
    [(by_time, Some(Vec::new())), (set_key(timer), Some(due(at).to_vec()))]
}

/// The row that says for when a timer is set.
pub(super) fn set_key(timer: Timer) -> Vec<u8> {
    key(Area::TimerSet, &[&cbor::encode(&timer)])
}

/// Whether a timer is set.
///
/// # Errors
/// When the store cannot be read.
pub fn is_set(view: &dyn View, timer: Timer) -> Result<bool, StoreError> {
    Ok(view.get(&key(Area::TimerSet, &[&cbor::encode(&timer)]))?.is_some())
}

/// For when a timer is set, if it is.
///
/// # Errors
/// When the store cannot be read.
pub fn due_at(view: &dyn View, timer: Timer) -> Result<Option<Timestamp>, StoreError> {
    let due = view.get(&set_key(timer))?;
    let due = due.and_then(|due| due.try_into().ok()).map(i64::from_be_bytes);
    Ok(due.map(Timestamp::from_ms))
}

/// Takes a timer away, if it is set.
///
/// # Errors
/// When the store cannot be read.
pub fn clear(view: &mut dyn View, timer: Timer) -> Result<(), StoreError> {
    let name = cbor::encode(&timer);
    let set = key(Area::TimerSet, &[&name]);
    if let Some(at) = view.get(&set)? {
        view.delete(key(Area::TimerDue, &[&at, &name]));
        view.delete(set);
    }
    Ok(())
}

/// Takes out the timers that are due, at most `limit`, the earliest first.
///
/// # Errors
/// When the store cannot be read.
pub fn take_due(
    view: &mut dyn View,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Timer>, StoreError> {
    let from = key(Area::TimerDue, &[]);
    let to = key(Area::TimerDue, &[&due(now.plus_ms(1))]);
    let mut timers = Vec::new();
    for (due_key, _) in view.range(&from, &to, limit)? {
        let name = due_key.get(9..).unwrap_or_default().to_vec();
        timers.push(cbor::decode_stored("timers", &name)?);
        view.delete(key(Area::TimerSet, &[&name]));
        view.delete(due_key);
    }
    Ok(timers)
}

/// When the next timer is due.
///
/// # Errors
/// When the store cannot be read.
pub fn next(view: &dyn View) -> Result<Option<Timestamp>, StoreError> {
    let from = key(Area::TimerDue, &[]);
    let first = view.range(&from, &prefix_end(&from), 1)?;
    let due = first.first().and_then(|(key, _)| key.get(1..9)?.try_into().ok());
    Ok(due.map(|bytes| Timestamp::from_ms(i64::from_be_bytes(bytes))))
}

/// Times before 1970 count as 1970, so that the bytes order as the times do.
fn due(at: Timestamp) -> [u8; 8] {
    at.ms().max(0).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Staged;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_timer_set_again_fires_once_at_its_last_time() {
        let store = MemoryStore::default();
        let mut view = Staged::new(&store);
        let at = Timestamp::from_ms;
        set(&mut view, at(50), Timer::Heartbeat).unwrap();
        set(&mut view, at(20), Timer::Checkpoint).unwrap();
        set(&mut view, at(90), Timer::Heartbeat).unwrap();
        assert_eq!(next(&view).unwrap(), Some(at(20)));
        assert_eq!(take_due(&mut view, at(89), 9).unwrap(), [Timer::Checkpoint]);
        assert_eq!(take_due(&mut view, at(90), 9).unwrap(), [Timer::Heartbeat]);
        assert_eq!(next(&view).unwrap(), None);
    }
}
