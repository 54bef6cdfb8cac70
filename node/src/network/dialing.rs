//! When to dial whom: a connection to every member, kept up with growing pauses.
//!
//! **Promises.** Time comes in as an argument, so that the schedule can be tested. A member is dialled
//! at most once at a time and, while it fails, at most once in the pause, whoever asks. Of two
//! members that can both dial, the one with the smaller key goes first, so that one connection results.
//!
//! **Left to others.** Dialling itself: `host`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Address, MemberTable, PeerKey};

/// The members and how the connection to each of them stands.
#[derive(Debug)]
pub(super) struct Dialer {
    own: PeerKey,
    targets: BTreeMap<PeerKey, Target>,
    /// Kept up to date by each change, because it is asked for with every event of the network.
    next: Option<Instant>,
}

#[derive(Debug)]
struct Target {
    addresses: Vec<Address>,
    link: Link,
    /// Tries in a row that led to no connection that lasted.
    failures: u32,
    failed_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// Not connected; dialled at the instant.
    Down { next: Instant },
    /// A dial is under way.
    Dialing,
    /// Connected since the instant.
    Up { since: Instant },
}

/// What a request to a member that is not connected can hope for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hope {
    /// Dial these addresses now.
    Dial(Vec<Address>),
    /// A dial is under way.
    Dialing,
    /// Nothing: it has no address, or it failed a moment ago.
    None,
}

impl Dialer {
    pub(super) fn new(own: PeerKey) -> Self {
        Self { own, targets: BTreeMap::new(), next: None }
    }

    /// Takes a new member table into force.
    pub(super) fn update(&mut self, members: &MemberTable, now: Instant) {
        self.targets.retain(|peer, _| members.contains(peer));
        for (peer, addresses) in members.iter().filter(|(peer, _)| **peer != self.own) {
            let wait = if self.own < *peer { Duration::ZERO } else { SECOND_DIALER_WAIT };
            let target = self.targets.entry(*peer).or_insert_with(|| Target {
                addresses: Vec::new(),
                link: Link::Down { next: now + wait },
                failures: 0,
                failed_at: None,
            });
            if target.addresses != addresses {
                target.addresses = addresses.to_vec();
                target.failures = 0;
                target.failed_at = None;
                if let Link::Down { next } = &mut target.link {
                    *next = (*next).min(now + wait);
                }
            }
        }
        self.schedule();
    }

    /// Whom to dial now; each of them counts as dialled.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(PeerKey, Vec<Address>)> {
        let free = DIALS_MAX.saturating_sub(self.under_way());
        let targets = self.targets.iter_mut().filter(|(_, target)| target.is_due(now));
        let mut due = Vec::new();
        for (peer, target) in targets.take(free) {
            target.link = Link::Dialing;
            due.push((*peer, target.addresses.clone()));
        }
        self.schedule();
        due
    }

    /// When the next dial is due; none while everyone is connected or as many dials run as may.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    fn schedule(&mut self) {
        let may_dial = self.under_way() < DIALS_MAX;
        let next = self.targets.values().filter_map(Target::next).min();
        self.next = next.filter(|_| may_dial);
    }

    fn under_way(&self) -> usize {
        self.targets.values().filter(|target| target.link == Link::Dialing).count()
    }

    /// A request wants the member: it is dialled out of turn unless it failed just now.
    pub(super) fn hurry(&mut self, peer: &PeerKey, now: Instant) -> Hope {
        let Some(target) = self.targets.get_mut(peer) else {
            return Hope::None;
        };
        match target.link {
            Link::Dialing => Hope::Dialing,
            Link::Up { .. } => Hope::None,
            Link::Down { .. } if target.addresses.is_empty() => Hope::None,
            Link::Down { .. } if target.failed_at.is_some_and(|at| now < at + PAUSE_MIN) => {
                Hope::None
            }
            Link::Down { .. } => {
                target.link = Link::Dialing;
                let addresses = target.addresses.clone();
                self.schedule();
                Hope::Dial(addresses)
            }
        }
    }

    /// The first connection with the member is open.
    pub(super) fn on_connected(&mut self, peer: &PeerKey, now: Instant) {
        if let Some(target) = self.targets.get_mut(peer) {
            target.link = Link::Up { since: now };
        }
        self.schedule();
    }

    /// The last connection with the member is closed.
    pub(super) fn on_disconnected(&mut self, peer: &PeerKey, now: Instant) {
        let pause = |failures| pause(&self.own, peer, failures);
        if let Some(target) = self.targets.get_mut(peer)
            && let Link::Up { since } = target.link
        {
            // A member that does not know us yet hangs up after a moment: that is no success.
            let lasted = now.saturating_duration_since(since) >= LASTING;
            target.failures = if lasted { 0 } else { target.failures.saturating_add(1) };
            target.failed_at = None;
            target.link = Link::Down { next: now + pause(target.failures) };
        }
        self.schedule();
    }

    /// A dial led to nothing.
    pub(super) fn on_failure(&mut self, peer: &PeerKey, now: Instant) {
        let pause = |failures| pause(&self.own, peer, failures);
        if let Some(target) = self.targets.get_mut(peer)
            && target.link == Link::Dialing
        {
            target.failures = target.failures.saturating_add(1);
            target.failed_at = Some(now);
            target.link = Link::Down { next: now + pause(target.failures) };
        }
        self.schedule();
    }
}

