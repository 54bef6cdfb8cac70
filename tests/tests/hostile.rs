//! Peers that break the protocol, against the network host of a node: each is named, counted and
//! throttled, and costs a bounded amount of memory.
//!
//! **Promises.** Every wait is for an event, with a limit; every port is free when it is taken.
//!
//! **Left to others.** What whole statements may be wrong about: the tests of `fundlink-protocol`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and passes over others"
)]

use std::net::SocketAddr;
use std::time::Duration;

use fundlink_node::network::{
    self, Address, FrameFault, MemberTable, NetworkConfig, NetworkEvent, NetworkHandle,
    NetworkLimits, PeerKey, Protocol, SendFailure, Standing,
};
use fundlink_tests::hostile::{HostileConnection, HostilePeer, announce, frame, hear};
use futures::AsyncWriteExt;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// A host under attack.
struct Victim {
    handle: NetworkHandle,
    events: mpsc::Receiver<NetworkEvent>,
    registry: Registry,
    address: Address,
}

impl Victim {
    async fn start(limits: NetworkLimits, members: &[PeerKey]) -> Self {
        let config = NetworkConfig {
            secret: Zeroizing::new([1; 32]),
            network: "test".to_owned(),
            listen: vec![Address::new(SocketAddr::from(([127, 0, 0, 1], 0)))],
            members: members.iter().map(|member| (*member, Vec::new())).collect::<MemberTable>(),
            limits,
        };
        let mut registry = Registry::with_prefix("fundlink");
        let (handle, mut events) = network::start(config, &mut registry).expect("it starts");
        let address = wait(&mut events, |event| match event {
            NetworkEvent::ListeningOn(address) => Some(address),
            _ => None,
        })
        .await;
        Self { handle, events, registry, address }
    }

    /// A victim with one member, who attacks it.
    async fn attacked(limits: NetworkLimits) -> (Self, HostilePeer, HostileConnection) {
        let peer = attacker(2);
        let mut victim = Self::start(limits, &[peer.key()]).await;
        let connection = peer.connect(victim.address).await.expect("it connects");
        wait(&mut victim.events, |event| matches!(event, NetworkEvent::Connected(_)).then_some(()))
            .await;
        (victim, peer, connection)
    }

    async fn fault(&mut self) -> (PeerKey, Protocol, FrameFault) {
        wait(&mut self.events, |event| match event {
            NetworkEvent::Misbehaved { peer, protocol, fault } => Some((peer, protocol, fault)),
            _ => None,
        })
        .await
    }

    /// Answers every request with its own bytes, on a task, until the host stops.
    fn echo(self) -> (NetworkHandle, Registry, Address) {
        let Self { handle, mut events, registry, address } = self;
        let answering = handle.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let NetworkEvent::Request { id, frame, .. } = event {
                    // A peer that has hung up gets nothing.
                    let _ = answering.respond(id, frame.into_bytes());
                }
            }
        });
        (handle, registry, address)
    }
}

async fn wait<T>(
    events: &mut mpsc::Receiver<NetworkEvent>,
    fits: impl Fn(NetworkEvent) -> Option<T>,
) -> T {
    timeout(LIMIT, async {
        loop {
            if let Some(found) = fits(events.recv().await.expect("the host runs")) {
                return found;
            }
        }
    })
    .await
    .expect("the event comes in time")
}

fn attacker(seed: u8) -> HostilePeer {
    HostilePeer::new([seed; 32]).expect("a key")
}

fn metrics(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).expect("metrics encode");
    text
}

#[tokio::test]
async fn what_is_not_a_frame_is_refused_named_and_counted_and_the_next_frame_is_served() {
    let (mut victim, peer, connection) = Victim::attacked(NetworkLimits::default()).await;
    let too_long = u32::try_from(Protocol::Transfer.request_bytes_max() + 1).expect("it fits");
    let cases = [
        (announce(too_long, &[1; 100]), FrameFault::Oversized),
        (announce(u32::MAX, &[1; 100]), FrameFault::Oversized),
        (announce(10, &[1; 9]), FrameFault::Truncated),
        (vec![0, 0, 0], FrameFault::Truncated),
        (announce(10, &[1; 11]), FrameFault::Trailing),
        ([frame(b"one"), frame(b"two")].concat(), FrameFault::Trailing),
    ];
    for (bytes, expected) in &cases {
        let heard = connection.say(Protocol::Transfer.name(), bytes).await.expect("an answer");
        assert_eq!(heard, [MALFORMED], "{expected}");
        assert_eq!(victim.fault().await, (peer.key(), Protocol::Transfer, *expected));
    }
    let counted = metrics(&victim.registry);
    for (reason, count) in [("oversized", 2), ("truncated", 2), ("trailing", 2)] {
        let line = format!(
            "fundlink_network_frames_refused_total{{peer=\"{}\",reason=\"{reason}\"}} {count}",
            peer.key()
        );
        assert!(counted.contains(&line), "{line} is missing in {counted}");
    }
    let _answering = victim.echo();
    let heard = connection.say(Protocol::Query.name(), &frame(b"good")).await.expect("an answer");
    assert_eq!(heard, [&[ANSWER][..], &frame(b"good")].concat());
}

