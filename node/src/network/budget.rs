//! What one peer may cost us: requests a second, requests at a time, bytes held.
//!
//! **Promises.** A budget outlives the peer's connections, so that reconnecting refills nothing.
//! Whatever a peer sends, no more than [`NetworkLimits::peer_bytes`] of it is held each way.
//!
//! **Left to others.** Saying no on the wire: `exchange`. Counting: `meters`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::NetworkLimits;

/// The budget of one peer, shared by all its connections.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: Mutex<TokenBucket>,
    /// Requests that are being read or wait for their answer.
    in_flight: Arc<Semaphore>,
    /// KiB of requests held, from the announced length on until the frame is dropped.
    pub(super) requests: Arc<Semaphore>,
    /// KiB of responses held.
    pub(super) responses: Arc<Semaphore>,
}

/// Whether one more request is read.
#[derive(Debug)]
pub(super) enum Admission {
    /// It is; the permit is held until the request is answered or given up.
    Granted(OwnedSemaphorePermit),
    /// Too many in this second.
    Throttled,
    /// Too many at a time.
    Busy,
}

impl Budget {
    pub(super) fn new(limits: &NetworkLimits, now: Instant) -> Self {
        let held = limits.peer_bytes.div_ceil(1024);
        Self {
            bucket: Mutex::new(TokenBucket::new(
                limits.requests_per_second,
                limits.requests_burst,
                now,
            )),
            in_flight: Arc::new(Semaphore::new(limits.requests_in_flight)),
            requests: Arc::new(Semaphore::new(held)),
            responses: Arc::new(Semaphore::new(held)),
        }
    }

    /// Takes one request from the budget.
    pub(super) fn admit(&self, now: Instant) -> Admission {
        if !self.bucket().take(now) {
            return Admission::Throttled;
        }
        match Arc::clone(&self.in_flight).try_acquire_owned() {
            Ok(permit) => Admission::Granted(permit),
            Err(_) => Admission::Busy,
        }
    }

    /// Takes what a piece of misbehaviour costs; a peer that goes on has nothing left for requests.
    pub(super) fn penalise(&self, now: Instant) {
        self.bucket().charge(FAULT_COST, now);
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, TokenBucket> {
        // No code panics while it holds the lock; were it to happen, the level would still be a number.
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A level that fills with time and sinks with use; in thousandths of a request.
#[derive(Debug)]
struct TokenBucket {
    level: i64,
    full: i64,
    per_ms: i64,
    filled_at: Instant,
}

impl TokenBucket {
    fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let full = i64::from(burst) * REQUEST;
        // A thousandth of a request a millisecond is one request a second.
        Self { level: full, full, per_ms: i64::from(per_second), filled_at: now }
    }

    fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let enough = self.level >= REQUEST;
        if enough {
            self.level -= REQUEST;
        }
        enough
    }

    /// Debt is bounded by one full bucket, so that a peer is heard again once it behaves.
    fn charge(&mut self, requests: i64, now: Instant) {
        self.fill(now);
        self.level = (self.level - requests * REQUEST).max(-self.full);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at).as_millis();
        let passed_ms = i64::try_from(passed).unwrap_or(i64::MAX);
        if passed_ms > 0 {
            self.level = self.level.saturating_add(passed_ms.saturating_mul(self.per_ms));
            self.level = self.level.min(self.full);
            self.filled_at = now;
        }
    }
}

/// One request, in the unit of the level.
const REQUEST: i64 = 1_000;

/// What a malformed frame costs, in requests: twenty of them silence a peer that may burst 1,000.
const FAULT_COST: i64 = 50;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn granted(budget: &Budget, now: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| matches!(budget.admit(now), Admission::Granted(_))).count()
    }

    #[test]
    fn a_peer_gets_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let limits =
            NetworkLimits { requests_per_second: 10, requests_burst: 5, ..Default::default() };
        let budget = Budget::new(&limits, start);
        assert_eq!(granted(&budget, start, 100), 5);
        assert!(matches!(budget.admit(start), Admission::Throttled));
        assert_eq!(granted(&budget, start + Duration::from_millis(250), 100), 2);
        assert_eq!(granted(&budget, start + Duration::from_secs(3_600), 100), 5);
    }

    #[test]
    fn misbehaviour_silences_a_peer_until_it_has_paid() {
        let start = Instant::now();
        let limits =
            NetworkLimits { requests_per_second: 100, requests_burst: 100, ..Default::default() };
        let budget = Budget::new(&limits, start);
        for _ in 0..1_000 {
            budget.penalise(start);
        }
        assert_eq!(granted(&budget, start + Duration::from_millis(999), 100), 0);
        assert_eq!(granted(&budget, start + Duration::from_secs(2), 1_000), 100);
    }

    #[test]
    fn a_peer_with_all_its_requests_open_is_told_so_until_one_is_answered() {
        let now = Instant::now();
        let limits = NetworkLimits { requests_in_flight: 2, ..Default::default() };
        let budget = Budget::new(&limits, now);
        let first = budget.admit(now);
        let second = budget.admit(now);
        assert!(matches!(first, Admission::Granted(_)));
        assert!(matches!(second, Admission::Granted(_)));
        assert!(matches!(budget.admit(now), Admission::Busy));
        drop(first);
        assert!(matches!(budget.admit(now), Admission::Granted(_)));
    }
}