impl Target {
    fn next(&self) -> Option<Instant> {
        match self.link {
            Link::Down { next } if !self.addresses.is_empty() => Some(next),
            Link::Down { .. } | Link::Dialing | Link::Up { .. } => None,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.next().is_some_and(|next| next <= now)
    }
}

/// Doubles from [`PAUSE_MIN`] to [`PAUSE_MAX`], spread by up to a quarter either way: the spread
/// comes from the two keys, so that members that lost the same peer do not return in one instant.
fn pause(own: &PeerKey, peer: &PeerKey, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(6);
    let pause = (PAUSE_MIN * 2_u32.pow(doublings)).min(PAUSE_MAX);
    let mut spread = blake3::Hasher::new();
    spread.update(own.as_bytes()).update(peer.as_bytes()).update(&failures.to_be_bytes());
    let quarter = pause / 4;
    let spread = u32::from(spread.finalize().as_bytes()[0]);
    pause - quarter + quarter * 2 * spread / 255
}

/// The pause after the first failure.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause, before it is spread.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long a connection must have lasted for the next pause to be the shortest again; longer than
/// a stranger's connection may last.
const LASTING: Duration = Duration::from_secs(15);
/// How long the member with the greater key waits for the other's dial.
const SECOND_DIALER_WAIT: Duration = Duration::from_millis(300);
/// Dials under way at a time.
const DIALS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: PeerKey = PeerKey::new([5; 32]);
    const PEER: PeerKey = PeerKey::new([9; 32]);

    fn address(port: u16) -> Address {
        Address::new(([127, 0, 0, 1], port).into())
    }

    fn dialer(now: Instant) -> Dialer {
        let mut dialer = Dialer::new(OWN);
        dialer.update(
            &[(PEER, vec![address(1)]), (OWN, vec![address(2)])].into_iter().collect(),
            now,
        );
        dialer
    }

    #[test]
    fn a_member_that_fails_is_dialled_with_growing_pauses_up_to_a_minute() {
        let mut now = Instant::now();
        let mut dialer = dialer(now);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            assert_eq!(dialer.due(now), [(PEER, vec![address(1)])]);
            assert_eq!(dialer.due(now), [], "one dial at a time");
            dialer.on_failure(&PEER, now);
            let next = dialer.next().expect("it is tried again");
            pauses.push(next - now);
            now = next;
        }
        for (pause, seconds) in pauses.iter().zip([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]) {
            let expected = Duration::from_secs(seconds);
            assert!(*pause >= expected * 3 / 4 && *pause <= expected * 5 / 4, "{pauses:?}");
        }
    }

    #[test]
    fn a_connection_that_lasted_starts_the_pauses_anew_and_a_short_one_does_not() {
        let start = Instant::now();
        let mut dialer = dialer(start);
        for lasted in [Duration::ZERO, LASTING] {
            for _ in 0..6 {
                dialer.due(start + PAUSE_MAX * 100);
                dialer.on_failure(&PEER, start);
            }
            dialer.due(start + PAUSE_MAX * 100);
            dialer.on_connected(&PEER, start);
            assert_eq!(dialer.next(), None, "a member that is connected is not dialled");
            dialer.on_disconnected(&PEER, start + lasted);
            let pause = dialer.next().expect("it is tried again") - (start + lasted);
            assert_eq!(pause > PAUSE_MIN * 10, lasted.is_zero(), "{pause:?}");
        }
    }

    #[test]
    fn a_request_dials_at_once_but_not_in_a_storm() {
        let now = Instant::now();
        let mut dialer = dialer(now);
        assert_eq!(dialer.hurry(&PEER, now), Hope::Dial(vec![address(1)]));
        assert_eq!(dialer.hurry(&PEER, now), Hope::Dialing);
        dialer.on_failure(&PEER, now);
        assert_eq!(dialer.hurry(&PEER, now), Hope::None);
        let later = now + PAUSE_MIN * 2;
        assert_eq!(dialer.hurry(&PEER, later), Hope::Dial(vec![address(1)]));
        assert_eq!(dialer.hurry(&PeerKey::new([1; 32]), now), Hope::None);
    }

    #[test]
    fn the_greater_key_waits_and_a_new_address_is_tried_at_once() {
        let now = Instant::now();
        let lesser = PeerKey::new([1; 32]);
        let mut dialer = Dialer::new(OWN);
        dialer.update(&[(lesser, vec![])].into_iter().collect(), now);
        assert_eq!(dialer.next(), None, "without an address there is nothing to dial");
        dialer.update(&[(lesser, vec![address(1)])].into_iter().collect(), now);
        assert_eq!(dialer.next(), Some(now + SECOND_DIALER_WAIT));
        let later = now + PAUSE_MAX;
        dialer.due(later);
        dialer.on_failure(&lesser, later);
        dialer.update(&[(lesser, vec![address(2)])].into_iter().collect(), later);
        assert_eq!(dialer.next(), Some(later + SECOND_DIALER_WAIT));
        dialer.update(&MemberTable::new(), later);
        assert_eq!(dialer.next(), None);
    }
}