#[tokio::test]
async fn a_peer_that_goes_on_is_not_read_any_more_and_others_are() {
    let limits = NetworkLimits { requests_per_second: 1, ..NetworkLimits::default() };
    let (mut victim, _, connection) = Victim::attacked(limits).await;
    let good = attacker(3);
    victim
        .handle
        .set_members([(good.key(), vec![]), (attacker(2).key(), vec![])].into_iter().collect());
    let mut malformed = 0;
    loop {
        let heard = connection.say(Protocol::Sync.name(), &announce(9, b"x")).await;
        match heard.expect("an answer").as_slice() {
            [MALFORMED] => malformed += 1,
            [THROTTLED] => break,
            other => panic!("the host said {other:02x?}"),
        }
        victim.fault().await;
    }
    assert!((10..=20).contains(&malformed), "{malformed} faults before the throttle");
    let (_handle, registry, address) = victim.echo();
    assert!(metrics(&registry).contains("reason=\"throttled\"} 1"), "{}", metrics(&registry));

    let other = good.connect(address).await.expect("it connects");
    let heard = other.say(Protocol::Sync.name(), &frame(b"good")).await.expect("an answer");
    assert_eq!(heard.first(), Some(&ANSWER));
    // A new connection refills nothing.
    let again = attacker(2).connect(address).await.expect("it connects");
    let heard = again.say(Protocol::Sync.name(), &frame(b"good")).await.expect("an answer");
    assert_eq!(heard, [THROTTLED]);
}

#[tokio::test]
async fn a_flood_costs_a_bounded_amount_of_memory() {
    let limits = NetworkLimits { requests_burst: 100_000, ..NetworkLimits::default() };
    let (victim, _, connection) = Victim::attacked(limits).await;
    let (_handle, _registry, _address) = victim.echo();
    let size = Protocol::Query.request_bytes_max();
    let length = u32::try_from(size).expect("it fits");
    let before = resident_kib();
    // Each announces the largest frame and sends all but its end: 300 MiB, were all of it held.
    let most = announce(length, &vec![7; size - 1]);
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(connection.stream(Protocol::Query.name()).await.expect("it opens"));
    }
    let flood = open.iter_mut().map(|stream| stream.write_all(&most));
    // What the host does not read does not leave this side: the flood never ends.
    let flood = timeout(Duration::from_secs(2), futures::future::join_all(flood)).await;
    assert!(flood.is_err(), "300 MiB were taken");
    let grown = resident_kib().saturating_sub(before);
    // Both ends live in this process: the window of each stream is held on either.
    assert!(grown < 200 * 1024, "the flood costs {grown} KiB");
    drop(open);

    let oversized = announce(u32::MAX, &vec![7; 4 * size]);
    for _ in 0..50 {
        let heard = connection.say(Protocol::Sync.name(), &oversized).await.expect("an answer");
        assert!(matches!(heard.as_slice(), [BUSY | MALFORMED | THROTTLED]), "{heard:?}");
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 200 * 1024, "the flood costs {grown} KiB");
}

#[tokio::test]
async fn a_frame_that_drips_is_given_up() {
    let limits =
        NetworkLimits { frame_time: Duration::from_millis(200), ..NetworkLimits::default() };
    let (mut victim, peer, connection) = Victim::attacked(limits).await;
    let mut stream = connection.stream(Protocol::Query.name()).await.expect("it opens");
    stream.write_all(&announce(1_000, b"drip")).await.expect("it is taken");
    stream.flush().await.expect("it is sent");
    assert_eq!(victim.fault().await, (peer.key(), Protocol::Query, FrameFault::Slow));
    assert_eq!(hear(stream).await.expect("an answer"), [MALFORMED]);
}

#[tokio::test]
async fn an_answer_that_is_no_frame_is_the_failure_of_the_request_and_is_counted() {
    let (mut victim, peer, mut connection) = Victim::attacked(NetworkLimits::default()).await;
    let too_long = u32::try_from(Protocol::Sync.response_bytes_max() + 1).expect("it fits");
    let cases = [
        (vec![9], FrameFault::UnknownStatus),
        ([&[ANSWER][..], &announce(too_long, b"x")].concat(), FrameFault::Oversized),
        ([&[ANSWER][..], &announce(3, b"x")].concat(), FrameFault::Truncated),
        ([&[ANSWER][..], &announce(0, b"x")].concat(), FrameFault::Trailing),
    ];
    for (answer, fault) in cases {
        let sent = victim.handle.request(Protocol::Sync, peer.key(), b"tiles?".to_vec());
        let sent = sent.expect("the host takes it");
        let mut stream = connection.asked(Protocol::Sync.name()).await.expect("it asks");
        stream.write_all(&answer).await.expect("it is taken");
        stream.close().await.expect("it is sent");
        assert_eq!(victim.fault().await, (peer.key(), Protocol::Sync, fault));
        let failure = wait(&mut victim.events, |event| match event {
            NetworkEvent::Response { id, result, .. } if id == sent => result.err(),
            _ => None,
        })
        .await;
        assert_eq!(failure, SendFailure::BadAnswer(fault));
    }
}

