//! How much a peer may ask within a minute.
//!
//! **Promises.** One small row a peer and purpose, whatever is asked; a new minute starts anew.
//! **Left to others.** Bytes and streams: the transport.

use minicbor::{Decode, Encode};

use crate::admission::Budget;
use crate::cbor;
use crate::center::CenterCode;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// Requests of one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Window {
    /// The minute, from 1970.
    #[n(1)]
    minute: i64,
    /// Requests in it.
    #[n(2)]
    count: u32,
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bucket {
    /// Everything that a peer asks.
    Peer,
    /// What it asks for the purpose with this number.
    Purpose(u8),
}

const MINUTE_MS: i64 = 60_000;

/// Counts one request, and says whether there was room for it.
pub(super) fn take(
    view: &mut dyn View,
    now: Timestamp,
    (peer, bucket): (CenterCode, Bucket),
    limit: u32,
) -> Result<Budget, StoreError> {
    let bucket = match bucket {
        Bucket::Peer => 0,
        Bucket::Purpose(number) => number,
    };
    let place = key(Area::Rate, &[&peer.to_key(), &[bucket]]);
    let minute = now.ms().div_euclid(MINUTE_MS);
    let known = view.get(&place)?;
    let known: Option<Window> =
        known.map(|bytes| cbor::decode_stored("rates", &bytes)).transpose()?;
    let count = known.filter(|window| window.minute == minute).map_or(0, |window| window.count);
    if count >= limit {
        return Ok(Budget::Spent);
    }
    let window = Window { minute, count: count.saturating_add(1) };
    view.put(place, cbor::encode(&window));
    Ok(Budget::Left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Staged;
    use crate::store::memory::MemoryStore;
    use crate::testing::{DATONG, LINFEN};

    #[test]
    fn a_spent_minute_costs_nobody_else_and_ends() {
        let store = MemoryStore::default();
        let mut view = Staged::new(&store);
        let at = |second: i64| Timestamp::from_ms(MINUTE_MS * 9 + second * 1_000);
        let mut ask =
            |center, bucket, second| take(&mut view, at(second), (center, bucket), 2).unwrap();
        assert_eq!(ask(DATONG, Bucket::Peer, 0), Budget::Left);
        assert_eq!(ask(DATONG, Bucket::Peer, 30), Budget::Left);
        assert_eq!(ask(DATONG, Bucket::Peer, 59), Budget::Spent);
        assert_eq!(ask(LINFEN, Bucket::Peer, 59), Budget::Left);
        assert_eq!(ask(DATONG, Bucket::Purpose(1), 59), Budget::Left);
        assert_eq!(ask(DATONG, Bucket::Peer, 60), Budget::Left);
    }
}
