//! The wall clock, read in one place and never allowed to run backwards.
//!
//! **Promises.** Time that the engine sees never decreases: where the clock is set back by no more
//! than two members' clocks may differ, time stands still until the clock has caught up; further
//! back, nothing runs.
//! **Left to others.** Keeping the highest time over a restart: the engine, in its store.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use fundlink_protocol::limits::CLOCK_SKEW_MS;
use fundlink_protocol::time::Timestamp;

/// A time as the control interface writes it (RFC 3339); `None` for any other text.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let read: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_ms(read.as_millisecond()))
}

/// A clock that refuses to go back.
pub struct Clock {
    read: Box<dyn Fn() -> Timestamp + Send>,
    highest: Timestamp,
}

/// The clock of this machine is behind a time at which this node has acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock of this machine is {behind_s} s before the last time at which this node acted; set the clock (timedatectl) and start the node again"
)]
pub struct ClockError {
    /// How far behind, in whole seconds.
    pub behind_s: i64,
}

impl Clock {
    /// The clock of this machine, moved by `offset_s` seconds, for a node that acted at `highest`.
    #[must_use]
    pub fn wall(offset_s: i64, highest: Timestamp) -> Self {
        let offset_ms = offset_s.saturating_mul(1_000);
        Self::new(move || wall_time().plus_ms(offset_ms), highest)
    }

    /// A clock that asks `read` for the time.
    pub fn new(read: impl Fn() -> Timestamp + Send + 'static, highest: Timestamp) -> Self {
        Self { read: Box::new(read), highest }
    }

    /// The time now, never before a time given earlier.
    ///
    /// # Errors
    /// When the clock is further back than members' clocks may differ.
    pub fn now(&mut self) -> Result<Timestamp, ClockError> {
        let read = (self.read)();
        let behind_ms = self.highest.ms_since(read);
        if behind_ms > CLOCK_SKEW_MS {
            return Err(ClockError { behind_s: behind_ms / 1_000 });
        }
        self.highest = self.highest.max(read);
        Ok(self.highest)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("highest", &self.highest).finish_non_exhaustive()
    }
}

/// What the clock of this machine says.
#[must_use]
pub fn wall_time() -> Timestamp {
    let ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok());
    // A clock before 1970 reads as 1970, which is before any time at which a node can have acted.
    Timestamp::from_ms(ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_written() {
        let at = Timestamp::from_ms(1_779_238_808_257);
        assert_eq!(parse(&at.to_string()), Some(at));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn time_stands_still_while_the_clock_catches_up_and_stops_when_it_is_far_back() {
        let wall = Arc::new(AtomicI64::new(1_000_000));
        let read = Arc::clone(&wall);
        let mut clock = Clock::new(
            move || Timestamp::from_ms(read.load(Ordering::Relaxed)),
            Timestamp::from_ms(0),
        );
        assert_eq!(clock.now(), Ok(Timestamp::from_ms(1_000_000)));
        for (set, seen) in [
            (1_000_500, Ok(1_000_500)),
            (1_000_400, Ok(1_000_500)),
            (1_000_500 - CLOCK_SKEW_MS, Ok(1_000_500)),
            (1_000_500 - CLOCK_SKEW_MS - 1, Err(ClockError { behind_s: CLOCK_SKEW_MS / 1_000 })),
            (1_000_600, Ok(1_000_600)),
        ] {
            wall.store(set, Ordering::Relaxed);
            assert_eq!(clock.now(), seen.map(Timestamp::from_ms), "{set}");
        }
    }

    #[test]
    fn a_node_that_acted_in_the_future_does_not_start() {
        let mut clock = Clock::wall(0, wall_time().plus_ms(3_600_000));
        assert!(clock.now().unwrap_err().behind_s >= 3_590);
        assert!(Clock::wall(3_600, wall_time().plus_ms(3_600_000)).now().is_ok());
    }
}