#[tokio::test]
async fn a_revoked_peer_that_takes_no_byte_is_let_go_of_all_the_same() {
    let limits =
        NetworkLimits { request_time: Duration::from_millis(500), ..NetworkLimits::default() };
    let (mut victim, peer, connection) = Victim::attacked(limits).await;
    connection.freeze();
    // More than the socket's buffers hold, so that no goodbye gets through.
    for _ in 0..100 {
        let sent = victim.handle.request(Protocol::Sync, peer.key(), vec![1; 1_000_000]);
        sent.expect("the host takes it");
    }
    let failure = wait(&mut victim.events, |event| match event {
        NetworkEvent::Response { result, .. } => result.err(),
        _ => None,
    })
    .await;
    assert_eq!(failure, SendFailure::TimedOut);
    victim.handle.set_members(MemberTable::new());
    timeout(Duration::from_secs(10), async {
        wait(&mut victim.events, |event| {
            matches!(event, NetworkEvent::Disconnected(_)).then_some(())
        })
        .await;
        victim.handle.shutdown().await;
    })
    .await
    .expect("nobody waits for the peer");
}

#[tokio::test]
async fn a_stranger_reaches_one_protocol_once_and_is_hung_up_on() {
    let limits =
        NetworkLimits { stranger_time: Duration::from_secs(2), ..NetworkLimits::default() };
    let mut victim = Victim::start(limits, &[]).await;
    let stranger = attacker(2);
    let mut connection = stranger.connect(victim.address).await.expect("it connects");
    for protocol in [
        Protocol::Query.name(),
        Protocol::Transfer.name(),
        Protocol::Sync.name(),
        "/ipfs/id/1.0.0",
        "/ipfs/id/push/1.0.0",
        "/ipfs/ping/1.0.0",
        "/meshsub/1.1.0",
        "/meshsub/1.2.0",
    ] {
        let refused = connection.stream(protocol).await.map(|_| ()).expect_err(protocol);
        assert_eq!(refused.kind(), std::io::ErrorKind::Unsupported, "{protocol}: {refused}");
    }
    let asking = async { connection.say(Protocol::Roster.name(), &frame(b"which?")).await };
    let answering = async {
        let (id, from, standing) = wait(&mut victim.events, |event| match event {
            NetworkEvent::Request { id, from, standing, .. } => Some((id, from, standing)),
            _ => None,
        })
        .await;
        assert_eq!((from, standing), (stranger.key(), Standing::Stranger));
        victim.handle.respond(id, b"the roster".to_vec()).expect("the host takes it");
    };
    let (heard, ()) = futures::join!(asking, answering);
    assert_eq!(heard.expect("an answer"), [&[ANSWER][..], &frame(b"the roster")].concat());
    let second = connection.say(Protocol::Roster.name(), &frame(b"again")).await;
    assert!(second.is_err() || second.is_ok_and(|heard| heard.is_empty()));
    assert!(connection.is_closed_within(Duration::from_secs(5)).await);

    let mut mute = stranger.connect(victim.address).await.expect("it connects");
    assert!(mute.is_closed_within(Duration::from_secs(5)).await);
    let mut large = stranger.connect(victim.address).await.expect("it connects");
    let heard = large.say(Protocol::Roster.name(), &frame(&[1; 5_000])).await;
    assert_eq!(heard.expect("an answer"), [MALFORMED]);
    let fault = victim.fault().await;
    assert_eq!(fault, (stranger.key(), Protocol::Roster, FrameFault::Oversized));
    assert!(large.is_closed_within(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn strangers_do_not_keep_members_out() {
    let member = attacker(100);
    let mut victim = Victim::start(NetworkLimits::default(), &[member.key()]).await;
    let mut strangers = Vec::new();
    for seed in 2..42 {
        strangers.push(attacker(seed).connect(victim.address).await.expect("it connects"));
    }
    let mut held = 0;
    for stranger in &mut strangers {
        if !stranger.is_closed_within(Duration::from_millis(100)).await {
            held += 1;
        }
    }
    assert!(held <= NetworkLimits::default().strangers, "{held} strangers are held");
    assert!(held > 0, "a stranger gets its moment");
    let _connection = member.connect(victim.address).await.expect("it connects");
    wait(&mut victim.events, |event| {
        matches!(event, NetworkEvent::Connected(peer) if peer == member.key()).then_some(())
    })
    .await;
}

/// Memory of this process that is in RAM.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
    let number = line.trim().strip_suffix("kB").expect("it is in KiB");
    number.trim().parse().expect("a number")
}

/// The first byte of a response, as PROTOCOL.md has it.
const ANSWER: u8 = 0;
const THROTTLED: u8 = 1;
const BUSY: u8 = 2;
const MALFORMED: u8 = 3;
/// How long any event may take: far more than it does, so that a slow machine fails no test.
const LIMIT: Duration = Duration::from_secs(30);
