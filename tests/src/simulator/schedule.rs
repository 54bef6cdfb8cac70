//! What is to happen, by its time.
//!
//! **Promises.** What is due at the same moment happens in the order in which it was scheduled.

use std::collections::BTreeMap;

use fundlink_protocol::time::Timestamp;

/// Events by time, then by the order of scheduling.
#[derive(Debug)]
pub(super) struct Schedule<E> {
    events: BTreeMap<(Timestamp, u64), E>,
    next: u64,
}

impl<E> Default for Schedule<E> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), next: 0 }
    }
}

impl<E> Schedule<E> {
    /// Adds an event.
    pub(super) fn add(&mut self, at: Timestamp, event: E) {
        self.events.insert((at, self.next), event);
        self.next += 1;
    }

    /// Keeps of what is due after a time only what is wanted.
    pub(super) fn retain(&mut self, after: Timestamp, wanted: impl Fn(&E) -> bool) {
        self.events.retain(|(at, _), event| *at <= after || wanted(event));
    }

    /// The next event, if it is due until then.
    pub(super) fn take(&mut self, until: Timestamp) -> Option<(Timestamp, E)> {
        let (at, _) = *self.events.first_key_value()?.0;
        if at > until {
            return None;
        }
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }
}
